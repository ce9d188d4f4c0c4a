//! `cargo xtask test`: everything that is decided by running the program.

use crate::command::{Meanwhile, cargo, run};
use crate::failure::Failure;
use crate::instructions::{self, Build};
use crate::notebook;
use crate::skip::Skips;
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
    // Cargo builds one thing at a time, and much of that on one core: unit tests run while the next is built.
    let units = Meanwhile::start(of(tier, units()))?;
    let whole = run(&mut of(tier, cargo(WHOLE)));
    units.finish()?;
    whole?;
    run(&mut of(tier, cargo(DOCUMENTED)))?;
    let mut skipped = Skips::default();
    let notebooks = std::thread::scope(|scope| {
        let notebooks = scope.spawn(|| notebook::execute(&mut skipped));
        let counts = instructions::compare(Build::Tests, skips);
        counts.and(notebooks.join().expect("no notebook panics"))
    });
    skips.append(skipped);
    notebooks?;
    if tier == Tier::Slow { instructions::compare(Build::Release, skips) } else { Ok(()) }
}

/// Builds the program as these tests start it.
pub(crate) fn build() -> Command {
    cargo(["test", "--package", "ninefold", "--test", "it", "--no-run"])
}

/// Tests of this tier.
fn of(tier: Tier, mut tests: Command) -> Command {
    if tier == Tier::Slow {
        tests.env("NINEFOLD_SLOW", "1");
    } else {
        // The usual tests are the same every time; the slow ones draw new random scenarios.
        tests.env("PROPTEST_RNG_SEED", "9");
    }
    tests
}
