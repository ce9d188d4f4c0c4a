//! The least loaded of a whole fleet, several at a time.

use super::{FleetView, below};
use crate::kernel::stream::Stream;

/// Compares the loads of all who are eligible.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scan {
    /// Their loads side by side, where not the whole fleet is eligible.
    loads: Vec<u32>,
}

/// Loads that are compared at once.
const LANES: usize = 8;
/// Loads that are counted without a decision for each of them.
const BLOCK: usize = 64;

impl Scan {
    /// One of those with the least load, all as likely; nothing is drawn where there is only one.
    #[inline]
    pub(super) fn least_at_random(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32 {
        let loads = self.loads(fleet);
        let least = fewest(loads);
        let count = loads.chunks(BLOCK).map(|block| equal(block, least)).sum();
        let mut left = if count > 1 { below(count, stream) } else { 0 };
        for (number, block) in loads.chunks(BLOCK).enumerate() {
            let here = equal(block, least);
            if left < here {
                let place = block.iter().enumerate().filter(|(_, load)| **load == least).nth(left);
                return fleet.eligible[number * BLOCK + place.map_or(0, |(place, _)| place)];
            }
            left -= here;
        }
        fleet.eligible[0]
    }

    /// The place among the eligible of the first with the least load, from place `from` on and then from the
    /// beginning.
    #[inline]
    pub(super) fn least_in_turn(&mut self, fleet: &FleetView<'_>, from: usize) -> usize {
        let loads = self.loads(fleet);
        let least = fewest(loads);
        let (before, after) = loads.split_at(from.min(loads.len()));
        let later = first_equal(after, least).map(|place| before.len() + place);
        later.or_else(|| first_equal(before, least)).unwrap_or(0)
    }

    /// The loads of those that are eligible, in their order.
    #[inline]
    fn loads<'a>(&'a mut self, fleet: &FleetView<'a>) -> &'a [u32] {
        if fleet.eligible.len() == fleet.load.len() {
            return fleet.load;
        }
        self.loads.clear();
        self.loads.extend(fleet.eligible.iter().map(|replica| fleet.load[*replica as usize]));
        &self.loads
    }
}

#[inline]
fn fewest(loads: &[u32]) -> u32 {
    let mut lanes = [u32::MAX; LANES];
    let chunks = loads.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied().fold(u32::MAX, u32::min);
    for chunk in chunks {
        for (lane, load) in lanes.iter_mut().zip(chunk) {
            *lane = (*lane).min(*load);
        }
    }
    lanes.into_iter().fold(rest, u32::min)
}

/// How many have this load.
#[inline]
fn equal(block: &[u32], least: u32) -> usize {
    block.iter().map(|load| u32::from(*load == least)).sum::<u32>() as usize
}

#[inline]
fn first_equal(loads: &[u32], least: u32) -> Option<usize> {
    let block = loads.chunks(BLOCK).position(|block| equal(block, least) > 0)? * BLOCK;
    loads[block..].iter().position(|load| *load == least).map(|place| block + place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    #[test]
    fn all_with_the_least_load_are_as_likely_wherever_they_stand() {
        let mut load: Vec<u32> = (0..150).map(|number| 3 + number % 4).collect();
        let mut expected = vec![0.0; load.len()];
        for replica in [0, 63, 64, 90, 149] {
            load[replica] = 2;
            expected[replica] = 1.0;
        }
        let all: Vec<u32> = (0..150).collect();
        let mut scan = Scan::default();
        assert_shares(&expected, |stream| Some(scan.least_at_random(&view(&all, &load), stream)));
        expected[90] = 0.0;
        let some: Vec<u32> = all.iter().copied().filter(|one| *one != 90).collect();
        assert_shares(&expected, |stream| Some(scan.least_at_random(&view(&some, &load), stream)));
    }

    #[test]
    fn the_only_one_is_not_drawn() {
        let (mut random, mut scan) = (stream(), Scan::default());
        assert_eq!(scan.least_at_random(&view(&[0, 1, 2], &[4, 1, 2]), &mut random), 1);
        assert_eq!(below(1 << 30, &mut random), below(1 << 30, &mut stream()));
    }

    #[test]
    fn the_turn_goes_round() {
        let load: Vec<u32> = (0..200).map(|number| u32::from(![5, 130].contains(&number))).collect();
        let all: Vec<u32> = (0..200).collect();
        let mut scan = Scan::default();
        let mut from = |place| scan.least_in_turn(&view(&all, &load), place);
        assert_eq!([from(0), from(5), from(6), from(130), from(131), from(200)], [5, 5, 130, 130, 5, 5]);
        // Without replica 5 places are shifted by one.
        let some: Vec<u32> = all.iter().copied().filter(|one| *one != 5).collect();
        assert_eq!(scan.least_in_turn(&view(&some, &load), 0), 129);
    }
}
