//! Waits without memory.

use rand::Rng;
use rand_distr::{Distribution as _, Exp1};

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of waits without memory.
    pub struct Settings {
        /// The mean wait.
        #[range = "> 0"]
        mean: SimDuration,
    }
}

/// Waits an exponentially distributed time before every retry, however many there were.
///
/// Helps where many callers wait for one place: each tries on its own, and none is before the others. It is the caller
/// of retrial queues, whose answers are known exactly. Hurts under long overload: waits do not grow. Source: Falin and
/// Templeton, "Retrial Queues", 1997.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memoryless {
    mean: f64,
}

impl RetryPolicy for Memoryless {
    const NAME: &'static str = "memoryless";
    const SUMMARY: &'static str = "Exponentially distributed waits, as in retrial queues.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_long = settings.mean > SimDuration::ZERO;
        Impossible::unless(
            is_long,
            "mean",
            "a mean wait is longer than nothing; \"fixed\" waits no time at all",
        )
    }

    fn new(settings: &Settings) -> Self {
        Self { mean: settings.mean.as_secs() }
    }

    fn delay<R: Rng + ?Sized>(&self, _failed: &Failed, random: &mut R) -> Option<SimDuration> {
        let unit: f64 = Exp1.sample(random);
        Some(SimDuration::from_secs(unit * self.mean))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Failed;
    use super::super::sample::failed;
    use super::*;
    use crate::kernel::stream::{Purpose, draw};
    use crate::reason::Reason;

    #[test]
    fn waits_have_their_mean_and_no_memory() {
        let policy = Memoryless::new(&Settings { mean: SimDuration::from_secs(2.0) });
        let count = 100_000;
        for retry in [1, 7] {
            let failed = Failed { reason: Reason::QueueFull, ..failed(retry) };
            let wait = |key| policy.delay(&failed, &mut draw(key, Purpose::Jitter)).unwrap().as_secs();
            let waits: Vec<f64> = (0..count).map(wait).collect();
            let mean = waits.iter().sum::<f64>() / count as f64;
            // Five standard errors of the mean, and of a share of exp(-1) and of exp(-2).
            assert!((mean - 2.0).abs() < 5.0 * 2.0 / (count as f64).sqrt(), "{mean}");
            for (longer, expected) in [(2.0, (-1.0_f64).exp()), (4.0, (-2.0_f64).exp())] {
                let share = waits.iter().filter(|one| **one > longer).count() as f64 / count as f64;
                let spread = (expected * (1.0 - expected) / count as f64).sqrt();
                assert!((share - expected).abs() < 5.0 * spread, "{share} above {longer} s");
            }
        }
    }
}
