//! What a reviewer would ask about a scenario that is otherwise sound: settings that do not go together, and
//! objectives that its runs cannot decide.

mod data;
mod detection;
mod fault;
mod function;
mod key;
mod message;
mod objective;
mod place;
mod request;
mod retry;
mod time;
pub(super) mod version;

use super::{Checked, Checker};
use crate::model::call::{Call, CallPolicy, Step};
use crate::model::fault::Fault;
use crate::model::fleet::{QueuePlace, Service};
use crate::model::monitoring::Knowledge;
use crate::model::system::System;
use crate::scenario::written::call::Calls;
use crate::units::{ReplicaId, ServiceId};

impl Checker<'_> {
    /// Reports what a reviewer would ask about.
    pub(super) fn review(&mut self, checked: &Checked) {
        self.dead_in_use(&checked.system);
        let sites = self.sites(&checked.system);
        self.short_timeouts(&checked.system, &sites);
        self.outliving_timeouts(&sites);
        self.layered_retries(&checked.system, &sites);
        self.unfit_functions(&checked.system, &sites, checked.run.span.horizon);
        self.idle_versions(&checked.system, checked.run.span.horizon);
        self.undecidable(checked);
        self.idle_messages(&checked.system);
        self.one_zone(&checked.system);
        self.found_by_nobody(checked);
        self.found_too_late(checked);
        self.found_by_chance(&checked.system);
        self.idle_faults(&checked.system);
        self.broken_contracts(checked);
        self.far_copies(checked);
        self.old_answers(checked);
        self.short_records(&checked.system, &sites);
    }

    /// Reports fleets whose deciders never learn that a replica is dead.
    fn dead_in_use(&mut self, system: &System) {
        for (number, service) in system.services.iter().enumerate() {
            let id = ServiceId(number as u32);
            if !is_called(system, id) || learns_of_death(service) {
                continue;
            }
            let first = system.first_replica(id).0;
            let replicas = first..first + service.replicas.len() as u32;
            let Some(fault) = system.faults.iter().find(|fault| kills_some(fault, &replicas)) else {
                continue;
            };
            let message = format!(
                "replicas of \"{}\" that the fault \"{}\" strikes stay in use: nothing tells those who choose",
                service.name, fault.name
            );
            let help = "add \"health_check\" or \"outlier_detection\", or say knowledge = \"perfect\" in \"balancing\"";
            self.warning(&["service", &service.name, "balancing"], message, help);
        }
    }

    /// Every call of the file, with its place.
    fn sites<'s>(&self, system: &'s System) -> Vec<Site<'s>> {
        let written = self.written;
        let mut sites = Vec::new();
        let clients = written.clients.0.iter().zip(&system.clients);
        for ((name, section), client) in clients {
            if let Some(section) = section {
                sites.extend(self.sites_of(&section.keys.calls, &client.steps, None, ["client", &name.text]));
            }
        }
        let services = written.services.0.iter().zip(&system.services).enumerate();
        for (number, ((name, section), service)) in services {
            if let Some(section) = section {
                let caller = Some(ServiceId(number as u32));
                let place = ["service", name.text.as_str()];
                sites.extend(self.sites_of(&section.keys.calls, service.own_steps(), caller, place));
            }
        }
        sites
    }

    fn sites_of<'s>(
        &self,
        written: &Calls,
        steps: &'s [Step],
        caller: Option<ServiceId>,
        place: [&str; 2],
    ) -> Vec<Site<'s>> {
        // The calls of a system stand step by step and within one in the order of services, routes and versions; this is the way back.
        let number = |call: &usize| {
            let call = &written.0[*call];
            let target = self.written.services.asked(&call.entry.service.text);
            (call.entry.step, self.callee_number(&call.entry), call.route, target)
        };
        let mut order: Vec<usize> = (0..written.0.len()).collect();
        order.sort_by_key(number);
        let calls = steps.iter().flat_map(|step| &step.calls);
        let site = |(entry, call): (usize, &'s Call)| {
            let entry = written.0[entry].place.unwrap_or(entry);
            let path = [place[0].to_owned(), place[1].to_owned(), "calls".to_owned(), entry.to_string()];
            Site { path, caller, call }
        };
        order.into_iter().zip(calls).map(site).collect()
    }
}

/// One call of the file.
struct Site<'s> {
    path: [String; 4],
    /// The service that makes it; `None` for a client.
    caller: Option<ServiceId>,
    call: &'s Call,
}

impl Site<'_> {
    fn path(&self) -> [&str; 4] {
        self.path.each_ref().map(String::as_str)
    }

    fn policy(&self) -> &CallPolicy {
        &self.call.policy
    }
}

/// Whether anybody calls a service.
fn is_called(system: &System, id: ServiceId) -> bool {
    system.clients.iter().any(|client| calls_of(&client.steps, id).next().is_some())
        || system.services.iter().any(|caller| {
            calls_of(&caller.steps, id).next().is_some() || caller.next.iter().any(|next| next.service == id)
        })
}

fn calls_of(steps: &[Step], service: ServiceId) -> impl Iterator<Item = &Call> {
    steps.iter().flat_map(|step| &step.calls).filter(move |call| call.service == service)
}

/// Whether those who choose among the replicas of a service can find out that one is dead, or have no choice.
fn learns_of_death(service: &Service) -> bool {
    let needs = service.balancing.policy.needs();
    // Nobody chooses an instance that is gone.
    service.function.is_some()
        || service.population.is_some()
        || service.most() < 2
        || service.queue.place == QueuePlace::Service && !service.is_buffered()
        || !matches!(service.balancing.knowledge, Knowledge::Checked)
        || service.health_check.is_some()
        || service.outlier_detection.is_some()
        || needs.outcomes
        || needs.probes
}

/// Whether a fault takes away some of these replicas and leaves others.
fn kills_some(fault: &Fault, replicas: &std::ops::Range<u32>) -> bool {
    let struck = |unit: &[ReplicaId]| unit.iter().filter(|replica| replicas.contains(&replica.0)).count();
    fault.takes_down() && fault.units.iter().any(|unit| (1..replicas.len()).contains(&struck(&unit.replicas)))
}
