//! How long a fault lasts on average, or a bound on that.

use super::Reason;
use crate::kernel::distribution::Distribution;
use crate::model::fault::{Detection, Fault, Flap, Found, Occurrence, Trigger, Unit};
use crate::model::fleet::Service;
use crate::model::monitoring::monitor::{MonitorKind, Rhythm};
use crate::model::monitoring::response::Covers;
use crate::model::recovery::{Operation, Plan, PlanPolicy, Work};
use crate::model::system::System;
use crate::units::{CrewId, MonitorId, ReplicaId};

/// The mean time down of a fault, or what it is at most \[s\]; it may be infinite.
pub(super) fn mean_down(system: &System, fault: &Fault) -> Result<f64, Reason> {
    let given: Vec<&Occurrence> = match &fault.trigger {
        // How long a bad release lasts is not written down: it has no recovery.
        Trigger::Random(_) | Trigger::Released(_) | Trigger::Served | Trigger::Unanswered => {
            return repaired(system, fault);
        }
        Trigger::Scheduled(all) => all.iter().collect(),
        Trigger::Replayed(units) => units.iter().flatten().collect(),
    };
    let mut longest = 0.0_f64;
    for one in given {
        longest = longest.max(match one.lasts {
            Some(lasts) => lasts.as_secs(),
            None => repaired(system, fault)?,
        });
    }
    Ok(longest)
}

fn repaired(system: &System, fault: &Fault) -> Result<f64, Reason> {
    let recovery = &system.recoveries[fault.recovery.ok_or(Reason::Unrepaired)?.index()];
    if queues(system, &recovery.plan) {
        return Err(Reason::Crew);
    }
    let round = Round::of_plan(&recovery.plan);
    if round.success <= 0.0 {
        return Err(Reason::Unrepaired);
    }
    // Rounds are alike and independent: Wald's equation.
    let rounds = 1.0 / round.success;
    let again = if rounds > 1.0 { (rounds - 1.0) * recovery.again_after.mean() } else { 0.0 };
    let waits = fault.backoff.map_or(0.0, |backoff| backoff.max.as_secs());
    Ok(detected(system, fault)? + waits + rounds * round.mean + again)
}

/// The mean time to detection, or what it is at most.
fn detected(system: &System, fault: &Fault) -> Result<f64, Reason> {
    if fault.passes {
        return Ok(0.0);
    }
    // What goes away before it is found may never be.
    let is_missed = |flap: &Flap| match &fault.detection {
        Detection::Immediate | Detection::Unsaid => false,
        Detection::After(_) => flap.detected == Found::Each,
        Detection::HealthCheck | Detection::Liveness | Detection::Monitors(_) => true,
    };
    if fault.flap.as_ref().is_some_and(is_missed) {
        return Err(Reason::Undetected);
    }
    match &fault.detection {
        Detection::Immediate | Detection::Unsaid => Ok(0.0),
        Detection::After(time) => Ok(time.mean()),
        Detection::HealthCheck => checked(system, fault).ok_or(Reason::Undetected),
        Detection::Liveness => probed(system, fault).ok_or(Reason::Undetected),
        Detection::Monitors(monitors) => {
            let times = monitors.iter().filter_map(|monitor| polled(system, fault, *monitor));
            times.reduce(f64::min).ok_or(Reason::Undetected)
        }
    }
}

/// How long health checks need at most; only what gives no answer at all fails every one of them.
fn checked(system: &System, fault: &Fault) -> Option<f64> {
    if !fault.takes_down() {
        return None;
    }
    let mut longest = 0.0_f64;
    for replica in fault.units.iter().flat_map(|unit| &unit.replicas) {
        let check = system.services[service_of(system, *replica)].health_check.as_ref()?;
        let interval = check.interval.max(check.fast_interval.unwrap_or(check.interval)) + check.jitter;
        longest =
            longest.max(f64::from(check.unhealthy_after) * interval.as_secs() + check.timeout.as_secs());
    }
    Some(longest)
}

/// How long probes of liveness need at most; only what gives no answer at all fails every one of them.
fn probed(system: &System, fault: &Fault) -> Option<f64> {
    if !fault.takes_down() {
        return None;
    }
    let needs = |replica: &ReplicaId| {
        let liveness = system.services[service_of(system, *replica)].liveness.as_ref()?;
        let rounds = f64::from(liveness.unhealthy_after) * liveness.interval.as_secs();
        Some(rounds + liveness.timeout.as_secs() + liveness.initial_delay.as_secs())
    };
    let times = fault.units.iter().flat_map(|unit| &unit.replicas).map(needs);
    times.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)
}

fn service_of(system: &System, replica: ReplicaId) -> usize {
    let mut last = 0;
    let of = |service: &Service| {
        last += service.replicas.len();
        replica.index() < last
    };
    system.services.iter().position(of).expect("a validated fault strikes replicas that there are")
}

