//! What a crash does to places, and to the work of a replica: it is lost, starts anew, or goes on elsewhere.

use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::path::leaves_queues;
use crate::engine::plan::{NONE, Plan};
use crate::engine::record::Record;
use crate::engine::record::part::Part;
use crate::engine::task::{flag, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::stream::{Purpose, draw};
use crate::model::fault::{Crash, InService, Signal, Waiting};
use crate::reason::Reason;
use crate::units::SimTime;

impl Record {
    /// A zone or region as a whole goes down or comes back.
    pub(in crate::engine) fn change_place(&mut self, plan: &Plan, process: u32, begins: bool, at: SimTime) {
        if !plan.fault(process).takes_down() {
            return;
        }
        let place = plan.places[process as usize];
        if place.is_inner {
            return;
        }
        let change = |part: &mut Part| {
            part.count = if begins { part.count + 1 } else { part.count - 1 };
            part.set(part.count == 0, at, plan);
        };
        if let Some(region) = place.region {
            change(&mut self.parts.regions[region as usize]);
        }
        for (zone, part) in self.parts.zones.iter_mut().enumerate() {
            if place.zone == Some(zone as u32) || place.region == Some(plan.zone_regions[zone]) {
                change(part);
            }
        }
    }
}

impl State {
    /// What a crash does to the work of a replica, which has stopped.
    pub(in crate::engine) fn crash<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32, crash: Crash) {
        let number = self.fleet.replicas[r as usize].service as usize;
        let inside = self.fleet.replicas[r as usize].inside.clone();
        let mut callers = Vec::new();
        match crash.in_service {
            InService::Lost => {
                for t in inside {
                    // Breaking off a caller may have cancelled a call that `next` brought here.
                    if self.is_inside(t, r) {
                        self.break_off(cx, t);
                        self.lose(cx, t, crash.signal);
                    }
                }
            }
            InService::Restarted => {
                for t in inside {
                    if self.is_inside(t, r) && !self.restart(cx, t) {
                        callers.push(t);
                    }
                }
                self.requeue(cx, r);
            }
            InService::Resumed => self.requeue(cx, r),
        }
        if crash.waiting == Waiting::Lost && !self.fleet.services[number].is_shared_queue {
            self.lose_waiting(cx, r, crash);
        }
        self.place_callers(cx, r, callers);
    }

    /// What waits at a replica is lost. Work that an earlier crash has put there counts as work in service.
    pub(super) fn lose_waiting<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32, crash: Crash) {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.fleet.replicas[r as usize].service as usize;
        let (queue, mut links) = self.queue_of(number, r);
        let waiting = queue.take_all(&mut links);
        let keeps = |flags: u16| flags & flag::RESUMED != 0 && crash.in_service != InService::Lost;
        let (kept, lost): (Vec<TaskId>, Vec<TaskId>) =
            waiting.into_iter().partition(|t| keeps(self.traffic.tasks[*t].flags));
        if leaves_queues(plan) {
            return self.lose_in_turn(cx, (kept, lost), crash);
        }
        for t in kept.into_iter().rev() {
            self.join_in_front(plan, t, now);
        }
        for t in lost {
            if self.fleet.services[number].is_function {
                self.instance_not_waited_for(cx, number, r);
            }
            self.record.services[number].queue.down(now);
            self.note_wait(t, now);
            self.left(cx, t);
            self.lose(cx, t, crash.signal);
        }
    }

    /// The same where the caller of one that is lost may give up others that wait here: each leaves the queue when its turn
    /// comes, and not before.
    fn lose_in_turn<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (kept, lost): (Vec<TaskId>, Vec<TaskId>),
        crash: Crash,
    ) {
        let named: Vec<(TaskId, u64)> = lost.iter().map(|t| (*t, self.traffic.tasks[*t].key)).collect();
        for t in kept.into_iter().chain(lost).rev() {
            self.join_in_front(cx.plan, t, cx.now);
        }
        for (t, key) in named {
            let task = &self.traffic.tasks[t];
            if task.key == key && task.flags & stage::MASK == stage::WAITING {
                self.step_out_of_queue(cx, t);
                self.left(cx, t);
                self.lose(cx, t, crash.signal);
            }
        }
    }

    /// Callers that start anew without a slot take one that is free, or wait in front of the queue, in the order in which
    /// they first began.
    fn place_callers<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32, mut callers: Vec<TaskId>) {
        let now = cx.now;
        if callers.is_empty() {
            return;
        }
        callers.sort_by_key(|t| self.traffic.tasks[*t].started);
        let replica = &mut self.fleet.replicas[r as usize];
        let free = callers.len().min((replica.slots - replica.busy) as usize);
        replica.busy += free as u32;
        let number = replica.service as usize;
        self.fleet.meter_busy(number, r, now);
        for t in callers.drain(free..).rev() {
            self.step_out(t);
            self.wait_in_front(cx, t);
        }
    }

    /// A task whose work was interrupted waits for a slot, before all that have not begun.
    fn wait_in_front<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        let task = &mut self.traffic.tasks[t];
        task.flags = task.flags & !stage::MASK | stage::WAITING | flag::RESUMED;
        // It had the patience to begin.
        task.armed = NONE;
        self.record.services[task.service as usize].queue.up(now);
        self.join_in_front(plan, t, now);
    }

    fn join_in_front(&mut self, plan: &Plan, t: TaskId, now: u64) {
        let line = self.line_of(t);
        let task = &self.traffic.tasks[t];
        let (number, level) = (task.service as usize, plan.level(task.priority));
        let (queue, mut links) = self.queue_of(number, line);
        queue.join_front(&mut links, t, level);
        let waiting = queue.waiting;
        let metrics = &mut self.record.services[number];
        metrics.queue_max = metrics.queue_max.max(waiting);
        self.fleet.note_in_line((number, line), now);
    }

    fn is_inside(&self, t: TaskId, r: u32) -> bool {
        let task = &self.traffic.tasks[t];
        task.replica == r && self.fleet.replicas[r as usize].inside.get(task.link as usize) == Some(&t)
    }

    /// The caller of lost work hears of it, or not.
    pub(in crate::engine) fn lose<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, signal: Signal) {
        // A platform knows which of its own work is lost.
        if signal == Signal::Reset || self.traffic.event_of(t).is_some() {
            self.answer(cx, t, Err(Reason::Reset));
        } else if self.traffic.tasks[t].flags & flag::ORPHAN != 0 {
            self.traffic.forget(cx, t);
        } else {
            self.traffic.set_stage(t, stage::LOST);
        }
    }

    /// Work in a stopped replica starts anew; whether it has a slot, or needs none.
    fn restart<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let now = cx.now;
        let task = self.traffic.tasks[t];
        let number = task.service as usize;
        let mut has_slot = true;
        if task.flags & stage::MASK == stage::CALLING {
            self.close_fan_out(cx, t);
            has_slot = self.fleet.services[number].holds_slot;
        }
        self.traffic.ask_anew(t);
        let demand =
            self.fleet.services[number].demand.sample(&mut draw(task.key, Purpose::Demand)).as_nanos();
        let (demand, errs) = if self.fleet.services[number].is_special {
            self.special_demand(cx, t, demand)
        } else {
            (demand, false)
        };
        let flags = &mut self.traffic.tasks[t].flags;
        *flags = *flags & !(flag::READY | flag::ERROR) | if errs { flag::ERROR } else { 0 };
        if !has_slot
            && (self.fleet.services[number].is_sharing || self.fleet.services[number].is_shared_queue)
        {
            // Nobody waits for a part of a shared processor, and jobs of a shared queue go back to it at once.
            self.fleet.replicas[task.replica as usize].busy += 1;
            self.fleet.meter_busy(number, task.replica, now);
            has_slot = true;
        }
        if self.fleet.services[number].is_sharing {
            self.share_again(cx, t, demand);
        } else {
            self.traffic.tasks[t].due = demand;
            self.traffic.set_stage(t, stage::FROZEN);
        }
        has_slot
    }

    /// Interrupted jobs of a shared queue go back to its head, and any replica may take them.
    fn requeue<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let now = cx.now;
        let number = self.fleet.replicas[r as usize].service as usize;
        if !self.fleet.services[number].is_shared_queue {
            return;
        }
        let mut inside = self.fleet.replicas[r as usize].inside.clone();
        inside.retain(|t| self.traffic.tasks[*t].flags & stage::MASK == stage::FROZEN);
        // The one that began first comes to stand first.
        inside.sort_by_key(|t| std::cmp::Reverse(self.traffic.tasks[*t].started));
        for t in inside {
            self.step_out(t);
            if self.fleet.services[number].counts_load {
                self.change_load(cx, number as u16, r, false);
            }
            self.fleet.replicas[r as usize].busy -= 1;
            if self.fleet.replicas[r as usize].owed > 0 {
                self.give_up_slot(r, now);
            }
            self.fleet.meter_busy(number, r, now);
            self.wait_in_front(cx, t);
        }
        self.serve_shared(cx, number);
    }
}
