//! What theory says about faults, recoveries, and the availability that comes of them.

mod domain;
mod standby;

use std::collections::BTreeSet;

use super::flow::{depends, faults};
use super::law::law;
use super::{Exact, Model, Part, Theory, number};
use crate::analysis::oracle::Given;
use crate::kernel::distribution::Distribution;
use crate::measure::metric::ScopeKind;
use crate::model::fault::{Detection, Fault, FaultClock, FaultKind, FaultStart, Recovers, Trigger, Unit};
use crate::model::recovery::{Operation, Plan, PlanPolicy, Work};
use crate::model::system::{Block, Member, System};
use crate::units::{CrewId, ServiceId};

/// What theory says about services, blocks and faults.
///
/// `measured` is the length of a run that is measured \[s\].
pub(super) fn of(system: &System, measured: f64) -> Vec<Theory> {
    let fleets = system.services.iter().take_while(|service| service.events.is_none()).count();
    let services: Vec<Option<Theory>> =
        (0..fleets).map(|number| service(system, ServiceId(number as u32), measured)).collect();
    let mut all: Vec<Theory> = services.iter().flatten().cloned().collect();
    all.extend(system.blocks.iter().filter_map(|one| block(system, one, &services)));
    all.extend(system.faults.iter().filter_map(|one| fault(system, one, measured)));
    all
}

/// How long a fault lasts on average, once it has struck.
struct Repair {
    label: String,
    part: Part,
    /// Mean time from the fault to the start of its recovery \[s\].
    detected: f64,
    /// Whose members it takes, where there is but one operation.
    crew: Option<CrewId>,
    /// Whether the whole is one exponential time.
    is_exponential: bool,
    /// The variance of the whole \[s^2\], where one operation is all there is.
    variance: Option<f64>,
    /// Whether it always lasts as long.
    is_constant: bool,
}

impl Repair {
    fn mean(&self) -> Option<f64> {
        let answers = self.part.answers().ok()?;
        Some(answers.iter().find(|one| one.metric == "recovery_mean")?.value + self.detected)
    }
}

/// How a fault is repaired; `None` where no formula speaks of it.
fn repair(system: &System, fault: &Fault) -> Option<Repair> {
    // Nothing waits for the detection of what passes by itself.
    let detection = if fault.passes { &Detection::Unsaid } else { &fault.detection };
    let detected = match detection {
        Detection::Immediate | Detection::Unsaid => 0.0,
        Detection::After(time) => time.mean(),
        Detection::HealthCheck | Detection::Liveness | Detection::Monitors(_) => return None,
    };
    let plan = &system.recoveries[fault.recovery?.index()].plan;
    let times: Option<Vec<(&Distribution, Option<CrewId>)>> = plan.operations.iter().map(task).collect();
    let times = times?;
    let crew = match &times[..] {
        [(_, crew)] => *crew,
        several if several.iter().any(|(_, crew)| crew.is_some()) => return None,
        _ => None,
    };
    let is_exponential = matches!(&times[..], [(Distribution::Exponential(_), _)])
        && matches!(detection, Detection::Immediate | Detection::Unsaid);
    let (label, part) = formula(plan, &times)?;
    let variance = match (&times[..], detection) {
        ([(time, _)], Detection::Immediate | Detection::Unsaid) => Some(time.variance()),
        ([(time, _)], Detection::After(detection)) => Some(time.variance() + detection.variance()),
        _ => None,
    };
    let is_after_chance = matches!(detection, Detection::After(time) if time.variance() > 0.0);
    let is_constant = !is_after_chance && times.iter().all(|(time, _)| time.variance() <= 0.0);
    Some(Repair { label, part, detected, crew, is_exponential, variance, is_constant })
}

/// The time of an operation that is always done and always succeeds.
fn task(operation: &Operation) -> Option<(&Distribution, Option<CrewId>)> {
    match &operation.work {
        Work::Task { time, success, crew, does }
            if success.get() >= 1.0 && operation.probability.get() >= 1.0 && does.is_empty() =>
        {
            Some((time, *crew))
        }
        _ => None,
    }
}

