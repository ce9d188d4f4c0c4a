//! Finagle's budget as the Linkerd proxy has it.

use super::finagle::Finagle;
use super::{Asked, RetryBudget};
use crate::model::resilience::{Ending, Impossible};
use crate::units::{Probability, Rate, SimDuration, SimTime};

crate::settings! {
    /// Settings of a Linkerd service profile's budget.
    pub struct Settings {
        /// How long a token lives.
        #[range = ">= 1s"]
        ttl: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// Retries that are always allowed, over the life of a token (`minRetriesPerSecond`).
        minimum: Rate = Rate::new(10.0).unwrap_or_default(),
        /// Retries for each call (`retryRatio`).
        ratio: Probability = Probability::new(0.2).unwrap_or_default(),
    }
}

/// A call pays in one token, a further attempt takes out the whole part of 1 / ratio; otherwise as `finagle`.
///
/// Helps and hurts as that does, but the ratio is rounded up to one over a whole number: 30 % means a third. Source:
/// Linkerd, `ServiceProfile`, and the budget of the tower library, both from memory: unconfirmed.
#[derive(Debug, Clone)]
pub struct Linkerd(Finagle);

impl RetryBudget for Linkerd {
    const NAME: &'static str = "linkerd";
    const SUMMARY: &'static str = "As finagle, with whole tokens: the ratio becomes one over a whole number.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_long = settings.ttl >= SimDuration::from_secs(1.0);
        Impossible::unless(is_long, "ttl", "tokens live for a second at least")
    }

    fn new(settings: &Settings) -> Self {
        let ratio = settings.ratio.get();
        let amounts = if ratio > 0.0 { (1, (1.0 / ratio) as i64) } else { (0, 1) };
        Self(Finagle::of(settings.ttl, settings.minimum, amounts))
    }

    fn begin(&mut self, now: SimTime) {
        self.0.begin(now);
    }

    fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        self.0.withdraw(asked)
    }

    fn end(&mut self, ending: &Ending, cost: u32) {
        self.0.end(ending, cost);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{asked, at};
    use super::*;

    #[test]
    fn the_ratio_is_one_over_a_whole_number() {
        for (ratio, granted) in [(0.2, 20), (0.3, 33), (0.5, 50), (0.0, 0)] {
            let mut budget = Linkerd::new(&Settings {
                ttl: SimDuration::from_secs(10.0),
                minimum: Rate::default(),
                ratio: Probability::new(ratio).unwrap(),
            });
            (0..100).for_each(|_| budget.begin(at(1.0)));
            let found = (0..100).filter(|_| budget.withdraw(&asked(1.0)).is_some()).count();
            assert_eq!(found, granted, "{ratio}");
        }
    }
}
