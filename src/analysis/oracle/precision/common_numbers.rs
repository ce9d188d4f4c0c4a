//! What is gained by driving two alternatives with the same random numbers.

use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};
use std::f64::consts::PI;

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "common-numbers",
    summary: "Variance of the difference of two exponential draws from the same or from different random numbers.",
    formula: "same (m_1 - m_2)^2, different m_1^2 + m_2^2; correlation of -ln U and -ln(1 - U) = 1 - pi^2 / 6",
    domain: "Draws by inversion, x = -m ln U.",
    source: "Law, Simulation Modeling and Analysis (5th ed.), sections 11.2 and 11.3.",
    arguments: &[Argument::number("means", "s", "the two means").of(Kind::Numbers)],
    answers: &[
        Answer::new("difference_variance", "s^2", "variance of the difference with the same random numbers"),
        Answer::new("difference_variance_independent", "s^2", "the same with different ones"),
        Answer::new("reduction", "1", "the second over the first"),
        Answer::new("antithetic_correlation", "ratio", "correlation of draws from U and 1 - U"),
        Answer::new("antithetic_variance", "s^2", "variance of the mean of two such draws of the first mean"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let means = arguments.numbers("means")?;
    let [first, second] = means[..] else {
        return Err(OracleError::Count { argument: "means", found: means.len(), expected: "two" });
    };
    let pair = paired_exponentials(first, second)?;
    let values = [
        pair.common,
        pair.independent,
        pair.independent / pair.common,
        pair.antithetic_correlation,
        first * first * (1.0 + pair.antithetic_correlation) / 2.0,
    ];
    Ok(values.map(Value::from).to_vec())
}

/// Variances of pairs of exponential draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedExponentials {
    /// Variance of the difference with the same random numbers.
    pub common: f64,
    /// Variance of the difference with different ones.
    pub independent: f64,
    /// Correlation of draws from U and 1 - U.
    pub antithetic_correlation: f64,
}

/// Variances of the difference of two exponential draws, x = -m ln U, of these means.
///
/// ```text
/// same U: (m_1 - m_2)^2,  different: m_1^2 + m_2^2,  corr(-ln U, -ln(1 - U)) = 1 - pi^2 / 6
/// ```
///
/// Source: Law, Simulation Modeling and Analysis (5th ed.), sections 11.2 and 11.3.
///
/// # Errors
///
/// A mean that is not positive and finite.
///
/// # Examples
///
/// Antithetic exponential draws cannot do better than a correlation of -0.645.
///
/// ```
/// use ninefold::analysis::oracle::paired_exponentials;
/// assert!((paired_exponentials(1.0, 2.0).unwrap().antithetic_correlation + 0.645).abs() < 5e-4);
/// ```
pub fn paired_exponentials(first: f64, second: f64) -> Result<PairedExponentials, OracleError> {
    positive("means", &[first, second])?;
    Ok(PairedExponentials {
        common: (first - second).powi(2),
        independent: first * first + second * second,
        antithetic_correlation: 1.0 - PI * PI / 6.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate;

    #[test]
    fn moments_are_integrals_over_the_random_number() {
        let pair = paired_exponentials(1.0, 1.5).unwrap();
        let square = integrate(0.0, 1.0, |u| (0.5 * u.ln()).powi(2));
        let mean = integrate(0.0, 1.0, |u| -0.5 * u.ln());
        assert!((pair.common - (square - mean * mean)).abs() < 1e-9);
        let product = integrate(0.0, 1.0, |u| u.ln() * (1.0 - u).ln());
        assert!((pair.antithetic_correlation - (product - 1.0)).abs() < 1e-9);
        assert!(paired_exponentials(1.0, 0.0).is_err());
    }
}