/// The formula for the mean time of a plan.
fn formula(plan: &Plan, times: &[(&Distribution, Option<CrewId>)]) -> Option<(String, Part)> {
    let count = times.len();
    let means = || ("t", Given::Numbers(times.iter().map(|(time, _)| time.mean()).collect()));
    let laws = || -> Option<(&str, Given)> {
        let laws: Option<Vec<_>> = times.iter().map(|(time, _)| law(time)).collect();
        Some(("time", Given::Laws(laws?)))
    };
    let are_constant = times.iter().all(|(time, _)| time.as_constant().is_some());
    Some(match plan.policy {
        _ if count == 1 => ("one operation".to_owned(), Part::new("sequence", &[means()])),
        PlanPolicy::Sequence => (format!("{count} in sequence"), Part::new("sequence", &[means()])),
        // Only the first is ever begun, for it succeeds.
        PlanPolicy::Escalate => {
            ("the first of a ladder".to_owned(), Part::new("sequence", &[("t", number(times[0].0.mean()))]))
        }
        PlanPolicy::Race => (format!("race of {count}"), Part::new("race", &[laws()?])),
        PlanPolicy::All => (format!("all of {count}"), Part::new("all-required", &[laws()?])),
        PlanPolicy::Share { serial } if are_constant => {
            let part = Part::new("shared-job", &[means(), ("serial", number(serial.get()))]);
            (format!("one job shared by {count}"), part)
        }
        PlanPolicy::Share { .. } => return None,
    })
}

/// The law of the time that a unit is up, where that is what the scenario writes: a fault whose clock stands still while
/// the unit is idle, or down for another fault, lets it live longer.
fn time_to_failure<'s>(system: &'s System, fault: &'s Fault) -> Option<&'s Distribution> {
    let Trigger::Random(time) = &fault.trigger else { return None };
    let number = system.faults.iter().position(|other| other.name == fault.name)?;
    let raised = system.faults.iter().flat_map(|other| &other.raises).any(|one| one.fault as usize == number);
    let is_paced = fault.pace.total_cmp(&1.0).is_ne() || fault.flap.is_some() || fault.backoff.is_some();
    if raised || is_paced || fault.recovers == Recovers::Each {
        return None;
    }
    let strikes = |other: &Fault, replica| other.units.iter().any(|unit| unit.replicas.contains(&replica));
    let is_shared = || {
        let mut struck = fault.units.iter().flat_map(|unit| &unit.replicas);
        struck.any(|replica| {
            system.faults.iter().any(|other| other.name != fault.name && strikes(other, *replica))
        })
    };
    match fault.clock {
        FaultClock::Calendar => Some(time),
        FaultClock::Up if !is_shared() => Some(time),
        FaultClock::Up | FaultClock::Busy | FaultClock::Load => None,
    }
}

/// Mean times of a fault that comes at random and is repaired.
fn fault(system: &System, fault: &Fault, measured: f64) -> Option<Theory> {
    // What strikes a replica that leaves ends with it, repaired or not.
    let changing = |service: &ServiceId| !system.services[service.index()].is_fixed();
    if (0..system.services.len() as u32)
        .map(ServiceId)
        .filter(changing)
        .any(|id| is_struck(system, fault, id))
    {
        return None;
    }
    let time_to_failure = time_to_failure(system, fault)?;
    let repair = repair(system, fault).filter(|repair| repair.crew.is_none())?;
    let exact = |metric: &str, value| Exact { metric: metric.to_owned(), unit: "s", value, missing: None };
    let down = repair.mean()?;
    Some(Theory {
        relaxation: memory(fault, time_to_failure, &repair)
            .map(|times| times * settling(time_to_failure.mean(), down)),
        long_run: young(fault, time_to_failure.mean() + down, measured),
        scope: format!("fault.{}", fault.name),
        model: repair.label.clone(),
        oracle: repair.part.oracle,
        answers: vec![exact("mttf", time_to_failure.mean()), exact("mttr", down)],
        departures: Vec::new(),
    })
}

/// Whether a fault strikes any replica of a service.
fn is_struck(system: &System, fault: &Fault, id: ServiceId) -> bool {
    let first = system.first_replica(id).0;
    let seats = first..first + system.services[id.index()].replicas.len() as u32;
    fault.units.iter().flat_map(|unit| &unit.replicas).any(|replica| seats.contains(&replica.0))
}

