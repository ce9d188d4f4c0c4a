//! Checkers of records: what they look at, and when what they find is known.
//!
//! As with checks of replicas, none is planned while it would only find that all is well.

use crate::engine::event::Rare;
use crate::engine::knowledge::check::Check;
use crate::engine::knowledge::health_check::Looking;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::plan::spot::{At, Spot};
use crate::engine::random::named;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, Streams, draw, mix};
use crate::model::dns::{Dns, RecordCheck};
use crate::model::fleet::Life;
use crate::model::fleet::standby::Role;
use crate::model::monitoring::{Found, Start};
use crate::units::SimTime;
use rand::RngExt;

/// The checks of one record by one checker.
#[derive(Debug, Clone)]
pub(in crate::engine) struct RecordChecker {
    name: u32,
    record: u8,
    /// Where it stands.
    spot: Spot,
    /// Its rhythm, and what it has found of late.
    check: Check,
    finds_sound: bool,
}

impl RecordChecker {
    fn settings<'p>(&self, plan: &'p Plan) -> Option<(&'p Dns, &'p RecordCheck)> {
        let dns = &plan.system.dns[self.name as usize];
        Some((dns, dns.check.as_ref()?))
    }
}

/// The checkers of all names that are called.
pub(in crate::engine) fn checkers(plan: &Plan, streams: Streams) -> Vec<RecordChecker> {
    let mut all = Vec::new();
    for (number, dns) in (0..).zip(&plan.system.dns) {
        let is_called = plan.dns.leading(dns.service.index()).contains(&number);
        let Some(RecordCheck { settings, places }) = dns.check.as_ref().filter(|_| is_called) else {
            continue;
        };
        for (record, (checker, zone)) in
            (0..dns.records.len()).flat_map(|record| places.iter().enumerate().map(move |one| (record, one)))
        {
            let key = mix(streams.key(Purpose::RecordCheck, named(&dns.name)), record as u64);
            let key = mix(key, checker as u64);
            let share: f64 = draw(key, Purpose::RecordCheck).random();
            let check = Check {
                next: (share * settings.interval.as_nanos() as f64) as u64,
                is_first: settings.start == Start::Checking,
                ..Check::new(key)
            };
            let spot = Spot { zone: zone.0, at: At::Balancer, through: None };
            let finds_sound = settings.start == Start::Healthy;
            all.push(RecordChecker { name: number, record: record as u8, spot, check, finds_sound });
        }
    }
    all
}

impl Fleet {
    /// The replicas to which a record leads that serve, or would if no fault kept them from it.
    fn behind_record<'s>(
        &'s self,
        plan: &'s Plan,
        dns: &'s Dns,
        record: u8,
    ) -> impl Iterator<Item = u32> + 's {
        let region = dns.records[usize::from(record)].region.0;
        let own = &plan.services[dns.service.index()];
        let all = own.first..own.first + own.speed.len() as u32;
        all.filter(move |r| {
            let zone = self.seats.zones[*r as usize];
            let serves = self.member(*r).is_none_or(|member| member.role == Role::Active);
            plan.zone_regions[zone as usize] == region && self.seats.life(*r) == Life::Up && serves
        })
    }

    /// Whether enough replicas work to which a record leads, or a function could start an instance in its region.
    fn is_record_sound(&self, plan: &Plan, dns: &Dns, record: u8) -> bool {
        let service = dns.service.index();
        if plan.system.services[service].function.is_some() {
            return self.has_zone_in(plan, service, dns.records[usize::from(record)].region.0);
        }
        let working = self.behind_record(plan, dns, record).filter(|r| self.replicas[*r as usize].works);
        working.take(dns.healthy_min as usize).count() == dns.healthy_min as usize
    }
}

