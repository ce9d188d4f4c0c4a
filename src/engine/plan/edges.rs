//! Call sites, numbered through all callers, and the delays of their timers.

use super::{Edge, EntryPlan, GuardPlan, NONE, StepPlan};
use crate::engine::plan::guard::hedge_wait;
use crate::model::call::{Call, CallPolicy, Layer, OnTimeout, Step};
use crate::model::fleet::Deciders;
use crate::model::resilience::retry::{RetrySettings, RetryTimer};
use crate::model::system::System;
use crate::units::{Probability, SimDuration};

/// Collects edges, and the delays that need a lane.
pub(super) struct Edges<'a> {
    system: &'a System,
    pub(super) found: Vec<Edge>,
    /// The route that each takes, where it is of a gateway.
    pub(super) routes: Vec<u32>,
    /// Bytes of the request and the answer of each.
    pub(super) sizes: Vec<[u64; 2]>,
    /// The name by which each goes.
    pub(super) names: Vec<u32>,
    /// The version that each asks for.
    pub(super) targets: Vec<u8>,
    timeouts: Vec<SimDuration>,
    deadlines: Vec<SimDuration>,
    hedges: Vec<SimDuration>,
    /// How many deciders callers of their own need at each service so far.
    pub(super) deciders: Vec<u32>,
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
            routes: Vec::new(),
            sizes: Vec::new(),
            names: Vec::new(),
            targets: Vec::new(),
            timeouts: distinct(policies().filter_map(|policy| policy.timeout)),
            deadlines: distinct(policies().filter_map(|policy| policy.deadline)),
            hedges: distinct(policies().filter_map(hedge_wait)),
            deciders: vec![0; system.services.len()],
        }
    }

    /// The edges of all callers, and their steps.
    pub(super) fn of_all(system: &'a System) -> (Self, Vec<Vec<StepPlan>>) {
        let mut build = Self::new(system);
        let mut steps = Vec::new();
        for (number, client) in system.clients.iter().enumerate() {
            steps.push(build.steps(&client.steps, number as u16, client.instances));
        }
        for (number, service) in system.services.iter().enumerate() {
            let caller = (system.clients.len() + number) as u16;
            steps.push(build.steps(&service.steps, caller, service.replicas.len() as u32));
        }
        (build, steps)
    }

    /// The delays of all lanes, and where those of deadlines and of hedges begin.
    pub(super) fn lanes(&self) -> (Vec<SimDuration>, [usize; 2]) {
        let lanes = [&self.timeouts[..], &self.deadlines, &self.hedges].concat();
        (lanes, [self.timeouts.len(), self.timeouts.len() + self.deadlines.len()])
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
                self.routes.push(call.route.unwrap_or(NONE));
                self.sizes.push(call.size);
                self.names.push(call.name.map_or(NONE, |name| name.0));
                self.targets.push(call.target);
                self.fallback_edge(call, caller, number as u16);
                site += 1;
            }
            plans.push(StepPlan { denied: 0.0, choose: step.choose, entries });
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
            is_light: false,
            places: call.policy.bulkhead.map_or(u32::MAX, |bulkhead| bulkhead.limit),
        }
    }

    /// The call site of a call's fallback, if that calls a service: it has the timeout of the call and no more rules.
    fn fallback_edge(&mut self, call: &Call, caller: u16, step: u16) {
        let Some((service, target)) =
            call.policy.fallback.and_then(|fallback| Some((fallback.service?, fallback.target)))
        else {
            return;
        };
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
        self.routes.push(NONE);
        self.names.push(NONE);
        self.targets.push(target);
        // Nothing is said about the messages of what takes the place of a call.
        self.sizes.push([0; 2]);
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
