//! What one run contributes to an estimate: the numbers that are pooled over runs.

use super::{Part, Quantity, Sample, ScopeKind, Statistic};
use crate::measure::{ClientMeasure, Measurements, MonitorMeasure, ServiceMeasure, Tally, UpTime};
use crate::units::SimDuration;

const NANOS_PER_SECOND: f64 = 1e9;

/// What must be known besides the measurements of a run.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// Thresholds of `within_<t>`, as the run had them.
    pub thresholds: &'c [SimDuration],
    /// Length of an availability window.
    pub window: SimDuration,
    /// The part whose first outage ended each run.
    pub until: Option<Part>,
}

/// What one run contributes to the estimate of a metric.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence<'m> {
    /// Pooled as sum of numerators / sum of denominators.
    Ratio {
        /// What is divided.
        numerator: f64,
        /// By what.
        denominator: f64,
    },
    /// Pooled by merging: the value that a share of all does not exceed.
    Quantile {
        /// The parts of the sample.
        tallies: Vec<&'m Tally>,
        /// The share.
        share: f64,
    },
    /// Pooled as the largest; empty when there was none.
    Max(Option<f64>),
    /// Pooled as the mean per run.
    Count(f64),
}

impl Evidence<'_> {
    fn time_ratio(nanos: u128, denominator: u64) -> Self {
        Self::Ratio { numerator: nanos as f64 / NANOS_PER_SECOND, denominator: denominator as f64 }
    }

    fn share(numerator: u64, denominator: u64) -> Self {
        Self::Ratio { numerator: numerator as f64, denominator: denominator as f64 }
    }

    fn integrals(numerator: u128, denominator: u128) -> Self {
        Self::Ratio { numerator: numerator as f64, denominator: denominator as f64 }
    }
}

/// What a run contributes to a quantity of a part; `None` when the part has no such metric, the threshold was not
/// counted, or it is the first outage of another part than the one waited for.
///
/// The derived quantities (nines, time down in a year, error budget) give the evidence of their availability.
pub fn evidence<'m>(
    run: &'m Measurements,
    part: Part,
    quantity: Quantity,
    context: &Context<'_>,
) -> Option<Evidence<'m>> {
    let span = run.horizon.since(run.transient);
    match part.kind {
        ScopeKind::Client => of_client(run.clients.get(part.index)?, quantity, span, context),
        ScopeKind::Service => {
            let service = run.services.get(part.index)?;
            of_service(service, quantity, span)
                .or_else(|| of_outages(&service.up, quantity))
                .or_else(|| of_first_outage(run, part, quantity, context))
        }
        ScopeKind::Block => of_outages(run.blocks.get(part.index)?, quantity)
            .or_else(|| of_first_outage(run, part, quantity, context)),
        ScopeKind::Replica => of_outages(run.replicas.get(part.index)?, quantity),
        ScopeKind::Zone => of_availability(run.zones.get(part.index)?, quantity),
        ScopeKind::Region => of_availability(run.regions.get(part.index)?, quantity),
        ScopeKind::Fault => of_incidents(run.faults.get(part.index)?, quantity),
        ScopeKind::Monitor => of_monitor(run.monitors.get(part.index)?, quantity),
    }
}

fn of_client<'m>(
    client: &'m ClientMeasure,
    quantity: Quantity,
    span: SimDuration,
    context: &Context<'_>,
) -> Option<Evidence<'m>> {
    let finished = client.finished();
    let rate = |count: u64| Evidence::Ratio { numerator: count as f64, denominator: span.as_secs() };
    Some(match quantity {
        Quantity::Requests => Evidence::Count(client.requests as f64),
        Quantity::Unfinished => Evidence::Count(client.unfinished as f64),
        Quantity::UnfinishedRatio => Evidence::share(client.unfinished, client.requests),
        Quantity::Throughput => rate(finished),
        Quantity::Goodput => rate(client.good),
        Quantity::Amplification => Evidence::share(client.attempts, client.first_tries),
        Quantity::Fallbacks => Evidence::Count(client.fallbacks as f64),
        Quantity::DuplicateEffects => Evidence::share(client.duplicates, client.requests),
        Quantity::AvailabilityRequest | Quantity::Nines | Quantity::ErrorBudgetLeft => {
            Evidence::share(finished.saturating_sub(client.failed()), finished)
        }
        Quantity::AvailabilityWindowMean => Evidence::Ratio {
            numerator: client.windows.availability_sum,
            denominator: client.windows.count as f64,
        },
        Quantity::AvailabilityWindowMet => Evidence::share(client.windows.met, client.windows.count),
        Quantity::Failures(reason) => Evidence::Count(client.reasons[reason.index()] as f64),
        Quantity::FailureRatio(reason) => Evidence::share(client.reasons[reason.index()], finished),
        Quantity::Within(threshold) => {
            let place = context.thresholds.iter().position(|one| *one == threshold)?;
            Evidence::share(*client.within.get(place)?, finished)
        }
        Quantity::Sampled(Sample::Latency, statistic) => sampled(vec![&client.latency], statistic),
        Quantity::Sampled(Sample::LatencyAll, statistic) => {
            sampled(vec![&client.latency, &client.latency_failed], statistic)
        }
        _ => return of_collapses(client, quantity),
    })
}

