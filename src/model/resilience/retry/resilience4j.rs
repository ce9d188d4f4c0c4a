//! Growing waits of resilience4j.

use rand::{Rng, RngExt};

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of resilience4j's exponential random backoff.
    pub struct Settings {
        /// The first wait, before its random part.
        base: SimDuration = SimDuration::from_nanos(500_000_000),
        /// What each wait is multiplied by for the next.
        #[range = ">= 1"]
        factor: f64 = 1.5,
        /// How much longer or shorter a wait can be.
        randomisation: Probability = Probability::new(0.5).unwrap_or_default(),
    }
}

/// Waits base x factor^(n - 1) before retry n, times a factor drawn uniformly from 1 - randomisation to
/// 1 + randomisation.
///
/// Helps against callers that come back together, half as well as full jitter, and never comes back at once. Hurts as
/// long waits do; there is no longest one. Source: resilience4j, `IntervalFunction.ofExponentialRandomBackoff`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resilience4j {
    base: f64,
    factor: f64,
    randomisation: f64,
}

impl RetryPolicy for Resilience4j {
    const NAME: &'static str = "resilience4j";
    const SUMMARY: &'static str = "Waits that grow by half, a half more or less.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.factor >= 1.0, "factor", "waits that grow have a factor of at least 1")
    }

    fn new(settings: &Settings) -> Self {
        Self {
            base: settings.base.as_secs(),
            factor: settings.factor,
            randomisation: settings.randomisation.get(),
        }
    }

    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        let whole = self.base * self.factor.powi(failed.retry as i32 - 1);
        let part = 1.0 + self.randomisation * (2.0 * random.random::<f64>() - 1.0);
        Some(SimDuration::from_secs(whole * part))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Drawing, failed};
    use super::*;

    #[test]
    fn waits_grow_by_half_and_vary_by_half() {
        let base = SimDuration::from_secs(0.5);
        let randomisation = Probability::new(0.5).unwrap();
        let policy = Resilience4j::new(&Settings { base, factor: 1.5, randomisation });
        for (drawn, wanted) in
            [(0.0, [0.25, 0.375, 0.5625]), (0.5, [0.5, 0.75, 1.125]), (0.75, [0.625, 0.9375, 1.40625])]
        {
            for (retry, wanted) in (1..).zip(wanted) {
                let found = policy.delay(&failed(retry), &mut Drawing(drawn)).unwrap().as_secs();
                assert!((found - wanted).abs() < 1e-9, "{drawn} {retry}: {found}");
            }
        }
    }
}
