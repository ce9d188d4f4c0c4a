//! A bucket of tokens that fills at a rate.

use super::{Arriving, LimitPolicy, Verdict};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::{Rate, SimDuration};

crate::settings! {
    /// Settings of a token bucket.
    pub struct Settings {
        /// How fast tokens are added.
        rate: Rate,
        /// Tokens at the start and at most.
        #[range = ">= 1"]
        burst: u32,
    }
}

/// Lets an attempt in for a token; tokens come at a rate, up to a number.
///
/// Helps against callers who send more than was agreed. Hurts where the limit is not the capacity: it refuses work that
/// could be done, or lets in work that cannot. Source: the common rule min(burst, tokens + rate x time), as in Amazon API
/// Gateway (10,000/s and a burst of 5,000 for an account).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBucket {
    /// Time for a token, and for a whole bucket [ns].
    token: u64,
    bucket: u64,
    /// When the bucket is full again [ns]: an exact stand-in for a number of tokens.
    full_at: u64,
}

impl TokenBucket {
    /// When the bucket would be full again if a token were taken at `now`; `None` where there is none \[ns\].
    fn after(&self, now: u64) -> Option<u64> {
        let full_at = self.full_at.max(now).saturating_add(self.token);
        (full_at - now <= self.bucket).then_some(full_at)
    }

    /// Whether there is a token at `now` \[ns\].
    pub fn has(&self, now: u64) -> bool {
        self.after(now).is_some()
    }

    /// Takes a token at `now` \[ns\], if there is one.
    pub fn take(&mut self, now: u64) -> bool {
        let full_at = self.after(now);
        self.full_at = full_at.unwrap_or(self.full_at);
        full_at.is_some()
    }
}

impl LimitPolicy for TokenBucket {
    const NAME: &'static str = "token-bucket";
    const SUMMARY: &'static str = "A token for each attempt, from a bucket that fills at a rate.";
    const REASON: Reason = Reason::Throttled;
    const WAITS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        check_rate(settings.rate)?;
        Impossible::unless(settings.burst > 0, "burst", "a bucket without room for a token lets nothing in")
    }

    fn new(settings: &Settings) -> Self {
        let token = interval(settings.rate);
        Self { token, bucket: token.saturating_mul(u64::from(settings.burst)), full_at: 0 }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        if self.take(arriving.now.as_nanos()) { Verdict::Admit } else { Verdict::Refuse }
    }

    fn end(&mut self, _ending: &Ending) {}
}

/// A rate that has a whole number of nanoseconds between two attempts.
pub(super) fn check_rate(rate: Rate) -> Result<(), Impossible> {
    let is_known = (1e-9..=1e9).contains(&rate.per_second());
    Impossible::unless(is_known, "rate", "expected from one in 30 years to one in a nanosecond")
}

/// Time between two attempts at a rate [ns].
pub(super) fn interval(rate: Rate) -> u64 {
    SimDuration::from_secs(1.0 / rate.per_second()).as_nanos()
}

#[cfg(test)]
mod tests {
    use super::super::sample::arriving;
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut limit = TokenBucket::new(&Settings { rate: Rate::new(10.0).unwrap(), burst: 5 });
        let mut admitted =
            |seconds| (0..100).take_while(|_| limit.admit(&arriving(seconds)) == Verdict::Admit).count();
        assert_eq!(admitted(1.0), 5);
        assert_eq!(admitted(1.05), 0);
        assert_eq!(admitted(1.1), 1);
        assert_eq!(admitted(1.35), 2);
        // Half a token was left over.
        assert_eq!(admitted(1.4), 1);
        assert_eq!(admitted(100.0), 5);
    }

    #[test]
    fn who_only_looks_takes_nothing() {
        let mut limit = TokenBucket::new(&Settings { rate: Rate::new(1.0).unwrap(), burst: 1 });
        assert!(limit.has(0) && limit.has(0) && limit.take(0));
        assert!(!limit.has(999_999_999) && !limit.take(999_999_999));
        assert!(limit.has(1_000_000_000) && limit.take(1_000_000_000));
    }
}
