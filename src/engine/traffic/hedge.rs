//! Copies of attempts: sent while these have not answered, or at once when one failed.

use crate::engine::event::kind;
use crate::engine::id::{CallId, TaskId};
use crate::engine::knowledge::view::Asking;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::task::{flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::guard::Stage;
use crate::engine::traffic::guarded_call::{ATTEMPTS_MAX, guard_of};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::resilience::hedge::HedgeTimer;
use crate::model::resilience::hint::Hints;
use crate::model::resilience::limit::Verdict;
use crate::reason::{Reason, ReasonSet};
use crate::units::{SimDuration, SimTime};

impl Traffic {
    /// Starts the timer for the next copy of a call, if there may be one.
    pub(in crate::engine) fn hedge_later<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let (plan, now) = (cx.plan, cx.now);
        if !self.has_copies_left(plan, c) {
            return;
        }
        let Some(delay) = self.guard(c).hedge.as_mut().and_then(HedgeTimer::delay) else { return };
        let at = SimTime::from_nanos(now) + delay;
        self.guarded[c].hedge_armed = cx.clock.plan_about(at, Rank::Timer, (kind::RETRY, c.number()));
    }

    fn has_copies_left(&self, plan: &Plan, c: CallId) -> bool {
        let (call, guarded) = (&self.calls[c], &self.guarded[c]);
        let hedge = guard_of(&plan.edges[call.edge as usize]).policy.hedge.as_ref();
        guarded.stage == Stage::Out
            && call.attempts < ATTEMPTS_MAX
            && hedge.is_some_and(|hedge| guarded.copies < hedge.attempts)
    }
}

