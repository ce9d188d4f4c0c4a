//! `cargo xtask check`: everything that is decided without running the program.

use crate::command::{answers, cargo, run};
use crate::failure::Failure;
use crate::skip::Skips;
use std::ffi::OsString;

/// Checks formatting, lints, documentation, and licences and sources of dependencies.
pub(crate) fn check(skips: &mut Skips) -> Result<(), Failure> {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    if answers(program, ["deny", "--version"]) {
        run(&mut cargo(["deny", "check"]))
    } else {
        skips.add("cargo deny check", "cargo-deny is missing; `cargo install --locked cargo-deny`");
        Ok(())
    }
}
