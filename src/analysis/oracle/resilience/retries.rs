//! Retries after a back-off, with and without jitter, against failures that are independent.

use super::{AMPLIFICATION, ATTEMPTS, AVAILABILITY, FAILURE, RETRIES, powers};
use crate::analysis::oracle::domain::{not_negative, repeats};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "retries",
    summary: "Success, attempts and latency of a request with retries, for each kind of jitter.",
    formula: "1 - p^(r+1); sum over k of p^k attempts; latency = attempts s + j sum over k from 1 to r of p^k b_k, \
              b_k = min(cap, base multiplier^(k-1)), j = 1 without jitter, 1/2 full, 3/4 equal",
    domain: "Independent failures that do not depend on the load; an attempt takes as long whether it fails or not.",
    source: "Kinds of jitter: Brooker, Exponential backoff and jitter, AWS Architecture Blog (2015).",
    arguments: &[
        FAILURE,
        RETRIES,
        Argument::number("attempt", "s", "time of an attempt"),
        Argument::number("base", "s", "back-off before the first retry").or(0.0),
        Argument::number("multiplier", "1", "how much longer each back-off is than the last").or(2.0),
        Argument::number("cap", "s", "longest back-off").or(f64::INFINITY),
    ],
    answers: &[
        AVAILABILITY,
        ATTEMPTS,
        AMPLIFICATION,
        Answer::new("latency_mean", "s", "mean latency of requests that succeed, without jitter"),
        Answer::new("latency_mean_full_jitter", "s", "the same where back-offs are uniform from 0 on"),
        Answer::new(
            "latency_mean_equal_jitter",
            "s",
            "the same where back-offs are half fixed and half uniform",
        ),
        Answer::new("latency_all_mean", "s", "mean latency of all requests, without jitter"),
        Answer::new("latency_all_mean_full_jitter", "s", "the same where back-offs are uniform from 0 on"),
        Answer::new(
            "latency_all_mean_equal_jitter",
            "s",
            "the same where back-offs are half fixed and half uniform",
        ),
        Answer::new("latency_max", "s", "longest latency, without jitter"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let retries = Retries {
        failure: arguments.number("failure")?,
        retries: arguments.count("retries", 0)?,
        attempt: arguments.number("attempt")?,
        base: arguments.number("base")?,
        multiplier: arguments.number("multiplier")?,
        cap: arguments.number("cap")?,
    }
    .checked()?;
    let attempts = retries.attempts_mean();
    let kinds = [Jitter::None, Jitter::Full, Jitter::Equal];
    let mut answers = vec![retries.success(), attempts, attempts];
    answers.extend(kinds.map(|jitter| retries.latency_mean(jitter)));
    answers.extend(kinds.map(|jitter| retries.latency_all_mean(jitter)));
    answers.push(retries.latency_max());
    Ok(answers.into_iter().map(Value::from).collect())
}

/// How a back-off is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// Not at all.
    None,
    /// Uniform from 0 to the back-off.
    Full,
    /// Uniform from half of the back-off to all of it.
    Equal,
}

impl Jitter {
    /// Mean wait over the back-off.
    fn share(self) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Full => 0.5,
            Self::Equal => 0.75,
        }
    }
}

/// A request with retries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retries {
    /// Probability that an attempt fails, below 1.
    pub failure: f64,
    /// Most retries.
    pub retries: u32,
    /// Time of an attempt \[s\].
    pub attempt: f64,
    /// Back-off before the first retry \[s\].
    pub base: f64,
    /// How much longer each back-off is than the last.
    pub multiplier: f64,
    /// Longest back-off \[s\].
    pub cap: f64,
}

