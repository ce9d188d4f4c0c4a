//! Controllers say how many replicas there should be; the fleet takes seats and gives them up until there are.

use std::cmp::Ordering;

use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::scaling::{Looking, Protect, Scaler};
use crate::units::SimTime;

impl Fleet {
    /// Plans the first decision about each part of a fleet that changes.
    pub(in crate::engine) fn start_fleets<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for number in 0..self.seats.fleets.len() {
            let parts = self.seats.fleets[number].as_ref().map_or(0, |fleet| fleet.parts.len());
            (0..parts).for_each(|part| self.plan_decision(cx, (number, part)));
        }
    }

    fn plan_decision<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, part): (usize, usize)) {
        let Some(fleet) = &self.seats.fleets[number] else { return };
        let Some(due) = fleet.parts[part].scaler.as_ref().map(Scaler::due) else { return };
        cx.clock.calendar.plan_rare(due, Rank::Decide, Rare::Decide(number as u32, part as u32));
    }

    /// Whether a replica has no work, in a slot or waiting for one.
    pub(in crate::engine) fn is_idle(&self, r: u32) -> bool {
        let replica = &self.replicas[r as usize];
        replica.inside.is_empty() && replica.queue.waiting == 0
    }
}

impl State {
    /// A controller says how many replicas of a service there should be in a region.
    pub(in crate::engine) fn decide_size<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, part): (u32, u32),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let place = (number as usize, part as usize);
        let Some(scaling) = &plan.system.services[place.0].autoscaling else { return };
        let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
        let own = &mut fleet.parts[place.1];
        let looking = Looking { now: SimTime::from_nanos(now), desired: own.desired };
        let Some(scaler) = &mut own.scaler else { return };
        let desired = scaler.decide(&looking).clamp(scaling.min, scaling.max);
        let before = std::mem::replace(&mut own.desired, desired);
        let gauge = &mut fleet.metrics.desired;
        gauge.raise(u64::from(desired.saturating_sub(before)), now);
        gauge.lower(u64::from(before.saturating_sub(desired)), now);
        self.fit(cx, place);
        self.fleet.plan_decision(cx, place);
    }

    /// Takes seats in a part of a fleet, or gives them up, until there are as many replicas as there should be.
    pub(in crate::engine) fn fit<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: (usize, usize)) {
        let plan = cx.plan;
        let Some(scaling) = &plan.system.services[place.0].autoscaling else { return };
        let has_surplus = loop {
            let Some(fleet) = &self.fleet.seats.fleets[place.0] else { return };
            let part = &fleet.parts[place.1];
            match part.members().cmp(&part.desired) {
                Ordering::Equal => break false,
                Ordering::Less => {
                    // Where those who drain have all seats, it is waited for one of them.
                    let Some((r, zone)) = part.seat_to_take() else { break false };
                    self.start_seat(cx, (place.0, r, zone));
                }
                Ordering::Greater => {
                    let may_leave = |r: u32| scaling.protect == Protect::None || self.fleet.is_idle(r);
                    let Some(r) = part.seat_to_leave(scaling, may_leave) else { break true };
                    self.retire_seat(cx, r);
                }
            }
        };
        let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
        let had_surplus = std::mem::replace(&mut fleet.parts[place.1].has_surplus, has_surplus);
        // While it is waited for one to have nothing to do, work is looked at one by one.
        self.fleet.odd[place.0] = self.fleet.odd[place.0] + u32::from(has_surplus) - u32::from(had_surplus);
        self.fleet.note_odd(place.0);
    }
}
