//! The state of a world at time 0.

use std::collections::VecDeque;

use crate::engine::incident::monitor::{Monitors, watches_attempts};
use crate::engine::knowledge::outlier::Watch;
use crate::engine::knowledge::subset::Subset;
use crate::engine::knowledge::view::{Decider, ServiceViews};
use crate::engine::plan::{Edge, Plan};
use crate::engine::record::collapse::Steps;
use crate::engine::record::metrics::{ClientBook, Gauge, ServiceBook};
use crate::engine::record::window::Windows;
use crate::engine::replica::load_report::Meter;
use crate::engine::replica::processor_sharing::Sharing;
use crate::engine::replica::seat::Seats;
use crate::engine::traffic::path::{
    Path, first_call, is_guarded, is_in_turn, is_plain, is_plain_itself, is_tied, leaves_queues,
};
use crate::engine::world::{
    Client, Condition, FaultProcess, NONE, Part, Parts, Queue, Replica, Service, User, World,
};
use crate::kernel::slab::Slab;
use crate::kernel::stream::{Purpose, Stream, Streams, mix};
use crate::measure::UpTime;
use crate::model::balancing::{Balancer, LoadNeeded, Needs};
use crate::model::effect::Ledger;
use crate::model::fault::FaultClock;
use crate::model::fleet::{self as model, Concurrency, Slot};
use crate::model::monitoring::Knowledge;
use crate::model::monitoring::outlier::OutlierSettings;
use crate::model::queue::Discipline;
use crate::model::recovery::CrewState;
use crate::model::system::Member;
use crate::model::workload::Arrival;
use crate::model::workload::ArrivalSource;
use crate::units::{SimDuration, SimTime};

/// The number that a name gives to the streams of its owner, whatever else the scenario holds.
pub(super) fn named(name: &str) -> u64 {
    name.bytes().fold(0, |state, byte| mix(state, u64::from(byte)))
}

impl World {
    /// Everything up, idle and new; first arrivals, faults, checks and marks planned.
    pub(super) fn new(plan: &Plan, streams: Streams) -> Self {
        let mut clients: Vec<Client> = clients(plan, streams);
        Self {
            calendar: crate::engine::network::calendar(plan),
            numbers: crate::engine::event::NUMBERS,
            tasks: Vec::new(),
            free_task: NONE,
            before: Vec::new(),
            leaves_queues: leaves_queues(plan),
            last_picked: NONE,
            links: Vec::new(),
            silenced: Vec::new(),
            notices: Slab::default(),
            calls: Vec::new(),
            free_calls: Vec::new(),
            guards: crate::engine::traffic::guard::guards(plan),
            guarded: Vec::new(),
            passes: Vec::new(),
            frames: Vec::new(),
            free_frames: Vec::new(),
            seats: Seats::new(plan, streams),
            conditions: vec![Condition::default(); plan.replicas.len()],
            odd: vec![0; plan.services.len()],
            levels: levels(plan),
            sharing: sharing(plan),
            doors: crate::engine::replica::admission::doors(plan),
            orders: crate::engine::replica::discipline::orders(plan),
            views: views(plan, streams),
            deciders: deciders(plan, streams),
            task_decider: Vec::new(),
            task_session: Vec::new(),
            jobs: Vec::new(),
            ledger: Ledger::default(),
            meters: meters(plan),
            probes: Slab::default(),
            processes: processes(plan, streams),
            active: Slab::default(),
            request_keys: Slab::default(),
            crews: plan.system.crews.iter().map(|crew| CrewState::new(crew.size)).collect(),
            parts: parts(plan),
            checks: Vec::new(),
            monitors: Monitors::new(plan, streams),
            check_places: check_places(plan),
            user_places: Vec::new(),
            windows: Windows::new(plan),
            watch: crate::engine::record::collapse::Watch::new(plan, &mut clients),
            listens: false,
            untold: Vec::new(),
            settled: VecDeque::new(),
            scratch: Vec::new(),
            others: Vec::new(),
            is_measuring: false,
            is_draining: false,
            is_over: false,
            left: 0,
            unused: 0,
            remaining: 0,
            failed: 0,
            failed_measured: None,
            incidents: Vec::new(),
            incidents_dropped: 0,
            workload: 0,
            error: None,
            events: 0,
            clients,
            services: (0..plan.services.len()).map(|number| service(plan, number)).collect(),
            replicas: (0..plan.replicas.len()).map(|number| replica(plan, number)).collect(),
        }
        .start(plan, streams)
    }

