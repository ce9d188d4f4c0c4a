//! Two copies that know of each other.

use super::HedgePolicy;
use crate::model::resilience::Impossible;
use crate::units::SimDuration;

crate::settings! {
    /// Settings of tied copies.
    pub struct Settings {
        /// Time from one copy to the next.
        delay: SimDuration,
    }
}

/// Sends copies a short time apart to several replicas; the first that gets a slot tells the others, which leave their
/// queues.
///
/// Helps where waiting, not working, is what takes long: it picks the shorter of two queues without knowing them. Hurts
/// little: work is done twice only where two copies begin within a network delay. Source: Dean and Barroso, "The Tail at
/// Scale", CACM 2013. The message between replicas takes a network delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tied {
    delay: SimDuration,
}

impl HedgePolicy for Tied {
    const NAME: &'static str = "tied";
    const SUMMARY: &'static str =
        "Copies in several queues, of which the first that gets a slot stops the others.";
    const TIES: bool = true;
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        Self { delay: settings.delay }
    }

    fn delay(&mut self) -> Option<SimDuration> {
        Some(self.delay)
    }

    fn learn(&mut self, _took: SimDuration) {}
}
