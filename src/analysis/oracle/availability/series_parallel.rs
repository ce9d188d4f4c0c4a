//! Groups of redundant units, all of which are needed.

use super::k_of_n::binomial;
use super::{AVAILABILITY, DOWNTIME, NINES, UNAVAILABILITY, YEAR};
use crate::analysis::oracle::domain::{probability, some_of};
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "series-parallel",
    summary: "Availability of groups of equal units in a row, each of which needs some of its units.",
    formula: "product over the groups of the sum over j from k to n of C(n, j) a^j (1 - a)^(n - j)",
    domain: "Independent units, any laws.",
    source: "Trivedi, Probability and Statistics with Reliability (2nd ed.), section 1.10.",
    arguments: &GROUPS,
    answers: ANSWERS,
    solve: |arguments| Ok(answers(series_unavailability(&groups(arguments)?)?)),
};

pub(super) const GROUPS: [Argument; 3] = [
    Argument::number("n", "1", "number of units of each group").of(Kind::Numbers),
    Argument::number("k", "1", "number of units that each group needs").of(Kind::Numbers),
    Argument::number("a", "ratio", "availability of a unit of each group").of(Kind::Numbers),
];

pub(super) const ANSWERS: &[Answer] = &[AVAILABILITY, UNAVAILABILITY, NINES, DOWNTIME];

pub(super) fn answers(unavailability: f64) -> Vec<Value> {
    let values = [1.0 - unavailability, unavailability, -unavailability.log10(), unavailability * YEAR];
    values.map(Value::from).to_vec()
}

/// A group of equal units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// How many there are.
    pub n: u32,
    /// How many must be up, from 1 to `n`.
    pub k: u32,
    /// Availability of each.
    pub a: f64,
}

pub(super) fn groups(arguments: &Arguments<'_>) -> Result<Vec<Group>, OracleError> {
    let (numbers, shares) = (arguments.numbers("n")?, arguments.numbers("a")?);
    let needed = arguments.numbers("k")?;
    for (argument, found) in [("k", needed.len()), ("a", shares.len())] {
        if found != numbers.len() {
            return Err(OracleError::Count { argument, found, expected: "as many as \"n\" has" });
        }
    }
    let whole = |argument, value: f64| {
        let is_whole = value.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&value);
        let expected = "a whole number above 0";
        if is_whole { Ok(value as u32) } else { Err(OracleError::Domain { argument, value, expected }) }
    };
    (0..numbers.len())
        .map(|place| {
            Ok(Group { n: whole("n", numbers[place])?, k: whole("k", needed[place])?, a: shares[place] })
        })
        .collect()
}

/// Share of the time that not every group has as many units up as it needs.
///
/// ```text
/// 1 - product over the groups of (1 - u),  u = sum over j above n - k of C(n, j) (1 - a)^j a^(n - j)
/// ```
///
/// Exact for independent units, whatever their laws.
///
/// Source: Trivedi, Probability and Statistics with Reliability, Queuing and Computer Science Applications (2nd
/// ed.), section 1.10.
///
/// # Errors
///
/// No group; more units needed than there are; an availability that is no probability.
///
/// # Examples
///
/// A single unit of 0.99 and a pair of 0.9, one of which is enough: 0.99 x 0.99.
///
/// ```
/// use ninefold::analysis::oracle::{Group, series_unavailability};
/// let row = [Group { n: 1, k: 1, a: 0.99 }, Group { n: 2, k: 1, a: 0.9 }];
/// assert!((series_unavailability(&row).unwrap() - 0.0199).abs() < 1e-14);
/// ```
pub fn series_unavailability(groups: &[Group]) -> Result<f64, OracleError> {
    if groups.is_empty() {
        return Err(OracleError::Count { argument: "n", found: 0, expected: "at least one" });
    }
    let mut unavailability = 0.0;
    for group in groups {
        let one = group_unavailability(*group)?;
        unavailability += (1.0 - unavailability) * one;
    }
    Ok(unavailability)
}

fn group_unavailability(group: Group) -> Result<f64, OracleError> {
    let Group { n, k, a } = group;
    some_of(k, n)?;
    let failed = 1.0 - probability("a", a)?;
    // The binomial takes logarithms, which certain units have none of.
    if failed <= 0.0 || failed >= 1.0 {
        return Ok(failed);
    }
    Ok((n - k + 1..=n).map(|count| binomial(n, count, failed)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_up_while_all_of_it_are() {
        let row = [Group { n: 2, k: 2, a: 0.9 }, Group { n: 3, k: 1, a: 0.5 }, Group { n: 1, k: 1, a: 0.8 }];
        let expected = 1.0 - 0.81 * 0.875 * 0.8;
        assert!((series_unavailability(&row).unwrap() - expected).abs() < 1e-14);
    }

    #[test]
    fn certain_units_and_impossible_groups() {
        assert_eq!(series_unavailability(&[Group { n: 2, k: 1, a: 1.0 }]), Ok(0.0));
        assert_eq!(series_unavailability(&[Group { n: 2, k: 1, a: 0.0 }]), Ok(1.0));
        assert!(series_unavailability(&[Group { n: 2, k: 3, a: 0.5 }]).is_err());
        assert!(series_unavailability(&[Group { n: 2, k: 1, a: 1.5 }]).is_err());
        assert!(series_unavailability(&[]).is_err());
    }
}
