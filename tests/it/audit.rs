//! A probe that keeps books of its own while a run goes on; they must agree with what the run measures, to the
//! nanosecond.

use std::collections::{BTreeMap, BTreeSet};

use ninefold::engine::listener::{Hear, Note};
use ninefold::engine::{RunError, Simulation};
use ninefold::measure::metric::{Context, Evidence, Part, Quantity, ScopeKind, evidence};
use ninefold::measure::{FunctionMeasure, Measurements, ServiceMeasure, UpTime, VersionMeasure};
use ninefold::model::cache::CacheSkips;
use ninefold::model::cost::Tiers;
use ninefold::model::data::Writes;
use ninefold::model::fault::{FaultKind, InService, Recovers, Trigger};
use ninefold::model::fleet::standby::Role;
use ninefold::model::fleet::{Concurrency, Life, QueuePlace, Replica, Service, Slot};
use ninefold::model::queue::Discipline;
use ninefold::model::scaling::Per;
use ninefold::model::system::System;
use ninefold::reason::Reason;
use ninefold::scenario::Scenario;
use ninefold::units::{ReplicaId, SimTime};

/// What a client's requests came to, those that arrived in the measured part.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Requests {
    arrived: u64,
    good: u64,
    reasons: [u64; Reason::COUNT],
    pub(crate) under_way: u64,
    /// When each of those under way arrived, by key.
    open: BTreeMap<u64, SimTime>,
}

/// What happened at a service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    pub(crate) sent: u64,
    pub(crate) stopped: u64,
    /// By its cache, or that wait for another.
    pub(crate) answered: u64,
    pub(crate) admitted: u64,
    /// Keys of the attempts inside; a caller that starts anew sends the same keys again.
    pub(crate) inside: BTreeMap<u64, u32>,
    /// Sum of the measured times inside, up to what is still there [ns].
    time_inside: i128,
}

/// What happened to the fleet of a service, in measured time [ns].
#[derive(Debug, Clone, Copy, Default)]
struct Fleet {
    present: i128,
    starting: i128,
    draining: i128,
    starts: u64,
    leaves: u64,
    ready: u64,
    desired: i128,
    decisions: u64,
}

impl Fleet {
    /// From now on, at a measured time, one more replica is at this point of its life, or one less.
    fn count(&mut self, life: Life, more: bool, measured: i128) {
        // Who is there from 0 on counts as minus nothing.
        let change = if more { -measured } else { measured };
        self.present += if life == Life::Absent { 0 } else { change };
        self.starting += if life == Life::Starting { change } else { 0 };
        self.draining += if life == Life::Draining { change } else { 0 };
    }
}

/// The books of the probe.
pub(crate) struct Audit {
    transient: SimTime,
    horizon: SimTime,
    now: SimTime,
    pub(crate) requests: Vec<Requests>,
    pub(crate) attempts: Vec<Attempts>,
    /// Attempts that callers wait for.
    pub(crate) out: u64,
    /// Those of them that a cache answers, or has wait for another.
    answered: BTreeSet<u64>,
    /// The service of each replica.
    services: Vec<usize>,
    /// Most attempts that are served at once in a replica of each service, where the log alone can tell.
    slots: Vec<Option<usize>>,
    /// The replica of each attempt in service.
    served_at: BTreeMap<u64, u32>,
    /// How many those are, by replica.
    busy: Vec<usize>,
    pub(crate) is_up: Vec<bool>,
    /// Where each replica is in its life, and what its changes add to the measured times of its service in it [ns].
    pub(crate) lives: Vec<Life>,
    fleets: Vec<Fleet>,
    /// Measured time up of each replica, up to its last change [ns].
    up: Vec<i128>,
    /// Whether each replica is to serve, and the measured time for which it did and was up, up to its last change [ns].
    serves: Vec<bool>,
    served: Vec<i128>,
    faults: BTreeMap<(u32, u32), u32>,
    /// Faults whose effect is away just now, by unit.
    away: BTreeSet<(u32, u32)>,
    /// Replicas that are wanted of each service in each region, where that may change.
    desired: BTreeMap<(u32, Option<u32>), u32>,
    system: System,
}

