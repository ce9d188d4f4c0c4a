//! Requests that wait for any instance of a function, and what comes free for them.

use super::invoke::Given;
use crate::engine::listener::Listener;
use crate::engine::world::{Cx, State};
use crate::model::fleet::Life;
use crate::model::function::{Surplus, Waits};

impl State {
    /// The request that has waited longest for any instance of a function.
    fn take_waiting<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) -> Option<u32> {
        let door = self.fleet.pool(number)?.door;
        let t = self.take_next(cx, (number, door))?;
        self.record.services[number].queue.down(cx.now);
        Some(t)
    }

    /// An instance that is up takes requests that wait, as long as it has room and they may.
    pub(super) fn take_from_door<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, r: u32) {
        let is_provisioned = self.fleet.is_provisioned(number, r);
        while self.fleet.seats.life(r) == Life::Up
            && !self.fleet.replicas[r as usize].is_crashed
            && self.fleet.replicas[r as usize].busy < self.fleet.replicas[r as usize].slots
            && (is_provisioned || self.fleet.has_room(number))
        {
            let Some(t) = self.take_waiting(cx, number) else { break };
            if let Some(pool) = self.fleet.pool_mut(number) {
                pool.take_off_shelf(r);
            }
            self.serve_at(cx, t, if is_provisioned { Given::Provisioned(r) } else { Given::Open(r) });
        }
        self.trim_starts(cx, number);
    }

    /// Room, or a token, has come: those who wait get an instance, or one starts for them.
    pub(super) fn serve_waiting<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        while self.fleet.waiting_at_door(number) > 0 {
            let Some(pool) = self.fleet.pool(number) else { return };
            let (waits, door, starting) = (pool.waits, pool.door, pool.starting);
            let queue = self.fleet.replicas[door as usize].queue;
            let (head, waiting) = (queue.head, queue.waiting);
            if let Some(given) = self.find_instance(head) {
                let Some(t) = self.take_waiting(cx, number) else { return };
                self.serve_at(cx, t, given);
                continue;
            }
            let (key, flags) =
                (self.traffic.tasks[head as usize].key, self.traffic.tasks[head as usize].flags);
            match waits {
                Waits::Own => {
                    if !self.fleet.has_room(number) {
                        return;
                    }
                    if self.fleet.has_start_to_join(number) {
                        let Some(t) = self.take_waiting(cx, number) else { return };
                        self.join_start(cx, t);
                        continue;
                    }
                    let Some(r) = self.start_instance(cx, number, (key, true)) else { break };
                    self.record.note_cold(number, flags);
                    let Some(t) = self.take_waiting(cx, number) else { return };
                    self.give_new(cx, t, r);
                }
                Waits::First => {
                    if waiting <= starting || self.start_for_first(cx, number, (key, false)).is_none() {
                        break;
                    }
                    self.record.note_cold(number, flags);
                }
            }
        }
        self.fleet.wake_when_possible(cx, number);
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
        cause: (u64, bool),
    ) -> Option<u32> {
        if !self.fleet.has_room(number) {
            return None;
        }
        if let Some(pool) = self.fleet.pool_mut(number) {
            pool.starting += 1;
        }
        self.fleet.take_room(number);
        let started = self.start_instance(cx, number, cause);
        if started.is_none() {
            self.fleet.give_room(number);
            if let Some(pool) = self.fleet.pool_mut(number) {
                pool.starting -= 1;
            }
        }
        started
    }

    /// Gives up the youngest starts for which nobody waits, where that is wanted.
    pub(super) fn trim_starts<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        loop {
            let Some(pool) = self.fleet.pool(number) else { return };
            if pool.surplus == Surplus::Keep || pool.starting <= self.fleet.waiting_at_door(number) {
                return;
            }
            let provisioned =
                |r: u32| pool.instance(r).is_provisioned || pool.instance(r).prewarmed.is_some();
            let Some(youngest) = self.fleet.seats.youngest_start(number, |r| !provisioned(r)) else { return };
            self.end_instance(cx, number, youngest);
        }
    }

    /// Functions that share room with one that gave some back see to those who wait.
    pub(in crate::engine) fn serve_account<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        self.serve_waiting(cx, number);
        let Some(account) = self.fleet.shares(number) else { return };
        self.serve_others_of(cx, account, Some(number));
    }

    /// Functions of an account see to those who wait, because a population gave room back.
    pub(in crate::engine) fn serve_functions_of<L: Listener>(&mut self, cx: &mut Cx<'_, L>, account: u32) {
        self.serve_others_of(cx, account, None);
    }

    fn serve_others_of<L: Listener>(&mut self, cx: &mut Cx<'_, L>, account: u32, number: Option<usize>) {
        for place in 0..self.fleet.accounts[account as usize].functions.len() {
            let other = self.fleet.accounts[account as usize].functions[place] as usize;
            if Some(other) != number && self.fleet.waiting_at_door(other) > 0 {
                self.serve_waiting(cx, other);
            }
        }
    }
}
