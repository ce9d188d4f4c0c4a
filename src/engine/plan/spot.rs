//! Where messages come from and go to.

use crate::engine::plan::{Edge, Plan, ReplicaPlan, ServicePlan};
use crate::model::fault::{End, Link};
use crate::model::fleet::Deciders;
use crate::model::system::System;
use crate::units::{ServiceId, ZoneId};

/// Who sends or receives a message, and where.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Spot {
    pub(in crate::engine) zone: u32,
    pub(in crate::engine) at: At,
    /// The load balancer instance that it passes through: service and number.
    pub(in crate::engine) through: Option<(u32, u32)>,
}

/// Who is at a spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum At {
    /// An instance of a client.
    Client(u32),
    Replica(u32),
    /// A load balancer instance that stands in no caller.
    Balancer,
}

impl Spot {
    /// The same in another zone.
    pub(in crate::engine) fn moved(self, zone: u32) -> Self {
        Self { zone, ..self }
    }

    /// Sends through a load balancer instance of a service.
    pub(in crate::engine) fn through(self, service: usize, decider: u32) -> Self {
        Self { through: Some((service as u32, decider)), ..self }
    }

    fn is_at(&self, plan: &Plan, end: &End) -> bool {
        match end {
            End::Client(client) => self.at == At::Client(client.0),
            End::Service(service) => match self.at {
                At::Replica(replica) => u32::from(plan.replicas[replica as usize].service) == service.0,
                At::Client(_) | At::Balancer => false,
            },
            End::Replica(replica) => self.at == At::Replica(replica.0),
            End::Zone(zone) => self.zone == zone.0,
            End::Region(region) => plan.zone_regions[self.zone as usize] == region.0,
            End::Balancer(service, number) => self.through.is_some_and(|(through, decider)| {
                through == service.0 && number.is_none_or(|number| number == decider)
            }),
        }
    }
}

/// Whether a spot is at any of these ends.
pub(in crate::engine) fn is_at_any(plan: &Plan, ends: &[End], spot: &Spot) -> bool {
    ends.iter().any(|end| spot.is_at(plan, end))
}

/// Whether a message from the first spot to the second takes a way.
pub(in crate::engine) fn carries(plan: &Plan, link: &Link, [from, to]: &[Spot; 2]) -> bool {
    link.carries(&|end| from.is_at(plan, end), &|end| to.is_at(plan, end))
}

/// Where the load balancer instances of each service stand: in the callers that have one of their own, otherwise in turn in
/// the zones that are written, in those of the callers, or in those of the replicas where nobody calls. Those of a front
/// stand in their region, unless they are the callers' own.
pub(super) fn balancers(
    system: &System,
    edges: &[Edge],
    replicas: &[ReplicaPlan],
    services: &[ServicePlan],
) -> Vec<Vec<Spot>> {
    let first: Vec<u32> =
        (0..system.services.len()).map(|number| system.first_replica(ServiceId(number as u32)).0).collect();
    // Zone and place of each instance or replica that calls.
    let spots = |caller: usize| -> Vec<Spot> {
        if let Some(client) = system.clients.get(caller) {
            let first: u32 = system.regions[..client.region.index()].iter().map(|one| one.zones).sum();
            let zones = system.regions[client.region.index()].zones;
            let at = At::Client(caller as u32);
            return (0..client.instances)
                .map(|instance| Spot { zone: first + instance % zones, at, through: None })
                .collect();
        }
        let service = caller - system.clients.len();
        let numbers = first[service]..first[service] + system.services[service].replicas.len() as u32;
        numbers
            .map(|one| Spot { zone: replicas[one as usize].zone, at: At::Replica(one), through: None })
            .collect()
    };
    let through = |number: usize, spots: Vec<Spot>| -> Vec<Spot> {
        spots.into_iter().zip(0..).map(|(spot, decider)| spot.through(number, decider)).collect()
    };
    let of = |number: usize| -> Vec<Spot> {
        let called = edges.iter().filter(|edge| usize::from(edge.service) == number);
        let ServicePlan { deciders, fronts, .. } = &services[number];
        let zones_of_replicas = || {
            let numbers = first[number]..first[number] + system.services[number].replicas.len() as u32;
            numbers.map(|one| replicas[one as usize].zone)
        };
        let in_turn = |mut zones: Vec<u32>| {
            zones.sort_unstable();
            zones.dedup();
            (0..*deciders as usize).map(move |decider| {
                let zone = zones[decider % zones.len()];
                Spot { zone, at: At::Balancer, through: None }
            })
        };
        if system.services[number].balancing.deciders == Deciders::Caller {
            let nowhere =
                Spot { zone: replicas[first[number] as usize].zone, at: At::Balancer, through: None };
            let mut all = vec![nowhere; *deciders as usize];
            for edge in called {
                for (spot, decider) in spots(usize::from(edge.caller)).into_iter().zip(edge.decider_base..) {
                    all[decider as usize] = spot;
                }
            }
            return through(number, all.repeat(1 + fronts.regions.len()));
        }
        let mut zones: Vec<u32> = system.services[number].balancing.place.iter().map(|zone| zone.0).collect();
        if zones.is_empty() {
            zones.extend(called.flat_map(|edge| spots(usize::from(edge.caller))).map(|spot| spot.zone));
        }
        if zones.is_empty() {
            zones.extend(zones_of_replicas());
        }
        let in_front = |region: &u32| {
            let is_there = |zone: &u32| system.region_of(ZoneId(*zone)) as u32 == *region;
            let placed: Vec<u32> = zones.iter().copied().filter(is_there).collect();
            in_turn(if placed.is_empty() { zones_of_replicas().filter(is_there).collect() } else { placed })
        };
        let fronts: Vec<Spot> = fronts.regions.iter().flat_map(in_front).collect();
        through(number, in_turn(zones.clone()).chain(fronts).collect())
    };
    let looks = |number: usize| {
        let needs = system.services[number].balancing.policy.needs();
        system.services[number].health_check.is_some() || needs.reports.is_some() || needs.probes
    };
    (0..system.services.len()).map(|number| if looks(number) { of(number) } else { Vec::new() }).collect()
}
