//! The breaker of resilience4j.

use super::{BreakerPolicy, BreakerState, Pass};
use crate::model::resilience::{Ending, Impossible};
use crate::units::{Probability, SimDuration, SimTime};

mod results;
use results::Results;

crate::settings! {
    /// Settings of resilience4j's breaker.
    pub struct Settings {
        /// Whether `size` counts results or seconds.
        window: Counted = Counted::Count,
        /// Over how many results or seconds it looks.
        #[range = ">= 1, <= 1000000"]
        size: u32 = 100,
        /// With fewer results than these it stays closed; never more than a window of results holds, to which the
        /// library shrinks it.
        minimum: u32 = 100,
        /// Share of failures from which on it opens.
        #[range = "> 0"]
        failure_ratio: Probability = Probability::new(0.5).unwrap_or_default(),
        /// Share of slow answers from which on it opens.
        #[range = "> 0"]
        slow_ratio: Probability = Probability::ONE,
        /// What takes longer is slow.
        slow_after: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// How long it stays open.
        open_for: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// Attempts that are let through to see.
        half_open: u32 = 10,
        /// How long it waits for their results before it opens again.
        half_open_for: Option<SimDuration> = Option::None,
    }
}

crate::choices! {
    /// What a window counts.
    pub enum Counted {
        /// The last results.
        Count = "count",
        /// The results of the last seconds, in slots of a second.
        Time = "time",
    }
}

/// Opens when a share of the last results were failures, or slow; after a time lets ten attempts through, and closes or
/// opens again as those end.
///
/// Helps a service that fails, or answers too slowly, to recover, and callers to fail fast. Hurts with many small callers:
/// each needs a hundred results of its own before it opens. Source: resilience4j, `CircuitBreakerConfig` and
/// `CircuitBreakerMetrics`: a window of so many results shrinks the minimum to its size, and half open the window is
/// `half_open` results.
#[derive(Debug, Clone)]
pub struct Resilience4j {
    settings: Settings,
    results: Results,
    state: State,
    /// Changes of state so far.
    changes: Pass,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    OpenUntil(SimTime),
    /// So many may still be let through; it opens again at the instant, if there is one.
    HalfOpen {
        left: u32,
        until: SimTime,
    },
}

impl BreakerPolicy for Resilience4j {
    const NAME: &'static str = "resilience4j";
    const SUMMARY: &'static str =
        "Opens at a share of failures or slow answers, some attempts decide when it closes.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        for (key, value) in
            [("size", settings.size), ("minimum", settings.minimum), ("half_open", settings.half_open)]
        {
            Impossible::unless(value > 0, key, "expected at least 1")?;
        }
        Impossible::unless(settings.size <= 1_000_000, "size", "expected at most 1000000")?;
        for (key, share) in [("failure_ratio", settings.failure_ratio), ("slow_ratio", settings.slow_ratio)] {
            Impossible::unless(share.get() > 0.0, key, "with a share of 0 it opens without a failure")?;
        }
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        let results = Results::new(settings.window, settings.size);
        let mut settings = settings.clone();
        if settings.window == Counted::Count {
            settings.minimum = settings.minimum.min(settings.size);
        }
        Self { settings, results, state: State::Closed, changes: 0 }
    }

    fn admit(&mut self, now: SimTime, _under_way: u32) -> Option<Pass> {
        if let State::HalfOpen { until, .. } = self.state
            && now >= until
        {
            self.become_now(State::OpenUntil(until + self.settings.open_for));
        }
        if let State::OpenUntil(end) = self.state
            && now >= end
        {
            self.results = Results::new(Counted::Count, self.settings.half_open);
            let until = self.settings.half_open_for.map_or(SimTime::NEVER, |limit| now + limit);
            self.become_now(State::HalfOpen { left: self.settings.half_open, until });
        }
        match &mut self.state {
            State::Closed => {}
            State::HalfOpen { left, .. } if *left > 0 => *left -= 1,
            _ => return None,
        }
        Some(self.changes)
    }

    fn end(&mut self, ending: &Ending, pass: Pass) {
        if pass != self.changes {
            return;
        }
        let is_slow = ending.took > self.settings.slow_after;
        let [all, failed, slow] =
            self.results.add(ending.now, ending.is_counted, is_slow).map(|sum| sum as f64);
        let is_half_open = matches!(self.state, State::HalfOpen { .. });
        let minimum = self.settings.minimum;
        let needed = if is_half_open { minimum.min(self.settings.half_open) } else { minimum };
        if all < f64::from(needed) {
            return;
        }
        let is_bad =
            failed >= self.settings.failure_ratio.get() * all || slow >= self.settings.slow_ratio.get() * all;
        if is_bad {
            self.become_now(State::OpenUntil(ending.now + self.settings.open_for));
        } else if is_half_open {
            self.results = Results::new(self.settings.window, self.settings.size);
            self.become_now(State::Closed);
        }
    }

    fn forget(&mut self, pass: Pass) {
        if let State::HalfOpen { left, .. } = &mut self.state
            && pass == self.changes
        {
            // Another one may be let through instead.
            *left += 1;
        }
    }

    fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::OpenUntil(_) => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}

