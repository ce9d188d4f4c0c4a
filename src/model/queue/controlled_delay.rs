//! Controlled delay, as in servers.

use super::{Discipline, Next, QueuePolicy, Waiting};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of controlled delay.
    pub struct Settings {
        /// How long a job may wait in a queue that has stood for an interval.
        target: SimDuration = SimDuration::from_nanos(5_000_000),
        /// How long it may wait otherwise.
        interval: SimDuration = SimDuration::from_nanos(100_000_000),
    }
}

/// Sheds jobs that have waited longer than a limit: 100 ms, and 5 ms while the queue has not been empty for 100 ms.
///
/// Helps callers with timeouts: in overload what is served has hardly waited, in a burst all is served. Hurts where the
/// target is below a usual service time, so that hardly anything waits so little. Source: Maurer, "Fail at Scale", ACM
/// Queue 2015 (secondary). A job is judged when a slot is free for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlledDelay {
    target: SimDuration,
    interval: SimDuration,
}

impl QueuePolicy for ControlledDelay {
    const NAME: &'static str = "controlled-delay";
    const SUMMARY: &'static str =
        "Sheds jobs that waited longer than a limit, a short one while the queue stands.";
    const DISCIPLINE: Discipline = Discipline::Asked;
    type Settings = Settings;

    fn new(settings: &Settings) -> Self {
        Self { target: settings.target, interval: settings.interval }
    }

    fn next(&mut self, waiting: &Waiting) -> Next {
        let limit = if waiting.busy > self.interval { self.target } else { self.interval };
        if waiting.first > limit { Next::Shed } else { Next::First }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimTime;

    #[test]
    fn the_limit_is_short_while_the_queue_stands() {
        let span = |millis: u64| SimDuration::from_nanos(millis * 1_000_000);
        let mut policy = ControlledDelay::new(&Settings { target: span(5), interval: span(100) });
        let mut next = |first, busy| {
            policy.next(&Waiting { now: SimTime::ZERO, jobs: 9, first: span(first), busy: span(busy) })
        };
        assert_eq!([next(100, 100), next(101, 100)], [Next::First, Next::Shed]);
        assert_eq!([next(5, 101), next(6, 101)], [Next::First, Next::Shed]);
    }
}
