//! How many attempts replicas get in proportion to each other: as written in a scenario, and as they change.

use super::measured::{Measured, MeasuredKeys};
use super::{Needs, Report};
use crate::document::{Diagnostic, Diagnostics, Field, Kind, Node, Value, Word};
use crate::registry::Impossible;

/// Share of each replica, in proportion.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights {
    /// All the same.
    Equal,
    /// Their speeds.
    Speed,
    /// These, all above 0; one for each replica.
    Given(Vec<f64>),
    /// What they report of themselves, again and again.
    Measured(Box<MeasuredKeys>),
}

impl Weights {
    /// Whether there is one for each replica.
    pub(super) fn check(&self, replicas: usize) -> Result<(), Impossible> {
        match self {
            Self::Given(weights) if weights.len() != replicas => {
                let why = format!("there are {} weights for {replicas} replicas", weights.len());
                Err(Impossible::new("weights", why))
            }
            Self::Measured(keys) => keys.check(replicas),
            _ => Ok(()),
        }
    }

    /// `needs`, and the reports from which weights are measured.
    pub(super) fn needs(&self, needs: Needs) -> Needs {
        match self {
            Self::Measured(keys) => Needs { reports: Some(keys.interval), ..needs },
            _ => needs,
        }
    }
}

/// The weights of a fleet as they are now, one for each replica.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WeightTable {
    now: Box<[f64]>,
    /// Their sum.
    total: f64,
    measured: Option<Measured>,
}

impl WeightTable {
    /// The weights at the start.
    pub(super) fn new(weights: &Weights, speed: &[f64]) -> Self {
        let (now, measured) = match weights {
            Weights::Equal => (vec![1.0; speed.len()], None),
            Weights::Speed => (speed.to_vec(), None),
            Weights::Given(weights) => (weights.clone(), None),
            Weights::Measured(keys) => (keys.start(speed.len()), Some(Measured::new(keys))),
        };
        Self { total: now.iter().sum(), now: now.into_boxed_slice(), measured }
    }

    #[inline]
    pub(super) fn of(&self, replica: u32) -> f64 {
        self.now[replica as usize]
    }

    pub(super) fn all(&self) -> &[f64] {
        &self.now
    }

    /// The sum of the weights of some replicas, at once where these are all.
    #[inline]
    pub(super) fn total(&self, replicas: &[u32]) -> f64 {
        if replicas.len() == self.now.len() {
            return self.total;
        }
        // Four sums side by side need not wait for each other.
        let (chunks, mut lanes) = (replicas.chunks_exact(4), [0.0; 4]);
        let rest: f64 = chunks.remainder().iter().map(|one| self.of(*one)).sum();
        for chunk in chunks {
            for (lane, one) in lanes.iter_mut().zip(chunk) {
                *lane += self.of(*one);
            }
        }
        lanes.iter().sum::<f64>() + rest
    }

    /// Whether all are the same, and stay so.
    pub(super) fn are_equal(&self) -> bool {
        self.measured.is_none() && self.now.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq())
    }

    /// A replica joins: where weights are measured it has the mean of all until it reports; whether it was changed.
    pub(super) fn join(&mut self, replica: u32) -> bool {
        let mean = self.total / self.now.len() as f64;
        let weight = &mut self.now[replica as usize];
        let changed = self.measured.is_some() && weight.to_bits() != mean.to_bits();
        if changed {
            *weight = mean;
            self.total = self.now.iter().sum();
        }
        changed
    }

    /// Takes in what replicas report; whether weights changed.
    pub(super) fn report(&mut self, reports: &[Option<Report>]) -> bool {
        let changed = self.measured.as_ref().is_some_and(|measured| measured.renew(&mut self.now, reports));
        if changed {
            self.total = self.now.iter().sum();
        }
        changed
    }
}

impl Field for Weights {
    const EXPECTED: &'static str = "\"speed\", \"equal\", a list of numbers above 0, one for each replica, or a table \
                                    with the key \"metric\"";

    fn kind() -> Kind {
        let words = vec![
            Word { name: "speed", lines: &["In proportion to the speeds of the replicas."] },
            Word { name: "equal", lines: &["All the same."] },
        ];
        Kind::Either(vec![
            Kind::Words(words),
            Kind::List(Box::new(Kind::Number), 1),
            <MeasuredKeys as Field>::kind(),
        ])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let given = match &node.value {
            Value::Text(word) if word == "speed" => return Some(Self::Speed),
            Value::Text(word) if word == "equal" => return Some(Self::Equal),
            Value::Table(_) => {
                return <MeasuredKeys as Field>::read(node, findings)
                    .map(|keys| Self::Measured(Box::new(keys)));
            }
            Value::List(items) if !items.is_empty() => Vec::<f64>::read(node, findings)?,
            Value::List(_) => return refuse(node, "there must be at least one weight".to_owned(), findings),
            other => {
                let message = format!("expected {}, found {}", Self::EXPECTED, other.describe());
                return refuse(node, message, findings);
            }
        };
        if let Some(wrong) = given.iter().find(|weight| **weight <= 0.0) {
            return refuse(node, format!("a weight must be above 0, not {wrong}"), findings);
        }
        Some(Self::Given(given))
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Equal => Some("equal".into()),
            Self::Speed => Some("speed".into()),
            Self::Given(weights) => weights.write(),
            Self::Measured(keys) => Field::write(&**keys),
        }
    }
}

fn refuse(node: &Node, message: String, findings: &mut Diagnostics) -> Option<Weights> {
    findings.push(Diagnostic::error(node.span, message).label("not weights"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    fn read(value: Value) -> Result<Weights, String> {
        let mut findings = Diagnostics::default();
        let read = Weights::read(&Node { span: Span::default(), value }, &mut findings);
        read.ok_or_else(|| findings.0[0].message.clone())
    }

    fn list(numbers: &[f64]) -> Value {
        let node = |number: &f64| Node { span: Span::default(), value: Value::Float(*number) };
        Value::List(numbers.iter().map(node).collect())
    }

    #[test]
    fn weights_are_a_word_or_a_list() {
        assert_eq!(read(Value::Text("speed".to_owned())), Ok(Weights::Speed));
        assert_eq!(read(Value::Text("equal".to_owned())), Ok(Weights::Equal));
        assert_eq!(read(list(&[5.0, 0.5])), Ok(Weights::Given(vec![5.0, 0.5])));
        for wrong in [Value::Text("fast".to_owned()), list(&[]), list(&[1.0, 0.0]), Value::Integer(3)] {
            assert!(read(wrong).is_err());
        }
    }

    #[test]
    fn there_is_one_weight_for_each_replica() {
        assert_eq!(Weights::Speed.check(3), Ok(()));
        assert_eq!(Weights::Given(vec![1.0; 3]).check(3), Ok(()));
        assert!(Weights::Given(vec![1.0; 2]).check(3).unwrap_err().why.contains("2 weights for 3 replicas"));
    }

    #[test]
    fn given_weights_do_not_change() {
        let report = Report { utilisation: 0.5, throughput: 1.0, errors: 0.0, latency: None };
        let mut table = WeightTable::new(&Weights::Speed, &[1.0, 3.0]);
        assert!(!table.report(&[Some(report), None]));
        assert_eq!(table.all(), [1.0, 3.0]);
        assert!(!table.are_equal());
        assert!(WeightTable::new(&Weights::Equal, &[1.0, 3.0]).are_equal());
    }
}
