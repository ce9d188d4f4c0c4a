//! Provisioned instances: as many as are wanted start, and those that are too many go when they have no request.

use std::cmp::Ordering;

use super::{Instance, PoolId};
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::fleet::Life;
use crate::model::scaling::{Autoscaling, ScaleView};
use crate::units::{SimDuration, SimTime};

impl Fleet {
    /// The instances of a function in a region, which is a part of its fleet.
    fn pool_of_part(&self, (number, part): (usize, usize)) -> Option<PoolId> {
        self.pools_of(number).nth(part)
    }

    /// Whether an instance was provisioned and is no longer wanted.
    pub(super) fn is_released(&self, id: PoolId, r: u32) -> bool {
        self.pool(id).is_some_and(|pool| pool.instance(r).is_released)
    }

    /// Provisioned instances that are wanted, starting or there.
    fn provisioned(&self, id: PoolId) -> impl Iterator<Item = u32> {
        let pool = self.pool(id);
        let seats = pool.map_or(0..0, |pool| pool.first..pool.door);
        seats.filter(move |r| {
            self.seats.life(*r) != Life::Absent
                && pool.is_some_and(|pool| {
                    let instance = pool.instance(*r);
                    instance.is_provisioned && !instance.is_released
                })
        })
    }

    /// Provisioned instances as a controller sees them to which one is fresh for so long.
    pub(in crate::engine) fn look_at_provisioned(
        &self,
        (number, part): (usize, usize),
        (scaling, fresh): (&Autoscaling, SimDuration),
        now: u64,
    ) -> ScaleView<'static> {
        let desired = self.seats.fleets[number].as_ref().map_or(0, |fleet| fleet.parts[part].desired);
        let (mut starting, mut up, mut young, mut struck) = (0, 0, 0, 0);
        for r in self.pool_of_part((number, part)).into_iter().flat_map(|id| self.provisioned(id)) {
            let ready = self.seats.all[r as usize].ready;
            if self.seats.life(r) == Life::Starting {
                starting += 1;
            } else if self.replicas[r as usize].works {
                up += 1;
                young += u32::from(ready.is_some_and(|ready| ready.saturating_add(fresh.as_nanos()) > now));
            } else {
                struck += 1;
            }
        }
        ScaleView {
            now: SimTime::from_nanos(now),
            desired,
            starting,
            fresh: young,
            struck,
            min: scaling.min,
            max: scaling.max,
            ..ScaleView::settled(up, &[])
        }
    }

    /// Sets room for so many provisioned instances aside, used or not.
    fn set_aside(&mut self, id: PoolId, count: u32) {
        let shared = self.shares(id);
        let Some(pool) = self.pool_mut(id) else { return };
        if let Some(most) = &mut pool.on_demand {
            *most -= count;
        } else if let Some(account) = shared {
            self.accounts[account as usize].set_aside(count);
        }
    }

    /// Room that was set aside for so many is there for all again: those who wait for it are looked at in events of their
    /// own.
    pub(super) fn give_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, count: u32) {
        let shared = self.shares(id);
        let Some(pool) = self.pool_mut(id) else { return };
        let mut heirs = vec![id.pool as u32];
        if let Some(most) = &mut pool.on_demand {
            *most += count;
        } else if let Some(account) = shared {
            let account = &mut self.accounts[account as usize];
            account.give_back(count);
            heirs.clone_from(&account.functions);
        }
        for heir in heirs {
            if self.waiting_at_doors(self.pool_in(heir)) > 0 {
                let at = SimTime::from_nanos(cx.now);
                cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Token(heir));
            }
        }
    }

    /// The provisioned instance that goes first: one that starts, then one without a request, the newest of them.
    fn next_to_release(&self, id: PoolId) -> Option<u32> {
        let pool = self.pool(id)?;
        self.provisioned(id).max_by_key(|r| {
            let is_starting = self.seats.life(*r) == Life::Starting;
            (is_starting, self.is_idle(*r), pool.instance(*r).birth)
        })
    }

    /// The instance that is not provisioned and has had no request for the longest time.
    fn longest_idle(&self, id: PoolId) -> Option<u32> {
        let pool = self.pool(id)?;
        let open = pool.versions().flat_map(|version| pool.of(version).open.instances());
        let idle = open.filter(|r| self.replicas[*r as usize].busy == 0);
        idle.min_by_key(|r| pool.instance(*r).freed)
    }
}

impl State {
    /// As many instances of a function are to be provisioned as its controllers decided last.
    pub(in crate::engine) fn provision<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, part): (usize, usize),
    ) {
        let Some(id) = self.fleet.pool_of_part((number, part)) else { return };
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let wanted = fleet.parts[part].desired;
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        let before = std::mem::replace(&mut pool.configured, wanted);
        if before == wanted {
            return;
        }
        let missing = before.saturating_sub(pool.provisioned);
        self.record.note_configured(id.service, (before, wanted), cx.now);
        if wanted > before {
            self.fleet.set_aside(id, wanted - before);
        } else {
            // What is there gives its room back as it goes.
            self.fleet.give_back(cx, id, missing.min(before - wanted));
        }
        self.fit_provisioned(cx, id);
    }

    /// Starts provisioned instances, or lets them go, until there are as many as are wanted.
    pub(super) fn fit_provisioned<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) {
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        if pool.provisioned == pool.configured || std::mem::replace(&mut pool.is_fitting, true) {
            return;
        }
        while let Some(pool) = self.fleet.pool(id) {
            let goes_on = match pool.provisioned.cmp(&pool.configured) {
                Ordering::Equal => false,
                Ordering::Less => self.provision_one(cx, id),
                Ordering::Greater => self.release_one(cx, id),
            };
            if !goes_on {
                break;
            }
        }
        if let Some(pool) = self.fleet.pool_mut(id) {
            pool.is_fitting = false;
        }
    }

    /// Starts a provisioned instance, in place of one without work where there are as many as there may be; whether it could.
    fn provision_one<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) -> bool {
        let Some(pool) = self.fleet.pool(id) else { return false };
        // Where every zone is down, it starts when one is up again.
        if !pool.can_start(pool.provisioned_version) {
            return false;
        }
        if pool.alive >= pool.max {
            let Some(idle) = self.fleet.longest_idle(id) else { return false };
            self.end_instance(cx, id, idle);
        }
        // Where those that are no longer wanted have all seats, it is waited for one of them.
        let Some(seat) = self.fleet.lowest_absent(id) else { return false };
        let Some(zone) = self.fleet.next_zone(id) else { return false };
        let Some(pool) = self.fleet.pool_mut(id) else { return false };
        pool.provisioned += 1;
        let instance = Instance::provisioned(pool.provisioned_version);
        self.sit_down(cx, (id, seat, zone), instance);
        true
    }

    /// A provisioned instance is no longer wanted: it goes, as soon as it has no request; whether there was one.
    fn release_one<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) -> bool {
        let Some(r) = self.fleet.next_to_release(id) else { return false };
        let requests = self.fleet.replicas[r as usize].busy;
        let is_idle = self.fleet.seats.life(r) == Life::Starting || self.fleet.is_idle(r);
        let Some(pool) = self.fleet.pool_mut(id) else { return false };
        pool.provisioned -= 1;
        pool.take_off_shelf(r);
        let instance = pool.instance_mut(r);
        (instance.is_released, instance.is_dropped) = (true, true);
        if instance.is_ready {
            self.record.note_ready(id.service, false, cx.now);
            (0..requests).for_each(|_| self.record.note_on_ready(id.service, false, cx.now));
        }
        if is_idle {
            self.end_instance(cx, id, r);
        }
        true
    }
}