impl Resilience4j {
    fn become_now(&mut self, state: State) {
        self.state = state;
        self.changes = self.changes.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{at, call, ended};
    use super::*;

    fn settings() -> Settings {
        Settings {
            window: Counted::Count,
            size: 10,
            minimum: 10,
            failure_ratio: Probability::new(0.5).unwrap(),
            slow_ratio: Probability::new(1.0).unwrap(),
            slow_after: SimDuration::from_secs(2.0),
            open_for: SimDuration::from_secs(60.0),
            half_open: 3,
            half_open_for: None,
        }
    }

    fn calls(breaker: &mut Resilience4j, seconds: f64, answers: &str) -> bool {
        answers.chars().all(|one| call(breaker, seconds, one == '+'))
    }

    #[test]
    fn the_last_results_are_counted() {
        let mut breaker = Resilience4j::new(&settings());
        // Four of ten, then the oldest, a good one, makes room for a failure: five of ten.
        assert!(calls(&mut breaker, 0.0, "++++++----"));
        assert!(calls(&mut breaker, 0.0, "-"));
        assert!(!calls(&mut breaker, 59.9, "+"));
        // Three are let through; one of three is less than half.
        assert!(calls(&mut breaker, 60.0, "+-+"));
        // It begins anew: nine failures are too few to tell.
        assert!(calls(&mut breaker, 60.0, "---------"));
        assert!(calls(&mut breaker, 60.0, "-"));
        assert!(!calls(&mut breaker, 60.0, "+"));
        // Two of three fail.
        assert!(calls(&mut breaker, 120.0, "-+-"));
        assert!(!calls(&mut breaker, 179.9, "+"));
        assert!(calls(&mut breaker, 180.0, "+"));
    }

    #[test]
    fn a_window_of_results_shrinks_the_minimum_and_one_of_time_does_not() {
        let small = Settings { size: 4, minimum: 100, ..settings() };
        assert_eq!(Resilience4j::check(&small), Ok(()));
        let mut breaker = Resilience4j::new(&small);
        assert!(calls(&mut breaker, 0.0, "---") && calls(&mut breaker, 0.0, "-"));
        assert!(!calls(&mut breaker, 0.0, "+"));
        let mut breaker = Resilience4j::new(&Settings { window: Counted::Time, minimum: 5, ..small });
        assert!(calls(&mut breaker, 0.0, "-----"));
        assert!(!calls(&mut breaker, 0.0, "+"));
    }

    #[test]
    fn no_more_than_some_are_let_through_to_see() {
        let mut breaker = Resilience4j::new(&settings());
        assert!(calls(&mut breaker, 0.0, "----------"));
        let passes: Vec<_> = (0..4).map(|_| breaker.admit(at(60.0), 0)).collect();
        assert!(passes[..3].iter().all(Option::is_some) && passes[3].is_none());
        // One is no longer waited for; another may be sent.
        breaker.forget(passes[0].unwrap());
        assert!(breaker.admit(at(60.0), 0).is_some());
    }

    #[test]
    fn half_open_does_not_last_for_ever() {
        let limit = Some(SimDuration::from_secs(5.0));
        let mut breaker = Resilience4j::new(&Settings { half_open_for: limit, ..settings() });
        assert!(calls(&mut breaker, 0.0, "----------"));
        assert!((0..3).all(|_| breaker.admit(at(60.0), 0).is_some()));
        assert!(breaker.admit(at(65.0), 0).is_none());
        assert!(breaker.admit(at(124.9), 0).is_none());
        assert!(breaker.admit(at(125.0), 0).is_some());
    }

    #[test]
    fn slow_answers_open_it_too() {
        let ratio = Probability::new(0.2).unwrap();
        let mut breaker = Resilience4j::new(&Settings { slow_ratio: ratio, ..settings() });
        assert!(calls(&mut breaker, 0.0, "++++++++"));
        for took in [2.1, 2.0, 2.1] {
            let pass = breaker.admit(at(10.0), 0).unwrap();
            breaker.end(&ended(10.0, took, true), pass);
        }
        assert!(!calls(&mut breaker, 10.0, "+"));
    }

    #[test]
    fn seconds_are_counted_whole() {
        let mut breaker = Resilience4j::new(&Settings { window: Counted::Time, ..settings() });
        assert!(calls(&mut breaker, 0.9, "---------"));
        // The second of these has fallen out when the tenth failure comes.
        assert!(calls(&mut breaker, 10.0, "-"));
        assert!(calls(&mut breaker, 10.5, "--------"));
        assert!(calls(&mut breaker, 19.9, "-"));
        assert!(!calls(&mut breaker, 19.9, "-"));
    }
}
