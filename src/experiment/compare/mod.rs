//! Compares variants of a scenario that face the same days: differences and ratios with intervals, verdicts, ranks, and
//! who is on the front of availability, latency and replica-hours.
//!
//! All variants get the same arrivals, demands and faults as far as their keys are the same; the digest of the workload
//! of each run says whether they did. Then runs are compared in pairs, and what they have in common drops out.

mod baseline;
pub(in crate::experiment) mod choose;
mod collapse;
mod contender;
mod front;
mod pair;
mod rank;
mod scale;
mod spending;

use super::schedule::{Progress, extend, pool};
use super::{Estimate, ExactAnswer, ExperimentError, Observer, Options, Outcome, check, transient};
use crate::analysis::statistics::Stand;
use crate::analysis::verify::looks;
use crate::measure::metric::MetricName;
use crate::scenario::Scenario;

pub use crate::measure::metric::Direction;
use crate::units::Money;
pub use baseline::{Baseline, FORMAT};
use contender::Contender;
use pair::Judgement;
pub(super) use scale::base;

/// One of the scenarios that are compared.
#[derive(Debug, Clone)]
pub struct Variant {
    /// What results call it; no two are called the same.
    pub label: String,
    /// What is simulated.
    pub scenario: Scenario,
}

/// What is compared, and with how many runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Metrics, as `scope/name` or as a name alone; where there are none, the usual ones.
    pub metrics: Vec<String>,
    /// Runs of each variant.
    pub runs: u32,
    /// Runs after which an undecided comparison stays undecided; where they are more than `runs`, more are added until
    /// all is decided.
    pub runs_max: u32,
}

/// What came of a comparison.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The variants in the order given, a baseline first.
    pub variants: Vec<Contestant>,
    /// What was compared, in order; the position of other lists.
    pub metrics: Vec<Compared>,
    /// Pairs of variants whose runs do not face the same days, and why.
    pub unpaired: Vec<Unpaired>,
    /// Of each client that several variants have.
    pub fronts: Vec<Front>,
    /// Of each availability that matters, what is paid for it; none where nothing has a price.
    pub tradeoffs: Vec<Tradeoff>,
    /// Probability that all decisions on one metric are right.
    pub confidence: f64,
    /// Runs of each variant.
    pub runs: u32,
    /// Runs that were to be made.
    pub runs_planned: u32,
    /// Whether it was stopped before that.
    pub is_partial: bool,
}

/// A variant with what came of it.
#[derive(Debug, Clone)]
pub struct Contestant {
    /// What results call it.
    pub label: String,
    /// What came of its own runs; `None` of a baseline.
    pub outcome: Option<Outcome>,
    /// Hours for which replicas were provided in a run, in sum.
    pub replica_hours: f64,
}

/// A metric in all variants.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Which one.
    pub metric: MetricName,
    /// Its unit.
    pub unit: &'static str,
    /// Which values are wanted.
    pub direction: Direction,
    /// Whether ratios are of what is missing to 1.
    pub is_availability: bool,
    /// By variant; `None` where it has no such metric.
    pub estimates: Vec<Option<Estimate>>,
    /// By variant: 1 and the number of variants that are better for certain; `None` where nothing is better or worse.
    pub ranks: Vec<Option<u32>>,
    /// By variant: the exact answer, if there is one.
    pub exact: Vec<Option<ExactAnswer>>,
    /// Every pair of variants that have it, the one given first as `first`.
    pub pairs: Vec<Pair>,
}

/// One metric in two variants.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Position of the first variant.
    pub first: usize,
    /// Position of the second.
    pub second: usize,
    /// Second minus first.
    pub difference: Option<Ranged>,
    /// Second over first, for availabilities of what is missing to 1; `None` unless both are positive.
    pub ratio: Option<Ranged>,
    /// The level of both intervals, on which the verdict was found.
    pub confidence: f64,
    /// What the second is, compared with the first.
    pub verdict: Standing,
    /// The formula whose exact answers decide, and are what difference and ratio say; `None` where the runs do.
    pub exact: Option<&'static str>,
    /// Runs of each that were compared, or batches of runs; the fewer of both.
    pub runs: u32,
    /// Runs that were left out because one of the two collapsed in them; the more of both.
    pub left_out: u32,
    /// Whether the runs face the same days.
    pub is_paired: bool,
    /// How many times larger the variance were, had the runs nothing in common.
    pub variance_reduction: Option<f64>,
    /// Further runs that should decide it, where it is undecided and they can.
    pub further_runs: Option<u32>,
    /// Why there is no interval, or nothing is decided.
    pub note: Option<String>,
    /// What an exact test of whole runs counted and found, which then gives the verdict in place of an interval.
    pub test: Option<String>,
}

/// A value with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranged {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What the second of two variants is, compared with the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Better.
    Better,
    /// Worse.
    Worse,
    /// Higher, where nothing says what is better.
    Higher,
    /// Lower, where nothing says what is better.
    Lower,
    /// Not told apart.
    Undecided,
    /// The same in every run.
    Identical,
}

impl Standing {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Undecided => "undecided",
            Self::Identical => "identical",
        }
    }
}

/// Two variants whose runs do not face the same days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpaired {
    /// Position of the first variant.
    pub first: usize,
    /// Position of the second.
    pub second: usize,
    /// Why.
    pub reason: String,
}

