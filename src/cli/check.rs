//! `check`: the errors and warnings of a scenario, and its resolved form.

use std::path::{Path, PathBuf};

use super::args::{CheckArgs, ScenarioArgs};
use super::{Exit, Failure, Streams};
use crate::experiment;
use crate::scenario::source::{self, Places};
use crate::scenario::{self, Override, Rejected, Scenario};

/// Reports what is wrong with a scenario.
pub(super) fn check(args: &CheckArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let scenario = load(&args.scenario, streams)?;
    let findings = experiment::check(&scenario);
    if findings.has_errors() {
        return Err(Rejected { findings, sources: scenario.sources }.into());
    }
    if args.resolved {
        write!(streams.out, "{}", scenario::resolved(&scenario))?;
        return Ok(Exit::Done);
    }
    let warnings = match scenario.warnings.0.len() {
        0 => "no warnings".to_owned(),
        1 => "1 warning".to_owned(),
        many => format!("{many} warnings"),
    };
    writeln!(streams.out, "{}: no errors, {warnings}", scenario.name)?;
    Ok(Exit::Done)
}

/// Reads a scenario, applies overrides and tells the warnings.
pub(super) fn load(args: &ScenarioArgs, streams: &mut Streams<'_>) -> Result<Scenario, Failure> {
    let overrides = args.set.iter().map(|text| read_override(text)).collect::<Result<Vec<_>, _>>()?;
    let places = places(&args.scenario, &args.data);
    let text = source::read(&args.scenario, &places, streams.input)?;
    let mut scenario = scenario::load(text, &overrides, &places)?;
    scenario.limits = streams.limits;
    for note in &scenario.notes {
        streams.say(&format!("note: {note}"));
    }
    if !scenario.warnings.0.is_empty() {
        let text = scenario::render(&scenario.warnings, &scenario.sources, streams.is_watched);
        let _ = write!(streams.chatter, "{text}");
    }
    Ok(scenario)
}

/// Where files that a scenario names are looked for: beside it, then in data folders.
pub(super) fn places(scenario: &Path, data: &[PathBuf]) -> Places {
    let beside = match scenario.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => ".".into(),
    };
    Places { folders: std::iter::once(beside).chain(data_folders(data)).collect() }
}

/// The data folders of the arguments, then those of the environment.
pub(super) fn data_folders(data: &[PathBuf]) -> Vec<PathBuf> {
    let environment = std::env::var_os("NINEFOLD_DATA").unwrap_or_default();
    let further = std::env::split_paths(&environment).filter(|path| !path.as_os_str().is_empty());
    data.iter().cloned().chain(further).collect()
}

/// Reads `PATH=VALUE`.
pub(super) fn read_override(text: &str) -> Result<Override, Failure> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => {
            Ok(Override { path: path.trim().to_owned(), value: value.trim().to_owned() })
        }
        _ => Err(Failure::Usage {
            message: format!(
                "\"{text}\" does not say what to set: expected PATH=VALUE, such as service.shop.replicas=4"
            ),
        }),
    }
}
