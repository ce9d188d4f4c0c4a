//! Recovery operations that race: the first one to end is the end of all.

use super::{ANSWERS, LAWS, UP, answers};
use crate::analysis::law::Law;
use crate::analysis::numeric::{integrate, integrate_tail};
use crate::analysis::oracle::{Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "race",
    summary: "Mean time until the first of several independent operations ends, whatever their laws.",
    formula: "integral of P(t_1 > t) ... P(t_n > t) over t",
    domain: "Independent operations that start together, the first of which ends the outage.",
    source: "Ross, Introduction to Probability Models, section 2.5 (minimum of independent variables).",
    arguments: &[LAWS, UP],
    answers: ANSWERS,
    solve: |arguments| answers(arguments, race(&arguments.laws("time")?)?),
};

/// Mean time until the first of several independent operations ends.
///
/// ```text
/// E[min t_i] = integral from 0 of P(t_1 > t) ... P(t_n > t) dt
/// ```
///
/// `laws` are those of the operations \[s\], one entry per operation. For exponential times this is
/// 1 / (`1/t_1` + ... + `1/t_n`), for constant ones the least of them, for Weibull times of one shape k
/// (sum t_i^-k)^(-1/k) in their means.
///
/// Source: Ross, Introduction to Probability Models, section 2.5.
///
/// # Errors
///
/// No operation at all, or tails so heavy that there is no mean.
///
/// # Examples
///
/// Two operations that take any time up to 1 s: the first ends after 1/3 s (Ross, section 2.5, order statistics).
///
/// ```
/// use ninefold::analysis::{law::Law, oracle::race};
/// let uniform = Law::Uniform { low: 0.0, high: 1.0 };
/// assert!((race(&[uniform.clone(), uniform]).unwrap() - 1.0 / 3.0).abs() < 1e-12);
/// ```
pub fn race(laws: &[Law]) -> Result<f64, OracleError> {
    if laws.is_empty() {
        return Err(OracleError::Count { argument: "time", found: 0, expected: "at least one" });
    }
    // The product of power-law tails is one whose exponent is the sum of theirs.
    let exponent = laws.iter().map(|law| match law {
        Law::Pareto { shape, .. } => *shape,
        _ => f64::INFINITY,
    });
    if exponent.sum::<f64>() <= 1.0 {
        return Err(OracleError::Outside { reason: "the first to end takes for ever on average".to_owned() });
    }
    Ok(mean_of(laws, |time| laws.iter().map(|law| law.survival(time)).product()))
}

/// The integral over all times of a survival function made of those of `laws`, piece by piece between their corners.
pub(super) fn mean_of(laws: &[Law], survival: impl Fn(f64) -> f64) -> f64 {
    let mut corners: Vec<f64> = laws.iter().flat_map(corners).collect();
    corners.push(0.0);
    corners.sort_by(f64::total_cmp);
    corners.dedup();
    let pieces: f64 = corners.windows(2).map(|pair| integrate(pair[0], pair[1], &survival)).sum();
    let last = corners[corners.len() - 1];
    if survival(last) <= 0.0 {
        return pieces;
    }
    let scale = laws.iter().map(Law::mean).filter(|mean| mean.is_finite()).fold(last, f64::max);
    pieces + integrate_tail(last, scale.max(f64::MIN_POSITIVE), &survival)
}

/// Where the distribution function of a law has a jump or a corner.
fn corners(law: &Law) -> Vec<f64> {
    match law {
        Law::Constant { value } => vec![*value],
        Law::Uniform { low, high } => vec![*low, *high],
        Law::Pareto { minimum, .. } => vec![*minimum],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(laws: &[Law], expected: f64) {
        let found = race(laws).unwrap();
        assert!((found / expected - 1.0).abs() < 1e-9, "{laws:?}: {found}, not {expected}");
    }

    #[test]
    fn closed_forms_come_out() {
        let exponential = |mean| Law::Exponential { mean };
        near(&[exponential(30.0), exponential(60.0)], 20.0);
        near(&[Law::Constant { value: 60.0 }, Law::Constant { value: 30.0 }], 30.0);
        let weibull = |mean| Law::weibull(mean, 2.0);
        near(&[weibull(30.0), weibull(60.0)], (30f64.powi(-2) + 60f64.powi(-2)).powf(-0.5));
        // A constant against an exponential: m (1 - exp(-c / m)).
        near(&[Law::Constant { value: 3.0 }, exponential(2.0)], 2.0 * -(-1.5f64).exp_m1());
        // Pareto tails of exponents 1.2 and 1.8 above 1 make one of 3, with a mean of 3/2.
        let pareto = |shape| Law::Pareto { minimum: 1.0, shape };
        near(&[pareto(1.2), pareto(1.8)], 1.5);
        assert!(race(&[pareto(0.5), pareto(0.5)]).is_err());
        assert!(race(&[]).is_err());
    }

    #[test]
    fn mixtures_are_races_of_their_branches() {
        let one = Law::balanced(30.0, 3.0);
        let Law::Hyperexponential { branches } = &one else { unreachable!() };
        let slowly: f64 = branches
            .iter()
            .flat_map(|left| branches.iter().map(move |right| (left, right)))
            .map(|((p, a), (q, b))| p * q / (1.0 / a + 1.0 / b))
            .sum();
        near(&[one.clone(), one], slowly);
    }

    #[test]
    fn a_race_of_one_is_its_mean() {
        for law in [Law::lognormal(7.0, 2.0), Law::Gamma { shape: 3.0, mean: 0.02 }, Law::weibull(5.0, 0.6)] {
            near(std::slice::from_ref(&law), law.mean());
        }
    }
}
