//! Turns by earliest deadline, as two policies of Envoy take them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::below;
use crate::kernel::stream::Stream;

/// Replicas by the deadline of their next turn.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    turns: BinaryHeap<Reverse<Turn>>,
    now: f64,
    order: u64,
    starts_at_random: bool,
    /// Replicas passed over in this pick.
    passed: Vec<u32>,
}

/// The same turns in whatever order the heap holds them.
impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |schedule: &Self| schedule.turns.clone().into_sorted_vec();
        sorted(self) == sorted(other) && self.starts_at_random == other.starts_at_random
    }
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    deadline: f64,
    order: u64,
    replica: u32,
}

impl PartialEq for Turn {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Turn {}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.deadline.total_cmp(&other.deadline).then(self.order.cmp(&other.order))
    }
}

/// The least weight of the greatest that is told from nothing: a turn comes at last for everybody.
const WEIGHT_MIN: f64 = 1e-9;

impl Schedule {
    pub(super) fn new(weights: &[f64], starts_at_random: bool) -> Self {
        let mut schedule =
            Self { turns: BinaryHeap::new(), now: 0.0, order: 0, starts_at_random, passed: Vec::new() };
        for (replica, weight) in weights.iter().enumerate() {
            schedule.add(replica as u32, *weight);
        }
        schedule
    }

    fn add(&mut self, replica: u32, weight: f64) {
        let deadline = self.now + 1.0 / weight.max(WEIGHT_MIN);
        self.turns.push(Reverse(Turn { deadline, order: self.order, replica }));
        self.order += 1;
    }

    /// Whose turn it is; its weight is asked for when its next turn is set.
    pub(super) fn next(&mut self, eligible: &[u32], weight: impl Fn(u32) -> f64, stream: &mut Stream) -> u32 {
        if self.starts_at_random {
            self.starts_at_random = false;
            for _ in 0..below(self.turns.len(), stream) {
                self.take(eligible, &weight);
            }
        }
        self.take(eligible, weight)
    }

    fn take(&mut self, eligible: &[u32], weight: impl Fn(u32) -> f64) -> u32 {
        while let Some(Reverse(turn)) = self.turns.pop() {
            if eligible.binary_search(&turn.replica).is_err() {
                self.passed.push(turn.replica);
                continue;
            }
            self.now = turn.deadline;
            self.add(turn.replica, weight(turn.replica));
            // Who is away loses its turn, so that it does not have them all at once when it is back.
            while let Some(passed) = self.passed.pop() {
                self.add(passed, weight(passed));
            }
            return turn.replica;
        }
        unreachable!("every replica has a turn")
    }
}
