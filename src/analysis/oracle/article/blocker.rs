//! A race that waits for a common cause first.

use super::{ANSWERS, LAWS, UP, answers, race};
use crate::analysis::law::Law;
use crate::analysis::oracle::{Argument, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "shared-blocker",
    summary: "Mean time of a race in which all operations sometimes wait for the same thing first.",
    formula: "probability delay + E[min t_i]",
    domain: "Independent operations behind a common cause that delays all of them, whatever the laws.",
    source: "Linearity of the mean: Ross, Introduction to Probability Models, section 2.4.",
    arguments: &[
        LAWS,
        Argument::number("probability", "ratio", "how often the common cause is there"),
        Argument::number("delay", "s", "mean time for which it delays all operations"),
        UP,
    ],
    answers: ANSWERS,
    solve: |arguments| {
        let (probability, delay) = (arguments.number("probability")?, arguments.number("delay")?);
        answers(arguments, shared_blocker(&arguments.laws("time")?, probability, delay)?)
    },
};

/// Mean time of a race in which all operations sometimes wait for the same thing first.
///
/// ```text
/// T = probability delay + E[min t_i]
/// ```
///
/// `laws` are those of the operations \[s\], `probability` says how often they are delayed (0 to 1), `delay` for how
/// long on average \[s\], at least 0. Another operation in the race helps nothing against the delay.
///
/// Source: Ross, Introduction to Probability Models, section 2.4 (means add up).
///
/// # Errors
///
/// A probability outside 0 to 1, a negative delay, and what [`race`] refuses.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::{law::Law, oracle::shared_blocker};
/// let laws = [30.0, 60.0].map(|mean| Law::Exponential { mean });
/// assert!((shared_blocker(&laws, 0.5, 40.0).unwrap() - 40.0).abs() < 1e-9);
/// ```
pub fn shared_blocker(laws: &[Law], probability: f64, delay: f64) -> Result<f64, OracleError> {
    let wrong = |argument, value, expected| Err(OracleError::Domain { argument, value, expected });
    if !(0.0..=1.0).contains(&probability) {
        return wrong("probability", probability, "a share from 0 to 1");
    }
    if !(delay.is_finite() && delay >= 0.0) {
        return wrong("delay", delay, "finite and at least 0");
    }
    Ok(probability * delay + race(laws)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_operations_never_beat_the_blocker() {
        let crowd = vec![Law::Exponential { mean: 30.0 }; 1000];
        assert!((shared_blocker(&crowd, 0.5, 40.0).unwrap() - 20.03).abs() < 1e-6);
        assert!(shared_blocker(&crowd, 1.5, 40.0).is_err());
        assert!(shared_blocker(&crowd, 0.5, -1.0).is_err());
        assert!(shared_blocker(&[], 0.5, 1.0).is_err());
    }
}
