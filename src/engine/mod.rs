//! The only place where rooms meet: runs a system through time.
//!
//! [`simulate`] is one run from start to end; a [`Simulation`] can be stopped, cloned and continued.

mod bill;
mod data;
mod dispatch;
mod event;
mod finish;
mod id;
mod incident;
mod knowledge;
pub mod listener;
mod network;
mod plan;
mod queue;
mod random;
mod record;
mod replica;
mod setup;
mod task;
mod traffic;
mod world;

use std::sync::Arc;

use crate::kernel::calendar::Next;
use crate::kernel::stream::Streams;
use crate::measure::Measurements;
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::units::SimTime;
use listener::{Hear, Silence, Told};
use plan::Plan;
use world::World;

pub use plan::path::Path;

/// Why a run could not be finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The run needed more events than allowed.
    #[error("the run was stopped after {events} events")]
    TooManyEvents {
        /// How many were planned.
        events: u64,
    },
    /// More attempts were under way than the engine can number.
    #[error("more than {limit} attempts were under way at once")]
    TooManyTasks {
        /// The limit.
        limit: u32,
    },
    /// More was planned at once than the engine can number.
    #[error("more than {limit} waits, timers and other rare events were pending at once")]
    TooManyPending {
        /// The limit.
        limit: u32,
    },
    /// More calls were under way than the engine can number.
    #[error("more than {limit} calls were under way or waiting for a retry at once")]
    TooManyCalls {
        /// The limit.
        limit: u32,
    },
    /// `run.until` was not reached.
    #[error("the run reached its horizon before the first outage that it waited for")]
    NoOutage,
}

/// A run under way. A clone of it continues identically.
#[derive(Debug, Clone)]
pub struct Simulation {
    plan: Arc<Plan>,
    world: World,
    run: u32,
}

impl Simulation {
    /// Run number `run` (from 0) under `seed`, at time 0.
    pub fn new(system: &Arc<System>, span: &RunSpan, seed: u64, run: u32) -> Self {
        let plan = Plan::new(system, span);
        let world = World::new(&plan, Streams::new(seed, run));
        Self { plan: Arc::new(plan), world, run }
    }

    /// A copy of this run, as it stands, that measures another span; that must begin after all that has happened, and this
    /// run must not measure before it ends.
    #[must_use]
    pub fn measuring(&self, system: &Arc<System>, span: &RunSpan) -> Self {
        let plan = Plan::new(system, span);
        let mut world = self.world.clone();
        world.measure_anew(&plan);
        Self { plan: Arc::new(plan), world, run: self.run }
    }

    /// The same run with records numbered from `numbers` on treated as those whose number no payload holds.
    #[cfg(test)]
    pub(crate) fn with_numbers(mut self, numbers: u32) -> Self {
        self.world.clock.numbers = numbers;
        self
    }

    /// Lets at most `events` events happen; whether the run is over.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub fn advance(&mut self, events: u64) -> Result<bool, RunError> {
        self.world.advance(&self.plan, &mut Silence, events)?;
        Ok(self.world.clock.is_over)
    }

    /// As [`Simulation::advance`], while somebody hears what happens.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub fn advance_heard(&mut self, by: &mut dyn Hear, events: u64) -> Result<bool, RunError> {
        self.world.advance(&self.plan, &mut Told(by), events)?;
        Ok(self.world.clock.is_over)
    }

    /// When the next event is due; nothing when the run is over.
    pub fn next_at(&self) -> Option<SimTime> {
        match self.world.clock.calendar.next() {
            _ if self.world.clock.is_over => None,
            Next::Near(key) | Next::Arrival(key) | Next::Other(key) => Some(key.time()),
            Next::Nothing => None,
        }
    }

    /// Which handlers do the work of a service, by its number, as things stand.
    pub fn path(&self, service: usize) -> Option<Path> {
        self.world.state.fleet.services.get(service).map(|service| service.path)
    }

    /// What the run leaves behind; it should be over.
    ///
    /// # Errors
    ///
    /// [`RunError::NoOutage`] when `run.until` names a part that had no outage.
    pub fn finish(self) -> Result<Measurements, RunError> {
        if self.plan.span.until.is_some() && self.world.state.record.parts.first_outage.is_none() {
            return Err(RunError::NoOutage);
        }
        Ok(self.world.measure(&self.plan, self.run))
    }
}

/// Simulates run number `run` (from 0) under `seed`.
///
/// # Errors
///
/// See [`RunError`].
pub fn simulate(system: &Arc<System>, span: &RunSpan, seed: u64, run: u32) -> Result<Measurements, RunError> {
    let mut simulation = Simulation::new(system, span, seed, run);
    simulation.advance(u64::MAX)?;
    simulation.finish()
}

/// As [`simulate`], while somebody hears what happens.
///
/// # Errors
///
/// See [`RunError`].
pub fn simulate_heard(
    system: &Arc<System>,
    span: &RunSpan,
    (seed, run): (u64, u32),
    by: &mut dyn Hear,
) -> Result<Measurements, RunError> {
    let mut simulation = Simulation::new(system, span, seed, run);
    simulation.advance_heard(by, u64::MAX)?;
    simulation.finish()
}
