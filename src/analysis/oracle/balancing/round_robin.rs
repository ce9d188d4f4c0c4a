//! Strict rotation over equal single servers.

use super::random_split::{RATE, fleet_of, random_split};
use crate::analysis::law::Law;
use crate::analysis::oracle::queueing::station::{STATION, Station, join};
use crate::analysis::oracle::queueing::{SERVERS, SERVICE_MEAN};
use crate::analysis::oracle::{Answer, Oracle, OracleError, gm1, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "round-robin",
    summary: "Equal single servers, each with its own queue, that are picked in turn.",
    formula: "each is an E_n/M/1 queue: T = 1 / (mu (1 - s)), s = (rate / (rate + mu (1 - s)))^n, mu = 1 / service_mean",
    domain: "Poisson arrivals, exponential service, one slot per replica, unlimited FIFO queues, one strict rotation for \
             all, load below 1.",
    source: "Every n-th arrival of a Poisson process comes after an Erlang time; queue: Kleinrock, Queueing Systems I \
             (1975), section 6.4.",
    arguments: &[RATE, SERVICE_MEAN, SERVERS],
    answers: &ANSWERS,
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let servers = arguments.count("servers", 1)?;
        let mut answers = round_robin(rate, service_mean, servers)?.answers();
        let regular = gm1(&Law::Constant { value: f64::from(servers) / rate }, service_mean)?;
        answers.push(random_split(rate, service_mean, servers)?.sojourn_mean.into());
        answers.push(regular.sojourn_mean.into());
        Ok(answers)
    },
};

const ANSWERS: [Answer; 18] = join(
    &STATION,
    &[
        Answer::new("sojourn_mean_random", "s", "what sojourn_mean would be with a random pick"),
        Answer::new(
            "sojourn_mean_regular",
            "s",
            "what sojourn_mean tends to with many servers at the same load",
        ),
    ],
);

/// Equal single servers, each with its own queue, that are picked in turn.
///
/// ```text
/// T = 1 / (mu (1 - s)),  s = (rate / (rate + mu (1 - s)))^n,  mu = 1 / service_mean
/// ```
///
/// `rate` of the Poisson arrivals at all servers \[1/s\] and `service_mean` \[s\] are positive, `servers` (n) at least
/// 1. Numbers inside are those of all servers together.
///
/// Source: Kleinrock, Queueing Systems I (1975), section 6.4, with Erlang times between arrivals.
///
/// # Errors
///
/// An argument that is not positive and finite; more work than the servers can do.
///
/// # Examples
///
/// Two servers at 80 % load: 3.84 s, where a random pick gives 5 s.
///
/// ```
/// use ninefold::analysis::oracle::round_robin;
/// assert!((round_robin(1.6, 1.0, 2).unwrap().sojourn_mean - 3.843_98).abs() < 5e-6);
/// ```
pub fn round_robin(rate: f64, service_mean: f64, servers: u32) -> Result<Station, OracleError> {
    positive("rate", &[rate])?;
    positive("servers", &[f64::from(servers)])?;
    let shape = f64::from(servers);
    let one = gm1(&Law::Gamma { shape, mean: shape / rate }, service_mean)?;
    Ok(fleet_of(one, servers))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The queue of one server in stages of its arrivals, as a chain that is cut off.
    #[test]
    fn it_is_the_chain_in_stages_of_arrivals() {
        use crate::analysis::linear::square;
        use crate::analysis::oracle::queueing::levels::{Moves, steady_state};
        let (rate, servers) = (2.1, 3_usize);
        let moves = |inside: usize| Moves {
            up: square(servers, |from, to| if from + 1 == servers && to == 0 { rate } else { 0.0 }),
            within: square(servers, |from, to| if to == from + 1 { rate } else { 0.0 }),
            down: square(servers, |from, to| f64::from(from == to && inside > 0)),
        };
        let levels = steady_state(1, moves).unwrap();
        let inside = |(inside, chances): (usize, &Vec<f64>)| inside as f64 * chances.iter().sum::<f64>();
        let all: f64 = 3.0 * levels.iter().enumerate().map(inside).sum::<f64>();
        assert!((round_robin(rate, 1.0, 3).unwrap().in_system_mean / all - 1.0).abs() < 1e-10);
    }

    #[test]
    fn one_server_is_mm1_and_many_are_regular() {
        assert!((round_robin(0.8, 1.0, 1).unwrap().sojourn_mean - 5.0).abs() < 1e-9);
        let (many, regular) =
            (round_robin(8e3, 1.0, 10_000).unwrap(), gm1(&Law::Constant { value: 1.25 }, 1.0).unwrap());
        assert!((many.sojourn_mean / regular.sojourn_mean - 1.0).abs() < 1e-3);
        assert!(round_robin(2.0, 1.0, 2).is_err());
    }
}
