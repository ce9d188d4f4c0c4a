//! A limit that follows the ratio of long-term to present latency.

use super::aimd::check_range;
use super::{Arriving, LimitPolicy, Verdict};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::Probability;

/// Samples whose plain mean begins the long-term one.
const WARM_UP: f64 = 10.0;

crate::settings! {
    /// Settings of the gradient limit.
    pub struct Settings {
        /// The limit at the start.
        initial: u32 = 20,
        /// The lowest limit.
        #[range = ">= 1"]
        minimum: u32 = 20,
        /// The highest limit.
        maximum: u32 = 200,
        /// How many may wait.
        queue: u32 = 4,
        /// Samples of the long-term latency.
        #[range = ">= 1"]
        window: u32 = 600,
        /// How much longer than usual is still usual.
        #[range = ">= 1"]
        tolerance: f64 = 1.5,
        /// Weight of a new limit.
        smoothing: Probability = Probability::new(0.2).unwrap_or_default(),
    }
}

/// Lets an attempt in while fewer than a limit are under way. With each answer the limit moves towards
/// limit x clamp(tolerance x long / short, 0.5, 1) + queue, where short is its latency and long an exponential mean.
///
/// Helps to keep queues short without knowing capacity, before anything is dropped. Hurts when latency rises for good:
/// the limit falls until the long-term mean has followed. Source: Netflix concurrency-limits, `Gradient2Limit`; each
/// answer is one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gradient {
    limit: f64,
    minimum: f64,
    maximum: f64,
    queue: f64,
    tolerance: f64,
    smoothing: f64,
    /// Long-term latency [s], its samples so far, and the weight of one.
    long: f64,
    samples: f64,
    weight: f64,
}

impl LimitPolicy for Gradient {
    const NAME: &'static str = "gradient";
    const SUMMARY: &'static str = "A limit on concurrency that follows long-term over present latency.";
    const REASON: Reason = Reason::Shed;
    const WAITS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        check_range(settings.initial, settings.minimum, settings.maximum)?;
        Impossible::unless(settings.window > 0, "window", "a mean is taken over one sample at least")?;
        Impossible::unless(settings.tolerance >= 1.0, "tolerance", "less than usual is always usual")
    }

    fn new(settings: &Settings) -> Self {
        Self {
            limit: f64::from(settings.initial),
            minimum: f64::from(settings.minimum),
            maximum: f64::from(settings.maximum),
            queue: f64::from(settings.queue),
            tolerance: settings.tolerance,
            smoothing: settings.smoothing.get(),
            long: 0.0,
            samples: 0.0,
            weight: 2.0 / (f64::from(settings.window) + 1.0),
        }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        if arriving.under_way < self.limit as u32 { Verdict::Admit } else { Verdict::Refuse }
    }

    fn end(&mut self, ending: &Ending) {
        if ending.failure.is_some() || ending.took.is_zero() {
            return;
        }
        let short = ending.took.as_secs();
        if self.samples < WARM_UP {
            self.samples += 1.0;
            self.long += (short - self.long) / self.samples;
        } else {
            self.long += (short - self.long) * self.weight;
        }
        if self.long / short > 2.0 {
            self.long *= 0.95;
        }
        if f64::from(ending.under_way) < self.limit / 2.0 {
            return;
        }
        let gradient = (self.tolerance * self.long / short).clamp(0.5, 1.0);
        let wanted = self.limit * gradient + self.queue;
        let next = self.limit * (1.0 - self.smoothing) + wanted * self.smoothing;
        self.limit = next.clamp(self.minimum, self.maximum);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::ended;
    use super::*;

    fn limit() -> Gradient {
        let table = crate::document::Table::default();
        let mut findings = crate::document::Diagnostics::default();
        let mut fields =
            crate::document::Fields::new(&table, crate::document::Span::default(), &mut findings);
        Gradient::new(&<Settings as crate::document::Section>::read(&mut fields).unwrap())
    }

    #[test]
    fn the_limit_follows_latency() {
        let mut limit = limit();
        // The usual latency: the limit grows by a fifth of the queue.
        limit.end(&ended(0.0, 1.0, None, 20));
        assert!((limit.limit - 20.8).abs() < 1e-9, "{}", limit.limit);
        // Less than half in use: no change.
        limit.end(&ended(0.0, 1.0, None, 10));
        assert!((limit.limit - 20.8).abs() < 1e-9);
        (0..200).for_each(|_| limit.end(&ended(0.0, 1.0, None, 200)));
        let before = limit.limit;
        assert!(before > 100.0, "{before}");
        // Ten times slower: half the limit and the queue, a fifth of the way.
        limit.end(&ended(0.0, 10.0, None, 200));
        assert!((limit.limit - (0.8 * before + 0.2 * (before / 2.0 + 4.0))).abs() < 1e-9);
        (0..100).for_each(|_| limit.end(&ended(0.0, 100.0, None, 200)));
        assert!((limit.limit - 20.0).abs() < 1e-9, "{}", limit.limit);
    }
}
