//! Controllers say how many replicas there should be; the fleet takes seats and gives them up until there are.

use std::cmp::Ordering;

use crate::engine::event::Rare;
use crate::engine::listener::{Listener, Note};
use crate::engine::record::number::Numbers;
use crate::engine::replica::Fleet;
use crate::engine::replica::controller::{Counted, Sums};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::scaling::{Autoscaling, Protect, ScaleView};
use crate::units::{SimDuration, SimTime};

impl Fleet {
    /// Plans the first decision about each part of a fleet that changes.
    pub(in crate::engine) fn start_fleets<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for number in 0..self.seats.fleets.len() {
            let parts = self.seats.fleets[number].as_ref().map_or(0, |fleet| fleet.parts.len());
            (0..parts).for_each(|part| self.plan_decision(cx, (number, part)));
            let up = self.services[number].up;
            if let Some(fleet) = &mut self.seats.fleets[number] {
                fleet.parts.iter_mut().for_each(|part| part.controllers.begin(up));
            }
            self.change_path(cx, number);
        }
    }

    /// Plans the next look of the controllers of a part, in place of one that was planned for later.
    pub(in crate::engine) fn plan_decision<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, part): (usize, usize),
    ) {
        let Some(fleet) = &mut self.seats.fleets[number] else { return };
        let own = &mut fleet.parts[part];
        let lacks = own.members() < own.desired;
        let controllers = &mut own.controllers;
        let due = if controllers.is_awaited {
            SimTime::from_nanos(cx.now)
        } else {
            controllers.next(cx.now, lacks)
        };
        if let Some((planned, handle)) = controllers.planned.take() {
            if planned <= due {
                controllers.planned = Some((planned, handle));
                return;
            }
            if let Some(handle) = handle {
                cx.clock.calendar.cancel(handle);
            }
        }
        let rare = Rare::Decide(number as u32, part as u32);
        let handle = cx.clock.calendar.plan_rare(due, Rank::Decide, rare);
        controllers.planned = Some((due, handle));
    }

    /// Work waits at a service, and no replica has room for it: where nobody is there or to come, controllers that want to
    /// know of it look at once.
    pub(in crate::engine) fn wake_controllers<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let Some(Some(fleet)) = self.seats.fleets.get_mut(number) else { return };
        // What was decided and is not there yet starts by itself.
        if fleet.parts.iter().any(|part| part.members() > 0 || part.desired > 0) {
            return;
        }
        for part in 0..fleet.parts.len() {
            let Some(Some(fleet)) = self.seats.fleets.get_mut(number) else { return };
            let controllers = &mut fleet.parts[part].controllers;
            if controllers.wakes() && !controllers.is_awaited {
                controllers.is_awaited = true;
                self.plan_decision(cx, (number, part));
            }
        }
    }

    /// There should be so many replicas in a part of a fleet from now on.
    pub(in crate::engine) fn change_desired<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, part): (usize, usize),
        desired: u32,
    ) {
        let now = cx.now;
        let Some(fleet) = &mut self.seats.fleets[number] else { return };
        let own = &mut fleet.parts[part];
        let before = std::mem::replace(&mut own.desired, desired);
        if before == desired {
            return;
        }
        let gauge = &mut fleet.metrics.desired;
        gauge.raise(u64::from(desired.saturating_sub(before)), now);
        gauge.lower(u64::from(before.saturating_sub(desired)), now);
        let is_reversal = own.note_turn(now, desired > before);
        fleet.metrics.decisions += u64::from(cx.clock.is_measuring);
        fleet.metrics.oscillations += u64::from(cx.clock.is_measuring && is_reversal);
        if L::LISTENS {
            let region = own.region();
            let note = Note::DesiredChanged { service: number as u32, region, desired };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
    }

    /// Whether a replica has no work, in a slot or waiting for one.
    pub(in crate::engine) fn is_idle(&self, r: u32) -> bool {
        let replica = &self.replicas[r as usize];
        replica.inside.is_empty() && replica.queue.waiting == 0
    }

    /// Whether a replica began to serve, or does so again, less than so long ago.
    fn is_fresh(&self, r: u32, fresh: SimDuration, now: u64) -> bool {
        let ready = self.seats.all[r as usize].ready;
        ready.is_some_and(|ready| ready.saturating_add(fresh.as_nanos()) > now)
    }

    /// Whose work counts for a controller to which a replica is fresh for so long, and which replicas.
    fn counted(&self, (number, part): (usize, usize), fresh: SimDuration, now: u64) -> [Counted; 2] {
        let own = &self.services[number];
        let seats = own.first..own.first + own.load.len() as u32;
        let Some(fleet) = &self.seats.fleets[number] else {
            return [Counted::Work(Vec::new()), Counted::Replicas(Vec::new())];
        };
        let of_part = seats.filter(|r| fleet.part_of(self.seats.zones[*r as usize]) == part);
        let settled = fleet.parts[part].serving().filter(|r| !self.is_fresh(*r, fresh, now));
        let local = |r: u32| r - own.first;
        [Counted::Work(of_part.map(local).collect()), Counted::Replicas(settled.map(local).collect())]
    }

    /// A part of a fleet as a controller sees it to which a replica is fresh for so long.
    fn look_at(
        &self,
        (number, part): (usize, usize),
        (scaling, fresh): (&Autoscaling, SimDuration),
        now: u64,
    ) -> ScaleView<'static> {
        let settled = ScaleView::settled(0, &[]);
        let Some(fleet) = &self.seats.fleets[number] else { return settled };
        let own = &fleet.parts[part];
        let (mut up, mut young) = (0, 0);
        for r in own.serving() {
            if self.replicas[r as usize].works {
                up += 1;
                young += u32::from(self.is_fresh(r, fresh, now));
            }
        }
        let starting = own.members() - own.serving().count() as u32;
        ScaleView {
            now: SimTime::from_nanos(now),
            desired: own.desired,
            starting,
            up,
            fresh: young,
            struck: own.members() - starting - up,
            is_awaited: own.members() == 0 && self.services[number].queue.waiting > 0,
            min: scaling.min,
            max: scaling.max,
            ..settled
        }
    }
}

