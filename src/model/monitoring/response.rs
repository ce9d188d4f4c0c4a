//! What follows from an alarm: who hears of it, when somebody acts, and what is done.

use crate::kernel::distribution::Distribution;
use crate::model::action::Verb;
use crate::units::{Probability, SimDuration, SimTime};

/// What follows from an alarm.
#[derive(Debug, Clone)]
pub struct Response {
    /// What is done, in order; nothing where it only notifies.
    pub does: Vec<Verb>,
    /// What is done when the alarm is over.
    pub on_ok: Vec<Verb>,
    /// How long it takes to decide, from the time on at which somebody knows; nothing where a machine acts.
    pub respond: Option<Distribution>,
    /// Who hears of it.
    pub covers: Covers,
    /// Whether it acts again whenever it is judged and the alarm lasts.
    pub repeats: bool,
    /// Whether what is decided is dropped when the alarm is over before it is done.
    pub cancels: bool,
}

impl Response {
    /// Whether an alarm starts the recovery of the faults that name the monitor.
    pub fn recovers(&self) -> bool {
        self.does.contains(&Verb::Recover)
    }
}

/// Who hears of an alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Covers {
    /// Somebody, of this share of alarms; nobody of the others.
    Share(Probability),
    /// Somebody within hours; an alarm outside waits until they begin.
    Hours(Hours),
}

/// Hours in which somebody hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// Time of the day at which they begin.
    pub from: SimDuration,
    /// Time of the day at which they end; later than they begin, at most 24 h.
    pub to: SimDuration,
    /// Days of each week, the first of which is that on which the run begins; 1 to 7.
    pub days: u32,
}

const DAY: u64 = 86_400_000_000_000;

impl Hours {
    /// The first instant at or after another at which somebody hears.
    pub fn next(&self, now: SimTime) -> SimTime {
        let (day, time) = (now.as_nanos() / DAY, now.as_nanos() % DAY);
        let works = |day: u64| day % 7 < u64::from(self.days);
        if works(day) && time < self.to.as_nanos() {
            return SimTime::from_nanos(now.as_nanos().max(day * DAY + self.from.as_nanos()));
        }
        let next = (day + 1..=day + 7).find(|day| works(*day)).unwrap_or(day + 1);
        SimTime::from_nanos(next.saturating_mul(DAY).saturating_add(self.from.as_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_of_hours_waits_until_they_begin() {
        let hours = |from: f64, to: f64, days| Hours {
            from: SimDuration::from_secs(from * 3600.0),
            to: SimDuration::from_secs(to * 3600.0),
            days,
        };
        let next = |hours: Hours, day: f64, hour: f64| {
            let now = SimTime::ZERO + SimDuration::from_secs((day * 24.0 + hour) * 3600.0);
            let at = hours.next(now).as_secs() / 3600.0;
            ((at / 24.0).floor(), at % 24.0)
        };
        let office = hours(9.0, 17.0, 5);
        assert_eq!(next(office, 0.0, 8.0), (0.0, 9.0));
        assert_eq!(next(office, 0.0, 12.5), (0.0, 12.5));
        assert_eq!(next(office, 0.0, 17.0), (1.0, 9.0));
        // From Friday evening to Monday.
        assert_eq!(next(office, 4.0, 18.0), (7.0, 9.0));
        assert_eq!(next(office, 5.0, 3.0), (7.0, 9.0));
        assert_eq!(next(hours(0.0, 24.0, 7), 6.0, 23.0), (6.0, 23.0));
    }
}
