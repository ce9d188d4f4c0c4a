//! M/G/1: one server, service of any distribution.

use super::station::{DELAYED, Flow, IN_SYSTEM, QUEUE_LENGTH, SOJOURN_MEAN, UTILISATION, WAIT_MEAN};
use super::{RATE, SERVICE, law_mean};
use crate::analysis::law::Law;
use crate::analysis::oracle::{Answer, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mg1",
    summary: "A queue at one server whose service has any distribution.",
    formula: "W = rate E[S^2] / (2 (1 - rho)), Var(wait) = W^2 + rate E[S^3] / (3 (1 - rho)), rho = rate E[S]",
    domain: "Poisson arrivals, independent service times with a finite variance, one server, first come first served, \
             no limit, rho below 1; the variance of the wait needs a finite third moment.",
    source: "Pollaczek and Khinchine; Kleinrock, Queueing Systems I (1975), section 5.6.",
    arguments: &[RATE, SERVICE],
    answers: &[
        SOJOURN_MEAN,
        WAIT_MEAN,
        DELAYED,
        UTILISATION,
        IN_SYSTEM,
        QUEUE_LENGTH,
        Answer::new("service_mean", "s", "mean time in service"),
        Answer::new("service_square_mean", "s^2", "mean square of the time in service"),
        Answer::new("sojourn_variance", "s^2", "variance of the time at the queue"),
        Answer::new("wait_variance", "s^2", "variance of the wait"),
    ],
    solve: |arguments| Ok(mg1(arguments.number("rate")?, &arguments.law("service")?)?.answers()),
};

/// A queue at one server whose service has any distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeneralStation {
    /// Mean time at the queue, waiting and service \[s\].
    pub sojourn_mean: f64,
    /// Mean wait \[s\].
    pub wait_mean: f64,
    /// Share of the server's time in use, and of the jobs that wait.
    pub utilisation: f64,
    /// Mean number waiting or in service.
    pub in_system_mean: f64,
    /// Mean number waiting.
    pub queue_length_mean: f64,
    /// Mean time in service \[s\].
    pub service_mean: f64,
    /// Mean square of the time in service \[s^2\].
    pub service_square_mean: f64,
    /// Variance of the time at the queue \[s^2\]; infinite where service has no third moment.
    pub sojourn_variance: f64,
    /// Variance of the wait \[s^2\]; infinite where service has no third moment.
    pub wait_variance: f64,
}

impl GeneralStation {
    fn answers(&self) -> Vec<Value> {
        [
            self.sojourn_mean,
            self.wait_mean,
            self.utilisation,
            self.utilisation,
            self.in_system_mean,
            self.queue_length_mean,
            self.service_mean,
            self.service_square_mean,
            self.sojourn_variance,
            self.wait_variance,
        ]
        .map(Value::from)
        .to_vec()
    }
}

/// A queue at one server whose service has any distribution.
///
/// ```text
/// W = rate E[S^2] / (2 (1 - rho)),  Var(wait) = W^2 + rate E[S^3] / (3 (1 - rho)),  rho = rate E[S] < 1
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\], positive; `service` is the law of S \[s\], with a finite variance.
///
/// Source: Kleinrock, Queueing Systems I (1975), section 5.6.
///
/// # Errors
///
/// An argument that is not positive and finite, or a variance that is not finite; more work than the server can do.
///
/// # Examples
///
/// With constant service the wait is half of that with exponential service.
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::mg1;
/// let constant = mg1(0.8, &Law::Constant { value: 1.0 }).unwrap();
/// let exponential = mg1(0.8, &Law::Exponential { mean: 1.0 }).unwrap();
/// assert!((constant.wait_mean - 2.0).abs() < 1e-12);
/// assert!((exponential.wait_mean - 4.0).abs() < 1e-12);
/// ```
pub fn mg1(rate: f64, service: &Law) -> Result<GeneralStation, OracleError> {
    let service_mean = law_mean("service", service)?;
    let flow = Flow::stable(rate, service_mean, 1)?;
    let square = service.variance() + service_mean.powi(2);
    if !square.is_finite() {
        let expected = "a distribution with a finite variance";
        return Err(OracleError::Domain { argument: "service", value: square, expected });
    }
    let spare = 1.0 - flow.load();
    let wait_mean = rate * square / (2.0 * spare);
    let wait_variance = wait_mean.powi(2) + rate * service.moment(3) / (3.0 * spare);
    let sojourn_mean = wait_mean + service_mean;
    Ok(GeneralStation {
        sojourn_mean,
        wait_mean,
        utilisation: flow.load(),
        in_system_mean: rate * sojourn_mean,
        queue_length_mean: rate * wait_mean,
        service_mean,
        service_square_mean: square,
        sojourn_variance: wait_variance + service.variance(),
        wait_variance,
    })
}

#[cfg(test)]
mod tests {
    use super::super::mm1;
    use super::*;

    #[test]
    fn exponential_service_is_mm1() {
        let (general, plain) = (mg1(0.9, &Law::Exponential { mean: 1.0 }).unwrap(), mm1(0.9, 1.0).unwrap());
        assert!((general.sojourn_mean / plain.sojourn_mean - 1.0).abs() < 1e-12);
        assert!((general.sojourn_variance / plain.sojourn_mean.powi(2) - 1.0).abs() < 1e-12);
    }

    /// The number at departures of M/D/1, by the recursion of its embedded chain.
    #[test]
    fn constant_service_is_its_embedded_chain() {
        let rate: f64 = 0.6;
        let mut came = vec![(-rate).exp()];
        for count in 1..400 {
            came.push(came[count - 1] * rate / count as f64);
        }
        let mut inside = vec![1.0 - rate];
        for number in 0..120 {
            // Balance across the cut between `number` and the next one.
            let more = |count: usize| came[count + 1..].iter().sum::<f64>();
            let up: f64 = (1..=number).map(|from| inside[from] * more(number + 1 - from)).sum();
            inside.push((up + inside[0] * more(number)) / came[0]);
        }
        let mean: f64 = inside.iter().enumerate().map(|(number, chance)| number as f64 * chance).sum();
        let queue = mg1(rate, &Law::Constant { value: 1.0 }).unwrap();
        assert!((queue.in_system_mean / mean - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_heavy_tail_has_no_mean_wait() {
        assert!(mg1(0.1, &Law::Pareto { minimum: 1.0, shape: 2.0 }).is_err());
        assert!(mg1(0.1, &Law::Pareto { minimum: 1.0, shape: 2.5 }).unwrap().wait_variance.is_infinite());
        assert!(mg1(0.1, &Law::Constant { value: 0.0 }).is_err());
    }
}