/// How long a poll needs at most that sees every fault and looks at all that is struck.
fn polled(system: &System, fault: &Fault, monitor: MonitorId) -> Option<f64> {
    let monitor = &system.monitors[monitor.0 as usize];
    let MonitorKind::Poll(poll) = &monitor.kind else { return None };
    let mut watched: Vec<u32> = poll.units.iter().flatten().map(|replica| replica.0).collect();
    watched.sort_unstable();
    let looks_at =
        |unit: &Unit| unit.replicas.iter().any(|replica| watched.binary_search(&replica.0).is_ok());
    let response = &monitor.response;
    let is_heard = matches!(response.covers, Covers::Share(share) if share.get() >= 1.0);
    let is_sure = poll.coverage.get() >= 1.0 && is_heard && response.recovers() && !response.cancels;
    if !is_sure || !fault.units.iter().all(looks_at) {
        return None;
    }
    let between = match &poll.rhythm {
        Rhythm::Periodic(interval) => interval.as_secs(),
        Rhythm::Random(law) => law.mean(),
    };
    let deciding = response.respond.as_ref().map_or(0.0, crate::kernel::distribution::Distribution::mean);
    Some(f64::from(poll.after) * between + deciding)
}

/// Whether an operation of a plan may have to wait for a crew: more may ask for it than it has members.
fn queues(system: &System, plan: &Plan) -> bool {
    let mut crews = Vec::new();
    users(plan, &mut crews);
    crews.iter().any(|crew| {
        let asking = system.faults.iter().map(|fault| {
            let Some(recovery) = fault.recovery else { return 0 };
            let mut taken = Vec::new();
            users(&system.recoveries[recovery.index()].plan, &mut taken);
            taken.iter().filter(|one| *one == crew).count() * fault.units.len()
        });
        asking.sum::<usize>() > system.crews[crew.index()].size as usize
    })
}

fn users(plan: &Plan, crews: &mut Vec<CrewId>) {
    for operation in &plan.operations {
        match &operation.work {
            Work::Task { crew, .. } => crews.extend(crew),
            Work::Plan(plan) => users(plan, crews),
        }
    }
}

/// One try of a plan or an operation.
#[derive(Clone, Copy)]
struct Round {
    /// What its mean length is at most \[s\].
    mean: f64,
    /// Probability that it succeeds.
    success: f64,
    /// Whether its length is exponential with that mean.
    is_exponential: bool,
}

impl Round {
    fn of_plan(plan: &Plan) -> Self {
        let parts: Vec<Self> = plan.operations.iter().map(Self::of_operation).collect();
        let fails = parts.iter().map(|part| 1.0 - part.success).product::<f64>();
        let success = match plan.policy {
            PlanPolicy::Race | PlanPolicy::Escalate => 1.0 - fails,
            PlanPolicy::Sequence | PlanPolicy::All | PlanPolicy::Share { .. } => {
                parts.iter().map(|part| part.success).product()
            }
        };
        // No policy takes longer than one operation after another.
        let sum: f64 = parts.iter().map(|part| part.mean).sum();
        let sure = || parts.iter().filter(|part| part.success >= 1.0);
        let is_race = matches!(plan.policy, PlanPolicy::Race);
        let is_exponential = sure().all(|part| part.is_exponential) && sure().count() == parts.len();
        let mean = match plan.policy {
            // The first that is sure to succeed ends it; of exponential times the rates add up.
            PlanPolicy::Race if is_exponential => 1.0 / parts.iter().map(|part| 1.0 / part.mean).sum::<f64>(),
            PlanPolicy::Race => sure().map(|part| part.mean).fold(sum, f64::min),
            // What is sure to succeed is the last that is begun.
            PlanPolicy::Escalate => {
                let needed = parts.iter().position(|part| part.success >= 1.0);
                parts[..needed.map_or(parts.len(), |last| last + 1)].iter().map(|part| part.mean).sum()
            }
            PlanPolicy::Sequence | PlanPolicy::All | PlanPolicy::Share { .. } => sum,
        };
        Self { mean, success, is_exponential: is_exponential && (is_race || parts.len() == 1) }
    }

    fn of_operation(operation: &Operation) -> Self {
        let chance = operation.probability.get();
        let own = match &operation.work {
            Work::Task { time, success, .. } => Self {
                mean: time.mean(),
                success: success.get(),
                is_exponential: matches!(time, Distribution::Exponential(_)),
            },
            Work::Plan(plan) => Self::of_plan(plan),
        };
        // Skipped, it takes no time and counts as done.
        Self {
            mean: chance * own.mean,
            success: 1.0 - chance + chance * own.success,
            is_exponential: own.is_exponential && chance >= 1.0,
        }
    }
}
