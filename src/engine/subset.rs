//! The part of a fleet that one decider uses, as if there were no other.

use super::plan::Plan;
use super::view::View;
use crate::kernel::stream::mix;
use crate::model::balancing::Pool;

/// The replicas of a decider, and how they are split: its panic, priorities and localities are its own.
#[derive(Debug, Clone)]
pub(super) struct Subset {
    /// Whether it uses each replica.
    uses: Vec<bool>,
    /// What the parts were split by.
    version: u64,
    lists: Vec<Vec<Pool>>,
}

impl Subset {
    /// So many replicas, those that come first in an order that belongs to a decider: where replicas are added, few of
    /// its own change.
    pub(super) fn new(key: u64, replicas: u32, size: u32) -> Self {
        let mut ranked: Vec<u32> = (0..replicas).collect();
        ranked.sort_unstable_by_key(|replica| mix(key, u64::from(*replica)));
        let mut uses = vec![false; replicas as usize];
        for replica in ranked.into_iter().take(size as usize) {
            uses[replica as usize] = true;
        }
        Self { uses, version: 0, lists: Vec::new() }
    }

    pub(super) fn uses(&self, replica: usize) -> bool {
        self.uses[replica]
    }

    /// The parts that a caller in `zone` may choose from, by what is believed now.
    pub(super) fn pools(&mut self, plan: &Plan, service: usize, seen: &View, zone: u32) -> &[Pool] {
        if self.version != seen.version() {
            self.lists = seen.split(plan, service, Some(self));
            self.version = seen.version();
        }
        if let [all] = self.lists.as_slice() { all } else { &self.lists[zone as usize] }
    }
}
