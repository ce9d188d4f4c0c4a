//! The breaker of Hystrix.

use super::{BreakerPolicy, BreakerState, Pass};
use crate::model::resilience::window::Window;
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::{Probability, SimDuration, SimTime};

crate::settings! {
    /// Settings of Hystrix's breaker.
    pub struct Settings {
        /// Share of failures from which on it opens.
        #[range = "> 0"]
        failure_ratio: Probability = Probability::new(0.5).unwrap_or_default(),
        /// With fewer results than these it stays closed.
        minimum: u32 = 20,
        /// Over which time both are counted.
        window: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// How often it looks.
        #[range = "> 0"]
        snapshot: SimDuration = SimDuration::from_nanos(500_000_000),
        /// How long it stays open.
        open_for: SimDuration = SimDuration::from_nanos(5_000_000_000),
    }
}

/// Looks every half second at the results of the last ten seconds, and opens when there were twenty and half of them
/// failures; five seconds later one attempt is let through, and it closes or opens again as that one ends.
///
/// Helps a service that fails as a whole to recover, and callers to fail fast. Hurts callers with fewer than two requests
/// a second, for whom it never opens. Source: Netflix Hystrix, configuration. Client errors are not counted; results
/// count from the next look on.
#[derive(Debug, Clone)]
pub struct Hystrix {
    settings: Settings,
    /// Results, and failures among them.
    results: Window<2>,
    /// The last look: the slot that began with it.
    looked: u64,
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

impl BreakerPolicy for Hystrix {
    const NAME: &'static str = "hystrix";
    const SUMMARY: &'static str =
        "Looks now and then at a share of failures, one attempt decides when it closes.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_positive = settings.failure_ratio.get() > 0.0;
        Impossible::unless(is_positive, "failure_ratio", "with a share of 0 it opens without a failure")?;
        Impossible::unless(
            settings.minimum > 0,
            "minimum",
            "without a result there is no share of failures",
        )?;
        Impossible::unless(!settings.snapshot.is_zero(), "snapshot", "it cannot look all the time")?;
        let (window, snapshot) = (settings.window.as_nanos(), settings.snapshot.as_nanos());
        let fits = window >= snapshot && window % snapshot == 0 && window / snapshot <= 1_000;
        Impossible::unless(fits, "window", "the window is from 1 to 1000 whole snapshots long")
    }

    fn new(settings: &Settings) -> Self {
        let slots = (settings.window.as_nanos() / settings.snapshot.as_nanos()) as usize;
        // One more is being filled while those before it are looked at.
        let span = SimDuration::from_nanos(settings.window.as_nanos() + settings.snapshot.as_nanos());
        let results = Window::new(span, slots + 1);
        Self { settings: settings.clone(), results, looked: 0, state: State::Closed, changes: 0 }
    }

    fn admit(&mut self, now: SimTime, _under_way: u32) -> Option<Pass> {
        self.look(now);
        match self.state {
            State::Closed => {}
            State::OpenUntil(end) if now >= end => self.become_now(State::Trying),
            _ => return None,
        }
        Some(self.changes)
    }

    fn end(&mut self, ending: &Ending, pass: Pass) {
        self.look(ending.now);
        let is_known = ending.failure != Some(Reason::ClientError);
        if self.state == State::Trying && pass == self.changes {
            if ending.is_counted {
                self.become_now(State::OpenUntil(ending.now + self.settings.open_for));
            } else {
                self.results.clear();
                self.become_now(State::Closed);
            }
        } else if is_known {
            self.results.add(ending.now, [1, i64::from(ending.is_counted)]);
        }
    }

    fn forget(&mut self, pass: Pass) {
        if self.state == State::Trying && pass == self.changes {
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

impl Hystrix {
    /// Makes up for the looks that were due since the last: nothing was added in between.
    fn look(&mut self, now: SimTime) {
        let slot = self.results.slot(now);
        while self.looked < slot {
            self.looked += 1;
            let [all, failed] = self.results.sum_before(self.looked);
            if all == 0 {
                // Later looks see nothing either.
                self.looked = slot;
                return;
            }
            let is_much = failed as f64 >= self.settings.failure_ratio.get() * all as f64;
            if self.state == State::Closed && all >= i64::from(self.settings.minimum) && is_much {
                let at = self.results.start(self.looked);
                self.become_now(State::OpenUntil(at + self.settings.open_for));
            }
        }
    }

    fn become_now(&mut self, state: State) {
        self.state = state;
        self.changes = self.changes.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{at, call};
    use super::*;

    fn breaker() -> Hystrix {
        Hystrix::new(&Settings {
            failure_ratio: Probability::new(0.5).unwrap(),
            minimum: 20,
            window: SimDuration::from_secs(10.0),
            snapshot: SimDuration::from_secs(0.5),
            open_for: SimDuration::from_secs(5.0),
        })
    }

    #[test]
    fn it_opens_at_the_next_look() {
        let mut breaker = breaker();
        assert!((0..10).all(|_| call(&mut breaker, 1.1, true)));
        assert!((0..10).all(|_| call(&mut breaker, 1.1, false)));
        // 20 results, half of them failures, but nobody has looked yet.
        assert!(call(&mut breaker, 1.499, false));
        assert!(!call(&mut breaker, 1.5, true));
        assert!(!call(&mut breaker, 6.499, true));
        // Five seconds after the look one attempt is let through.
        let pass = breaker.admit(at(6.5), 0).unwrap();
        assert!(breaker.admit(at(6.5), 1).is_none());
        breaker.end(&super::super::sample::ended(7.0, 0.5, true), pass);
        // It forgot what was before.
        assert!((0..19).all(|_| call(&mut breaker, 7.1, false)));
        assert!(call(&mut breaker, 8.0, true));
    }

    #[test]
    fn a_failed_try_opens_it_again() {
        let mut breaker = breaker();
        assert!((0..20).all(|_| call(&mut breaker, 0.2, false)));
        assert!(call(&mut breaker, 5.5, false));
        assert!(!call(&mut breaker, 10.4, true));
        assert!(call(&mut breaker, 10.5, true));
        assert!(call(&mut breaker, 10.5, true));
    }

    #[test]
    fn fewer_than_twenty_never_open_it() {
        let mut breaker = breaker();
        for second in 0..100 {
            assert!(call(&mut breaker, f64::from(second) / 1.9, false), "{second}");
        }
    }
}
