//! One queue of a service, for the free slots of all its replicas.

use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::reason::Reason;

impl Fleet {
    /// Notes whether a replica of a shared queue has a free slot.
    pub(in crate::engine) fn note_free(&mut self, number: usize, r: u32) {
        let service = &mut self.services[number];
        if !service.is_shared_queue {
            return;
        }
        let replica = &self.replicas[r as usize];
        let is_free = replica.takes && replica.busy < replica.slots;
        let local = r - service.first;
        match (service.free.binary_search(&local), is_free) {
            (Err(place), true) => service.free.insert(place, local),
            (Ok(place), false) => {
                service.free.remove(place);
            }
            _ => {}
        }
    }
}

impl State {
    /// A shared queue gives its job to a free slot at once, if there is one; `balancing` chooses among them.
    pub(super) fn admit_shared<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> Result<(), Reason> {
        let now = cx.now;
        let number = self.traffic.tasks[t].service as usize;
        if let Some(local) = self.asked_by(cx.plan, t) {
            let replica = &self.fleet.replicas[(self.fleet.services[number].first + local) as usize];
            if !replica.takes {
                return Err(Reason::Connect);
            }
            if replica.busy < replica.slots {
                self.traffic.tasks[t].replica = self.fleet.services[number].first + local;
                self.take_slot(cx, t);
                return Ok(());
            }
        }
        if self.fleet.services[number].free.is_empty() {
            if !self.wait(cx, t) {
                return Err(Reason::QueueFull);
            }
            self.fleet.wake_controllers(cx, number);
            return Ok(());
        }
        let local = self.pick_free(number, now);
        self.traffic.tasks[t].replica = self.fleet.services[number].first + local;
        self.take_slot(cx, t);
        Ok(())
    }

    /// The replica that asked for the messages of an attempt, if it is one in particular.
    fn asked_by(&mut self, plan: &Plan, t: TaskId) -> Option<u32> {
        if !plan.network.has_any {
            return None;
        }
        self.traffic.event_of(t).and_then(|receive| self.queues.take_slot(receive))
    }

    /// Gives the jobs of a shared queue to free slots.
    pub(in crate::engine) fn serve_shared<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let now = cx.now;
        while !self.fleet.services[number].free.is_empty() {
            let first = self.fleet.services[number].first;
            let Some(t) = self.take_next(cx, (number, first)) else { return self.slots_left(cx, number) };
            self.record.services[number].queue.down(now);
            self.traffic.tasks[t].replica = first + self.pick_free(number, now);
            self.placed(cx, t);
            self.take_slot(cx, t);
        }
    }

    /// No job waits for the free slots of a service: there may be messages for them.
    pub(super) fn slots_left<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let queue = self.fleet.services[number].feeds;
        if queue != NONE {
            self.queues.look_at(cx, queue, cx.now);
        }
    }
}
