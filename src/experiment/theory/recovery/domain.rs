//! A service whose replicas, zones and regions fail independently: nested failure domains.

use std::collections::BTreeMap;

use super::{memory, repair, settling, time_to_failure, young};
use crate::analysis::oracle::Given;
use crate::experiment::theory::flow::faults;
use crate::experiment::theory::{Model, Part, Theory, number};
use crate::measure::metric::ScopeKind;
use crate::model::fault::{Fault, FaultKind};
use crate::model::fleet::Replica;
use crate::model::system::System;
use crate::units::ServiceId;

/// What a service is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Replica(usize),
    Zone(u32),
    Region(usize),
}

/// A part that fails and is repaired: mean times \[s\].
#[derive(Debug, Clone, Copy, PartialEq)]
struct Means {
    up: f64,
    down: f64,
}

impl Means {
    /// What never fails.
    const NEVER: Self = Self { up: 1.0, down: 0.0 };

    /// Something that is up while both are, which fail independently of each other.
    fn and(self, other: Self) -> Self {
        if self.down <= 0.0 {
            return other;
        }
        let [one, two] = [self, other].map(|part| part.down / (part.up + part.down));
        let unavailability = one + two - one * two;
        let up = 1.0 / (1.0 / self.up + 1.0 / other.up);
        Self { up, down: up * unavailability / (1.0 - unavailability) }
    }

    fn is_like(self, other: Self) -> bool {
        let close = |one: f64, two: f64| (one - two).abs() <= 1e-12 * one.abs().max(two.abs());
        close(self.up, other.up) && close(self.down, other.down)
    }
}

/// The availability of a service whose replicas, zones and regions have faults of their own.
pub(super) fn service(system: &System, id: ServiceId, measured: f64) -> Option<Theory> {
    let service = &system.services[id.index()];
    let places: Vec<(u32, usize)> = service.replicas.iter().map(|one| place(system, one)).collect();
    let mut parts: BTreeMap<Level, Means> = BTreeMap::new();
    let (mut relaxation, mut long_run) = (Some(0.0_f64), None);
    for name in faults(system, id) {
        let fault = system.faults.iter().find(|fault| fault.name == name)?;
        match &fault.kind {
            // What only some meet takes nobody down.
            _ if fault.is_gray() => continue,
            FaultKind::Crash(_) => {}
            // A replica that is slow, errs now and then or cannot be reached is up.
            FaultKind::Slow { .. }
            | FaultKind::Corrupt { .. }
            | FaultKind::Throttle { .. }
            | FaultKind::CacheLoss { .. }
            | FaultKind::Partition { .. }
            | FaultKind::Network { .. } => continue,
            FaultKind::Poison { .. }
            | FaultKind::Leak { .. }
            | FaultKind::Hang
            | FaultKind::DataLoss { .. }
            | FaultKind::Error { .. }
            | FaultKind::Capacity { .. } => return None,
        }
        let up = time_to_failure(system, fault)?;
        let repair = repair(system, fault).filter(|repair| repair.crew.is_none())?;
        let means = Means { up: up.mean(), down: repair.mean()? };
        for level in levels(system, id, fault, &places)? {
            let part = parts.entry(level).or_insert(Means::NEVER);
            *part = part.and(means);
        }
        long_run = long_run.or_else(|| young(fault, means.up + means.down, measured));
        let own = memory(fault, up, &repair).map(|times| times * settling(means.up, means.down));
        relaxation = relaxation.zip(own).map(|(one, other)| one.max(other));
    }
    if parts.is_empty() {
        return None;
    }
    let (label, part) = question(service.quorum, &places, &parts)?;
    let model = Model::whole(label, part, Vec::new());
    let theory = model.solve(&format!("service.{}", service.name), ScopeKind::Service)?;
    Some(Theory { relaxation, long_run, ..theory })
}

/// Zone and region of a replica.
fn place(system: &System, replica: &Replica) -> (u32, usize) {
    (replica.zone.0, system.region_of(replica.zone))
}

