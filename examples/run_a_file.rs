//! Reads a scenario file, runs it, and writes what its clients saw, with intervals.
//!
//! Run it with `cargo run --release --example run_a_file -- scenarios/mmc.toml`.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use ninefold::experiment::{Options, run};
use ninefold::scenario::{Places, load, source};

pub(crate) fn show(path: &Path, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    // Files that the scenario names are looked for beside it. The path "-" would read standard input.
    let places = Places::new(path, &[]);
    let source = source::read(path, &places, &mut io::stdin())?;
    // What is wrong with the file comes as one error that shows every mistake at its place.
    let scenario = load(source, &[], &places)?;
    let outcome = run(&scenario, &Options::default(), &())?;
    writeln!(out, "{}: {} runs", scenario.name, outcome.runs())?;
    for client in &scenario.system.clients {
        for estimate in outcome.estimates_of(&format!("client.{}", client.name)) {
            let wanted = ["availability_request", "latency_mean", "latency_p99"];
            if !wanted.contains(&estimate.metric.as_str()) {
                continue;
            }
            // Nothing was there to be divided by, or there are too few runs for an interval.
            let value = estimate.value.map_or("-".to_owned(), |value| format!("{value:.5}"));
            let interval =
                estimate.interval.map_or("-".to_owned(), |(low, high)| format!("{low:.5} to {high:.5}"));
            writeln!(out, "{}/{}: {value} {} ({interval})", estimate.scope, estimate.metric, estimate.unit)?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let shown = env::args().nth(1).ok_or_else(|| "which scenario file?".into());
    match shown.and_then(|path| show(Path::new(&path), &mut io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
