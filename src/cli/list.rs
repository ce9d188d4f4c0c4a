//! `list`: what there is to choose from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{ListArgs, Listed, Named};
use super::check::places;
use super::{Exit, Failure, Streams};
use crate::model::balancing::BalancerSettings;
use crate::model::monitoring::outlier::OutlierSettings;
use crate::model::preset::{Mark, PRESETS, Part, Place, Preset, Row, Value};
use crate::model::resilience::breaker::BreakerSettings;
use crate::model::resilience::budget::BudgetSettings;
use crate::model::resilience::hedge::HedgeSettings;
use crate::model::resilience::limit::LimitSettings;
use crate::model::resilience::retry::RetrySettings;
use crate::output::catalogue::{self, Group, Item};
use crate::output::reference;
use crate::registry::Entry;
use crate::scenario::{self, language, source};

/// Where shipped scenarios are.
const SCENARIOS: &str = "scenarios";

/// Prints catalogues.
pub(super) fn list(args: &ListArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let what = match &args.what {
        Some(Named::One(name)) => return super::explain::one(name, args.json, streams),
        Some(Named::All(listed)) => Some(*listed),
        None => None,
    };
    let groups = match what {
        None => [
            policies(),
            vec![arrivals(), faults(), monitors(), distributions(), Group::oracles(), Group::metrics()],
            presets(),
        ]
        .concat(),
        Some(Listed::Policies) => policies(),
        Some(Listed::Arrivals) => vec![arrivals()],
        Some(Listed::Faults) => vec![faults()],
        Some(Listed::Monitors) => vec![monitors()],
        Some(Listed::Presets) if args.json => {
            writeln!(streams.out, "{}", catalogue::json(&preset_rows()).map_err(io::Error::from)?)?;
            return Ok(Exit::Done);
        }
        Some(Listed::Presets) => presets(),
        Some(Listed::Distributions) => vec![distributions()],
        Some(Listed::Oracles) => vec![Group::oracles()],
        Some(Listed::Metrics) => vec![Group::metrics()],
        Some(Listed::Scenarios) => vec![scenarios(streams)?],
    };
    if args.json {
        writeln!(streams.out, "{}", catalogue::json(&groups).map_err(io::Error::from)?)?;
    } else {
        write!(streams.out, "{}", catalogue::text(&groups, streams.paint))?;
    }
    Ok(Exit::Done)
}

/// What has a name and is no part of the language itself.
pub(super) fn named() -> Vec<Group> {
    let mut groups = presets();
    groups.push(Group::oracles());
    groups
}

/// The pages of the reference beside those of the language.
pub(super) fn referenced() -> Vec<(&'static str, Vec<Group>)> {
    vec![("metrics", vec![Group::metrics()]), ("oracles", vec![Group::oracles()]), ("presets", presets())]
}

/// The variants of a room, after the keys that all of them have.
fn room(kind: &str, title: &str, catalogue: &[Entry]) -> Group {
    let mut group = Group::room(kind, catalogue);
    let keys = language::shape(title).map(|shape| shape.keys).unwrap_or_default();
    if !keys.is_empty() {
        let details = keys.iter().map(|key| (key.name.to_owned(), reference::line(key))).collect();
        let summary = "Keys that all of them have.".to_owned();
        group.items.insert(0, Item { name: "*".to_owned(), summary, details });
    }
    group
}

fn policies() -> Vec<Group> {
    vec![
        room("balancing", "balancing", BalancerSettings::CATALOGUE),
        room("outlier detection", "outlier-detection", OutlierSettings::CATALOGUE),
        room("retry", "retry", RetrySettings::CATALOGUE),
        room("budget", "budget", BudgetSettings::CATALOGUE),
        room("hedge", "hedge", HedgeSettings::CATALOGUE),
        room("breaker", "breaker", BreakerSettings::CATALOGUE),
        room("throttle", "limit", LimitSettings::CATALOGUE),
        room("queue", "queue", scenario::QUEUES),
        room("autoscaling", "autoscaling", scenario::SCALERS),
        room("deployment", "deploy", scenario::DEPLOYS),
        room("keep-alive", "keep-alive", scenario::KEEP_ALIVES),
        room("recovery", "recovery", scenario::RECOVERIES),
    ]
}

fn arrivals() -> Group {
    room("arrivals", "arrival", scenario::ARRIVALS)
}

fn faults() -> Group {
    room("faults", "fault", scenario::FAULTS)
}

fn monitors() -> Group {
    room("monitors", "monitor", scenario::MONITORS)
}

/// A group for each preset, with what it says room by room.
fn presets() -> Vec<Group> {
    let group = |preset: &Preset| Group {
        kind: format!("preset {}: {}", preset.name, preset.summary),
        items: preset.parts.iter().map(preset_part).chain(preset_notes(preset)).collect(),
    };
    PRESETS.iter().map(group).collect()
}

