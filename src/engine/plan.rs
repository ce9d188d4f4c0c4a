//! A system resolved to flat tables: what handlers look up while time runs, and never change.

use std::sync::Arc;

use super::guard::{find_recorded, hedge_wait};
use super::network::NetworkPlan;
use crate::model::call::{Avoid, Call, CallPolicy, Choose, Layer, OnTimeout, Step};
use crate::model::fault::{Fault, FaultClock};
use crate::model::fleet::{Deciders, QueuePlace};
use crate::model::resilience::hint::{Hint, Hints};
use crate::model::resilience::retry::{RetrySettings, RetryTimer};
use crate::model::span::RunSpan;
use crate::model::system::{Member, System};
use crate::reason::ReasonSet;
use crate::units::{Probability, SimDuration, ZoneId};

/// No lane, no level, nothing.
pub(super) const NONE: u32 = u32::MAX;

/// The flat tables of one system.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) system: Arc<System>,
    pub(super) span: RunSpan,
    pub(super) edges: Vec<Edge>,
    /// Steps of each client, then of each service.
    pub(super) steps: Vec<Vec<StepPlan>>,
    /// For each caller, whether every step is one call that is always made and needed.
    pub(super) chains: Vec<bool>,
    pub(super) services: Vec<ServicePlan>,
    /// Delays of the calendar's lanes: timeouts first, then deadlines, then hedges.
    pub(super) lanes: Vec<SimDuration>,
    pub(super) timeout_lanes: usize,
    /// Where those of hedges begin.
    pub(super) hedge_lanes: usize,
    pub(super) processes: Vec<Process>,
    /// The zone or region that a process strikes as a whole.
    pub(super) places: Vec<Place>,
    /// Processes with a stoppable clock, by replica.
    pub(super) clocked: Vec<Vec<u32>>,
    /// Processes that strike nobody but a replica of a fleet that changes, by replica; empty where none does.
    pub(super) own_processes: Vec<Vec<u32>>,
    /// That replica, by process.
    owners: Vec<u32>,
    /// For each replica: its service and its zone.
    pub(super) replicas: Vec<ReplicaPlan>,
    pub(super) zone_regions: Vec<u32>,
    /// Blocks in an order in which members come before the blocks that hold them.
    pub(super) block_order: Vec<u32>,
    pub(super) network: NetworkPlan,
    /// Whether any service needs to know the session of an attempt.
    pub(super) has_sessions: bool,
    /// Whether any service has effects or keeps idempotency keys.
    pub(super) has_effects: bool,
    /// Priorities in use, rising: a queue has a list for each.
    pub(super) priorities: Vec<u8>,
}

/// What an attempt needs to know of its call site when it is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) service: u16,
    pub(super) timeout_lane: u32,
}

/// One call site and what its caller does about failure.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) service: u16,
    /// The client, or the number of clients plus the service.
    pub(super) caller: u16,
    /// The step it belongs to.
    pub(super) step: u16,
    /// Number of the site within its caller: part of the key.
    pub(super) site: u32,
    pub(super) timeout_lane: u32,
    pub(super) deadline_lane: u32,
    pub(super) deadline: Option<SimDuration>,
    pub(super) on_timeout: OnTimeout,
    pub(super) propagates: bool,
    pub(super) attempts: u8,
    pub(super) timer: RetryTimer,
    /// What the service says about trying again when it refuses, and what its caller makes of that.
    pub(super) hint: Option<(Hint, Hints)>,
    pub(super) avoid: Avoid,
    pub(super) on: ReasonSet,
    /// First decider of this caller at the service, where callers have their own.
    pub(super) decider_base: u32,
    /// The call site of the next step, where each step of the caller is one call; none after the last.
    pub(super) following: u32,
    /// What is asked and remembered of its calls, if anything.
    pub(super) guard: Option<Box<GuardPlan>>,
    /// Whether every call has a record from the start; see [`find_recorded`].
    pub(super) is_recorded: bool,
}

impl Edge {
    pub(super) fn way(&self) -> Way {
        Way { service: self.service, timeout_lane: self.timeout_lane }
    }
}

