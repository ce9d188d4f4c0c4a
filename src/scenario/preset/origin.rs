//! Where values come from that no one wrote: until all is read and checked, each that a preset gave stands at a place of
//! its own, so that what is said about it can name it.

use crate::document::{Diagnostic, Diagnostics, Name, Node, Span, Table, Value};
use crate::model::preset::{Row, Value as Given};

/// The first source that is none: those that follow are the numbers of values.
const FIRST: u32 = 1 << 31;

/// Where each value that a preset gave comes from.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Origins(Vec<Origin>);

#[derive(Debug)]
struct Origin {
    /// Where the name of the preset stands.
    at: Span,
    /// The table that names it, where what is said of that table may mean this value.
    within: Option<Span>,
    preset: String,
    key: &'static str,
    /// As it would be written; nothing for a table.
    value: Option<String>,
}

impl Origins {
    /// The place of a value that a preset gives.
    pub(super) fn add(&mut self, preset: &Name, row: &Row, within: Option<Span>) -> Span {
        let value = match row.value {
            Given::Own => None,
            Given::Needed(value) => Some(value.to_string()),
            value => Some(value.to_string()),
        };
        // What is left to the user is said elsewhere.
        let is_given = !matches!(row.value, Given::Needed(_));
        let within = within.filter(|_| is_given).map(|span| self.at(span));
        self.0.push(Origin { at: preset.span, within, preset: preset.text.clone(), key: row.key, value });
        Span { source: FIRST + self.0.len() as u32 - 1, start: 0, end: 0 }
    }

    /// The last value was not put anywhere.
    pub(super) fn take_back(&mut self) {
        self.0.pop();
    }

    /// Where something stands in the text: the preset, for what it gave.
    pub(super) fn at(&self, span: Span) -> Span {
        self.find(span).map_or(span, |origin| origin.at)
    }

    fn find(&self, span: Span) -> Option<&Origin> {
        self.0.get(span.source.checked_sub(FIRST)? as usize)
    }

    /// Says in every finding about a value that a preset gave where that comes from.
    pub(in crate::scenario) fn explain(&self, findings: &mut Diagnostics) {
        for finding in &mut findings.0 {
            let Some(span) = finding.span else { continue };
            if let Some(origin) = self.find(span) {
                finding.span = Some(origin.at);
                origin.explain(finding);
            } else if let Some(origin) = self.0.iter().find(|origin| origin.is_meant(finding, span)) {
                origin.explain(finding);
            }
        }
    }

    /// Puts everything in a tree back to where it stands in the text.
    pub(in crate::scenario) fn settle(&self, table: &mut Table) {
        for (name, node) in &mut table.entries {
            name.span = self.at(name.span);
            self.settle_node(node);
        }
    }

    fn settle_node(&self, node: &mut Node) {
        node.span = self.at(node.span);
        match &mut node.value {
            Value::Table(table) => self.settle(table),
            Value::List(items) => items.iter_mut().for_each(|item| self.settle_node(item)),
            _ => {}
        }
    }
}

impl Origin {
    /// Whether a finding about the table that names the preset speaks of this value.
    fn is_meant(&self, finding: &Diagnostic, span: Span) -> bool {
        let key = self.key.rsplit('.').next().unwrap_or(self.key);
        let is_inside =
            |table: Span| table.source == span.source && table.start <= span.start && span.end <= table.end;
        let quoted = format!("\"{key}\"");
        // What was meant in place of a wrong word is no statement about its value.
        let help = finding.help.as_deref().filter(|help| !help.starts_with("did you mean"));
        let is_named = finding.message.contains(&quoted) || help.is_some_and(|help| help.contains(&quoted));
        self.within.is_some_and(is_inside) && is_named
    }

    fn explain(&self, finding: &mut Diagnostic) {
        let (preset, key) = (&self.preset, self.key);
        let what =
            self.value.as_ref().map_or_else(|| format!("\"{key}\""), |value| format!("{key} = {value}"));
        let origin = format!("{what} comes from preset = \"{preset}\"");
        finding.help = Some(match finding.help.take() {
            Some(help) => format!("{help}; {origin}"),
            None => origin,
        });
    }
}
