//! An attempt from its caller's side: sent to a replica, under way, answered.

use crate::engine::id::{CallId, TaskId};
use crate::engine::knowledge::view::Asking;
use crate::engine::listener::{Listener, Message, Note};
use crate::engine::network::Departure;
use crate::engine::plan::{Edge, NONE, Plan, Way};
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::task::{Caller, Origin, Outcome, Settled, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::idempotency::Sender;
use crate::engine::traffic::request::Request;
use crate::engine::world::{Cx, State};
use crate::kernel::slab::Id;
use crate::model::call::Avoid;
use crate::reason::Reason;
use crate::units::SimTime;

/// An attempt about to be sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Sending {
    pub(in crate::engine) key: u64,
    pub(in crate::engine) owner: u32,
    /// Owner, measured and invalid bits.
    pub(in crate::engine) flags: u16,
    pub(in crate::engine) edge: u16,
    pub(in crate::engine) attempt: u8,
    pub(in crate::engine) priority: u8,
    pub(in crate::engine) origin: Origin,
}

impl Sending {
    /// The record of the attempt on its way to `replica`.
    #[inline(always)]
    pub(in crate::engine) fn task(&self, now: u64, way: Way, replica: u32) -> Task {
        Task {
            key: self.key,
            start: now,
            enqueued: now,
            started: now,
            due: 0,
            armed: 0,
            owner: self.owner,
            link: 0,
            replica,
            edge: self.edge,
            service: way.service,
            attempt: self.attempt,
            priority: self.priority,
            flags: self.flags,
        }
    }
}

impl Traffic {
    /// Number of a caller among its kind: the instance of a client, the replica within a service.
    pub(in crate::engine) fn caller_number(&self, plan: &Plan, flags: u16, owner: u32, edge: u16) -> u32 {
        if flags & flag::OWNER == flag::OWNER {
            // A queue is one.
            return 0;
        }
        if flags & flag::OF_CALL != 0 {
            let call = &self.calls[CallId::of(owner)];
            return self.caller_number(plan, call.flags, call.owner, edge);
        }
        if flags & flag::OF_TASK == 0 {
            // Users are spread over the instances; an instance is its own.
            return owner % self.clients[plan.edges[edge as usize].caller as usize].instances;
        }
        let task = &self.tasks[TaskId::of(owner)];
        if task.flags & flag::REQUEST != 0 {
            return task.replica;
        }
        task.replica - plan.services[task.service as usize].first
    }
}

impl Fleet {
    /// The decider of a service for an attempt that is passed on.
    pub(in crate::engine) fn next_decider(&mut self, plan: &Plan, service: usize) -> usize {
        let deciders = plan.services[service].deciders;
        let turn = &mut self.services[service].turn;
        let decider = *turn;
        *turn = if decider + 1 >= deciders { 0 } else { decider + 1 };
        decider as usize
    }
}

impl Record {
    /// No replica could be found for an attempt, or nothing said where to look.
    #[inline(never)]
    pub(in crate::engine) fn stop<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, decider): (usize, usize),
        (reason, is_measured): (Reason, bool),
    ) -> Reason {
        let now = cx.now;
        let metrics = &mut self.services[number];
        metrics.reasons[reason.index()] += u64::from(is_measured);
        metrics.unsent += u64::from(is_measured);
        self.tell_now(cx);
        if L::LISTENS {
            let (service, decider) = (number as u32, decider as u32);
            cx.listener.note(SimTime::from_nanos(now), Note::AttemptStopped { service, reason, decider });
        }
        reason
    }
}

