//! A copy after a fixed time.

use super::HedgePolicy;
use crate::model::resilience::Impossible;
use crate::units::SimDuration;

crate::settings! {
    /// Settings of copies after a fixed time.
    pub struct Settings {
        /// Time from one copy to the next; none sends all at once.
        delay: SimDuration,
    }
}

/// Sends a copy whenever so much time has passed without an answer.
///
/// Helps against replicas that are slow by chance: the second of two is seldom slow as well. Hurts under overload, when
/// everything is late and every request is sent twice; a budget stops that. Source: Dean and Barroso, "The Tail at Scale",
/// CACM 2013; gRPC proposal A6, `hedgingDelay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    delay: SimDuration,
}

impl HedgePolicy for Fixed {
    const NAME: &'static str = "fixed";
    const SUMMARY: &'static str = "A copy whenever a fixed time has passed without an answer.";
    const TIES: bool = false;
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn constant(settings: &Settings) -> Option<SimDuration> {
        Some(settings.delay)
    }

    fn new(settings: &Settings) -> Self {
        Self { delay: settings.delay }
    }

    fn delay(&mut self) -> Option<SimDuration> {
        Some(self.delay)
    }

    fn learn(&mut self, _took: SimDuration) {}
}
