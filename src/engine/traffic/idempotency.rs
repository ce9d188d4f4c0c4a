//! Effects of work, and what idempotency keys say about it.

use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::task::{Origin, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::key_store::StoreStage;
use crate::engine::world::{Cx, State};
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::model::effect::{Found, Idempotency, Work};
use crate::model::fleet::Service;
use crate::reason::Reason;
use crate::units::SimTime;

/// Who sends an attempt: where, by which decider, for whom, and past whom.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Sender {
    pub(in crate::engine) zone: u32,
    pub(in crate::engine) decider: usize,
    pub(in crate::engine) origin: Origin,
    /// Whether it goes to the queue of its service, of those that buffer at times.
    pub(in crate::engine) is_buffered: bool,
}

/// What is known of a task's work.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Job {
    pub(super) origin: Origin,
    /// What it found under its key.
    pub(super) found: Found,
    /// How far it is with the store of its key, if that is another service.
    pub(super) stage: StoreStage,
    /// Whether it is a message for which there is no place.
    is_refused: bool,
    /// Whether its answer is wrong.
    is_wrong: bool,
}

impl Traffic {
    /// Notes whose work a task does, where anything asks for that.
    #[inline]
    pub(in crate::engine) fn note_origin(&mut self, plan: &Plan, t: TaskId, origin: Origin) {
        if plan.has_effects {
            self.jobs.resize(self.tasks.len().max(self.jobs.len()), Job::default());
            self.jobs[t.index()] = Job { origin, ..Job::default() };
        }
    }

    /// Whose work a task does; nobody's where nothing asks for that.
    pub(in crate::engine) fn origin_of(&self, t: TaskId) -> Origin {
        self.jobs.get(t.index()).map_or(Origin::default(), |job| job.origin)
    }

    /// The answer of a task will be wrong, if it is a good one.
    pub(in crate::engine) fn turn_wrong(&mut self, t: TaskId) {
        if let Some(job) = self.jobs.get_mut(t.index()) {
            job.is_wrong = true;
        }
    }

    /// Whether the answer of a task is wrong.
    pub(in crate::engine) fn is_wrong(&self, t: TaskId) -> bool {
        self.jobs.get(t.index()).is_some_and(|job| job.is_wrong)
    }

    /// The work of a task goes on elsewhere.
    pub(in crate::engine) fn pass_origin_on(&mut self, plan: &Plan, t: TaskId, origin: Origin) {
        let is_wrong = self.is_wrong(t);
        self.note_origin(plan, t, origin);
        if is_wrong {
            self.turn_wrong(t);
        }
    }

    /// An attempt at a service with idempotency keys begins: it looks up its own. How much work that is [ns], if that is
    /// all it has to do.
    pub(in crate::engine) fn look_up<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> (u64, bool) {
        let (plan, now) = (cx.plan, cx.now);
        let Task { key, service, .. } = self.tasks[t];
        let Some(rules) = &plan.system.services[service as usize].idempotency else { return (0, false) };
        let job = &mut self.jobs[t.index()];
        if rules.store.is_none() {
            job.found = self.ledger.look_up(job.origin.work, key, SimTime::from_nanos(now), rules);
        }
        let lookup = rules.lookup.sample(&mut draw(key, Purpose::LookUp)).as_nanos();
        (lookup, job.found != Found::Nothing)
    }

    /// Why an attempt at a service with keys fails although nothing went wrong with it.
    pub(in crate::engine) fn refused_by_key(&self, t: TaskId) -> Result<(), Reason> {
        match &self.jobs[t.index()] {
            Job { is_refused: true, .. } => Err(Reason::QueueFull),
            Job { found: Found::InProgress, .. } => Err(Reason::Conflict),
            Job { found: Found::Nothing | Found::Answer, .. } => Ok(()),
        }
    }

    /// What the records of all messages of an attempt say together.
    pub(in crate::engine) fn note_found(&mut self, t: TaskId, found: Found) {
        self.jobs[t.index()].found = found;
    }

    /// What an attempt found under its key.
    pub(in crate::engine) fn found_by(&self, t: TaskId) -> Found {
        self.jobs[t.index()].found
    }

    /// There is no place for a message.
    pub(in crate::engine) fn refuse(&mut self, t: TaskId) {
        self.jobs[t.index()].is_refused = true;
    }

