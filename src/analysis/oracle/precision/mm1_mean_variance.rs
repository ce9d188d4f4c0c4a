//! How wide the interval around an average from one long run of a queue must be.

use super::{CONFIDENCE, inner};
use crate::analysis::oracle::{
    Answer, Argument, Arguments, Oracle, OracleError, Value, mm1, wait_variance_asymptotic,
};
use statrs::distribution::{ContinuousCDF, Normal};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mm1-mean-variance",
    summary: "Variance of averages over a long run of M/M/1, and the intervals that an honest method reports.",
    formula: "number over time T: 2 rho (1 + rho) / (mu (1 - rho)^4 T); wait of n jobs: \
              rho (2 + 5 rho - 4 rho^2 + rho^3) / (mu^2 (1 - rho)^4 n)",
    domain: "As mm1, for runs that are long beside the time over which the queue remembers.",
    source: "Whitt, Planning queueing simulations (1989); Daley, The serial correlation coefficients of waiting times \
             in a stationary single server queue (1968).",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        Argument::number("service_mean", "s", "mean time in service"),
        Argument::number("time", "s", "length of the run over which the number inside is averaged"),
        Argument::number("jobs", "1", "number of jobs over which waits are averaged"),
        CONFIDENCE,
    ],
    answers: &[
        Answer::new("number_half_width", "1", "half width of the interval around the mean number inside"),
        Answer::new("wait_half_width", "s", "half width of the interval around the mean wait"),
        Answer::new(
            "number_variance_asymptotic",
            "s",
            "time times the variance of the average number inside",
        ),
        Answer::new("wait_variance_asymptotic", "s^2", "jobs times the variance of the average wait"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
    let number = number_variance_asymptotic(rate, service_mean)?;
    let wait = wait_variance_asymptotic(rate, service_mean)?;
    let confidence = inner("confidence", arguments.number("confidence")?)?;
    let reach = -Normal::standard().inverse_cdf((1.0 - confidence) / 2.0);
    let half_width = |variance: f64, length: f64| reach * (variance / length).sqrt();
    let (time, jobs) = (arguments.positive("time")?, arguments.positive("jobs")?);
    let values = [half_width(number, time), half_width(wait, jobs), number, wait];
    Ok(values.map(Value::from).to_vec())
}

/// How fast the time average of the number inside an M/M/1 queue settles: time times its variance, for long runs \[s\].
///
/// ```text
/// 2 rho (1 + rho) / (mu (1 - rho)^4)
/// ```
///
/// Source: Whitt, Planning queueing simulations, Management Science 35 (1989).
///
/// # Errors
///
/// As [`mm1`].
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::number_variance_asymptotic;
/// assert!((number_variance_asymptotic(0.5, 1.0).unwrap() - 24.0).abs() < 1e-12);
/// ```
pub fn number_variance_asymptotic(rate: f64, service_mean: f64) -> Result<f64, OracleError> {
    let rho = mm1(rate, service_mean)?.utilisation;
    Ok(2.0 * rho * (1.0 + rho) / (1.0 - rho).powi(4) * service_mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_twice_the_integral_of_the_autocovariance() {
        // For a birth-death chain: 2 sum over j of (sum over i up to j of (i - L) p_i)^2 / (rate p_j).
        for (rate, service_mean) in [(0.5, 1.0), (2.4, 0.25)] {
            let rho: f64 = rate * service_mean;
            let mean = rho / (1.0 - rho);
            let (mut below, mut total) = (0.0, 0.0);
            for count in 0..60 {
                let share = (1.0 - rho) * rho.powi(count);
                below += (f64::from(count) - mean) * share;
                total += 2.0 * below * below / (rate * share);
            }
            let found = number_variance_asymptotic(rate, service_mean).unwrap();
            assert!((found / total - 1.0).abs() < 1e-8, "{found} {total}");
        }
        assert!(number_variance_asymptotic(2.0, 1.0).is_err());
    }
}