/// The replicas of each service at the start, in each region or, if it is scaled as a whole, in all of several.
fn desired(system: &System) -> BTreeMap<(u32, Option<u32>), u32> {
    let mut regions: Vec<u32> = Vec::new();
    for (region, zones) in (0..).zip(system.regions.iter().map(|region| region.zones)) {
        regions.extend(vec![region; zones as usize]);
    }
    let mut desired = BTreeMap::new();
    for (number, service) in (0..).zip(&system.services) {
        let region = |replica: &Replica| regions[replica.zone.index()];
        let is_whole = service.autoscaling.as_ref().is_some_and(|scaling| scaling.per == Per::Service);
        let is_spread = service.replicas.iter().any(|one| region(one) != region(&service.replicas[0]));
        for (local, replica) in (0..).zip(&service.replicas) {
            let part = if is_whole && is_spread { None } else { Some(region(replica)) };
            let count = desired.entry((number, part)).or_insert(0);
            *count += u32::from(service.is_present(local));
        }
    }
    desired
}

/// Work that changes replicas in a shared queue, that gives its slot back for its calls, or that is done twice under
/// one key is beyond what the log tells of slots.
fn slots(system: &System) -> Vec<Option<usize>> {
    let restarts = system.faults.iter().any(
        |fault| matches!(&fault.kind, FaultKind::Crash(crash) if crash.in_service == InService::Restarted),
    );
    // Where a replica of a fleet that changes stands, and so what takes slots from it, is not in the log.
    let shrinks = system.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Capacity { .. }));
    let of = |service: &Service| match service.concurrency {
        Concurrency::Slots(slots)
            if !(restarts || shrinks && service.is_changing())
                && (service.queue.place == QueuePlace::Replica || service.is_buffered())
                && service.queue.policy.discipline() != Discipline::ProcessorSharing
                && service.slot == Slot::Held =>
        {
            Some(slots as usize)
        }
        _ => None,
    };
    system.services.iter().map(of).collect()
}

/// Whether there is a replica in each seat at the start.
fn seats(system: &System) -> impl Iterator<Item = bool> {
    system
        .services
        .iter()
        .flat_map(|service| (0..service.replicas.len() as u32).map(|seat| service.is_present(seat)))
}

impl Audit {
    fn new(scenario: &Scenario) -> Self {
        let system = &scenario.system;
        let replicas: usize = system.services.iter().map(|service| service.replicas.len()).sum();
        Self {
            transient: scenario.run.span.transient,
            horizon: scenario.run.span.horizon,
            now: SimTime::ZERO,
            requests: vec![Requests::default(); system.clients.len()],
            attempts: vec![Attempts::default(); system.services.len()],
            out: 0,
            answered: BTreeSet::new(),
            services: (0..system.services.len())
                .flat_map(|number| vec![number; system.services[number].replicas.len()])
                .collect(),
            slots: slots(system),
            system: System::clone(system),
            served_at: BTreeMap::new(),
            busy: vec![0; replicas],
            is_up: seats(system).collect(),
            lives: seats(system).map(|is_there| if is_there { Life::Up } else { Life::Absent }).collect(),
            fleets: vec![Fleet::default(); system.services.len()],
            up: vec![0; replicas],
            serves: (system.services.iter())
                .flat_map(|service| (0..service.replicas.len()).map(|seat| seat < service.serving() as usize))
                .collect(),
            served: vec![0; replicas],
            faults: BTreeMap::new(),
            away: BTreeSet::new(),
            desired: desired(system),
        }
    }

    /// Of so many slots of a replica, those that faults leave.
    fn there(&self, replica: u32, slots: usize) -> usize {
        let (mut kept, mut lost) = (1.0, 0);
        let is_there = |at: &(u32, u32), open: u32| open > 0 && !self.away.contains(at);
        for ((fault, unit), _) in self.faults.iter().filter(|(at, open)| is_there(at, **open)) {
            let fault = &self.system.faults[*fault as usize];
            if let FaultKind::Capacity { share, slots } = &fault.kind
                && fault.units[*unit as usize].replicas.contains(&ReplicaId(replica))
            {
                kept *= 1.0 - share.get();
                lost += *slots as usize;
            }
        }
        ((slots as f64 * kept + 1e-9).floor() as usize).saturating_sub(lost)
    }

    fn is_measured(&self, at: SimTime) -> bool {
        at >= self.transient && at < self.horizon
    }

    /// Measured time that has passed at an instant [ns].
    fn measured(&self, at: SimTime) -> i128 {
        i128::from(at.min(self.horizon).since(self.transient).as_nanos())
    }

