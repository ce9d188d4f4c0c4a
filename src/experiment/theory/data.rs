//! How far back losses of data go, where a formula knows backups or copies like these.

use super::law::law;
use super::{Exact, Part, Theory, number};
use crate::analysis::oracle::Given;
use crate::kernel::distribution::Distribution;
use crate::model::data::{Backup, Consistent, Mode, Replication, Takes, Writes};
use crate::model::fault::{Fault, FaultClock, FaultKind, Trigger};
use crate::model::system::System;
use crate::units::ServiceId;

/// Answers of formulas, and the metrics that they are about.
const METRICS: [(&str, &str); 5] = [
    ("loss_mean", "rpo_mean"),
    ("loss_p50", "rpo_p50"),
    ("loss_p95", "rpo_p95"),
    ("loss_p99", "rpo_p99"),
    ("lost_writes_mean", "lost_writes_per_loss"),
];

/// What theory says about the losses of each service that keeps anything.
pub(super) fn of(system: &System) -> impl Iterator<Item = Theory> {
    (0..system.services.len() as u32).filter_map(|number| service(system, ServiceId(number)))
}

fn service(system: &System, id: ServiceId) -> Option<Theory> {
    let keeper = &system.services[id.index()];
    let data = keeper.data.as_deref()?;
    let destroys = |fault: &&Fault| matches!(&fault.kind, FaultKind::DataLoss { services, .. } if services.contains(&id));
    let mut faults = system.faults.iter().filter(destroys);
    let (fault, None) = (faults.next()?, faults.next()) else { return None };
    let (label, part, mut departures) = if is_promoted(system, fault, id) {
        let mut copies = system.replications.iter().filter(|copy| copy.of == id);
        let (copy, None) = (copies.next()?, copies.next()) else { return None };
        follower(copy, data.writes)?
    } else {
        let mut backups = system.backups.iter().filter(|backup| backup.of == id);
        let (backup, None) = (backups.next()?, backups.next()) else { return None };
        backed_up(backup, fault)?
    };
    let FaultKind::DataLoss { silent_for, .. } = &fault.kind else { return None };
    if silent_for.is_some() {
        departures.push("losses show later".to_owned());
    }
    let is_poisson = fault.clock == FaultClock::Calendar
        && matches!(&fault.trigger, Trigger::Random(Distribution::Exponential(_)));
    if !is_poisson {
        departures.push("losses are not Poisson".to_owned());
    }
    let named = |answer: Exact| {
        let (_, metric) = METRICS.iter().find(|(name, _)| *name == answer.metric)?;
        // Of writes that nobody counts none are lost.
        let is_counted = *metric != "lost_writes_per_loss" || matches!(data.writes, Some(Writes::Rate(_)));
        is_counted.then(|| Exact { metric: (*metric).to_owned(), ..answer })
    };
    let answers = part.answers().ok()?.into_iter().filter_map(named).collect();
    let scope = format!("service.{}", keeper.name);
    let oracle = part.oracle;
    Some(Theory { scope, model: label, oracle, answers, departures, relaxation: None, long_run: None })
}

/// Whether the recovery of a fault puts a copy of the data of a service in their place, which it leaves there.
fn is_promoted(system: &System, fault: &Fault, id: ServiceId) -> bool {
    let leaves = matches!(fault.kind, FaultKind::DataLoss { takes_copies: false, .. });
    let plan = fault.recovery.map(|recovery| &system.recoveries[recovery.index()].plan);
    leaves && plan.is_some_and(|plan| plan.promotes(id))
}

/// A copy that is always a little behind.
fn follower(copy: &Replication, writes: Option<Writes>) -> Option<(String, Part, Vec<String>)> {
    let rate = match writes {
        Some(Writes::Rate(rate)) => rate.per_second(),
        Some(Writes::Effects) | None => 0.0,
    };
    let Mode::Async { lag, .. } = &copy.mode else { return None };
    let arguments = [("lag", Given::Laws(vec![law(lag)?])), ("write_rate", number(rate))];
    let label = "a copy that follows".to_owned();
    let mut departures = Vec::new();
    if copy.sides.is_some() {
        departures.push("nothing gets to the copy while the way to it is cut, or it is down".to_owned());
    }
    Some((label, Part::new("replication-lag", &arguments), departures))
}

/// Backups at fixed intervals.
fn backed_up(backup: &Backup, fault: &Fault) -> Option<(String, Part, Vec<String>)> {
    let schedule = backup.schedule?;
    let Takes::Law(takes) = &backup.takes else { return None };
    let mut departures = Vec::new();
    let mut depart = |departs: bool, what: &str| {
        if departs {
            departures.push(what.to_owned());
        }
    };
    depart(takes.as_constant().is_none(), "backups do not all take the same time");
    depart(takes.mean() > 0.0, "a backup that a loss breaks off makes the next one lose more");
    depart(backup.success.get() < 1.0, "backups fail");
    depart(backup.consistent == Consistent::End, "a backup is of its end");
    depart(backup.verify.is_some() && backup.usable.get() < 1.0, "somebody looks at backups");
    depart(backup.full_every > 1 && backup.usable.get() < 1.0, "increments need those before them");
    depart(backup.restore.log.is_some(), "a log is kept elsewhere");
    let mut arguments =
        vec![("interval", number(schedule.every.as_secs())), ("duration", number(takes.mean()))];
    let label = "backups at fixed intervals".to_owned();
    if backup.usable.get() < 1.0 {
        arguments.push(("corrupt", number(1.0 - backup.usable.get())));
        return Some((label, Part::new("backup-corrupt", &arguments), departures));
    }
    let Trigger::Random(law) = &fault.trigger else { return None };
    arguments.push(("up", number(law.mean())));
    Some((label, Part::new("backup-loss", &arguments), departures))
}