/// Of the collapses of a client, where they are looked for.
fn of_collapses(client: &ClientMeasure, quantity: Quantity) -> Option<Evidence<'static>> {
    /// A year of 365.25 days in seconds.
    const YEAR: f64 = 365.25 * 86_400.0;
    let found = client.collapses?;
    let finished = client.finished();
    let has_collapsed = found.begun > 0;
    let calm = found.watched - found.collapsed;
    let of_kind = |is_of_kind: bool| {
        let finished = if is_of_kind { finished } else { 0 };
        Evidence::share(finished.saturating_sub(client.failed()), finished)
    };
    Some(match quantity {
        Quantity::CollapseRatio => Evidence::share(u64::from(has_collapsed), 1),
        Quantity::CollapsesPerYear => {
            Evidence::Ratio { numerator: found.begun as f64, denominator: calm.as_secs() / YEAR }
        }
        Quantity::CollapseAfterMean => Evidence::time_ratio(u128::from(calm.as_nanos()), found.begun),
        Quantity::CollapseLengthMean => {
            Evidence::time_ratio(u128::from(found.collapsed.as_nanos()), found.ended)
        }
        Quantity::CollapseUnrecoveredRatio => {
            Evidence::share(u64::from(found.is_lasting()), u64::from(has_collapsed))
        }
        Quantity::AvailabilityCollapsed => of_kind(has_collapsed),
        Quantity::AvailabilityOtherwise => of_kind(!has_collapsed),
        _ => return None,
    })
}

fn of_service(service: &ServiceMeasure, quantity: Quantity, span: SimDuration) -> Option<Evidence<'_>> {
    let mean = |integral: u128| Evidence::integrals(integral, u128::from(span.as_nanos()));
    Some(match quantity {
        Quantity::Throughput => {
            Evidence::Ratio { numerator: service.finished as f64, denominator: span.as_secs() }
        }
        Quantity::Fallbacks => Evidence::Count(service.fallbacks as f64),
        Quantity::Amplification => {
            let sent = service.attempts.saturating_sub(service.unsent);
            Evidence::share(sent, service.attempts.saturating_sub(service.repeats))
        }
        Quantity::Effects => Evidence::Count(service.effects as f64),
        Quantity::DuplicateEffects => {
            Evidence::share(service.duplicates, service.effects.saturating_sub(service.duplicates))
        }
        Quantity::Suppressed => Evidence::Count(service.suppressed as f64),
        Quantity::Failures(reason) => Evidence::Count(service.reasons[reason.index()] as f64),
        Quantity::FailureRatio(reason) => Evidence::share(service.reasons[reason.index()], service.attempts),
        Quantity::Sampled(Sample::Wait, statistic) => sampled(vec![&service.wait], statistic),
        Quantity::Sampled(Sample::Service, statistic) => sampled(vec![&service.service], statistic),
        Quantity::Sampled(Sample::Sojourn, statistic) => sampled(vec![&service.sojourn], statistic),
        Quantity::DelayedRatio => Evidence::share(service.delayed, service.wait.count),
        Quantity::WastedWorkRatio => Evidence::integrals(service.wasted, service.worked),
        Quantity::Utilisation => Evidence::integrals(service.busy, service.available),
        Quantity::QueueLengthMean => mean(service.queue),
        Quantity::QueueLengthMax => Evidence::Max(Some(f64::from(service.queue_max))),
        Quantity::InSystemMean => mean(service.in_system),
        Quantity::ReplicasMean => mean(service.replicas_up),
        Quantity::Ejections => Evidence::Count(service.ejections as f64),
        Quantity::EjectionsFalseRatio => Evidence::share(service.ejections_false, service.ejections),
        Quantity::EjectedMean => {
            Evidence::integrals(service.ejected, u128::from(span.as_nanos()) * u128::from(service.deciders))
        }
        _ => return None,
    })
}

