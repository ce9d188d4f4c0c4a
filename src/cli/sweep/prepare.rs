//! From arguments and files to the points of a sweep, every one of them checked.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::cli::args::SweepInputArgs;
use crate::cli::{Failure, Streams, check, vary};
use crate::document::{Diagnostic, Diagnostics};
use crate::experiment::sweep::{self, Request};
use crate::output::manifest::quoted;
use crate::output::sweep::plan::{Entry, Inputs, SweepManifest, Text};
use crate::scenario::experiment::{self, Experiment, Point};
use crate::scenario::source::{self, SourceError};
use crate::scenario::{self, Override, Places, Rejected, Scenario, Source};

/// A sweep whose points can all be simulated.
pub(super) struct Prepared {
    experiment: Experiment,
    base: Source,
    places: Places,
    further: Vec<Override>,
    /// The combinations of values.
    pub(super) points: Vec<Point>,
    /// Runs of each point; with a precision those of the first look.
    pub(super) runs: Vec<u32>,
    /// What is kept of each point.
    pub(super) request: Request,
    /// What all of that is called in files.
    pub(super) manifest: SweepManifest,
}

/// Distinct warnings that are told.
const WARNINGS_MAX: usize = 5;

impl Prepared {
    /// Reads what arguments name.
    pub(super) fn new(args: &SweepInputArgs, streams: &mut Streams<'_>) -> Result<Self, Failure> {
        let Some(path) = &args.experiment else {
            return Err(Failure::Usage { message: "no experiment file is named".to_owned() });
        };
        let source = source::read(path, streams.input)?;
        let experiment = experiment::read(source.clone(), &vary::axes(&args.vary)?)?;
        let (base, beside) = match &experiment.scenario {
            None => (source.clone(), path.clone()),
            Some(name) => {
                let beside = path.parent().unwrap_or(Path::new("")).join(&name.text);
                let read = source::read(&beside, &mut std::io::empty());
                (read.map_err(|error| missing(error, &experiment))?, beside)
            }
        };
        let text = |path: &Path, source: &Source| {
            let file = path.file_name().map_or_else(|| path.to_path_buf(), PathBuf::from);
            Text { file: file.display().to_string(), text: source.text.clone() }
        };
        let inputs = Inputs {
            experiment: text(path, &source),
            scenario: text(&beside, &base),
            vary: args.vary.clone(),
            set: args.set.clone(),
            metrics: args.metric.clone(),
            seed: args.seed,
            runs: args.runs.map(NonZeroU32::get),
            plots: !args.no_plots,
        };
        Self::of(inputs, (experiment, base), check::places(&beside, &args.data), streams)
    }

    /// The same sweep on another machine, from its texts alone.
    pub(super) fn again(inputs: &Inputs, places: Places, streams: &mut Streams<'_>) -> Result<Self, Failure> {
        let source = |text: &Text| Source { name: text.file.clone(), text: text.text.clone() };
        let experiment = experiment::read(source(&inputs.experiment), &vary::axes(&inputs.vary)?)?;
        Self::of(inputs.clone(), (experiment, source(&inputs.scenario)), places, streams)
    }

