//! Durations without memory.

use super::{Durations, Family, Law};

/// The row of this family.
pub(in crate::analysis::fit) const FAMILY: Family = Family {
    name: "exponential",
    degrees: 1,
    parameters: &[],
    solve: |durations| Ok(law(durations)),
    values: |_| Vec::new(),
    derived: &[],
    derive: |_| Vec::new(),
    law: |_, mean| (mean > 0.0).then_some(Law::Exponential { mean }),
};

/// The mean is all time over the number of ends.
///
/// Source: Meeker and Escobar, Statistical Methods for Reliability Data (1998), equation 7.4.
fn law(durations: &Durations) -> Law {
    Law::Exponential { mean: durations.total() / durations.events() }
}
