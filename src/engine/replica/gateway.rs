//! Gateways: tokens for what they let in.

use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::task::Task;
use crate::model::resilience::limit::{BucketSettings, TokenBucket};
use crate::reason::Reason;

/// The buckets of all gateways, full.
pub(in crate::engine) fn buckets(plan: &Plan) -> Vec<TokenBucket> {
    plan.gateways.buckets.iter().map(BucketSettings::tokens).collect()
}

impl Fleet {
    /// Takes a token of each bucket that an attempt passes, or none where one of them has none.
    pub(in crate::engine) fn take_tokens(
        &mut self,
        plan: &Plan,
        task: &Task,
        now: u64,
    ) -> Result<(), Reason> {
        let doors = plan.gateways.doors(task.edge);
        if !doors.iter().all(|door| self.buckets[*door as usize].has(now)) {
            return Err(Reason::Throttled);
        }
        for door in doors {
            self.buckets[*door as usize].take(now);
        }
        Ok(())
    }
}
