//! How requests come to a service: at which rate, and whether as a Poisson process.

use super::law::law;
use crate::analysis::law::Law;
use crate::kernel::distribution::Distribution;
use crate::model::balancing::BalancerSettings;
use crate::model::call::{Call, CallPolicy, Choose, Step};
use crate::model::fault::{Fault, FaultKind};
use crate::model::fleet::{Concurrency, QueuePlace, Service};
use crate::model::flow::{Rates, Rounds};
use crate::model::function::Function;
use crate::model::gateway::Gateway;
use crate::model::queue::QueueSettings;
use crate::model::system::System;
use crate::model::workload::{Arrival, Client};
use crate::units::ServiceId;

/// The stream of attempts that a service sees.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    /// Attempts each second.
    pub(super) rate: f64,
    /// The time between two of them; `None` is a Poisson process.
    pub(super) between: Option<Law>,
    /// What makes it another process, or a rate that is not constant.
    pub(super) departures: Vec<String>,
}

/// How often the equations of the traffic are put into each other; longer ways than this do not matter.
const ROUNDS: usize = 100_000;
/// Changes below this part of the rate do not matter.
const SETTLED: f64 = 1e-15;

/// What all streams of a system have in common, worked out once for all services.
pub(super) struct Traffic<'s> {
    system: &'s System,
    /// Attempts each second at each service; `None` where a rate is not known.
    rates: Option<Vec<f64>>,
    /// All ways to each service.
    sources: Vec<Vec<Source<'s>>>,
    /// Whether somebody calls a service after another one has failed.
    is_fallback: Vec<bool>,
    /// Whether some step makes several calls of a service at the same time, so that they come in batches.
    is_called_together: Vec<bool>,
    /// Whether attempts at a service may fail.
    can_fail: Vec<bool>,
    /// See [`Traffic::find_quasi_reversible`].
    is_quasi_reversible: Vec<bool>,
    has_invalid: bool,
}

impl<'s> Traffic<'s> {
    pub(super) fn new(system: &'s System) -> Self {
        let count = system.services.len();
        let mut traffic = Self {
            system,
            rates: rates(system),
            sources: sources(system),
            is_fallback: vec![false; count],
            is_called_together: vec![false; count],
            can_fail: can_fail(system),
            is_quasi_reversible: vec![false; count],
            has_invalid: system.clients.iter().any(|one| one.invalid.get() > 0.0),
        };
        let clients = system.clients.iter().flat_map(|client| &client.steps);
        for step in clients.chain(system.services.iter().flat_map(|other| &other.steps)) {
            let fallbacks = step.calls.iter().filter_map(|call| call.policy.fallback.as_ref()?.service);
            fallbacks.for_each(|service| traffic.is_fallback[service.index()] = true);
            let likely = step.calls.iter().filter(|call| call.probability.get() > 0.0);
            let mut called: Vec<ServiceId> = likely.map(|call| call.service).collect();
            called.sort_unstable();
            if step.choose == Choose::Each {
                let twice = called.windows(2).filter(|pair| pair[0] == pair[1]);
                twice.for_each(|pair| traffic.is_called_together[pair[0].index()] = true);
            }
        }
        traffic.find_quasi_reversible();
        traffic
    }

    /// The stream of attempts at a service; `None` where nobody calls it, or only users who wait for answers.
    pub(super) fn of(&self, service: ServiceId) -> Option<Flow> {
        let rate = self.rates.as_ref()?[service.index()];
        if rate <= 0.0 {
            return None;
        }
        let mut flow = Flow { rate, between: None, departures: Vec::new() };
        let sources = &self.sources[service.index()];
        let mut passes_on = |from: ServiceId| self.is_quasi_reversible[from.index()];
        for source in sources {
            source.judge(self, &mut flow, sources.len() == 1, &mut passes_on);
        }
        if self.is_fallback[service.index()] {
            flow.departures.push("it is a fallback".to_owned());
        }
        if self.is_called_together[service.index()] {
            flow.departures.push("it is called more than once at a time".to_owned());
        }
        flow.departures.dedup();
        Some(flow)
    }