    fn of(
        inputs: Inputs,
        (experiment, base): (Experiment, Source),
        places: Places,
        streams: &mut Streams<'_>,
    ) -> Result<Self, Failure> {
        let further = inputs.set.iter().map(|text| check::read_override(text)).collect::<Result<_, _>>()?;
        let points = experiment.points();
        if points.is_empty() {
            let message = "every point is skipped: there is nothing to simulate".to_owned();
            return Err(Failure::Usage { message });
        }
        let paths = experiment.paths().into_iter().map(str::to_owned).collect();
        let manifest = SweepManifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: experiment.name.clone().unwrap_or_else(|| stem(&inputs.experiment.file)),
            command: command(&inputs),
            inputs,
            paths,
            headlines: Vec::new(),
            points: Vec::new(),
        };
        let (runs, request) = (Vec::new(), Request::default());
        let mut prepared = Self { experiment, base, places, further, points, runs, request, manifest };
        prepared.check(streams)?;
        Ok(prepared)
    }

    /// The scenario of a point.
    pub(super) fn load(&self, number: usize) -> Result<Scenario, Box<Rejected>> {
        let point = &self.points[number];
        let mut scenario = self.experiment.load(&self.base, point, &self.further, &self.places)?;
        let inputs = &self.manifest.inputs;
        scenario.run.seed = inputs.seed.unwrap_or(scenario.run.seed);
        if let Some(runs) = inputs.runs {
            // So many and no more, however precise they are.
            (scenario.run.runs, scenario.run.precision) = (runs, None);
        }
        Ok(scenario)
    }

    /// Loads every point once, so that nothing wrong is found only after hours; what is wrong is told at once.
    fn check(&mut self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let mut wrong: Option<Box<Rejected>> = None;
        let mut told = Vec::new();
        for number in 0..self.points.len() {
            match self.load(number) {
                Ok(scenario) if wrong.is_none() => self.take(number, &scenario, &mut told)?,
                Ok(_) => {}
                Err(rejected) => self.gather(&mut wrong, rejected),
            }
        }
        if let Some(rejected) = wrong {
            return Err(Failure::Rejected(rejected));
        }
        for text in told.iter().take(WARNINGS_MAX) {
            let _ = write!(streams.chatter, "{text}");
        }
        if told.len() > WARNINGS_MAX {
            streams.say(&format!(
                "{} more notes and warnings of points are not shown",
                told.len() - WARNINGS_MAX
            ));
        }
        Ok(())
    }

    /// Takes down what is known of a point that can be simulated.
    fn take(&mut self, number: usize, scenario: &Scenario, told: &mut Vec<String>) -> Result<(), Failure> {
        if number == 0 {
            let asked = &self.manifest.inputs.metrics;
            let of_file = &self.experiment.metrics;
            let asked = if asked.is_empty() { of_file } else { asked };
            let metrics = sweep::metrics(scenario, asked)
                .map_err(|error| Failure::of_experiment(error, std::slice::from_ref(scenario)))?;
            self.manifest.headlines = metrics.iter().map(ToString::to_string).collect();
            self.request.metrics = if asked.is_empty() { Vec::new() } else { metrics };
        }
        let findings = crate::experiment::check(scenario);
        if findings.has_errors() {
            return Err(Rejected { findings, sources: scenario.sources.clone() }.into());
        }
        let mut texts: Vec<String> = scenario.notes.iter().map(|note| format!("note: {note}\n")).collect();
        if !scenario.warnings.0.is_empty() {
            texts.push(scenario::render(&scenario.warnings, &scenario.sources, false));
        }
        texts.retain(|text| !told.contains(text));
        told.extend(texts);
        let choices = &self.points[number].choices;
        let values = choices.iter().map(|choice| choice.as_ref().map(experiment::Choice::shown)).collect();
        self.manifest.points.push(Entry { values, key: sweep::key(scenario, &self.request) });
        self.runs.push(scenario.run.runs);
        Ok(())
    }

    /// Adds what another point has wrong in the experiment itself; the rest of it is much the same in all points.
    fn gather(&self, wrong: &mut Option<Box<Rejected>>, rejected: Box<Rejected>) {
        let Some(first) = wrong else {
            *wrong = Some(rejected);
            return;
        };
        let own = self.experiment.sources.len();
        let is_moved =
            |one: &Rejected| one.sources.len() > own && one.sources[..own] == self.experiment.sources;
        if !is_moved(first) || !is_moved(&rejected) {
            return;
        }
        let in_experiment =
            |finding: &Diagnostic| finding.span.is_some_and(|span| (span.source as usize) < own);
        for finding in rejected.findings.0 {
            if in_experiment(&finding) && !first.findings.0.contains(&finding) {
                first.findings.push(finding);
            }
        }
    }
}

/// A scenario file that cannot be read, where the experiment names it.
fn missing(error: SourceError, experiment: &Experiment) -> Failure {
    let Some(name) = &experiment.scenario else { return error.into() };
    let mut findings = Diagnostics::default();
    let help = "the scenario is looked up beside the experiment file";
    findings.push(Diagnostic::error(name.span, error.to_string()).label("the scenario").help(help));
    Rejected { findings, sources: experiment.sources.clone() }.into()
}

fn stem(file: &str) -> String {
    let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str());
    stem.filter(|stem| *stem != "-").unwrap_or("scenario").to_owned()
}

/// The command that makes the sweep again.
fn command(inputs: &Inputs) -> String {
    let mut words = vec!["ninefold".to_owned(), "sweep".to_owned(), quoted(&inputs.experiment.file)];
    for (option, values) in [("--vary", &inputs.vary), ("--set", &inputs.set), ("--metric", &inputs.metrics)]
    {
        words.extend(values.iter().flat_map(|value| [option.to_owned(), quoted(value)]));
    }
    words.extend(inputs.seed.map(|seed| format!("--seed {seed}")));
    words.extend(inputs.runs.map(|runs| format!("--runs {runs}")));
    words.extend((!inputs.plots).then(|| "--no-plots".to_owned()));
    words.join(" ")
}
