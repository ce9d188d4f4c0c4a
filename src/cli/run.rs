//! `run`: simulate, print the table, write a results folder.

use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::args::RunArgs;
use super::progress::Watch;
use super::protected::Protected;
use super::{Exit, Failure, Streams, baseline, check, compare};
use crate::experiment::{self, Attainment, EventsError, Options, Outcome, Theory};
use crate::limit::{Exceeded, Limit};
use crate::model::span::RunSpan;
use crate::output::manifest::{self, Manifest};
use crate::output::number::confidence;
use crate::output::staging::Staging;
use crate::output::table::{self, Shown};
use crate::output::{folder, json, plot, results};
use crate::scenario::Scenario;
use crate::units::{SimDuration, SimTime};

/// Runs a scenario.
pub(super) fn run(args: &RunArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    args.save_baseline.as_deref().map_or(Ok(()), baseline::check_name)?;
    let mut scenario = check::load(&args.scenario, streams)?;
    scenario.run.seed = args.seed.unwrap_or(scenario.run.seed);
    if let Some(runs) = args.runs {
        // So many and no more, however precise they are.
        (scenario.run.runs, scenario.run.precision) = (runs.get(), None);
    }
    let options =
        Options { threads: threads(args.threads, streams)?, data: check::data_folders(&args.scenario.data) };
    let folder = args.out.clone().unwrap_or_else(|| Path::new("results").join(&scenario.name));
    let places = check::places(&args.scenario.scenario, &args.scenario.data);
    let protected = Protected::default().file(&args.scenario.scenario).named_in(&scenario.document, &places);
    protected.allows_folder(&folder)?;
    args.events.as_deref().map_or(Ok(()), |path| protected.allows(path))?;
    let watch = Watch::new(streams.is_watched && !args.quiet);
    if let Some(path) = &args.events {
        log_events(path, args.until, &scenario, &watch)?;
    }
    let outcome = experiment::run(&scenario, &options, &watch);
    watch.end();
    let outcome = outcome.map_err(|error| Failure::of_experiment(error, std::slice::from_ref(&scenario)))?;
    let manifest = manifest(&args.scenario.scenario, &scenario, &outcome);
    let theory = experiment::theory(&scenario, experiment::NEAR);
    let staging = Staging::begin(&folder)?;
    results::write(staging.path(), &outcome, &units(&scenario), &theory, &manifest)?;
    if let Some(name) = args.save_baseline.as_deref().filter(|_| !outcome.is_partial) {
        baseline::save(staging.path(), name, (&scenario, &outcome), &manifest)?;
        if !args.quiet {
            streams.say(&format!("the baseline is in {}", baseline::place(&folder, name).display()));
        }
    }
    if !args.no_plots {
        plot::draw_all(staging.path(), &scenario.name)?;
    }
    staging.commit()?;
    print(args, &scenario, (&outcome, &theory), streams)?;
    tell(args, &outcome, &folder, streams);
    if let Some(failed) = watch.failed() {
        return Err(Failure::Stopped { message: failed });
    }
    Ok(exit(&outcome))
}

/// Logs the events of the first run.
fn log_events(
    path: &Path,
    until: Option<SimDuration>,
    scenario: &Scenario,
    watch: &Watch,
) -> Result<(), Failure> {
    let until = until.map(|span| SimTime::ZERO + span);
    let mut failure = None;
    let written = folder::write_with(path, |out| match experiment::log_events(scenario, until, watch, out) {
        Err(EventsError::Write(error)) => Err(error),
        Err(EventsError::Experiment(error)) => {
            failure = Some(error);
            Err(io::Error::other("the run failed"))
        }
        Ok(()) => Ok(()),
    });
    match failure {
        Some(error) => Err(Failure::of_experiment(error, std::slice::from_ref(scenario))),
        None => Ok(written?),
    }
}