    /// An attempt is in service here from now on, or nowhere.
    fn is_served(&mut self, attempt: u64, replica: Option<u32>) {
        let before = match replica {
            Some(replica) => self.served_at.insert(attempt, replica),
            None => self.served_at.remove(&attempt),
        };
        if let Some(before) = before {
            self.busy[before as usize] -= 1;
        }
        if let Some(replica) = replica {
            self.busy[replica as usize] += 1;
        }
    }

    /// A request or one of its attempts goes on.
    fn note_work(&mut self, now: SimTime, note: Note) {
        match note {
            Note::RequestArrived { client, request } => {
                let is_measured = self.is_measured(now);
                let books = &mut self.requests[client as usize];
                books.open.insert(request, now);
                books.under_way += 1;
                books.arrived += u64::from(is_measured);
            }
            Note::RequestEnded { client, request, arrived, failure } => {
                let measured = u64::from(self.is_measured(arrived));
                let books = &mut self.requests[client as usize];
                assert_eq!(books.open.remove(&request), Some(arrived), "what ends had arrived");
                books.under_way -= 1;
                match failure {
                    None => books.good += measured,
                    Some(reason) => books.reasons[reason.index()] += measured,
                }
            }
            Note::AttemptSent { attempt, service, number, .. } => {
                assert!(number > 0, "attempts count from 1");
                // Who waited for another may go itself.
                let is_new = u64::from(!self.answered.remove(&attempt));
                self.attempts[service as usize].sent += is_new;
                self.out += is_new;
            }
            Note::CacheAnswered { attempt, service, .. } => {
                self.attempts[service as usize].answered += 1;
                self.attempts[service as usize].sent += 1;
                self.out += 1;
                self.answered.insert(attempt);
            }
            Note::AttemptStopped { service, .. } => self.attempts[service as usize].stopped += 1,
            Note::AttemptAdmitted { attempt, service, .. } => {
                let measured = self.measured(now);
                let books = &mut self.attempts[service as usize];
                *books.inside.entry(attempt).or_default() += 1;
                books.admitted += 1;
                books.time_inside -= measured;
            }
            Note::ServiceBegan { attempt, replica, .. } => {
                let service = self.services[replica as usize];
                assert!(self.attempts[service].inside.contains_key(&attempt), "it was admitted");
                let life = self.lives[replica as usize];
                assert!(matches!(life, Life::Up | Life::Draining), "who is not there serves nothing");
                self.is_served(attempt, Some(replica));
                let busy = self.busy[replica as usize];
                let there = self.slots[service].map(|slots| self.there(replica, slots));
                assert!(there.is_none_or(|slots| busy <= slots), "slots are freed before taken");
            }
            Note::AttemptLeft { attempt, service, .. } => {
                self.is_served(attempt, None);
                let measured = self.measured(now);
                let books = &mut self.attempts[service as usize];
                let inside = books.inside.get_mut(&attempt).expect("what leaves was inside");
                *inside -= 1;
                if *inside == 0 {
                    books.inside.remove(&attempt);
                }
                books.time_inside += measured;
            }
            Note::AttemptEnded { attempt, .. } | Note::AttemptDropped { attempt, .. } => {
                self.answered.remove(&attempt);
                self.out = self.out.checked_sub(1).expect("an attempt ends once");
            }
            _ => {}
        }
    }

    /// Ends the books of a run that went to its end.
    fn close(&mut self) {
        let end = self.measured(self.horizon);
        for books in &mut self.attempts {
            books.time_inside += books.inside.values().map(|count| i128::from(*count) * end).sum::<i128>();
        }
        for (up, is_up) in self.up.iter_mut().zip(&self.is_up) {
            *up += if *is_up { end } else { 0 };
        }
        for ((served, serves), is_up) in self.served.iter_mut().zip(&self.serves).zip(&self.is_up) {
            *served += if *serves && *is_up { end } else { 0 };
        }
        for ((service, _), count) in &self.desired {
            self.fleets[*service as usize].desired += i128::from(*count) * end;
        }
        for (life, service) in self.lives.iter().zip(&self.services) {
            self.fleets[*service].count(*life, false, end);
        }
    }

