//! Retries that may be no more than a share of first attempts.

use super::{AMPLIFICATION, FAILURE, RATE, RETRIES, powers};
use crate::analysis::oracle::domain::{not_negative, probability, repeats};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "retry-budget",
    summary: "Attempts per request when retries are limited to a share of first attempts.",
    formula: "1 + min(budget, q + q^2 + ... + q^r)",
    domain: "Independent failures; exact for a share of 1, and where the budget is not used up; else as long as \
             unused budget is not thrown away.",
    source: "Beyer and others, Site Reliability Engineering (2016), chapter 21: a budget of 10 % makes 1.1.",
    arguments: &[
        RATE,
        FAILURE,
        RETRIES,
        Argument::number("budget", "ratio", "retries allowed per first attempt"),
    ],
    answers: &[
        Answer::new("attempt_rate", "1/s", "attempts per time"),
        AMPLIFICATION,
        Answer::new("amplification_free", "1", "the same without a budget"),
        Answer::new("load_max", "ratio", "first attempts over capacity that never overload the callee"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (failure, retries) = (arguments.number("failure")?, arguments.count("retries", 0)?);
    let (rate, budget) = (not_negative("rate", arguments.number("rate")?)?, arguments.number("budget")?);
    let amplification = amplification_with_budget(failure, retries, budget)?;
    let most = 1.0 + budget.min(f64::from(retries));
    let values = [rate * amplification, amplification, powers(failure, retries), 1.0 / most];
    Ok(values.map(Value::from).to_vec())
}

/// Attempts per request when retries are limited to `budget` per first attempt.
///
/// ```text
/// 1 + min(budget, q + q^2 + ... + q^r)
/// ```
///
/// `failure` is the probability q that an attempt fails, `retries` the most of a request.
///
/// Source: Beyer, Jones, Petoff and Murphy, Site Reliability Engineering (2016), chapter 21.
///
/// # Errors
///
/// A failure probability that is none, more than 1,000 retries, a negative budget.
///
/// # Examples
///
/// A budget of 10 % holds a total failure to 1.1 attempts instead of 3 (the source's example).
///
/// ```
/// use ninefold::analysis::oracle::amplification_with_budget;
/// assert!((amplification_with_budget(1.0, 2, 0.1).unwrap() - 1.1).abs() < 1e-15);
/// assert!((amplification_with_budget(1.0, 2, 9.0).unwrap() - 3.0).abs() < 1e-15);
/// ```
pub fn amplification_with_budget(failure: f64, retries: u32, budget: f64) -> Result<f64, OracleError> {
    let free = powers(probability("failure", failure)?, repeats("retries", retries)?);
    Ok(free.min(1.0 + not_negative("budget", budget)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_is_not_used_up_changes_nothing() {
        let free = amplification_with_budget(0.05, 3, 0.1).unwrap();
        assert!((free - (1.0 + 0.05 + 0.0025 + 0.000_125)).abs() < 1e-15);
        assert!((amplification_with_budget(0.5, 3, 0.1).unwrap() - 1.1).abs() < 1e-15);
        assert!(amplification_with_budget(1.5, 3, 0.1).is_err());
        assert!(amplification_with_budget(0.5, 3, -0.1).is_err());
    }
}
