//! The life of a replica in a fleet that changes: it starts, serves, drains and goes.

use crate::engine::event::Rare;
use crate::engine::listener::{Listener, Note};
use crate::engine::replica::Fleet;
use crate::engine::replica::boot::Boot;
use crate::engine::replica::condition::Condition;
use crate::engine::replica::rollout::Release;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::balancing::FleetChange;
use crate::model::fault::{Arriving, Crash, InService, Signal, Waiting};
use crate::model::fleet::Life;
use crate::model::fleet::standby::Role;
use crate::units::{SimDuration, SimTime};

/// What becomes of the work of a replica that goes.
const GONE: Crash = Crash {
    in_service: InService::Lost,
    waiting: Waiting::Lost,
    arriving: Arriving::Refused,
    signal: Signal::Reset,
};

impl Fleet {
    /// An attempt left a replica that may be waited for to have nothing to do.
    pub(in crate::engine) fn note_left<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, r: u32) {
        let now = cx.now;
        let Some(fleet) = &self.seats.fleets[number] else {
            if self.member(r).is_some_and(|member| member.role == Role::Leaving) {
                cx.clock.calendar.plan_rare(SimTime::from_nanos(now), Rank::Completion, Rare::Idle(r));
            }
            return;
        };
        let is_awaited = match self.seats.life(r) {
            Life::Draining => true,
            Life::Up => fleet.parts.iter().any(|part| part.has_surplus),
            Life::Absent | Life::Starting => false,
        };
        if is_awaited {
            cx.clock.calendar.plan_rare(SimTime::from_nanos(now), Rank::Completion, Rare::Idle(r));
        }
    }
}

impl Fleet {
    /// Tells of another part of a replica's life.
    #[inline(never)]
    fn tell_life<L: Listener>(&self, cx: &mut Cx<'_, L>, (number, r): (usize, u32), life: Life) {
        let version = cx.plan.versions.number(&cx.plan.system, (number, self.version_at(number, r)));
        cx.listener.note(SimTime::from_nanos(cx.now), Note::SeatChanged { replica: r, life, version });
    }
}

