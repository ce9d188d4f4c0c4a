//! What a service keeps, and its backups, while they change.

use std::collections::VecDeque;

use crate::engine::data::pair::Pair;
use crate::engine::id::IncidentId;
use crate::engine::record::metrics::Sample;
use crate::kernel::calendar::Handle;
use crate::model::data::{Copies, Copy};
use crate::units::{SimDuration, SimTime};

/// How many of the last writes a store remembers one by one.
const REMEMBERED: usize = 1 << 16;

/// What a service keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    pub(super) key: u64,
    /// Whether effects are what writes: no others are counted here.
    pub(super) counts: bool,
    /// Writes that were acknowledged, those that are there, and those that were lost.
    pub(super) acknowledged: u64,
    pub(super) held: u64,
    pub(super) lost: u64,
    /// When the last of them came \[ns\], oldest first.
    pub(super) recent: VecDeque<u64>,
    /// Since when it has been corrupt, if it is \[ns\].
    pub(super) corrupt_since: Option<u64>,
    pub(super) loss: Option<Loss>,
    /// How often it was lost.
    pub(super) losses: u64,
    pub(super) restoring: Option<Restoring>,
    /// Where it is and where its copy, if that has a place.
    pub(super) pair: Option<Pair>,
    pub(super) metrics: StoreMetrics,
}

/// A loss that is not over.
#[derive(Debug, Clone)]
pub(super) struct Loss {
    /// What brought it about.
    pub(super) incident: IncidentId,
    /// When it showed.
    pub(super) at: SimTime,
    /// Whether copies that follow are left.
    pub(super) has_copies: bool,
    /// Whether what is there now was restored.
    pub(super) restored: Option<Restored>,
}

/// A restore that goes on.
#[derive(Debug, Clone)]
pub(super) struct Restoring {
    /// The copy that is restored in the end, if any can be, and of which backup it is.
    pub(super) copy: Option<(usize, Copy)>,
    /// Its end.
    pub(super) handle: Option<Handle>,
}

/// What a restore brought back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restored {
    /// How long before the loss was the last that is there again.
    pub(super) rpo: SimDuration,
    /// Writes that are not.
    pub(super) lost: f64,
}

/// What is counted of a store; losses are those that showed in the measured part and were over before its end.
#[derive(Debug, Clone, Default)]
pub(super) struct StoreMetrics {
    pub(super) backups: u64,
    pub(super) failed: u64,
    pub(super) losses: u64,
    pub(super) gone: u64,
    pub(super) rpo: Sample,
    pub(super) rto: Sample,
    pub(super) rpo_within: Vec<u64>,
    pub(super) rto_within: Vec<u64>,
    pub(super) lost_writes: f64,
    /// How often a copy took over from what was not lost.
    pub(super) failovers: u64,
    /// Writes that two originals had to settle.
    pub(super) conflicts: u64,
}

/// A backup that is repeated.
#[derive(Debug, Clone, Default)]
pub(super) struct BackupRun {
    pub(super) key: u64,
    /// How many have begun.
    pub(super) count: u32,
    pub(super) copies: Copies,
    /// Those that are being made, in the order in which they began.
    pub(super) making: Vec<Making>,
    /// Since when there are any, and for how long there were before \[ns\].
    pub(super) making_since: Option<u64>,
    pub(super) made_for: u64,
    /// What lies there, integrated over the measured part [GB ns], and since when the last of it \[ns\].
    pub(super) stored: f64,
    pub(super) since: u64,
    /// What was read for restores in the measured part \[GB\].
    pub(super) read: f64,
}

/// A backup that is being made.
#[derive(Debug, Clone)]
pub(super) struct Making {
    /// What it will be.
    pub(super) copy: Copy,
    pub(super) succeeds: bool,
    /// How long after its end it is found to be bad, if it is \[ns\].
    pub(super) found: Option<SimDuration>,
    pub(super) handle: Option<Handle>,
}

impl Store {
    #[inline]
    pub(super) fn write(&mut self, now: u64) {
        if !self.counts {
            return;
        }
        self.acknowledged += 1;
        self.held += 1;
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
    }

    /// Of the last `most` writes, how many came after an instant. Where they are more than are remembered, those before count
    /// as evenly spread since `from`.
    pub(super) fn written_since(&self, (from, since): (u64, u64), most: u64) -> u64 {
        let known = self.recent.len() - self.recent.partition_point(|at| *at <= since);
        let oldest = self.recent.front().copied().unwrap_or(since);
        let known_of = (self.recent.len() as u64).min(most);
        if known < self.recent.len() || oldest <= from.max(since) || most <= known_of {
            return (known as u64).min(most);
        }
        let share = (oldest - since.max(from)) as f64 / (oldest - from) as f64;
        (known_of + ((most - known_of) as f64 * share) as u64).min(most)
    }

    /// So many of its last writes are lost.
    pub(super) fn lose_writes(&mut self, count: u64) {
        self.held -= count;
        self.lost += count;
        self.forget_last(count);
    }

    /// Forgets when the last of its writes came: so many of them are gone.
    pub(super) fn forget_last(&mut self, count: u64) {
        let left = (self.recent.len() as u64).saturating_sub(count);
        self.recent.truncate(left as usize);
    }
}

impl StoreMetrics {
    /// A copy took over from what was not lost, and lacked so much time and so many writes.
    pub(super) fn note_failover(&mut self, contracts: &[SimDuration], rpo: SimDuration, lost: f64) {
        self.failovers += 1;
        self.rpo.record(rpo.as_nanos());
        self.lost_writes += lost;
        count_within(contracts, &mut self.rpo_within, rpo);
    }
}

/// Counts a time at each contract that it keeps.
pub(super) fn count_within(contracts: &[SimDuration], within: &mut [u64], time: SimDuration) {
    for (within, contract) in within.iter_mut().zip(contracts) {
        *within += u64::from(time <= *contract);
    }
}

impl BackupRun {
    /// Those that are being made have changed.
    pub(super) fn note_making(&mut self, now: u64) {
        if !self.making.is_empty() {
            self.making_since.get_or_insert(now);
        } else if let Some(since) = self.making_since.take() {
            self.made_for += now - since;
        }
    }

    /// What lies there is counted until now.
    pub(super) fn count_stored(&mut self, (transient, horizon): (u64, u64), now: u64) {
        let from = self.since.max(transient);
        let until = now.min(horizon);
        self.stored += self.copies.stored() * until.saturating_sub(from) as f64;
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_counted_from_an_instant_on() {
        let mut store = Store { counts: true, ..Store::default() };
        (1..=100).for_each(|at| store.write(at * 10));
        assert_eq!((store.acknowledged, store.held), (100, 100));
        assert_eq!(store.written_since((0, 900), 100), 10);
        assert_eq!(store.written_since((0, 905), 100), 10);
        assert_eq!(store.written_since((0, 2_000), 100), 0);
        assert_eq!(store.written_since((0, 0), 40), 40);
        store.forget_last(10);
        assert_eq!(store.written_since((0, 800), 100), 10);
    }

    #[test]
    fn more_than_is_remembered_counts_as_evenly_spread() {
        let mut store = Store { counts: true, ..Store::default() };
        let count = 4 * REMEMBERED as u64;
        (0..count).for_each(|at| store.write(at));
        let half = store.written_since((0, count / 2), count);
        assert!(half.abs_diff(count / 2) <= 2, "{half} of {count}");
        assert_eq!(store.written_since((0, count - 101), count), 100);
    }
}
