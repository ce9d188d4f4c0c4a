//! What one cache holds.

use super::Cache;
use super::eviction::Order;
use crate::reason::Reason;
use crate::units::SimTime;

/// A copy of what stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachedCopy {
    /// When the service was asked for it.
    pub asked: SimTime,
    /// From when on it is stale.
    pub stale_at: SimTime,
    /// How long it took to fetch (ns).
    pub took: u64,
    /// The failure that it stands for, if it is no answer.
    pub failure: Option<Reason>,
    /// Whether it is wrong, and looks good.
    pub is_wrong: bool,
}

/// One cache.
#[derive(Debug, Clone)]
pub struct Store {
    copies: Vec<Option<CachedCopy>>,
    /// Kept where copies make way at all.
    order: Option<Order>,
    held: u32,
    capacity: u32,
}

impl Store {
    /// An empty one; `seed` is what chance is drawn from.
    pub fn new(settings: &Cache, seed: u64) -> Self {
        let keys = settings.popularity.keys();
        let capacity = settings.capacity.unwrap_or(u32::MAX);
        let order = (capacity < keys).then(|| Order::new(settings.eviction, keys, seed));
        Self { copies: vec![None; keys as usize], order, held: 0, capacity }
    }

    /// The copy of a key, fresh or not.
    #[inline]
    pub fn get(&self, key: u32) -> Option<&CachedCopy> {
        self.copies[key as usize].as_ref()
    }

    /// A copy that is held was answered; what slides is fresh until `stale_at` now.
    #[inline]
    pub fn touch(&mut self, key: u32, stale_at: Option<SimTime>) {
        if let Some(order) = &mut self.order {
            order.touch(key);
        }
        if let (Some(copy), Some(stale_at)) = (&mut self.copies[key as usize], stale_at) {
            copy.stale_at = stale_at;
        }
    }

    /// A copy is brought. One that was asked for before the one that is there is dropped; where there is no room another
    /// makes way. Whether one did.
    pub fn fill(&mut self, key: u32, copy: CachedCopy) -> bool {
        if let Some(there) = &mut self.copies[key as usize] {
            if there.asked <= copy.asked {
                *there = copy;
                self.order.iter_mut().for_each(|order| order.touch(key));
            }
            return false;
        }
        let mut has_evicted = false;
        if self.held >= self.capacity
            && let Some(next) = self.order.as_mut().and_then(Order::next)
        {
            self.drop(next);
            has_evicted = true;
        }
        self.copies[key as usize] = Some(copy);
        self.held += 1;
        if let Some(order) = &mut self.order {
            order.come(key);
        }
        has_evicted
    }

    /// Drops the copy of a key, if there is one.
    pub fn drop(&mut self, key: u32) {
        if self.copies[key as usize].take().is_some() {
            self.held -= 1;
            if let Some(order) = &mut self.order {
                order.go(key);
            }
        }
    }

    /// Drops those copies of whose keys `is_lost` says so.
    pub fn lose(&mut self, is_lost: impl Fn(u32) -> bool) {
        for key in 0..self.copies.len() as u32 {
            if self.copies[key as usize].is_some() && is_lost(key) {
                self.drop(key);
            }
        }
    }
}
