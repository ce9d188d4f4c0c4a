//! Fleets that start nobody where a fault of the place is known.

use crate::engine::listener::Listener;
use crate::engine::replica::Fleet;
use crate::engine::replica::seat::RegionFleet;
use crate::engine::world::{Cx, State};
use crate::model::fleet::Life;

impl State {
    /// A fault that stops replicas of a place was found there, or is over: fleets that then go elsewhere leave out its zones,
    /// and whoever starts there starts elsewhere.
    pub(in crate::engine) fn turn_zones<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        process: u32,
        closes: bool,
    ) {
        let plan = cx.plan;
        let place = plan.places[process as usize];
        let stops = plan.fault(process).takes_down();
        if !stops || (place.zone.is_none() && place.region.is_none()) {
            return;
        }
        if let Some((hosts, own)) = place.hosts.zip(self.fleet.seats.hosts.as_mut()) {
            own.close_some(hosts, closes);
        }
        for (number, service) in plan.system.services.iter().enumerate() {
            if !service.goes_elsewhere() {
                continue;
            }
            let is_struck = |zone: u32| {
                place.zone == Some(zone) || place.region == Some(plan.zone_regions[zone as usize])
            };
            let starting = match (place.hosts, &service.on_hosts) {
                (Some(hosts), Some(_)) => self.fleet.starting_on(number, hosts, closes),
                // Who stands on no host loses nothing with one.
                (Some(_), None) => continue,
                (None, _) => self.fleet.turn_zones_of(number, is_struck, closes),
            };
            for r in starting {
                self.retire_seat(cx, r);
            }
            let parts = self.fleet.seats.fleets[number].as_ref().map_or(0, |fleet| fleet.parts.len());
            (0..parts).for_each(|part| self.fit(cx, (number, part)));
        }
    }
}

impl Fleet {
    /// Who starts on hosts that are closed now.
    fn starting_on(&self, number: usize, hosts: (u32, u32), closes: bool) -> Vec<u32> {
        let Some(fleet) = self.seats.fleets[number].as_ref().filter(|_| closes) else { return Vec::new() };
        let starting = fleet.parts.iter().flat_map(RegionFleet::starting);
        starting.filter(|r| self.seats.is_among(Some(hosts), *r)).collect()
    }

    /// Closes zones of a fleet once more, or once less; who starts in zones that are closed now.
    fn turn_zones_of(&mut self, number: usize, is_struck: impl Fn(u32) -> bool, closes: bool) -> Vec<u32> {
        let Some(fleet) = &mut self.seats.fleets[number] else { return Vec::new() };
        let mut starting = Vec::new();
        for part in &mut fleet.parts {
            starting.extend(part.turn_zones(&is_struck, closes));
        }
        debug_assert!(starting.iter().all(|r| self.seats.life(*r) == Life::Starting));
        starting
    }
}
