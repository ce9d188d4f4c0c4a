//! The language of scenarios as data: every key with its meaning, type, default and range, found by its path.

use std::collections::BTreeSet;

use super::written;
use super::{import, preset};
use crate::document::{Choice, Key, Kind, Shape, Word, nearest};
use crate::model::preset::{Preset, Room};
use crate::registry::Entry;

pub use super::path::ALL;

/// The key that names a preset.
pub const PRESET: &str = preset::KEY;
/// The key that names a manifest.
pub const IMPORT: &str = import::KEY;

/// The keys of a scenario file.
pub fn file() -> Shape {
    Shape::new("scenario", written::SECTIONS)
}

/// Every table that a scenario can have, the file itself first, each once.
pub fn shapes() -> Vec<Shape> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    collect(&Kind::Table(file()), &mut found, &mut seen);
    found
}

fn collect(kind: &Kind, found: &mut Vec<Shape>, seen: &mut BTreeSet<String>) {
    match kind {
        Kind::List(of, _) | Kind::Map(of) => collect(of, found, seen),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| collect(kind, found, seen)),
        Kind::Table(shape) if seen.insert(shape.title()) => {
            found.push(shape.clone());
            for key in shape.all_keys() {
                collect(&(key.kind)(), found, seen);
            }
        }
        _ => {}
    }
}

/// The table of this title.
pub fn shape(title: &str) -> Option<Shape> {
    shapes().into_iter().find(|shape| shape.title() == title)
}

/// The presets that may stand in a table, by its title; none where it takes no preset.
pub fn presets(title: &str) -> Vec<&'static str> {
    let room = match title {
        "client" | "service" | "call" | "authorise" => Room::Call,
        "balancing" => Room::Balancing,
        "slow-start" => Room::SlowStart,
        "health-check" | "record-check" => Room::HealthCheck,
        "liveness" => Room::Liveness,
        "outlier-detection" => Room::OutlierDetection,
        "queue" => Room::Queue,
        "retry" => Room::Retry,
        "budget" => Room::Budget,
        "hedge" => Room::Hedge,
        "breaker" => Room::Breaker,
        "bulkhead" => Room::Bulkhead,
        "limit" => Room::Throttle,
        "autoscaling" => Room::Autoscaling,
        "function" => Room::Function,
        "start" => Room::Start,
        "gateway" => Room::Gateway,
        "deploy" => Room::Deploy,
        "fault" => Room::Fault,
        "restart-backoff" => Room::Backoff,
        "monitor" => Room::Monitor,
        "operation" => Room::Operation,
        "standby" => Room::Standby,
        "cache" => Room::Cache,
        "cost" => Room::Cost,
        _ => return Vec::new(),
    };
    Preset::names(room).collect()
}

/// What a path of the language leads to.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// A key; the variant that has it, where not every table of its kind does.
    Key(Key, Option<&'static str>),
    /// The key that chooses a variant, and the title of its table.
    Choice(Choice, String),
    /// A variant, and the key that chooses it.
    Variant(Entry, Choice, String),
    /// The key that names a preset, in a table of this title.
    Preset(String),
    /// A text that may stand there.
    Word(Word),
    /// A part with a name, or an entry of a list.
    Part(Kind),
}

/// A path that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The part of the path that is right.
    pub before: String,
    /// The first name that is not.
    pub name: String,
    /// The names that could follow.
    pub known: Vec<String>,
}

/// Finds what a path such as `service.shop.retry.attempts` leads to; names of parts may be any, or a star.
///
/// # Errors
///
/// Where the path ends, and what could follow there.
pub fn find(path: &str) -> Result<Vec<Meaning>, Lost> {
    let wrong = |_| Lost { before: String::new(), name: path.to_owned(), known: Vec::new() };
    let names = super::path::split(path).map_err(wrong)?;
    let mut kind = Kind::Table(file());
    let mut meanings = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let is_last = number + 1 == names.len();
        meanings = step(&kind, name, is_last);
        if meanings.is_empty() {
            let known = followers(&kind);
            return Err(Lost { before: names[..number].join("."), name: name.clone(), known });
        }
        let kinds: Vec<Kind> = meanings.iter().filter_map(below).collect();
        kind = Kind::Either(kinds);
    }
    Ok(meanings)
}

