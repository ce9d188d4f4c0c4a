//! Back-offs that are drawn from the last one.

use crate::analysis::oracle::domain::repeats;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "decorrelated-jitter",
    summary: "Mean back-offs that are each uniform from the base to three times the last.",
    formula: "s_k = base (2 x 1.5^k - 1)",
    domain: "No cap, or one that is not reached.",
    source: "Brooker, Exponential backoff and jitter, AWS Architecture Blog (2015).",
    arguments: &[
        Argument::number("base", "s", "shortest back-off, and the one that the first is drawn from"),
        Argument::number("retries", "1", "number of back-offs"),
    ],
    answers: &[
        Answer::new("sleep_mean", "s", "mean of each back-off"),
        Answer::new("sleep_mean_last", "s", "mean of the last back-off"),
        Answer::new("sleep_mean_total", "s", "mean of all back-offs together"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let sleeps = decorrelated_sleeps(arguments.number("base")?, arguments.count("retries", 1)?)?;
    let last = sleeps.last().copied().unwrap_or_default();
    let total: f64 = sleeps.iter().sum();
    Ok(vec![sleeps.into(), last.into(), total.into()])
}

/// Mean back-offs of decorrelated jitter without a cap \[s\], one for each of `retries`.
///
/// ```text
/// sleep_k uniform from base to 3 sleep_(k-1),  sleep_0 = base
/// E[sleep_k] = (base + 3 E[sleep_(k-1)]) / 2 = base (2 x 1.5^k - 1)
/// ```
///
/// Source: Brooker, Exponential backoff and jitter, AWS Architecture Blog (2015).
///
/// # Errors
///
/// A base that is not positive and finite, more than 1,000 retries.
///
/// # Examples
///
/// The first is drawn from one to three times the base.
///
/// ```
/// use ninefold::analysis::oracle::decorrelated_sleeps;
/// assert!((decorrelated_sleeps(0.1, 2).unwrap()[0] - 0.2).abs() < 1e-15);
/// ```
pub fn decorrelated_sleeps(base: f64, retries: u32) -> Result<Vec<f64>, OracleError> {
    positive("base", &[base])?;
    repeats("retries", retries)?;
    let mean = |place: u32| base * (2.0 * 1.5_f64.powf(f64::from(place)) - 1.0);
    Ok((1..=retries).map(mean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_the_mean_of_a_uniform_draw_from_the_last() {
        let sleeps = decorrelated_sleeps(0.3, 12).unwrap();
        let mut last = 0.3;
        for sleep in sleeps {
            last = f64::midpoint(0.3, 3.0 * last);
            assert!((sleep / last - 1.0).abs() < 1e-13);
        }
        assert!(decorrelated_sleeps(0.0, 3).is_err());
    }
}
