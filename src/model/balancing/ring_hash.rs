//! A ring of hashes: a session goes to the replica that follows it.

use super::hash_table::{bounded, check_factor, hash_of, place_of};
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetView, LoadNeeded, Needs};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// Settings of the ring.
    pub struct Settings {
        /// "equal", "speed", or a weight for each replica.
        weights: Weights = Weights::Equal,
        /// The ring has at least so many places.
        ring_size_min: u32 = 1024,
        /// The ring has at most so many places.
        ring_size_max: u32 = 8_388_608,
        /// Percent of its share of all attempts beyond which a replica is passed over; 0 is no limit.
        balance_factor: u32 = 0,
    }
}

/// Picks the replica whose place on a ring of hashes follows the hash of the attempt's session.
///
/// Each replica has places in proportion to its weight; those of one that cannot be chosen are skipped, so that only its
/// sessions move. With `balance_factor` load is bounded: who has more than that percentage of its share is passed over.
/// Helps caches and other state that belongs to a session. Hurts balance: with few places replicas get unequal parts,
/// and a heavy session stays where it is; without sessions it is random choice. Source: Karger et al., Consistent hashing
/// and random trees (1997), sized as Envoy `ring_hash`; bounded loads as Mirrokni, Thorup and Zadimoghaddam (2016).
#[derive(Debug, Clone, PartialEq)]
pub struct RingHash {
    ring: Box<[(u64, u32)]>,
    weights: WeightTable,
    factor: u32,
}

/// No ring is longer than this.
const SIZE_MAX: u32 = 8_388_608;

impl BalancingPolicy for RingHash {
    const NAME: &'static str = "ring-hash";
    const SUMMARY: &'static str = "The replica that follows the session's hash on a ring.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "its ring changes with the fleet only: Envoy starts slowly with round robin and least request only, and nginx refuses slow start with hash",
    );
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        let load = if settings.balance_factor > 0 { LoadNeeded::Own } else { LoadNeeded::None };
        Needs { sessions: true, ..Needs::load(load) }
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        let Settings { weights, ring_size_min, ring_size_max, balance_factor } = settings;
        let sizes = format!("the sizes of a ring are 1 to {SIZE_MAX}, and the least is not above the most");
        Impossible::unless((1..=SIZE_MAX).contains(ring_size_min), "ring_size_min", &sizes)?;
        let is_most = (*ring_size_min..=SIZE_MAX).contains(ring_size_max);
        Impossible::unless(is_most, "ring_size_max", &sizes)?;
        let is_known = !matches!(weights, Weights::Measured(_));
        Impossible::unless(is_known, "weights", "a ring is built once, so that none can be measured")?;
        check_factor(*balance_factor)?;
        weights.check(replicas)
    }

    fn entries(settings: &Settings, speed: &[f64]) -> u64 {
        let weights = WeightTable::new(&settings.weights, speed);
        scale(&weights, settings.ring_size_min, settings.ring_size_max) as u64 + speed.len() as u64
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        let ring = ring(&weights, settings.ring_size_min, settings.ring_size_max);
        Self { ring, weights, factor: settings.balance_factor }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if let [only] = fleet.eligible {
            return Some(*only);
        }
        let hash = hash_of(fleet, stream);
        let from = self.ring.partition_point(|(place, _)| *place < hash);
        let (before, after) = self.ring.split_at(from);
        let is_eligible = |(_, replica): &&(u64, u32)| fleet.eligible.binary_search(replica).is_ok();
        let found = after.iter().chain(before).find(is_eligible).map(|(_, replica)| *replica);
        // In a ring shorter than the fleet some have no place.
        let first = found.unwrap_or(fleet.eligible[0]);
        if self.factor == 0 {
            return Some(first);
        }
        Some(bounded(first, hash, fleet, &self.weights, self.factor))
    }
}

/// Places in proportion to weights, so many that the lightest has a whole number of them.
fn ring(weights: &WeightTable, least: u32, most: u32) -> Box<[(u64, u32)]> {
    let total: f64 = weights.all().iter().sum();
    let share = |weight: &f64| weight / total;
    let scale = scale(weights, least, most);
    let (mut ring, mut target) = (Vec::new(), 0.0);
    for (replica, weight) in weights.all().iter().enumerate() {
        target += scale * share(weight);
        let mut place = 0;
        while (ring.len() as f64) < target - 1e-6 {
            ring.push((place_of(replica as u32, place), replica as u32));
            place += 1;
        }
    }
    ring.sort_unstable();
    ring.into_boxed_slice()
}

