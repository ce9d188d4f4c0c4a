//! `cargo xtask check`: everything that is decided without running the program.

use crate::command::{answers, cargo, run};
use crate::failure::Failure;
use crate::skip::Skips;

/// Checks formatting, lints, documentation, and licences and sources of dependencies.
pub(crate) fn check(skips: &mut Skips) -> Result<(), Failure> {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    // A workspace of its own, which only `cargo xtask fuzz` builds.
    run(&mut cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    dependencies(skips)
}

/// Licences, duplicates and sources need nothing from outside; the list of known weaknesses does.
fn dependencies(skips: &mut Skips) -> Result<(), Failure> {
    if !answers(cargo(["deny", "--version"])) {
        skips.add("cargo deny check", "cargo-deny is missing; `cargo install --locked cargo-deny`");
        return Ok(());
    }
    run(&mut cargo(["deny", "check", "bans", "licenses", "sources"]))?;
    if answers(cargo(["deny", "fetch", "db"])) {
        run(&mut cargo(["deny", "check", "advisories"]))
    } else {
        skips.add("cargo deny check advisories", "the advisory database cannot be reached");
        Ok(())
    }
}
