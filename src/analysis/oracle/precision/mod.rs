//! How precise an estimate from correlated or paired observations is.

mod ar1_mean;
mod common_numbers;
mod coverage_limits;
mod mm1_difference;
mod mm1_mean_variance;
mod t_interval;

pub use ar1_mean::Ar1;
pub use common_numbers::{PairedExponentials, paired_exponentials};
pub use coverage_limits::coverage_limits;
pub use mm1_difference::sojourn_difference;
pub use mm1_mean_variance::number_variance_asymptotic;
pub use t_interval::{t_coverage, t_quantile};

use super::{Argument, Oracle, OracleError};

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    ar1_mean::ORACLE,
    common_numbers::ORACLE,
    coverage_limits::ORACLE,
    mm1_difference::ORACLE,
    mm1_mean_variance::ORACLE,
    t_interval::ORACLE,
];

const CONFIDENCE: Argument =
    Argument::number("confidence", "ratio", "probability that an interval holds the truth").or(0.95);

/// The value, if it lies strictly between 0 and 1.
fn inner(argument: &'static str, value: f64) -> Result<f64, OracleError> {
    if value > 0.0 && value < 1.0 {
        return Ok(value);
    }
    Err(OracleError::Domain { argument, value, expected: "strictly between 0 and 1" })
}
