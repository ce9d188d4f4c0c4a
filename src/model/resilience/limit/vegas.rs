//! A limit that keeps a short queue, from the least latency seen.

use super::aimd::check_range;
use super::{Arriving, LimitPolicy, Verdict, is_overload};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;

/// The least latency is measured anew after so many samples for each of the limit.
const SAMPLES: f64 = 30.0;

crate::settings! {
    /// Settings of Vegas.
    pub struct Settings {
        /// The limit at the start.
        initial: u32 = 20,
        /// The highest limit.
        maximum: u32 = 1_000,
    }
}

/// Lets an attempt in while fewer than a limit are under way, and keeps limit x (1 - least latency / latency), which is
/// about the length of the queue behind the limit, between three and six times log10 of the limit.
///
/// Helps to keep queues short: it reacts to latency before anything is dropped. Hurts when the least latency was a lucky
/// one, until it is measured anew. Source: Netflix concurrency-limits, `VegasLimit`; each answer is one sample, and the
/// least latency is measured anew after 22.5 x limit samples, the mean of the range that is drawn from there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vegas {
    limit: f64,
    maximum: f64,
    /// The least latency [s]; infinite when none is known.
    least: f64,
    samples: f64,
}

impl LimitPolicy for Vegas {
    const NAME: &'static str = "vegas";
    const SUMMARY: &'static str =
        "A limit on concurrency that keeps a short queue, from the least latency seen.";
    const REASON: Reason = Reason::Shed;
    const WAITS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        check_range(settings.initial, 1, settings.maximum)
    }

    fn new(settings: &Settings) -> Self {
        let (limit, maximum) = (f64::from(settings.initial), f64::from(settings.maximum));
        Self { limit, maximum, least: f64::INFINITY, samples: 0.0 }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        if arriving.under_way < self.limit as u32 { Verdict::Admit } else { Verdict::Refuse }
    }

    fn end(&mut self, ending: &Ending) {
        let latency = ending.took.as_secs();
        let is_dropped = ending.failure.is_some_and(is_overload);
        if latency <= 0.0 || ending.failure.is_some() && !is_dropped {
            return;
        }
        self.samples += 1.0;
        if self.samples >= 0.75 * SAMPLES * self.limit {
            self.samples = 0.0;
            self.least = latency;
            return;
        }
        if latency < self.least && !is_dropped {
            self.least = latency;
            return;
        }
        self.limit = self.next(ending, latency, is_dropped).clamp(1.0, self.maximum);
    }
}

impl Vegas {
    fn next(&self, ending: &Ending, latency: f64, is_dropped: bool) -> f64 {
        let limit = self.limit;
        let unit = limit.log10().floor().max(1.0);
        let (alpha, beta) = (3.0 * unit, 6.0 * unit);
        if is_dropped {
            return limit - unit;
        }
        if f64::from(ending.under_way) * 2.0 < limit {
            return limit;
        }
        let queue = (limit * (1.0 - self.least / latency)).ceil();
        if queue <= unit {
            limit + beta
        } else if queue < alpha {
            limit + unit
        } else if queue > beta {
            limit - unit
        } else {
            limit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::ended;
    use super::*;

    #[test]
    fn the_limit_keeps_a_short_queue() {
        let mut limit = Vegas::new(&Settings { initial: 20, maximum: 1_000 });
        let mut after = |took, failure, under_way| {
            limit.end(&ended(0.0, took, failure, under_way));
            limit.limit as u32
        };
        // The first answer is the least latency.
        assert_eq!(after(1.0, None, 20), 20);
        // No queue: 6 more. One of 2 behind 26: 1 more. One of 6 behind 27: as it is. One of 14 behind 27: 1 less.
        assert_eq!(after(1.0, None, 20), 26);
        assert_eq!(after(1.05, None, 20), 27);
        assert_eq!(after(1.25, None, 20), 27);
        assert_eq!(after(2.0, None, 20), 26);
        assert_eq!(after(2.0, None, 12), 26);
        assert_eq!(after(2.0, Some(Reason::QueueFull), 12), 25);
        assert_eq!(after(2.0, Some(Reason::Error), 20), 25);
        // A log10 of 100 is 2: everything doubles.
        limit.limit = 100.0;
        limit.end(&ended(0.0, 1.0, None, 100));
        assert_eq!(limit.limit as u32, 112);
    }
}
