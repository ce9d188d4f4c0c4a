//! The breaker of a guarded call: which attempts it stops, and what becomes of their call.

use super::guard::guard_of;
use crate::engine::plan::Plan;
use crate::engine::probe::{Note, Probe};
use crate::engine::world::World;
use crate::model::call::Stops;
use crate::model::resilience::breaker::{Breaker, BreakerState, Pass};
use crate::reason::Reason;
use crate::units::SimTime;

/// The pass of an attempt that was sent without a word of the breaker: it belongs to no state of it.
const UNASKED: Pass = Pass::MAX;

impl World {
    /// Second it asks the breaker.
    pub(super) fn ask_breaker<P: Probe>(&mut self, plan: &Plan, probe: &mut P, c: u32, now: u64) {
        let rule = guard_of(&plan.edges[self.calls[c as usize].edge as usize]).policy.breaker.as_ref();
        let stops_retries = rule.is_some_and(|rule| rule.stops == Stops::Retries);
        let is_spared = stops_retries && self.guarded[c as usize].rounds == 1;
        let guard = self.guard(c);
        let under_way = guard.under_way;
        let Some(breaker) = &mut guard.breaker else {
            self.guarded[c as usize].pass = 0;
            return self.ask_bulkhead(plan, probe, c, now);
        };
        // What a first attempt tells is heard while the breaker is closed; only those who ask decide when it closes.
        let is_closed = breaker.state() == BreakerState::Closed;
        let mut ask = || breaker.admit(SimTime::from_nanos(now), under_way);
        let pass = match is_spared {
            true if is_closed => ask().or(Some(UNASKED)),
            true => Some(UNASKED),
            false => ask(),
        };
        self.note_breaker(plan, c);
        match pass {
            Some(pass) => {
                self.guarded[c as usize].pass = pass;
                self.ask_bulkhead(plan, probe, c, now);
            }
            None if stops_retries => {
                let last = self.calls[c as usize].last.unwrap_or(Reason::BreakerOpen);
                self.note_stopped(plan, probe, c, now, Reason::BreakerOpen);
                self.fail_guarded(plan, probe, c, now, last);
            }
            None => self.stopped(plan, probe, c, now, Reason::BreakerOpen),
        }
    }

    /// Keeps a change of a call's breaker for those who listen.
    #[inline]
    pub(super) fn note_breaker(&mut self, plan: &Plan, c: u32) {
        let edge = &plan.edges[self.calls[c as usize].edge as usize];
        if guard_of(edge).policy.breaker.is_none() {
            return;
        }
        let guard = self.guard(c);
        let state = guard.breaker.as_ref().map_or(BreakerState::Closed, Breaker::state);
        if std::mem::replace(&mut guard.told, state) != state {
            let (caller, service) = (u32::from(edge.caller), u32::from(edge.service));
            let decider = self.guarded[c as usize].decider;
            self.tell_later(Note::BreakerChanged { caller, service, decider, state });
        }
    }
}
