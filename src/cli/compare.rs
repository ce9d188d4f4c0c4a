//! `compare`: several variants of a scenario, or several scenarios, under the same days.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::args::CompareArgs;
use super::progress::Watch;
use super::protected::Protected;
use super::{Exit, Failure, Streams, baseline, check, run, vary};
use crate::experiment::compare::{Baseline, Comparison, Question, Variant, compare as simulate};
use crate::experiment::{self, Options};
use crate::limit::Limit;
use crate::output::comparison::files::{self, ComparisonManifest, VariantEntry};
use crate::output::comparison::{json, table};
use crate::output::manifest::{Setting, quoted};
use crate::output::staging::Staging;
use crate::output::{plot, results};
use crate::scenario::source::{self, Source};
use crate::scenario::{self, Override, Scenario};

/// A variant and the file it comes from.
struct Entry {
    variant: Variant,
    file: PathBuf,
}

/// Compares variants.
pub(super) fn compare(args: &CompareArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let entries = load(args, streams)?;
    let first = entries.first().map(|entry| entry.variant.scenario.name.clone()).unwrap_or_default();
    let saved = args.baseline.as_ref().map(|name| baseline::load(name, &first, streams)).transpose()?;
    if entries.len() + usize::from(saved.is_some()) < 2 {
        let message = "there is only one variant: vary something with --vary PATH=VALUE,VALUE, name several \
                       scenarios, or compare with a --baseline";
        return Err(Failure::Usage { message: message.to_owned() });
    }
    let variants: Vec<Variant> = entries.iter().map(|entry| entry.variant.clone()).collect();
    let question = question(args, &variants, saved.as_ref(), streams);
    let batches = variants.iter().map(|one| u64::from(one.scenario.run.batches)).max().unwrap_or(1);
    let runs = u64::from(question.runs.max(question.runs_max)) * batches;
    streams.limits.allow(Limit::Runs, runs, "each variant")?;
    let options =
        Options { threads: run::threads(args.threads, streams)?, data: check::data_folders(&args.data) };
    let folder = args.out.clone().unwrap_or_else(|| Path::new("results").join(format!("{first}-compare")));
    let protected = entries.iter().fold(Protected::default(), |protected, entry| {
        let places = check::places(&entry.file, &args.data);
        protected.file(&entry.file).named_in(&entry.variant.scenario.document, &places)
    });
    protected.allows_folder(&folder)?;
    let watch = Watch::new(streams.is_watched && !args.quiet);
    let compared = simulate(&variants, saved.as_ref(), &question, &options, &watch);
    watch.end();
    let scenarios: Vec<Scenario> = variants.iter().map(|one| one.scenario.clone()).collect();
    let comparison = compared.map_err(|error| Failure::of_experiment(error, &scenarios))?;
    let staging = Staging::begin(&folder)?;
    write(args, staging.path(), &entries, (&comparison, &question))?;
    staging.commit()?;
    if args.json {
        writeln!(streams.out, "{}", json::json(&first, &comparison).map_err(std::io::Error::from)?)?;
    } else {
        let title = title(&first, &scenarios, &comparison);
        write!(streams.out, "{}", table::table(&title, &comparison, streams.paint))?;
    }
    tell(args, &comparison, &folder, streams);
    if let Some(failed) = watch.failed() {
        return Err(Failure::Stopped { message: failed });
    }
    Ok(if comparison.is_partial { Exit::Interrupted } else { Exit::Done })
}

/// Every combination of values in every file.
fn load(args: &CompareArgs, streams: &mut Streams<'_>) -> Result<Vec<Entry>, Failure> {
    let combinations = vary::combinations(&args.vary, streams.limits)?;
    let variants = combinations.len() as u64 * args.scenarios.len() as u64;
    streams.limits.allow(Limit::Variants, variants, "this comparison")?;
    let set = args.set.iter().map(|text| check::read_override(text)).collect::<Result<Vec<_>, _>>()?;
    let mut entries = Vec::new();
    let mut told = Vec::new();
    for file in &args.scenarios {
        let source = source::read(file, &check::places(file, &args.data), streams.input)?;
        for combination in &combinations {
            let overrides: Vec<Override> = set.iter().chain(&combination.overrides).cloned().collect();
            let mut scenario = load_one(&source, &overrides, file, args)?;
            scenario.limits = streams.limits;
            tell_once(&scenario, &mut told, streams);
            scenario.run.seed = args.seed.unwrap_or(scenario.run.seed);
            let name = if args.scenarios.len() > 1 { scenario.name.as_str() } else { "" };
            let words = [name, combination.label.as_str()];
            let label = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
            let label = if label.is_empty() { scenario.name.clone() } else { label };
            entries.push(Entry { variant: Variant { label, scenario }, file: file.clone() });
        }
    }
    let labels = vary::distinct(entries.iter().map(|entry| entry.variant.label.clone()).collect(), ' ');
    for (entry, label) in entries.iter_mut().zip(labels) {
        entry.variant.label = label;
    }
    Ok(entries)
}

fn load_one(
    source: &Source,
    overrides: &[Override],
    file: &Path,
    args: &CompareArgs,
) -> Result<Scenario, Failure> {
    // A mistake in a value that is varied stands at "--vary".
    let vary = |sources: &mut Vec<Source>| {
        sources.iter_mut().skip(1 + args.set.len()).for_each(|one| "--vary".clone_into(&mut one.name));
    };
    match scenario::load(source.clone(), overrides, &check::places(file, &args.data)) {
        Ok(mut scenario) => {
            vary(&mut scenario.sources);
            Ok(scenario)
        }
        Err(mut rejected) => {
            vary(&mut rejected.sources);
            Err(rejected.into())
        }
    }
}

