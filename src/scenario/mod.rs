//! From the text of a scenario file to a validated [`Scenario`].
//!
//! [`source`] reads the text, [`load`] parses it, applies overrides, fills in presets, reads every section with all its mistakes, checks
//! what belongs together and numbers the parts. [`resolve`](Scenario::resolve) looks values up by path,
//! [`resolved`] prints a scenario with every default filled in, [`render()`] shows findings.

mod argument;
mod builder;
mod check;
pub mod claim;
mod dns;
pub mod experiment;
pub mod file_name;
mod files;
mod gateway;
mod import;
pub(crate) mod input;
pub(crate) mod instant;
pub mod language;
mod overrides;
mod own;
mod parse;
mod path;
mod preset;
mod render;
mod resolve;
mod resolved;
mod route;
mod short;
pub mod source;
mod trace;
mod variant;
mod written;

pub use argument::argument;
pub use builder::{Builder, Keys, Misfit, Misfits};
pub(crate) use check::unit::unit_of_name;
pub(crate) use check::{HeavyTail, Lacking, heavy_tails, heavy_ways};
pub use claim::{Bound, Claim, Expect, Given, Objective, Precision, Printed, Subject, Width};
pub use own::{Catalogue, Unregistered};
pub use render::render;
pub use resolved::resolved;
pub(crate) use short::short_path;
pub use source::{Places, Source};

pub use crate::measure::metric::MetricName;

use std::fmt;
use std::sync::Arc;

use crate::document::{Diagnostic, Diagnostics, Name, Span, Table};
use crate::limit::Limits;
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::registry::Entry;
use crate::units::Probability;
use files::Files;

/// A validated scenario: what is simulated, for how long, and what is claimed about it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Name; the file's name without its ending where none is written.
    pub name: String,
    /// One sentence, or nothing.
    pub summary: String,
    /// What is simulated; runs share it, as it may be large.
    pub system: Arc<System>,
    /// For how long, how often, with which seed.
    pub run: Run,
    /// Targets, in the order of the file.
    pub objectives: Vec<Objective>,
    /// Claims, in the order of the file.
    pub claims: Vec<Claim>,
    /// The file as a tree, overrides included and presets filled in.
    pub document: Table,
    /// What was overridden, in order.
    pub overrides: Vec<Override>,
    /// Keys that went with the policies that overrides replaced, one sentence each.
    pub notes: Vec<String>,
    /// The texts that spans speak of: the file, then one for each override and for each manifest.
    pub sources: Vec<Source>,
    /// Legal but suspect.
    pub warnings: Diagnostics,
    /// Policies from outside the crate that the file may name.
    pub own: Catalogue,
    /// What it may cost; the file itself has no say in it.
    pub limits: Limits,
}

impl Scenario {
    /// Where the value at a path of keys stands, or the innermost part of the path that is written.
    pub fn at(&self, path: &[&str]) -> Span {
        check::locate(&self.document, path)
    }

    /// Each variant with its choices, in the order of the file; the first holds where none is taken.
    pub fn choices(&self) -> Vec<(&str, Vec<&str>)> {
        variant::choices(&self.document)
    }

    /// The text of the scenario file, without overrides.
    pub fn text(&self) -> &str {
        self.sources.first().map_or("", |source| &source.text)
    }

    /// The numbers at a path such as `service.shop.speed`, in base units (seconds, 1/s, ratio).
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence where the path ends, and the nearest valid name.
    pub fn resolve(&self, path: &str, places: &Places) -> Result<Vec<f64>, String> {
        let resolver = resolve::Resolver::new(resolve::tree(&resolved::table(self)));
        let found = resolver.values(path, Files { places }).map_err(|error| match error.help.as_str() {
            "" => error.message,
            help => format!("{} ({help})", error.message),
        })?;
        match found {
            Given::Numbers(values) => Ok(values),
            Given::Laws(_) => Err(format!("the path \"{path}\" leads to a distribution, not to a number")),
        }
    }
}

/// How a scenario is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The span of one run.
    pub span: RunSpan,
    /// Whether the transient is found from the number in system; in the span it is zero until then.
    pub finds_transient: bool,
    /// Number of runs, at least 1; with a precision, of the first look.
    pub runs: u32,
    /// Into how many batches each run is cut, at least 1; every batch counts as a run.
    pub batches: u32,
    /// Where all random numbers come from.
    pub seed: u64,
    /// Level of the intervals, strictly between 0 and 1.
    pub confidence: Probability,
    /// Whether results have rows of single replicas.
    pub per_seat: PerSeat,
    /// When further runs stop; without it there are `runs`.
    pub precision: Option<Precision>,
}

/// Whether results have rows of single replicas that nothing names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PerSeat {
    /// Where the system has at most [`PerSeat::AUTO_MAX`] replicas.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl PerSeat {
    /// Replicas of all services together up to which each has rows of its own unless told otherwise.
    pub const AUTO_MAX: usize = 1_000;

    /// Whether each replica of a system has rows. In a fleet that changes a number is now one replica and now another.
    pub fn shows(self, system: &System) -> bool {
        let replicas = || system.services.iter().map(|service| service.replicas.len()).sum::<usize>();
        match self {
            Self::Auto => {
                system.services.iter().all(|service| !service.is_changing()) && replicas() <= Self::AUTO_MAX
            }
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// One value to set before a scenario is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Where, such as `service.shop.balancing.policy`.
    pub path: String,
    /// What: TOML, or a bare text when it is none.
    pub value: String,
}

impl Override {
    /// Reads `path=value`; `None` without the sign between.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, value) = text.split_once('=')?;
        Some(Self { path: path.trim().to_owned(), value: value.trim().to_owned() })
    }
}

