//! No limit.

use super::{Asked, RetryBudget};
use crate::model::resilience::{Ending, Impossible};
use crate::units::SimTime;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Lets every further attempt be made.
///
/// Helps against failures of single replicas, each of which is worth a second try. Hurts when a whole service fails:
/// every caller multiplies its load by the number of attempts just then, and layers of callers multiply each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct None;

impl RetryBudget for None {
    const NAME: &'static str = "none";
    const SUMMARY: &'static str = "Every further attempt may be made.";
    const IS_QUIET: bool = true;
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(_settings: &Settings) -> Self {
        Self
    }

    fn begin(&mut self, _now: SimTime) {}

    fn withdraw(&mut self, _asked: &Asked) -> Option<u32> {
        Some(0)
    }

    fn end(&mut self, _ending: &Ending, _cost: u32) {}
}
