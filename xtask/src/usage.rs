//! What one run of a program cost.

use crate::command;
use crate::failure::Failure;
use crate::place;
use std::process::{Command, Stdio};
use std::time::Duration;
use wait4::Wait4;

/// What one run of a program cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time, its own and the system's on its behalf.
    pub(crate) processor: Duration,
    /// Most memory that was resident at once, in bytes.
    pub(crate) peak: u64,
}

impl Usage {
    /// Runs a program to its end, out of sight.
    pub(crate) fn of(command: &mut Command) -> Result<Self, Failure> {
        // Into a file, not a pipe: nobody reads while the child runs, and a full pipe would stop it.
        let folder = place::scratch()?;
        let log = folder.path().join("stderr");
        let file = std::fs::File::create(&log).map_err(|error| Failure::file(&log, error))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let line = command::line(command);
        let started = command.spawn().and_then(|mut child| child.wait4());
        let end = started.map_err(|source| Failure::Start { command: line, source })?;
        if !end.status.success() {
            return Err(command::ended(command, end.status, &place::read(&log)?));
        }
        Ok(Self { processor: end.rusage.utime + end.rusage.stime, peak: end.rusage.maxrss })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_works_costs_processor_time_and_memory() {
        let usage =
            Usage::of(Command::new("sh").args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]));
        let usage = usage.expect("a loop ends");
        assert!(usage.processor > Duration::ZERO && usage.processor < Duration::from_secs(60), "{usage:?}");
        assert!(usage.peak > 100_000, "less than any process has: {usage:?}");
    }

    #[test]
    fn a_program_that_fails_is_quoted() {
        let failure = Usage::of(Command::new("sh").args(["-c", "echo the reason >&2; exit 3"]));
        let text = failure.expect_err("it ends with 3").to_string();
        assert!(text.contains("the reason") && text.contains('3'), "{text}");
    }
}