    /// Plans the first events.
    fn start(mut self, plan: &Plan, streams: Streams) -> Self {
        for service in 0..self.services.len() {
            self.services[service].only = self.views[service].only();
            self.services[service].set_special(false);
        }
        self.plan_marks(plan);
        self.start_absent(plan);
        self.start_checks(plan, streams);
        self.start_monitors(plan);
        for process in 0..plan.processes.len() as u32 {
            self.start_process(plan, process);
        }
        for service in 0..plan.services.len() as u32 {
            self.plan_report(plan, service, 0);
        }
        self.start_fleets();
        self.start_clients(plan);
        self
    }

    /// Nobody sits in the seats that are taken later, and all who decide know.
    fn start_absent(&mut self, plan: &Plan) {
        for number in 0..self.seats.fleets.len() {
            let mut deciders = std::mem::take(&mut self.deciders[number]);
            for decider in &mut deciders {
                self.tell_of_absent(plan, number, decider);
            }
            self.deciders[number] = deciders;
        }
    }

    /// The record of a replica that starts in a seat: nothing is left of who was there before.
    pub(super) fn renew_replica(&mut self, plan: &Plan, r: u32) {
        let place = r as usize;
        let own = replica(plan, place);
        let service = own.service as usize;
        self.replicas[place] = Replica { works: false, takes: false, ..own };
        if let Some(sharing) = self.sharing.get_mut(place) {
            *sharing = Sharing::default();
        }
        if !plan.services[service].shared_queue {
            if let Some(door) = self.doors.get_mut(place) {
                *door = crate::engine::replica::admission::door(plan, service);
            }
            if let Some(order) = self.orders.get_mut(place) {
                *order = crate::engine::replica::discipline::order(plan, service);
            }
        }
        if let Some(meter) = self.meters.get_mut(place) {
            *meter = Meter::default();
        }
    }

    fn start_clients(&mut self, plan: &Plan) {
        for number in 0..self.clients.len() as u32 {
            let arrival = &plan.system.clients[number as usize].arrival;
            let client = &mut self.clients[number as usize];
            if let Some(source) = &mut client.source {
                let first = source.next(arrival, SimTime::ZERO, &mut client.stream);
                self.calendar.add_source(first, number);
                continue;
            }
            client.first_user = self.user_places.len() as u32;
            for user in 0..client.users.len() as u32 {
                self.user_places.push((number, user));
            }
            for user in 0..self.clients[number as usize].users.len() as u32 {
                self.think(plan, number, user, 0);
            }
        }
    }
}

fn clients(plan: &Plan, streams: Streams) -> Vec<Client> {
    (0..plan.system.clients.len()).map(|number| client(plan, streams, number)).collect()
}

