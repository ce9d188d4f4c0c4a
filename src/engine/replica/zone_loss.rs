//! Fleets that start nobody where a fault of the place is known.

use crate::engine::listener::Listener;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::model::fleet::Life;
use crate::model::scaling::OnZoneLoss;

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
        for (number, service) in plan.system.services.iter().enumerate() {
            let goes =
                |scaling: &crate::model::scaling::Autoscaling| scaling.on_zone_loss == OnZoneLoss::Elsewhere;
            if !service.autoscaling.as_ref().is_some_and(goes) {
                continue;
            }
            let is_struck = |zone: u32| {
                place.zone == Some(zone) || place.region == Some(plan.zone_regions[zone as usize])
            };
            for r in self.fleet.turn_zones_of(number, is_struck, closes) {
                self.retire_seat(cx, r);
            }
            let parts = self.fleet.seats.fleets[number].as_ref().map_or(0, |fleet| fleet.parts.len());
            (0..parts).for_each(|part| self.fit(cx, (number, part)));
        }
    }
}

impl Fleet {
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
