//! Sums over a span that slides in steps.

use crate::units::{SimDuration, SimTime};

/// Sums of `N` quantities over the last slots of equal length, the current one included.
///
/// Slots are counted from time 0; what falls out of the span does so a whole slot at a time.
#[derive(Debug, Clone)]
pub(super) struct Window<const N: usize> {
    /// Length of a slot [ns].
    length: u64,
    /// The newest slot; slot `n` stands at `n` modulo their number.
    newest: u64,
    /// Where that stands, and when it ends [ns]: within it nothing has to be divided.
    here: usize,
    end: u64,
    slots: Box<[[i64; N]]>,
}

impl<const N: usize> Window<N> {
    /// An empty window of `span` in so many slots.
    pub(super) fn new(span: SimDuration, slots: usize) -> Self {
        let length = (span.as_nanos() / slots as u64).max(1);
        Self { length, newest: 0, here: 0, end: length, slots: vec![[0; N]; slots].into_boxed_slice() }
    }

    /// The slot in which an instant lies.
    pub(super) fn slot(&self, now: SimTime) -> u64 {
        now.as_nanos() / self.length
    }

    /// The instant at which a slot begins.
    pub(super) fn start(&self, slot: u64) -> SimTime {
        SimTime::from_nanos(slot.saturating_mul(self.length))
    }

    /// Adds to the slot of `now`, which is never earlier than the last.
    pub(super) fn add(&mut self, now: SimTime, what: [i64; N]) {
        self.slide(now);
        for (sum, more) in self.slots[self.here].iter_mut().zip(what) {
            *sum += more;
        }
    }

    /// The sums over the span that ends with the slot of `now`.
    pub(super) fn sum(&mut self, now: SimTime) -> [i64; N] {
        self.slide(now);
        let mut sums = [0; N];
        for slot in &self.slots {
            sums.iter_mut().zip(slot).for_each(|(sum, more)| *sum += more);
        }
        sums
    }

    /// The sums over the slots of the span that lie before `slot`, which is none of the past.
    pub(super) fn sum_before(&self, slot: u64) -> [i64; N] {
        let count = self.slots.len() as u64;
        let mut sums = [0; N];
        for one in (slot.saturating_sub(count - 1)..slot).filter(|one| *one <= self.newest) {
            if one + count > self.newest {
                let place = self.place(one);
                sums.iter_mut().zip(self.slots[place]).for_each(|(sum, more)| *sum += more);
            }
        }
        sums
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots.fill([0; N]);
    }

    fn place(&self, slot: u64) -> usize {
        (slot % self.slots.len() as u64) as usize
    }

    /// Makes the slot of `now` the newest one.
    #[inline]
    fn slide(&mut self, now: SimTime) {
        if now.as_nanos() >= self.end {
            self.begin(self.slot(now));
        }
    }

    fn begin(&mut self, slot: u64) {
        if slot >= self.newest + self.slots.len() as u64 {
            self.clear();
        } else {
            for one in self.newest + 1..=slot {
                let place = self.place(one);
                self.slots[place] = [0; N];
            }
        }
        self.newest = slot;
        self.here = self.place(slot);
        self.end = (slot + 1).saturating_mul(self.length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    #[test]
    fn what_is_older_than_the_span_falls_out_slot_by_slot() {
        let mut window = Window::<1>::new(SimDuration::from_secs(10.0), 10);
        window.add(at(0.5), [3]);
        window.add(at(4.0), [2]);
        assert_eq!(window.sum(at(9.9)), [5]);
        assert_eq!(window.sum(at(10.0)), [2]);
        assert_eq!(window.sum(at(13.9)), [2]);
        assert_eq!(window.sum(at(14.0)), [0]);
        window.add(at(100.0), [1]);
        assert_eq!(window.sum(at(100.0)), [1]);
    }

    #[test]
    fn only_slots_that_are_over_stand_before_one() {
        let mut window = Window::<2>::new(SimDuration::from_secs(4.0), 4);
        window.add(at(0.0), [1, 0]);
        window.add(at(1.0), [1, 1]);
        window.add(at(2.0), [1, 1]);
        // Three slots before slot 3: 0, 1 and 2; before slot 5 only 2.
        assert_eq!(window.sum_before(3), [3, 2]);
        assert_eq!(window.sum_before(5), [1, 1]);
        assert_eq!(window.sum_before(6), [0, 0]);
        assert_eq!(window.sum_before(2), [2, 1]);
    }
}
