//! The common case of an instance: it is warm, serves one request and rests.

use crate::engine::replica::Fleet;
use crate::engine::replica::function::Pool;
use crate::engine::replica::service::Replica;
use crate::model::function::InstanceChoice;
use crate::units::SimTime;

impl Pool {
    /// Takes the instance that the next request gets, where it is a warm one and nothing else is to be asked.
    #[inline(always)]
    fn take_warm(&mut self, replicas: &[Replica]) -> Option<u32> {
        let is_easy = self.is_bare
            || self.own.provisioned.is_empty()
                && self.account.is_none()
                && self.rate.is_none()
                && self.prewarming.is_none()
                && self.on_demand.is_none_or(|most| self.under_way < most)
                && self.choice != InstanceChoice::Random;
        let r = self.own.open.last().filter(|_| is_easy)?;
        let replica = &replicas[r as usize];
        let instance = &mut self.instances[(r - self.first) as usize];
        if !(instance.has_served && replica.works && replica.slots == 1) {
            return None;
        }
        instance.shelved = None;
        instance.is_busy = true;
        self.own.open.drop_last();
        self.under_way += 1;
        self.requests += 1;
        Some(r)
    }

    /// The only request of an instance is done, and it has nothing to do: it is kept for the time that all are, if nobody
    /// waits for what comes free. When that time ends, where it is to be planned; `None` where anything else is to be asked.
    #[inline(always)]
    #[expect(
        clippy::option_option,
        reason = "the outer one is another way to go on, the inner one nothing to plan"
    )]
    fn rest_easily(&mut self, r: u32, now: u64, replicas: &[Replica]) -> Option<Option<SimTime>> {
        let kept = now.saturating_add(self.steady?);
        let instance = &mut self.instances[(r - self.first) as usize];
        let is_ordinary = self.is_bare
            || self.account.is_none()
                && self.provisioned >= self.configured
                && !instance.is_provisioned
                && instance.unbilled == 0;
        let is_easy = is_ordinary
            && self.own.starting == 0
            && replicas[self.door as usize].queue.waiting == 0
            && !instance.is_dropped
            && instance.too_old > now
            && replicas[r as usize].works;
        if !is_easy {
            return None;
        }
        self.frees += 1;
        instance.freed = self.frees;
        instance.is_busy = false;
        instance.prewarmed = None;
        instance.kept_until = kept.min(instance.too_old);
        instance.shelved = Some(0);
        self.own.open.put(self.choice, &instance.standing(r, 0));
        self.under_way -= 1;
        self.requests -= 1;
        if self.requests == 0 {
            self.rests_since = Some(now);
        }
        Some(instance.arm())
    }
}

impl Fleet {
    /// Takes a warm instance for a request, and with which there are so many; `None` where anything else is to be asked.
    #[inline(always)]
    pub(in crate::engine) fn take_warm(&mut self, number: usize, now: u64) -> Option<(u32, u32)> {
        let pool = self.pools[number].as_deref_mut()?;
        let r = pool.take_warm(&self.replicas)?;
        if let Some(since) = pool.rests_since {
            pool.run_again(since, now);
        }
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
        let expiry = pool.rest_easily(r, now, &self.replicas)?;
        Some((pool.requests, expiry))
    }
}