/// What a decider is asked before an attempt of a call, and remembers of it.
#[derive(Debug)]
pub(super) struct GuardPlan {
    pub(super) policy: CallPolicy,
    /// Whether a copy that gets a slot stops the others that wait.
    pub(super) ties: bool,
    /// The call site that takes over when the call has failed.
    pub(super) fallback: Option<u16>,
    /// The lane in which the first attempts of its calls wait for a copy, where that wait is constant.
    pub(super) hedge_lane: u32,
}

/// The calls of one step.
#[derive(Debug)]
pub(super) struct StepPlan {
    pub(super) choose: Choose,
    pub(super) entries: Vec<EntryPlan>,
}

/// One entry of `calls`.
#[derive(Debug)]
pub(super) struct EntryPlan {
    pub(super) edge: u16,
    pub(super) probability: f64,
    pub(super) count: u32,
    pub(super) wait_for: u32,
    pub(super) optional: bool,
}

/// What a service's handlers look up.
#[derive(Debug)]
pub(super) struct ServicePlan {
    pub(super) first: u32,
    pub(super) speed: Vec<f64>,
    pub(super) shared_queue: bool,
    pub(super) deciders: u32,
    /// Callers in each zone, at the start.
    pub(super) callers: Vec<u32>,
    /// Of a fleet that changes, the services that its replicas call, and of those with deciders in each caller the first
    /// decider of its replicas.
    pub(super) callees: Vec<u32>,
    pub(super) bases: Vec<(u32, u32)>,
    /// The replica of a fleet that changes in which each decider stands; none for others, and empty where there are none.
    pub(super) stands: Vec<u32>,
    pub(super) has_steps: bool,
    /// Call sites of `next` come after those of `calls`.
    pub(super) next_site: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ReplicaPlan {
    pub(super) service: u16,
    /// At the start.
    pub(super) zone: u32,
}

/// One fault at one unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    pub(super) fault: u32,
    pub(super) unit: u32,
}

/// A zone or region, if it is one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) zone: Option<u32>,
    pub(super) region: Option<u32>,
}

/// The zone or region that carries a name.
fn place_called(system: &System, name: &str) -> Place {
    // Most units are replicas, and there may be a million of them.
    if !name.starts_with("zone.") && !name.starts_with("region.") {
        return Place::default();
    }
    let region = system.regions.iter().position(|region| format!("region.{}", region.name) == name);
    let mut zones = system
        .regions
        .iter()
        .flat_map(|region| (1..=region.zones).map(move |number| format!("zone.{}.{number}", region.name)));
    Place {
        zone: zones.position(|zone| zone == name).map(|zone| zone as u32),
        region: region.map(|region| region as u32),
    }
}

