//! Executes runs of any number of worlds in parallel and takes the results in order, so that neither threads nor the
//! moment of a stop decide what is in them.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::estimate::Lens;
use super::world::World;
use super::{ExperimentError, Observer, Options};
use crate::measure::Measurements;

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
    fn plan(&self, runs: u32) {
        let planned = self.planned.fetch_add(runs, Ordering::Relaxed) + runs;
        self.observer.finished(self.done.load(Ordering::Relaxed), planned);
    }

    fn finish(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.observer.finished(done, self.planned.load(Ordering::Relaxed));
    }
}

/// A world and the runs of it that were simulated so far.
pub(super) struct Stock<'s> {
    pub(super) world: World<'s>,
    /// What they measured, batch by batch.
    pub(super) runs: Vec<Measurements>,
}

impl<'s> Stock<'s> {
    pub(super) fn new(world: World<'s>) -> Self {
        Self { world, runs: Vec::new() }
    }

    /// How many whole runs there are.
    fn whole_runs(&self) -> u32 {
        self.runs.len() as u32 / self.world.batches
    }

    pub(super) fn lens(&self) -> Lens<'_> {
        let World { names, span, hazards, .. } = &self.world;
        Lens { names, span, hazards, runs: &self.runs }
    }
}

/// One run of one of several worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Job {
    world: usize,
    run: u32,
}

/// Simulates what is missing to so many runs in each stock; `false` when the observer cancelled before that.
///
/// Runs start in the order of their numbers and only then of stocks. Of those finished at a stop each stock keeps what
/// comes before the first that is missing in any.
pub(super) fn extend(
    stocks: &mut [&mut Stock<'_>],
    runs: u32,
    progress: &Progress<'_>,
) -> Result<bool, ExperimentError> {
    let at_hand: Vec<u32> = stocks.iter().map(|stock| stock.whole_runs()).collect();
    let missing = |run: u32| {
        let worlds = at_hand.iter().enumerate().filter(move |(_, at_hand)| **at_hand <= run);
        worlds.map(move |(world, _)| Job { world, run })
    };
    let jobs: Vec<Job> = (0..runs).flat_map(missing).collect();
    progress.plan(jobs.len() as u32);
    let worlds: Vec<&World<'_>> = stocks.iter().map(|stock| &stock.world).collect();
    let finished = execute(&worlds, &jobs, progress)?;
    let is_whole = finished.len() == jobs.len();
    for (job, measured) in jobs.iter().zip(finished) {
        stocks[job.world].runs.extend(measured);
    }
    if !is_whole {
        let common = stocks.iter().map(|stock| stock.whole_runs()).min().unwrap_or(0);
        for stock in stocks.iter_mut() {
            stock.runs.truncate((common * stock.world.batches) as usize);
        }
    }
    Ok(is_whole)
}

/// What the jobs measured, in their order, up to the first that was cancelled.
fn execute(
    worlds: &[&World<'_>],
    jobs: &[Job],
    progress: &Progress<'_>,
) -> Result<Vec<Vec<Measurements>>, ExperimentError> {
    // Jobs start in their order, so that those finished at a stop have no gap between them.
    let next = AtomicUsize::new(0);
    let one = |_| {
        if progress.observer.cancelled() {
            return None;
        }
        let number = next.fetch_add(1, Ordering::Relaxed);
        let job = jobs[number];
        let measured = worlds[job.world].simulate(job.run, progress.observer).transpose()?;
        progress.finish();
        Some((number, measured))
    };
    let mut finished: Vec<_> = jobs.into_par_iter().filter_map(one).collect();
    finished.sort_by_key(|(number, _)| *number);
    // Of several errors the one of the first job is reported.
    let in_order = finished.into_iter().enumerate().take_while(|(place, (number, _))| place == number);
    in_order.map(|(_, (_, measured))| measured).collect()
}
