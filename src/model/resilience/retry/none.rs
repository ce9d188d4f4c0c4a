//! Never tries again.

use rand::Rng;

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Never tries again.
///
/// Helps where the work must not be done twice, or where the caller above retries already. Hurts under failures of
/// single replicas, each of which reaches the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct None;

impl RetryPolicy for None {
    const NAME: &'static str = "none";
    const SUMMARY: &'static str = "Never tries again.";
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(_settings: &Settings) -> Self {
        Self
    }

    fn delay<R: Rng + ?Sized>(&self, _failed: &Failed, _random: &mut R) -> Option<SimDuration> {
        Option::None
    }
}
