//! Everything that is simulated, validated and numbered.

use std::ops::Deref;

use super::call::Step;
use super::cost::Tariff;
use super::data::{Backup, Replication};
use super::deploy::Deploy;
use super::dns::Dns;
use super::fault::Fault;
use super::fleet::Service;
use super::function::Account;
use super::monitoring::monitor::Monitor;
use super::recovery::{Crew, Recovery};
use super::region::{Network, Region};
use super::span::CollapseRule;
use super::workload::Client;
use crate::units::{BlockId, ReplicaId, ServiceId, SimDuration, SimTime, ZoneId};

/// A system that was checked: its parts fit together, and nothing outside the crate can change them or make one of its
/// own but through [`scenario`](crate::scenario), whose [`Builder`](crate::scenario::Builder) needs no file.
#[derive(Debug, Clone)]
pub struct System(Parts);

impl System {
    /// Parts that were checked.
    pub(crate) fn checked(parts: Parts) -> Self {
        Self(parts)
    }
}

impl Deref for System {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The parts of a system. Every list is in the order of names, so that the order of a file changes nothing.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Regions; at least one.
    pub regions: Vec<Region>,
    /// Delays between places.
    pub network: Network,
    /// Sources of requests; may be empty.
    pub clients: Vec<Client>,
    /// Fleets; at least one.
    pub services: Vec<Service>,
    /// Names that calls of clients go by.
    pub dns: Vec<Dns>,
    /// What functions share, named by them.
    pub accounts: Vec<Account>,
    /// Backups of what services keep.
    pub backups: Vec<Backup>,
    /// Copies of what services keep that follow at a distance.
    pub replications: Vec<Replication>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Recovery plans, named by faults.
    pub recoveries: Vec<Recovery>,
    /// Repair crews, named by operations.
    pub crews: Vec<Crew>,
    /// Who watches.
    pub monitors: Vec<Monitor>,
    /// What brings versions of services out.
    pub deploys: Vec<Deploy>,
    /// Combinations of services.
    pub blocks: Vec<Block>,
    /// Which services do not work without which parts, service by service.
    pub dependencies: Vec<Dependency>,
    /// What is paid for besides services; `None` where nothing has a price.
    pub tariff: Option<Tariff>,
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
    /// How long a collapse of a client lasts at least: as its rule has it, or the longest of 1 min, 20 of its longest timeouts
    /// and the time of 100 first tries; where that would cut the run into more steps than can be told apart, so long that it
    /// does not.
    pub fn collapse_lasts(&self, client: usize, rule: &CollapseRule, horizon: SimTime) -> SimDuration {
        const SHORTEST: SimDuration = SimDuration::from_nanos(60_000_000_000);
        const TIMEOUTS: u64 = 20;
        const TRIES: f64 = 100.0;
        if let Some(lasts) = rule.lasts {
            return lasts;
        }
        let client = &self.clients[client];
        let calls = client.steps.iter().flat_map(|step| &step.calls);
        let timeout = calls.filter_map(|call| call.policy.timeout).max().unwrap_or_default();
        let timeouts = SimDuration::from_nanos(timeout.as_nanos().saturating_mul(TIMEOUTS));
        let rate = client.arrival.mean_rate(horizon);
        let tries = if rate > 0.0 { SimDuration::from_secs(TRIES / rate) } else { SimDuration::ZERO };
        SHORTEST.max(timeouts).max(tries).max(CollapseRule::lasts_min(horizon))
    }

    /// The length of a step of a client, a quarter of that; `None` where the run is too short for a stretch of good steps
    /// and one of low ones.
    pub fn collapse_step(&self, client: usize, rule: &CollapseRule, horizon: SimTime) -> Option<SimDuration> {
        let lasts = self.collapse_lasts(client, rule, horizon);
        let step = (lasts.as_nanos() / CollapseRule::STEPS).max(1);
        (horizon.as_nanos() / step >= 2 * CollapseRule::STEPS).then(|| SimDuration::from_nanos(step))
    }

    /// Every service that a request of a client may load, by its calls, theirs, fallbacks and what is passed on; rising.
    pub fn behind(&self, client: usize) -> Vec<usize> {
        behind(&self.clients[client].steps, &self.services)
    }
}

/// Every service that these calls may load, by theirs, fallbacks and what is passed on; rising.
pub fn behind(steps: &[Step], services: &[Service]) -> Vec<usize> {
    let called = |steps: &[Step]| -> Vec<usize> {
        let calls = steps.iter().flat_map(|step| &step.calls);
        calls
            .flat_map(|call| [Some(call.service), call.policy.fallback.and_then(|one| one.service)])
            .flatten()
            .map(ServiceId::index)
            .collect()
    };
    let mut found = vec![false; services.len()];
    let mut open = called(steps);
    while let Some(service) = open.pop() {
        if !std::mem::replace(&mut found[service], true) {
            open.extend(called(&services[service].steps));
            open.extend(services[service].next.iter().map(|next| next.service.index()));
        }
    }
    (0..found.len()).filter(|service| found[*service]).collect()
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
    /// A replica of a fleet that does not change, up while it works.
    Seat(ReplicaId),
}

/// A service no replica of which works while a part is down, as if power were cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency {
    /// The service.
    pub service: ServiceId,
    /// The part: a service or block.
    pub on: Member,
}
