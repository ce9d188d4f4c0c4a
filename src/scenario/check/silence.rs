//! Whether a call can be left without any answer by the network.

use crate::model::fault::{End, FaultKind, Link, Signal};
use crate::model::system::System;
use crate::units::{ReplicaId, ServiceId, ZoneId};

/// A message that is lost for good more seldom than this is not warned of.
const RARE: f64 = 1e-9;

/// Who makes a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Calling {
    Client(usize),
    Service(usize),
}

/// Whether what a caller sends to a service, or gets back, can be lost without a word.
pub(super) fn can_be_lost(system: &System, caller: Calling, callee: usize) -> bool {
    let network = &system.network;
    let is_lossy = |loss: f64| network.lost_for_good(1.0 - (1.0 - loss) * (1.0 - network.loss.get())) > RARE;
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
    let mut note = |replica: Option<ReplicaId>, zone: ZoneId| {
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
    };
    match of {
        Calling::Client(number) => {
            let client = &system.clients[number];
            let first: u32 = system.regions[..client.region.index()].iter().map(|region| region.zones).sum();
            let zones = system.regions[client.region.index()].zones;
            (first..first + zones.min(client.instances)).for_each(|zone| note(None, ZoneId(zone)));
        }
        Calling::Service(number) => {
            let first = system.first_replica(ServiceId(number as u32)).0;
            for (replica, local) in system.services[number].replicas.iter().zip(0..) {
                note(Some(ReplicaId(first + local)), replica.zone);
            }
        }
    }
    found
}
