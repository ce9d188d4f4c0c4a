//! What a guarded call site needs, as far as its settings tell.

use crate::engine::plan::{Edge, GuardPlan, NONE, ServicePlan};
use crate::model::call::{CallPolicy, Stops};
use crate::model::resilience::budget::BudgetSettings;
use crate::model::system::System;
use crate::units::SimDuration;

/// Notes of which call sites every call has a record from the start.
pub(in crate::engine) fn find_recorded(system: &System, services: &[ServicePlan], edges: &mut [Edge]) {
    for edge in edges {
        edge.is_recorded = is_recorded(system, services, edge);
        edge.is_light = !edge.is_recorded && edge.guard.as_ref().is_some_and(|guard| is_light(&guard.policy));
    }
}

/// Whether a guard that nothing goes wrong with only counts attempts: it is asked for nothing but a place, and nobody
/// learns from good answers. Copies that are sent after a time that never changes are no matter of its.
fn is_light(policy: &CallPolicy) -> bool {
    let budgets =
        [policy.retry.budget.as_ref(), policy.hedge.as_ref().and_then(|hedge| hedge.budget.as_ref())];
    policy.throttle.is_none()
        && policy.breaker.is_none()
        && budgets.into_iter().flatten().all(BudgetSettings::is_quiet)
}

/// Whether every call of a site has one: because it has a deadline, or because its guard needs more
/// than the record of its first attempt can tell. That is so where several deciders remember, where an attempt may
/// have left the replica to which it was sent, and for copies that are sent after a time which changes, or are tied.
fn is_recorded(system: &System, services: &[ServicePlan], edge: &Edge) -> bool {
    let Some(guard) = &edge.guard else { return edge.deadline.is_some() };
    let service = &services[edge.service as usize];
    edge.deadline.is_some()
        || service.all_deciders() > 1
        || service.shared_queue
        || system.services[edge.service as usize].is_buffered()
        || !system.services[edge.service as usize].next.is_empty()
        || guard.policy.hedge.is_some() && (guard.ties || guard.hedge_lane == NONE)
}

/// How long the first copy of a call waits, where that never changes.
pub(in crate::engine) fn hedge_wait(policy: &CallPolicy) -> Option<SimDuration> {
    let hedge = policy.hedge.as_ref().filter(|hedge| hedge.attempts > 1)?;
    hedge.policy.constant()
}

impl GuardPlan {
    /// Whether the breaker stops further attempts only.
    pub(in crate::engine) fn stops_retries(&self) -> bool {
        self.policy.breaker.as_ref().is_some_and(|rule| rule.stops == Stops::Retries)
    }
}
