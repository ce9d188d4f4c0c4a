//! What is particular about calls that a gateway makes.

use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::task::{Task, flag};
use crate::engine::traffic::Traffic;
use crate::engine::world::{Cx, State};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::reason::Reason;
use rand::RngExt;

impl Traffic {
    /// The steps of the task's caller: of its client, of its service, or of the route by which it came to a gateway.
    pub(in crate::engine) fn caller_of(&self, plan: &Plan, t: TaskId) -> usize {
        let task = &self.tasks[t];
        if task.flags & flag::REQUEST != 0 {
            task.edge as usize
        } else if let Some(row) = plan.gateways.row(task.edge) {
            row
        } else {
            self.clients.len() + task.service as usize
        }
    }

    /// Notes that a required call of a task failed. What is wrong with a request itself a gateway hands back as it is.
    pub(in crate::engine) fn note_failed_call(&mut self, t: TaskId, reason: Reason) {
        let flags = &mut self.tasks[t].flags;
        if reason != Reason::ClientError || *flags & flag::INVALID == 0 {
            *flags |= flag::ERROR | flag::RELAYED;
        }
    }
}

impl State {
    /// Whether authorisation refuses a request of which it refuses a share; then it is answered as one that is wrong in
    /// itself.
    pub(in crate::engine) fn is_denied<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        share: f64,
    ) -> bool {
        let Task { key, flags, service, .. } = self.traffic.tasks[t];
        let is_denied = draw(mix(key, 1), Purpose::Outcome).random::<f64>() < share;
        if is_denied {
            self.traffic.tasks[t].flags |= flag::INVALID;
            self.record.services[service as usize].denied += u64::from(flags & flag::MEASURED != 0);
            self.calls_done(cx, t);
        }
        is_denied
    }
}
