//! Equal units that are never repaired.

use super::{FIRST_OUTAGE, NEEDED, UNITS, UP};
use crate::analysis::oracle::domain::{not_negative, some_of};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};
use statrs::function::factorial::ln_binomial;

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "k-of-n-unrepaired",
    summary: "Life of a group of equal units, of which k must be up, when nothing is repaired.",
    formula: "up (1/k + ... + 1/n)",
    domain: "Independent exponential times to failure, all units up at first and in use.",
    source: "Trivedi, Probability and Statistics with Reliability (2nd ed.), chapter 4.",
    arguments: &[UNITS, NEEDED, UP, Argument::number("time", "s", "age that the group is to reach").or(0.0)],
    answers: &[
        FIRST_OUTAGE,
        Answer::new("reliability", "ratio", "probability that the group is still up at the age"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (n, k, up) = (arguments.count("n", 1)?, arguments.count("k", 1)?, arguments.number("up")?);
    let reliability = reliability_unrepaired(n, k, up, arguments.number("time")?)?;
    Ok(vec![mean_life_unrepaired(n, k, up)?.into(), reliability.into()])
}

/// Mean time until fewer than `k` of `n` equal units are up, when nothing is repaired.
///
/// ```text
/// up (1/k + 1/(k+1) + ... + 1/n)
/// ```
///
/// `up` is the mean time to failure of a unit, exponential; all are up at first.
///
/// Source: Trivedi, Probability and Statistics with Reliability, Queuing and Computer Science Applications (2nd
/// ed.), chapter 4.
///
/// # Errors
///
/// `k` above `n` or 0; a time that is not positive and finite.
///
/// # Examples
///
/// Triple modular redundancy lives for 5/6 of the time of one unit.
///
/// ```
/// use ninefold::analysis::oracle::mean_life_unrepaired;
/// assert!((mean_life_unrepaired(3, 2, 1.0).unwrap() - 5.0 / 6.0).abs() < 1e-15);
/// ```
pub fn mean_life_unrepaired(n: u32, k: u32, up: f64) -> Result<f64, OracleError> {
    some_of(k, n)?;
    positive("up", &[up])?;
    Ok(up * (k..=n).map(|count| f64::from(count).recip()).sum::<f64>())
}

/// Probability that at least `k` of `n` equal units are up at `time`, when nothing is repaired.
///
/// ```text
/// R(t) = sum over j from k to n of C(n, j) exp(-j t / up) (1 - exp(-t / up))^(n - j)
/// ```
///
/// # Errors
///
/// As [`mean_life_unrepaired`]; a time that is negative or infinite.
///
/// # Examples
///
/// Triple modular redundancy: 3 R^2 - 2 R^3.
///
/// ```
/// use ninefold::analysis::oracle::reliability_unrepaired;
/// let one = (-0.5_f64).exp();
/// let triple = reliability_unrepaired(3, 2, 1000.0, 500.0).unwrap();
/// assert!((triple - (3.0 * one * one - 2.0 * one.powi(3))).abs() < 1e-14);
/// ```
pub fn reliability_unrepaired(n: u32, k: u32, up: f64, time: f64) -> Result<f64, OracleError> {
    some_of(k, n)?;
    positive("up", &[up])?;
    let age = not_negative("time", time)? / up;
    if age == 0.0 {
        return Ok(1.0);
    }
    let failed = (-(-age).exp_m1()).ln();
    let term = |count: u32| {
        let ways = ln_binomial(u64::from(n), u64::from(count));
        (ways - f64::from(count) * age + f64::from(n - count) * failed).exp()
    };
    Ok((k..=n).map(term).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate_tail;

    #[test]
    fn the_mean_life_is_the_integral_of_the_reliability() {
        for (n, k, up) in [(3, 2, 1000.0), (5, 1, 2.0), (4, 4, 7.0)] {
            let integral = integrate_tail(0.0, up, |time| reliability_unrepaired(n, k, up, time).unwrap());
            assert!((integral / mean_life_unrepaired(n, k, up).unwrap() - 1.0).abs() < 1e-10, "{n} {k}");
        }
        assert!(mean_life_unrepaired(3, 4, 1.0).is_err());
        assert!(reliability_unrepaired(3, 2, 1.0, -1.0).is_err());
    }
}
