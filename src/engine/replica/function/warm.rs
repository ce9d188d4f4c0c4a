//! The common case of an instance: it is warm, serves one request and rests.

use crate::engine::replica::Fleet;
use crate::engine::replica::function::Pool;
use crate::engine::replica::service::Replica;
use crate::model::function::InstanceChoice;
use crate::units::SimTime;

impl Pool {
    /// The instance that the next request gets, where it is a warm one and nothing else is to be asked.
    #[inline(always)]
    fn next_warm(&self, replicas: &[Replica]) -> Option<u32> {
        let is_easy = self.own.provisioned.is_empty()
            && self.account.is_none()
            && self.rate.is_none()
            && self.prewarming.is_none()
            && self.on_demand.is_none_or(|most| self.under_way < most);
        let r = self.own.open.last().filter(|_| is_easy && self.choice != InstanceChoice::Random)?;
        let replica = &replicas[r as usize];
        (self.instance(r).has_served && replica.works && replica.slots == 1).then_some(r)
    }

    /// Whether nobody waits for what comes free, and an instance that does so is kept for a time that is known.
    #[inline(always)]
    fn rests_easily(&self, r: u32, now: u64, replicas: &[Replica]) -> bool {
        let instance = self.instance(r);
        self.steady.is_some()
            && self.account.is_none()
            && self.own.starting == 0
            && self.provisioned >= self.configured
            && replicas[self.door as usize].queue.waiting == 0
            && !instance.is_provisioned
            && !instance.is_dropped
            && instance.unbilled == 0
            && instance.too_old > now
            && replicas[r as usize].works
    }

    /// An instance has nothing to do and is kept for the time that all are; when that ends, where it is to be planned.
    #[inline(always)]
    fn keep(&mut self, r: u32, now: u64) -> Option<SimTime> {
        self.note_freed(r);
        let kept = now.saturating_add(self.steady.unwrap_or(u64::MAX));
        let instance = self.instance_mut(r);
        instance.is_busy = false;
        instance.prewarmed = None;
        instance.kept_until = kept.min(instance.too_old);
        let expiry = instance.arm();
        let standing = self.standing(r, 0);
        self.instance_mut(r).shelved = Some(0);
        self.own.open.put(self.choice, &standing);
        expiry
    }
}

impl Fleet {
    /// Takes a warm instance for a request, and with which there are so many; `None` where anything else is to be asked.
    #[inline(always)]
    pub(in crate::engine) fn take_warm(&mut self, number: usize, now: u64) -> Option<(u32, u32)> {
        let pool = self.pools[number].as_deref_mut()?;
        let r = pool.next_warm(&self.replicas)?;
        pool.own.open.drop_last();
        if let Some(since) = pool.rests_since {
            pool.run_again(since, now);
        }
        pool.under_way += 1;
        pool.requests += 1;
        let instance = pool.instance_mut(r);
        instance.shelved = None;
        instance.is_busy = true;
        Some((r, pool.requests))
    }

    /// The only request of an instance is done, and it rests; how many requests are left, and when its time ends, where
    /// that is to be planned. `None` where anything else is to be asked.
    #[inline(always)]
    pub(in crate::engine) fn rest_easily(
        &mut self,
        number: usize,
        r: u32,
        now: u64,
    ) -> Option<(u32, Option<SimTime>)> {
        let pool = self.pools[number].as_deref_mut()?;
        if !pool.rests_easily(r, now, &self.replicas) {
            return None;
        }
        pool.under_way -= 1;
        pool.requests -= 1;
        if pool.requests == 0 {
            pool.rests_since = Some(now);
        }
        let expiry = pool.keep(r, now);
        Some((pool.requests, expiry))
    }
}
