//! One unit in use and one spare, with takeovers that do not always succeed.

use super::{AVAILABILITY, FIRST_OUTAGE, UNAVAILABILITY};
use crate::analysis::oracle::domain::{not_negative, probability};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "standby-coverage",
    summary: "Availability of a unit with a standby whose takeover succeeds with some probability.",
    formula: "a chain of four states: both good, one left, none left, failed without takeover",
    domain: "Exponential times; one crew; failures of the standby are seen at once; a takeover that succeeds takes \
             no time; one that does not is made by hand, and the failed unit is repaired after it.",
    source: "Trivedi, Probability and Statistics with Reliability (2nd ed.), chapter 8 (imperfect coverage).",
    arguments: &[
        Argument::number("up", "s", "mean time to failure of the unit in use"),
        Argument::number("down", "s", "mean time to repair of either unit"),
        Argument::number("standby_failure_rate", "1/s", "failure rate of the spare; 0 for a cold one")
            .or(0.0),
        Argument::number("coverage", "ratio", "probability that a takeover succeeds").or(1.0),
        Argument::number("switch", "s", "mean time of a takeover by hand").or(0.0),
    ],
    answers: &[
        AVAILABILITY,
        UNAVAILABILITY,
        FIRST_OUTAGE,
        Answer::new("both_failed", "ratio", "share of the time with no unit left"),
        Answer::new("uncovered", "ratio", "share of the time that waits for a takeover by hand"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let answer = standby_coverage(Standby {
        up: arguments.number("up")?,
        down: arguments.number("down")?,
        standby_failure_rate: arguments.number("standby_failure_rate")?,
        coverage: arguments.number("coverage")?,
        switch: arguments.number("switch")?,
    })?;
    let unavailability = answer.both_failed + answer.uncovered;
    let values =
        [1.0 - unavailability, unavailability, answer.first_outage, answer.both_failed, answer.uncovered];
    Ok(values.map(Value::from).to_vec())
}

/// A unit with a spare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standby {
    /// Mean time to failure of the unit in use \[s\].
    pub up: f64,
    /// Mean time to repair of either \[s\].
    pub down: f64,
    /// Failure rate of the spare \[1/s\]: 0 is cold, 1 / `up` hot.
    pub standby_failure_rate: f64,
    /// Probability that a takeover succeeds, and then at once.
    pub coverage: f64,
    /// Mean time of a takeover by hand, where the other did not succeed \[s\].
    pub switch: f64,
}

/// What becomes of a unit with a spare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandbyAnswer {
    /// Share of the time with no unit left.
    pub both_failed: f64,
    /// Share of the time that waits for a takeover by hand.
    pub uncovered: f64,
    /// Mean time to the first outage, both good at first \[s\].
    pub first_outage: f64,
}

/// How long a unit with a standby is down, and when first.
///
/// ```text
/// rates, l = 1/up, s = standby rate, m = 1/down, c = coverage, w = 1/switch:
/// both -> one: c l + s    both -> by hand: (1 - c) l    by hand -> one: w    by hand -> none: s
/// one -> none: l          one -> both: m                none -> one: m
/// ```
///
/// Exact for exponential times and one repair crew.
///
/// Source: Trivedi, Probability and Statistics with Reliability, Queuing and Computer Science Applications (2nd
/// ed.), chapter 8 (imperfect coverage).
///
/// # Errors
///
/// A mean time that is not positive and finite, a negative rate or switch, a coverage that is no probability.
///
/// # Examples
///
/// A cold standby with perfect takeover lasts for 2 up + up^2 / down.
///
/// ```
/// use ninefold::analysis::oracle::{Standby, standby_coverage};
/// let cold = Standby { up: 1000.0, down: 10.0, standby_failure_rate: 0.0, coverage: 1.0, switch: 0.0 };
/// assert!((standby_coverage(cold).unwrap().first_outage - 102_000.0).abs() < 1e-8);
/// ```
pub fn standby_coverage(standby: Standby) -> Result<StandbyAnswer, OracleError> {
    let failure = 1.0 / positive("up", &[standby.up])?[0];
    let repair = 1.0 / positive("down", &[standby.down])?[0];
    let spare = not_negative("standby_failure_rate", standby.standby_failure_rate)?;
    let coverage = probability("coverage", standby.coverage)?;
    let switch = not_negative("switch", standby.switch)?;
    // Weights of the states, that of both good being 1.
    let by_hand = failure * (1.0 - coverage) * switch / (1.0 + spare * switch);
    let one = (failure + spare) / repair;
    let none = (one * failure + by_hand * spare) / repair;
    let whole = 1.0 + one + none + by_hand;
    // Mean times to the outage: both = (1 + (c l + s) one) / (l + s), one = (1 + m both) / (l + m).
    let covered = coverage * failure + spare;
    let first_outage =
        (failure + repair + covered) / (failure * (failure + spare + (1.0 - coverage) * repair));
    Ok(StandbyAnswer { both_failed: none / whole, uncovered: by_hand / whole, first_outage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hot_standby_with_perfect_takeover_is_a_pair_with_one_crew() {
        let standby =
            Standby { up: 40.0, down: 3.0, standby_failure_rate: 1.0 / 40.0, coverage: 1.0, switch: 0.0 };
        let answer = standby_coverage(standby).unwrap();
        let group = crate::analysis::oracle::KOfN { n: 2, k: 1, up: 40.0, down: 3.0 };
        let pair = crate::analysis::oracle::k_of_n_crew(group, 1).unwrap();
        assert!((answer.both_failed / pair.group.unavailability - 1.0).abs() < 1e-12);
        assert!((answer.first_outage / pair.first_outage - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_any_takeover_a_failure_is_an_outage() {
        let standby = Standby { up: 40.0, down: 3.0, standby_failure_rate: 0.0, coverage: 0.0, switch: 5.0 };
        let answer = standby_coverage(standby).unwrap();
        assert!((answer.first_outage - 40.0).abs() < 1e-12);
        // Weights: both 1, by hand 5/40, one 3/40, none (3/40)^2.
        let whole = 1.0 + 0.125 + 0.075 + 0.075 * 0.075;
        assert!((answer.uncovered - 0.125 / whole).abs() < 1e-14);
        assert!(standby_coverage(Standby { coverage: 1.2, ..standby }).is_err());
        assert!(standby_coverage(Standby { up: 0.0, ..standby }).is_err());
    }
}
