//! Controlled delay, as in routers.

use super::{Discipline, Next, QueuePolicy, Waiting};
use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// Settings of `CoDel`.
    pub struct Settings {
        /// The wait that is fine.
        target: SimDuration = SimDuration::from_nanos(5_000_000),
        /// For how long a longer one is fine too.
        interval: SimDuration = SimDuration::from_nanos(100_000_000),
    }
}

/// Sheds the job that came first once all have waited longer than the target for an interval, and while that goes on
/// again after interval / sqrt(n); it stops when one has waited less, or is the last.
///
/// Helps callers with timeouts: a queue that only stands there goes away, a burst may pass. Hurts where senders do not
/// slow down: it sheds too slowly for a steady overload of many short jobs. Source: RFC 8289, with jobs for packets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Codel {
    target: SimDuration,
    interval: SimDuration,
    /// When waits will have been too long for an interval.
    patience_ends: Option<SimTime>,
    state: State,
    /// When the next job is shed, how many were since shedding began, and how many had been when it last did.
    shed_next: SimTime,
    count: u32,
    last_count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Serving,
    /// Sheds now and then.
    Shedding,
    /// Has just begun to: the next job is served.
    Began,
    /// Has just shed another one.
    Shed,
}

impl QueuePolicy for Codel {
    const NAME: &'static str = "codel";
    const SUMMARY: &'static str = "Sheds the oldest job, ever more often, while all have waited too long.";
    const DISCIPLINE: Discipline = Discipline::Asked;
    type Settings = Settings;

    fn new(settings: &Settings) -> Self {
        Self {
            target: settings.target,
            interval: settings.interval,
            patience_ends: None,
            state: State::Serving,
            shed_next: SimTime::ZERO,
            count: 0,
            last_count: 0,
        }
    }

    fn next(&mut self, waiting: &Waiting) -> Next {
        let now = waiting.now;
        let is_too_long = self.is_too_long(waiting);
        match self.state {
            State::Began => {
                self.state = State::Shedding;
                return Next::First;
            }
            State::Serving if !is_too_long => return Next::First,
            State::Serving => {
                self.begin(now);
                return Next::Shed;
            }
            State::Shedding | State::Shed if !is_too_long => {
                self.state = State::Serving;
                return Next::First;
            }
            State::Shed => self.shed_next = self.after(self.shed_next),
            State::Shedding => {}
        }
        if now < self.shed_next {
            self.state = State::Shedding;
            return Next::First;
        }
        self.count += 1;
        self.state = State::Shed;
        Next::Shed
    }
}

impl Codel {
    fn is_too_long(&mut self, waiting: &Waiting) -> bool {
        if waiting.first < self.target || waiting.jobs <= 1 {
            self.patience_ends = None;
            return false;
        }
        let ends = *self.patience_ends.get_or_insert(waiting.now + self.interval);
        waiting.now >= ends
    }

    /// Begins to shed, at the pace of last time if that is not long ago.
    fn begin(&mut self, now: SimTime) {
        let more = self.count - self.last_count;
        let is_recent = now.since(self.shed_next).as_secs() < 16.0 * self.interval.as_secs();
        self.count = if more > 1 && is_recent { more } else { 1 };
        self.last_count = self.count;
        self.shed_next = self.after(now);
        self.state = State::Began;
    }

    fn after(&self, time: SimTime) -> SimTime {
        time + SimDuration::from_secs(self.interval.as_secs() / f64::from(self.count).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(millis: u64, jobs: u32, first_millis: u64) -> Waiting {
        let span = |millis: u64| SimDuration::from_nanos(millis * 1_000_000);
        Waiting {
            now: SimTime::ZERO + span(millis),
            jobs,
            first: span(first_millis),
            busy: span(first_millis),
        }
    }

    fn codel() -> Codel {
        let (target, interval) = (5_000_000, 100_000_000);
        let [target, interval] = [target, interval].map(SimDuration::from_nanos);
        Codel::new(&Settings { target, interval })
    }

    /// When jobs are shed if one is served every millisecond and all have waited too long.
    fn shed_until(codel: &mut Codel, from: u64, until: u64) -> Vec<u64> {
        let mut times = Vec::new();
        for millis in from..until {
            while codel.next(&waiting(millis, 1_000, 50)) == Next::Shed {
                times.push(millis);
            }
        }
        times
    }

    #[test]
    fn the_distances_shrink_with_the_root_of_the_count() {
        // 100, 200, then 100/sqrt(2) = 70.7 later, 57.7, 50, 44.7 and 40.8, each at the next whole millisecond.
        assert_eq!(shed_until(&mut codel(), 0, 500), [100, 200, 271, 329, 379, 424, 464]);
    }

    #[test]
    fn a_short_wait_or_the_last_job_ends_it() {
        let mut codel = codel();
        assert_eq!(shed_until(&mut codel, 0, 250), [100, 200]);
        assert_eq!(codel.next(&waiting(250, 10, 4)), Next::First);
        // It begins again after an interval.
        assert_eq!(shed_until(&mut codel, 251, 360), [351]);
        assert_eq!(codel.next(&waiting(360, 1, 50)), Next::First);
        assert_eq!(codel.next(&waiting(500, 2, 50)), Next::First);
    }

    #[test]
    fn a_burst_passes() {
        let mut codel = codel();
        assert!((0..100).all(|millis| codel.next(&waiting(millis, 10, 50)) == Next::First));
        assert_eq!(codel.next(&waiting(100, 10, 4)), Next::First);
    }
}