impl State {
    /// The time for the next copy of a call has come.
    pub(in crate::engine) fn hedge_now<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let guarded = &mut self.traffic.guarded[c];
        guarded.hedge_armed = 0;
        let put_off = guarded.put_off.take();
        if !self.hedge(cx, (c, put_off))
            && self.traffic.guarded[c].out.is_empty()
            && let Some(reason) = put_off
        {
            self.try_refused(cx, c, reason);
        }
    }

    /// A copy failed, which is not final: the next one goes out at once, or when the service said so. Whether one goes
    /// out, and so decides what follows.
    pub(in crate::engine) fn hedge_after<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (c, reason): (CallId, Reason),
    ) -> bool {
        let (plan, now) = (cx.plan, cx.now);
        let call = &self.traffic.calls[c];
        let edge = &plan.edges[call.edge as usize];
        let Some(hedge) = guard_of(edge).policy.hedge.as_ref() else { return false };
        let hint = edge.hint.filter(|_| hedge.hints != Hints::Ignore && ReasonSet::REFUSED.contains(reason));
        let Some((hint, _)) = hint else { return self.hedge(cx, (c, Some(reason))) };
        let mut random = draw(mix(call.key, u64::from(call.attempts)), Purpose::Jitter);
        let Some(wait) = hedge.hints.wait(hint, SimDuration::ZERO, &mut random) else {
            // Told not to come back: no copy follows in this try.
            let guarded = &mut self.traffic.guarded[c];
            (guarded.copies, guarded.hedge_armed) = (hedge.attempts, 0);
            return false;
        };
        if !self.traffic.has_copies_left(plan, c) {
            return false;
        }
        let at = SimTime::from_nanos(now) + wait;
        let armed = cx.clock.plan_about(at, Rank::Timer, (kind::RETRY, c.number()));
        let guarded = &mut self.traffic.guarded[c];
        (guarded.hedge_armed, guarded.put_off) = (armed, Some(reason));
        true
    }

    /// Sends the next copy of a call to another replica, unless something stands in its way: then it is left out. Whether
    /// it was sent, and so decides what follows; `failure` is why the last one failed, if that is why it is sent.
    fn hedge<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (c, failure): (CallId, Option<Reason>)) -> bool {
        let plan = cx.plan;
        if !self.traffic.has_copies_left(plan, c) || !self.may_hedge(cx, (c, failure)) {
            return false;
        }
        self.traffic.last_picked = NONE;
        self.traffic.calls[c].attempts += 1;
        let guarded = &mut self.traffic.guarded[c];
        guarded.hedge_armed = 0;
        guarded.copies += 1;
        let avoid = std::mem::take(&mut guarded.avoid);
        let out = self.traffic.about_to_send(c, true);
        let sent = self.send_out(cx, (c, true), &avoid);
        self.traffic.guarded[c].avoid = avoid;
        self.was_sent(cx, (c, out), sent);
        true
    }

    /// Finds whom a copy avoids: all that this try went to, or, where there is no other, those it is under way to;
    /// whether that leaves anyone.
    fn has_somewhere(&mut self, plan: &Plan, c: CallId) -> bool {
        let call = &self.traffic.calls[c];
        let edge = &plan.edges[call.edge as usize];
        let zone = match plan.zone_regions.len() {
            1 => 0,
            _ => self.caller_zone(plan, call.flags, call.owner, call.edge),
        };
        let guarded = &mut self.traffic.guarded[c];
        let (service, decider, before) = (edge.service as usize, guarded.decider as usize, guarded.before);
        let mut avoid = std::mem::take(&mut guarded.avoid);
        let shard = self.traffic.shard_of_call(plan, c);
        // Whether there are others does not depend on the session, but for its shard.
        let asking = Asking { service, decider, zone, session: 0, shard };
        let call = &self.traffic.calls[c];
        avoid.clear();
        avoid.extend_from_slice(call.tried.get(before as usize..).unwrap_or_default());
        let mut has_others = self.has_others(plan, asking, &avoid);
        if !has_others {
            avoid.clear();
            avoid.extend(self.traffic.guarded[c].out.iter().map(|out| out.replica));
            has_others = self.has_others(plan, asking, &avoid);
        }
        self.traffic.guarded[c].avoid = avoid;
        has_others
    }

    /// Whether a copy may be sent: there is another replica, and guard and budget let it pass.
    fn may_hedge<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (c, failure): (CallId, Option<Reason>)) -> bool {
        let (plan, now) = (cx.plan, cx.now);
        let edge = &plan.edges[self.traffic.calls[c].edge as usize];
        if !self.has_somewhere(plan, c) {
            return false;
        }
        let guard = self.traffic.guard(c);
        let is_full = guard_of(edge).policy.bulkhead.is_some_and(|one| guard.under_way >= one.limit);
        if is_full || self.traffic.ask_throttle(c, now) != Verdict::Admit {
            return false;
        }
        let guard = self.traffic.guard(c);
        let under_way = guard.under_way;
        let pass = match &mut guard.breaker {
            Some(breaker) => breaker.admit(SimTime::from_nanos(now), under_way),
            None => Some(0),
        };
        self.note_breaker(plan, self.traffic.guard_at(c));
        let guard = self.traffic.guard(c);
        let Some(pass) = pass else { return false };
        let Some(cost) = guard.grant(now, failure.map(Reason::heard), true) else {
            if let Some(breaker) = &mut guard.breaker {
                breaker.forget(pass);
            }
            return false;
        };
        let guarded = &mut self.traffic.guarded[c];
        guarded.pass = pass;
        guarded.granted = Some(cost);
        true
    }

    /// An attempt at a service whose copies stop one another got a slot: those that wait are no longer wanted.
    pub(in crate::engine) fn untie<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, key): (TaskId, u64)) {
        let plan = cx.plan;
        let task = &self.traffic.tasks[t];
        let is_wanted = task.flags & (flag::OF_CALL | flag::ORPHAN) == flag::OF_CALL;
        let guard = plan.edges[task.edge as usize].guard.as_ref();
        let is_under_way = task.key == key && task.flags & stage::MASK != stage::FREE;
        if !is_wanted || !is_under_way || !guard.is_some_and(|guard| guard.ties) {
            return;
        }
        let c = CallId::of(task.owner);
        // No more copies are sent either, unless this one fails.
        self.traffic.guarded[c].hedge_armed = 0;
        let mut place = 0;
        while let Some(out) = self.traffic.guarded[c].out.get(place).copied() {
            let stage = self.traffic.tasks[out.task].flags & stage::MASK;
            if out.task == t || !matches!(stage, stage::THERE | stage::WAITING) {
                place += 1;
                continue;
            }
            self.traffic.guarded[c].out.remove(place);
            self.traffic.guard(c).forget(out);
            self.traffic.call_next(cx, self.traffic.guard_at(c));
            self.drop_attempt(cx, out.task);
        }
        self.traffic.calls[c].task = self.traffic.guarded[c].out.first().map_or(TaskId::NONE, |out| out.task);
    }
}
