//! What is paid for availability at the points of a sweep.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::read;
use super::plan::SweepManifest;
use crate::analysis::statistics::{Design, Fraction, Pairing, Sample, is_contested, tradeoff};
use crate::experiment::{Outcome, priced};
use crate::output::folder::FileError;
use crate::output::spending::{SpendingRow, spending_rows};

/// The runs of one point: what it cost, and how available it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Whose availability.
    scope: String,
    /// Which.
    metric: String,
    /// The currency of costs.
    currency: String,
    /// The level of intervals.
    confidence: f64,
    /// Digests of the workload: runs of two points belong together where they are the same.
    workloads: Vec<u64>,
    /// Of each run what is divided, and by what.
    cost: Vec<[f64; 2]>,
    /// The same.
    availability: Vec<[f64; 2]>,
}

/// What is kept of an outcome; nothing where nothing has a price.
pub(super) fn kept(outcome: &Outcome) -> Vec<Kept> {
    let confidence = outcome.estimates.iter().map(|one| one.confidence).reduce(f64::min).unwrap_or(0.95);
    let workloads: Vec<u64> = outcome.measurements.iter().map(|run| run.workload).collect();
    let each = priced(outcome).into_iter().filter_map(|one| {
        let (cost, availability) = fractions(&one.cost).zip(fractions(&one.availability))?;
        let (scope, metric) = (one.metric.scope, one.metric.name);
        let currency = outcome.names.money.code.to_owned();
        Some(Kept { scope, metric, currency, confidence, workloads: workloads.clone(), cost, availability })
    });
    each.collect()
}

fn fractions(sample: &Sample) -> Option<Vec<[f64; 2]>> {
    let Sample::Ratios(all) = sample else { return None };
    Some(all.iter().map(|one| [one.numerator, one.denominator]).collect())
}

fn sample(all: &[[f64; 2]]) -> Sample {
    Sample::Ratios(
        all.iter()
            .map(|[numerator, denominator]| Fraction { numerator: *numerator, denominator: *denominator })
            .collect(),
    )
}

/// The rows of all points for each availability; none where nothing has a price, or there is one point.
pub(super) fn spending(folder: &Path, sweep: &SweepManifest) -> Result<Vec<Vec<SpendingRow>>, FileError> {
    let mut points: Vec<Vec<Kept>> = Vec::with_capacity(sweep.points.len());
    for (number, entry) in sweep.points.iter().enumerate() {
        points.push(read(folder, number, entry)?.spending);
    }
    let mut asked: Vec<(String, String)> = Vec::new();
    for one in points.iter().flatten() {
        let name = (one.scope.clone(), one.metric.clone());
        if !asked.contains(&name) {
            asked.push(name);
        }
    }
    let labels: Vec<String> = (1..=points.len()).map(|number| number.to_string()).collect();
    let all = asked.into_iter().filter_map(|(scope, metric)| {
        let find = |kept: &Vec<Kept>| kept.iter().position(|one| one.scope == scope && one.metric == metric);
        let found: Vec<Option<&Kept>> =
            points.iter().map(|kept| find(kept).map(|place| &kept[place])).collect();
        let samples: Vec<Option<(Sample, Sample)>> =
            found.iter().map(|one| one.map(|one| (sample(&one.cost), sample(&one.availability)))).collect();
        let designs: Vec<Option<Design<'_>>> = samples
            .iter()
            .map(|one| one.as_ref().map(|(cost, availability)| Design { cost, availability }))
            .collect();
        let pairing = |one: usize, other: usize| {
            let days = |place: usize| found[place].map(|kept| &kept.workloads);
            if days(one) == days(other) { Pairing::Paired } else { Pairing::Unpaired }
        };
        let confidence = found.iter().flatten().map(|one| one.confidence).reduce(f64::min)?;
        let currency = &found.iter().flatten().next()?.currency;
        if found.iter().flatten().any(|one| one.currency != *currency) {
            return None;
        }
        let stands = tradeoff(&designs, &pairing, confidence);
        let value =
            |one: &Option<Design<'_>>| one.and_then(|one| one.cost.pooled().zip(one.availability.pooled()));
        let values: Vec<_> = designs.iter().map(value).collect();
        is_contested(&designs).then(|| spending_rows((&scope, &metric, currency), &labels, &values, &stands))
    });
    Ok(all.collect())
}
