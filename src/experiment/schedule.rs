//! Executes runs of any number of worlds in parallel and takes the results in order, so that neither threads nor the
//! moment of a stop decide what is in them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::estimate::Lens;
use super::world::World;
use super::{ExperimentError, Observer, Options};
use crate::engine::RunError;
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
    /// Why a run ended that the results now end before.
    stopped: Mutex<Option<ExperimentError>>,
}

impl<'o> Progress<'o> {
    pub(super) fn new(observer: &'o dyn Observer) -> Self {
        Self { observer, done: AtomicU32::new(0), planned: AtomicU32::new(0), stopped: Mutex::new(None) }
    }

    /// Announces further runs.
    fn plan(&self, runs: u32) {
        let planned = self.planned.fetch_add(runs, Ordering::Relaxed) + runs;
        self.observer.finished(self.done.load(Ordering::Relaxed), planned);
    }

    /// Why there is no result: what stopped the runs, or the user.
    pub(super) fn why(&self) -> ExperimentError {
        self.stopped().unwrap_or(ExperimentError::Cancelled)
    }

    /// Tells the observer why results end early, if something but the user is the reason.
    pub(super) fn tell(&self) {
        if let Some(error) = self.stopped() {
            self.observer.failed(&error);
        }
    }

    fn stopped(&self) -> Option<ExperimentError> {
        self.stopped.lock().ok().and_then(|mut stopped| stopped.take())
    }

    fn stop(&self, error: ExperimentError) {
        if let Ok(mut stopped) = self.stopped.lock() {
            stopped.get_or_insert(error);
        }
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

/// Simulates what is missing to so many runs in each stock; `false` when the observer cancelled before that, or a run
/// met a limit.
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
    let (finished, failed) = execute(&worlds, &jobs, progress);
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
    match failed {
        Some(error) if !is_limit(&error) || stocks.iter().any(|stock| stock.runs.is_empty()) => {
            return Err(error);
        }
        Some(error) => progress.stop(error),
        None => {}
    }
    Ok(is_whole)
}

/// Whether a run was too costly, which says nothing about those before it.
fn is_limit(error: &ExperimentError) -> bool {
    match error {
        ExperimentError::Costly { .. } => true,
        ExperimentError::Run { cause, .. } => !matches!(cause, RunError::NoOutage),
        _ => false,
    }
}

/// What the jobs measured, in their order, up to the first that was cancelled or failed, and why that one failed.
fn execute(
    worlds: &[&World<'_>],
    jobs: &[Job],
    progress: &Progress<'_>,
) -> (Vec<Vec<Measurements>>, Option<ExperimentError>) {
    // Jobs start in their order, so that those finished at a stop have no gap between them.
    let next = AtomicUsize::new(0);
    let has_failed = AtomicBool::new(false);
    let one = |_| {
        // Jobs before the one that failed have started, and end.
        if progress.observer.cancelled() || has_failed.load(Ordering::Relaxed) {
            return None;
        }
        let number = next.fetch_add(1, Ordering::Relaxed);
        let job = jobs[number];
        let measured = worlds[job.world].simulate(job.run, progress.observer).transpose()?;
        has_failed.fetch_or(measured.is_err(), Ordering::Relaxed);
        progress.finish();
        Some((number, measured))
    };
    let mut finished: Vec<_> = jobs.into_par_iter().filter_map(one).collect();
    finished.sort_by_key(|(number, _)| *number);
    // Of several errors the one of the first job is reported.
    let in_order = finished.into_iter().enumerate().take_while(|(place, (number, _))| place == number);
    let mut measured = Vec::with_capacity(jobs.len());
    for (_, (_, one)) in in_order {
        match one {
            Ok(one) => measured.push(one),
            Err(error) => return (measured, Some(error)),
        }
    }
    (measured, None)
}

#[cfg(test)]
mod tests {
    use crate::engine::Simulation;
    use crate::measure::Measurements;
    use crate::scenario::{self, Places, Source};

    fn measured(text: &str, numbers: u32) -> Measurements {
        let source = Source { name: "far.toml".to_owned(), text: text.to_owned() };
        let scenario = scenario::load(source, &[], &Places::default()).unwrap();
        let simulation = Simulation::new(&scenario.system, &scenario.run.span, 1, 0);
        let mut simulation = simulation.with_numbers(numbers);
        simulation.advance(u64::MAX).unwrap();
        simulation.finish().unwrap()
    }

    /// Retries, copies, users that think, messages that cancel, shared processors.
    const TEXT: &str = r#"
        [run]
        horizon = "200s"
        [network]
        within_zone = "1ms"
        [client.c]
        arrival = { process = "poisson", rate = "20/s" }
        calls = "s"
        timeout = "200ms"
        on_timeout = "cancel"
        retry = { policy = "fixed", delay = "3s", attempts = 3 }
        hedge = { policy = "fixed", delay = "80ms", attempts = 2 }
        [client.u]
        arrival = { process = "closed", users = 20, think = "1s" }
        calls = "p"
        [service.s]
        replicas = 3
        demand = { distribution = "exponential", mean = "100ms" }
        error_ratio = 0.2
        [service.p]
        queue = { policy = "processor-sharing" }
        demand = { distribution = "exponential", mean = "40ms" }
    "#;

    #[test]
    fn numbers_that_no_payload_holds_change_nothing() {
        let near = measured(TEXT, u32::MAX);
        let client = &near.clients[0];
        assert!(client.attempts > client.requests && near.clients[1].requests > 1000, "{client:?}");
        assert_eq!(measured(TEXT, 0), near);
        assert_eq!(measured(TEXT, 3), near);
    }
}
