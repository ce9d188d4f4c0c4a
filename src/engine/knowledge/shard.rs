//! The part of a fleet that a request may use, whoever decides.

use crate::engine::knowledge::ground::Ground;
use crate::engine::knowledge::subset::Subset;
use crate::engine::knowledge::view::{Asking, View};
use crate::kernel::stream::mix;
use crate::model::balancing::{Pool, Sharding};

/// Whom of a fleet a decider chooses from.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Part {
    /// All.
    All,
    /// Its subset.
    Subset(Box<Subset>),
    /// The shard of each request.
    Shard(Box<Shard>),
}

/// How many shards a decider remembers: to find one anew asks for a hash of every replica.
const REMEMBERED: usize = 1024;

/// What a decider knows of shards.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Shard {
    settings: Sharding,
    /// The same at all deciders of a service.
    key: u64,
    /// The replicas that the decider uses; all where absent.
    subset: Option<Subset>,
    /// Those that it found last, each where the end of its key says.
    found: Vec<Found>,
    /// Whether each replica is one of them.
    uses: Vec<bool>,
    pools: Vec<Pool>,
}

/// A shard that was found.
#[derive(Debug, Clone, Default)]
struct Found {
    key: u64,
    /// As of which fleet; see [`View::roll`].
    roll: u64,
    /// Its replicas; nobody was found yet where there are none.
    members: Vec<u32>,
}

impl Part {
    /// The parts that one who asks may choose from, by what is believed now.
    pub(in crate::engine) fn pools<'p>(
        &'p mut self,
        ground: &Ground<'_>,
        seen: &'p View,
        asking: &Asking,
    ) -> &'p [Pool] {
        match self {
            Self::All => seen.pools(asking.zone),
            Self::Subset(subset) => subset.pools(ground, seen, asking.zone),
            Self::Shard(shard) => shard.pools(ground, seen, asking),
        }
    }
}

impl Shard {
    /// Nothing was asked yet.
    pub(in crate::engine) fn new(settings: Sharding, key: u64, subset: Option<Subset>) -> Self {
        Self { settings, key, subset, found: Vec::new(), uses: Vec::new(), pools: Vec::new() }
    }

    /// Where the replicas of the shard with this key stand among those that were found.
    fn find(&mut self, seen: &View, shard: u64) -> usize {
        if self.found.is_empty() {
            self.found.resize(REMEMBERED, Found::default());
        }
        let key = mix(self.key, shard);
        let place = key as usize % REMEMBERED;
        let found = &mut self.found[place];
        if (found.key, found.roll) != (key, seen.roll()) || found.members.is_empty() {
            (found.key, found.roll) = (key, seen.roll());
            let subset = self.subset.as_ref();
            let may_use = |replica: u32| {
                seen.has_joined(replica) && subset.is_none_or(|subset| subset.uses(replica as usize))
            };
            self.settings.choose(key, seen.replicas(), may_use, &mut found.members);
        }
        place
    }

    fn pools(&mut self, ground: &Ground<'_>, seen: &View, asking: &Asking) -> &[Pool] {
        if let Some(subset) = &mut self.subset {
            subset.follow(ground, seen);
        }
        let place = self.find(seen, asking.shard);
        let members = &self.found[place].members;
        if ground.is_whole() {
            let pool = Pool { number: 0, weight: 1.0, eligible: Vec::new() };
            self.pools.resize(1, pool);
            let eligible = &mut self.pools[0].eligible;
            eligible.clear();
            eligible.extend(members.iter().filter(|one| seen.may_choose(ground, **one)));
        } else {
            self.uses.clear();
            self.uses.resize(seen.replicas() as usize, false);
            for one in members {
                self.uses[*one as usize] = true;
            }
            self.pools = seen.split_for(ground, Some(&self.uses), asking.zone);
        }
        &self.pools
    }
}
