//! What a policy reads: a number of its service over a time, some while ago.

use crate::document::{
    Diagnostic, Diagnostics, Dimension, Field, Kind, Name, Node, Value, Word, measure, toml, unexpected,
};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

impl Field for Signal {
    const EXPECTED: &'static str = "a number of the service, such as \"utilisation\"";

    fn kind() -> Kind {
        let word = |(name, _): (&'static str, Self)| Word { name, lines: &[] };
        Kind::Words(Self::ALL.into_iter().map(word).collect())
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let name = Name::read(node, findings)?;
        let found = Self::ALL.into_iter().find(|(word, _)| *word == name.text);
        if found.is_none() {
            let known = Self::ALL.map(|(word, _)| word);
            findings.push(Diagnostic::unknown(node.span, "number to scale by", &name.text, known));
        }
        found.map(|(_, signal)| signal)
    }

    fn write(&self) -> Option<toml::Value> {
        Self::ALL.iter().find(|(_, one)| one == self).map(|(name, _)| (*name).into())
    }
}

crate::choices! {
    /// What is made of the values within a time.
    pub enum Statistic {
        /// Their mean.
        Mean = "mean",
        /// The largest of them, each taken from one look of the policy to the next.
        Max = "max",
        /// The smallest of them, each taken from one look of the policy to the next.
        Min = "min",
    }
}

crate::settings! {
    /// Which number a policy goes by, for policies that go by one.
    pub struct Measured {
        /// The number of the service that the policy goes by, as alarms have them; what it is where absent, the policy says.
        /// `backlog_mean` are the messages that wait in the queue which the service consumes.
        /// Replicas that drain do not count in it, and those that a policy takes for fresh (`readiness`, `warmup`) not in
        /// means over replicas.
        metric: Option<Signal> = None,
        /// What is made of it over `window`; the mean where absent.
        statistic: Option<Statistic> = None,
        /// Over which time it is taken; where absent 15 s for "hpa", 1 min for others. What reaches back beyond the start of the
        /// run is cut there.
        #[range = "> 0"]
        window: Option<SimDuration> = None,
        /// How old the end of that time is when the policy sees the number; none where absent.
        metric_delay: Option<SimDuration> = None,
    }
}

impl Measured {
    /// Where nothing is written.
    pub const DEFAULT: Self = Self { metric: None, statistic: None, window: None, metric_delay: None };

    /// What is made of the number.
    pub fn statistic(&self) -> Statistic {
        self.statistic.unwrap_or(Statistic::Mean)
    }

    /// How old the number is.
    pub fn delay(&self) -> SimDuration {
        self.metric_delay.unwrap_or(SimDuration::ZERO)
    }

    /// Over which time the number is taken, `seconds` where that is not written.
    pub fn window_or(&self, seconds: f64) -> SimDuration {
        self.window.unwrap_or_else(|| SimDuration::from_secs(seconds))
    }

    /// The number, or `other` where none is written.
    pub fn metric_or(&self, other: Signal) -> Signal {
        self.metric.unwrap_or(other)
    }

    /// The one reading over a window of a policy that goes by `other` unless told otherwise, and looks every so often.
    pub fn watch(&self, other: Signal, (every, window): (SimDuration, SimDuration)) -> Watch {
        let signal = self.metric_or(other);
        let reading = Reading { signal, statistic: self.statistic(), window };
        Watch { every, delay: self.delay(), readings: vec![reading], ..Watch::default() }
    }
}

/// A number over a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Which number.
    pub signal: Signal,
    /// What is made of it.
    pub statistic: Statistic,
    /// Over which time.
    pub window: SimDuration,
}

/// When a policy looks, and what it sees then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// From one look to the next; of no meaning without readings.
    pub every: SimDuration,
    /// How old the end of each reading is.
    pub delay: SimDuration,
    /// For how long after its start, or the end of a fault, a replica counts as fresh.
    pub fresh: SimDuration,
    /// For how long it remembers what it wanted or did, at each look.
    pub memory: SimDuration,
    /// What it reads.
    pub readings: Vec<Reading>,
}