    /// A replica goes on to another part of its life.
    fn note_life(&mut self, now: SimTime, replica: u32, life: Life) {
        let (measured, is_measured) = (self.measured(now), self.is_measured(now));
        let before = std::mem::replace(&mut self.lives[replica as usize], life);
        let may_follow = match before {
            Life::Absent => life == Life::Starting,
            Life::Starting => matches!(life, Life::Up | Life::Absent),
            Life::Up => matches!(life, Life::Draining | Life::Absent),
            // One that was kept may be wanted back.
            Life::Draining => matches!(life, Life::Up | Life::Absent),
        };
        assert!(may_follow, "{before:?}, then {life:?}");
        let fleet = &mut self.fleets[self.services[replica as usize]];
        fleet.count(before, false, measured);
        fleet.count(life, true, measured);
        fleet.starts += u64::from(is_measured && life == Life::Starting);
        fleet.ready += u64::from(is_measured && life == Life::Up && before == Life::Starting);
        fleet.leaves += u64::from(is_measured && life == Life::Absent);
        if matches!(life, Life::Absent | Life::Draining) && std::mem::take(&mut self.is_up[replica as usize])
        {
            self.up[replica as usize] += measured;
        }
        if life == Life::Absent && self.slots[self.services[replica as usize]].is_some() {
            assert_eq!(self.busy[replica as usize], 0, "who is gone works on nothing");
        }
    }
}

impl Hear for Audit {
    fn hear(&mut self, now: SimTime, note: Note) {
        assert!(now >= self.now, "time never goes back");
        self.now = now;
        match note {
            Note::FaultBegan { fault, unit } => {
                let open = self.faults.entry((fault, unit)).or_default();
                *open += 1;
                let fault = &self.system.faults[fault as usize];
                let each = fault.recovers == Recovers::Each;
                // Each bad release is an incident of its own.
                let each = each || matches!(fault.trigger, Trigger::Released(_));
                assert!(*open == 1 || each, "it had ended");
            }
            Note::FaultDetected { fault, unit } => {
                assert!(self.faults.get(&(fault, unit)).is_some_and(|open| *open > 0), "it lasts");
            }
            Note::FaultEnded { fault, unit } => {
                let open = self.faults.entry((fault, unit)).or_default();
                *open = open.checked_sub(1).expect("it had begun");
                self.away.remove(&(fault, unit));
            }
            Note::FaultFlapped { fault, unit, is_there } => {
                assert!(self.faults.get(&(fault, unit)).is_some_and(|open| *open > 0), "it lasts");
                if is_there {
                    self.away.remove(&(fault, unit));
                } else {
                    self.away.insert((fault, unit));
                }
            }
            Note::RoleChanged { replica, role } => {
                let measured = self.measured(now);
                let serves = role == Role::Active;
                let did = std::mem::replace(&mut self.serves[replica as usize], serves);
                if self.is_up[replica as usize] && did != serves {
                    self.served[replica as usize] += if serves { -measured } else { measured };
                }
            }
            Note::ReplicaChanged { replica, is_up } => {
                let measured = self.measured(now);
                if self.serves[replica as usize] {
                    self.served[replica as usize] += if is_up { -measured } else { measured };
                }
                let was_up = std::mem::replace(&mut self.is_up[replica as usize], is_up);
                assert_ne!(was_up, is_up, "a change changes something");
                // Up since 0 counts as minus nothing.
                self.up[replica as usize] += if is_up { -measured } else { measured };
            }
            Note::SeatChanged { replica, life, .. } => self.note_life(now, replica, life),
            Note::DesiredChanged { service, region, desired } => {
                let before = self.desired.insert((service, region), desired).unwrap();
                let scaling = self.system.services[service as usize].scaling().unwrap();
                assert!(before != desired && (scaling.min..=scaling.max).contains(&desired));
                let (measured, is_measured) = (self.measured(now), self.is_measured(now));
                let books = &mut self.fleets[service as usize];
                books.desired += (i128::from(before) - i128::from(desired)) * measured;
                books.decisions += u64::from(is_measured);
            }
            work => self.note_work(now, work),
        }
    }
}

/// A run, and the books that were kept meanwhile.
pub(crate) fn run(scenario: &Scenario) -> (Measurements, Audit) {
    run_at_most(scenario, u64::MAX).unwrap().expect("a run is over some time")
}

/// The same of a run that is given up after so many events: nothing where it is not over by then.
pub(crate) fn run_at_most(
    scenario: &Scenario,
    events: u64,
) -> Result<Option<(Measurements, Audit)>, RunError> {
    let mut audit = Audit::new(scenario);
    let mut simulation = Simulation::new(&scenario.system, &scenario.run.span, scenario.run.seed, 0);
    if !simulation.advance_heard(&mut audit, events)? {
        return Ok(None);
    }
    let measured = simulation.finish()?;
    audit.close();
    Ok(Some((measured, audit)))
}

