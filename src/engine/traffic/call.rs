//! What a caller does about failure: timeouts, deadlines, retries, and work that nobody waits for.

use crate::engine::RunError;
use crate::engine::event::{Rare, kind};
use crate::engine::id::{CallId, TaskId};
use crate::engine::listener::Listener;
use crate::engine::network::Fate;
use crate::engine::plan::{Edge, NONE, Plan};
use crate::engine::task::{Call, Caller, Outcome, Settled, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::request::Request;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Key, RARE_MAX, Rank};
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::call::{Avoid, OnTimeout};
use crate::model::resilience::retry::Failed;
use crate::reason::{Reason, ReasonSet};
use crate::units::{SimDuration, SimTime};

/// No deadline.
pub(in crate::engine) const UNLIMITED: u64 = u64::MAX;

impl Call {
    /// The wait before the next try after so many; `None` where there is none. Only an answer of the service can hint.
    pub(in crate::engine) fn next_wait(
        &mut self,
        edge: &Edge,
        tries: u32,
        (reason, is_answer): (Reason, bool),
    ) -> Option<SimDuration> {
        let mut random = draw(mix(self.key, u64::from(self.attempts)), Purpose::Jitter);
        let previous = SimDuration::from_nanos(self.waited);
        let rested = SimDuration::from_nanos(self.rested);
        let (retry, stays) = (tries - u32::from(self.reset), stays(edge, tries as u8 + 1));
        let reason = reason.heard();
        let own = edge.timer.delay(&Failed { retry, previous, rested, stays, reason }, &mut random)?;
        let hint = edge.hint.filter(|_| is_answer && ReasonSet::REFUSED.contains(reason));
        let Some((hint, hints)) = hint else {
            self.waited = own.as_nanos();
            self.rested += self.waited;
            return Some(own);
        };
        let wait = hints.wait(hint, own, &mut random)?;
        self.rested += wait.as_nanos();
        if hints.resets() {
            (self.waited, self.reset) = (0, tries as u8);
        } else {
            self.waited = wait.as_nanos();
        }
        Some(wait)
    }
}

/// One more record for a call, beside so many. Timers are told by its number, which a payload must hold.
#[cold]
fn add_call<L: Listener>(cx: &mut Cx<'_, L>, calls: usize) -> Call {
    if calls == RARE_MAX as usize {
        cx.clock.error = Some(RunError::TooManyCalls { limit: RARE_MAX });
        cx.clock.stop();
    }
    Call::default()
}

impl Traffic {
    /// A record for a call of which one attempt was made.
    pub(in crate::engine) fn record_call<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        start: u64,
        deadline: u64,
    ) -> CallId {
        let calls = self.calls.len();
        let c = self.calls.take(|| add_call(cx, calls));
        let call = &mut self.calls[c];
        let mut tried = std::mem::take(&mut call.tried);
        tried.clear();
        *call = Call {
            key: sending.key,
            start,
            deadline,
            waited: 0,
            rested: 0,
            task: TaskId::NONE,
            owner: sending.owner,
            armed: 0,
            edge: sending.edge,
            flags: sending.flags,
            attempts: 1,
            reset: 0,
            priority: sending.priority,
            is_live: true,
            last: None,
            origin: sending.origin,
            tried,
        };
        c
    }
}

