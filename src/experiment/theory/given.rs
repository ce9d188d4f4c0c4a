//! The arguments that a claim gives its formula.

use std::collections::BTreeMap;

use super::law::law;
use crate::analysis::law::Law;
use crate::analysis::oracle::{Given, OracleError};
use crate::kernel::distribution::{Distribution, DistributionSettings};
use crate::scenario;

/// The arguments of a claim as its formula takes them.
pub(in crate::experiment) fn given(
    arguments: &BTreeMap<String, scenario::Given>,
) -> Result<BTreeMap<String, Given>, OracleError> {
    let one = |(name, given): (&String, &scenario::Given)| {
        let given = match given {
            scenario::Given::Numbers(values) => Given::Numbers(values.clone()),
            scenario::Given::Laws(laws) => Given::Laws(laws.iter().map(written).collect::<Result<_, _>>()?),
        };
        Ok((name.clone(), given))
    };
    arguments.iter().map(one).collect()
}

/// The law that a scenario writes, as a formula knows it.
///
/// # Errors
///
/// Measured data have no formula; parameters that the law does not allow.
fn written(settings: &DistributionSettings) -> Result<Law, OracleError> {
    let measured = || "measured data are no distribution that a formula knows".to_owned();
    Distribution::new(settings, &mut |_| Err(measured()))
        .and_then(|distribution| law(&distribution).ok_or_else(measured))
        .map_err(|reason| OracleError::Outside { reason })
}
