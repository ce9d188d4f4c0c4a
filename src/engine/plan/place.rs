//! Which places faults strike as a whole.

use super::{Plan, Process, ReplicaPlan};
use crate::model::fault::Fault;
use crate::model::system::System;

/// A zone or region, if it is one, or in which zone a rack or host is.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Place {
    pub(in crate::engine) zone: Option<u32>,
    pub(in crate::engine) region: Option<u32>,
    /// Whether it is only a part of the zone.
    pub(in crate::engine) is_inner: bool,
    /// The hosts of a size that it is then, from the first up to but without the last.
    pub(in crate::engine) hosts: Option<(u32, u32)>,
}

/// The zone or region that carries a name.
fn place_called(system: &System, name: &str) -> Place {
    // Most units are replicas, and there may be a million of them.
    let is_inner = name.starts_with("rack.") || name.starts_with("host.");
    if !is_inner && !name.starts_with("zone.") && !name.starts_with("region.") {
        return Place::default();
    }
    let mut parts = name.split('.');
    let inner: Vec<u32> = name.split('.').skip(3).filter_map(|number| number.parse().ok()).collect();
    let zone = format!("zone.{}.{}", parts.nth(1).unwrap_or_default(), parts.next().unwrap_or_default());
    let name = if is_inner { &zone } else { name };
    let region = system.regions.iter().position(|region| format!("region.{}", region.name) == name);
    let mut zones = system
        .regions
        .iter()
        .flat_map(|region| (1..=region.zones).map(move |number| format!("zone.{}.{number}", region.name)));
    let zone = zones.position(|zone| zone == name).map(|zone| zone as u32);
    Place {
        zone,
        region: region.map(|region| region as u32),
        is_inner,
        hosts: hosts_in(system, zone, &inner),
    }
}

/// The hosts of a rack, or one of them, where hosts have a size: numbers are from 1.
fn hosts_in(system: &System, zone: Option<u32>, inner: &[u32]) -> Option<(u32, u32)> {
    let (mut zones_before, mut hosts_before) = (0, 0);
    for region in &system.regions {
        let in_zone = region.host.map_or(0, |_| region.racks * region.hosts);
        let place = zone?.checked_sub(zones_before).filter(|place| *place < region.zones);
        let Some(place) = place else {
            (zones_before, hosts_before) =
                (zones_before + region.zones, hosts_before + region.zones * in_zone);
            continue;
        };
        region.host?;
        let rack = hosts_before + place * in_zone + inner.first()?.checked_sub(1)? * region.hosts;
        return Some(match inner.get(1) {
            Some(host) => (rack + host - 1, rack + host),
            None => (rack, rack + region.hosts),
        });
    }
    None
}

/// The services of the replicas that each fault strikes, rising.
pub(super) fn struck(system: &System, replicas: &[ReplicaPlan]) -> Vec<Vec<u16>> {
    let services = |fault: &Fault| {
        let all = fault.units.iter().flat_map(|unit| &unit.replicas);
        let mut services: Vec<u16> = Vec::new();
        for service in all.map(|replica| replicas[replica.index()].service) {
            // Replicas of one service mostly stand together.
            if services.last() != Some(&service) {
                services.push(service);
            }
        }
        services.sort_unstable();
        services.dedup();
        services
    };
    system.faults.iter().map(services).collect()
}

impl Plan {
    /// Whether a fault strikes replicas of a service.
    pub(in crate::engine) fn strikes_service(&self, fault: u32, service: u32) -> bool {
        let services = &self.struck[fault as usize];
        u16::try_from(service).is_ok_and(|service| services.binary_search(&service).is_ok())
    }
}

/// The zone or region that each process strikes as a whole.
pub(super) fn places(system: &System, processes: &[Process]) -> Vec<Place> {
    let unit = |one: &Process| &system.faults[one.fault as usize].units[one.unit as usize];
    processes.iter().map(|one| place_called(system, &unit(one).name)).collect()
}
