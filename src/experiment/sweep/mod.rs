//! Simulates many points of one scenario, on all threads at once, and hands each over as soon as it is finished.
//!
//! As many points are under way as there are threads, and their runs share the threads, so that none is idle while a
//! long point ends and memory does not grow with the number of points. A point is the same whichever of them were
//! simulated before: it depends on nothing but its scenario.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sha2::{Digest, Sha256};

use super::compare::{Variant, choose};
use super::estimate::Metric;
use super::run::{outcome, simulate, target};
use super::schedule::{Progress, Stock, pool};
use super::world::World;
use super::{Estimate, ExperimentError, Observer, Options, Outcome, RunValue, check};
use crate::scenario::{MetricName, Scenario};

/// What is wanted of every point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The metrics that are kept; all where there are none.
    pub metrics: Vec<MetricName>,
}

/// Points that are still to be simulated.
pub trait Points: Sync {
    /// Their numbers, in the order in which they are begun.
    fn numbers(&self) -> &[usize];

    /// The scenario of a point.
    ///
    /// # Errors
    ///
    /// Why it cannot run.
    fn load(&self, number: usize) -> Result<Scenario, ExperimentError>;
}

/// A finished point.
#[derive(Debug)]
pub struct Finished {
    /// Number of the point.
    pub number: usize,
    /// Its scenario.
    pub scenario: Scenario,
    /// What came of it, without metrics that nobody asked for.
    pub outcome: Outcome,
}

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
#[error("point {} cannot be finished", number + 1)]
pub struct SweepError {
    /// Number of the point, from 0.
    pub number: usize,
    /// Why.
    #[source]
    pub cause: ExperimentError,
}

/// The metrics that the names mean in this scenario; without names the usual ones of a comparison.
///
/// # Errors
///
/// [`ExperimentError::Unfit`] where a name means nothing.
pub fn metrics(scenario: &Scenario, asked: &[String]) -> Result<Vec<MetricName>, ExperimentError> {
    let only = Variant { label: String::new(), scenario: scenario.clone() };
    choose::metrics(&[only], asked)
}

/// Simulates points and hands each over when it is finished, in any order; `take` says whether to go on.
///
/// When the observer cancels, points that are not finished are dropped.
///
/// # Errors
///
/// That of the first point that fails; those finished before have been handed over.
pub fn sweep(
    points: &dyn Points,
    request: &Request,
    options: &Options,
    observer: &dyn Observer,
    take: &mut dyn FnMut(Finished) -> bool,
) -> Result<(), SweepError> {
    let numbers = points.numbers();
    let Some(first) = numbers.first() else { return Ok(()) };
    let pool = pool(options).map_err(|cause| SweepError { number: *first, cause })?;
    let threads = pool.current_num_threads().min(numbers.len());
    let desk = Desk {
        points,
        request,
        pool: &pool,
        observer,
        next: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
    };
    std::thread::scope(|scope| {
        let (tell, finished) = sync_channel(threads);
        for _ in 0..threads {
            let (desk, tell) = (&desk, tell.clone());
            scope.spawn(move || desk.serve(&tell));
        }
        drop(tell);
        desk.collect(&finished, take)
    })
}

type Told = Result<Finished, SweepError>;

/// What all that work on points share.
struct Desk<'a> {
    points: &'a dyn Points,
    request: &'a Request,
    pool: &'a rayon::ThreadPool,
    observer: &'a dyn Observer,
    /// Place of the next point to begin.
    next: AtomicUsize,
    /// Whether nothing further is wanted.
    is_over: AtomicBool,
}