fn client(plan: &Plan, streams: Streams, number: usize) -> Client {
    let settings = &plan.system.clients[number];
    let name = named(&settings.name);
    let mut stream = seeded(streams.key(Purpose::Arrival, name));
    let (source, users) = match &settings.arrival {
        Arrival::Closed { users, .. } => {
            let key = streams.key(Purpose::Think, name);
            let users =
                (0..*users).map(|user| User { key: mix(key, u64::from(user)), requests: 0 }).collect();
            (None, users)
        }
        open => (Some(ArrivalSource::new(open, &mut stream)), Vec::new()),
    };
    let first_zone: u32 =
        plan.system.regions[..settings.region.index()].iter().map(|region| region.zones).sum();
    let zones = plan.system.regions[settings.region.index()].zones;
    let only = match plan.steps[number].as_slice() {
        [step] => match step.entries.as_slice() {
            [entry] if entry.probability >= 1.0 && entry.count == 1 && !entry.optional => {
                u32::from(entry.edge)
            }
            _ => NONE,
        },
        _ => NONE,
    };
    let edge = plan.edges.get(only as usize);
    Client {
        is_open: source.is_some(),
        gap: source.as_ref().and_then(ArrivalSource::gap_of_poisson).unwrap_or(0.0),
        way: edge.filter(|edge| !edge.is_recorded && edge.guard.is_none()).map(Edge::way),
        source,
        stream,
        only_edge: only,
        priority: settings.priority,
        first_user: 0,
        session_key: mix(name, streams.key(Purpose::Session, name)),
        sessions: settings.sessions.unwrap_or(0),
        has_invalid: settings.invalid.get() > 0.0,
        invalid: settings.invalid.get(),
        good_within: settings.good_within.map_or(u64::MAX, SimDuration::as_nanos),
        turn: 0,
        instances: settings.instances,
        under_way: Gauge::default(),
        steps: Steps::new(plan, number),
        zones: (0..settings.instances).map(|instance| first_zone + instance % zones).collect(),
        users,
        book: ClientBook { within: vec![0; plan.span.thresholds.len()], ..ClientBook::default() },
        digest: 0,
    }
}

fn seeded(key: u64) -> Stream {
    use rand_xoshiro::rand_core::SeedableRng;
    Stream::seed_from_u64(key)
}

/// One for each replica where a service needs them, otherwise none.
fn meters(plan: &Plan) -> Vec<Meter> {
    let is_metered = |number: usize| is_metered(&plan.system.services[number].balancing.policy.needs());
    one_each(plan, (0..plan.services.len()).any(is_metered))
}

/// One for each replica where a service shares its processors, otherwise none.
fn sharing(plan: &Plan) -> Vec<Sharing> {
    let mut services = plan.system.services.iter();
    one_each(plan, services.any(|one| one.queue.policy.discipline() == Discipline::ProcessorSharing))
}

/// A list for each replica where a service is checked, otherwise none.
fn check_places(plan: &Plan) -> Vec<Vec<u32>> {
    one_each(plan, plan.system.services.iter().any(|service| service.health_check.is_some()))
}

/// One for each replica where any service needs them, otherwise none: of a million replicas each byte counts.
fn one_each<T: Clone + Default>(plan: &Plan, is_needed: bool) -> Vec<T> {
    vec![T::default(); if is_needed { plan.replicas.len() } else { 0 }]
}

const fn is_metered(needs: &Needs) -> bool {
    needs.reports.is_some() || needs.probes
}

