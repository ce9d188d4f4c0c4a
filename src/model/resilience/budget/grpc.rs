//! The retry throttle of gRPC.

use super::{Asked, RetryBudget};
use crate::model::resilience::{Ending, Impossible};
use crate::units::SimTime;

/// Tokens are counted in thousandths.
const TOKEN: u64 = 1_000;

crate::settings! {
    /// Settings of gRPC's throttle.
    pub struct Settings {
        /// Tokens at the start and at most (`maxTokens`).
        #[range = ">= 1, <= 1000"]
        tokens: u32 = 10,
        /// What an answer adds, in tokens to three decimals (`tokenRatio`).
        #[range = ">= 0.001, <= 1000"]
        ratio: f64 = 0.1,
    }
}

/// A failure that may be tried again takes a token, an answer adds a part of one; further attempts are made only while
/// more than half of the tokens are there.
///
/// Helps when a service fails as a whole: no retry after five failures in a row, and about one for ten answers with the
/// defaults. Hurts after it: a few failures at once stop retries until many calls have gone well. Source: gRPC proposal
/// A6; the tokens are those of one decider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grpc {
    tokens: u64,
    most: u64,
    answer: u64,
}

impl RetryBudget for Grpc {
    const NAME: &'static str = "grpc";
    const SUMMARY: &'static str =
        "Failures take tokens, answers add a part of one, half of them must be there.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_known = (1..=1_000).contains(&settings.tokens);
        Impossible::unless(is_known, "tokens", "gRPC takes 1 to 1000 tokens")?;
        let is_counted = settings.ratio >= 0.001 && settings.ratio <= 1_000.0;
        Impossible::unless(is_counted, "ratio", "an answer adds from 0.001 to 1000 tokens")
    }

    fn new(settings: &Settings) -> Self {
        let most = u64::from(settings.tokens) * TOKEN;
        Self { tokens: most, most, answer: (settings.ratio * TOKEN as f64) as u64 }
    }

    fn begin(&mut self, _now: SimTime) {}

    fn withdraw(&mut self, _asked: &Asked) -> Option<u32> {
        (self.tokens * 2 > self.most).then_some(0)
    }

    fn end(&mut self, ending: &Ending, _cost: u32) {
        match ending.failure {
            Some(_) if ending.is_counted => self.tokens = self.tokens.saturating_sub(TOKEN),
            Some(_) => {}
            None => self.tokens = (self.tokens + self.answer).min(self.most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{asked, ended};
    use super::*;
    use crate::reason::Reason;

    #[test]
    fn five_failures_of_ten_tokens_stop_retries() {
        let mut budget = Grpc::new(&Settings { tokens: 10, ratio: 0.1 });
        let mut grants = Vec::new();
        for _ in 0..5 {
            budget.end(&ended(0.0, Some(Reason::Error)), 0);
            grants.push(budget.withdraw(&asked(0.0)).is_some());
        }
        assert_eq!(grants, [true, true, true, true, false]);
        // One answer is enough to have more than five.
        budget.end(&ended(0.0, None), 0);
        assert!(budget.withdraw(&asked(0.0)).is_some());
        // There are never more than ten.
        (0..1_000).for_each(|_| budget.end(&ended(0.0, None), 0));
        (0..5).for_each(|_| budget.end(&ended(0.0, Some(Reason::Error)), 0));
        assert!(budget.withdraw(&asked(0.0)).is_none());
    }

    #[test]
    fn a_failure_that_is_not_tried_again_costs_nothing() {
        let mut budget = Grpc::new(&Settings { tokens: 1, ratio: 0.1 });
        budget.end(&Ending { is_counted: false, ..ended(0.0, Some(Reason::ClientError)) }, 0);
        assert!(budget.withdraw(&asked(0.0)).is_some());
    }
}
