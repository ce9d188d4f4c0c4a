//! Answers that are wrong, and look good: whoever gets one answers wrongly too, up to the client.

use crate::engine::id::{CallId, TaskId};
use crate::engine::plan::Plan;
use crate::engine::task::{Outcome, Task, flag};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::request::Request;
use crate::engine::world::State;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::reason::Reason;
use rand::RngExt;

impl Traffic {
    /// What an attempt answers goes to whoever waits for it: another attempt, or a client, of which the end of its request
    /// will ask.
    fn hand_on(&mut self, task: &Task) {
        let (mut flags, mut owner) = (task.flags, task.owner);
        if flags & flag::OWNER == flag::OF_CALL {
            let call = &self.calls[CallId::of(owner)];
            (flags, owner) = (call.flags, call.owner);
        }
        match flags & flag::OWNER {
            flag::OF_TASK => self.turn_wrong(TaskId::of(owner)),
            0 => self.is_wrong_answer = true,
            _ => {}
        }
    }

    /// A good answer is with its caller.
    #[inline]
    pub(in crate::engine) fn hand_on_answer(&mut self, plan: &Plan, (t, task): (TaskId, &Task)) {
        if plan.has_corruption {
            self.is_wrong_answer = false;
            if self.is_wrong(t) {
                self.hand_on(task);
            }
        }
    }

    /// How a request ended, as only its books know.
    #[inline]
    pub(in crate::engine) fn unmasked(&mut self, request: &Request, outcome: Outcome, now: u64) -> Outcome {
        let is_wrong = std::mem::take(&mut self.is_wrong_answer) && outcome.is_ok();
        let good_within = self.clients[request.client as usize].good_within;
        if is_wrong && now - request.start <= good_within { Err(Reason::Corrupt) } else { outcome }
    }
}

impl State {
    /// An attempt begins service: its answer may be wrong.
    #[inline]
    pub(in crate::engine) fn note_wrong(&mut self, plan: &Plan, t: TaskId) {
        if !plan.has_corruption {
            return;
        }
        let task = &self.traffic.tasks[t];
        let condition = &self.fleet.conditions[task.replica as usize];
        let right = if condition.gray.is_empty() { 1.0 } else { self.right_share(plan, t) };
        let share = 1.0 - (1.0 - condition.wrong_share) * right;
        if share > 0.0 && draw(task.key, Purpose::Corruption).random::<f64>() < share {
            self.traffic.turn_wrong(t);
        }
    }
}
