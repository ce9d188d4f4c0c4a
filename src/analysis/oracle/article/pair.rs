//! The form 1/x + 1/y = 1/z.

use super::harmonic_recovery;
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "two-servers",
    summary: "What two servers make together where 1/x + 1/y = 1/z.",
    formula: "z = x y / (x + y)",
    domain: "x and y are mean times of a race of independent exponentials, times alone of workers that share one \
             job, or mean lives of two exponential units in series; counts and throughputs add up instead.",
    source: "Minimum of independent exponential times: Ross, Introduction to Probability Models, section 5.2.3.",
    arguments: &[
        Argument::number("x", "s", "mean time of the first"),
        Argument::number("y", "s", "mean time of the second"),
    ],
    answers: &[
        Answer::new("together", "s", "mean time of both, z"),
        Answer::new("first_ratio", "ratio", "how often the first is the one that ends first"),
    ],
    solve: |arguments| {
        let pair = two_servers(arguments.number("x")?, arguments.number("y")?)?;
        Ok(vec![pair.together.into(), pair.first_ratio.into()])
    },
};

/// What two servers make together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The time of both, z \[s\].
    pub together: f64,
    /// How often the first one is faster.
    pub first_ratio: f64,
}

/// The time of two servers together, 1/x + 1/y = 1/z, and how often the first one is faster.
///
/// ```text
/// z = x y / (x + y),  P(first is faster) = z / x
/// ```
///
/// `first` and `second` are their mean times \[s\], positive. Exact for a race of independent exponential times, for two
/// exponential units in series, and (z alone) for a job that is shared.
///
/// Source: Ross, Introduction to Probability Models, section 5.2.3.
///
/// # Errors
///
/// A time that is not positive and finite.
///
/// # Examples
///
/// ```
/// let pair = ninefold::analysis::oracle::two_servers(30.0, 60.0).unwrap();
/// assert!((pair.together - 20.0).abs() < 1e-12 && (pair.first_ratio - 2.0 / 3.0).abs() < 1e-12);
/// ```
pub fn two_servers(first: f64, second: f64) -> Result<Pair, OracleError> {
    for (argument, value) in [("x", first), ("y", second)] {
        crate::analysis::oracle::positive(argument, &[value])?;
    }
    let together = harmonic_recovery(&[first, second])?;
    Ok(Pair { together, first_ratio: together / first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate_tail;

    #[test]
    fn the_first_is_faster_as_often_as_the_integral_says() {
        let (first, second) = (3.0_f64, 7.0_f64);
        let slowly = integrate_tail(0.0, 2.0, |time| (-time / first).exp() / first * (-time / second).exp());
        assert!((two_servers(first, second).unwrap().first_ratio - slowly).abs() < 1e-10);
    }

    #[test]
    fn the_wrong_argument_is_named() {
        let wrong = |argument| OracleError::Domain { argument, value: 0.0, expected: "positive and finite" };
        assert_eq!(two_servers(0.0, 1.0), Err(wrong("x")));
        assert_eq!(two_servers(1.0, 0.0), Err(wrong("y")));
    }
}
