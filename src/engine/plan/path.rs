//! Which handlers do the work of a service: as far as its settings tell, and so once for each run. What faults do to it
//! may take it off a path for a while; see [`Service::set_special`](crate::engine::replica::service::Service::set_special).

use crate::engine::plan::{Edge, NONE, Plan};
use crate::model::balancing::{LoadNeeded, Needs};
use crate::model::call::OnTimeout;
use crate::model::fleet::{Concurrency, Service as Settings};
use crate::model::monitoring::{HealthCheck, Liveness, Through};
use crate::model::queue::Discipline;

/// Which handlers do the work of a service. Results are the same whichever do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Those that know everything.
    General,
    /// Those of plain work, where an attempt is at its replica when it is sent, and answered when it is served.
    Direct,
    /// Those of plain work to which somebody else attends too: a post, a decider, the queue's policy, the ledger of effects.
    Attended,
    /// Those of functions, where an attempt is all that its instance has.
    Pooled,
}

/// Whether a service has only what the handlers of plain work know, as far as settings tell.
pub(in crate::engine) fn is_plain(plan: &Plan, number: usize) -> bool {
    is_plain_itself(plan, number)
        && !plan.system.services[number].is_read()
        && !plan.system.services[number].is_buffered()
        && !plan.has_sessions
        && !plan.has_corruption
        && (!plan.network.has_any || plan.network.posts.is_some())
}

/// Whether an attempt at a function is nothing but its demand once it has a warm instance, as far as settings tell.
pub(in crate::engine) fn is_pooled(plan: &Plan, number: usize) -> bool {
    let settings = &plan.system.services[number];
    let own = &plan.services[number];
    settings.function.as_ref().is_some_and(|function| function.max_duration.is_none())
        && settings.versions.is_none()
        && !settings.has_regions()
        && !is_poisoned(plan, number)
        && settings.concurrency == Concurrency::Slots(1)
        && settings.error_ratio.get() <= 0.0
        && settings.idempotency.is_none()
        && settings.next.is_empty()
        && !own.has_steps
        && own.all_deciders() == 1
        && !plan.has_sessions
        && !plan.has_effects
        && !plan.transfers.reach(number)
        && !plan.network.has_any
        && !has_busy_clock(plan, number)
        && !is_guarded(plan, number)
        && !leaves_queues(plan)
}

/// Whether nothing that belongs to a service itself keeps it from being plain: no other part of a system changes that.
pub(in crate::engine) fn is_plain_itself(plan: &Plan, number: usize) -> bool {
    let own = &plan.services[number];
    // Whoever adds a setting says here what becomes of it.
    let Settings {
        admission,
        gateway,
        balancing,
        // Whoever sends an attempt asks it first.
        cache,
        // What a queue does with a message is no plain work.
        events,
        // The same for all handlers, or carried out when somebody attends.
        name: _,
        replicas: _,
        on_hosts: _,
        quorum: _,
        concurrency: _,
        ramp_up: _,
        retry_after: _,
        demand: _,
        queue: _,
        slot: _,
        price: _,
        data: _,
        effects: _,
        // Whoever looks waits for its turn among the others.
        health_check,
        liveness,
        outlier_detection: _,
        present: _,
        // A service is special while a replica drains, or finishes what it has before it stands by.
        autoscaling: _,
        standby: _,
        // Instances come from a handler of their own, which every other leads to.
        function: _,
        provisioned: _,
        // Only functions have them.
        versions: _,
        population: _,
        start: _,
        drain: _,
        // With these it always is, and with those it goes on after its own work.
        error_ratio: _,
        error_time: _,
        idempotency: _,
        steps: _,
        next: _,
    } = &plan.system.services[number];
    let known =
        Needs { load: LoadNeeded::None, outcomes: false, every_pick: false, ..balancing.policy.needs() };
    admission.is_none()
        && gateway.is_none()
        && cache.is_none()
        && !plan.transfers.reach(number)
        && events.is_none()
        && known == Needs::NOTHING
        && !has_turns(health_check.as_ref(), liveness.as_ref())
        && balancing.subset.is_none()
        && balancing.shard.is_none()
        && own.all_deciders() == 1
        && !own.shared_queue
        && !balancing.needs_sessions()
        && !has_busy_clock(plan, number)
        && !is_tied(plan, number)
}

/// Whether anybody who looks at replicas of a service waits for a slot of them.
pub(in crate::engine) fn waits_for_turns(plan: &Plan, number: usize) -> bool {
    let settings = &plan.system.services[number];
    has_turns(settings.health_check.as_ref(), settings.liveness.as_ref())
}

fn has_turns(check: Option<&HealthCheck>, liveness: Option<&Liveness>) -> bool {
    check.is_some_and(|check| check.through == Through::Queue)
        || liveness.is_some_and(|liveness| liveness.through == Through::Queue)
}

/// Whether jobs of a service wait in the order in which they came, and none leaves out of turn.
pub(in crate::engine) fn is_in_turn(plan: &Plan, number: usize) -> bool {
    let queue = &plan.system.services[number].queue;
    queue.policy.discipline() == Discipline::Fifo && queue.patience.is_none() && !leaves_queues(plan)
}

/// The first call site of a service that makes one call after the other, none with a deadline, and passes nothing on.
pub(in crate::engine) fn first_call(plan: &Plan, number: usize) -> u32 {
    let caller = plan.system.clients.len() + number;
    let steps = &plan.steps[caller];
    let mut sites = steps.iter().map(|step| &plan.edges[step.entries[0].edge as usize]);
    let passes_on = !plan.system.services[number].next.is_empty();
    if passes_on
        || plan.system.services[number].gateway.is_some()
        || plan.system.services[number].events.is_some()
        || plan.has_effects
        || !plan.chains[caller]
        || sites.any(|edge| edge.is_recorded || edge.guard.is_some())
    {
        return NONE;
    }
    steps.first().map_or(NONE, |step| u32::from(step.entries[0].edge))
}

/// Whether the clock of a fault runs only while a replica of a service is busy.
fn has_busy_clock(plan: &Plan, number: usize) -> bool {
    let first = plan.services[number].first as usize;
    plan.clocked[first..first + plan.services[number].speed.len()]
        .iter()
        .flatten()
        .any(|process| plan.fault(*process).clock.is_of_work())
}

/// Whether requests may crash replicas of a service.
pub(in crate::engine) fn is_poisoned(plan: &Plan, number: usize) -> bool {
    let own = &plan.services[number];
    plan.poison.reaches(own.first..own.first + own.speed.len() as u32)
}

/// Whether any call of a service is guarded.
pub(in crate::engine) fn is_guarded(plan: &Plan, number: usize) -> bool {
    plan.edges.iter().any(|edge| usize::from(edge.service) == number && edge.guard.is_some())
}

/// Whether copies at a service stop one another.
pub(in crate::engine) fn is_tied(plan: &Plan, number: usize) -> bool {
    let ties = |edge: &Edge| edge.guard.as_ref().is_some_and(|guard| guard.ties);
    plan.edges.iter().any(|edge| usize::from(edge.service) == number && ties(edge))
}

/// Whether a job ever leaves a queue out of turn.
pub(in crate::engine) fn leaves_queues(plan: &Plan) -> bool {
    plan.edges.iter().any(|edge| edge.on_timeout != OnTimeout::Abandon)
        || plan.edges.iter().flat_map(|edge| &edge.guard).any(|guard| guard.ties)
        || plan.system.services.iter().any(|service| service.queue.patience.is_some())
        || plan.system.services.iter().any(|one| one.queue.policy.discipline() == Discipline::Asked)
}
