//! `cargo xtask bench`: processor time and memory per request, next to programs written by hand for one workload.

use crate::command::{self, cargo};
use crate::failure::Failure;
use crate::growth;
use crate::place;
use crate::report::{self, Line, Series};
use crate::skip::Skips;
use crate::usage::Usage;
use crate::workload::{self, DEPTH_1, DEPTH_2, DEPTH_3, W1, W1_IDLE, W2, W3, W3_TIMEOUT, W4, W5, Workload};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The cost of a policy that is there but has nothing to do, relative to being without it, that we allow ourselves.
const IDLE_GOAL: f64 = 1.15;

/// What the user asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) requests: u64,
    pub(crate) pairs: u32,
    yardstick: PathBuf,
}

impl Options {
    pub(crate) fn read(words: &[&str]) -> Result<Self, Failure> {
        let yardstick = place::root().join("../shared/bench");
        let mut options = Self { requests: 10_000_000, pairs: 5, yardstick };
        for pair in words.chunks(2) {
            match *pair {
                ["--requests", value] => options.requests = count(value)?,
                ["--pairs", value] => options.pairs = count(value)? as u32,
                ["--yardstick", value] => options.yardstick = PathBuf::from(value),
                [option, ..] => {
                    return Err(Failure::usage(&format!("cannot read option \"{option}\" of bench")));
                }
                [] => unreachable!("chunks are not empty"),
            }
        }
        Ok(options)
    }
}

fn count(word: &str) -> Result<u64, Failure> {
    match word.parse::<f64>() {
        Ok(value) if (1.0..=1e12).contains(&value) => Ok(value as u64),
        _ => Err(Failure::usage(&format!("\"{word}\" is not a count"))),
    }
}

/// In place of a variant: the yardstick has none, and is told for how long it runs instead of how many requests it has.
const BY_TIME: &str = "";

/// A program and what it cost, round by round.
#[derive(Debug)]
struct Candidate {
    workload: Workload,
    /// Arguments of the yardstick, or none for our own command.
    yardstick: Option<[&'static str; 2]>,
    series: Series,
}

/// Each workload next to its yardstick, so that the two are measured one after the other.
fn candidates() -> Vec<Candidate> {
    let ours = |workload| Candidate { workload, yardstick: None, series: Series::default() };
    let theirs =
        |workload, arguments| Candidate { workload, yardstick: Some(arguments), series: Series::default() };
    vec![
        ours(W1),
        theirs(W1, ["w1", "heap4"]),
        ours(W1_IDLE),
        ours(W2),
        theirs(W2, ["w1", "mmc-heap4"]),
        ours(W3),
        theirs(W3, ["w3", "des-heap4"]),
        ours(W4),
        theirs(W4, ["w4", BY_TIME]),
        ours(W3_TIMEOUT),
        ours(W5),
        theirs(W5, ["w5", "lane-std"]),
        ours(DEPTH_1),
        ours(DEPTH_2),
        ours(DEPTH_3),
    ]
}

/// Measures every workload in alternation with its yardstick, and prints the figures.
pub(crate) fn bench(options: &Options, skips: &mut Skips) -> Result<(), Failure> {
    let ninefold = place::ninefold()?;
    let yardstick = yardstick(&options.yardstick, skips)?;
    let mut all = candidates();
    all.retain(|one| one.yardstick.is_none() || yardstick.is_some());
    for round in 1..=options.pairs {
        eprintln!("round {round} of {}", options.pairs);
        for candidate in &mut all {
            let (usage, requests) = match (candidate.yardstick, &yardstick) {
                (Some([program, variant]), Some(folder)) => {
                    let mut command = Command::new(folder.join(program));
                    if variant == BY_TIME {
                        let span = (options.requests as f64 / candidate.workload.rate).ceil();
                        command.args([span.to_string(), round.to_string()]);
                    } else {
                        command.args([variant, &options.requests.to_string(), &round.to_string()]);
                    }
                    (Usage::of(&mut command)?, options.requests as f64)
                }
                _ => ours(candidate.workload, &ninefold, options.requests)?,
            };
            candidate.series.cost.push(usage.processor.as_secs_f64() / requests);
            candidate.series.peak.push(usage.peak as f64);
        }
    }
    print!("{}", summary(&all));
    print!("{}", growth::measure(&ninefold, options.pairs)?);
    Ok(())
}

fn ours(workload: Workload, ninefold: &Path, requests: u64) -> Result<(Usage, f64), Failure> {
    let folder = place::scratch()?;
    let out = folder.path().join("out");
    let usage = Usage::of(&mut workload.command(ninefold, requests, &out))?;
    Ok((usage, workload::requests(&out)?))
}

/// Builds the yardsticks from a copy, because their own folder may be read-only; `None` where there are none.
fn yardstick(folder: &Path, skips: &mut Skips) -> Result<Option<PathBuf>, Failure> {
    if !folder.join("Cargo.toml").is_file() {
        skips.add("yardsticks", &format!("there is no {}", folder.display()));
        return Ok(None);
    }
    let target = place::target()?.join("yardstick");
    let source = target.join("source");
    copy(folder, &source)?;
    let mut build = cargo(["build", "--release", "--manifest-path"]);
    build.arg(source.join("Cargo.toml")).env("CARGO_TARGET_DIR", &target);
    command::run(&mut build)?;
    Ok(Some(target.join("release")))
}

/// Copies the contents of a folder, but not its permissions.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to).map_err(|error| Failure::file(to, error))?;
    let entries = std::fs::read_dir(from).map_err(|error| Failure::file(from, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::file(from, error))?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            let content = std::fs::read(&path).map_err(|error| Failure::file(&path, error))?;
            place::write(&to.join(name), content)?;
        }
    }
    Ok(())
}

