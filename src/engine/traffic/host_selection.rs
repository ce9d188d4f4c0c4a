//! The choice of a replica by trial, as proxies make it that only look at a host once their balancer has named it.

use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::guarded_call::guard_of;
use crate::engine::world::{Cx, State};
use crate::reason::Reason;

impl State {
    /// Sends an attempt of a guarded call. Where its rule says so, the balancer chooses among all replicas, and again
    /// while its choice is one to be avoided, so many times; then that is taken after all.
    pub(in crate::engine) fn send_by_trial<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
        avoid: &[u32],
    ) -> Result<TaskId, Reason> {
        let plan = cx.plan;
        let edge = &plan.edges[sending.edge as usize];
        let trials = guard_of(edge).policy.retry.reselect.filter(|_| !avoid.is_empty());
        let Some(trials) = trials else { return self.send(cx, sending, avoid) };
        let choose = |state: &mut Self, cx: &mut Cx<'_, L>, asking| {
            let mut picked = state.pick_for(cx, asking, &[]);
            for _ in 0..trials {
                if picked.is_none_or(|one| !avoid.contains(&one)) {
                    break;
                }
                picked = state.pick_for(cx, asking, &[]);
            }
            picked
        };
        let sent = self.send_as_chosen(cx, sending, choose);
        self.count_sent(edge, sending.flags, sent);
        sent
    }
}
