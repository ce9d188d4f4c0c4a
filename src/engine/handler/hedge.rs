//! Copies of attempts that are sent before these have failed.

use super::guard::{ATTEMPTS_MAX, guard_of};
use crate::engine::guard::Stage;
use crate::engine::plan::{NONE, Plan};
use crate::engine::probe::Probe;
use crate::engine::task::{flag, stage};
use crate::engine::view::Asking;
use crate::engine::world::{World, kind};
use crate::kernel::calendar::Rank;
use crate::model::resilience::hedge::HedgeTimer;
use crate::model::resilience::limit::Verdict;
use crate::units::SimTime;

impl World {
    /// Starts the timer for the next copy of a call, if there may be one.
    pub(super) fn hedge_later(&mut self, plan: &Plan, c: u32, now: u64) {
        if !self.has_copies_left(plan, c) {
            return;
        }
        let Some(delay) = self.guard(c).hedge.as_mut().and_then(HedgeTimer::delay) else { return };
        let at = SimTime::from_nanos(now) + delay;
        self.guarded[c as usize].hedge_armed = self.calendar.plan(at, Rank::Timer, kind::of(kind::RETRY, c));
    }

    fn has_copies_left(&self, plan: &Plan, c: u32) -> bool {
        let (call, guarded) = (&self.calls[c as usize], &self.guarded[c as usize]);
        let hedge = guard_of(&plan.edges[call.edge as usize]).policy.hedge.as_ref();
        guarded.stage == Stage::Out
            && call.attempts < ATTEMPTS_MAX
            && hedge.is_some_and(|hedge| guarded.copies < hedge.attempts)
    }

    /// Sends the next copy of a call to another replica, unless something stands in its way; then it is left out.
    pub(super) fn hedge<P: Probe>(&mut self, plan: &Plan, probe: &mut P, c: u32, now: u64) {
        self.guarded[c as usize].hedge_armed = 0;
        if !self.has_copies_left(plan, c) || !self.may_hedge(plan, c, now) {
            return;
        }
        self.last_picked = NONE;
        self.calls[c as usize].attempts += 1;
        let guarded = &mut self.guarded[c as usize];
        guarded.copies += 1;
        let avoid = std::mem::take(&mut guarded.avoid);
        let out = self.about_to_send(c, true);
        let sent = self.send_out(plan, probe, (c, true), now, &avoid);
        self.guarded[c as usize].avoid = avoid;
        self.was_sent(plan, probe, (c, out), now, sent);
    }

    /// Whether a copy may be sent: there is another replica, and guard and budget let it pass.
    fn may_hedge(&mut self, plan: &Plan, c: u32, now: u64) -> bool {
        let edge = &plan.edges[self.calls[c as usize].edge as usize];
        let call = &self.calls[c as usize];
        let zone = match plan.zone_regions.len() {
            1 => 0,
            _ => self.caller_zone(plan, call.flags, call.owner, call.edge),
        };
        let guarded = &mut self.guarded[c as usize];
        guarded.avoid.clear();
        guarded.avoid.extend(guarded.out.iter().map(|out| out.replica));
        let avoid = std::mem::take(&mut guarded.avoid);
        let (service, decider) = (edge.service as usize, guarded.decider as usize);
        let has_others = self.has_others(plan, Asking { service, decider, zone, session: 0 }, &avoid);
        self.guarded[c as usize].avoid = avoid;
        if !has_others {
            return false;
        }
        let guard = self.guard(c);
        let is_full = guard_of(edge).policy.bulkhead.is_some_and(|one| guard.under_way >= one.limit);
        if is_full || self.ask_throttle(c, now) != Verdict::Admit {
            return false;
        }
        let guard = self.guard(c);
        let under_way = guard.under_way;
        let pass = match &mut guard.breaker {
            Some(breaker) => breaker.admit(SimTime::from_nanos(now), under_way),
            None => Some(0),
        };
        self.note_breaker(plan, c);
        let guard = self.guard(c);
        let Some(pass) = pass else { return false };
        let Some(cost) = guard.grant(now, None, true) else {
            if let Some(breaker) = &mut guard.breaker {
                breaker.forget(pass);
            }
            return false;
        };
        let guarded = &mut self.guarded[c as usize];
        guarded.pass = pass;
        guarded.granted = Some(cost);
        true
    }

    /// An attempt at a service whose copies stop one another got a slot: those that wait are no longer wanted.
    pub(in crate::engine) fn untie<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        (t, key): (u32, u64),
        now: u64,
    ) {
        let task = &self.tasks[t as usize];
        let is_wanted = task.flags & (flag::OF_CALL | flag::ORPHAN) == flag::OF_CALL;
        let guard = plan.edges[task.edge as usize].guard.as_ref();
        let is_under_way = task.key == key && task.flags & stage::MASK != stage::FREE;
        if !is_wanted || !is_under_way || !guard.is_some_and(|guard| guard.ties) {
            return;
        }
        let c = task.owner;
        // No more copies are sent either.
        self.guarded[c as usize].hedge_armed = 0;
        let mut place = 0;
        while let Some(out) = self.guarded[c as usize].out.get(place).copied() {
            let stage = self.tasks[out.task as usize].flags & stage::MASK;
            if out.task == t || !matches!(stage, stage::THERE | stage::WAITING) {
                place += 1;
                continue;
            }
            self.guarded[c as usize].out.remove(place);
            self.guard(c).forget(out);
            self.call_next(plan, c, now);
            self.drop_attempt(plan, probe, out.task, now);
        }
        self.calls[c as usize].task = self.guarded[c as usize].out.first().map_or(NONE, |out| out.task);
    }
}
