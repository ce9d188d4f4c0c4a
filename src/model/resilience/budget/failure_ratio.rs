//! No retries while too many attempts fail.

use super::{Asked, RetryBudget};
use crate::model::resilience::window::Window;
use crate::model::resilience::{Ending, Impossible};
use crate::units::{Probability, SimDuration, SimTime};

/// Slots of the span.
const SLOTS: usize = 10;

crate::settings! {
    /// Settings of a limit on the share of failures.
    pub struct Settings {
        /// Failed attempts for each call above which no further attempt is made.
        failure_ratio: Probability = Probability::new(0.1).unwrap_or_default(),
        /// Over which time both are counted; without, since the start.
        window: Option<SimDuration> = Option::None,
        /// While there were fewer calls than these, every further attempt may be made.
        minimum: u32 = 0,
    }
}

/// Counts calls and failed attempts, and stops further attempts while there are more failures for each call than a limit;
/// first attempts are never stopped: a breaker for retries only.
///
/// Helps when a service fails as a whole: then it gets no more than what comes in. Hurts where few calls fail for good but
/// many once, which retries would have mended; and where many small callers each judge by little, half of them stop at the
/// limit by chance. The failures of retries count too, so a share just below the limit is driven above it. Source:
/// Brooker, "Fixing retries with token buckets and circuit breakers", 2022, who counts from the start.
#[derive(Debug, Clone)]
pub struct FailureRatio {
    limit: f64,
    minimum: u32,
    /// Calls, and failed attempts.
    counted: Counted,
}

/// Calls and failed attempts.
#[derive(Debug, Clone)]
enum Counted {
    Ever([i64; 2]),
    OfLate(Window<2>),
}

impl Counted {
    fn add(&mut self, now: SimTime, [calls, failures]: [i64; 2]) {
        match self {
            Self::Ever(sums) => *sums = [sums[0] + calls, sums[1] + failures],
            Self::OfLate(window) => window.add(now, [calls, failures]),
        }
    }

    fn sum(&mut self, now: SimTime) -> [i64; 2] {
        match self {
            Self::Ever(sums) => *sums,
            Self::OfLate(window) => window.sum(now),
        }
    }
}

impl RetryBudget for FailureRatio {
    const NAME: &'static str = "failure-ratio";
    const SUMMARY: &'static str =
        "No further attempts while more than a share of calls fail: a breaker for retries.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_long = settings.window.is_none_or(|window| window.as_nanos() >= SLOTS as u64);
        Impossible::unless(is_long, "window", "this time is too short to count anything")
    }

    fn new(settings: &Settings) -> Self {
        let counted = match settings.window {
            Some(window) => Counted::OfLate(Window::new(window, SLOTS)),
            None => Counted::Ever([0, 0]),
        };
        Self { limit: settings.failure_ratio.get(), minimum: settings.minimum, counted }
    }

    fn begin(&mut self, now: SimTime) {
        self.counted.add(now, [1, 0]);
    }

    fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        let [calls, failures] = self.counted.sum(asked.now);
        let is_sound = failures as f64 <= self.limit * calls as f64 || calls < i64::from(self.minimum);
        is_sound.then_some(0)
    }

    fn end(&mut self, ending: &Ending, _cost: u32) {
        if ending.is_counted {
            self.counted.add(ending.now, [0, 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{asked, at, ended};
    use super::*;
    use crate::reason::Reason;

    fn budget(window: Option<f64>, minimum: u32) -> FailureRatio {
        let window = window.map(SimDuration::from_secs);
        FailureRatio::new(&Settings { failure_ratio: Probability::new(0.1).unwrap(), window, minimum })
    }

    fn feed(budget: &mut FailureRatio, seconds: f64, calls: u32, failures: u32) -> bool {
        (0..calls).for_each(|_| budget.begin(at(seconds)));
        (0..failures).for_each(|_| budget.end(&ended(seconds, Some(Reason::Error)), 0));
        budget.withdraw(&asked(seconds)).is_some()
    }

    #[test]
    fn a_tenth_is_let_through_and_more_is_not() {
        let mut budget = budget(None, 0);
        assert!(!feed(&mut budget, 0.0, 1, 1));
        assert!(feed(&mut budget, 1.0, 9, 0));
        assert!(!feed(&mut budget, 2.0, 0, 1));
        // It counts from the start, and answers do not count.
        (0..100).for_each(|_| budget.end(&ended(1e9, None), 0));
        assert!(!feed(&mut budget, 1e9, 9, 0));
        assert!(feed(&mut budget, 1e9, 1, 0));
    }

    #[test]
    fn what_is_long_ago_is_forgotten_within_a_window() {
        let mut budget = budget(Some(10.0), 0);
        assert!(!feed(&mut budget, 0.0, 10, 5));
        assert!(!feed(&mut budget, 9.9, 0, 0));
        assert!(feed(&mut budget, 10.0, 0, 0));
    }

    #[test]
    fn few_calls_tell_nothing() {
        let mut budget = budget(None, 20);
        assert!(feed(&mut budget, 0.0, 19, 19));
        assert!(!feed(&mut budget, 0.0, 1, 0));
    }
}
