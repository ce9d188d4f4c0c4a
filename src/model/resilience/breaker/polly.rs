//! The breaker of Polly.

use super::{BreakerPolicy, BreakerState, Pass};
use crate::model::resilience::window::Window;
use crate::model::resilience::{Ending, Impossible};
use crate::units::{Probability, SimDuration, SimTime};

/// Slots of the sampling time.
const SLOTS: usize = 10;

crate::settings! {
    /// Settings of Polly's breaker.
    pub struct Settings {
        /// Share of failures from which on it opens.
        #[range = "> 0"]
        failure_ratio: Probability = Probability::new(0.1).unwrap_or_default(),
        /// With fewer results than these it stays closed.
        #[range = ">= 2"]
        minimum: u32 = 100,
        /// Over which time both are counted.
        sampling: SimDuration = SimDuration::from_nanos(30_000_000_000),
        /// How long it stays open.
        open_for: SimDuration = SimDuration::from_nanos(5_000_000_000),
    }
}

/// Opens when a share of the results of the last 30 s were failures, lets one attempt through after 5 s, and closes or
/// opens again as that one ends.
///
/// Helps a service that fails as a whole to recover, and callers to fail fast. Hurts when one replica of many fails: the
/// default of a tenth then stops calls that nine of ten replicas would answer. Source: Polly v8, circuit breaker strategy.
#[derive(Debug, Clone)]
pub struct Polly {
    settings: Settings,
    /// Results, and failures among them.
    results: Window<2>,
    state: State,
    /// Changes of state so far.
    changes: Pass,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    OpenUntil(SimTime),
    /// One attempt is under way to see.
    Trying,
}

impl BreakerPolicy for Polly {
    const NAME: &'static str = "polly";
    const SUMMARY: &'static str =
        "Opens at a share of failures over a time, one attempt decides when it closes.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.minimum >= 2, "minimum", "Polly takes 2 or more")?;
        let is_positive = settings.failure_ratio.get() > 0.0;
        Impossible::unless(is_positive, "failure_ratio", "with a share of 0 it opens without a failure")?;
        let is_long = settings.sampling.as_nanos() >= SLOTS as u64;
        Impossible::unless(is_long, "sampling", "this time is too short to count anything")
    }

    fn new(settings: &Settings) -> Self {
        let results = Window::new(settings.sampling, SLOTS);
        Self { settings: settings.clone(), results, state: State::Closed, changes: 0 }
    }

    fn admit(&mut self, now: SimTime, _under_way: u32) -> Option<Pass> {
        match self.state {
            State::Closed => {}
            State::OpenUntil(end) if now >= end => self.become_now(State::Trying),
            _ => return None,
        }
        Some(self.changes)
    }

    fn end(&mut self, ending: &Ending, pass: Pass) {
        if pass != self.changes {
            return;
        }
        let opens = State::OpenUntil(ending.now + self.settings.open_for);
        match self.state {
            State::Trying if ending.is_counted => self.become_now(opens),
            State::Trying => {
                self.results.clear();
                self.become_now(State::Closed);
            }
            _ => {
                self.results.add(ending.now, [1, i64::from(ending.is_counted)]);
                if !ending.is_counted {
                    return;
                }
                let [all, failed] = self.results.sum(ending.now);
                let is_much = failed as f64 >= self.settings.failure_ratio.get() * all as f64;
                if all >= i64::from(self.settings.minimum) && is_much {
                    self.become_now(opens);
                }
            }
        }
    }

    fn forget(&mut self, pass: Pass) {
        if pass == self.changes && self.state == State::Trying {
            // The next attempt will tell.
            self.become_now(State::OpenUntil(SimTime::ZERO));
        }
    }

    fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::OpenUntil(_) => BreakerState::Open,
            State::Trying => BreakerState::HalfOpen,
        }
    }
}

impl Polly {
    fn become_now(&mut self, state: State) {
        self.state = state;
        self.changes = self.changes.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{at, call, ended};
    use super::*;

    fn breaker(minimum: u32) -> Polly {
        Polly::new(&Settings {
            failure_ratio: Probability::new(0.1).unwrap(),
            minimum,
            sampling: SimDuration::from_secs(30.0),
            open_for: SimDuration::from_secs(5.0),
        })
    }

    #[test]
    fn a_tenth_of_a_hundred_failures_open_it() {
        let mut breaker = breaker(100);
        assert!((0..90).all(|_| call(&mut breaker, 1.0, true)));
        assert!((0..9).all(|_| call(&mut breaker, 1.0, false)));
        // 99 results: the tenth failure is the hundredth.
        assert!(call(&mut breaker, 1.0, false));
        assert!(!call(&mut breaker, 1.0, true));
        assert!(!call(&mut breaker, 5.999, true));
        assert!(call(&mut breaker, 6.0, true));
        assert!(call(&mut breaker, 6.0, false));
    }

    #[test]
    fn what_is_older_than_the_sampling_time_does_not_count() {
        let mut breaker = breaker(10);
        assert!((0..9).all(|_| call(&mut breaker, 0.0, false)));
        assert!(call(&mut breaker, 30.0, false));
        assert!(call(&mut breaker, 30.0, false));
    }

    #[test]
    fn one_attempt_decides() {
        let mut breaker = breaker(2);
        assert!(call(&mut breaker, 0.0, false) && call(&mut breaker, 0.0, false));
        let first = breaker.admit(at(5.0), 0).unwrap();
        assert!(breaker.admit(at(5.0), 1).is_none());
        breaker.end(&ended(6.0, 1.0, false), first);
        assert!(!call(&mut breaker, 10.9, true));
        let second = breaker.admit(at(11.0), 0).unwrap();
        // What began before says nothing now.
        breaker.end(&ended(11.0, 6.0, true), first);
        assert!(breaker.admit(at(11.0), 1).is_none());
        breaker.forget(second);
        assert!(call(&mut breaker, 11.0, true));
    }
}
