//! Spares take over: when, who, and in whose place.
//!
//! Whatever happens in one event to the replicas of a service with spares is looked at when the event is over, so that a
//! takeover without any delay is no outage.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::NONE;
use crate::engine::replica::Fleet;
use crate::engine::replica::standby::{Cause, Member, Stage, Takeover};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::measure::Culprit;
use crate::model::fleet::standby::{Failback, Role, Standby};
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// Tells the draws of the time after a start from those of the start.
const WARMUP: u64 = 1 << 63;

/// The spares of a service, as they are written.
fn settings<'p, L>(cx: &Cx<'p, L>, number: usize) -> Option<&'p Standby> {
    cx.plan.system.services[number].standby.as_deref()
}

impl Fleet {
    /// Replicas of a service with spares, by whether they serve.
    fn in_role(&self, number: usize, serves: bool) -> Vec<u32> {
        let first = self.services[number].first;
        let Some(spares) = self.standbys.of(number) else { return Vec::new() };
        let has_role = |one: &(u32, &Member)| (one.1.role == Role::Active) == serves;
        (first..).zip(&spares.members).filter(has_role).map(|(r, _)| r).collect()
    }

    /// A takeover begins; its number.
    fn begin_takeover<L: Listener>(
        &mut self,
        cx: &Cx<'_, L>,
        number: usize,
        (cause, stage): (Cause, Stage),
        (from, to, key): (u32, u32, Option<u64>),
    ) -> u32 {
        let Some(spares) = self.standbys.of(number) else { return 0 };
        let key = key.unwrap_or_else(|| mix(spares.key, u64::from(spares.count)));
        let since = cx.now;
        let (handle, is_covered) = (None, None);
        let takeover = Takeover { number: 0, cause, stage, from, to, key, since, is_covered, handle };
        self.add_takeover(number, takeover)
    }

    /// A takeover is put behind the others; its number.
    fn add_takeover(&mut self, number: usize, mut takeover: Takeover) -> u32 {
        let Some(spares) = self.standbys.of_mut(number) else { return 0 };
        let name = spares.count;
        spares.count += 1;
        takeover.number = name;
        spares.takeovers.push(takeover);
        name
    }

    fn takeover(&mut self, number: usize, name: u32) -> Option<&mut Takeover> {
        let spares = self.standbys.of_mut(number)?;
        let place = spares.place(name)?;
        Some(&mut spares.takeovers[place])
    }

    /// Nothing comes of a takeover.
    fn drop_takeover<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, name: u32) {
        let Some(spares) = self.standbys.of_mut(number) else { return };
        let Some(place) = spares.place(name) else { return };
        if let Some(handle) = spares.takeovers.remove(place).handle {
            cx.clock.calendar.cancel(handle);
        }
    }

    /// Somebody waits for a takeover to reach its next stage.
    fn stage<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, name): (usize, u32),
        (stage, wait): (Stage, SimDuration),
    ) -> bool {
        let at = SimTime::from_nanos(cx.now) + wait;
        let Some(takeover) = self.takeover(number, name) else { return false };
        takeover.stage = stage;
        if let Some(handle) = takeover.handle.take() {
            cx.clock.calendar.cancel(handle);
        }
        if wait.is_zero() {
            return true;
        }
        takeover.handle = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Takeover(number as u32, name));
        false
    }

    /// Whether two things are to happen to a replica that serves.
    fn is_taken(&self, number: usize, r: u32) -> bool {
        let spares = self.standbys.of(number);
        spares.is_some_and(|spares| spares.takeovers.iter().any(|one| one.from == r))
    }
}

