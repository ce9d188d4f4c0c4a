//! Runs one scenario and estimates every metric of it.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::estimate::{self, Lens, Metric};
use super::{ExperimentError, ObjectiveResult, Observer, Options, Outcome, check, names};
use crate::analysis::verify::{Side, attainment, shared_level};
use crate::engine::Simulation;
use crate::engine::probe::Silence;
use crate::measure::Measurements;
use crate::measure::metric::{CATALOGUE, Family, MetricName, Names, Part, Quantity, ScopeKind};
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::scenario::{Bound, Objective, Scenario};
use crate::units::SimDuration;

/// Events between two looks at whether a run is dropped.
const EVENTS_BETWEEN_LOOKS: u64 = 1 << 16;

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
    progress.plan(scenario.run.runs);
    let world = World::new(scenario);
    let range = 0..scenario.run.runs;
    let (measurements, is_partial) = pool(options)?.install(|| world.simulate(range, &progress))?;
    if measurements.is_empty() {
        return Err(ExperimentError::Cancelled);
    }
    Ok(outcome(scenario, &world, measurements, is_partial))
}

/// The threads of an experiment.
pub(super) fn pool(options: &Options) -> Result<ThreadPool, ExperimentError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .build()
        .map_err(|cause| ExperimentError::Threads { cause })
}

/// Counts finished runs and tells the observer.
pub(super) struct Progress<'o> {
    observer: &'o dyn Observer,
    done: AtomicU32,
    planned: AtomicU32,
}

impl<'o> Progress<'o> {
    pub(super) fn new(observer: &'o dyn Observer) -> Self {
        Self { observer, done: AtomicU32::new(0), planned: AtomicU32::new(0) }
    }

    /// Announces further runs.
    pub(super) fn plan(&self, runs: u32) {
        let planned = self.planned.fetch_add(runs, Ordering::Relaxed) + runs;
        self.observer.finished(self.done.load(Ordering::Relaxed), planned);
    }

    fn finish(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.observer.finished(done, self.planned.load(Ordering::Relaxed));
    }
}

/// What is simulated, with the thresholds that objectives and claims need counted.
pub(super) struct World<'s> {
    name: &'s str,
    system: &'s System,
    seed: u64,
    /// The scopes of its parts.
    pub(super) names: Names,
    /// The span of each run.
    pub(super) span: RunSpan,
}

impl<'s> World<'s> {
    pub(super) fn new(scenario: &'s Scenario) -> Self {
        let mut span = scenario.run.span.clone();
        let wanted = scenario.objectives.iter().map(|objective| &objective.metric);
        let wanted = wanted.chain(scenario.claims.iter().map(|claim| &claim.predicts));
        span.thresholds.extend(wanted.filter_map(|metric| threshold(&metric.name)));
        span.thresholds.sort_unstable();
        span.thresholds.dedup();
        Self {
            name: &scenario.name,
            system: &scenario.system,
            seed: scenario.run.seed,
            names: names(&scenario.system),
            span,
        }
    }

    /// Simulates runs of these numbers in parallel; the answer is in their order and ends before the first that was
    /// cancelled, which the flag tells.
    pub(super) fn simulate(
        &self,
        range: Range<u32>,
        progress: &Progress<'_>,
    ) -> Result<(Vec<Measurements>, bool), ExperimentError> {
        // Runs start in the order of their numbers, so that those finished at a stop have no gap between them.
        let next = AtomicU32::new(range.start);
        let one = |_| {
            if progress.observer.cancelled() {
                return None;
            }
            let run = next.fetch_add(1, Ordering::Relaxed);
            let measured = self.simulate_one(run, progress.observer).transpose()?;
            progress.finish();
            Some((run, measured))
        };
        let mut finished: Vec<_> = range.clone().into_par_iter().filter_map(one).collect();
        finished.sort_by_key(|(run, _)| *run);
        // Of several errors the one of the lowest run is reported.
        let in_order = finished.into_iter().zip(range.clone()).take_while(|((run, _), wanted)| run == wanted);
        let measurements = in_order.map(|((_, run), _)| run).collect::<Result<Vec<Measurements>, _>>()?;
        let is_partial = measurements.len() < range.len();
        Ok((measurements, is_partial))
    }

    /// Simulates one run; nothing when the observer drops it.
    fn simulate_one(
        &self,
        run: u32,
        observer: &dyn Observer,
    ) -> Result<Option<Measurements>, ExperimentError> {
        let failed = |cause| ExperimentError::Run { scenario: self.name.to_owned(), run, cause };
        let mut simulation = Simulation::new(self.system, &self.span, self.seed, run);
        while !simulation.advance(&mut Silence, EVENTS_BETWEEN_LOOKS).map_err(failed)? {
            if observer.dropped() {
                return Ok(None);
            }
        }
        simulation.finish().map(Some).map_err(failed)
    }
}

