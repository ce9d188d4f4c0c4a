//! What is simulated, ready to be run under any number.

use std::sync::Arc;

use super::hazard::Hazards;
use super::{ExperimentError, Observer, drift, names};
use crate::engine::{RunError, Simulation};
use crate::limit::{Exceeded, Limit, Limits, memory_used};
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
    system: &'s Arc<System>,
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
    /// What a run may cost.
    limits: Limits,
}

impl<'s> World<'s> {
    pub(super) fn new(scenario: &'s Scenario) -> Self {
        let wanted = scenario.objectives.iter().map(|objective| &objective.metric);
        let precision = scenario.run.precision.iter().map(|precision| &precision.metric);
        let wanted = wanted.chain(precision).chain(scenario.claims.iter().map(|claim| &claim.predicts));
        // Batches are cut from a run that knows nothing of their halves.
        let halves = scenario.run.batches == 1 && drift::is_looked_for(&scenario.system, &scenario.run.span);
        let names = names(&scenario.system);
        let mut world = Self {
            name: &scenario.name,
            system: &scenario.system,
            seed: scenario.run.seed,
            batches: scenario.run.batches,
            hazards: Hazards::new(&scenario.system, &names),
            names,
            finds_transient: scenario.run.finds_transient,
            span: RunSpan { halves, ..scenario.run.span.clone() },
            limits: scenario.limits,
        };
        world.count(wanted);
        world
    }

    /// Counts what these metrics need beyond what is always counted.
    pub(super) fn count<'m>(&mut self, metrics: impl IntoIterator<Item = &'m MetricName>) {
        for quantity in metrics.into_iter().filter_map(|metric| Quantity::parse(&metric.name)) {
            let is_contract = quantity.family.is_of_contracts();
            let times = if is_contract { &mut self.span.contracts } else { &mut self.span.thresholds };
            times.extend(quantity.threshold());
            times.sort_unstable();
            times.dedup();
        }
    }

    /// Simulates one run; what each batch of it measured, or nothing when the observer drops it.
    pub(super) fn simulate(
        &self,
        run: u32,
        observer: &dyn Observer,
    ) -> Result<Option<Vec<Measurements>>, ExperimentError> {
        let mut watched = Watched::new(observer, &self.span, self.limits);
        watched.has_memory().map_err(|ended| ended.of(self.name, run))?;
        let found = if self.batches > 1 {
            self.in_batches(run, &mut watched)
        } else {
            let whole = Simulation::new(self.system, &self.span, self.seed, run);
            finish(whole, &mut watched).map(|measured| measured.map(|one| vec![one]))
        };
        found.map_err(|ended| ended.of(self.name, run))
    }

    /// One run that goes on without being measured; at the start of each batch a copy branches off that measures it.
    fn in_batches(&self, run: u32, watched: &mut Watched<'_>) -> Result<Option<Vec<Measurements>>, Ended> {
        let span = &self.span;
        let never = span.horizon + span.drain + SimDuration::from_nanos(1);
        let unmeasured =
            RunSpan { transient: never, horizon: never + SimDuration::from_nanos(1), ..span.clone() };
        let mut whole = Simulation::new(self.system, &unmeasured, self.seed, run);
        let length = span.measured().as_nanos() / u64::from(self.batches);
        let start = |number: u32| span.transient + SimDuration::from_nanos(length * u64::from(number));
        let mut batches = Vec::with_capacity(self.batches as usize);
        for number in 0..self.batches {
            if !advance_to(&mut whole, start(number), watched)? {
                return Ok(None);
            }
            let horizon = if number + 1 == self.batches { span.horizon } else { start(number + 1) };
            let part = RunSpan { transient: start(number), horizon, ..span.clone() };
            let Some(measured) = finish(whole.measuring(self.system, &part), watched)? else {
                return Ok(None);
            };
            batches.push(Measurements { run: run * self.batches + number, ..measured });
        }
        Ok(Some(batches))
    }
}

/// Why a run ended before its time.
pub(super) enum Ended {
    Error(RunError),
    Costly(Exceeded),
}

impl Ended {
    /// Of which run that is said.
    pub(super) fn of(self, scenario: &str, run: u32) -> ExperimentError {
        let scenario = scenario.to_owned();
        match self {
            Self::Error(cause) => ExperimentError::Run { scenario, run, cause },
            Self::Costly(cause) => ExperimentError::Costly { scenario, run, cause },
        }
    }
}

impl From<RunError> for Ended {
    fn from(error: RunError) -> Self {
        Self::Error(error)
    }
}

/// What looks at a run now and then: whether it is dropped, stands still or takes too much memory.
pub(super) struct Watched<'o> {
    observer: &'o dyn Observer,
    limits: Limits,
    /// The clock stands still when it moves by less than this in as many events as are allowed.
    step: SimDuration,
    /// When the clock last moved, and events since then.
    moved: SimTime,
    events: u64,
}

/// What the clock of a run moves by when it does not stand still \[s\], and which part of the horizon that is, if less.
const STEP: (f64, u64) = (0.1, 100_000);

impl<'o> Watched<'o> {
    pub(super) fn new(observer: &'o dyn Observer, span: &RunSpan, limits: Limits) -> Self {
        let part = SimDuration::from_nanos(span.horizon.as_nanos() / STEP.1);
        let step = part.min(SimDuration::from_secs(STEP.0));
        Self { observer, limits, step, moved: SimTime::ZERO, events: 0 }
    }

    /// Nothing, while the process takes no more memory than is allowed.
    fn has_memory(&self) -> Result<(), Ended> {
        let used = memory_used().unwrap_or(0);
        self.limits.allow(Limit::Memory, used, "the runs under way").map_err(Ended::Costly)
    }

    /// Whether a run goes on; so many events have happened since the last look.
    pub(super) fn goes_on(&mut self, run: &Simulation, events: u64) -> Result<bool, Ended> {
        self.has_memory()?;
        if let Some(now) = run.next_at() {
            self.events += events;
            if now < self.moved || now.since(self.moved) >= self.step {
                (self.moved, self.events) = (now, 0);
            }
            let what = format!("events at {} s, where time all but stands still", self.moved.as_secs());
            self.limits.allow(Limit::Standstill, self.events, &what).map_err(Ended::Costly)?;
        }
        Ok(!self.observer.dropped())
    }
}

/// Lets everything happen that is due before `time`; `false` when the observer drops the run.
fn advance_to(run: &mut Simulation, time: SimTime, watched: &mut Watched<'_>) -> Result<bool, Ended> {
    let mut events = 0;
    while run.next_at().is_some_and(|next| next < time) {
        run.advance(1)?;
        events += 1;
        if events % EVENTS_BETWEEN_LOOKS == 0 && !watched.goes_on(run, EVENTS_BETWEEN_LOOKS)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets a run end; nothing when the observer drops it.
fn finish(mut run: Simulation, watched: &mut Watched<'_>) -> Result<Option<Measurements>, Ended> {
    while !run.advance(EVENTS_BETWEEN_LOOKS)? {
        if !watched.goes_on(&run, EVENTS_BETWEEN_LOOKS)? {
            return Ok(None);
        }
    }
    Ok(run.finish().map(Some)?)
}
