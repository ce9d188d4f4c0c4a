//! Which places faults strike as a whole.

use super::Process;
use crate::model::system::System;

/// A zone or region, if it is one, or in which zone a rack or host is.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Place {
    pub(in crate::engine) zone: Option<u32>,
    pub(in crate::engine) region: Option<u32>,
    /// Whether it is only a part of the zone.
    pub(in crate::engine) is_inner: bool,
}

/// The zone or region that carries a name.
fn place_called(system: &System, name: &str) -> Place {
    // Most units are replicas, and there may be a million of them.
    let is_inner = name.starts_with("rack.") || name.starts_with("host.");
    if !is_inner && !name.starts_with("zone.") && !name.starts_with("region.") {
        return Place::default();
    }
    let mut parts = name.split('.');
    let zone = format!("zone.{}.{}", parts.nth(1).unwrap_or_default(), parts.next().unwrap_or_default());
    let name = if is_inner { &zone } else { name };
    let region = system.regions.iter().position(|region| format!("region.{}", region.name) == name);
    let mut zones = system
        .regions
        .iter()
        .flat_map(|region| (1..=region.zones).map(move |number| format!("zone.{}.{number}", region.name)));
    Place {
        zone: zones.position(|zone| zone == name).map(|zone| zone as u32),
        region: region.map(|region| region as u32),
        is_inner,
    }
}

/// The zone or region that each process strikes as a whole.
pub(super) fn places(system: &System, processes: &[Process]) -> Vec<Place> {
    let unit = |one: &Process| &system.faults[one.fault as usize].units[one.unit as usize];
    processes.iter().map(|one| place_called(system, &unit(one).name)).collect()
}
