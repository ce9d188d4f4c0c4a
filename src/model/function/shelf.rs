//! Instances that could take a request, in the order in which one is chosen.

use std::collections::VecDeque;

use rand::RngExt;

use super::InstanceChoice;
use crate::kernel::stream::Draw;

/// What a choice knows of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The instance, numbered within its function.
    pub instance: u32,
    /// Its place in the order in which instances were started.
    pub birth: u64,
    /// Its place in the order in which instances became free.
    pub freed: u64,
    /// Requests that it has.
    pub requests: u32,
}

/// Instances in the order of their choice: the one that is taken stands last.
///
/// Whoever becomes free goes to the end where the most recent is taken, so that both are a few steps; where the order is
/// another, a place is found by halves and the lesser side is moved.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// Rank and instance, rising.
    entries: VecDeque<(u64, u32)>,
}

/// Bits of a rank for the order of births, where requests are counted too.
const BIRTH_BITS: u32 = 40;
/// Most requests that such a rank tells apart.
const REQUESTS_MAX: u32 = (1 << (64 - BIRTH_BITS)) - 1;

/// The rank of an instance: the highest is taken.
#[inline(always)]
fn rank(choice: InstanceChoice, of: &Standing) -> u64 {
    // Whoever has more requests, or came later, than that is taken as the last of them.
    let requests = u64::from(of.requests.min(REQUESTS_MAX)) << BIRTH_BITS;
    let birth = of.birth & ((1 << BIRTH_BITS) - 1);
    match choice {
        InstanceChoice::MostRecent => of.freed,
        InstanceChoice::LeastRecent => u64::MAX - of.freed,
        InstanceChoice::Newest => of.birth,
        InstanceChoice::Oldest => u64::MAX - of.birth,
        InstanceChoice::Random => u64::from(of.instance),
        InstanceChoice::Fullest => requests | birth,
        InstanceChoice::Emptiest => ((u64::from(REQUESTS_MAX) << BIRTH_BITS) - requests) | birth,
    }
}

impl Shelf {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts an instance in its place.
    #[inline(always)]
    pub fn put(&mut self, choice: InstanceChoice, of: &Standing) {
        let rank = rank(choice, of);
        if self.entries.back().is_none_or(|(last, _)| *last < rank) {
            return self.entries.push_back((rank, of.instance));
        }
        self.put_between(rank, of.instance);
    }

    #[inline(never)]
    fn put_between(&mut self, rank: u64, instance: u32) {
        // Most places are near the end, where few are passed one by one.
        const NEAR: usize = 16;
        let mut place = self.entries.len();
        let near = place.saturating_sub(NEAR);
        self.entries.push_back((rank, instance));
        while place > near && rank < self.entries[place - 1].0 {
            self.entries[place] = self.entries[place - 1];
            place -= 1;
        }
        self.entries[place] = (rank, instance);
        if place > 0 && rank < self.entries[place - 1].0 {
            self.entries.remove(place);
            let place = self.entries.partition_point(|(other, _)| *other < rank);
            self.entries.insert(place, (rank, instance));
        }
    }

    /// Takes the instance that is chosen; `random` decides where chance does.
    pub fn take(&mut self, choice: InstanceChoice, random: impl FnOnce() -> Draw) -> Option<u32> {
        if choice == InstanceChoice::Random && self.entries.len() > 1 {
            let place = random().random_range(0..self.entries.len());
            return self.entries.remove(place).map(|(_, instance)| instance);
        }
        self.entries.pop_back().map(|(_, instance)| instance)
    }

    /// The instance that is taken next, unless by chance.
    pub fn last(&self) -> Option<u32> {
        self.entries.back().map(|(_, instance)| *instance)
    }

    /// Takes that instance.
    pub fn drop_last(&mut self) {
        self.entries.pop_back();
    }

    /// Takes an instance out, as it was put; whether it was there.
    pub fn remove(&mut self, choice: InstanceChoice, of: &Standing) -> bool {
        let rank = rank(choice, of);
        let place = self.entries.partition_point(|(other, _)| *other < rank);
        let is_there = self.entries.get(place).is_some_and(|(_, instance)| *instance == of.instance);
        if is_there {
            self.entries.remove(place);
        }
        is_there
    }

    /// The instances, in no order that means anything to others.
    pub fn instances(&self) -> impl Iterator<Item = u32> + '_ {
        self.entries.iter().map(|(_, instance)| *instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    /// Three instances: the second was started last, the third became free last, the first has most requests.
    fn three() -> [Standing; 3] {
        [
            Standing { instance: 0, birth: 4, freed: 10, requests: 3 },
            Standing { instance: 1, birth: 9, freed: 11, requests: 1 },
            Standing { instance: 2, birth: 6, freed: 12, requests: 1 },
        ]
    }

    #[test]
    fn each_choice_takes_its_own() {
        let expected = [
            (InstanceChoice::MostRecent, [2, 1, 0]),
            (InstanceChoice::LeastRecent, [0, 1, 2]),
            (InstanceChoice::Newest, [1, 2, 0]),
            (InstanceChoice::Oldest, [0, 2, 1]),
            (InstanceChoice::Fullest, [0, 1, 2]),
            (InstanceChoice::Emptiest, [1, 2, 0]),
        ];
        for (choice, order) in expected {
            for turn in 0..3 {
                // In whichever order they were put there.
                let mut shelf = Shelf::default();
                (0..3).for_each(|place| shelf.put(choice, &three()[(turn + place) % 3]));
                let taken = [(); 3].map(|()| shelf.take(choice, || unreachable!()).unwrap());
                assert_eq!(taken, order, "{choice:?}");
                assert!(shelf.is_empty());
            }
        }
    }

    #[test]
    fn a_place_is_found_near_the_end_and_far_from_it() {
        let mut shelf = Shelf::default();
        for one in 0..100 {
            // Each number below 100 once, in an order in which many belong far from the end.
            let birth = one * 37 % 100;
            let of = Standing { instance: birth as u32, birth, freed: 0, requests: 0 };
            shelf.put(InstanceChoice::Newest, &of);
        }
        let taken = std::iter::from_fn(|| shelf.take(InstanceChoice::Newest, || unreachable!()));
        assert!(taken.eq((0..100).rev()));
    }

    #[test]
    fn chance_takes_each_alike() {
        let mut counts = [0_u32; 3];
        for key in 0..30_000 {
            let mut shelf = Shelf::default();
            for one in &three() {
                shelf.put(InstanceChoice::Random, one);
            }
            let taken = shelf.take(InstanceChoice::Random, || draw(key, Purpose::Balancing)).unwrap();
            counts[taken as usize] += 1;
        }
        // A count of 30,000 with chance 1/3 has a standard deviation of 82.
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 410), "{counts:?}");
    }

    #[test]
    fn any_of_them_can_be_taken_out() {
        for choice in [InstanceChoice::MostRecent, InstanceChoice::Random, InstanceChoice::Emptiest] {
            let mut shelf = Shelf::default();
            for one in &three() {
                shelf.put(choice, one);
            }
            assert!(shelf.remove(choice, &three()[1]) && !shelf.remove(choice, &three()[1]));
            let mut left = [(); 2].map(|()| shelf.take(choice, || draw(1, Purpose::Balancing)).unwrap());
            left.sort_unstable();
            assert_eq!((left, shelf.is_empty()), ([0, 2], true));
        }
    }
}
