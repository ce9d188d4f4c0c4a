//! Events so rare that a simulation hardly ever sees them.

mod k_of_n_static;
mod overflow;

use super::Oracle;

pub use k_of_n_static::{StaticGroup, static_k_of_n};
pub use overflow::{Overflow, overflow};

/// Rows in the order of names.
pub(super) const ROWS: &[Oracle] = &[overflow::ORACLE, k_of_n_static::ORACLE];
