//! Objectives that the runs of a scenario cannot decide.

use super::{Checked, Checker};
use crate::measure::metric::{Counts, MetricName, Quantity};
use crate::model::deploy::Begins;
use crate::model::fault::{Fault, FaultKind, Trigger};
use crate::model::system::System;
use crate::model::workload::{Arrival, Client};
use crate::scenario::check::warn::{mean_rate, single_time};
use crate::scenario::{Bound, Objective, Run};
use crate::units::{ServiceId, SimTime};

/// Outages below which there is no interval for the mean time to one, or of one.
const OUTAGES_MIN: f64 = 5.0;
/// Requests beyond a quantile below which its interval says little.
const BEYOND_MIN: f64 = 10.0;

impl Checker<'_> {
    /// Reports objectives that the runs cannot decide, whatever comes out.
    pub(super) fn undecidable(&mut self, checked: &Checked) {
        let run = &checked.run;
        for objective in &checked.objectives {
            if let Some((why, help)) = why_undecided(&checked.system, run, objective) {
                let name = format!("{}/{}", objective.metric.scope, objective.metric.name);
                self.warning(&["objective", &name], why, &help);
            }
        }
    }
}

fn why_undecided(system: &System, run: &Run, objective: &Objective) -> Option<(String, String)> {
    let quantity = Quantity::parse(&objective.metric.name)?;
    let samples = samples(run);
    if samples < 2.0 {
        let why = "one run has no interval, so this objective stays undecided";
        return Some((why.to_owned(), "10 runs or more have one".to_owned()));
    }
    match (quantity.family.counts, quantity.quantile()) {
        (Counts::PerOutage(_), _) => {
            let outages = outages(system, run, &objective.metric)?;
            (outages < OUTAGES_MIN).then(|| {
                let why = format!(
                    "at most {outages:.1} outages are expected in all runs together, too few to decide this objective"
                );
                (why, format!("it takes at least {OUTAGES_MIN}: lengthen the horizon or add runs"))
            })
        }
        (_, Some(level)) => {
            let requests = requests(system, run, &objective.metric)?;
            let beyond = requests * (1.0 - level);
            (beyond < BEYOND_MIN).then(|| {
                let why = format!(
                    "about {requests:.0} requests are expected in all runs together, {beyond:.1} of them beyond this quantile"
                );
                (why, format!("it takes some {BEYOND_MIN} beyond it: lengthen the horizon or add runs"))
            })
        }
        _ if quantity == Quantity::named("availability_request")
            && objective.bound == Bound::AtLeast
            && objective.target < 1.0 =>
        {
            let requests = requests(system, run, &objective.metric)?;
            let provable = (1.0 - run.confidence.get()).powf(1.0 / requests);
            (provable < objective.target).then(|| {
                let why = format!(
                    "about {requests:.0} requests in all runs together cannot show that much, even if none fails"
                );
                let enough = ((1.0 - run.confidence.get()).ln() / objective.target.ln()).ceil();
                (why, format!("it takes {enough:.0} or more: lengthen the horizon or add runs"))
            })
        }
        _ => None,
    }
}

/// Independent values that an interval is made of, at most.
fn samples(run: &Run) -> f64 {
    let most = run.precision.as_ref().map_or(run.runs, |precision| run.runs.max(precision.runs_max));
    f64::from(most) * f64::from(run.batches.max(1))
}

/// Measured time of all runs together \[s\].
fn measured(run: &Run) -> f64 {
    let most = run.precision.as_ref().map_or(run.runs, |precision| run.runs.max(precision.runs_max));
    run.span.measured().as_secs() * f64::from(most)
}

/// Requests of a client expected in all runs together; `None` for other parts, and where it is not known.
fn requests(system: &System, run: &Run, metric: &MetricName) -> Option<f64> {
    let name = metric.scope.strip_prefix("client.")?;
    let client = system.clients.iter().find(|client| client.name == name)?;
    let is_known = !matches!(
        client.arrival,
        Arrival::Closed { .. } | Arrival::Counts { .. } | Arrival::Instants(_) | Arrival::Trace(_)
    );
    if !is_known {
        return None;
    }
    let horizon = run.span.horizon.since(SimTime::ZERO);
    let expected = mean_rate(&client.arrival, horizon) * measured(run);
    (expected > 0.0).then_some(expected)
}

/// The most outages of a part that are expected in all runs together; `None` for parts that are not services or faults.
fn outages(system: &System, run: &Run, metric: &MetricName) -> Option<f64> {
    let (kind, name) = metric.scope.split_once('.')?;
    let reaches = |fault: &&Fault| match kind {
        "fault" => fault.name == name,
        "service" => system.services.iter().position(|one| one.name == name).is_some_and(|number| {
            let first = system.first_replica(ServiceId(number as u32)).0;
            let replicas = first..first + system.services[number].replicas.len() as u32;
            // Whom nobody reaches is up.
            let is_between = fault.kind.link(0).is_some();
            !is_between
                && fault.units.iter().any(|unit| unit.replicas.iter().any(|one| replicas.contains(&one.0)))
        }),
        _ => true,
    };
    let is_known = matches!(kind, "fault" | "block")
        || kind == "service" && system.services.iter().any(|one| one.name == name);
    is_known.then(|| system.faults.iter().filter(reaches).map(|fault| strikes(system, run, fault)).sum())
}

/// How often a fault is expected to strike in all runs together, at all its units.
pub(in crate::scenario::check) fn strikes(system: &System, run: &Run, fault: &Fault) -> f64 {
    let runs = measured(run) / run.span.measured().as_secs();
    match &fault.trigger {
        Trigger::Random(law) => {
            let repair = fault.recovery.map_or(0.0, |plan| single_time(&system.recoveries[plan.index()]));
            measured(run) / (law.mean() + repair) * fault.units.len() as f64
        }
        Trigger::Scheduled(times) => (times.len() * fault.units.len()) as f64 * runs,
        Trigger::Replayed(units) => units.iter().map(Vec::len).sum::<usize>() as f64 * runs,
        // As often as poisoned requests come, whatever becomes of them.
        Trigger::Served => poisoned(system, run, fault),
        // As often as load has it.
        Trigger::Unanswered => f64::INFINITY,
        Trigger::Released(deploy) => {
            let deploy = &system.deploys[deploy.index()];
            let bad = deploy.bad.get() * (1.0 - deploy.gate.get());
            match &deploy.begins {
                Begins::At(times) => times.len() as f64 * runs * bad,
                Begins::Every(law) => measured(run) / law.mean() * bad,
            }
        }
    }
}

/// How many poisoned requests are expected to arrive in all runs together.
fn poisoned(system: &System, run: &Run, fault: &Fault) -> f64 {
    let FaultKind::Poison { from, share, .. } = &fault.kind else { return 0.0 };
    let horizon = run.span.horizon.since(SimTime::ZERO);
    let of = |(number, client): (usize, &Client)| {
        let is_from = from.is_empty() || from.iter().any(|one| one.index() == number);
        if is_from { mean_rate(&client.arrival, horizon) } else { 0.0 }
    };
    system.clients.iter().enumerate().map(of).sum::<f64>() * share.get() * measured(run)
}
