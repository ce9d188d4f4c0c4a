//! Requests that wait for any instance of a function, and what comes free for them.

use super::invoke::Given;
use super::{Cause, Pool};
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
        (number, version): (usize, u8),
    ) -> Option<u32> {
        let door = self.fleet.pool(number)?.door_of(version);
        let t = self.take_next(cx, (number, door))?;
        self.record.services[number].queue.down(cx.now);
        Some(t)
    }

    /// An instance that is up takes requests that wait, as long as it has room and they may.
    pub(super) fn take_from_door<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, r: u32) {
        let is_provisioned = self.fleet.is_provisioned(number, r);
        let version = self.fleet.version_at(number, r);
        while self.fleet.seats.life(r) == Life::Up
            && !self.fleet.replicas[r as usize].is_crashed
            && self.fleet.replicas[r as usize].busy < self.fleet.replicas[r as usize].slots
            && (is_provisioned || self.fleet.has_room(number))
        {
            let Some(t) = self.take_waiting(cx, (number, version)) else { break };
            if let Some(pool) = self.fleet.pool_mut(number) {
                pool.take_off_shelf(r);
            }
            self.serve_at(cx, t, if is_provisioned { Given::Provisioned(r) } else { Given::Open(r) });
        }
        self.trim_starts(cx, number, version);
    }

    /// Room, or a token, has come: those who wait get an instance, or one starts for them.
    pub(super) fn serve_waiting<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        if self.fleet.pool(number).is_some_and(Pool::has_versions) {
            while self.serve_any(cx, number) {}
        } else {
            while self.serve_first(cx, (number, 0)) {}
        }
        self.fleet.wake_when_possible(cx, number);
    }

    /// Serves one of those who have waited longest for their versions; whether anybody got anything.
    #[inline(never)]
    fn serve_any<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) -> bool {
        let mut heads = self.fleet.heads(number, &self.traffic.tasks);
        heads.sort_unstable();
        heads.into_iter().any(|(_, version)| self.serve_first(cx, (number, version)))
    }

    /// Whoever has waited longest for a version gets an instance, or one starts; whether that is so.
    fn serve_first<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, version): (usize, u8)) -> bool {
        let Some(pool) = self.fleet.pool(number) else { return false };
        let (waits, starting) = (pool.waits, pool.of(version).starting);
        let Queue { head, waiting, .. } = self.fleet.replicas[pool.door_of(version) as usize].queue;
        if waiting == 0 {
            return false;
        }
        if let Some(given) = self.find_instance(head) {
            let Some(t) = self.take_waiting(cx, (number, version)) else { return false };
            self.serve_at(cx, t, given);
            return true;
        }
        let Task { key, flags, .. } = self.traffic.tasks[head as usize];
        match waits {
            Waits::Own => {
                if !self.fleet.has_room(number) {
                    return false;
                }
                if self.fleet.has_start_to_join(number, version) {
                    let Some(t) = self.take_waiting(cx, (number, version)) else { return false };
                    return self.join_start(cx, t);
                }
                let cause = Cause { key, is_awaited: true, version };
                let Some(r) = self.start_instance(cx, number, cause) else { return false };
                self.record.note_cold((number, version), flags);
                let Some(t) = self.take_waiting(cx, (number, version)) else { return false };
                self.give_new(cx, t, r);
            }
            Waits::First => {
                let cause = Cause { key, is_awaited: false, version };
                if waiting <= starting || self.start_for_first(cx, number, cause).is_none() {
                    return false;
                }
                self.record.note_cold((number, version), flags);
            }
        }
        true
    }

    /// There may be a token for a start.
    pub(in crate::engine) fn token_due<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32) {
        if let Some(pool) = self.fleet.pool_mut(number as usize) {
            pool.waking = None;
        }
        self.serve_waiting(cx, number as usize);
    }

    /// Starts an instance for whoever waits first, because of an attempt, which has no place in the queue yet where it is
    /// awaited; `None` where it cannot.
    pub(super) fn start_for_first<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        cause: Cause,
    ) -> Option<u32> {
        if !self.fleet.has_room(number) {
            return None;
        }
        if let Some(pool) = self.fleet.pool_mut(number) {
            pool.of_mut(cause.version).starting += 1;
        }
        self.fleet.take_room(number);
        let started = self.start_instance(cx, number, cause);
        if started.is_none() {
            self.fleet.give_room(number);
            if let Some(pool) = self.fleet.pool_mut(number) {
                pool.of_mut(cause.version).starting -= 1;
            }
        }
        started
    }

    /// Gives up the youngest starts of a version for which nobody waits, where that is wanted.
    pub(super) fn trim_starts<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, version: u8) {
        loop {
            let Some(pool) = self.fleet.pool(number) else { return };
            let starting = pool.of(version).starting;
            if pool.surplus == Surplus::Keep || starting <= self.fleet.waiting_for(number, version) {
                return;
            }
            let counts = |r: u32| {
                let one = pool.instance(r);
                !one.is_provisioned && one.prewarmed.is_none() && one.version == version
            };
            let Some(youngest) = self.fleet.seats.youngest_start(number, counts) else { return };
            self.end_instance(cx, number, youngest);
        }
    }

    /// Functions that share room with one that gave some back see to those who wait.
    pub(in crate::engine) fn serve_account<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        self.serve_waiting(cx, number);
        let Some(account) = self.fleet.shares(number) else { return };
        self.serve_others_of(cx, account, Some(number));
    }

    /// Functions of an account see to those who wait, because another gave room back, which is one of them or many.
    pub(in crate::engine) fn serve_others_of<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        account: u32,
        number: Option<usize>,
    ) {
        for place in 0..self.fleet.accounts[account as usize].functions.len() {
            let other = self.fleet.accounts[account as usize].functions[place] as usize;
            if Some(other) != number && self.fleet.waiting_at_doors(other) > 0 {
                self.serve_waiting(cx, other);
            }
        }
    }
}
