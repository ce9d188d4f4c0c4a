//! Numbers that monitors watch: of which parts, what is made of them, and in which unit.
//!
//! A number is one row of [`NUMBERS`]. What can be made of one is what a run knows exactly: of single attempts and
//! requests each time, of what changes over time its mean and of concurrency its largest value, of what is counted its sum.

use super::monitor::Signal;
use crate::units::{ClientId, ServiceId};

/// A part whose numbers are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// A client, by its requests.
    Client(ClientId),
    /// A service, function, queue or gateway, by the attempts at it and by what is inside.
    Service(ServiceId),
}

/// What kind of part it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// A client.
    Client,
    /// A fleet of replicas.
    Service,
    /// A function.
    Function,
    /// A queue of messages.
    Queue,
    /// A gateway.
    Gateway,
}

impl PartKind {
    /// What a message calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Service => "service",
            Self::Function => "function",
            Self::Queue => "queue",
            Self::Gateway => "gateway",
        }
    }
}

crate::choices! {
    /// What is made of what a period has of a number.
    pub enum Statistic {
        /// The mean: over time of what changes with it, otherwise over attempts or requests.
        Mean = "mean",
        /// The sum.
        Sum = "sum",
        /// The largest.
        Max = "max",
        /// The smallest.
        Min = "min",
        /// The smallest value that 99 % of them do not exceed.
        P99 = "p99",
        /// How many there are.
        Count = "count",
    }
}

/// What is watched of a part over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// A number that fleets are scaled by too.
    Signal(Signal),
    /// What is made of the latencies of single attempts or requests that ended in the period; for that each is kept.
    Latency(OfLatencies),
    /// Something that is counted.
    Count(Counted),
    /// Age of the oldest message that is kept, at the end of the period (s); 0 without any.
    Age,
    /// The most requests of a function that were under way at once.
    Peak,
}

/// What is made of single latencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfLatencies {
    /// Their sum (s).
    Sum,
    /// The largest (s).
    Max,
    /// The smallest (s).
    Min,
    /// The smallest that 99 % of them do not exceed (s).
    P99,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Attempts or requests that ended.
    Ended,
    /// Latencies that there are: those of ended attempts, or of requests that were answered well in content.
    Answered,
    /// Attempts or requests that failed.
    Failed,
    /// Those that failed because they were throttled.
    Throttled,
    /// Instances that were started for an attempt.
    ColdStarts,
    /// Messages that were given up.
    DeadLettered,
}

impl Quantity {
    /// Whether it is about attempts that end, which somebody has to count.
    pub const fn is_about_attempts(self) -> bool {
        match self {
            Self::Signal(signal) => signal.is_about_attempts(),
            Self::Latency(_) => true,
            Self::Count(counted) => !matches!(counted, Counted::ColdStarts | Counted::DeadLettered),
            Self::Age | Self::Peak => false,
        }
    }

    /// Its unit.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Signal(signal) => signal.unit(),
            Self::Latency(_) | Self::Age => "s",
            Self::Count(_) | Self::Peak => "1",
        }
    }
}

/// A number that can be watched.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    /// Its name, without what is made of it.
    pub name: &'static str,
    /// Of which parts there is one.
    pub parts: &'static [PartKind],
    /// What can be made of it; the first where nothing is said.
    pub statistics: &'static [(Statistic, Quantity)],
}

use PartKind::{Client, Function, Gateway, Queue, Service};
use Statistic::{Count, Max, Mean, Min, P99, Sum};

const ALL: &[PartKind] = &[Client, Service, Function, Queue, Gateway];
const WORKERS: &[PartKind] = &[Service, Function];

