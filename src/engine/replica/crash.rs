//! What a crash does to places, and to the work of a replica: it is lost, starts anew, or goes on elsewhere.

use crate::engine::observer::Probe;
use crate::engine::plan::Plan;
use crate::engine::record::part::Part;
use crate::engine::traffic::task::{flag, stage};
use crate::engine::world::{NONE, World};
use crate::kernel::stream::{Purpose, draw};
use crate::model::fault::{Crash, FaultKind, InService, Signal, Waiting};
use crate::reason::Reason;
use crate::units::SimTime;

impl World {
    /// A zone or region as a whole goes down or comes back.
    pub(in crate::engine) fn change_place(&mut self, plan: &Plan, process: u32, begins: bool, at: SimTime) {
        if !matches!(plan.fault(process).kind, FaultKind::Crash(_) | FaultKind::Hang) {
            return;
        }
        let place = plan.places[process as usize];
        let change = |part: &mut Part| {
            part.count = if begins { part.count + 1 } else { part.count - 1 };
            part.set(part.count == 0, at, plan);
        };
        if let Some(region) = place.region {
            change(&mut self.record.parts.regions[region as usize]);
        }
        for (zone, part) in self.record.parts.zones.iter_mut().enumerate() {
            if place.zone == Some(zone as u32) || place.region == Some(plan.zone_regions[zone]) {
                change(part);
            }
        }
    }

