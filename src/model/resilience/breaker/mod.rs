//! Whether attempts are sent at all, from how those before them ended.
//!
//! A breaker that opens stops attempts before a replica is chosen; they fail at once for the reason `breaker_open`. To add
//! one: write `<name>.rs` and add its `mod` line and row below.

mod custom;
mod envoy;
mod hystrix;
mod polly;
mod resilience4j;

pub use super::Ending;
pub use custom::OwnPolicy;

use super::Impossible;
use crate::document::Section;
use crate::units::SimTime;

/// Names the state in which an attempt was let through, so that what ends later is not taken for something of the next.
pub type Pass = u32;

/// Whether attempts are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BreakerState {
    /// They are.
    #[default]
    Closed,
    /// They are not.
    Open,
    /// Some are, to see how they end.
    HalfOpen,
}

/// Stops attempts that would fail.
pub trait BreakerPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// Builds the breaker of one decider, closed.
    fn new(settings: &Self::Settings) -> Self;

    /// Lets an attempt through, or stops it; `under_way` are let through already.
    fn admit(&mut self, now: SimTime, under_way: u32) -> Option<Pass>;

    /// An attempt that was let through ended.
    fn end(&mut self, ending: &Ending, pass: Pass);

    /// An attempt that was let through is no longer waited for: nobody will know how it ends.
    fn forget(&mut self, pass: Pass);

    /// Its state, as it was when it was last asked or told something.
    fn state(&self) -> BreakerState;
}

crate::registry! { ($) Breaker, BreakerSettings, BreakerPolicy, each_breaker;
    Envoy = envoy,
    Hystrix = hystrix,
    Polly = polly,
    Resilience4j = resilience4j;
    Custom = custom
}

impl BreakerSettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_breaker!(settings self, settings, Policy => Policy::check(settings))
    }
}

impl Breaker {
    /// Builds the breaker that `settings` describes.
    pub fn new(settings: &BreakerSettings) -> Self {
        each_breaker!(build settings, settings, Policy => Policy::new(settings))
    }

    /// See [`BreakerPolicy::admit`].
    pub fn admit(&mut self, now: SimTime, under_way: u32) -> Option<Pass> {
        each_breaker!(self, policy => policy.admit(now, under_way))
    }

    /// See [`BreakerPolicy::end`].
    pub fn end(&mut self, ending: &Ending, pass: Pass) {
        each_breaker!(self, policy => policy.end(ending, pass));
    }

    /// See [`BreakerPolicy::forget`].
    pub fn forget(&mut self, pass: Pass) {
        each_breaker!(self, policy => policy.forget(pass));
    }

    /// See [`BreakerPolicy::state`].
    pub fn state(&self) -> BreakerState {
        each_breaker!(self, policy => policy.state())
    }
}

/// What tests of breakers need.
#[cfg(test)]
mod sample {
    use super::*;
    use crate::reason::Reason;
    use crate::units::SimDuration;

    pub(super) fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    pub(super) fn ended(seconds: f64, took: f64, is_good: bool) -> Ending {
        let failure = (!is_good).then_some(Reason::Error);
        let took = SimDuration::from_secs(took);
        Ending { now: at(seconds), took, failure, is_counted: !is_good, under_way: 1 }
    }

    /// Sends an attempt that ends at once; whether it was let through.
    pub(super) fn call<B: BreakerPolicy>(breaker: &mut B, seconds: f64, is_good: bool) -> bool {
        let Some(pass) = breaker.admit(at(seconds), 0) else { return false };
        breaker.end(&ended(seconds, 0.0, is_good), pass);
        true
    }
}
