//! An original and its copy in another place: who writes where, what the copy lacks, and two that both take writes.

use crate::engine::data::Stores;
use crate::engine::id::TaskId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::kernel::stream::{Purpose, draw};
use crate::model::data::{Conflicts, Replication, Sides, Writes};
use crate::units::{SimDuration, SimTime};

/// Where what a service keeps is, and where its copy.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair {
    /// The replication.
    pub(super) number: usize,
    /// On which of its sides the original is now.
    pub(super) original: usize,
    /// Since when the way between them has been cut \[ns\].
    cut_since: Option<u64>,
    /// Since when nobody has been up on each side \[ns\].
    down_since: [Option<u64>; 2],
    /// How many writes only the old original has, while the way to it is cut and the copy took its place.
    parted: Option<u64>,
}

/// What a write meets at the replica that does it.
enum Way {
    /// It takes so much longer.
    Takes(SimDuration),
    /// It fails.
    Barred,
}

impl Pair {
    /// That of a replication, which begins where it is written.
    pub(super) fn of(number: usize) -> Self {
        Self { number, ..Self::default() }
    }

    /// Since when the copy has got nothing, if it gets nothing.
    fn apart_since(&self) -> Option<u64> {
        let [one, other] = self.down_since;
        [self.cut_since, one, other].into_iter().flatten().min()
    }

    /// Up to which instant the copy has what was written, at an instant \[ns\].
    fn known_until(&self, copy: &Replication, key: u64, now: u64) -> u64 {
        match self.apart_since() {
            // Nothing is acknowledged meanwhile, or by nobody but it.
            Some(_) if copy.stops() && self.parted.is_none() => now,
            Some(since) => since.saturating_sub(copy.lag_at(key, since).as_nanos()),
            None => now.saturating_sub(copy.lag_at(key, now).as_nanos()),
        }
    }
}

impl Stores {
    /// The copy of a service that has a place, with its sides.
    fn pair<'p>(&self, plan: &'p Plan, service: usize) -> Option<(&Pair, &'p Replication, &'p Sides)> {
        let pair = self.services.get(service)?.as_deref()?.pair.as_ref()?;
        let copy = &plan.system.replications[pair.number];
        Some((pair, copy, copy.sides.as_ref()?))
    }

    /// Up to which instant a copy has what was written, at an instant \[ns\].
    pub(super) fn known_until(&self, plan: &Plan, number: usize, now: u64) -> u64 {
        let (copy, key) = (&plan.system.replications[number], self.copies[number]);
        match self.pair(plan, copy.of.index()) {
            Some((pair, ..)) if pair.number == number => pair.known_until(copy, key, now),
            _ => now.saturating_sub(copy.lag_at(key, now).as_nanos()),
        }
    }

    /// A copy took the place of what is lost: the old original is its copy.
    pub(super) fn swap(&mut self, service: usize, number: usize) {
        if let Some(pair) = self.of(service).and_then(|store| store.pair.as_mut())
            && pair.number == number
        {
            pair.original = 1 - pair.original;
        }
    }

    /// What a write in a zone meets that begins now, drawn by the key of its attempt.
    fn way(&self, plan: &Plan, (service, zone): (usize, u32), key: u64) -> Option<Way> {
        let (pair, copy, sides) = self.pair(plan, service)?;
        let original = pair.original;
        let is_apart = pair.apart_since().is_some();
        if sides.side_of(zone) == Some(1 - original) {
            return Some(match pair.parted {
                Some(_) if sides.conflicts.is_some() => Way::Takes(SimDuration::ZERO),
                _ if pair.parted.is_some() || is_apart => Way::Barred,
                _ => Way::Takes(round_trip(plan, (zone, &sides.zones[original]), key)),
            });
        }
        if !copy.is_sync() || is_apart && !copy.stops() || pair.parted.is_some() {
            return None;
        }
        Some(if is_apart {
            Way::Barred
        } else {
            Way::Takes(round_trip(plan, (zone, &sides.zones[1 - original]), key))
        })
    }

    /// A write was acknowledged by a replica in a zone.
    #[inline]
    pub(in crate::engine) fn write(&mut self, plan: &Plan, (service, zone): (usize, u32), now: u64) {
        let Some(store) = self.of(service) else { return };
        store.write(now);
        if let Some(pair) = &mut store.pair
            && let Some(parted) = &mut pair.parted
            && let Some(sides) = &plan.system.replications[pair.number].sides
            && sides.side_of(zone) == Some(1 - pair.original)
        {
            *parted += 1;
        }
    }

    /// The copy takes over from an original that has lost nothing: what it lacks of one that it cannot reach is lost, or is
    /// settled once both can reach each other.
    pub(super) fn fail_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, service: usize) {
        let (plan, now) = (cx.plan, cx.now);
        let Some((pair, copy, sides)) = self.pair(plan, service) else { return };
        let (original, number) = (pair.original, pair.number);
        if pair.down_since[1 - original].is_some() || pair.parted.is_some() {
            return;
        }
        let (stopped, is_cut) = (pair.down_since[original], pair.cut_since.is_some());
        let end = stopped.unwrap_or(now);
        // One that both can reach hands over what it has.
        let known = if stopped.is_none() && !is_cut {
            now
        } else {
            pair.known_until(copy, self.copies[number], end).min(end)
        };
        let goes_on = sides.conflicts.is_some() && is_cut && stopped.is_none();
        let rpo = SimTime::from_nanos(end).since(SimTime::from_nanos(known));
        let Some(store) = self.of(service) else { return };
        let lacking = store.written_since((0, known), store.held);
        let lost = if goes_on { 0 } else { lacking };
        store.lose_writes(lost);
        if let Some(pair) = &mut store.pair {
            pair.original = 1 - original;
            pair.parted = is_cut.then_some(lacking - lost);
        }
        if cx.clock.is_measuring {
            let lost = lost_by(plan, service, (rpo, lost));
            store.metrics.note_failover(&plan.span.contracts, rpo, lost);
        }
        if L::LISTENS {
            let note = Note::CopyPromoted { service: service as u32 };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
    }

    /// An original and its copy can reach each other again: what the old one took alone is settled.
    fn meet(&mut self, plan: &Plan, service: usize, is_measuring: bool) {
        let Some(store) = self.of(service) else { return };
        let Some(pair) = &mut store.pair else { return };
        let (Some(alone), Some(sides)) = (pair.parted.take(), &plan.system.replications[pair.number].sides)
        else {
            return;
        };
        let alone = alone.min(store.held);
        let measured = if is_measuring { alone } else { 0 };
        store.metrics.conflicts += if sides.conflicts.is_some() { measured } else { 0 };
        if sides.conflicts == Some(Conflicts::Discard) {
            store.lose_writes(alone);
            store.metrics.lost_writes += measured as f64;
        }
    }
}

