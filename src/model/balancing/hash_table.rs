//! What policies that hash sessions share: hashes, the bound on load, and when to build anew.

use super::FleetView;
use super::weights::WeightTable;
use crate::kernel::stream::{Stream, mix};
use rand::Rng;

/// Hash of a replica's place number `place`, unlike those of sessions.
pub(super) const fn place_of(replica: u32, place: u32) -> u64 {
    mix(0x7265_706c_6963_6173, (replica as u64) << 32 | place as u64)
}

/// The hash of an attempt: that of its session, or any where it has none.
pub(super) fn hash_of(fleet: &FleetView<'_>, stream: &mut Stream) -> u64 {
    if fleet.session == 0 { stream.next_u64() } else { mix(fleet.session, 0) }
}

/// Weights of those that are eligible; they add up to 1.
pub(super) fn shares(eligible: &[u32], weights: &WeightTable) -> Vec<f64> {
    let total: f64 = eligible.iter().map(|one| weights.of(*one)).sum();
    eligible.iter().map(|one| weights.of(*one) / total).collect()
}

/// The replica to which an attempt goes where loads are bounded: `first`, if it has room, otherwise the first that has
/// in an order that depends on the hash, otherwise the least loaded.
///
/// A replica has room while it has no more attempts than its share, by weight, of `factor` percent of all of them and
/// the one that is about to be sent.
/// Source: Envoy `hash_balance_factor`.
pub(super) fn bounded(first: u32, hash: u64, fleet: &FleetView<'_>, shares: &[f64], factor: u32) -> u32 {
    let load = |place: usize| u64::from(fleet.load[fleet.eligible[place] as usize]);
    let active: u64 = (0..fleet.eligible.len()).map(load).sum();
    let all = ((active + 1) * u64::from(factor)).div_ceil(100) as f64;
    let fill = |place: usize| load(place) as f64 / (all * shares[place]).ceil().max(1.0);
    let has_room = |place: usize| fill(place) <= 1.0;
    let Ok(place) = fleet.eligible.binary_search(&first) else { return first };
    if has_room(place) {
        return first;
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let (mut state, mut least) = (hash, place);
    for done in 0..order.len() {
        state = mix(state, done as u64);
        let left = (order.len() - done) as u64;
        let other = done + ((u128::from(state) * u128::from(left)) >> 64) as usize;
        order.swap(done, other);
        if has_room(order[done]) {
            return fleet.eligible[order[done]];
        }
        if fill(order[done]) < fill(least) {
            least = order[done];
        }
    }
    fleet.eligible[least]
}

/// Whether a bound on load is possible.
pub(super) fn check_factor(factor: u32) -> Result<(), String> {
    if (1..100).contains(&factor) {
        return Err("the balance factor must be 0 or at least 100".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::view;

    #[test]
    fn load_is_bounded_by_the_share_of_all() {
        let shares = [0.5, 0.25, 0.25];
        let eligible = [0, 1, 2];
        // 10 active and one more, 120 %: places for 14, of which 7, 4 and 4.
        let at = |load: &[u32], first| bounded(first, 77, &view(&eligible, load), &shares, 120);
        assert_eq!(at(&[5, 2, 3], 0), 0);
        assert_eq!(at(&[7, 1, 2], 0), 0);
        assert_ne!(at(&[8, 1, 1], 0), 0);
        assert_eq!(at(&[8, 1, 1], 1), 1);
        assert_eq!(at(&[0, 5, 5], 1), 0);
        // Where the shares leave nobody room, the least loaded is left.
        assert_eq!(bounded(0, 5, &view(&[0, 1], &[3, 2]), &[0.01, 0.01], 100), 1);
    }

    #[test]
    fn who_takes_over_depends_on_the_hash() {
        let shares = [0.25; 4];
        let fleet = view(&[0, 1, 2, 3], &[9, 0, 0, 0]);
        let mut found: Vec<u32> = (0..50).map(|hash| bounded(0, hash, &fleet, &shares, 100)).collect();
        assert_eq!(found, (0..50).map(|hash| bounded(0, hash, &fleet, &shares, 100)).collect::<Vec<_>>());
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [1, 2, 3]);
    }
}