/// How many places a ring has: as few as give the lightest replica a whole number of them, from `least` to `most`.
fn scale(weights: &WeightTable, least: u32, most: u32) -> f64 {
    let total: f64 = weights.all().iter().sum();
    let lightest = weights.all().iter().map(|weight| weight / total).fold(1.0, f64::min);
    ((lightest * f64::from(least)).ceil() / lightest).min(f64::from(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    #[test]
    fn a_ring_has_about_as_many_places_as_are_told_beforehand() {
        for weights in [&[1.0, 1.0, 1.0][..], &[1.0, 2.5], &[1.0], &[0.001, 1.0]] {
            let settings = Settings {
                weights: Weights::Given(weights.to_vec()),
                ring_size_min: 1024,
                ring_size_max: SIZE_MAX,
                balance_factor: 0,
            };
            let told = RingHash::entries(&settings, &vec![1.0; weights.len()]);
            let places = RingHash::new(&settings, &[]).ring.len() as u64;
            assert!(places <= told && told <= places + 2 * weights.len() as u64, "{places} of {told}");
        }
    }

    fn policy(weights: &[f64], size: u32, balance_factor: u32) -> RingHash {
        let weights = Weights::Given(weights.to_vec());
        let settings = Settings { weights, ring_size_min: size, ring_size_max: SIZE_MAX, balance_factor };
        RingHash::new(&settings, &[])
    }

    fn picks(policy: &mut RingHash, eligible: &[u32]) -> Vec<u32> {
        let fleet = |session| FleetView { session, ..view(eligible, &[0; 4]) };
        (1..=20_000).filter_map(|session| policy.pick(&fleet(session), &mut stream())).collect()
    }

    #[test]
    fn places_are_in_proportion_to_weights() {
        let places = |weights: &[f64], size| {
            let ring = policy(weights, size, 0).ring;
            let count = |replica| ring.iter().filter(|(_, one)| *one == replica).count();
            (0..weights.len() as u32).map(count).collect::<Vec<_>>()
        };
        // As Envoy says: the lightest has ceil(1024 / 8) of them.
        assert_eq!(places(&[1.0, 3.0, 4.0], 1024), [128, 384, 512]);
        assert_eq!(places(&[1.0, 1.0, 1.0], 1024), [342, 342, 342]);
    }

    #[test]
    fn a_session_has_its_replica_and_only_those_of_a_lost_one_move() {
        let mut policy = policy(&[1.0; 4], 1024, 0);
        let all = picks(&mut policy, &[0, 1, 2, 3]);
        assert_eq!(all, picks(&mut policy, &[0, 1, 2, 3]));
        let fewer = picks(&mut policy, &[0, 1, 3]);
        for (before, after) in all.iter().zip(&fewer) {
            assert!(before == after || *before == 2);
            assert_ne!(*after, 2);
        }
    }

    #[test]
    fn parts_are_nearly_those_of_the_weights_on_a_long_ring() {
        let found = picks(&mut policy(&[1.0, 1.0, 2.0, 4.0], 1 << 16, 0), &[0, 1, 2, 3]);
        for (replica, share) in [(0, 0.125), (1, 0.125), (2, 0.25), (3, 0.5)] {
            let part = found.iter().filter(|one| **one == replica).count() as f64 / found.len() as f64;
            // The lightest has 8,192 places, so its part is known to 1 / sqrt(8192) = 1 %; the draw adds 2 %.
            assert!((part / share - 1.0).abs() < 0.1, "{replica}: {part}");
        }
    }

    #[test]
    fn a_bound_spreads_a_heavy_session() {
        let mut policy = policy(&[1.0; 4], 1024, 120);
        let mut load = [0_u32; 4];
        for _ in 0..100 {
            let fleet = FleetView { session: 9, ..view(&[0, 1, 2, 3], &load) };
            let picked = policy.pick(&fleet, &mut stream()).unwrap();
            load[picked as usize] += 1;
        }
        // Places for 120, so 30 for each, and one more before a replica counts as full.
        load.sort_unstable();
        assert_eq!(load, [7, 31, 31, 31]);
    }

    #[test]
    fn impossible_settings_are_refused() {
        let settings = |ring_size_min, ring_size_max, balance_factor| {
            let weights = Weights::Equal;
            RingHash::check(&Settings { weights, ring_size_min, ring_size_max, balance_factor }, 3)
        };
        assert!(
            settings(0, 10, 0).is_err()
                && settings(20, 10, 0).is_err()
                && settings(1, SIZE_MAX + 1, 0).is_err()
        );
        assert!(settings(10, 20, 50).is_err());
        assert_eq!(settings(10, 20, 125), Ok(()));
    }
}
