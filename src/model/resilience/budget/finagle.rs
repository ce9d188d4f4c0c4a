//! Tokens that calls pay in and retries take out, and that expire.

use super::{Asked, RetryBudget};
use crate::model::resilience::window::Window;
use crate::model::resilience::{Ending, Impossible};
use crate::units::{Probability, Rate, SimDuration, SimTime};

/// What a call pays in.
const DEPOSIT: i64 = 1_000;
/// Slots of the span over which tokens live.
const SLOTS: usize = 10;

crate::settings! {
    /// Settings of Finagle's budget.
    pub struct Settings {
        /// How long a token lives.
        #[range = ">= 1s"]
        ttl: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// Retries that are always allowed, over the life of a token.
        minimum: Rate = Rate::new(10.0).unwrap_or_default(),
        /// Retries for each call.
        ratio: Probability = Probability::new(0.2).unwrap_or_default(),
    }
}

/// A call pays in 1,000 tokens, a further attempt takes out 1,000 / ratio, and tokens expire after a time, a tenth of
/// it at once; a reserve of so many retries a second is always there.
///
/// Helps when a service fails as a whole: retries add the given share to its load and not a multiple. Hurts little; a
/// small caller lives off the reserve, which many small callers have each. Source: Finagle, `RetryBudget`.
#[derive(Debug, Clone)]
pub struct Finagle {
    tokens: Window<1>,
    reserve: i64,
    deposit: i64,
    withdrawal: i64,
}

impl RetryBudget for Finagle {
    const NAME: &'static str = "finagle";
    const SUMMARY: &'static str = "Calls pay in tokens that expire, further attempts take them out.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_long = settings.ttl >= SimDuration::from_secs(1.0);
        Impossible::unless(is_long, "ttl", "tokens live for a second at least")
    }

    fn new(settings: &Settings) -> Self {
        let ratio = settings.ratio.get();
        let withdrawal = if ratio > 0.0 { (DEPOSIT as f64 / ratio) as i64 } else { 1 };
        let deposit = if ratio > 0.0 { DEPOSIT } else { 0 };
        Self::of(settings.ttl, settings.minimum, (deposit, withdrawal))
    }

    fn begin(&mut self, now: SimTime) {
        self.tokens.add(now, [self.deposit]);
    }

    fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        let [tokens] = self.tokens.sum(asked.now);
        if tokens + self.reserve < self.withdrawal {
            return None;
        }
        self.tokens.add(asked.now, [-self.withdrawal]);
        Some(0)
    }

    fn end(&mut self, _ending: &Ending, _cost: u32) {}
}

impl Finagle {
    /// The budget with these amounts paid in and taken out.
    pub(super) fn of(ttl: SimDuration, minimum: Rate, (deposit, withdrawal): (i64, i64)) -> Self {
        let retries = minimum.per_second() * ttl.as_secs().floor();
        let reserve = (retries * withdrawal as f64) as i64;
        Self { tokens: Window::new(ttl, SLOTS), reserve, deposit, withdrawal }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{asked, at};
    use super::*;

    fn budget(minimum: f64, ratio: f64) -> Finagle {
        Finagle::new(&Settings {
            ttl: SimDuration::from_secs(10.0),
            minimum: Rate::new(minimum).unwrap(),
            ratio: Probability::new(ratio).unwrap(),
        })
    }

    fn granted(budget: &mut Finagle, seconds: f64, wanted: u32) -> u32 {
        (0..wanted).map(|_| u32::from(budget.withdraw(&asked(seconds)).is_some())).sum()
    }

    #[test]
    fn a_fifth_of_the_calls_may_be_tried_again() {
        let mut budget = budget(0.0, 0.2);
        for number in 0..100 {
            budget.begin(at(f64::from(number) / 100.0));
        }
        assert_eq!(granted(&mut budget, 1.0, 100), 20);
    }

    #[test]
    fn the_reserve_holds_for_the_life_of_a_token() {
        let mut budget = budget(10.0, 0.2);
        assert_eq!(granted(&mut budget, 0.0, 200), 100);
        assert_eq!(granted(&mut budget, 9.9, 200), 0);
        assert_eq!(granted(&mut budget, 10.0, 200), 100);
    }

    #[test]
    fn tokens_expire() {
        let mut budget = budget(0.0, 1.0);
        budget.begin(at(0.0));
        budget.begin(at(5.0));
        assert_eq!(granted(&mut budget, 10.0, 9), 1);
    }

    #[test]
    fn without_a_ratio_only_the_reserve_is_left() {
        let mut budget = budget(1.0, 0.0);
        (0..1_000).for_each(|_| budget.begin(at(0.0)));
        assert_eq!(granted(&mut budget, 0.0, 100), 10);
    }
}
