//! What changes of instances without anything else of a run.

use super::{Instance, PoolId, Prewarming};
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::world::Cx;
use crate::kernel::calendar::Rank;
use crate::model::function::Waits;
use crate::units::{SimDuration, SimTime};

impl Fleet {
    /// The empty seat of the lowest number for an instance.
    pub(super) fn lowest_absent(&self, id: PoolId) -> Option<u32> {
        self.seats.lowest_absent((id.service, self.pool(id)?.part))
    }

    /// A start for whoever waits first no longer holds room for it.
    pub(super) fn unreserve(&mut self, id: PoolId, r: u32) {
        let Some(pool) = self.pool_mut(id) else { return };
        let Instance { cause, is_provisioned, version, .. } = *pool.instance(r);
        if pool.waits == Waits::First && cause.is_some() && !is_provisioned {
            pool.of_mut(version).starting -= 1;
            self.give_room(id);
        }
    }

    /// Counts a fault of a place among what keeps a function from starting instances there; whether it does.
    pub(super) fn strike_function(
        &mut self,
        plan: &Plan,
        process: u32,
        (id, begins): (PoolId, bool),
    ) -> bool {
        let place = plan.places[process as usize];
        let of = plan.processes[process as usize];
        let unit = &plan.system.faults[of.fault as usize].units[of.unit as usize];
        let Some(pool) = self.pool_mut(id).filter(|_| !place.is_inner) else { return false };
        // The whole service is struck where such a seat is in which nobody sits.
        let door = pool.door;
        let is_whole =
            place.zone.is_none() && place.region.is_none() && unit.replicas.iter().any(|one| one.0 == door);
        let mut is_struck = false;
        for (zone, struck) in &mut pool.zones {
            let region = plan.zone_regions[*zone as usize];
            if is_whole || place.zone == Some(*zone) || place.region == Some(region) {
                *struck = if begins { *struck + 1 } else { *struck - 1 };
                is_struck = true;
            }
        }
        is_struck
    }

    /// Something keeps a function from starting instances anywhere, or ceases to.
    pub(super) fn close_zones(&mut self, id: PoolId, begins: bool) {
        let Some(pool) = self.pool_mut(id) else { return };
        for (_, struck) in &mut pool.zones {
            *struck = if begins { *struck + 1 } else { *struck - 1 };
        }
    }

    /// An instance that is up and has room stands where it can be found.
    pub(super) fn shelve(&mut self, id: PoolId, r: u32) {
        let replica = &self.replicas[r as usize];
        let (requests, is_full) = (replica.busy, replica.busy >= replica.slots);
        let Some(pool) = self.pools[id.pool].as_deref_mut() else { return };
        if !is_full && pool.instance(r).shelved.is_none() {
            pool.put_on_shelf(r, requests, false);
        }
    }

    /// Since when a function has nothing to do, if so [ns].
    pub(super) fn rests_since(&self, id: PoolId) -> Option<u64> {
        self.pool(id).and_then(|pool| pool.rests_since)
    }

    /// Whether an instance of a version starts that has room for one more request.
    pub(super) fn has_start_to_join(&self, id: PoolId, version: u8) -> bool {
        self.pool(id).is_some_and(|pool| !pool.of(version).joinable.is_empty())
    }

    /// How many requests of a version wait that have no instance.
    pub(super) fn waiting_for(&self, id: PoolId, version: u8) -> u32 {
        self.pool(id).map_or(0, |pool| self.replicas[pool.door_of(version) as usize].queue.waiting)
    }

    /// How many requests wait that have no instance, of all versions.
    pub(super) fn waiting_at_doors(&self, id: PoolId) -> u32 {
        let Some(pool) = self.pool(id) else { return 0 };
        pool.versions().map(|version| self.replicas[pool.door_of(version) as usize].queue.waiting).sum()
    }

    /// A function took a request in; `rested` says since when it had nothing to do, if so [ns].
    pub(super) fn note_invocation<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        id: PoolId,
        rested: Option<u64>,
    ) {
        let Some(pool) = self.pool_mut(id) else { return };
        if let Some(since) = rested {
            pool.run_again(since, cx.now);
        }
        if let Some(prewarming) = pool.prewarming.take() {
            cx.clock.calendar.cancel(prewarming.handle);
        }
    }

    /// Plans the start of an instance for a request that will come.
    pub(super) fn plan_prewarming<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        id: PoolId,
        after: SimDuration,
        (kept, version): (u64, u8),
    ) {
        let at = SimTime::from_nanos(cx.now) + after;
        let handle = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Prewarm(id.pool as u32));
        if let Some(pool) = self.pool_mut(id) {
            pool.prewarming = handle.map(|handle| Prewarming { handle, kept, version });
        }
    }

    /// What waits is looked at when there is a token again for a start.
    pub(super) fn wake_when_possible<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) {
        if self.waiting_at_doors(id) == 0 || !self.has_room(id) {
            return;
        }
        let has_way = self.has_way(id);
        let Some(due) = self.next_start(id, cx.now) else { return };
        let Some(pool) = self.pool_mut(id) else { return };
        if pool.alive >= pool.max && !has_way || pool.waking.is_some() {
            return;
        }
        let at = SimTime::from_nanos(due.max(cx.now));
        pool.waking = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Token(id.pool as u32));
    }
}
