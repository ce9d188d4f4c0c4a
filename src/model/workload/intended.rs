//! How many requests are meant to come: what a rate says, not what chance makes of it.

use super::Arrival;
use super::profile::Profile;
use crate::model::trace::{Calls, Recorded};
use crate::units::{Rate, SimDuration, SimTime};

impl Arrival {
    /// Whether the intended rate changes with time.
    pub fn varies(&self) -> bool {
        match self {
            Self::Poisson { spikes, .. } => !spikes.is_empty(),
            Self::Renewal { .. } | Self::Closed { .. } => false,
            Self::Mmpp { .. } | Self::Profile { .. } | Self::Counts { .. } | Self::Instants(_) => true,
            Self::Trace(trace) => trace.steady_rate().is_none(),
        }
    }

    /// The mean of the intended rate until `horizon` \[1/s\]; of users, that at which they come when nobody waits for an
    /// answer. Zero where nothing says how many come.
    pub fn mean_rate(&self, horizon: SimTime) -> f64 {
        let span = horizon.as_secs();
        let rate = match self {
            Self::Poisson { rate, spikes } if spikes.is_empty() => rate.per_second(),
            Self::Renewal { between } => between.mean().recip(),
            Self::Closed { users, think } => f64::from(*users) / think.mean(),
            Self::Mmpp { rates, stays } => {
                let total: f64 = stays.iter().map(|stay| stay.as_secs()).sum();
                let each = rates.iter().zip(stays).map(|(rate, stay)| rate.per_second() * stay.as_secs());
                each.sum::<f64>() / total
            }
            Self::Trace(trace) if trace.steady_rate().is_some() => trace.steady_rate().unwrap_or_default(),
            _ => Intended::new(self).map_or(0.0, |intended| intended.between(SimTime::ZERO, horizon) / span),
        };
        if rate.is_finite() { rate } else { 0.0 }
    }
}

/// Expected numbers of requests of a client whose intended rate changes at times that are known beforehand.
#[derive(Debug)]
pub struct Intended<'a>(Kind<'a>);

#[derive(Debug)]
enum Kind<'a> {
    Profile(Profile),
    /// How many come before each period and in all, its length, and when the first begins.
    Counts(Vec<f64>, SimDuration, SimTime),
    Instants(&'a [SimTime]),
    Recorded(&'a [Recorded]),
}

impl<'a> Intended<'a> {
    /// `None` where the rate never changes, or does so at random.
    pub fn new(arrival: &'a Arrival) -> Option<Self> {
        Some(Self(match arrival {
            Arrival::Poisson { rate, spikes } if !spikes.is_empty() => {
                Kind::Profile(Profile::constant(*rate, spikes))
            }
            Arrival::Profile { rates, period, spikes } => {
                Kind::Profile(Profile::new(rates, *period, spikes)?)
            }
            Arrival::Counts { counts, period, begins } => {
                let mut before = vec![0.0];
                before.extend(counts.iter().scan(0, |sum, count| {
                    *sum += count;
                    Some(*sum as f64)
                }));
                Kind::Counts(before, *period, *begins)
            }
            Arrival::Instants(instants) => Kind::Instants(instants),
            Arrival::Trace(trace) => match &trace.calls {
                Calls::Counts(counts) => Kind::Counts(counts.before(), counts.period, SimTime::ZERO),
                Calls::Recorded(calls) => Kind::Recorded(calls),
                Calls::Rates(_) => return None,
            },
            _ => return None,
        }))
    }

    /// How many are meant to come from one time to another; of a record, how many it has.
    pub fn between(&self, from: SimTime, to: SimTime) -> f64 {
        match &self.0 {
            Kind::Profile(profile) => profile.between(from.as_nanos(), to.as_nanos()),
            Kind::Counts(before, period, begins) => {
                let until = |time: SimTime| {
                    let time = time.since(*begins);
                    let whole = usize::try_from(time.as_nanos() / period.as_nanos()).unwrap_or(usize::MAX);
                    let part = (time.as_nanos() % period.as_nanos()) as f64 / period.as_nanos() as f64;
                    let last = before.len() - 1;
                    let (low, high) = (before[whole.min(last)], before[whole.saturating_add(1).min(last)]);
                    low + part * (high - low)
                };
                until(to) - until(from)
            }
            Kind::Instants(instants) => {
                let before = |time: SimTime| instants.partition_point(|one| *one < time);
                (before(to) - before(from)) as f64
            }
            Kind::Recorded(calls) => {
                let before = |time: SimTime| calls.partition_point(|one| one.at < time);
                (before(to) - before(from)) as f64
            }
        }
    }
}

/// The rate of each phase of arrivals whose rate changes at random; empty for all others.
pub fn phase_rates(arrival: &Arrival) -> &[Rate] {
    match arrival {
        Arrival::Mmpp { rates, .. } => rates,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workload::Spike;

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    fn rate(per_second: f64) -> Rate {
        Rate::new(per_second).unwrap()
    }

    fn between(arrival: &Arrival, from: f64, to: f64) -> f64 {
        Intended::new(arrival).unwrap().between(at(from), at(to))
    }

    #[test]
    fn a_profile_with_spikes_has_its_integral() {
        let spike =
            |at_s, lasts, factor| Spike { at: at(at_s), lasts: SimDuration::from_secs(lasts), factor };
        let day = Arrival::Profile {
            rates: vec![rate(10.0), rate(40.0)],
            period: SimDuration::from_secs(20.0),
            spikes: vec![spike(5.0, 10.0, 3.0)],
        };
        // 10/s for 10 s, 40/s for 10 s; from 5 to 15 s three times as many.
        for (from, to, expected) in [
            (0.0, 5.0, 50.0),
            (5.0, 10.0, 150.0),
            (8.0, 12.0, 60.0 + 240.0),
            (0.0, 20.0, 50.0 + 150.0 + 600.0 + 200.0),
            (30.0, 72.5, 400.0 + 500.0 + 200.0),
        ] {
            let found = between(&day, from, to);
            assert!(
                (found - expected).abs() < 1e-6 * expected,
                "{from} to {to}: {found}, expected {expected}"
            );
        }
        let spiked = Arrival::Poisson { rate: rate(7.0), spikes: vec![spike(2.0, 2.0, 0.0)] };
        assert!((between(&spiked, 0.0, 10.0) - 56.0).abs() < 1e-6);
        assert!((spiked.mean_rate(at(10.0)) - 5.6).abs() < 1e-6);
    }

    #[test]
    fn a_record_has_what_it_has() {
        let counts =
            Arrival::Counts { counts: vec![4, 0, 6], period: SimDuration::from_secs(10.0), begins: at(2.0) };
        assert!((between(&counts, 7.0, 27.0) - 5.0).abs() < 1e-9);
        assert!(between(&counts, 32.0, 90.0).abs() < 1e-9);
        let instants = Arrival::Instants(vec![at(1.0), at(1.0), at(5.0)]);
        assert!((between(&instants, 1.0, 5.0) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn mean_rates_are_those_of_the_process() {
        let phases = Arrival::Mmpp {
            rates: vec![rate(0.0), rate(12.0)],
            stays: vec![SimDuration::from_secs(20.0), SimDuration::from_secs(10.0)],
        };
        assert!((phases.mean_rate(at(1.0)) - 4.0).abs() < 1e-9);
        assert!(phases.varies() && Intended::new(&phases).is_none());
        let never = Arrival::Poisson { rate: rate(3.0), spikes: vec![] };
        assert!(!never.varies() && Intended::new(&never).is_none());
        assert!((never.mean_rate(at(1.0)) - 3.0).abs() < 1e-9);
    }
}
