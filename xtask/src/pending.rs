//! What an event costs when many others are pending, as a part of `cargo xtask bench`.

use crate::bench::Options;
use crate::failure::Failure;
use crate::instructions;
use crate::place;
use crate::report::Sample;
use crate::skip::Skips;
use crate::usage::Usage;
use crate::workload;
use std::fmt::Write;
use std::path::Path;

/// How many events are pending.
const PENDING: [u32; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

/// Requests per second of simulated time.
const RATE: u32 = 10_000;

/// Events of each request: it arrives, and its service ends.
const EVENTS: f64 = 2.0;

/// The two lengths \[s\] between which the slope of time is taken; the longest timeout is as long as the shorter.
const SECONDS: [u32; 2] = [100, 200];

/// The shortest length \[s\] from which the slope of instructions is taken: those are the same each time.
const SECONDS_COUNTED: u32 = 10;

/// Where events wait.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    name: &'static str,
    scenario: fn(u32) -> String,
}

/// In the heap each event is sorted in; in a lane those of one delay stand in the order in which they were planned.
const WAITING: [Waiting; 2] = [
    Waiting { name: "users who think (heap)", scenario: thinking },
    Waiting { name: "timeouts (lane)", scenario: timing },
];

/// Measures an event with so many pending, and prints the table.
pub(crate) fn measure(options: &Options, skips: &mut Skips) -> Result<(), Failure> {
    let ninefold = place::ninefold()?;
    let can_count = instructions::can_count(skips);
    let mut text =
        format!("{:<24} {:>9} {:>28} {:>14}\n", "waiting", "pending", "ns per event", "instructions");
    for waiting in WAITING {
        for pending in PENDING {
            let scenario = (waiting.scenario)(pending);
            let mut cost = Sample::default();
            for _ in 0..options.pairs {
                cost.push(slope(&scenario, SECONDS, |arguments| {
                    let mut command = std::process::Command::new(&ninefold);
                    Ok(Usage::of(command.args(arguments))?.processor.as_secs_f64())
                })?);
            }
            let count = if can_count {
                let short = SECONDS_COUNTED.max(pending / RATE);
                let count = |arguments: &[String]| instructions::executed(&ninefold, arguments);
                let count = slope(&scenario, [short, 2 * short], count)?;
                format!("{count:.0}")
            } else {
                "-".to_owned()
            };
            let _ = writeln!(text, "{:<24} {pending:>9} {:>28} {count:>14}", waiting.name, cost.range(1e9));
        }
    }
    print!("{text}");
    Ok(())
}

/// What an event more costs, where `cost` says what a run with these arguments does.
fn slope(
    scenario: &str,
    seconds: [u32; 2],
    cost: impl Fn(&[String]) -> Result<f64, Failure>,
) -> Result<f64, Failure> {
    let folder = place::scratch()?;
    let file = folder.path().join("scenario.toml");
    place::write(&file, scenario)?;
    let mut found = [(0.0, 0.0); 2];
    for (seconds, found) in seconds.into_iter().zip(&mut found) {
        let out = folder.path().join(format!("out-{seconds}"));
        let cost = cost(&arguments(&file, seconds, &out))?;
        *found = (cost, EVENTS * workload::requests(&out)?);
    }
    let [short, long] = found;
    Ok((long.0 - short.0) / (long.1 - short.1))
}

/// The arguments of `ninefold` that run a scenario for so long once, on one thread.
fn arguments(scenario: &Path, seconds: u32, out: &Path) -> Vec<String> {
    let horizon = format!("run.horizon={seconds}s");
    let words = ["run", &scenario.to_string_lossy(), "--set", &horizon, "--threads", "1"];
    let output = ["--quiet", "--no-plots", "--out", &out.to_string_lossy()];
    words.into_iter().chain(output).map(str::to_owned).collect()
}

/// So many users, each of whom has one event: nearly all of the time it thinks.
fn thinking(pending: u32) -> String {
    let think = f64::from(pending) / f64::from(RATE);
    client(&format!(
        "arrival = {{ process = \"closed\", users = {pending}, \
         think = {{ distribution = \"exponential\", mean = \"{think}s\" }} }}"
    ))
}

/// Timeouts so long that so many stand in their lane; each answer comes long before its own.
fn timing(pending: u32) -> String {
    let timeout = f64::from(pending) / f64::from(RATE);
    client(&format!("arrival = {{ process = \"poisson\", rate = \"{RATE}/s\" }}\ntimeout = \"{timeout}s\""))
}

fn client(keys: &str) -> String {
    format!(
        "[run]\nhorizon = \"1s\"\nruns = 1\n[client.c]\n{keys}\ncalls = \"s\"\n\
         [service.s]\ndemand = \"1us\"\nconcurrency = \"unlimited\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_pending_as_the_table_says() {
        assert!(
            thinking(1_000)
                .contains("users = 1000, think = { distribution = \"exponential\", mean = \"0.1s\" }")
        );
        assert!(timing(1_000_000).contains("timeout = \"100s\""), "no longer than the shorter run");
        for waiting in WAITING {
            let parsed: Result<toml::Table, _> = (waiting.scenario)(100).parse();
            assert!(parsed.is_ok(), "{}: {parsed:?}", waiting.name);
        }
    }

    #[test]
    fn the_slope_is_that_of_events_alone() {
        let cost = |arguments: &[String]| {
            let requests = if arguments.contains(&"run.horizon=100s".to_owned()) { 1_000.0 } else { 3_000.0 };
            let out = Path::new(arguments.last().expect("the folder comes last"));
            let summary = format!("scope,metric,estimate\nclient.c,requests,{requests}\n");
            std::fs::create_dir_all(out).map_err(|error| Failure::file(out, error))?;
            place::write(&out.join("summary.csv"), summary)?;
            Ok(5.0 + EVENTS * requests * 7e-9)
        };
        let found = slope("", SECONDS, cost).expect("files can be written");
        assert!((found - 7e-9).abs() < 1e-15, "{found}");
    }
}
