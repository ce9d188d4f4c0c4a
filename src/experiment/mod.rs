//! Joins scenario, engine and analysis: runs in parallel, estimates with intervals, objectives, claims.
//!
//! [`run`] simulates one scenario, [`compare`](mod@compare) several, [`sweep`](mod@sweep) many points, [`verify`] decides claims, [`fit`](mod@fit) finds laws for records. Results never depend on the number of
//! threads: runs are numbered, collected in order, and decided on in prefixes.

mod check;
mod collapse;
pub mod compare;
mod drift;
mod estimate;
mod events;
mod exact;
pub mod fit;
mod hazard;
mod limit;
mod run;
mod schedule;
mod solve;
mod spending;
pub mod sweep;
mod tail;
mod theory;
mod transient;
mod variant;
mod verify;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

pub use check::{check, names};
pub use estimate::UNFINISHED_SHOWN;
pub use events::{EventsError, log_events};
pub use exact::{Bearing, CONTRADICTED, ExactAnswer};
pub use run::run;
pub use solve::{Solved, solve};
pub use spending::{Priced, priced};
pub use theory::{Exact, NEAR, Theory, theory};
pub use verify::verify;

pub use crate::analysis::verify::{Attainment, Verdict};
use crate::document::Diagnostics;
use crate::engine::RunError;
use crate::limit::Exceeded;
use crate::measure::Measurements;
use crate::measure::metric::Names;
use crate::model::span::RunSpan;
use crate::scenario::Rejected;
pub use crate::scenario::{Bound, Claim, Expect, MetricName, Objective, Printed};

/// How an experiment is carried out; nothing here changes a result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// How many threads; as many as the machine has where absent.
    pub threads: Option<usize>,
    /// Data folders, for files named in the variants of comparative claims.
    pub data: Vec<PathBuf>,
}

/// Hears of progress and may stop an experiment; called from several threads.
pub trait Observer: Sync {
    /// `run` of `of` runs are finished, none of them at first; in [`verify`] over all scenarios, as far as they are planned yet.
    fn finished(&self, run: u32, of: u32) {
        let _ = (run, of);
    }

    /// A run met a limit; those before it are kept.
    fn failed(&self, why: &ExperimentError) {
        let _ = why;
    }

    /// Whether no further run should start.
    fn cancelled(&self) -> bool {
        false
    }

    /// Whether runs under way should end unfinished, too.
    fn dropped(&self) -> bool {
        false
    }
}

/// Hears nothing and never stops anything.
impl Observer for () {}

/// Why an experiment came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// Threads could not be started.
    #[error("the threads could not be started: {cause}")]
    Threads {
        /// What the system says.
        #[source]
        cause: rayon::ThreadPoolBuildError,
    },
    /// An objective or a claim speaks of something that there is not; see [`check`].
    #[error("an objective or claim of \"{scenario}\" cannot be judged")]
    Unfit {
        /// Name of the scenario.
        scenario: String,
        /// At least one error.
        findings: Diagnostics,
    },
    /// A variant of a comparative claim is no valid scenario.
    #[error("a variant of \"{scenario}\" cannot run")]
    Variant {
        /// Name of the scenario.
        scenario: String,
        /// Why.
        rejected: Box<Rejected>,
    },
    /// The number in system never settles.
    #[error(
        "\"{scenario}\" has no steady state: the number in system still changes in the second half of the horizon; \
         a longer horizon may show one, and run.transient can be given as a length"
    )]
    NoSteadyState {
        /// Name of the scenario.
        scenario: String,
    },
    /// A run failed.
    #[error("run {run} of \"{scenario}\" failed: {cause}")]
    Run {
        /// Name of the scenario.
        scenario: String,
        /// Number of the run, from 0.
        run: u32,
        /// Why.
        #[source]
        cause: RunError,
    },
    /// A run costs more than is allowed.
    #[error("run {run} of \"{scenario}\" was stopped: {cause}; {}", cause.help())]
    Costly {
        /// Name of the scenario.
        scenario: String,
        /// Number of the run, from 0.
        run: u32,
        /// What.
        cause: Exceeded,
    },
    /// It was stopped before there was anything to show.
    #[error("stopped before there was a result")]
    Cancelled,
}

