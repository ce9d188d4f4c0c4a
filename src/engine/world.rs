//! All running state: a clone of it continues identically.

use crate::engine::data::Stores;
use crate::engine::event::Clock;
use crate::engine::incident::Incidents;
use crate::engine::knowledge::Knowledge;
use crate::engine::plan::Plan;
use crate::engine::queue::Queues;
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::traffic::Traffic;

/// Everything that changes in a run, and when it changes next.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) state: State,
}

/// What a run consists of: a state for each subject, whose folder says how it changes.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) traffic: Traffic,
    pub(super) queues: Queues,
    pub(super) fleet: Fleet,
    pub(super) knowledge: Knowledge,
    pub(super) incidents: Incidents,
    pub(super) stores: Stores,
    pub(super) record: Record,
}

/// What a handler is given besides its state: what never changes, the time, what is planned, and who listens.
#[derive(Debug)]
pub(super) struct Cx<'a, L> {
    pub(super) plan: &'a Plan,
    /// The time of the event that is handled [ns].
    pub(super) now: u64,
    /// Of the world, while it runs: what is reached at each event stands here itself.
    pub(super) clock: Clock,
    pub(super) listener: &'a mut L,
}

impl World {
    /// Lets handlers work on the state, in a context at time 0.
    pub(super) fn with<L, T>(
        &mut self,
        plan: &Plan,
        listener: &mut L,
        work: impl FnOnce(&mut State, &mut Cx<'_, L>) -> T,
    ) -> T {
        let clock = std::mem::take(&mut self.clock);
        let mut cx = Cx { plan, now: 0, clock, listener };
        let done = work(&mut self.state, &mut cx);
        self.clock = cx.clock;
        done
    }
}
