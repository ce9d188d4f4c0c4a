//! The choice of a replica by trial, as proxies make it that only look at a host once their balancer has named it.

use crate::engine::observer::Probe;
use crate::engine::plan::Plan;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::world::World;
use crate::reason::Reason;

impl World {
    /// Sends an attempt of a guarded call. Where its rule says so, the balancer chooses among all replicas, and again
    /// while its choice is one to be avoided, so many times; then that is taken after all.
    pub(in crate::engine) fn send_by_trial<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        now: u64,
        sending: Sending,
        avoid: &[u32],
    ) -> Result<u32, Reason> {
        let edge = &plan.edges[sending.edge as usize];
        let trials = guard_of(edge).policy.retry.reselect.filter(|_| !avoid.is_empty());
        let Some(trials) = trials else { return self.send(plan, probe, now, sending, avoid) };
        let choose = |world: &mut Self, asking| {
            let mut picked = world.pick_for(plan, asking, now, &[]);
            for _ in 0..trials {
                if picked.is_none_or(|one| !avoid.contains(&one)) {
                    break;
                }
                picked = world.pick_for(plan, asking, now, &[]);
            }
            picked
        };
        let sent = self.send_as_chosen(plan, probe, now, sending, choose);
        self.count_sent(edge, sending.flags, sent);
        sent
    }
}
