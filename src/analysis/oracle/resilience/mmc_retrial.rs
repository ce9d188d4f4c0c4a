//! Several servers without a queue, whose callers try again after a while.

use super::{ORBIT, ORBIT_TIME};
use crate::analysis::oracle::levels::shares;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mmc-retrial",
    summary: "Several servers without a queue, where whoever finds all busy tries again until one is free.",
    formula: "the steady state of the chain of waiting jobs and busy servers",
    domain: "Poisson arrivals, exponential service; each job that waits tries again after exponential times and never \
             gives up.",
    source: "Falin and Templeton, Retrial Queues (1997), chapter 2.",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        Argument::number("service_mean", "s", "mean time in service"),
        Argument::number("servers", "1", "number of servers"),
        Argument::number("retry_rate", "1/s", "rate at which each waiting job tries again"),
    ],
    answers: &[
        ORBIT,
        ORBIT_TIME,
        Answer::new("sojourn_mean", "s", "mean time until served, service included"),
        Answer::new("utilisation", "ratio", "busy servers over all"),
        Answer::new("all_busy", "ratio", "share of the time, and of first tries, with no server free"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
    let servers = arguments.count("servers", 1)?;
    let answer = mmc_retrial(rate, service_mean, servers, arguments.number("retry_rate")?)?;
    let time = answer.orbit / rate;
    let load = rate * service_mean / f64::from(servers);
    Ok([answer.orbit, time, time + service_mean, load, answer.all_busy].map(Value::from).to_vec())
}

/// Long-run figures of servers whose callers try again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetrialAnswer {
    /// Mean number of jobs that wait to try again.
    pub orbit: f64,
    /// Share of the time that no server is free.
    pub all_busy: f64,
}

/// Waiting jobs and busy servers, if each waiting job tries again at `retry_rate`.
///
/// ```text
/// (orbit, busy) -> (orbit, busy + 1): rate, while a server is free;  -> (orbit + 1, busy): rate, while none is
/// (orbit, busy) -> (orbit, busy - 1): busy / service_mean
/// (orbit, busy) -> (orbit - 1, busy + 1): orbit retry_rate, while a server is free
/// ```
///
/// The chain is cut off where hardly any time is spent and solved by elimination. Arguments are positive.
///
/// Source: Falin and Templeton, Retrial Queues (1997), chapter 2.
///
/// # Errors
///
/// An argument that is not positive and finite, no server, a load of 1 or more, or one so close to it that too many
/// jobs wait.
///
/// # Examples
///
/// Very eager tries make it M/M/c: Erlang's C of 3 servers at 2 Erlang is 4/9.
///
/// ```
/// use ninefold::analysis::oracle::mmc_retrial;
/// let eager = mmc_retrial(2.0, 1.0, 3, 1e9).unwrap();
/// assert!((eager.all_busy - 4.0 / 9.0).abs() < 1e-6);
/// ```
pub fn mmc_retrial(
    rate: f64,
    service_mean: f64,
    servers: u32,
    retry_rate: f64,
) -> Result<RetrialAnswer, OracleError> {
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    positive("retry_rate", &[retry_rate])?;
    positive("servers", &[f64::from(servers)])?;
    let load = rate * service_mean / f64::from(servers);
    if load >= 1.0 {
        return Err(OracleError::Unstable { load });
    }
    let all = servers as usize;
    let rates = |orbit: usize, busy: usize| {
        let is_free = busy < all;
        let mut moves = vec![if is_free { (orbit, busy + 1, rate) } else { (orbit + 1, busy, rate) }];
        if busy > 0 {
            moves.push((orbit, busy - 1, busy as f64 / service_mean));
        }
        if is_free && orbit > 0 {
            moves.push((orbit - 1, busy + 1, orbit as f64 * retry_rate));
        }
        moves
    };
    let levels = shares(all + 1, rates)?;
    let orbit = levels.iter().enumerate().map(|(orbit, phases)| orbit as f64 * phases.iter().sum::<f64>());
    Ok(RetrialAnswer { orbit: orbit.sum(), all_busy: levels.iter().map(|phases| phases[all]).sum() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::erlang_b;

    #[test]
    fn rare_tries_come_back_as_if_they_were_new_jobs() {
        // As much again as is turned away is offered to a system without waiting.
        let mut offered = 4.0;
        for _ in 0..200 {
            offered = 4.0 / (1.0 - erlang_b(offered, 1.0, 6).unwrap());
        }
        let blocked = erlang_b(offered, 1.0, 6).unwrap();
        let off = |retry_rate: f64| mmc_retrial(4.0, 1.0, 6, retry_rate).unwrap().all_busy / blocked - 1.0;
        // The limit is approached in proportion to the rate of tries.
        let (rare, rarer) = (off(0.01), off(0.001));
        assert!(rare.abs() < 0.05 && (rarer / rare - 0.1).abs() < 0.01, "{rare} {rarer}");
    }

    #[test]
    fn an_overload_has_no_steady_state() {
        assert_eq!(mmc_retrial(6.0, 1.0, 6, 1.0), Err(OracleError::Unstable { load: 1.0 }));
        assert!(mmc_retrial(1.0, 1.0, 0, 1.0).is_err() && mmc_retrial(1.0, 1.0, 2, 0.0).is_err());
    }
}