/// A unit that fails less often than this in a run has not forgotten that it was new.
const OFTEN: f64 = 100.0;

/// Says so where runs are too short for the mean of a law with memory to show.
fn young(fault: &Fault, cycle: f64, measured: f64) -> Option<String> {
    let has_memory = !matches!(fault.trigger, Trigger::Random(Distribution::Exponential(_)));
    let is_young = has_memory && fault.start == FaultStart::New && measured < OFTEN * cycle;
    let message = || format!("units of fault.{} begin new and seldom fail in a run", fault.name);
    is_young.then(message)
}

/// How fast units of these means forget how they began, where both times are exponential \[s\].
fn settling(up: f64, down: f64) -> f64 {
    up * down / (up + down)
}

/// How many times longer than exponential ones the units of a fault remember that they were up at first; `None` where
/// they also remember that they were new, or for ever.
///
/// ```text
/// integral of (U - P(down at t)) / U = up down / (up + down) (cv_up^2 + cv_down^2) / 2
/// ```
///
/// for units that begin up with the equilibrium residual life, U the long-run share of time down; from the means and
/// variances of a renewal process with rewards (Cox, Renewal Theory, 1962, sections 5 and 7). It is 1 for exponential
/// times, and no less is taken, for times with little spread swing.
fn memory(fault: &Fault, time_to_failure: &Distribution, repair: &Repair) -> Option<f64> {
    let is_aged = fault.start == FaultStart::Aged || matches!(time_to_failure, Distribution::Exponential(_));
    let square = |variance: f64, mean: f64| if mean > 0.0 { variance / mean.powi(2) } else { 0.0 };
    let spread =
        square(time_to_failure.variance(), time_to_failure.mean()) + square(repair.variance?, repair.mean()?);
    (is_aged && spread.is_finite()).then(|| (spread / 2.0).max(1.0))
}

/// The availability of a service each of whose replicas fails and is repaired by itself.
fn service(system: &System, id: ServiceId, measured: f64) -> Option<Theory> {
    // No formula is of a fleet that changes, or of one that others take down.
    if system.services[id.index()].is_changing() || depends(system, id) || in_step(system, &[id]) > 1 {
        return None;
    }
    if system.services[id.index()].standby.is_some() {
        return standby::service(system, id);
    }
    alone(system, id, measured).or_else(|| domain::service(system, id, measured))
}

/// The availability of a service each of whose replicas has one fault and no other.
fn alone(system: &System, id: ServiceId, measured: f64) -> Option<Theory> {
    let service = &system.services[id.index()];
    let only = match faults(system, id)[..] {
        [name] => system.faults.iter().find(|fault| fault.name == name)?,
        _ => return None,
    };
    let time_to_failure = time_to_failure(system, only)?;
    let first = system.first_replica(id).0;
    let mut struck: Vec<u32> = Vec::new();
    for unit in &only.units {
        match &unit.replicas[..] {
            [one] => struck.push(one.0),
            _ => return None,
        }
    }
    struck.sort_unstable();
    let count = service.replicas.len() as u32;
    if !matches!(only.kind, FaultKind::Crash(_))
        || only.is_gray()
        || struck != (first..first + count).collect::<Vec<_>>()
    {
        return None;
    }
    let repair = repair(system, only)?;
    let is_exponential = repair.is_exponential && matches!(time_to_failure, Distribution::Exponential(_));
    let down = repair.mean()?;
    let memory = memory(only, time_to_failure, &repair);
    let mut arguments = vec![
        ("n", number(f64::from(count))),
        ("k", number(f64::from(service.quorum))),
        ("up", number(time_to_failure.mean())),
        ("down", number(down)),
    ];
    let (label, oracle) = match repair.crew {
        None => (format!("{} of {count}, each repaired by itself", service.quorum), "k-of-n"),
        Some(crew) if is_exponential && has_one_user(system, crew) => {
            let crews = system.crews[crew.index()].size;
            arguments.push(("crews", number(f64::from(crews))));
            (format!("{} of {count}, repaired by a crew of {crews}", service.quorum), "k-of-n-crew")
        }
        Some(_) => return None,
    };
    let model = Model::whole(label, Part::new(oracle, &arguments), Vec::new());
    let mut theory = model.solve(&format!("service.{}", service.name), ScopeKind::Service)?;
    theory.long_run = young(only, time_to_failure.mean() + down, measured);
    if !is_exponential {
        theory.answers.retain(|one| one.metric != "first_outage_mean");
    }
    theory.relaxation = theory.relaxation.zip(memory).map(|(relaxation, times)| relaxation * times);
    Some(theory)
}

