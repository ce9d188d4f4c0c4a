//! Conditions on the values of a point: where an axis exists, and which points are left out.

use super::{Choice, Point, Reader};
use crate::document::{Diagnostic, Diagnostics, Dimension, Name, Node, Value, measure};

/// Holds where all its tests do.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    tests: Vec<Test>,
}

/// Holds where a path has one of these values; nowhere else, also not where the path is not varied.
#[derive(Debug, Clone)]
struct Test {
    path: Name,
    wanted: Vec<Wanted>,
}

#[derive(Debug, Clone)]
enum Wanted {
    /// This very value.
    Value(Value),
    /// A number on this side of a limit.
    Beyond(Side, (f64, Dimension)),
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Below,
    AtMost,
    AtLeast,
    Above,
}

/// How the sides are written, the longer ones first.
const SIDES: [(&str, Side); 4] =
    [("<=", Side::AtMost), (">=", Side::AtLeast), ("<", Side::Below), (">", Side::Above)];

impl Condition {
    /// Whether it holds for values whose paths are these.
    pub(super) fn holds(&self, paths: &[&str], point: &Point) -> bool {
        self.tests.iter().all(|test| {
            let place = paths.iter().position(|path| *path == test.path.text);
            let choice = place.and_then(|place| point.choices.get(place)?.as_ref());
            choice.is_some_and(|choice| test.wanted.iter().any(|wanted| wanted.is(choice)))
        })
    }

    /// Reports paths that nothing can be asked of.
    pub(super) fn check(&self, known: &[&str], what: &str, findings: &mut Diagnostics) {
        for test in &self.tests {
            if !known.contains(&test.path.text.as_str()) {
                findings.push(Diagnostic::unknown(
                    test.path.span,
                    what,
                    &test.path.text,
                    known.iter().copied(),
                ));
            }
        }
    }
}

impl Wanted {
    fn is(&self, choice: &Choice) -> bool {
        match self {
            Self::Value(value) => is_same(value, &choice.value),
            Self::Beyond(side, (limit, dimension)) => {
                let number = number(&choice.value).filter(|(_, other)| other == dimension);
                number.is_some_and(|(number, _)| match side {
                    Side::Below => number < *limit,
                    Side::AtMost => number <= *limit,
                    Side::AtLeast => number >= *limit,
                    Side::Above => number > *limit,
                })
            }
        }
    }
}

impl Reader<'_> {
    pub(super) fn condition(&mut self, entries: &[(Name, Node)]) -> Condition {
        let test = |(path, node): &(Name, Node)| Test { path: path.clone(), wanted: self.wanted(node) };
        Condition { tests: entries.iter().map(test).collect() }
    }

    /// A value, a list of values of which any will do, or a comparison such as ">= 3".
    fn wanted(&mut self, node: &Node) -> Vec<Wanted> {
        match &node.value {
            Value::List(items) => items.iter().map(|item| Wanted::Value(item.value.clone())).collect(),
            Value::Text(text) => {
                let compared = SIDES.iter().find_map(|(sign, side)| Some((side, text.strip_prefix(sign)?)));
                let Some((side, limit)) = compared else {
                    return vec![Wanted::Value(node.value.clone())];
                };
                let Some(limit) = measure(limit) else {
                    let message = format!("\"{}\" is not a number to compare with", limit.trim());
                    let help = "expected a comparison such as \">= 3\" or \"< 200ms\"";
                    self.findings
                        .push(Diagnostic::error(node.span, message).label("not a number").help(help));
                    return Vec::new();
                };
                vec![Wanted::Beyond(*side, limit)]
            }
            value => vec![Wanted::Value(value.clone())],
        }
    }
}

/// The number that a value is, in base units.
pub(super) fn number(value: &Value) -> Option<(f64, Dimension)> {
    match value {
        Value::Integer(number) => Some((*number as f64, Dimension::Plain)),
        Value::Float(number) => Some((*number, Dimension::Plain)),
        Value::Text(text) => measure(text),
        _ => None,
    }
}

/// Whether two values mean the same; a table with a policy is also meant by the name of that policy.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Boolean(one), Value::Boolean(other)) => one == other,
        (Value::Text(one), Value::Text(other)) if one == other => true,
        (Value::Text(_), Value::Table(table)) => {
            table.find("policy").is_some_and(|policy| is_same(one, &policy.value))
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(&one.value, &other.value))
        }
        (Value::Table(one), Value::Table(other)) => {
            let has = |(key, node): &(Name, Node)| {
                other.find(&key.text).is_some_and(|found| is_same(&node.value, &found.value))
            };
            one.entries.len() == other.entries.len() && one.entries.iter().all(has)
        }
        _ => match (number(one), number(other)) {
            (Some((one, one_is)), Some((other, other_is))) => {
                one_is == other_is && one.total_cmp(&other).is_eq()
            }
            _ => false,
        },
    }
}
