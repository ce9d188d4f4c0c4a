//! The breaker of a guarded call: which attempts it stops, and what becomes of their call.

use crate::engine::observer::{Note, Probe};
use crate::engine::plan::Plan;
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::world::World;
use crate::reason::Reason;

impl World {
    /// Second a guarded call asks the breaker.
    pub(in crate::engine) fn ask_breaker<P: Probe>(&mut self, plan: &Plan, probe: &mut P, c: u32, now: u64) {
        let rules = guard_of(&plan.edges[self.traffic.calls[c as usize].edge as usize]);
        let is_first = self.traffic.guarded[c as usize].rounds == 1;
        let pass = self.guard(c).ask_breaker(rules, is_first, now);
        self.note_breaker(plan, self.guard_at(c));
        match pass {
            Some(pass) => {
                self.traffic.guarded[c as usize].pass = pass;
                self.ask_bulkhead(plan, probe, c, now);
            }
            None => self.stopped_by_breaker(plan, probe, c, now),
        }
    }

    /// The breaker stops a try of a guarded call.
    pub(in crate::engine) fn stopped_by_breaker<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        c: u32,
        now: u64,
    ) {
        let call = &self.traffic.calls[c as usize];
        if !guard_of(&plan.edges[call.edge as usize]).stops_retries() {
            return self.stopped(plan, probe, c, now, Reason::BreakerOpen);
        }
        let last = call.last.unwrap_or(Reason::BreakerOpen);
        self.note_stopped(plan, probe, c, now, Reason::BreakerOpen);
        self.fail_guarded(plan, probe, c, now, last);
    }

    /// Keeps a change of the breaker of a call site at a decider for those who listen.
    #[inline]
    pub(in crate::engine) fn note_breaker(&mut self, plan: &Plan, (number, decider): (u16, u32)) {
        if let Some(state) = self.traffic.guards[number as usize][decider as usize].turned() {
            let edge = &plan.edges[number as usize];
            let (caller, service) = (u32::from(edge.caller), u32::from(edge.service));
            self.tell_later(Note::BreakerChanged { caller, service, decider, state });
        }
    }
}
