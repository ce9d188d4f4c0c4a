//! Latency behind a load balancer.

mod weighted_split;

pub use weighted_split::weighted_split;

use super::Oracle;

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[weighted_split::ORACLE];
