//! Which copy makes way when a cache is full.

use std::collections::BTreeSet;

use crate::kernel::stream::{Purpose, draw, mix};
use rand::RngExt;

/// Which copy makes way for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eviction {
    /// The one that was asked for least recently. Helps where what was asked for is asked for again soon; a scan of many
    /// keys that are asked for once empties it of the rest.
    Lru,
    /// The one that was asked for least often since it came, of equal ones the one asked for least recently. Helps where
    /// popularity stays; what was popular once stays long.
    Lfu,
    /// The one that came first. Cheap, as nothing is noted of hits; holds no more of what is popular than chance does.
    Fifo,
    /// Any, by chance. As good as the one before, without an order at all.
    Random,
}

/// No key.
const NONE: u32 = u32::MAX;

/// The order in which keys make way.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// A list by the last use, or by the time of coming.
    Line { line: Line, moves: bool },
    /// Keys by how often and when they were asked for last.
    Often { sorted: BTreeSet<(u64, u64, u32)>, of: Vec<(u64, u64)>, uses: u64 },
    /// Keys without an order, each with its place in the list.
    Any { held: Vec<u32>, places: Vec<u32>, seed: u64, drawn: u64 },
}

/// A list of keys through two links each.
#[derive(Debug, Clone)]
pub(super) struct Line {
    links: Vec<[u32; 2]>,
    first: u32,
    last: u32,
}

impl Line {
    fn push(&mut self, key: u32) {
        self.links[key as usize] = [self.last, NONE];
        if self.last == NONE {
            self.first = key;
        } else {
            self.links[self.last as usize][1] = key;
        }
        self.last = key;
    }

    fn remove(&mut self, key: u32) {
        let [before, after] = self.links[key as usize];
        if before == NONE {
            self.first = after;
        } else {
            self.links[before as usize][1] = after;
        }
        if after == NONE {
            self.last = before;
        } else {
            self.links[after as usize][0] = before;
        }
    }
}

impl Order {
    /// That of a policy, for so many keys of which none is held; `seed` is what chance is drawn from.
    pub(super) fn new(eviction: Eviction, keys: u32, seed: u64) -> Self {
        let count = keys as usize;
        let line = || Line { links: vec![[NONE; 2]; count], first: NONE, last: NONE };
        match eviction {
            Eviction::Lru => Self::Line { line: line(), moves: true },
            Eviction::Fifo => Self::Line { line: line(), moves: false },
            Eviction::Lfu => Self::Often { sorted: BTreeSet::new(), of: vec![(0, 0); count], uses: 0 },
            Eviction::Random => Self::Any { held: Vec::new(), places: vec![NONE; count], seed, drawn: 0 },
        }
    }

    /// A copy of a key has come.
    pub(super) fn come(&mut self, key: u32) {
        match self {
            Self::Line { line, .. } => line.push(key),
            Self::Often { sorted, of, uses } => {
                *uses += 1;
                of[key as usize] = (1, *uses);
                sorted.insert((1, *uses, key));
            }
            Self::Any { held, places, .. } => {
                places[key as usize] = held.len() as u32;
                held.push(key);
            }
        }
    }

    /// A key that is held was asked for.
    pub(super) fn touch(&mut self, key: u32) {
        match self {
            Self::Line { line, moves: true } => {
                if line.last != key {
                    line.remove(key);
                    line.push(key);
                }
            }
            Self::Often { sorted, of, uses } => {
                *uses += 1;
                let (often, last) = of[key as usize];
                sorted.remove(&(often, last, key));
                of[key as usize] = (often + 1, *uses);
                sorted.insert((often + 1, *uses, key));
            }
            Self::Line { .. } | Self::Any { .. } => {}
        }
    }

    /// A key that was held has gone.
    pub(super) fn go(&mut self, key: u32) {
        match self {
            Self::Line { line, .. } => line.remove(key),
            Self::Often { sorted, of, .. } => {
                let (often, last) = of[key as usize];
                sorted.remove(&(often, last, key));
            }
            Self::Any { held, places, .. } => {
                let place = places[key as usize] as usize;
                held.swap_remove(place);
                if let Some(moved) = held.get(place) {
                    places[*moved as usize] = place as u32;
                }
            }
        }
    }

    /// The key that makes way next; `None` where nothing is held.
    pub(super) fn next(&mut self) -> Option<u32> {
        match self {
            Self::Line { line, .. } => (line.first != NONE).then_some(line.first),
            Self::Often { sorted, .. } => sorted.first().map(|(_, _, key)| *key),
            Self::Any { held, seed, drawn, .. } => {
                if held.is_empty() {
                    return None;
                }
                *drawn += 1;
                let place = draw(mix(*seed, *drawn), Purpose::Eviction).random_range(0..held.len());
                Some(held[place])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys that go when the given are asked for in turn and two are held.
    fn evicted(eviction: Eviction, asked: &[u32]) -> Vec<u32> {
        let mut order = Order::new(eviction, 10, 7);
        let mut held: Vec<u32> = Vec::new();
        let mut gone = Vec::new();
        for key in asked {
            if held.contains(key) {
                order.touch(*key);
                continue;
            }
            if held.len() == 2 {
                let next = order.next().unwrap();
                order.go(next);
                held.retain(|one| *one != next);
                gone.push(next);
            }
            order.come(*key);
            held.push(*key);
        }
        gone
    }

    #[test]
    fn each_policy_lets_another_go() {
        assert_eq!(evicted(Eviction::Lru, &[1, 2, 1, 3, 4]), [2, 1]);
        assert_eq!(evicted(Eviction::Fifo, &[1, 2, 1, 3, 4]), [1, 2]);
        assert_eq!(evicted(Eviction::Lfu, &[1, 2, 2, 1, 1, 3, 4, 4, 4, 4, 3]), [2, 3, 1]);
        let gone = evicted(Eviction::Random, &[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(gone.len(), 5);
        assert_eq!(gone, evicted(Eviction::Random, &[1, 2, 3, 4, 5, 6, 7]));
    }

    #[test]
    fn one_in_the_middle_may_go_by_itself() {
        for eviction in [Eviction::Lru, Eviction::Lfu, Eviction::Fifo, Eviction::Random] {
            let mut order = Order::new(eviction, 5, 1);
            (0..5).for_each(|key| order.come(key));
            for key in [2, 0, 4] {
                order.go(key);
            }
            let mut left = Vec::new();
            while let Some(key) = order.next() {
                order.go(key);
                left.push(key);
            }
            left.sort_unstable();
            assert_eq!(left, [1, 3], "{eviction:?}");
        }
    }
}
