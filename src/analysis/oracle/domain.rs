//! Checks of arguments that several formulas share.

use super::OracleError;

/// The value, if it is a probability.
pub(in crate::analysis::oracle) fn probability(
    argument: &'static str,
    value: f64,
) -> Result<f64, OracleError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(OracleError::Domain { argument, value, expected: "from 0 to 1" })
}

/// The value, if it is finite and at least 0.
pub(in crate::analysis::oracle) fn not_negative(
    argument: &'static str,
    value: f64,
) -> Result<f64, OracleError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(OracleError::Domain { argument, value, expected: "finite and at least 0" })
}

/// Most units of a group, or intervals of a row: more would take too long to count.
const UNITS_MAX: u32 = 1_000_000;

/// Most of anything that formulas count one by one.
const COUNTED_MAX: u32 = 10_000_000;

/// The value, if so many can be counted one by one in a moment.
pub(in crate::analysis::oracle) fn counted(argument: &'static str, value: u32) -> Result<u32, OracleError> {
    if value <= COUNTED_MAX {
        return Ok(value);
    }
    Err(OracleError::Domain { argument, value: f64::from(value), expected: "at most 10000000" })
}

/// The value, if it is at most 1,000: of what is done again and again, more would take too long to follow.
pub(in crate::analysis::oracle) fn repeats(argument: &'static str, value: u32) -> Result<u32, OracleError> {
    if value <= 1000 {
        return Ok(value);
    }
    Err(OracleError::Domain { argument, value: f64::from(value), expected: "at most 1000" })
}

/// The value, if so many units can be counted.
pub(in crate::analysis::oracle) fn units(argument: &'static str, value: u32) -> Result<u32, OracleError> {
    if value <= UNITS_MAX {
        return Ok(value);
    }
    Err(OracleError::Domain { argument, value: f64::from(value), expected: "at most 1000000" })
}

/// Nothing, if `needed` of `number` units is at least one and possible, and they can be counted.
pub(in crate::analysis::oracle) fn some_of(needed: u32, number: u32) -> Result<(), OracleError> {
    if (1..=number).contains(&needed) {
        return units("n", number).map(drop);
    }
    Err(OracleError::Outside { reason: format!("{needed} of {number} units cannot be needed") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_counted_in_a_moment_is_refused() {
        assert_eq!(some_of(2, 3), Ok(()));
        assert!(some_of(1, 1_000_001).is_err() && some_of(4, 3).is_err());
        assert_eq!(repeats("retries", 1000), Ok(1000));
        let wrong = OracleError::Domain { argument: "retries", value: 1001.0, expected: "at most 1000" };
        assert_eq!(repeats("retries", 1001), Err(wrong));
        assert!(units("n", 1_000_000).is_ok() && units("n", 1_000_001).is_err());
    }

    #[test]
    fn shares_and_times_have_their_ranges() {
        assert!(probability("a", 1.0).is_ok() && probability("a", -0.1).is_err());
        assert!(probability("a", f64::NAN).is_err() && not_negative("t", f64::INFINITY).is_err());
        assert_eq!(not_negative("t", 0.0), Ok(0.0));
    }
}
