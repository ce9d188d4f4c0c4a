//! What requests of a trace bring along, and their attempts hand on.

use crate::engine::id::{CallId, TaskId};
use crate::engine::plan::Plan;
use crate::engine::task::flag;
use crate::engine::traffic::Traffic;
use crate::kernel::slab::Id;
use crate::model::trace::TraceCall;
use crate::units::SimDuration;

/// Marks the origin of a request of a trace that is the place of its key, because somebody listens.
const NAMED: u32 = 1 << 31;

impl Traffic {
    /// The origin of a request of a trace while somebody listens: it tells which request it is.
    #[inline(never)]
    pub(in crate::engine) fn name_call(&mut self, call: TraceCall) -> u32 {
        let place = self.request_keys.keep(call.key);
        if self.request_calls.len() <= place as usize {
            self.request_calls.resize(place as usize + 1, 0);
        }
        self.request_calls[place as usize] = call.origin;
        NAMED | place
    }

    /// The key of a request of a trace that ends; 0 where nobody listened when it arrived.
    pub(in crate::engine) fn key_of_call(&mut self, origin: u32) -> u64 {
        if origin & NAMED == 0 {
            return 0;
        }
        let place = origin & !NAMED;
        self.request_keys.give_back(place);
        self.request_keys[place]
    }

    /// Notes what is asked of the request of a task later.
    pub(in crate::engine) fn remember_request(&mut self, plan: &Plan, t: TaskId) {
        if plan.has_sessions {
            self.remember_session(plan, t);
        }
        if plan.has_populations {
            self.note_call(plan, t);
        }
    }

    /// Notes what the request of a task brings along, if it is one of a trace.
    #[inline(never)]
    fn note_call(&mut self, plan: &Plan, t: TaskId) {
        let task = &self.tasks[t];
        if plan.system.services[task.service as usize].population.is_none() {
            return;
        }
        let (flags, owner) = match task.flags & flag::OWNER {
            flag::OF_CALL => {
                let call = &self.calls[CallId::of(task.owner)];
                (call.flags, call.owner)
            }
            _ => (task.flags, task.owner),
        };
        if flags & flag::OWNER != 0 {
            return;
        }
        let call = if owner & NAMED == 0 { owner } else { self.request_calls[(owner & !NAMED) as usize] };
        if self.task_call.len() < self.tasks.len() {
            self.task_call.resize(self.tasks.len(), 0);
        }
        self.task_call[t.index()] = call;
    }

    /// How long a call takes that has begun [ns]: as its trace says, where it is one of a trace that does.
    pub(in crate::engine) fn demand_of_call(&self, plan: &Plan, t: TaskId, demand: u64) -> u64 {
        let task = &self.tasks[t];
        let Some(settings) = &plan.system.services[task.service as usize].population else { return demand };
        let own = settings.trace.duration_of(self.call_of(t), task.key);
        own.map_or(demand, SimDuration::as_nanos)
    }

    /// What the request of a task brings along.
    pub(in crate::engine) fn call_of(&self, t: TaskId) -> u32 {
        self.task_call[t.index()]
    }
}
