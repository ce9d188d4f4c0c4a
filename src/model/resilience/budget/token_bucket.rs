//! A plain bucket of tokens.

use super::{Asked, RetryBudget};
use crate::model::resilience::{Ending, Impossible};
use crate::units::SimTime;

/// Tokens are counted in thousandths.
const TOKEN: f64 = 1_000.0;
/// Most tokens of a bucket.
const MOST: f64 = 1e6;

crate::settings! {
    /// Settings of a plain bucket of tokens.
    pub struct Settings {
        /// Tokens at the start and at most, to three decimals; up to a million.
        size: f64 = 5.0,
        /// Tokens that are paid in each time, to three decimals.
        deposit: f64 = 0.1,
        /// For what they are paid in: for each call as it begins, or for each attempt that is answered well.
        per: Per = Per::Call,
        /// Tokens that a further attempt takes out, to three decimals; it is not made while fewer are there.
        cost: f64 = 1.0,
    }
}

crate::choices! {
    /// For what tokens are paid in.
    pub enum Per {
        /// For each call, when it begins.
        Call = "call",
        /// For each attempt that is answered well, further ones included.
        Success = "success",
    }
}

/// Calls, or answers, pay in a part of a token up to the size of the bucket; a further attempt takes out a whole one, and
/// is not made when there is none. Tokens never expire.
///
/// Helps when a service fails as a whole: after the bucket is empty, retries add no more than `deposit / cost` of the
/// calls to its load, and paid in per success nothing at all. Hurts little: while fewer calls than that fail, nearly all
/// are tried again. What a full bucket holds is spent at once when a failure begins, so many small callers, each with a
/// bucket of its own, add more load for longer than a large one. Source: Brooker, "Fixing retries with token buckets and circuit
/// breakers", 2022: 5 tokens, a tenth of one each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBucket {
    tokens: u64,
    most: u64,
    deposit: u64,
    per: Per,
    cost: u32,
}

/// Tokens in thousandths.
fn thousandths(tokens: f64) -> u64 {
    (tokens * TOKEN).round() as u64
}

impl RetryBudget for TokenBucket {
    const NAME: &'static str = "token-bucket";
    const SUMMARY: &'static str =
        "Calls or answers pay in a part of a token, further attempts take out a whole one.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_amount = |tokens: f64| (0.0..=MOST).contains(&tokens);
        let is_whole = |tokens: f64| (tokens * TOKEN - (tokens * TOKEN).round()).abs() < 1e-6;
        for (key, tokens) in [("size", settings.size), ("deposit", settings.deposit), ("cost", settings.cost)]
        {
            Impossible::unless(is_amount(tokens), key, "expected from 0 to 1000000 tokens")?;
            Impossible::unless(is_whole(tokens), key, "tokens are counted to three decimals")?;
        }
        Impossible::unless(settings.cost > 0.0, "cost", "what costs nothing needs no budget")?;
        let is_reached = settings.size >= settings.cost;
        Impossible::unless(is_reached, "size", "the bucket never holds what a further attempt costs")
    }

    fn new(settings: &Settings) -> Self {
        let most = thousandths(settings.size);
        let cost = thousandths(settings.cost) as u32;
        Self { tokens: most, most, deposit: thousandths(settings.deposit), per: settings.per, cost }
    }

    fn begin(&mut self, _now: SimTime) {
        if self.per == Per::Call {
            self.pay_in();
        }
    }

    fn withdraw(&mut self, _asked: &Asked) -> Option<u32> {
        self.tokens = self.tokens.checked_sub(u64::from(self.cost))?;
        Some(self.cost)
    }

    fn end(&mut self, ending: &Ending, _cost: u32) {
        if self.per == Per::Success && ending.failure.is_none() {
            self.pay_in();
        }
    }
}

impl TokenBucket {
    fn pay_in(&mut self) {
        self.tokens = (self.tokens + self.deposit).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{asked, at, ended};
    use super::*;
    use crate::reason::Reason;

    fn budget(per: Per) -> TokenBucket {
        TokenBucket::new(&Settings { size: 5.0, deposit: 0.1, per, cost: 1.0 })
    }

    fn granted(budget: &mut TokenBucket, seconds: f64) -> usize {
        (0..100).filter(|_| budget.withdraw(&asked(seconds)).is_some()).count()
    }

    #[test]
    fn ten_calls_pay_for_a_retry() {
        let mut budget = budget(Per::Call);
        assert_eq!(granted(&mut budget, 0.0), 5);
        (0..9).for_each(|_| budget.begin(at(1.0)));
        (0..9).for_each(|_| budget.end(&ended(1.0, None), 0));
        assert_eq!(granted(&mut budget, 1.0), 0);
        budget.begin(at(1.0));
        assert_eq!(granted(&mut budget, 1.0), 1);
    }

    #[test]
    fn ten_answers_pay_for_a_retry_and_failures_for_none() {
        let mut budget = budget(Per::Success);
        assert_eq!(granted(&mut budget, 0.0), 5);
        (0..99).for_each(|_| budget.begin(at(1.0)));
        (0..99).for_each(|_| budget.end(&ended(1.0, Some(Reason::Error)), 0));
        assert_eq!(granted(&mut budget, 1.0), 0);
        (0..10).for_each(|_| budget.end(&ended(1.0, None), 1_000));
        assert_eq!(granted(&mut budget, 1.0), 1);
    }

    #[test]
    fn the_bucket_is_never_fuller_than_full_and_its_tokens_do_not_expire() {
        let mut budget = budget(Per::Call);
        (0..1_000).for_each(|_| budget.begin(at(1.0)));
        assert_eq!(granted(&mut budget, 1e9), 5);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let sound = Settings { size: 5.0, deposit: 0.1, per: Per::Call, cost: 1.0 };
        assert_eq!(TokenBucket::check(&sound), Ok(()));
        let refused = [
            ("size", Settings { size: 0.5, ..sound.clone() }),
            ("size", Settings { size: f64::INFINITY, ..sound.clone() }),
            ("deposit", Settings { deposit: -0.1, ..sound.clone() }),
            ("deposit", Settings { deposit: 0.000_1, ..sound.clone() }),
            ("cost", Settings { cost: 0.0, ..sound.clone() }),
            ("cost", Settings { cost: f64::NAN, ..sound }),
        ];
        for (key, settings) in refused {
            assert_eq!(TokenBucket::check(&settings).map_err(|one| one.key), Err(key.into()));
        }
    }
}
