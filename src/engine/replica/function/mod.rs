//! Instances of functions: they come with the requests, wait for the next, and go.
//!
//! An instance sits in a seat of its service, as a replica of any fleet that changes does, and whatever happens to a
//! replica there happens to it: faults strike it, its zone goes down, it makes calls. Who gets it, and when there is one
//! more or one less, is decided here. A request that has no instance waits at the last seat, in which nobody ever sits.

mod instance;
mod invoke;
mod limit;
mod provisioned;
pub(super) mod setup;
mod state;
mod version;
mod waiting;
mod warm;

use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::kernel::calendar::Handle;
use crate::kernel::stream::{Draw, Purpose, draw, mix};
use crate::model::function::keep_alive::KeepAlive;
use crate::model::function::shelf::{Shelf, Standing};
use crate::model::function::tokens::Tokens;
use crate::model::function::{InstanceChoice, Surplus, Waits};
use crate::units::{SimDuration, SimTime};

/// The instances of a function in one region: its service, and their place among those of all functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct PoolId {
    pub(in crate::engine) service: usize,
    pub(in crate::engine) pool: usize,
}

/// The instances of one function in one region.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Pool {
    service: u32,
    /// Which part of the fleet of the service it is.
    part: usize,
    /// Of a function in several regions the places of its instances in all but the first, in the first.
    further: std::ops::Range<usize>,
    choice: InstanceChoice,
    waits: Waits,
    surplus: Surplus,
    /// The first seat, numbered through all services, and that where requests of the first version wait which have no
    /// instance; those of the others wait in the seats behind it.
    first: u32,
    door: u32,
    /// Requests that an instance serves at once.
    slots: u32,
    instances: Vec<Instance>,
    /// Those of the first version that have room for a request, and those of each other version.
    own: Shelves,
    others: Vec<Shelves>,
    /// The version of provisioned instances, how many are wanted, and how many of those start or are there.
    provisioned_version: u8,
    configured: u32,
    provisioned: u32,
    /// Whether it is about to be seen to that there are so many.
    is_fitting: bool,
    /// Instances that start, are up or struck, provisioned ones included, and how many there may be.
    alive: u32,
    max: u32,
    /// Requests that are not on provisioned instances, or starts for them, and how many there may be where the function has
    /// a number of its own.
    under_way: u32,
    on_demand: Option<u32>,
    /// Most requests that may wait while nothing starts for them.
    pending: u32,
    account: Option<u32>,
    /// Whether nothing limits its requests but its instances, none of which is provisioned, billed for its start or started
    /// for a request that will come.
    is_bare: bool,
    births: u64,
    frees: u64,
    starts: Option<Tokens>,
    rate: Option<Tokens>,
    keep_alive: KeepAlive,
    /// Whether starts are billed.
    bills_starts: bool,
    /// For how long each is kept, where that is more than nothing and always the same [ns].
    steady: Option<u64>,
    /// Requests on any instance, and since when there is none [ns].
    requests: u32,
    rests_since: Option<u64>,
    /// The zones in which instances may be, how many faults keep each from starting any, and whose turn it is.
    zones: Vec<(u32, u32)>,
    turn: usize,
    /// When requests that wait are looked at because a token comes.
    waking: Option<Handle>,
    /// When an instance is started because a request will come.
    prewarming: Option<Prewarming>,
    /// Names what is drawn for instances.
    key: u64,
}

/// The instances of one version that have room for a request.
#[derive(Debug, Clone, Default)]
struct Shelves {
    provisioned: Shelf,
    /// Others that are up, and others that start.
    open: Shelf,
    joinable: Shelf,
    /// Of all that start, how many do for whoever waits first.
    starting: u32,
    /// How many bad releases of the version keep any from starting.
    struck: u32,
}

/// The start of an instance for a request that will come.
#[derive(Debug, Clone, Copy)]
struct Prewarming {
    handle: Handle,
    /// Until when it is kept [ns].
    kept: u64,
    version: u8,
}

/// Why an instance is started.
#[derive(Debug, Clone, Copy)]
struct Cause {
    /// The attempt for which it is.
    key: u64,
    /// Whether that gets it at once.
    is_awaited: bool,
    version: u8,
}

