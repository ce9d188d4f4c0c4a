//! A fixed number of retries under way.

use super::{Asked, RetryBudget};
use crate::model::resilience::{Ending, Impossible};
use crate::units::SimTime;

crate::settings! {
    /// Settings of a fixed number of retries.
    pub struct Settings {
        /// So many further attempts may be there at once.
        limit: u32 = 3,
    }
}

/// Lets a further attempt be made while fewer than a fixed number are there.
///
/// A further attempt is there from its grant, so while it waits for its turn too, to its end. Helps when a service fails
/// as a whole. Hurts callers with much traffic, for whom three at once are next to none; a share suits them better.
/// Source: Envoy, `CircuitBreakers.Thresholds.max_retries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxRetries {
    limit: u32,
}

impl RetryBudget for MaxRetries {
    const NAME: &'static str = "max-retries";
    const SUMMARY: &'static str = "A fixed number of further attempts at once.";
    const IS_QUIET: bool = true;
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        Self { limit: settings.limit }
    }

    fn begin(&mut self, _now: SimTime) {}

    fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        (asked.further < self.limit).then_some(0)
    }

    fn end(&mut self, _ending: &Ending, _cost: u32) {}
}

#[cfg(test)]
mod tests {
    use super::super::sample::asked;
    use super::*;

    #[test]
    fn three_at_once_and_no_more() {
        let mut budget = MaxRetries::new(&Settings { limit: 3 });
        assert!(budget.withdraw(&Asked { further: 2, under_way: 1_000, ..asked(0.0) }).is_some());
        assert!(budget.withdraw(&Asked { further: 3, under_way: 1_000, ..asked(0.0) }).is_none());
    }
}