impl State {
    /// A fault was found on replicas of services with spares.
    pub(in crate::engine) fn note_found<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        if self.fleet.standbys.is_empty() {
            return;
        }
        let process = cx.plan.processes[self.incidents.active[a].process as usize];
        for replica in &cx.plan.system.faults[process.fault as usize].units[process.unit as usize].replicas {
            let number = self.fleet.replicas[replica.index()].service as usize;
            if self.fleet.standbys.of(number).is_some() {
                self.fleet.standbys.note(number, None);
            }
        }
    }

    /// Whether the recovery of an incident waits for a switch away from the replica that it strikes alone.
    pub(in crate::engine) fn waits_for_switch<L: Listener>(&self, cx: &Cx<'_, L>, a: IncidentId) -> bool {
        if self.fleet.standbys.is_empty() {
            return false;
        }
        let incident = &self.incidents.active[a];
        let Some(r) = incident.only.or_else(|| cx.plan.sole_replica(incident.process)) else { return false };
        let number = self.fleet.replicas[r as usize].service as usize;
        settings(cx, number).is_some_and(|standby| standby.repair_after_switch)
            && cx.plan.fault(incident.process).takes_down()
            && self
                .fleet
                .member(r)
                .is_some_and(|member| member.role == Role::Active && !member.is_sound && !member.may_recover)
    }

    /// Looks at all services with spares of which anything changed in this event.
    #[inline(never)]
    pub(in crate::engine) fn tend_standbys<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        while let Some((number, cause)) = self.fleet.standbys.next_changed() {
            self.tend(cx, number as usize, cause);
            if !self.record.toppled.is_empty() {
                self.topple(cx);
            }
        }
    }

    fn tend<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, cause: Option<Culprit>) {
        for r in self.fleet.in_role(number, false) {
            self.spare_idle(cx, r);
        }
        self.call_off(cx, number);
        for r in self.fleet.in_role(number, true) {
            if !self.fleet.is_sound(r) && !self.fleet.is_taken(number, r) && self.is_known_down(cx, r) {
                self.fail_over(cx, number, r);
            }
        }
        self.fill_vacancies(cx, number);
        self.fail_back_mended(cx, number);
        self.count_quorum(cx, number, cause);
    }

    /// Whether a fault that stops a replica is known.
    fn is_known_down<L: Listener>(&self, cx: &Cx<'_, L>, r: u32) -> bool {
        self.fleet.conditions[r as usize].incidents.iter().any(|a| {
            let incident = &self.incidents.active[*a];
            incident.is_known() && cx.plan.fault(incident.process).takes_down()
        })
    }

    /// Calls off what has lost its reason, and looks for another spare where one on its way has failed.
    fn call_off<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let Some(spares) = self.fleet.standbys.of(number) else { return };
        for one in spares.takeovers.clone() {
            let serves =
                |r: u32| r != NONE && self.fleet.member(r).is_some_and(|member| member.role == Role::Active);
            let is_sound = |r: u32| r == NONE || self.fleet.is_sound(r);
            let lost_spare = !is_sound(one.to) || serves(one.to);
            let is_over = match one.cause {
                Cause::Failure => !serves(one.from) || self.fleet.is_sound(one.from),
                Cause::Wish | Cause::Failback => {
                    lost_spare || one.from != NONE && !(serves(one.from) && self.fleet.is_sound(one.from))
                }
            };
            if is_over {
                self.fleet.drop_takeover(cx, number, one.number);
            } else if lost_spare {
                // The switch is made: another spare starts, if there is one.
                if let Some(takeover) = self.fleet.takeover(number, one.number) {
                    takeover.to = NONE;
                }
                self.take_spare(cx, (number, one.number));
            }
        }
        let first = self.fleet.services[number].first;
        let Some(spares) = self.fleet.standbys.of(number) else { return };
        if spares.ready(first).is_none() {
            let in_vain = |one: &&Takeover| one.cause == Cause::Failure && one.stage == Stage::Switching;
            let names: Vec<u32> = spares.takeovers.iter().filter(in_vain).map(|one| one.number).collect();
            for name in names {
                self.wait_for_spare(cx, (number, name));
            }
        }
    }

    /// The failure of a replica that serves is known.
    fn fail_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, r: u32) {
        let stopping = self.fleet.conditions[r as usize].incidents.iter().find(|a| {
            let incident = &self.incidents.active[**a];
            incident.is_known() && cx.plan.fault(incident.process).takes_down()
        });
        let key = stopping.map_or(0, |a| self.incidents.active[*a].key);
        if let Some(a) = stopping.copied()
            && cx.plan.fault(self.incidents.active[a].process).is_found_by_anybody()
        {
            self.incidents.act_at_once(cx, a);
        }
        let name =
            self.fleet.begin_takeover(cx, number, (Cause::Failure, Stage::Waiting), (r, NONE, Some(key)));
        let first = self.fleet.services[number].first;
        if self.fleet.standbys.of(number).is_some_and(|spares| spares.ready(first).is_some()) {
            let coverage = settings(cx, number).map_or(1.0, |standby| standby.coverage.get());
            let luck: f64 = draw(key, Purpose::Takeover).random();
            self.begin_switch(cx, (number, name), luck < coverage);
        } else {
            self.wait_for_spare(cx, (number, name));
        }
    }

    /// A switch begins, by itself or by hand.
    fn begin_switch<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, name): (usize, u32),
        is_covered: bool,
    ) {
        let Some(standby) = settings(cx, number) else { return };
        let Some(takeover) = self.fleet.takeover(number, name) else { return };
        let is_first = takeover.is_covered.replace(is_covered).is_none();
        let law = if is_covered { &standby.switch } else { &standby.uncovered };
        let wait = law.sample(&mut draw(takeover.key, Purpose::Switch));
        let (cause, from) = (takeover.cause, takeover.from);
        if cause == Cause::Failure && is_first {
            if cx.clock.is_measuring
                && let Some(spares) = self.fleet.standbys.of_mut(number)
            {
                spares.measure.failovers += 1;
                spares.measure.uncovered += u64::from(!is_covered);
            }
            if L::LISTENS {
                let note = Note::FailoverBegan { replica: from, is_covered };
                cx.listener.note(SimTime::from_nanos(cx.now), note);
            }
        }
        if self.fleet.stage(cx, (number, name), (Stage::Switching, wait)) {
            self.take_spare(cx, (number, name));
        }
    }

    /// A takeover waits for the first spare that returns; meanwhile what failed is mended.
    fn wait_for_spare<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, name): (usize, u32)) {
        let Some(takeover) = self.fleet.takeover(number, name) else { return };
        let r = takeover.from;
        takeover.stage = Stage::Waiting;
        if let Some(handle) = takeover.handle.take() {
            cx.clock.calendar.cancel(handle);
        }
        if let Some(member) = self.fleet.member_mut(r) {
            member.may_recover = true;
        }
        self.begin_held_recoveries(cx, r);
    }

    /// The recoveries begin that waited for a switch.
    fn begin_held_recoveries<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        for a in self.fleet.conditions[r as usize].incidents.clone() {
            let incident = &mut self.incidents.active[a];
            if incident.is_live && std::mem::take(&mut incident.is_held) {
                self.begin_recovery(cx, a);
            }
        }
    }

    /// What a takeover waited for has come.
    pub(in crate::engine) fn takeover_due<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (service, name): (u32, u32),
    ) {
        let number = service as usize;
        let Some(takeover) = self.fleet.takeover(number, name) else { return };
        takeover.handle = None;
        match takeover.stage {
            Stage::Resting => self.begin_failback(cx, (number, name)),
            Stage::Waiting => {}
            Stage::Switching => self.take_spare(cx, (number, name)),
            Stage::Starting => self.finish_takeover(cx, (number, name)),
        }
        self.fleet.standbys.note(number, None);
    }

    /// The switch is over: the spare serves, or starts before that.
    fn take_spare<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, name): (usize, u32)) {
        let first = self.fleet.services[number].first;
        let Some(standby) = settings(cx, number) else { return };
        let ready = self.fleet.standbys.of(number).and_then(|spares| spares.ready(first));
        let Some(takeover) = self.fleet.takeover(number, name) else { return };
        if takeover.to == NONE {
            let Some(spare) = ready else {
                return if takeover.cause == Cause::Failure {
                    self.wait_for_spare(cx, (number, name));
                } else {
                    self.fleet.drop_takeover(cx, number, name);
                };
            };
            takeover.to = spare;
        }
        let key = mix(takeover.key, u64::from(takeover.to - first));
        let wait = standby.starting(|tries| draw(mix(key, u64::from(tries)), Purpose::Start));
        if self.fleet.stage(cx, (number, name), (Stage::Starting, wait)) {
            self.finish_takeover(cx, (number, name));
        }
    }

    /// A spare serves from now on.
    fn finish_takeover<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, name): (usize, u32)) {
        let Some(spares) = self.fleet.standbys.of_mut(number) else { return };
        let Some(place) = spares.place(name) else { return };
        let Takeover { from, to, since, cause, key, .. } = spares.takeovers.remove(place);
        if cx.clock.is_measuring && cause == Cause::Failure {
            spares.measure.switched += 1;
            spares.measure.switching += u128::from(cx.now - since);
        }
        let start = settings(cx, number).and_then(|standby| standby.start.as_ref());
        let key = mix(key, u64::from(to - self.fleet.services[number].first));
        let warmup =
            start.map_or(SimDuration::ZERO, |start| start.warm_up(&mut draw(key ^ WARMUP, Purpose::Start)));
        if let Some(member) = self.fleet.member_mut(to).filter(|_| !warmup.is_zero()) {
            member.is_cold = true;
            let turn = member.turn + 1;
            let at = SimTime::from_nanos(cx.now) + warmup;
            cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::SpareWarm(to, turn));
        }
        self.exchange_roles(cx, number, (from, to));
        self.begin_held_recoveries(cx, from);
    }

    /// The first spares that are back take over from those that failed when there was none.
    fn fill_vacancies<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let first = self.fleet.services[number].first;
        loop {
            let Some(spares) = self.fleet.standbys.of(number) else { return };
            let is_waiting = |one: &&Takeover| one.stage == Stage::Waiting;
            let Some(name) = spares.takeovers.iter().find(is_waiting).map(|one| one.number) else { return };
            if spares.ready(first).is_none() {
                return;
            }
            self.begin_switch(cx, (number, name), true);
        }
    }

    /// Those who served at the start and were mended are to serve again.
    fn fail_back_mended<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let first = self.fleet.services[number].first;
        let Some(standby) = settings(cx, number) else { return };
        let Some(spares) = self.fleet.standbys.of_mut(number) else { return };
        let mut mended = Vec::new();
        for (r, member) in (first..).zip(&mut spares.members) {
            let is_home = r - first < standby.active;
            if std::mem::take(&mut member.has_returned) && is_home && member.role != Role::Active {
                mended.push(r);
            }
        }
        let Failback::After(law) = &standby.failback else { return };
        for r in mended {
            let name =
                self.fleet.begin_takeover(cx, number, (Cause::Failback, Stage::Resting), (NONE, r, None));
            let Some(takeover) = self.fleet.takeover(number, name) else { return };
            let wait = law.sample(&mut draw(takeover.key, Purpose::Failback));
            if self.fleet.stage(cx, (number, name), (Stage::Resting, wait)) {
                self.begin_failback(cx, (number, name));
            }
        }
    }

    /// One that served at the start begins to take the place of one that did not.
    fn begin_failback<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, name): (usize, u32)) {
        let first = self.fleet.services[number].first;
        let Some(standby) = settings(cx, number) else { return };
        let mut serving = self.fleet.in_role(number, true).into_iter().rev();
        let may_go = |r: &u32| {
            *r - first >= standby.active && self.fleet.is_sound(*r) && !self.fleet.is_taken(number, *r)
        };
        let Some(from) = serving.find(may_go) else {
            return self.fleet.drop_takeover(cx, number, name);
        };
        if let Some(takeover) = self.fleet.takeover(number, name) {
            takeover.from = from;
            takeover.since = cx.now;
        }
        self.begin_switch(cx, (number, name), true);
    }

    /// Somebody wants a spare to serve in place of the replica that is worst off: one that a foreseen strike is to hit, then
    /// one that is down, then one on which most faults last, then the first. One that waits for somebody to do so does it now.
    pub(in crate::engine) fn wish_failover<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        foresees: Option<u32>,
    ) {
        let first = self.fleet.services[number].first;
        let Some(spares) = self.fleet.standbys.of(number) else { return };
        if spares.ready(first).is_none() {
            return;
        }
        let by_hand = |one: &&Takeover| one.stage == Stage::Switching && one.is_covered == Some(false);
        if let Some(name) = spares.takeovers.iter().find(by_hand).map(|one| one.number) {
            self.begin_switch(cx, (number, name), true);
            return self.fleet.standbys.note(number, None);
        }
        let how_bad = |r: &u32| (self.fleet.how_bad(cx.plan, foresees, *r), std::cmp::Reverse(*r));
        let serving = self.fleet.in_role(number, true).into_iter();
        let Some(from) = serving.filter(|r| !self.fleet.is_taken(number, *r)).max_by_key(how_bad) else {
            return;
        };
        let cause = if self.fleet.is_sound(from) { Cause::Wish } else { Cause::Failure };
        let name = self.fleet.begin_takeover(cx, number, (cause, Stage::Switching), (from, NONE, None));
        self.begin_switch(cx, (number, name), true);
        self.fleet.standbys.note(number, None);
    }

    /// Somebody wants those to serve again that served at the start, as far as they can.
    pub(in crate::engine) fn wish_failback<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let first = self.fleet.services[number].first;
        let Some(standby) = settings(cx, number) else { return };
        let mut home: Vec<u32> = (first..first + standby.active).collect();
        home.retain(|r| self.fleet.is_aside(*r));
        for r in home {
            let rests = |one: &&Takeover| one.to == r && one.stage == Stage::Resting;
            let mut takeovers =
                self.fleet.standbys.of(number).into_iter().flat_map(|spares| &spares.takeovers);
            if let Some(name) = takeovers.find(rests).map(|one| one.number) {
                self.fleet.drop_takeover(cx, number, name);
            }
            let local = (r - first) as usize;
            if self.fleet.standbys.of(number).is_some_and(|spares| spares.is_ready((local, r))) {
                let stage = (Cause::Failback, Stage::Resting);
                let name = self.fleet.begin_takeover(cx, number, stage, (NONE, r, None));
                self.begin_failback(cx, (number, name));
            }
        }
        self.fleet.standbys.note(number, None);
    }
}