/// How many units that strike these services never lose step: they begin together, and all their times are constant.
/// Several of them do not fail independently, however long they run.
fn in_step(system: &System, services: &[ServiceId]) -> usize {
    let keeps_step = |fault: &Fault| {
        let Trigger::Random(time_to_failure) = &fault.trigger else { return false };
        fault.start == FaultStart::New
            && time_to_failure.variance() <= 0.0
            && repair(system, fault).is_some_and(|repair| repair.is_constant)
    };
    let replicas = services.iter().map(|id| {
        let first = system.first_replica(*id).0;
        first..first + system.services[id.index()].replicas.len() as u32
    });
    let replicas: Vec<_> = replicas.collect();
    let is_in = |unit: &&Unit| {
        unit.replicas.iter().any(|replica| replicas.iter().any(|service| service.contains(&replica.0)))
    };
    let faults = system.faults.iter().filter(|fault| keeps_step(fault));
    faults.map(|fault| fault.units.iter().filter(is_in).count()).sum()
}

/// Whether only one operation of all plans takes this crew, and only one fault has that plan.
fn has_one_user(system: &System, crew: CrewId) -> bool {
    fn users(plan: &Plan, crew: CrewId) -> usize {
        let of = |operation: &Operation| match &operation.work {
            Work::Task { crew: taken, .. } => usize::from(*taken == Some(crew)),
            Work::Plan(plan) => users(plan, crew),
        };
        plan.operations.iter().map(of).sum()
    }
    let uses =
        |fault: &Fault| fault.recovery.map_or(0, |plan| users(&system.recoveries[plan.index()].plan, crew));
    system.faults.iter().map(uses).sum::<usize>() == 1
}

/// The availability of a block whose services fail independently.
fn block(system: &System, block: &Block, services: &[Option<Theory>]) -> Option<Theory> {
    let mut seen = BTreeSet::new();
    let mut needs = block.needs;
    let (mut up, mut down, mut departures) = (Vec::new(), Vec::new(), Vec::new());
    let (mut relaxation, mut long_run) = (Some(0.0_f64), None);
    let mut members = Vec::new();
    for member in &block.members {
        // A block within a block is left to the simulation.
        let Member::Service(id) = member else { return None };
        let struck = faults(system, *id);
        if depends(system, *id) {
            return None;
        }
        if struck.is_empty() {
            // It is always up.
            needs = needs.saturating_sub(1);
            continue;
        }
        if !struck.into_iter().all(|name| seen.insert(name)) {
            return None;
        }
        let theory = services[id.index()].as_ref()?;
        departures.extend(theory.departures.iter().cloned());
        relaxation = relaxation.zip(theory.relaxation).map(|(one, other)| one.max(other));
        long_run = long_run.or_else(|| theory.long_run.clone());
        let of = |metric: &str| theory.answers.iter().find(|one| one.metric == metric).map(|one| one.value);
        up.push(of("mttf")?);
        down.push(of("mttr")?);
        members.push(*id);
    }
    if in_step(system, &members) > 1 {
        return None;
    }
    if needs == 0 || up.len() < needs as usize {
        return None;
    }
    let label = format!("{} of {} independent parts", block.needs, block.members.len());
    let arguments =
        [("k", number(f64::from(needs))), ("up", Given::Numbers(up)), ("down", Given::Numbers(down))];
    let model = Model::whole(label, Part::new("k-of-n-mixed", &arguments), departures);
    let theory = model.solve(&format!("block.{}", block.name), ScopeKind::Block)?;
    // Its members are groups, which remember as long as their units do.
    Some(Theory { relaxation, long_run, ..theory })
}
