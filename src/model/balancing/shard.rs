//! The part of a fleet that a session or a client may use, so that what one of them does reaches few others.

use crate::kernel::stream::mix;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

crate::choices! {
    /// Whose requests share a shard.
    pub enum ShardBy {
        /// Those of a session. An open client needs `sessions` then.
        Session = "session",
        /// Those of a client.
        Client = "client",
    }
}

crate::choices! {
    /// Which replicas a shard consists of.
    pub enum ShardPolicy {
        /// Those with the highest hashes of key and replica, so that two shards rarely have all of theirs in common. Of a fleet
        /// that changes, one that leaves is replaced in its own shards alone; one that joins comes into a share `size` / n of
        /// the shards of then n replicas, where it takes the place of one other.
        Shuffle = "shuffle",
        /// A block of replicas in the order of their numbers, which all who hash to it share.
        Cells = "cells",
    }
}

crate::settings! {
    /// Requests of a session, or of a client, may only go to so many replicas, always the same ones; the policy chooses
    /// among those of them that it believes up.
    ///
    /// Helps against requests that harm whoever serves them: they reach one shard, and with "shuffle" few others lose all of
    /// theirs with it. Hurts what the rest of the fleet could have taken over: a shard is small, and its load is that of
    /// its own sessions. Source: `MacCarthaigh`, Workload isolation using shuffle-sharding (Amazon Builders' Library, 2019);
    /// Thaler and Ravishankar, Using name-based mappings to increase hit rates (1998), for the highest hash.
    pub struct Sharding {
        /// How many replicas, at most as many as serve; where fewer are there, all of them.
        #[range = ">= 1"]
        size: u32,
        /// Whose requests share a shard: "session" or "client".
        by: ShardBy = ShardBy::Session,
        /// Which replicas it consists of: "shuffle" or "cells". Cells are replicas 1 to `size`, the next `size` and so on, of
        /// a fleet that stays as it is.
        policy: ShardPolicy = ShardPolicy::Shuffle,
    }
}

crate::tables! {
    Sharding = "a table with the key \"size\"",
}

impl Sharding {
    /// Finds the replicas, rising, that whoever has this key may use, of `replicas` of which some are there.
    pub fn choose(&self, key: u64, replicas: u32, is_there: impl Fn(u32) -> bool, members: &mut Vec<u32>) {
        members.clear();
        let size = self.size as usize;
        match self.policy {
            ShardPolicy::Shuffle => {
                // Those with the highest so far, the lowest of them first.
                let mut highest = BinaryHeap::new();
                for replica in (0..replicas).filter(|replica| is_there(*replica)) {
                    let hash = Reverse((mix(key, u64::from(replica)), replica));
                    if highest.len() < size {
                        highest.push(hash);
                    } else if let Some(mut lowest) = highest.peek_mut().filter(|lowest| hash < **lowest) {
                        *lowest = hash;
                    }
                }
                members.extend(highest.into_iter().map(|Reverse((_, replica))| replica));
                members.sort_unstable();
            }
            ShardPolicy::Cells => {
                let cells = replicas.div_ceil(self.size);
                let chosen = (0..cells).max_by_key(|cell| mix(key, u64::from(*cell)));
                let first = chosen.unwrap_or(0) * self.size;
                let after = first.saturating_add(self.size).min(replicas);
                members.extend((first..after).filter(|replica| is_there(*replica)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    fn shards(policy: ShardPolicy, size: u32) -> Sharding {
        Sharding { size, by: ShardBy::Session, policy }
    }

    fn members(sharding: &Sharding, key: u64, replicas: u32) -> Vec<u32> {
        let mut found = Vec::new();
        sharding.choose(key, replicas, |_| true, &mut found);
        found
    }

    /// So many keys, spread as those of sessions are.
    fn keys(count: u64) -> impl Iterator<Item = u64> {
        (0..count).map(|number| mix(0x5e55_1045, number))
    }

    #[test]
    fn every_set_is_as_likely() {
        let (sharding, count) = (shards(ShardPolicy::Shuffle, 2), 280_000);
        let mut found = std::collections::BTreeMap::new();
        for key in keys(count) {
            *found.entry(members(&sharding, key, 8)).or_insert(0_u32) += 1;
        }
        assert_eq!(found.len(), 28);
        let mean = count as f64 / 28.0;
        let square: f64 = found.values().map(|one| (f64::from(*one) - mean).powi(2) / mean).sum();
        assert!(ChiSquared::new(27.0).unwrap().sf(square) > 1e-4, "{square}");
    }

    #[test]
    fn a_replica_that_leaves_moves_only_its_own_shards() {
        let sharding = shards(ShardPolicy::Shuffle, 3);
        let (mut kept, mut moved) = (0, 0);
        for key in keys(10_000) {
            let (before, mut after) = (members(&sharding, key, 12), Vec::new());
            sharding.choose(key, 12, |replica| replica != 5, &mut after);
            let left: Vec<u32> = before.iter().copied().filter(|one| *one != 5).collect();
            assert!(left.iter().all(|one| after.contains(one)) && after.len() == 3);
            if before.contains(&5) { moved += 1 } else { kept += i32::from(before == after) }
        }
        // A quarter of the shards have it.
        assert_eq!(kept + moved, 10_000);
        assert!((moved - 2_500_i32).abs() < 4 * 44, "{moved}");
    }

    #[test]
    fn cells_are_blocks_that_sessions_share() {
        let sharding = shards(ShardPolicy::Cells, 3);
        let mut counts = [0_i32; 4];
        for key in keys(12_000) {
            let found = members(&sharding, key, 12);
            assert_eq!(found, (found[0]..found[0] + 3).collect::<Vec<_>>());
            assert_eq!(found[0] % 3, 0);
            counts[found[0] as usize / 3] += 1;
        }
        assert!(counts.iter().all(|count| (count - 3_000).abs() < 4 * 48), "{counts:?}");
    }

    #[test]
    fn a_fleet_that_is_too_small_is_all_of_the_shard() {
        let mut found = Vec::new();
        shards(ShardPolicy::Shuffle, 4).choose(7, 10, |replica| replica > 6, &mut found);
        assert_eq!(found, [7, 8, 9]);
        assert_eq!(members(&shards(ShardPolicy::Shuffle, 5), 7, 5), [0, 1, 2, 3, 4]);
    }
}
