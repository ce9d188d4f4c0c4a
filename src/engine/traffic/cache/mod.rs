//! Caches in front of services: an attempt asks the cache before a replica is chosen for it. What the cache answers never
//! comes near a replica; what it lacks is fetched by the attempt itself, whose answer fills it.

mod aside;
mod fetch;
mod look_up;
mod loss;
mod write;

use std::collections::BTreeMap;

use crate::engine::id::TaskId;
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::record::metrics::Sample;
use crate::engine::task::{Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::kernel::slab::{Id, Slab};
use crate::kernel::stream::{Purpose, Streams, draw, mix};
use crate::measure::{CacheMeasure, Poured};
use crate::model::cache::{Cache, CachePer, CacheStart, CachedCopy, Store, Writes};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// The caches of one service while they run.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Caches {
    stores: Vec<Store>,
    /// By cache and key the latest fetch.
    flights: Vec<Vec<Flight>>,
    /// Who waits for the fetch of a key in a cache.
    waiters: BTreeMap<(u32, u32), Vec<(TaskId, u64)>>,
    /// By key when it was last written, where anybody writes, and the last write of which other caches know.
    written: Vec<SimTime>,
    told: Vec<SimTime>,
    /// Writes of which other caches are to learn: key, and when.
    untold: Slab<(u32, SimTime)>,
    /// What makes them forget at this time.
    losses: Vec<loss::Loss>,
    counts: CacheMeasure,
    age: Sample,
}

/// A fetch: its attempt's record, to be compared with its key, and when it began.
#[derive(Debug, Clone, Copy)]
struct Flight {
    task: TaskId,
    name: u64,
    asked: SimTime,
}

impl Flight {
    const NONE: Self = Self { task: TaskId::NONE, name: 0, asked: SimTime::ZERO };
}

/// What an attempt has to do with a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// Nothing, or nothing any more: its answer is on its way.
    #[default]
    None,
    /// It fetches what the cache lacks.
    Fetch,
    /// It fetches what the cache has but will not have for long; nobody waits for it.
    Refresh,
    /// It waits for the fetch of another.
    Wait,
    /// It gets an answer in place of its calls, or a failure.
    Answered(Option<Reason>),
    /// It writes.
    Write,
}

/// What is known of a task that passed a cache.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Looked {
    /// The task's key: its record may have a new owner.
    name: u64,
    store: u32,
    key: u32,
    part: Part,
    /// When the service was asked.
    asked: SimTime,
}

/// One for each service, where any has a cache.
pub(in crate::engine) fn caches(plan: &Plan, streams: Streams) -> Vec<Option<Box<Caches>>> {
    if !plan.has_caches {
        return Vec::new();
    }
    let services = plan.system.services.iter();
    services
        .map(|service| {
            let settings = service.cache.as_deref()?;
            let name = named(&service.name);
            let seed = streams.key(Purpose::Eviction, name);
            let places = places(plan, settings.per, service.replicas.len());
            let count = places.len();
            let keys = settings.popularity.keys() as usize;
            let writes = if settings.writes.is_some() { keys } else { 0 };
            let mut stores: Vec<Store> =
                places.iter().map(|place| Store::new(settings, mix(seed, *place))).collect();
            if settings.start == CacheStart::Warm {
                let seed = streams.key(Purpose::CopyAge, name);
                warm(settings, &mut stores, places.iter().map(|place| mix(seed, *place)));
            }
            Some(Box::new(Caches {
                stores,
                flights: vec![vec![Flight::NONE; keys]; count],
                waiters: BTreeMap::new(),
                written: vec![SimTime::ZERO; writes],
                told: vec![SimTime::ZERO; writes],
                untold: Slab::default(),
                losses: Vec::new(),
                counts: CacheMeasure::default(),
                age: Sample::default(),
            }))
        })
        .collect()
}

/// What names the place of each cache of a service, whatever other places there are.
fn places(plan: &Plan, per: CachePer, replicas: usize) -> Vec<u64> {
    let regions = plan.system.regions.iter();
    match per {
        CachePer::Service => vec![0],
        CachePer::Seat => (0..replicas as u64).collect(),
        CachePer::Region => regions.map(|region| named(&region.name)).collect(),
        CachePer::Zone => regions
            .flat_map(|region| (0..region.zones).map(|zone| mix(named(&region.name), u64::from(zone))))
            .collect(),
    }
}