/// Whatever the scenario, books and measurements agree.
#[expect(clippy::too_many_lines, reason = "book by book")]
pub(crate) fn agree(scenario: &Scenario, measured: &Measurements, audit: &Audit) {
    let system = &scenario.system;
    for (client, books) in measured.clients.iter().zip(&audit.requests) {
        assert_eq!(client.requests, books.arrived);
        assert_eq!((client.good, client.reasons), (books.good, books.reasons));
        let ended = client.good + client.reasons.iter().sum::<u64>();
        assert_eq!(client.requests, ended + client.unfinished);
        let no_use = [Reason::TooSlow, Reason::Corrupt].map(|reason| client.reasons[reason.index()]);
        assert_eq!(client.latency.count, client.good + no_use.iter().sum::<u64>());
        assert_eq!(client.latency.count + client.latency_failed.count, ended);
    }
    let clients = measured.clients.iter().map(|client| client.messages);
    for messages in clients.chain(measured.services.iter().map(|service| service.messages)) {
        assert_eq!(messages.sent, messages.delivered + messages.lost + messages.under_way, "{messages:?}");
    }
    for ((service, settings), books) in measured.services.iter().zip(&system.services).zip(&audit.attempts) {
        assert_eq!(i128::try_from(service.in_system).unwrap(), books.time_inside, "jobs inside");
        assert!(service.queue <= service.in_system, "who waits is inside");
        assert_eq!(service.service.count, service.sojourn.count);
        assert!(service.wasted <= service.worked, "what is wasted was worked");
        if let Some(cache) = &service.cache {
            let known = cache.hits + cache.coalesced;
            assert!(known <= cache.lookups && cache.lookups <= known + cache.fetches, "{cache:?}");
            assert!(cache.alone <= cache.fetches, "{cache:?}");
            // Who asks after its own work is told of as no attempt.
            let skips = settings.cache.as_ref().map(|cache| cache.skips);
            assert!(skips == Some(CacheSkips::Calls) || known <= books.answered, "{cache:?}");
        }
    }
    let mut first = 0;
    for (settings, service) in system.services.iter().zip(&measured.services) {
        if settings.concurrency != Concurrency::Unlimited {
            assert!(service.busy <= service.available, "{} busy of {}", service.busy, service.available);
        }
        let replicas = &measured.replicas[first..first + settings.replicas.len()];
        // Instances of a population are no replicas.
        if let Some(standby) = &settings.standby {
            let roles = first..first + settings.replicas.len();
            let served: i128 = audit.served[roles.clone()].iter().sum();
            assert_eq!(i128::try_from(service.replicas_up).unwrap(), served, "who serves and is up");
            let serving = audit.serves[roles].iter().filter(|serves| **serves).count();
            assert_eq!(serving as u32, standby.active, "one serves in place of another");
            let taken = service.standby.unwrap();
            assert!(taken.uncovered <= taken.failovers, "{taken:?}");
        } else if settings.population.is_none() {
            assert_eq!(service.replicas_up, replicas.iter().map(|replica| replica.up).sum::<u128>());
        }
        first += settings.replicas.len();
    }
    for (replica, up) in measured.replicas.iter().zip(&audit.up) {
        assert_eq!(i128::try_from(replica.up).unwrap(), *up, "time up");
    }
    let span = u128::from(scenario.run.span.measured().as_nanos());
    let whole = |part: &UpTime, units: usize| assert_eq!(part.up + part.down, span * units as u128);
    let Measurements { replicas, zones, regions, blocks, services, faults, .. } = measured;
    [zones, regions, blocks].into_iter().flatten().for_each(|part| whole(part, 1));
    let mut seat = replicas.iter();
    for (settings, service) in system.services.iter().zip(services) {
        for part in seat.by_ref().take(settings.replicas.len()) {
            if !settings.is_changing() {
                whole(part, 1);
            }
            assert!(part.up + part.down <= span, "who is not there is not down");
        }
        assert_eq!(service.fleet.is_some(), settings.is_changing() || settings.population.is_some());
    }
    for service in services {
        whole(&service.up, 1);
        if let (Some(function), Some(fleet)) = (&service.function, &service.fleet) {
            assert!(function.busy + fleet.starting <= fleet.present, "who is busy is there, and ready");
            assert!(function.on_demand <= function.admitted);
            let refused: u64 = service.reasons.iter().sum();
            assert!(function.admitted <= service.attempts + refused, "who is let in was sent");
        }
    }
    let changes = system.services.iter().any(Service::is_changing);
    for (part, fault) in faults.iter().zip(&system.faults) {
        if matches!(fault.trigger, Trigger::Released(_)) {
            // Several bad releases may last at once, and their times add up.
            assert!(part.up + part.down <= (span * fault.part_count() as u128).max(part.down));
        } else if changes {
            assert!(part.up + part.down <= span * fault.part_count() as u128);
        } else {
            whole(part, fault.part_count());
        }
    }
    fleets_agree(measured, audit);
    versions_add_up(scenario, measured);

    let mut left = &measured.answers[..];
    for (name, settings) in measured.dns.iter().zip(&system.dns) {
        let (answers, others) = left.split_at(settings.records.len());
        left = others;
        let answered: u64 = answers.iter().map(|record| record.answered).sum();
        assert_eq!(answered + name.unresolved, name.attempts, "each has an answer, or none");
        assert!(name.stale <= answered && answers.iter().all(|record| record.attempts == name.attempts));
    }
    for (settings, service) in system.services.iter().zip(&measured.services) {
        assert_eq!(service.data.is_some(), settings.data.is_some());
        let Some(data) = &service.data else { continue };
        assert_eq!(data.acknowledged, data.held + data.lost, "each write is there or lost, once");
        if settings.data.as_ref().is_some_and(|data| data.writes == Some(Writes::Effects)) {
            assert!(data.acknowledged >= service.effects, "each effect is a write");
        }
        assert_eq!(data.rpo.count, data.losses - data.gone);
        assert_eq!(data.rto.count, data.losses - data.gone);
    }
    hosts_agree(scenario, measured, audit);
    money_adds_up(scenario, measured, audit);
}

