//! What a crash does to the work of a replica: it is lost, starts anew, or goes on elsewhere.

use crate::engine::plan::Plan;
use crate::engine::probe::Probe;
use crate::engine::task::{flag, stage};
use crate::engine::world::World;
use crate::kernel::stream::{Purpose, draw};
use crate::model::fault::{Crash, InService, Signal, Waiting};
use crate::reason::Reason;

impl World {
    /// What a crash does to the work of a replica, which has stopped.
    pub(in crate::engine) fn crash<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        r: u32,
        crash: Crash,
        now: u64,
    ) {
        let number = self.replicas[r as usize].service as usize;
        let inside = self.replicas[r as usize].inside.clone();
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
                for t in &inside {
                    if self.is_inside(*t, r) {
                        self.restart(plan, probe, *t, now);
                    }
                }
                self.requeue(plan, probe, r, now);
            }
            InService::Resumed => self.requeue(plan, probe, r, now),
        }
        if crash.waiting == Waiting::Lost && !self.services[number].is_shared_queue {
            let (queue, mut links) = self.queue_of(number, r);
            for t in queue.take_all(&mut links) {
                self.services[number].book.queue.down(now);
                self.note_wait(t, now);
                self.left(plan, probe, t, now);
                self.lose(plan, probe, t, crash.signal, now);
            }
        }
    }

    fn is_inside(&self, t: u32, r: u32) -> bool {
        let task = &self.tasks[t as usize];
        task.replica == r && self.replicas[r as usize].inside.get(task.link as usize) == Some(&t)
    }

    /// The caller of lost work hears of it, or not.
    fn lose<P: Probe>(&mut self, plan: &Plan, probe: &mut P, t: u32, signal: Signal, now: u64) {
        if signal == Signal::Reset {
            self.answer(plan, probe, t, now, Err(Reason::Reset));
        } else if self.tasks[t as usize].flags & flag::ORPHAN != 0 {
            self.release(t);
        } else {
            self.set_stage(t, stage::LOST);
        }
    }

    /// Work in a stopped replica starts anew.
    fn restart<P: Probe>(&mut self, plan: &Plan, probe: &mut P, t: u32, now: u64) {
        let task = self.tasks[t as usize];
        let number = task.service as usize;
        if task.flags & stage::MASK == stage::CALLING {
            self.close_frame(plan, probe, t, now);
            if !self.holds_slot(plan, number) {
                self.replicas[task.replica as usize].busy += 1;
                self.meter_busy(number, task.replica, now);
            }
        }
        let demand = self.services[number].demand.sample(&mut draw(task.key, Purpose::Demand)).as_nanos();
        let (demand, _) = if self.services[number].is_special {
            self.special_demand(plan, &self.conditions[task.replica as usize], t, demand)
        } else {
            (demand, false)
        };
        self.tasks[t as usize].flags &= !flag::READY;
        if self.services[number].is_sharing {
            self.share_again(t, demand, now);
            return;
        }
        self.tasks[t as usize].due = demand;
        self.set_stage(t, stage::FROZEN);
    }

    /// Interrupted jobs of a shared queue go back to its head, and any replica may take them.
    fn requeue<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        let number = self.replicas[r as usize].service as usize;
        if !self.services[number].is_shared_queue {
            return;
        }
        let mut inside = self.replicas[r as usize].inside.clone();
        inside.retain(|t| self.tasks[*t as usize].flags & stage::MASK == stage::FROZEN);
        // The one that began first comes to stand first.
        inside.sort_by_key(|t| std::cmp::Reverse(self.tasks[*t as usize].started));
        for t in inside {
            self.step_out(t);
            if self.services[number].counts_load {
                self.change_load(plan, number as u16, r, now, false);
            }
            self.replicas[r as usize].busy -= 1;
            self.meter_busy(number, r, now);
            self.tasks[t as usize].flags |= flag::RESUMED;
            self.set_stage(t, stage::WAITING);
            self.services[number].book.queue.up(now);
            let level = plan.level(self.tasks[t as usize].priority);
            let (queue, mut links) = self.queue_of(number, r);
            queue.join_front(&mut links, t, level);
        }
        self.serve_shared(plan, probe, number, now);
    }
}
