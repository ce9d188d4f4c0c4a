//! Waits of gRPC.

use rand::{Rng, RngExt};

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of gRPC's waits.
    pub struct Settings {
        /// The first wait (`initialBackoff`).
        base: SimDuration,
        /// The longest wait before its random part (`maxBackoff`).
        cap: SimDuration,
        /// What each wait is multiplied by for the next (`backoffMultiplier`).
        #[range = "> 0"]
        factor: f64 = 2.0,
        /// More attempts than these are not made, whatever `attempts` says; a client may lift it.
        #[range = ">= 1"]
        attempts_max: u32 = 5,
    }
}

/// Waits min(base x factor^(n - 1), cap) before retry n, times a factor drawn uniformly from 0.8 to 1.2.
///
/// Helps where waits should be predictable to a fifth. Hurts when many callers fail at once: they come back within 40 %
/// of the wait, where full jitter would spread them over all of it. Source: gRPC proposal A6.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grpc {
    base: f64,
    cap: f64,
    factor: f64,
}

impl RetryPolicy for Grpc {
    const NAME: &'static str = "grpc";
    const SUMMARY: &'static str = "Waits that grow by a factor up to a cap, a fifth more or less.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.factor > 0.0, "factor", "a factor is above 0")?;
        let is_possible = settings.attempts_max >= 1;
        Impossible::unless(is_possible, "attempts_max", "the first attempt is always made")
    }

    fn attempts_max(settings: &Settings) -> u32 {
        settings.attempts_max
    }

    fn new(settings: &Settings) -> Self {
        Self { base: settings.base.as_secs(), cap: settings.cap.as_secs(), factor: settings.factor }
    }

    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        let whole = (self.base * self.factor.powi(failed.retry as i32 - 1)).min(self.cap);
        Some(SimDuration::from_secs(whole * (0.8 + 0.4 * random.random::<f64>())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::failed;
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    #[test]
    fn waits_lie_within_a_fifth() {
        let (base, cap) = (SimDuration::from_secs(1.0), SimDuration::from_secs(5.0));
        let policy = Grpc::new(&Settings { base, cap, factor: 2.0, attempts_max: 5 });
        for (retry, whole) in [(1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (9, 5.0)] {
            let failed = failed(retry);
            let one = |key| policy.delay(&failed, &mut draw(key, Purpose::Jitter)).unwrap().as_secs();
            let waits: Vec<f64> = (0..2_000).map(one).collect();
            let low = waits.iter().copied().fold(f64::INFINITY, f64::min);
            let high = waits.iter().copied().fold(0.0, f64::max);
            // 2,000 draws come within a hundredth of each end but for a chance of 1e-8.
            assert!((0.8..0.804).contains(&(low / whole)), "{retry}: {low}");
            assert!((1.196..=1.2).contains(&(high / whole)), "{retry}: {high}");
        }
    }
}
