//! Waits of Envoy.

use rand::{Rng, RngExt};

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of Envoy's waits.
    pub struct Settings {
        /// The unit of the waits.
        #[range = ">= 1ms"]
        base: SimDuration = SimDuration::from_nanos(25_000_000),
        /// No wait is longer; ten times the base where absent.
        cap: Option<SimDuration> = Option::None,
    }
}

/// Waits uniformly from 0 to min((2^n - 1) x base, cap) before retry n, in whole milliseconds: with the defaults at
/// most 24, 74, 174 and then 249 ms.
///
/// Helps against callers that come back together: all of the wait is random. Hurts under long overload, where waits of
/// a quarter of a second at most soon come back; a budget has to limit them. Source: Envoy, `router.v3.RetryPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envoy {
    base: u64,
    cap: u64,
}

const MILLISECOND: u64 = 1_000_000;

impl RetryPolicy for Envoy {
    const NAME: &'static str = "envoy";
    const SUMMARY: &'static str = "Uniform waits below (2^n - 1) x base and a cap, in whole milliseconds.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let base = settings.base;
        let least = "this is counted in whole milliseconds, at least one";
        Impossible::unless(base.as_nanos() >= MILLISECOND, "base", least)?;
        let is_long = settings.cap.is_none_or(|cap| cap >= base);
        Impossible::unless(is_long, "cap", "the cap is at least the base")
    }

    fn new(settings: &Settings) -> Self {
        let base = settings.base.as_nanos() / MILLISECOND;
        let cap = settings.cap.map_or(base.saturating_mul(10), |cap| cap.as_nanos() / MILLISECOND);
        Self { base, cap }
    }

    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        let steps = (1_u64 << failed.retry.min(40)) - 1;
        let below = steps.saturating_mul(self.base).min(self.cap);
        Some(SimDuration::from_nanos(random.random_range(0..below).saturating_mul(MILLISECOND)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::failed;
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    #[test]
    fn the_longest_waits_are_those_of_the_documentation() {
        let policy = Envoy::new(&Settings { base: SimDuration::from_nanos(25_000_000), cap: None });
        for (retry, longest) in [(1, 24), (2, 74), (3, 174), (4, 249), (5, 249), (200, 249)] {
            let failed = failed(retry);
            let waits =
                (0..20_000).map(|key| policy.delay(&failed, &mut draw(key, Purpose::Jitter)).unwrap());
            // One of 250 values is missed by 20,000 draws with a chance below 1e-34.
            assert_eq!(waits.max().unwrap(), SimDuration::from_nanos(longest * MILLISECOND), "{retry}");
        }
    }
}
