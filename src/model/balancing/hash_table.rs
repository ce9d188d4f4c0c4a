//! What policies that hash sessions share: hashes, the bound on load, and when to build anew.

use super::weights::WeightTable;
use super::{FleetView, active};
use crate::kernel::stream::{Stream, mix};
use crate::registry::Impossible;
use rand::Rng;
use std::collections::BTreeMap;

/// Hash of a replica's place number `place`, unlike those of sessions.
pub(super) const fn place_of(replica: u32, place: u32) -> u64 {
    mix(0x7265_706c_6963_6173, (replica as u64) << 32 | place as u64)
}

/// The hash of an attempt: that of its session, or any where it has none.
pub(super) fn hash_of(fleet: &FleetView<'_>, stream: &mut Stream) -> u64 {
    if fleet.session == 0 { stream.next_u64() } else { mix(fleet.session, 0) }
}

/// The replica to which an attempt goes where loads are bounded: `first`, if it has room, otherwise the first that has
/// in an order that depends on the hash.
///
/// A replica has room while it has no more attempts than its share, by weight, of `factor` percent of all of them and
/// the one that is about to be sent.
/// Source: Envoy `hash_balance_factor`.
pub(super) fn bounded(
    first: u32,
    hash: u64,
    fleet: &FleetView<'_>,
    weights: &WeightTable,
    factor: u32,
) -> u32 {
    let count = fleet.eligible.len();
    let all = ((active(fleet) + 1) * u64::from(factor)).div_ceil(100) as f64;
    let total = weights.total(fleet.eligible);
    let has_room = |place: usize| {
        let replica = fleet.eligible[place];
        let places = (all * (weights.of(replica) / total)).ceil().max(1.0);
        f64::from(fleet.load[replica as usize]) <= places
    };
    let Ok(place) = fleet.eligible.binary_search(&first) else { return first };
    if has_room(place) {
        return first;
    }
    // A random permutation of which few places are looked at: only those that moved are kept.
    let mut moved = BTreeMap::new();
    let mut state = hash;
    for done in 0..count {
        state = mix(state, done as u64);
        let other = done + ((u128::from(state) * (count - done) as u128) >> 64) as usize;
        let here = moved.get(&done).copied().unwrap_or(done);
        let next = moved.insert(other, here).unwrap_or(other);
        if has_room(next) {
            return fleet.eligible[next];
        }
    }
    // There are at least as many places as attempts and the one to come, so that somebody has room.
    first
}

/// Whether a bound on load is possible.
pub(super) fn check_factor(factor: u32) -> Result<(), Impossible> {
    Impossible::unless(factor == 0 || factor >= 100, "balance_factor", "expected 0 or at least 100")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::view;
    use crate::model::balancing::weights::Weights;

    #[test]
    fn load_is_bounded_by_the_share_of_all() {
        let weights = WeightTable::new(&Weights::Given(vec![2.0, 1.0, 1.0]), &[]);
        let eligible = [0, 1, 2];
        // 10 active and one more, 120 %: places for 14, of which 7, 4 and 4.
        let at = |load: &[u32], first| bounded(first, 77, &view(&eligible, load), &weights, 120);
        assert_eq!(at(&[5, 2, 3], 0), 0);
        assert_eq!(at(&[7, 1, 2], 0), 0);
        assert_ne!(at(&[8, 1, 1], 0), 0);
        assert_eq!(at(&[8, 1, 1], 1), 1);
        assert_eq!(at(&[0, 5, 5], 1), 0);
    }

    #[test]
    fn who_takes_over_depends_on_the_hash() {
        let weights = WeightTable::new(&Weights::Equal, &[1.0; 4]);
        let fleet = view(&[0, 1, 2, 3], &[9, 0, 0, 0]);
        let mut found: Vec<u32> = (0..50).map(|hash| bounded(0, hash, &fleet, &weights, 100)).collect();
        assert_eq!(found, (0..50).map(|hash| bounded(0, hash, &fleet, &weights, 100)).collect::<Vec<_>>());
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [1, 2, 3]);
    }
}
