//! Recovery operations one after another.

use super::{ANSWERS, UP, answers};
use crate::analysis::oracle::{Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "sequence",
    summary: "Mean time of operations that are done one after another.",
    formula: "t_1 + ... + t_n",
    domain: "Any laws, dependent or not.",
    source: "Linearity of the mean: Ross, Introduction to Probability Models, section 2.4.",
    arguments: &[Argument::number("t", "s", "mean time of each operation").of(Kind::Numbers), UP],
    answers: ANSWERS,
    solve: |arguments| answers(arguments, sequence(&arguments.numbers("t")?)?),
};

/// Mean time of operations that are done one after another, `t_1` + ... + `t_n`.
///
/// `times` are their mean times \[s\], each positive. Exact for any laws, dependent or not.
///
/// Source: Ross, Introduction to Probability Models, section 2.4.
///
/// # Errors
///
/// A time that is not positive and finite, or none at all.
///
/// # Examples
///
/// ```
/// assert_eq!(ninefold::analysis::oracle::sequence(&[30.0, 60.0]), Ok(90.0));
/// ```
pub fn sequence(times: &[f64]) -> Result<f64, OracleError> {
    if times.is_empty() {
        return Err(OracleError::Count { argument: "t", found: 0, expected: "at least one" });
    }
    Ok(positive("t", times)?.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_must_be_positive() {
        assert_eq!(sequence(&[5.0, 10.0, 20.0]), Ok(35.0));
        assert!(sequence(&[1.0, -1.0]).is_err() && sequence(&[]).is_err());
    }
}
