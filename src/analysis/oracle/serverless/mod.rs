//! Cloud functions: instances that are kept warm for a while, and servers that must start before they work.

mod keep_alive;
mod rare_function;
mod setup;
mod setup_fleet;

pub use keep_alive::{WarmPool, keep_alive};
pub use rare_function::{RareFunction, rare_function};
pub use setup::{SetupStation, setup_queue};
pub use setup_fleet::{SetupFleet, setup_fleet};

use super::Oracle;

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] =
    &[keep_alive::ORACLE, rare_function::ORACLE, setup_fleet::ORACLE, setup::ORACLE];
