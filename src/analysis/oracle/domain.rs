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

/// Nothing, if `needed` of `number` units is at least one and possible.
pub(in crate::analysis::oracle) fn some_of(needed: u32, number: u32) -> Result<(), OracleError> {
    if (1..=number).contains(&needed) {
        return Ok(());
    }
    Err(OracleError::Outside { reason: format!("{needed} of {number} units cannot be needed") })
}