impl Watch {
    /// Looks within the longest time that it looks back on, at most.
    pub fn looks(&self) -> u64 {
        let longest = self.readings.iter().map(|one| one.window).max().unwrap_or_default();
        let back = longest.as_nanos().saturating_add(self.delay.as_nanos());
        back.max(self.memory.as_nanos()) / self.every.as_nanos().max(1)
    }
}

/// Whether a number is one of the whole service, and not of its replicas on average: with twice the replicas it stays.
pub const fn is_total(signal: Signal) -> bool {
    matches!(
        signal,
        Signal::Throughput | Signal::QueueLengthMean | Signal::InSystemMean | Signal::BacklogMean
    )
}

/// What a number should be; per replica for numbers of the whole service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// In base units.
    pub value: f64,
    dimension: Dimension,
}

impl Target {
    /// A number without a unit.
    pub const fn plain(value: f64) -> Self {
        Self { value, dimension: Dimension::Plain }
    }

    /// Requires that it is a value that a number can have, above zero.
    ///
    /// # Errors
    ///
    /// Says why it is none, as of the key `target`.
    pub fn check(&self, signal: Signal) -> Result<(), Impossible> {
        if signal == Signal::ReplicasMean {
            return Err(Impossible::new("metric", "the number of replicas is what it decides"));
        }
        self.fits(signal)?;
        Impossible::unless(self.value > 0.0, "target", "a target is above zero")
    }

    /// Requires that it has the unit of a number, and is not below zero.
    ///
    /// # Errors
    ///
    /// As [`Target::check`].
    pub fn fits(&self, signal: Signal) -> Result<(), Impossible> {
        let (fits, why) = match signal.unit() {
            "s" => (self.dimension == Dimension::Seconds, "expected a duration such as \"300ms\""),
            "1/s" => {
                (self.dimension == Dimension::PerSecond, "expected a rate of a replica, such as \"120/s\"")
            }
            "ratio" => (
                matches!(self.dimension, Dimension::Share | Dimension::Plain),
                "expected a share such as \"60%\"",
            ),
            _ => (self.dimension == Dimension::Plain, "expected a number per replica"),
        };
        Impossible::unless(fits && self.value >= 0.0, "target", why)
    }
}

impl Field for Target {
    const EXPECTED: &'static str = "a number in the unit of the metric, such as \"60%\" or \"120/s\"";

    fn kind() -> Kind {
        Kind::Quantity
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let measured = match &node.value {
            Value::Text(text) => measure(text),
            Value::Integer(_) | Value::Float(_) => {
                f64::read(node, findings).map(|value| (value, Dimension::Plain))
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                return None;
            }
        };
        if measured.is_none() {
            let error = Diagnostic::error(node.span, "this is not a number with a unit");
            findings.push(error.label("not a number").help(format!("expected {}", Self::EXPECTED)));
        }
        measured.map(|(value, dimension)| Self { value, dimension })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(match self.dimension {
            Dimension::Plain => self.value.into(),
            // Percent without the noise of the division by a hundred.
            Dimension::Share => format!("{}%", (self.value * 1e14).round() / 1e12).into(),
            Dimension::Seconds => format!("{}s", self.value).into(),
            Dimension::PerSecond => format!("{}/s", self.value).into(),
            Dimension::Bytes => format!("{}B", self.value).into(),
            Dimension::BytesPerSecond => format!("{}B/s", self.value).into(),
        })
    }
}

/// So many within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many; at least 1.
    pub count: u32,
    /// Within which time; positive.
    pub within: SimDuration,
}

