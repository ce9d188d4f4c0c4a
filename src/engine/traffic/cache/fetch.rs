//! Attempts that go to the service for what a cache lacks, and those who wait for them.

use super::{Looked, Part};
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::knowledge::view::Asking;
use crate::engine::listener::{CacheAnswer, Listener, Note};
use crate::engine::task::{Outcome, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::idempotency::Sender;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::mix;
use crate::reason::Reason;
use crate::units::SimTime;

/// What tells the refresh that an attempt brings about from the attempt.
const REFRESH: u64 = 0x5245_4652_4553_4821;

/// Who sends for a cache avoids no replica.
fn any_replica<L: Listener>(state: &mut State, cx: &mut Cx<'_, L>, asking: Asking) -> Option<u32> {
    state.pick_for(cx, asking, &[])
}

impl Traffic {
    /// The answer to an attempt that passed a cache is with its caller, or cannot be had: the cache learns of it, and those
    /// who wait for it. What the caller gets.
    #[inline(never)]
    pub(in crate::engine) fn fetched<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        outcome: Outcome,
    ) -> Outcome {
        let now = SimTime::from_nanos(cx.now);
        let Some(looked) = self.looked(t) else { return outcome };
        let looked = std::mem::replace(looked, Looked { part: Part::None, ..*looked });
        let task = self.tasks[t];
        let number = usize::from(task.service);
        let Some(settings) = cx.plan.system.services[number].cache.as_deref() else { return outcome };
        match looked.part {
            Part::None | Part::Wait | Part::Answered(_) => return outcome,
            Part::Write => {
                if let Some(writes) = settings.writes.as_ref().filter(|_| outcome.is_ok()) {
                    self.written(cx, (t, looked), (settings, writes));
                }
                return outcome;
            }
            Part::Fetch | Part::Refresh => {}
        }
        let is_wrong = self.is_wrong(t);
        let Some(Some(caches)) = self.caches.get_mut(number) else { return outcome };
        let measured = u64::from(task.flags & flag::MEASURED != 0);
        let (known, age) = match outcome {
            Ok(()) => {
                caches.bring(settings, looked, (now, is_wrong, measured));
                (outcome, 0)
            }
            Err(reason) => caches.old_copy(settings, looked, now).map_or_else(
                || {
                    caches.keep_failure(settings, looked, (now, reason));
                    (outcome, 0)
                },
                |age| (Ok(()), age),
            ),
        };
        let is_stale = known != outcome;
        let is_heard = task.flags & flag::ORPHAN == 0;
        if known.is_ok() && looked.part == Part::Fetch && is_heard {
            caches.note_answers(measured, age, is_stale);
        }
        if known.is_ok() || caches.is_latest(looked, t) {
            self.wake_waiters(cx, (&task, looked), (known, is_wrong, age, is_stale));
        }
        known
    }

    /// Those who wait for a fetch get its outcome too.
    fn wake_waiters<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (fetch, looked): (&Task, Looked),
        (outcome, is_wrong, age, is_stale): (Outcome, bool, u64, bool),
    ) {
        let now = SimTime::from_nanos(cx.now);
        let Some(Some(caches)) = self.caches.get_mut(usize::from(fetch.service)) else { return };
        let Some(waiters) = caches.waiters.remove(&(looked.store, looked.key)) else { return };
        let mut ages = 0;
        for (t, name) in waiters {
            let is_free = self.tasks[t].flags & stage::MASK == stage::FREE;
            let waits = |looked: &mut Looked| looked.name == name && looked.part == Part::Wait;
            if is_free || !self.looked(t).is_some_and(waits) {
                continue;
            }
            if self.tasks[t].flags & stage::MASK == stage::CALLING {
                self.looked[t.index()].part = Part::Answered(outcome.err());
                cx.clock.calendar.plan_rare(now, Rank::Completion, Rare::CacheHit(t, name));
            } else {
                self.looked[t.index()].part = Part::None;
            }
            if self.tasks[t].flags & stage::MASK == stage::LOST {
                self.forget(cx, t);
                continue;
            }
            if is_wrong && outcome.is_ok() {
                self.turn_wrong(t);
            }
            if self.tasks[t].flags & (flag::MEASURED | flag::ORPHAN) == flag::MEASURED && outcome.is_ok() {
                ages += 1;
            }
            if self.tasks[t].flags & stage::MASK == stage::THERE {
                self.tasks[t].replica = fetch.replica;
                self.set_stage(t, stage::BACK);
                self.plan_answer(cx, t, now, outcome);
            }
        }
        if let Some(Some(caches)) = self.caches.get_mut(usize::from(fetch.service)) {
            caches.note_answers(ages, age, is_stale);
        }
    }
}

