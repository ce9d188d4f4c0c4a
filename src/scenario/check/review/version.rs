//! Versions of functions that nobody ever gets.

use super::Checker;
use crate::model::call::Step;
use crate::model::deploy::Deploy;
use crate::model::system::System;
use crate::units::SimTime;

/// What is asked for of a service: everybody's calls, what takes the place of them, and what is passed on.
pub(in crate::scenario::check) fn asked(system: &System, number: usize) -> Vec<u8> {
    let steps = |steps: &[Step]| -> Vec<u8> {
        let calls = steps.iter().flat_map(|step| &step.calls);
        let own = calls.clone().map(|call| (Some(call.service), call.target));
        let instead = calls.filter_map(|call| call.policy.fallback).map(|one| (one.service, one.target));
        let of_it = own.chain(instead).filter(|(service, _)| {
            // What keeps the events of a function hands on what was asked for.
            let events = service.and_then(|service| system.services[service.index()].events.as_ref());
            let consumer = events.and_then(|events| events.consumer).map(|consumer| consumer.service);
            [*service, consumer].into_iter().flatten().any(|service| service.index() == number)
        });
        of_it.map(|(_, target)| target).collect()
    };
    let clients = system.clients.iter().flat_map(|client| steps(&client.steps));
    // The queue itself asks for what its messages do.
    let services = system.services.iter().filter(|service| service.events.is_none());
    let callers = services.flat_map(|service| {
        let next = service.next.iter().filter(|next| next.service.index() == number);
        next.map(|next| next.target).chain(steps(&service.steps)).collect::<Vec<_>>()
    });
    clients.chain(callers).collect()
}

impl Checker<'_> {
    /// Reports versions that get no request.
    pub(super) fn idle_versions(&mut self, system: &System, horizon: SimTime) {
        for (number, service) in system.services.iter().enumerate() {
            let Some(versions) = &service.versions else { continue };
            let asked = asked(system, number);
            let is_function = service.function.is_some();
            for (version, one) in (0_u8..).zip(&versions.all).skip(1) {
                let gives = |target: &u8| versions.targets[usize::from(*target)].gives(version, horizon);
                let is_out = |deploy: &Deploy| deploy.service.index() == number && deploy.version == version;
                if is_function && asked.iter().any(gives) || system.deploys.iter().any(is_out) {
                    continue;
                }
                let message =
                    format!("no request ever gets the version \"{}\" of \"{}\"", one.name, service.name);
                let help = if is_function {
                    "call it, or an alias that gives it a share, or add it to \"publish\""
                } else {
                    "add a section \"deploy\" that brings it out, or leave it out"
                };
                self.warning(&["service", &service.name, "versions", &one.name], message, help);
            }
        }
    }
}
