//! What is simulated, ready to be run under any number.

use super::{ExperimentError, Observer, names};
use crate::engine::Simulation;
use crate::engine::probe::Silence;
use crate::measure::Measurements;
use crate::measure::metric::{Names, Quantity};
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::scenario::{MetricName, Scenario};
use crate::units::SimDuration;

/// Events between two looks at whether a run is dropped.
const EVENTS_BETWEEN_LOOKS: u64 = 1 << 16;

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
        let wanted = scenario.objectives.iter().map(|objective| &objective.metric);
        let wanted = wanted.chain(scenario.claims.iter().map(|claim| &claim.predicts));
        let mut world = Self {
            name: &scenario.name,
            system: &scenario.system,
            seed: scenario.run.seed,
            names: names(&scenario.system),
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

    /// Simulates one run; nothing when the observer drops it.
    pub(super) fn simulate(
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