impl State {
    /// Fetches a new copy of what was just answered.
    pub(super) fn refresh<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        (looked, zone, decider): (Looked, u32, usize),
    ) {
        let plan = cx.plan;
        let edge = &plan.edges[sending.edge as usize];
        let number = usize::from(edge.service);
        let key = mix(sending.key, REFRESH);
        let flags = sending.flags & !flag::REPEAT | flag::ORPHAN;
        let refresh = Sending { key, flags, attempt: 1, ..*sending };
        let measured = u64::from(flags & flag::MEASURED != 0);
        self.record.services[number].attempts += measured;
        if let Some(Some(caches)) = self.traffic.caches.get_mut(number) {
            caches.counts.fetches += measured;
            caches.counts.alone += measured;
        }
        let (picked, is_buffered) = self.place(cx, &refresh, (zone, decider), any_replica);
        let Some(local) = picked else {
            self.record.stop(cx, (number, decider), (Reason::NoReplica, measured > 0));
            return;
        };
        self.traffic.last_picked = local;
        self.traffic.fetching = Looked { name: key, part: Part::Refresh, ..looked };
        let task = refresh.task(cx.now, edge.way(), self.fleet.services[number].first + local);
        self.traffic.remaining += measured;
        let sender = Sender { zone, decider, origin: sending.origin, is_buffered };
        match self.send_to(cx, task, sender) {
            Ok(t) if L::LISTENS => {
                let (decider, service) = (self.decider_of(t), number as u32);
                let note = Note::AttemptDropped { attempt: key, service, decider };
                cx.listener.note(SimTime::from_nanos(cx.now), note);
            }
            Ok(_) => {}
            Err(_) => self.traffic.remaining -= measured,
        }
    }

    /// An attempt has waited for the fetch of another for as long as it does.
    pub(in crate::engine) fn lock_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, name): (TaskId, u64)) {
        let Task { flags, .. } = self.traffic.tasks[t];
        let waits = |looked: &mut Looked| looked.name == name && looked.part == Part::Wait;
        if flags & stage::MASK == stage::FREE || !self.traffic.looked(t).is_some_and(waits) {
            return;
        }
        match flags & stage::MASK {
            stage::CALLING => self.call_itself(cx, t),
            stage::THERE | stage::LOST if flags & flag::ORPHAN != 0 => self.traffic.forget(cx, t),
            stage::THERE => self.go_itself(cx, t),
            // What it did was lost, and it begins anew.
            _ => {}
        }
    }

    /// An attempt that waited for the fetch of another fetches itself.
    fn go_itself<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        let Task { key, owner, flags, edge, attempt, priority, service, .. } = self.traffic.tasks[t];
        let number = usize::from(service);
        let decider = self.decider_of(t) as usize;
        let zone = if plan.zone_regions.len() == 1 { 0 } else { self.caller_zone(plan, flags, owner, edge) };
        let origin = self.traffic.origin_of(t);
        let sending = Sending { key, owner, flags, edge, attempt, priority, origin };
        let measured = u64::from(flags & flag::MEASURED != 0);
        self.traffic.fetch_itself(t, cx.now);
        let (picked, is_buffered) = self.place(cx, &sending, (zone, decider), any_replica);
        let Some(local) = picked else {
            self.record.services[number].unsent += measured;
            self.traffic.set_stage(t, stage::BACK);
            let now = SimTime::from_nanos(cx.now);
            return self.traffic.plan_answer(cx, t, now, Err(Reason::NoReplica));
        };
        self.traffic.tasks[t].replica = self.fleet.services[number].first + local;
        if self.fleet.services[number].is_buffered {
            self.traffic.note_buffered(t, is_buffered);
        }
        self.count_next(t, number, decider, local);
        if self.goes_off(cx, t, (zone, decider))
            && let Err(reason) = self.admit(cx, t)
        {
            self.answer(cx, t, Err(reason));
        }
    }

    /// There is no replica for an attempt: its cache may have an old copy for it all the same.
    #[inline(never)]
    pub(in crate::engine) fn answer_without<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        by: (u32, usize),
    ) -> Option<TaskId> {
        let looked = std::mem::take(&mut self.traffic.fetching);
        if looked.part != Part::Fetch {
            return None;
        }
        let t = self.record_answered(cx, sending, by);
        self.traffic.note_looked(t, looked);
        if self.traffic.fetched(cx, t, Err(Reason::NoReplica)).is_err() {
            self.traffic.release(t);
            return None;
        }
        let metrics = &mut self.record.services[usize::from(self.traffic.tasks[t].service)];
        let measured = u64::from(sending.flags & flag::MEASURED != 0);
        metrics.reasons[Reason::NoReplica.index()] += measured;
        metrics.unsent += measured;
        self.tell_of_cache(cx, t, CacheAnswer::Stale);
        self.traffic.plan_answer(cx, t, SimTime::from_nanos(cx.now), Ok(()));
        Some(t)
    }

    /// An attempt was refused as soon as it was sent; whether its cache has an old copy for it all the same.
    #[inline(never)]
    pub(in crate::engine) fn is_rescued<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        reason: Reason,
    ) -> bool {
        let Task { flags, service, .. } = self.traffic.tasks[t];
        if self.traffic.fetched(cx, t, Err(reason)).is_err() || flags & flag::ORPHAN != 0 {
            return false;
        }
        let measured = u64::from(flags & flag::MEASURED != 0);
        self.record.services[usize::from(service)].reasons[reason.index()] += measured;
        self.traffic.plan_answer(cx, t, SimTime::from_nanos(cx.now), Ok(()));
        true
    }
}
