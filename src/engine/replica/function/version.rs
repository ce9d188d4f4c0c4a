//! Several versions of one function: who may take the place of whom, and what each has of its own.

use super::{Instance, PoolId};
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::plan::version::version_of;
use crate::engine::replica::Fleet;
use crate::engine::task::Task;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::fault::Crash;
use crate::model::fleet::start::Start;
use crate::units::SimTime;

impl Fleet {
    /// The version of the instance in a seat.
    pub(in crate::engine) fn version_at(&self, number: usize, r: u32) -> u8 {
        let of_replica = || self.seats.all.get(r as usize).map_or(0, |seat| seat.release.version);
        self.pool(self.pool_at(number, r)).map_or_else(of_replica, |pool| pool.instance(r).version)
    }

    /// How whoever sits in a seat starts.
    pub(in crate::engine) fn start_of<'p>(&self, plan: &'p Plan, (number, r): (usize, u32)) -> &'p Start {
        let version = version_of(&plan.system, number, self.version_at(number, r));
        version.map_or(&plan.system.services[number].start, |version| &version.start)
    }

    /// How fast whoever sits in a seat works.
    pub(in crate::engine) fn speed_of(&self, plan: &Plan, (number, r): (usize, u32)) -> f64 {
        let own = || plan.services[number].speed[(r - plan.services[number].first) as usize];
        let version = version_of(&plan.system, number, self.version_at(number, r));
        version.map_or_else(own, |version| version.speed)
    }

    /// Of those who wait for a version, the one that has waited longest for each: since when, and for which [ns].
    pub(super) fn heads(&self, id: PoolId, tasks: &[Task]) -> Vec<(u64, u8)> {
        let Some(pool) = self.pool(id) else { return Vec::new() };
        let head = |version: u8| {
            let queue = self.replicas[pool.door_of(version) as usize].queue;
            (queue.waiting > 0).then(|| (tasks[queue.head].enqueued, version))
        };
        pool.versions().filter_map(head).collect()
    }

    /// How many requests wait for which no instance starts, where those who wait first get the first.
    pub(super) fn waiting_in_vain(&self, id: PoolId) -> u32 {
        let Some(pool) = self.pool(id) else { return 0 };
        let of = |version| self.waiting_for(id, version).saturating_sub(pool.of(version).starting);
        pool.versions().map(of).sum()
    }

    /// Whether an instance without work could go, so that one of another version starts in its place.
    pub(super) fn has_way(&self, id: PoolId) -> bool {
        let Some(pool) = self.pool(id).filter(|pool| pool.has_versions()) else { return false };
        let mut waited = pool.versions().filter(|version| self.waiting_for(id, *version) > 0);
        waited.any(|version| self.idle_of_others(id, version).is_some())
    }

    /// One that is ready and has nothing to do may make way for who waits: they are looked at in an event of its own, as
    /// starts that take no time would follow each other without end.
    pub(super) fn offer_way<L: Listener>(&self, cx: &mut Cx<'_, L>, id: PoolId, r: u32) {
        if self.is_idle(r) && self.waiting_at_doors(id) > 0 {
            let at = SimTime::from_nanos(cx.now);
            cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Token(id.pool as u32));
        }
    }

    /// The instance without work that has been free for the longest time, of all versions but one.
    fn idle_of_others(&self, id: PoolId, version: u8) -> Option<u32> {
        let pool = self.pool(id)?;
        let others = pool.versions().filter(|other| *other != version);
        let open = others.flat_map(|other| pool.of(other).open.instances());
        let idle = open.filter(|r| self.replicas[*r as usize].busy == 0);
        idle.min_by_key(|r| pool.instance(*r).freed)
    }
}

impl State {
    /// Where there may be no more instances, one without work of another version goes for one that could start.
    pub(super) fn make_way<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, version: u8) {
        let Some(pool) = self.fleet.pool(id) else { return };
        if !pool.has_versions() || pool.alive < pool.max || !pool.can_start(version) {
            return;
        }
        if !self.fleet.has_start(id, cx.now) {
            return;
        }
        if let Some(r) = self.fleet.idle_of_others(id, version) {
            self.end_instance(cx, id, r);
        }
    }
}

impl State {
    /// A bad release of a version begins to keep its instances from starting, as it crashes, or ceases to. Whoever waits for
    /// one then would stand in the way of others.
    pub(super) fn strike_version<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (service, version): (usize, u8),
        crash: Option<Crash>,
    ) {
        for id in self.fleet.pools_of(service) {
            let Some(pool) = self.fleet.pool_mut(id) else { continue };
            let door = pool.door_of(version);
            let struck = &mut pool.of_mut(version).struck;
            if let Some(crash) = crash {
                *struck += 1;
                self.lose_waiting(cx, door, crash);
            } else {
                *struck -= 1;
                self.fit_provisioned(cx, id);
            }
            self.serve_waiting(cx, id);
        }
    }
}

impl Instance {
    /// A provisioned one of a version.
    pub(super) fn provisioned(version: u8) -> Self {
        Self { is_provisioned: true, version, ..Self::default() }
    }
}
