//! The bulkhead of a guarded call: who gets a place, and who waits for one.

use crate::engine::observer::Probe;
use crate::engine::plan::Plan;
use crate::engine::traffic::guard::Stage;
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::world::World;
use crate::reason::Reason;
use crate::units::SimTime;

impl World {
    /// Third it asks for a place, or waits for one.
    pub(in crate::engine) fn ask_bulkhead<P: Probe>(&mut self, plan: &Plan, probe: &mut P, c: u32, now: u64) {
        let rules = guard_of(&plan.edges[self.traffic.calls[c as usize].edge as usize]);
        let was_called = self.traffic.guarded[c as usize].stage == Stage::Called;
        let guard = self.guard(c);
        if guard.has_place(rules) {
            return self.send_guarded(plan, probe, c, now);
        }
        let queue = rules.policy.bulkhead.map_or(0, |bulkhead| bulkhead.queue as usize);
        if was_called {
            guard.waiting.push_front(c);
        } else if guard.waiting.len() < queue {
            guard.waiting.push_back(c);
        } else {
            let out = self.about_to_send(c, false);
            self.guard(c).under_way += 1;
            self.learn(plan, c, out, (now, 0), Err(Reason::Throttled));
            return self.stopped(plan, probe, c, now, Reason::Throttled);
        }
        self.traffic.guarded[c as usize].stage = Stage::Queued;
    }

    /// A place in a bulkhead may be free: the next call that waits there is called.
    pub(in crate::engine) fn call_next(&mut self, plan: &Plan, (edge, decider): (u16, u32), now: u64) {
        let guard = &mut self.traffic.guards[edge as usize][decider as usize];
        if !guard.waiting.is_empty()
            && guard.has_place(guard_of(&plan.edges[edge as usize]))
            && let Some(next) = guard.waiting.pop_front()
        {
            self.wake_later(next, Stage::Called, SimTime::from_nanos(now));
        }
    }
}
