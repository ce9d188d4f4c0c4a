//! The work of a batch: that of its messages, one after the other, each with its own luck and its own effect.

use super::{Done, settings};
use crate::engine::id::{CallId, TaskId};
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::task::{flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::world::{Cx, State};
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::model::effect::Found;
use crate::model::event::Report;
use crate::units::SimDuration;
use rand::RngExt;

impl Traffic {
    /// The receive for which an attempt is made, if it is for one.
    pub(in crate::engine) fn event_of(&self, t: TaskId) -> Option<u32> {
        let task = &self.tasks[t];
        // Of an attempt that nobody waits for, the record of its call may be another's.
        if task.flags & (flag::OWNER | flag::ORPHAN) != flag::OF_CALL
            || task.flags & stage::MASK == stage::FREE
        {
            return None;
        }
        let call = &self.calls[CallId::of(task.owner)];
        (call.flags & flag::OWNER == flag::OWNER).then_some(call.owner)
    }
}

impl State {
    /// The demand of an attempt with messages, and whether it will err, where that of any other with the key of the first
    /// is `alone`.
    #[inline(never)]
    pub(in crate::engine) fn demand_of_batch<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        alone: (u64, bool),
    ) -> (u64, bool) {
        let plan = cx.plan;
        let Some(number) = self.traffic.event_of(t) else { return alone };
        let count = self.queues.receives[number].items.len();
        let mut sum = 0_u64;
        let (mut failed, mut before) = (0, 0);
        for place in 0..count {
            let (demand, result) = if count == 1 {
                self.alone(t, number, alone)
            } else {
                self.one_of_batch(cx, t, (number, place))
            };
            sum = sum.saturating_add(demand);
            failed += usize::from(matches!(result, Done::Failed | Done::Elsewhere));
            before += usize::from(result == Done::Before);
            self.queues.receives[number].items[place].result = result;
        }
        if count > 1 {
            // The record of its first message answers nothing for the others.
            self.traffic.note_found(t, if before == count { Found::Answer } else { Found::Nothing });
        }
        let queue = self.queues.receives[number].queue;
        let report = settings(plan, queue).consumer.map_or(Report::Batch, |consumer| consumer.report);
        let errs = match report {
            Report::Batch => failed > 0,
            Report::Items => failed == count,
        };
        (sum, errs)
    }

    /// The only message of a receive.
    fn alone(&self, t: TaskId, number: u32, (demand, errs): (u64, bool)) -> (u64, Done) {
        let item = &self.queues.receives[number].items[0];
        let is_invalid = item.flags & flag::INVALID != 0 && !self.is_answered_by_key(t);
        // What its record says is the outcome of the attempt.
        (demand, if errs || is_invalid { Done::Failed } else { Done::Well })
    }

    /// One of several messages.
    fn one_of_batch<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        (number, place): (u32, usize),
    ) -> (u64, Done) {
        let (plan, now) = (cx.plan, cx.now);
        let service = self.traffic.tasks[t].service as usize;
        let settings = &plan.system.services[service];
        let item = self.queues.receives[number].items[place];
        let mut lookup = 0;
        if let Some(rules) = &settings.idempotency {
            // The attempt has looked the first one up already.
            let found = if place == 0 {
                self.traffic.found_by(t)
            } else {
                lookup = rules.lookup.sample(&mut draw(item.key, Purpose::LookUp)).as_nanos();
                self.traffic.look_up_message((item.origin.work, item.key), now, rules)
            };
            match found {
                Found::Nothing => {}
                Found::Answer => return (lookup, Done::Before),
                Found::InProgress => return (lookup, Done::Elsewhere),
            }
        }
        let errs = self.errs(plan, t, item.key);
        let version = self.version_for(plan, t);
        let (demand, error_time) = version.map_or((&settings.demand, &settings.error_time), |version| {
            (&version.demand, &version.error_time)
        });
        let law = error_time.as_ref().filter(|_| errs).map(|law| (law, Purpose::ErrorTime));
        let (law, purpose) = law.unwrap_or((demand, Purpose::Demand));
        let demand: SimDuration = law.sample(&mut draw(item.key, purpose));
        // What is invalid is worked on like any other.
        let is_good = !errs && item.flags & flag::INVALID == 0;
        (lookup.saturating_add(demand.as_nanos()), if is_good { Done::Well } else { Done::Failed })
    }

    /// Whether work with a key fails where an attempt is.
    fn errs(&self, plan: &Plan, t: TaskId, key: u64) -> bool {
        let task = &self.traffic.tasks[t];
        let service = &plan.system.services[task.service as usize];
        let version = self.version_for(plan, t);
        let own = version.map_or(service.error_ratio, |version| version.error_ratio);
        let share =
            1.0 - (1.0 - own.get()) * (1.0 - self.fleet.conditions[task.replica as usize].error_share);
        share > 0.0 && draw(key, Purpose::Outcome).random::<f64>() < share
    }

    /// The service of an attempt with several messages ended: the effects of those that went well come about, whatever
    /// became of the others. Whether it is one.
    pub(in crate::engine) fn effects_of_batch<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let (plan, now) = (cx.plan, cx.now);
        let Some(number) = self.traffic.event_of(t) else { return false };
        let count = self.queues.receives[number].items.len();
        if count == 1 {
            return false;
        }
        let task = &self.traffic.tasks[t];
        let (service, relayed) = (task.service as usize, task.flags & flag::RELAYED != 0);
        let settings = &plan.system.services[service];
        let zone = self.fleet.seats.zones[task.replica as usize];
        for place in 0..count {
            let item = self.queues.receives[number].items[place];
            let measured = u64::from(item.flags & flag::MEASURED != 0);
            match item.result {
                Done::Before => {
                    self.record.services[service].suppressed += measured;
                    continue;
                }
                Done::Elsewhere => continue,
                Done::Well | Done::Failed => {}
            }
            let is_good = item.result == Done::Well && !relayed;
            let key = (item.origin.work, item.key);
            let times = self.traffic.finish_message(key, (now, is_good), settings);
            if times > 0 {
                self.stores.write(plan, (service, zone), now);
            }
            self.record.note_effect((service, item.origin.client), times, measured);
        }
        true
    }
}
