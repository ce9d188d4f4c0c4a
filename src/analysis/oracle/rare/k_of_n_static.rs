//! Units that are up or down by chance, of which some are needed.

use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "static-k-of-n",
    summary: "Probability that fewer than k of n independent units are up.",
    formula: "sum over i < k of C(n, i) a^i (1 - a)^(n - i)",
    domain: "Units that are up independently of each other, each with the same probability: a look at one moment, \
             whatever the times to failure and repair are.",
    source: "Barlow and Proschan, Statistical Theory of Reliability and Life Testing (1975), section 1.2.",
    arguments: &[
        Argument::number("n", "units", "how many there are"),
        Argument::number("k", "units", "how many are needed"),
        Argument::number("a", "ratio", "probability that a unit is up"),
    ],
    answers: &[
        Answer::new("unavailability", "ratio", "probability that too few are up"),
        Answer::new("availability_time", "ratio", "probability that enough are up"),
    ],
    solve: answers,
};

fn answers(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let found = static_k_of_n(arguments.count("n", 1)?, arguments.count("k", 1)?, arguments.number("a")?)?;
    Ok(vec![found.unavailability.into(), found.availability.into()])
}

/// Whether enough units are up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StaticGroup {
    /// Probability that too few are up, precise however small it is.
    pub unavailability: f64,
    /// Probability that enough are up.
    pub availability: f64,
}

/// The probability that fewer than `k` of `n` independent units are up, each of which is with probability `a`.
///
/// ```text
/// U = sum over i < k of C(n, i) a^i (1 - a)^(n - i)
/// ```
///
/// `k` is from 1 to `n`, `a` from 0 to 1.
///
/// Source: Barlow and Proschan, Statistical Theory of Reliability and Life Testing (1975), section 1.2.
///
/// # Errors
///
/// Numbers outside these ranges.
///
/// # Examples
///
/// Two of three units that are each up nine times in ten: 0.028 (Barlow and Proschan's 3 p^2 - 2 p^3 is 0.972).
///
/// ```
/// use ninefold::analysis::oracle::static_k_of_n;
/// assert!((static_k_of_n(3, 2, 0.9).unwrap().unavailability - 0.028).abs() < 1e-15);
/// ```
pub fn static_k_of_n(n: u32, k: u32, a: f64) -> Result<StaticGroup, OracleError> {
    if !(0.0..=1.0).contains(&a) {
        return Err(OracleError::Domain { argument: "a", value: a, expected: "from 0 to 1" });
    }
    if k == 0 || k > n {
        let expected = "a whole number from 1 to n";
        return Err(OracleError::Domain { argument: "k", value: f64::from(k), expected });
    }
    if n > UNITS_MAX {
        return Err(OracleError::Domain { argument: "n", value: f64::from(n), expected: "at most 10000" });
    }
    let down = 1.0 - a;
    let part = |from: u32, to: u32| -> f64 { (from..to).map(|up| term(n, up, a, down)).sum() };
    Ok(StaticGroup { unavailability: part(0, k), availability: part(k, n + 1) })
}

/// Most units: each term of the sum has as many factors as there are units.
const UNITS_MAX: u32 = 10_000;

/// C(n, up) a^up down^(n - up), by factors in turn so that none of them over- or underflows before its time.
fn term(n: u32, up: u32, a: f64, down: f64) -> f64 {
    let mut value = 1.0_f64;
    let mut left = n - up;
    for number in 1..=up {
        value *= f64::from(n - up + number) / f64::from(number) * a;
        while value > 1.0 && left > 0 {
            value *= down;
            left -= 1;
        }
    }
    for _ in 0..left {
        value *= down;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination of units, one by one.
    fn slowly(n: u32, k: u32, a: f64) -> f64 {
        (0..1_u32 << n)
            .filter(|units| units.count_ones() < k)
            .map(|units| a.powi(units.count_ones() as i32) * (1.0 - a).powi((n - units.count_ones()) as i32))
            .sum()
    }

    #[test]
    fn the_sum_counts_every_combination() {
        for (n, k, a) in [(5, 3, 0.999), (1, 1, 0.3), (10, 10, 0.9), (12, 1, 0.5), (7, 4, 0.0), (7, 4, 1.0)] {
            let found = static_k_of_n(n, k, a).unwrap();
            assert!((found.unavailability - slowly(n, k, a)).abs() <= 1e-13 * slowly(n, k, a), "{n} {k} {a}");
            assert!((found.unavailability + found.availability - 1.0).abs() < 1e-13);
        }
    }

    #[test]
    fn thousands_of_units_are_no_trouble() {
        let found = static_k_of_n(4000, 2000, 0.5).unwrap();
        // By symmetry a half, less half of the middle term, which is 1 / sqrt(pi n / 2) to a part in 4 n.
        let middle = 1.0 / (std::f64::consts::PI * 2000.0_f64).sqrt() * (1.0 - 1.0 / 16_000.0);
        assert!((found.unavailability - (1.0 - middle) / 2.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(static_k_of_n(3, 4, 0.5).is_err());
        assert!(static_k_of_n(3, 0, 0.5).is_err());
        assert!(static_k_of_n(3, 1, 1.5).is_err());
        assert!(static_k_of_n(3, 1, f64::NAN).is_err());
    }
}
