//! Retries at several tiers of callers, which multiply.

use super::{AMPLIFICATION, FAILURE, powers};
use crate::analysis::oracle::domain::{probability, repeats};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "retry-tiers",
    summary: "Calls that reach the bottom of a row of callers, each of which retries.",
    formula: "f_(j+1) = f_j^a, calls = product over the tiers of (1 + f_j + ... + f_j^(a-1))",
    domain: "Independent failures at the bottom that do not depend on the load; every caller makes as many attempts.",
    source: "Beyer and others, Site Reliability Engineering (2016), chapter 22: 4 attempts at 3 layers make 64.",
    arguments: &[
        Argument::number("tiers", "1", "number of callers in a row"),
        Argument::number("attempts", "1", "most attempts of a caller, the first one included"),
        FAILURE,
    ],
    answers: &[
        AMPLIFICATION,
        Answer::new(
            "attempts_each",
            "1",
            "mean attempts of a caller per request that it gets, from the bottom up",
        ),
        Answer::new("failure_ratio", "ratio", "share of requests that fail in the end"),
        Answer::new("amplification_max", "1", "calls at the bottom per request when everything fails"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (tiers, attempts) = (arguments.count("tiers", 1)?, arguments.count("attempts", 1)?);
    let answer = retry_tiers(tiers, attempts, arguments.number("failure")?)?;
    let amplification: f64 = answer.attempts.iter().product();
    let most = f64::from(attempts).powf(f64::from(tiers));
    Ok(vec![amplification.into(), answer.attempts.into(), answer.failure.into(), most.into()])
}

/// What retries at several tiers do.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiers {
    /// Mean attempts of a caller per request that it gets, from the bottom up.
    pub attempts: Vec<f64>,
    /// Share of requests that fail in the end.
    pub failure: f64,
}

/// Attempts at each of `tiers` callers in a row that make up to `attempts` each, above a bottom whose calls fail with
/// probability `failure`.
///
/// ```text
/// f_1 = failure,  f_(j+1) = f_j^a,  attempts of tier j = 1 + f_j + ... + f_j^(a-1)
/// ```
///
/// Calls at the bottom per request are the product of all attempts.
///
/// Source: Beyer, Jones, Petoff and Murphy, Site Reliability Engineering (2016), chapter 22.
///
/// # Errors
///
/// A failure probability that is none, no attempt, more than 1,000 tiers or attempts.
///
/// # Examples
///
/// Four attempts at each of three layers are 64 at the database when it fails (the source's example).
///
/// ```
/// use ninefold::analysis::oracle::retry_tiers;
/// let calls: f64 = retry_tiers(3, 4, 1.0).unwrap().attempts.iter().product();
/// assert!((calls - 64.0).abs() < 1e-12);
/// ```
pub fn retry_tiers(tiers: u32, attempts: u32, failure: f64) -> Result<Tiers, OracleError> {
    let mut failure = probability("failure", failure)?;
    if attempts == 0 {
        return Err(OracleError::Outside { reason: "a caller makes at least one attempt".to_owned() });
    }
    repeats("tiers", tiers)?;
    repeats("attempts", attempts)?;
    let mut each = Vec::new();
    for _ in 0..tiers {
        each.push(powers(failure, attempts - 1));
        failure = failure.powf(f64::from(attempts));
    }
    Ok(Tiers { attempts: each, failure })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls at the bottom and success, by following every attempt.
    fn slowly(tiers: u32, attempts: u32, failure: f64) -> (f64, f64) {
        if tiers == 0 {
            return (1.0, failure);
        }
        let (calls, below) = slowly(tiers - 1, attempts, failure);
        let (mut total, mut reached) = (0.0, 1.0);
        for _ in 0..attempts {
            total += reached * calls;
            reached *= below;
        }
        (total, reached)
    }

    #[test]
    fn tiers_multiply() {
        for (tiers, attempts, failure) in [(3, 3, 0.5), (1, 5, 0.2), (4, 2, 1.0)] {
            let (calls, failed) = slowly(tiers, attempts, failure);
            let answer = retry_tiers(tiers, attempts, failure).unwrap();
            assert!((answer.attempts.iter().product::<f64>() / calls - 1.0).abs() < 1e-13);
            assert!((answer.failure / failed - 1.0).abs() < 1e-12);
        }
        assert!(retry_tiers(1, 0, 0.5).is_err() && retry_tiers(1, 1, 1.5).is_err());
    }
}