/// The front of one client: what no other variant beats.
#[derive(Debug, Clone, PartialEq)]
pub struct Front {
    /// The client.
    pub scope: String,
    /// By variant; `None` where there is no such client.
    pub places: Vec<Option<Place>>,
}

/// An availability against the cost of the system.
#[derive(Debug, Clone, PartialEq)]
pub struct Tradeoff {
    /// The availability.
    pub metric: MetricName,
    /// The currency of costs.
    pub money: Money,
    /// By variant: its cost in a month, and the availability; `None` where it lacks one of them.
    pub values: Vec<Option<(f64, f64)>>,
    /// By variant: where it stands.
    pub stands: Vec<Stand>,
}

/// A variant between availability, latency and cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// `availability_request`.
    pub availability: Option<f64>,
    /// `latency_p99` \[s\].
    pub latency_p99: Option<f64>,
    /// Hours for which replicas were provided in a run.
    pub replica_hours: f64,
    /// Variants that are for certain better in one of them and as good in the others; none on the front.
    pub dominated_by: Vec<usize>,
}

/// Simulates all variants and compares each with each.
///
/// With `runs_max` above `runs` the comparison is looked at after numbers of runs fixed beforehand, which share the
/// probability of error, and ends with the first look at which every pair is decided. When the observer cancels, the
/// runs that every variant has finished are compared.
///
/// # Errors
///
/// See [`ExperimentError`].
pub fn compare(
    variants: &[Variant],
    baseline: Option<&Baseline>,
    question: &Question,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Comparison, ExperimentError> {
    for Variant { scenario, .. } in variants {
        let findings = check(scenario);
        if findings.has_errors() {
            return Err(ExperimentError::Unfit { scenario: scenario.name.clone(), findings });
        }
    }
    let metrics = choose::metrics(variants, &question.metrics)?;
    let quiet = choose::quiet(variants, &question.metrics, &metrics);
    let contest = Contest { quiet, ..Contest::new(variants, baseline, &metrics) };
    let progress = Progress::new(observer);
    pool(options)?.install(|| contest.decide(question, &progress))
}

/// A comparison under way.
struct Contest<'a> {
    contenders: Vec<Contender<'a>>,
    metrics: &'a [MetricName],
    /// Those that are left out where they say only that nothing happened.
    quiet: Vec<MetricName>,
    confidence: f64,
}

impl<'a> Contest<'a> {
    fn new(variants: &'a [Variant], baseline: Option<&'a Baseline>, metrics: &'a [MetricName]) -> Self {
        let stored = baseline.map(Contender::stored);
        let simulated = variants.iter().map(|variant| Contender::simulated(variant, metrics));
        let confidence = variants.first().map_or(0.95, |variant| variant.scenario.run.confidence.get());
        let contenders = stored.into_iter().chain(simulated).collect();
        Self { contenders, metrics, quiet: Vec::new(), confidence }
    }

    fn decide(mut self, question: &Question, progress: &Progress<'_>) -> Result<Comparison, ExperimentError> {
        let most = self.contenders.iter().filter_map(Contender::runs_at_most).min().unwrap_or(u32::MAX);
        let looks = looks(question.runs.min(most), question.runs_max.min(most));
        // Every look may err, so all share what the confidence leaves.
        let level = 1.0 - (1.0 - self.confidence) / looks.len() as f64;
        let mut worlds: Vec<_> =
            self.contenders.iter_mut().filter_map(Contender::stock).map(|stock| &mut stock.world).collect();
        if !transient::settle(&mut worlds, progress)? {
            return Err(progress.why());
        }
        let mut judgement = Judgement::default();
        let mut planned = 0;
        let mut is_partial = false;
        for runs in looks {
            planned = runs;
            let mut stocks: Vec<_> = self.contenders.iter_mut().filter_map(Contender::stock).collect();
            is_partial = !extend(&mut stocks, runs, progress)?;
            let finished = stocks.iter().map(|stock| stock.runs.len() as u32).min().unwrap_or(runs);
            if finished == 0 {
                return Err(progress.why());
            }
            judgement = Judgement::new(&self.contenders, self.metrics, (finished.min(most), level));
            judgement.leave_out(&self.quiet);
            if is_partial || judgement.is_decided() {
                break;
            }
        }
        progress.tell();
        Ok(self.conclude(judgement, planned, is_partial))
    }

    fn conclude(self, judgement: Judgement, runs_planned: u32, is_partial: bool) -> Comparison {
        let fronts = front::fronts(&self.contenders, &judgement);
        let objectives: Vec<_> = self.contenders.iter().flat_map(Contender::objectives).cloned().collect();
        let tradeoffs = spending::tradeoffs(&self.contenders, &judgement, &objectives);
        let variants: Vec<Contestant> =
            self.contenders.into_iter().map(|one| one.conclude(runs_planned)).collect();
        let finished = variants.iter().filter_map(|one| one.outcome.as_ref()).map(Outcome::runs).min();
        Comparison {
            variants,
            metrics: judgement.metrics,
            unpaired: judgement.unpaired,
            fronts,
            tradeoffs,
            confidence: self.confidence,
            runs: finished.unwrap_or(judgement.runs),
            runs_planned,
            is_partial,
        }
    }
}
