//! The bulkhead of a guarded call: who gets a place, and who waits for one.

use crate::engine::id::CallId;
use crate::engine::listener::Listener;
use crate::engine::traffic::Traffic;
use crate::engine::traffic::guard::Stage;
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::world::{Cx, State};
use crate::reason::Reason;
use crate::units::SimTime;

impl Traffic {
    /// A place in a bulkhead may be free: the next call that waits there is called.
    pub(in crate::engine) fn call_next<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (edge, decider): (u16, u32),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let guard = &mut self.guards[edge as usize][decider as usize];
        if !guard.waiting.is_empty()
            && guard.has_place(guard_of(&plan.edges[edge as usize]))
            && let Some(next) = guard.waiting.pop_front()
        {
            self.wake_later(cx, next, Stage::Called, SimTime::from_nanos(now));
        }
    }
}

impl State {
    /// Third it asks for a place, or waits for one.
    pub(in crate::engine) fn ask_bulkhead<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let plan = cx.plan;
        let rules = guard_of(&plan.edges[self.traffic.calls[c].edge as usize]);
        let was_called = self.traffic.guarded[c].stage == Stage::Called;
        let guard = self.traffic.guard(c);
        if guard.has_place(rules) {
            return self.send_guarded(cx, c);
        }
        let queue = rules.policy.bulkhead.map_or(0, |bulkhead| bulkhead.queue as usize);
        if was_called {
            guard.waiting.push_front(c);
        } else if guard.waiting.len() < queue {
            guard.waiting.push_back(c);
        } else {
            let out = self.traffic.about_to_send(c, false);
            self.traffic.guard(c).under_way += 1;
            self.learn(cx, c, out, 0, Err(Reason::Throttled));
            return self.stopped(cx, c, Reason::Throttled);
        }
        self.traffic.guarded[c].stage = Stage::Queued;
    }
}