    /// What a crash does to the work of a replica, which has stopped.
    pub(in crate::engine) fn crash<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        r: u32,
        crash: Crash,
        now: u64,
    ) {
        let number = self.fleet.replicas[r as usize].service as usize;
        let inside = self.fleet.replicas[r as usize].inside.clone();
        let mut callers = Vec::new();
        match crash.in_service {
            InService::Lost => {
                for t in inside {
                    // Breaking off a caller may have cancelled a call that `next` brought here.
                    if self.is_inside(t, r) {
                        self.break_off(plan, probe, t, now);
                        self.lose(plan, probe, t, crash.signal, now);
                    }
                }
            }
            InService::Restarted => {
                for t in inside {
                    if self.is_inside(t, r) && !self.restart(plan, probe, t, now) {
                        callers.push(t);
                    }
                }
                self.requeue(plan, probe, r, now);
            }
            InService::Resumed => self.requeue(plan, probe, r, now),
        }
        if crash.waiting == Waiting::Lost && !self.fleet.services[number].is_shared_queue {
            self.lose_waiting(plan, probe, r, crash, now);
        }
        self.place_callers(plan, r, callers, now);
    }

    /// What waits at a replica is lost. Work that an earlier crash has put there counts as work in service.
    fn lose_waiting<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, crash: Crash, now: u64) {
        let number = self.fleet.replicas[r as usize].service as usize;
        let (queue, mut links) = self.queue_of(number, r);
        let waiting = queue.take_all(&mut links);
        let keeps = |flags: u16| flags & flag::RESUMED != 0 && crash.in_service != InService::Lost;
        let (kept, lost): (Vec<u32>, Vec<u32>) =
            waiting.into_iter().partition(|t| keeps(self.traffic.tasks[*t as usize].flags));
        for t in kept.into_iter().rev() {
            self.join_in_front(plan, t);
        }
        for t in lost {
            self.fleet.services[number].book.queue.down(now);
            self.note_wait(t, now);
            self.left(plan, probe, t, now);
            self.lose(plan, probe, t, crash.signal, now);
        }
    }

    /// Callers that start anew without a slot take one that is free, or wait in front of the queue, in the order in which
    /// they first began.
    fn place_callers(&mut self, plan: &Plan, r: u32, mut callers: Vec<u32>, now: u64) {
        if callers.is_empty() {
            return;
        }
        callers.sort_by_key(|t| self.traffic.tasks[*t as usize].started);
        let replica = &mut self.fleet.replicas[r as usize];
        let free = callers.len().min((replica.slots - replica.busy) as usize);
        replica.busy += free as u32;
        let number = replica.service as usize;
        self.meter_busy(number, r, now);
        for t in callers.drain(free..).rev() {
            self.step_out(t);
            self.wait_in_front(plan, t, now);
        }
    }

    /// A task whose work was interrupted waits for a slot, before all that have not begun.
    fn wait_in_front(&mut self, plan: &Plan, t: u32, now: u64) {
        let task = &mut self.traffic.tasks[t as usize];
        task.flags = task.flags & !stage::MASK | stage::WAITING | flag::RESUMED;
        // It had the patience to begin.
        task.armed = NONE;
        self.fleet.services[task.service as usize].book.queue.up(now);
        self.join_in_front(plan, t);
    }

    fn join_in_front(&mut self, plan: &Plan, t: u32) {
        let task = &self.traffic.tasks[t as usize];
        let (number, replica, level) = (task.service as usize, task.replica, plan.level(task.priority));
        let (queue, mut links) = self.queue_of(number, replica);
        queue.join_front(&mut links, t, level);
        let waiting = queue.waiting;
        let book = &mut self.fleet.services[number].book;
        book.queue_max = book.queue_max.max(waiting);
    }

    fn is_inside(&self, t: u32, r: u32) -> bool {
        let task = &self.traffic.tasks[t as usize];
        task.replica == r && self.fleet.replicas[r as usize].inside.get(task.link as usize) == Some(&t)
    }

    /// The caller of lost work hears of it, or not.
    fn lose<P: Probe>(&mut self, plan: &Plan, probe: &mut P, t: u32, signal: Signal, now: u64) {
        if signal == Signal::Reset {
            self.answer(plan, probe, t, now, Err(Reason::Reset));
        } else if self.traffic.tasks[t as usize].flags & flag::ORPHAN != 0 {
            self.forget(t);
        } else {
            self.set_stage(t, stage::LOST);
        }
    }

    /// Work in a stopped replica starts anew; whether it has a slot, or needs none.
    fn restart<P: Probe>(&mut self, plan: &Plan, probe: &mut P, t: u32, now: u64) -> bool {
        let task = self.traffic.tasks[t as usize];
        let number = task.service as usize;
        let mut has_slot = true;
        if task.flags & stage::MASK == stage::CALLING {
            self.close_frame(plan, probe, t, now);
            has_slot = self.fleet.services[number].holds_slot;
        }
        let demand =
            self.fleet.services[number].demand.sample(&mut draw(task.key, Purpose::Demand)).as_nanos();
        let (demand, errs) = if self.fleet.services[number].is_special {
            self.special_demand(plan, t, demand, now)
        } else {
            (demand, false)
        };
        let flags = &mut self.traffic.tasks[t as usize].flags;
        *flags = *flags & !(flag::READY | flag::ERROR) | if errs { flag::ERROR } else { 0 };
        if !has_slot
            && (self.fleet.services[number].is_sharing || self.fleet.services[number].is_shared_queue)
        {
            // Nobody waits for a part of a shared processor, and jobs of a shared queue go back to it at once.
            self.fleet.replicas[task.replica as usize].busy += 1;
            self.meter_busy(number, task.replica, now);
            has_slot = true;
        }
        if self.fleet.services[number].is_sharing {
            self.share_again(t, demand, now);
        } else {
            self.traffic.tasks[t as usize].due = demand;
            self.set_stage(t, stage::FROZEN);
        }
        has_slot
    }

    /// Interrupted jobs of a shared queue go back to its head, and any replica may take them.
    fn requeue<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        let number = self.fleet.replicas[r as usize].service as usize;
        if !self.fleet.services[number].is_shared_queue {
            return;
        }
        let mut inside = self.fleet.replicas[r as usize].inside.clone();
        inside.retain(|t| self.traffic.tasks[*t as usize].flags & stage::MASK == stage::FROZEN);
        // The one that began first comes to stand first.
        inside.sort_by_key(|t| std::cmp::Reverse(self.traffic.tasks[*t as usize].started));
        for t in inside {
            self.step_out(t);
            if self.fleet.services[number].counts_load {
                self.change_load(plan, number as u16, r, now, false);
            }
            self.fleet.replicas[r as usize].busy -= 1;
            if self.fleet.replicas[r as usize].owed > 0 {
                self.give_up_slot(r, now);
            }
            self.meter_busy(number, r, now);
            self.wait_in_front(plan, t, now);
        }
        self.serve_shared(plan, probe, number, now);
    }
}
