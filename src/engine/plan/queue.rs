//! Which services are queues, and who takes from them.

use crate::engine::plan::{NONE, StepPlan};
use crate::model::event::{EventQueue, Order, Polling};
use crate::model::system::System;

/// The queues of a system; nothing where it has none.
#[derive(Debug, Default)]
pub(in crate::engine) struct QueuePlan {
    /// The service that is each queue.
    pub(in crate::engine) services: Vec<u32>,
    /// The call site of its consumer, if it has one.
    pub(in crate::engine) edges: Vec<Option<u16>>,
    /// By service, the queue that it is; none for all others.
    of: Vec<u32>,
    /// By service, the queue that is looked at when its slots change: the one that it is or from which its slots take.
    feeds: Vec<u32>,
    /// By service, the queue that it consumes.
    consumes: Vec<u32>,
}

impl QueuePlan {
    pub(super) fn new(system: &System, steps: &[Vec<StepPlan>]) -> Self {
        let all = system.services.iter().zip(0..).filter(|(service, _)| service.events.is_some());
        let services: Vec<u32> = all.map(|(_, number)| number).collect();
        if services.is_empty() {
            return Self::default();
        }
        let mut plan = Self {
            of: vec![NONE; system.services.len()],
            feeds: vec![NONE; system.services.len()],
            consumes: vec![NONE; system.services.len()],
            ..Self::default()
        };
        for (queue, service) in (0..).zip(&services) {
            let call = steps[system.clients.len() + *service as usize].first();
            plan.edges.push(call.map(|step| step.entries[0].edge));
            plan.of[*service as usize] = queue;
            plan.feeds[*service as usize] = queue;
            let events = system.services[*service as usize].events.as_deref();
            if let Some(consumer) = events.and_then(|events| events.consumer) {
                // Events of calls with `invoke = "async"` are no queue that somebody names.
                if consumer.polling != Polling::All {
                    plan.consumes[consumer.service.index()] = queue;
                }
                if consumer.polling == Polling::Slots {
                    plan.feeds[consumer.service.index()] = queue;
                }
            }
        }
        plan.services = services;
        plan
    }

    /// The queue that a service is.
    pub(in crate::engine) fn of(&self, service: usize) -> Option<u32> {
        self.of.get(service).copied().filter(|queue| *queue != NONE)
    }

    /// The queue that is looked at when slots of a service change; none where there is no such.
    pub(in crate::engine) fn feeds(&self, service: usize) -> u32 {
        self.feeds.get(service).copied().unwrap_or(NONE)
    }

    /// The queue that a service consumes; none where it consumes none.
    pub(in crate::engine) fn consumed_by(&self, service: usize) -> u32 {
        self.consumes.get(service).copied().unwrap_or(NONE)
    }

    /// Whether any service takes from a queue.
    pub(in crate::engine) fn consumes(&self, system: &System, service: usize) -> bool {
        self.services.iter().any(|queue| {
            let events = system.services[*queue as usize].events.as_deref();
            events.and_then(|events| events.consumer).is_some_and(|one| one.service.index() == service)
        })
    }

    /// Whether the order of any queue is that of sessions.
    pub(super) fn needs_sessions(system: &System) -> bool {
        let mut queues = system.services.iter().filter_map(|service| service.events.as_deref());
        queues.any(|queue: &EventQueue| queue.order != Order::Standard)
    }
}