fn summary(all: &[Candidate]) -> String {
    let ours =
        |workload: Workload| all.iter().find(|one| one.yardstick.is_none() && one.workload == workload);
    let cost =
        |workload: Workload| &ours(workload).expect("every workload of ours is a candidate").series.cost;
    let lines: Vec<Line<'_>> = all
        .iter()
        .filter(|one| one.yardstick.is_none())
        .map(|one| Line {
            name: one.workload.name,
            ours: &one.series,
            yardstick: all
                .iter()
                .find(|other| other.yardstick.is_some() && other.workload == one.workload)
                .map(|other| &other.series),
        })
        .collect();
    let idle = cost(W1_IDLE).with(cost(W1), |with, without| with / without);
    let verdict = if idle.median() <= IDLE_GOAL { "met" } else { "missed" };
    let added = |more, less| cost(more).with(cost(less), |more, less| more - less).range(1e9);
    [
        report::table(&lines),
        format!("\nidle policies, w1-idle / w1:  {} times, goal {IDLE_GOAL} {verdict}\n", idle.range(1.0)),
        format!("timeout, w3-timeout - w3:     {} ns per request\n", added(W3_TIMEOUT, W3)),
        format!("first hop, depth-2 - depth-1: {} ns per request\n", added(DEPTH_2, DEPTH_1)),
        format!("next hop, depth-3 - depth-2:  {} ns per request\n", added(DEPTH_3, DEPTH_2)),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = Options::read(&["--requests", "1e6", "--pairs", "3"]).expect("both are known");
        assert_eq!((options.requests, options.pairs), (1_000_000, 3));
        for wrong in [&["--pairs"][..], &["--pairs", "0"], &["--requests", "many"], &["--speed", "1"]] {
            assert!(Options::read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_summary_compares_what_belongs_together() {
        let mut all = candidates();
        for one in &mut all {
            let cost = match (one.workload.name, one.yardstick) {
                (_, Some(_)) => 30e-9,
                ("w1-idle", None) => 90e-9,
                ("w3-timeout", None) => 67e-9,
                ("depth-2", None) => 110e-9,
                ("depth-3", None) => 165e-9,
                _ => 60e-9,
            };
            one.series.cost.push(cost);
            one.series.peak.push(5e6);
        }
        let text = summary(&all);
        for part in ["0.50 (", "1.50 (", "goal 1.15 missed", " 7.00 (", " 50.00 (", " 55.00 ("] {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
    }
}
