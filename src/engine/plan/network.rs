//! What never changes about messages.

use crate::engine::plan::posts::Posts;
use crate::engine::plan::spot::{Spot, balancers};
use crate::engine::plan::{Edge, ReplicaPlan, ServicePlan};
use crate::model::region::link::LinkMap;
use crate::model::system::System;

/// What never changes about messages.
#[derive(Debug)]
pub(in crate::engine) struct NetworkPlan {
    /// Whether messages can take time or be lost; if not, they are there at once and nothing is asked.
    pub(in crate::engine) has_any: bool,
    /// Whether they can be lost, or slowed down by a fault.
    pub(in crate::engine) is_lossy: bool,
    /// Whether none takes time unless a fault has it so.
    pub(in crate::engine) is_instant: bool,
    /// How attempts and answers travel where each takes a constant time and none is lost.
    pub(in crate::engine) posts: Option<Posts>,
    /// Which link says between which zones how long a message takes, and which how many are lost.
    pub(in crate::engine) delays: Option<LinkMap>,
    pub(in crate::engine) losses: Option<LinkMap>,
    /// Where the load balancer instances of each service stand, where it matters.
    pub(in crate::engine) balancers: Vec<Vec<Spot>>,
}

impl NetworkPlan {
    pub(super) fn new(
        system: &System,
        edges: &[Edge],
        replicas: &[ReplicaPlan],
        services: &[ServicePlan],
    ) -> Self {
        let is_instant = system.network.is_instant();
        let is_lossy =
            system.network.loses() || system.faults.iter().any(|fault| fault.kind.link(0).is_some());
        let balancers = balancers(system, edges, replicas, services);
        let posts = if is_lossy || is_instant { None } else { Posts::new(system) };
        let links = &system.network.links;
        let delays = LinkMap::new(&system.regions, links, |link| link.delay.is_some());
        let losses = LinkMap::new(&system.regions, links, |link| link.loss.is_some());
        Self { has_any: is_lossy || !is_instant, is_lossy, is_instant, posts, delays, losses, balancers }
    }

    /// The number of the link that says how long messages take from one zone to another.
    #[inline]
    pub(in crate::engine) fn link_between(&self, zones: [u32; 2]) -> Option<usize> {
        self.delays.as_ref().and_then(|links| links.between(zones))
    }
}