/// What versions of a function do together is what it does.
fn versions_add_up(scenario: &Scenario, measured: &Measurements) {
    let mut left = &measured.versions[..];
    for (settings, service) in scenario.system.services.iter().zip(&measured.services) {
        let of = settings.versions.as_ref().filter(|_| settings.function.is_some());
        let (versions, others) = left.split_at(of.map_or(0, |versions| versions.all.len()));
        left = others;
        let (Some(function), false) = (&service.function, versions.is_empty()) else { continue };
        let sum = |count: fn(&VersionMeasure) -> u64| versions.iter().map(count).sum::<u64>();
        assert_eq!(sum(|one| one.attempts), service.attempts - service.unsent, "each is sent to one");
        assert_eq!(sum(|one| one.reasons.iter().sum()), service.reasons.iter().sum::<u64>() - service.unsent);
        assert_eq!(sum(|one| one.admitted), function.admitted);
        assert_eq!(sum(|one| one.cold), function.cold);
        assert_eq!(sum(|one| one.starts.count), function.starts.count);
        assert_eq!(sum(|one| one.sojourn.count), service.sojourn.count);
        let present: u128 = versions.iter().map(|one| one.present).sum();
        assert_eq!(Some(present), service.fleet.as_ref().map(|fleet| fleet.present));
        for place in [0, 1] {
            assert_eq!(versions.iter().map(|one| one.billed[place]).sum::<u128>(), function.billed[place]);
        }
    }
    assert!(left.is_empty());
}

/// What was used of a service: the part of its cost, what that is of, the price, and how much.
struct Line {
    part: &'static str,
    item: &'static str,
    tiers: Tiers,
    is_common: bool,
    amount: f64,
}

/// What functions used of memory over time \[GBs\]: each version has its own memory.
fn gigabyte_seconds(service: &Service, used: &FunctionMeasure, versions: &[VersionMeasure]) -> [f64; 3] {
    let of = |megabytes: f64, nanos: u128| megabytes / 1024.0 * (nanos as f64 / 1e9);
    let Some(all) = &service.versions else {
        let megabytes = service.function.as_ref().map_or(1.0, |function| function.megabytes);
        return [used.billed[0], used.billed[1], used.configured].map(|nanos| of(megabytes, nanos));
    };
    let each = all.all.iter().zip(versions).enumerate().map(|(number, (version, measured))| {
        let kept = if number == usize::from(all.provisioned) { used.configured } else { 0 };
        [measured.billed[0], measured.billed[1], kept].map(|nanos| of(version.megabytes, nanos))
    });
    each.fold([0.0; 3], |sum, one| std::array::from_fn(|place| sum[place] + one[place]))
}

