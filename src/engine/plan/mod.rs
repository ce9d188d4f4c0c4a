//! A system resolved to flat tables: what handlers look up while time runs, and never change.

pub(super) mod block;
mod callers;
mod dns;
mod edges;
mod gateway;
pub(super) mod guard;
mod instance;
pub(super) mod monitor;
pub(super) mod network;
pub(super) mod path;
mod place;
pub(super) mod poison;
pub(super) mod posts;
pub(super) mod queue;
pub(super) mod spot;
mod transfer;
pub(super) mod version;

use std::sync::Arc;

use crate::engine::plan::block::Blocks;
use crate::engine::plan::guard::find_recorded;
use crate::engine::plan::network::NetworkPlan;
use crate::engine::plan::place::{Place, places, struck};
use crate::engine::plan::poison::PoisonPlan;
use crate::engine::plan::queue::QueuePlan;
use crate::model::balancing::ShardBy;
use crate::model::call::{Avoid, CallPolicy, Choose, OnTimeout};
use crate::model::fault::{Fault, FaultClock, FaultKind};
use crate::model::fleet::{Deciders, QueuePlace};
use crate::model::resilience::hint::{Hint, Hints};
use crate::model::resilience::retry::RetryTimer;
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::reason::ReasonSet;
use crate::units::{ReplicaId, SimDuration, ZoneId};
use callers::{callers, place_deciders};
use dns::{DnsPlan, Fronts};
use edges::Edges;
use gateway::Gateways;
use transfer::Transfers;
use version::VersionPlan;

/// No lane, no level, no task, no call: nothing.
pub(in crate::engine) const NONE: u32 = u32::MAX;

/// The flat tables of one system.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether a system has something, independently of the others"
)]
pub(in crate::engine) struct Plan {
    pub(in crate::engine) system: Arc<System>,
    pub(in crate::engine) span: RunSpan,
    pub(in crate::engine) edges: Vec<Edge>,
    /// Steps of each client, then of each service, then of each route of a gateway, which has none besides.
    pub(in crate::engine) steps: Vec<Vec<StepPlan>>,
    /// For each caller, whether every step is one call that is always made and needed.
    pub(in crate::engine) chains: Vec<bool>,
    pub(in crate::engine) services: Vec<ServicePlan>,
    /// Delays of the calendar's lanes: timeouts first, then deadlines, then hedges.
    pub(in crate::engine) lanes: Vec<SimDuration>,
    pub(in crate::engine) timeout_lanes: usize,
    /// Where those of hedges begin.
    pub(in crate::engine) hedge_lanes: usize,
    pub(in crate::engine) processes: Vec<Process>,
    /// The zone or region that a process strikes as a whole.
    pub(in crate::engine) places: Vec<Place>,
    /// The services of the replicas that each fault strikes, rising.
    struck: Vec<Vec<u16>>,
    /// Processes with a stoppable clock, by replica.
    pub(in crate::engine) clocked: Vec<Vec<u32>>,
    /// Processes that strike nobody but a replica of a fleet that changes, by replica; empty where none does.
    pub(in crate::engine) own_processes: Vec<Vec<u32>>,
    /// That replica, by process.
    owners: Vec<u32>,
    /// Processes that strike each instance of a population by itself, by service; empty where none does.
    instance_processes: Vec<Vec<u32>>,
    /// For each replica: its service and its zone.
    pub(in crate::engine) replicas: Vec<ReplicaPlan>,
    pub(in crate::engine) zone_regions: Vec<u32>,
    pub(in crate::engine) blocks: Blocks,
    pub(in crate::engine) network: NetworkPlan,
    pub(in crate::engine) gateways: Gateways,
    pub(in crate::engine) transfers: Transfers,
    pub(in crate::engine) queues: QueuePlan,
    pub(in crate::engine) dns: DnsPlan,
    pub(in crate::engine) versions: VersionPlan,
    pub(in crate::engine) poison: PoisonPlan,
    /// Whether any service is many functions.
    pub(in crate::engine) has_populations: bool,
    /// Whether any service needs to know the session of an attempt.
    pub(in crate::engine) has_sessions: bool,
    /// Whether any service has a cache in front of it.
    pub(in crate::engine) has_caches: bool,
    /// Whether it matters whose work an attempt is: any service has effects, keeps idempotency keys, has a cache, shards by
    /// client or is a queue, or requests may be poisoned or answered wrongly.
    pub(in crate::engine) has_effects: bool,
    /// Whether answers may be wrong.
    pub(in crate::engine) has_corruption: bool,
    /// Priorities in use, rising: a queue has a list for each.
    pub(in crate::engine) priorities: Vec<u8>,
}

/// What an attempt needs to know of its call site when it is sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Way {
    pub(in crate::engine) service: u16,
    pub(in crate::engine) timeout_lane: u32,
}

