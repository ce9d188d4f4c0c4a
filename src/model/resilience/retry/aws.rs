//! Waits of the AWS SDKs.

use rand::{Rng, RngExt};

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::reason::Reason;
use crate::units::SimDuration;

crate::settings! {
    /// Settings of the waits of an AWS SDK.
    pub struct Settings {
        /// Which revision of the rules of the SDKs holds.
        revision: Revision = Revision::Standard,
        /// The longest that the first wait can be, unless the request was throttled; 1 s, and 50 ms since 2026.
        base: Option<SimDuration> = Option::None,
        /// The same after `throttled`, since 2026; 1 s.
        throttled_base: Option<SimDuration> = Option::None,
        /// No wait is longer.
        cap: SimDuration = SimDuration::from_nanos(20_000_000_000),
    }
}

crate::choices! {
    /// Which rules of the SDKs hold.
    pub enum Revision {
        /// The standard mode until November 2026.
        Standard = "standard",
        /// The revision of 2026: short waits, long ones only after throttling.
        Of2026 = "2026",
    }
}

/// Waits uniformly from 0 to min(base x 2^(n - 1), cap) before retry n. Since 2026 the base is 50 ms, and 1 s after
/// `throttled`; before it was 1 s for all.
///
/// Helps against overload: the whole wait is random, so callers do not come back together. Hurts latency where a try at
/// once would do: the old base of a second waits half a second on average. Source: botocore, `retries/standard.py` and
/// the notes on its 2026 revision. The quota that goes with it is the budget `aws`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aws {
    base: f64,
    throttled_base: f64,
    cap: f64,
}

impl RetryPolicy for Aws {
    const NAME: &'static str = "aws";
    const SUMMARY: &'static str =
        "Waits with full jitter as in the AWS SDKs, those of 2026 by kind of failure.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let knows = settings.revision == Revision::Of2026 || settings.throttled_base.is_none();
        Impossible::unless(knows, "throttled_base", "only the revision of 2026 waits longer after throttling")
    }

    fn new(settings: &Settings) -> Self {
        let usual = match settings.revision {
            Revision::Standard => 1.0,
            Revision::Of2026 => 0.05,
        };
        let base = settings.base.map_or(usual, SimDuration::as_secs);
        let throttled_base = match settings.revision {
            Revision::Standard => base,
            Revision::Of2026 => settings.throttled_base.map_or(1.0, SimDuration::as_secs),
        };
        Self { base, throttled_base, cap: settings.cap.as_secs() }
    }

    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        let base = if failed.reason == Reason::Throttled { self.throttled_base } else { self.base };
        let whole = (base * 2_f64.powi(failed.retry as i32 - 1)).min(self.cap);
        Some(SimDuration::from_secs(random.random::<f64>() * whole))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Drawing, failed};
    use super::*;

    /// The largest number that is drawn.
    const HIGHEST: f64 = 1.0 - f64::EPSILON / 2.0;

    fn longest(revision: Revision, reason: Reason, retries: u32) -> Vec<f64> {
        let cap = SimDuration::from_secs(20.0);
        let policy = Aws::new(&Settings { revision, base: None, throttled_base: None, cap });
        let wait = |retry| {
            let failed = Failed { reason, ..failed(retry) };
            policy.delay(&failed, &mut Drawing(HIGHEST)).unwrap().as_secs()
        };
        (1..=retries).map(wait).collect()
    }

    fn same(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        assert!(found.iter().zip(wanted).all(|(one, other)| (one - other).abs() < 1e-9), "{found:?}");
    }

    #[test]
    fn the_longest_waits_are_those_of_the_sdks() {
        let of_2026 = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0];
        same(&longest(Revision::Standard, Reason::Error, 7), &[1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]);
        same(&longest(Revision::Standard, Reason::Throttled, 2), &[1.0, 2.0]);
        same(&longest(Revision::Of2026, Reason::Timeout, 10), &of_2026);
        same(&longest(Revision::Of2026, Reason::Throttled, 6), &[1.0, 2.0, 4.0, 8.0, 16.0, 20.0]);
    }
}