impl Plan {
    pub(super) fn new(system: &Arc<System>, span: &RunSpan) -> Self {
        let system = Arc::clone(system);
        let zone_regions: Vec<u32> =
            (0..system.zone_count()).map(|zone| system.region_of(ZoneId(zone as u32)) as u32).collect();
        let replicas: Vec<ReplicaPlan> = system
            .services
            .iter()
            .enumerate()
            .flat_map(|(service, one)| {
                one.replicas.iter().map(move |replica| (service as u16, replica.zone.0))
            })
            .map(|(service, zone)| ReplicaPlan { service, zone })
            .collect();
        let mut build = Edges::new(&system);
        let mut steps = Vec::new();
        for (number, client) in system.clients.iter().enumerate() {
            steps.push(build.steps(&client.steps, number as u16, client.instances));
        }
        for (number, service) in system.services.iter().enumerate() {
            let caller = (system.clients.len() + number) as u16;
            steps.push(build.steps(&service.steps, caller, service.replicas.len() as u32));
        }
        let Edges { found: mut edges, timeouts, deadlines, hedges, deciders, .. } = build;
        let chains: Vec<bool> = steps.iter().map(|steps| is_chain(steps)).collect();
        follow(&mut edges, &steps, &chains);
        let mut services = service_plans(&system, &steps, &deciders);
        place_deciders(&system, &mut services, &edges);
        find_recorded(&system, &services, &mut edges);
        let processes: Vec<Process> = (0..system.faults.len() as u32)
            .flat_map(|fault| {
                let units = system.faults[fault as usize].units.len() as u32;
                (0..units).map(move |unit| Process { fault, unit })
            })
            .collect();
        let clocked = clocked(&system.faults, &processes, replicas.len());
        let mut priorities: Vec<u8> = system.clients.iter().map(|client| client.priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        let mut plan = Self {
            timeout_lanes: timeouts.len(),
            hedge_lanes: timeouts.len() + deadlines.len(),
            lanes: timeouts.into_iter().chain(deadlines).chain(hedges).collect(),
            block_order: block_order(&system),
            network: NetworkPlan::new(&system, &edges, &replicas, &services),
            has_sessions: system.services.iter().any(|service| service.balancing.needs_sessions()),
            has_effects: system.services.iter().any(|one| one.effects || one.idempotency.is_some()),
            span: span.clone(),
            edges,
            chains,
            steps,
            services,
            places: processes
                .iter()
                .map(|one| {
                    let fault = &system.faults[one.fault as usize];
                    place_called(&system, &fault.units[one.unit as usize].name)
                })
                .collect(),
            processes,
            clocked,
            own_processes: Vec::new(),
            owners: Vec::new(),
            replicas,
            zone_regions,
            priorities,
            system,
        };
        plan.find_owners();
        plan
    }

    /// Notes which processes strike nobody but a replica of a fleet that changes.
    fn find_owners(&mut self) {
        if self.system.services.iter().all(|service| service.autoscaling.is_none()) {
            return;
        }
        self.own_processes = vec![Vec::new(); self.replicas.len()];
        self.owners = vec![NONE; self.processes.len()];
        for number in 0..self.processes.len() {
            let process = self.processes[number];
            let unit = &self.system.faults[process.fault as usize].units[process.unit as usize];
            let is_place = self.places[number].zone.is_some() || self.places[number].region.is_some();
            if let ([only], false) = (&unit.replicas[..], is_place)
                && self.system.services[self.replicas[only.index()].service as usize].autoscaling.is_some()
            {
                self.own_processes[only.index()].push(number as u32);
                self.owners[number] = only.0;
            }
        }
    }

    /// The replica of a fleet that changes, where a process strikes it and nobody else.
    pub(super) fn own_replica(&self, process: u32) -> Option<u32> {
        self.owners.get(process as usize).copied().filter(|r| *r != NONE)
    }

    pub(super) fn fault(&self, process: u32) -> &Fault {
        &self.system.faults[self.processes[process as usize].fault as usize]
    }

    /// The seats of a service, as they are at the start.
    pub(super) fn replicas_of(&self, service: usize) -> &[ReplicaPlan] {
        let first = self.services[service].first as usize;
        &self.replicas[first..first + self.services[service].speed.len()]
    }

    /// The list of a queue in which a priority waits.
    pub(super) fn level(&self, priority: u8) -> usize {
        self.priorities.partition_point(|one| *one < priority)
    }
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
            shared_queue: service.queue.place == QueuePlace::Service,
            deciders: match service.balancing.deciders {
                Deciders::Shared(number) => number,
                Deciders::Caller => deciders[number].max(1),
            },
            callers: callers(system, number),
            callees: Vec::new(),
            bases: Vec::new(),
            stands: Vec::new(),
            has_steps: !own.is_empty(),
            next_site: own.iter().map(|step| step.entries.len() as u32).sum(),
        });
        first += service.replicas.len() as u32;
    }
    plans
}

/// Whether any of the steps calls a service.
fn calls(steps: &[Step], service: usize) -> bool {
    steps.iter().flat_map(|step| &step.calls).any(|call| call.service.index() == service)
}

