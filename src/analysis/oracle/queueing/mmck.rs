//! M/M/c/K: several servers and a queue with a limit.

use super::erlang_b::BLOCKED;
use super::station::{LEVELS, STATION, Station, join};
use super::{RATE, SERVERS, SERVICE_MEAN};
use crate::analysis::numeric::{poisson, quantile};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mmck",
    summary: "One queue with a limit in front of several servers; who finds it full is turned away.",
    formula: "p(n+1) = p(n) rate service_mean / min(n + 1, servers) up to n = places; turned away: p(places)",
    domain: "Poisson arrivals, exponential service, equal servers that share one queue, first come first served, those \
             turned away do not return.",
    source: "Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.5.",
    arguments: &[
        RATE,
        SERVICE_MEAN,
        SERVERS,
        Argument::number("places", "1", "how many fit in, those in service included"),
    ],
    answers: &ANSWERS,
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let (servers, places) = (arguments.count("servers", 1)?, arguments.count("places", 1)?);
        let queue = mmck(rate, service_mean, servers, places)?;
        let mut answers = queue.admitted.answers();
        answers.extend([queue.blocked_ratio, queue.admitted_rate].map(Value::from));
        Ok(answers)
    },
};

const ANSWERS: [Answer; 18] =
    join(&STATION, &[BLOCKED, Answer::new("admitted_rate", "1/s", "rate of those that are admitted")]);

/// A longer queue takes too long to work out, and is mmc in all but name.
const PLACES_MAX: u32 = 1_000_000;

/// A queue with a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitedStation {
    /// What those experience who are admitted.
    pub admitted: Station,
    /// Share of those that arrive that are turned away.
    pub blocked_ratio: f64,
    /// Rate of those that are admitted \[1/s\].
    pub admitted_rate: f64,
}

/// One queue with a limit in front of several servers; who finds it full is turned away.
///
/// ```text
/// p(n+1) = p(n) a / min(n + 1, servers) for n < places,  a = rate service_mean
/// turned away: p(places);  W = sum (n - servers)^+ p(n) / (rate (1 - p(places)))
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\] and `service_mean` \[s\] are positive, `servers` at least 1, and `places`,
/// in the queue and in service together, at least `servers` and at most a million. Any load is possible.
///
/// Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.5.
///
/// # Errors
///
/// An argument outside its range; fewer places than servers.
///
/// # Examples
///
/// The inspection station of the source: one car a minute, 6 minutes each, 3 stalls and room for 4 more.
/// 6.06 cars are inside on average.
///
/// ```
/// use ninefold::analysis::oracle::mmck;
/// let station = mmck(1.0, 6.0, 3, 7).unwrap();
/// assert!((station.admitted.in_system_mean - 6.06).abs() < 0.005);
/// ```
pub fn mmck(rate: f64, service_mean: f64, servers: u32, places: u32) -> Result<LimitedStation, OracleError> {
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    positive("servers", &[f64::from(servers)])?;
    if places < servers {
        let expected = "at least the number of servers";
        return Err(OracleError::Domain { argument: "places", value: f64::from(places), expected });
    }
    if places > PLACES_MAX {
        let expected = "at most a million";
        return Err(OracleError::Domain { argument: "places", value: f64::from(places), expected });
    }
    let chances = inside(rate * service_mean, servers, places);
    let blocked_ratio = chances.last().copied().unwrap_or(0.0);
    let admitted_rate = rate * (1.0 - blocked_ratio);
    let mean = |count: &dyn Fn(u32) -> u32| -> f64 {
        (0..=places).zip(&chances).map(|(number, chance)| f64::from(count(number)) * chance).sum()
    };
    let (in_system_mean, queue_length_mean) = (mean(&|n| n), mean(&|n| n.saturating_sub(servers)));
    let busy = mean(&|n| n.min(servers));
    // What those find that are admitted: the chances without the last.
    let found: Vec<f64> =
        chances[..chances.len() - 1].iter().map(|chance| chance * rate / admitted_rate).collect();
    let (at_once, delayed) = found.split_at(servers as usize);
    let stages = Stages::new(1.0 / service_mean, f64::from(servers), at_once.iter().sum(), delayed);
    let admitted = Station {
        sojourn_mean: in_system_mean / admitted_rate,
        wait_mean: queue_length_mean / admitted_rate,
        delayed_ratio: delayed.iter().sum(),
        utilisation: busy / f64::from(servers),
        in_system_mean,
        queue_length_mean,
        sojourn_quantiles: LEVELS.map(|level| quantile(level, service_mean, |time| stages.sojourn(time))),
        wait_quantiles: LEVELS.map(|level| quantile(level, service_mean, |time| stages.wait(time))),
    };
    Ok(LimitedStation { admitted, blocked_ratio, admitted_rate })
}