/// Notes and warnings, those that several variants share only once.
fn tell_once(scenario: &Scenario, told: &mut Vec<String>, streams: &mut Streams<'_>) {
    let mut texts: Vec<String> = scenario.notes.iter().map(|note| format!("note: {note}\n")).collect();
    if !scenario.warnings.0.is_empty() {
        texts.push(scenario::render(&scenario.warnings, &scenario.sources, streams.is_watched));
    }
    for text in texts {
        if !told.contains(&text) {
            let _ = write!(streams.chatter, "{text}");
            told.push(text);
        }
    }
}

/// How many runs, of which metrics.
fn question(
    args: &CompareArgs,
    variants: &[Variant],
    saved: Option<&Baseline>,
    streams: &mut Streams<'_>,
) -> Question {
    let runs = args
        .runs
        .map_or_else(|| variants.first().map_or(1, |variant| variant.scenario.run.runs), NonZeroU32::get);
    if let Some(few) = saved.map(Baseline::runs).filter(|few| *few < runs) {
        streams.say(&format!("note: the baseline has {few} runs, so {few} are compared"));
    }
    let precision = variants.first().and_then(|variant| variant.scenario.run.precision.as_ref());
    let allowed = precision.filter(|_| args.runs.is_none()).map_or(runs, |precision| precision.runs_max);
    let runs_max = args.runs_max.map_or(allowed, NonZeroU32::get);
    Question { metrics: args.metric.clone(), runs, runs_max }
}

/// The comparison's own files, and a results folder for each variant.
fn write(
    args: &CompareArgs,
    folder: &Path,
    entries: &[Entry],
    (comparison, question): (&Comparison, &Question),
) -> Result<(), Failure> {
    let labels = entries.iter().map(|entry| vary::folder(&entry.variant.label));
    let names = vary::distinct(labels.collect(), '-');
    let simulated = comparison.variants.iter().filter_map(|one| one.outcome.as_ref());
    let mut listed: Vec<VariantEntry> = Vec::new();
    for ((entry, outcome), name) in entries.iter().zip(simulated).zip(names) {
        let scenario = &entry.variant.scenario;
        let below = Path::new("variants").join(&name);
        let manifest = run::manifest(&entry.file, scenario, outcome);
        let theory = experiment::theory(scenario, experiment::NEAR);
        results::write(&folder.join(&below), outcome, &run::units(scenario), &theory, &manifest)?;
        if !args.no_plots {
            plot::draw_all(&folder.join(&below), &entry.variant.label)?;
        }
        let folder = Some(format!("variants/{name}"));
        listed.push(VariantEntry {
            label: entry.variant.label.clone(),
            folder,
            overrides: manifest.overrides,
        });
    }
    let stored = comparison.variants.iter().filter(|one| one.outcome.is_none());
    let stored =
        stored.map(|one| VariantEntry { label: one.label.clone(), folder: None, overrides: Vec::new() });
    let first = entries.first().map(|entry| entry.variant.scenario.name.clone()).unwrap_or_default();
    let manifest = ComparisonManifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        name: first,
        variants: stored.chain(listed).collect(),
        runs: comparison.runs,
        runs_planned: comparison.runs_planned,
        command: command(args, entries, question),
    };
    files::write(folder, comparison, &manifest)?;
    if !args.no_plots {
        plot::draw_comparison(folder, &manifest.name)?;
    }
    Ok(())
}

/// The command that makes the comparison again.
fn command(args: &CompareArgs, entries: &[Entry], question: &Question) -> String {
    let mut words = vec!["ninefold".to_owned(), "compare".to_owned()];
    words.extend(args.scenarios.iter().map(|file| {
        // The folder that a file is in differs between machines.
        quoted(&file.file_name().map_or_else(|| file.clone(), PathBuf::from).display().to_string())
    }));
    let mut add = |option: &str, values: &[String]| {
        words.extend(values.iter().flat_map(|value| [option.to_owned(), quoted(value)]));
    };
    add("--set", &args.set);
    add("--vary", &args.vary);
    add("--metric", &args.metric);
    add("--baseline", args.baseline.as_slice());
    let mut seeds: Vec<u64> = entries.iter().map(|entry| entry.variant.scenario.run.seed).collect();
    seeds.dedup();
    if let [seed] = seeds[..] {
        words.push(format!("--seed {seed}"));
    }
    words.push(format!("--runs {}", question.runs));
    if question.runs_max > question.runs {
        words.push(format!("--runs-max {}", question.runs_max));
    }
    words.join(" ")
}

fn title(name: &str, scenarios: &[Scenario], comparison: &Comparison) -> String {
    let variants = comparison.variants.len();
    let runs = if comparison.runs == 1 { "1 run".to_owned() } else { format!("{} runs", comparison.runs) };
    let about = scenarios.first().zip(comparison.variants.iter().find_map(|one| one.outcome.as_ref()));
    let about = about.map_or(String::new(), |(scenario, outcome)| run::about(scenario, &outcome.span));
    format!("{name}: {variants} variants, {runs} each{about}")
}

fn tell(args: &CompareArgs, comparison: &Comparison, folder: &Path, streams: &mut Streams<'_>) {
    if comparison.is_partial {
        let runs = comparison.runs;
        streams.say(&format!(
            "interrupted: only {runs} finished runs of each variant are compared; `--runs {runs}` gives them \
             again, and the same command starts anew"
        ));
    }
    if !args.quiet {
        streams.say(&format!("results are in {}", folder.display()));
    }
}

/// What was set, as a manifest says it.
pub(super) fn settings(overrides: &[Override]) -> Vec<Setting> {
    let setting = |one: &Override| Setting { path: one.path.clone(), value: one.value.clone() };
    overrides.iter().map(setting).collect()
}