/// Fills caches with what is asked for most; what is left of each copy's time is drawn evenly.
fn warm(settings: &Cache, stores: &mut [Store], seeds: impl Iterator<Item = u64>) {
    let held = settings.capacity.unwrap_or(u32::MAX).min(settings.popularity.keys());
    let keys = settings.popularity.most_asked(held);
    for (store, seed) in stores.iter_mut().zip(seeds) {
        // What is asked for most comes last, so that it goes last.
        for key in keys.iter().rev() {
            let mut random = draw(mix(seed, u64::from(*key)), Purpose::CopyAge);
            let fresh = settings.ttl.as_ref().map(|ttl| ttl.sample(&mut random));
            let left = fresh.map(|fresh| SimDuration::from_secs(fresh.as_secs() * random.random::<f64>()));
            let (asked, stale_at) = (SimTime::ZERO, until(SimTime::ZERO, left));
            store.fill(*key, CachedCopy { asked, stale_at, took: 0, failure: None, is_wrong: false });
        }
    }
}

/// For how long a copy that is fetched or renewed at an attempt is fresh; `None` is for ever.
fn freshness(settings: &Cache, key: u64) -> Option<SimDuration> {
    let mut random = draw(key, Purpose::Freshness);
    let ttl = settings.ttl.as_ref()?.sample(&mut random);
    let jitter = settings.jitter.get();
    if jitter <= 0.0 {
        return Some(ttl);
    }
    Some(SimDuration::from_secs(ttl.as_secs() * (1.0 + jitter * (2.0 * random.random::<f64>() - 1.0))))
}

/// Until when what lasts so long from `at` on lasts.
fn until(at: SimTime, lasts: Option<SimDuration>) -> SimTime {
    lasts.map_or(SimTime::NEVER, |lasts| at + lasts)
}

impl Caches {
    /// A copy was fetched, or written, by an attempt that is measured or not.
    fn bring(&mut self, settings: &Cache, looked: Looked, (now, is_wrong, measured): (SimTime, bool, u64)) {
        if self.has_lost(looked) {
            return;
        }
        let stale_at = until(looked.asked, freshness(settings, looked.name));
        let took = now.since(looked.asked).as_nanos();
        let copy = CachedCopy { asked: looked.asked, stale_at, took, failure: None, is_wrong };
        let has_evicted = self.stores[looked.store as usize].fill(looked.key, copy);
        self.counts.evictions += measured * u64::from(has_evicted);
    }

    /// How old the copy is that answers where a fetch failed, if there is one that may (ns).
    fn old_copy(&self, settings: &Cache, looked: Looked, now: SimTime) -> Option<u64> {
        let more = settings.stale_if_error?;
        let copy = self.stores[looked.store as usize].get(looked.key)?;
        let may = copy.failure.is_none() && now < copy.stale_at + more;
        may.then(|| now.since(copy.asked).as_nanos())
    }

    /// A fetch failed: for a while that is the answer, where failures are kept and there is no other.
    fn keep_failure(&mut self, settings: &Cache, looked: Looked, (now, reason): (SimTime, Reason)) {
        let is_lost = self.has_lost(looked);
        let store = &mut self.stores[looked.store as usize];
        let is_known = |copy: &CachedCopy| copy.failure.is_none() && now < copy.stale_at;
        let is_its_own = reason == Reason::ClientError;
        if is_its_own || is_lost || store.get(looked.key).is_some_and(is_known) {
            return;
        }
        if let Some(negative) = settings.negative_ttl {
            store.drop(looked.key);
            let took = now.since(looked.asked).as_nanos();
            let stale_at = now + negative;
            let copy =
                CachedCopy { asked: looked.asked, stale_at, took, failure: Some(reason), is_wrong: false };
            store.fill(looked.key, copy);
        }
    }

    /// How often they answered, and how often they were asked.
    fn looked_up(&self) -> (u64, u64) {
        (self.counts.hits, self.counts.lookups)
    }

    /// Whether nobody began to fetch the same after a task did.
    fn is_latest(&self, looked: Looked, t: TaskId) -> bool {
        let flight = self.flights[looked.store as usize][looked.key as usize];
        flight.task == t && flight.name == looked.name
    }

