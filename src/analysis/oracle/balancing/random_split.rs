//! Uniform random balancing over equal single servers.

use crate::analysis::oracle::queueing::station::{STATION, Station, join};
use crate::analysis::oracle::queueing::{SERVERS, SERVICE_MEAN};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, mm1, mmc, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "random-split",
    summary: "Equal single servers, each with its own queue, one of which is picked at random for each job.",
    formula: "each is an M/M/1 queue with arrival rate rate / servers",
    domain: "Poisson arrivals, exponential service, one slot per replica, unlimited FIFO queues, equal chances, load below 1.",
    source: "Splitting of a Poisson stream: Kleinrock, Queueing Systems I (1975), section 3.2 for each queue.",
    arguments: &[RATE, SERVICE_MEAN, SERVERS],
    answers: &ANSWERS,
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let servers = arguments.count("servers", 1)?;
        let mut answers = random_split(rate, service_mean, servers)?.answers();
        answers.push(mmc(rate, service_mean, servers)?.sojourn_mean.into());
        Ok(answers)
    },
};

pub(super) const RATE: Argument = Argument::number("rate", "1/s", "arrival rate at the service");

pub(super) const POOLED: Answer =
    Answer::new("sojourn_mean_pooled", "s", "what sojourn_mean would be with one queue for all servers");

const ANSWERS: [Answer; 17] = join(&STATION, &[POOLED]);

/// Equal single servers, each with its own queue, one of which is picked at random for each job.
///
/// ```text
/// T = 1 / (mu - rate / servers),  mu = 1 / service_mean
/// ```
///
/// `rate` of the Poisson arrivals at all servers \[1/s\] and `service_mean` \[s\] are positive, `servers` at least 1.
/// Numbers inside are those of all servers together.
///
/// Source: Kleinrock, Queueing Systems I (1975), section 3.2, for each of the split streams.
///
/// # Errors
///
/// An argument that is not positive and finite; more work than the servers can do.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::random_split;
/// assert!((random_split(3.2, 1.0, 4).unwrap().sojourn_mean - 5.0).abs() < 1e-12);
/// ```
pub fn random_split(rate: f64, service_mean: f64, servers: u32) -> Result<Station, OracleError> {
    positive("servers", &[f64::from(servers)])?;
    Ok(fleet_of(mm1(rate / f64::from(servers), service_mean)?, servers))
}

/// So many servers of which each is this station.
pub(super) fn fleet_of(one: Station, servers: u32) -> Station {
    let times = f64::from(servers);
    Station {
        in_system_mean: one.in_system_mean * times,
        queue_length_mean: one.queue_length_mean * times,
        ..one
    }
}

#[cfg(test)]
mod tests {
    use super::super::weighted_split;
    use super::*;

    #[test]
    fn it_is_the_weighted_split_of_equal_servers() {
        let fleet = random_split(3.0, 0.5, 3).unwrap();
        assert!((fleet.sojourn_mean / weighted_split(&[2.0; 3], 3.0).unwrap() - 1.0).abs() < 1e-12);
        assert!((fleet.in_system_mean / (3.0 * fleet.sojourn_mean) - 1.0).abs() < 1e-12);
        assert!(random_split(3.0, 1.0, 3).is_err() && random_split(3.0, 1.0, 0).is_err());
    }
}
