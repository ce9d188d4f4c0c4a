//! How often intervals may hold the truth before their method is wrong.

use super::{CONFIDENCE, inner};
use crate::analysis::oracle::domain::units;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value};
use statrs::function::factorial::ln_binomial;

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "coverage-limits",
    summary: "Shares of many intervals that may hold the truth if each does with a given probability.",
    formula: "lowest x with P(B <= x) at least (1 - confidence) / 2, and with at least (1 + confidence) / 2, over n; B \
              binomial",
    domain: "Independent intervals.",
    source: "Binomial quantiles: Johnson, Kemp and Kotz, Univariate Discrete Distributions (2005), chapter 3.",
    arguments: &[
        Argument::number("coverage", "ratio", "probability that one interval holds the truth"),
        Argument::number("n", "1", "number of intervals"),
        CONFIDENCE,
    ],
    answers: &[Answer::new("limits", "ratio", "lowest and highest share that is to be expected")],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (coverage, n) = (arguments.number("coverage")?, arguments.count("n", 1)?);
    let (low, high) = coverage_limits(coverage, n, arguments.number("confidence")?)?;
    Ok(vec![vec![low, high].into()])
}

/// The lowest and the highest share of `n` intervals that is to be expected to hold the truth if each does with
/// probability `coverage`.
///
/// ```text
/// quantiles (1 - confidence) / 2 and (1 + confidence) / 2 of the binomial law, over n
/// ```
///
/// Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions (3rd ed., 2005), chapter 3.
///
/// # Errors
///
/// A coverage or confidence that is not strictly between 0 and 1, no interval or more than a million.
///
/// # Examples
///
/// Ten throws of a fair coin: 2 to 8 heads are no surprise at 95 %.
///
/// ```
/// use ninefold::analysis::oracle::coverage_limits;
/// assert_eq!(coverage_limits(0.5, 10, 0.95), Ok((0.2, 0.8)));
/// ```
pub fn coverage_limits(coverage: f64, n: u32, confidence: f64) -> Result<(f64, f64), OracleError> {
    inner("coverage", coverage)?;
    inner("confidence", confidence)?;
    if n == 0 {
        return Err(OracleError::Outside { reason: "there is no interval".to_owned() });
    }
    units("n", n)?;
    let chance = |count: u32| {
        let ways = ln_binomial(u64::from(n), u64::from(count));
        (ways + f64::from(count) * coverage.ln() + f64::from(n - count) * (-coverage).ln_1p()).exp()
    };
    let share = |count: u32| f64::from(count) / f64::from(n);
    let (mut below, mut low) = (0.0, None);
    for count in 0..n {
        below += chance(count);
        if low.is_none() && below >= (1.0 - confidence) / 2.0 {
            low = Some(count);
        }
        if below >= f64::midpoint(1.0, confidence) {
            return Ok((share(low.unwrap_or(count)), share(count)));
        }
    }
    Ok((share(low.unwrap_or(n)), 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_as_unlikely_as_it_should_be() {
        let (low, high) = coverage_limits(0.9, 40, 0.99).unwrap();
        let choose = |count: u32| (0..count).map(|i| f64::from(40 - i) / f64::from(i + 1)).product::<f64>();
        let chance =
            |count: u32| choose(count) * 0.9_f64.powi(count as i32) * 0.1_f64.powi(40 - count as i32);
        let (low, high) = ((low * 40.0).round() as u32, (high * 40.0).round() as u32);
        let below: f64 = (0..low).map(chance).sum();
        let above: f64 = (high + 1..=40).map(chance).sum();
        assert!(below < 0.005 && below + chance(low) >= 0.005);
        assert!(above <= 0.005 && above + chance(high) > 0.005);
        assert!(coverage_limits(1.0, 10, 0.95).is_err() && coverage_limits(0.5, 0, 0.95).is_err());
    }
}
