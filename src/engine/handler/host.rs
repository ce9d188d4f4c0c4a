//! The choice of a replica by trial, as proxies make it that only look at a host once their balancer has named it.

use super::attempt::Sending;
use super::guard::guard_of;
use crate::engine::plan::{NONE, Plan};
use crate::engine::probe::Probe;
use crate::engine::task::flag;
use crate::engine::world::World;
use crate::reason::Reason;

impl World {
    /// Sends an attempt of a guarded call. Where its rule says so, the balancer chooses among all replicas, and again
    /// while its choice is one to be avoided, so many times; then that is taken after all.
    pub(super) fn send_by_trial<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        now: u64,
        sending: Sending,
        avoid: &[u32],
    ) -> Result<u32, Reason> {
        let edge = &plan.edges[sending.edge as usize];
        let number = edge.service as usize;
        let trials = guard_of(edge).policy.retry.reselect.filter(|_| !avoid.is_empty());
        let Some(trials) = trials.filter(|_| !self.services[number].is_shared_queue) else {
            return self.send(plan, probe, now, sending, avoid);
        };
        let is_measured = sending.flags & flag::MEASURED != 0;
        self.services[number].book.attempts += u64::from(is_measured);
        let zone = self.zone_of(plan, &sending);
        let decider = self.guarded[sending.owner as usize].decider as usize;
        let mut picked = self.pick(plan, (number, decider, zone), now, &[]);
        for _ in 0..trials {
            if picked.is_none_or(|one| !avoid.contains(&one)) {
                break;
            }
            picked = self.pick(plan, (number, decider, zone), now, &[]);
        }
        let Some(local) = picked else {
            self.last_picked = NONE;
            return Err(self.stop(probe, number, is_measured, now));
        };
        self.last_picked = local;
        if is_measured && (edge.caller as usize) < self.clients.len() {
            self.clients[edge.caller as usize].book.attempts_beyond += 1;
        }
        let task = sending.task(now, edge.way(), self.services[number].first + local);
        self.send_to(plan, probe, task, (zone, decider), now)
    }
}
