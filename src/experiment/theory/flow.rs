//! How requests come to a service: at which rate, and whether as a Poisson process.

use super::law::law;
use crate::analysis::law::Law;
use crate::kernel::distribution::Distribution;
use crate::model::balancing::BalancerSettings;
use crate::model::call::{Call, CallPolicy, Choose, Step};
use crate::model::fault::{Fault, FaultKind};
use crate::model::fleet::{Concurrency, QueuePlace, Service};
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

/// The stream of attempts at a service; `None` where nobody calls it, or only users who wait for answers.
pub(super) fn of(system: &System, service: ServiceId) -> Option<Flow> {
    let rates = rates(system)?;
    let rate = rates[service.index()];
    if rate <= 0.0 {
        return None;
    }
    let mut flow = Flow { rate, between: None, departures: Vec::new() };
    let sources = sources(system, service);
    for source in &sources {
        source.judge(system, &mut flow, sources.len() == 1, &[]);
    }
    if is_fallback(system, service) {
        flow.departures.push("it is a fallback".to_owned());
    }
    if calls_together(system, service) {
        flow.departures.push("it is called more than once at a time".to_owned());
    }
    flow.departures.dedup();
    Some(flow)
}

/// Whether somebody calls a service after another one has failed.
fn is_fallback(system: &System, service: ServiceId) -> bool {
    let clients = system.clients.iter().flat_map(|client| &client.steps);
    let services = system.services.iter().flat_map(|other| &other.steps);
    let calls = clients.chain(services).flat_map(|step| &step.calls);
    calls.filter_map(|call| call.policy.fallback.as_ref()).any(|fallback| fallback.service == Some(service))
}

/// Whether some step makes several calls of a service at the same time, so that they come in batches.
fn calls_together(system: &System, service: ServiceId) -> bool {
    let clients = system.clients.iter().flat_map(|client| &client.steps);
    let services = system.services.iter().flat_map(|other| &other.steps);
    clients.chain(services).any(|step| {
        let calls = step.calls.iter().filter(|call| call.service == service && call.probability.get() > 0.0);
        step.choose == Choose::Each && calls.count() > 1
    })
}

/// One way to a service.
enum Source<'s> {
    Client { client: &'s Client, step: usize, call: &'s Call },
    Caller { caller: ServiceId, step: usize, call: &'s Call },
    Passed { from: ServiceId },
}

/// All ways to a service.
fn sources(system: &System, service: ServiceId) -> Vec<Source<'_>> {
    let mut sources = Vec::new();
    let to = |steps: &'_ [Step]| -> Vec<(usize, usize)> {
        let calls = |(number, step): (usize, &Step)| {
            let found: Vec<_> = (0..step.calls.len())
                .filter(|call| step.calls[*call].service == service)
                .map(|call| (number, call))
                .collect();
            found
        };
        steps.iter().enumerate().flat_map(calls).collect()
    };
    for client in &system.clients {
        for (step, call) in to(&client.steps) {
            sources.push(Source::Client { client, step, call: &client.steps[step].calls[call] });
        }
    }
    for (number, other) in system.services.iter().enumerate() {
        let caller = ServiceId(number as u32);
        for (step, call) in to(&other.steps) {
            sources.push(Source::Caller { caller, step, call: &other.steps[step].calls[call] });
        }
        if other.next.iter().any(|next| next.service == service && next.probability.get() > 0.0) {
            sources.push(Source::Passed { from: caller });
        }
    }
    sources
}

/// Who is answered by the first service goes no further.
const INVALID: &str = "some requests are invalid";

