//! Student's interval for the mean of a few runs.

use super::{CONFIDENCE, inner};
use crate::analysis::numeric::{integrate, root};
use crate::analysis::oracle::domain::units;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value};
use statrs::function::gamma::ln_gamma;
use std::f64::consts::{FRAC_PI_2, PI};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "t-interval",
    summary: "Half width of Student's interval in standard errors, and how often it holds the truth.",
    formula: "P(|t| <= q) = confidence, t of n - 1 degrees of freedom",
    domain: "Independent normal observations.",
    source: "Student, The probable error of a mean (1908).",
    arguments: &[Argument::number("n", "1", "number of observations, at least 2"), CONFIDENCE],
    answers: &[
        Answer::new("t_quantile", "1", "half width over the standard error of the mean"),
        Answer::new("coverage", "ratio", "probability that the interval holds the truth"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (n, confidence) = (arguments.count("n", 1)?, arguments.number("confidence")?);
    let quantile = t_quantile(n, confidence)?;
    Ok(vec![quantile.into(), t_coverage(n, quantile)?.into()])
}

/// The half width of Student's interval from `n` observations, in standard errors of their mean.
///
/// ```text
/// P(|t| <= q) = confidence,  t of n - 1 degrees of freedom
/// ```
///
/// Worked out from the density alone, so that it can judge other implementations.
///
/// Source: Student, The probable error of a mean, Biometrika 6 (1908).
///
/// # Errors
///
/// Fewer than two observations or more than a million, a confidence that is not strictly between 0 and 1.
///
/// # Examples
///
/// Student's table has 2.262 for 95 % and 9 degrees of freedom.
///
/// ```
/// use ninefold::analysis::oracle::t_quantile;
/// assert!((t_quantile(10, 0.95).unwrap() - 2.262).abs() < 0.0005);
/// ```
pub fn t_quantile(n: u32, confidence: f64) -> Result<f64, OracleError> {
    inner("confidence", confidence)?;
    let freedom = freedom(n)?;
    let angle = root(0.0, FRAC_PI_2, |angle| within(freedom, angle) - confidence).unwrap_or(f64::NAN);
    Ok(freedom.sqrt() * angle.tan())
}

/// The probability that the mean of `n` normal observations lies within `reach` standard errors of the truth.
///
/// # Errors
///
/// Fewer than two observations or more than a million, a reach that is not a positive number.
///
/// # Examples
///
/// With two observations t is Cauchy's: half of it lies within 1.
///
/// ```
/// use ninefold::analysis::oracle::t_coverage;
/// assert!((t_coverage(2, 1.0).unwrap() - 0.5).abs() < 1e-12);
/// ```
pub fn t_coverage(n: u32, reach: f64) -> Result<f64, OracleError> {
    let freedom = freedom(n)?;
    if reach.is_nan() || reach <= 0.0 {
        return Err(OracleError::Domain { argument: "reach", value: reach, expected: "positive" });
    }
    Ok(within(freedom, (reach / freedom.sqrt()).atan()))
}

/// The degrees of freedom of `n` observations.
fn freedom(n: u32) -> Result<f64, OracleError> {
    if n < 2 {
        return Err(OracleError::Domain { argument: "n", value: f64::from(n), expected: "at least 2" });
    }
    Ok(f64::from(units("n", n)? - 1))
}

/// P(|t| <= sqrt(freedom) tan(angle)): with that substitution the density is a power of a cosine.
fn within(freedom: f64, angle: f64) -> f64 {
    let scale = (ln_gamma(f64::midpoint(freedom, 1.0)) - ln_gamma(freedom / 2.0)).exp() / PI.sqrt();
    2.0 * scale * integrate(0.0, angle, |angle| angle.cos().powf(freedom - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_degrees_of_freedom_have_closed_forms() {
        // Two degrees of freedom: P(|t| <= q) = q / sqrt(2 + q^2).
        for confidence in [0.5, 0.9, 0.999] {
            let expected = confidence * f64::sqrt(2.0 / (1.0 - confidence * confidence));
            assert!((t_quantile(3, confidence).unwrap() / expected - 1.0).abs() < 1e-10);
        }
        // One: Cauchy.
        assert!((t_quantile(2, 0.9).unwrap() / (0.9 * FRAC_PI_2).tan() - 1.0).abs() < 1e-10);
        // Many: normal.
        assert!((t_quantile(1_000_000, 0.95).unwrap() - 1.959_964).abs() < 1e-5);
        assert!(t_quantile(1, 0.9).is_err() && t_quantile(5, 1.0).is_err() && t_coverage(5, 0.0).is_err());
    }
}