impl State {
    /// A replica begins to start in an empty seat, in this zone.
    pub(in crate::engine) fn start_seat<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, r, zone): (usize, u32, u32),
        release: Release,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let at = SimTime::from_nanos(now);
        self.fleet.seats.zones[r as usize] = zone;
        let seat = &mut self.fleet.seats.all[r as usize];
        (seat.since, seat.boots, seat.boot, seat.release) = (now, 0, Boot::default(), release);
        if let Some(since) = seat.empty.take() {
            seat.absence.add(false, since, at, plan.span.transient, plan.span.horizon);
        }
        self.fleet.seats.turn((number, r, zone), Life::Starting, now);
        if let Some(fleet) = &mut self.fleet.seats.fleets[number] {
            fleet.metrics.starts += u64::from(cx.clock.is_measuring);
        }
        if L::LISTENS {
            self.fleet.tell_life(cx, (number, r), Life::Starting);
        }
        self.fleet.renew_replica(plan, r);
        self.begin_processes(cx, r, at);
        self.meet_incidents(plan, r);
        self.change_replica(cx, r, None);
        if !self.fleet.replicas[r as usize].is_crashed {
            self.begin_boot(cx, r);
        }
    }

    /// What was planned for a seat has come: its boot is over, or the time that it may drain.
    pub(in crate::engine) fn seat_due<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        self.fleet.seats.all[r as usize].timer = None;
        match self.fleet.seats.life(r) {
            Life::Starting => self.boot_over(cx, r),
            Life::Draining => self.empty_seat(cx, r),
            Life::Absent | Life::Up => {}
        }
    }

    /// A replica has started: it serves, unless a fault keeps it from that, and deciders will hear of it.
    pub(in crate::engine) fn seat_ready<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        self.fleet.seats.turn((number, r, self.fleet.seats.zones[r as usize]), Life::Up, now);
        let seat = &mut self.fleet.seats.all[r as usize];
        let took = seat.held.take().unwrap_or(now) - seat.since;
        seat.ready = Some(now);
        if let Some(fleet) = self.fleet.seats.fleets[number].as_mut().filter(|_| cx.clock.is_measuring) {
            fleet.metrics.start.record(took);
        }
        if L::LISTENS {
            self.fleet.tell_life(cx, (number, r), Life::Up);
        }
        // Its time begins here: a boot is no outage.
        let part = &mut self.record.parts.replicas[r as usize];
        (part.since, part.is_up) = (at, true);
        if plan.system.services[number].ramp_up.is_some() {
            self.fleet.restart_ramp(cx, r, Some(now));
        }
        self.fleet.begin_warmup(cx, (number, r));
        self.change_replica(cx, r, None);
        if !self.fleet.replicas[r as usize].works {
            self.record.parts.replicas[r as usize].is_up = false;
        }
        self.count_caller(plan, r, true);
        self.begin_deciders(cx, r);
        self.announce(cx, (r, true));
        if self.fleet.services[number].is_function {
            self.instance_ready(cx, number, r);
        }
        self.fleet.plan_roll_around(cx, r);
    }

    /// A replica is to go: one that serves drains first. Whoever asks goes on to fit the fleet.
    pub(in crate::engine) fn retire_seat<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        if self.fleet.seats.life(r) != Life::Up || self.fleet.replicas[r as usize].is_crashed {
            return self.give_up_seat(cx, r);
        }
        self.begin_drain(cx, r);
        self.end_drain(cx, r);
    }

    /// A replica that serves takes nothing new from now on.
    pub(in crate::engine) fn begin_drain<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let number = self.fleet.replicas[r as usize].service as usize;
        self.leave_service(cx, r);
        self.fleet.seats.turn((number, r, self.fleet.seats.zones[r as usize]), Life::Draining, cx.now);
        if L::LISTENS {
            self.fleet.tell_life(cx, (number, r), Life::Draining);
        }
        self.fleet.note_load(number, r, cx.now);
        // Only the handlers of single attempts notice when it has nothing left.
        self.fleet.odd[number] += 1;
        self.fleet.note_odd(number);
    }

    /// A replica that drains goes when it has nothing left, or when it may not drain any longer.
    pub(in crate::engine) fn end_drain<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        if self.fleet.is_idle(r) {
            return self.give_up_seat(cx, r);
        }
        let number = self.fleet.replicas[r as usize].service as usize;
        if let Some(drain) = cx.plan.system.services[number].drain {
            let at = SimTime::from_nanos(cx.now) + drain;
            let handle = cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Seat(r));
            self.fleet.seats.all[r as usize].timer = handle;
        }
    }

    /// A replica that took nothing new serves again.
    pub(in crate::engine) fn return_seat<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.fleet.replicas[r as usize].service as usize;
        let seat = &mut self.fleet.seats.all[r as usize];
        (seat.is_kept, seat.ready) = (false, Some(now));
        self.fleet.seats.turn((number, r, self.fleet.seats.zones[r as usize]), Life::Up, now);
        if L::LISTENS {
            self.fleet.tell_life(cx, (number, r), Life::Up);
        }
        self.fleet.note_load(number, r, now);
        self.fleet.odd[number] -= 1;
        self.fleet.note_odd(number);
        let replica = &mut self.fleet.replicas[r as usize];
        replica.takes = replica.works;
        let works = replica.works;
        let part = &mut self.record.parts.replicas[r as usize];
        (part.since, part.is_up) = (SimTime::from_nanos(now), works);
        if works {
            self.record.services[number].replicas_up.up(now);
            self.fleet.note_free(number, r);
            self.replica_changed(cx, r, true, None);
        }
        self.count_caller(plan, r, true);
        self.announce(cx, (r, true));
        self.fill(cx, number, r);
    }

    /// A replica takes nothing new from now on, and its service counts without it.
    fn leave_service<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        let replica = &mut self.fleet.replicas[r as usize];
        if std::mem::take(&mut replica.takes) {
            self.record.services[number].replicas_up.down(now);
            self.fleet.note_free(number, r);
            self.count_up(cx, number, false, None);
        }
        // Its time ends here: to leave is no outage.
        self.record.parts.replicas[r as usize].end(at, plan);
        self.count_caller(plan, r, false);
        self.announce(cx, (r, false));
    }

    /// A replica may have nothing to do any more.
    pub(in crate::engine) fn seat_idle<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        if !self.fleet.is_idle(r) {
            return;
        }
        if self.fleet.member(r).is_some() {
            return self.spare_idle(cx, r);
        }
        let number = self.fleet.replicas[r as usize].service as usize;
        match self.fleet.seats.life(r) {
            Life::Draining if self.fleet.seats.all[r as usize].is_kept => {}
            Life::Draining => self.empty_seat(cx, r),
            Life::Up => self.fit_around(cx, (number, r)),
            Life::Absent | Life::Starting => {}
        }
    }

    fn fit_around<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, r): (usize, u32)) {
        let zone = self.fleet.seats.zones[r as usize];
        if let Some(part) = self.fleet.seats.fleets[number].as_ref().map(|fleet| fleet.part_of(zone)) {
            self.fit(cx, (number, part));
        }
    }

    /// A replica is gone; another may have waited for its seat.
    pub(in crate::engine) fn empty_seat<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        self.give_up_seat(cx, r);
        let number = self.fleet.replicas[r as usize].service as usize;
        self.fit_around(cx, (number, r));
    }

    /// A replica is gone, and with it whatever it had and whatever was wrong with it.
    pub(in crate::engine) fn give_up_seat<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let now = cx.now;
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        self.fleet.end_boot(cx, r);
        let life = self.fleet.seats.life(r);
        if life == Life::Up {
            self.leave_service(cx, r);
        }
        if self.fleet.replicas[r as usize].works {
            self.halt(cx, r);
        }
        // Who is told at once that its work is lost may send it here again before deciders hear that nobody is here: it is
        // refused as by one that has crashed, and what was wrong, and might keep work waiting, is over before.
        self.fleet.restart_ramp(cx, r, None);
        let left = std::mem::take(&mut self.fleet.conditions[r as usize]);
        self.fleet.replicas[r as usize].is_crashed = true;
        self.crash(cx, r, GONE);
        self.fleet.seats.turn((number, r, self.fleet.seats.zones[r as usize]), Life::Absent, now);
        self.fleet.leave_host(cx, (number, r));
        self.fleet.note_load(number, r, now);
        let seat = &mut self.fleet.seats.all[r as usize];
        seat.generation += 1;
        (seat.boot, seat.held, seat.is_kept) = (Boot::default(), None, false);
        seat.empty = Some(at);
        if let Some(fleet) = &mut self.fleet.seats.fleets[number] {
            fleet.metrics.leaves += u64::from(cx.clock.is_measuring);
        }
        if L::LISTENS {
            self.fleet.tell_life(cx, (number, r), Life::Absent);
        }
        let replica = &mut self.fleet.replicas[r as usize];
        let had_owed = std::mem::take(&mut replica.owed) > 0;
        replica.is_crashed = false;
        let is_draining = life == Life::Draining;
        self.fleet.odd[number] -= u32::from(left.is_odd()) + u32::from(had_owed) + u32::from(is_draining);
        self.fleet.note_odd(number);
        self.end_incidents_of(cx, (r, left));
        self.incidents.end_processes(cx, r);
        if life != Life::Starting {
            self.end_deciders(cx, r);
        }
        self.fleet.plan_roll_around(cx, r);
    }

    /// What struck nobody but a replica that is gone is over.
    fn end_incidents_of<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (r, left): (u32, Condition)) {
        let plan = cx.plan;
        let mut all = left.incidents;
        all.extend(left.gray);
        all.extend(self.incidents.away_of(plan, r));
        for a in all {
            if plan.own_replica(self.incidents.active[a].process).is_some() {
                self.abandon_recovery(cx, a);
                self.end_incident(cx, a);
            }
        }
    }

    /// Deciders of a service will hear that a replica has joined, or is leaving.
    fn announce<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (r, joins): (u32, bool)) {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.fleet.replicas[r as usize].service as usize;
        self.wake_names(cx, r);
        if self.fleet.services[number].is_function {
            // Nobody chooses among instances but the platform, which has them.
            return;
        }
        let law = &plan.system.services[number].balancing.discovery;
        if law.as_constant().is_some_and(SimDuration::is_zero) {
            return self.hear_of_seat(cx, (r, joins));
        }
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let seat = &mut self.fleet.seats.all[r as usize];
        let local = r - plan.services[number].first;
        let change = u64::from(seat.generation) << 1 | u64::from(joins);
        let key = mix(mix(fleet.key, u64::from(local)), change);
        let wait = law.sample(&mut draw(key, Purpose::Discovery));
        seat.told = seat.told.max(now.saturating_add(wait.as_nanos()));
        let at = SimTime::from_nanos(seat.told);
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Heard(r, joins));
    }

    /// Deciders of a service hear that a replica has joined, or is leaving.
    pub(in crate::engine) fn hear_of_seat<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, joins): (u32, bool),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.fleet.replicas[r as usize].service as usize;
        let local = r - plan.services[number].first;
        let Some(fleet) = &mut self.fleet.seats.fleets[number] else { return };
        fleet.known = if joins { fleet.known + 1 } else { fleet.known - 1 };
        let change = FleetChange { replica: local, joins, present: fleet.known };
        let views = &mut self.knowledge.views[number];
        let out = views.views.iter().filter(|view| view.has_ejected(local)).count();
        self.record.services[number].ejected.lower(out as u64, now);
        let works = self.fleet.replicas[r as usize].works;
        views.join(plan, (number, &self.fleet.seats.zones), (local, joins), (works, now));
        self.fleet.services[number].only = self.knowledge.views[number].only();
        self.knowledge.deciders[number].iter_mut().for_each(|decider| decider.change(&change));
        if joins {
            self.renew_checks(cx, r, None);
        }
    }
}