/// The probability of each number inside, from 0 to `places`, at an offered `load` \[Erlang\].
fn inside(load: f64, servers: u32, places: u32) -> Vec<f64> {
    let mut weights = vec![1.0];
    let mut weight = 1.0;
    for number in 1..=places {
        weight *= load / f64::from(number.min(servers));
        weights.push(weight);
        // Only ratios matter, and a weight must stay a number.
        if weight > 1e200 {
            for weight in &mut weights {
                *weight *= 1e-200;
            }
            weight *= 1e-200;
        }
    }
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// A wait that is a sum of exponential stages, one for each job in front, and the service after it.
///
/// Stages end at the instants of a Poisson process; each of its points also ends a service with the share of one server.
struct Stages {
    /// Rate of one server.
    mu: f64,
    /// Rate of all servers.
    all: f64,
    /// Probability of no wait.
    at_once: f64,
    /// Probability of more stages than the index.
    waiting: Vec<f64>,
    /// Probability of being in service after as many points as the index, of those who waited.
    serving: Vec<f64>,
}

impl Stages {
    /// `found[n]` is the probability of n + 1 stages.
    fn new(mu: f64, servers: f64, at_once: f64, found: &[f64]) -> Self {
        let mut waiting = vec![0.0];
        let mut serving = vec![0.0];
        for (last, first) in found.iter().rev().zip(found) {
            waiting.push(waiting[waiting.len() - 1] + last);
            serving.push(serving[serving.len() - 1] * (1.0 - servers.recip()) + first);
        }
        waiting.reverse();
        Self { mu, all: servers * mu, at_once, waiting, serving }
    }

    /// The probability of a longer wait.
    fn wait(&self, time: f64) -> f64 {
        let (first, chances) = poisson(self.all * time);
        self.waiting.iter().skip(first).zip(&chances).map(|(waiting, chance)| waiting * chance).sum()
    }

    /// The probability of a longer wait and service together.
    fn sojourn(&self, time: f64) -> f64 {
        let (first, chances) = poisson(self.all * time);
        let last = self.serving.len() - 1;
        let stay = 1.0 - self.mu / self.all;
        let serving = |points: usize| match self.serving.get(points) {
            Some(serving) => *serving,
            None => self.serving[last] * stay.powf((points - last) as f64),
        };
        let after: f64 = (first..).zip(&chances).map(|(points, chance)| serving(points) * chance).sum();
        self.at_once * (-self.mu * time).exp() + self.wait(time) + after
    }
}

#[cfg(test)]
mod tests {
    use super::super::{erlang_b, mmc};
    use super::*;
    use crate::analysis::numeric::integrate_tail;

    #[test]
    fn without_a_queue_it_is_erlang_b_and_with_a_long_one_mmc() {
        let none = mmck(5.0, 1.0, 10, 10).unwrap();
        assert!((none.blocked_ratio / erlang_b(5.0, 1.0, 10).unwrap() - 1.0).abs() < 1e-12);
        assert!(none.admitted.delayed_ratio.abs() < 1e-15 && none.admitted.wait_quantiles[4].abs() < 1e-15);
        for servers in [1, 3] {
            let rate = 0.7 * f64::from(servers);
            let (long, endless) = (mmck(rate, 1.0, servers, 200).unwrap(), mmc(rate, 1.0, servers).unwrap());
            assert!(long.blocked_ratio < 1e-30);
            let pairs = long.admitted.sojourn_quantiles.iter().zip(endless.sojourn_quantiles);
            for (long, endless) in
                pairs.chain(long.admitted.wait_quantiles.iter().zip(endless.wait_quantiles))
            {
                assert!((long - endless).abs() < 1e-9, "{long} {endless}");
            }
        }
    }

    #[test]
    fn the_law_of_the_time_inside_has_the_mean_of_littles_law() {
        for (rate, servers, places) in [(5.0, 3, 10), (0.9, 1, 5), (30.0, 2, 40)] {
            let queue = mmck(rate, 1.0, servers, places).unwrap();
            let chances = inside(rate, servers, places);
            let admitted = 1.0 - chances[places as usize];
            let found: Vec<f64> = chances[..places as usize].iter().map(|chance| chance / admitted).collect();
            let (at_once, delayed) = found.split_at(servers as usize);
            let stages = Stages::new(1.0, f64::from(servers), at_once.iter().sum(), delayed);
            let sojourn = integrate_tail(0.0, 2.0, |time| stages.sojourn(time));
            let wait = integrate_tail(0.0, 2.0, |time| stages.wait(time));
            assert!((sojourn / queue.admitted.sojourn_mean - 1.0).abs() < 1e-9, "{sojourn}");
            assert!((wait / queue.admitted.wait_mean - 1.0).abs() < 1e-9, "{wait}");
        }
    }

    #[test]
    fn a_flood_fills_every_place() {
        let flood = mmck(1e6, 1.0, 2, 100_000).unwrap();
        assert!((flood.blocked_ratio - (1.0 - 2e-6)).abs() < 1e-9);
        assert!(mmck(1.0, 1.0, 3, 2).is_err() && mmck(1.0, 1.0, 3, u32::MAX).is_err());
    }
}
