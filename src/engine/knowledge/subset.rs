//! The part of a fleet that one decider uses, as if there were no other.

use crate::engine::knowledge::ground::Ground;
use crate::engine::knowledge::view::View;
use crate::kernel::stream::mix;
use crate::model::balancing::Pool;

/// The replicas of a decider, and how they are split: its panic, priorities and localities are its own.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Subset {
    /// All that there may be, in an order that belongs to the decider.
    ranked: Vec<u32>,
    size: usize,
    /// Whether it uses each replica.
    uses: Vec<bool>,
    /// What the parts were split by.
    version: u64,
    lists: Vec<Vec<Pool>>,
}

impl Subset {
    /// So many of some replicas, those in the fleet that come first in an order that belongs to a decider: where replicas join or
    /// leave, few of its own change.
    pub(in crate::engine) fn new(key: u64, members: Vec<u32>, size: u32) -> Self {
        let mut ranked = members;
        ranked.sort_unstable_by_key(|replica| mix(key, u64::from(*replica)));
        Self { ranked, size: size as usize, uses: Vec::new(), version: 0, lists: Vec::new() }
    }

    /// Chooses from those who are in the fleet.
    fn choose(&mut self, seen: &View) {
        self.uses.clear();
        self.uses.resize(seen.replicas() as usize, false);
        let members = self.ranked.iter().filter(|replica| seen.has_joined(**replica));
        for replica in members.take(self.size) {
            self.uses[*replica as usize] = true;
        }
    }

    pub(in crate::engine) fn uses(&self, replica: usize) -> bool {
        self.uses[replica]
    }

    /// Chooses anew where something else is believed than before.
    pub(in crate::engine) fn follow(&mut self, ground: &Ground<'_>, seen: &View) {
        if self.version != seen.version() {
            self.choose(seen);
            self.lists = seen.split(ground, Some(&self.uses));
            self.version = seen.version();
        }
    }

    /// The parts that a caller in `zone` may choose from, by what is believed now.
    pub(in crate::engine) fn pools(&mut self, ground: &Ground<'_>, seen: &View, zone: u32) -> &[Pool] {
        self.follow(ground, seen);
        if let [all] = self.lists.as_slice() { all } else { &self.lists[zone as usize] }
    }
}
