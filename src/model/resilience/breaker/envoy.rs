//! Envoy's limit on requests under way.

use super::{BreakerPolicy, BreakerState, Pass};
use crate::model::resilience::{Ending, Impossible};
use crate::units::SimTime;

crate::settings! {
    /// Settings of Envoy's breaker.
    pub struct Settings {
        /// So many attempts may be under way.
        #[range = ">= 1"]
        max_requests: u32 = 1_024,
    }
}

/// Stops attempts while as many as the limit are under way; it does not look at how they end.
///
/// Helps against a slow service: callers fail at once instead of piling up behind it. Hurts nothing until the limit is
/// low, and does nothing about errors that come quickly. Source: Envoy, `CircuitBreakers.Thresholds.max_requests`; its
/// `max_retries` and retry budget are budgets here, connections are not modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envoy {
    limit: u32,
}

impl BreakerPolicy for Envoy {
    const NAME: &'static str = "envoy";
    const SUMMARY: &'static str = "A fixed number of attempts under way; how they end is no matter.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.max_requests > 0, "max_requests", "a limit of 0 lets nothing through")
    }

    fn new(settings: &Settings) -> Self {
        Self { limit: settings.max_requests }
    }

    fn admit(&mut self, _now: SimTime, under_way: u32) -> Option<Pass> {
        (under_way < self.limit).then_some(0)
    }

    fn end(&mut self, _ending: &Ending, _pass: Pass) {}

    fn forget(&mut self, _pass: Pass) {}

    fn state(&self) -> BreakerState {
        BreakerState::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::at;
    use super::*;

    #[test]
    fn the_limit_is_on_what_is_under_way() {
        let mut breaker = Envoy::new(&Settings { max_requests: 1_024 });
        assert!(breaker.admit(at(0.0), 1_023).is_some());
        assert!(breaker.admit(at(0.0), 1_024).is_none());
    }
}
