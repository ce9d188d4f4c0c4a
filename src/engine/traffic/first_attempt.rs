//! The first attempt of a guarded call, whose record is that of the call too while nothing goes wrong.
//!
//! The guard is asked and told beside the attempt. A [`Call`](crate::engine::task::Call) with what a guard wants to know
//! of it is made when something stands in the way of the attempt, when it fails, or when a copy is due; from then on the
//! attempt is one of that call, and [`guarded_call`](crate::engine::traffic::guarded_call) and
//! [`hedge`](crate::engine::traffic::hedge) go on. Which call sites begin so is said by
//! [`Edge::is_recorded`](crate::engine::plan::Edge).

use crate::engine::id::{CallId, TaskId};
use crate::engine::listener::Listener;
use crate::engine::plan::{Edge, NONE, Plan};
use crate::engine::task::{Caller, Settled, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::call::UNLIMITED;
use crate::engine::traffic::guard::{Out, Stage};
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Key;
use crate::kernel::slab::Id;
use crate::model::resilience::breaker::Pass;
use crate::model::resilience::limit::Verdict;
use crate::reason::Reason;
use crate::units::SimTime;

impl Traffic {
    /// Whether the guard of a call site only counts first attempts, and has a place for one.
    #[inline(always)]
    pub(in crate::engine) fn lets_pass(&self, edge: &Edge, number: u16) -> bool {
        edge.is_light && self.guards[number as usize][0].under_way < edge.places
    }

    /// A record for a guarded call whose first attempt is about to be made, or was made when it began.
    fn record_first<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        start: u64,
        pass: Pass,
    ) -> CallId {
        let c = self.record_call(cx, sending, start, UNLIMITED);
        self.prepare_guarded(c, 0);
        let guarded = &mut self.guarded[c];
        (guarded.rounds, guarded.copies, guarded.before, guarded.pass) = (1, 1, 0, pass);
        c
    }

    /// Whether an attempt stands for a guarded call.
    #[inline]
    pub(in crate::engine) fn is_for_call(&self, plan: &Plan, t: TaskId) -> bool {
        let task = &self.tasks[t];
        task.flags & flag::OF_CALL == 0 && plan.edges[task.edge as usize].guard.is_some()
    }

    /// Makes a record for the guarded call for which an attempt stands, that is under way or has just ended: the attempt
    /// is one of that call from now on.
    #[inline(never)]
    pub(in crate::engine) fn record_attempt<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> CallId {
        let plan = cx.plan;
        let Task { key, start, owner, flags, edge, attempt, priority, .. } = self.tasks[t];
        let kept = flags & (flag::OWNER | flag::MEASURED | flag::INVALID | flag::REPEAT);
        let origin = self.origin_of(t);
        let out = self.only_out(plan, t);
        let sending = Sending { key, owner, flags: kept, edge, attempt, priority, origin };
        let c = self.record_first(cx, &sending, start, out.pass);
        let call = &mut self.calls[c];
        call.task = t;
        call.tried.push(out.replica);
        let guarded = &mut self.guarded[c];
        guarded.stage = Stage::Out;
        guarded.out.push(out);
        let task = &mut self.tasks[t];
        task.owner = c.number();
        task.flags = flags & !flag::OWNER | flag::OF_CALL;
        if flags & flag::OF_TASK != 0 {
            self.rename_child(plan, TaskId::of(owner), Caller::Task(t), Caller::Call(c));
        }
        c
    }

    /// What is out of a guarded call for which an attempt stands.
    fn only_out(&self, plan: &Plan, t: TaskId) -> Out {
        let task = &self.tasks[t];
        let service = plan.edges[task.edge as usize].service as usize;
        let replica = plan.chosen(service, task.replica - plan.services[service].first);
        let has_pass = self.guards[task.edge as usize][0].breaker.is_some();
        let pass = if has_pass { self.passes[t.index()] } else { 0 };
        Out { task: t, replica, pass, cost: None, is_copy: false }
    }

    /// An attempt is no longer wanted: if it stands for a guarded call, nobody will know how that ends.
    pub(in crate::engine) fn forget_unrecorded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        if self.is_for_call(plan, t) {
            let (out, edge) = (self.only_out(plan, t), self.tasks[t].edge);
            self.guards[edge as usize][0].forget(out);
            self.call_next(cx, (edge, 0));
        }
    }

    /// Whether a timer in a lane that was started with an attempt, and is due now, is still waited for.
    pub(in crate::engine) fn waits_in_lane(&self, plan: &Plan, t: TaskId, (lane, due): (usize, Key)) -> bool {
        let task = &self.tasks[t];
        // Most timers are of a record that was used again since.
        if task.start.saturating_add(plan.lanes[lane].as_nanos()) != due.time().as_nanos()
            || task.flags & (flag::REQUEST | flag::ORPHAN) != 0
            || task.flags & stage::MASK == stage::FREE
        {
            return false;
        }
        // A record freed and used again at one instant may belong to another lane.
        let edge = &plan.edges[task.edge as usize];
        if lane < plan.timeout_lanes {
            return edge.timeout_lane == lane as u32;
        }
        let waits = task.flags & flag::OF_CALL == 0;
        waits && edge.guard.as_ref().is_some_and(|guard| guard.hedge_lane == lane as u32)
    }

    #[inline(never)]
    fn remember_pass(&mut self, t: TaskId, pass: Pass) {
        if self.passes.len() <= t.index() {
            self.passes.resize(self.tasks.len(), 0);
        }
        self.passes[t.index()] = pass;
    }
}

