//! Services and replicas at time 0.

use crate::engine::id::TaskId;
use crate::engine::plan::monitor::watches_attempts;
use crate::engine::plan::path::{
    Path, first_call, is_guarded, is_in_turn, is_plain, is_plain_itself, is_poisoned, is_pooled, is_tied,
    waits_for_turns,
};
use crate::engine::plan::{NONE, Plan, one_each};
use crate::engine::replica::Fleet;
use crate::engine::replica::admission::{admission, admissions};
use crate::engine::replica::condition::Condition;
use crate::engine::replica::dependency::missing;
use crate::engine::replica::discipline::{asked_queue, asked_queues};
use crate::engine::replica::function::setup::{accounts, pools};
use crate::engine::replica::gateway::buckets;
use crate::engine::replica::load_report::Meter;
use crate::engine::replica::odometer::Odometer;
use crate::engine::replica::population::setup::populations;
use crate::engine::replica::processor_sharing::Sharing;
use crate::engine::replica::seat::Seats;
use crate::engine::replica::service::{Queue, Replica, Service};
use crate::engine::replica::standby::Standbys;
use crate::kernel::stream::Streams;
use crate::model::balancing::{LoadNeeded, Needs};
use crate::model::fault::FaultClock;
use crate::model::fleet::{Concurrency, Service as Settings, Slot};
use crate::model::function::Function;
use crate::model::monitoring::Knowledge;
use crate::model::monitoring::outlier::OutlierSettings;
use crate::model::queue::Discipline;

impl Fleet {
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        let pools = pools(plan, streams);
        Self {
            services: (0..plan.services.len()).map(|number| service(plan, number)).collect(),
            replicas: (0..plan.replicas.len()).map(|number| replica(plan, number)).collect(),
            seats: Seats::new(plan, streams),
            conditions: vec![Condition::default(); plan.replicas.len()],
            missing: missing(plan),
            odd: vec![0; plan.services.len()],
            levels: levels(plan),
            sharing: sharing(plan),
            admissions: admissions(plan),
            throttles: Vec::new(),
            buckets: buckets(plan),
            asked_queues: asked_queues(plan),
            meters: meters(plan),
            odometers: odometers(plan),
            populations: populations(plan, streams),
            accounts: accounts(plan, &pools),
            pools,
            probers: one_each(plan, (0..plan.services.len()).any(|number| waits_for_turns(plan, number))),
            standbys: Standbys::new(plan, streams),
        }
    }

    /// The record of a replica that starts in a seat: nothing is left of who was there before.
    pub(in crate::engine) fn renew_replica(&mut self, plan: &Plan, r: u32) {
        let place = r as usize;
        let own = replica(plan, place);
        let service = own.service as usize;
        self.replicas[place] = Replica { works: false, takes: false, ..own };
        if let Some(sharing) = self.sharing.get_mut(place) {
            *sharing = Sharing::default();
        }
        if !plan.services[service].shared_queue {
            if let Some(own) = self.admissions.get_mut(place) {
                *own = admission(plan, service);
            }
            if let Some(order) = self.asked_queues.get_mut(place) {
                *order = asked_queue(plan, service);
            }
        }
        if let Some(meter) = self.meters.get_mut(place) {
            *meter = Meter::default();
        }
    }
}

/// One for each replica where a service needs them, otherwise none.
fn meters(plan: &Plan) -> Vec<Meter> {
    let is_metered = |number: usize| is_metered(&plan.system.services[number].balancing.policy.needs());
    one_each(plan, (0..plan.services.len()).any(is_metered))
}

/// One for each replica where controllers read those of any service, otherwise none.
fn odometers(plan: &Plan) -> Vec<Odometer> {
    if !plan.system.services.iter().any(Settings::is_read) {
        return Vec::new();
    }
    (0..plan.replicas.len()).map(|number| Odometer::new(&replica(plan, number))).collect()
}

/// One for each replica where a service shares its processors, otherwise none.
fn sharing(plan: &Plan) -> Vec<Sharing> {
    let mut services = plan.system.services.iter();
    one_each(plan, services.any(|one| one.queue.policy.discipline() == Discipline::ProcessorSharing))
}

const fn is_metered(needs: &Needs) -> bool {
    needs.reports.is_some() || needs.probes
}