/// One call site and what its caller does about failure.
#[derive(Debug)]
pub(in crate::engine) struct Edge {
    pub(in crate::engine) service: u16,
    /// The client, or the number of clients plus the service.
    pub(in crate::engine) caller: u16,
    /// The step it belongs to.
    pub(in crate::engine) step: u16,
    /// Number of the site within its caller: part of the key.
    pub(in crate::engine) site: u32,
    pub(in crate::engine) timeout_lane: u32,
    pub(in crate::engine) deadline_lane: u32,
    pub(in crate::engine) deadline: Option<SimDuration>,
    pub(in crate::engine) on_timeout: OnTimeout,
    pub(in crate::engine) propagates: bool,
    pub(in crate::engine) attempts: u8,
    pub(in crate::engine) timer: RetryTimer,
    /// What the service says about trying again when it refuses, and what its caller makes of that.
    pub(in crate::engine) hint: Option<(Hint, Hints)>,
    pub(in crate::engine) avoid: Avoid,
    pub(in crate::engine) on: ReasonSet,
    /// First decider of this caller at the service, where callers have their own.
    pub(in crate::engine) decider_base: u32,
    /// The call site of the next step, where each step of the caller is one call; none after the last.
    pub(in crate::engine) following: u32,
    /// What is asked and remembered of its calls, if anything.
    pub(in crate::engine) guard: Option<Box<GuardPlan>>,
    /// Whether every call has a record from the start; see [`find_recorded`].
    pub(in crate::engine) is_recorded: bool,
    /// Whether its guard only counts attempts while nothing goes wrong, and how many may be under way.
    pub(in crate::engine) is_light: bool,
    pub(in crate::engine) places: u32,
}

impl Edge {
    pub(in crate::engine) fn way(&self) -> Way {
        Way { service: self.service, timeout_lane: self.timeout_lane }
    }
}

/// What a decider is asked before an attempt of a call, and remembers of it.
#[derive(Debug)]
pub(in crate::engine) struct GuardPlan {
    pub(in crate::engine) policy: CallPolicy,
    /// Whether a copy that gets a slot stops the others that wait.
    pub(in crate::engine) ties: bool,
    /// The call site that takes over when the call has failed.
    pub(in crate::engine) fallback: Option<u16>,
    /// The lane in which the first attempts of its calls wait for a copy, where that wait is constant.
    pub(in crate::engine) hedge_lane: u32,
}

/// The calls of one step.
#[derive(Debug)]
pub(in crate::engine) struct StepPlan {
    /// Share of the tasks that end before it with a client error.
    pub(in crate::engine) denied: f64,
    pub(in crate::engine) choose: Choose,
    pub(in crate::engine) entries: Vec<EntryPlan>,
}

/// One entry of `calls`.
#[derive(Debug)]
pub(in crate::engine) struct EntryPlan {
    pub(in crate::engine) edge: u16,
    pub(in crate::engine) probability: f64,
    pub(in crate::engine) count: u32,
    pub(in crate::engine) wait_for: u32,
    pub(in crate::engine) optional: bool,
}

/// What a service's handlers look up.
#[derive(Debug)]
pub(in crate::engine) struct ServicePlan {
    pub(in crate::engine) first: u32,
    pub(in crate::engine) speed: Vec<f64>,
    /// Whether all attempts pass one queue of the service.
    pub(in crate::engine) shared_queue: bool,
    /// How many deciders callers choose from. Each front has as many, for what goes by a name.
    pub(in crate::engine) deciders: u32,
    /// Where names lead.
    pub(in crate::engine) fronts: Fronts,
    /// Callers in each zone, at the start.
    pub(in crate::engine) callers: Vec<u32>,
    /// Of a fleet that changes or has spares, the services that its replicas call, and of those with deciders in each caller the first
    /// decider of its replicas.
    pub(in crate::engine) callees: Vec<u32>,
    pub(in crate::engine) bases: Vec<(u32, u32)>,
    /// The replica of a fleet that changes in which each decider stands; none for others, and empty where there are none.
    pub(in crate::engine) stands: Vec<u32>,
    pub(in crate::engine) has_steps: bool,
    /// Whether requests that are wrong in themselves are told so further on: it is a gateway.
    pub(in crate::engine) hands_on: bool,
    /// Call sites of `next` come after those of `calls`.
    pub(in crate::engine) next_site: u32,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct ReplicaPlan {
    pub(in crate::engine) service: u16,
    /// At the start.
    pub(in crate::engine) zone: u32,
}

/// One fault at one unit.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Process {
    pub(in crate::engine) fault: u32,
    pub(in crate::engine) unit: u32,
}