/// Which parts of the service the units of a fault are; `None` where one is something else.
fn levels(system: &System, id: ServiceId, fault: &Fault, places: &[(u32, usize)]) -> Option<Vec<Level>> {
    let first = system.first_replica(id).index();
    let mut levels = Vec::new();
    for unit in &fault.units {
        let mut members: Vec<usize> = unit.replicas.iter().map(|replica| replica.index()).collect();
        members.retain(|replica| (first..first + places.len()).contains(replica));
        for replica in &mut members {
            *replica -= first;
        }
        members.sort_unstable();
        let Some(&member) = members.first() else { continue };
        let (zone, region) = places[member];
        let all = |is_in: &dyn Fn(&(u32, usize)) -> bool| {
            let inside = places.iter().enumerate().filter(|(_, place)| is_in(place));
            inside.map(|(replica, _)| replica).eq(members.iter().copied())
        };
        levels.push(if members.len() == 1 {
            Level::Replica(member)
        } else if all(&|place| place.0 == zone) {
            Level::Zone(zone)
        } else if all(&|place| place.1 == region) {
            Level::Region(region)
        } else {
            return None;
        });
    }
    Some(levels)
}

/// One of the means.
type Get = fn(&Means) -> f64;

/// The formula and what it is asked; `None` where replicas of one zone differ.
fn question(quorum: u32, places: &[(u32, usize)], parts: &BTreeMap<Level, Means>) -> Option<(String, Part)> {
    let of = |level: Level| parts.get(&level).copied().unwrap_or(Means::NEVER);
    // Zones are numbered region by region.
    let mut zones: BTreeMap<u32, (usize, u32, Means)> = BTreeMap::new();
    for (replica, (zone, region)) in places.iter().enumerate() {
        let own = of(Level::Replica(replica));
        let (_, count, means) = zones.entry(*zone).or_insert((*region, 0, own));
        *count += 1;
        if !means.is_like(own) {
            return None;
        }
    }
    let mut regions: BTreeMap<usize, u32> = BTreeMap::new();
    for (region, ..) in zones.values() {
        *regions.entry(*region).or_default() += 1;
    }
    let list = |values: Vec<f64>| Given::Numbers(values);
    let replica = |get: Get| list(zones.values().map(|(.., means)| get(means)).collect());
    let zone = |get: Get| list(zones.keys().map(|zone| get(&of(Level::Zone(*zone)))).collect());
    let region = |get: Get| list(regions.keys().map(|one| get(&of(Level::Region(*one)))).collect());
    let (up, down): (Get, Get) = (|means| means.up, |means| means.down);
    let arguments = [
        ("k", number(f64::from(quorum))),
        ("replicas", list(zones.values().map(|(_, count, _)| f64::from(*count)).collect())),
        ("replica_up", replica(up)),
        ("replica_down", replica(down)),
        ("zone_up", zone(up)),
        ("zone_down", zone(down)),
        ("zones", list(regions.values().map(|count| f64::from(*count)).collect())),
        ("region_up", region(up)),
        ("region_down", region(down)),
    ];
    let several = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut label =
        format!("{quorum} of {} in {}", several(places.len(), "replica"), several(zones.len(), "zone"));
    if regions.len() > 1 {
        label = format!("{label} of {}", several(regions.len(), "region"));
    }
    Some((label, Part::new("failure-domains", &arguments)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_independent_causes_are_one_that_comes_as_often_and_leaves_as_much() {
        let (one, two) = (Means { up: 90.0, down: 10.0 }, Means { up: 40.0, down: 10.0 });
        let both = one.and(two);
        assert!((both.up / (both.up + both.down) - 0.9 * 0.8).abs() < 1e-12);
        // Failures per time: 0.72 (1 / 90 + 1 / 40).
        let rate = 0.72 * (1.0 / 90.0 + 1.0 / 40.0);
        assert!((1.0 / (both.up + both.down) / rate - 1.0).abs() < 1e-12);
        assert_eq!(Means::NEVER.and(one), one);
    }
}