/// Of what has outages and an availability.
fn of_outages(up: &UpTime, quantity: Quantity) -> Option<Evidence<'static>> {
    of_incidents(up, quantity).or_else(|| match quantity {
        Quantity::DowntimePerYear => of_availability(up, Quantity::AvailabilityTime),
        other => of_availability(up, other),
    })
}

fn of_availability(up: &UpTime, quantity: Quantity) -> Option<Evidence<'static>> {
    matches!(quantity, Quantity::AvailabilityTime | Quantity::Nines | Quantity::ErrorBudgetLeft)
        .then(|| Evidence::integrals(up.up, up.up + up.down))
}

fn of_incidents(up: &UpTime, quantity: Quantity) -> Option<Evidence<'static>> {
    Some(match quantity {
        Quantity::Incidents => Evidence::Count(up.incidents as f64),
        Quantity::Mttf => Evidence::time_ratio(up.up, up.incidents),
        Quantity::Mttr => Evidence::time_ratio(up.down, up.ended),
        Quantity::Mttd => Evidence::time_ratio(up.undetected, up.detected),
        _ => return None,
    })
}

fn of_monitor(monitor: &MonitorMeasure, quantity: Quantity) -> Option<Evidence<'static>> {
    Some(match quantity {
        Quantity::Alarms => Evidence::Count(monitor.alarms as f64),
        Quantity::AlarmsFalseRatio => Evidence::share(monitor.alarms_false, monitor.alarms),
        Quantity::Mttd => Evidence::time_ratio(monitor.delay, monitor.found),
        _ => return None,
    })
}

fn of_first_outage(
    run: &Measurements,
    part: Part,
    quantity: Quantity,
    context: &Context<'_>,
) -> Option<Evidence<'static>> {
    let first = run.first_outage?;
    let asked = quantity == Quantity::FirstOutageMean && context.until == Some(part);
    asked.then(|| Evidence::Count(first.as_secs()))
}

fn sampled(tallies: Vec<&Tally>, statistic: Statistic) -> Evidence<'_> {
    let count: u64 = tallies.iter().map(|tally| tally.count).sum();
    match statistic {
        Statistic::Mean => Evidence::time_ratio(tallies.iter().map(|tally| tally.sum).sum(), count),
        Statistic::Quantile(share) => Evidence::Quantile { tallies, share },
        Statistic::Max => {
            let longest = tallies.iter().map(|tally| tally.max).max().filter(|_| count > 0);
            Evidence::Max(longest.map(SimDuration::as_secs))
        }
    }
}

/// How much runs could have gone wrong, and how often something did; of several runs the sum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exposure {
    /// Whole availability windows.
    pub windows: u64,
    /// Incidents of all faults; `None` when the system has no faults.
    pub incidents: Option<u64>,
    /// Outages behind the part's own numbers: its own, for a client those of all faults; `None` where faults play
    /// no part.
    pub outages: Option<u64>,
    /// How long it was watched \[s\]; of a fault, all its units together.
    pub time: f64,
    /// Of a client, how many finished requests failed.
    pub requests: Failed,
    /// The same of runs without an incident.
    pub calm: Failed,
    /// Of a client, the longest that a request took; as long as can be where one did not end.
    pub longest: SimDuration,
}

/// How many of how many failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failed {
    /// Those that failed.
    pub failed: u64,
    /// All of them.
    pub all: u64,
}

impl Failed {
    fn plus(self, other: Self) -> Self {
        Self { failed: self.failed + other.failed, all: self.all + other.all }
    }

    /// Their share; none of none.
    fn share(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.failed as f64 / self.all as f64 }
    }
}

