//! Health checks: what deciders believe of replicas follows what their checks find.
//!
//! While a replica works, answers every check well and is believed up, a check changes nothing, so none is planned;
//! they go on, in their rhythm, when anything about the replica changes.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::knowledge::Knowledge;
use crate::engine::knowledge::check::Check;
use crate::engine::knowledge::setup::has_views;
use crate::engine::listener::{Listener, Message, Note};
use crate::engine::network::{Direction, Fate};
use crate::engine::plan::spot::Spot;
use crate::engine::plan::{NONE, Plan};
use crate::engine::random::named;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Draw, Purpose, Streams, draw, mix};
use crate::model::balancing::Ended;
use crate::model::fault::{Arriving, FaultKind, Signal};
use crate::model::fleet::Life;
use crate::model::monitoring::{Found, HealthCheck, Sees, Start, Through};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// A check: at which replica, from where, and what names its draws.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Looking {
    pub(in crate::engine) replica: u32,
    pub(in crate::engine) from: Spot,
    pub(in crate::engine) key: u64,
}

impl Fleet {
    /// Where a check comes from, and where it goes.
    fn check_spots(&self, plan: &Plan, check: &Check) -> [Spot; 2] {
        let from = self.balancer_spot(plan, usize::from(check.service), check.view as usize);
        [from, self.replica_spot(check.replica)]
    }
}

impl Knowledge {
    /// What a decider believes of a replica now that one of its checkers has changed its mind.
    fn verdict(&self, settings: &HealthCheck, place: u32, finds_up: bool) -> bool {
        let check = &self.checks[place as usize];
        if check.finds_up.is_none() {
            return finds_up;
        }
        let places = self.check_places[check.replica as usize].iter().map(|one| &self.checks[*one as usize]);
        settings
            .is_up(places.filter(|one| one.view == check.view && one.finds_up == Some(true)).count() as u32)
    }
}

impl State {
    /// Plans the first checks.
    pub(in crate::engine) fn start_checks<L: Listener>(&mut self, cx: &mut Cx<'_, L>, streams: Streams) {
        let plan = cx.plan;
        for (number, service) in plan.system.services.iter().enumerate() {
            let Some(settings) = &service.health_check else { continue };
            for view in 0..self.knowledge.views[number].views.len() as u32 {
                let replicas = 0..service.replicas.len() as u32;
                // Who shares a view with all others looks for all of them.
                let replicas = replicas
                    .filter(|local| !has_views(plan, number) || plan.is_in_reach(number, view, *local));
                for (local, checker) in
                    replicas.flat_map(|one| (0..settings.checkers).map(move |two| (one, two)))
                {
                    let replica = plan.services[number].first + local;
                    let key = streams.key(Purpose::CheckPhase, named(&service.name));
                    let key = mix(mix(key, u64::from(view)), u64::from(local));
                    let key = if checker == 0 { key } else { mix(key, u64::from(checker)) };
                    let share: f64 = draw(key, Purpose::CheckPhase).random();
                    let place = self.knowledge.checks.len() as u32;
                    self.knowledge.check_places[replica as usize].push(place);
                    self.knowledge.checks.push(Check {
                        service: number as u16,
                        view,
                        replica,
                        next: (share * settings.interval.as_nanos() as f64) as u64,
                        finds_up: (settings.checkers > 1).then_some(settings.start == Start::Healthy),
                        is_first: settings.start == Start::Checking,
                        ..Check::new(key)
                    });
                    self.plan_check(cx, place, 0);
                }
            }
        }
    }

