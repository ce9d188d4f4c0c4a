//! A comparison for machines: one JSON document, base units only.

use serde::Serialize;

use super::files::{compare_rows, tradeoffs};
use super::sentence::sentence;
use crate::experiment::compare::{Comparison, Front, Unpaired};
use crate::output::digits;
use crate::output::json::{Metric, metric};
use crate::output::row::{CompareRow, Row};
use crate::output::spending::SpendingRow;

#[derive(Debug, Serialize)]
struct Document<'a> {
    scenario: &'a str,
    is_partial: bool,
    runs: u32,
    confidence: f64,
    variants: Vec<&'a str>,
    pairs: Vec<PairEntry>,
    ranking: Vec<RankEntry<'a>>,
    fronts: Vec<FrontEntry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spending: Vec<SpendingRow>,
    unpaired: Vec<UnpairedEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct PairEntry {
    #[serde(flatten)]
    row: CompareRow,
    confidence: f64,
    is_paired: bool,
    further_runs: Option<u32>,
    left_out: u32,
    note: Option<String>,
    /// `simulation`, or the formula whose exact answers the verdict and the difference are.
    decided_by: &'static str,
    sentence: String,
}

#[derive(Debug, Serialize)]
struct RankEntry<'a> {
    variant: &'a str,
    rank: Option<u32>,
    /// The exact answer, if there is one.
    exact: Option<f64>,
    #[serde(flatten)]
    estimate: Metric<'a>,
}

#[derive(Debug, Serialize)]
struct FrontEntry<'a> {
    scope: &'a str,
    variant: &'a str,
    availability_request: Option<f64>,
    latency_p99: Option<f64>,
    replica_hours: f64,
    behind: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct UnpairedEntry<'a> {
    variant_a: &'a str,
    variant_b: &'a str,
    reason: &'a str,
}

/// The comparison as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn json(scenario: &str, comparison: &Comparison) -> Result<String, serde_json::Error> {
    let label = |place: usize| comparison.variants[place].label.as_str();
    digits::pretty(&Document {
        scenario,
        is_partial: comparison.is_partial,
        runs: comparison.runs,
        confidence: comparison.confidence,
        variants: comparison.variants.iter().map(|one| one.label.as_str()).collect(),
        pairs: pairs(comparison),
        ranking: ranking(comparison),
        fronts: comparison.fronts.iter().flat_map(|front| of_front(comparison, front)).collect(),
        spending: tradeoffs(comparison).into_iter().flatten().map(Row::filed).collect(),
        unpaired: comparison
            .unpaired
            .iter()
            .map(|one: &Unpaired| UnpairedEntry {
                variant_a: label(one.first),
                variant_b: label(one.second),
                reason: &one.reason,
            })
            .collect(),
    })
}

fn pairs(comparison: &Comparison) -> Vec<PairEntry> {
    let each =
        comparison.metrics.iter().flat_map(|metric| metric.pairs.iter().map(move |pair| (metric, pair)));
    let rows = compare_rows(comparison);
    let entry = |(row, (metric, pair)): (CompareRow, (&_, &crate::experiment::compare::Pair))| PairEntry {
        row,
        confidence: pair.confidence,
        is_paired: pair.is_paired,
        further_runs: pair.further_runs,
        left_out: pair.left_out,
        note: pair.test.clone().or_else(|| pair.note.clone()),
        decided_by: pair.exact.unwrap_or("simulation"),
        sentence: sentence(comparison, metric, pair),
    };
    rows.into_iter().zip(each).map(entry).collect()
}

fn ranking(comparison: &Comparison) -> Vec<RankEntry<'_>> {
    let mut entries = Vec::new();
    for compared in &comparison.metrics {
        let each =
            comparison.variants.iter().zip(&compared.estimates).zip(&compared.ranks).zip(&compared.exact);
        entries.extend(each.filter_map(|(((variant, estimate), rank), exact)| {
            let exact = exact.as_ref().map(|answer| answer.exact.value);
            Some(RankEntry {
                variant: &variant.label,
                rank: *rank,
                exact,
                estimate: metric(estimate.as_ref()?),
            })
        }));
    }
    entries
}

fn of_front<'a>(comparison: &'a Comparison, front: &'a Front) -> Vec<FrontEntry<'a>> {
    let each = front.places.iter().zip(&comparison.variants);
    each.filter_map(|(place, variant)| {
        let place = place.as_ref()?;
        Some(FrontEntry {
            scope: &front.scope,
            variant: &variant.label,
            availability_request: place.availability,
            latency_p99: place.latency_p99,
            replica_hours: place.replica_hours,
            behind: place.dominated_by.iter().map(|one| comparison.variants[*one].label.as_str()).collect(),
        })
    })
    .collect()
}