impl State {
    /// Finds what is not sound at the begin, and plans the first looks at records where there is anything to be found.
    pub(in crate::engine) fn start_record_checks<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let plan = cx.plan;
        for name in 0..self.knowledge.names.len() as u32 {
            for record in 0..plan.system.dns[name as usize].records.len() as u8 {
                let works = self.fleet.is_record_sound(plan, &plan.system.dns[name as usize], record);
                self.knowledge.names[name as usize].note_works(record, works);
                if !self.is_found_sound(plan, (name, record)) {
                    self.knowledge.names[name as usize].begin_without(record);
                }
            }
        }
        for place in 0..self.knowledge.record_checkers.len() as u32 {
            self.plan_record_check(cx, place, 0);
        }
    }

    /// Whether a record is sound by what is known now: by the votes of its checkers, or as it is where there are none.
    fn is_found_sound(&self, plan: &Plan, (name, record): (u32, u8)) -> bool {
        let dns = &plan.system.dns[name as usize];
        let Some(check) = &dns.check else { return self.fleet.is_record_sound(plan, dns, record) };
        let own = |one: &&RecordChecker| one.name == name && one.record == record && one.finds_sound;
        check.settings.is_up(self.knowledge.record_checkers.iter().filter(own).count() as u32)
    }

    /// Something about a replica changed: the records that lead to it matter.
    pub(in crate::engine) fn wake_names<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let names = plan.dns.leading(self.fleet.replicas[r as usize].service as usize);
        if names.is_empty() {
            return;
        }
        let region = plan.zone_regions[self.fleet.seats.zones[r as usize] as usize];
        for name in names {
            let dns = &plan.system.dns[*name as usize];
            for (record, _) in (0..).zip(&dns.records).filter(|(_, record)| record.region.0 == region) {
                let works = self.fleet.is_record_sound(plan, dns, record);
                self.knowledge.names[*name as usize].note_works(record, works);
                if dns.check.is_none() {
                    self.judge_record(cx, (*name, record));
                }
            }
        }
        for place in 0..self.knowledge.record_checkers.len() as u32 {
            let RecordChecker { name, record, .. } = self.knowledge.record_checkers[place as usize];
            let leads = plan.system.dns[name as usize].records[usize::from(record)].region.0 == region;
            if leads && names.contains(&name) {
                self.plan_record_check(cx, place, now);
            }
        }
    }

    /// A fault of the network begins or ends.
    pub(in crate::engine) fn wake_record_checks<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for place in 0..self.knowledge.record_checkers.len() as u32 {
            self.plan_record_check(cx, place, cx.now);
        }
    }

    /// What is now known of a record decides whether it is found sound; name servers will hear where that changed.
    fn judge_record<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (name, record): (u32, u8)) {
        let plan = cx.plan;
        let dns = &plan.system.dns[name as usize];
        let is_sound = self.is_found_sound(plan, (name, record));
        let is_measuring = cx.clock.is_measuring;
        let state = &mut self.knowledge.names[name as usize];
        if state.found.contains(record) != is_sound {
            state.find(dns, (record, is_sound), (cx.now, is_measuring));
            if L::LISTENS {
                let note = Note::RecordMarked { name, record: u32::from(record), is_sound };
                cx.listener.note(SimTime::from_nanos(cx.now), note);
            }
        }
    }

    /// Plans the next look of a checker at or after `from`, unless it would change nothing or is planned.
    fn plan_record_check<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, from: u64) {
        let plan = cx.plan;
        let checker = &self.knowledge.record_checkers[place as usize];
        let Some((dns, looks)) = checker.settings(plan) else { return };
        if checker.check.is_awake || self.is_record_calm(plan, checker, (dns, looks)) {
            return;
        }
        let check = &mut self.knowledge.record_checkers[place as usize].check;
        check.skip_to(&looks.settings, from);
        check.is_awake = true;
        let at = SimTime::from_nanos(check.next);
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::RecordCheck(place));
    }

    /// Whether a look would find enough replicas that answer, and change nothing.
    fn is_record_calm(
        &self,
        plan: &Plan,
        checker: &RecordChecker,
        (dns, looks): (&Dns, &RecordCheck),
    ) -> bool {
        if !checker.finds_sound || checker.check.failures > 0 {
            return false;
        }
        let needed = dns.healthy_min as usize;
        let sure = self
            .fleet
            .behind_record(plan, dns, checker.record)
            .filter(|r| self.answers_surely(plan, &looks.settings, (checker.spot, *r)));
        sure.take(needed).count() == needed
    }

    /// A checker looks at a record.
    pub(in crate::engine) fn check_record<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let checker = &mut self.knowledge.record_checkers[place as usize];
        checker.check.sent += 1;
        let checker = &self.knowledge.record_checkers[place as usize];
        let Some((dns, looks)) = checker.settings(plan) else { return };
        let mut good = Vec::new();
        let (mut worst, mut last) = (Found::Nothing, None);
        for r in self.fleet.behind_record(plan, dns, checker.record) {
            let key = mix(
                mix(checker.check.key, checker.check.sent),
                u64::from(r - plan.services[dns.service.index()].first),
            );
            let mut random = draw(key, Purpose::RecordCheck);
            let spots = [checker.spot, self.fleet.replica_spot(r)];
            let fates = self.incidents.carry_both_ways(plan, spots, (key, &mut random));
            let looking = Looking { replica: r, from: checker.spot, key };
            let (found, after) = self.look(plan, looking, &looks.settings, (fates, &mut random));
            if found == Found::Good {
                good.push(after);
            } else if found == Found::Error {
                worst = Found::Error;
            }
            last = last.max(Some(after));
        }
        good.sort_unstable();
        // As soon as enough have answered it is good; it is bad when the last that might have has not.
        let (found, after) = match good.get(dns.healthy_min as usize - 1) {
            Some(after) => (Found::Good, *after),
            None => (worst, last.unwrap_or(looks.settings.timeout)),
        };
        let at = SimTime::from_nanos(now) + after;
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::RecordChecked(place, found));
    }

    /// What a checker has found is known.
    pub(in crate::engine) fn record_checked<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (place, found): (u32, Found),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let checker = &mut self.knowledge.record_checkers[place as usize];
        let Some((_, looks)) = checker.settings(plan) else { return };
        let settings = &looks.settings;
        let changes = checker.check.note(settings, found, checker.finds_sound);
        checker.finds_sound ^= changes;
        let is_half_way =
            if checker.finds_sound { checker.check.failures } else { checker.check.successes } > 0;
        let pause = settings.pause(checker.finds_sound, is_half_way);
        checker.check.is_awake = false;
        checker.check.follow(settings, pause);
        let of = (checker.name, checker.record);
        if changes {
            self.judge_record(cx, of);
        }
        self.plan_record_check(cx, place, now);
    }
}
