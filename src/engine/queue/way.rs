//! Messages on the way between a queue and whoever consumes it.
//!
//! Who takes messages asks their queue. The question waits there until there are some, as long polls do, and takes no
//! time; but nobody can ask from behind a partition. The messages travel to who asked, and word of what became of them
//! travels back, each as anything else does. Whatever of that is lost, the messages are visible again when their time is
//! over. What the platform of a function gives it of itself, events of calls with `invoke = "async"`, travels nowhere.

use super::{Done, Queues, settings};
use crate::engine::id::{CallId, TaskId};
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::task::{Outcome, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::world::{Cx, State};
use crate::kernel::slab::Id;
use crate::model::event::{Consumer, Polling};
use crate::units::SimDuration;

impl Queues {
    /// Whether messages of a receive travel.
    pub(in crate::engine) fn travels(&self, plan: &Plan, receive: u32) -> bool {
        plan.network.has_any && settings(plan, self.receives[receive].queue).retries.is_none()
    }

    /// A slot is kept for the messages of a receive until they are there.
    pub(super) fn keep_slot(&mut self, queue: u32, slot: u32) {
        if slot != NONE {
            *self.all[queue as usize].coming.entry(slot).or_insert(0) += 1;
        }
    }

    /// The slot that was kept for a receive, by its replica within the service; it is kept no longer.
    pub(in crate::engine) fn take_slot(&mut self, receive: u32) -> Option<u32> {
        let slot = std::mem::replace(&mut self.receives[receive].slot, NONE);
        if slot == NONE {
            return None;
        }
        let coming = &mut self.all[self.receives[receive].queue as usize].coming;
        match coming.get_mut(&slot) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                coming.remove(&slot);
            }
        }
        Some(slot)
    }

    /// All queues are looked at: some that could not ask may be able to now.
    pub(in crate::engine) fn look_at_all<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for queue in 0..self.all.len() as u32 {
            self.look_at(cx, queue, cx.now);
        }
    }
}

impl Traffic {
    /// A receive of which a message was lost is over: nobody waits for it.
    pub(in crate::engine) fn end_if_lost<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        if self.tasks[t].flags & stage::MASK == stage::LOST {
            self.refuse_later(cx, t, SimDuration::ZERO);
        }
    }
}

impl State {
    /// Who takes a batch now, by its replica within the service, or nobody in particular; `None` where nobody does.
    pub(super) fn taker<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        queue: u32,
        consumer: &Consumer,
    ) -> Option<u32> {
        let plan = cx.plan;
        let service = consumer.service.index();
        match consumer.polling {
            Polling::All => Some(NONE),
            Polling::Slots if !plan.network.has_any => {
                (!self.fleet.services[service].free.is_empty()).then_some(NONE)
            }
            Polling::Slots => self.open_slot(plan, queue, (service, cx.now)),
            Polling::Pollers(pollers) => {
                let mut doors = self.fleet.doors(service);
                if doors.all(|door| self.is_cut_off(plan, queue, door)) {
                    // As where its queue is down.
                    self.queues.all[queue as usize].next_poller = None;
                    return None;
                }
                self.queues.has_poller(cx, queue, &pollers).then_some(NONE)
            }
        }
    }

    /// A replica with a free slot for which nothing is on its way and that can ask.
    fn open_slot(&mut self, plan: &Plan, queue: u32, (service, now): (usize, u64)) -> Option<u32> {
        let state = &self.fleet.services[service];
        let coming = &self.queues.all[queue as usize].coming;
        let is_open = |local: &u32| {
            let replica = &self.fleet.replicas[(state.first + local) as usize];
            let taken = replica.busy.saturating_add(coming.get(local).copied().unwrap_or(0));
            taken < replica.slots && !self.is_cut_off(plan, queue, state.first + local)
        };
        let open: Vec<u32> = state.free.iter().copied().filter(is_open).collect();
        (!open.is_empty()).then(|| self.pick_of(service, &open, now))
    }

    /// Whether a partition keeps a replica from asking a queue.
    fn is_cut_off(&self, plan: &Plan, queue: u32, replica: u32) -> bool {
        let own = plan.services[plan.queues.services[queue as usize] as usize].first;
        plan.network.is_lossy
            && self.incidents.is_cut(plan, &[self.fleet.replica_spot(replica), self.fleet.replica_spot(own)])
    }

    /// The replica, numbered within the service, to which the messages of an attempt go, if it is one in particular.
    pub(in crate::engine) fn taker_of(&self, plan: &Plan, sending: &Sending) -> Option<u32> {
        if !plan.network.has_any || sending.flags & flag::OWNER != flag::OF_CALL {
            return None;
        }
        let call = &self.traffic.calls[CallId::of(sending.owner)];
        let receive = (call.flags & flag::OWNER == flag::OWNER).then_some(call.owner)?;
        Some(self.queues.receives[receive].slot).filter(|slot| *slot != NONE)
    }

    /// Whether word of a receive is at its queue already.
    pub(in crate::engine) fn word_is_back<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, receive): (TaskId, u32),
        outcome: Outcome,
    ) -> bool {
        if !self.queues.travels(cx.plan, receive) {
            return true;
        }
        if outcome.is_ok() {
            self.note_done(receive, cx.now);
        }
        let is_there = self.send_back(cx, t, outcome);
        if !is_there {
            self.traffic.end_if_lost(cx, t);
        }
        is_there
    }

    /// Work is done when its consumer has done it, whenever the queue learns of that.
    fn note_done(&mut self, receive: u32, now: u64) {
        let items = std::mem::take(&mut self.queues.receives[receive].items);
        for item in items.iter().filter(|item| matches!(item.result, Done::Well | Done::Before)) {
            if let Some((client, took)) = self.queues.complete(item, now) {
                self.record.note_completed(client, took);
            }
        }
        self.queues.receives[receive].items = items;
    }
}
