//! How the cost of a scenario grows with the number of its parts, as a part of `cargo xtask bench`.

use crate::failure::Failure;
use crate::place;
use crate::report::Sample;
use crate::usage::Usage;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Four times the parts may cost so many times as much: four and what noise adds; what is quadratic costs sixteen.
const GOAL: f64 = 6.0;

/// A scenario whose parts can be many.
#[derive(Debug, Clone, Copy)]
struct Growing {
    name: &'static str,
    /// The command that is timed.
    command: &'static str,
    /// The size that is to be affordable.
    parts: u32,
    scenario: fn(u32) -> String,
}

const GROWING: [Growing; 4] = [
    Growing { name: "services side by side", command: "run", parts: 4_000, scenario: side_by_side },
    Growing { name: "services in a chain", command: "run", parts: 2_000, scenario: chain },
    Growing { name: "replicas that crash", command: "run", parts: 20_000, scenario: crashing },
    Growing { name: "replicas that are polled", command: "check", parts: 1_000_000, scenario: polled },
];

/// Measures each scenario at a quarter of its size and at its size in alternation, and says how its cost grows.
pub(crate) fn measure(ninefold: &Path, pairs: u32) -> Result<String, Failure> {
    let mut text = format!("\n{:<26} {:>9} {:>10}  {}\n", "growth", "parts", "cpu s", "times a quarter's");
    for growing in GROWING {
        let (mut whole, mut quarter) = (Sample::default(), Sample::default());
        for _ in 0..pairs {
            quarter.push(cost(growing, ninefold, growing.parts / 4)?);
            whole.push(cost(growing, ninefold, growing.parts)?);
        }
        let times = whole.with(&quarter, |whole, quarter| whole / quarter);
        let verdict = if times.median() <= GOAL { "met" } else { "missed" };
        let _ = writeln!(
            text,
            "{:<26} {:>9} {:>10.2}  {}, goal {GOAL} {verdict}",
            growing.name,
            growing.parts,
            whole.median(),
            times.range(1.0)
        );
    }
    Ok(text)
}

/// Processor time \[s\] of a scenario with so many parts.
fn cost(growing: Growing, ninefold: &Path, parts: u32) -> Result<f64, Failure> {
    let folder = place::scratch()?;
    let file = folder.path().join("scenario.toml");
    place::write(&file, (growing.scenario)(parts))?;
    let mut command = Command::new(ninefold);
    command.arg(growing.command).arg(&file);
    if growing.command == "run" {
        command.arg("--quiet").arg("--out").arg(folder.path().join("out"));
    }
    Ok(Usage::of(&mut command)?.processor.as_secs_f64())
}

const ARRIVAL: &str = "arrival = { process = \"poisson\", rate = \"1/s\" }\n";

fn side_by_side(services: u32) -> String {
    let mut text = "[run]\nhorizon = \"10s\"\nruns = 1\n".to_owned();
    for number in 0..services {
        let _ = writeln!(
            text,
            "[client.c{number}]\n{ARRIVAL}calls = \"s{number}\"\n[service.s{number}]\ndemand = \"1ms\""
        );
    }
    text
}

fn chain(services: u32) -> String {
    let mut text = format!("[run]\nhorizon = \"10s\"\nruns = 1\n[client.c]\n{ARRIVAL}calls = \"s1\"\n");
    for number in 1..services {
        let _ = writeln!(text, "[service.s{number}]\ndemand = \"1us\"\ncalls = \"s{}\"", number + 1);
    }
    let _ = writeln!(text, "[service.s{services}]\ndemand = \"1us\"");
    text
}

fn crashing(replicas: u32) -> String {
    format!(
        "[run]\nhorizon = \"1d\"\nruns = 1\n[client.c]\n{ARRIVAL}calls = \"s\"\n\
         [service.s]\ndemand = \"1ms\"\nreplicas = {replicas}\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
         time_to_failure = {{ distribution = \"exponential\", mean = \"15min\" }}\ntime_to_repair = \"1min\"\n"
    )
}

fn polled(replicas: u32) -> String {
    format!(
        "[run]\nhorizon = \"10s\"\nruns = 1\n[service.s]\ndemand = \"1ms\"\nreplicas = {replicas}\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"1000h\"\n\
         detected_by = \"monitor.m\"\ntime_to_repair = \"10min\"\n\
         [monitor.m]\nkind = \"poll\"\non = \"service.s.*\"\ninterval = \"1min\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_has_as_many_parts_as_it_is_asked_for() {
        assert_eq!(side_by_side(3).matches("[service.").count(), 3);
        assert_eq!(chain(3).matches("[service.").count(), 3);
        assert_eq!(chain(3).matches("calls = ").count(), 3, "the client's and two between services");
        for text in [crashing(7), polled(7)] {
            assert!(text.contains("replicas = 7\n"), "{text}");
        }
        for growing in GROWING {
            let parsed: Result<toml::Table, _> = (growing.scenario)(4).parse();
            assert!(parsed.is_ok(), "{}: {parsed:?}", growing.name);
        }
    }
}
