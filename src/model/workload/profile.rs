//! A Poisson process whose rate changes at known times, by inverting the cumulative rate.

use super::Spike;
use crate::units::{Rate, SimDuration, SimTime};

/// A rate in equal steps that repeat for ever, times a factor that spikes change for a while.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profile {
    /// Arrivals per second in each step.
    rates: Vec<f64>,
    /// Nanoseconds of all steps; `u64::MAX` when there is only one.
    period: u64,
    /// Arrivals expected in a period at factor 1, and in it before each step.
    expected: f64,
    before: Vec<f64>,
    /// When the factor changes, rising, the first at 0; and to what.
    factors: Vec<(u64, f64)>,
}

impl Profile {
    /// One rate for ever, but for spikes.
    pub(super) fn constant(rate: Rate, spikes: &[Spike]) -> Self {
        Self::of(vec![rate.per_second()], u64::MAX, spikes)
    }

    /// Equal steps that repeat; `None` without steps or length.
    pub(super) fn new(rates: &[Rate], period: SimDuration, spikes: &[Spike]) -> Option<Self> {
        if rates.is_empty() || period.is_zero() {
            return None;
        }
        Some(Self::of(rates.iter().map(|rate| rate.per_second()).collect(), period.as_nanos(), spikes))
    }

    fn of(rates: Vec<f64>, period: u64, spikes: &[Spike]) -> Self {
        let mut profile = Self { rates, period, expected: 0.0, before: Vec::new(), factors: factors(spikes) };
        for step in 0..profile.rates.len() {
            profile.before.push(profile.expected);
            let length = seconds(profile.step_start(step), profile.step_start(step + 1));
            profile.expected += profile.rates[step] * length;
        }
        profile
    }

    /// When the cumulative rate from `now` on reaches `load`; [`SimTime::NEVER`] if it does not.
    pub(super) fn after(&self, now: SimTime, load: f64) -> SimTime {
        let mut time = now.as_nanos();
        let mut load = load;
        let mut piece = self.factors.partition_point(|(start, _)| *start <= time) - 1;
        while time != u64::MAX {
            let factor = self.factors[piece].1;
            let end = self.factors.get(piece + 1).map_or(u64::MAX, |(start, _)| *start);
            if factor > 0.0 && self.expected > 0.0 {
                match self.within(time, end, load / factor) {
                    Ok(reached) => return SimTime::from_nanos(reached),
                    Err(left) => load = left * factor,
                }
            }
            time = end;
            piece += 1;
        }
        SimTime::NEVER
    }

    /// How many are expected between two times [ns].
    pub(super) fn between(&self, start: u64, end: u64) -> f64 {
        let mut piece = self.factors.partition_point(|(from, _)| *from <= start) - 1;
        let (mut time, mut found) = (start, 0.0);
        while time < end {
            let stop = self.factors.get(piece + 1).map_or(u64::MAX, |(from, _)| *from).min(end);
            found += self.factors[piece].1 * (self.until(stop) - self.until(time));
            time = stop;
            piece += 1;
        }
        found
    }

    /// How many are expected at factor 1 until a time [ns].
    fn until(&self, time: u64) -> f64 {
        let (whole, rest) = (time / self.period, time % self.period);
        let step = self.step_at(rest);
        let here = self.rates[step] * seconds(self.step_start(step), rest);
        whole as f64 * self.expected + self.before[step] + here
    }

    /// When the cumulative rate at factor 1 reaches `load`, or what is left of it at `end`.
    fn within(&self, start: u64, end: u64, load: f64) -> Result<u64, f64> {
        let (mut time, mut load) = (start, load);
        let mut skipped = false;
        while time < end {
            if !skipped && time.is_multiple_of(self.period) {
                // Whole periods at once, so that rare arrivals need no walk through all of them.
                let fitting = (end - time) / self.period;
                let whole = ((load / self.expected) as u64).min(fitting);
                load = (load - whole as f64 * self.expected).max(0.0);
                time += whole * self.period;
                skipped = true;
                continue;
            }
            let base = time - time % self.period;
            let step = self.step_at(time - base);
            let stop = base.saturating_add(self.step_start(step + 1)).min(end);
            let here = self.rates[step] * seconds(time, stop);
            if load < here {
                let nanos = load / self.rates[step] * 1e9;
                return Ok(time + (nanos as u64).min(stop - time - 1));
            }
            load -= here;
            time = stop;
        }
        Err(load)
    }

    fn step_start(&self, step: usize) -> u64 {
        (u128::from(self.period) * step as u128 / self.rates.len() as u128) as u64
    }

    /// The step in which a time within the period falls: the last that begins by then.
    fn step_at(&self, time: u64) -> usize {
        let scaled = (u128::from(time) + 1) * self.rates.len() as u128 - 1;
        (scaled / u128::from(self.period)) as usize
    }
}

