//! Replicas that stand too close together.

use super::Checker;
use crate::model::fault::Unit;
use crate::model::fleet::Service;
use crate::model::system::System;
use crate::units::ZoneId;

impl Checker<'_> {
    /// Reports services that survive the loss of a replica, and not that of a zone in which too many of them stand.
    pub(super) fn one_zone(&mut self, system: &System) {
        for service in &system.services {
            let has_replicas =
                service.function.is_none() && service.gateway.is_none() && service.events.is_none();
            if !has_replicas || service.present <= service.quorum {
                continue;
            }
            let placed = Placed { system, service };
            let (place, lost, help) = match (placed.crowded_zone(), placed.struck()) {
                (_, Some((fault, unit))) => {
                    let help = format!(
                        "the fault \"{fault}\" takes them away together: spread over more zones or regions, or lower \"quorum\""
                    );
                    (unit.name.clone(), placed.within(unit), help)
                }
                (Some((zone, count)), None) => {
                    let help = "give the region more zones, add replicas, or lower \"quorum\"";
                    (placed.name(zone), count, help.to_owned())
                }
                (None, None) => continue,
            };
            let message = format!(
                "{lost} of {} replicas of \"{}\" stand in {place}, and without them there are fewer than the {} that it needs",
                service.present, service.name, service.quorum
            );
            self.warning(&["service", &service.name], message, &help);
        }
    }
}

/// A service, and where its replicas stand at the start.
struct Placed<'s> {
    system: &'s System,
    service: &'s Service,
}

impl<'s> Placed<'s> {
    /// Whether too few are left when so many are gone.
    fn is_lost_without(&self, gone: u32) -> bool {
        gone > 1 && self.service.present - gone < self.service.quorum
    }

    fn zones(&self) -> impl Iterator<Item = ZoneId> {
        self.service.replicas[..self.service.present as usize].iter().map(|one| one.zone)
    }

    /// The first zone of several in its region that holds too many replicas.
    fn crowded_zone(&self) -> Option<(ZoneId, u32)> {
        let count = |zone: ZoneId| self.zones().filter(|other| *other == zone).count() as u32;
        let has_others = |zone: ZoneId| self.system.regions[self.system.region_of(zone)].zones > 1;
        let crowded = self.zones().filter(|zone| has_others(*zone) && self.is_lost_without(count(*zone)));
        crowded.min_by_key(|zone| zone.0).map(|zone| (zone, count(zone)))
    }

    /// The first fault that takes too many away as one zone or region, and which.
    fn struck(&self) -> Option<(&'s str, &'s Unit)> {
        let faults = self.system.faults.iter().filter(|fault| fault.takes_down());
        let mut units =
            faults.flat_map(|fault| fault.units.iter().map(move |unit| (fault.name.as_str(), unit)));
        units.find(|(_, unit)| self.is_lost_without(self.within(unit)))
    }

    /// How many of its replicas stand in a unit that is a zone or a region. A fleet that changes has seats in all zones, of
    /// which few are taken.
    fn within(&self, unit: &Unit) -> u32 {
        let is_within = |zone: ZoneId| match unit.name.split_once('.') {
            Some(("zone", _)) => unit.name == self.name(zone),
            Some(("region", region)) => self.system.regions[self.system.region_of(zone)].name == region,
            _ => false,
        };
        self.zones().filter(|zone| is_within(*zone)).count() as u32
    }

    /// How a scenario names a zone.
    fn name(&self, zone: ZoneId) -> String {
        let region = self.system.region_of(zone);
        let before: u32 = self.system.regions[..region].iter().map(|one| one.zones).sum();
        format!("zone.{}.{}", self.system.regions[region].name, zone.0 - before + 1)
    }
}
