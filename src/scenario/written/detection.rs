//! How faults are found, as it is written.

use super::law::Law;
use crate::document::{Diagnostic, Diagnostics, Field, Kind, Name, Node, Span, Value, Word, unexpected};

/// What the names of monitors begin with.
const MONITOR: &str = "monitor.";

/// The monitor that a text names.
fn monitor(node: &Node) -> Option<Name> {
    let Value::Text(text) = &node.value else { return None };
    text.strip_prefix(MONITOR).map(|name| Name { text: name.to_owned(), span: node.span })
}

/// When recovery starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DetectedBy {
    /// At once.
    Immediate,
    /// When a health check finds it.
    HealthCheck(Span),
    /// When probes of its liveness restart a replica.
    Liveness(Span),
    /// When the first of some monitors finds it.
    Monitors(Vec<Name>),
    /// After a time.
    After(Law),
}

impl Field for DetectedBy {
    const EXPECTED: &'static str = "\"immediate\", \"health_check\", \"liveness\", a monitor such as \"monitor.ping\" or a list of them, a duration or a distribution";

    fn kind() -> Kind {
        let word = |name, lines| Word { name, lines };
        let words = vec![
            word("immediate", &["At once."]),
            word(
                "health_check",
                &[
                    "When the first balancer's health check marks the replica down; of a partition or another fault of",
                    "the network, one whose way it crosses.",
                ],
            ),
            word(
                "liveness",
                &[
                    "When the probes of its `liveness` restart a replica: the recovery begins with the restart.",
                ],
            ),
        ];
        Kind::Either(vec![Kind::Words(words), Kind::Text, Kind::list(Kind::Text), Law::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "immediate" => Some(Self::Immediate),
            Value::Text(text) if text == "health_check" => Some(Self::HealthCheck(node.span)),
            Value::Text(text) if text == "liveness" => Some(Self::Liveness(node.span)),
            Value::Text(text) if text.starts_with(MONITOR) => {
                monitor(node).map(|one| Self::Monitors(vec![one]))
            }
            Value::List(items) if !items.is_empty() && items.iter().all(|one| monitor(one).is_some()) => {
                Some(Self::Monitors(items.iter().filter_map(monitor).collect()))
            }
            Value::Text(text) if !text.starts_with(|first: char| first.is_ascii_digit()) => {
                let known = ["immediate", "health_check", "liveness"];
                let mut error = Diagnostic::unknown(node.span, "way of detection", text, known);
                if let Some(help) = &mut error.help {
                    help.push_str(", a monitor such as \"monitor.ping\", or a duration such as \"10s\"");
                }
                findings.push(error);
                None
            }
            Value::Text(_) | Value::Table(_) => Law::read(node, findings).map(Self::After),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Immediate => Some("immediate".into()),
            Self::HealthCheck(_) => Some("health_check".into()),
            Self::Liveness(_) => Some("liveness".into()),
            Self::Monitors(names) => {
                let full = |name: &Name| toml::Value::from(format!("{MONITOR}{}", name.text));
                match names.as_slice() {
                    [one] => Some(full(one)),
                    several => Some(several.iter().map(full).collect::<Vec<_>>().into()),
                }
            }
            Self::After(law) => law.write(),
        }
    }
}