impl State {
    /// Makes a client's call that has a deadline or is guarded.
    #[inline(never)]
    pub(in crate::engine) fn call_by_rules<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (client, sending): (u32, Sending),
    ) {
        let plan = cx.plan;
        let edge = &plan.edges[sending.edge as usize];
        let measured = i64::from(sending.flags & flag::MEASURED != 0);
        if self.traffic.lets_pass(edge, sending.edge) {
            if let Err(reason) = self.send_first(cx, edge, sending) {
                if reason.is_before_sending() {
                    self.record.clients[client as usize].attempts_beyond -= measured;
                }
                self.first_refused(cx, &sending, (0, reason));
            }
            return;
        }
        // Attempts of other calls are counted when they are sent.
        self.record.clients[client as usize].attempts_beyond -= measured;
        if edge.is_recorded {
            let c = self.open_call(cx, sending, UNLIMITED);
            self.try_call(cx, c);
        } else {
            // The attempt that stands for the call, or the call's own record, will answer it.
            let _ = self.call_unrecorded(cx, sending);
        }
    }

    /// Makes a guarded call without a record: its guard is asked, and its first attempt sent, which is what is returned.
    ///
    /// # Errors
    ///
    /// The record of the call, if it needed one at once; it may have failed by then.
    pub(in crate::engine) fn call_unrecorded<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
    ) -> Result<TaskId, CallId> {
        let (plan, now) = (cx.plan, cx.now);
        let number = sending.edge;
        let edge = &plan.edges[number as usize];
        if self.traffic.lets_pass(edge, number) {
            let sent = self.send_first(cx, edge, sending);
            self.count_sent(edge, sending.flags, sent);
            return sent.map_err(|reason| self.first_refused(cx, &sending, (0, reason)));
        }
        let rules = guard_of(edge);
        self.traffic.last_picked = NONE;
        let guard = &mut self.traffic.guards[number as usize][0];
        guard.begin(now);
        let verdict = guard.ask_throttle((sending.key, 1, sending.priority), now);
        if verdict != Verdict::Admit {
            let c = self.traffic.record_first(cx, &sending, now, 0);
            self.not_admitted(cx, (c, verdict));
            return Err(c);
        }
        let pass = guard.ask_breaker(rules, true, now);
        let (has_place, has_pass) = (guard.has_place(rules), guard.breaker.is_some());
        if has_pass {
            self.note_breaker(plan, (number, 0));
        }
        let Some(pass) = pass else {
            let c = self.traffic.record_first(cx, &sending, now, 0);
            self.stopped_by_breaker(cx, c);
            return Err(c);
        };
        if !has_place {
            let c = self.traffic.record_first(cx, &sending, now, pass);
            self.ask_bulkhead(cx, c);
            return Err(c);
        }
        let sent = self.send_first(cx, edge, sending);
        self.count_sent(edge, sending.flags, sent);
        match sent {
            Ok(t) => {
                if has_pass {
                    self.traffic.remember_pass(t, pass);
                }
                Ok(t)
            }
            Err(reason) => Err(self.first_refused(cx, &sending, (pass, reason))),
        }
    }

    /// Sends the first attempt of a guarded call; its guard was asked.
    #[inline(always)]
    pub(in crate::engine) fn send_first<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        edge: &Edge,
        sending: Sending,
    ) -> Result<TaskId, Reason> {
        let now = cx.now;
        self.traffic.guards[sending.edge as usize][0].under_way += 1;
        let t = self.send_plainly(cx, (edge.way(), &sending))?;
        let lane = guard_of(edge).hedge_lane;
        if lane != NONE {
            cx.clock.calendar.start_timer(lane as usize, SimTime::from_nanos(now), t.number());
        }
        Ok(t)
    }

    /// The first attempt of a guarded call, which its guard let pass, failed at once; the record of the call.
    #[cold]
    #[inline(never)]
    pub(in crate::engine) fn first_refused<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        (pass, reason): (Pass, Reason),
    ) -> CallId {
        let now = cx.now;
        let c = self.traffic.record_first(cx, sending, now, pass);
        let out = self.traffic.about_to_send(c, false);
        self.was_sent(cx, (c, out), Err(reason));
        c
    }

    /// The first attempt of a task's call, that of the entry at `place`, failed before it was under way.
    #[inline(never)]
    pub(in crate::engine) fn call_not_sent<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
        (place, reason): (u16, Reason),
    ) {
        let plan = cx.plan;
        let (t, edge) = (TaskId::of(sending.owner), sending.edge);
        if let Some(c) = self.first_failed(cx, sending, reason) {
            return self.traffic.add_child(plan, t, Caller::Call(c), place);
        }
        let (key, outcome) = (self.traffic.tasks[t].key, Err(reason));
        self.traffic.settled.push_back(Settled { task: t, key, of: None, entry: place, edge, outcome });
    }

    /// An attempt that stands for a guarded call was answered well: one that was sent from a call site at `start`.
    #[inline(always)]
    pub(in crate::engine) fn tell_of_answer<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, edge, start): (TaskId, u16, u64),
    ) {
        let plan = cx.plan;
        let guard = &mut self.traffic.guards[edge as usize][0];
        if plan.edges[edge as usize].is_light && guard.waiting.is_empty() {
            guard.under_way -= 1;
        } else {
            self.tell_of_first(cx, (t, edge, start));
        }
    }

    #[inline(never)]
    fn tell_of_first<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, edge, start): (TaskId, u16, u64)) {
        let (plan, now) = (cx.plan, cx.now);
        let guard = &mut self.traffic.guards[edge as usize][0];
        let has_pass = guard.breaker.is_some();
        let pass = if has_pass { self.traffic.passes[t.index()] } else { 0 };
        let out = Out { task: t, replica: NONE, pass, cost: None, is_copy: false };
        guard.end(&plan.edges[edge as usize], out, now, now - start, Ok(()));
        let has_waiting = !guard.waiting.is_empty();
        if has_pass {
            self.note_breaker(plan, (edge, 0));
        }
        if has_waiting {
            self.traffic.call_next(cx, (edge, 0));
        }
    }

    /// The wait for the first copy of a call without a record is over.
    pub(in crate::engine) fn copy_unrecorded<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let c = self.traffic.record_attempt(cx, t);
        self.hedge_now(cx, c);
    }
}