    /// Something about a replica changed: its checks matter.
    pub(in crate::engine) fn wake_checks<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        self.wake_monitors(cx, r);
        self.wake_liveness(cx, r);
        self.wake_names(cx, r);
        let number = self.fleet.replicas[r as usize].service as usize;
        if plan.system.services[number].health_check.is_none() {
            return;
        }
        for place in self.knowledge.check_places[r as usize].clone() {
            self.plan_check(cx, place, now);
        }
    }

    /// Plans the next check in its rhythm at or after `from`, unless it would change nothing or is planned.
    pub(in crate::engine) fn plan_check<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, from: u64) {
        let plan = cx.plan;
        let check = &self.knowledge.checks[place as usize];
        if check.is_awake || !self.is_made(plan, check) || self.is_calm(plan, check) {
            return;
        }
        let Some(settings) = health_check(plan, check) else { return };
        let check = &mut self.knowledge.checks[place as usize];
        check.skip_to(settings, from);
        check.is_awake = true;
        let at = SimTime::from_nanos(check.next);
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Check(place));
    }

    /// Whether there is somebody who checks, and a replica that he knows of.
    fn is_made(&self, plan: &Plan, check: &Check) -> bool {
        let own = &plan.services[check.service as usize];
        let stands = own.stands.get(check.view as usize).copied().filter(|r| *r != NONE);
        let is_there = stands.is_none_or(|r| matches!(self.fleet.seats.life(r), Life::Up | Life::Draining));
        let view = &self.knowledge.views[check.service as usize].views[check.view as usize];
        // Those who stand by are looked at too.
        is_there && (view.has_joined(check.replica - own.first) || self.fleet.member(check.replica).is_some())
    }

    /// The checks of a replica begin anew, those of all deciders or of one.
    pub(in crate::engine) fn renew_checks<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        r: u32,
        view: Option<u32>,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        for place in self.knowledge.check_places.get(r as usize).cloned().unwrap_or_default() {
            let check = &mut self.knowledge.checks[place as usize];
            let settings = plan.system.services[check.service as usize].health_check.as_ref();
            if let Some(settings) = settings.filter(|_| view.is_none_or(|view| view == check.view)) {
                check.finds_up = check.finds_up.map(|_| settings.start == Start::Healthy);
                check.is_first = settings.start == Start::Checking;
                (check.failures, check.successes, check.failed_attempts) = (0, 0, 0);
                check.is_void = true;
                self.plan_check(cx, place, now);
            }
        }
    }

    /// Whether the checker of a replica takes it for up: alone, it is what the decider believes.
    fn takes_for_up(&self, check: &Check) -> bool {
        let local = check.replica - self.fleet.services[check.service as usize].first;
        let view = &self.knowledge.views[check.service as usize].views[check.view as usize];
        check.finds_up.unwrap_or_else(|| view.believes(local))
    }

    /// Whether a check would succeed and change nothing.
    fn is_calm(&self, plan: &Plan, check: &Check) -> bool {
        let Some(settings) = health_check(plan, check) else { return true };
        let number = check.service as usize;
        let local = check.replica - plan.services[number].first;
        let [from, _] = self.fleet.check_spots(plan, check);
        settings.through != Through::Queue
            && check.failures == 0
            && self.takes_for_up(check)
            && !self.knowledge.check_takes_back(number, check.view as usize, local)
            && self.answers_surely(plan, settings, (from, check.replica))
    }

    /// Whether a replica surely answers a check well that comes from a spot.
    pub(in crate::engine) fn answers_surely(
        &self,
        plan: &Plan,
        settings: &HealthCheck,
        (from, r): (Spot, u32),
    ) -> bool {
        let number = self.fleet.replicas[r as usize].service as usize;
        let has_errors = self.fleet.conditions[r as usize].error_share > 0.0
            || plan.system.services[number].error_ratio.get() > 0.0;
        let is_well = if settings.sees == Sees::Answer {
            self.fleet.is_sound(r) && !has_errors
        } else {
            !self.fleet.replicas[r as usize].is_crashed
        };
        let spots = [from, self.fleet.replica_spot(r)];
        is_well
            && self.gray_for(plan, r, from).next().is_none()
            && plan.is_round_trip_within(spots.map(|spot| spot.zone), settings.timeout)
            && !self.incidents.is_disturbed(plan, spots)
    }

    /// A fault of the network begins or ends: the checks whose way it touches matter.
    pub(in crate::engine) fn wake_checks_across<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let (plan, now) = (cx.plan, cx.now);
        for place in 0..self.knowledge.checks.len() as u32 {
            let check = &self.knowledge.checks[place as usize];
            if self.incidents.lies_between(plan, a, self.fleet.check_spots(plan, check)) {
                self.plan_check(cx, place, now);
            }
        }
        self.wake_record_checks(cx);
    }

    /// A check is sent.
    pub(in crate::engine) fn check<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let (plan, now) = (cx.plan, cx.now);
        if self.knowledge.checks[place as usize].next != now {
            return;
        }
        if !self.is_made(plan, &self.knowledge.checks[place as usize]) {
            self.knowledge.checks[place as usize].is_awake = false;
            return;
        }
        let check = &mut self.knowledge.checks[place as usize];
        check.sent += 1;
        check.is_void = false;
        let check = self.knowledge.checks[place as usize].clone();
        let Some(settings) = health_check(plan, &check) else { return };
        let key = mix(check.key, check.sent);
        let mut random = draw(key, Purpose::Check);
        let spots = self.fleet.check_spots(plan, &check);
        let fates = self.incidents.carry_both_ways(plan, spots, (key, &mut random));
        for fate in fates {
            self.record.tell_of_loss((Message::Check, fate), key, check.replica);
        }
        let looking = Looking { replica: check.replica, from: spots[0], key };
        let (found, after) = self.look(plan, looking, settings, (fates, &mut random));
        if let ([Fate::After(there), Fate::After(back)], Through::Queue) = (fates, settings.through)
            && self.fleet.replicas[check.replica as usize].works
            && found != Found::Nothing
        {
            return self.await_turn(cx, place, (settings.timeout, found), [there, back]);
        }
        if after.is_zero() {
            self.checked(cx, (place, found));
        } else {
            let at = SimTime::from_nanos(now) + after;
            cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Checked(place, found));
        }
    }

    /// What a check finds, and when that is known.
    pub(in crate::engine) fn look(
        &self,
        plan: &Plan,
        looking: Looking,
        settings: &HealthCheck,
        (fates, random): ([Fate; 2], &mut Draw),
    ) -> (Found, SimDuration) {
        let timeout = settings.timeout;
        let Looking { replica: r, from, key } = looking;
        let told = |direction| plan.own_delay(from.zone, key, direction).min(timeout);
        let replica = &self.fleet.replicas[r as usize];
        let condition = &self.fleet.conditions[r as usize];
        // From where it looks, others may seem dead, or err.
        let (mut gray, mut hangs, mut fine) = (None, false, 1.0);
        for a in self.gray_for(plan, r, from) {
            match &plan.fault(self.incidents.active[a].process).kind {
                FaultKind::Crash(crash) => gray = Some(crash.arriving),
                FaultKind::Hang => hangs = true,
                FaultKind::Error { share } => fine *= 1.0 - share.get(),
                _ => {}
            }
        }
        let is_empty = matches!(self.fleet.seats.life(r), Life::Absent | Life::Starting);
        let refuses = is_empty
            || gray == Some(Arriving::Refused)
            || replica.is_crashed && self.arriving(plan, r) == Arriving::Refused;
        let works = self.fleet.is_sound(r) && gray.is_none() && !hangs;
        let is_dead = replica.is_crashed || gray.is_some();
        let connects = settings.sees == Sees::Connection && !is_dead && !is_empty;
        let answers = works || refuses || connects;
        let round_trip = match fates {
            [Fate::Cut(Signal::Reset), _] => return (Found::Nothing, told(Direction::There)),
            [Fate::After(_), Fate::Cut(Signal::Reset)] if answers => {
                return (Found::Nothing, told(Direction::Back));
            }
            [Fate::After(there), Fate::After(back)] if answers => there + back,
            _ => return (Found::Nothing, timeout),
        };
        if round_trip > timeout {
            return (Found::Nothing, timeout);
        }
        if settings.sees == Sees::Connection {
            return (if connects { Found::Good } else { Found::Nothing }, round_trip);
        }
        let ratio = plan.system.services[replica.service as usize].error_ratio.get();
        let share = 1.0 - (1.0 - ratio) * (1.0 - condition.error_share) * fine;
        let found = match (works, random.random::<f64>() >= share) {
            (false, _) => Found::Nothing,
            (true, false) => Found::Error,
            (true, true) => Found::Good,
        };
        (found, round_trip)
    }

    /// What a dead replica does with what arrives: as the last crash that began says.
    pub(in crate::engine) fn arriving(&self, plan: &Plan, r: u32) -> Arriving {
        if self.fleet.lacks_part(self.fleet.replicas[r as usize].service as usize) {
            return Arriving::Ignored;
        }
        let mut crashes = self.fleet.conditions[r as usize].incidents.iter().rev();
        crashes
            .find_map(|incident| plan.fault(self.incidents.active[*incident].process).kind.crash())
            .map_or(Arriving::Refused, |crash| crash.arriving)
    }

    /// The result of a check is known.
    pub(in crate::engine) fn checked<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (place, found): (u32, Found),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(settings) = health_check(plan, &self.knowledge.checks[place as usize]).cloned() else {
            return;
        };
        let check = &self.knowledge.checks[place as usize];
        if !check.is_void && self.is_made(plan, check) {
            self.take_result(cx, (place, found, &settings));
        }
        let pause = self.pause(place, &settings);
        let check = &mut self.knowledge.checks[place as usize];
        check.is_awake = false;
        check.awaited = None;
        check.follow(&settings, pause);
        self.plan_check(cx, place, now);
    }

    /// The time from one check to the next, as things stand.
    fn pause(&self, place: u32, settings: &HealthCheck) -> SimDuration {
        let check = &self.knowledge.checks[place as usize];
        let believes = self.takes_for_up(check);
        let is_half_way = if believes { check.failures > 0 } else { check.successes > 0 };
        settings.pause(believes, is_half_way)
    }

    /// A decider hears how an attempt at a replica ended; enough failures in a row count as a failed check.
    pub(in crate::engine) fn observe_attempt<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        of: (usize, usize),
        ended: &Ended,
    ) {
        let plan = cx.plan;
        let (number, view) = (of.0, self.knowledge.deciders[of.0][of.1].view);
        let limit = plan.system.services[number].health_check.as_ref().and_then(|check| check.error_limit);
        let r = self.fleet.services[number].first + ended.replica;
        let mut places = self.knowledge.check_places[r as usize].iter();
        let place = places.find(|one| self.knowledge.checks[**one as usize].view == view);
        let (Some(limit), Some(place)) = (limit, place.copied()) else { return };
        let fails =
            !matches!(ended.failure, None | Some(Reason::ClientError | Reason::Throttled | Reason::Conflict));
        let check = &mut self.knowledge.checks[place as usize];
        check.failed_attempts = if fails { check.failed_attempts + 1 } else { 0 };
        if check.failed_attempts == limit {
            check.failed_attempts = 0;
            cx.clock.calendar.plan_rare(ended.now, Rank::Check, Rare::Observed(place));
        }
    }

    /// Failed attempts count as a failed check; where there is a faster rhythm, the next check keeps to it.
    pub(in crate::engine) fn observed<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(settings) = health_check(plan, &self.knowledge.checks[place as usize]).cloned() else {
            return;
        };
        self.take_result(cx, (place, Found::Nothing, &settings));
        let pause = self.pause(place, &settings);
        let check = &mut self.knowledge.checks[place as usize];
        let is_under_way = check.is_awake && check.next <= now;
        if settings.fast_interval.is_some() && !is_under_way {
            check.next = now;
            check.follow(&settings, pause);
            // One that was planned for later finds that it was overtaken.
            check.is_awake = false;
        }
        self.plan_check(cx, place, now);
    }

    /// What a check found is counted, and may change what is believed.
    fn take_result<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (place, found, settings): (u32, Found, &HealthCheck),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let check = &self.knowledge.checks[place as usize];
        let (number, view, r) = (check.service as usize, check.view as usize, check.replica);
        let local = r - plan.services[number].first;
        let believes = self.takes_for_up(check);
        let succeeds = found == Found::Good;
        let check = &mut self.knowledge.checks[place as usize];
        let changes = check.note(settings, found, believes);
        if changes {
            check.finds_up = check.finds_up.map(|_| succeeds);
            let is_up = self.knowledge.verdict(settings, place, succeeds);
            let is_new = self.knowledge.views[number].mark(
                plan,
                (number, &self.fleet.seats.zones),
                view,
                (local, is_up, now),
            );
            self.fleet.services[number].only = self.knowledge.views[number].only();
            if L::LISTENS && is_new {
                let (service, decider) = (number as u32, view as u32);
                let note = Note::ReplicaMarked { service, decider, replica: r, is_up };
                cx.listener.note(SimTime::from_nanos(now), note);
            }
        }
        if succeeds {
            self.watch_checked(cx, (number, view), local);
        }
        // A decider that already believes a replica down needs no new mark to see that it still is.
        if !succeeds && !self.knowledge.views[number].views[view].believes(local) {
            let spots = self.fleet.check_spots(plan, &self.knowledge.checks[place as usize]);
            self.found_by_check(cx, (r, spots), settings.through);
        }
    }
}

fn health_check<'p>(plan: &'p Plan, check: &Check) -> Option<&'p HealthCheck> {
    plan.system.services[check.service as usize].health_check.as_ref()
}