/// How long a question to the first zone of a side takes, with its answer.
fn round_trip(plan: &Plan, (from, side): (u32, &[bool]), key: u64) -> SimDuration {
    let to = side.iter().position(|is_there| *is_there).map_or(from, |zone| zone as u32);
    plan.round_trip([from, to], &mut draw(key, Purpose::Replication))
}

/// How many writes are lost with so much time: those that are counted, or as many as somebody makes in that time.
pub(super) fn lost_by(plan: &Plan, service: usize, (rpo, lost): (SimDuration, u64)) -> f64 {
    match plan.system.services[service].data.as_deref().and_then(|data| data.writes) {
        Some(Writes::Rate(rate)) => rate.per_second() * rpo.as_secs(),
        Some(Writes::Effects) => lost as f64,
        None => 0.0,
    }
}

impl State {
    /// What replication makes of the work of an attempt that will have an effect: how much longer it takes \[ns\], and whether
    /// it fails.
    pub(in crate::engine) fn replicate(&self, plan: &Plan, t: TaskId) -> (u64, bool) {
        let task = &self.traffic.tasks[t];
        let zone = self.fleet.seats.zones[task.replica as usize];
        match self.stores.way(plan, (task.service as usize, zone), task.key) {
            None => (0, false),
            Some(Way::Takes(time)) => (time.as_nanos(), false),
            Some(Way::Barred) => (0, true),
        }
    }

    /// On which sides nobody is up, and whether the way between them is cut.
    fn reach(&self, plan: &Plan, service: usize, sides: &Sides) -> ([bool; 2], bool) {
        let (fleet, first) = (&self.fleet, plan.services[service].first);
        let seats = first..first + plan.system.services[service].replicas.len() as u32;
        let is_in = |zones: &[bool], r: u32| zones[fleet.seats.zones[r as usize] as usize];
        let seats = sides
            .zones
            .each_ref()
            .map(|zones| -> Vec<u32> { seats.clone().filter(|r| is_in(zones, *r)).collect() });
        let down = seats.each_ref().map(|seats| !seats.iter().any(|r| fleet.replicas[*r as usize].works));
        let [one, other] = seats.map(|seats| seats.first().map(|r| fleet.replica_spot(*r)));
        let is_cut = one.zip(other).is_some_and(|(one, other)| {
            self.incidents.is_cut(plan, &[one, other]) || self.incidents.is_cut(plan, &[other, one])
        });
        (down, is_cut)
    }

    /// A replica of a service went up or down, and with it what is reached of its data.
    pub(in crate::engine) fn note_reach_of<L: Listener>(&mut self, cx: &Cx<'_, L>, service: usize) {
        if self.fleet.services[service].is_replicated {
            self.note_reach(cx, Some(service));
        }
    }

    /// A way may be cut or open, or a replica up or down: whether originals and copies reach each other is worked out anew, of
    /// one service or of all.
    pub(in crate::engine) fn note_reach<L: Listener>(&mut self, cx: &Cx<'_, L>, only: Option<usize>) {
        let (plan, now) = (cx.plan, cx.now);
        for copy in &plan.system.replications {
            let service = copy.of.index();
            let Some(sides) = copy.sides.as_ref().filter(|_| only.is_none_or(|only| only == service)) else {
                continue;
            };
            let (down, is_cut) = self.reach(plan, service, sides);
            let Some(pair) = self.stores.of(service).and_then(|store| store.pair.as_mut()) else { continue };
            for (since, is_down) in pair.down_since.iter_mut().zip(down) {
                *since = is_down.then(|| since.unwrap_or(now));
            }
            let was_cut = pair.cut_since.is_some();
            pair.cut_since = is_cut.then(|| pair.cut_since.unwrap_or(now));
            if was_cut && !is_cut {
                self.stores.meet(plan, service, cx.clock.is_measuring);
            }
        }
    }
}
