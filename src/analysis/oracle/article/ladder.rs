//! Steps that are tried one after another until one succeeds.

use super::{ANSWERS, UP, answers};
use crate::analysis::oracle::{Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "escalation-ladder",
    summary: "Mean time of steps that are tried one after another until one succeeds.",
    formula: "(sum t_i (1-q_1)...(1-q_i-1) + F again_after) / (1 - F), F = (1-q_1)...(1-q_n)",
    domain: "Steps that fail independently of each other and of their times; when all have failed, the first is \
             tried again.",
    source: "Wald's equation: Ross, Introduction to Probability Models, section 7.3.",
    arguments: &[
        Argument::number("t", "s", "mean time of each step, spent also when it fails").of(Kind::Numbers),
        Argument::number("success", "ratio", "probability that each step succeeds").of(Kind::Numbers),
        Argument::number("again_after", "s", "mean time from the failure of the last step to the first")
            .or(0.0),
        UP,
    ],
    answers: ANSWERS,
    solve: |arguments| {
        let ladder = Ladder {
            times: &arguments.numbers("t")?,
            success: &arguments.numbers("success")?,
            again_after: arguments.number("again_after")?,
        };
        answers(arguments, escalation_ladder(&ladder)?)
    },
};

/// Steps that are tried one after another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ladder<'a> {
    /// Mean time of each step \[s\], positive, spent also when it fails.
    pub times: &'a [f64],
    /// Probability that each succeeds, one entry per step.
    pub success: &'a [f64],
    /// Mean time from the failure of the last step to the start of the first \[s\].
    pub again_after: f64,
}

/// Mean time of steps that are tried one after another until one succeeds.
///
/// ```text
/// T = (sum t_i (1-q_1)...(1-q_i-1) + F again_after) / (1 - F),  F = (1-q_1)...(1-q_n)
/// ```
///
/// A round of the ladder fails with probability F; rounds are alike, so that 1 / (1 - F) of them are needed on average.
///
/// Source: Ross, Introduction to Probability Models, section 7.3 (Wald's equation).
///
/// # Errors
///
/// A time that is not positive and finite, a probability outside 0 to 1, lists of different lengths, or a ladder that
/// cannot succeed.
///
/// # Examples
///
/// Ross, example 3.12: a miner whose doors take 2 h (to safety), 3 h and 5 h and who picks one of the three at random
/// each time needs 10 h. Tries of 10/3 h on average that succeed one time in three need the same.
///
/// ```
/// use ninefold::analysis::oracle::{Ladder, escalation_ladder};
/// let miner = Ladder { times: &[10.0 / 3.0], success: &[1.0 / 3.0], again_after: 0.0 };
/// assert!((escalation_ladder(&miner).unwrap() - 10.0).abs() < 1e-12);
/// ```
pub fn escalation_ladder(ladder: &Ladder<'_>) -> Result<f64, OracleError> {
    let Ladder { times, success, again_after } = *ladder;
    if times.is_empty() || success.len() != times.len() {
        let expected = "as many as there are steps, at least one";
        return Err(OracleError::Count { argument: "success", found: success.len(), expected });
    }
    positive("t", times)?;
    if let Some(value) = success.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        let expected = "a share from 0 to 1";
        return Err(OracleError::Domain { argument: "success", value: *value, expected });
    }
    if !(again_after.is_finite() && again_after >= 0.0) {
        let expected = "finite and at least 0";
        return Err(OracleError::Domain { argument: "again_after", value: again_after, expected });
    }
    let mut round = 0.0;
    let mut failed = 1.0;
    for (time, success) in times.iter().zip(success) {
        round += time * failed;
        failed *= 1.0 - success;
    }
    if failed >= 1.0 {
        return Err(OracleError::Outside { reason: "no step ever succeeds".to_owned() });
    }
    Ok((round + failed * again_after) / (1.0 - failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_that_starts_again_is_the_sum_over_its_rounds() {
        let ladder = Ladder { times: &[5.0, 30.0], success: &[0.6, 0.5], again_after: 7.0 };
        let (mut slowly, mut chance) = (0.0, 1.0);
        for _ in 0..200 {
            slowly += chance * (5.0 + 0.4 * 30.0 + 0.2 * 7.0);
            chance *= 0.2;
        }
        assert!((escalation_ladder(&ladder).unwrap() - slowly).abs() < 1e-9);
    }

    #[test]
    fn a_last_step_that_never_fails_ends_it() {
        let ladder = Ladder { times: &[5.0, 30.0, 120.0], success: &[0.8, 0.9, 1.0], again_after: 0.0 };
        assert!((escalation_ladder(&ladder).unwrap() - 13.4).abs() < 1e-12);
        assert!(escalation_ladder(&Ladder { success: &[0.8], ..ladder }).is_err());
        assert!(escalation_ladder(&Ladder { success: &[0.0; 3], ..ladder }).is_err());
        assert!(escalation_ladder(&Ladder { success: &[0.0, 0.5, 2.0], ..ladder }).is_err());
        assert!(escalation_ladder(&Ladder { times: &[], success: &[], again_after: 0.0 }).is_err());
    }
}
