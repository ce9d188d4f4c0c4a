//! What goes wrong, who finds it and how it is mended.

pub(super) mod action;
pub(super) mod clock;
pub(super) mod deploy;
mod effect;
pub(super) mod fault;
pub(super) mod liveness;
mod loss;
pub(super) mod monitor;
mod notice;
mod poison;
pub(super) mod process;
pub(super) mod recovery;
mod release;
pub(super) mod setup;
mod standby;
mod verb;

use crate::engine::id::IncidentId;
use crate::engine::incident::liveness::Probes;
use crate::engine::incident::monitor::Monitors;
use crate::engine::incident::process::{ActiveIncident, FaultProcess};
use crate::engine::incident::release::DeployRun;
use crate::engine::incident::verb::Doing;
use crate::kernel::slab::Slab;
use crate::model::deploy::Split;
use crate::model::recovery::CrewState;

/// Faults that will strike, faults that last, and who looks for them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Incidents {
    /// Incidents of the network that last, in the order in which they began.
    pub(in crate::engine) links: Vec<IncidentId>,
    /// Incidents that last and let others come sooner, in the order in which they began.
    raising: Vec<IncidentId>,
    processes: Vec<FaultProcess>,
    pub(in crate::engine) active: Slab<ActiveIncident, IncidentId>,
    crews: Vec<CrewState>,
    /// Operations that wait until what they do is done, in the order in which they began to.
    doing: Vec<Doing>,
    /// The probes of each replica that is probed for its liveness; nothing where none is.
    liveness: Vec<Option<Probes>>,
    pub(in crate::engine) monitors: Monitors,
    /// What brings versions out, by deployment.
    pub(in crate::engine) deploys: Vec<DeployRun>,
    /// What each thing that can be asked for of a function stands for, by service, where a deployment has said so; short
    /// where none has.
    splits: Vec<Vec<Option<Split>>>,
}
