//! Retries under way as a share of requests under way.

use super::{Asked, RetryBudget};
use crate::model::resilience::{Ending, Impossible};
use crate::units::{Probability, SimTime};

crate::settings! {
    /// Settings of Envoy's retry budget.
    pub struct Settings {
        /// Further attempts for each one under way (`budget_percent`).
        ratio: Probability = Probability::new(0.2).unwrap_or_default(),
        /// So many may always be there (`min_retry_concurrency`).
        minimum: u32 = 3,
    }
}

/// Lets a further attempt be made while fewer are there than a share of the attempts under way, and at least three.
///
/// A further attempt is there from its grant, so while it waits for its turn too, to its end. Helps when a service fails
/// as a whole, and needs no clock. Hurts where answers are fast and few are under way: only the minimum is left.
/// Source: Envoy, `CircuitBreakers.Thresholds.RetryBudget`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envoy {
    ratio: f64,
    minimum: u32,
}

impl RetryBudget for Envoy {
    const NAME: &'static str = "envoy";
    const SUMMARY: &'static str = "Further attempts up to a share of the attempts under way.";
    const IS_QUIET: bool = true;
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        Self { ratio: settings.ratio.get(), minimum: settings.minimum }
    }

    fn begin(&mut self, _now: SimTime) {}

    fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        let share = (self.ratio * f64::from(asked.under_way)) as u32;
        (asked.further < share.max(self.minimum)).then_some(0)
    }

    fn end(&mut self, _ending: &Ending, _cost: u32) {}
}

#[cfg(test)]
mod tests {
    use super::super::sample::asked;
    use super::*;

    #[test]
    fn a_fifth_of_what_is_under_way_and_at_least_three() {
        let mut budget = Envoy::new(&Settings { ratio: Probability::new(0.2).unwrap(), minimum: 3 });
        let mut grants =
            |under_way, further| budget.withdraw(&Asked { under_way, further, ..asked(0.0) }).is_some();
        assert!(grants(0, 2) && !grants(0, 3));
        assert!(grants(100, 19) && !grants(100, 20));
        assert!(!grants(24, 4) && grants(25, 4));
    }
}
