//! Steps that succeed with a probability each.

use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "success-chain",
    summary: "How often all, or any, of several independent steps succeed.",
    formula: "all: q_1 ... q_n; any: 1 - (1 - q_1)...(1 - q_n)",
    domain: "Independent steps.",
    source: "Barlow and Proschan, Statistical Theory of Reliability and Life Testing (1975), section 2.1.",
    arguments: &[Argument::number("q", "ratio", "probability that each step succeeds").of(Kind::Numbers)],
    answers: &[
        Answer::new("all_ratio", "ratio", "how often all of them succeed"),
        Answer::new("any_ratio", "ratio", "how often at least one of them succeeds"),
    ],
    solve: |arguments| {
        let chain = success_chain(&arguments.numbers("q")?)?;
        Ok(vec![chain.all_ratio.into(), chain.any_ratio.into()])
    },
};

/// How often steps succeed together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chain {
    /// How often all of them do.
    pub all_ratio: f64,
    /// How often at least one does.
    pub any_ratio: f64,
}

/// How often all, or any, of several independent steps succeed.
///
/// ```text
/// all = q_1 ... q_n,  any = 1 - (1 - q_1)...(1 - q_n)
/// ```
///
/// `success` are the `q_i`, from 0 to 1: success probabilities, availabilities in series, coverages of monitors.
///
/// Source: Barlow and Proschan (1975), section 2.1.
///
/// # Errors
///
/// A probability outside 0 to 1, or none at all.
///
/// # Examples
///
/// Ten parts in series of 99 % each: 90.4 %.
///
/// ```
/// let chain = ninefold::analysis::oracle::success_chain(&[0.99; 10]).unwrap();
/// assert!((chain.all_ratio - 0.9044).abs() < 1e-4);
/// ```
pub fn success_chain(success: &[f64]) -> Result<Chain, OracleError> {
    if success.is_empty() {
        return Err(OracleError::Count { argument: "q", found: 0, expected: "at least one" });
    }
    if let Some(value) = success.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return Err(OracleError::Domain { argument: "q", value: *value, expected: "a share from 0 to 1" });
    }
    let none: f64 = success.iter().map(|one| 1.0 - one).product();
    Ok(Chain { all_ratio: success.iter().product(), any_ratio: 1.0 - none })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_sums_over_outcomes() {
        let success = [0.9, 0.5, 0.8];
        let (mut all, mut any) = (0.0, 0.0);
        for outcome in 0..8_u32 {
            let works = |place: usize| outcome >> place & 1 == 1;
            let chance: f64 =
                success.iter().enumerate().map(|(n, q)| if works(n) { *q } else { 1.0 - q }).product();
            all += if outcome == 7 { chance } else { 0.0 };
            any += if outcome > 0 { chance } else { 0.0 };
        }
        let chain = success_chain(&success).unwrap();
        assert!((chain.all_ratio - all).abs() < 1e-12 && (chain.any_ratio - any).abs() < 1e-12);
        assert!(success_chain(&[1.1]).is_err() && success_chain(&[]).is_err());
    }
}
