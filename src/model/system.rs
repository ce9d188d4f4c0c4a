//! Everything that is simulated, validated and numbered.

use super::call::Step;
use super::fault::Fault;
use super::fleet::Service;
use super::monitoring::monitor::Monitor;
use super::recovery::{Crew, Recovery};
use super::region::{Network, Region};
use super::workload::Client;
use crate::units::{BlockId, ReplicaId, ServiceId, ZoneId};

/// The parts of a system. Every list is in the order of names, so that the order of a file changes nothing.
#[derive(Debug, Clone)]
pub struct System {
    /// Regions; at least one.
    pub regions: Vec<Region>,
    /// Delays between places.
    pub network: Network,
    /// Sources of requests; may be empty.
    pub clients: Vec<Client>,
    /// Fleets; at least one.
    pub services: Vec<Service>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Recovery plans, named by faults.
    pub recoveries: Vec<Recovery>,
    /// Repair crews, named by operations.
    pub crews: Vec<Crew>,
    /// Who watches.
    pub monitors: Vec<Monitor>,
    /// Combinations of services.
    pub blocks: Vec<Block>,
}

impl System {
    /// Number of zones in all regions.
    pub fn zone_count(&self) -> usize {
        self.regions.iter().map(|region| region.zones as usize).sum()
    }

    /// Region of a zone.
    pub fn region_of(&self, zone: ZoneId) -> usize {
        let mut first = 0;
        for (number, region) in self.regions.iter().enumerate() {
            first += region.zones;
            if zone.0 < first {
                return number;
            }
        }
        unreachable!("a validated zone belongs to a region")
    }

    /// The number of the first replica of a service; replicas are numbered service by service.
    pub fn first_replica(&self, service: ServiceId) -> ReplicaId {
        ReplicaId(self.services[..service.index()].iter().map(|one| one.replicas.len() as u32).sum())
    }
}

impl System {
    /// Every service that a request of a client may load, by its calls, theirs, fallbacks and what is passed on; rising.
    pub fn behind(&self, client: usize) -> Vec<usize> {
        let called = |steps: &[Step]| -> Vec<usize> {
            let calls = steps.iter().flat_map(|step| &step.calls);
            calls
                .flat_map(|call| [Some(call.service), call.policy.fallback.and_then(|one| one.service)])
                .flatten()
                .map(ServiceId::index)
                .collect()
        };
        let mut found = vec![false; self.services.len()];
        let mut open = called(&self.clients[client].steps);
        while let Some(service) = open.pop() {
            if !std::mem::replace(&mut found[service], true) {
                open.extend(called(&self.services[service].steps));
                open.extend(self.services[service].next.iter().map(|next| next.service.index()));
            }
        }
        (0..found.len()).filter(|service| found[*service]).collect()
    }
}

/// A part that is up when enough of its members are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Name.
    pub name: String,
    /// What it is made of; a service or block may stand in several blocks, without cycles.
    pub members: Vec<Member>,
    /// How many members must be up: all in series, one in parallel.
    pub needs: u32,
}

/// A member of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// A service, up while it has its quorum.
    Service(ServiceId),
    /// Another block.
    Block(BlockId),
}
