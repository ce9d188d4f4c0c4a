//! Records of idempotency keys that are gone before the last who asks for them.

use std::collections::BTreeMap;

use super::time::mean_answer;
use super::{Checker, Site};
use crate::kernel::stream::{Purpose, draw};
use crate::model::call::CallPolicy;
use crate::model::resilience::retry::{Failed, RetryTimer};
use crate::model::system::System;
use crate::reason::Reason;
use crate::units::{ServiceId, SimDuration};

impl Checker<'_> {
    /// Reports services whose records are kept for a shorter time than their callers, or a queue, try again.
    pub(super) fn short_records(&mut self, system: &System, sites: &[Site<'_>]) {
        let mut known = BTreeMap::new();
        for (number, service) in system.services.iter().enumerate() {
            let Some(rules) = &service.idempotency else { continue };
            let id = ServiceId(number as u32);
            let calls = sites.iter().filter(|site| site.call.service == id);
            let last = calls.map(|site| last_try(site.policy())).chain(redelivered(system, id)).max();
            let Some(last) = last else { continue };
            // The record of a try that was done stands from its end on.
            let kept = rules.expires_after.as_secs() + mean_answer(system, id, &mut known);
            if last.as_secs() <= kept {
                continue;
            }
            let message = format!(
                "the last try may come {last} after the first, and a record is kept for {}",
                rules.expires_after
            );
            let help = "what was done is done once more after that: lengthen it, or give up earlier";
            self.warning(&["service", &service.name, "idempotency", "expires_after"], message, help);
        }
    }
}

/// How long after its first attempt the last of a call may be sent, where each runs into its timeout.
fn last_try(policy: &CallPolicy) -> SimDuration {
    let retry = &policy.retry;
    let Some(timeout) = policy.timeout.filter(|_| retry.on.contains(Reason::Timeout)) else {
        return SimDuration::ZERO;
    };
    let timer = RetryTimer::new(&retry.policy);
    let (mut previous, mut rested) = (SimDuration::ZERO, SimDuration::ZERO);
    let mut waited = SimDuration::ZERO;
    for number in 1..retry.attempts.min(retry.policy.attempts_max()) {
        let failed = Failed { retry: number, previous, rested, stays: false, reason: Reason::Timeout };
        let Some(delay) = timer.delay(&failed, &mut draw(u64::from(number), Purpose::Design)) else { break };
        (previous, rested) = (delay, rested + delay);
        let next = waited + timeout + delay;
        if policy.deadline.is_some_and(|deadline| next >= deadline) {
            break;
        }
        waited = next;
    }
    waited
}

/// How long after its first delivery a message may be given to a service for the last time, of each queue that it reads.
fn redelivered(system: &System, id: ServiceId) -> impl Iterator<Item = SimDuration> {
    let queues = system.services.iter().filter_map(|service| service.events.as_deref());
    let read = queues.filter(move |queue| queue.consumer.is_some_and(|consumer| consumer.service == id));
    read.filter_map(|queue| {
        let (visibility, times) = (queue.visibility?, queue.max_receives?.saturating_sub(1));
        let last = SimDuration::from_nanos(visibility.as_nanos().saturating_mul(u64::from(times)));
        Some(last.min(queue.retention))
    })
}
