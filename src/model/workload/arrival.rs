//! When the next request of an open client comes.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp1};

use super::Arrival;
use super::profile::Profile;
use crate::kernel::stream::Stream;
use crate::model::trace::{TraceCall, TraceSource};
use crate::units::{Rate, SimDuration, SimTime};

/// The running state of a client's arrivals.
///
/// It draws from one stream and is asked for one arrival after another, so the same stream gives the same arrivals.
/// Closed-loop users are no source: their requests follow from answers.
#[derive(Debug, Clone)]
pub struct ArrivalSource {
    kind: Kind,
}

/// A phase of a rate that changes at random, as it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// Which one.
    pub number: usize,
    /// When it began.
    pub from: SimTime,
    /// When it ends.
    pub until: SimTime,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Nothing comes.
    Over,
    /// A constant rate; mean time between arrivals in seconds.
    Poisson { gap: f64 },
    /// A rate that changes at known times.
    Varying(Profile),
    /// Independent times between arrivals.
    Renewal,
    /// A rate that changes at random.
    Mmpp { phase: usize, until: SimTime, log: Option<Vec<Phase>> },
    /// So many in each period.
    Counts { period: usize, left: u64 },
    /// The number of the next instant.
    Instants { next: usize },
    /// Calls of many functions.
    Trace(Box<TraceSource>),
}

impl ArrivalSource {
    /// The source before its first arrival, at time 0.
    pub fn new(arrival: &Arrival, stream: &mut Stream) -> Self {
        let kind = match arrival {
            Arrival::Poisson { rate, spikes } if spikes.is_empty() => {
                if rate.per_second() > 0.0 {
                    Kind::Poisson { gap: rate.per_second().recip() }
                } else {
                    Kind::Over
                }
            }
            Arrival::Poisson { rate, spikes } => Kind::Varying(Profile::constant(*rate, spikes)),
            Arrival::Profile { rates, period, spikes } => {
                Profile::new(rates, *period, spikes).map_or(Kind::Over, Kind::Varying)
            }
            Arrival::Renewal { .. } => Kind::Renewal,
            Arrival::Mmpp { rates, stays } => first_phase(rates, stays, stream),
            Arrival::Counts { counts, .. } => {
                Kind::Counts { period: 0, left: counts.first().copied().unwrap_or(0) }
            }
            Arrival::Instants(_) => Kind::Instants { next: 0 },
            Arrival::Trace(trace) => Kind::Trace(Box::new(TraceSource::new(trace, stream.random()))),
            Arrival::Closed { .. } => Kind::Over,
        };
        Self { kind }
    }

    /// Keeps the phases of a rate that changes at random from now on, before the first arrival.
    pub fn keep_phases(&mut self) {
        if let Kind::Mmpp { phase, until, log } = &mut self.kind {
            *log = Some(vec![Phase { number: *phase, from: SimTime::ZERO, until: *until }]);
        }
    }

    /// The phases met since the last call, if they are kept.
    pub fn take_phases(&mut self) -> Vec<Phase> {
        match &mut self.kind {
            Kind::Mmpp { log: Some(log), .. } => std::mem::take(log),
            _ => Vec::new(),
        }
    }

    /// The mean time between arrivals (s) of a Poisson process of constant rate, whose next arrival
    /// [`next_of_poisson`] gives without the source; `None` for all others.
    pub fn gap_of_poisson(&self) -> Option<f64> {
        match self.kind {
            Kind::Poisson { gap } => Some(gap),
            _ => None,
        }
    }

    /// What the arrival of a trace brings along that [`ArrivalSource::next`] gave last.
    pub fn call(&self) -> Option<TraceCall> {
        match &self.kind {
            Kind::Trace(source) => Some(source.call()),
            _ => None,
        }
    }

