//! What goes wrong, who finds it and how it is mended.

use crate::engine::incident::process::ActiveIncident;
use crate::engine::incident::process::FaultProcess;
use crate::kernel::slab::Slab;
use crate::model::recovery::CrewState;

pub(super) mod fault;
pub(super) mod monitor;
pub(super) mod process;
pub(super) mod recovery;
pub(super) mod setup;

/// Faults that will strike, faults that last, and who looks for them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Incidents {
    /// Incidents of the network that last, in the order in which they began.
    pub(in crate::engine) links: Vec<u32>,
    pub(in crate::engine) processes: Vec<FaultProcess>,
    pub(in crate::engine) active: Slab<ActiveIncident>,
    pub(in crate::engine) crews: Vec<CrewState>,
    pub(in crate::engine) monitors: crate::engine::incident::monitor::Monitors,
}