impl Plan {
    pub(in crate::engine) fn new(system: &Arc<System>, span: &RunSpan) -> Self {
        let system = Arc::clone(system);
        let zone_regions: Vec<u32> =
            (0..system.zone_count()).map(|zone| system.region_of(ZoneId(zone as u32)) as u32).collect();
        let replicas = replica_plans(&system);
        let (build, mut steps) = Edges::of_all(&system);
        let (lanes, [timeout_lanes, hedge_lanes]) = build.lanes();
        let Edges { found: mut edges, routes, sizes, names, targets, deciders, .. } = build;
        let mut services = service_plans(&system, &steps, &deciders);
        let dns = DnsPlan::new(&system, (names, &edges), &mut services);
        let gateways = Gateways::new(&system, (&mut edges, &routes), &mut steps);
        let transfers = Transfers::new(&system, &edges, sizes);
        let mut chains: Vec<bool> = steps.iter().map(|steps| is_chain(steps)).collect();
        for (number, service) in system.services.iter().enumerate() {
            // Its own work lies between two steps, which only the general record knows to leave and enter again.
            chains[system.clients.len() + number] &= !service.asks_store();
        }
        follow(&mut edges, &steps, &chains);
        place_deciders(&system, &mut services, &edges);
        find_recorded(&system, &services, &mut edges);
        let processes: Vec<Process> = (0..system.faults.len() as u32)
            .flat_map(|fault| {
                let units = system.faults[fault as usize].units.len() as u32;
                (0..units).map(move |unit| Process { fault, unit })
            })
            .collect();
        let clocked = clocked(&system, &processes, &replicas);
        let mut priorities: Vec<u8> = system.clients.iter().map(|client| client.priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        let mut plan = Self {
            timeout_lanes,
            hedge_lanes,
            lanes,
            blocks: Blocks::new(&system, replicas.len()),
            network: NetworkPlan::new(&system, &edges, &replicas, &services),
            has_populations: system.services.iter().any(|service| service.population.is_some()),
            has_sessions: has_sessions(&system),
            has_caches: has_caches(&system),
            has_effects: has_effects(&system),
            has_corruption: has_corruption(&system),
            queues: QueuePlan::new(&system, &steps),
            dns,
            versions: VersionPlan::new(&system, targets),
            poison: PoisonPlan::new(&system, &processes, replicas.len()),
            span: span.clone(),
            gateways,
            transfers,
            edges,
            chains,
            steps,
            services,
            places: places(&system, &processes),
            struck: struck(&system, &replicas),
            processes,
            clocked,
            own_processes: Vec::new(),
            owners: Vec::new(),
            instance_processes: Vec::new(),
            replicas,
            zone_regions,
            priorities,
            system,
        };
        plan.find_owners();
        plan.find_instance_processes();
        plan
    }

    /// Notes which processes strike nobody but a replica of a fleet that changes.
    fn find_owners(&mut self) {
        if self.system.services.iter().all(|service| !service.is_changing()) {
            return;
        }
        self.own_processes = vec![Vec::new(); self.replicas.len()];
        self.owners = vec![NONE; self.processes.len()];
        for number in 0..self.processes.len() {
            let process = self.processes[number];
            let unit = &self.system.faults[process.fault as usize].units[process.unit as usize];
            let is_place = self.places[number].zone.is_some() || self.places[number].region.is_some();
            if let ([only], false) = (&unit.replicas[..], is_place)
                && self.system.services[self.replicas[only.index()].service as usize].is_changing()
            {
                self.own_processes[only.index()].push(number as u32);
                self.owners[number] = only.0;
            }
        }
    }

    /// The replica of a fleet that changes, where a process strikes it and nobody else.
    pub(in crate::engine) fn own_replica(&self, process: u32) -> Option<u32> {
        self.owners.get(process as usize).copied().filter(|r| *r != NONE)
    }

    /// The replica that a process strikes, if it strikes no other and no place.
    pub(in crate::engine) fn sole_replica(&self, process: u32) -> Option<u32> {
        let one = self.processes[process as usize];
        let place = self.places[process as usize];
        let unit = &self.system.faults[one.fault as usize].units[one.unit as usize];
        match unit.replicas[..] {
            [only] if place.zone.is_none() && place.region.is_none() => Some(only.0),
            _ => None,
        }
    }

    /// The replica that was chosen for an attempt which is at one now, both numbered within the service: of a function in
    /// several regions its door in that region.
    pub(in crate::engine) fn chosen(&self, service: usize, local: u32) -> u32 {
        let settings = &self.system.services[service];
        let Some(function) = settings.function.as_ref().filter(|_| settings.has_regions()) else {
            return local;
        };
        let stand = function.regions.iter().rfind(|one| one.first <= local);
        stand.map_or(local, |stand| stand.door(settings.version_count()))
    }

    pub(in crate::engine) fn fault(&self, process: u32) -> &Fault {
        &self.system.faults[self.processes[process as usize].fault as usize]
    }

    /// The seats of a service, as they are at the start.
    pub(in crate::engine) fn replicas_of(&self, service: usize) -> &[ReplicaPlan] {
        let first = self.services[service].first as usize;
        &self.replicas[first..first + self.services[service].speed.len()]
    }

    /// The list of a queue in which a priority waits.
    pub(in crate::engine) fn level(&self, priority: u8) -> usize {
        self.priorities.partition_point(|one| *one < priority)
    }
}

fn replica_plans(system: &System) -> Vec<ReplicaPlan> {
    let numbered = system.services.iter().zip(0_u16..);
    let plans = numbered.flat_map(|(one, service)| {
        one.replicas.iter().map(move |replica| ReplicaPlan { service, zone: replica.zone.0 })
    });
    plans.collect()
}

fn has_effects(system: &System) -> bool {
    let is_poison = |fault: &Fault| matches!(fault.kind, FaultKind::Poison { .. });
    system.services.iter().any(|one| one.effects || one.idempotency.is_some() || one.events.is_some())
        || system.services.iter().any(|one| one.balancing.shards_by(ShardBy::Client))
        || system.faults.iter().any(is_poison)
        || has_caches(system)
        || has_corruption(system)
}

fn has_caches(system: &System) -> bool {
    system.services.iter().any(|service| service.cache.is_some())
}

fn has_corruption(system: &System) -> bool {
    system.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Corrupt { .. }))
}

