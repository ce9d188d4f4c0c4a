//! A table of hashes in which replicas have equal parts.

use super::hash_table::{bounded, check_factor, hash_of, place_of};
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetView, LoadNeeded, Needs};
use crate::kernel::stream::{Stream, mix};
use crate::registry::Impossible;

crate::settings! {
    /// Settings of the table.
    pub struct Settings {
        /// "equal", "speed", or a weight for each replica.
        weights: Weights = Weights::Equal,
        /// Places of the table; a prime.
        table_size: u32 = 65_537,
        /// Percent of its share of all attempts beyond which a replica is passed over; 0 is no limit.
        balance_factor: u32 = 0,
    }
}

/// Picks the replica that stands in a table at the place of the session's hash.
///
/// Replicas claim places in turn, each in an order of its own, so that their parts differ by one place at most for equal
/// weights. The table is built anew when it changes who can be chosen, and then some sessions of others move too. Helps
/// as `ring-hash` does, with parts more equal. Hurts where sessions must not move. Source: Eisenbud et al., Maglev
/// (2016), with weights and bounded load as in Envoy `maglev`.
#[derive(Debug, Clone, PartialEq)]
pub struct Maglev {
    weights: WeightTable,
    size: u32,
    factor: u32,
    /// The last tables, the newest first, each with those it was built for.
    tables: Vec<(Vec<u32>, Box<[u32]>)>,
}

/// So many tables are kept: retries that avoid a replica look at a smaller fleet.
const KEPT: usize = 8;
const SIZE_MAX: u32 = 5_000_011;
const OFFSET: u32 = 0;
const SKIP: u32 = 1;

impl BalancingPolicy for Maglev {
    const NAME: &'static str = "maglev";
    const SUMMARY: &'static str = "The replica at the place of the session's hash in a table of equal parts.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "its table changes with the fleet only: Envoy starts slowly with round robin and least request only",
    );
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        let load = if settings.balance_factor > 0 { LoadNeeded::Own } else { LoadNeeded::None };
        Needs { sessions: true, ..Needs::load(load) }
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        let size = settings.table_size;
        let is_size = is_prime(size) && size <= SIZE_MAX && size as usize >= replicas;
        let sizes = format!("the size of the table is a prime from the number of replicas to {SIZE_MAX}");
        Impossible::unless(is_size, "table_size", &sizes)?;
        let is_known = !matches!(settings.weights, Weights::Measured(_));
        let why = "a table is not built for each report, so that none can be measured";
        Impossible::unless(is_known, "weights", why)?;
        check_factor(settings.balance_factor)?;
        settings.weights.check(replicas)
    }

    fn entries(settings: &Settings, speed: &[f64]) -> u64 {
        u64::from(settings.table_size).max(speed.len() as u64)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        Self { weights, size: settings.table_size, factor: settings.balance_factor, tables: Vec::new() }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if let [only] = fleet.eligible {
            return Some(*only);
        }
        let hash = hash_of(fleet, stream);
        let place = (hash % u64::from(self.size)) as usize;
        let first = self.table(fleet.eligible)[place];
        if self.factor == 0 {
            return Some(first);
        }
        Some(bounded(first, hash, fleet, &self.weights, self.factor))
    }
}

impl Maglev {
    fn table(&mut self, eligible: &[u32]) -> &[u32] {
        if self.tables.first().is_none_or(|(of, _)| of != eligible) {
            let known = self.tables.iter().position(|(of, _)| of == eligible);
            let found = known.map(|place| self.tables.remove(place));
            let found = found.unwrap_or_else(|| (eligible.to_vec(), self.build(eligible)));
            self.tables.insert(0, found);
            self.tables.truncate(KEPT);
        }
        &self.tables[0].1
    }

    /// Each in turn claims its next free place; a light one only in some of the rounds.
    fn build(&self, eligible: &[u32]) -> Box<[u32]> {
        let size = u64::from(self.size);
        let heaviest = eligible.iter().map(|one| self.weights.of(*one)).fold(0.0, f64::max);
        // A place, and how far the next one is.
        let mut claims: Vec<(u64, u64)> = eligible
            .iter()
            .map(|one| (place_of(*one, OFFSET) % size, mix(place_of(*one, SKIP), 1) % (size - 1) + 1))
            .collect();
        let mut targets = vec![0.0; eligible.len()];
        let mut table = vec![u32::MAX; self.size as usize];
        let (mut free, mut round) = (table.len(), 0.0);
        loop {
            round += 1.0;
            for (number, replica) in eligible.iter().enumerate() {
                if round * self.weights.of(*replica) < targets[number] {
                    continue;
                }
                targets[number] += heaviest;
                let (place, skip) = &mut claims[number];
                while table[*place as usize] != u32::MAX {
                    *place = (*place + *skip) % size;
                }
                table[*place as usize] = *replica;
                free -= 1;
                if free == 0 {
                    return table.into_boxed_slice();
                }
            }
        }
    }
}

fn is_prime(number: u32) -> bool {
    let number = u64::from(number);
    number >= 2 && (2..=number.isqrt()).all(|divisor| number % divisor != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    fn policy(weights: &[f64]) -> Maglev {
        let weights = Weights::Given(weights.to_vec());
        Maglev::new(&Settings { weights, table_size: 65_537, balance_factor: 0 }, &[])
    }

    fn parts(policy: &mut Maglev, eligible: &[u32]) -> Vec<usize> {
        let table = policy.table(eligible).to_vec();
        eligible.iter().map(|replica| table.iter().filter(|one| *one == replica).count()).collect()
    }

    #[test]
    fn equal_replicas_have_equal_parts() {
        assert_eq!(parts(&mut policy(&[1.0; 5]), &[0, 1, 2, 3, 4]), [13_108, 13_108, 13_107, 13_107, 13_107]);
    }

    #[test]
    fn parts_are_in_proportion_to_weights() {
        for (found, expected) in parts(&mut policy(&[1.0, 2.0, 5.0]), &[0, 1, 2]).iter().zip([1.0, 2.0, 5.0])
        {
            assert!((*found as f64 - expected / 8.0 * 65_537.0).abs() < 5.0, "{found}");
        }
    }

    #[test]
    fn a_session_has_its_replica_and_few_others_move() {
        let mut policy = policy(&[1.0; 5]);
        let picks = |policy: &mut Maglev, eligible: &[u32]| -> Vec<u32> {
            let fleet = |session| FleetView { session, ..view(eligible, &[]) };
            (1..=20_000).filter_map(|session| policy.pick(&fleet(session), &mut stream())).collect()
        };
        let all = picks(&mut policy, &[0, 1, 2, 3, 4]);
        let fewer = picks(&mut policy, &[0, 1, 2, 4]);
        assert_eq!(all, picks(&mut policy, &[0, 1, 2, 3, 4]));
        let moved = all.iter().zip(&fewer).filter(|(before, after)| **before != 3 && before != after).count();
        // A fifth must move; of the rest, less than a tenth does.
        assert!(fewer.iter().all(|one| *one != 3) && moved < 2_000, "{moved}");
    }

    #[test]
    fn impossible_settings_are_refused() {
        let check = |table_size, balance_factor| {
            Maglev::check(&Settings { weights: Weights::Equal, table_size, balance_factor }, 5)
        };
        assert!(check(65_536, 0).is_err() && check(3, 0).is_err() && check(1, 0).is_err());
        assert!(check(65_537, 99).is_err());
        assert_eq!(check(7, 100), Ok(()));
    }
}
