//! Where messages come from and go to, as the fleet stands now.

use crate::engine::id::{CallId, TaskId};
use crate::engine::plan::Plan;
use crate::engine::plan::spot::{At, Spot};
use crate::engine::replica::Fleet;
use crate::engine::task::flag;
use crate::engine::world::State;
use crate::kernel::slab::Id;

impl Fleet {
    /// That of a replica that is called.
    pub(in crate::engine) fn replica_spot(&self, replica: u32) -> Spot {
        Spot { zone: self.seats.zones[replica as usize], at: At::Replica(replica), through: None }
    }

    /// That of a load balancer instance: one that stands in a replica is where that is.
    pub(in crate::engine) fn balancer_spot(&self, plan: &Plan, service: usize, decider: usize) -> Spot {
        let spot = plan.network.balancers[service][decider];
        match spot.at {
            At::Replica(replica) => spot.moved(self.seats.zones[replica as usize]),
            At::Client(_) | At::Balancer => spot,
        }
    }
}

impl State {
    /// Who sent an attempt, in a zone that is known.
    pub(in crate::engine) fn caller_spot(&self, plan: &Plan, t: TaskId, zone: u32) -> Spot {
        let task = &self.traffic.tasks[t];
        let caller = plan.edges[task.edge as usize].caller;
        if self.traffic.event_of(t).is_some() {
            // What a queue sends goes through no balancer.
            let queue = usize::from(caller) - self.traffic.clients.len();
            return Spot { zone, at: At::Replica(plan.services[queue].first), through: None };
        }
        let at = if usize::from(caller) < self.traffic.clients.len() {
            At::Client(u32::from(caller))
        } else {
            let is_call = task.flags & flag::OF_CALL != 0;
            let owner = if is_call { self.traffic.calls[CallId::of(task.owner)].owner } else { task.owner };
            At::Replica(self.traffic.tasks[TaskId::of(owner)].replica)
        };
        Spot { zone, at, through: Some((u32::from(task.service), self.decider_of(t))) }
    }
}
