//! Which ways calls and checks take, and whether a call can be left without any answer on them.

use std::collections::BTreeSet;

use crate::model::call::{Call, Step};
use crate::model::fault::{End, FaultKind, Link, Signal};
use crate::model::fleet::Deciders;
use crate::model::region::link::{LinkMap, Place, PlaceLink};
use crate::model::system::System;
use crate::units::{ReplicaId, ServiceId, ZoneId};

/// A message that is lost for good more seldom than this is not warned of.
const RARE: f64 = 1e-9;

/// Who makes a call, or looks at a replica.
#[derive(Debug, Clone, Copy)]
pub(super) enum Calling {
    Client(usize),
    Service(usize),
    /// A load balancer instance in this zone, which stands in no caller.
    Balancer(ZoneId),
}

/// Who calls a service.
fn callers(system: &System, callee: usize) -> Vec<Calling> {
    let id = ServiceId(callee as u32);
    let falls_back = |call: &Call| call.policy.fallback.as_ref().is_some_and(|one| one.service == Some(id));
    let calls = |steps: &[Step]| {
        let mut calls = steps.iter().flat_map(|step| &step.calls);
        calls.any(|call| call.service == id || falls_back(call))
    };
    let clients = system.clients.iter().enumerate().filter(|(_, client)| calls(&client.steps));
    let services = system.services.iter().enumerate().filter(|(_, service)| calls(&service.steps));
    let clients = clients.map(|(number, _)| Calling::Client(number));
    clients.chain(services.map(|(number, _)| Calling::Service(number))).collect()
}

/// Whether any call of a service takes this way, there or back.
pub(super) fn is_way_of_calls(system: &System, link: &Link, callee: usize) -> bool {
    callers(system, callee).into_iter().any(|caller| touches(system, link, caller, callee))
}

/// Whether what load balancer instances of a service look at lies across this way.
pub(super) fn is_way_of_checks(system: &System, link: &Link, service: usize) -> bool {
    let callers = callers(system, service);
    let looks = |from: Calling| touches(system, link, from, service);
    match system.services[service].balancing.deciders {
        Deciders::Caller => callers.into_iter().any(looks),
        Deciders::Shared(count) => {
            let mut zones = system.services[service].balancing.place.clone();
            if zones.is_empty() {
                zones.extend(callers.iter().flat_map(|caller| places(system, *caller)).map(|(_, zone)| zone));
            }
            if zones.is_empty() {
                zones = places(system, Calling::Service(service)).into_iter().map(|(_, zone)| zone).collect();
            }
            zones.sort_unstable();
            zones.dedup();
            zones.into_iter().take(count as usize).any(|zone| looks(Calling::Balancer(zone)))
        }
    }
}

/// Whether what a caller sends to a service, or gets back, can be lost without a word.
pub(super) fn can_be_lost(system: &System, caller: Calling, callee: usize) -> bool {
    let network = &system.network;
    let usual = worst_loss(system, caller, callee);
    let is_lossy = |loss: f64| network.lost_for_good(1.0 - (1.0 - loss) * (1.0 - usual)) > RARE;
    if is_lossy(0.0) {
        return true;
    }
    system.faults.iter().any(|fault| match &fault.kind {
        FaultKind::Partition { links, signal: Signal::Silent } => {
            links.iter().any(|link| touches(system, link, caller, callee))
        }
        FaultKind::Network { links, loss, .. } if is_lossy(loss.get()) => {
            links.iter().any(|link| touches(system, link, caller, callee))
        }
        _ => false,
    })
}

/// The largest share that is lost each time of what a caller sends to a service, or gets back, without any fault.
fn worst_loss(system: &System, caller: Calling, callee: usize) -> f64 {
    let network = &system.network;
    let Some(map) = LinkMap::new(&system.regions, &network.links, |link| link.loss.is_some()) else {
        return network.loss.get();
    };
    let zones = |of| -> BTreeSet<u32> { places(system, of).into_iter().map(|(_, zone)| zone.0).collect() };
    let (one, other) = (zones(caller), zones(Calling::Service(callee)));
    let ways = one.iter().flat_map(|from| other.iter().flat_map(move |to| [[*from, *to], [*to, *from]]));
    let losses = ways.map(|way| {
        let link = map.between(way).and_then(|number| network.links[number].loss);
        link.unwrap_or(network.loss).get()
    });
    losses.fold(0.0, f64::max)
}

/// The ways of a link between places.
pub(super) fn ways_of(link: &PlaceLink) -> Link {
    let end = |place| match place {
        Place::Region(region) => End::Region(region),
        Place::Zone(zone) => End::Zone(zone),
    };
    Link { from: vec![end(link.from)], to: Some(vec![end(link.to)]), both: link.both }
}

/// Whether a way leads from a caller to a service or back.
fn touches(system: &System, link: &Link, caller: Calling, callee: usize) -> bool {
    let through = ServiceId(callee as u32);
    let one = sides(system, link, caller, Some(through));
    let other = sides(system, link, Calling::Service(callee), None);
    let joins = |one: &Sides, other: &Sides| one.from && other.to || one.to && other.from;
    // Whichever way it leads, it takes the call or the answer.
    one.iter().any(|one| other.iter().any(|other| joins(one, other)))
}

/// To which sides of a way somebody belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sides {
    from: bool,
    to: bool,
}

/// To which sides the instances of a client or the replicas of a service belong, each case once; `through` is the service
/// whose balancers send what they send.
fn sides(system: &System, link: &Link, of: Calling, through: Option<ServiceId>) -> Vec<Sides> {
    let mut found: Vec<Sides> = Vec::new();
    for (replica, zone) in places(system, of) {
        let is_at = |end: &End| match end {
            End::Client(client) => matches!(of, Calling::Client(number) if number == client.index()),
            End::Service(service) => matches!(of, Calling::Service(number) if number == service.index()),
            End::Replica(other) => replica == Some(*other),
            End::Zone(other) => zone == *other,
            End::Region(region) => system.region_of(zone) == region.index(),
            End::Balancer(service, _) => through == Some(*service),
        };
        let from = link.from.iter().any(is_at);
        let to = link.to.as_ref().map_or(!from, |to| to.iter().any(is_at));
        let sides = Sides { from, to };
        if !found.contains(&sides) {
            found.push(sides);
        }
    }
    found
}

/// Where the instances of a client or the replicas of a service are; a replica of a fleet that changes may be in any zone
/// of its region.
fn places(system: &System, of: Calling) -> Vec<(Option<ReplicaId>, ZoneId)> {
    let zones_of = |region: usize| {
        let first: u32 = system.regions[..region].iter().map(|region| region.zones).sum();
        first..first + system.regions[region].zones
    };
    match of {
        Calling::Balancer(zone) => vec![(None, zone)],
        Calling::Client(number) => {
            let client = &system.clients[number];
            let zones = zones_of(client.region.index()).take(client.instances as usize);
            zones.map(|zone| (None, ZoneId(zone))).collect()
        }
        Calling::Service(number) => {
            let service = &system.services[number];
            let first = system.first_replica(ServiceId(number as u32)).0;
            let mut found = Vec::new();
            for (replica, id) in service.replicas.iter().zip(first..) {
                let zones = if service.is_changing() {
                    zones_of(system.region_of(replica.zone))
                } else {
                    replica.zone.0..replica.zone.0 + 1
                };
                found.extend(zones.map(|zone| (Some(ReplicaId(id)), ZoneId(zone))));
            }
            found
        }
    }
}
