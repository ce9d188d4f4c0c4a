//! When a copy of an attempt is sent before the attempt has failed.
//!
//! The first good answer counts; what is still out then is no longer wanted, and `on_timeout` says what becomes of it. A
//! copy goes to a replica that its try has not gone to, or, where there is none, to one at which no copy is under way.
//! When a copy fails the next one is sent at once, whatever the policy says. How many there may be is decided by the engine from
//! [`Hedge`](crate::model::call::Hedge). To add a policy: write `<name>.rs` and add its `mod` line and row below.
//!
//! A call makes tries one after another, each of up to `attempts` copies; retries see a try that failed as a whole, for the
//! reason of its last failure. Polly nests the two so; gRPC has either.

mod fixed;
mod percentile;
mod tied;

use super::Impossible;
use crate::document::Section;
use crate::units::SimDuration;

/// Says when a copy is sent.
pub trait HedgePolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// Whether a copy that gets a slot stops the others that wait.
    const TIES: bool;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// The time from one copy to the next, where that never changes.
    fn constant(_settings: &Self::Settings) -> Option<SimDuration> {
        None
    }

    /// Builds the memory of one decider.
    fn new(settings: &Self::Settings) -> Self;

    /// Time from one copy to the next; `None` while it cannot say.
    fn delay(&mut self) -> Option<SimDuration>;

    /// An attempt was answered well after so much time.
    fn learn(&mut self, took: SimDuration);
}

crate::registry! { ($) HedgeTimer, HedgeSettings, HedgePolicy, each_hedge;
    Fixed = fixed,
    Percentile = percentile,
    Tied = tied,
}

impl HedgeSettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_hedge!(settings self, settings, Policy => <Policy as HedgePolicy>::check(settings))
    }

    /// Whether a copy that gets a slot stops the others that wait.
    pub fn ties(&self) -> bool {
        each_hedge!(settings self, _settings, Policy => <Policy as HedgePolicy>::TIES)
    }

    /// See [`HedgePolicy::constant`].
    pub fn constant(&self) -> Option<SimDuration> {
        each_hedge!(settings self, settings, Policy => <Policy as HedgePolicy>::constant(settings))
    }
}

impl HedgeTimer {
    /// Builds the policy that `settings` describes.
    pub fn new(settings: &HedgeSettings) -> Self {
        each_hedge!(build settings, settings, Policy => <Policy as HedgePolicy>::new(settings))
    }

    /// See [`HedgePolicy::delay`].
    pub fn delay(&mut self) -> Option<SimDuration> {
        each_hedge!(self, policy => policy.delay())
    }

    /// See [`HedgePolicy::learn`].
    pub fn learn(&mut self, took: SimDuration) {
        each_hedge!(self, policy => policy.learn(took));
    }
}
