//! What there is to choose from, as a list for people and as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::paint::{Paint, Tone};
use super::reference::line;
use crate::analysis::oracle;
use crate::measure::metric::{self, ScopeKind};
use crate::registry::Entry;

/// Things of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What they are, such as `balancing`.
    pub kind: String,
    /// Each of them.
    pub items: Vec<Item>,
}

/// One thing that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// What else there is to say: name and text.
    pub details: Vec<(String, String)>,
}

impl Group {
    /// The variants of one room, each with its settings.
    pub fn room(kind: &str, catalogue: &[Entry]) -> Self {
        let item = |entry: &Entry| Item {
            name: entry.name.to_owned(),
            summary: entry.summary.to_owned(),
            details: entry.keys.iter().map(|key| (key.name.to_owned(), line(key))).collect(),
        };
        Self { kind: kind.to_owned(), items: catalogue.iter().map(item).collect() }
    }

    /// Every formula that a claim may name.
    pub fn oracles() -> Self {
        let item = |one: &oracle::Oracle| {
            let arguments: Vec<_> = one
                .arguments
                .iter()
                .map(|one| {
                    let kind = one.kind.name();
                    let given = format!("{} [{}], {kind}: {}", one.name, one.unit, one.meaning);
                    one.otherwise.map_or(given.clone(), |value| format!("{given} ({value} if not given)"))
                })
                .collect();
            let answers: Vec<_> = one
                .answers
                .iter()
                .map(|one| format!("{} [{}]: {}", one.name, one.unit, one.meaning))
                .collect();
            let details = [
                detail("formula", one.formula.to_owned()),
                detail("arguments", arguments.join("; ")),
                detail("answers", answers.join("; ")),
                detail("exact", one.domain.to_owned()),
                detail("source", one.source.to_owned()),
            ];
            Item { name: one.name.to_owned(), summary: one.summary.to_owned(), details: details.concat() }
        };
        Self { kind: "oracles".to_owned(), items: oracle::catalogue().map(item).collect() }
    }

    /// Every family of metrics.
    pub fn metrics() -> Self {
        let item = |family: &metric::Family| {
            let kinds: Vec<_> = family.kinds().map(ScopeKind::name).collect();
            Item {
                name: family.name.to_owned(),
                summary: family.definition.to_owned(),
                details: [detail("of", kinds.join(", ")), detail("unit", family.unit.to_owned())].concat(),
            }
        };
        Self { kind: "metrics".to_owned(), items: metric::CATALOGUE.iter().map(item).collect() }
    }
}

fn detail(name: &str, text: String) -> Vec<(String, String)> {
    if text.is_empty() { Vec::new() } else { vec![(name.to_owned(), text)] }
}

/// The groups as a list for people.
pub fn text(groups: &[Group], paint: Paint) -> String {
    let mut out = String::new();
    for (number, group) in groups.iter().enumerate() {
        let gap = if number == 0 { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{}", paint.tint(Tone::Heading, &group.kind));
        let width = group.items.iter().map(|item| item.name.chars().count()).max().unwrap_or(0);
        for item in &group.items {
            let _ = writeln!(out, "{}", format!("  {:<width$}  {}", item.name, item.summary).trim_end());
            for (name, text) in &item.details {
                let line = format!("  {:<width$}  {name}: {text}", "");
                let _ = writeln!(out, "{}", paint.tint(Tone::Quiet, &line));
            }
        }
    }
    out
}

/// Groups, or whatever else is listed, as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn json(listed: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(listed)
}
