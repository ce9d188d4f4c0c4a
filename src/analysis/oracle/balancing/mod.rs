//! Latency behind a load balancer.

mod feedback;
mod fixed_split;
mod optimal_split;
mod weighted_split;

pub use feedback::{
    Following, HeadroomWeights, InverseWeights, UtilisationWeights, headroom_weights, inverse_weights,
    utilisation_weights,
};
pub use fixed_split::{FixedSplit, fixed_split};
pub use optimal_split::{OptimalSplit, optimal_split};
pub use weighted_split::weighted_split;

use super::Oracle;

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    feedback::HEADROOM,
    feedback::INVERSE,
    feedback::UTILISATION,
    fixed_split::ORACLE,
    optimal_split::ORACLE,
    weighted_split::ORACLE,
];
