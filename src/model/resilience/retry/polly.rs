//! Waits of Polly.

use rand::{Rng, RngExt};

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of Polly's waits.
    pub struct Settings {
        /// The wait that the others are made of.
        base: SimDuration = SimDuration::from_nanos(2_000_000_000),
        /// How waits grow.
        backoff: Backoff = Backoff::Constant,
        /// Whether there is a random part.
        jitter: bool = false,
    }
}

crate::choices! {
    /// How waits grow.
    pub enum Backoff {
        /// Not at all.
        Constant = "constant",
        /// By the base each time.
        Linear = "linear",
        /// Twice as long each time.
        Exponential = "exponential",
    }
}

/// Waits the base, n times the base, or 2^(n - 1) times the base before retry n. With jitter a quarter of that more or
/// less, and for exponential waits "decorrelated jitter v2": with t uniform from n - 1 to n and
/// F(t) = 2^t tanh(sqrt(4 t)), the time from the first failure to retry n is base F(t) / 1.4, less what was waited.
///
/// Helps, with that jitter, against callers that come back together: retries of many are spread evenly over time. Hurts
/// with its defaults, where all come back after two seconds. Source: Polly v8, `RetryHelper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Polly {
    base: f64,
    backoff: Backoff,
    has_jitter: bool,
}

impl RetryPolicy for Polly {
    const NAME: &'static str = "polly";
    const SUMMARY: &'static str = "Constant, linear or exponential waits, with Polly's jitter for each.";
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        Self { base: settings.base.as_secs(), backoff: settings.backoff, has_jitter: settings.jitter }
    }

    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        let number = f64::from(failed.retry);
        let whole = match self.backoff {
            Backoff::Constant => self.base,
            Backoff::Linear => self.base * number,
            Backoff::Exponential if self.has_jitter => {
                let at = number - 1.0 + random.random::<f64>();
                let from_first = 2_f64.powf(at) * (4.0 * at).sqrt().tanh() / 1.4 * self.base;
                return Some(SimDuration::from_secs((from_first - failed.rested.as_secs()).max(0.0)));
            }
            Backoff::Exponential => self.base * 2_f64.powf(number - 1.0),
        };
        let part = if self.has_jitter { 0.75 + 0.5 * random.random::<f64>() } else { 1.0 };
        Some(SimDuration::from_secs(whole * part))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Drawing, failed};
    use super::*;

    /// The first four waits where every draw is the same.
    fn waits(backoff: Backoff, jitter: bool, drawn: f64) -> Vec<f64> {
        let policy = Polly::new(&Settings { base: SimDuration::from_secs(2.0), backoff, jitter });
        let mut rested = SimDuration::ZERO;
        let mut wait = |retry| {
            let wait = policy.delay(&Failed { rested, ..failed(retry) }, &mut Drawing(drawn)).unwrap();
            rested += wait;
            wait.as_secs()
        };
        (1..=4).map(&mut wait).collect()
    }

    fn same(found: &[f64], wanted: [f64; 4]) {
        assert!(found.iter().zip(wanted).all(|(one, other)| (one - other).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn waits_grow_as_told() {
        same(&waits(Backoff::Constant, false, 0.3), [2.0, 2.0, 2.0, 2.0]);
        same(&waits(Backoff::Linear, false, 0.3), [2.0, 4.0, 6.0, 8.0]);
        same(&waits(Backoff::Exponential, false, 0.3), [2.0, 4.0, 8.0, 16.0]);
    }

    #[test]
    fn jitter_is_a_quarter_more_or_less() {
        same(&waits(Backoff::Constant, true, 0.0), [1.5, 1.5, 1.5, 1.5]);
        same(&waits(Backoff::Constant, true, 0.75), [2.25, 2.25, 2.25, 2.25]);
        same(&waits(Backoff::Linear, true, 0.5), [2.0, 4.0, 6.0, 8.0]);
    }

    #[test]
    fn exponential_jitter_follows_its_curve() {
        same(&waits(Backoff::Exponential, true, 0.0), [0.0, 2.754_364_515, 2.920_134_603, 5.731_699_725]);
        same(
            &waits(Backoff::Exponential, true, 0.5),
            [1.794_809_871, 2.186_007_095, 4.071_495_925, 8.091_958_846],
        );
    }
}
