//! Calls that ask before they are made: throttle, breaker and bulkhead, budgets of retries, and what takes their place
//! when they fail. Copies of attempts are in `hedge`.

use crate::engine::event::kind;
use crate::engine::id::{CallId, TaskId};
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::{Edge, GuardPlan, NONE};
use crate::engine::task::{Call, Task, flag};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::call::{UNLIMITED, avoided};
use crate::engine::traffic::guard::{Guard, Out, Stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Key, Rank};
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::call::Layer;
use crate::model::resilience::limit::{LimitSettings, Verdict};
use crate::reason::{Reason, ReasonSet};
use crate::units::SimTime;
use rand::RngExt;

/// Most attempts of a call, copies included.
pub(in crate::engine) const ATTEMPTS_MAX: u8 = u8::MAX;

/// The guard's settings of an edge that has them.
pub(in crate::engine) fn guard_of(edge: &Edge) -> &GuardPlan {
    edge.guard.as_ref().unwrap_or_else(|| unreachable!("only guarded calls come here"))
}

/// Why a try failed.
#[derive(Debug, Clone, Copy)]
struct Failure {
    reason: Reason,
    /// It is the failure of a call that the callee made.
    is_relayed: bool,
    /// The caller itself stopped it.
    is_own: bool,
}

impl Failure {
    const fn of(reason: Reason) -> Self {
        Self { reason, is_relayed: false, is_own: false }
    }
}

impl Traffic {
    /// What a call's decider remembers of its call site.
    #[inline]
    pub(in crate::engine) fn guard(&mut self, c: CallId) -> &mut Guard {
        let (edge, decider) = self.guard_at(c);
        &mut self.guards[edge as usize][decider as usize]
    }

    /// Where that stands: the call site and the decider.
    #[inline]
    pub(in crate::engine) fn guard_at(&self, c: CallId) -> (u16, u32) {
        (self.calls[c].edge, self.guarded[c].decider)
    }

    /// Makes room for what more there is about a guarded call, which has made no attempt.
    pub(in crate::engine) fn prepare_guarded(&mut self, c: CallId, decider: u32) {
        self.guarded.make_room(c, self.calls.len());
        let call = &mut self.guarded[c];
        call.decider = decider;
        (call.rounds, call.copies, call.stage) = (0, 0, Stage::Rest);
        (call.granted, call.hedge_armed, call.put_off) = (None, 0, None);
        call.out.clear();
    }

    #[inline]
    pub(in crate::engine) fn ask_throttle(&mut self, c: CallId, now: u64) -> Verdict {
        let Call { key, attempts, priority, .. } = self.calls[c];
        self.guard(c).ask_throttle((key, attempts, priority), now)
    }

    pub(in crate::engine) fn wake_later<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        c: CallId,
        stage: Stage,
        at: SimTime,
    ) {
        self.guarded[c].stage = stage;
        self.calls[c].armed = cx.clock.plan_about(at, Rank::Timer, (kind::RETRY, c.number()));
    }

    /// The attempt that is about to be sent, with what was paid for it.
    pub(in crate::engine) fn about_to_send(&mut self, c: CallId, is_copy: bool) -> Out {
        let call = &mut self.guarded[c];
        Out { task: TaskId::NONE, replica: NONE, pass: call.pass, cost: call.granted.take(), is_copy }
    }

    fn take_out(&mut self, c: CallId, t: TaskId) -> Out {
        let out = &mut self.guarded[c].out;
        let place = out.iter().position(|one| one.task == t);
        out.remove(place.unwrap_or_else(|| unreachable!("an attempt under way is one of its call's")))
    }

    /// Takes back what a guarded call was given for an attempt that will not be sent.
    fn retire<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let guarded = &mut self.guarded[c];
        let (stage, pass) = (guarded.stage, guarded.pass);
        guarded.stage = Stage::Out;
        (guarded.hedge_armed, guarded.put_off) = (0, None);
        let is_granted = guarded.granted.take().is_some();
        if is_granted {
            self.guard(c).further -= 1;
        }
        if !matches!(stage, Stage::Queued | Stage::Called) {
            return;
        }
        let guard = self.guard(c);
        if let Some(breaker) = &mut guard.breaker {
            breaker.forget(pass);
        }
        if stage == Stage::Queued {
            guard.waiting.retain(|one| *one != c);
        } else {
            self.call_next(cx, self.guard_at(c));
        }
    }
}