impl Exposure {
    /// The exposure of both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |left: Option<u64>, right: Option<u64>| Some(left? + right?);
        Self {
            windows: self.windows + other.windows,
            incidents: sum(self.incidents, other.incidents),
            outages: sum(self.outages, other.outages),
            time: self.time + other.time,
            requests: self.requests.plus(other.requests),
            calm: self.calm.plus(other.calm),
            longest: self.longest.max(other.longest),
        }
    }

    /// Whether most failures of a client came with incidents: in runs without one, less than half as many are left.
    pub fn is_of_incidents(&self) -> bool {
        self.requests.failed > 0 && self.calm.share() < self.requests.share() / 2.0
    }
}

/// How much one run could have gone wrong for a part.
pub fn exposure(run: &Measurements, part: Part, context: &Context<'_>) -> Exposure {
    let span = run.horizon.since(run.transient);
    let incidents =
        (!run.faults.is_empty()).then(|| run.faults.iter().map(|fault| fault.incidents).sum::<u64>());
    let own = match part.kind {
        ScopeKind::Client | ScopeKind::Monitor => None,
        ScopeKind::Service => run.services.get(part.index).map(|service| &service.up),
        ScopeKind::Replica => run.replicas.get(part.index),
        ScopeKind::Zone => run.zones.get(part.index),
        ScopeKind::Region => run.regions.get(part.index),
        ScopeKind::Block => run.blocks.get(part.index),
        ScopeKind::Fault => run.faults.get(part.index),
    };
    let client = run.clients.get(part.index).filter(|_| part.kind == ScopeKind::Client);
    let requests = client
        .map_or_else(Failed::default, |client| Failed { failed: client.failed(), all: client.finished() });
    let longest = client.map_or(SimDuration::ZERO, |client| match client.unfinished {
        0 => client.latency.max.max(client.latency_failed.max),
        _ => SimDuration::MAX,
    });
    Exposure {
        windows: span.as_nanos().checked_div(context.window.as_nanos()).unwrap_or(0),
        incidents,
        outages: incidents.map(|all| own.map_or(all, |up| up.incidents)),
        time: own.map_or(span.as_secs(), |up| (up.up + up.down) as f64 / NANOS_PER_SECOND),
        requests,
        calm: if incidents == Some(0) { requests } else { Failed::default() },
        longest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Collapses;
    use crate::measure::metric::names;
    use crate::reason::Reason;
    use crate::units::SimTime;

    fn seconds(seconds: u64) -> u128 {
        u128::from(seconds) * 1_000_000_000
    }

    fn collapses() -> Collapses {
        let seconds = |seconds: u64| SimDuration::from_nanos(seconds * 1_000_000_000);
        Collapses { begun: 2, ended: 1, collapsed: seconds(50), watched: seconds(140) }
    }

    fn run() -> Measurements {
        let up = UpTime {
            up: seconds(90),
            down: seconds(10),
            incidents: 4,
            ended: 2,
            undetected: seconds(6),
            detected: 3,
        };
        let mut reasons = [0; Reason::COUNT];
        reasons[Reason::Timeout.index()] = 3;
        reasons[Reason::ClientError.index()] = 2;
        let client = ClientMeasure {
            requests: 21,
            unfinished: 1,
            good: 15,
            reasons,
            within: vec![7, 12],
            collapses: Some(collapses()),
            ..ClientMeasure::default()
        };
        let service = ServiceMeasure { attempts: 12, reasons, up, ..ServiceMeasure::default() };
        Measurements {
            run: 0,
            workload: 0,
            transient: SimTime::from_nanos(50_000_000_000),
            horizon: SimTime::from_nanos(150_000_000_000),
            clients: vec![client],
            services: vec![service],
            replicas: vec![up],
            zones: vec![up],
            regions: vec![up],
            blocks: vec![up],
            faults: vec![up],
            monitors: vec![MonitorMeasure { alarms: 5, alarms_false: 2, found: 3, delay: seconds(12) }],
            first_outage: Some(SimTime::from_nanos(2_000_000_000)),
            timeline: Vec::new(),
            incidents: Vec::new(),
            incidents_dropped: 0,
            events: 0,
        }
    }

    const THRESHOLDS: [SimDuration; 2] =
        [SimDuration::from_nanos(250_000_000), SimDuration::from_nanos(1_000_000_000)];

    fn context() -> Context<'static> {
        Context {
            thresholds: &THRESHOLDS,
            window: SimDuration::from_nanos(30_000_000_000),
            until: Some(Part { kind: ScopeKind::Block, index: 0 }),
        }
    }

    fn take(kind: ScopeKind, name: &str) -> Option<(f64, f64)> {
        let run = run();
        let quantity = Quantity::parse(name).unwrap();
        match evidence(&run, Part { kind, index: 0 }, quantity, &context())? {
            Evidence::Ratio { numerator, denominator } => Some((numerator, denominator)),
            Evidence::Count(value) => Some((value, 1.0)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn client_ratios_are_over_finished_requests() {
        assert_eq!(take(ScopeKind::Client, "availability_request"), Some((17.0, 20.0)));
        assert_eq!(take(ScopeKind::Client, "failure_ratio_client_error"), Some((2.0, 20.0)));
        assert_eq!(take(ScopeKind::Client, "within_1s"), Some((12.0, 20.0)));
        assert_eq!(take(ScopeKind::Client, "within_2s"), None);
        assert_eq!(take(ScopeKind::Client, "goodput"), Some((15.0, 100.0)));
    }

    #[test]
    fn collapses_are_of_time_and_of_runs() {
        let year = 365.25 * 86_400.0;
        let of = |name| take(ScopeKind::Client, name);
        assert_eq!(of("collapse_ratio"), Some((1.0, 1.0)));
        assert_eq!(of("collapses_per_year"), Some((2.0, 90.0 / year)));
        assert_eq!(of("collapse_after_mean"), Some((90.0, 2.0)));
        assert_eq!(of("collapse_length_mean"), Some((50.0, 1.0)));
        assert_eq!(of("collapse_unrecovered_ratio"), Some((1.0, 1.0)));
        assert_eq!(of("availability_request_collapsed"), Some((17.0, 20.0)));
        assert_eq!(of("availability_request_otherwise"), Some((0.0, 0.0)));
        let mut run = run();
        run.clients[0].collapses = None;
        let part = Part { kind: ScopeKind::Client, index: 0 };
        assert_eq!(evidence(&run, part, Quantity::CollapseRatio, &context()), None);
    }

    #[test]
    fn service_ratios_are_over_attempts() {
        assert_eq!(take(ScopeKind::Service, "failure_ratio_timeout"), Some((3.0, 12.0)));
        assert_eq!(take(ScopeKind::Service, "mttr"), Some((10.0, 2.0)));
        assert_eq!(take(ScopeKind::Fault, "mttd"), Some((6.0, 3.0)));
        assert_eq!(take(ScopeKind::Monitor, "mttd"), Some((12.0, 3.0)));
        assert_eq!(take(ScopeKind::Monitor, "alarms_false_ratio"), Some((2.0, 5.0)));
    }

    #[test]
    fn the_first_outage_is_that_of_the_part_waited_for() {
        assert_eq!(take(ScopeKind::Block, "first_outage_mean"), Some((2.0, 1.0)));
        assert_eq!(take(ScopeKind::Service, "first_outage_mean"), None);
    }

    #[test]
    fn every_metric_of_the_catalogue_has_evidence() {
        let run = run();
        for kind in ScopeKind::ALL {
            let part = Part { kind, index: 0 };
            let context = Context { until: Some(part), ..context() };
            for name in names(kind).iter().map(|name| name.replace("<t>", "1s")) {
                let quantity = Quantity::parse(&name).unwrap();
                assert!(evidence(&run, part, quantity, &context).is_some(), "{kind:?} {name}");
            }
        }
    }

    #[test]
    fn exposure_counts_whole_windows_and_own_outages() {
        let mut run = run();
        run.faults[0].incidents = 7;
        let of = |run: &Measurements, kind| exposure(run, Part { kind, index: 0 }, &context());
        let seen = of(&run, ScopeKind::Service);
        assert_eq!((seen.windows, seen.incidents, seen.outages), (3, Some(7), Some(4)));
        assert!((seen.time - 100.0).abs() < 1e-9);
        assert_eq!(of(&run, ScopeKind::Client).outages, Some(7));
        run.faults.clear();
        assert_eq!(of(&run, ScopeKind::Service).outages, None);
    }
}