fn has_sessions(system: &System) -> bool {
    system.services.iter().any(|service| service.balancing.needs_sessions())
        || QueuePlan::needs_sessions(system)
        || VersionPlan::needs_sessions(system)
}

/// Notes which call site follows which, where a caller makes one call after the other.
fn follow(edges: &mut [Edge], steps: &[Vec<StepPlan>], chains: &[bool]) {
    for (chain, _) in steps.iter().zip(chains).filter(|(_, is_chain)| **is_chain) {
        for (step, after) in chain.iter().zip(chain.iter().skip(1)) {
            edges[step.entries[0].edge as usize].following = u32::from(after.entries[0].edge);
        }
    }
}

fn is_chain(steps: &[StepPlan]) -> bool {
    steps.iter().all(|step| match step.entries.as_slice() {
        [only] => only.probability >= 1.0 && only.count == 1 && !only.optional && step.choose == Choose::Each,
        _ => false,
    })
}

fn service_plans(system: &System, steps: &[Vec<StepPlan>], deciders: &[u32]) -> Vec<ServicePlan> {
    let mut first = 0;
    let mut plans = Vec::new();
    for (number, service) in system.services.iter().enumerate() {
        let own = &steps[system.clients.len() + number];
        plans.push(ServicePlan {
            first,
            speed: service.replicas.iter().map(|replica| replica.speed).collect(),
            shared_queue: service.queue.place == QueuePlace::Service && !service.is_buffered(),
            deciders: match service.balancing.deciders {
                Deciders::Shared(number) => number,
                Deciders::Caller => deciders[number].max(1),
            },
            fronts: Fronts::default(),
            callers: callers(system, number),
            callees: Vec::new(),
            bases: Vec::new(),
            stands: Vec::new(),
            // What a queue has taken in is answered before anybody gets it.
            has_steps: !own.is_empty() && service.events.is_none(),
            hands_on: service.gateway.is_some(),
            next_site: own.iter().map(|step| step.entries.len() as u32).sum(),
        });
        first += service.replicas.len() as u32;
    }
    plans
}

/// Which processes have clocks that stop or run at another pace when the state of a replica changes, or its role.
fn clocked(system: &System, processes: &[Process], replicas: &[ReplicaPlan]) -> Vec<Vec<u32>> {
    let mut clocked = vec![Vec::new(); replicas.len()];
    for (number, process) in processes.iter().enumerate() {
        let fault = &system.faults[process.fault as usize];
        let stands_by = |replica: &ReplicaId| {
            system.services[replicas[replica.index()].service as usize].standby.is_some()
        };
        let unit = &fault.units[process.unit as usize].replicas;
        if fault.clock != FaultClock::Calendar || unit.len() == 1 && unit.iter().any(stands_by) {
            for replica in unit {
                clocked[replica.index()].push(number as u32);
            }
        }
    }
    clocked
}

/// One for each replica where any service needs them, otherwise none: of a million replicas each byte counts.
pub(in crate::engine) fn one_each<T: Clone + Default>(plan: &Plan, is_needed: bool) -> Vec<T> {
    vec![T::default(); if is_needed { plan.replicas.len() } else { 0 }]
}
