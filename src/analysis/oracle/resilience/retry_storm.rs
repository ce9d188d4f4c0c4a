//! Retries on timeout that keep an overload going after its cause is gone.

use super::{RATE, RETRIES, powers};
use crate::analysis::numeric::root;
use crate::analysis::oracle::domain::repeats;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "retry-storm",
    summary: "Rates of attempts at which a server with impatient callers can settle, and where it can no more.",
    formula: "L = rate (1 + q + ... + q^r), q = e^(-(mu - L) timeout) below mu and 1 above",
    domain: "One FIFO server that works on what its callers have given up; retries at the timeout. The overloaded \
             state is exact in a fluid model; the others take attempts to be Poisson with independent timeouts, \
             which needs mu timeout far above 1.",
    source: "Bronson, Aghayev, Charapko and Zhu, Metastable failures in distributed systems (2021); waits of M/M/1: \
             Kleinrock, Queueing Systems I, equation 5.118.",
    arguments: &[
        RATE,
        Argument::number("service_mean", "s", "mean time in service"),
        Argument::number("timeout", "s", "time after which a caller gives up an attempt"),
        RETRIES,
    ],
    answers: &[
        Answer::new("attempt_rates", "1/s", "rates of attempts that keep themselves up, from the lowest on"),
        Answer::new("metastable_from", "1/s", "rate of requests above which an overload stays"),
        Answer::new("healthy_until", "1/s", "rate of requests above which there is no other state"),
        Answer::new("fold_attempt_rate", "1/s", "rate of attempts where the healthy state ends"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let storm = RetryStorm::new(
        arguments.number("service_mean")?,
        arguments.number("timeout")?,
        arguments.count("retries", 0)?,
    )?;
    let fold = storm.fold();
    Ok(vec![
        storm.attempt_rates(arguments.positive("rate")?).into(),
        storm.metastable_from().into(),
        storm.request_rate(fold).into(),
        fold.into(),
    ])
}

/// A server whose callers retry when their timeout is over.
///
/// ```text
/// L = rate (1 + q + ... + q^r),  q = e^(-(mu - L) timeout) for L < mu, else 1
/// ```
///
/// q is the chance that an attempt takes longer than the timeout where attempts arrive at the rate L. Requests above
/// mu / (r + 1) can keep the server overloaded for ever.
///
/// Source: Bronson, Aghayev, Charapko and Zhu, Metastable failures in distributed systems (2021).
///
/// # Examples
///
/// With three retries an overload can last from a quarter of the capacity on.
///
/// ```
/// use ninefold::analysis::oracle::RetryStorm;
/// let storm = RetryStorm::new(0.01, 1.0, 3).unwrap();
/// assert!((storm.metastable_from() - 25.0).abs() < 1e-12);
/// assert_eq!(storm.attempt_rates(30.0).len(), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryStorm {
    capacity: f64,
    timeout: f64,
    retries: u32,
}

impl RetryStorm {
    /// A server with this mean service time \[s\], timeout \[s\] and number of retries.
    ///
    /// # Errors
    ///
    /// A time that is not positive and finite, more than 1,000 retries.
    pub fn new(service_mean: f64, timeout: f64, retries: u32) -> Result<Self, OracleError> {
        positive("service_mean", &[service_mean])?;
        positive("timeout", &[timeout])?;
        repeats("retries", retries)?;
        Ok(Self { capacity: 1.0 / service_mean, timeout, retries })
    }

    /// The chance that an attempt is given up.
    fn late(&self, attempts: f64) -> f64 {
        (-(self.capacity - attempts).max(0.0) * self.timeout).exp()
    }

    /// The rate of requests \[1/s\] that this rate of attempts stands for.
    pub fn request_rate(&self, attempts: f64) -> f64 {
        attempts / powers(self.late(attempts), self.retries)
    }

    /// The rate of requests above which an overload keeps itself up \[1/s\].
    pub fn metastable_from(&self) -> f64 {
        self.capacity / f64::from(self.retries + 1)
    }

    /// The rate of attempts where the rate of requests that it stands for is highest: there the healthy state ends.
    pub fn fold(&self) -> f64 {
        // The slope of the logarithm, which falls from left to right.
        let slope = |attempts: f64| {
            let late = self.late(attempts);
            let (mut weight, mut sum, mut weighted) = (1.0, 0.0, 0.0);
            for count in 0..=self.retries {
                sum += weight;
                weighted += f64::from(count) * weight;
                weight *= late;
            }
            attempts.recip() - self.timeout * weighted / sum
        };
        let least = self.capacity * f64::EPSILON;
        root(least, self.capacity, slope).unwrap_or(self.capacity)
    }

    /// The rates of attempts \[1/s\] that this rate of requests, positive, can settle at, from the lowest on: the
    /// healthy one, the tipping point, and the overloaded one.
    pub fn attempt_rates(&self, rate: f64) -> Vec<f64> {
        let fold = self.fold();
        let excess = |attempts: f64| self.request_rate(attempts) - rate;
        let mut rates = Vec::new();
        rates.extend(root(0.0, fold, excess));
        let overloaded = rate * f64::from(self.retries + 1);
        if overloaded > self.capacity {
            rates.extend(root(fold, self.capacity, excess).filter(|tipping| *tipping > fold));
            rates.push(overloaded);
        }
        rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_keeps_itself_up() {
        let storm = RetryStorm::new(0.1, 1.0, 3).unwrap();
        for rate in [2.0, 4.0, 6.0, 8.0] {
            let found = storm.attempt_rates(rate);
            for attempts in &found {
                let late: f64 = if *attempts >= 10.0 { 1.0 } else { (attempts - 10.0).exp() };
                let expected = rate * (1.0 + late + late * late + late.powi(3));
                assert!((attempts / expected - 1.0).abs() < 1e-9, "{rate}: {attempts} {expected}");
            }
            assert_eq!(found.len(), [1, 3, 3, 1][rate as usize / 2 - 1]);
        }
    }

    #[test]
    fn the_fold_is_the_highest_point() {
        let storm = RetryStorm::new(0.01, 1.0, 3).unwrap();
        let fold = storm.fold();
        let top = storm.request_rate(fold);
        for step in 0..10_000 {
            assert!(storm.request_rate(f64::from(step) * 0.01) <= top);
        }
        // Without retries there is no storm.
        let calm = RetryStorm::new(0.01, 1.0, 0).unwrap();
        assert_eq!(calm.attempt_rates(50.0).len(), 1);
        assert!((calm.fold() - 100.0).abs() < 1e-9);
        assert!(RetryStorm::new(0.0, 1.0, 3).is_err() && RetryStorm::new(1.0, 0.0, 3).is_err());
    }
}
