//! M/M/1: one server, nothing but exponential times.

use super::station::{Flow, STATION, Station, exponential_quantile, join};
use super::{RATE, SERVICE_MEAN};
use crate::analysis::oracle::{Answer, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mm1",
    summary: "A queue at one server with exponential service.",
    formula: "T = 1 / (mu - rate), P(T > t) = exp(-(mu - rate) t), with mu = 1 / service_mean",
    domain: "Poisson arrivals, exponential service, one server, first come first served, no limit, rate below mu.",
    source: "Kleinrock, Queueing Systems I (1975), sections 3.2 and 5.7; variance of an average wait: \
             Daley, The serial correlation coefficients of waiting times in a stationary single server queue (1968).",
    arguments: &[RATE, SERVICE_MEAN],
    answers: &ANSWERS,
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let mut answers = mm1(rate, service_mean)?.answers();
        answers.push((1.0 / (1.0 / service_mean - rate)).powi(2).into());
        answers.push(wait_variance_asymptotic(rate, service_mean)?.into());
        Ok(answers)
    },
};

const ANSWERS: [Answer; 18] = join(
    &STATION,
    &[
        Answer::new("sojourn_variance", "s^2", "variance of the time at the queue"),
        Answer::new(
            "wait_variance_asymptotic",
            "s^2",
            "n times the variance of the average wait of n jobs in a row, for large n",
        ),
    ],
);

/// A queue at one server with exponential service.
///
/// ```text
/// T = 1 / (mu - rate),  W = T - 1/mu,  P(wait > t) = rho exp(-(mu - rate) t),  P(T > t) = exp(-(mu - rate) t)
/// mu = 1 / service_mean,  rho = rate / mu
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\] and `service_mean` \[s\], both positive, their product below 1.
///
/// Source: Kleinrock, Queueing Systems I (1975), sections 3.2 and 5.7.
///
/// # Errors
///
/// An argument that is not positive and finite; more work than one server can do.
///
/// # Examples
///
/// At 80 % load four wait or are served on average.
///
/// ```
/// use ninefold::analysis::oracle::mm1;
/// let queue = mm1(0.8, 1.0).unwrap();
/// assert!((queue.in_system_mean - 4.0).abs() < 1e-12);
/// assert!((queue.sojourn_mean - 5.0).abs() < 1e-12);
/// ```
pub fn mm1(rate: f64, service_mean: f64) -> Result<Station, OracleError> {
    let flow = Flow::stable(rate, service_mean, 1)?;
    let spare = 1.0 / service_mean - rate;
    Ok(Station::new(
        flow,
        (flow.load() / spare, flow.load()),
        |level| exponential_quantile(level, flow.load(), spare),
        |level| exponential_quantile(level, 1.0, spare),
    ))
}

/// How fast the average wait of consecutive jobs at an M/M/1 queue settles: n times its variance, for large n \[s^2\].
///
/// ```text
/// rho (2 + 5 rho - 4 rho^2 + rho^3) / ((1 - rho)^4 mu^2)
/// ```
///
/// Arguments as for [`mm1`]. It says how many jobs must be seen for an interval of a given width.
///
/// Source: Daley, The serial correlation coefficients of waiting times in a stationary single server queue (1968).
///
/// # Errors
///
/// As [`mm1`].
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::wait_variance_asymptotic;
/// assert!((wait_variance_asymptotic(0.9, 1.0).unwrap() - 35_901.0).abs() < 1e-6);
/// ```
pub fn wait_variance_asymptotic(rate: f64, service_mean: f64) -> Result<f64, OracleError> {
    let rho = Flow::stable(rate, service_mean, 1)?.load();
    let shape = rho * (2.0 + 5.0 * rho - 4.0 * rho.powi(2) + rho.powi(3));
    Ok(shape / (1.0 - rho).powi(4) * service_mean.powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums over the geometric law of the number inside.
    #[test]
    fn it_is_the_sum_over_the_number_inside() {
        let (rate, service_mean) = (3.0, 0.2);
        let queue = mm1(rate, service_mean).unwrap();
        let rho: f64 = rate * service_mean;
        let chance = |number: i32| (1.0 - rho) * rho.powi(number);
        let inside: f64 = (0..500).map(|number| f64::from(number) * chance(number)).sum();
        let wait: f64 = (0..500).map(|number| f64::from(number) * service_mean * chance(number)).sum();
        assert!((queue.in_system_mean / inside - 1.0).abs() < 1e-12);
        assert!((queue.wait_mean / wait - 1.0).abs() < 1e-12);
        assert!((queue.delayed_ratio - (1.0 - chance(0))).abs() < 1e-12);
        assert!(queue.wait_quantiles[0] > 0.0 && queue.wait_quantiles[0] < queue.sojourn_quantiles[0]);
    }

    #[test]
    fn who_comes_to_an_idle_server_does_not_wait() {
        assert!(mm1(0.4, 1.0).unwrap().wait_quantiles[0].abs() < 1e-300);
        assert_eq!(mm1(2.0, 1.0), Err(OracleError::Unstable { load: 2.0 }));
        assert!(mm1(1.0, 0.0).is_err());
    }
}
