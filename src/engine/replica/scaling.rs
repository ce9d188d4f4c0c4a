//! Controllers say how many replicas there should be; the fleet takes seats and gives them up until there are.

use std::cmp::Ordering;

use crate::engine::event::Rare;
use crate::engine::observer::Probe;
use crate::engine::plan::Plan;
use crate::engine::world::World;
use crate::kernel::calendar::Rank;
use crate::model::scaling::{Looking, Protect};
use crate::units::SimTime;

impl World {
    /// Plans the first decision about each part of a fleet that changes.
    pub(in crate::engine) fn start_fleets(&mut self) {
        for number in 0..self.fleet.seats.fleets.len() {
            let parts = self.fleet.seats.fleets[number].as_ref().map_or(0, |fleet| fleet.parts.len());
            (0..parts).for_each(|part| self.plan_decision((number, part)));
        }
    }

    fn plan_decision(&mut self, (number, part): (usize, usize)) {
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let due = fleet.parts[part].scaler.due();
        self.clock.calendar.plan_rare(due, Rank::Decide, Rare::Decide(number as u32, part as u32));
    }

    /// A controller says how many replicas of a service there should be in a region.
    pub(in crate::engine) fn decide_size<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        (number, part): (u32, u32),
        now: u64,
    ) {
        let place = (number as usize, part as usize);
        let Some(scaling) = &plan.system.services[place.0].autoscaling else { return };
        let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
        let own = &mut fleet.parts[place.1];
        let looking = Looking { now: SimTime::from_nanos(now), desired: own.desired };
        let desired = own.scaler.decide(&looking).clamp(scaling.min, scaling.max);
        let before = std::mem::replace(&mut own.desired, desired);
        let gauge = &mut fleet.book.desired;
        gauge.raise(u64::from(desired.saturating_sub(before)), now);
        gauge.lower(u64::from(before.saturating_sub(desired)), now);
        self.fit(plan, probe, place, now);
        self.plan_decision(place);
    }

    /// Takes seats in a part of a fleet, or gives them up, until there are as many replicas as there should be.
    pub(in crate::engine) fn fit<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        place: (usize, usize),
        now: u64,
    ) {
        let Some(scaling) = &plan.system.services[place.0].autoscaling else { return };
        let has_surplus = loop {
            let Some(fleet) = &self.fleet.seats.fleets[place.0] else { return };
            let part = &fleet.parts[place.1];
            match part.members().cmp(&part.desired) {
                Ordering::Equal => break false,
                Ordering::Less => {
                    // Where those who drain have all seats, it is waited for one of them.
                    let Some((r, zone)) = part.seat_to_take() else { break false };
                    self.start_seat(plan, probe, (place.0, r, zone), now);
                }
                Ordering::Greater => {
                    let may_leave = |r: u32| scaling.protect == Protect::None || self.is_idle(r);
                    let Some(r) = part.seat_to_leave(scaling, may_leave) else { break true };
                    self.retire_seat(plan, probe, r, now);
                }
            }
        };
        let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
        let had_surplus = std::mem::replace(&mut fleet.parts[place.1].has_surplus, has_surplus);
        // While it is waited for one to have nothing to do, work is looked at one by one.
        self.fleet.odd[place.0] = self.fleet.odd[place.0] + u32::from(has_surplus) - u32::from(had_surplus);
        self.note_odd(place.0);
    }

    /// Whether a replica has no work, in a slot or waiting for one.
    pub(in crate::engine) fn is_idle(&self, r: u32) -> bool {
        let replica = &self.fleet.replicas[r as usize];
        replica.inside.is_empty() && replica.queue.waiting == 0
    }
}
