//! Results for machines: one JSON document on standard output, base units only.

use serde::Serialize;

use super::digits;
use super::row::TheoryRow;
use super::theory::theory_rows;
use crate::analysis::verify::Attainment;
use crate::experiment::{Bearing, Bound, Estimate, Outcome, Theory};

/// What came of a scenario.
#[derive(Debug, Serialize)]
struct Results<'a> {
    scenario: &'a str,
    is_partial: bool,
    is_precise: Option<bool>,
    runs: u32,
    metrics: Vec<Metric<'a>>,
    objectives: Vec<Judged<'a>>,
    theory: Vec<TheoryRow>,
}

/// A metric over all runs; absent numbers are null.
#[derive(Debug, Serialize)]
pub(super) struct Metric<'a> {
    scope: &'a str,
    #[serde(rename = "metric")]
    name: &'a str,
    unit: &'a str,
    estimate: Option<f64>,
    ci_low: Option<f64>,
    ci_high: Option<f64>,
    confidence: f64,
    runs: u32,
    note: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    metric: Metric<'a>,
    bound: &'static str,
    target: f64,
    verdict: &'static str,
    /// The exact answer for the metric, if there is one.
    exact: Option<f64>,
    /// `simulation`, or the formula whose exact answer the verdict is.
    decided_by: &'static str,
}

/// The results of a scenario as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn outcome(scenario: &str, outcome: &Outcome, theory: &[Theory]) -> Result<String, serde_json::Error> {
    let objectives = outcome.objectives.iter().map(|one| Judged {
        metric: metric(&one.estimate),
        bound: match one.objective.bound {
            Bound::AtLeast => ">=",
            Bound::AtMost => "<=",
        },
        target: one.objective.target,
        verdict: match one.verdict {
            Attainment::Met => "met",
            Attainment::Missed => "missed",
            Attainment::Undecided => "undecided",
        },
        exact: one.exact.as_ref().map(|answer| answer.exact.value),
        decided_by: match &one.exact {
            Some(answer) if answer.bearing == Bearing::Decides => answer.oracle,
            _ => "simulation",
        },
    });
    digits::pretty(&Results {
        scenario,
        is_partial: outcome.is_partial,
        is_precise: outcome.is_precise,
        runs: outcome.runs(),
        metrics: outcome.estimates.iter().map(metric).collect(),
        objectives: objectives.collect(),
        theory: theory_rows(theory, Some(outcome)).collect(),
    })
}

pub(super) fn metric(estimate: &Estimate) -> Metric<'_> {
    Metric {
        scope: &estimate.scope,
        name: &estimate.metric,
        unit: estimate.unit,
        estimate: estimate.value,
        ci_low: estimate.interval.map(|(low, _)| low),
        ci_high: estimate.interval.map(|(_, high)| high),
        confidence: estimate.confidence,
        runs: estimate.runs,
        note: estimate.note.as_deref(),
    }
}
