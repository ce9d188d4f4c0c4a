//! Effects of work, and what idempotency keys say about it.

use crate::engine::plan::Plan;
use crate::engine::traffic::task::{Task, flag, stage};
use crate::engine::world::World;
use crate::kernel::stream::{Purpose, draw};
use crate::model::effect::{Found, Work};
use crate::reason::Reason;
use crate::units::SimTime;

/// The work that an attempt is a try of, and who asked for it in the end.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Origin {
    pub(in crate::engine) work: Work,
    pub(in crate::engine) client: u32,
}

impl Origin {
    /// What a client's request asks for.
    #[inline(always)]
    pub(in crate::engine) const fn request(client: u32, key: u64) -> Self {
        Self { work: Work { request: key, path: 0 }, client }
    }

    /// What is asked for at a call site on the way there.
    pub(in crate::engine) fn child(self, site: u32, copy: u32) -> Self {
        Self { work: self.work.child(site, copy), ..self }
    }
}

/// Who sends an attempt: where, by which decider, and for whom.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Sender {
    pub(in crate::engine) zone: u32,
    pub(in crate::engine) decider: usize,
    pub(in crate::engine) origin: Origin,
}

/// What is known of a task's work.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Job {
    origin: Origin,
    /// What it found under its key.
    found: Found,
}

impl World {
    /// Notes whose work a task does, where anything asks for that.
    #[inline]
    pub(in crate::engine) fn note_origin(&mut self, plan: &Plan, t: u32, origin: Origin) {
        if plan.has_effects {
            self.traffic.jobs.resize(self.traffic.tasks.len().max(self.traffic.jobs.len()), Job::default());
            self.traffic.jobs[t as usize] = Job { origin, found: Found::Nothing };
        }
    }

    /// Whose work a task does; nobody's where nothing asks for that.
    pub(in crate::engine) fn origin_of(&self, t: u32) -> Origin {
        self.traffic.jobs.get(t as usize).map_or(Origin::default(), |job| job.origin)
    }

    /// An attempt at a service with idempotency keys begins: it looks up its own. How much work that is [ns], if that is
    /// all it has to do.
    pub(in crate::engine) fn look_up(&mut self, plan: &Plan, t: u32, now: u64) -> (u64, bool) {
        let Task { key, service, .. } = self.traffic.tasks[t as usize];
        let Some(rules) = &plan.system.services[service as usize].idempotency else { return (0, false) };
        let job = &mut self.traffic.jobs[t as usize];
        job.found = self.traffic.ledger.look_up(job.origin.work, key, SimTime::from_nanos(now), rules);
        let lookup = rules.lookup.sample(&mut draw(key, Purpose::LookUp)).as_nanos();
        (lookup, job.found != Found::Nothing)
    }

    /// Whether what an attempt found under its key answers it, for good or ill.
    pub(in crate::engine) fn is_answered_by_key(&self, t: u32) -> bool {
        self.fleet.services[self.traffic.tasks[t as usize].service as usize].keeps_keys
            && self.traffic.jobs[t as usize].found != Found::Nothing
    }

    /// Why an attempt at a service with keys fails although nothing went wrong with it.
    pub(in crate::engine) fn refused_by_key(&self, t: u32) -> Result<(), Reason> {
        match self.traffic.jobs[t as usize].found {
            Found::InProgress => Err(Reason::Conflict),
            Found::Nothing | Found::Answer => Ok(()),
        }
    }

    /// Counts an attempt that is passed on to a service, if a replica was found for it.
    pub(in crate::engine) fn count_passed_on(&mut self, service: usize, flags: u16, is_sent: bool) {
        if flags & flag::MEASURED != 0 {
            let book = &mut self.fleet.services[service].book;
            book.attempts += 1;
            book.repeats += u64::from(flags & flag::REPEAT != 0);
            book.unsent += u64::from(!is_sent);
        }
    }

    /// The service of an attempt ended: its effect, if it has one, comes about, and its record is written.
    #[inline]
    pub(in crate::engine) fn take_effect(&mut self, plan: &Plan, t: u32, now: u64) {
        if plan.has_effects {
            self.come_about(plan, t, now);
        }
    }

    #[inline(never)]
    fn come_about(&mut self, plan: &Plan, t: u32, now: u64) {
        let Task { key, service, flags, .. } = self.traffic.tasks[t as usize];
        let Job { origin, found } = self.traffic.jobs[t as usize];
        let settings = &plan.system.services[service as usize];
        let is_good = flags & (flag::ERROR | flag::INVALID) == 0;
        let measured = u64::from(flags & flag::MEASURED != 0);
        let book = &mut self.fleet.services[service as usize].book;
        if found != Found::Nothing {
            book.suppressed += if found == Found::Answer { measured } else { 0 };
            return;
        }
        if let Some(rules) = &settings.idempotency {
            self.traffic.ledger.finish(origin.work, key, (SimTime::from_nanos(now), is_good), rules);
        }
        if settings.effects && is_good {
            let is_duplicate = self.traffic.ledger.take_effect(origin.work) > 1;
            book.effects += measured;
            if is_duplicate {
                book.duplicates += measured;
                self.traffic.clients[origin.client as usize].book.duplicates += measured;
            }
        }
        if self.traffic.ledger.is_full() {
            self.forget_the_past();
        }
    }

    /// Nothing more can become of the work of requests of which no attempt and no call is left.
    fn forget_the_past(&mut self) {
        let tasks = self.traffic.tasks.iter().zip(&self.traffic.jobs);
        let tasks = tasks.filter(|(task, _)| task.flags & stage::MASK != stage::FREE);
        let calls = self.traffic.calls.iter().filter(|call| call.is_live);
        let mut live: Vec<u64> = tasks
            .map(|(_, job)| job.origin.work.request)
            .chain(calls.map(|call| call.origin.work.request))
            .collect();
        live.sort_unstable();
        live.dedup();
        self.traffic.ledger.keep(&live);
    }
}
