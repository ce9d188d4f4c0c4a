//! `list`: what there is to choose from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::{ListArgs, Listed};
use super::check::places;
use super::{Exit, Failure, Streams};
use crate::model::balancing::BalancerSettings;
use crate::model::monitoring::outlier::OutlierSettings;
use crate::model::resilience::breaker::BreakerSettings;
use crate::model::resilience::budget::BudgetSettings;
use crate::model::resilience::hedge::HedgeSettings;
use crate::model::resilience::limit::LimitSettings;
use crate::model::resilience::retry::RetrySettings;
use crate::output::catalogue::{self, Group, Item};
use crate::scenario::{self, source};

/// Where shipped scenarios are.
const SCENARIOS: &str = "scenarios";

/// Prints catalogues.
pub(super) fn list(args: &ListArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let groups = match args.what {
        None => [
            policies(),
            vec![arrivals(), faults(), monitors(), distributions(), Group::oracles(), Group::metrics()],
        ]
        .concat(),
        Some(Listed::Policies) => policies(),
        Some(Listed::Arrivals) => vec![arrivals()],
        Some(Listed::Faults) => vec![faults()],
        Some(Listed::Monitors) => vec![monitors()],
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

fn policies() -> Vec<Group> {
    vec![
        Group::room("balancing", BalancerSettings::CATALOGUE),
        Group::room("outlier detection", OutlierSettings::CATALOGUE),
        Group::room("retry", RetrySettings::CATALOGUE),
        Group::room("budget", BudgetSettings::CATALOGUE),
        Group::room("hedge", HedgeSettings::CATALOGUE),
        Group::room("breaker", BreakerSettings::CATALOGUE),
        Group::room("throttle", LimitSettings::CATALOGUE),
        Group::room("queue", scenario::QUEUES),
        Group::room("recovery", scenario::RECOVERIES),
    ]
}

fn arrivals() -> Group {
    Group::room("arrivals", scenario::ARRIVALS)
}

fn faults() -> Group {
    Group::room("faults", scenario::FAULTS)
}

fn monitors() -> Group {
    Group::room("monitors", scenario::MONITORS)
}

fn distributions() -> Group {
    Group::room("distributions", scenario::DISTRIBUTIONS)
}

/// Every scenario below the folder of scenarios, with its summary.
fn scenarios(streams: &mut Streams<'_>) -> Result<Group, Failure> {
    let mut items = Vec::new();
    for path in files(Path::new(SCENARIOS))? {
        let source = source::read(&path, streams.input)?;
        let written = written_summary(&source.text);
        let (summary, details) = match scenario::load(source, &[], &places(&path, &[])) {
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
    let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    Ok(found)
}