/// An instance, in its seat.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked alone, at another point of its life")]
struct Instance {
    birth: u64,
    freed: u64,
    /// Requests with which it stands on a shelf, if it does.
    shelved: Option<u32>,
    /// When it was decided to start it, and when it is too old [ns].
    since: u64,
    too_old: u64,
    /// Until when it is kept that has nothing to do [ns].
    kept_until: u64,
    /// When that is planned to be looked at [ns].
    armed: Option<u64>,
    /// The attempt for which it was started.
    cause: Option<u64>,
    is_provisioned: bool,
    /// Whether it was, and is no longer wanted.
    is_released: bool,
    version: u8,
    /// How long its start took, where that is billed with its first request and was not yet [ns].
    unbilled: u64,
    /// Whether its next request pays for a start once more.
    is_reset: bool,
    /// Whether it goes as soon as it has nothing to do.
    is_dropped: bool,
    has_served: bool,
    /// Whether it has a request.
    is_busy: bool,
    /// Whether it is through with its start.
    is_ready: bool,
    /// Whether who started it gives it work at once.
    is_awaited: bool,
    /// Of one started because a request will come, until when it is kept [ns].
    prewarmed: Option<u64>,
}

/// What the functions of an account have under way.
#[derive(Debug, Clone)]
pub(in crate::engine) struct AccountState {
    pool: u32,
    under_way: u32,
    starts: Option<Tokens>,
    functions: Vec<u32>,
}

impl Instance {
    /// What is known of it where one is chosen, if it sits in this seat.
    #[inline(always)]
    const fn standing(&self, r: u32, requests: u32) -> Standing {
        Standing { instance: r, birth: self.birth, freed: self.freed, requests }
    }

    /// When the end of its time is to be looked at, where that is not planned, or only for later.
    #[inline(always)]
    fn arm(&mut self) -> Option<SimTime> {
        let is_new = self.armed.is_none_or(|armed| self.kept_until < armed) && self.kept_until < u64::MAX;
        if is_new {
            self.armed = Some(self.kept_until);
        }
        is_new.then(|| SimTime::from_nanos(self.kept_until))
    }
}

impl Pool {
    /// Whether there is a zone in which an instance could start.
    fn has_zone(&self) -> bool {
        self.zones.iter().any(|(_, struck)| *struck == 0)
    }

    /// Whether an instance of a version could start somewhere.
    fn can_start(&self, version: u8) -> bool {
        self.has_zone() && self.of(version).struck == 0
    }

    fn local(&self, r: u32) -> usize {
        (r - self.first) as usize
    }

    fn instance(&self, r: u32) -> &Instance {
        &self.instances[self.local(r)]
    }

    fn instance_mut(&mut self, r: u32) -> &mut Instance {
        let local = self.local(r);
        &mut self.instances[local]
    }

    fn standing(&self, r: u32, requests: u32) -> Standing {
        self.instance(r).standing(r, requests)
    }

    /// The instances of a version that have room.
    fn of(&self, version: u8) -> &Shelves {
        version.checked_sub(1).map_or(&self.own, |other| &self.others[usize::from(other)])
    }

    fn of_mut(&mut self, version: u8) -> &mut Shelves {
        version.checked_sub(1).map_or(&mut self.own, |other| &mut self.others[usize::from(other)])
    }

    /// Whether there is more than one version.
    fn has_versions(&self) -> bool {
        !self.others.is_empty()
    }

    /// All versions.
    fn versions(&self) -> std::ops::RangeInclusive<u8> {
        0..=self.others.len() as u8
    }

    /// Where requests of a version wait which have no instance.
    fn door_of(&self, version: u8) -> u32 {
        self.door + u32::from(version)
    }

    /// The version whose requests wait in a seat without an instance, if that is such a seat.
    fn version_at_door(&self, r: u32) -> Option<u8> {
        r.checked_sub(self.door).map(|version| version as u8)
    }

    /// The shelf on which an instance stands that has room.
    fn shelf(&mut self, r: u32, starts: bool) -> &mut Shelf {
        let Instance { is_provisioned, version, .. } = *self.instance(r);
        let shelves = self.of_mut(version);
        match (is_provisioned, starts) {
            (true, _) => &mut shelves.provisioned,
            (false, false) => &mut shelves.open,
            (false, true) => &mut shelves.joinable,
        }
    }

    /// Something runs again that has rested since an instant [ns].
    #[inline(never)]
    fn run_again(&mut self, since: u64, now: u64) {
        self.rests_since = None;
        self.keep_alive.ran_again(SimDuration::from_nanos(now - since));
    }

    /// An instance is free from now on, after all that became so before.
    fn note_freed(&mut self, r: u32) {
        self.frees += 1;
        let frees = self.frees;
        self.instance_mut(r).freed = frees;
    }

    /// An instance with so many requests has room for another.
    fn put_on_shelf(&mut self, r: u32, requests: u32, starts: bool) {
        let standing = self.standing(r, requests);
        let choice = self.choice;
        self.instance_mut(r).shelved = Some(requests);
        self.shelf(r, starts).put(choice, &standing);
    }

