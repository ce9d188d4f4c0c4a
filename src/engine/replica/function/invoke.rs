//! A request comes to a function: it gets an instance, waits for one, or is throttled.

use super::{Cause, PoolId};
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::task::{Task, flag};
use crate::engine::world::{Cx, State};
use crate::kernel::stream::{Purpose, draw};
use crate::model::fleet::Life;
use crate::model::function::Waits;
use crate::reason::Reason;

/// Which instance a request was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// A provisioned one.
    Provisioned(u32),
    /// Another that is up.
    Open(u32),
}

impl State {
    /// The instances of which a request at a function gets one, or has one.
    fn pool_of(&self, t: TaskId) -> PoolId {
        let task = &self.traffic.tasks[t];
        self.fleet.pool_at(task.service as usize, task.replica)
    }

    /// A request is at a function, which takes it in if it can.
    ///
    /// In this order: the rates, a provisioned instance, room for one that is not, such an instance, a new one, a place
    /// to wait.
    ///
    /// # Errors
    ///
    /// That it was throttled, or that no zone is up in which an instance could start.
    pub(in crate::engine) fn invoke<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
    ) -> Result<(), Reason> {
        let number = self.traffic.tasks[t].service as usize;
        if self.fleet.services[number].is_population {
            return self.invoke_one_of_many(cx, t);
        }
        let id = self.pool_of(t);
        if !self.fleet.is_in_rate(id, cx.now) {
            return Err(Reason::Throttled);
        }
        let rested = self.fleet.rests_since(id);
        if let Some(given) = self.find_instance(t) {
            self.serve_at(cx, t, given);
        } else if !(self.fleet.has_room(id) && self.join_start(cx, t)) {
            self.start_or_wait(cx, t)?;
        }
        self.fleet.note_invocation(cx, id, rested);
        let version = self.traffic.version_of(t);
        self.record.note_admitted((id.service, version), self.traffic.tasks[t].flags);
        Ok(())
    }

    /// An instance with room for a request, if there is one that it may have.
    pub(super) fn find_instance(&mut self, t: TaskId) -> Option<Given> {
        let (id, key) = (self.pool_of(t), self.traffic.tasks[t].key);
        let has_room = self.fleet.has_room(id);
        let version = self.traffic.version_of(t);
        let replicas = &self.fleet.replicas;
        let pool = self.fleet.pools.get_mut(id.pool)?.as_deref_mut()?;
        let random = || draw(key, Purpose::Instance);
        // One that a fault has just taken stands there until the fault is through with it.
        let choice = pool.choice;
        while let Some(r) = pool.of_mut(version).provisioned.take(choice, random) {
            pool.instance_mut(r).shelved = None;
            if !replicas[r as usize].is_crashed {
                return Some(Given::Provisioned(r));
            }
        }
        if !has_room {
            return None;
        }
        while let Some(r) = pool.of_mut(version).open.take(choice, random) {
            pool.instance_mut(r).shelved = None;
            if !replicas[r as usize].is_crashed {
                return Some(Given::Open(r));
            }
        }
        None
    }

    /// A request is at an instance from now on; a decider that counts its attempts counts it there.
    #[inline]
    fn put_at(&mut self, t: TaskId, r: u32) {
        let task = &mut self.traffic.tasks[t];
        let (number, flags, before) = (task.service as usize, task.flags, task.replica);
        task.replica = r;
        if flags & flag::COUNTED != 0 {
            let decider = self.decider_of(t) as usize;
            let first = self.fleet.services[number].first;
            let outstanding = &mut self.knowledge.deciders[number][decider].outstanding;
            outstanding[(before - first) as usize] -= 1;
            outstanding[(r - first) as usize] += 1;
        }
    }

    /// A request begins at an instance.
    pub(super) fn serve_at<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, given: Given) {
        let (id, flags) = (self.pool_of(t), self.traffic.tasks[t].flags);
        let (Given::Provisioned(r) | Given::Open(r)) = given;
        self.put_at(t, r);
        if let Given::Open(_) = given {
            self.fleet.take_room(id);
            self.record.note_on_demand(id.service, flags);
        } else {
            self.record.note_on_ready(id.service, true, cx.now);
        }
        self.count_request(cx.now, id, true);
        self.take_slot(cx, t);
        self.note_busy(cx.now, id, r);
        self.fleet.shelve(id, r);
    }

    /// A request waits for an instance that starts for another and has room for it; whether there is one.
    pub(super) fn join_start<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let (id, key) = (self.pool_of(t), self.traffic.tasks[t].key);
        let Some(pool) = self.fleet.pools[id.pool].as_deref_mut() else { return false };
        let choice = pool.choice;
        let joinable = &mut pool.of_mut(self.traffic.version_of(t)).joinable;
        let Some(r) = joinable.take(choice, || draw(key, Purpose::Instance)) else { return false };
        pool.instance_mut(r).shelved = None;
        self.wait_for_instance(cx, t, r);
        true
    }

    /// A request waits in front of an instance that starts.
    pub(super) fn wait_for_instance<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, r: u32) {
        let id = self.pool_of(t);
        self.put_at(t, r);
        self.fleet.take_room(id);
        self.count_request(cx.now, id, true);
        self.record.note_on_demand(id.service, self.traffic.tasks[t].flags);
        self.stand_in_line(cx, t, false);
        let waiting = self.fleet.replicas[r as usize].queue.waiting;
        let starts = self.fleet.seats.life(r) == Life::Starting;
        let Some(pool) = self.fleet.pools[id.pool].as_deref_mut() else { return };
        if starts && waiting < pool.slots {
            pool.put_on_shelf(r, waiting, true);
        }
    }

    /// An instance is started for a request that finds none, or the request waits until there is one.
    fn start_or_wait<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> Result<(), Reason> {
        let Task { key, flags, .. } = self.traffic.tasks[t];
        let id = self.pool_of(t);
        let Some(pool) = self.fleet.pool(id) else { return Err(Reason::Throttled) };
        let version = self.traffic.version_of(t);
        if !pool.can_start(version) {
            return Err(Reason::Connect);
        }
        let (waits, pending) = (pool.waits, pool.pending);
        let has_room = self.fleet.has_room(id);
        match waits {
            // Those who wait have come before it.
            Waits::Own if has_room && self.fleet.waiting_at_doors(id) == 0 => {
                let cause = Cause { key, is_awaited: true, version };
                if let Some(r) = self.start_instance(cx, id, cause) {
                    self.record.note_cold((id.service, version), flags);
                    self.give_new(cx, t, r);
                    return Ok(());
                }
            }
            Waits::Own => {}
            Waits::First => {
                let idle = self.fleet.waiting_in_vain(id);
                let waiting = self.fleet.waiting_for(id, version);
                let cause = Cause { key, is_awaited: waiting == 0, version };
                if idle == 0
                    && let Some(r) = self.start_for_first(cx, id, cause)
                {
                    self.record.note_cold((id.service, version), flags);
                    let replica = &self.fleet.replicas[r as usize];
                    let is_ready = self.fleet.seats.life(r) == Life::Up && replica.busy < replica.slots;
                    if waiting == 0 && is_ready {
                        self.serve_at(cx, t, Given::Open(r));
                    } else {
                        self.stand_at_door(cx, t, false);
                    }
                    return Ok(());
                }
                return self.wait_at_door(cx, t, idle < pending);
            }
        }
        let waiting = self.fleet.waiting_at_doors(id);
        self.wait_at_door(cx, t, waiting < pending)
    }

    /// A request for which nothing starts waits, if it may.
    fn wait_at_door<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, may: bool) -> Result<(), Reason> {
        let id = self.pool_of(t);
        if may {
            self.stand_at_door(cx, t, true);
            self.fleet.wake_when_possible(cx, id);
            return Ok(());
        }
        Err(Reason::Throttled)
    }

    /// A request waits where those of its version do that have no instance.
    fn stand_at_door<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, has_patience: bool) {
        let id = self.pool_of(t);
        let door = self.fleet.pool(id).map(|pool| pool.door_of(self.traffic.version_of(t)));
        if let Some(door) = door.filter(|door| *door != self.traffic.tasks[t].replica) {
            self.put_at(t, door);
        }
        self.stand_in_line(cx, t, has_patience);
    }

    /// A request gets the instance that was started for it, or waits until that is ready.
    pub(super) fn give_new<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, r: u32) {
        let replica = &self.fleet.replicas[r as usize];
        if self.fleet.seats.life(r) == Life::Up && replica.busy < replica.slots {
            self.serve_at(cx, t, Given::Open(r));
        } else {
            self.wait_for_instance(cx, t, r);
        }
    }

    /// An instance may have its first request, or none any more.
    pub(super) fn note_busy(&mut self, now: u64, id: PoolId, r: u32) {
        let is_busy = self.fleet.replicas[r as usize].busy > 0;
        let Some(pool) = self.fleet.pools[id.pool].as_deref_mut() else { return };
        let instance = pool.instance_mut(r);
        instance.has_served |= is_busy;
        if std::mem::replace(&mut instance.is_busy, is_busy) != is_busy {
            self.record.instance_busy(id.service, is_busy, now);
        }
    }

    /// A request is under way at a function, or no more.
    pub(super) fn count_request(&mut self, now: u64, id: PoolId, begins: bool) {
        let Some(pool) = self.fleet.pools[id.pool].as_deref_mut() else { return };
        pool.requests = if begins { pool.requests + 1 } else { pool.requests - 1 };
        pool.rests_since = (pool.requests == 0).then_some(now);
        let requests = self.fleet.sum_of(id, |pool| pool.requests);
        self.record.note_concurrency(id.service, requests);
    }

    /// What is drawn or added for a request at an instance: its first response, or a start that it pays for; both are part
    /// of its service.
    #[inline(never)]
    pub(in crate::engine) fn demand_at_instance<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        demand: u64,
    ) -> u64 {
        let plan = cx.plan;
        let task = &self.traffic.tasks[t];
        let (r, key, flags) = (task.replica, task.key, task.flags);
        let id = self.pool_of(t);
        let Some(function) = &plan.system.services[id.service].function else { return demand };
        let version = self.version_for(plan, t);
        let (cold_demand, longest) = match version {
            Some(version) => (&version.cold_demand, version.max_duration),
            None => (&function.cold_demand, function.max_duration),
        };
        let Some(pool) = self.fleet.pools[id.pool].as_deref_mut() else { return demand };
        let instance = pool.instance_mut(r);
        let is_first = !std::mem::replace(&mut instance.has_served, true) && !instance.is_provisioned;
        let is_reset = std::mem::take(&mut instance.is_reset);
        let mut demand = demand;
        if is_first && let Some(law) = cold_demand {
            demand = law.sample(&mut draw(key, Purpose::ColdDemand)).as_nanos();
        }
        if is_reset {
            let start = self.fleet.start_of(plan, (id.service, r));
            let again = start.again(&mut draw(key, Purpose::Start)).as_nanos();
            demand = demand.saturating_add(again);
            self.record.note_reinit(id.service, flags);
        }
        if let Some(most) = longest {
            self.plan_kill(cx, t, demand, most);
        }
        demand
    }
}
