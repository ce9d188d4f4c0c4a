//! The files of a comparison: what differs, who is on the front, and where it comes from.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::experiment::compare::{Baseline, Comparison, FORMAT, Ranged, Tradeoff};
use crate::output::folder::{FileError, write_file, write_rows};
use crate::output::manifest::Setting;
use crate::output::row::{CompareRow, FrontRow, RankRow};
use crate::output::spending::{SpendingRow, spending_rows};

const MANIFEST: &str = "manifest.json";
const BASELINE: &str = "baseline.json";

/// What `manifest.json` of a comparison says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonManifest {
    /// Version of the program.
    pub version: String,
    /// Name of the comparison.
    pub name: String,
    /// The variants in order.
    pub variants: Vec<VariantEntry>,
    /// Runs of each variant.
    pub runs: u32,
    /// Runs that were to be made; more than `runs` when the user stopped them.
    pub runs_planned: u32,
    /// The command that makes the same results again.
    pub command: String,
}

/// A variant in the manifest of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantEntry {
    /// What results call it.
    pub label: String,
    /// Its folder below that of the comparison; `None` of a baseline.
    pub folder: Option<String>,
    /// What was set in it, in order.
    pub overrides: Vec<Setting>,
}

impl ComparisonManifest {
    /// Reads that of a comparison's folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Manifest`].
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        read_json(&folder.join(MANIFEST))
    }
}

/// Writes the CSV files of a comparison and, last, its manifest: where that is, the folder is complete.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be written.
pub fn write(folder: &Path, comparison: &Comparison, manifest: &ComparisonManifest) -> Result<(), FileError> {
    write_rows(folder, compare_rows(comparison))?;
    write_rows(folder, rank_rows(comparison))?;
    write_rows(folder, front_rows(comparison))?;
    let spending: Vec<SpendingRow> = tradeoffs(comparison).into_iter().flatten().collect();
    if !spending.is_empty() {
        write_rows(folder, spending)?;
    }
    write_json(&folder.join(MANIFEST), manifest, true)
}

/// Saves a baseline into its folder.
///
/// # Errors
///
/// [`FileError`], by the file that cannot be written.
pub fn save_baseline(folder: &Path, baseline: &Baseline) -> Result<(), FileError> {
    write_json(&folder.join(BASELINE), baseline, false)
}

/// Reads a baseline from its folder; `None` when another version of the program saved what this one does not
/// understand.
///
/// # Errors
///
/// [`FileError::Read`] and [`FileError::Manifest`].
pub fn read_baseline(folder: &Path) -> Result<Option<Baseline>, FileError> {
    /// What every version says.
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let path = folder.join(BASELINE);
    let version: Version = read_json(&path)?;
    if version.format != FORMAT {
        return Ok(None);
    }
    let baseline: Baseline = read_json(&path)?;
    match baseline.check() {
        Ok(()) => Ok(Some(baseline)),
        Err(reason) => Err(FileError::Unsound { path, reason }),
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, FileError> {
    let text = std::fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| FileError::Manifest { path: path.to_owned(), source })
}

fn write_json<T: Serialize>(path: &Path, value: &T, is_pretty: bool) -> Result<(), FileError> {
    let text = if is_pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    let mut text = text.map_err(|source| FileError::Manifest { path: path.to_owned(), source })?;
    text.push('\n');
    write_file(path, text.as_bytes())
}

/// Every metric of every pair.
pub(super) fn compare_rows(comparison: &Comparison) -> Vec<CompareRow> {
    let label = |place: usize| comparison.variants[place].label.clone();
    let each =
        comparison.metrics.iter().flat_map(|metric| metric.pairs.iter().map(move |pair| (metric, pair)));
    let ends =
        |one: Option<Ranged>| (one.map(|one| one.value), one.map(|one| one.low), one.map(|one| one.high));
    each.map(|(metric, pair)| {
        let (difference, diff_low, diff_high) = ends(pair.difference);
        let (ratio, ratio_low, ratio_high) = ends(pair.ratio);
        CompareRow {
            scope: metric.metric.scope.clone(),
            metric: metric.metric.name.clone(),
            unit: metric.unit.to_owned(),
            variant_a: label(pair.first),
            variant_b: label(pair.second),
            difference,
            diff_low,
            diff_high,
            ratio,
            ratio_low,
            ratio_high,
            verdict: pair.verdict.name().to_owned(),
            runs: pair.runs,
            variance_reduction: pair.variance_reduction,
        }
    })
    .collect()
}

fn rank_rows(comparison: &Comparison) -> Vec<RankRow> {
    let mut rows = Vec::new();
    for metric in &comparison.metrics {
        for (place, variant) in comparison.variants.iter().enumerate() {
            let Some(estimate) = &metric.estimates[place] else { continue };
            rows.push(RankRow {
                scope: metric.metric.scope.clone(),
                metric: metric.metric.name.clone(),
                unit: metric.unit.to_owned(),
                variant: variant.label.clone(),
                estimate: estimate.value,
                ci_low: estimate.interval.map(|(low, _)| low),
                ci_high: estimate.interval.map(|(_, high)| high),
                rank: metric.ranks[place],
            });
        }
    }
    rows
}

/// Each variant between its cost and each availability that matters.
pub(super) fn tradeoffs(comparison: &Comparison) -> Vec<Vec<SpendingRow>> {
    let labels: Vec<String> = comparison.variants.iter().map(|one| one.label.clone()).collect();
    let rows = |one: &Tradeoff| {
        let name = (one.metric.scope.as_str(), one.metric.name.as_str(), one.money.code);
        spending_rows(name, &labels, &one.values, &one.stands)
    };
    comparison.tradeoffs.iter().map(rows).collect()
}

fn front_rows(comparison: &Comparison) -> Vec<FrontRow> {
    let label = |place: usize| comparison.variants[place].label.clone();
    let of_front = |front: &crate::experiment::compare::Front| -> Vec<FrontRow> {
        let each = front.places.iter().enumerate().filter_map(|(number, place)| {
            let place = place.as_ref()?;
            Some(FrontRow {
                scope: front.scope.clone(),
                variant: label(number),
                availability_request: place.availability,
                latency_p99_s: place.latency_p99,
                replica_hours: place.replica_hours,
                on_front: place.dominated_by.is_empty(),
                behind: place.dominated_by.iter().map(|one| label(*one)).collect::<Vec<_>>().join("; "),
            })
        });
        each.collect()
    };
    comparison.fronts.iter().flat_map(of_front).collect()
}
