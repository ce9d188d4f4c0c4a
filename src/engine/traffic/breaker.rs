//! The breaker of a guarded call: which attempts it stops, and what becomes of their call.

use crate::engine::id::CallId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::world::{Cx, State};
use crate::reason::Reason;

impl State {
    /// Second a guarded call asks the breaker.
    pub(in crate::engine) fn ask_breaker<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let (plan, now) = (cx.plan, cx.now);
        let rules = guard_of(&plan.edges[self.traffic.calls[c].edge as usize]);
        let is_first = self.traffic.guarded[c].rounds == 1;
        let pass = self.traffic.guard(c).ask_breaker(rules, is_first, now);
        self.note_breaker(plan, self.traffic.guard_at(c));
        match pass {
            Some(pass) => {
                self.traffic.guarded[c].pass = pass;
                self.ask_bulkhead(cx, c);
            }
            None => self.stopped_by_breaker(cx, c),
        }
    }

    /// The breaker stops a try of a guarded call.
    pub(in crate::engine) fn stopped_by_breaker<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let plan = cx.plan;
        let call = &self.traffic.calls[c];
        if !guard_of(&plan.edges[call.edge as usize]).stops_retries() {
            return self.stopped(cx, c, Reason::BreakerOpen);
        }
        let last = call.last.unwrap_or(Reason::BreakerOpen);
        self.note_stopped(cx, c, Reason::BreakerOpen);
        self.fail_guarded(cx, c, last);
    }

    /// Keeps a change of the breaker of a call site at a decider for those who listen.
    #[inline]
    pub(in crate::engine) fn note_breaker(&mut self, plan: &Plan, (number, decider): (u16, u32)) {
        if let Some(state) = self.traffic.guards[number as usize][decider as usize].turned() {
            let edge = &plan.edges[number as usize];
            let (caller, service) = (u32::from(edge.caller), u32::from(edge.service));
            self.record.tell_later(Note::BreakerChanged { caller, service, decider, state });
        }
    }
}
