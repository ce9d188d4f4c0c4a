//! A single server without a queue, for which only one waiting job at a time tries again.

use super::{ORBIT, ORBIT_TIME};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mm1-retrial-constant",
    summary: "A single server without a queue, where tries together have a constant rate.",
    formula: "orbit = p q (1 + (rate + retry_rate) / mu) / (1 - r)^2, r = rate (rate + retry_rate) / (mu retry_rate), \
              q = rate^2 / (mu retry_rate), p = (1 - rate/mu) / (1 + q / (1 - r))",
    domain: "Poisson arrivals, exponential service; of the jobs that wait only the first tries, after exponential \
             times.",
    source: "Fayolle, A simple telephone exchange with delayed feedbacks (1986).",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        Argument::number("service_mean", "s", "mean time in service"),
        Argument::number("retry_rate", "1/s", "rate at which the first of the waiting jobs tries again"),
    ],
    answers: &[
        ORBIT,
        ORBIT_TIME,
        Answer::new("sojourn_mean", "s", "mean time until served, service included"),
        Answer::new("utilisation", "ratio", "share of the time that the server is busy"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
    let orbit = orbit_mean_constant(rate, service_mean, arguments.number("retry_rate")?)?;
    let time = orbit / rate;
    Ok([orbit, time, time + service_mean, rate * service_mean].map(Value::from).to_vec())
}

/// Mean number of jobs that wait to try again, if only the first of them tries.
///
/// ```text
/// mu = 1 / service_mean,  r = rate (rate + retry_rate) / (mu retry_rate),  q = rate^2 / (mu retry_rate)
/// p = (1 - rate/mu) / (1 + q / (1 - r)),  orbit = p q (1 + (rate + retry_rate) / mu) / (1 - r)^2
/// ```
///
/// p is the share of the time that nobody is there, q p that one waits before a free server; each further one that
/// waits makes it r times rarer.
///
/// Source: Fayolle, A simple telephone exchange with delayed feedbacks, in Teletraffic Analysis and Computer
/// Performance Evaluation (1986).
///
/// # Errors
///
/// An argument that is not positive and finite; r of 1 or more, where more wait for ever.
///
/// # Examples
///
/// Very eager tries make it the M/M/1 queue: 0.5 wait at half load.
///
/// ```
/// use ninefold::analysis::oracle::orbit_mean_constant;
/// assert!((orbit_mean_constant(0.5, 1.0, 1e12).unwrap() - 0.5).abs() < 1e-9);
/// ```
pub fn orbit_mean_constant(rate: f64, service_mean: f64, retry_rate: f64) -> Result<f64, OracleError> {
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    positive("retry_rate", &[retry_rate])?;
    let ratio = rate * (rate + retry_rate) * service_mean / retry_rate;
    if ratio >= 1.0 {
        return Err(OracleError::Unstable { load: ratio });
    }
    let first = rate * rate * service_mean / retry_rate;
    let nobody = (1.0 - rate * service_mean) / (1.0 + first / (1.0 - ratio));
    Ok(nobody * first / (1.0 - ratio).powi(2) * (1.0 + (rate + retry_rate) * service_mean))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::levels::shares;

    #[test]
    fn it_is_the_mean_of_the_chain() {
        for (rate, service_mean, retry_rate) in [(0.4, 1.0, 1.0), (1.0, 0.2, 0.8)] {
            let rates = |orbit: usize, busy: usize| {
                let arrival = if busy == 0 { (orbit, 1, rate) } else { (orbit + 1, 1, rate) };
                let mut moves = vec![arrival];
                if busy == 1 {
                    moves.push((orbit, 0, 1.0 / service_mean));
                } else if orbit > 0 {
                    moves.push((orbit - 1, 1, retry_rate));
                }
                moves
            };
            let chain = shares(2, rates).unwrap();
            let mean: f64 =
                chain.iter().enumerate().map(|(orbit, shares)| orbit as f64 * (shares[0] + shares[1])).sum();
            assert!(
                (orbit_mean_constant(rate, service_mean, retry_rate).unwrap() / mean - 1.0).abs() < 1e-11
            );
        }
    }

    #[test]
    fn tries_that_are_too_rare_never_catch_up() {
        assert!(matches!(orbit_mean_constant(0.5, 1.0, 0.4), Err(OracleError::Unstable { .. })));
        assert!(orbit_mean_constant(0.5, 1.0, 0.0).is_err());
    }
}
