//! The life of a replica in a fleet that changes: it starts, serves, drains and goes.

use crate::engine::event::Rare;
use crate::engine::observer::{Note, Probe};
use crate::engine::plan::Plan;
use crate::engine::replica::condition::Condition;
use crate::engine::world::World;
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::balancing::FleetChange;
use crate::model::fault::{Arriving, Crash, InService, Signal, Waiting};
use crate::model::fleet::Life;
use crate::units::{SimDuration, SimTime};

/// What becomes of the work of a replica that goes.
const GONE: Crash = Crash {
    in_service: InService::Lost,
    waiting: Waiting::Lost,
    arriving: Arriving::Refused,
    signal: Signal::Reset,
};

impl World {
    /// A replica begins to start in an empty seat, in this zone.
    pub(in crate::engine) fn start_seat<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        (number, r, zone): (usize, u32, u32),
        now: u64,
    ) {
        let at = SimTime::from_nanos(now);
        self.fleet.seats.zones[r as usize] = zone;
        let seat = &mut self.fleet.seats.all[r as usize];
        (seat.since, seat.boots) = (now, 0);
        if let Some(since) = seat.empty.take() {
            seat.absence.add(false, since, at, plan.span.transient, plan.span.horizon);
        }
        self.fleet.seats.turn((number, r, zone), Life::Starting, now);
        if let Some(fleet) = &mut self.fleet.seats.fleets[number] {
            fleet.book.starts += u64::from(self.clock.is_measuring);
        }
        if P::LISTENS {
            probe.note(at, Note::SeatChanged { replica: r, life: Life::Starting });
        }
        self.fleet.renew_replica(plan, r);
        self.begin_processes(plan, r, at);
        self.meet_incidents(plan, r);
        self.change_replica(plan, probe, r, now, None);
        if !self.fleet.replicas[r as usize].is_crashed {
            self.begin_boot(plan, probe, r, now);
        }
    }

    /// A replica that starts begins to boot, for the first time or again after a crash.
    pub(in crate::engine) fn begin_boot<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        let number = self.fleet.replicas[r as usize].service as usize;
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let seat = &mut self.fleet.seats.all[r as usize];
        let local = r - plan.services[number].first;
        let key = mix(mix(fleet.key, u64::from(local)), u64::from(seat.generation));
        let key = mix(key, u64::from(seat.boots));
        seat.boots += 1;
        let wait = plan.system.services[number].start.sample(&mut draw(key, Purpose::Start));
        if wait.is_zero() {
            return self.seat_ready(plan, probe, r, now);
        }
        let at = SimTime::from_nanos(now) + wait;
        seat.timer = self.clock.calendar.plan_rare(at, Rank::Repair, Rare::Seat(r));
    }

    /// A crash ends the boot of a replica.
    pub(in crate::engine) fn end_boot(&mut self, r: u32) {
        if let Some(handle) = self.fleet.seats.all[r as usize].timer.take() {
            self.clock.calendar.cancel(handle);
        }
    }

    /// What was planned for a seat has come: its boot is over, or the time that it may drain.
    pub(in crate::engine) fn seat_due<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        self.fleet.seats.all[r as usize].timer = None;
        match self.fleet.seats.life(r) {
            Life::Starting => self.seat_ready(plan, probe, r, now),
            Life::Draining => self.empty_seat(plan, probe, r, now),
            Life::Absent | Life::Up => {}
        }
    }

    /// A replica has started: it serves, unless a fault keeps it from that, and deciders will hear of it.
    fn seat_ready<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        self.fleet.seats.turn((number, r, self.fleet.seats.zones[r as usize]), Life::Up, now);
        let took = now - self.fleet.seats.all[r as usize].since;
        if let Some(fleet) = self.fleet.seats.fleets[number].as_mut().filter(|_| self.clock.is_measuring) {
            fleet.book.start.record(took);
        }
        if P::LISTENS {
            probe.note(at, Note::SeatChanged { replica: r, life: Life::Up });
        }
        // Its time begins here: a boot is no outage.
        let part = &mut self.record.parts.replicas[r as usize];
        (part.since, part.is_up) = (at, true);
        if plan.system.services[number].ramp_up.is_some() {
            self.restart_ramp(r, Some(now));
        }
        self.change_replica(plan, probe, r, now, None);
        if !self.fleet.replicas[r as usize].works {
            self.record.parts.replicas[r as usize].is_up = false;
        }
        self.count_caller(plan, r, true);
        self.begin_deciders(plan, r, now);
        self.announce(plan, (r, true), now);
    }

    /// A replica is to go: one that serves drains first. Whoever asks goes on to fit the fleet.
    pub(in crate::engine) fn retire_seat<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        if self.fleet.seats.life(r) != Life::Up || self.fleet.replicas[r as usize].is_crashed {
            return self.give_up_seat(plan, probe, r, now);
        }
        let number = self.fleet.replicas[r as usize].service as usize;
        self.leave_service(plan, r, now);
        self.fleet.seats.turn((number, r, self.fleet.seats.zones[r as usize]), Life::Draining, now);
        if P::LISTENS {
            let note = Note::SeatChanged { replica: r, life: Life::Draining };
            probe.note(SimTime::from_nanos(now), note);
        }
        // Only the handlers of single attempts notice when it has nothing left.
        self.fleet.odd[number] += 1;
        self.note_odd(number);
        if self.is_idle(r) {
            return self.give_up_seat(plan, probe, r, now);
        }
        if let Some(drain) = plan.system.services[number].drain {
            let at = SimTime::from_nanos(now) + drain;
            let handle = self.clock.calendar.plan_rare(at, Rank::Timer, Rare::Seat(r));
            self.fleet.seats.all[r as usize].timer = handle;
        }
    }

    /// A replica takes nothing new from now on, and its service counts without it.
    fn leave_service(&mut self, plan: &Plan, r: u32, now: u64) {
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        let replica = &mut self.fleet.replicas[r as usize];
        if std::mem::take(&mut replica.takes) {
            self.fleet.services[number].book.replicas_up.down(now);
            self.note_free(number, r);
            self.count_up(plan, number, false, now, None);
        }
        // Its time ends here: to leave is no outage.
        self.record.parts.replicas[r as usize].end(at, plan);
        self.count_caller(plan, r, false);
        self.announce(plan, (r, false), now);
    }

    /// An attempt left a replica that may be waited for to have nothing to do.
    pub(in crate::engine) fn note_left(&mut self, number: usize, r: u32, now: u64) {
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let is_awaited = match self.fleet.seats.life(r) {
            Life::Draining => true,
            Life::Up => fleet.parts.iter().any(|part| part.has_surplus),
            Life::Absent | Life::Starting => false,
        };
        if is_awaited {
            self.clock.calendar.plan_rare(SimTime::from_nanos(now), Rank::Completion, Rare::Idle(r));
        }
    }

    /// A replica may have nothing to do any more.
    pub(in crate::engine) fn seat_idle<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        if !self.is_idle(r) {
            return;
        }
        let number = self.fleet.replicas[r as usize].service as usize;
        match self.fleet.seats.life(r) {
            Life::Draining => self.empty_seat(plan, probe, r, now),
            Life::Up => self.fit_around(plan, probe, (number, r), now),
            Life::Absent | Life::Starting => {}
        }
    }

    fn fit_around<P: Probe>(&mut self, plan: &Plan, probe: &mut P, (number, r): (usize, u32), now: u64) {
        let zone = self.fleet.seats.zones[r as usize];
        if let Some(part) = self.fleet.seats.fleets[number].as_ref().map(|fleet| fleet.part_of(zone)) {
            self.fit(plan, probe, (number, part), now);
        }
    }

    /// A replica is gone; another may have waited for its seat.
    pub(in crate::engine) fn empty_seat<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        self.give_up_seat(plan, probe, r, now);
        let number = self.fleet.replicas[r as usize].service as usize;
        self.fit_around(plan, probe, (number, r), now);
    }

    /// A replica is gone, and with it whatever it had and whatever was wrong with it.
    fn give_up_seat<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        self.end_boot(r);
        let life = self.fleet.seats.life(r);
        if life == Life::Up {
            self.leave_service(plan, r, now);
        }
        if self.fleet.replicas[r as usize].works {
            self.halt(r, now);
        }
        self.crash(plan, probe, r, GONE, now);
        self.fleet.seats.turn((number, r, self.fleet.seats.zones[r as usize]), Life::Absent, now);
        let seat = &mut self.fleet.seats.all[r as usize];
        seat.generation += 1;
        seat.empty = Some(at);
        if let Some(fleet) = &mut self.fleet.seats.fleets[number] {
            fleet.book.leaves += u64::from(self.clock.is_measuring);
        }
        if P::LISTENS {
            probe.note(at, Note::SeatChanged { replica: r, life: Life::Absent });
        }
        self.restart_ramp(r, None);
        let left = std::mem::take(&mut self.fleet.conditions[r as usize]);
        let replica = &mut self.fleet.replicas[r as usize];
        let had_owed = std::mem::take(&mut replica.owed) > 0;
        replica.is_crashed = false;
        let is_draining = life == Life::Draining;
        self.fleet.odd[number] -= u32::from(left.is_odd()) + u32::from(had_owed) + u32::from(is_draining);
        self.note_odd(number);
        self.end_incidents_of(plan, probe, left, now);
        self.end_processes(plan, r);
        if life != Life::Starting {
            self.end_deciders(plan, r, now);
        }
    }

    /// What struck nobody but a replica that is gone is over.
    fn end_incidents_of<P: Probe>(&mut self, plan: &Plan, probe: &mut P, left: Condition, now: u64) {
        for a in left.incidents {
            if plan.own_replica(self.incidents.active[a].process).is_some() {
                self.abandon_recovery(plan, probe, a, now);
                self.end_incident(plan, probe, a, now);
            }
        }
    }

    /// Deciders of a service will hear that a replica has joined, or is leaving.
    fn announce(&mut self, plan: &Plan, (r, joins): (u32, bool), now: u64) {
        let number = self.fleet.replicas[r as usize].service as usize;
        let law = &plan.system.services[number].balancing.discovery;
        if law.as_constant().is_some_and(SimDuration::is_zero) {
            return self.hear_of_seat(plan, (r, joins), now);
        }
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let seat = &mut self.fleet.seats.all[r as usize];
        let local = r - plan.services[number].first;
        let change = u64::from(seat.generation) << 1 | u64::from(joins);
        let key = mix(mix(fleet.key, u64::from(local)), change);
        let wait = law.sample(&mut draw(key, Purpose::Discovery));
        seat.told = seat.told.max(now.saturating_add(wait.as_nanos()));
        let at = SimTime::from_nanos(seat.told);
        self.clock.calendar.plan_rare(at, Rank::Check, Rare::Heard(r, joins));
    }

    /// Deciders of a service hear that a replica has joined, or is leaving.
    pub(in crate::engine) fn hear_of_seat(&mut self, plan: &Plan, (r, joins): (u32, bool), now: u64) {
        let number = self.fleet.replicas[r as usize].service as usize;
        let local = r - plan.services[number].first;
        let Some(fleet) = &mut self.fleet.seats.fleets[number] else { return };
        fleet.known = if joins { fleet.known + 1 } else { fleet.known - 1 };
        let change = FleetChange { replica: local, joins, present: fleet.known };
        let views = &mut self.knowledge.views[number];
        let out = views.views.iter().filter(|view| view.has_ejected(local)).count();
        self.fleet.services[number].book.ejected.lower(out as u64, now);
        let works = self.fleet.replicas[r as usize].works;
        views.join(plan, (number, &self.fleet.seats.zones), (local, joins), (works, now));
        self.fleet.services[number].only = self.knowledge.views[number].only();
        self.knowledge.deciders[number].iter_mut().for_each(|decider| decider.change(&change));
        if joins {
            self.renew_checks(plan, r, None, now);
        }
    }
}
