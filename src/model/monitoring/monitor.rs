//! Monitors: who watches apart from the balancers, by looking at parts or at numbers, and raises alarms.

use super::composite::Rule;
use super::forecast::Forecast;
use super::response::Response;
use super::watch::Watch;
use crate::kernel::distribution::Distribution;
use crate::units::{Probability, ReplicaId, SimDuration, SimTime};

/// Watches something, and raises an alarm when it finds fault with it.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// Name.
    pub name: String,
    /// What it watches, and how.
    pub kind: MonitorKind,
    /// What follows from an alarm.
    pub response: Response,
}

/// What a monitor watches, and how.
#[derive(Debug, Clone)]
pub enum MonitorKind {
    /// It looks at parts now and then.
    Poll(Poll),
    /// It judges a number, period by period.
    Watch(Watch),
    /// It follows from others.
    Composite(Rule),
    /// It foresees a fault.
    Forecast(Forecast),
    /// It looks at nothing, and acts at given times.
    Schedule(Times),
}

/// Given times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Times {
    /// These, rising.
    At(Vec<SimTime>),
    /// Again and again.
    Every {
        /// After so long; longer than zero.
        every: SimDuration,
        /// The first time.
        offset: SimDuration,
    },
}

impl Times {
    /// The time with a number, from 0; `None` where there are no more.
    pub fn nth(&self, number: u64) -> Option<SimTime> {
        match self {
            Self::At(all) => all.get(usize::try_from(number).ok()?).copied(),
            Self::Every { every, offset } => {
                let later = every.as_nanos().checked_mul(number)?;
                Some(SimTime::from_nanos(offset.as_nanos().checked_add(later)?))
            }
        }
    }
}

/// Looks at parts now and then.
///
/// Helps to find what nobody calls, and to say what a rhythm of looks is worth: the mean delay of the first look is half
/// the interval of periodic ones and the whole mean interval of random ones. Hurts by its mistakes: with many parts and
/// frequent looks even a small share of false alarms is many. Source: renewal theory; coverage as in Bouricius, Carter
/// and Schneider (1969).
#[derive(Debug, Clone)]
pub struct Poll {
    /// What it looks at, each by itself; the replicas in it.
    pub units: Vec<Vec<ReplicaId>>,
    /// When it looks.
    pub rhythm: Rhythm,
    /// Share of faults that it can see at all: one that it cannot is never seen, however often it looks.
    pub coverage: Probability,
    /// Share of looks at something sound that find fault with it.
    pub false_alarms: Probability,
    /// Looks in a row that find fault before an alarm is raised; at least 1.
    pub after: u32,
}

/// When a poll looks.
#[derive(Debug, Clone)]
pub enum Rhythm {
    /// Again and again after this, at a random phase for each unit.
    Periodic(SimDuration),
    /// After exponential times, without memory.
    Random(Distribution),
}

/// What is wrong about a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wrong {
    /// To be above this.
    Above(f64),
    /// To be below this.
    Below(f64),
}

impl Wrong {
    /// Whether a value is wrong.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
        }
    }
}

/// A number of a service over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Attempts that failed for their callers / attempts that ended for them; nothing where none did.
    FailureRatio,
    /// Mean time from sending an attempt to its end for its caller (s); nothing where none ended.
    LatencyMean,
    /// Attempts that ended for their callers (1/s).
    Throughput,
    /// Slots in use / slots of up replicas; nothing where there are none.
    Utilisation,
    /// Mean number of jobs waiting.
    QueueLengthMean,
    /// Mean number of jobs inside.
    InSystemMean,
    /// Mean number of messages that wait in the queue which the service consumes.
    BacklogMean,
    /// Mean number of up replicas.
    ReplicasMean,
}

impl Signal {
    /// Every signal with its name.
    pub const ALL: [(&'static str, Self); 8] = [
        ("failure_ratio", Self::FailureRatio),
        ("latency_mean", Self::LatencyMean),
        ("throughput", Self::Throughput),
        ("utilisation", Self::Utilisation),
        ("queue_length_mean", Self::QueueLengthMean),
        ("in_system_mean", Self::InSystemMean),
        ("backlog_mean", Self::BacklogMean),
        ("replicas_mean", Self::ReplicasMean),
    ];

    /// Whether it is about attempts that end, which somebody has to count.
    pub const fn is_about_attempts(self) -> bool {
        matches!(self, Self::FailureRatio | Self::LatencyMean | Self::Throughput)
    }

    /// Its unit.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::FailureRatio | Self::Utilisation => "ratio",
            Self::LatencyMean => "s",
            Self::Throughput => "1/s",
            Self::QueueLengthMean | Self::InSystemMean | Self::BacklogMean => "1",
            Self::ReplicasMean => "replica",
        }
    }
}
