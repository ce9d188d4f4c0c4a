//! Waits before what fails again and again is repaired.

use crate::units::{SimDuration, SimTime};

/// Waits before the recoveries of a part that fails again and again: none before the first, then one that grows each time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// Before the second recovery; longer than zero.
    pub first: SimDuration,
    /// How many times longer each further wait is; at least 1.
    pub factor: f64,
    /// The longest.
    pub max: SimDuration,
    /// A part that has been well for so long is as if it had never failed.
    pub forget: SimDuration,
}

/// What is remembered of the recoveries of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// When its last failure was over.
    ended: Option<SimTime>,
    /// How many came before the last one in a row.
    before: u32,
}

impl Failures {
    /// A failure that began at an instant is to be repaired: how long that waits.
    pub fn wait(&mut self, settings: &Backoff, began: SimTime) -> SimDuration {
        self.before = match self.ended {
            Some(ended) if began.since(ended) < settings.forget => self.before.saturating_add(1),
            _ => 0,
        };
        let Some(longer) = self.before.checked_sub(1) else { return SimDuration::ZERO };
        let times = settings.factor.powi(i32::try_from(longer).unwrap_or(i32::MAX));
        let wait = settings.first.as_nanos() as f64 * times;
        SimDuration::from_nanos((wait + 0.5) as u64).min(settings.max)
    }

    /// A failure is over.
    pub fn end(&mut self, now: SimTime) {
        self.ended = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> SimDuration {
        SimDuration::from_nanos(count * 1_000_000_000)
    }

    #[test]
    fn waits_grow_up_to_the_longest_and_are_forgotten() {
        let settings = Backoff { first: seconds(10), factor: 2.0, max: seconds(300), forget: seconds(600) };
        let (mut failures, mut now) = (Failures::default(), SimTime::ZERO);
        let mut fail = |after: u64| {
            now = now + seconds(after);
            let wait = failures.wait(&settings, now);
            now = now + wait;
            failures.end(now);
            wait
        };
        let waits: Vec<SimDuration> = (0..8).map(|_| fail(599)).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300].map(seconds));
        // Well for ten minutes: it counts from the beginning.
        assert_eq!([fail(600), fail(1), fail(1)], [0, 10, 20].map(seconds));
        let mut failures = Failures { ended: Some(SimTime::ZERO), before: u32::MAX - 1 };
        assert_eq!(failures.wait(&settings, SimTime::ZERO), seconds(300));
    }
}
