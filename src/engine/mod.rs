//! The only place where rooms meet: runs a system through time.

use crate::measure::Measurements;
use crate::model::span::RunSpan;
use crate::model::system::System;

/// Why a run could not be finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The run needed more events than allowed.
    #[error("the run was stopped after {events} events at {seconds} s of simulated time")]
    TooManyEvents {
        /// How many there were.
        events: u64,
        /// How far it came, in whole seconds.
        seconds: u64,
    },
    /// More attempts were under way than the engine can number.
    #[error("more than {limit} attempts were under way at once")]
    TooManyTasks {
        /// The limit.
        limit: u32,
    },
    /// `run.until` was not reached.
    #[error("the run reached its horizon before the first outage that it waited for")]
    NoOutage,
}

/// Simulates run number `run` (from 0) under `seed`.
///
/// # Errors
///
/// See [`RunError`].
pub fn simulate(system: &System, span: &RunSpan, seed: u64, run: u32) -> Result<Measurements, RunError> {
    let _ = (system, span, seed, run);
    Err(RunError::NoOutage)
}