fn service(plan: &Plan, number: usize) -> Service {
    let settings = &plan.system.services[number];
    let own = &plan.services[number];
    let needs = settings.balancing.policy.needs();
    let (ejects, is_watched) = (settings.outlier_detection.is_some(), watches_attempts(plan, number));
    let observes = settings.health_check.as_ref().is_some_and(|check| check.error_limit.is_some());
    let hears = (needs.outcomes || ejects || is_watched || observes) && !own.shared_queue;
    let counts_own = counts_own(settings, needs.load) && !own.shared_queue;
    let is_told_load = (needs.load != LoadNeeded::None && !counts_own) || needs.probes;
    let counts_load = is_told_load || knows_loads(settings, &needs);
    let has_service_queue = own.shared_queue || settings.is_buffered();
    let is_sharing = settings.queue.policy.discipline() == Discipline::ProcessorSharing;
    let is_special = is_special(plan, number);
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
        is_plain: !counts_load && !has_instances(settings) && is_plain(plan, number),
        skips_policy: !is_told_load && is_plain_itself(plan, number),
        is_tied: is_tied(plan, number),
        is_special,
        is_always_special: is_special,
        has_service_queue,
        is_shared_queue: own.shared_queue,
        is_buffered: settings.is_buffered(),
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
        is_read: settings.is_read(),
        reads_session: settings.balancing.needs_sessions(),
        sends_probes: needs.probes,
        has_patience: settings.queue.patience.is_some(),
        is_pool: is_pooled(plan, number) && !hears,
        is_function: settings.function.is_some(),
        is_population: settings.population.is_some(),
        door: door(settings, own.shared_queue),
        has_regions: settings.has_regions(),
        several_deciders: own.all_deciders() > 1,
        feeds: plan.queues.feeds(number),
        takes_from: plan.queues.consumed_by(number),
        consumes: plan.queues.consumes(&plan.system, number),
        only: NONE,
        number: number as u16,
        slots: slots(plan, number),
        discipline: settings.queue.policy.discipline(),
        keeps_keys: keeps_keys(settings),
        is_replicated: is_replicated(plan, number),
        has_admission: settings.admission.is_some() || settings.gateway.is_some(),
        capacity: settings.queue.capacity.unwrap_or(u32::MAX),
        turn: 0,
        first: own.first,
        queue: Queue::EMPTY,
        load: vec![0; settings.replicas.len()],
        free: if has_service_queue { (0..settings.serving()).collect() } else { Vec::new() },
        up: settings.serving(),
    }
}

/// Whether what takes jobs out of a queue of the service that buffers at times knows what is in each replica, whatever
/// deciders count.
fn knows_loads(settings: &Settings, needs: &Needs) -> bool {
    settings.is_buffered() && needs.load != LoadNeeded::None
}

/// Whether deciders count what they have sent themselves; not so at a queue that all share, which chooses among free slots by
/// what is in each replica.
const fn counts_own(settings: &Settings, load: LoadNeeded) -> bool {
    match load {
        LoadNeeded::None => false,
        LoadNeeded::Own => true,
        LoadNeeded::Known => matches!(settings.balancing.knowledge, Knowledge::Checked),
    }
}

/// Whether attempts get instances that come with them.
const fn has_instances(settings: &Settings) -> bool {
    settings.function.is_some() || settings.population.is_some()
}

/// Whether a copy of the data of a service has a place, to which its writes go.
fn is_replicated(plan: &Plan, number: usize) -> bool {
    let mut copies = plan.system.replications.iter();
    copies.any(|copy| copy.of.index() == number && copy.sides.is_some())
}

/// Whether what its attempts do is known by their keys, or by those of their messages.
fn keeps_keys(settings: &Settings) -> bool {
    settings.idempotency.is_some() || settings.events.is_some()
}

/// Whether anything is drawn or asked at the start of service but its demand.
fn is_special(plan: &Plan, number: usize) -> bool {
    let settings = &plan.system.services[number];
    settings.error_ratio.get() > 0.0
        || plan.queues.consumes(&plan.system, number)
        || keeps_keys(settings)
        || is_replicated(plan, number)
        || is_poisoned(plan, number)
        || settings.versions.is_some()
        || settings.population.is_some()
        || settings.function.as_ref().is_some_and(Function::is_special)
}

/// The replica to which all attempts go at first, of a function in several regions in the first of these.
fn door(settings: &Settings, is_shared: bool) -> u32 {
    match (&settings.function, is_shared) {
        (Some(function), _) => function.regions[0].door(settings.version_count()),
        (None, true) => 0,
        (None, false) => NONE,
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
    let settings = &plan.system.services[service as usize];
    let is_there = settings.serves(local as u32);
    // Who is there at the start of a function is provisioned.
    let provisioned =
        settings.versions.as_ref().map(|versions| versions.all[usize::from(versions.provisioned)].speed);
    let speed = provisioned.unwrap_or(plan.services[service as usize].speed[local]);
    Replica {
        queue: Queue::EMPTY,
        inside: Vec::new(),
        pace: 1.0 / speed,
        slots: slots(plan, service as usize),
        owed: 0,
        busy: 0,
        service,
        works: is_there,
        // Each attempt at a population needs an instance.
        takes: is_there && plan.system.services[service as usize].population.is_none(),
        is_crashed: false,
        has_busy_clock: plan.clocked[number].iter().any(|process| plan.fault(*process).clock.is_of_work()),
        has_load_clock: plan.clocked[number]
            .iter()
            .any(|process| plan.fault(*process).clock == FaultClock::Load),
    }
}

fn levels(plan: &Plan) -> Vec<Vec<(TaskId, TaskId)>> {
    let several =
        |number: usize| plan.system.services[number].queue.policy.discipline() == Discipline::Priority;
    if !(0..plan.services.len()).any(several) {
        return Vec::new();
    }
    let lists = |number: usize| {
        let count = if several(number) { plan.priorities.len() } else { 0 };
        vec![(TaskId::NONE, TaskId::NONE); count]
    };
    let replicas = plan.replicas.iter().map(|replica| lists(replica.service as usize));
    replicas.chain((0..plan.services.len()).map(lists)).collect()
}