/// What was used of a service where it was present for so long \[replica ns\].
fn used_of(
    (system, settings): (&System, &Service),
    (service, versions): (&ServiceMeasure, &[VersionMeasure]),
    (present, months, middle): (u128, f64, f64),
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |(part, item): (&'static str, &'static str), tiers, is_common, amount| {
        lines.push(Line { part, item, tiers, is_common, amount });
    };
    let (price, common) = (&settings.price, settings.price.common);
    add(("replicas", "replicas"), price.replica.tiers(), common.replica, present as f64 / 3.6e12);
    let let_in = service.wait.count - service.denied;
    let (part, requests) = match (&service.events, &settings.gateway) {
        (Some(events), _) => ("queue", events.requests),
        (None, Some(_)) => ("gateway", let_in),
        (None, None) => ("requests", let_in),
    };
    add((part, part), price.request.tiers(), common.request, requests as f64 / 1e6);
    // What grows evenly is in the mean as much as in the middle.
    let kept = settings.data.as_ref().map_or(0.0, |data| data.size + data.growth * middle);
    add(("storage", "storage"), price.storage.tiers(), common.storage, kept * months);
    let tariff = system.tariff.as_ref().unwrap();
    for (hosts, (item, price)) in
        service.hosts.iter().flatten().zip(["east", "west"].iter().zip(&tariff.hosts))
    {
        add(("hosts", item), price.tiers(), true, hosts / 3.6e12);
    }
    let [zones, regions] = service.moved.map(|bytes| bytes as f64 / 1e9);
    add(("transfer", "zones"), tariff.between_zones.tiers(), true, zones);
    add(("transfer", "regions"), tariff.between_regions.tiers(), true, regions);
    if let (Some(price), Some(function)) = (settings.invocation_price(), &service.function) {
        let [billed, on_ready, ready] = gigabyte_seconds(settings, function, versions);
        let calls = function.admitted as f64 / 1e6;
        add(("requests", "calls"), price.request.tiers(), common.function, calls);
        let own = price.provisioned_duration;
        let usual = if own.is_some() { billed } else { billed + on_ready };
        add(("duration", "duration"), price.duration.tiers(), common.function, usual);
        if let Some(own) = own {
            add(("duration", "on ready"), own.tiers(), common.function, on_ready);
        }
        add(("provisioned", "ready"), price.provisioned.tiers(), common.function, ready);
        let [billed, on_ready] = function.billed;
        let pays_for_times = price.has_memory() && settings.population.is_none();
        assert!(
            !pays_for_times || billed + on_ready >= service.worked,
            "each is billed at least for what it took"
        );
    }
    lines
}

/// What is paid in a month for an amount, tier by tier.
fn paid_for(tiers: &Tiers, amount: f64) -> f64 {
    let (steps, beyond) = tiers.steps();
    let (mut left, mut from, mut paid) = (amount, 0.0, 0.0);
    for (upto, price) in steps {
        let part = left.min(upto - from);
        paid += part * price;
        (left, from) = (left - part, upto);
    }
    paid + left * beyond
}

