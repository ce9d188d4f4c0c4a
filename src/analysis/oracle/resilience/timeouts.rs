//! A timeout after which a request is tried again at once.

use super::{AMPLIFICATION, ATTEMPTS, AVAILABILITY, RETRIES, powers};
use crate::analysis::law::Law;
use crate::analysis::numeric::integrate;
use crate::analysis::oracle::domain::repeats;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "timeouts",
    summary: "Success, attempts and latency of a request whose attempts are given up after a timeout.",
    formula: "q = S(timeout), m = integral of S from 0 to the timeout; success 1 - q^(r+1), attempts 1 + q + ... + q^r, \
              latency attempts m",
    domain: "Independent attempts of any law that do not depend on the load; retries at the timeout, without back-off.",
    source: "Wald's equation: Ross, Introduction to Probability Models, section 7.3.",
    arguments: &[
        Argument::number("service", "s", "time until an attempt answers").of(Kind::Law),
        Argument::number("timeout", "s", "time after which an attempt is given up"),
        RETRIES,
    ],
    answers: &[
        AVAILABILITY,
        Answer::new("latency_mean", "s", "mean latency of requests that succeed"),
        Answer::new("latency_all_mean", "s", "mean latency of all requests"),
        ATTEMPTS,
        AMPLIFICATION,
        Answer::new("timeout_ratio", "ratio", "share of attempts that are given up"),
        Answer::new("attempt_mean", "s", "mean time of an attempt, answered or given up"),
        Answer::new("answer_mean", "s", "mean time of an attempt that is answered"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let timeouts =
        Timeouts { timeout: arguments.number("timeout")?, retries: arguments.count("retries", 0)? };
    let answer = timeouts.of(&arguments.law("service")?)?;
    let values = [
        answer.success,
        answer.latency_good,
        answer.attempts * answer.attempt,
        answer.attempts,
        answer.attempts,
        answer.late,
        answer.attempt,
        answer.answered,
    ];
    Ok(values.map(Value::from).to_vec())
}

/// How long a caller waits, and how often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeouts {
    /// Time after which an attempt is given up \[s\].
    pub timeout: f64,
    /// Most retries of a request, each at the timeout of the last attempt.
    pub retries: u32,
}

/// What timeouts do to requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeoutsAnswer {
    /// Share of attempts that are given up.
    pub late: f64,
    /// Share of requests that succeed.
    pub success: f64,
    /// Mean number of attempts of a request.
    pub attempts: f64,
    /// Mean time of an attempt, answered or given up \[s\].
    pub attempt: f64,
    /// Mean time of an attempt that is answered \[s\].
    pub answered: f64,
    /// Mean latency of requests that succeed \[s\].
    pub latency_good: f64,
}

impl Timeouts {
    /// What becomes of requests whose attempts would take independent times of this law.
    ///
    /// ```text
    /// q = S(timeout),  E[min(X, timeout)] = integral of S from 0 to the timeout
    /// success = 1 - q^(r+1),  attempts = 1 + q + ... + q^r,  E[latency] = attempts E[min(X, timeout)]
    /// ```
    ///
    /// Source: Ross, Introduction to Probability Models, section 7.3 (Wald's equation).
    ///
    /// # Errors
    ///
    /// A timeout that is not positive and finite, or that every attempt exceeds; more than 1,000 retries.
    ///
    /// # Examples
    ///
    /// A timeout of two mean exponential times: 1 - e^-2 of the attempts are answered.
    ///
    /// ```
    /// use ninefold::analysis::law::Law;
    /// use ninefold::analysis::oracle::Timeouts;
    /// let answer = Timeouts { timeout: 2.0, retries: 0 }.of(&Law::Exponential { mean: 1.0 }).unwrap();
    /// assert!((answer.success - (1.0 - (-2.0_f64).exp())).abs() < 1e-15);
    /// ```
    pub fn of(&self, service: &Law) -> Result<TimeoutsAnswer, OracleError> {
        let timeout = positive("timeout", &[self.timeout])?[0];
        repeats("retries", self.retries)?;
        let late = service.survival(timeout);
        let success = 1.0 - late * late.powf(f64::from(self.retries));
        if success <= 0.0 {
            let reason = "no attempt is answered within the timeout".to_owned();
            return Err(OracleError::Outside { reason });
        }
        let attempt = integrate(0.0, timeout, |time| service.survival(time));
        let answered = (attempt - timeout * late) / (1.0 - late);
        let (mut reached, mut before) = (1.0 - late, 0.0);
        let mut total = 0.0;
        for _ in 0..=self.retries {
            total += reached * (before + answered);
            reached *= late;
            before += timeout;
        }
        Ok(TimeoutsAnswer {
            late,
            success,
            attempts: powers(late, self.retries),
            attempt,
            answered,
            latency_good: total / success,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_latency_is_that_of_good_and_failed_requests() {
        let law = Law::lognormal(1.0, 1.5);
        for retries in 0..4 {
            let answer = Timeouts { timeout: 1.2, retries }.of(&law).unwrap();
            let failed = 1.2 * f64::from(retries + 1);
            let all = answer.success * answer.latency_good + (1.0 - answer.success) * failed;
            assert!((all / (answer.attempts * answer.attempt) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_mean_of_answers_is_that_of_the_law_below_the_timeout() {
        let answer = Timeouts { timeout: 2.0, retries: 2 }.of(&Law::Exponential { mean: 1.0 }).unwrap();
        let late = (-2.0_f64).exp();
        assert!((answer.answered - (1.0 - 3.0 * late) / (1.0 - late)).abs() < 1e-12);
        assert!(Timeouts { timeout: 0.0, retries: 2 }.of(&Law::Exponential { mean: 1.0 }).is_err());
        assert!(Timeouts { timeout: 1.0, retries: 2 }.of(&Law::Constant { value: 2.0 }).is_err());
    }
}