fn service(plan: &Plan, number: usize) -> Service {
    let settings = &plan.system.services[number];
    let own = &plan.services[number];
    let needs = settings.balancing.policy.needs();
    let ejects = settings.outlier_detection.is_some();
    let is_watched = watches_attempts(plan, number);
    let observes = settings.health_check.as_ref().is_some_and(|check| check.error_limit.is_some());
    let hears = (needs.outcomes || ejects || is_watched || observes) && !own.shared_queue;
    // A shared queue chooses among free slots by what is in each replica.
    let counts_own = !own.shared_queue
        && match needs.load {
            LoadNeeded::None => false,
            LoadNeeded::Own => true,
            LoadNeeded::Known => matches!(settings.balancing.knowledge, Knowledge::Checked),
        };
    let counts_load = (needs.load != LoadNeeded::None && !counts_own) || needs.probes;
    let replicas = settings.present;
    let slots = slots(plan, number);
    let mut book = ServiceBook::default();
    book.replicas_up.raise(u64::from(replicas), 0);
    if slots != u32::MAX {
        book.available.raise(u64::from(slots) * u64::from(replicas), 0);
    }
    let is_sharing = settings.queue.policy.discipline() == Discipline::ProcessorSharing;
    let keeps_keys = settings.idempotency.is_some();
    let is_special = settings.error_ratio.get() > 0.0 || keeps_keys;
    Service {
        demand: settings.demand.clone(),
        path: Path::General,
        ends_directly: false,
        is_posted: plan.network.has_any,
        is_quiet: !is_guarded(plan, number),
        is_in_turn: is_in_turn(plan, number),
        is_simple: !plan.network.has_any && !plan.has_effects && !hears && is_in_turn(plan, number),
        goes_on: own.has_steps || !settings.next.is_empty(),
        first_call: first_call(plan, number),
        holds_slot: settings.slot == Slot::Held && !is_sharing,
        is_plain: !counts_load && is_plain(plan, number),
        skips_policy: !counts_load && is_plain_itself(plan, number),
        is_tied: is_tied(plan, number),
        is_special,
        is_always_special: is_special,
        is_shared_queue: own.shared_queue,
        is_sharing,
        counts_own,
        counts_load,
        tracks: counts_own || hears,
        hears,
        ejects,
        hears_picks: settings.outlier_detection.as_ref().is_some_and(OutlierSettings::hears_sent),
        observes,
        is_watched,
        is_metered: is_metered(&needs),
        reads_session: settings.balancing.needs_sessions(),
        sends_probes: needs.probes,
        has_patience: settings.queue.patience.is_some(),
        several_deciders: own.deciders > 1,
        only: NONE,
        number: number as u16,
        slots,
        queue_max: 0,
        discipline: settings.queue.policy.discipline(),
        keeps_keys,
        has_door: settings.admission.is_some(),
        capacity: settings.queue.capacity.unwrap_or(u32::MAX),
        turn: 0,
        first: own.first,
        queue: Queue::EMPTY,
        load: vec![0; settings.replicas.len()],
        free: if own.shared_queue { (0..replicas).collect() } else { Vec::new() },
        up: replicas,
        book,
    }
}

fn slots(plan: &Plan, number: usize) -> u32 {
    match plan.system.services[number].concurrency {
        Concurrency::Slots(slots) => slots,
        Concurrency::Unlimited => u32::MAX,
    }
}

fn replica(plan: &Plan, number: usize) -> Replica {
    let service = plan.replicas[number].service;
    let local = number - plan.services[service as usize].first as usize;
    let is_there = local < plan.system.services[service as usize].present as usize;
    Replica {
        queue: Queue::EMPTY,
        inside: Vec::new(),
        pace: 1.0 / plan.services[service as usize].speed[local],
        slots: slots(plan, service as usize),
        owed: 0,
        busy: 0,
        service,
        works: is_there,
        takes: is_there,
        is_crashed: false,
        has_busy_clock: plan.clocked[number]
            .iter()
            .any(|process| plan.fault(*process).clock == FaultClock::Busy),
    }
}

fn levels(plan: &Plan) -> Vec<Vec<(u32, u32)>> {
    let several =
        |number: usize| plan.system.services[number].queue.policy.discipline() == Discipline::Priority;
    if !(0..plan.services.len()).any(several) {
        return Vec::new();
    }
    let lists = |number: usize| {
        let count = if several(number) { plan.priorities.len() } else { 0 };
        vec![(NONE, NONE); count]
    };
    let replicas = plan.replicas.iter().map(|replica| lists(replica.service as usize));
    replicas.chain((0..plan.services.len()).map(lists)).collect()
}

/// Whether each decider of a service has a view of its own.
pub(super) fn has_views(plan: &Plan, number: usize) -> bool {
    let settings = &plan.system.services[number];
    let learns = settings.health_check.is_some() || settings.outlier_detection.is_some();
    matches!(settings.balancing.knowledge, Knowledge::Checked) && learns
}

