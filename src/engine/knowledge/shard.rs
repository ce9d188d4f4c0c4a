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

/// What a decider remembers of shards: the last one that it found.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Shard {
    settings: Sharding,
    /// The same at all deciders of a service.
    key: u64,
    /// The replicas that the decider uses; all where absent.
    subset: Option<Subset>,
    members: Vec<u32>,
    /// Whether each replica is one of them.
    uses: Vec<bool>,
    pools: Vec<Pool>,
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
        Self { settings, key, subset, members: Vec::new(), uses: Vec::new(), pools: Vec::new() }
    }

    fn pools(&mut self, ground: &Ground<'_>, seen: &View, asking: &Asking) -> &[Pool] {
        if let Some(subset) = &mut self.subset {
            subset.follow(ground, seen);
        }
        let (replicas, subset) = (seen.replicas(), self.subset.as_ref());
        let may_use = |replica: u32| {
            seen.has_joined(replica) && subset.is_none_or(|subset| subset.uses(replica as usize))
        };
        self.settings.choose(mix(self.key, asking.shard), replicas, may_use, &mut self.members);
        if ground.is_whole() {
            let pool = Pool { number: 0, weight: 1.0, eligible: Vec::new() };
            self.pools.resize(1, pool);
            let eligible = &mut self.pools[0].eligible;
            eligible.clear();
            eligible.extend(self.members.iter().filter(|one| seen.may_choose(ground, **one)));
        } else {
            self.uses.clear();
            self.uses.resize(replicas as usize, false);
            self.members.iter().for_each(|one| self.uses[*one as usize] = true);
            self.pools = seen.split_for(ground, Some(&self.uses), asking.zone);
        }
        &self.pools
    }
}