/// How far a preset is its system.
fn preset_notes(preset: &Preset) -> Vec<Item> {
    let refused = preset.notes.refused.iter().map(|one| {
        let value = one.value.map_or_else(String::new, |value| format!(" = \"{value}\""));
        let beside = if one.place == Place::Beside { "beside" } else { "in" };
        format!("{}{value} {beside} {}: {}", one.key, one.room.name(), one.why)
    });
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let all = [
        ("modelled", texts(preset.notes.modelled)),
        ("differs", texts(preset.notes.differs)),
        ("refused", refused.collect()),
    ];
    let item = |name: &str, summary: String| Item { name: name.to_owned(), summary, details: Vec::new() };
    all.into_iter().flat_map(|(name, texts)| texts.into_iter().map(move |text| item(name, text))).collect()
}

fn preset_part(part: &Part) -> Item {
    let value = |row: &Row| {
        let unsure = if part.source_of(row).mark == Mark::Unconfirmed { " (unconfirmed)" } else { "" };
        let beside = if row.place == Place::Beside { " (beside it)" } else { "" };
        format!("{} = {}{beside}{unsure}", row.key, row.value)
    };
    let values: Vec<String> = part.rows.iter().map(value).collect();
    let mut sources = Vec::new();
    for source in part.rows.iter().map(|row| part.source_of(row)) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let details = sources.iter().map(|source| {
        ("source".to_owned(), format!("{}, {}, {}", source.text, source.as_of, source.mark.name()))
    });
    Item { name: part.room.name().to_owned(), summary: values.join(", "), details: details.collect() }
}

/// One value of a preset, as JSON has it.
#[derive(Debug, Serialize)]
struct PresetRow {
    preset: &'static str,
    room: &'static str,
    key: &'static str,
    /// Whether it is a key of the table that holds the one of this room.
    is_beside: bool,
    /// Null where a scenario has to give it; the name of the preset where that is taken for the room of this key.
    value: serde_json::Value,
    is_needed: bool,
    source: &'static str,
    as_of: &'static str,
    mark: &'static str,
}

/// Every value of every preset.
fn preset_rows() -> Vec<PresetRow> {
    let of_part = |preset: &'static Preset, part: &'static Part| {
        part.rows.iter().map(move |row| {
            let source = part.source_of(row);
            PresetRow {
                preset: preset.name,
                room: part.room.name(),
                key: row.key,
                is_beside: row.place == Place::Beside,
                value: json_value(preset, &row.value),
                is_needed: matches!(row.value, Value::Needed(_)),
                source: source.text,
                as_of: source.as_of,
                mark: source.mark.name(),
            }
        })
    };
    PRESETS
        .iter()
        .flat_map(|preset| preset.parts.iter().flat_map(move |part| of_part(preset, part)))
        .collect()
}

fn json_value(preset: &Preset, value: &Value) -> serde_json::Value {
    match value {
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => (*text).into(),
        Value::Texts(texts) => (*texts).into(),
        Value::Own => serde_json::json!({ "preset": preset.name }),
        Value::Needed(_) => serde_json::Value::Null,
    }
}

fn distributions() -> Group {
    room("distributions", "distribution", scenario::DISTRIBUTIONS)
}

/// Every scenario below the folder of scenarios, with its summary.
fn scenarios(streams: &mut Streams<'_>) -> Result<Group, Failure> {
    let mut items = Vec::new();
    for path in files(Path::new(SCENARIOS))? {
        let places = places(&path, &[]);
        let source = source::read(&path, &places, streams.input)?;
        let written = written_summary(&source.text);
        let (summary, details) = match scenario::load(source, &[], &places) {
            Ok(scenario) => (scenario.summary, Vec::new()),
            Err(_) => {
                (written, vec![("cannot run".to_owned(), format!("see `ninefold check {}`", path.display()))])
            }
        };
        items.push(Item { name: path.display().to_string(), summary, details });
    }
    Ok(Group { kind: SCENARIOS.to_owned(), items })
}

/// The summary of a scenario that has mistakes, or lacks a file.
fn written_summary(text: &str) -> String {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    table.get("summary").and_then(toml::Value::as_str).unwrap_or_default().to_owned()
}

/// Every scenario file in a folder and the folders in it, in the order of names.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let refused = |source| Failure::Environment {
        action: format!("cannot read the folder \"{}\"", folder.display()),
        source,
    };
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(refused)?;
    // Links to folders could lead anywhere, and round in circles.
    let folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut paths: Vec<_> = entries.iter().map(|entry| (entry.path(), folder(entry))).collect();
    paths.sort();
    let mut found = Vec::new();
    for (path, is_folder) in paths {
        if is_folder {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    Ok(found)
}
