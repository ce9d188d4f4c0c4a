//! What messages move between zones and regions, where it is paid for that.

use crate::engine::id::TaskId;
use crate::engine::listener::Message;
use crate::engine::plan::{NONE, Plan};
use crate::engine::task::flag;
use crate::engine::world::State;
use crate::kernel::slab::Id;

/// Between which zones the messages of an attempt go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ways {
    /// The zone of its caller.
    caller: u32,
    /// The zone from which it came to the service where it is: that of its caller, or of who passed it on.
    sender: u32,
}

impl State {
    /// An attempt leaves its caller, in this zone.
    #[inline(never)]
    pub(in crate::engine) fn count_leaving(&mut self, plan: &Plan, t: TaskId, zone: u32) {
        if self.traffic.ways.len() <= t.index() {
            self.traffic.ways.resize(self.traffic.tasks.len(), Ways::default());
        }
        self.traffic.ways[t.index()].caller = zone;
        self.count_passed(plan, t, zone);
    }

    /// An attempt leaves this zone for a replica of its service; one that is still to get its replica is counted with
    /// [`State::count_placed`].
    #[inline]
    pub(in crate::engine) fn count_passed(&mut self, plan: &Plan, t: TaskId, zone: u32) {
        let Some(ways) = self.traffic.ways.get_mut(t.index()) else { return };
        ways.sender = zone;
        if !self.is_at_door(t) {
            self.count_moved(plan, t, Message::Call);
        }
    }

    /// An attempt at a shared queue or a function has its replica, and begins there.
    #[inline]
    pub(in crate::engine) fn count_placed(&mut self, plan: &Plan, t: TaskId) {
        if plan.transfers.are_counted() && self.is_at_door(t) {
            self.count_moved(plan, t, Message::Call);
        }
    }

    /// A message could not leave: it is not counted any more, if it was.
    #[inline(never)]
    pub(in crate::engine) fn count_unsent(&mut self, plan: &Plan, t: TaskId, message: Message) {
        if message == Message::Call && self.is_at_door(t) {
            return;
        }
        if let Some((service, distance, bytes)) = self.moved(plan, t, message) {
            self.record.services[service].moved[distance] -= bytes;
        }
    }

    /// Counts what a message of an attempt moves.
    #[inline(never)]
    pub(in crate::engine) fn count_moved(&mut self, plan: &Plan, t: TaskId, message: Message) {
        if let Some((service, distance, bytes)) = self.moved(plan, t, message) {
            self.record.services[service].moved[distance] += bytes;
        }
    }

    /// At which service how far a message moves how much: 0 to another zone, 1 to another region.
    fn moved(&self, plan: &Plan, t: TaskId, message: Message) -> Option<(usize, usize, u64)> {
        let task = &self.traffic.tasks[t];
        let ways = self.traffic.ways.get(t.index())?;
        let [request, answer] = plan.transfers.sizes(task.edge);
        let (bytes, other) = match message {
            Message::Call => (request, ways.sender),
            Message::Answer => (answer, ways.caller),
            Message::Cancellation | Message::Probe | Message::Check | Message::Report => return None,
        };
        let zone = self.fleet.seats.zones[task.replica as usize];
        if task.flags & flag::MEASURED == 0 || bytes == 0 || zone == other {
            return None;
        }
        let is_far = plan.zone_regions[zone as usize] != plan.zone_regions[other as usize];
        Some((task.service.into(), usize::from(is_far), bytes))
    }

    fn is_at_door(&self, t: TaskId) -> bool {
        let own = &self.fleet.services[self.traffic.tasks[t].service as usize];
        if own.is_buffered { self.traffic.is_buffered(t) } else { own.door != NONE }
    }
}
