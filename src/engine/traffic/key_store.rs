//! A service beside that keeps the idempotency keys of another: it is called before the work and after it.
//!
//! The first step of such a service's calls asks, and its last one writes. Its own work lies between them: a task that is
//! admitted holds its slot with nothing to do, asks, does its work with what was found, makes its other calls, has its effect,
//! and writes. What becomes of its record is decided when the answers of the store are there.

use crate::engine::event::kind;
use crate::engine::id::{FanOutId, TaskId};
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::work::at_pace;
use crate::engine::task::{flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::model::effect::{Found, StoreFailure};
use crate::reason::Reason;
use crate::units::SimTime;

/// How far a task is with the store of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) enum StoreStage {
    /// It has heard nothing of it yet.
    #[default]
    Asking,
    /// It was answered, or may do without.
    Asked {
        /// Whether its record is in progress, so that it is to be written.
        has_record: bool,
    },
    /// Its own work has begun, and its other calls may be out.
    Working {
        /// As before.
        has_record: bool,
    },
    /// Its work is done, with its effect, and its record is being written.
    Writing,
}

impl StoreStage {
    /// Whether what its work leaves behind is there already.
    pub(super) fn is_past(self) -> bool {
        self == Self::Writing
    }
}

impl Traffic {
    /// How far a task is with the store of its key; nothing where it has none.
    fn store_stage(&self, plan: &Plan, t: TaskId) -> Option<StoreStage> {
        if !plan.has_effects {
            return None;
        }
        let task = &self.tasks[t];
        let has_store =
            task.flags & flag::REQUEST == 0 && plan.system.services[task.service as usize].asks_store();
        has_store.then(|| self.jobs[t.index()].stage)
    }

    /// Whether a task has to ask a store before its work.
    #[inline]
    pub(in crate::engine) fn is_to_ask(&self, plan: &Plan, t: TaskId) -> bool {
        self.store_stage(plan, t) == Some(StoreStage::Asking)
    }

    /// Whether a task has asked a store.
    pub(super) fn has_asked(&self, plan: &Plan, t: TaskId) -> bool {
        self.store_stage(plan, t).is_some_and(|stage| stage != StoreStage::Asking)
    }

    /// Whether the record of a task is still to be written.
    pub(super) fn is_to_write(&self, plan: &Plan, t: TaskId) -> bool {
        self.store_stage(plan, t) == Some(StoreStage::Working { has_record: true })
    }

    /// Work that starts anew asks anew.
    pub(in crate::engine) fn ask_anew(&mut self, t: TaskId) {
        if let Some(job) = self.jobs.get_mut(t.index()) {
            job.stage = StoreStage::Asking;
        }
    }

    /// The store says what it has under the key of a task, or nothing.
    fn store_asked<L: Listener>(&mut self, cx: &Cx<'_, L>, t: TaskId, outcome: Result<(), Reason>) {
        let (key, service) = (self.tasks[t].key, self.tasks[t].service as usize);
        let Some(rules) = &cx.plan.system.services[service].idempotency else { return };
        let job = &mut self.jobs[t.index()];
        match outcome {
            Ok(()) => {
                let now = SimTime::from_nanos(cx.now);
                job.found = self.ledger.look_up(job.origin.work, key, now, rules);
                job.stage = StoreStage::Asked { has_record: job.found == Found::Nothing };
            }
            Err(reason) => {
                job.stage = StoreStage::Asked { has_record: false };
                if rules.store == Some(StoreFailure::Fail) {
                    self.note_failed_call(t, reason);
                }
            }
        }
    }

    /// The record of a task is written, or it stays in progress.
    fn store_written<L: Listener>(&mut self, cx: &Cx<'_, L>, t: TaskId, outcome: Result<(), Reason>) {
        let (key, service) = (self.tasks[t].key, self.tasks[t].service as usize);
        let is_good = self.tasks[t].flags & (flag::ERROR | flag::INVALID) == 0;
        let Some(rules) = &cx.plan.system.services[service].idempotency else { return };
        let work = self.jobs[t.index()].origin.work;
        match outcome {
            Ok(()) => {
                let now = SimTime::from_nanos(cx.now);
                self.ledger.finish(work, key, (now, is_good), rules);
            }
            Err(reason) if is_good && rules.store == Some(StoreFailure::Fail) => {
                self.note_failed_call(t, reason);
            }
            Err(_) => {}
        }
    }
}

impl State {
    /// A step of a task is over; whether that was a call of its store, with which everything is done that follows.
    pub(super) fn hears_store<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        outcome: Result<(), Reason>,
    ) -> bool {
        match self.traffic.store_stage(cx.plan, t) {
            Some(StoreStage::Asking) => self.traffic.store_asked(cx, t, outcome),
            Some(StoreStage::Writing) => self.traffic.store_written(cx, t, outcome),
            Some(StoreStage::Asked { .. } | StoreStage::Working { .. }) | None => return false,
        }
        self.calls_done(cx, t);
        true
    }

    /// Whether a task whose calls are done has only asked its store: then its own work begins.
    pub(super) fn begins_after_asking<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let Some(StoreStage::Asked { has_record }) = self.traffic.store_stage(cx.plan, t) else {
            return false;
        };
        let task = &self.traffic.tasks[t];
        if task.flags & flag::ERROR != 0 {
            return false;
        }
        let law = &self.fleet.services[task.service as usize].demand;
        let demand = law.sample(&mut draw(task.key, Purpose::Demand)).as_nanos();
        self.traffic.jobs[t.index()].stage = StoreStage::Working { has_record };
        let (demand, errs) = self.special_demand(cx, t, demand);
        let task = &mut self.traffic.tasks[t];
        let pace = self.fleet.replicas[task.replica as usize].pace;
        task.flags = task.flags & !stage::MASK | stage::RUNNING | if errs { flag::ERROR } else { 0 };
        task.due = cx.now.saturating_add(at_pace(demand, pace));
        let at = SimTime::from_nanos(task.due);
        self.look_for_poison(cx, t);
        self.note_wrong(cx.plan, t);
        let armed = cx.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t.number()));
        self.traffic.tasks[t].armed = armed;
        true
    }

    /// Whether a task whose last step is next leaves it out, as it has no record to write; if it has one, the effect of its
    /// work comes about now.
    pub(super) fn skips_writing<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let Some(StoreStage::Working { has_record }) = self.traffic.store_stage(cx.plan, t) else {
            return false;
        };
        if has_record {
            self.come_about(cx, t);
            self.traffic.jobs[t.index()].stage = StoreStage::Writing;
        }
        !has_record
    }

    /// A task that is done before its calls are goes on to write its record.
    pub(super) fn write_down<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let last = cx.plan.steps[self.traffic.caller_of(cx.plan, t)].len() - 1;
        let f = FanOutId::of(self.traffic.tasks[t].armed);
        self.traffic.fan_outs[f].step = last as u16;
        self.make_steps(cx, t);
    }
}