/// How many instances of clients and replicas of services in each zone call a service.
fn callers(system: &System, number: usize) -> Vec<u32> {
    let mut callers = vec![0; system.zone_count()];
    for client in system.clients.iter().filter(|client| calls(&client.steps, number)) {
        let first: u32 = system.regions[..client.region.index()].iter().map(|region| region.zones).sum();
        let zones = system.regions[client.region.index()].zones;
        (0..client.instances).for_each(|instance| callers[(first + instance % zones) as usize] += 1);
    }
    for service in system.services.iter().filter(|service| calls(&service.steps, number)) {
        for replica in &service.replicas[..service.present as usize] {
            callers[replica.zone.index()] += 1;
        }
    }
    callers
}

/// Notes which deciders stand in replicas of fleets that change.
fn place_deciders(system: &System, services: &mut [ServicePlan], edges: &[Edge]) {
    for edge in edges {
        let Some(caller) = usize::from(edge.caller).checked_sub(system.clients.len()) else { continue };
        if system.services[caller].autoscaling.is_none() {
            continue;
        }
        let callee = usize::from(edge.service);
        let counts = calls(&system.services[caller].steps, callee);
        if counts && !services[caller].callees.contains(&(callee as u32)) {
            services[caller].callees.push(callee as u32);
        }
        if edge.decider_base == NONE || services[caller].bases.contains(&(callee as u32, edge.decider_base)) {
            continue;
        }
        services[caller].bases.push((callee as u32, edge.decider_base));
        let (first, count) = (services[caller].first, services[caller].speed.len() as u32);
        let deciders = services[callee].deciders as usize;
        let stands = &mut services[callee].stands;
        stands.resize(deciders, NONE);
        for local in 0..count {
            stands[(edge.decider_base + local) as usize] = first + local;
        }
    }
}

fn clocked(faults: &[Fault], processes: &[Process], replicas: usize) -> Vec<Vec<u32>> {
    let mut clocked = vec![Vec::new(); replicas];
    for (number, process) in processes.iter().enumerate() {
        let fault = &faults[process.fault as usize];
        if fault.clock != FaultClock::Calendar {
            for replica in &fault.units[process.unit as usize].replicas {
                clocked[replica.index()].push(number as u32);
            }
        }
    }
    clocked
}

fn block_order(system: &System) -> Vec<u32> {
    fn visit(system: &System, block: u32, order: &mut Vec<u32>) {
        if order.contains(&block) {
            return;
        }
        for member in &system.blocks[block as usize].members {
            if let Member::Block(inner) = member {
                visit(system, inner.0, order);
            }
        }
        order.push(block);
    }
    let mut order = Vec::new();
    for block in 0..system.blocks.len() as u32 {
        visit(system, block, &mut order);
    }
    order
}

/// Collects edges, and the delays that need a lane.
struct Edges<'a> {
    system: &'a System,
    found: Vec<Edge>,
    timeouts: Vec<SimDuration>,
    deadlines: Vec<SimDuration>,
    hedges: Vec<SimDuration>,
    /// How many deciders callers of their own need at each service so far.
    deciders: Vec<u32>,
}

impl<'a> Edges<'a> {
    fn new(system: &'a System) -> Self {
        let policies = || {
            let clients = system.clients.iter().flat_map(|client| &client.steps);
            let services = system.services.iter().flat_map(|service| &service.steps);
            clients.chain(services).flat_map(|step| &step.calls).map(|call| &call.policy)
        };
        Self {
            system,
            found: Vec::new(),
            timeouts: distinct(policies().filter_map(|policy| policy.timeout)),
            deadlines: distinct(policies().filter_map(|policy| policy.deadline)),
            hedges: distinct(policies().filter_map(hedge_wait)),
            deciders: vec![0; system.services.len()],
        }
    }

