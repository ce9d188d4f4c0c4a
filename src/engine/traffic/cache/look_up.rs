//! An attempt asks the cache.

use super::{Looked, Part, freshness, until};
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::{CacheAnswer, Listener, Note};
use crate::engine::plan::NONE;
use crate::engine::task::{Outcome, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::idempotency::Sender;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::model::cache::{Cache, CachePer, CacheSkips, CachedCopy};
use crate::units::SimTime;
use rand::RngExt;

/// What a cache says to who asks.
pub(super) enum Said {
    /// The answer.
    Answer(Answer),
    /// It waits for the fetch of another.
    Wait,
    /// It is to fetch, and whether nobody else does.
    Fetch(bool),
}

/// An answer of a cache.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) kind: CacheAnswer,
    pub(super) outcome: Outcome,
    pub(super) is_wrong: bool,
    /// Whether it is past its time, or was written since.
    is_old: bool,
    /// Whether a new copy is to be fetched.
    refreshes: bool,
    /// How old the copy is (ns).
    age: u64,
}

/// Who asks a cache: an attempt by its key, for whose request, in which zone, and at which replica of its service.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    pub(super) name: u64,
    pub(super) request: u64,
    pub(super) zone: u32,
    pub(super) seat: u32,
    pub(super) flags: u16,
}

impl State {
    /// An attempt asks the cache of its service. The record that answers it or waits, if one does; otherwise it goes to the
    /// service.
    #[inline(never)]
    pub(in crate::engine) fn ask_cache<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        (zone, decider): (u32, usize),
    ) -> Option<TaskId> {
        let plan = cx.plan;
        let number = usize::from(plan.edges[sending.edge as usize].service);
        let settings = plan.system.services[number].cache.as_deref()?;
        if settings.skips != CacheSkips::All {
            return None;
        }
        let (name, request) = (sending.key, sending.origin.work.request);
        // No replica is chosen yet.
        let asker = Asker { name, request, zone, seat: 0, flags: sending.flags };
        let (looked, said) = self.traffic.consult(cx, (number, settings), asker)?;
        let answer = match said {
            Said::Fetch(_) => {
                self.traffic.fetching = looked;
                return None;
            }
            Said::Wait => return Some(self.wait_for_fetch(cx, sending, (looked, (zone, decider)))),
            Said::Answer(answer) => answer,
        };
        if answer.refreshes {
            self.refresh(cx, sending, (looked, zone, decider));
        }
        let took = settings.hit_time.sample(&mut draw(name, Purpose::HitTime));
        let t = self.record_answered(cx, sending, (zone, decider));
        if answer.is_wrong {
            self.traffic.turn_wrong(t);
        }
        self.tell_of_cache(cx, t, answer.kind);
        self.traffic.plan_answer(cx, t, SimTime::from_nanos(cx.now) + took, answer.outcome);
        Some(t)
    }

    /// A record for an attempt that no replica gets, or not now.
    pub(super) fn record_answered<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        (zone, decider): (u32, usize),
    ) -> TaskId {
        let plan = cx.plan;
        let edge = &plan.edges[sending.edge as usize];
        let number = usize::from(edge.service);
        let task = sending.task(cx.now, edge.way(), self.fleet.services[number].first);
        let sender = Sender { zone, decider, origin: sending.origin, is_buffered: false };
        let t = self.record_attempt_of(cx, task, sender);
        self.traffic.last_picked = NONE;
        if plan.network.is_lossy {
            // It is no message of the network.
            self.traffic.silence(t);
        }
        self.traffic.set_stage(t, stage::BACK);
        if edge.timeout_lane != NONE {
            let now = SimTime::from_nanos(cx.now);
            cx.clock.calendar.start_timer(edge.timeout_lane as usize, now, t.number());
        }
        t
    }

    pub(super) fn tell_of_cache<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, answer: CacheAnswer) {
        if L::LISTENS {
            let (attempt, decider) = (self.traffic.tasks[t].key, self.decider_of(t));
            let service = u32::from(self.traffic.tasks[t].service);
            let note = Note::CacheAnswered { attempt, service, answer, decider };
            cx.listener.note(SimTime::from_nanos(cx.now), note);
        }
    }

    /// An attempt waits for the fetch of another.
    fn wait_for_fetch<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
        (looked, by): (Looked, (u32, usize)),
    ) -> TaskId {
        let t = self.record_answered(cx, sending, by);
        self.traffic.set_stage(t, stage::THERE);
        self.tell_of_cache(cx, t, CacheAnswer::Awaited);
        self.traffic.begin_to_wait(cx, (t, looked));
        t
    }
}

