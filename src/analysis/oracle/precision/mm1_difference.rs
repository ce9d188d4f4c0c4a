//! The true difference that a comparison of two queues must find.

use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, mm1};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mm1-difference",
    summary: "By how much the mean time at one M/M/1 queue exceeds that at another.",
    formula: "1 / (mu_1 - rate) - 1 / (mu_2 - rate)",
    domain: "As mm1, for both.",
    source: "Kleinrock, Queueing Systems I (1975), equation 3.26.",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate at both"),
        Argument::number("service_means", "s", "mean time in service at each").of(Kind::Numbers),
    ],
    answers: &[Answer::new("sojourn_difference", "s", "mean time at the first less that at the second")],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let means = arguments.numbers("service_means")?;
    let [first, second] = means[..] else {
        return Err(OracleError::Count { argument: "service_means", found: means.len(), expected: "two" });
    };
    Ok(vec![sojourn_difference(arguments.number("rate")?, first, second)?.into()])
}

/// Mean time at an M/M/1 queue with the mean service time `first` less that at one with `second` \[s\].
///
/// # Errors
///
/// As [`mm1`], for both.
///
/// # Examples
///
/// At 0.8 of the capacity of the first, a service faster by 5 % makes the mean time shorter by a fifth.
///
/// ```
/// use ninefold::analysis::oracle::sojourn_difference;
/// assert!((sojourn_difference(0.8, 1.0, 1.0 / 1.05).unwrap() - 1.0).abs() < 1e-12);
/// ```
pub fn sojourn_difference(rate: f64, first: f64, second: f64) -> Result<f64, OracleError> {
    Ok(mm1(rate, first)?.sojourn_mean - mm1(rate, second)?.sojourn_mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_difference() {
        let there = sojourn_difference(0.5, 1.0, 0.5).unwrap();
        assert!((there - (2.0 - 1.0 / 1.5)).abs() < 1e-12);
        assert!((there + sojourn_difference(0.5, 0.5, 1.0).unwrap()).abs() < 1e-15);
        assert!(sojourn_difference(1.5, 1.0, 0.5).is_err());
    }
}