impl Field for Quota {
    const EXPECTED: &'static str = "a number within a time, such as \"10/min\" or \"5/30s\"";

    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let parsed = text.split_once('/').and_then(|(count, time)| {
            let count = count.trim().parse().ok().filter(|count| *count > 0)?;
            let time = time.trim();
            let spelt = if time.starts_with(|one: char| one.is_ascii_digit()) {
                time.to_owned()
            } else {
                format!("1{time}")
            };
            match measure(&spelt)? {
                (seconds, Dimension::Seconds) if seconds > 0.0 => {
                    Some(Self { count, within: SimDuration::from_secs(seconds) })
                }
                _ => None,
            }
        });
        if parsed.is_none() {
            let error = Diagnostic::error(node.span, format!("\"{text}\" is no number within a time"));
            findings.push(error.label("not a quota").help(format!("expected {}", Self::EXPECTED)));
        }
        parsed
    }

    fn write(&self) -> Option<toml::Value> {
        Some(format!("{}/{}", self.count, self.within).into())
    }
}

/// The looks of a policy that looks again and again after the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    every: SimDuration,
    next: SimTime,
}

impl Ticks {
    /// The first is after one time from the start.
    pub(super) fn new(every: SimDuration) -> Self {
        Self { every, next: SimTime::ZERO + every }
    }

    /// When the next look is.
    pub(super) const fn due(&self) -> SimTime {
        self.next
    }

    /// A look has come; one out of turn moves no other.
    pub(super) fn pass(&mut self, now: SimTime) {
        if now >= self.next {
            self.next = self.next + self.every;
        }
    }

    /// How many there are in so many seconds.
    pub(super) fn count(every: SimDuration, seconds: f64) -> f64 {
        seconds / every.as_secs().max(1e-9)
    }

    /// Requires that time goes on from one look to the next.
    pub(super) fn check(every: SimDuration, key: &'static str) -> Result<(), Impossible> {
        Impossible::unless(!every.is_zero(), key, "looks are more than zero apart")
    }
}

/// The smallest whole number that is not below a value, but for rounding; 0 for what is below.
pub(super) fn ceil(value: f64) -> u32 {
    // What is whole but for rounding is whole.
    let near = value.round();
    let whole = if (value - near).abs() <= 1e-9 * near.abs().max(1.0) { near } else { value.ceil() };
    whole.clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    fn read<T: Field>(text: &str) -> Option<T> {
        let node = Node { span: Span::default(), value: Value::Text(text.to_owned()) };
        T::read(&node, &mut Diagnostics::default())
    }

    #[test]
    fn quotas_are_numbers_within_a_time() {
        let quota = |count, seconds| Some(Quota { count, within: SimDuration::from_secs(seconds) });
        assert_eq!(read("10/min"), quota(10, 60.0));
        assert_eq!(read("5/30s"), quota(5, 30.0));
        for wrong in ["0/min", "10", "10/", "10/parsec", "-1/s", "1.5/s", "10/0s"] {
            assert_eq!(read::<Quota>(wrong), None, "{wrong}");
        }
        let written = quota(7, 90.0).unwrap().write().unwrap();
        assert_eq!(read(written.as_str().unwrap()), quota(7, 90.0));
    }

    #[test]
    fn targets_have_the_unit_of_their_number() {
        let fits = |text: &str, signal| read::<Target>(text).unwrap().check(signal).is_ok();
        assert!(fits("60%", Signal::Utilisation) && fits("0.6", Signal::Utilisation));
        assert!(!fits("60/s", Signal::Utilisation) && !fits("0%", Signal::Utilisation));
        assert!(fits("60/s", Signal::Throughput) && !fits("60", Signal::Throughput));
        assert!(fits("300ms", Signal::LatencyMean) && !fits("3", Signal::LatencyMean));
        assert!(fits("70", Signal::InSystemMean) && !fits("70", Signal::ReplicasMean));
    }

    #[test]
    fn what_is_whole_but_for_rounding_is_whole() {
        assert_eq!([0.1 + 0.2 + 2.7, 60.0 * (1.0 + 1e-15), 3.001, -5.0, 0.0].map(ceil), [3, 60, 4, 0, 0]);
        assert_eq!(ceil(f64::INFINITY), u32::MAX);
    }
}
