//! Whether a scenario costs more than is allowed, as far as that can be told before it runs.

use std::collections::BTreeSet;

use crate::document::{Diagnostic, Diagnostics};
use crate::limit::{Exceeded, Limit};
use crate::measure::{InstanceRow, ShareRow};
use crate::model::fault::{Fault, FaultClock, Trigger};
use crate::model::fleet::{Deciders, Service};
use crate::model::scaling::Autoscaling;
use crate::model::workload::{Arrival, Client};
use crate::scenario::{Scenario, Subject};
use crate::units::{RegionId, SimTime};

/// Memory of the histograms of a client or a service, as far as it is touched \[byte\].
const HISTOGRAMS: u64 = 50_000;
/// Memory of one replica, with what its service and the network know of it \[byte\].
const REPLICA: u64 = 300;
/// Memory of one replica in the mind of a balancer \[byte\].
const VIEW: u64 = 4;
/// Memory of a key of a cache \[byte\].
const COPY: u64 = 80;
/// Memory of a user, a resolver or an instance of a client \[byte\].
const USER: u64 = 24;
/// Memory of a function of a trace: what it is like, what it counts, and when it is called next \[byte\].
const FUNCTION: u64 = 64;
/// Memory of a row of the timeline \[byte\].
const ROW: u64 = 80;
/// Rows of `runs.csv` that a client or service has in each run, and those that a replica has, at least.
const ROWS: (u64, u64) = (8, 2);

/// Reports what costs more than the limits of a scenario allow, each where it is written.
pub(super) fn check(scenario: &Scenario, findings: &mut Diagnostics) {
    let mut checker = Checker { scenario, findings };
    checker.runs();
    checker.windows();
    checker.rows();
    checker.events();
    for service in &scenario.system.services {
        checker.balancing(service);
    }
    checker.memory();
}

struct Checker<'a> {
    scenario: &'a Scenario,
    findings: &'a mut Diagnostics,
}