/// Every arrival process, as `list` shows them.
pub const ARRIVALS: &[Entry] = written::arrival::ArrivalKeys::CATALOGUE;

/// Every kind of fault, as `list` shows them.
pub const FAULTS: &[Entry] = written::fault::FaultKeys::CATALOGUE;

/// Kinds of monitors, chosen by `kind`.
pub const MONITORS: &[Entry] = written::monitor::MonitorKeys::CATALOGUE;

/// Every distribution, as `list` shows them.
pub const DISTRIBUTIONS: &[Entry] = crate::kernel::distribution::DistributionSettings::CATALOGUE;

/// Every queue policy, as `list` shows them.
pub const QUEUES: &[Entry] = crate::model::queue::QueueSettings::CATALOGUE;

/// Every autoscaling policy, as `list` shows them.
pub const SCALERS: &[Entry] = crate::model::scaling::ScalingSettings::CATALOGUE;

/// Every deployment policy, as `list` shows them.
pub const DEPLOYS: &[Entry] = crate::model::deploy::DeploySettings::CATALOGUE;

/// Every keep-alive policy of functions, as `list` shows them.
pub const KEEP_ALIVES: &[Entry] = crate::model::function::keep_alive::KeepAliveSettings::CATALOGUE;

/// Every recovery policy, as `list` shows them.
pub const RECOVERIES: &[Entry] = written::recovery::PLANS;

/// A scenario that cannot run.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Why: at least one error, and the warnings that were found on the way.
    pub findings: Diagnostics,
    /// The texts that spans speak of.
    pub sources: Vec<Source>,
}

/// What was found, as messages show it.
impl fmt::Display for Rejected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(render(&self.findings, &self.sources, false).trim_end())
    }
}

impl std::error::Error for Rejected {}

/// Turns the text of a scenario into a validated scenario.
///
/// # Errors
///
/// Every mistake that was found, each with its place.
pub fn load(source: Source, overrides: &[Override], places: &Places) -> Result<Scenario, Rejected> {
    load_with(&Catalogue::default(), source, overrides, places)
}

/// The same for a scenario that may name policies from outside the crate.
///
/// # Errors
///
/// Every mistake that was found, each with its place.
pub fn load_with(
    own: &Catalogue,
    source: Source,
    overrides: &[Override],
    places: &Places,
) -> Result<Scenario, Rejected> {
    let mut findings = Diagnostics::default();
    let mut document = parse::parse(&source, &mut findings);
    let mut sources = vec![source];
    // What is missing from a text that is no TOML may only have been lost.
    if findings.has_errors() {
        return Err(Rejected { findings, sources });
    }
    let notes = overrides::apply(&mut document, (overrides, own), &mut sources, &mut findings);
    import::expand(&mut document, Files { places }, &mut sources, &mut findings);
    let origins = preset::expand(&mut document, &mut findings);
    let mut written = written::read(&document, &mut findings);
    let name = name(written.name.as_ref(), &sources[0].name, &mut findings);
    written::look_up(&mut written, own, &mut findings);
    dns::resolve(&mut written, &mut findings);
    let gateways = gateway::take_in(&mut written, &mut findings);
    route::direct(&mut written, &gateways, &mut findings);
    let checked = check::check(&written, &document, Files { places }, &mut findings);
    origins.explain(&mut findings);
    origins.settle(&mut document);
    sort(&mut findings);
    let Some(checked) = checked.filter(|_| !findings.has_errors()) else {
        return Err(Rejected { findings, sources });
    };
    Ok(Scenario {
        name,
        summary: written.summary.map_or_else(String::new, |summary| summary.text),
        system: Arc::new(checked.system),
        run: checked.run,
        objectives: checked.objectives,
        claims: checked.claims,
        document,
        overrides: overrides.to_vec(),
        notes,
        sources,
        warnings: findings,
        own: own.clone(),
        limits: Limits::default(),
    })
}

/// Findings in the order of the file; the same one is said once.
fn sort(findings: &mut Diagnostics) {
    findings.0.sort_by_key(|finding| (finding.span.is_none(), finding.span));
    findings.0.dedup();
}

/// The name under which results are kept: what is written, or the file's name without its ending.
fn name(written: Option<&Name>, file: &str, findings: &mut Diagnostics) -> String {
    let Some(name) = written else {
        let stem = stem(file);
        if let Err(why) = file_name::check(&stem) {
            let message = format!("the file's own name cannot name results: {why}");
            findings.push(Diagnostic::error(Span::default(), message).help("write a \"name\""));
        }
        return stem;
    };
    check_name(name, findings);
    name.text.clone()
}

/// Reports a name that is not one plain file name.
fn check_name(name: &Name, findings: &mut Diagnostics) {
    if let Err(why) = file_name::check(&name.text) {
        let error = Diagnostic::error(name.span, format!("this cannot name results: {why}"));
        findings.push(error.label("not a file name").help(format!("expected {}", file_name::EXPECTED)));
    }
}

/// The name of a file without folder and ending.
fn stem(name: &str) -> String {
    let stem = std::path::Path::new(name).file_stem().and_then(|stem| stem.to_str());
    stem.filter(|stem| !stem.starts_with('<')).unwrap_or("scenario").to_owned()
}

#[cfg(test)]
mod tests;
