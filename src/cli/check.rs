//! `check`: the errors and warnings of a scenario, and its resolved form.

use std::io;
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, ScenarioArgs};
use super::{Exit, Failure, Streams};
use crate::experiment;
use crate::output::catalogue;
use crate::output::finding::Report;
use crate::scenario::source::{self, Places};
use crate::scenario::{self, Override, Rejected, Scenario};

/// Reports what is wrong with each of some scenarios; the exit code is that of the worst.
pub(super) fn check(args: &CheckArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    if args.resolved && args.scenarios.len() > 1 {
        let message = "--resolved prints one scenario, not several".to_owned();
        return Err(Failure::Usage { message });
    }
    if args.json {
        return as_json(args, streams);
    }
    let mut worst = Exit::Done;
    for file in &args.scenarios {
        let checked = one(&asked(args, file), args.resolved, streams);
        worst = worst.max(super::finish(checked, streams));
    }
    Ok(worst)
}

fn asked(args: &CheckArgs, file: &Path) -> ScenarioArgs {
    ScenarioArgs { scenario: file.to_owned(), set: args.set.clone(), data: args.data.clone() }
}

fn one(args: &ScenarioArgs, is_resolved: bool, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let scenario = load(args, streams)?;
    let findings = experiment::check(&scenario);
    if findings.has_errors() {
        return Err(Rejected { findings, sources: scenario.sources }.into());
    }
    in_other_choices(args, &scenario)?;
    if is_resolved {
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

/// What is wrong where other choices of the variants hold that no argument takes, one at a time.
fn in_other_choices(args: &ScenarioArgs, scenario: &Scenario) -> Result<(), Rejected> {
    let places = places(&args.scenario, &args.data);
    for (variant, choices) in scenario.choices() {
        if scenario.overrides.iter().any(|one| one.path == variant) {
            continue;
        }
        for choice in choices.into_iter().skip(1) {
            let other = Override { path: variant.to_owned(), value: choice.to_owned() };
            let overrides: Vec<Override> = scenario.overrides.iter().cloned().chain([other]).collect();
            let mut loaded = scenario::load(scenario.sources[0].clone(), &overrides, &places)?;
            loaded.limits = scenario.limits;
            let findings = experiment::check(&loaded);
            if findings.has_errors() {
                return Err(Rejected { findings, sources: loaded.sources });
            }
        }
    }
    Ok(())
}

/// What was found in each file, on standard output and nowhere else.
fn as_json(args: &CheckArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let (mut reports, mut worst) = (Vec::new(), Exit::Done);
    for file in &args.scenarios {
        let name = file.display().to_string();
        let report = match read(&asked(args, file), streams) {
            Ok(scenario) => match in_other_choices(&asked(args, file), &scenario) {
                Ok(()) => {
                    let mut findings = experiment::check(&scenario);
                    findings.0.extend(scenario.warnings.0.iter().cloned());
                    Report::new(name, &findings, &scenario.sources)
                }
                Err(rejected) => Report::new(name, &rejected.findings, &rejected.sources),
            },
            Err(Failure::Rejected(rejected)) => Report::new(name, &rejected.findings, &rejected.sources),
            Err(failure @ Failure::Usage { .. }) => return Err(failure),
            Err(failure) => {
                worst = worst.max(failure.exit());
                Report::unread(name, failure.to_string())
            }
        };
        if !report.is_accepted && worst == Exit::Done {
            worst = Exit::Input;
        }
        reports.push(report);
    }
    writeln!(streams.out, "{}", catalogue::json(&reports).map_err(io::Error::from)?)?;
    Ok(worst)
}

/// Reads a scenario, applies overrides and tells the warnings.
pub(super) fn load(args: &ScenarioArgs, streams: &mut Streams<'_>) -> Result<Scenario, Failure> {
    let scenario = read(args, streams)?;
    for note in &scenario.notes {
        streams.say(&format!("note: {note}"));
    }
    if !scenario.warnings.0.is_empty() {
        let text = scenario::render(&scenario.warnings, &scenario.sources, streams.is_watched);
        let _ = write!(streams.chatter, "{text}");
    }
    Ok(scenario)
}

/// Reads a scenario and applies overrides.
fn read(args: &ScenarioArgs, streams: &mut Streams<'_>) -> Result<Scenario, Failure> {
    let overrides = args.set.iter().map(|text| read_override(text)).collect::<Result<Vec<_>, _>>()?;
    let places = places(&args.scenario, &args.data);
    let text = source::read(&args.scenario, &places, streams.input)?;
    let mut scenario = scenario::load(text, &overrides, &places)?;
    scenario.limits = streams.limits;
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