impl State {
    /// Sends an attempt: chooses a replica, starts its timer, and delivers it, at once where messages take no time.
    ///
    /// # Errors
    ///
    /// Why it failed at once; then nothing of it remains but `last_picked`.
    #[inline(never)]
    pub(in crate::engine) fn send<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
        avoid: &[u32],
    ) -> Result<TaskId, Reason> {
        let plan = cx.plan;
        let edge = &plan.edges[sending.edge as usize];
        let sent = if avoid.is_empty() {
            self.send_plainly(cx, (edge.way(), &sending))
        } else {
            self.send_slowly(cx, sending, avoid)
        };
        self.count_sent(edge, sending.flags, sent);
        sent
    }

    /// Counts an attempt for its client, unless no replica was found for it, and a repeated one for its service.
    pub(in crate::engine) fn count_sent(&mut self, edge: &Edge, flags: u16, sent: Result<TaskId, Reason>) {
        if flags & flag::MEASURED == 0 {
            return;
        }
        self.record.services[edge.service as usize].repeats += u64::from(flags & flag::REPEAT != 0);
        if !sent.is_err_and(Reason::is_before_sending) && (edge.caller as usize) < self.traffic.clients.len()
        {
            self.record.clients[edge.caller as usize].attempts_beyond += 1;
        }
    }

    /// Sends an attempt where the common case does not hold; see [`State::send_plainly`] for what it returns.
    #[inline(never)]
    pub(in crate::engine) fn send_slowly<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
        avoid: &[u32],
    ) -> Result<TaskId, Reason> {
        let plan = cx.plan;
        let must_differ = sending.attempt > 1 && plan.edges[sending.edge as usize].avoid == Avoid::Repeats;
        let choose = |state: &mut Self, cx: &mut Cx<'_, L>, asking: Asking| {
            let may_send = !must_differ || state.has_others(plan, asking, avoid);
            may_send.then(|| state.pick_for(cx, asking, avoid)).flatten()
        };
        self.send_as_chosen(cx, sending, choose)
    }

    /// Sends an attempt to the replica that `choose` finds.
    ///
    /// # Errors
    ///
    /// See [`State::send_plainly`].
    pub(in crate::engine) fn send_as_chosen<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
        choose: impl FnOnce(&mut Self, &mut Cx<'_, L>, Asking) -> Option<u32>,
    ) -> Result<TaskId, Reason> {
        let (plan, now) = (cx.plan, cx.now);
        let edge = &plan.edges[sending.edge as usize];
        let number = edge.service as usize;
        let is_measured = sending.flags & flag::MEASURED != 0;
        self.record.services[number].attempts += u64::from(is_measured);
        let (zone, decider) = self.decide_by_name(cx, &sending)?;
        if plan.has_caches
            && let Some(t) = self.ask_cache(cx, &sending, (zone, decider))
        {
            return Ok(t);
        }
        let (picked, is_buffered) = self.place(cx, &sending, (zone, decider), choose);
        let Some(local) = picked else {
            self.traffic.last_picked = NONE;
            if plan.has_caches
                && let Some(t) = self.answer_without(cx, &sending, (zone, decider))
            {
                return Ok(t);
            }
            return Err(self.record.stop(cx, (number, decider), (Reason::NoReplica, is_measured)));
        };
        self.traffic.last_picked = local;
        let task = sending.task(now, edge.way(), self.fleet.services[number].first + local);
        self.send_to(cx, task, Sender { zone, decider, origin: sending.origin, is_buffered })
    }

    /// The replica for an attempt, if there is one, and whether it goes to the queue of its service.
    #[inline]
    pub(super) fn place<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        (zone, decider): (u32, usize),
        choose: impl FnOnce(&mut Self, &mut Cx<'_, L>, Asking) -> Option<u32>,
    ) -> (Option<u32>, bool) {
        let plan = cx.plan;
        let number = plan.edges[sending.edge as usize].service as usize;
        // A shared queue chooses a replica when one has a free slot, and a function an instance when the attempt is there: in
        // the region that was chosen, if it is in several.
        let own = &self.fleet.services[number];
        let door = own.door;
        let picked = if door == NONE || own.has_regions {
            let session = self.session_for(plan, sending);
            let shard = self.traffic.shard_of(plan, number, (session, sending.origin.client));
            choose(self, cx, Asking { service: number, decider, zone, session, shard })
        } else {
            Some(self.taker_of(plan, sending).unwrap_or(door))
        };
        self.fleet.stand(number, picked)
    }

    /// A record for an attempt, with what is to be known of it besides.
    #[inline]
    pub(super) fn record_attempt_of<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        task: Task,
        sender: Sender,
    ) -> TaskId {
        let plan = cx.plan;
        let t = self.traffic.allocate(cx, task);
        self.traffic.note_origin(plan, t, sender.origin);
        if plan.has_sessions || plan.has_populations {
            self.traffic.remember_request(plan, t);
        }
        let own = &self.fleet.services[task.service as usize];
        if own.is_buffered {
            self.traffic.note_buffered(t, sender.is_buffered);
        }
        if own.several_deciders {
            self.traffic.remember_decider(t, sender.decider);
        }
        t
    }

    /// Sends an attempt to the replica that was chosen for it.
    #[inline(never)]
    pub(in crate::engine) fn send_to<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        task: Task,
        sender: Sender,
    ) -> Result<TaskId, Reason> {
        let (plan, now) = (cx.plan, cx.now);
        let edge = &plan.edges[task.edge as usize];
        let number = edge.service as usize;
        let Sender { zone, decider, is_buffered, .. } = sender;
        let t = self.record_attempt_of(cx, task, sender);
        if plan.versions.are_there {
            self.choose_version_asked(plan, t, now);
        }
        if self.fleet.services[number].tracks && !is_buffered {
            self.traffic.tasks[t].flags |= flag::COUNTED;
            self.knowledge.deciders[number][decider].outstanding[self.traffic.last_picked as usize] += 1;
        }
        if plan.has_caches {
            self.traffic.begin_fetch(t);
        }
        if self.goes_off(cx, t, (zone, decider))
            && let Err(reason) = self.admit(cx, t)
            && self.is_back(cx, t, Err(reason))
        {
            self.heard(cx, t, Err(reason));
            if !plan.has_caches || !self.is_rescued(cx, t, reason) {
                self.note_attempt_end(cx, t, Err(reason));
                self.traffic.release(t);
                return Err(reason);
            }
        }
        if edge.timeout_lane != NONE {
            cx.clock.calendar.start_timer(edge.timeout_lane as usize, SimTime::from_nanos(now), t.number());
        }
        Ok(t)
    }

    /// An attempt that has its replica leaves; whether it is there already.
    pub(in crate::engine) fn goes_off<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        (zone, decider): (u32, usize),
    ) -> bool {
        let (plan, now) = (cx.plan, cx.now);
        if plan.transfers.are_counted() {
            self.count_leaving(plan, t, zone);
        }
        self.record.tell_now(cx);
        if L::LISTENS {
            let Task { key, attempt, replica, service, .. } = self.traffic.tasks[t];
            let (service, number, decider) = (u32::from(service), u32::from(attempt), decider as u32);
            let version = self.traffic.version_number(plan, t);
            let note = Note::AttemptSent { attempt: key, service, replica, number, version, decider };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
        !plan.network.has_any || self.leaves(cx, t, zone)
    }

    /// An attempt leaves its caller; whether it is at its replica already.
    fn leaves<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, zone: u32) -> bool {
        let plan = cx.plan;
        let receive = self.traffic.event_of(t);
        if receive.is_some_and(|receive| !self.queues.travels(plan, receive)) {
            return true;
        }
        match self.send_off(cx, t, (zone, |state: &Self| state.caller_spot(plan, t, zone))) {
            Departure::There => true,
            Departure::Gone => {
                if receive.is_some() {
                    self.traffic.end_if_lost(cx, t);
                }
                false
            }
            Departure::Refused(delay) => {
                self.count_unsent(plan, t, Message::Call);
                self.traffic.refuse_later(cx, t, delay);
                false
            }
        }
    }

    /// An attempt reaches its replica.
    pub(in crate::engine) fn deliver<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        self.note_delivery(plan, t);
        if self.traffic.tasks[t].flags & stage::MASK == stage::LOST {
            self.traffic.forget(cx, t);
        } else if let Err(reason) = self.admit(cx, t) {
            self.answer(cx, t, Err(reason));
        }
    }

    /// The answer of a served attempt goes back to its caller.
    #[inline(never)]
    pub(in crate::engine) fn answer_served<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let flags = self.traffic.tasks[t].flags;
        let outcome = if flags & flag::ERROR != 0 {
            Err(Reason::Error)
        } else if flags & flag::INVALID != 0 {
            Err(Reason::ClientError)
        } else if self.fleet.services[self.traffic.tasks[t].service as usize].keeps_keys {
            self.traffic.refused_by_key(t)
        } else {
            Ok(())
        };
        self.traffic.tasks[t].flags |= flag::SERVED;
        if cx.plan.transfers.are_counted() {
            self.count_moved(cx.plan, t, Message::Answer);
        }
        self.answer(cx, t, outcome);
    }

    /// Sends an answer back; it arrives at once where messages take no time.
    pub(in crate::engine) fn answer<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, outcome: Outcome) {
        if self.is_back(cx, t, outcome) {
            self.answered(cx, t, outcome);
        }
    }

    /// An answer leaves its replica; whether it is with its caller already, or there is none.
    fn is_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, outcome: Outcome) -> bool {
        let plan = cx.plan;
        self.traffic.set_stage(t, stage::BACK);
        let is_orphan = self.traffic.tasks[t].flags & flag::ORPHAN != 0;
        if is_orphan || !plan.network.has_any {
            return true;
        }
        match self.traffic.event_of(t) {
            Some(receive) => self.word_is_back(cx, (t, receive), outcome),
            None => self.send_back(cx, t, outcome),
        }
    }

    /// An answer that travelled arrives.
    pub(in crate::engine) fn arrive_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        self.note_delivery(plan, t);
        let outcome = match self.traffic.tasks[t].armed {
            u32::MAX => Ok(()),
            reason => Err(Reason::ALL[reason as usize]),
        };
        self.answered(cx, t, outcome);
    }

    /// A caller learns how its attempt ended.
    fn answered<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, outcome: Outcome) {
        let plan = cx.plan;
        let task = self.traffic.tasks[t];
        self.heard(cx, t, outcome);
        let is_refresh = plan.has_caches && self.traffic.is_refresh(t);
        let known = if plan.has_caches { self.traffic.fetched(cx, t, outcome) } else { outcome };
        if task.flags & flag::ORPHAN != 0 {
            if !is_refresh {
                self.waste(t);
            }
            self.traffic.forget(cx, t);
            return;
        }
        self.note_attempt_end(cx, t, outcome);
        if let Err(reason) = known {
            return self.attempt_failed(cx, t, reason);
        }
        self.traffic.hand_on_answer(plan, (t, &task));
        self.traffic.release(t);
        let is_guarded = plan.edges[task.edge as usize].guard.is_some();
        match (task.flags & flag::OF_CALL != 0, is_guarded) {
            (true, true) => self.guarded_answer(cx, (t, &task)),
            (true, false) => {
                let c = CallId::of(task.owner);
                self.traffic.calls[c].task = TaskId::NONE;
                self.call_over(cx, c, Ok(()));
            }
            (false, true) => {
                self.tell_of_answer(cx, (t, task.edge, task.start));
                self.first_over(cx, (t, &task), Ok(()));
            }
            (false, false) => self.first_over(cx, (t, &task), Ok(())),
        }
    }

    /// A call without a record of its own ended with its first attempt.
    pub(in crate::engine) fn first_over<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, task): (TaskId, &Task),
        outcome: Outcome,
    ) {
        let plan = cx.plan;
        if task.flags & flag::OF_TASK != 0 {
            let key = self.traffic.tasks[TaskId::of(task.owner)].key;
            let of = Some(Caller::Task(t));
            self.traffic.settled.push_back(Settled {
                task: TaskId::of(task.owner),
                key,
                of,
                entry: 0,
                edge: task.edge,
                outcome,
            });
        } else {
            let client = u32::from(plan.edges[task.edge as usize].caller);
            let request = Request { client, origin: task.owner, start: task.start, flags: task.flags };
            self.end_request(cx, request, outcome);
        }
    }

    /// Notes how an attempt ended for its caller.
    #[inline]
    pub(in crate::engine) fn note_attempt_end<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        outcome: Outcome,
    ) {
        let now = cx.now;
        let task = &self.traffic.tasks[t];
        if let Err(reason) = outcome
            && task.flags & flag::MEASURED != 0
        {
            self.record.services[task.service as usize].reasons[reason.index()] += 1;
            // Where there is no replica there is no version of one either.
            if cx.plan.versions.are_there && !reason.is_before_sending() {
                self.record.note_failed((task.service as usize, self.traffic.version_of(t)), reason);
            }
        }
        if L::LISTENS {
            let (attempt, service, decider) = (task.key, u32::from(task.service), self.decider_of(t));
            let note =
                Note::AttemptEnded { attempt, service, failure: outcome.err().map(Reason::counted), decider };
            cx.listener.note(SimTime::from_nanos(now), note);
            self.record.tell_now(cx);
        }
    }

    /// Time in a slot whose result nobody used.
    pub(in crate::engine) fn waste(&mut self, t: TaskId) {
        let task = &self.traffic.tasks[t];
        if task.flags & flag::MEASURED != 0 && task.flags & flag::SERVED != 0 {
            let metrics = &mut self.record.services[task.service as usize];
            metrics.wasted += u128::from(task.due - task.started);
        }
    }
}
