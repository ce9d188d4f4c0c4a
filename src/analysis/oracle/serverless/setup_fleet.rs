//! A fleet whose servers go off when they are idle and must start before they work again.

use crate::analysis::linear::square;
use crate::analysis::oracle::queueing::levels::{Moves, steady_state};
use crate::analysis::oracle::queueing::{SERVERS, SERVICE_MEAN, station};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, mmc, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "setup-fleet",
    summary: "A shared queue whose servers go off when idle; each waiting job starts one (autoscaling with cold starts).",
    formula: "steady state of (busy i, inside j): i+1 at rate min(j - i, servers - i) / setup_mean, j+1 at rate, and j-1, \
              with i-1 where nobody waits, at rate i / service_mean",
    domain: "Poisson arrivals, exponential service and starting times, first come first served, no limit; a server without \
             work goes off at once, and a start that nobody waits for any more is given up.",
    source: "Gandhi, Doroudi, Harchol-Balter and Scheller-Wolf, Exact analysis of the M/M/k/setup class of Markov chains, \
             SIGMETRICS (2013).",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        SERVICE_MEAN,
        SERVERS,
        Argument::number("setup_mean", "s", "mean time to start"),
    ],
    answers: &[
        station::SOJOURN_MEAN,
        station::WAIT_MEAN,
        station::IN_SYSTEM,
        Answer::new("starting_mean", "1", "mean number of servers that start"),
        Answer::new("sojourn_mean_warm", "s", "what sojourn_mean would be if all servers were always on"),
    ],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let (servers, setup) = (arguments.count("servers", 1)?, arguments.number("setup_mean")?);
        let fleet = setup_fleet(rate, service_mean, servers, setup)?;
        let sojourn = fleet.in_system_mean / rate;
        let warm = mmc(rate, service_mean, servers)?.sojourn_mean;
        let answers = [sojourn, sojourn - service_mean, fleet.in_system_mean, fleet.starting_mean, warm];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// A fleet whose servers must start first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SetupFleet {
    /// Mean number waiting or in service.
    pub in_system_mean: f64,
    /// Mean number of servers that start.
    pub starting_mean: f64,
}

/// Beyond so many servers the matrices are too large to be solved in a moment.
const SERVERS_MAX: u32 = 60;

/// A shared queue whose servers go off when they are idle; each waiting job starts one.
///
/// `rate` of the Poisson arrivals \[1/s\], `service_mean` and `setup_mean`, the mean time to start \[s\], are positive;
/// `servers` is from 1 to 60. A server that ends a job takes the next one that waits, and one start fewer goes on if
/// starts would be more than waiting jobs. The steady state is that of a chain in (busy servers, jobs inside).
///
/// Source: Gandhi, Doroudi, Harchol-Balter and Scheller-Wolf, Exact analysis of the M/M/k/setup class of Markov chains
/// (2013); worked out here as a quasi-birth-death chain.
///
/// # Errors
///
/// An argument outside its range; more work than the servers can do.
///
/// # Examples
///
/// One server: an exponential start adds its mean to the 2 s of M/M/1 at half load.
///
/// ```
/// use ninefold::analysis::oracle::setup_fleet;
/// let fleet = setup_fleet(0.5, 1.0, 1, 10.0).unwrap();
/// assert!((fleet.in_system_mean - 0.5 * 12.0).abs() < 1e-9);
/// ```
pub fn setup_fleet(
    rate: f64,
    service_mean: f64,
    servers: u32,
    setup_mean: f64,
) -> Result<SetupFleet, OracleError> {
    mmc(rate, service_mean, servers)?;
    positive("setup_mean", &[setup_mean])?;
    if servers > SERVERS_MAX {
        let expected = "from 1 to 60";
        return Err(OracleError::Domain { argument: "servers", value: f64::from(servers), expected });
    }
    let all = servers as usize;
    let starting = |inside: usize, busy: usize| inside.saturating_sub(busy).min(all - busy) as f64;
    // The level is the number inside, the phase the number of busy servers; phases above the level are left at once.
    let levels = steady_state(all + 1, |inside| Moves {
        up: square(all + 1, |from, to| if from == to { rate } else { 0.0 }),
        within: square(all + 1, |from, to| match to {
            to if to == from + 1 => starting(inside, from) / setup_mean,
            to if to + 1 == from && from > inside => 1.0 / service_mean,
            _ => 0.0,
        }),
        down: square(all + 1, |from, to| {
            let next = if inside > from { from } else { from.saturating_sub(1) };
            let is_possible = (1..=inside).contains(&from);
            if is_possible && to == next { from as f64 / service_mean } else { 0.0 }
        }),
    })?;
    let sum = |value: &dyn Fn(usize, usize) -> f64| -> f64 {
        let level = |(inside, chances): (usize, &Vec<f64>)| -> f64 {
            chances.iter().enumerate().map(|(busy, chance)| chance * value(inside, busy)).sum()
        };
        levels.iter().enumerate().map(level).sum()
    };
    Ok(SetupFleet { in_system_mean: sum(&|inside, _| inside as f64), starting_mean: sum(&starting) })
}

#[cfg(test)]
mod tests {
    use super::super::setup_queue;
    use super::*;
    use crate::analysis::law::Law;

    #[test]
    fn one_server_is_the_setup_queue_and_quick_starts_are_mmc() {
        let exponential = |mean: f64| Law::Exponential { mean };
        let queue = setup_queue(0.7, &exponential(1.0), &exponential(3.0)).unwrap();
        let fleet = setup_fleet(0.7, 1.0, 1, 3.0).unwrap();
        assert!((fleet.in_system_mean / (0.7 * (queue.wait_mean + 1.0)) - 1.0).abs() < 1e-9);
        let quick = setup_fleet(2.0, 1.0, 4, 1e-9).unwrap();
        assert!((quick.in_system_mean / mmc(2.0, 1.0, 4).unwrap().in_system_mean - 1.0).abs() < 1e-6);
        assert!(setup_fleet(2.0, 1.0, 61, 1.0).is_err());
    }

    /// With endless servers each waiting job starts its own: it waits for the first of all starts and free servers.
    #[test]
    fn slow_starts_of_many_servers_keep_more_inside() {
        let inside = |setup: f64| setup_fleet(5.0, 1.0, 20, setup).unwrap().in_system_mean;
        assert!(inside(0.1) > 5.0 && inside(1.0) > inside(0.1) && inside(10.0) > inside(1.0));
    }
}