impl State {
    /// The time has come for which the controllers of a service in a region wait: they say how many replicas there should
    /// be, or what they will read is noted.
    pub(in crate::engine) fn decide_size<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, part): (u32, u32),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let place = (number as usize, part as usize);
        let Some(scaling) = plan.system.services[place.0].scaling() else { return };
        let is_function = self.fleet.services[place.0].is_function;
        let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
        let mut controllers = std::mem::take(&mut fleet.parts[place.1].controllers);
        controllers.planned = None;
        controllers.note(now, || {
            let seats = if is_function { Vec::new() } else { self.fleet.read_seats(place.0, now) };
            Sums::new(self.numbers_to_scale(place.0, now), seats)
        });
        // An instance that has crashed is gone, and another starts.
        if !is_function && controllers.replace(SimTime::from_nanos(now)) {
            self.replace_crashed(cx, place, scaling.health_grace);
        }
        let look = |fresh| {
            if is_function {
                self.fleet.look_at_provisioned(place, (scaling, fresh), now)
            } else {
                self.fleet.look_at(place, (scaling, fresh), now)
            }
        };
        let counted = |fresh| {
            if is_function {
                [Counted::Work(Vec::new()), Counted::Replicas(Vec::new())]
            } else {
                self.fleet.counted(place, fresh, now)
            }
        };
        let said = controllers.decide(now, look, counted);
        let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
        fleet.parts[place.1].controllers = controllers;
        if let Some(said) = said {
            self.fleet.change_desired(cx, place, said.clamp(scaling.min, scaling.max));
            self.fleet.change_path(cx, place.0);
        }
        if is_function {
            self.provision(cx, place);
            return self.fleet.plan_decision(cx, place);
        }
        self.fit(cx, place);
        let is_lacking = self.fleet.seats.lacks_room(place);
        let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
        let own = &fleet.parts[place.1];
        let is_held = is_lacking || !own.controllers.may_start(now);
        if said.is_some() && is_held && cx.clock.is_measuring {
            fleet.metrics.starts_refused += u64::from(own.desired.saturating_sub(own.members()));
        }
        self.fleet.plan_decision(cx, place);
    }

    /// The sums that the controllers of a service read: of a function those of its provisioned instances.
    fn numbers_to_scale(&self, number: usize, now: u64) -> Numbers {
        let numbers = self.numbers(number, now);
        let provisioned = self.record.provisioned_numbers(number, now);
        provisioned.map_or(numbers, |[busy, available]| Numbers { busy, available, ..numbers })
    }

    /// Gives up replicas that have crashed and were ready for longer than the grace.
    fn replace_crashed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, part): (usize, usize),
        grace: SimDuration,
    ) {
        let now = cx.now;
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let is_over = |r: &u32| {
            let ready = self.fleet.seats.all[*r as usize].ready;
            self.fleet.replicas[*r as usize].is_crashed
                && ready.is_none_or(|ready| ready.saturating_add(grace.as_nanos()) <= now)
        };
        let crashed: Vec<u32> = fleet.parts[part].serving().filter(is_over).collect();
        for r in crashed {
            self.retire_seat(cx, r);
        }
    }

    /// Takes seats in a part of a fleet, or gives them up, until there are as many replicas as there should be.
    pub(in crate::engine) fn fit<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: (usize, usize)) {
        let plan = cx.plan;
        let Some(scaling) = &plan.system.services[place.0].autoscaling else { return };
        if self.fleet.exchange(place).is_some() {
            return self.fleet.plan_roll(cx, place);
        }
        let has_surplus = loop {
            let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
            let part = &mut fleet.parts[place.1];
            match part.members().cmp(&part.desired) {
                Ordering::Equal => break false,
                Ordering::Less => {
                    if !part.controllers.may_start(cx.now) {
                        self.fleet.plan_decision(cx, place);
                        break false;
                    }
                    // Where those who drain have all seats, or no host has room, it is waited for one who goes.
                    let Some((r, zone)) = self.fleet.seats.take_seat(plan, place, cx.now) else {
                        break false;
                    };
                    let Some(fleet) = &mut self.fleet.seats.fleets[place.0] else { return };
                    fleet.parts[place.1].controllers.note_start(cx.now);
                    let current = fleet.current;
                    self.start_seat(cx, (place.0, r, zone), current);
                }
                Ordering::Greater => {
                    let may_leave = |r: u32| scaling.protect == Protect::None || self.fleet.is_idle(r);
                    let Some(fleet) = &self.fleet.seats.fleets[place.0] else { return };
                    let Some(r) = fleet.parts[place.1].seat_to_leave(scaling, may_leave) else { break true };
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
