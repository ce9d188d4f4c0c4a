//! Poisoned requests crash whoever begins to serve them.

use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::task::{Origin, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::fault::FaultKind;
use crate::units::SimTime;
use rand::RngExt;

/// Whether the request behind a piece of work is poisoned by a fault: wherever it comes and however often.
fn is_poisoned(plan: &Plan, fault: u32, origin: Origin) -> bool {
    let FaultKind::Poison { from, share, .. } = &plan.system.faults[fault as usize].kind else {
        return false;
    };
    let is_from = from.is_empty() || from.iter().any(|client| client.0 == origin.client);
    let key = mix(plan.poison.key(fault), origin.work.request);
    is_from && draw(key, Purpose::Poison).random::<f64>() < share.get()
}

impl State {
    /// The faults that an attempt, or a message in it, brings to its replica.
    fn poison_in(&self, plan: &Plan, t: TaskId) -> Vec<u32> {
        let origins: Vec<Origin> = match self.traffic.event_of(t) {
            Some(receive) => self.queues.origins_of(receive),
            None => vec![self.traffic.origin_of(t)],
        };
        let strikes = |process: &u32| {
            let fault = plan.processes[*process as usize].fault;
            origins.iter().any(|origin| is_poisoned(plan, fault, *origin))
        };
        let replica = self.traffic.tasks[t].replica;
        plan.poison.of(replica).iter().copied().filter(strikes).collect()
    }

    /// An attempt begins service: a poisoned one strikes before anything else can come of it.
    #[inline]
    pub(in crate::engine) fn look_for_poison<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        if plan.poison.is_there() && !self.poison_in(plan, t).is_empty() {
            let key = self.traffic.tasks[t].key;
            let at = SimTime::from_nanos(cx.now);
            cx.clock.calendar.plan_rare(at, Rank::Completion, Rare::Poison(t, key));
        }
    }

    /// A poisoned request is in service: it crashes who serves it.
    pub(in crate::engine) fn poison<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, key): (TaskId, u64)) {
        let task = &self.traffic.tasks[t];
        if task.key != key || !matches!(task.flags & stage::MASK, stage::RUNNING | stage::FROZEN) {
            return;
        }
        for process in self.poison_in(cx.plan, t) {
            if !self.incidents.is_active(process) {
                self.strike(cx, process);
            }
        }
    }
}