    /// The arrival after that at `now` (the first: after [`SimTime::ZERO`]); [`SimTime::NEVER`] when there is none.
    #[inline(never)]
    pub fn next(&mut self, arrival: &Arrival, now: SimTime, stream: &mut Stream) -> SimTime {
        match (&mut self.kind, arrival) {
            (Kind::Poisson { gap }, _) => next_of_poisson(*gap, now, stream),
            (Kind::Varying(profile), _) => profile.after(now, unit_exponential(stream)),
            (Kind::Renewal, Arrival::Renewal { between }) => now + between.sample(stream),
            (Kind::Mmpp { phase, until, log }, Arrival::Mmpp { rates, stays }) => {
                next_in_phases((phase, until, log), (rates, stays), now, stream)
            }
            (Kind::Counts { period, left }, Arrival::Counts { counts, period: length, begins }) => {
                next_of_counts(period, left, (counts, *length, *begins), now, stream)
            }
            (Kind::Instants { next }, Arrival::Instants(instants)) => {
                let instant = instants.get(*next).copied().unwrap_or(SimTime::NEVER);
                *next += 1;
                instant
            }
            (Kind::Trace(source), Arrival::Trace(trace)) => source.next(trace),
            (Kind::Over, _) => SimTime::NEVER,
            _ => unreachable!("a source is asked with the arrivals that it was made from"),
        }
    }
}

/// The arrival after that at `now` of a Poisson process with a mean of `gap` (s) between arrivals.
#[inline(always)]
pub fn next_of_poisson(gap: f64, now: SimTime, stream: &mut Stream) -> SimTime {
    now + SimDuration::from_secs(unit_exponential(stream) * gap)
}

#[inline(always)]
fn unit_exponential<R: Rng + ?Sized>(random: &mut R) -> f64 {
    Exp1.sample(random)
}

/// The stationary phase is met with a probability proportional to its stay, of which a whole mean is left.
fn first_phase(rates: &[Rate], stays: &[SimDuration], stream: &mut Stream) -> Kind {
    let total: f64 = stays.iter().map(|stay| stay.as_secs()).sum();
    if total <= 0.0 || rates.iter().all(|rate| rate.per_second() <= 0.0) {
        return Kind::Over;
    }
    let mut left = stream.random::<f64>() * total;
    // Where rounding leaves nothing to choose it is the last phase that one can stay in.
    let last = stays.iter().rposition(|stay| !stay.is_zero()).unwrap_or(0);
    let mut phase = 0;
    while phase < last && left >= stays[phase].as_secs() {
        left -= stays[phase].as_secs();
        phase += 1;
    }
    Kind::Mmpp { phase, until: SimTime::ZERO + stay_in(stays[phase], stream), log: None }
}

fn stay_in(mean: SimDuration, stream: &mut Stream) -> SimDuration {
    SimDuration::from_secs(unit_exponential(stream) * mean.as_secs())
}

/// Both stays and times to the next arrival are without memory, so each phase is begun with new draws.
fn next_in_phases(
    (phase, until, log): (&mut usize, &mut SimTime, &mut Option<Vec<Phase>>),
    (rates, stays): (&[Rate], &[SimDuration]),
    now: SimTime,
    stream: &mut Stream,
) -> SimTime {
    let mut from = now;
    loop {
        let rate = rates[*phase].per_second();
        if rate > 0.0 {
            let next = from + SimDuration::from_secs(unit_exponential(stream) / rate);
            if next < *until {
                return next;
            }
        }
        if *until == SimTime::NEVER {
            return SimTime::NEVER;
        }
        from = *until;
        *phase = (*phase + 1) % stays.len();
        *until = from + stay_in(stays[*phase], stream);
        if let Some(log) = log {
            log.push(Phase { number: *phase, from, until: *until });
        }
    }
}

