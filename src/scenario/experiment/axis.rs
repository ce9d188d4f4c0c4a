//! What moves together: one path with its values, or several that are zipped.

use super::condition::Condition;
use super::range::Range;
use super::{Choice, Reader, Varied};
use crate::document::{Diagnostic, Diagnostics, Fields, Name, Node, Span, Table, Value};
use crate::scenario::parse;

/// Paths that move together.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) paths: Vec<Name>,
    pub(super) levels: Levels,
    /// Where the axis exists; everywhere if absent.
    pub(super) when: Option<Condition>,
}

/// The places on an axis.
#[derive(Debug, Clone)]
pub(super) enum Levels {
    /// At each level a value for each path.
    Listed(Vec<Vec<Choice>>),
    /// Any number of a range.
    Anywhere(Range),
}

impl Levels {
    /// The values of single path.
    fn of(choices: Vec<Choice>) -> Self {
        Self::Listed(choices.into_iter().map(|choice| vec![choice]).collect())
    }
}

impl Reader<'_> {
    /// Reads what stands under a path: a list, a range, or a table with `values`, each table with or without `where`.
    pub(super) fn axis(&mut self, path: &Name, node: &Node) -> Option<Axis> {
        let paths = vec![path.clone()];
        match &node.value {
            Value::List(_) => {
                let choices = self.values(node)?;
                Some(Axis { paths, levels: Levels::of(choices), when: None })
            }
            Value::Table(table) => {
                let (levels, when) = self.spelt_out(table, node.span)?;
                Some(Axis { paths, levels, when })
            }
            _ => {
                self.expect_values(node);
                None
            }
        }
    }

    fn spelt_out(&mut self, table: &Table, span: Span) -> Option<(Levels, Option<Condition>)> {
        let (condition, values) = (table.find("where"), table.find("values"));
        let is_range = Range::KEYS.iter().any(|key| table.find(key).is_some());
        let mut fields = Fields::new(table, span, self.findings);
        let _known = (fields.node("where"), fields.node("values"));
        // Keys of ranges are known beside a list only where there is none.
        let range = (values.is_none() || is_range).then(|| Range::read(&mut fields));
        fields.finish();
        if let Some(values) = values.filter(|_| is_range) {
            let message = "an axis has either values or a range";
            self.findings.push(Diagnostic::error(values.span, message).label("beside a range"));
            return None;
        }
        let levels = match (values, range) {
            (Some(values), _) => Levels::of(self.values(values)?),
            (None, range) => {
                let range = range.flatten()?;
                match range.steps {
                    Some(steps) => Levels::of(range.levels(steps)),
                    None => Levels::Anywhere(range),
                }
            }
        };
        let entries = condition.map(|node| self.table(node));
        Some((levels, entries.map(|entries| self.condition(entries))))
    }

    /// The values of a list; at least one.
    fn values(&mut self, node: &Node) -> Option<Vec<Choice>> {
        match &node.value {
            Value::List(items) if !items.is_empty() => {
                Some(items.iter().map(|item| self.choice(item)).collect())
            }
            _ => {
                self.expect_values(node);
                None
            }
        }
    }

    fn expect_values(&mut self, node: &Node) {
        let found = match &node.value {
            Value::List(_) => "an empty list",
            value => value.describe(),
        };
        self.findings.push(
            Diagnostic::error(node.span, format!("expected a list of values or a range, found {found}"))
                .label("nothing to vary")
                .help("such as [2, 3, 4] or { from = 2, to = 10, steps = 5 }"),
        );
    }

    /// Reads paths that move together: as many values for each.
    pub(super) fn zip(&mut self, entries: &[(Name, Node)]) -> Option<Axis> {
        let mut columns: Vec<Vec<Choice>> = Vec::new();
        for (path, node) in entries {
            let axis = self.axis(path, node)?;
            let (Levels::Listed(levels), None) = (axis.levels, axis.when) else {
                let message = "what moves together needs listed values, or a range with steps";
                self.findings.push(Diagnostic::error(node.span, message).label("in [[zip]]"));
                return None;
            };
            columns.push(levels.into_iter().flatten().collect());
        }
        let first = columns.first().map_or(0, Vec::len);
        for ((path, node), column) in entries.iter().zip(&columns) {
            if column.len() != first {
                let message = format!(
                    "\"{}\" has {} values, and \"{}\", which moves with it, has {first}",
                    path.text,
                    column.len(),
                    entries[0].0.text
                );
                self.findings.push(Diagnostic::error(node.span, message).label("not as many"));
                return None;
            }
        }
        let level = |number: usize| columns.iter().map(|column| column[number].clone()).collect();
        let levels = Levels::Listed((0..first).map(level).collect());
        Some(Axis { paths: entries.iter().map(|(path, _)| path.clone()).collect(), levels, when: None })
    }
}

/// The axis of an argument, which is source number `source`.
pub(super) fn argument(varied: &Varied, source: u32, findings: &mut Diagnostics) -> Axis {
    let span = Span { source, start: 0, end: varied.text.len() };
    let choice = |text: &String| {
        let value = parse::parse_value(text, source, 0, findings).value;
        Choice { text: text.clone(), span, value }
    };
    let choices = varied.values.iter().map(choice).collect();
    let path = Name { text: varied.path.clone(), span };
    Axis { paths: vec![path], levels: Levels::of(choices), when: None }
}