    /// Finds the services that Poisson arrivals leave as a Poisson process that does not depend on what is in them.
    ///
    /// So it is for exponential service of first come, first served at any number of slots, and for any service without
    /// waiting (Burke 1956; Kelly, Reversibility and Stochastic Networks, 1979, chapter 3), where arrivals are Poisson in
    /// their turn. One that comes after itself is left out: its visits depend on each other. So each service is decided
    /// after all that it depends on, and what is then left depends on itself.
    fn find_quasi_reversible(&mut self) {
        let count = self.system.services.len();
        let mut left = vec![0_u32; count];
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut open = Vec::new();
        for (number, left) in left.iter_mut().enumerate() {
            let Some(needed) = self.needed(ServiceId(number as u32)) else { continue };
            *left = needed.len() as u32;
            if needed.is_empty() {
                open.push(number);
            }
            for other in needed {
                followers[other.index()].push(number);
            }
        }
        while let Some(number) = open.pop() {
            self.is_quasi_reversible[number] = true;
            for follower in &followers[number] {
                left[*follower] -= 1;
                if left[*follower] == 0 {
                    open.push(*follower);
                }
            }
        }
    }

    /// The services that have to be quasi-reversible for this one to be; `None` where it is not, whatever they are.
    fn needed(&self, service: ServiceId) -> Option<Vec<ServiceId>> {
        let one = &self.system.services[service.index()];
        if !one.is_fixed() {
            return None;
        }
        if one.gateway.as_ref().is_some_and(Gateway::refuses) {
            return None;
        }
        let is_one_queue = one.replicas.len() == 1 || one.queue.place == QueuePlace::Service;
        let is_split = matches!(one.balancing.policy, BalancerSettings::Random(_));
        let is_queue = matches!(one.queue.policy, QueueSettings::Fifo(_))
            && one.queue.capacity.is_none()
            && matches!(one.demand, Distribution::Exponential(_))
            && one.steps.is_empty()
            && is_even(one)
            && (is_one_queue || is_split);
        let is_plain = is_queue || one.concurrency == Concurrency::Unlimited;
        // What fails goes no further.
        if self.can_fail[service.index()] || !is_plain || self.is_called_together[service.index()] {
            return None;
        }
        let mut needed = Vec::new();
        let mut flow = Flow { rate: 0.0, between: None, departures: Vec::new() };
        let mut ask = |from: ServiceId| {
            needed.push(from);
            true
        };
        for source in &self.sources[service.index()] {
            match source {
                // A way back is one of a Jackson network, whose numbers are those of Poisson arrivals all the same.
                Source::Passed { .. } => {}
                other => other.judge(self, &mut flow, false, &mut ask),
            }
        }
        flow.departures.is_empty().then_some(needed)
    }
}

/// One way to a service.
enum Source<'s> {
    Client { client: &'s Client, step: usize, call: &'s Call },
    Caller { caller: ServiceId, step: usize, call: &'s Call },
    Passed { from: ServiceId },
}

/// All ways to each service: clients first, then callers in their order, each followed by what it passes on.
fn sources(system: &System) -> Vec<Vec<Source<'_>>> {
    let mut sources: Vec<Vec<Source<'_>>> = system.services.iter().map(|_| Vec::new()).collect();
    for client in &system.clients {
        for (step, call) in calls(&client.steps) {
            sources[call.service.index()].push(Source::Client { client, step, call });
        }
    }
    for (number, other) in system.services.iter().enumerate() {
        let caller = ServiceId(number as u32);
        for (step, call) in calls(&other.steps) {
            // Of those of a gateway each route begins anew.
            let route = other.gateway.as_ref().and_then(|one| one.routes.first());
            let step = route.map_or(step, |route| step % route.steps.len());
            sources[call.service.index()].push(Source::Caller { caller, step, call });
        }
        let mut passed: Vec<usize> = other
            .next
            .iter()
            .filter(|next| next.probability.get() > 0.0)
            .map(|next| next.service.index())
            .collect();
        passed.sort_unstable();
        passed.dedup();
        for to in passed {
            sources[to].push(Source::Passed { from: caller });
        }
    }
    sources
}

