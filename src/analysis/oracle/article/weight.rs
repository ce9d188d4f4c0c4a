//! Weights that are shares of a whole.

use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "weight-normalisation",
    summary: "Shares of traffic in proportion to a number of each server.",
    formula: "w_i = p_i / (p_1 + ... + p_n)",
    domain: "Any positive numbers: what comes of the shares depends on what p is, see weighted-split, \
             optimal-split and the feedback formulas.",
    source: "Arithmetic.",
    arguments: &[Argument::number("p", "1", "a number of each server").of(Kind::Numbers)],
    answers: &[
        Answer::new("weights", "ratio", "share of each server"),
        Answer::new("weight_largest", "ratio", "the largest of them"),
    ],
    solve: |arguments| {
        let weights = normalised_weights(&arguments.numbers("p")?)?;
        let largest = weights.iter().copied().fold(0.0, f64::max);
        Ok(vec![weights.into(), largest.into()])
    },
};

/// Shares in proportion to a number of each server, `w_i` = `p_i` / (`p_1` + ... + `p_n`).
///
/// `numbers` are the `p_i`, each positive.
///
/// # Errors
///
/// A number that is not positive and finite, or none at all.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::normalised_weights;
/// assert_eq!(normalised_weights(&[1.0, 3.0]), Ok(vec![0.25, 0.75]));
/// ```
pub fn normalised_weights(numbers: &[f64]) -> Result<Vec<f64>, OracleError> {
    if numbers.is_empty() {
        return Err(OracleError::Count { argument: "p", found: 0, expected: "at least one" });
    }
    let sum: f64 = positive("p", numbers)?.iter().sum();
    Ok(numbers.iter().map(|number| number / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_keep_proportions() {
        let weights = normalised_weights(&[1.0, 2.0, 4.0]).unwrap();
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!((weights[2] / weights[0] - 4.0).abs() < 1e-12);
        assert!(normalised_weights(&[]).is_err() && normalised_weights(&[1.0, 0.0]).is_err());
    }
}
