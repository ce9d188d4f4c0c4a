//! Erlang C: who must wait where several servers share a queue.

use super::{RATE, SERVERS, SERVICE_MEAN, erlang_b, station};
use crate::analysis::oracle::{Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "erlang-c",
    summary: "Share of jobs that find all servers busy and wait.",
    formula: "C = B / (1 - load (1 - B)), with Erlang's B and load = rate service_mean / servers",
    domain: "As mmc.",
    source: "Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.3.",
    arguments: &[RATE, SERVICE_MEAN, SERVERS],
    answers: &[station::DELAYED, station::WAIT_MEAN],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let servers = arguments.count("servers", 1)?;
        let delayed = erlang_c(rate, service_mean, servers)?;
        let wait = delayed / (f64::from(servers) / service_mean - rate);
        Ok([delayed, wait].map(Value::from).to_vec())
    },
};

/// The share of jobs that find all servers busy and wait.
///
/// ```text
/// C = B / (1 - rho (1 - B)),  rho = rate service_mean / servers,  B = erlang_b
/// ```
///
/// Arguments as for [`mmc`](super::mmc).
///
/// Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.3.
///
/// # Errors
///
/// As [`mmc`](super::mmc).
///
/// # Examples
///
/// Two servers at 80 % load: 32 in 45 wait.
///
/// ```
/// use ninefold::analysis::oracle::erlang_c;
/// assert!((erlang_c(1.6, 1.0, 2).unwrap() - 32.0 / 45.0).abs() < 1e-12);
/// ```
pub fn erlang_c(rate: f64, service_mean: f64, servers: u32) -> Result<f64, OracleError> {
    let load = station::Flow::stable(rate, service_mean, servers)?.load();
    let blocked = erlang_b(rate, service_mean, servers)?;
    Ok(blocked / (1.0 - load * (1.0 - blocked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_tail_of_the_birth_death_chain() {
        let (rate, servers) = (7.0, 9);
        let (mut weight, mut total, mut waiting) = (1.0, 1.0, 0.0);
        for number in 1..3000 {
            weight *= rate / f64::from(number.min(servers));
            total += weight;
            waiting += if number >= servers { weight } else { 0.0 };
        }
        assert!((erlang_c(rate, 1.0, servers).unwrap() / (waiting / total) - 1.0).abs() < 1e-12);
    }
}
