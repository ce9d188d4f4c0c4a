//! The first attempt of a guarded call, whose record is that of the call too while nothing goes wrong.
//!
//! The guard is asked and told beside the attempt. A [`Call`](crate::engine::traffic::task::Call) with what a guard wants to know
//! of it is made when something stands in the way of the attempt, when it fails, or when a copy is due; from then on the
//! attempt is one of that call, and [`guard`](crate::engine::traffic::guarded_call) and [`hedge`](crate::engine::traffic::hedge) go on. Which call sites begin so is
//! said by [`Edge::is_recorded`](crate::engine::plan::Edge).

use crate::engine::observer::Probe;
use crate::engine::plan::{Edge, NONE, Plan};
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::call::UNLIMITED;
use crate::engine::traffic::fan_out::Settled;
use crate::engine::traffic::guard::{Out, Stage};
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::traffic::task::{Caller, Task, flag, stage};
use crate::engine::world::World;
use crate::kernel::calendar::Key;
use crate::model::resilience::breaker::Pass;
use crate::model::resilience::limit::Verdict;
use crate::reason::Reason;
use crate::units::SimTime;

impl World {
    /// Makes a client's call that has a deadline or is guarded.
    #[inline(never)]
    pub(in crate::engine) fn call_by_rules<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        (client, sending): (u32, Sending),
        now: u64,
    ) {
        let edge = &plan.edges[sending.edge as usize];
        let measured = i64::from(sending.flags & flag::MEASURED != 0);
        if self.lets_pass(edge, sending.edge) {
            if let Err(reason) = self.send_first(plan, probe, edge, sending, now) {
                if reason == Reason::NoReplica {
                    self.traffic.clients[client as usize].book.attempts_beyond -= measured;
                }
                self.first_refused(plan, probe, &sending, (0, reason), now);
            }
            return;
        }
        // Attempts of other calls are counted when they are sent.
        self.traffic.clients[client as usize].book.attempts_beyond -= measured;
        if edge.is_recorded {
            let c = self.open_call(plan, sending, now, UNLIMITED);
            self.try_call(plan, probe, c, now);
        } else {
            // The attempt that stands for the call, or the call's own record, will answer it.
            let _ = self.call_unrecorded(plan, probe, sending, now);
        }
    }

    /// Makes a guarded call without a record: its guard is asked, and its first attempt sent, which is what is returned.
    ///
    /// # Errors
    ///
    /// The record of the call, if it needed one at once; it may have failed by then.
    pub(in crate::engine) fn call_unrecorded<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        sending: Sending,
        now: u64,
    ) -> Result<u32, u32> {
        let number = sending.edge;
        let edge = &plan.edges[number as usize];
        if self.lets_pass(edge, number) {
            let sent = self.send_first(plan, probe, edge, sending, now);
            self.count_sent(edge, sending.flags, sent);
            return sent.map_err(|reason| self.first_refused(plan, probe, &sending, (0, reason), now));
        }
        let rules = guard_of(edge);
        self.traffic.last_picked = NONE;
        let guard = &mut self.traffic.guards[number as usize][0];
        guard.begin(now);
        let verdict = guard.ask_throttle((sending.key, 1, sending.priority), now);
        if verdict != Verdict::Admit {
            let c = self.record_first(&sending, now, 0);
            self.not_admitted(plan, probe, (c, verdict), now);
            return Err(c);
        }
        let pass = guard.ask_breaker(rules, true, now);
        let (has_place, has_pass) = (guard.has_place(rules), guard.breaker.is_some());
        if has_pass {
            self.note_breaker(plan, (number, 0));
        }
        let Some(pass) = pass else {
            let c = self.record_first(&sending, now, 0);
            self.stopped_by_breaker(plan, probe, c, now);
            return Err(c);
        };
        if !has_place {
            let c = self.record_first(&sending, now, pass);
            self.ask_bulkhead(plan, probe, c, now);
            return Err(c);
        }
        let sent = self.send_first(plan, probe, edge, sending, now);
        self.count_sent(edge, sending.flags, sent);
        match sent {
            Ok(t) => {
                if has_pass {
                    self.remember_pass(t, pass);
                }
                Ok(t)
            }
            Err(reason) => Err(self.first_refused(plan, probe, &sending, (pass, reason), now)),
        }
    }

    /// Whether the guard of a call site only counts first attempts, and has a place for one.
    #[inline(always)]
    pub(in crate::engine) fn lets_pass(&self, edge: &Edge, number: u16) -> bool {
        edge.is_light && self.traffic.guards[number as usize][0].under_way < edge.places
    }

    /// Sends the first attempt of a guarded call; its guard was asked.
    #[inline(always)]
    pub(in crate::engine) fn send_first<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        edge: &Edge,
        sending: Sending,
        now: u64,
    ) -> Result<u32, Reason> {
        self.traffic.guards[sending.edge as usize][0].under_way += 1;
        let t = self.send_plainly(plan, probe, now, (edge.way(), sending))?;
        let lane = guard_of(edge).hedge_lane;
        if lane != NONE {
            self.clock.calendar.start_timer(lane as usize, SimTime::from_nanos(now), t);
        }
        Ok(t)
    }

    /// The first attempt of a guarded call, which its guard let pass, failed at once; the record of the call.
    #[cold]
    #[inline(never)]
    pub(in crate::engine) fn first_refused<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        sending: &Sending,
        (pass, reason): (Pass, Reason),
        now: u64,
    ) -> u32 {
        let c = self.record_first(sending, now, pass);
        let out = self.about_to_send(c, false);
        self.was_sent(plan, probe, (c, out), now, Err(reason));
        c
    }

    /// The first attempt of a task's call, that of the entry at `place`, failed before it was under way.
    #[inline(never)]
    pub(in crate::engine) fn call_not_sent<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        sending: Sending,
        (place, reason): (u16, Reason),
        now: u64,
    ) {
        let Sending { owner: t, edge, .. } = sending;
        if let Some(c) = self.first_failed(plan, probe, sending, now, reason) {
            return self.add_child(plan, t, Caller::Call(c), place);
        }
        let (key, outcome) = (self.traffic.tasks[t as usize].key, Err(reason));
        self.traffic.settled.push_back(Settled { task: t, key, of: None, entry: place, edge, outcome });
    }

    /// A record for a guarded call whose first attempt is about to be made, or was made when it began.
    fn record_first(&mut self, sending: &Sending, start: u64, pass: Pass) -> u32 {
        let c = self.record_call(sending, start, UNLIMITED);
        self.prepare_guarded(c, 0);
        let guarded = &mut self.traffic.guarded[c as usize];
        (guarded.rounds, guarded.copies, guarded.before, guarded.pass) = (1, 1, 0, pass);
        c
    }

    /// Whether an attempt stands for a guarded call.
    #[inline]
    pub(in crate::engine) fn is_for_call(&self, plan: &Plan, t: u32) -> bool {
        let task = &self.traffic.tasks[t as usize];
        task.flags & flag::OF_CALL == 0 && plan.edges[task.edge as usize].guard.is_some()
    }

    /// Makes a record for the guarded call for which an attempt stands, that is under way or has just ended: the attempt
    /// is one of that call from now on.
    #[inline(never)]
    pub(in crate::engine) fn record_attempt(&mut self, plan: &Plan, t: u32) -> u32 {
        let Task { key, start, owner, flags, edge, attempt, priority, .. } = self.traffic.tasks[t as usize];
        let kept = flags & (flag::OWNER | flag::MEASURED | flag::INVALID | flag::REPEAT);
        let origin = self.origin_of(t);
        let out = self.only_out(plan, t);
        let sending = Sending { key, owner, flags: kept, edge, attempt, priority, origin };
        let c = self.record_first(&sending, start, out.pass);
        let call = &mut self.traffic.calls[c as usize];
        call.task = t;
        call.tried.push(out.replica);
        let guarded = &mut self.traffic.guarded[c as usize];
        guarded.stage = Stage::Out;
        guarded.out.push(out);
        let task = &mut self.traffic.tasks[t as usize];
        task.owner = c;
        task.flags = flags & !flag::OWNER | flag::OF_CALL;
        if flags & flag::OF_TASK != 0 {
            self.rename_child(plan, owner, Caller::Task(t), Caller::Call(c));
        }
        c
    }

    /// What is out of a guarded call for which an attempt stands.
    fn only_out(&self, plan: &Plan, t: u32) -> Out {
        let task = &self.traffic.tasks[t as usize];
        let first = plan.services[plan.edges[task.edge as usize].service as usize].first;
        let has_pass = self.traffic.guards[task.edge as usize][0].breaker.is_some();
        let pass = if has_pass { self.traffic.passes[t as usize] } else { 0 };
        Out { task: t, replica: task.replica - first, pass, cost: None, is_copy: false }
    }

    /// An attempt that stands for a guarded call was answered well: one that was sent from a call site at `start`.
    #[inline(always)]
    pub(in crate::engine) fn tell_of_answer(
        &mut self,
        plan: &Plan,
        (t, edge, start): (u32, u16, u64),
        now: u64,
    ) {
        let guard = &mut self.traffic.guards[edge as usize][0];
        if plan.edges[edge as usize].is_light && guard.waiting.is_empty() {
            guard.under_way -= 1;
        } else {
            self.tell_of_first(plan, (t, edge, start), now);
        }
    }

    #[inline(never)]
    fn tell_of_first(&mut self, plan: &Plan, (t, edge, start): (u32, u16, u64), now: u64) {
        let guard = &mut self.traffic.guards[edge as usize][0];
        let has_pass = guard.breaker.is_some();
        let pass = if has_pass { self.traffic.passes[t as usize] } else { 0 };
        let out = Out { task: t, replica: NONE, pass, cost: None, is_copy: false };
        guard.end(&plan.edges[edge as usize], out, (now, now - start), Ok(()));
        let has_waiting = !guard.waiting.is_empty();
        if has_pass {
            self.note_breaker(plan, (edge, 0));
        }
        if has_waiting {
            self.call_next(plan, (edge, 0), now);
        }
    }

    /// An attempt is no longer wanted: if it stands for a guarded call, nobody will know how that ends.
    pub(in crate::engine) fn forget_unrecorded(&mut self, plan: &Plan, t: u32, now: u64) {
        if self.is_for_call(plan, t) {
            let (out, edge) = (self.only_out(plan, t), self.traffic.tasks[t as usize].edge);
            self.traffic.guards[edge as usize][0].forget(out);
            self.call_next(plan, (edge, 0), now);
        }
    }

    /// The wait for the first copy of a call without a record is over.
    pub(in crate::engine) fn copy_unrecorded<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        t: u32,
        now: u64,
    ) {
        let c = self.record_attempt(plan, t);
        self.hedge_now(plan, probe, c, now);
    }

    /// Whether a timer in a lane that was started with an attempt, and is due now, is still waited for.
    pub(in crate::engine) fn waits_in_lane(&self, plan: &Plan, t: u32, (lane, due): (usize, Key)) -> bool {
        let task = &self.traffic.tasks[t as usize];
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
    fn remember_pass(&mut self, t: u32, pass: Pass) {
        if self.traffic.passes.len() <= t as usize {
            self.traffic.passes.resize(self.traffic.tasks.len(), 0);
        }
        self.traffic.passes[t as usize] = pass;
    }
}
