//! Names of metrics and what they mean: `scope/name`, such as `client.shopper/latency_p99`.
//!
//! The catalogue lists every family with unit and definition; [`Quantity`] is a name once it is understood, and
//! [`evidence`] takes from one run what an estimate of it needs.

mod catalogue;
mod evidence;
mod scope;

use std::fmt;

use crate::reason::Reason;
use crate::units::SimDuration;

pub use catalogue::{CATALOGUE, Family, is_known, names};
pub use evidence::{Context, Evidence, Exposure, Failed, evidence, exposure};
pub use scope::{Names, Part, Parts, ScopeKind};

/// A metric by name: of what, and which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricName {
    /// Of what, such as `client.shopper` or `service.shop.2`.
    pub scope: String,
    /// Which, such as `latency_p99`.
    pub name: String,
}

impl MetricName {
    /// Reads `scope/name`; `None` when one half is missing. Whether they exist is another question.
    pub fn parse(text: &str) -> Option<Self> {
        let (scope, name) = text.rsplit_once('/')?;
        let filled = !scope.is_empty() && !name.is_empty();
        filled.then(|| Self { scope: scope.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.scope, self.name)
    }
}

/// A sample of durations that a client or service keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// Latency of requests answered well in content.
    Latency,
    /// Latency of all finished requests.
    LatencyAll,
    /// Wait of admitted attempts.
    Wait,
    /// Time in a slot.
    Service,
    /// Wait and time in a slot.
    Sojourn,
}

impl Sample {
    /// Every sample; the longer name stands before the one that it begins with.
    pub const ALL: [Self; 5] = [Self::LatencyAll, Self::Latency, Self::Wait, Self::Service, Self::Sojourn];

    /// What its metrics begin with.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::LatencyAll => "latency_all",
            Self::Wait => "wait",
            Self::Service => "service",
            Self::Sojourn => "sojourn",
        }
    }
}

/// What is said about a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Its mean.
    Mean,
    /// The value that a share of it does not exceed.
    Quantile(f64),
    /// Its largest value.
    Max,
}

impl Statistic {
    /// The suffixes of metrics and what they say.
    pub const ALL: [(&'static str, Self); 7] = [
        ("mean", Self::Mean),
        ("p50", Self::Quantile(0.5)),
        ("p90", Self::Quantile(0.9)),
        ("p95", Self::Quantile(0.95)),
        ("p99", Self::Quantile(0.99)),
        ("p999", Self::Quantile(0.999)),
        ("max", Self::Max),
    ];
}

/// What a metric measures, whatever its scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// Requests that arrived.
    Requests,
    /// Requests without an end.
    Unfinished,
    /// Their share of all that arrived.
    UnfinishedRatio,
    /// What was finished, per second.
    Throughput,
    /// What was answered well, per second.
    Goodput,
    /// Attempts for each that would have been made without retries and copies.
    Amplification,
    /// Calls in whose place a fallback was taken.
    Fallbacks,
    /// Attempts that took effect.
    Effects,
    /// Effects beyond the first of one piece of work, for each request or piece of work.
    DuplicateEffects,
    /// Attempts that the record of an earlier one answered.
    Suppressed,
    /// Share of finished requests that did not fail.
    AvailabilityRequest,
    /// Mean over windows of that share.
    AvailabilityWindowMean,
    /// Share of windows that reached the target.
    AvailabilityWindowMet,
    /// Share of the time that the part was up.
    AvailabilityTime,
    /// Failures for a reason.
    Failures(Reason),
    /// Their share.
    FailureRatio(Reason),
    /// Share answered well within a time.
    Within(SimDuration),
    /// A statistic of a sample.
    Sampled(Sample, Statistic),
    /// Slots in use over slots of up replicas.
    Utilisation,
    /// Share of attempts that had to wait.
    DelayedRatio,
    /// Share of the work that nobody used.
    WastedWorkRatio,
    /// Mean number of jobs waiting.
    QueueLengthMean,
    /// Most jobs waiting.
    QueueLengthMax,
    /// Mean number of jobs inside.
    InSystemMean,
    /// Mean number of up replicas.
    ReplicasMean,
    /// Replicas that deciders ejected.
    Ejections,
    /// Share of ejections without a fault.
    EjectionsFalseRatio,
    /// Mean number of replicas that a decider has ejected.
    EjectedMean,
    /// Alarms that a monitor raised.
    Alarms,
    /// Share of them without a fault.
    AlarmsFalseRatio,
    /// Share of runs in which the client collapsed.
    CollapseRatio,
    /// Collapses in a year that is not collapsed.
    CollapsesPerYear,
    /// Mean time without a collapse before one.
    CollapseAfterMean,
    /// Mean length of a collapse.
    CollapseLengthMean,
    /// Of the runs with a collapse, the share that end in one.
    CollapseUnrecoveredRatio,
    /// Availability in the runs that collapsed.
    AvailabilityCollapsed,
    /// Availability in those that did not.
    AvailabilityOtherwise,
    /// Outages or faults begun.
    Incidents,
    /// Mean time up between them.
    Mttf,
    /// Mean time from begin to detection.
    Mttd,
    /// Mean time down.
    Mttr,
    /// Mean time to the first outage.
    FirstOutageMean,
    /// Nines of the availability.
    Nines,
    /// Time down in a year.
    DowntimePerYear,
    /// Share of the error budget that is left.
    ErrorBudgetLeft,
}

