//! Objectives and claims as they are written.

use crate::document::{
    Diagnostic, Diagnostics, Dimension, Field, Fields, Name, Node, Section, Span, Value, measure, unexpected,
};
use crate::scenario::claim::{Bound, Expect};
use crate::units::Probability;

/// A target such as `<= 300ms`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TargetKeys {
    pub(crate) bound: Bound,
    pub(crate) value: f64,
    pub(crate) dimension: Dimension,
    /// As it is written.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) span: Span,
}

impl Field for TargetKeys {
    const EXPECTED: &'static str = "a target such as \">= 99.9%\" or \"<= 300ms\"";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let parts = [(">=", Bound::AtLeast), ("<=", Bound::AtMost)].into_iter();
        let read = parts
            .filter_map(|(sign, bound)| text.trim().strip_prefix(sign).map(|rest| (bound, rest)))
            .find_map(|(bound, rest)| measure(rest).map(|measured| (bound, measured)));
        if read.is_none() {
            let error = Diagnostic::error(node.span, format!("\"{text}\" is not a target"));
            findings.push(error.label("not a target").help(meant(text)));
        }
        let (bound, (value, dimension)) = read?;
        Some(Self { bound, value, dimension, text: text.clone(), span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.text.clone().into())
    }
}

/// What a text that is no target was meant to be.
fn meant(text: &str) -> String {
    let text = text.trim();
    let (sign, rest) = text.split_at(text.find(|c: char| !"<>=≤≥".contains(c)).unwrap_or(text.len()));
    let ours = match sign {
        "<" | "=<" | "≤" => "<=",
        ">" | "=>" | "≥" => ">=",
        _ => return format!("expected {}", TargetKeys::EXPECTED),
    };
    let rest = rest.trim();
    if measure(rest).is_none() {
        return format!("expected {}", TargetKeys::EXPECTED);
    }
    format!(
        "there is no \"{sign}\": a target is \"at least\" or \"at most\". Did you mean \"{ours} {rest}\"?"
    )
}

/// What is claimed about a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClaimSection {
    pub(crate) keys: ClaimKeys,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// The keys of a claim.
    pub(crate) struct ClaimKeys {
        formula: Option<Name> = None,
        answer: Option<Name> = None,
        value: Option<Quantity> = None,
        source: Option<Name> = None,
        vary: Option<VaryKeys> = None,
        arguments: Arguments = Arguments::default(),
        predicts: Name,
        tolerance: Option<Probability> = None,
        expect: Expect,
        runs_max: u32 = 400,
        states: Option<Name> = None,
        interpretation: Option<Name> = None,
        right: Option<Name> = None,
    }
}

impl Section for ClaimSection {
    const KEYS: &'static [&'static str] = ClaimKeys::KEYS;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let span = fields.span();
        ClaimKeys::read(fields).map(|keys| Self { keys, span })
    }

    fn write(&self, table: &mut toml::Table) {
        self.keys.write(table);
    }
}

crate::settings! {
    /// The article that a file judges.
    pub(crate) struct ArticleKeys {
        name: Name,
        formula: Name,
        interpretation: Name,
    }
}

crate::settings! {
    /// What a comparative claim changes.
    pub(crate) struct VaryKeys {
        path: Name,
        from: Anything,
        to: Anything,
    }
}

crate::tables! {
    ArticleKeys = "a table with the keys \"name\", \"formula\" and \"interpretation\"",
    ClaimSection = "a table that describes a claim",
    VaryKeys = "a table with the keys \"path\", \"from\" and \"to\"",
}

/// A number with or without unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quantity {
    pub(crate) value: f64,
    pub(crate) dimension: Dimension,
    /// Where it stands.
    pub(crate) span: Span,
}

impl Field for Quantity {
    const EXPECTED: &'static str = "a number, or one with a unit such as \"86.7h\", \"99.9%\" or \"4/s\"";

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
        measured.map(|(value, dimension)| Self { value, dimension, span: node.span })
    }

    /// In base units, as everything that is written back.
    fn write(&self) -> Option<toml::Value> {
        Some(match self.dimension {
            Dimension::Plain | Dimension::Share => self.value.into(),
            Dimension::Seconds => format!("{}s", self.value).into(),
            Dimension::PerSecond => format!("{}/s", self.value).into(),
        })
    }
}

/// A value of any type, as it would be written on the command line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Anything(pub(crate) toml::Value);

impl Field for Anything {
    const EXPECTED: &'static str = "a value";

    fn read(node: &Node, _findings: &mut Diagnostics) -> Option<Self> {
        Some(Self(to_toml(&node.value)))
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.0.clone())
    }
}

fn to_toml(value: &Value) -> toml::Value {
    match value {
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => text.clone().into(),
        Value::List(items) => toml::Value::Array(items.iter().map(|item| to_toml(&item.value)).collect()),
        Value::Table(table) => toml::Value::Table(
            table.entries.iter().map(|(name, node)| (name.text.clone(), to_toml(&node.value))).collect(),
        ),
    }
}

/// The arguments of a formula: values, or paths into the scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Arguments(pub(crate) Vec<(Name, Node)>);

impl Field for Arguments {
    const EXPECTED: &'static str = "a table of values and paths";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Table(table) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        Some(Self(table.entries.clone()))
    }

    fn write(&self) -> Option<toml::Value> {
        if self.0.is_empty() {
            return None;
        }
        let entries = self.0.iter().map(|(name, node)| (name.text.clone(), to_toml(&node.value)));
        Some(toml::Value::Table(entries.collect()))
    }
}