impl Traffic {
    /// What the cache of a service says, which is counted; nothing to those who do not ask, as their request is invalid.
    pub(super) fn consult<L: Listener>(
        &mut self,
        cx: &Cx<'_, L>,
        (number, settings): (usize, &Cache),
        Asker { name, request, zone, seat, flags }: Asker,
    ) -> Option<(Looked, Said)> {
        if flags & flag::INVALID != 0 {
            return None;
        }
        let now = SimTime::from_nanos(cx.now);
        let key = settings.popularity.key(draw(request, Purpose::CacheKey).random());
        let store = match settings.per {
            CachePer::Service => 0,
            CachePer::Zone => zone,
            CachePer::Region => cx.plan.zone_regions[zone as usize],
            CachePer::Seat => seat,
        };
        let looked = Looked { name, store, key, part: Part::Fetch, asked: now };
        if settings.writes_of(request).is_some() {
            return Some((Looked { part: Part::Write, ..looked }, Said::Fetch(true)));
        }
        let said = self.look_in((number, settings), looked);
        let caches = self.caches.get_mut(number)?.as_mut()?;
        let (counts, measured) = (&mut caches.counts, u64::from(flags & flag::MEASURED != 0));
        counts.lookups += measured;
        match said {
            Said::Fetch(is_alone) => {
                counts.fetches += measured;
                counts.alone += measured * u64::from(is_alone);
            }
            Said::Wait => counts.coalesced += measured,
            Said::Answer(answer) => {
                counts.hits += measured;
                counts.stale += measured * u64::from(answer.is_old);
                if answer.outcome.is_ok() {
                    caches.note_answers(measured, answer.age, false);
                    let slides = settings.is_sliding && answer.kind == CacheAnswer::Fresh;
                    let stale_at = slides.then(|| until(now, freshness(settings, name)));
                    caches.stores[store as usize].touch(key, stale_at);
                }
            }
        }
        Some((looked, said))
    }

    /// A task waits for the fetch of another, as long as it does.
    pub(super) fn begin_to_wait<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, looked): (TaskId, Looked)) {
        self.note_looked(t, Looked { part: Part::Wait, ..looked });
        let number = usize::from(self.tasks[t].service);
        if let Some(Some(caches)) = self.caches.get_mut(number) {
            caches.waiters.entry((looked.store, looked.key)).or_default().push((t, looked.name));
        }
        let settings = cx.plan.system.services[number].cache.as_deref();
        if let Some(lock) = settings.and_then(|settings| settings.lock_timeout) {
            let (at, name) = (SimTime::from_nanos(cx.now) + lock, looked.name);
            cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::CacheLock(t, name));
        }
    }

    /// What a cache says to who asks for a key.
    fn look_in(&mut self, (number, settings): (usize, &Cache), looked: Looked) -> Said {
        let Looked { store, key, asked: now, name, .. } = looked;
        let Some(Some(caches)) = self.caches.get_mut(number) else { return Said::Fetch(true) };
        let told = caches.told.get(key as usize).copied().unwrap_or(SimTime::ZERO);
        if caches.stores[store as usize].get(key).is_some_and(|copy| copy.asked < told) {
            caches.stores[store as usize].drop(key);
        }
        let Some(Some(caches)) = self.caches.get(number) else { return Said::Fetch(true) };
        let flight = self.flight(caches, (store, key));
        let written = caches.written.get(key as usize).copied().unwrap_or(SimTime::ZERO);
        let answer = |copy: &CachedCopy, kind, refreshes| {
            Said::Answer(Answer {
                kind,
                outcome: copy.failure.map_or(Ok(()), Err),
                is_wrong: copy.is_wrong,
                is_old: kind == CacheAnswer::Stale || copy.asked < written,
                refreshes,
                age: now.since(copy.asked).as_nanos(),
            })
        };
        if let Some(copy) = caches.stores[store as usize].get(key) {
            if now < copy.stale_at && copy.failure.is_some() {
                return answer(copy, CacheAnswer::Failure, false);
            }
            if now < copy.stale_at && !settings.fetches_early(copy, name, now) {
                return answer(copy, CacheAnswer::Fresh, false);
            }
            let is_old =
                |more| copy.failure.is_none() && (copy.stale_at..copy.stale_at + more).contains(&now);
            if settings.stale_while_revalidate.is_some_and(is_old) {
                return answer(copy, CacheAnswer::Stale, flight.is_none());
            }
            if now < copy.stale_at {
                return Said::Fetch(flight.is_none());
            }
        }
        match (flight, settings.lock_timeout) {
            // Who has no memory knows of nobody that fetches.
            _ if caches.has_lost(looked) => Said::Fetch(flight.is_none()),
            (Some(flight), Some(lock)) if now < flight.asked + lock => Said::Wait,
            (flight, _) => Said::Fetch(flight.is_none()),
        }
    }
}