/// An estimate from several runs, as tables show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Of what, such as `client.shopper`.
    pub scope: String,
    /// Which metric, such as `latency_p99`.
    pub metric: String,
    /// Its unit.
    pub unit: &'static str,
    /// The value; empty when nothing was there to be divided by.
    pub value: Option<f64>,
    /// The interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// The level of the interval.
    pub confidence: f64,
    /// How many runs it comes from.
    pub runs: u32,
    /// What a reader must know about it.
    pub note: Option<String>,
}

/// The value of a metric in one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunValue {
    /// Number of the run, from 0.
    pub run: u32,
    /// Of what.
    pub scope: Arc<str>,
    /// Which metric.
    pub metric: Arc<str>,
    /// Its unit.
    pub unit: &'static str,
    /// The value; empty when nothing was there to be divided by.
    pub value: Option<f64>,
}

/// What came of an objective.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveResult {
    /// The objective.
    pub objective: Objective,
    /// The estimate that it was judged on.
    pub estimate: Estimate,
    /// The exact answer for its metric, if there is one; where that decides, the verdict is its.
    pub exact: Option<ExactAnswer>,
    /// Met, missed or undecided.
    pub verdict: Attainment,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The span of each run, as it was simulated.
    pub span: RunSpan,
    /// The scopes of its parts.
    pub names: Names,
    /// What each run, or each batch of it, measured, in their order.
    pub measurements: Vec<Measurements>,
    /// Into how many batches each run is cut.
    pub batches: u32,
    /// Estimates by scope and metric, in the order of names and of the catalogue.
    pub estimates: Vec<Estimate>,
    /// Objectives, in the order of the file.
    pub objectives: Vec<ObjectiveResult>,
    /// Exact answers for metrics that were simulated.
    pub exact: Vec<ExactAnswer>,
    /// The same metrics for each run alone, by run.
    pub values: Vec<RunValue>,
    /// How many runs were to be made.
    pub runs_planned: u32,
    /// Whether it was stopped, so that there are fewer.
    pub is_partial: bool,
    /// Whether the runs stopped because they were precise enough; `None` where nothing says what that is.
    pub is_precise: Option<bool>,
}

impl Outcome {
    /// How many runs are finished.
    pub fn runs(&self) -> u32 {
        self.measurements.len() as u32 / self.batches
    }

    /// The estimates of one scope, found without a walk over those of thousands of others.
    pub fn estimates_of(&self, scope: &str) -> &[Estimate] {
        // As results are ordered: by kind, then by name. Replicas, which count, and what stands behind others of its kind, as
        // faults that probes bring about do, are searched one by one.
        let place = |scope: &str| {
            let (kind, name) = scope.split_once('.').unwrap_or((scope, ""));
            let kinds = ["client", "service", "", "zone", "region", "block", "fault", "monitor"];
            let rank = kinds.iter().position(|one| *one == kind).unwrap_or(kinds.len());
            rank + usize::from(kind == "service" && name.contains('.'))
        };
        let rank = place(scope);
        let first = self.estimates.partition_point(|one| place(&one.scope) < rank);
        let kind = &self.estimates[first..];
        let kind = &kind[..kind.partition_point(|one| place(&one.scope) == rank)];
        let by_name = kind.partition_point(|one| one.scope.as_str() < scope);
        let from = match kind.get(by_name) {
            Some(one) if one.scope == scope => by_name,
            _ => kind.iter().position(|one| one.scope == scope).unwrap_or(kind.len()),
        };
        let own = &kind[from..];
        &own[..own.iter().take_while(|one| one.scope == scope).count()]
    }
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimResult {
    /// Name of its scenario.
    pub scenario: String,
    /// The claim.
    pub claim: Claim,
    /// Where the prediction comes from: formula with its arguments, source, or what is varied.
    pub source: String,
    /// The prediction; of a comparative claim the value in the first variant.
    pub predicted: Option<f64>,
    /// What was simulated; of a comparative claim in the second variant.
    pub estimate: Estimate,
    /// The interval of (simulated - predicted) / predicted, for availabilities / (1 - predicted).
    pub error: Option<(f64, f64)>,
    /// Whether the prediction holds, or the variants differ as said.
    pub verdict: Verdict,
    /// Whether that is what the claim expects.
    pub as_expected: bool,
    /// How many runs it took.
    pub runs: u32,
}
