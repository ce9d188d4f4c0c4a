//! What deciders believe of a fleet, how they learn it, and whom they choose.

pub(super) mod check;
pub(super) mod choice;
pub(super) mod dns;
pub(super) mod feedback;
pub(super) mod ground;
pub(super) mod health_check;
pub(super) mod outlier;
pub(super) mod pick;
pub(super) mod role;
pub(super) mod setup;
pub(super) mod shard;
pub(super) mod subset;
mod turn;
pub(super) mod view;

use crate::engine::knowledge::check::Check;
use crate::engine::knowledge::dns::NameState;
use crate::engine::knowledge::dns::check::RecordChecker;
use crate::engine::knowledge::feedback::Probing;
use crate::engine::knowledge::view::{Decider, ServiceViews};
use crate::kernel::slab::Slab;

/// What deciders believe, and what is on its way to them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Knowledge {
    pub(in crate::engine) views: Vec<ServiceViews>,
    pub(in crate::engine) deciders: Vec<Vec<Decider>>,
    /// Probes on their way.
    probes: Slab<Probing>,
    checks: Vec<Check>,
    /// The checks of each replica.
    check_places: Vec<Vec<u32>>,
    /// What name servers answer, name by name; nothing where no call goes by one.
    pub(in crate::engine) names: Vec<NameState>,
    record_checkers: Vec<RecordChecker>,
}