/// What can follow something that was found.
fn below(meaning: &Meaning) -> Option<Kind> {
    match meaning {
        Meaning::Key(key, _) => Some((key.kind)()),
        Meaning::Choice(choice, _) => Some(Kind::Words(choice.words().collect())),
        Meaning::Part(kind) => Some(kind.clone()),
        Meaning::Variant(entry, ..) => {
            Some(Kind::Table(Shape { name: "variant", keys: entry.keys.to_vec(), choice: None }))
        }
        Meaning::Preset(_) | Meaning::Word(_) => None,
    }
}

fn step(kind: &Kind, name: &str, is_last: bool) -> Vec<Meaning> {
    match kind {
        Kind::Either(kinds) => {
            // A key, or a policy with its keys, says more than a word of the same name.
            let found = kinds.iter().map(|kind| step(kind, name, is_last)).filter(|found| !found.is_empty());
            found.min_by_key(|found| matches!(found[0], Meaning::Word(_))).unwrap_or_default()
        }
        Kind::Map(of) => vec![Meaning::Part((**of).clone())],
        Kind::List(of, _) => {
            let found = step(of, name, is_last);
            // Entries are chosen by their names, which may be any; a last one is more likely a key that is wrong.
            let is_entry = name == ALL || name.parse::<usize>().is_ok() || !is_last;
            if found.is_empty() && is_entry { vec![Meaning::Part((**of).clone())] } else { found }
        }
        Kind::Words(words) => {
            words.iter().filter(|word| word.name == name).map(|word| Meaning::Word(*word)).collect()
        }
        Kind::Table(shape) => in_table(shape, name),
        _ => Vec::new(),
    }
}

fn in_table(shape: &Shape, name: &str) -> Vec<Meaning> {
    let title = shape.title();
    if let Some(key) = shape.keys.iter().find(|key| key.name == name) {
        return vec![Meaning::Key(*key, None)];
    }
    if name == PRESET && !presets(&title).is_empty() {
        return vec![Meaning::Preset(title)];
    }
    let Some(choice) = shape.choice else { return Vec::new() };
    if choice.key == name {
        return vec![Meaning::Choice(choice, title)];
    }
    let own = |entry: &Entry| {
        let key = entry.keys.iter().find(|key| key.name == name)?;
        Some(Meaning::Key(*key, Some(entry.name)))
    };
    let keys: Vec<Meaning> = choice.variants.iter().filter_map(own).collect();
    if !keys.is_empty() {
        return keys;
    }
    let variant = choice.variants.iter().find(|entry| entry.name == name);
    variant.map(|entry| Meaning::Variant(*entry, choice, title)).into_iter().collect()
}

/// The names that may follow in a path, variants and words left out.
fn followers(kind: &Kind) -> Vec<String> {
    let mut names = Vec::new();
    match kind {
        Kind::Either(kinds) => names.extend(kinds.iter().flat_map(followers)),
        Kind::List(of, _) => names = followers(of),
        Kind::Words(words) => names.extend(words.iter().map(|word| word.name.to_owned())),
        Kind::Table(shape) => {
            names.extend(shape.choice.iter().map(|choice| choice.key.to_owned()));
            names.extend(shape.all_keys().iter().map(|key| key.name.to_owned()));
            if !presets(&shape.title()).is_empty() {
                names.push(PRESET.to_owned());
            }
        }
        _ => {}
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

impl Lost {
    /// The nearest name that could follow.
    pub fn near(&self) -> Option<&str> {
        nearest(&self.name, self.known.iter().map(String::as_str))
    }
}

/// Every key with its path, a star for each name of a part; keys of distributions are left out, which may stand almost
/// everywhere.
pub fn paths() -> Vec<(String, Key)> {
    let mut found = Vec::new();
    walk(&Kind::Table(file()), "", &mut Vec::new(), &mut found);
    found
}

fn walk(kind: &Kind, path: &str, around: &mut Vec<String>, found: &mut Vec<(String, Key)>) {
    match kind {
        Kind::Either(kinds) => kinds.iter().for_each(|kind| walk(kind, path, around, found)),
        Kind::Map(of) => walk(of, &format!("{path}.{ALL}"), around, found),
        Kind::List(of, _) => walk(of, path, around, found),
        Kind::Table(shape) => {
            let title = shape.title();
            if title == "distribution" || around.contains(&title) {
                return;
            }
            around.push(title);
            for key in shape.all_keys() {
                let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
                if found.iter().any(|(other, known)| *other == path && known.lines == key.lines) {
                    continue;
                }
                found.push((path.clone(), key));
                walk(&(key.kind)(), &path, around, found);
            }
            around.pop();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
