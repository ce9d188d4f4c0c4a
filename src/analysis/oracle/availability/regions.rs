//! Equal regions, each of which can carry the load, behind one element that all share.

use super::series_parallel::{ANSWERS, GROUPS, Group, answers, groups, series_unavailability};
use crate::analysis::oracle::domain::probability;
use crate::analysis::oracle::{Argument, Arguments, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "regions",
    summary: "Availability of equal regions, some of which are needed, behind one element that all share.",
    formula: "front (sum over j from needed to regions of C(regions, j) r^j (1 - r)^(regions - j)), r as \
              series-parallel",
    domain: "Independent units, any laws; traffic moves to the other regions at once.",
    source: "Trivedi, Probability and Statistics with Reliability (2nd ed.), section 1.10.",
    arguments: &[
        GROUPS[0],
        GROUPS[1],
        GROUPS[2],
        Argument::number("regions", "1", "number of regions, each of which has all the groups"),
        Argument::number("needed", "1", "number of regions that must be up").or(1.0),
        Argument::number("front", "ratio", "availability of what all regions share").or(1.0),
    ],
    answers: ANSWERS,
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let region = series_unavailability(&groups(arguments)?)?;
    let (number, needed) = (arguments.count("regions", 1)?, arguments.count("needed", 1)?);
    Ok(answers(regions_unavailability(region, number, needed, arguments.number("front")?)?))
}

/// Share of the time that fewer than `needed` of `number` equal regions are up, or what they share is down.
///
/// ```text
/// 1 - front P(at least `needed` of `number` regions up)
/// ```
///
/// `region` is the share of the time that one region is down, `front` the availability of what all share. Exact for
/// independent regions between which traffic moves at once.
///
/// Source: Trivedi, Probability and Statistics with Reliability, Queuing and Computer Science Applications (2nd
/// ed.), section 1.10.
///
/// # Errors
///
/// More regions needed than there are; a share that is no probability.
///
/// # Examples
///
/// Two regions that are down for 1 % of the time, behind names that resolve for 99.99 % of it.
///
/// ```
/// use ninefold::analysis::oracle::regions_unavailability;
/// let pair = regions_unavailability(0.01, 2, 1, 0.9999).unwrap();
/// assert!((pair - (1.0 - 0.9999 * 0.9999)).abs() < 1e-14);
/// ```
pub fn regions_unavailability(region: f64, number: u32, needed: u32, front: f64) -> Result<f64, OracleError> {
    let up = 1.0 - probability("region", region)?;
    probability("front", front)?;
    series_unavailability(&[Group { n: 1, k: 1, a: front }, Group { n: number, k: needed, a: up }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_regions_beside_each_other_or_both_needed() {
        let either = regions_unavailability(0.1, 2, 1, 1.0).unwrap();
        assert!((either - 0.01).abs() < 1e-15);
        let both = regions_unavailability(0.1, 2, 2, 0.5).unwrap();
        assert!((both - (1.0 - 0.5 * 0.81)).abs() < 1e-15);
        assert!(regions_unavailability(0.1, 2, 3, 1.0).is_err());
        assert!(regions_unavailability(0.1, 2, 1, 1.1).is_err());
    }
}