/// Every number.
pub const NUMBERS: &[Number] = &[
    Number {
        name: "failure_ratio",
        parts: ALL,
        statistics: &[(Mean, Quantity::Signal(Signal::FailureRatio))],
    },
    Number { name: "errors", parts: ALL, statistics: &[(Sum, Quantity::Count(Counted::Failed))] },
    Number { name: "throttles", parts: ALL, statistics: &[(Sum, Quantity::Count(Counted::Throttled))] },
    Number {
        name: "latency",
        parts: ALL,
        statistics: &[
            (Mean, Quantity::Signal(Signal::LatencyMean)),
            (Sum, Quantity::Latency(OfLatencies::Sum)),
            (Max, Quantity::Latency(OfLatencies::Max)),
            (Min, Quantity::Latency(OfLatencies::Min)),
            (P99, Quantity::Latency(OfLatencies::P99)),
            (Count, Quantity::Count(Counted::Answered)),
        ],
    },
    Number {
        name: "throughput",
        parts: ALL,
        statistics: &[(Mean, Quantity::Signal(Signal::Throughput)), (Count, Quantity::Count(Counted::Ended))],
    },
    Number {
        name: "utilisation",
        parts: WORKERS,
        statistics: &[(Mean, Quantity::Signal(Signal::Utilisation))],
    },
    Number {
        name: "queue_length",
        parts: WORKERS,
        statistics: &[(Mean, Quantity::Signal(Signal::QueueLengthMean))],
    },
    Number {
        name: "in_system",
        parts: &[Client, Service, Function],
        statistics: &[(Mean, Quantity::Signal(Signal::InSystemMean))],
    },
    Number {
        name: "concurrency",
        parts: &[Function],
        statistics: &[(Mean, Quantity::Signal(Signal::InSystemMean)), (Max, Quantity::Peak)],
    },
    Number {
        name: "cold_starts",
        parts: &[Function],
        statistics: &[(Sum, Quantity::Count(Counted::ColdStarts))],
    },
    Number {
        name: "backlog",
        parts: &[Service, Function, Queue],
        statistics: &[(Mean, Quantity::Signal(Signal::BacklogMean))],
    },
    Number { name: "age", parts: &[Queue], statistics: &[(Max, Quantity::Age)] },
    Number {
        name: "dead_lettered",
        parts: &[Queue],
        statistics: &[(Sum, Quantity::Count(Counted::DeadLettered))],
    },
    Number {
        name: "replicas",
        parts: WORKERS,
        statistics: &[(Mean, Quantity::Signal(Signal::ReplicasMean))],
    },
];

impl Number {
    /// As results call it where nothing is said of what is made of it: what is a sum or a ratio has no ending.
    pub fn usual_name(&self) -> String {
        match self.statistics[0].0 {
            Statistic::Sum => self.name.to_owned(),
            _ if matches!(self.name, "failure_ratio" | "throughput" | "utilisation" | "concurrency") => {
                self.name.to_owned()
            }
            statistic => format!("{}_{}", self.name, statistic.word()),
        }
    }

    /// What is made of it.
    pub fn made(&self, statistic: Option<Statistic>) -> Option<Quantity> {
        match statistic {
            None => self.statistics.first(),
            Some(wanted) => self.statistics.iter().find(|(one, _)| *one == wanted),
        }
        .map(|(_, quantity)| *quantity)
    }
}

impl Statistic {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Max => "max",
            Self::Min => "min",
            Self::P99 => "p99",
            Self::Count => "count",
        }
    }
}

/// The number that parts of a kind have by a name, and what the name says is made of it, such as `latency_p99`.
pub fn find(kind: PartKind, name: &str) -> Option<(&'static Number, Option<Statistic>)> {
    let mut own = NUMBERS.iter().filter(|number| number.parts.contains(&kind));
    own.find_map(|number| {
        let rest = name.strip_prefix(number.name)?;
        if rest.is_empty() {
            return Some((number, None));
        }
        let all = [Mean, Sum, Max, Min, P99, Count];
        let statistic = all.into_iter().find(|one| rest.strip_prefix('_') == Some(one.word()))?;
        Some((number, Some(statistic)))
    })
}

/// The usual names of the numbers that parts of a kind have.
pub fn names(kind: PartKind) -> Vec<String> {
    NUMBERS.iter().filter(|number| number.parts.contains(&kind)).map(Number::usual_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_made_of_a_number() {
        let made = |kind, name| find(kind, name).and_then(|(number, statistic)| number.made(statistic));
        let mean = Some(Quantity::Signal(Signal::LatencyMean));
        assert_eq!([made(Client, "latency"), made(Client, "latency_mean")], [mean, mean]);
        assert_eq!(made(Service, "latency_p99"), Some(Quantity::Latency(OfLatencies::P99)));
        assert_eq!(made(Queue, "age_max"), Some(Quantity::Age));
        assert_eq!(made(Service, "age_max"), None);
        assert_eq!(made(Function, "concurrency_max"), Some(Quantity::Peak));
        // The length of a queue over time is known by its mean alone.
        assert_eq!(made(Service, "queue_length_max"), None);
        assert!(find(Service, "queue_length_max").is_some());
        assert_eq!(made(Service, "latencies"), None);
    }

    #[test]
    fn every_usual_name_is_found() {
        for kind in ALL {
            for name in names(*kind) {
                assert!(
                    find(*kind, &name).is_some_and(|(number, made)| number.made(made).is_some()),
                    "{name}"
                );
            }
        }
    }
}
