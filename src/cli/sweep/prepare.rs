//! From arguments and files to the points of a sweep, every one of them checked.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::cli::args::SweepInputArgs;
use crate::cli::protected::Protected;
use crate::cli::{Failure, Streams, check, vary};
use crate::document::{Diagnostic, Diagnostics};
use crate::experiment::ExperimentError;
use crate::experiment::sweep::{self, Request};
use crate::limit::{Limit, Limits};
use crate::output::manifest::quoted;
use crate::output::sweep::plan::{Entry, Inputs, SweepManifest, Text};
use crate::scenario::experiment::{self, Experiment, Point};
use crate::scenario::source::{self, SourceError};
use crate::scenario::{self, MetricName, Override, Places, Rejected, Scenario, Source, file_name};

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
    /// What was read for it.
    pub(super) protected: Protected,
    limits: Limits,
}

/// Distinct warnings that are told.
const WARNINGS_MAX: usize = 5;

impl Prepared {
    /// Reads what arguments name.
    pub(super) fn new(args: &SweepInputArgs, streams: &mut Streams<'_>) -> Result<Self, Failure> {
        let Some(path) = &args.experiment else {
            return Err(Failure::Usage { message: "no experiment file is named".to_owned() });
        };
        let places = check::places(path, &args.data);
        let source = source::read(path, &places, streams.input)?;
        let experiment = experiment::read(source.clone(), &vary::axes(&args.vary)?)?;
        let (base, beside) = match &experiment.scenario {
            None => (source.clone(), path.clone()),
            Some(name) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let read = source::read_named(folder, &name.text, &places);
                (read.map_err(|error| missing(error, &experiment))?, folder.join(&name.text))
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
        let mut prepared = Self::of(inputs, (experiment, base), check::places(&beside, &args.data), streams)?;
        prepared.protected = std::mem::take(&mut prepared.protected).file(path).file(&beside);
        Ok(prepared)
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
        streams.limits.allow(Limit::Points, experiment.points_max() as u64, "this sweep")?;
        let points = experiment.points();
        if points.is_empty() {
            let message = "every point is skipped: there is nothing to simulate".to_owned();
            return Err(Failure::Usage { message });
        }
        let paths = experiment.paths().into_iter().map(str::to_owned).collect();
        let manifest = SweepManifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: name(&experiment, &inputs)?,
            command: command(&inputs),
            inputs,
            paths,
            headlines: Vec::new(),
            points: Vec::new(),
        };
        let (runs, request) = (Vec::new(), Request::default());
        let (protected, limits) = (Protected::default(), streams.limits);
        let mut prepared =
            Self { experiment, base, places, further, points, runs, request, manifest, protected, limits };
        prepared.check(streams)?;
        Ok(prepared)
    }

    /// The scenario of a point.
    pub(super) fn load(&self, number: usize) -> Result<Scenario, Box<Rejected>> {
        let point = &self.points[number];
        let mut scenario = self.experiment.load(&self.base, point, &self.further, &self.places)?;
        scenario.limits = self.limits;
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
        let mut wrong: Option<(usize, Box<Rejected>)> = None;
        let mut told = Vec::new();
        for number in 0..self.points.len() {
            match self.load(number) {
                Ok(scenario) if wrong.is_none() => self.take(number, &scenario, &mut told)?,
                Ok(_) => {}
                Err(rejected) => self.gather(&mut wrong, (number, rejected)),
            }
        }
        if let Some((number, rejected)) = wrong {
            let own = self.experiment.sources.len();
            let mut spans = rejected.findings.0.iter().filter_map(|finding| finding.span);
            // What the experiment itself says shows where it is; the scenario alone does not show the values.
            if !self.is_moved(&rejected) || spans.any(|span| span.source as usize >= own) {
                streams.say(&format!("in {}:", self.describe(number)));
            }
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
            self.choose_metrics(scenario)?;
            let protected = std::mem::take(&mut self.protected);
            self.protected = protected.named_in(&scenario.document, &self.places);
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

    /// Finds out which metrics are kept, and which are shown.
    fn choose_metrics(&mut self, scenario: &Scenario) -> Result<(), Failure> {
        let whole = |error| Failure::of_experiment(error, std::slice::from_ref(scenario));
        let (given, of_file) = (&self.manifest.inputs.metrics, &self.experiment.metrics);
        let is_asked = !given.is_empty() || !of_file.is_empty();
        let mut metrics = Vec::new();
        if given.is_empty() && is_asked {
            let mut findings = Diagnostics::default();
            for name in of_file {
                match sweep::metrics(scenario, std::slice::from_ref(&name.text)) {
                    Ok(found) => metrics.extend(found),
                    Err(ExperimentError::Unfit { findings: wrong, .. }) => {
                        let here = |one| Diagnostic { span: Some(name.span), ..one };
                        findings.0.extend(wrong.0.into_iter().map(here));
                    }
                    Err(error) => return Err(whole(error)),
                }
            }
            if findings.has_errors() {
                return Err(Rejected { findings, sources: self.experiment.sources.clone() }.into());
            }
        } else {
            metrics = sweep::metrics(scenario, given).map_err(whole)?;
        }
        let mut distinct: Vec<MetricName> = Vec::new();
        for metric in metrics {
            if !distinct.contains(&metric) {
                distinct.push(metric);
            }
        }
        self.manifest.headlines = distinct.iter().map(ToString::to_string).collect();
        self.request.metrics = if is_asked { distinct } else { Vec::new() };
        Ok(())
    }

    /// Adds what another point has wrong in the experiment itself; the rest of it is much the same in all points.
    fn gather(&self, wrong: &mut Option<(usize, Box<Rejected>)>, (number, rejected): (usize, Box<Rejected>)) {
        let Some((_, first)) = wrong else {
            *wrong = Some((number, rejected));
            return;
        };
        let own = self.experiment.sources.len();
        if !self.is_moved(first) || !self.is_moved(&rejected) {
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

impl Prepared {
    /// Whether findings speak of the texts of the experiment first.
    fn is_moved(&self, rejected: &Rejected) -> bool {
        rejected.sources.starts_with(&self.experiment.sources)
            && rejected.sources.len() > self.experiment.sources.len()
    }

    /// A point by its number and values.
    pub(super) fn describe(&self, number: usize) -> String {
        let choices = self.manifest.paths.iter().zip(&self.points[number].choices);
        let set = choices.filter_map(|(path, choice)| Some(format!("{path} = {}", choice.as_ref()?.shown())));
        format!("point {} ({})", number + 1, set.collect::<Vec<_>>().join(", "))
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

/// The name under which results are kept.
fn name(experiment: &Experiment, inputs: &Inputs) -> Result<String, Failure> {
    if let Some(name) = &experiment.name {
        return Ok(name.clone());
    }
    let stem = stem(&inputs.experiment.file);
    match file_name::check(&stem) {
        Ok(()) => Ok(stem),
        Err(why) => {
            let message = format!("{:?} cannot name results: {why}", inputs.experiment.file);
            Err(Failure::Usage { message })
        }
    }
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
