//! `cargo xtask test`: everything that is decided by running the program.

use crate::command::{Meanwhile, cargo, run};
use crate::failure::Failure;
use crate::skip::Skips;
use crate::{instructions, notebook, place};
use std::process::Command;

/// Which tests run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Those that run on every change.
    Usual,
    /// The long ones as well.
    Slow,
}

/// What runs whole simulations, and the tests of these tasks.
const WHOLE: [&str; 5] = ["test", "--workspace", "--bins", "--test", "*"];

/// What the documentation shows.
const DOCUMENTED: [&str; 4] = ["test", "--package", "ninefold", "--doc"];

/// Unit tests simulate little: to optimise what they call would take longer than they do.
fn units() -> Command {
    let as_written = "profile.test.package.ninefold.opt-level=0";
    cargo(["test", "--package", "ninefold", "--lib", "--config", as_written])
}

/// Runs the tests of the workspace, the notebooks and the instruction counts.
pub(crate) fn test(tier: Tier, skips: &mut Skips) -> Result<(), Failure> {
    // Most of it runs on one core, as does much of what the tests need.
    let build = if instructions::missing()?.is_none() { Some(place::release()) } else { None };
    let build = build.map(Meanwhile::start).transpose()?;
    for mut tests in [units(), cargo(WHOLE), cargo(DOCUMENTED)] {
        if tier == Tier::Slow {
            tests.env("NINEFOLD_SLOW", "1");
        } else {
            // The usual tests are the same every time; the slow ones draw new random scenarios.
            tests.env("PROPTEST_RNG_SEED", "9");
        }
        run(&mut tests)?;
    }
    notebook::execute(skips)?;
    build.map_or(Ok(()), Meanwhile::finish)?;
    instructions::compare(skips)
}
