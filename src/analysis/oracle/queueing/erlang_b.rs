//! Erlang B: several servers and no queue.

use super::{RATE, SERVERS, SERVICE_MEAN, station};
use crate::analysis::oracle::{Answer, Oracle, OracleError, Value, domain, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "erlang-b",
    summary: "Share of jobs that are turned away when all servers are busy and nobody may wait.",
    formula: "B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)), with a = rate service_mean",
    domain: "Poisson arrivals, service of any distribution, equal servers, no queue, those turned away do not return.",
    source: "Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.6.",
    arguments: &[RATE, SERVICE_MEAN, SERVERS],
    answers: &[
        BLOCKED,
        Answer::new("in_system_mean", "1", "mean number in service, the carried load in Erlang"),
        station::UTILISATION,
    ],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let servers = arguments.count("servers", 1)?;
        let blocked = erlang_b(rate, service_mean, servers)?;
        let carried = rate * service_mean * (1.0 - blocked);
        Ok([blocked, carried, carried / f64::from(servers)].map(Value::from).to_vec())
    },
};

/// Who finds no place.
pub(super) const BLOCKED: Answer =
    Answer::new("failure_ratio_queue_full", "ratio", "share of those that arrive that are turned away");

/// The share of jobs that are turned away when all servers are busy and nobody may wait.
///
/// ```text
/// B(0) = 1,  B(c) = a B(c-1) / (c + a B(c-1)),  a = rate service_mean
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\] and `service_mean` \[s\] are positive, `servers` at least 1. The
/// distribution of service does not matter.
///
/// Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.6.
///
/// # Errors
///
/// An argument that is not positive and finite.
///
/// # Examples
///
/// Erlang's tables: a load of 5 Erlang on 10 lines loses 1.838 %.
///
/// ```
/// use ninefold::analysis::oracle::erlang_b;
/// assert!((erlang_b(5.0, 1.0, 10).unwrap() - 0.018_385).abs() < 5e-7);
/// ```
pub fn erlang_b(rate: f64, service_mean: f64, servers: u32) -> Result<f64, OracleError> {
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    positive("servers", &[f64::from(servers)])?;
    domain::counted("servers", servers)?;
    let load = rate * service_mean;
    // 1/B grows without cancellation and, where nobody is turned away, beyond all numbers.
    let inverse = (1..=servers).fold(1.0, |inverse, server| 1.0 + inverse * f64::from(server) / load);
    Ok(1.0 / inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_last_term_of_a_cut_poisson_law() {
        for (load, servers) in [(0.1, 1), (3.0, 5), (20.0, 10)] {
            let mut term = 1.0;
            let mut sum = 1.0;
            for server in 1..=servers {
                term *= load / f64::from(server);
                sum += term;
            }
            assert!((erlang_b(load, 1.0, servers).unwrap() / (term / sum) - 1.0).abs() < 1e-13);
        }
    }

    #[test]
    fn a_huge_group_turns_nobody_away() {
        assert!(erlang_b(1.0, 1.0, 1_000_000).unwrap() < 1e-300);
        assert!(erlang_b(-1.0, 1.0, 3).is_err() && erlang_b(1.0, 1.0, 0).is_err());
    }
}
