//! Finds where the transient of a scenario ends: by MSER-5, on the mean over runs of the number in system.
//!
//! Runs of their own are spent on it, always as many and the first ones, so that the cut depends on nothing but scenario
//! and seed. One cut holds for all runs and metrics, and for all variants that are compared: the latest of theirs.
//! Availability has no part in it, because rare outages would look like a change of state.

use super::ExperimentError;
use super::schedule::{Progress, Stock, extend};
use super::world::World;
use crate::analysis::statistics::mser;
use crate::measure::Measurements;
use crate::units::{SimDuration, SimTime};

/// Runs over which the number in system is averaged.
const RUNS: u32 = 10;
/// Rows of the timeline of a run; the cut is known to five of them.
const STEPS: u32 = 2_000;
/// Rows in a batch.
const BATCH: usize = 5;

/// Sets the transient of all worlds that have to find it; `false` when the observer cancelled.
///
/// # Errors
///
/// [`ExperimentError::NoSteadyState`] when a cut lies beyond half the horizon.
pub(super) fn settle(
    worlds: &mut [&mut World<'_>],
    progress: &Progress<'_>,
) -> Result<bool, ExperimentError> {
    let mut pilots: Vec<Stock<'_>> =
        worlds.iter().filter(|world| world.finds_transient).map(|world| Stock::new(pilot(world))).collect();
    if pilots.is_empty() {
        return Ok(true);
    }
    let mut stocks: Vec<&mut Stock<'_>> = pilots.iter_mut().collect();
    if !extend(&mut stocks, RUNS, progress)? {
        return Ok(false);
    }
    let mut latest = SimDuration::ZERO;
    for stock in &pilots {
        let series = in_system(&stock.runs);
        let none = || ExperimentError::NoSteadyState { scenario: stock.world.name.to_owned() };
        let cut = mser(&series, BATCH).filter(|cut| cut.is_steady).ok_or_else(none)?;
        let step = stock.world.span.timeline_row().as_nanos();
        latest = latest.max(SimDuration::from_nanos(step * cut.observations as u64));
    }
    for world in worlds.iter_mut().filter(|world| world.finds_transient) {
        world.span.transient = SimTime::ZERO + latest;
    }
    Ok(true)
}

/// The same world watched from the start in short steps.
fn pilot<'s>(world: &World<'s>) -> World<'s> {
    let mut pilot = world.clone();
    let horizon = world.span.horizon.since(SimTime::ZERO).as_nanos();
    pilot.batches = 1;
    pilot.span.transient = SimTime::ZERO;
    pilot.span.drain = SimDuration::ZERO;
    pilot.span.timeline_step = SimDuration::from_nanos((horizon / u64::from(STEPS)).max(1));
    // The horizon may hold one step more than it is divided by.
    pilot.span.timeline_max = 2 * STEPS;
    pilot.span.incidents_max = 0;
    pilot
}

/// Requests under way by step, of all clients and averaged over runs.
fn in_system(runs: &[Measurements]) -> Vec<f64> {
    let mut series: Vec<f64> = Vec::new();
    for run in runs {
        let mut number = 0;
        let mut last = None;
        for row in &run.timeline {
            if last.is_some_and(|last| last != row.start) {
                number += 1;
            }
            last = Some(row.start);
            if series.len() <= number {
                series.resize(number + 1, 0.0);
            }
            series[number] += row.in_system / runs.len() as f64;
        }
    }
    series
}
