//! All running state: a clone of it continues identically.

use crate::engine::event::Clock;
use crate::engine::incident::Incidents;
use crate::engine::knowledge::Knowledge;
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::traffic::Traffic;

/// No task, no call, no frame.
pub(super) const NONE: u32 = u32::MAX;

/// Everything that changes in a run: a state for each subject, whose folder says how it changes.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) traffic: Traffic,
    pub(super) fleet: Fleet,
    pub(super) knowledge: Knowledge,
    pub(super) incidents: Incidents,
    pub(super) record: Record,
}
