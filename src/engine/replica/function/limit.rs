//! How many requests a function may have, and how fast instances may start: its own numbers, or those of its account.

use super::{AccountState, PoolId};
use crate::engine::replica::Fleet;

impl AccountState {
    /// Whether a request more may be under way.
    pub(in crate::engine) const fn has_room(&self) -> bool {
        self.under_way < self.pool
    }

    /// A request is under way, or no more.
    pub(in crate::engine) const fn count(&mut self, begins: bool) {
        if begins {
            self.under_way += 1;
        } else {
            self.under_way -= 1;
        }
    }

    /// Room for so many provisioned instances is no longer for all.
    pub(super) const fn set_aside(&mut self, count: u32) {
        self.pool -= count;
    }

    /// It is again.
    pub(super) const fn give_back(&mut self, count: u32) {
        self.pool += count;
    }

    /// Takes what the start of an instance costs at the scaling rate, if there is enough.
    pub(in crate::engine) fn take_start(&mut self, now: u64) -> bool {
        self.starts.as_mut().is_none_or(|starts| starts.take(now))
    }
}

impl Fleet {
    /// Whether a request more may be on an instance that is not provisioned.
    pub(super) fn has_room(&self, id: PoolId) -> bool {
        let Some(pool) = self.pool(id) else { return false };
        match (pool.on_demand, pool.account) {
            (Some(most), _) => pool.under_way < most,
            (None, Some(account)) => self.accounts[account as usize].has_room(),
            (None, None) => true,
        }
    }

    /// Whether the requests of a function are those of its account too.
    pub(super) fn shares(&self, id: PoolId) -> Option<u32> {
        self.pool(id).and_then(|pool| pool.account.filter(|_| pool.on_demand.is_none()))
    }

    /// A request, or the start of an instance for whoever waits first, takes room.
    pub(super) fn take_room(&mut self, id: PoolId) {
        if let Some(account) = self.shares(id) {
            self.accounts[account as usize].count(true);
        }
        if let Some(pool) = self.pool_mut(id) {
            pool.under_way += 1;
        }
    }

    /// One of them gives it back.
    pub(super) fn give_room(&mut self, id: PoolId) {
        if let Some(account) = self.shares(id) {
            self.accounts[account as usize].count(false);
        }
        if let Some(pool) = self.pool_mut(id) {
            pool.under_way -= 1;
        }
    }

    /// Whether one request more is within the rate of a function; it is counted if it is.
    pub(super) fn is_in_rate(&mut self, id: PoolId, now: u64) -> bool {
        let rate = self.pool_mut(id).and_then(|pool| pool.rate.as_mut());
        rate.is_none_or(|rate| rate.take(now))
    }

    /// Whether the scaling rates of a function and its account let an instance start now.
    pub(super) fn has_start(&mut self, id: PoolId, now: u64) -> bool {
        let account = self.pool(id).and_then(|pool| pool.account);
        let shared = account.and_then(|account| self.accounts[account as usize].starts.as_mut());
        shared.is_none_or(|shared| shared.has(now))
            && self.pool_mut(id).and_then(|pool| pool.starts.as_mut()).is_none_or(|own| own.has(now))
    }

    /// Takes what the start of an instance costs at the scaling rates of a function and its account, if both have it.
    pub(super) fn take_start(&mut self, id: PoolId, now: u64) -> bool {
        let account = self.pool(id).and_then(|pool| pool.account);
        let shared = account.and_then(|account| self.accounts[account as usize].starts.as_mut());
        if shared.is_some_and(|shared| !shared.has(now)) {
            return false;
        }
        let own = self.pool_mut(id).and_then(|pool| pool.starts.as_mut());
        if own.is_some_and(|own| !own.take(now)) {
            return false;
        }
        let shared = account.and_then(|account| self.accounts[account as usize].starts.as_mut());
        shared.is_none_or(|shared| shared.take(now))
    }
}