/// Every call with the number of its step.
fn calls(steps: &[Step]) -> impl Iterator<Item = (usize, &Call)> {
    steps.iter().enumerate().flat_map(|(number, step)| step.calls.iter().map(move |call| (number, call)))
}

/// Who is answered by the first service goes no further.
const INVALID: &str = "some requests are invalid";

impl Source<'_> {
    /// Adds what the way makes of the stream; `passes_on` says whether a service leaves a Poisson process as it is.
    fn judge(
        &self,
        traffic: &Traffic<'_>,
        flow: &mut Flow,
        is_only: bool,
        passes_on: &mut dyn FnMut(ServiceId) -> bool,
    ) {
        let system = traffic.system;
        if !matches!(self, Self::Client { .. }) && traffic.has_invalid {
            flow.departures.push(INVALID.to_owned());
        }
        match self {
            Self::Client { client, step, call } => {
                arrivals(client, flow, is_only && *step == 0 && call.probability.get() >= 1.0);
                policy(traffic, call, &format!("client.{}", client.name), flow);
                let before = &client.steps[..*step];
                let mut is_passed = |one: &Step| one.calls.iter().all(|call| passes_on(call.service));
                if before.iter().any(|one| one.calls.len() != 1 || !is_passed(one)) {
                    flow.departures.push("it is called after others".to_owned());
                }
                let is_first_alone = *step == 0 && client.steps[0].calls.len() == 1;
                if client.invalid.get() > 0.0 && !is_first_alone {
                    flow.departures.push(INVALID.to_owned());
                }
            }
            Self::Caller { caller, step, call } => {
                let name = &system.services[caller.index()].name;
                policy(traffic, call, &format!("service.{name}"), flow);
                if *step > 0 || !passes_on(*caller) {
                    flow.departures.push(format!("arrivals from service.{name} are not Poisson"));
                }
            }
            Self::Passed { from } => {
                if !passes_on(*from) {
                    let name = &system.services[from.index()].name;
                    flow.departures.push(format!("arrivals from service.{name} are not Poisson"));
                }
            }
        }
    }
}

/// What a client's arrivals are.
fn arrivals(client: &Client, flow: &mut Flow, is_whole: bool) {
    let name = &client.name;
    let departure = match &client.arrival {
        Arrival::Poisson { spikes, .. } if spikes.is_empty() => return,
        Arrival::Renewal { between: Distribution::Exponential(_) } => return,
        Arrival::Renewal { between } if is_whole && law(between).is_some() => {
            flow.between = law(between);
            return;
        }
        Arrival::Renewal { .. } => format!("arrivals of client.{name} are not Poisson"),
        Arrival::Mmpp { .. } => format!("arrivals of client.{name} are bursty"),
        Arrival::Closed { .. } => format!("the users of client.{name} wait for answers"),
        Arrival::Trace(_) => format!("calls of client.{name} come from a trace"),
        Arrival::Poisson { .. } | Arrival::Profile { .. } | Arrival::Counts { .. } | Arrival::Instants(_) => {
            format!("the rate of client.{name} changes")
        }
    };
    flow.departures.push(departure);
}

/// What a caller does that makes attempts more or fewer than calls.
fn policy(traffic: &Traffic<'_>, call: &Call, caller: &str, flow: &mut Flow) {
    let CallPolicy { timeout, deadline, retry, throttle, breaker, bulkhead, hedge, .. } = &call.policy;
    let mut depart = |does: &str| flow.departures.push(format!("{caller} {does}"));
    if timeout.is_some() || deadline.is_some() {
        depart("gives up after a time");
    }
    if retry.attempts > 1 && (timeout.is_some() || traffic.can_fail[call.service.index()]) {
        depart("tries again");
    }
    if traffic.system.network.loses() {
        depart("loses messages on the way");
    }
    if hedge.is_some() {
        depart("hedges");
    }
    if throttle.is_some() || breaker.is_some() || bulkhead.is_some() {
        depart("holds calls back");
    }
    if call.count > 1 {
        depart("calls several replicas at once");
    }
}