impl State {
    /// A record for a call that has made no attempt, with the earlier of its own and an inherited deadline.
    pub(in crate::engine) fn open_call<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
        inherited: u64,
    ) -> CallId {
        let (plan, now) = (cx.plan, cx.now);
        let edge = &plan.edges[sending.edge as usize];
        let own = edge.deadline.map_or(UNLIMITED, |limit| now.saturating_add(limit.as_nanos()));
        let c = self.traffic.record_call(cx, &sending, now, own.min(inherited));
        self.traffic.calls[c].attempts = 0;
        let at = SimTime::from_nanos(now);
        self.begin_guarded(cx, c);
        if own.min(inherited) == UNLIMITED {
            return c;
        }
        if own <= inherited {
            cx.clock.calendar.start_timer(edge.deadline_lane as usize, at, c.number());
        } else {
            cx.clock.calendar.plan_rare(SimTime::from_nanos(inherited), Rank::Timer, Rare::Deadline(c));
        }
        c
    }

    /// The next attempt of a call.
    pub(in crate::engine) fn try_call<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let plan = cx.plan;
        if plan.edges[self.traffic.calls[c].edge as usize].guard.is_some() {
            return self.try_guarded(cx, c);
        }
        let call = &mut self.traffic.calls[c];
        call.attempts += 1;
        let attempt = call.attempts;
        let key = if attempt == 1 { call.key } else { mix(call.key, u64::from(attempt)) };
        let flags = call.flags_of_attempt();
        let Call { edge, priority, origin, .. } = *call;
        let sending = Sending { key, owner: c.number(), flags, edge, attempt, priority, origin };
        let tried = std::mem::take(&mut call.tried);
        let mut others = std::mem::take(&mut self.traffic.others);
        let avoid = avoided(plan, (sending.edge, attempt), &tried, &mut others);
        let sent = self.send(cx, sending, avoid);
        self.traffic.others = others;
        let call = &mut self.traffic.calls[c];
        call.tried = tried;
        if self.traffic.last_picked != NONE {
            call.tried.push(self.traffic.last_picked);
        }
        match sent {
            Ok(t) => call.task = t,
            Err(reason) => self.retry_or_fail(cx, c, reason),
        }
    }

    /// The first attempt of a call without a record failed before it was under way.
    #[inline(never)]
    pub(in crate::engine) fn first_failed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
        reason: Reason,
    ) -> Option<CallId> {
        let (plan, now) = (cx.plan, cx.now);
        let edge = &plan.edges[sending.edge as usize];
        if edge.attempts > 1 && edge.on.contains(reason) {
            let c = self.traffic.record_call(cx, &sending, now, UNLIMITED);
            if self.traffic.last_picked != NONE {
                self.traffic.calls[c].tried.push(self.traffic.last_picked);
            }
            self.retry_or_fail(cx, c, reason);
            return Some(c);
        }
        if sending.flags & flag::OF_TASK == 0 {
            let client = u32::from(edge.caller);
            let request = Request { client, origin: sending.owner, start: now, flags: sending.flags };
            self.end_request(cx, request, Err(reason));
        }
        None
    }

    /// An attempt that was under way failed; its record is freed.
    #[inline(never)]
    pub(in crate::engine) fn attempt_failed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        reason: Reason,
    ) {
        let plan = cx.plan;
        if self.traffic.is_for_call(plan, t) {
            self.traffic.record_attempt(cx, t);
        }
        let task = self.traffic.tasks[t];
        self.traffic.release(t);
        self.caller_learns(cx, (t, &task), reason);
    }

    /// The caller of an attempt, which no longer waits for it, tries again or gives up.
    fn caller_learns<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, task): (TaskId, &Task), reason: Reason) {
        let plan = cx.plan;
        if task.flags & flag::OF_CALL != 0 {
            if plan.edges[task.edge as usize].guard.is_some() {
                return self.guarded_failure(cx, (t, task), reason);
            }
            let c = CallId::of(task.owner);
            self.traffic.calls[c].task = TaskId::NONE;
            return self.retry_or_fail(cx, c, reason);
        }
        let edge = &plan.edges[task.edge as usize];
        if edge.attempts == 1 || !edge.on.contains(reason) {
            return self.first_over(cx, (t, task), Err(reason));
        }
        let Task { key, owner, flags, edge: number, attempt, priority, .. } = *task;
        let flags = flags & (flag::OWNER | flag::MEASURED | flag::INVALID | flag::REPEAT);
        let origin = self.traffic.origin_of(t);
        let sending = Sending { key, owner, flags, edge: number, attempt, priority, origin };
        let c = self.traffic.record_call(cx, &sending, task.start, UNLIMITED);
        // The replica that failed is that of the call's own service: `next` may have passed the attempt on.
        let first = plan.services[edge.service as usize].first;
        let fleet = plan.services[edge.service as usize].speed.len() as u32;
        if (first..first + fleet).contains(&task.replica) {
            let tried = plan.chosen(edge.service as usize, task.replica - first);
            self.traffic.calls[c].tried.push(tried);
        }
        if flags & flag::OF_TASK != 0 {
            self.traffic.rename_child(plan, TaskId::of(owner), Caller::Task(t), Caller::Call(c));
        }
        self.retry_or_fail(cx, c, reason);
    }

    /// After a failure a call waits for its next attempt, or fails.
    fn retry_or_fail<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId, reason: Reason) {
        let (plan, now) = (cx.plan, cx.now);
        let call = &mut self.traffic.calls[c];
        let edge = &plan.edges[call.edge as usize];
        call.last = Some(reason);
        if call.attempts < edge.attempts && edge.on.contains(reason) {
            let tries = call.attempts;
            if let Some(wait) = call.next_wait(edge, u32::from(tries), (reason, true)) {
                let at = SimTime::from_nanos(now) + wait;
                if at.as_nanos() < call.deadline {
                    self.traffic.calls[c].armed =
                        cx.clock.plan_about(at, Rank::Timer, (kind::RETRY, c.number()));
                    return;
                }
            }
        }
        self.call_over(cx, c, Err(reason));
    }

    /// The wait before a retry is over.
    pub(in crate::engine) fn retry<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId, key: Key) {
        let plan = cx.plan;
        let call = &self.traffic.calls[c];
        if plan.edges[call.edge as usize].guard.is_some() {
            return self.wake_guarded(cx, c, key);
        }
        if call.is_live && call.task == TaskId::NONE && call.armed == key.stamp() {
            self.try_call(cx, c);
        }
    }

    /// A call ended.
    pub(in crate::engine) fn call_over<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        c: CallId,
        outcome: Outcome,
    ) {
        let plan = cx.plan;
        let call = &mut self.traffic.calls[c];
        call.is_live = false;
        let (owner, flags, start, edge) = (call.owner, call.flags, call.start, call.edge);
        if flags & flag::OWNER == flag::OWNER {
            self.traffic.calls.give_back(c);
            self.event_over(cx, owner, outcome);
        } else if flags & flag::OF_TASK != 0 {
            // Its number stays taken until the answer is taken in: until then it names the call.
            let key = self.traffic.tasks[TaskId::of(owner)].key;
            let of = Some(Caller::Call(c));
            self.traffic.settled.push_back(Settled {
                task: TaskId::of(owner),
                key,
                of,
                entry: 0,
                edge,
                outcome,
            });
        } else {
            self.traffic.calls.give_back(c);
            let client = u32::from(plan.edges[edge as usize].caller);
            self.end_request(cx, Request { client, origin: owner, start, flags }, outcome);
        }
    }

    /// A call is no longer wanted; its record is free, and the attempt that was out is left to be dropped.
    pub(in crate::engine) fn give_up<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) -> TaskId {
        self.drop_guarded(cx, c);
        let call = &mut self.traffic.calls[c];
        call.is_live = false;
        let attempt = std::mem::replace(&mut call.task, TaskId::NONE);
        self.traffic.calls.give_back(c);
        attempt
    }

    /// A lane of timeouts or deadlines wakes: what is dead is dropped, what is due fires.
    pub(in crate::engine) fn sweep<L: Listener>(&mut self, cx: &mut Cx<'_, L>, lane: usize, due: Key) {
        let plan = cx.plan;
        let is_deadline = (plan.timeout_lanes..plan.hedge_lanes).contains(&lane);
        while let Some(head) = cx.clock.calendar.lane_head(lane) {
            let (at, subject) = (head.time().as_nanos(), head.payload());
            let is_live = if is_deadline {
                let call = &self.traffic.calls[CallId::of(subject)];
                call.is_live && call.deadline == at
            } else {
                self.traffic.waits_in_lane(plan, TaskId::of(subject), (lane, head))
            };
            if is_live && head > due {
                break;
            }
            cx.clock.calendar.lane_drop(lane);
            if is_live {
                cx.clock.calendar.lane_sleep(lane);
                if is_deadline {
                    self.deadline(cx, CallId::of(subject));
                } else if lane >= plan.hedge_lanes {
                    self.copy_unrecorded(cx, TaskId::of(subject));
                } else {
                    self.time_out(cx, TaskId::of(subject));
                }
                return;
            }
        }
        cx.clock.calendar.lane_sleep(lane);
    }

    /// An attempt has taken too long.
    fn time_out<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        let reason = self.traffic.why_unheard(t);
        self.note_attempt_end(cx, t, Err(reason));
        self.observe(cx, t, Err(Reason::Timeout));
        if self.traffic.is_for_call(plan, t) {
            self.traffic.record_attempt(cx, t);
        }
        let task = self.traffic.tasks[t];
        self.orphan(cx, t);
        self.caller_learns(cx, (t, &task), reason);
    }

    /// A call has taken too long.
    pub(in crate::engine) fn deadline<L: Listener>(&mut self, cx: &mut Cx<'_, L>, c: CallId) {
        let (plan, now) = (cx.plan, cx.now);
        let call = &mut self.traffic.calls[c];
        if !call.is_live || call.deadline != now {
            return;
        }
        if plan.edges[call.edge as usize].guard.is_some() {
            return self.guarded_deadline(cx, c);
        }
        let t = std::mem::replace(&mut call.task, TaskId::NONE);
        if t != TaskId::NONE {
            self.note_attempt_end(cx, t, Err(Reason::Deadline));
            self.observe(cx, t, Err(Reason::Deadline));
            self.orphan(cx, t);
        }
        self.call_over(cx, c, Err(Reason::Deadline));
    }

    /// Nobody waits for an attempt any more; what becomes of it is a matter of `on_timeout`.
    pub(in crate::engine) fn orphan<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        self.uncount(t);
        let task = &mut self.traffic.tasks[t];
        let (flags, edge, key) = (task.flags, task.edge, task.key);
        task.flags |= flag::ORPHAN;
        if flags & stage::MASK == stage::LOST {
            return self.traffic.release(t);
        }
        self.traffic.remaining += u64::from(flags & flag::MEASURED != 0);
        if plan.edges[edge as usize].on_timeout == OnTimeout::Abandon {
            return;
        }
        if !plan.network.has_any {
            return self.cancel(cx, t);
        }
        let Fate::After(delay) = self.carry_cancellation(plan, t) else { return };
        if delay.is_zero() && plan.network.is_instant {
            return self.cancel(cx, t);
        }
        let notice = self.traffic.notices.keep((t, key));
        cx.clock.plan_about(SimTime::from_nanos(now) + delay, Rank::Timer, (kind::CANCEL, notice));
    }

    /// A message tells a callee that nobody waits.
    pub(in crate::engine) fn notice<L: Listener>(&mut self, cx: &mut Cx<'_, L>, notice: u32) {
        let (t, name) = self.traffic.notices[notice];
        self.traffic.notices.give_back(notice);
        let task = &self.traffic.tasks[t];
        if task.key == name && task.flags & flag::ORPHAN != 0 && task.flags & stage::MASK != stage::FREE {
            self.cancel(cx, t);
        }
    }

    /// The callee stops what nobody waits for, as far as `on_timeout` says.
    fn cancel<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        let task = self.traffic.tasks[t];
        let stops_service = plan.edges[task.edge as usize].on_timeout == OnTimeout::Cancel;
        match task.flags & stage::MASK {
            stage::WAITING => {
                self.leave_queue(cx, t);
                self.left(cx, t);
                self.traffic.forget(cx, t);
            }
            stage::RUNNING | stage::FROZEN | stage::CALLING if stops_service => {
                self.break_off(cx, t);
                self.traffic.forget(cx, t);
            }
            // It is still on its way: dropped when it arrives.
            stage::THERE => self.traffic.set_stage(t, stage::LOST),
            _ => {}
        }
    }

    /// A task leaves its replica before its service ended.
    pub(in crate::engine) fn break_off<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let now = cx.now;
        let task = self.traffic.tasks[t];
        let number = task.service as usize;
        let is_calling = task.flags & stage::MASK == stage::CALLING;
        if is_calling {
            self.close_fan_out(cx, t);
        }
        let holds_slot = !is_calling || self.fleet.services[number].holds_slot;
        if task.flags & flag::MEASURED != 0 {
            let end = if holds_slot { now } else { task.due };
            let worked = u128::from(end - task.started);
            let metrics = &mut self.record.services[number];
            metrics.wasted += worked;
            metrics.broken_off += worked;
        }
        if self.fleet.services[number].is_sharing && !is_calling {
            self.share_out(cx, t);
        }
        self.left(cx, t);
        if holds_slot {
            self.vacate(cx, t);
        } else {
            self.step_out(t);
            self.note_stepped_out(cx, t);
        }
    }

    /// Notes the wait of a task that leaves unserved; that of interrupted work was noted when it began.
    pub(in crate::engine) fn note_wait(&mut self, t: TaskId, now: u64) {
        let task = &self.traffic.tasks[t];
        if task.flags & (flag::MEASURED | flag::RESUMED) == flag::MEASURED {
            let metrics = &mut self.record.services[task.service as usize];
            let wait = now - task.enqueued;
            metrics.wait.record(wait);
            metrics.delayed += u64::from(wait > 0);
        }
    }
}

