//! Ranges of numbers: `{ from = "20/s", to = "80/s", steps = 4, scale = "log" }`.

use super::Choice;
use super::condition::number;
use crate::document::{Diagnostic, Diagnostics, Fields, Node, Span, Value, measure, unexpected};

crate::choices! {
    /// How the values of a range are spaced.
    pub(super) enum Scale {
        /// With equal differences.
        Linear = "linear",
        /// With equal ratios.
        Log = "log",
    }
}

/// All numbers between two.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range {
    /// In the unit that the values are written in.
    ends: (f64, f64),
    /// How many of them are taken; where absent any number of them may be.
    pub(super) steps: Option<u32>,
    scale: Scale,
    /// What is written behind each number; `None` where they are numbers alone.
    unit: Option<String>,
    /// Whether only whole numbers are meant.
    is_whole: bool,
    /// Where it stands.
    pub(super) span: Span,
}

/// Most steps of a range.
const STEPS_MAX: u32 = 1_000_000;

impl Range {
    /// The keys that make a table a range.
    pub(super) const KEYS: [&'static str; 4] = ["from", "to", "steps", "scale"];

    /// Reads the keys of a range.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let span = fields.span();
        let (from, to) = (end(fields, "from"), end(fields, "to"));
        let steps = fields.or::<Option<u32>>("steps", || None)?;
        let scale = fields.or("scale", || Scale::Linear)?;
        let (from, to) = (from?, to?);
        let findings = fields.findings();
        let number = |node: &Node, findings: &mut Diagnostics| {
            let found = number(&node.value);
            if found.is_none() {
                unexpected(node, "a number, with its unit where it has one", findings);
            }
            found
        };
        let (low, high) = (number(from, findings), number(to, findings));
        let ((low, dimension), (high, other)) = (low?, high?);
        if dimension != other {
            let message = "both ends of a range have the same kind of unit";
            findings.push(Diagnostic::error(to.span, message).label("another unit"));
            return None;
        }
        if steps.is_some_and(|steps| !(2..=STEPS_MAX).contains(&steps)) {
            let message = format!("a range has from 2 to {STEPS_MAX} steps, its ends included");
            findings.push(Diagnostic::error(span, message).label("steps"));
            return None;
        }
        if scale == Scale::Log && (low <= 0.0 || high <= 0.0) {
            let message = "on a logarithmic scale both ends of a range are above zero";
            findings.push(Diagnostic::error(span, message).label("not above zero"));
            return None;
        }
        let (unit, size) = match &from.value {
            Value::Text(text) => unit(text),
            _ => (None, 1.0),
        };
        let is_whole = matches!((&from.value, &to.value), (Value::Integer(_), Value::Integer(_)));
        Some(Self { ends: (low / size, high / size), steps, scale, unit, is_whole, span })
    }

    /// The values of its steps; rounding to whole numbers may make some of them the same, which stand once.
    pub(super) fn levels(&self, steps: u32) -> Vec<Choice> {
        let last = f64::from(steps.max(2) - 1);
        let mut levels: Vec<Choice> = Vec::new();
        for step in 0..steps {
            let choice = self.at(f64::from(step) / last);
            if levels.last().is_none_or(|one| one.text != choice.text) {
                levels.push(choice);
            }
        }
        levels
    }

    /// The value at a share of the way from one end to the other.
    pub(super) fn at(&self, share: f64) -> Choice {
        let (from, to) = self.ends;
        let number = match self.scale {
            Scale::Linear => from + (to - from) * share,
            Scale::Log => from * (to / from).powf(share),
        };
        let number = if self.is_whole { number.round() } else { short(number) };
        let (text, value) = match &self.unit {
            Some(unit) => (format!("\"{number}{unit}\""), Value::Text(format!("{number}{unit}"))),
            None if self.is_whole => (format!("{number}"), Value::Integer(number as i64)),
            None => (format!("{number:?}"), Value::Float(number)),
        };
        Choice { text, span: self.span, value }
    }
}

fn end<'a>(fields: &mut Fields<'a>, key: &'static str) -> Option<&'a Node> {
    let found = fields.node(key);
    if found.is_none() {
        let span = fields.span();
        let message = format!("the key \"{key}\" is missing");
        let help = "expected a range such as { from = 2, to = 10, steps = 5 }";
        fields.findings().push(Diagnostic::error(span, message).label("needed here").help(help));
    }
    found
}

/// The unit that a text of one number and its unit ends with, and its size in base units; for longer ones the base unit.
fn unit(text: &str) -> (Option<String>, f64) {
    let text = text.trim();
    let start = text.find(|one: char| !one.is_ascii_digit() && !".+-".contains(one)).unwrap_or(text.len());
    let unit = text[start..].trim();
    if unit.is_empty() {
        return (None, 1.0);
    }
    let is_one = !unit.contains(|one: char| one.is_ascii_digit());
    match measure(&format!("1{unit}")).filter(|_| is_one) {
        Some((size, _)) => (Some(unit.to_owned()), size),
        None => (Some("s".to_owned()), 1.0),
    }
}

/// A number without the noise of the last bits.
fn short(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}