fn threshold(metric: &str) -> Option<SimDuration> {
    match Quantity::parse(metric)? {
        Quantity::Within(threshold) => Some(threshold),
        _ => None,
    }
}

fn outcome(
    scenario: &Scenario,
    world: &World<'_>,
    measurements: Vec<Measurements>,
    is_partial: bool,
) -> Outcome {
    let lens = Lens { names: &world.names, span: &world.span, runs: &measurements };
    let metrics = metrics(scenario, &lens);
    let confidence = scenario.run.confidence.get();
    let shared = shared_level(confidence, scenario.objectives.len());
    let level = |metric: &Metric| {
        let is_judged = objective_on(scenario, lens.names, metric).is_some();
        (if is_judged { shared } else { confidence }, target(scenario, lens.names, metric.part))
    };
    let levels: Vec<_> = metrics.iter().map(level).collect();
    let estimates = lens.estimates(&metrics, &levels);
    let values = lens.values(&metrics, &levels);
    let objectives = scenario
        .objectives
        .iter()
        .filter_map(|objective| judge(objective, &lens, shared, scenario))
        .collect();
    Outcome { objectives, estimates, values, names: world.names.clone(), measurements, is_partial }
}

/// The metrics worth a row, in the order of results.
fn metrics(scenario: &Scenario, lens: &Lens<'_>) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (part, _) in lens.names.parts() {
        for family in CATALOGUE.iter().filter(|family| family.kinds.contains(&part.kind)) {
            let of_part = members(family, &lens.span.thresholds).into_iter().filter_map(|name| {
                let quantity = Quantity::parse(&name)?;
                Some(Metric { part, quantity, name })
            });
            metrics.extend(of_part.filter(|metric| {
                is_telling(scenario, lens, metric) || objective_on(scenario, lens.names, metric).is_some()
            }));
        }
    }
    metrics
}

fn members(family: &Family, thresholds: &[SimDuration]) -> Vec<String> {
    match family.name.strip_suffix("<t>") {
        Some(stem) => {
            thresholds.iter().map(|one| format!("{stem}{}", one.to_string().replace(' ', ""))).collect()
        }
        None => family.members(),
    }
}

/// Whether a metric says something in this scenario: not failures and fallbacks that never happened, nor outages where nothing
/// can go down.
fn is_telling(scenario: &Scenario, lens: &Lens<'_>, metric: &Metric) -> bool {
    let has_faults = !scenario.system.faults.is_empty();
    match metric.quantity {
        Quantity::Failures(_) | Quantity::FailureRatio(_) | Quantity::Fallbacks => {
            lens.sample(metric).and_then(|sample| sample.pooled()).is_some_and(|value| value > 0.0)
        }
        Quantity::FirstOutageMean => estimate::until(lens.span) == Some(metric.part),
        Quantity::ErrorBudgetLeft => target(scenario, lens.names, metric.part).is_some(),
        Quantity::Nines => has_faults || metric.part.kind == ScopeKind::Client,
        Quantity::AvailabilityTime => {
            has_faults || matches!(metric.part.kind, ScopeKind::Service | ScopeKind::Block)
        }
        Quantity::Ejections | Quantity::EjectionsFalseRatio | Quantity::EjectedMean => {
            scenario.system.services[metric.part.index].outlier_detection.is_some()
        }
        Quantity::Incidents
        | Quantity::Mttf
        | Quantity::Mttd
        | Quantity::Mttr
        | Quantity::DowntimePerYear => has_faults,
        _ => true,
    }
}

/// The objective on a metric; `within_1s` and `within_1000ms` are the same.
fn objective_on<'s>(scenario: &'s Scenario, names: &Names, metric: &Metric) -> Option<&'s Objective> {
    scenario.objectives.iter().find(|objective| {
        objective.metric.scope == names.scope(metric.part)
            && Quantity::parse(&objective.metric.name) == Some(metric.quantity)
    })
}

/// The target of the availability that an error budget is taken from.
pub(super) fn target(scenario: &Scenario, names: &Names, part: Part) -> Option<f64> {
    let quantity = match part.kind {
        ScopeKind::Client => Quantity::AvailabilityRequest,
        _ => Quantity::AvailabilityTime,
    };
    let on = Metric { part, quantity, name: String::new() };
    let objective = objective_on(scenario, names, &on)?;
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
    let metric = Metric { part, quantity: Quantity::parse(&name.name)?, name: name.name };
    let estimate = lens.estimate(&metric, confidence, target(scenario, lens.names, part))?;
    let side = match objective.bound {
        Bound::AtLeast => Side::Above,
        Bound::AtMost => Side::Below,
    };
    let verdict = attainment(estimate.interval, side, objective.target);
    Some(ObjectiveResult { objective: objective.clone(), estimate, verdict })
}
