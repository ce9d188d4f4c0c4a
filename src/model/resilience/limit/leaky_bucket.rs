//! A bucket that leaks at a rate, as in nginx.

use super::token_bucket::{check_rate, interval};
use super::{Arriving, LimitPolicy, Verdict};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::{Rate, SimDuration};

crate::settings! {
    /// Settings of a leaky bucket.
    pub struct Settings {
        /// Attempts let through.
        rate: Rate,
        /// So many may be early.
        burst: u32 = 0,
    }
}

/// Lets attempts through at even distances: one that comes early waits for its turn, and is refused when more than
/// `burst` would wait.
///
/// Helps a service behind it that cannot take two at once. Hurts latency: a burst is served at the rate even where the
/// service is idle. Source: nginx, `limit_req` (from memory: unconfirmed); a `token-bucket` is its `nodelay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeakyBucket {
    /// Between two attempts, and at most before one's turn [ns].
    interval: u64,
    longest: u64,
    /// The next turn [ns].
    next: u64,
}

impl LimitPolicy for LeakyBucket {
    const NAME: &'static str = "leaky-bucket";
    const SUMMARY: &'static str =
        "Attempts at even distances; those that come early wait, too many are refused.";
    const REASON: Reason = Reason::Throttled;
    const WAITS: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        check_rate(settings.rate)
    }

    fn new(settings: &Settings) -> Self {
        let interval = interval(settings.rate);
        Self { interval, longest: interval.saturating_mul(u64::from(settings.burst)), next: 0 }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        let now = arriving.now.as_nanos();
        let wait = self.next.saturating_sub(now);
        if wait > self.longest {
            return Verdict::Refuse;
        }
        self.next = self.next.max(now).saturating_add(self.interval);
        if wait == 0 { Verdict::Admit } else { Verdict::Wait(SimDuration::from_nanos(wait)) }
    }

    fn end(&mut self, _ending: &Ending) {}
}

#[cfg(test)]
mod tests {
    use super::super::sample::arriving;
    use super::*;

    #[test]
    fn early_ones_wait_for_their_turn() {
        let mut limit = LeakyBucket::new(&Settings { rate: Rate::new(10.0).unwrap(), burst: 2 });
        let wait = |millis: u64| Verdict::Wait(SimDuration::from_nanos(millis * 1_000_000));
        let verdicts: Vec<_> = (0..4).map(|_| limit.admit(&arriving(1.0))).collect();
        assert_eq!(verdicts, [Verdict::Admit, wait(100), wait(200), Verdict::Refuse]);
        assert_eq!(limit.admit(&arriving(1.15)), wait(150));
        assert_eq!(limit.admit(&arriving(1.4)), Verdict::Admit);
    }
}