/// Quantities whose name says everything, with their names.
const PLAIN: [(&str, Quantity); 41] = [
    ("requests", Quantity::Requests),
    ("unfinished", Quantity::Unfinished),
    ("unfinished_ratio", Quantity::UnfinishedRatio),
    ("throughput", Quantity::Throughput),
    ("goodput", Quantity::Goodput),
    ("amplification", Quantity::Amplification),
    ("fallbacks", Quantity::Fallbacks),
    ("effects", Quantity::Effects),
    ("duplicate_effects", Quantity::DuplicateEffects),
    ("suppressed", Quantity::Suppressed),
    ("availability_request", Quantity::AvailabilityRequest),
    ("availability_window_mean", Quantity::AvailabilityWindowMean),
    ("availability_window_met", Quantity::AvailabilityWindowMet),
    ("availability_time", Quantity::AvailabilityTime),
    ("utilisation", Quantity::Utilisation),
    ("delayed_ratio", Quantity::DelayedRatio),
    ("wasted_work_ratio", Quantity::WastedWorkRatio),
    ("queue_length_mean", Quantity::QueueLengthMean),
    ("queue_length_max", Quantity::QueueLengthMax),
    ("in_system_mean", Quantity::InSystemMean),
    ("replicas_mean", Quantity::ReplicasMean),
    ("ejections", Quantity::Ejections),
    ("ejections_false_ratio", Quantity::EjectionsFalseRatio),
    ("ejected_mean", Quantity::EjectedMean),
    ("alarms", Quantity::Alarms),
    ("alarms_false_ratio", Quantity::AlarmsFalseRatio),
    ("collapse_ratio", Quantity::CollapseRatio),
    ("collapses_per_year", Quantity::CollapsesPerYear),
    ("collapse_after_mean", Quantity::CollapseAfterMean),
    ("collapse_length_mean", Quantity::CollapseLengthMean),
    ("collapse_unrecovered_ratio", Quantity::CollapseUnrecoveredRatio),
    ("availability_request_collapsed", Quantity::AvailabilityCollapsed),
    ("availability_request_otherwise", Quantity::AvailabilityOtherwise),
    ("incidents", Quantity::Incidents),
    ("mttf", Quantity::Mttf),
    ("mttd", Quantity::Mttd),
    ("mttr", Quantity::Mttr),
    ("first_outage_mean", Quantity::FirstOutageMean),
    ("nines", Quantity::Nines),
    ("downtime_per_year", Quantity::DowntimePerYear),
    ("error_budget_left", Quantity::ErrorBudgetLeft),
];

