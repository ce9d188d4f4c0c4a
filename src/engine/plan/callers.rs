//! Who calls a service from where, and which deciders stand in callers that come and go.

use crate::engine::plan::{Edge, NONE, ServicePlan};
use crate::model::call::Step;
use crate::model::system::System;

/// Whether any of the steps calls a service.
fn calls(steps: &[Step], service: usize) -> bool {
    steps.iter().flat_map(|step| &step.calls).any(|call| call.service.index() == service)
}

/// How many instances of clients and replicas of services in each zone call a service.
pub(super) fn callers(system: &System, number: usize) -> Vec<u32> {
    let mut callers = vec![0; system.zone_count()];
    for client in system.clients.iter().filter(|client| calls(&client.steps, number)) {
        let first: u32 = system.regions[..client.region.index()].iter().map(|region| region.zones).sum();
        let zones = system.regions[client.region.index()].zones;
        (0..client.instances).for_each(|instance| callers[(first + instance % zones) as usize] += 1);
    }
    for service in system.services.iter().filter(|service| calls(&service.steps, number)) {
        for (_, replica) in (0..).zip(&service.replicas).filter(|(local, _)| service.serves(*local)) {
            callers[replica.zone.index()] += 1;
        }
    }
    callers
}

/// Notes whom replicas call that come and go or stand by, and which deciders stand in those that come and go.
pub(super) fn place_deciders(system: &System, services: &mut [ServicePlan], edges: &[Edge]) {
    for edge in edges {
        let Some(caller) = usize::from(edge.caller).checked_sub(system.clients.len()) else { continue };
        if system.services[caller].is_fixed() {
            continue;
        }
        let callee = usize::from(edge.service);
        let counts = calls(&system.services[caller].steps, callee);
        if counts && !services[caller].callees.contains(&(callee as u32)) {
            services[caller].callees.push(callee as u32);
        }
        // Who stands by keeps its deciders.
        if system.services[caller].standby.is_some() {
            continue;
        }
        if edge.decider_base == NONE || services[caller].bases.contains(&(callee as u32, edge.decider_base)) {
            continue;
        }
        services[caller].bases.push((callee as u32, edge.decider_base));
        let (first, count) = (services[caller].first, services[caller].speed.len() as u32);
        let deciders = services[callee].all_deciders() as usize;
        let stands = &mut services[callee].stands;
        stands.resize(deciders, NONE);
        for local in 0..count {
            stands[(edge.decider_base + local) as usize] = first + local;
        }
    }
}
