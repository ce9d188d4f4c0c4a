//! What each replica of a fleet did so far, for controllers that count some of them and others not.

use crate::engine::record::metrics::Gauge;
use crate::engine::record::number::{Ended, Numbers};
use crate::engine::replica::Fleet;
use crate::engine::replica::service::Replica;
use crate::model::fleet::Life;

/// Sums over time of one seat, whoever sits there: of all that it did, and of what it did while it drained.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Odometer {
    all: Meters,
    leaving: Meters,
}

#[derive(Debug, Clone, Default)]
struct Meters {
    busy: Gauge,
    available: Gauge,
    queue: Gauge,
    inside: Gauge,
    ended: Ended,
}

/// The sums of one seat until an instant.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct SeatNumbers {
    pub(in crate::engine) all: Numbers,
    /// Without what was done while it drained.
    pub(in crate::engine) stayed: Numbers,
}

/// What a replica has at an instant: slots taken and slots that are there, attempts that wait at it and all that are.
fn now_at(replica: &Replica) -> [u64; 4] {
    let waiting = u64::from(replica.queue.waiting);
    let inside = replica.inside.len() as u64 + waiting;
    if !replica.works {
        return [0, 0, waiting, inside];
    }
    let slots = if replica.slots == u32::MAX { 0 } else { replica.slots };
    [u64::from(replica.busy.min(replica.slots)), u64::from(slots), waiting, inside]
}

impl Meters {
    fn numbers(&self, now: u64) -> Numbers {
        Numbers {
            ended: self.ended,
            busy: self.busy.integral(now),
            available: self.available.integral(now),
            queue: self.queue.integral(now),
            inside: self.inside.integral(now),
            ..Numbers::default()
        }
    }

    fn set(&mut self, counts: [u64; 4], now: u64) {
        let gauges = [&mut self.busy, &mut self.available, &mut self.queue, &mut self.inside];
        for (gauge, count) in gauges.into_iter().zip(counts) {
            gauge.set(count, now);
        }
    }

    fn counts(&self) -> [u64; 4] {
        [&self.busy, &self.available, &self.queue, &self.inside].map(|gauge| gauge.count)
    }
}

impl Odometer {
    /// One of a replica as it is at the start.
    pub(in crate::engine) fn new(replica: &Replica) -> Self {
        let mut odometer = Self::default();
        odometer.all.set(now_at(replica), 0);
        odometer
    }
}

impl Fleet {
    /// Something has changed in what a replica has, or in whether it drains.
    #[inline]
    pub(in crate::engine) fn note_load(&mut self, number: usize, r: u32, now: u64) {
        if self.services[number].is_read {
            self.read_off(r, now);
        }
    }

    /// More or fewer wait in a queue; a replica has only what waits in its own.
    #[inline]
    pub(in crate::engine) fn note_in_line(&mut self, (number, line): (usize, u32), now: u64) {
        if (line as usize) < self.replicas.len() {
            self.note_load(number, line, now);
        }
    }

    #[inline(never)]
    fn read_off(&mut self, r: u32, now: u64) {
        let counts = now_at(&self.replicas[r as usize]);
        let drains = self.seats.life(r) == Life::Draining;
        let odometer = &mut self.odometers[r as usize];
        odometer.all.set(counts, now);
        odometer.leaving.set(if drains { counts } else { [0; 4] }, now);
    }

    /// An attempt at a replica has ended.
    pub(in crate::engine) fn note_ended(&mut self, number: usize, r: u32, (failed, latency): (bool, u64)) {
        if !self.services[number].is_read {
            return;
        }
        let drains = self.seats.life(r) == Life::Draining;
        let odometer = &mut self.odometers[r as usize];
        odometer.all.ended.add(failed, latency);
        if drains {
            odometer.leaving.ended.add(failed, latency);
        }
    }

    /// The sums of each seat of a service until now; nothing where nobody reads them.
    pub(in crate::engine) fn read_seats(&self, number: usize, now: u64) -> Vec<SeatNumbers> {
        if !self.services[number].is_read {
            return Vec::new();
        }
        let first = self.services[number].first as usize;
        let seats = first..first + self.services[number].load.len();
        let read = |r: usize| {
            let odometer = &self.odometers[r];
            debug_assert_eq!(odometer.all.counts(), now_at(&self.replicas[r]), "replica {r} at {now}");
            let all = odometer.all.numbers(now);
            SeatNumbers { all, stayed: all.without(&odometer.leaving.numbers(now)) }
        };
        seats.map(read).collect()
    }
}