    fn steps(&mut self, steps: &[Step], caller: u16, instances: u32) -> Vec<StepPlan> {
        let mut site = 0;
        // A caller has one decider at a service, however many of its calls go there.
        let mut bases = std::collections::BTreeMap::new();
        let mut plans = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let mut entries = Vec::new();
            for call in &step.calls {
                let service = call.service.index();
                let base = *bases.entry(service).or_insert_with(|| {
                    let base = self.deciders[service];
                    self.deciders[service] += instances;
                    base
                });
                entries.push(EntryPlan {
                    edge: self.found.len() as u16,
                    probability: call.probability.get(),
                    count: call.count,
                    wait_for: call.wait_for,
                    optional: call.optional,
                });
                let mut edge = self.edge(call, caller, site, base);
                edge.step = number as u16;
                self.found.push(edge);
                self.fallback_edge(call, caller, number as u16);
                site += 1;
            }
            plans.push(StepPlan { choose: step.choose, entries });
        }
        plans
    }

    fn edge(&self, call: &Call, caller: u16, site: u32, decider_base: u32) -> Edge {
        let CallPolicy { timeout, deadline, on_timeout, deadline_propagation, retry, .. } = &call.policy;
        let own = self.system.services[call.service.index()].balancing.deciders == Deciders::Caller;
        let ties = call.policy.hedge.as_ref().is_some_and(|hedge| hedge.policy.ties());
        let attempts = if matches!(retry.policy, RetrySettings::None(_)) { 1 } else { retry.attempts as u8 };
        Edge {
            service: call.service.0 as u16,
            caller,
            step: 0,
            site,
            timeout_lane: timeout.map_or(NONE, |delay| place(&self.timeouts, delay)),
            deadline_lane: deadline
                .map_or(NONE, |delay| self.timeouts.len() as u32 + place(&self.deadlines, delay)),
            deadline: *deadline,
            // A copy that another has stopped leaves its queue.
            on_timeout: if ties && *on_timeout == OnTimeout::Abandon {
                OnTimeout::CancelWaiting
            } else {
                *on_timeout
            },
            propagates: *deadline_propagation,
            attempts,
            timer: RetryTimer::new(&retry.policy),
            hint: self.system.services[call.service.index()].retry_after.map(|hint| (hint, retry.hints)),
            avoid: retry.avoid,
            on: retry.on,
            decider_base: if own { decider_base } else { NONE },
            following: NONE,
            guard: call.policy.is_guarded().then(|| {
                Box::new(GuardPlan {
                    ties,
                    // It comes right after the call that it stands in for.
                    fallback: call
                        .policy
                        .fallback
                        .and_then(|one| one.service)
                        .map(|_| self.found.len() as u16 + 1),
                    hedge_lane: hedge_wait(&call.policy).map_or(NONE, |wait| {
                        (self.timeouts.len() + self.deadlines.len()) as u32 + place(&self.hedges, wait)
                    }),
                    policy: call.policy.clone(),
                })
            }),
            is_recorded: true,
        }
    }

    /// The call site of a call's fallback, if that calls a service: it has the timeout of the call and no more rules.
    fn fallback_edge(&mut self, call: &Call, caller: u16, step: u16) {
        let Some(service) = call.policy.fallback.and_then(|fallback| fallback.service) else { return };
        let mut instead = call.clone();
        instead.service = service;
        instead.policy.retry.attempts = 1;
        instead.policy.retry.budget = None;
        instead.policy.retry.reselect = None;
        instead.policy.retry.layer = Layer::Any;
        instead.policy.idempotent = Probability::ONE;
        instead.policy.throttle = None;
        instead.policy.breaker = None;
        instead.policy.bulkhead = None;
        instead.policy.hedge = None;
        instead.policy.fallback = None;
        let instances = if usize::from(caller) < self.system.clients.len() {
            self.system.clients[usize::from(caller)].instances
        } else {
            self.system.services[usize::from(caller) - self.system.clients.len()].replicas.len() as u32
        };
        let base = self.deciders[service.index()];
        self.deciders[service.index()] += instances;
        let edge = Edge { step, ..self.edge(&instead, caller, 0, base) };
        self.found.push(edge);
    }
}

fn distinct(delays: impl Iterator<Item = SimDuration>) -> Vec<SimDuration> {
    let mut delays: Vec<SimDuration> = delays.collect();
    delays.sort_unstable();
    delays.dedup();
    delays
}

fn place(delays: &[SimDuration], delay: SimDuration) -> u32 {
    delays.partition_point(|one| *one < delay) as u32
}
