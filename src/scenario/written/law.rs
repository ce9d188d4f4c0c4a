//! A random duration as it is written: a constant, or a table with the key `distribution`.

use crate::document::{
    Choice, Diagnostic, Diagnostics, Field, Fields, Kind, Name, Node, Shape, Span, Table, Value, unexpected,
};
use crate::kernel::distribution::DistributionSettings;

/// A distribution and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Law {
    /// Which, and its parameters.
    pub(crate) settings: DistributionSettings,
    /// Where it stands.
    pub(crate) span: Span,
}

/// The name of the law that is written as the duration itself.
const CONSTANT: &str = "constant";

impl Law {
    /// No time at all.
    pub(crate) fn zero() -> Self {
        Self::known("0s")
    }

    /// A constant that is known to be a duration.
    pub(super) fn known(text: &str) -> Self {
        let Some(law) = Self::constant(text, Span::default()) else {
            unreachable!("\"{text}\" is a duration")
        };
        law
    }

    /// A constant, from text that is known to be a duration.
    pub(super) fn constant(text: &str, span: Span) -> Option<Self> {
        let node = Node { span, value: Value::Text(text.to_owned()) };
        Self::read(&node, &mut Diagnostics::default())
    }
}

/// The key that chooses a distribution.
const CHOICE: Choice = Choice {
    key: "distribution",
    what: "distribution",
    default: None,
    variants: DistributionSettings::CATALOGUE,
};

impl Field for Law {
    const EXPECTED: &'static str = "a duration such as \"50ms\", or a table with the key \"distribution\"";

    fn kind() -> Kind {
        let shape = Shape::new("distribution", &[]).choosing(CHOICE);
        Kind::Either(vec![Kind::Duration, Kind::Table(shape)])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let settings = match &node.value {
            Value::Text(_) => {
                let key = Name { text: "mean".to_owned(), span: node.span };
                let table = Table { entries: vec![(key, node.clone())] };
                DistributionSettings::read(CONSTANT, &mut Fields::new(&table, node.span, findings))
            }
            Value::Table(table) => {
                let mut fields = Fields::new(table, node.span, findings);
                let name: Name = fields.required("distribution")?;
                let known = DistributionSettings::CATALOGUE.iter().map(|entry| entry.name);
                if known.clone().all(|one| one != name.text) {
                    findings.push(Diagnostic::unknown(name.span, "distribution", &name.text, known));
                    return None;
                }
                let settings = DistributionSettings::read(&name.text, &mut fields);
                fields.finish();
                settings
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        };
        settings.map(|settings| Self { settings, span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        let mut table = toml::Table::new();
        self.settings.write(&mut table);
        if self.settings.name() == CONSTANT {
            return table.remove("mean");
        }
        table.insert("distribution".to_owned(), self.settings.name().into());
        Some(toml::Value::Table(table))
    }
}
