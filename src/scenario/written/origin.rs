//! An instant of the clock that files of records keep.

use crate::document::{
    Diagnostic, Diagnostics, Dimension, Field, Kind, Node, Span, TimeUnit, Value, measure, unexpected,
};
use crate::scenario::instant::{Form, Instant};

/// An instant as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Origin {
    /// What is written and what is read; boxed, since few scenarios have any.
    inner: Box<(toml::Value, Read)>,
    /// Where it stands.
    pub(crate) span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Read {
    /// A number of the unit of a file.
    Number(f64),
    /// A date, a time, or a duration from the zero of a clock of numbers.
    Instant(Instant),
}

impl Origin {
    /// The instant on a clock whose numbers count so many of a unit.
    pub(crate) fn instant(&self, unit: TimeUnit) -> Instant {
        match self.inner.1 {
            Read::Instant(instant) => instant,
            Read::Number(number) => {
                Instant { nanos: (number * unit.nanos() as f64).round() as i128, form: Form::Number }
            }
        }
    }
}

impl Field for Origin {
    const EXPECTED: &'static str =
        "a time such as \"2001-05-01T11:30:00Z\", a date, or a number as in the file";

    fn kind() -> Kind {
        Kind::Either(vec![Kind::Text, Kind::Number])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (written, read) = match &node.value {
            Value::Integer(number) => (toml::Value::from(*number), Some(Read::Number(*number as f64))),
            Value::Float(number) => (toml::Value::from(*number), Some(Read::Number(*number))),
            Value::Text(text) => (toml::Value::from(text.as_str()), instant(text).map(Read::Instant)),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                return None;
            }
        };
        if read.is_none() {
            let error = Diagnostic::error(node.span, "this is not an instant").label("not an instant");
            findings.push(error.help(format!("expected {}", Self::EXPECTED)));
        }
        Some(Self { inner: Box::new((written, read?)), span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.inner.0.clone())
    }
}

/// A date, a time, or a duration such as `30s`, which a clock of numbers counts from its zero.
fn instant(text: &str) -> Option<Instant> {
    match measure(text) {
        Some((seconds, Dimension::Seconds)) => {
            Some(Instant { nanos: (seconds * 1e9).round() as i128, form: Form::Number })
        }
        Some(_) => None,
        None => Instant::read(text, TimeUnit::Second),
    }
}
