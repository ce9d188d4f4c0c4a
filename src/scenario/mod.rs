//! From the text of a scenario file to a validated [`Scenario`].
//!
//! [`source`] reads the text, [`load`] parses it, applies overrides, reads every section with all its mistakes, checks
//! what belongs together and numbers the parts. [`resolve`](Scenario::resolve) looks values up by path,
//! [`resolved`] prints a scenario with every default filled in, [`render`] shows findings.

pub mod claim;
mod parse;
pub mod source;
mod written;

pub use claim::{Bound, Claim, Expect, MetricName, Objective, Subject};
pub use source::{Places, Source};

use crate::document::{Diagnostics, Table};
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::units::Probability;

/// A validated scenario: what is simulated, for how long, and what is claimed about it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Name; the file's name without its ending where none is written.
    pub name: String,
    /// One sentence, or nothing.
    pub summary: String,
    /// What is simulated.
    pub system: System,
    /// For how long, how often, with which seed.
    pub run: Run,
    /// Targets, in the order of the file.
    pub objectives: Vec<Objective>,
    /// Claims, in the order of the file.
    pub claims: Vec<Claim>,
    /// The file as a tree, overrides included.
    pub document: Table,
    /// What was overridden, in order.
    pub overrides: Vec<Override>,
    /// Keys that went with the policies that overrides replaced, one sentence each.
    pub notes: Vec<String>,
    /// The texts that spans speak of: the file, then one for each override.
    pub sources: Vec<Source>,
    /// Legal but suspect.
    pub warnings: Diagnostics,
}

impl Scenario {
    /// The text of the scenario file, without overrides.
    pub fn text(&self) -> &str {
        self.sources.first().map_or("", |source| &source.text)
    }
}

/// How a scenario is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The span of one run.
    pub span: RunSpan,
    /// Number of runs, at least 1.
    pub runs: u32,
    /// Where all random numbers come from.
    pub seed: u64,
    /// Level of the intervals, strictly between 0 and 1.
    pub confidence: Probability,
}

/// One value to set before a scenario is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Where, such as `service.shop.balancing.policy`.
    pub path: String,
    /// What: TOML, or a bare text when it is none.
    pub value: String,
}

/// A scenario that cannot run.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Why: at least one error, and the warnings that were found on the way.
    pub findings: Diagnostics,
    /// The texts that spans speak of.
    pub sources: Vec<Source>,
}

/// Turns the text of a scenario into a validated scenario.
///
/// # Errors
///
/// Every mistake that was found, each with its place.
pub fn load(source: Source, overrides: &[Override], places: &Places) -> Result<Scenario, Rejected> {
    let _ = (overrides, places);
    Err(Rejected { findings: Diagnostics::default(), sources: vec![source] })
}