/// Whether try number `number` of a call stays with the replica of the one before.
pub(in crate::engine) fn stays(edge: &Edge, number: u8) -> bool {
    match edge.avoid {
        Avoid::Others => true,
        Avoid::OthersButLast => number < edge.attempts,
        Avoid::None | Avoid::Last | Avoid::Tried | Avoid::Repeats => false,
    }
}

/// The replicas that try number `number` of a call avoids, which have been `tried` or are written to `others`.
pub(in crate::engine) fn avoided<'t>(
    plan: &Plan,
    (edge, number): (u16, u8),
    tried: &'t [u32],
    others: &'t mut Vec<u32>,
) -> &'t [u32] {
    let edge = &plan.edges[edge as usize];
    match edge.avoid {
        // What other copies of the call were sent to stands there before the first try.
        _ if number == 1 => tried,
        Avoid::Last => &tried[tried.len().saturating_sub(1)..],
        Avoid::Tried | Avoid::Repeats => tried,
        Avoid::Others | Avoid::OthersButLast if stays(edge, number) => {
            let fleet = plan.services[edge.service as usize].speed.len() as u32;
            others.clear();
            others.extend((0..fleet).filter(|one| Some(one) != tried.last()));
            others
        }
        Avoid::None | Avoid::Others | Avoid::OthersButLast => &[],
    }
}