impl Desk<'_> {
    /// Finishes one point after the other; it only waits itself, the work is done by the threads of the pool.
    fn serve(&self, tell: &SyncSender<Told>) {
        loop {
            // Points under way are finished even then, so that of several errors that of the first point is known.
            if self.is_over.load(Ordering::Relaxed) || self.cancelled() {
                return;
            }
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(number) = self.points.numbers().get(place).copied() else { return };
            let told = match self.pool.install(|| self.finish(number)) {
                Ok(finished) => Ok(finished),
                // Its runs are lost, and it is begun again another time.
                Err(ExperimentError::Cancelled) => return,
                Err(cause) => Err(SweepError { number, cause }),
            };
            if told.is_err() {
                self.is_over.store(true, Ordering::Relaxed);
            }
            if tell.send(told).is_err() {
                return;
            }
        }
    }

    fn finish(&self, number: usize) -> Result<Finished, ExperimentError> {
        let scenario = self.points.load(number)?;
        let findings = check(&scenario);
        if findings.has_errors() {
            return Err(ExperimentError::Unfit { scenario: scenario.name.clone(), findings });
        }
        let outcome = point(&scenario, self.request, self)?;
        Ok(Finished { number, scenario, outcome })
    }

    fn collect(
        &self,
        finished: &Receiver<Told>,
        take: &mut dyn FnMut(Finished) -> bool,
    ) -> Result<(), SweepError> {
        let mut failed: Option<SweepError> = None;
        let mut done = 0;
        let all = self.points.numbers().len() as u32;
        self.observer.finished(0, all);
        for told in finished {
            match told {
                Ok(point) => {
                    if !take(point) {
                        self.is_over.store(true, Ordering::Relaxed);
                    }
                    done += 1;
                    self.observer.finished(done, all);
                }
                Err(error) if failed.as_ref().is_none_or(|one| error.number < one.number) => {
                    failed = Some(error);
                }
                Err(_) => {}
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Points are counted, not their runs; the rest is passed on.
impl Observer for Desk<'_> {
    fn cancelled(&self) -> bool {
        self.observer.cancelled()
    }

    fn dropped(&self) -> bool {
        self.observer.dropped()
    }
}

/// Simulates one point whole.
fn point(
    scenario: &Scenario,
    request: &Request,
    observer: &dyn Observer,
) -> Result<Outcome, ExperimentError> {
    let mut world = World::new(scenario);
    world.count(&request.metrics);
    let mut stock = Stock::new(world);
    let progress = Progress::new(observer);
    let planned = simulate(scenario, &mut stock, &progress)?;
    if stock.runs.is_empty() {
        return Err(progress.why());
    }
    let (estimates, values) = asked(scenario, &stock, request);
    let mut found = outcome(scenario, stock, planned);
    if found.is_partial {
        return Err(progress.why());
    }
    if !request.metrics.is_empty() {
        (found.estimates, found.values) = (estimates, values);
    }
    Ok(found)
}

/// The metrics that were asked for, also those that say little about this point; an objective keeps its interval.
fn asked(scenario: &Scenario, stock: &Stock<'_>, request: &Request) -> (Vec<Estimate>, Vec<RunValue>) {
    let lens = stock.lens();
    let metrics: Vec<Metric> =
        request.metrics.iter().filter_map(|name| Metric::find(lens.names, name)).collect();
    let target = |metric: &Metric| target(scenario, lens.names, metric.part);
    let aim = |metric: &Metric| (super::run::level_of(scenario, lens.names, metric), target(metric));
    (lens.estimates(&metrics, aim), lens.values(&metrics, target))
}

/// A digest of all that the result of a point depends on: the program's version, what is simulated, data read from files
/// included, how often and with which seed, and what is kept of it.
pub fn key(scenario: &Scenario, request: &Request) -> String {
    let mut hash = Hasher(Sha256::new());
    // Writing into a hash cannot fail.
    let _ = write!(
        hash,
        "{}\n{}\n{:?}\n{:?}\n{:?}\n{:?}",
        env!("CARGO_PKG_VERSION"),
        scenario.name,
        request.metrics,
        scenario.objectives,
        scenario.run,
        scenario.system,
    );
    hash.0.finalize().iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Hashes what is written into it, so that the text of a large scenario is never held.
struct Hasher(Sha256);

impl Write for Hasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
