//! Recovery operations that must all end.

use super::race::mean_of;
use super::{ANSWERS, LAWS, UP, answers};
use crate::analysis::law::Law;
use crate::analysis::oracle::{Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "all-required",
    summary: "Mean time until the last of several independent operations ends, whatever their laws.",
    formula: "integral of 1 - P(t_1 <= t) ... P(t_n <= t) over t",
    domain: "Independent operations that start together, all of which must end.",
    source: "Ross, Introduction to Probability Models, section 2.5 (maximum of independent variables).",
    arguments: &[LAWS, UP],
    answers: ANSWERS,
    solve: |arguments| answers(arguments, all_required(&arguments.laws("time")?)?),
};

/// Mean time until the last of several independent operations ends.
///
/// ```text
/// E[max t_i] = integral from 0 of 1 - P(t_1 <= t) ... P(t_n <= t) dt
/// ```
///
/// `laws` are those of the operations \[s\], one entry per operation.
///
/// Source: Ross, Introduction to Probability Models, section 2.5.
///
/// # Errors
///
/// No operation at all, or one without a mean.
///
/// # Examples
///
/// Three exponential times of mean 1: 1 + 1/2 + 1/3 (Ross, section 5.2.3).
///
/// ```
/// use ninefold::analysis::{law::Law, oracle::all_required};
/// let one = Law::Exponential { mean: 1.0 };
/// assert!((all_required(&[one.clone(), one.clone(), one]).unwrap() - 11.0 / 6.0).abs() < 1e-10);
/// ```
pub fn all_required(laws: &[Law]) -> Result<f64, OracleError> {
    if laws.is_empty() {
        return Err(OracleError::Count { argument: "time", found: 0, expected: "at least one" });
    }
    if laws.iter().any(|law| law.mean().is_infinite()) {
        return Err(OracleError::Outside { reason: "the last to end takes for ever on average".to_owned() });
    }
    // Far out, 1 - F would be nothing but rounding; the sum of logarithms keeps its digits.
    let survival = |time| -laws.iter().map(|law| (-law.survival(time)).ln_1p()).sum::<f64>().exp_m1();
    Ok(mean_of(laws, survival))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::race;

    #[test]
    fn first_and_last_of_two_add_up_to_both() {
        let laws = [
            [Law::Exponential { mean: 30.0 }, Law::Exponential { mean: 60.0 }],
            [Law::lognormal(30.0, 1.3), Law::weibull(60.0, 2.0)],
            [Law::Uniform { low: 0.0, high: 60.0 }, Law::Constant { value: 40.0 }],
            [Law::balanced(5.0, 3.0), Law::Gamma { shape: 3.0, mean: 9.0 }],
        ];
        for pair in laws {
            let both = race(&pair).unwrap() + all_required(&pair).unwrap();
            let sum: f64 = pair.iter().map(Law::mean).sum();
            assert!((both / sum - 1.0).abs() < 1e-9, "{pair:?}: {both}");
        }
    }

    #[test]
    fn without_a_mean_there_is_no_answer() {
        assert!(all_required(&[Law::Pareto { minimum: 1.0, shape: 1.0 }]).is_err());
        assert!(all_required(&[]).is_err());
    }
}
