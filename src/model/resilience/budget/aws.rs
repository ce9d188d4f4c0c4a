//! The retry quota of the AWS SDKs.

use super::{Asked, RetryBudget};
use crate::model::resilience::retry::AwsRevision as Revision;
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::SimTime;

crate::settings! {
    /// Settings of the quota of an AWS SDK.
    pub struct Settings {
        /// Which revision of the costs holds.
        revision: Revision = Revision::Standard,
        /// Tokens at the start and at most.
        capacity: u32 = 500,
    }
}

/// A bucket of 500 tokens. A retry costs 5, after a timeout 10; since 2026 it costs 14, after throttling 5. An answer to
/// a retry gives its cost back, an answer to a first attempt gives 1.
///
/// Helps when a service fails as a whole: after a hundred retries in a row there are no more. Hurts after a long failure,
/// when the bucket is empty and fills by one for each answer. Source: botocore, `retries/quota.py` and the notes on its
/// 2026 revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aws {
    revision: Revision,
    tokens: u32,
    capacity: u32,
}

impl RetryBudget for Aws {
    const NAME: &'static str = "aws";
    const SUMMARY: &'static str = "A bucket of tokens that retries take and answers give back.";
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        Self { revision: settings.revision, tokens: settings.capacity, capacity: settings.capacity }
    }

    fn begin(&mut self, _now: SimTime) {}

    fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        let cost = match (self.revision, asked.reason) {
            (Revision::Standard, Some(Reason::Timeout)) => 10,
            (Revision::Standard, _) | (Revision::Of2026, Some(Reason::Throttled)) => 5,
            (Revision::Of2026, _) => 14,
        };
        self.tokens = self.tokens.checked_sub(cost)?;
        Some(cost)
    }

    fn end(&mut self, ending: &Ending, cost: u32) {
        if ending.failure.is_none() {
            self.tokens = (self.tokens + cost.max(1)).min(self.capacity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{asked, ended};
    use super::*;

    fn budget(revision: Revision) -> Aws {
        Aws::new(&Settings { revision, capacity: 500 })
    }

    fn granted(budget: &mut Aws, reason: Reason) -> usize {
        (0..1_000)
            .filter(|_| budget.withdraw(&Asked { reason: Some(reason), ..asked(0.0) }).is_some())
            .count()
    }

    #[test]
    fn an_empty_bucket_admits_no_retry() {
        assert_eq!(granted(&mut budget(Revision::Standard), Reason::Error), 100);
        assert_eq!(granted(&mut budget(Revision::Standard), Reason::Timeout), 50);
        assert_eq!(granted(&mut budget(Revision::Of2026), Reason::Error), 35);
        assert_eq!(granted(&mut budget(Revision::Of2026), Reason::Timeout), 35);
        assert_eq!(granted(&mut budget(Revision::Of2026), Reason::Throttled), 100);
    }

    #[test]
    fn answers_give_tokens_back() {
        let mut budget = budget(Revision::Standard);
        assert_eq!(granted(&mut budget, Reason::Error), 100);
        (0..4).for_each(|_| budget.end(&ended(0.0, None), 0));
        assert_eq!(granted(&mut budget, Reason::Error), 0);
        budget.end(&ended(0.0, None), 0);
        assert_eq!(granted(&mut budget, Reason::Error), 1);
        budget.end(&ended(0.0, None), 5);
        assert_eq!(granted(&mut budget, Reason::Error), 1);
        budget.end(&ended(0.0, Some(Reason::Error)), 5);
        assert_eq!(granted(&mut budget, Reason::Error), 0);
    }
}