    /// Counts good answers of one age (ns) to measured attempts.
    fn note_answers(&mut self, count: u64, age: u64, are_stale: bool) {
        (0..count).for_each(|_| self.age.record(age));
        self.counts.stale += if are_stale { count } else { 0 };
    }

    /// What they did.
    pub(in crate::engine) fn measure(&mut self) -> CacheMeasure {
        CacheMeasure { age: self.age.tally(&Poured::default()), ..self.counts.clone() }
    }
}

impl Cache {
    /// What a request writes, if it does.
    fn writes_of(&self, request: u64) -> Option<&Writes> {
        let share = |writes: &&Writes| writes.share.get();
        self.writes
            .as_ref()
            .filter(|writes| draw(request, Purpose::CacheWrite).random::<f64>() < share(writes))
    }

    /// Whether a hit fetches a new copy although this one is fresh.
    fn fetches_early(&self, copy: &CachedCopy, name: u64, now: SimTime) -> bool {
        self.early.is_some_and(|early| {
            let uniform: f64 = draw(name, Purpose::EarlyFetch).random();
            let ahead = -early.beta * SimDuration::from_nanos(copy.took).as_secs() * uniform.ln();
            copy.stale_at != SimTime::NEVER && ahead >= copy.stale_at.since(now).as_secs()
        })
    }
}

impl Traffic {
    /// How often the caches of a service answered, and how often they were asked, by measured attempts.
    pub(in crate::engine) fn looked_up(&self, service: usize) -> Option<(u64, u64)> {
        Some(self.caches.get(service)?.as_ref()?.looked_up())
    }

    /// What is known of a task that passed a cache, if it did.
    fn looked(&mut self, t: TaskId) -> Option<&mut Looked> {
        let name = self.tasks[t].key;
        self.looked.get_mut(t.index()).filter(|looked| looked.name == name && looked.part != Part::None)
    }

    /// Notes what a task has to do with a cache.
    fn note_looked(&mut self, t: TaskId, looked: Looked) {
        if self.looked.len() <= t.index() {
            self.looked.resize(self.tasks.len(), Looked::default());
        }
        self.looked[t.index()] = looked;
    }

    /// Whether an attempt keeps a cache filled and has no caller.
    pub(in crate::engine) fn is_refresh(&mut self, t: TaskId) -> bool {
        self.looked(t).is_some_and(|looked| looked.part == Part::Refresh)
    }

    /// Notes that an attempt that was just given its record fetches what its cache lacks, or writes, if it does.
    #[inline(never)]
    pub(in crate::engine) fn begin_fetch(&mut self, t: TaskId) {
        let looked = std::mem::take(&mut self.fetching);
        if looked.part == Part::None {
            return;
        }
        self.take_off(t, looked);
    }

    /// A task goes to its service, to fetch or to write.
    fn take_off(&mut self, t: TaskId, looked: Looked) {
        self.note_looked(t, looked);
        let service = usize::from(self.tasks[t].service);
        if let Some(Some(caches)) = self.caches.get_mut(service)
            && looked.part != Part::Write
        {
            let Looked { store, key, name, asked, .. } = looked;
            caches.flights[store as usize][key as usize] = Flight { task: t, name, asked };
        }
    }

    /// A task that waited for the fetch of another fetches itself.
    fn fetch_itself(&mut self, t: TaskId, now: u64) {
        let asked = SimTime::from_nanos(now);
        self.take_off(t, Looked { part: Part::Fetch, asked, ..self.looked[t.index()] });
        let Task { service, flags, .. } = self.tasks[t];
        if let Some(Some(caches)) = self.caches.get_mut(usize::from(service)) {
            caches.counts.fetches += u64::from(flags & flag::MEASURED != 0);
        }
    }

    /// The latest fetch of a key, if it is under way.
    fn flight(&self, caches: &Caches, (store, key): (u32, u32)) -> Option<Flight> {
        let flight = caches.flights[store as usize][key as usize];
        if flight.task == TaskId::NONE {
            return None;
        }
        let task = &self.tasks[flight.task];
        let is_under_way = task.key == flight.name
            && task.flags & stage::MASK != stage::FREE
            && self.looked.get(flight.task.index()).is_some_and(|looked| {
                looked.name == flight.name && matches!(looked.part, Part::Fetch | Part::Refresh)
            });
        is_under_way.then_some(flight)
    }
}
