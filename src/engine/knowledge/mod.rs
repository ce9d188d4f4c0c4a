//! What deciders believe of a fleet, how they learn it, and whom they choose.

use crate::engine::knowledge::view::Decider;
use crate::engine::knowledge::view::ServiceViews;
use crate::kernel::slab::Slab;

pub(super) mod choice;
pub(super) mod decider;
pub(super) mod feedback;
pub(super) mod health_check;
pub(super) mod host_selection;
pub(super) mod outlier;
pub(super) mod pick;
pub(super) mod setup;
pub(super) mod subset;
pub(super) mod view;

/// What deciders believe, and what is on its way to them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Knowledge {
    pub(in crate::engine) views: Vec<ServiceViews>,
    pub(in crate::engine) deciders: Vec<Vec<Decider>>,
    /// Probes on their way.
    pub(in crate::engine) probes: Slab<crate::engine::knowledge::feedback::Probing>,
    pub(in crate::engine) checks: Vec<crate::engine::knowledge::health_check::Check>,
    /// The checks of each replica.
    pub(in crate::engine) check_places: Vec<Vec<u32>>,
}
