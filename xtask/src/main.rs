//! The tasks of this repository: `cargo xtask check`, `test`, `fuzz`, `bench`, `picks` and `instructions`.

mod bench;
mod check;
mod command;
mod failure;
mod feature;
mod fuzz;
mod growth;
mod instructions;
mod notebook;
mod pending;
mod picks;
mod place;
mod report;
mod room;
mod skip;
mod test;
mod usage;
mod workload;

use failure::Failure;
use skip::Skips;
use std::process::ExitCode;

const HELP: &str = "\
Tasks of this repository

Usage: cargo xtask TASK

  check                          formatting, lints, documentation, licences and sources of dependencies
  test [--slow]                  every test, the notebooks and the instruction counts; --slow adds the long tests
  test ROOM                      the unit tests of one room, such as analysis, model/balancing or src/units.rs, in a
                                 build of its own that is ready seconds after a change
  fuzz [TARGET] [--for TIME]     lets the fuzzer try inputs of one target or of each, a minute each; for 0s it only
                                 builds them and tries what is kept
  bench [--requests N] [--pairs N] [--yardstick DIR]
                                 requests per second of processor time, next to hand-written programs, and how
                                 the cost of many parts grows
  bench --features [--requests N] [--pairs N]
                                 what each feature adds to a request: nanoseconds and instructions over plain W3
  bench --pending [--pairs N]    nanoseconds and instructions per event with a hundred to a million others pending
  picks                          nanoseconds per pick of each balancing policy
  instructions [--record]        instructions per request against benches/instructions.toml, or write that file
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut skips = Skips::default();
    let outcome = perform(&arguments, &mut skips);
    skips.repeat();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn perform(arguments: &[String], skips: &mut Skips) -> Result<(), Failure> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["check"] => check::check(skips),
        ["test"] => test::test(test::Tier::Usual, skips),
        ["test", "--slow"] => test::test(test::Tier::Slow, skips),
        ["test", room] if !room.starts_with('-') => room::test(room),
        ["fuzz", options @ ..] => fuzz::fuzz(&fuzz::Options::read(options)?),
        ["bench", "--features", options @ ..] => feature::measure(&bench::Options::read(options)?, skips),
        ["bench", "--pending", options @ ..] => pending::measure(&bench::Options::read(options)?, skips),
        ["bench", options @ ..] => bench::bench(&bench::Options::read(options)?, skips),
        ["picks"] => picks::picks(),
        ["instructions"] => instructions::compare(instructions::Build::Release, skips),
        ["instructions", "--record"] => instructions::record(),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        [] => Err(Failure::usage("no task was named")),
        other => Err(Failure::usage(&format!("unknown task or option in \"{}\"", other.join(" ")))),
    }
}
