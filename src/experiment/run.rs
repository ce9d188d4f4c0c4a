//! Runs one scenario and estimates every metric of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::estimate::{self, Lens, Metric};
use super::exact::{Bearing, ExactAnswer, Theories};
use super::schedule::{Progress, Stock, extend, pool};
use super::tail::Tails;
use super::world::World;
use super::{
    ExperimentError, ObjectiveResult, Observer, Options, Outcome, check, collapse, drift, transient,
};
use crate::analysis::statistics::half_width;
use crate::analysis::verify::{Side, attainment, looks, shared_level};
use crate::measure::metric::{CATALOGUE, MetricName, Names, Part, Quantity, ScopeKind, Shown, is_of_queues};
use crate::scenario::{Bound, Objective, Precision, Scenario, Width};

/// Simulates the runs of a scenario and estimates every metric.
///
/// When the observer cancels, what is finished is kept: all runs that were started, or where it drops them, those up to
/// the first that was not finished.
///
/// # Errors
///
/// See [`ExperimentError`].
pub fn run(
    scenario: &Scenario,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Outcome, ExperimentError> {
    let findings = check(scenario);
    if findings.has_errors() {
        return Err(ExperimentError::Unfit { scenario: scenario.name.clone(), findings });
    }
    let progress = Progress::new(observer);
    let mut stock = Stock::new(World::new(scenario));
    let planned = pool(options)?.install(|| simulate(scenario, &mut stock, &progress))?;
    if stock.runs.is_empty() {
        return Err(progress.why());
    }
    progress.tell();
    Ok(outcome(scenario, stock, planned))
}

/// Simulates as many runs as the scenario wants, or as its precision takes at looks fixed beforehand; how many that are.
pub(super) fn simulate(
    scenario: &Scenario,
    stock: &mut Stock<'_>,
    progress: &Progress<'_>,
) -> Result<u32, ExperimentError> {
    let runs = scenario.run.runs;
    if !transient::settle(&mut [&mut stock.world], progress)? {
        return Ok(runs);
    }
    let Some(precision) = &scenario.run.precision else {
        extend(&mut [stock], runs, progress)?;
        return Ok(runs);
    };
    let mut planned = runs;
    for runs in looks(runs, precision.runs_max) {
        planned = runs;
        if !extend(&mut [&mut *stock], runs, progress)? || is_precise(scenario, stock, precision) {
            break;
        }
    }
    Ok(planned)
}

/// Whether the printed interval of the metric is narrow enough.
fn is_precise(scenario: &Scenario, stock: &Stock<'_>, precision: &Precision) -> bool {
    let lens = stock.lens();
    let found = Metric::find(lens.names, &precision.metric).and_then(|metric| {
        let confidence = level_of(scenario, lens.names, &metric);
        let estimate = lens.estimate(&metric, confidence, target(scenario, lens.names, metric.part))?;
        Some((estimate, metric.quantity.is_availability()))
    });
    let Some((estimate, is_availability)) = found else { return false };
    let Some((value, half)) = estimate.value.zip(estimate.interval.map(half_width)) else { return false };
    match precision.width {
        Width::Absolute(wanted) => half <= wanted,
        Width::Relative(wanted) => {
            let base = if is_availability { 1.0 - value } else { value.abs() };
            half <= wanted * base
        }
    }
}

/// The level of an interval: objectives share the error equally.
fn level(scenario: &Scenario, is_judged: bool) -> f64 {
    let confidence = scenario.run.confidence.get();
    if is_judged { shared_level(confidence, scenario.objectives.len()) } else { confidence }
}

/// The level of the interval of a metric.
pub(super) fn level_of(scenario: &Scenario, names: &Names, metric: &Metric) -> f64 {
    level(scenario, is_judged(scenario, names, metric))
}

/// What came of the runs of a scenario.
pub(super) fn outcome(scenario: &Scenario, stock: Stock<'_>, runs_planned: u32) -> Outcome {
    let lens = stock.lens();
    let metrics = metrics(scenario, &lens);
    let shared = level(scenario, true);
    let target = |metric: &Metric| target(scenario, lens.names, metric.part);
    let tails = Tails::new(scenario, lens.names);
    let mut estimates =
        lens.estimates(&metrics, |metric| (level_of(scenario, lens.names, metric), target(metric)));
    for estimate in &mut estimates {
        tails.tell(estimate);
    }
    let values = lens.values(&metrics, target);
    // Of thousands of parts there are many.
    drop(metrics);
    let theories = Theories::new(scenario);
    let exact = theories.answers(&lens);
    let mut objectives: Vec<ObjectiveResult> = scenario
        .objectives
        .iter()
        .filter_map(|objective| judge(objective, &lens, shared, scenario))
        .collect();
    drift::mark((lens.names, lens.runs), &mut estimates, &mut objectives);
    for judged in &mut objectives {
        tails.tell(&mut judged.estimate);
        settle(judged, &exact);
    }
    let is_precise = scenario.run.precision.as_ref().map(|precision| is_precise(scenario, &stock, precision));
    let Stock { world, runs } = stock;
    let World { names, span, batches, .. } = world;
    let is_partial = (runs.len() as u32) < runs_planned * batches;
    Outcome {
        span,
        objectives,
        exact,
        estimates,
        values,
        names,
        measurements: runs,
        batches,
        runs_planned,
        is_partial,
        is_precise,
    }
}

/// The metrics worth a row, in the order of results.
fn metrics(scenario: &Scenario, lens: &Lens<'_>) -> Vec<Metric> {
    let mut metrics = Vec::new();
    let mut of_kinds: BTreeMap<ScopeKind, Vec<(Arc<str>, Quantity)>> = BTreeMap::new();
    let shows_seats = scenario.run.per_seat.shows(&scenario.system);
    for (part, _) in lens.names.parts().filter(|(part, _)| shows_seats || part.kind != ScopeKind::Replica) {
        let of_kind = of_kinds.entry(part.kind).or_insert_with(|| {
            let families = CATALOGUE.iter().filter(|family| family.is_of(part.kind));
            let each =
                families.flat_map(|family| family.quantities([&lens.span.thresholds, &lens.span.contracts]));
            each.map(|(name, quantity)| (Arc::from(name), quantity)).collect()
        });
        let each = of_kind.iter().map(|(name, quantity)| Metric {
            part,
            quantity: *quantity,
            name: Arc::clone(name),
        });
        metrics.extend(
            each.filter(|metric| {
                is_telling(scenario, lens, metric) || is_judged(scenario, lens.names, metric)
            }),
        );
    }
    if !shows_seats {
        let place = metrics.iter().position(|metric| ScopeKind::Replica < metric.part.kind);
        let place = place.unwrap_or(metrics.len());
        metrics.splice(place..place, named_seats(scenario, lens.names));
    }
    metrics.shrink_to_fit();
    metrics
}

/// The metrics of single replicas that the scenario names, in the order of results.
fn named_seats(scenario: &Scenario, names: &Names) -> Vec<Metric> {
    let objectives = scenario.objectives.iter().map(|objective| &objective.metric);
    let claims = scenario.claims.iter().map(|claim| &claim.predicts);
    let precision = scenario.run.precision.iter().map(|precision| &precision.metric);
    let named = objectives.chain(claims).chain(precision);
    let mut found: Vec<Metric> = named
        .filter_map(|name| Metric::find(names, name).filter(|metric| metric.part.kind == ScopeKind::Replica))
        .collect();
    let place = |metric: &Metric| CATALOGUE.iter().position(|family| *family == *metric.quantity.family);
    found.sort_by_key(|metric| (metric.part.index, place(metric)));
    found.dedup();
    found
}

/// Whether a metric says something in this scenario: not failures and fallbacks that never happened, nor outages where nothing
/// can go down.
fn is_telling(scenario: &Scenario, lens: &Lens<'_>, metric: &Metric) -> bool {
    if metric.part.kind == ScopeKind::Service
        && scenario.system.services[metric.part.index].events.is_some()
        && !is_of_queues(metric.quantity.family)
    {
        return false;
    }
    match metric.quantity.family.shown {
        Shown::Always => true,
        Shown::AboveZero => {
            lens.sample(metric).and_then(|sample| sample.pooled()).is_some_and(|value| value > 0.0)
        }
        Shown::WithFaults(also) => !scenario.system.faults.is_empty() || also.contains(&metric.part.kind),
        Shown::LookedFor | Shown::Collapsed => collapse::is_telling(lens, metric),
        Shown::Awaited => estimate::until(lens.span) == Some(metric.part),
        Shown::Targeted => target(scenario, lens.names, metric.part).is_some(),
        Shown::OutlierDetection => scenario.system.services[metric.part.index].outlier_detection.is_some(),
    }
}

/// The objective on a quantity of a part; `within_1s` and `within_1000ms` are the same.
fn objective_on<'s>(
    scenario: &'s Scenario,
    names: &Names,
    (part, quantity): (Part, Quantity),
) -> Option<&'s Objective> {
    scenario.objectives.iter().find(|objective| {
        objective.metric.scope == names.scope(part)
            && Quantity::parse(&objective.metric.name) == Some(quantity)
    })
}

