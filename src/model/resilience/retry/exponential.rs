//! Waits that grow, with or without a random part.

use rand::{Rng, RngExt};

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of waits that grow.
    pub struct Settings {
        /// The first wait.
        base: SimDuration,
        /// The longest wait.
        cap: Option<SimDuration> = Option::None,
        /// What each wait is multiplied by for the next.
        #[range = ">= 1"]
        factor: f64 = 2.0,
        /// The random part.
        jitter: Jitter = Jitter::None,
    }
}

crate::choices! {
    /// The random part of a wait.
    pub enum Jitter {
        /// None: all callers come back together.
        None = "none",
        /// Uniform from 0 to the wait.
        Full = "full",
        /// Half the wait, and uniform from 0 to the other half.
        Equal = "equal",
        /// Uniform from the base to three times the last wait, or the base before the first, at most the cap.
        Decorrelated = "decorrelated",
    }
}

/// Waits min(cap, base x factor^(n - 1)) before retry n, less what jitter takes away.
///
/// Helps against overload and, with jitter, against callers that come back together. Hurts latency where a second try
/// at once would do. Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponential {
    base: f64,
    cap: f64,
    factor: f64,
    jitter: Jitter,
}

impl RetryPolicy for Exponential {
    const NAME: &'static str = "exponential";
    const SUMMARY: &'static str = "Waits that grow by a factor up to a cap, with jitter.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.factor >= 1.0, "factor", "waits that grow have a factor of at least 1")
    }

    fn new(settings: &Settings) -> Self {
        Self {
            base: settings.base.as_secs(),
            cap: settings.cap.map_or(f64::INFINITY, SimDuration::as_secs),
            factor: settings.factor,
            jitter: settings.jitter,
        }
    }

    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        let Failed { retry, previous, .. } = *failed;
        let whole = (self.base * self.factor.powi(retry as i32 - 1)).min(self.cap);
        let seconds = match self.jitter {
            Jitter::None => whole,
            Jitter::Full => random.random::<f64>() * whole,
            Jitter::Equal => (1.0 + random.random::<f64>()) * whole / 2.0,
            Jitter::Decorrelated => {
                let high = 3.0 * previous.as_secs().max(self.base);
                (self.base + random.random::<f64>() * (high - self.base)).min(self.cap)
            }
        };
        Some(SimDuration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::failed;
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    fn waits(jitter: Jitter, retry: u32, previous: f64) -> Vec<f64> {
        let settings = Settings {
            base: SimDuration::from_secs(0.1),
            cap: Some(SimDuration::from_secs(2.0)),
            factor: 2.0,
            jitter,
        };
        let policy = Exponential::new(&settings);
        let previous = SimDuration::from_secs(previous);
        let failed = Failed { previous, ..failed(retry) };
        let one = |key| policy.delay(&failed, &mut draw(key, Purpose::Jitter)).unwrap().as_secs();
        (0..2_000).map(one).collect()
    }

    /// Smallest, mean and largest of many waits lie at the ends and in the middle of the range.
    fn uniform(waits: &[f64], low: f64, high: f64) {
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        // Five standard errors of the mean of 2,000 uniform draws.
        let room = 5.0 * (high - low) / (12.0 * waits.len() as f64).sqrt();
        assert!(waits.iter().all(|one| (low - 1e-9..=high + 1e-9).contains(one)), "{low} to {high}");
        assert!(
            (mean - f64::midpoint(low, high)).abs() < room,
            "{mean} is not the middle of {low} to {high}"
        );
    }

    #[test]
    fn jitter_takes_its_part_of_the_wait() {
        assert!(waits(Jitter::None, 3, 0.0).iter().all(|one| (one - 0.4).abs() < 1e-9));
        assert!(waits(Jitter::None, 9, 0.0).iter().all(|one| (one - 2.0).abs() < 1e-9));
        uniform(&waits(Jitter::Full, 3, 0.0), 0.0, 0.4);
        uniform(&waits(Jitter::Equal, 3, 0.0), 0.2, 0.4);
        uniform(&waits(Jitter::Decorrelated, 3, 0.3), 0.1, 0.9);
        // Before the first there is no last one: the base stands for it.
        uniform(&waits(Jitter::Decorrelated, 1, 0.0), 0.1, 0.3);
    }
}
