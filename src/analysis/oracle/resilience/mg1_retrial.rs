//! A single server without a queue, whose callers try again after a while.

use super::{ORBIT, ORBIT_TIME};
use crate::analysis::law::Law;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mg1-retrial",
    summary: "A single server without a queue, where whoever finds it busy tries again until it is free.",
    formula: "orbit = rate^2 E[S^2] / (2 (1 - load)) + rate load / (retry_rate (1 - load))",
    domain: "Poisson arrivals, any service time; each job that waits tries again after exponential times and never \
             gives up.",
    source: "Falin and Templeton, Retrial Queues (1997), chapter 1.",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        Argument::number("service", "s", "time in service").of(Kind::Law),
        Argument::number("retry_rate", "1/s", "rate at which each waiting job tries again"),
    ],
    answers: &[
        ORBIT,
        ORBIT_TIME,
        Answer::new("sojourn_mean", "s", "mean time until served, service included"),
        Answer::new("utilisation", "ratio", "share of the time that the server is busy"),
        Answer::new("retries_mean", "1", "mean number of tries after the first"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (rate, service) = (arguments.number("rate")?, arguments.law("service")?);
    let retry_rate = arguments.number("retry_rate")?;
    let orbit = orbit_mean(rate, &service, retry_rate)?;
    let time = orbit / rate;
    let values = [orbit, time, time + service.mean(), rate * service.mean(), retry_rate * time];
    Ok(values.map(Value::from).to_vec())
}

/// Mean number of jobs that wait to try again at a single server without a queue.
///
/// ```text
/// rate^2 E[S^2] / (2 (1 - load)) + rate load / (retry_rate (1 - load)),  load = rate E[S]
/// ```
///
/// The first term is the queue of M/G/1; the second is what trying instead of queueing costs. `rate` and `retry_rate`
/// (of each waiting job) are positive \[1/s\].
///
/// Source: Falin and Templeton, Retrial Queues (1997), chapter 1.
///
/// # Errors
///
/// A rate or mean service time that is not positive and finite, a load of 1 or more.
///
/// # Examples
///
/// With exponential service it is load^2 (mu + theta) / (theta (1 - load)).
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::orbit_mean;
/// let orbit = orbit_mean(0.5, &Law::Exponential { mean: 1.0 }, 0.5).unwrap();
/// assert!((orbit - 1.5).abs() < 1e-14);
/// ```
pub fn orbit_mean(rate: f64, service: &Law, retry_rate: f64) -> Result<f64, OracleError> {
    positive("rate", &[rate])?;
    positive("retry_rate", &[retry_rate])?;
    positive("service", &[service.mean()])?;
    let load = rate * service.mean();
    if load >= 1.0 {
        return Err(OracleError::Unstable { load });
    }
    let square = service.variance() + service.mean().powi(2);
    Ok((rate * rate * square / 2.0 + rate * load / retry_rate) / (1.0 - load))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::mmc_retrial;

    #[test]
    fn exponential_service_is_the_chain_with_one_server() {
        for (rate, mean, retry_rate) in [(0.5, 1.0, 0.5), (2.0, 0.3, 4.0)] {
            let chain = mmc_retrial(rate, mean, 1, retry_rate).unwrap();
            let found = orbit_mean(rate, &Law::Exponential { mean }, retry_rate).unwrap();
            assert!((found / chain.orbit - 1.0).abs() < 1e-11);
        }
    }

    #[test]
    fn an_overload_has_no_steady_state() {
        let law = Law::Constant { value: 2.0 };
        assert_eq!(orbit_mean(0.5, &law, 1.0), Err(OracleError::Unstable { load: 1.0 }));
        assert!(orbit_mean(0.1, &law, 0.0).is_err() && orbit_mean(0.0, &law, 1.0).is_err());
    }
}
