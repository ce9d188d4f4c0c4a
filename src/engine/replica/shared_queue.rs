//! One queue of a service, for the free slots of all its replicas.
//!
//! All attempts pass it, or only those that are sent while the service buffers: the others go to a replica and wait
//! there. A slot that becomes free goes to who waits at its replica first, and then to who waits for the service.

use crate::engine::id::TaskId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::{NONE, Plan};
use crate::engine::replica::Fleet;
use crate::engine::task::stage;
use crate::engine::world::{Cx, State};
use crate::reason::Reason;
use crate::units::SimTime;

impl Fleet {
    /// Notes whether a replica has a free slot for what waits in the queue of its service.
    pub(in crate::engine) fn note_free(&mut self, number: usize, r: u32) {
        let service = &mut self.services[number];
        if !service.has_service_queue {
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

impl Fleet {
    /// Where an attempt goes for which this replica was chosen, or none, and whether that is the queue of its service:
    /// it is while that buffers, and where nobody is known to whom it could go.
    pub(in crate::engine) fn stand(&self, number: usize, picked: Option<u32>) -> (Option<u32>, bool) {
        let own = &self.services[number];
        let is_buffered = own.is_buffered && (own.door != NONE || picked.is_none());
        (if is_buffered { Some(0) } else { picked }, is_buffered)
    }

    /// Attempts that are sent from now on wait in the queue of their service, or at replicas, as those say who scale it.
    pub(in crate::engine) fn change_path<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let Some(Some(fleet)) = self.seats.fleets.get(number) else { return };
        let own = &mut self.services[number];
        let is_buffering = fleet.parts.iter().any(|part| part.controllers.is_buffering());
        if !own.is_buffered || is_buffering == (own.door != NONE) {
            return;
        }
        own.door = if is_buffering { 0 } else { NONE };
        if L::LISTENS {
            let note = Note::PathChanged { service: number as u32, is_buffering };
            cx.listener.note(SimTime::from_nanos(cx.now), note);
        }
    }
}

impl State {
    /// Whether an attempt waits, or will, in the queue of its service, which has one.
    pub(in crate::engine) fn passes_service_queue(&self, t: TaskId) -> bool {
        let own = &self.fleet.services[self.traffic.tasks[t].service as usize];
        own.is_shared_queue || own.is_buffered && self.traffic.is_buffered(t)
    }

    /// An attempt has a slot of a replica, and nothing to do with the queue of its service any more.
    pub(super) fn has_place(&mut self, t: TaskId) {
        if self.fleet.services[self.traffic.tasks[t].service as usize].is_buffered {
            self.traffic.note_buffered(t, false);
        }
    }

    /// Whether a task waits in the queue of its service: it is at no replica yet, and no load of any.
    pub(super) fn is_unplaced(&self, t: TaskId) -> bool {
        let task = &self.traffic.tasks[t];
        self.fleet.services[task.service as usize].has_service_queue
            && task.flags & stage::MASK == stage::WAITING
            && self.passes_service_queue(t)
    }

    /// A task leaves a queue for a slot of its replica.
    pub(super) fn placed<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let task = &self.traffic.tasks[t];
        let (service, replica) = (task.service, task.replica);
        if self.fleet.services[service as usize].counts_load && self.is_unplaced(t) {
            self.change_load(cx, service, replica, true);
        }
    }

    /// The next job for a free slot of a replica: of its own queue first, where it has one, then of that of its service.
    pub(super) fn take_for<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, r): (usize, u32),
    ) -> Option<TaskId> {
        if !self.fleet.services[number].has_service_queue {
            return self.take_next(cx, (number, r));
        }
        if self.fleet.services[number].is_buffered {
            let next = self.take_next(cx, (number, r));
            let replica = &self.fleet.replicas[r as usize];
            // Its queue may have shed a job whose caller then took the slot.
            if next.is_some() || !replica.takes || replica.busy >= replica.slots {
                return next;
            }
        }
        self.take_next(cx, (number, self.fleet.line_of_service(number)))
    }

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
            let line = self.fleet.line_of_service(number);
            let Some(t) = self.take_next(cx, (number, line)) else { return self.slots_left(cx, number) };
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
