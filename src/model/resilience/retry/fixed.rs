//! Waits the same time before every retry.

use rand::Rng;

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of fixed waits.
    pub struct Settings {
        /// How long each wait is.
        delay: SimDuration = SimDuration::ZERO,
    }
}

/// Waits the same time before every retry.
///
/// Helps against failures of single replicas. Hurts when many callers fail at once: they all come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    delay: SimDuration,
}

impl RetryPolicy for Fixed {
    const NAME: &'static str = "fixed";
    const SUMMARY: &'static str = "Waits the same time before every retry.";
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        Self { delay: settings.delay }
    }

    fn delay<R: Rng + ?Sized>(&self, _failed: &Failed, _random: &mut R) -> Option<SimDuration> {
        Some(self.delay)
    }
}
