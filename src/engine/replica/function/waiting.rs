//! Requests that wait for any instance of a function, and what comes free for them.

use super::invoke::Given;
use super::{Cause, Pool, PoolId};
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::replica::service::Queue;
use crate::engine::task::Task;
use crate::engine::world::{Cx, State};
use crate::model::fleet::Life;
use crate::model::function::{Surplus, Waits};

impl State {
    /// The request that has waited longest for any instance of a version of a function.
    fn take_waiting<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (id, version): (PoolId, u8),
    ) -> Option<TaskId> {
        let door = self.fleet.pool(id)?.door_of(version);
        let t = self.take_next(cx, (id.service, door))?;
        self.record.services[id.service].queue.down(cx.now);
        Some(t)
    }

    /// An instance that is up takes requests that wait, as long as it has room and they may.
    pub(super) fn take_from_door<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, r: u32) {
        let is_provisioned = self.fleet.is_provisioned(id.service, r);
        let version = self.fleet.version_at(id.service, r);
        while self.fleet.seats.life(r) == Life::Up
            && !self.fleet.replicas[r as usize].is_crashed
            && self.fleet.replicas[r as usize].busy < self.fleet.replicas[r as usize].slots
            && (is_provisioned || self.fleet.has_room(id))
        {
            let Some(t) = self.take_waiting(cx, (id, version)) else { break };
            if let Some(pool) = self.fleet.pool_mut(id) {
                pool.take_off_shelf(r);
            }
            self.serve_at(cx, t, if is_provisioned { Given::Provisioned(r) } else { Given::Open(r) });
        }
        self.trim_starts(cx, id, version);
    }

    /// Room, or a token, has come: those who wait get an instance, or one starts for them.
    pub(super) fn serve_waiting<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) {
        if self.fleet.pool(id).is_some_and(Pool::has_versions) {
            while self.serve_any(cx, id) {}
        } else {
            while self.serve_first(cx, (id, 0)) {}
        }
        self.fleet.wake_when_possible(cx, id);
    }

    /// Serves one of those who have waited longest for their versions; whether anybody got anything.
    #[inline(never)]
    fn serve_any<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) -> bool {
        let mut heads = self.fleet.heads(id, &self.traffic.tasks);
        heads.sort_unstable();
        heads.into_iter().any(|(_, version)| self.serve_first(cx, (id, version)))
    }

    /// Whoever has waited longest for a version gets an instance, or one starts; whether that is so.
    fn serve_first<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (id, version): (PoolId, u8)) -> bool {
        let Some(pool) = self.fleet.pool(id) else { return false };
        let (waits, starting) = (pool.waits, pool.of(version).starting);
        let Queue { head, waiting, .. } = self.fleet.replicas[pool.door_of(version) as usize].queue;
        if waiting == 0 {
            return false;
        }
        if let Some(given) = self.find_instance(head) {
            let Some(t) = self.take_waiting(cx, (id, version)) else { return false };
            self.serve_at(cx, t, given);
            return true;
        }
        let Task { key, flags, .. } = self.traffic.tasks[head];
        match waits {
            Waits::Own => {
                if !self.fleet.has_room(id) {
                    return false;
                }
                if self.fleet.has_start_to_join(id, version) {
                    let Some(t) = self.take_waiting(cx, (id, version)) else { return false };
                    return self.join_start(cx, t);
                }
                let cause = Cause { key, is_awaited: true, version };
                let Some(r) = self.start_instance(cx, id, cause) else { return false };
                self.record.note_cold((id.service, version), flags);
                let Some(t) = self.take_waiting(cx, (id, version)) else { return false };
                self.give_new(cx, t, r);
            }
            Waits::First => {
                let cause = Cause { key, is_awaited: false, version };
                if waiting <= starting || self.start_for_first(cx, id, cause).is_none() {
                    return false;
                }
                self.record.note_cold((id.service, version), flags);
            }
        }
        true
    }

    /// There may be a token for a start.
    pub(in crate::engine) fn token_due<L: Listener>(&mut self, cx: &mut Cx<'_, L>, pool: u32) {
        let id = self.fleet.pool_in(pool);
        if let Some(pool) = self.fleet.pool_mut(id) {
            pool.waking = None;
        }
        self.serve_waiting(cx, id);
    }

    /// Starts an instance for whoever waits first, because of an attempt, which has no place in the queue yet where it is
    /// awaited; `None` where it cannot.
    pub(super) fn start_for_first<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        id: PoolId,
        cause: Cause,
    ) -> Option<u32> {
        if !self.fleet.has_room(id) {
            return None;
        }
        if let Some(pool) = self.fleet.pool_mut(id) {
            pool.of_mut(cause.version).starting += 1;
        }
        self.fleet.take_room(id);
        let started = self.start_instance(cx, id, cause);
        if started.is_none() {
            self.fleet.give_room(id);
            if let Some(pool) = self.fleet.pool_mut(id) {
                pool.of_mut(cause.version).starting -= 1;
            }
        }
        started
    }

    /// Gives up the youngest starts of a version for which nobody waits, where that is wanted.
    pub(super) fn trim_starts<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, version: u8) {
        loop {
            let Some(pool) = self.fleet.pool(id) else { return };
            let starting = pool.of(version).starting;
            if pool.surplus == Surplus::Keep || starting <= self.fleet.waiting_for(id, version) {
                return;
            }
            let counts = |r: u32| {
                let one = pool.instance(r);
                !one.is_provisioned && one.prewarmed.is_none() && one.version == version
            };
            let Some(youngest) = self.fleet.seats.youngest_start((id.service, pool.part), counts) else {
                return;
            };
            self.end_instance(cx, id, youngest);
        }
    }

    /// Functions that share room with one that gave some back see to those who wait.
    pub(in crate::engine) fn serve_account<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) {
        self.serve_waiting(cx, id);
        let Some(account) = self.fleet.shares(id) else { return };
        self.serve_others_of(cx, account, Some(id));
    }

    /// Functions of an account see to those who wait, because another gave room back, which is one of them or many.
    pub(in crate::engine) fn serve_others_of<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        account: u32,
        id: Option<PoolId>,
    ) {
        for place in 0..self.fleet.accounts[account as usize].functions.len() {
            let other = self.fleet.pool_in(self.fleet.accounts[account as usize].functions[place]);
            if Some(other) != id && self.fleet.waiting_at_doors(other) > 0 {
                self.serve_waiting(cx, other);
            }
        }
    }
}