impl Quantity {
    /// The quantity that a metric's name speaks of, of whatever scope; `None` for an unknown name.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((_, quantity)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Some(*quantity);
        }
        if let Some(time) = name.strip_prefix("within_") {
            let nanos = humantime::parse_duration(time).ok()?.as_nanos();
            return u64::try_from(nanos).ok().map(|nanos| Self::Within(SimDuration::from_nanos(nanos)));
        }
        if let Some(reason) = name.strip_prefix("failure_ratio_") {
            return reason_of(reason).map(Self::FailureRatio);
        }
        if let Some(reason) = name.strip_prefix("failures_") {
            return reason_of(reason).map(Self::Failures);
        }
        let (sample, suffix) = Sample::ALL
            .iter()
            .find_map(|sample| Some((*sample, name.strip_prefix(sample.name())?.strip_prefix('_')?)))?;
        let (_, statistic) = Statistic::ALL.iter().find(|(word, _)| *word == suffix)?;
        Some(Self::Sampled(sample, *statistic))
    }

    /// The unit of its values: base units only.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Throughput | Self::Goodput => "1/s",
            Self::AvailabilityRequest
            | Self::AvailabilityWindowMean
            | Self::AvailabilityWindowMet
            | Self::AvailabilityTime
            | Self::FailureRatio(_)
            | Self::UnfinishedRatio
            | Self::Within(_)
            | Self::Utilisation
            | Self::DelayedRatio
            | Self::WastedWorkRatio
            | Self::EjectionsFalseRatio
            | Self::AlarmsFalseRatio
            | Self::CollapseRatio
            | Self::CollapseUnrecoveredRatio
            | Self::AvailabilityCollapsed
            | Self::AvailabilityOtherwise
            | Self::ErrorBudgetLeft => "ratio",
            Self::Sampled(..)
            | Self::Mttf
            | Self::Mttd
            | Self::Mttr
            | Self::FirstOutageMean
            | Self::CollapseAfterMean
            | Self::CollapseLengthMean
            | Self::DowntimePerYear => "s",
            Self::ReplicasMean | Self::EjectedMean => "replica",
            Self::Requests
            | Self::Unfinished
            | Self::Amplification
            | Self::Fallbacks
            | Self::Effects
            | Self::DuplicateEffects
            | Self::Suppressed
            | Self::Failures(_)
            | Self::QueueLengthMean
            | Self::QueueLengthMax
            | Self::InSystemMean
            | Self::Ejections
            | Self::Alarms
            | Self::Incidents
            | Self::CollapsesPerYear
            | Self::Nines => "1",
        }
    }

    /// Whether it is an availability, whose errors are taken relative to 1 - A.
    pub const fn is_availability(self) -> bool {
        matches!(
            self,
            Self::AvailabilityRequest
                | Self::AvailabilityWindowMean
                | Self::AvailabilityWindowMet
                | Self::AvailabilityTime
                | Self::AvailabilityCollapsed
                | Self::AvailabilityOtherwise
        )
    }

    /// Whether it lies between 0 and 1.
    pub const fn is_share(self) -> bool {
        self.is_availability()
            || matches!(
                self,
                Self::FailureRatio(_)
                    | Self::UnfinishedRatio
                    | Self::Within(_)
                    | Self::Utilisation
                    | Self::DelayedRatio
                    | Self::WastedWorkRatio
                    | Self::EjectionsFalseRatio
                    | Self::AlarmsFalseRatio
                    | Self::CollapseRatio
                    | Self::CollapseUnrecoveredRatio
            )
    }
}

fn reason_of(name: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_at_its_slash() {
        let name = MetricName::parse("service.shop.2/mttr").unwrap();
        assert_eq!((name.scope.as_str(), name.name.as_str()), ("service.shop.2", "mttr"));
        assert_eq!(name.to_string(), "service.shop.2/mttr");
        assert_eq!(MetricName::parse("mttr"), None);
        assert_eq!(MetricName::parse("/mttr"), None);
    }

    #[test]
    fn families_are_told_apart() {
        assert_eq!(
            Quantity::parse("latency_all_p99"),
            Some(Quantity::Sampled(Sample::LatencyAll, Statistic::Quantile(0.99)))
        );
        assert_eq!(Quantity::parse("failures_queue_full"), Some(Quantity::Failures(Reason::QueueFull)));
        assert_eq!(
            Quantity::parse("failure_ratio_client_error"),
            Some(Quantity::FailureRatio(Reason::ClientError))
        );
        assert_eq!(
            Quantity::parse("within_250ms"),
            Some(Quantity::Within(SimDuration::from_nanos(250_000_000)))
        );
        for wrong in ["latency", "latency_p42", "failures_bad_luck", "within_soon", "availability"] {
            assert_eq!(Quantity::parse(wrong), None, "{wrong}");
        }
    }
}