impl Checker<'_> {
    /// Reports what is more than allowed, at the value that makes it so.
    fn allow(&mut self, limit: Limit, needed: u64, path: &[&str]) {
        self.report(self.scenario.limits.allow(limit, needed, &path.join(".")), path);
    }

    fn report(&mut self, allowed: Result<(), Exceeded>, path: &[&str]) {
        if let Err(exceeded) = allowed {
            let error = Diagnostic::error(self.scenario.at(path), exceeded.to_string());
            self.findings.push(error.label("too much").help(exceeded.help()));
        }
    }

    fn runs(&mut self) {
        let run = &self.scenario.run;
        let batches = u64::from(run.batches);
        self.allow(Limit::Runs, u64::from(run.runs) * batches, &["run", "runs"]);
        if let Some(precision) = &run.precision {
            let most = u64::from(precision.runs_max) * batches;
            self.allow(Limit::Runs, most, &["run", "precision", "runs_max"]);
        }
        let scenario = self.scenario;
        for claim in &scenario.claims {
            let what = match &claim.subject {
                Subject::Formula { name, .. } => format!("runs_max of the claim on {name}"),
                _ => format!("runs_max of the claim on {}", claim.predicts),
            };
            let allowed = scenario.limits.allow(Limit::Runs, u64::from(claim.runs_max) * batches, &what);
            if let Err(exceeded) = allowed {
                let error = Diagnostic::error(claim.span, exceeded.to_string());
                self.findings.push(error.label("too much").help(exceeded.help()));
            }
        }
    }

    /// Windows from the start of what is measured to the end of its drain.
    fn windows(&mut self) {
        let span = &self.scenario.run.span;
        let whole = span.measured().as_nanos().saturating_add(span.drain.as_nanos());
        self.allow(Limit::Windows, whole / span.window.as_nanos().max(1), &["run", "window"]);
    }

    /// Rows of the timeline.
    fn timeline(&self) -> u64 {
        let span = &self.scenario.run.span;
        let windows = span.measured().as_nanos() / span.timeline_row().as_nanos().max(1);
        let runs = u64::from(self.scenario.run.runs) * u64::from(self.scenario.run.batches);
        let system = &self.scenario.system;
        let is_function = |service: &&Service| service.function.is_some() || service.population.is_some();
        let functions = system.services.iter().filter(is_function).count();
        // Those beyond the first share one.
        let records = system.dns.iter().map(|dns| dns.records.len()).sum::<usize>();
        let caches = system.services.iter().filter(|service| service.cache.is_some()).count();
        let shares = (records + caches + system.backups.len()).min(ShareRow::PARTS_MAX);
        let lines = (system.clients.len() + functions.min(InstanceRow::FUNCTIONS_MAX + 1) + shares) as u64;
        windows.min(u64::from(span.timeline_max)).saturating_mul(runs).saturating_mul(lines)
    }

    fn rows(&mut self) {
        let (run, system) = (&self.scenario.run, &self.scenario.system);
        let runs = u64::from(run.runs) * u64::from(run.batches);
        let parts = (system.clients.len() + system.services.len()) as u64;
        let rows = parts.saturating_mul(ROWS.0).saturating_mul(runs);
        self.allow(Limit::Rows, rows, &["run", "runs"]);
        self.allow(Limit::Rows, self.timeline(), &["run", "timeline_max"]);
    }

    /// Events that are sure to come, those of clients and those of faults.
    fn events(&mut self) {
        let scenario = self.scenario;
        let long = scenario.run.span.horizon.since(SimTime::ZERO).as_secs();
        let whole = |events: f64| if events < 1e18 { events as u64 } else { u64::MAX / 2 };
        if scenario.run.span.until.is_some() {
            // It ends when it ends.
            return;
        }
        for client in &scenario.system.clients {
            let path = ["client", &client.name, "arrival"];
            self.allow(Limit::Events, whole(arrivals(client) * long), &path);
        }
        for service in &scenario.system.services {
            if let Some(scaling) = service.scaling() {
                let of_function = ["service", service.name.as_str(), "function", "provisioned"];
                let of_fleet = ["service", service.name.as_str(), "autoscaling"];
                let path = if service.function.is_some() { &of_function[..] } else { &of_fleet };
                self.allow(Limit::Events, whole(looks(scaling, long)), path);
            }
        }
        for fault in &scenario.system.faults {
            self.allow(Limit::Events, whole(strikes(fault, long)), &["fault", &fault.name]);
        }
    }

    fn balancing(&mut self, service: &Service) {
        let path = ["service", service.name.as_str(), "balancing"];
        let policy = &service.balancing.policy;
        self.allow(Limit::Picks, policy.draws(), &path);
        let speed: Vec<f64> = service.replicas.iter().map(|replica| replica.speed).collect();
        let seen = policy.entries(&speed).saturating_mul(self.deciders(service));
        let path = ["service", service.name.as_str(), "balancing", "balancers"];
        self.allow(Limit::Views, seen, &path);
    }

    /// How many balancers a service has, each region to which names lead included; where each caller is one, at least those
    /// of clients.
    fn deciders(&self, service: &Service) -> u64 {
        let leading = self
            .scenario
            .system
            .dns
            .iter()
            .filter(|dns| self.scenario.system.services[dns.service.index()].name == service.name);
        let fronts: BTreeSet<RegionId> =
            leading.flat_map(|dns| &dns.records).map(|record| record.region).collect();
        let of_each = match service.balancing.deciders {
            Deciders::Shared(deciders) => u64::from(deciders),
            Deciders::Caller => {
                let clients = self.scenario.system.clients.iter();
                clients.map(|client| u64::from(client.instances)).sum::<u64>().max(1)
            }
        };
        of_each.saturating_mul(1 + fronts.len() as u64)
    }

    fn memory(&mut self) {
        let system = &self.scenario.system;
        let services = system.services.iter().map(|service| {
            let views = (service.replicas.len() as u64).saturating_mul(self.deciders(service));
            let replicas = service.replicas.len() as u64 * REPLICA;
            let copies = service.cache.as_ref().map_or(0, |cache| {
                let zones = system.regions.iter().map(|region| u64::from(region.zones)).sum();
                let regions = system.regions.len() as u64;
                let caches = cache.per.count(zones, regions, service.replicas.len() as u64);
                caches.saturating_mul(u64::from(cache.popularity.keys()))
            });
            let all = views.saturating_mul(VIEW).saturating_add(copies.saturating_mul(COPY));
            all.saturating_add(replicas + 2 * HISTOGRAMS)
        });
        let clients = system.clients.iter().map(|client| {
            let users = match client.arrival {
                Arrival::Closed { users, .. } => u64::from(users),
                _ => 0,
            };
            let functions = match &client.arrival {
                Arrival::Trace(trace) => trace.functions.len() as u64,
                _ => 0,
            };
            let resolvers = u64::from(client.resolvers.count.unwrap_or(0));
            functions * FUNCTION + (users + resolvers + u64::from(client.instances)) * USER + HISTOGRAMS
        });
        let world = services.chain(clients).fold(0_u64, u64::saturating_add);
        let needed = world.saturating_add(self.timeline().saturating_mul(ROW));
        self.report(self.scenario.limits.allow(Limit::Memory, needed, "this scenario"), &["run"]);
    }
}

/// Arrivals each second, where that is known.
fn arrivals(client: &Client) -> f64 {
    match &client.arrival {
        Arrival::Poisson { rate, spikes } if spikes.is_empty() => rate.per_second(),
        Arrival::Renewal { between } => 1.0 / between.mean(),
        Arrival::Profile { rates, spikes, .. } if spikes.is_empty() => {
            rates.iter().map(|rate| rate.per_second()).sum::<f64>() / rates.len() as f64
        }
        Arrival::Trace(trace) => trace.steady_rate().unwrap_or_default(),
        _ => 0.0,
    }
}

/// How often the controllers of a fleet look in a region.
fn looks(scaling: &Autoscaling, seconds: f64) -> f64 {
    scaling.controls.iter().map(|control| control.policy.decisions(&control.measured, seconds)).sum()
}

/// How often a fault strikes, where its clock does not wait for the end of what it did.
fn strikes(fault: &Fault, seconds: f64) -> f64 {
    match (&fault.trigger, fault.clock) {
        (Trigger::Random(law), FaultClock::Calendar) if law.mean() > 0.0 => {
            seconds / law.mean() * fault.pace * fault.part_count() as f64
        }
        _ => 0.0,
    }
}