/// Whether attempts at each service may fail: at itself, or at one that it calls or passes requests on to.
fn can_fail(system: &System) -> Vec<bool> {
    let mut can_fail: Vec<bool> = system
        .services
        .iter()
        .enumerate()
        .map(|(number, one)| {
            system.network.loses()
                || one.error_ratio.get() > 0.0
                || one.queue.capacity.is_some()
                || one.queue.patience.is_some()
                || one.admission.is_some()
                || one.gateway.as_ref().is_some_and(Gateway::refuses)
                || one.function.as_ref().is_some_and(Function::refuses)
                || !faults(system, ServiceId(number as u32)).is_empty()
                || depends(system, ServiceId(number as u32))
        })
        .collect();
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); system.services.len()];
    for (number, one) in system.services.iter().enumerate() {
        let called = one.steps.iter().flat_map(|step| &step.calls).map(|call| call.service);
        for below in called.chain(one.next.iter().map(|next| next.service)) {
            callers[below.index()].push(number);
        }
    }
    let mut open: Vec<usize> = (0..can_fail.len()).filter(|number| can_fail[*number]).collect();
    while let Some(number) = open.pop() {
        for caller in &callers[number] {
            if !can_fail[*caller] {
                can_fail[*caller] = true;
                open.push(*caller);
            }
        }
    }
    can_fail
}

/// Whether a service does not work without others.
pub(super) fn depends(system: &System, service: ServiceId) -> bool {
    system.dependencies.iter().any(|one| one.service == service)
}

/// The names of the faults that strike a service.
pub(super) fn faults(system: &System, service: ServiceId) -> Vec<&str> {
    let first = system.first_replica(service).0;
    let end = first + system.services[service.index()].replicas.len() as u32;
    let strikes = |fault: &&Fault| {
        let is_idle = matches!(&fault.kind, FaultKind::Error { share } if share.get() <= 0.0);
        // Whom a fault of the network keeps from whom is not told here: it may be anybody.
        let is_between = fault.kind.link(0).is_some();
        let hit = is_between
            || fault.units.iter().flat_map(|unit| &unit.replicas).any(|one| (first..end).contains(&one.0));
        hit && !is_idle
    };
    system.faults.iter().filter(strikes).map(|fault| fault.name.as_str()).collect()
}

/// Whether all replicas are equally fast.
pub(super) fn is_even(service: &Service) -> bool {
    service.replicas.windows(2).all(|pair| pair[0].speed.total_cmp(&pair[1].speed).is_eq())
}

/// Attempts each second at each service, by the equations of the traffic; `None` where a rate is not known.
fn rates(system: &System) -> Option<Vec<f64>> {
    let rounds = Rounds { most: ROUNDS, settled: SETTLED };
    let rates = Rates::of(system, rounds, |client| match &client.arrival {
        Arrival::Poisson { rate, .. } => Some(rate.per_second()),
        Arrival::Renewal { between } => Some(1.0 / between.mean()),
        Arrival::Mmpp { rates, stays } => {
            let total: f64 = stays.iter().map(|stay| stay.as_secs()).sum();
            let arrivals: f64 =
                rates.iter().zip(stays).map(|(rate, stay)| rate.per_second() * stay.as_secs()).sum();
            Some(arrivals / total)
        }
        // Rates that change or depend on answers have no steady state that theory knows here.
        _ => None,
    });
    // What a cache lets through depends on what it holds.
    let has_cache = system.services.iter().any(|service| service.cache.is_some());
    let is_known = !has_cache && rates.are_settled && rates.of.iter().all(|rate| rate.is_finite());
    is_known.then_some(rates.of)
}
