//! The work itself: points that are not finished are simulated, and each is kept at once.

use std::path::{Path, PathBuf};

use indicatif::HumanDuration;

use super::prepare::Prepared;
use crate::cli::args::SweepHowArgs;
use crate::cli::progress::Watch;
use crate::cli::{Failure, Streams, check, run};
use crate::experiment::sweep::{Finished, Points, SweepError, sweep};
use crate::experiment::{self, ExperimentError, Observer, Options};
use crate::output::sweep::part::Part;
use crate::scenario::Scenario;

/// Points that are to be finished, and where they are kept.
pub(super) struct Work<'a> {
    /// All points.
    pub(super) prepared: &'a Prepared,
    /// Where finished ones are kept.
    pub(super) folder: &'a Path,
    /// How they are simulated.
    pub(super) how: &'a SweepHowArgs,
    /// Data folders.
    pub(super) data: &'a [PathBuf],
}

/// With so few points a trial would take as long as they do.
const PILOTED_MIN: usize = 4;

impl Work<'_> {
    /// Finishes these points; how many are left when the user stops it.
    pub(super) fn carry_out(&self, numbers: &[usize], streams: &mut Streams<'_>) -> Result<usize, Failure> {
        let entries = &self.prepared.manifest.points;
        let mut todo = Vec::new();
        for number in numbers {
            if Part::read(self.folder, *number, &entries[*number].key)?.is_none() {
                todo.push(*number);
            }
        }
        let options = Options {
            threads: run::threads(self.how.threads, streams)?,
            data: check::data_folders(self.data),
        };
        let watch = Watch::counting("points", streams.is_watched && !self.how.quiet);
        if !self.how.quiet {
            self.announce(numbers.len(), &todo, (&options, &watch), streams);
        }
        let points = Todo { prepared: self.prepared, numbers: todo };
        let (mut kept, mut refused) = (0, None);
        let ended = sweep(&points, &self.prepared.request, &options, &watch, &mut |finished| {
            match self.keep(&finished) {
                Ok(()) => kept += 1,
                Err(failure) => refused = refused.take().or(Some(failure)),
            }
            refused.is_none()
        });
        watch.end();
        if let Some(failure) = refused {
            return Err(failure);
        }
        ended.map_err(|error| self.failure(error))?;
        Ok(points.numbers.len() - kept)
    }

    /// Keeps a finished point.
    fn keep(&self, finished: &Finished) -> Result<(), Failure> {
        let manifest = &self.prepared.manifest;
        let key = manifest.points[finished.number].key.clone();
        let part = Part::new(key, &finished.outcome, &manifest.headlines);
        Ok(part.write(self.folder, finished.number)?)
    }

    /// Says how much there is to do, and after a trial how long that takes.
    fn announce(
        &self,
        all: usize,
        todo: &[usize],
        (options, watch): (&Options, &Watch),
        streams: &mut Streams<'_>,
    ) {
        let runs: u64 = todo.iter().map(|number| u64::from(self.prepared.runs[*number])).sum();
        let finished = match all - todo.len() {
            0 => String::new(),
            already => format!("; {already} points are finished already"),
        };
        streams.say(&format!("{} points, {runs} runs{finished}", todo.len()));
        if todo.len() < PILOTED_MIN {
            return;
        }
        let pilots = [todo[0], todo[todo.len() / 2], todo[todo.len() - 1]];
        let seconds = Watch::time(|| {
            for number in pilots {
                // What is wrong with a point is told when its turn comes.
                let _ = self.pilot(number, options, watch);
            }
        });
        let threads = options.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        let threads = threads.unwrap_or(1);
        let each = seconds / pilots.len() as f64;
        let left = std::time::Duration::from_secs_f64(each * runs as f64 / threads as f64);
        let threads = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
        let left = if left.as_secs() == 0 { "a second".to_owned() } else { HumanDuration(left).to_string() };
        streams.say(&format!("about {left} on {threads}, by one run of three points"));
    }

    /// One run of a point, which does not count.
    fn pilot(&self, number: usize, options: &Options, watch: &Watch) -> Result<(), ExperimentError> {
        let Ok(mut scenario) = self.prepared.load(number) else { return Ok(()) };
        (scenario.run.runs, scenario.run.precision) = (1, None);
        scenario.run.finds_transient = false;
        experiment::run(&scenario, options, &Stops(watch)).map(drop)
    }

    /// What is wrong, and with which point.
    fn failure(&self, error: SweepError) -> Failure {
        match error.cause {
            ExperimentError::Threads { .. } | ExperimentError::Cancelled => Failure::Experiment(error.cause),
            ExperimentError::Unfit { .. } | ExperimentError::Variant { .. } => {
                Failure::of_experiment(error.cause, &[])
            }
            cause => {
                let point = self.prepared.describe(error.number);
                Failure::Usage { message: format!("{point}: {cause}") }
            }
        }
    }
}

/// Hears nothing, but can be stopped.
struct Stops<'a>(&'a Watch);

impl Observer for Stops<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }

    fn dropped(&self) -> bool {
        self.0.dropped()
    }
}

/// Points that are not finished.
struct Todo<'a> {
    prepared: &'a Prepared,
    numbers: Vec<usize>,
}

impl Points for Todo<'_> {
    fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    fn load(&self, number: usize) -> Result<Scenario, ExperimentError> {
        self.prepared.load(number).map_err(|rejected| ExperimentError::Variant {
            scenario: self.prepared.manifest.name.clone(),
            rejected,
        })
    }
}
