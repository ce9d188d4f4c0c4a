//! The formulas that articles print, with the meaning under which each is exact.

mod harmonic;

pub use harmonic::{harmonic_availability, harmonic_recovery};

use super::Oracle;

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[harmonic::AVAILABILITY, harmonic::RECOVERY];
