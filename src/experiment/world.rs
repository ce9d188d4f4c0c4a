//! What is simulated, ready to be run under any number.

use super::hazard::Hazards;
use super::{ExperimentError, Observer, names};
use crate::engine::probe::Silence;
use crate::engine::{RunError, Simulation};
use crate::measure::Measurements;
use crate::measure::metric::{Names, Quantity};
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::scenario::{MetricName, Scenario};
use crate::units::{SimDuration, SimTime};

/// Events between two looks at whether a run is dropped.
const EVENTS_BETWEEN_LOOKS: u64 = 1 << 16;

/// What is simulated, with the thresholds that objectives and claims need counted.
#[derive(Clone)]
pub(super) struct World<'s> {
    /// Name of its scenario.
    pub(super) name: &'s str,
    system: &'s System,
    seed: u64,
    /// Into how many parts each run is cut; every one counts as a run.
    pub(super) batches: u32,
    /// The scopes of its parts.
    pub(super) names: Names,
    /// What can take its parts down.
    pub(super) hazards: Hazards,
    /// Whether the transient in its span is still to be found.
    pub(super) finds_transient: bool,
    /// The span of each run.
    pub(super) span: RunSpan,
}

impl<'s> World<'s> {
    pub(super) fn new(scenario: &'s Scenario) -> Self {
        let wanted = scenario.objectives.iter().map(|objective| &objective.metric);
        let precision = scenario.run.precision.iter().map(|precision| &precision.metric);
        let wanted = wanted.chain(precision).chain(scenario.claims.iter().map(|claim| &claim.predicts));
        let names = names(&scenario.system);
        let mut world = Self {
            name: &scenario.name,
            system: &scenario.system,
            seed: scenario.run.seed,
            batches: scenario.run.batches,
            hazards: Hazards::new(&scenario.system, &names),
            names,
            finds_transient: scenario.run.finds_transient,
            span: scenario.run.span.clone(),
        };
        world.count(wanted);
        world
    }

    /// Counts what these metrics need beyond what is always counted.
    pub(super) fn count<'m>(&mut self, metrics: impl IntoIterator<Item = &'m MetricName>) {
        self.span.thresholds.extend(metrics.into_iter().filter_map(|metric| threshold(&metric.name)));
        self.span.thresholds.sort_unstable();
        self.span.thresholds.dedup();
    }

    /// Simulates one run; what each batch of it measured, or nothing when the observer drops it.
    pub(super) fn simulate(
        &self,
        run: u32,
        observer: &dyn Observer,
    ) -> Result<Option<Vec<Measurements>>, ExperimentError> {
        let found = if self.batches > 1 {
            self.in_batches(run, observer)
        } else {
            let whole = Simulation::new(self.system, &self.span, self.seed, run);
            finish(whole, observer).map(|measured| measured.map(|one| vec![one]))
        };
        found.map_err(|cause| ExperimentError::Run { scenario: self.name.to_owned(), run, cause })
    }

    /// One run that goes on without being measured; at the start of each batch a copy branches off that measures it.
    fn in_batches(&self, run: u32, observer: &dyn Observer) -> Result<Option<Vec<Measurements>>, RunError> {
        let span = &self.span;
        let never = span.horizon + span.drain + SimDuration::from_nanos(1);
        let unmeasured =
            RunSpan { transient: never, horizon: never + SimDuration::from_nanos(1), ..span.clone() };
        let mut whole = Simulation::new(self.system, &unmeasured, self.seed, run);
        let length = span.measured().as_nanos() / u64::from(self.batches);
        let start = |number: u32| span.transient + SimDuration::from_nanos(length * u64::from(number));
        let mut batches = Vec::with_capacity(self.batches as usize);
        for number in 0..self.batches {
            if !advance_to(&mut whole, start(number), observer)? {
                return Ok(None);
            }
            let horizon = if number + 1 == self.batches { span.horizon } else { start(number + 1) };
            let part = RunSpan { transient: start(number), horizon, ..span.clone() };
            let Some(measured) = finish(whole.measuring(self.system, &part), observer)? else {
                return Ok(None);
            };
            batches.push(Measurements { run: run * self.batches + number, ..measured });
        }
        Ok(Some(batches))
    }
}

/// Lets everything happen that is due before `time`; `false` when the observer drops the run.
fn advance_to(run: &mut Simulation, time: SimTime, observer: &dyn Observer) -> Result<bool, RunError> {
    let mut events = 0;
    while run.next_at().is_some_and(|next| next < time) {
        run.advance(&mut Silence, 1)?;
        events += 1;
        if events % EVENTS_BETWEEN_LOOKS == 0 && observer.dropped() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets a run end; nothing when the observer drops it.
fn finish(mut run: Simulation, observer: &dyn Observer) -> Result<Option<Measurements>, RunError> {
    while !run.advance(&mut Silence, EVENTS_BETWEEN_LOOKS)? {
        if observer.dropped() {
            return Ok(None);
        }
    }
    run.finish().map(Some)
}

fn threshold(metric: &str) -> Option<SimDuration> {
    match Quantity::parse(metric)? {
        Quantity::Within(threshold) => Some(threshold),
        _ => None,
    }
}
