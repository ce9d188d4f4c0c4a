//! Gateways: tokens for what they let in.

use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::task::Task;
use crate::model::resilience::limit::{Arriving, Limit, Verdict};
use crate::reason::Reason;
use crate::units::SimTime;

/// The buckets of all gateways, full.
pub(in crate::engine) fn buckets(plan: &Plan) -> Vec<Limit> {
    plan.gateways.buckets.iter().map(Limit::new).collect()
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
        let arriving =
            Arriving { now: SimTime::from_nanos(now), under_way: 0, priority: task.priority, share: 0.0 };
        let has_token = |door: &u32| self.buckets[*door as usize].clone().admit(&arriving) != Verdict::Refuse;
        if !doors.iter().all(has_token) {
            return Err(Reason::Throttled);
        }
        for door in doors {
            self.buckets[*door as usize].admit(&arriving);
        }
        Ok(())
    }
}