fn views(plan: &Plan, streams: Streams) -> Vec<ServiceViews> {
    (0..plan.services.len())
        .map(|number| {
            let views = if has_views(plan, number) { plan.services[number].deciders as usize } else { 1 };
            let key = streams.key(Purpose::News, named(&plan.system.services[number].name));
            let zones: Vec<u32> = plan.replicas.iter().map(|replica| replica.zone).collect();
            ServiceViews::new(plan, number, (views, &zones), key)
        })
        .collect()
}

fn deciders(plan: &Plan, streams: Streams) -> Vec<Vec<Decider>> {
    let of = |number: usize| {
        (0..plan.services[number].deciders).map(|one| decider(plan, streams, (number, one), 0)).collect()
    };
    (0..plan.services.len()).map(of).collect()
}

/// A decider of a service that knows nothing yet; `generation` is how many stood in its place before.
pub(super) fn decider(
    plan: &Plan,
    streams: Streams,
    (number, decider): (usize, u32),
    generation: u32,
) -> Decider {
    let settings = &plan.system.services[number];
    let own = &plan.services[number];
    // The first in a place has the numbers that it has where no other ever comes.
    let named = |purpose: Purpose| {
        let key = mix(streams.key(purpose, named(&settings.name)), u64::from(decider));
        if generation == 0 { key } else { mix(key, u64::from(generation)) }
    };
    Decider {
        balancers: vec![
            Balancer::new(&settings.balancing.policy, &own.speed);
            settings.balancing.spread.pools(plan.zone_regions.len())
        ],
        subset: settings
            .balancing
            .subset
            .map(|size| Box::new(Subset::new(named(Purpose::Subset), own.speed.len() as u32, size))),
        stream: seeded(named(Purpose::Balancing)),
        view: if has_views(plan, number) { decider } else { 0 },
        outstanding: vec![0; own.speed.len()],
        watch: settings.outlier_detection.as_ref().map(|detection| {
            Box::new(Watch::new(detection, own.speed.len(), seeded(named(Purpose::Outlier))))
        }),
    }
}

fn processes(plan: &Plan, streams: Streams) -> Vec<FaultProcess> {
    (0..plan.processes.len() as u32).map(|process| self::process(plan, streams, (process, 0))).collect()
}

/// A fault at a unit that has not struck yet; `generation` is how many were struck in the same place before.
pub(super) fn process(plan: &Plan, streams: Streams, (number, generation): (u32, u32)) -> FaultProcess {
    let fault = plan.fault(number);
    let unit = &fault.units[plan.processes[number as usize].unit as usize];
    let key = mix(streams.key(Purpose::Failure, named(&fault.name)), named(&unit.name));
    FaultProcess {
        key: if generation == 0 { key } else { mix(key, u64::from(generation)) },
        occurrence: 0,
        handle: None,
        due: SimTime::NEVER,
        left: None,
        incidents: 0,
        is_active: false,
    }
}

fn parts(plan: &Plan) -> Parts {
    let several = |count: usize| vec![Part::new(0); count];
    let of_service = |number: usize| {
        let present = plan.system.services[number].present as usize;
        let absent = Part { is_up: false, since: SimTime::NEVER, ..Part::new(0) };
        (0..plan.services[number].speed.len())
            .map(move |local| if local < present { Part::new(0) } else { absent })
    };
    // Of a fleet that grows there may be too few at first.
    let service =
        |service: &model::Service| Part { is_up: service.present >= service.quorum, ..Part::new(0) };
    let services: Vec<Part> = plan.system.services.iter().map(service).collect();
    let mut blocks = several(plan.system.blocks.len());
    for block in &plan.block_order {
        blocks[*block as usize].is_up = plan.system.blocks[*block as usize].is_up(|member| match member {
            Member::Service(service) => services[service.index()].is_up,
            Member::Block(inner) => blocks[inner.index()].is_up,
        });
    }
    Parts {
        replicas: (0..plan.services.len()).flat_map(of_service).collect(),
        zones: several(plan.zone_regions.len()),
        regions: several(plan.system.regions.len()),
        services,
        blocks,
        faults: vec![UpTime::default(); plan.system.faults.len()],
        first_outage: None,
    }
}