fn seconds(start: u64, end: u64) -> f64 {
    SimDuration::from_nanos(end - start).as_secs()
}

/// The product of all spikes at each time.
fn factors(spikes: &[Spike]) -> Vec<(u64, f64)> {
    let span = |spike: &Spike| (spike.at.as_nanos(), (spike.at + spike.lasts).as_nanos());
    let mut edges: Vec<u64> =
        spikes.iter().map(span).flat_map(|(start, end)| [start, end]).chain([0]).collect();
    edges.sort_unstable();
    edges.dedup();
    let factor = |time: u64| {
        let covers = |spike: &&Spike| span(spike).0 <= time && time < span(spike).1;
        spikes.iter().filter(covers).map(|spike| spike.factor).product()
    };
    edges.into_iter().map(|time| (time, factor(time))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn rate(per_second: f64) -> Rate {
        Rate::new(per_second).unwrap()
    }

    fn spike(at: u64, lasts: u64, factor: f64) -> Spike {
        let lasts = SimDuration::from_nanos(lasts.saturating_mul(SECOND));
        Spike { at: SimTime::from_nanos(at * SECOND), lasts, factor }
    }

    fn assert_after(profile: &Profile, now: u64, load: f64, expected: f64) {
        let found = profile.after(SimTime::from_nanos(now * SECOND), load).as_secs();
        assert!((found - expected).abs() < 2e-9 * expected.max(1.0), "{found}, expected {expected}");
    }

    #[test]
    fn spikes_change_the_rate_while_they_last() {
        let spiked =
            Profile::constant(rate(2.0), &[spike(10, 5, 3.0), spike(12, 2, 0.5), spike(30, 10, 0.0)]);
        assert_after(&spiked, 0, 4.0, 2.0);
        assert_after(&spiked, 0, 20.0 + 6.0, 11.0);
        // Rates 2, then 6 from 10 s, 3 from 12 s, 6 from 14 s, 2 from 15 s, none from 30 s to 40 s.
        assert_after(&spiked, 0, 20.0 + 12.0 + 6.0 + 3.0, 14.5);
        assert_after(&spiked, 13, 3.0 + 6.0 + 2.0, 16.0);
        assert_after(&spiked, 29, 3.0, 40.5);
        assert_after(&spiked, 35, 1.0, 40.5);
    }

    #[test]
    fn a_profile_repeats() {
        let day = Profile::new(&[rate(1.0), rate(0.0), rate(4.0)], SimDuration::from_nanos(30 * SECOND), &[]);
        let day = day.unwrap();
        assert_after(&day, 0, 5.0, 5.0);
        assert_after(&day, 5, 6.0, 20.25);
        assert_after(&day, 15, 40.0 + 3.0, 33.0);
        assert_after(&day, 7, 3.0 + 40.0 + 1e6 * 50.0 + 10.0 + 2.0, 30.0 + 3e7 + 20.5);
        let spiked = Profile::new(
            &[rate(1.0), rate(3.0)],
            SimDuration::from_nanos(20 * SECOND),
            &[spike(25, 10, 2.0)],
        );
        // 40 until 20 s, 5 until 25 s, 10 until 30 s, 30 until 35 s, then 3 a second.
        assert_after(&spiked.unwrap(), 0, 40.0 + 5.0 + 10.0 + 30.0 + 6.0, 37.0);
    }

    #[test]
    fn a_rate_of_zero_for_ever_ends_the_search() {
        let never = |profile: &Profile| assert_eq!(profile.after(SimTime::ZERO, 1.0), SimTime::NEVER);
        never(&Profile::constant(rate(0.0), &[spike(1, 2, 5.0)]));
        never(&Profile::constant(rate(2.0), &[spike(0, 20_000_000_000, 0.0)]));
        never(&Profile::new(&[rate(0.0), rate(0.0)], SimDuration::from_nanos(1), &[]).unwrap());
        never(&Profile::new(&[rate(1e-300), rate(0.0)], SimDuration::from_nanos(2), &[]).unwrap());
        assert_eq!(Profile::new(&[], SimDuration::from_nanos(1), &[]), None);
    }

    #[test]
    fn steps_shorter_than_the_clock_are_passed_over() {
        let fine = Profile::new(&[rate(1.0); 7], SimDuration::from_nanos(3), &[]).unwrap();
        assert_after(&fine, 0, 2.0, 2.0);
        let uneven =
            Profile::new(&[rate(1.0), rate(2.0), rate(3.0)], SimDuration::from_nanos(10), &[]).unwrap();
        let steps: Vec<usize> = (0..10).map(|time| uneven.step_at(time)).collect();
        assert_eq!(steps, [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]);
    }
}