/// The least of `left` independent uniform times between now and the end of the period, one draw each.
fn next_of_counts(
    period: &mut usize,
    left: &mut u64,
    (counts, length, begins): (&[u64], SimDuration, SimTime),
    now: SimTime,
    stream: &mut Stream,
) -> SimTime {
    while *left == 0 {
        *period += 1;
        let Some(count) = counts.get(*period) else {
            return SimTime::NEVER;
        };
        *left = *count;
    }
    let edge =
        |number: usize| begins.as_nanos().saturating_add(length.as_nanos().saturating_mul(number as u64));
    let from = now.as_nanos().max(edge(*period));
    let span = edge(*period + 1).saturating_sub(from);
    // 1 - u^(1/left), with -ln(u) drawn as a unit exponential: no digits are lost when many are left.
    let share = -(-unit_exponential(stream) / *left as f64).exp_m1();
    *left -= 1;
    let step = ((span as f64 * share) as u64).min(span.saturating_sub(1));
    SimTime::from_nanos(from + step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::distribution::Distribution;
    use crate::kernel::stream::{Purpose, Streams};
    use crate::model::workload::Spike;

    const SECOND: u64 = 1_000_000_000;

    fn rate(per_second: f64) -> Rate {
        Rate::new(per_second).unwrap()
    }

    fn span(seconds: u64) -> SimDuration {
        SimDuration::from_nanos(seconds * SECOND)
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::from_nanos(seconds * SECOND)
    }

    /// The arrivals of one run before `end`.
    fn arrivals(arrival: &Arrival, run: u32, end: SimTime) -> Vec<SimTime> {
        let mut stream = Streams::new(11, run).stream(Purpose::Arrival, 0);
        let mut source = ArrivalSource::new(arrival, &mut stream);
        let mut next = source.next(arrival, SimTime::ZERO, &mut stream);
        let mut all = Vec::new();
        while next < end {
            all.push(next);
            next = source.next(arrival, next, &mut stream);
        }
        assert!(all.is_sorted());
        all
    }

    /// Asserts that a Poisson count has this mean, within five standard errors.
    fn assert_count(found: usize, expected: f64) {
        let error = (found as f64 - expected) / expected.sqrt();
        assert!(error.abs() < 5.0, "{found} arrivals, expected {expected}");
    }

    #[test]
    fn poisson_arrivals_have_their_rate_and_variance() {
        let plain = Arrival::Poisson { rate: rate(100.0), spikes: vec![] };
        let times = arrivals(&plain, 0, at(1_000));
        assert_count(times.len(), 100_000.0);
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1].since(pair[0]).as_secs()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let squares = gaps.iter().map(|gap| gap * gap).sum::<f64>() / gaps.len() as f64;
        // E[X^2] = 2 mean^2, and its estimate has variance 20 mean^4 / n.
        let error = (squares / mean.powi(2) - 2.0) / (20.0 / gaps.len() as f64).sqrt();
        assert!(error.abs() < 5.0, "second moment is {error} standard errors off");
    }

    #[test]
    fn a_rate_of_zero_never_arrives() {
        let none = Arrival::Poisson { rate: rate(0.0), spikes: vec![] };
        assert_eq!(arrivals(&none, 0, SimTime::NEVER), []);
        let phases = Arrival::Mmpp { rates: vec![rate(0.0); 2], stays: vec![span(1); 2] };
        assert_eq!(arrivals(&phases, 0, SimTime::NEVER), []);
        let closed = Arrival::Closed { users: 3, think: Distribution::constant(span(1)) };
        assert_eq!(arrivals(&closed, 0, SimTime::NEVER), []);
    }

    #[test]
    fn spikes_and_profiles_have_the_integral_of_their_rate() {
        let spike = Spike { at: at(100), lasts: span(100), factor: 10.0 };
        let spiked = Arrival::Poisson { rate: rate(50.0), spikes: vec![spike] };
        let times = arrivals(&spiked, 1, at(300));
        let within =
            |from: u64, to: u64| times.iter().filter(|time| at(from) <= **time && **time < at(to)).count();
        assert_count(within(0, 100), 5_000.0);
        assert_count(within(100, 200), 50_000.0);
        assert_count(within(200, 300), 5_000.0);
        let rates = vec![rate(10.0), rate(0.0), rate(40.0)];
        let day = Arrival::Profile { rates, period: span(3), spikes: vec![] };
        let times = arrivals(&day, 2, at(3_000));
        let counts = times.iter().fold([0; 3], |mut counts, time| {
            counts[(time.as_nanos() / SECOND % 3) as usize] += 1;
            counts
        });
        assert_count(counts[0], 10_000.0);
        assert_eq!(counts[1], 0);
        assert_count(counts[2], 40_000.0);
    }

    #[test]
    fn a_spike_of_factor_one_changes_nothing_but_rounding() {
        let plain = Arrival::Poisson { rate: rate(7.0), spikes: vec![] };
        let spike = Spike { at: at(3), lasts: span(5), factor: 1.0 };
        let spiked = Arrival::Poisson { rate: rate(7.0), spikes: vec![spike] };
        let (plain, spiked) = (arrivals(&plain, 0, at(100)), arrivals(&spiked, 0, at(100)));
        assert_eq!(plain.len(), spiked.len());
        for (number, (one, other)) in plain.iter().zip(&spiked).enumerate() {
            let apart = one.as_nanos().abs_diff(other.as_nanos());
            assert!(apart <= 3 * (number as u64 + 1), "arrival {number} is {apart} ns apart");
        }
    }

    #[test]
    fn renewal_begins_with_one_interval() {
        let even = Arrival::Renewal { between: Distribution::constant(span(2)) };
        assert_eq!(arrivals(&even, 0, at(7)), [at(2), at(4), at(6)]);
    }

    #[test]
    fn phases_are_stationary_from_the_start() {
        let rates = vec![rate(0.0), rate(10.0), rate(2.0)];
        let stays = vec![span(20), span(5), span(15)];
        let phases = Arrival::Mmpp { rates, stays };
        let counts: Vec<f64> = (0..20_000).map(|run| arrivals(&phases, run, at(1)).len() as f64).collect();
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / (counts.len() - 1) as f64;
        let expected = (10.0 * 5.0 + 2.0 * 15.0) / 40.0;
        let error = (mean - expected) / (variance / counts.len() as f64).sqrt();
        assert!(error.abs() < 5.0, "mean {mean}, expected {expected}");
    }

    #[test]
    fn phases_have_their_rate_in_the_long_run() {
        let phases = Arrival::Mmpp { rates: vec![rate(0.2), rate(2.0)], stays: vec![span(20), span(10)] };
        let counts: Vec<f64> =
            (0..200).map(|run| arrivals(&phases, run, at(2_000)).len() as f64 / 2_000.0).collect();
        let mean = counts.iter().sum::<f64>() / 200.0;
        let error = (counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 199.0 / 200.0).sqrt();
        assert!((mean - 0.8).abs() < 5.0 * error, "rate {mean} +- {error}");
    }

    #[test]
    fn counts_are_exact_in_each_period_and_uniform_within() {
        let counts = vec![0, 3, 0, 40_000, 1];
        let recorded = Arrival::Counts { counts: counts.clone(), period: span(10), begins: SimTime::ZERO };
        let times = arrivals(&recorded, 0, SimTime::NEVER);
        let mut found = vec![0; 5];
        for time in &times {
            found[(time.as_nanos() / (10 * SECOND)) as usize] += 1;
        }
        assert_eq!(found, counts);
        // Kolmogorov-Smirnov: sqrt(n) D exceeds 2.23 with probability 1e-4.
        let n = 40_000.0;
        let distance = times[3..40_003].iter().enumerate().map(|(number, time)| {
            let share = (time.as_secs() - 30.0) / 10.0;
            ((number as f64 + 1.0) / n - share).max(share - number as f64 / n)
        });
        let distance = distance.fold(0.0, f64::max);
        assert!(distance * f64::sqrt(n) < 2.23, "distance {distance}");
    }

    #[test]
    fn counts_may_begin_later() {
        let counts = vec![5, 2];
        let times = |begins| {
            arrivals(&Arrival::Counts { counts: counts.clone(), period: span(10), begins }, 0, SimTime::NEVER)
        };
        let shifted: Vec<SimTime> = times(SimTime::ZERO).into_iter().map(|time| time + span(7)).collect();
        assert_eq!(times(at(7)), shifted);
    }

    #[test]
    fn instants_are_replayed_as_they_are() {
        let instants = vec![at(1), at(1), at(5)];
        assert_eq!(arrivals(&Arrival::Instants(instants.clone()), 0, SimTime::NEVER), instants);
    }

    #[test]
    fn the_same_stream_gives_the_same_arrivals_also_from_a_copy() {
        let phases = Arrival::Mmpp { rates: vec![rate(5.0), rate(50.0)], stays: vec![span(2), span(1)] };
        assert_eq!(arrivals(&phases, 3, at(50)), arrivals(&phases, 3, at(50)));
        assert_ne!(arrivals(&phases, 3, at(50)), arrivals(&phases, 4, at(50)));
        let mut stream = Streams::new(1, 1).stream(Purpose::Arrival, 0);
        let mut source = ArrivalSource::new(&phases, &mut stream);
        let now = source.next(&phases, SimTime::ZERO, &mut stream);
        let (mut copy, mut copied) = (source.clone(), stream.clone());
        for _ in 0..100 {
            assert_eq!(source.next(&phases, now, &mut stream), copy.next(&phases, now, &mut copied));
        }
    }
}