/// Figures of a request whose attempts fail independently.
///
/// ```text
/// success = 1 - p^(r+1),  attempts = 1 + p + ... + p^r
/// latency of all = attempts s + j sum over k from 1 to r of p^k b_k,  b_k = min(cap, base multiplier^(k-1))
/// ```
///
/// Source of the kinds of jitter: Brooker, Exponential backoff and jitter, AWS Architecture Blog (2015).
///
/// # Examples
///
/// Three attempts at a failure probability of 1 % give six nines.
///
/// ```
/// use ninefold::analysis::oracle::Retries;
/// let thrice =
///     Retries { failure: 0.01, retries: 2, attempt: 0.1, base: 0.0, multiplier: 2.0, cap: 1.0 }.checked().unwrap();
/// assert!((thrice.success() - 0.999_999).abs() < 1e-15);
/// ```
impl Retries {
    /// The request, if it is possible.
    ///
    /// # Errors
    ///
    /// A failure probability that is not below 1, more than 1,000 retries, a negative time or multiplier.
    pub fn checked(self) -> Result<Self, OracleError> {
        if !(0.0..1.0).contains(&self.failure) {
            let expected = "from 0 to below 1";
            return Err(OracleError::Domain { argument: "failure", value: self.failure, expected });
        }
        repeats("retries", self.retries)?;
        not_negative("attempt", self.attempt)?;
        not_negative("base", self.base)?;
        not_negative("multiplier", self.multiplier)?;
        if self.cap.is_nan() || self.cap < 0.0 {
            return Err(OracleError::Domain { argument: "cap", value: self.cap, expected: "at least 0" });
        }
        Ok(self)
    }

    /// Probability that the request succeeds.
    pub fn success(&self) -> f64 {
        1.0 - self.failure * self.failure.powf(f64::from(self.retries))
    }

    /// Mean number of attempts.
    pub fn attempts_mean(&self) -> f64 {
        powers(self.failure, self.retries)
    }

    /// Mean latency of all requests \[s\].
    pub fn latency_all_mean(&self, jitter: Jitter) -> f64 {
        let mut reached = 1.0;
        let waits: f64 = self
            .back_offs()
            .map(|back_off| {
                reached *= self.failure;
                reached * back_off
            })
            .sum();
        self.attempts_mean() * self.attempt + jitter.share() * waits
    }

    /// Mean latency of the requests that succeed \[s\].
    pub fn latency_mean(&self, jitter: Jitter) -> f64 {
        let (mut reached, mut latency) = (1.0 - self.failure, self.attempt);
        let mut total = reached * latency;
        for back_off in self.back_offs() {
            reached *= self.failure;
            latency += self.attempt + jitter.share() * back_off;
            total += reached * latency;
        }
        total / self.success()
    }

    /// Longest latency, without jitter \[s\].
    pub fn latency_max(&self) -> f64 {
        f64::from(self.retries + 1) * self.attempt + self.back_offs().sum::<f64>()
    }

    /// The back-offs before each retry.
    fn back_offs(&self) -> impl Iterator<Item = f64> + '_ {
        let mut next = self.base;
        (0..self.retries).map(move |_| {
            let back_off = next.min(self.cap);
            next *= self.multiplier;
            back_off
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_sums_over_what_can_happen() {
        let retries =
            Retries { failure: 0.3, retries: 3, attempt: 0.05, base: 0.1, multiplier: 2.0, cap: 0.3 }
                .checked()
                .unwrap();
        // Success at the first to fourth attempt, then failure of all; back-offs 0.1, 0.2, 0.3.
        let latencies = [0.05, 0.2, 0.45, 0.8];
        let chances = [0.7, 0.21, 0.063, 0.0189];
        let good: f64 = latencies.iter().zip(chances).map(|(latency, chance)| latency * chance).sum();
        assert!((retries.latency_mean(Jitter::None) - good / 0.9919).abs() < 1e-14);
        assert!((retries.latency_all_mean(Jitter::None) - (good + 0.0081 * 0.8)).abs() < 1e-14);
        assert!((retries.latency_max() - 0.8).abs() < 1e-14);
        let half = f64::midpoint(retries.latency_all_mean(Jitter::None), retries.attempts_mean() * 0.05);
        assert!((retries.latency_all_mean(Jitter::Full) - half).abs() < 1e-14);
    }

    #[test]
    fn impossible_requests_are_refused() {
        let retries =
            Retries { failure: 0.3, retries: 3, attempt: 0.05, base: 0.1, multiplier: 2.0, cap: 0.3 };
        assert!(Retries { failure: 1.0, ..retries }.checked().is_err());
        assert!(Retries { base: -1.0, ..retries }.checked().is_err());
        assert!(Retries { cap: f64::NAN, ..retries }.checked().is_err());
    }
}