impl Source<'_> {
    /// Adds what the way makes of the stream; `trail` are the services whose own streams are being looked at.
    fn judge(&self, system: &System, flow: &mut Flow, is_only: bool, trail: &[ServiceId]) {
        if !matches!(self, Self::Client { .. }) && system.clients.iter().any(|one| one.invalid.get() > 0.0) {
            flow.departures.push(INVALID.to_owned());
        }
        match self {
            Self::Client { client, step, call } => {
                arrivals(client, flow, is_only && *step == 0 && call.probability.get() >= 1.0);
                policy(system, call, &format!("client.{}", client.name), flow);
                let before = &client.steps[..*step];
                let passes_on = |one: &Step| {
                    one.calls.iter().all(|call| is_quasi_reversible(system, call.service, trail))
                };
                if before.iter().any(|one| one.calls.len() != 1 || !passes_on(one)) {
                    flow.departures.push("it is called after others".to_owned());
                }
                let is_first_alone = *step == 0 && client.steps[0].calls.len() == 1;
                if client.invalid.get() > 0.0 && !is_first_alone {
                    flow.departures.push(INVALID.to_owned());
                }
            }
            Self::Caller { caller, step, call } => {
                let name = &system.services[caller.index()].name;
                policy(system, call, &format!("service.{name}"), flow);
                if *step > 0 || !is_quasi_reversible(system, *caller, trail) {
                    flow.departures.push(format!("arrivals from service.{name} are not Poisson"));
                }
            }
            Self::Passed { from } => {
                if !is_quasi_reversible(system, *from, trail) {
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
        Arrival::Poisson { .. } | Arrival::Profile { .. } | Arrival::Counts { .. } | Arrival::Instants(_) => {
            format!("the rate of client.{name} changes")
        }
    };
    flow.departures.push(departure);
}

/// What a caller does that makes attempts more or fewer than calls.
fn policy(system: &System, call: &Call, caller: &str, flow: &mut Flow) {
    let CallPolicy { timeout, deadline, retry, throttle, breaker, bulkhead, hedge, .. } = &call.policy;
    let mut depart = |does: &str| flow.departures.push(format!("{caller} {does}"));
    if timeout.is_some() || deadline.is_some() {
        depart("gives up after a time");
    }
    if retry.attempts > 1 && (timeout.is_some() || can_fail(system, call.service)) {
        depart("tries again");
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

/// Whether attempts at a service may fail.
fn can_fail(system: &System, service: ServiceId) -> bool {
    let mut reached = vec![service];
    let mut seen = 0;
    while let Some(&id) = reached.get(seen) {
        seen += 1;
        let one = &system.services[id.index()];
        let fails = one.error_ratio.get() > 0.0
            || one.queue.capacity.is_some()
            || one.queue.patience.is_some()
            || one.admission.is_some()
            || !faults(system, id).is_empty();
        if fails {
            return true;
        }
        let called = one.steps.iter().flat_map(|step| &step.calls).map(|call| call.service);
        for below in called.chain(one.next.iter().map(|next| next.service)) {
            if !reached.contains(&below) {
                reached.push(below);
            }
        }
    }
    false
}

/// The names of the faults that strike a service.
pub(super) fn faults(system: &System, service: ServiceId) -> Vec<&str> {
    let first = system.first_replica(service).0;
    let end = first + system.services[service.index()].replicas.len() as u32;
    let strikes = |fault: &&Fault| {
        let is_idle = matches!(&fault.kind, FaultKind::Error { share } if share.get() <= 0.0);
        let hit = fault.units.iter().flat_map(|unit| &unit.replicas).any(|one| (first..end).contains(&one.0));
        hit && !is_idle
    };
    system.faults.iter().filter(strikes).map(|fault| fault.name.as_str()).collect()
}

/// Whether Poisson arrivals leave a service as a Poisson process that does not depend on what is in it.
///
/// So it is for exponential service of first come, first served at any number of slots, and for any service without
/// waiting (Burke 1956; Kelly, Reversibility and Stochastic Networks, 1979, chapter 3).
///
/// One that comes after itself is left out: its visits depend on each other.
fn is_quasi_reversible(system: &System, service: ServiceId, trail: &[ServiceId]) -> bool {
    if trail.contains(&service) {
        return false;
    }
    let one = &system.services[service.index()];
    let is_one_queue = one.replicas.len() == 1 || one.queue.place == QueuePlace::Service;
    let is_split = matches!(one.balancing.policy, BalancerSettings::Random(_));
    let is_queue = matches!(one.queue.policy, QueueSettings::Fifo(_))
        && one.queue.capacity.is_none()
        && matches!(one.demand, Distribution::Exponential(_))
        && one.steps.is_empty()
        && is_even(one)
        && (is_one_queue || is_split);
    // What fails goes no further.
    !can_fail(system, service)
        && (is_queue || one.concurrency == Concurrency::Unlimited)
        && hears_poisson(system, service, trail)
}

/// Whether a service is called as a Poisson process, but for what comes back to it.
fn hears_poisson(system: &System, service: ServiceId, trail: &[ServiceId]) -> bool {
    let trail = [trail, &[service]].concat();
    let mut flow = Flow { rate: 0.0, between: None, departures: Vec::new() };
    for source in &sources(system, service) {
        match source {
            // A way back is one of a Jackson network, whose numbers are those of Poisson arrivals all the same.
            Source::Passed { .. } => {}
            other => other.judge(system, &mut flow, false, &trail),
        }
    }
    flow.departures.is_empty() && !calls_together(system, service)
}

/// Whether all replicas are equally fast.
pub(super) fn is_even(service: &Service) -> bool {
    service.replicas.windows(2).all(|pair| pair[0].speed.total_cmp(&pair[1].speed).is_eq())
}

/// Attempts each second at each service, by the equations of the traffic; `None` where a rate is not known.
fn rates(system: &System) -> Option<Vec<f64>> {
    let count = system.services.len();
    let mut outside = vec![0.0; count];
    for client in &system.clients {
        let rate = match &client.arrival {
            Arrival::Poisson { rate, .. } => rate.per_second(),
            Arrival::Renewal { between } => 1.0 / between.mean(),
            Arrival::Mmpp { rates, stays } => {
                let total: f64 = stays.iter().map(|stay| stay.as_secs()).sum();
                let arrivals: f64 =
                    rates.iter().zip(stays).map(|(rate, stay)| rate.per_second() * stay.as_secs()).sum();
                arrivals / total
            }
            // Rates that change or depend on answers have no steady state that theory knows here.
            _ => continue,
        };
        for call in client.steps.iter().flat_map(|step| &step.calls) {
            outside[call.service.index()] += rate * call.probability.get() * f64::from(call.count);
        }
    }
    let mut rates = outside.clone();
    for _ in 0..ROUNDS {
        let mut after = outside.clone();
        for (from, service) in system.services.iter().enumerate() {
            for call in service.steps.iter().flat_map(|step| &step.calls) {
                after[call.service.index()] += rates[from] * call.probability.get() * f64::from(call.count);
            }
            for next in &service.next {
                after[next.service.index()] += rates[from] * next.probability.get();
            }
        }
        let is_settled = after.iter().zip(&rates).all(|(new, old)| (new - old).abs() <= SETTLED * new);
        rates = after;
        if is_settled {
            return rates.iter().all(|rate| rate.is_finite()).then_some(rates);
        }
    }
    None
}
