//! One unit that fails and is repaired in turn.

use super::{
    AVAILABILITY, DOWN, DOWNTIME, INCIDENT_RATE, MTTF, MTTR, NINES, UNAVAILABILITY, UP, UpDown, YEAR,
};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "unit-availability",
    summary: "Share of the time that a unit is up which fails and is repaired in turn.",
    formula: "up / (up + down)",
    domain: "Any laws of finite mean, whose times are independent from one failure to the next; over a long time.",
    source: "Alternating renewal process: Ross, Introduction to Probability Models, section 7.5.1.",
    arguments: &[UP, DOWN, Argument::number("year", "s", "length of a year").or(YEAR)],
    answers: &[
        AVAILABILITY,
        UNAVAILABILITY,
        NINES,
        DOWNTIME,
        INCIDENT_RATE,
        MTTF,
        MTTR,
        Answer::new("incidents_per_year", "1", "mean number of outages in a year"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let unit = unit_availability(arguments.number("up")?, arguments.number("down")?)?;
    let year = arguments.positive("year")?;
    let mut answers = unit.answers();
    answers[3] = (unit.unavailability * year).into();
    answers.push((unit.incident_rate * year).into());
    Ok(answers)
}

/// Share of the time that a unit is down which fails and is repaired in turn, and how often it fails.
///
/// ```text
/// A = up / (up + down),  failures per time = 1 / (up + down)
/// ```
///
/// `up` and `down` are the mean times to failure and to repair, both positive, in the same unit. Exact over a long
/// time for any laws of finite mean.
///
/// Source: Ross, Introduction to Probability Models, section 7.5.1 (alternating renewal process).
///
/// # Errors
///
/// A time that is not positive and finite.
///
/// # Examples
///
/// Five nines are about 5.26 minutes a year.
///
/// ```
/// use ninefold::analysis::oracle::unit_availability;
/// let unit = unit_availability(99_999.0, 1.0).unwrap();
/// assert!((unit.availability() - 0.99999).abs() < 1e-15);
/// assert!((unit.unavailability * 365.25 * 24.0 * 60.0 - 5.26).abs() < 0.005);
/// ```
pub fn unit_availability(up: f64, down: f64) -> Result<UpDown, OracleError> {
    positive("up", &[up])?;
    positive("down", &[down])?;
    Ok(UpDown { unavailability: down / (up + down), incident_rate: 1.0 / (up + down) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::{Given, find};
    use std::collections::BTreeMap;

    #[test]
    fn times_of_an_outage_are_those_of_the_unit() {
        let unit = unit_availability(700.0, 20.0).unwrap();
        assert!((unit.mttf() / 700.0 - 1.0).abs() < 1e-14 && (unit.mttr() / 20.0 - 1.0).abs() < 1e-14);
        assert!(unit_availability(0.0, 1.0).is_err() && unit_availability(1.0, f64::NAN).is_err());
    }

    #[test]
    fn a_year_is_as_long_as_it_is_said_to_be() {
        let mut given = BTreeMap::from(
            [("up", 90.0), ("down", 10.0)]
                .map(|(name, value)| (name.to_owned(), Given::Numbers(vec![value]))),
        );
        let downtime =
            |given: &_| find("unit-availability").unwrap().answer(Some("downtime_per_year"), given).unwrap();
        assert!((downtime(&given) - 3_155_760.0).abs() < 1e-6);
        given.insert("year".to_owned(), Given::Numbers(vec![8760.0]));
        assert!((downtime(&given) - 876.0).abs() < 1e-10);
    }
}
