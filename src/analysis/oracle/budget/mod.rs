//! How soon error budgets are used up, and how soon alarms on them say so.

mod burn_rate;
mod burn_rate_sparse;
mod canary_exposure;

pub use burn_rate::{BudgetBurn, BurnPair, BurnRateAnswer};
pub use burn_rate_sparse::{SparseTraffic, SparseTrafficAnswer};
pub use canary_exposure::{CanaryExposure, CanaryExposureAnswer};

use super::domain::probability;
use super::{Argument, Oracle, OracleError};

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[burn_rate::ORACLE, burn_rate_sparse::ORACLE, canary_exposure::ORACLE];

const TARGET: Argument = Argument::number("target", "ratio", "share of requests that are to succeed");
const PERIOD: Argument =
    Argument::number("period", "s", "time for which there is one error budget").or(2_592_000.0);

/// Share of the requests that may fail.
fn budget(target: f64) -> Result<f64, OracleError> {
    let may_fail = 1.0 - probability("target", target)?;
    if may_fail > 0.0 {
        return Ok(may_fail);
    }
    Err(OracleError::Domain { argument: "target", value: target, expected: "below 1" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_of_everything_has_no_budget() {
        assert_eq!(budget(0.75), Ok(0.25));
        assert!(budget(1.0).is_err() && budget(1.1).is_err() && budget(f64::NAN).is_err());
    }
}