    /// An instance is to have no request for now.
    fn take_off_shelf(&mut self, r: u32) {
        let Some(requests) = self.instance_mut(r).shelved.take() else { return };
        let standing = self.standing(r, requests);
        let choice = self.choice;
        let version = self.instance(r).version;
        let shelves = self.of_mut(version);
        let is_found = [&mut shelves.provisioned, &mut shelves.open, &mut shelves.joinable]
            .into_iter()
            .any(|shelf| shelf.remove(choice, &standing));
        debug_assert!(is_found, "an instance stands where it was put");
    }

    /// What is drawn for the occupant of a seat.
    fn draw(&self, r: u32, generation: u32, purpose: Purpose) -> Draw {
        let key = mix(mix(self.key, u64::from(r - self.first)), u64::from(generation));
        draw(key, purpose)
    }
}

impl Fleet {
    fn pool(&self, id: PoolId) -> Option<&Pool> {
        self.pools.get(id.pool).and_then(Option::as_deref)
    }

    fn pool_mut(&mut self, id: PoolId) -> Option<&mut Pool> {
        self.pools.get_mut(id.pool).and_then(Option::as_deref_mut)
    }

    /// Where the instances of a function are in all its regions but the first.
    fn further(&self, service: usize) -> std::ops::Range<usize> {
        self.pools.get(service).and_then(Option::as_deref).map_or(0..0, |pool| pool.further.clone())
    }

    /// The instances of a service in each region, in the order of regions, if it is a function.
    fn pools_of(&self, service: usize) -> impl Iterator<Item = PoolId> + use<> {
        let first = self.pools.get(service).is_some_and(Option::is_some).then_some(service);
        first.into_iter().chain(self.further(service)).map(move |pool| PoolId { service, pool })
    }

    /// The instances of a service among which a seat is.
    #[inline]
    pub(in crate::engine) fn pool_at(&self, service: usize, r: u32) -> PoolId {
        let further = self.further(service);
        let pool = if further.is_empty() { service } else { self.pool_among(further, (service, r)) };
        PoolId { service, pool }
    }

    /// The same of a service in several regions, whose seats are in the order of these.
    fn pool_among(&self, further: std::ops::Range<usize>, (service, r): (usize, u32)) -> usize {
        let begins = |place: &usize| self.pools[*place].as_deref().is_some_and(|pool| pool.first <= r);
        further.rev().find(begins).unwrap_or(service)
    }

    /// The instances in a place among those of all functions.
    fn pool_in(&self, pool: u32) -> PoolId {
        let pool = pool as usize;
        let own = self.pools.get(pool).and_then(Option::as_deref);
        PoolId { service: own.map_or(pool, |pool| pool.service as usize), pool }
    }

    /// Where requests to a function come in that have no instance: a seat in each of its regions.
    pub(in crate::engine) fn doors(&self, service: usize) -> impl Iterator<Item = u32> {
        self.pools_of(service).filter_map(|id| Some(self.pool(id)?.door))
    }

    /// What a function has in all regions, of which this is one.
    fn sum_of(&self, id: PoolId, of: fn(&Pool) -> u32) -> u32 {
        self.pools_of(id.service).filter_map(|one| self.pool(one)).map(of).sum()
    }

    /// Whether there is a zone, in any region, in which a function could start an instance.
    pub(in crate::engine) fn has_zone(&self, service: usize) -> bool {
        self.pools_of(service).any(|id| self.pool(id).is_none_or(Pool::has_zone))
    }

    /// The same of one region.
    pub(in crate::engine) fn has_zone_in(&self, plan: &Plan, service: usize, region: u32) -> bool {
        let is_there =
            |pool: &Pool| plan.zone_regions[self.seats.zones[pool.door as usize] as usize] == region;
        self.pools_of(service).filter_map(|id| self.pool(id)).any(|pool| is_there(pool) && pool.has_zone())
    }

    /// The attempt for which the instance in a seat starts, if it does for one.
    pub(in crate::engine) fn cause_of_start(&self, number: usize, r: u32) -> Option<u64> {
        self.pool(self.pool_at(number, r)).and_then(|pool| pool.instance(r).cause)
    }

    /// Whether the instance in a seat is a provisioned one.
    pub(in crate::engine) fn is_provisioned(&self, number: usize, r: u32) -> bool {
        self.pool(self.pool_at(number, r)).is_some_and(|pool| pool.instance(r).is_provisioned)
    }
}