/// A number of threads for the experiment.
pub(super) fn threads(threads: Option<NonZeroU32>, streams: &Streams<'_>) -> Result<Option<usize>, Exceeded> {
    let Some(threads) = threads else { return Ok(None) };
    streams.limits.allow(Limit::Threads, u64::from(threads.get()), "--threads")?;
    Ok(Some(threads.get() as usize))
}

fn print(
    args: &RunArgs,
    scenario: &Scenario,
    (outcome, theory): (&Outcome, &[Theory]),
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    if args.json {
        return writeln!(streams.out, "{}", json::outcome(&scenario.name, outcome, theory)?);
    }
    let shown = if args.all { Shown::All } else { Shown::Important };
    let title = title(scenario, outcome);
    write!(streams.out, "{}", table::table(&title, outcome, theory, shown, streams.paint))
}

/// Which scenario, how often, how long, with which seed.
fn title(scenario: &Scenario, outcome: &Outcome) -> String {
    let runs = match outcome.runs() {
        1 => "1 run".to_owned(),
        many => format!("{many} runs"),
    };
    let runs = if outcome.batches > 1 { format!("{runs} in {} batches", outcome.batches) } else { runs };
    format!("{}: {runs}{}", scenario.name, about(scenario, &outcome.span))
}

/// How long runs are, with which seed, and how sure intervals are.
pub(super) fn about(scenario: &Scenario, span: &RunSpan) -> String {
    let measured: SimDuration = span.measured();
    let transient = match span.transient.since(SimTime::ZERO) {
        SimDuration::ZERO => String::new(),
        discarded => format!(" after {discarded}"),
    };
    let confidence = confidence(scenario.run.confidence.get());
    format!(" of {measured}{transient}, seed {}, {confidence}", scenario.run.seed)
}

/// Where the files are, and whether something is missing.
fn tell(args: &RunArgs, outcome: &Outcome, folder: &Path, streams: &mut Streams<'_>) {
    if outcome.is_partial {
        let runs = outcome.runs();
        // A limit that was met is told last, as the error.
        streams.say(&format!(
            "interrupted: only {runs} finished runs are in these results; `--runs {runs}` gives them again, \
             and the same command starts anew"
        ));
    }
    if outcome.is_precise == Some(false) && !outcome.is_partial {
        let runs = outcome.runs();
        streams.say(&format!("after {runs} runs the interval is still wider than run.precision asks for"));
    }
    if !args.quiet {
        streams.say(&format!("results are in {}", folder.display()));
    }
}

fn exit(outcome: &Outcome) -> Exit {
    let has = |verdict: Attainment| outcome.objectives.iter().any(|one| one.verdict == verdict);
    if outcome.is_partial {
        Exit::Interrupted
    } else if has(Attainment::Missed) {
        Exit::Missed
    } else if has(Attainment::Undecided) {
        Exit::Undecided
    } else {
        Exit::Done
    }
}

/// For each fault the scopes of its units.
pub(super) fn units(scenario: &Scenario) -> Vec<Vec<&str>> {
    let faults = scenario.system.faults.iter();
    faults.map(|fault| fault.units.iter().map(|unit| unit.name.as_str()).collect()).collect()
}

/// Where results come from.
pub(super) fn manifest(path: &Path, scenario: &Scenario, outcome: &Outcome) -> Manifest {
    let overrides = compare::settings(&scenario.overrides);
    // The folder that the file is in differs between machines.
    let file: PathBuf = path.file_name().map_or_else(|| path.to_owned(), PathBuf::from);
    Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        name: scenario.name.clone(),
        scenario: scenario.text().to_owned(),
        scenario_sha256: manifest::sha256(scenario.text()),
        seed: scenario.run.seed,
        runs: outcome.runs(),
        runs_planned: outcome.runs_planned,
        transient_found_s: scenario.run.finds_transient.then(|| outcome.span.transient.as_secs()),
        workloads: results::workloads(outcome),
        command: manifest::command(
            &file.display().to_string(),
            scenario.run.seed,
            outcome.runs_planned,
            &overrides,
        ),
        overrides,
    }
}