/// What is paid is the sum of its parts, and each is the price of what was used.
#[expect(clippy::too_many_lines, reason = "price by price")]
fn money_adds_up(scenario: &Scenario, measured: &Measurements, audit: &Audit) {
    let system = &scenario.system;
    assert!(measured.services.iter().all(|service| service.cost.is_some() == system.tariff.is_some()));
    if system.tariff.is_none() {
        return;
    }
    let span = u128::from(scenario.run.span.measured().as_nanos());
    let months = span as f64 / 3.6e12 / 730.0;
    let near = |one: f64, other: f64| assert!((one - other).abs() <= 1e-9 * one.abs(), "{one} and {other}");
    let mut left = &measured.versions[..];
    let mut all: Vec<Vec<Line>> = Vec::new();
    let middle =
        f64::midpoint(measured.transient.as_nanos() as f64, measured.horizon.as_nanos() as f64) / 3.6e12;
    for ((settings, service), fleet) in system.services.iter().zip(&measured.services).zip(&audit.fleets) {
        let present = if settings.is_changing() {
            u128::try_from(fleet.present).unwrap()
        } else {
            span * u128::from(settings.present)
        };
        let of_function = settings.versions.as_ref().filter(|_| settings.function.is_some());
        let (versions, others) = left.split_at(of_function.map_or(0, |versions| versions.all.len()));
        left = others;
        all.push(used_of((system, settings), (service, versions), (present, months, middle)));
        assert!(service.wait.count <= service.attempts - service.unsent, "who is let in was sent");
    }
    // Who has a price in common is billed together, account by account.
    let pool = |number: usize, line: &Line| {
        let account =
            if ["transfer", "hosts"].contains(&line.part) { None } else { system.services[number].account() };
        let own = (!line.is_common).then_some(number);
        (line.item, own, account.filter(|_| line.is_common))
    };
    let mut pools = BTreeMap::new();
    for (number, lines) in all.iter().enumerate() {
        for line in lines {
            *pools.entry(pool(number, line)).or_insert(0.0) += line.amount;
        }
    }
    let mut sum = 0.0;
    for (number, (lines, service)) in all.iter().zip(&measured.services).enumerate() {
        let cost = service.cost.unwrap();
        let part = |part: &str| {
            let lines = lines.iter().filter(|line| line.part == part && line.amount > 0.0);
            let each = lines.map(|line| {
                let together = pools[&pool(number, line)];
                paid_for(&line.tiers, together / months) * months * line.amount / together
            });
            each.sum::<f64>()
        };
        let parts = [
            (cost.replicas, "replicas"),
            (cost.hosts, "hosts"),
            (cost.requests, "requests"),
            (cost.gateway, "gateway"),
            (cost.queue, "queue"),
            (cost.duration, "duration"),
            (cost.provisioned, "provisioned"),
            (cost.transfer, "transfer"),
            (cost.storage, "storage"),
        ];
        for (found, name) in parts {
            near(found, part(name));
        }
        near(cost.total(), parts.iter().map(|(found, _)| found).sum());
        sum += cost.total();
    }
    let of_system = |name: &str| {
        let part = Part { kind: ScopeKind::System, index: 0 };
        match evidence(measured, part, Quantity::named(name), &Context::default()) {
            Some(Evidence::Ratio { numerator, .. }) => numerator,
            other => panic!("{other:?}"),
        }
    };
    near(of_system("cost"), sum);
    let parts = [
        "cost_replicas",
        "cost_hosts",
        "cost_requests",
        "cost_gateway",
        "cost_queue",
        "cost_duration",
        "cost_provisioned",
        "cost_storage",
        "cost_transfer",
    ];
    near(of_system("cost"), parts.into_iter().map(of_system).sum());
}

/// Hosts are those of all who take room on them, and everybody who does is on one.
fn hosts_agree(scenario: &Scenario, measured: &Measurements, audit: &Audit) {
    let Some(hosts) = measured.hosts else { return };
    let own = measured.services.iter().flat_map(|service| service.hosts.iter().flatten());
    let (all, own) = (hosts.in_use as f64, own.sum::<f64>());
    assert!((all - own).abs() <= 1e-9 * all, "{all} and {own}");
    let span = u128::from(scenario.run.span.measured().as_nanos());
    let services = scenario.system.services.iter().zip(&audit.fleets);
    let present = services.filter(|(service, _)| service.on_hosts.is_some()).map(|(service, fleet)| {
        if service.is_changing() {
            u128::try_from(fleet.present).unwrap()
        } else {
            span * u128::from(service.present)
        }
    });
    assert_eq!(hosts.replicas, present.sum(), "replicas on hosts");
}

/// Fleets that change, to the nanosecond.
fn fleets_agree(measured: &Measurements, audit: &Audit) {
    for (service, books) in measured.services.iter().zip(&audit.fleets) {
        // Nobody tells of the instances of a population one by one.
        let Some(found) = service.fleet.as_ref().filter(|_| service.population.is_none()) else { continue };
        let integral = |value: u128| i128::try_from(value).unwrap();
        assert_eq!(integral(found.present), books.present, "present");
        assert_eq!(integral(found.starting), books.starting, "starting");
        assert_eq!(integral(found.draining), books.draining, "draining");
        assert_eq!(integral(found.desired), books.desired, "desired");
        if let Some(function) = &service.function {
            assert_eq!(function.configured, found.desired, "what is to be provisioned is what is wanted");
            assert!(function.ready <= function.configured, "no more are ready than are wanted");
        }
        assert_eq!(
            (found.starts, found.leaves, found.start.count, found.decisions),
            (books.starts, books.leaves, books.ready, books.decisions)
        );
        assert!(found.oscillations <= found.decisions);
    }
}