impl State {
    /// A call that is guarded begins.
    pub(in crate::engine) fn begin_guarded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let (plan, now) = (cx.plan, cx.now);
        let Call { edge: number, flags, owner, .. } = self.traffic.calls[c];
        let edge = &plan.edges[number as usize];
        if edge.guard.is_none() {
            return;
        }
        let deciders = plan.services[edge.service as usize].deciders;
        let decider = if deciders == 1 {
            0
        } else if edge.decider_base != NONE {
            edge.decider_base + self.traffic.caller_number(plan, flags, owner, number)
        } else {
            self.fleet.next_decider(plan, edge.service as usize) as u32
        };
        self.traffic.prepare_guarded(c, decider);
        self.traffic.guard(c).begin(now);
    }

    /// The next try of a guarded call: first it asks the throttle.
    pub(in crate::engine) fn try_guarded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let now = cx.now;
        self.traffic.last_picked = NONE;
        let call = &mut self.traffic.calls[c];
        call.attempts += 1;
        let guarded = &mut self.traffic.guarded[c];
        guarded.rounds += 1;
        guarded.copies = 1;
        guarded.before = call.tried.len() as u32;
        match self.traffic.ask_throttle(c, now) {
            Verdict::Admit => self.ask_breaker(cx, c),
            verdict => self.not_admitted(cx, (c, verdict)),
        }
    }

    /// The throttle does not let a guarded call go on now.
    pub(in crate::engine) fn not_admitted<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (c, verdict): (CallId, Verdict),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        if let Verdict::Wait(wait) = verdict {
            return self.traffic.wake_later(cx, c, Stage::Turn, SimTime::from_nanos(now) + wait);
        }
        let throttle = guard_of(&plan.edges[self.traffic.calls[c].edge as usize]).policy.throttle.as_ref();
        let reason = throttle.map_or(Reason::Throttled, LimitSettings::reason);
        self.stopped(cx, c, reason);
    }

    /// Nothing stands in the way: the attempt is sent.
    pub(in crate::engine) fn send_guarded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let plan = cx.plan;
        let tried = std::mem::take(&mut self.traffic.calls[c].tried);
        let mut others = std::mem::take(&mut self.traffic.others);
        let number = self.traffic.guarded[c].rounds as u8;
        let avoid = avoided(plan, (self.traffic.calls[c].edge, number), &tried, &mut others);
        let out = self.traffic.about_to_send(c, false);
        let sent = self.send_out(cx, (c, false), avoid);
        self.traffic.others = others;
        self.traffic.calls[c].tried = tried;
        self.was_sent(cx, (c, out), sent);
    }

    /// Sends an attempt of a guarded call to a replica that is not to be avoided.
    pub(in crate::engine) fn send_out<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (c, is_copy): (CallId, bool),
        avoid: &[u32],
    ) -> Result<TaskId, Reason> {
        let call = &self.traffic.calls[c];
        let attempt = call.attempts;
        let key = if attempt == 1 { call.key } else { mix(call.key, u64::from(attempt)) };
        let flags = call.flags_of_attempt();
        let Call { edge, priority, origin, .. } = *call;
        let sending = Sending { key, owner: c.number(), flags, edge, attempt, priority, origin };
        self.traffic.guard(c).under_way += 1;
        if is_copy {
            return self.send(cx, sending, avoid);
        }
        self.send_by_trial(cx, sending, avoid)
    }

    /// An attempt was sent, or failed at once.
    pub(in crate::engine) fn was_sent<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (c, out): (CallId, Out),
        sent: Result<TaskId, Reason>,
    ) {
        if self.traffic.last_picked != NONE {
            self.traffic.calls[c].tried.push(self.traffic.last_picked);
        }
        let guarded = &mut self.traffic.guarded[c];
        guarded.stage = Stage::Out;
        match sent {
            Ok(task) => {
                guarded.out.push(Out { task, replica: self.traffic.last_picked, ..out });
                let first = guarded.out[0].task;
                self.traffic.calls[c].task = first;
                self.traffic.hedge_later(cx, c);
            }
            Err(reason) => {
                self.learn(cx, c, out, 0, Err(reason));
                self.after_failure(cx, c, Failure::of(reason));
            }
        }
    }

    /// The decider learns how an attempt ended that was sent `took` ago; its place is free.
    pub(in crate::engine) fn learn<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        c: CallId,
        out: Out,
        took: u64,
        outcome: Result<(), Reason>,
    ) {
        self.tell_guard(cx, self.traffic.guard_at(c), out, took, outcome);
    }

    /// The decider of a call site learns how an attempt ended.
    #[inline]
    pub(in crate::engine) fn tell_guard<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        at: (u16, u32),
        out: Out,
        took: u64,
        outcome: Result<(), Reason>,
    ) {
        let plan = cx.plan;
        let guard = &mut self.traffic.guards[at.0 as usize][at.1 as usize];
        guard.end(&plan.edges[at.0 as usize], out, cx.now, took, outcome);
        let (has_breaker, has_waiting) = (guard.breaker.is_some(), !guard.waiting.is_empty());
        if has_breaker {
            self.note_breaker(plan, at);
        }
        if has_waiting {
            self.traffic.call_next(cx, at);
        }
    }

    /// What a guarded call waited for has come, if it still waits for it.
    pub(in crate::engine) fn wake_guarded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId, key: Key) {
        let call = &self.traffic.calls[c];
        if !call.is_live {
            return;
        }
        if call.armed != key.stamp() {
            if self.traffic.guarded[c].hedge_armed == key.stamp() {
                self.hedge_now(cx, c);
            }
            return;
        }
        match self.traffic.guarded[c].stage {
            Stage::Rest => self.try_guarded(cx, c),
            Stage::Turn => self.ask_breaker(cx, c),
            Stage::Called => self.ask_bulkhead(cx, c),
            Stage::Fallback => self.call_over(cx, c, Ok(())),
            Stage::Queued | Stage::Out => {}
        }
    }

    /// A try was stopped before it was sent; the call may be tried again.
    pub(in crate::engine) fn stopped<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId, reason: Reason) {
        self.note_stopped(cx, c, reason);
        self.retry_guarded(cx, c, Failure { is_own: true, ..Failure::of(reason) });
    }

    /// Counts a try that was stopped before it was sent, and takes back what it was granted.
    pub(in crate::engine) fn note_stopped<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        c: CallId,
        reason: Reason,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let call = &self.traffic.calls[c];
        let number = plan.edges[call.edge as usize].service as usize;
        if call.flags & flag::MEASURED != 0 {
            let metrics = &mut self.record.services[number];
            metrics.attempts += 1;
            metrics.unsent += 1;
            metrics.repeats += u64::from(call.flags_of_attempt() & flag::REPEAT != 0);
            metrics.reasons[reason.index()] += 1;
        }
        self.record.tell_now(cx);
        if L::LISTENS {
            let decider = self.traffic.guarded[c].decider;
            let note = Note::AttemptStopped { service: number as u32, reason, decider };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
        if self.traffic.guarded[c].granted.take().is_some() {
            self.traffic.guard(c).further -= 1;
        }
    }

    /// An attempt of a guarded call was answered well.
    pub(in crate::engine) fn guarded_answer<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, task): (TaskId, &Task),
    ) {
        let now = cx.now;
        let c = CallId::of(task.owner);
        let out = self.traffic.take_out(c, t);
        self.learn(cx, c, out, now - task.start, Ok(()));
        self.traffic.calls[c].task = TaskId::NONE;
        self.drop_guarded(cx, c);
        self.call_over(cx, c, Ok(()));
    }

    /// An attempt of a guarded call failed.
    pub(in crate::engine) fn guarded_failure<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, task): (TaskId, &Task),
        reason: Reason,
    ) {
        let now = cx.now;
        let c = CallId::of(task.owner);
        let out = self.traffic.take_out(c, t);
        self.learn(cx, c, out, now - task.start, Err(reason.heard()));
        let is_relayed = reason == Reason::Error && task.flags & flag::RELAYED != 0;
        self.after_failure(cx, c, Failure { is_relayed, ..Failure::of(reason) });
    }

    /// After a failure the next copy goes out at once and those under way may still answer, unless that failure is final;
    /// without any, the call is tried again or fails.
    fn after_failure<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId, failure: Failure) {
        let plan = cx.plan;
        let reason = failure.reason;
        let first = self.traffic.guarded[c].out.first().map_or(TaskId::NONE, |out| out.task);
        self.traffic.calls[c].task = first;
        let guard = guard_of(&plan.edges[self.traffic.calls[c].edge as usize]);
        if guard.policy.hedge.as_ref().is_some_and(|hedge| !hedge.on.contains(reason)) {
            self.traffic.calls[c].task = TaskId::NONE;
            self.drop_guarded(cx, c);
        } else if self.hedge_after(cx, (c, reason)) || first != TaskId::NONE {
            return;
        }
        self.retry_guarded(cx, c, failure);
    }

    /// No copy follows a refusal for which one was put off, and none is under way: the try has failed.
    pub(in crate::engine) fn try_refused<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        c: CallId,
        reason: Reason,
    ) {
        self.retry_guarded(cx, c, Failure::of(reason));
    }

    /// A guarded call is tried again, if it may be, or fails.
    fn retry_guarded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId, failure: Failure) {
        let (plan, now) = (cx.plan, cx.now);
        let reason = failure.reason;
        let call = &mut self.traffic.calls[c];
        call.last = Some(reason);
        let edge = &plan.edges[call.edge as usize];
        let rounds = self.traffic.guarded[c].rounds;
        let is_left = rounds < u32::from(edge.attempts) && call.attempts < ATTEMPTS_MAX;
        if is_left && edge.on.contains(reason) && may_repeat(edge, call.key, failure) {
            let wait = call.next_wait(edge, rounds, (reason, !failure.is_own));
            let at = wait.map_or(SimTime::NEVER, |wait| SimTime::from_nanos(now) + wait);
            if at.as_nanos() < call.deadline
                && let Some(cost) = self.traffic.guard(c).grant(now, Some(reason.heard()), false)
            {
                self.traffic.guarded[c].granted = Some(cost);
                return self.traffic.wake_later(cx, c, Stage::Rest, at);
            }
        }
        self.fail_guarded(cx, c, reason);
    }

    /// A guarded call failed for good; something may take its place.
    pub(in crate::engine) fn fail_guarded<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        c: CallId,
        reason: Reason,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let guard = guard_of(&plan.edges[self.traffic.calls[c].edge as usize]);
        let Some(fallback) = guard.policy.fallback.filter(|fallback| fallback.on.contains(reason)) else {
            return self.call_over(cx, c, Err(reason));
        };
        let call = &mut self.traffic.calls[c];
        if guard.fallback.is_some() && call.deadline <= now {
            return self.call_over(cx, c, Err(reason));
        }
        if call.flags & flag::MEASURED != 0 {
            let caller = plan.edges[call.edge as usize].caller as usize;
            match caller.checked_sub(self.traffic.clients.len()) {
                Some(service) => self.record.services[service].fallbacks += 1,
                None => self.record.clients[caller].fallbacks += 1,
            }
        }
        let Some(edge) = guard.fallback else {
            // Nothing stops an answer that the caller gives itself.
            call.deadline = UNLIMITED;
            return self.traffic.wake_later(cx, c, Stage::Fallback, SimTime::from_nanos(now) + fallback.time);
        };
        call.edge = edge;
        call.key = mix(call.key, u64::MAX);
        call.origin = call.origin.child(u32::MAX, 0);
        call.attempts = 0;
        call.tried.clear();
        self.try_call(cx, c);
    }

    /// The deadline of a guarded call has come.
    pub(in crate::engine) fn guarded_deadline<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let now = cx.now;
        let reason = Reason::Deadline;
        while let Some(out) = self.traffic.guarded[c].out.pop() {
            let took = now - self.traffic.tasks[out.task].start;
            self.note_attempt_end(cx, out.task, Err(reason));
            self.learn(cx, c, out, took, Err(reason));
            self.orphan(cx, out.task);
        }
        self.traffic.calls[c].task = TaskId::NONE;
        self.traffic.retire(cx, c);
        self.fail_guarded(cx, c, reason);
    }

    /// A guarded call is no longer wanted, or no more of it: what is out besides `Call::task` is dropped.
    pub(in crate::engine) fn drop_guarded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let plan = cx.plan;
        if plan.edges[self.traffic.calls[c].edge as usize].guard.is_none() {
            return;
        }
        while let Some(out) = self.traffic.guarded[c].out.pop() {
            self.traffic.guard(c).forget(out);
            self.traffic.call_next(cx, self.traffic.guard_at(c));
            if out.task != self.traffic.calls[c].task {
                self.drop_attempt(cx, out.task);
            }
        }
        self.traffic.retire(cx, c);
    }

    /// An attempt is no longer wanted.
    pub(in crate::engine) fn drop_attempt<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let now = cx.now;
        if L::LISTENS {
            let Task { key, service, .. } = self.traffic.tasks[t];
            let decider = self.decider_of(t);
            let note = Note::AttemptDropped { attempt: key, service: u32::from(service), decider };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
        self.orphan(cx, t);
    }
}

/// Whether a call may be made once more, as far as harm and other layers go.
fn may_repeat(edge: &Edge, key: u64, Failure { reason, is_relayed, .. }: Failure) -> bool {
    let policy = &guard_of(edge).policy;
    if is_relayed && policy.retry.layer == Layer::Nearest {
        return false;
    }
    if !policy.retry.only_idempotent || ReasonSet::NOT_BEGUN.contains(reason) {
        return true;
    }
    let share = policy.idempotent.get();
    share >= 1.0 || draw(key, Purpose::Idempotence).random::<f64>() < share
}
