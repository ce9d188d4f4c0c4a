//! How many attempts replicas get in proportion to each other, as written in a scenario.

use crate::document::{Diagnostic, Diagnostics, Field, Node, Value};

/// Share of each replica, in proportion.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights {
    /// Their speeds.
    Speed,
    /// These, all above 0; one for each replica.
    Given(Vec<f64>),
}

impl Weights {
    /// Whether there is one for each replica.
    pub(super) fn check(&self, replicas: usize) -> Result<(), String> {
        match self {
            Self::Given(weights) if weights.len() != replicas => {
                Err(format!("there are {} weights for {replicas} replicas", weights.len()))
            }
            _ => Ok(()),
        }
    }

    /// The weight of each replica.
    pub(super) fn resolve(&self, speed: &[f64]) -> Vec<f64> {
        match self {
            Self::Speed => speed.to_vec(),
            Self::Given(weights) => weights.clone(),
        }
    }
}

impl Field for Weights {
    const EXPECTED: &'static str = "\"speed\" or a list of numbers above 0, one for each replica";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let given = match &node.value {
            Value::Text(word) if word == "speed" => return Some(Self::Speed),
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
            Self::Speed => Some(toml::Value::String("speed".to_owned())),
            Self::Given(weights) => weights.write(),
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
        assert_eq!(read(list(&[5.0, 0.5])), Ok(Weights::Given(vec![5.0, 0.5])));
        for wrong in [Value::Text("fast".to_owned()), list(&[]), list(&[1.0, 0.0]), Value::Integer(3)] {
            assert!(read(wrong).is_err());
        }
    }

    #[test]
    fn there_is_one_weight_for_each_replica() {
        assert_eq!(Weights::Speed.check(3), Ok(()));
        assert_eq!(Weights::Given(vec![1.0; 3]).check(3), Ok(()));
        assert!(Weights::Given(vec![1.0; 2]).check(3).unwrap_err().contains("2 weights for 3 replicas"));
    }
}
