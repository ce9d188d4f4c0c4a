//! First come, first served, until there are too many.

use super::{Discipline, Next, QueuePolicy, Waiting};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of adaptive LIFO.
    pub struct Settings {
        /// How long a queue may stand before those who came last are served first.
        interval: SimDuration = SimDuration::from_nanos(100_000_000),
    }
}

/// Serves whoever came first, but whoever came last while the queue has not been empty for an interval.
///
/// Helps callers with timeouts in overload: those that are served are still waited for. Hurts those who came before the
/// overload, who wait until it is over unless patience or a capacity ends it. Source: Maurer, "Fail at Scale", ACM Queue
/// 2015; that a queue counts as building up after 100 ms is a choice made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdaptiveLifo {
    interval: SimDuration,
}

impl QueuePolicy for AdaptiveLifo {
    const NAME: &'static str = "adaptive-lifo";
    const SUMMARY: &'static str = "First come, first served; last come while the queue has stood for long.";
    const DISCIPLINE: Discipline = Discipline::Asked;
    type Settings = Settings;

    fn new(settings: &Settings) -> Self {
        Self { interval: settings.interval }
    }

    fn next(&mut self, waiting: &Waiting) -> Next {
        if waiting.busy > self.interval { Next::Last } else { Next::First }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimTime;

    #[test]
    fn the_order_turns_when_the_queue_has_stood_for_long() {
        let span = |millis: u64| SimDuration::from_nanos(millis * 1_000_000);
        let mut policy = AdaptiveLifo::new(&Settings { interval: span(100) });
        let mut next =
            |busy| policy.next(&Waiting { now: SimTime::ZERO, jobs: 9, first: span(busy), busy: span(busy) });
        assert_eq!([next(100), next(101)], [Next::First, Next::Last]);
    }
}