/// Whether there is an objective on a metric.
fn is_judged(scenario: &Scenario, names: &Names, metric: &Metric) -> bool {
    objective_on(scenario, names, (metric.part, metric.quantity)).is_some()
}

/// The target of the availability that an error budget is taken from.
pub(super) fn target(scenario: &Scenario, names: &Names, part: Part) -> Option<f64> {
    let quantity = match part.kind {
        ScopeKind::Client => Quantity::named("availability_request"),
        _ => Quantity::named("availability_time"),
    };
    let objective = objective_on(scenario, names, (part, quantity))?;
    (objective.bound == Bound::AtLeast && objective.target < 1.0).then_some(objective.target)
}

fn judge(
    objective: &Objective,
    lens: &Lens<'_>,
    confidence: f64,
    scenario: &Scenario,
) -> Option<ObjectiveResult> {
    let name = MetricName { scope: objective.metric.scope.clone(), name: objective.metric.name.clone() };
    let part = lens.names.find(&name.scope)?;
    let metric = Metric { part, quantity: Quantity::parse(&name.name)?, name: name.name.into() };
    let estimate = lens.estimate(&metric, confidence, target(scenario, lens.names, part))?;
    let verdict = attainment(estimate.interval, side(objective), objective.target);
    Some(ObjectiveResult { objective: objective.clone(), estimate, exact: None, verdict })
}

/// On which side of its target an objective is met.
fn side(objective: &Objective) -> Side {
    match objective.bound {
        Bound::AtLeast => Side::Above,
        Bound::AtMost => Side::Below,
    }
}

/// The verdict of the exact answer, where there is one that decides.
fn settle(judged: &mut ObjectiveResult, exact: &[ExactAnswer]) {
    let is_same = |one: &&ExactAnswer| {
        one.scope == judged.objective.metric.scope && one.exact.metric == judged.objective.metric.name
    };
    judged.exact = exact.iter().find(is_same).cloned();
    judged.verdict = match &judged.exact {
        Some(answer) if answer.bearing == Bearing::Decides => {
            let value = answer.exact.value;
            attainment(Some((value, value)), side(&judged.objective), judged.objective.target)
        }
        _ => judged.verdict,
    };
}