    /// A message of a batch is looked up at a service with keys.
    pub(in crate::engine) fn look_up_message(
        &mut self,
        (work, key): (Work, u64),
        now: u64,
        rules: &Idempotency,
    ) -> Found {
        self.ledger.look_up(work, key, SimTime::from_nanos(now), rules)
    }

    /// Work of a message of a batch is done, well or not; how often it has taken effect now, if it does.
    pub(in crate::engine) fn finish_message(
        &mut self,
        (work, key): (Work, u64),
        (now, is_good): (u64, bool),
        settings: &Service,
    ) -> u32 {
        if let Some(rules) = &settings.idempotency {
            self.ledger.finish(work, key, (SimTime::from_nanos(now), is_good), rules);
        }
        if settings.effects && is_good { self.ledger.take_effect(work) } else { 0 }
    }

    /// Keys of the requests of which an attempt or a call is left, rising, with those of messages.
    fn live_requests(&self, messages: impl Iterator<Item = u64>) -> Vec<u64> {
        let tasks = self.tasks.iter().zip(&self.jobs);
        let tasks = tasks.filter(|(task, _)| task.flags & stage::MASK != stage::FREE);
        let calls = self.calls.all().iter().filter(|call| call.is_live);
        let mut live: Vec<u64> = tasks
            .map(|(_, job)| job.origin.work.request)
            .chain(calls.map(|call| call.origin.work.request))
            .chain(messages)
            .collect();
        live.sort_unstable();
        live.dedup();
        live
    }
}

impl Record {
    /// Counts an attempt that is passed on to a service, if a replica was found for it.
    pub(in crate::engine) fn count_passed_on(&mut self, service: usize, flags: u16, is_sent: bool) {
        if flags & flag::MEASURED != 0 {
            let metrics = &mut self.services[service];
            metrics.attempts += 1;
            metrics.repeats += u64::from(flags & flag::REPEAT != 0);
            metrics.unsent += u64::from(!is_sent);
        }
    }
}

impl State {
    /// Whether what an attempt found under its key answers it, for good or ill.
    pub(in crate::engine) fn is_answered_by_key(&self, t: TaskId) -> bool {
        self.fleet.services[self.traffic.tasks[t].service as usize].keeps_keys
            && self.traffic.jobs[t.index()].found != Found::Nothing
    }

    /// The service of an attempt ended: its effect, if it has one, comes about, and its record is written.
    #[inline]
    pub(in crate::engine) fn take_effect<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        if plan.has_effects {
            self.come_about(cx, t);
            if self.traffic.ledger.is_full() || self.queues.is_full_of_the_past() {
                self.forget_the_past();
            }
        }
    }

    /// Nothing more can become of the work of requests that are over.
    #[inline(never)]
    fn forget_the_past(&mut self) {
        let live = self.traffic.live_requests(self.queues.requests());
        self.traffic.ledger.keep(&live);
        self.queues.forget_all_but(&live);
    }

    #[inline(never)]
    pub(super) fn come_about<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        let Task { key, service, flags, replica, .. } = self.traffic.tasks[t];
        let Job { origin, found, stage, .. } = self.traffic.jobs[t.index()];
        let settings = &plan.system.services[service as usize];
        let asks_store = settings.asks_store();
        let is_good = flags & (flag::ERROR | flag::INVALID) == 0;
        let measured = u64::from(flags & flag::MEASURED != 0);
        if settings.events.is_some() {
            return self.take_in(cx, t);
        }
        if self.fleet.services[service as usize].consumes && self.effects_of_batch(cx, t) {
            return;
        }
        let metrics = &mut self.record.services[service as usize];
        if found != Found::Nothing {
            metrics.suppressed += if found == Found::Answer { measured } else { 0 };
            return;
        }
        if let Some(rules) = settings.idempotency.as_ref().filter(|_| !asks_store) {
            self.traffic.ledger.finish(origin.work, key, (SimTime::from_nanos(now), is_good), rules);
        }
        if settings.effects && is_good && !(asks_store && stage.is_past()) {
            let zone = self.fleet.seats.zones[replica as usize];
            self.stores.write(plan, (service as usize, zone), now);
            let is_duplicate = self.traffic.ledger.take_effect(origin.work) > 1;
            metrics.effects += measured;
            if is_duplicate {
                metrics.duplicates += measured;
                self.record.clients[origin.client as usize].duplicates += measured;
            }
        }
    }
}
