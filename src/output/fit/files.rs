//! The folder of a fit.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::experiment::fit::{Durations, Estimated, Fits, Fitted};
use crate::output::digits;
use crate::output::folder::{FileError, write_file, write_rows};
use crate::output::row::{DurationRow, FitRow};

/// Name of the manifest.
const MANIFEST: &str = "manifest.json";

/// Where a fit comes from: enough to make it again, and nothing that differs between machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitManifest {
    /// Version of the program.
    pub version: String,
    /// The file, without its folder.
    pub file: String,
    /// SHA-256 of its text.
    pub file_sha256: String,
    /// What was read from it.
    pub what: String,
    /// Seed of the resamples.
    pub seed: u64,
    /// Resamples of each law.
    pub resamples: u32,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// The command that makes the same fit again.
    pub command: String,
}

impl FitManifest {
    /// What figures and tables are headed with.
    pub fn title(&self) -> String {
        format!("{}, {}", self.file, self.what)
    }

    /// Reads that of a folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Manifest`].
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).map_err(|source| FileError::Read { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| FileError::Manifest { path, source })
    }
}

/// Writes the CSV files of a fit and, last, its manifest: where that is, the folder is complete.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be written.
pub fn write(
    folder: &Path,
    durations: &Durations,
    fits: &Fits,
    manifest: &FitManifest,
) -> Result<(), FileError> {
    let path = folder.join(MANIFEST);
    write_rows(folder, fit_rows(fits, manifest.confidence))?;
    write_rows(folder, duration_rows(durations))?;
    let text = digits::pretty(manifest);
    let text = text.map_err(|source| FileError::Manifest { path: path.clone(), source })?;
    write_file(&path, format!("{text}\n").as_bytes())
}

/// Every number of every law, the best law first.
fn fit_rows(fits: &Fits, confidence: f64) -> Vec<FitRow> {
    let row = |fitted: &Fitted, (quantity, unit): (&str, &str), value: Option<f64>| FitRow {
        law: fitted.family.name.to_owned(),
        quantity: quantity.to_owned(),
        unit: unit.to_owned(),
        value,
        ci_low: None,
        ci_high: None,
        confidence: None,
    };
    let estimated = |fitted: &Fitted, one: &Estimated| FitRow {
        ci_low: one.interval.map(|(low, _)| low),
        ci_high: one.interval.map(|(_, high)| high),
        confidence: one.interval.map(|_| confidence),
        ..row(fitted, (one.parameter.name, one.parameter.unit), Some(one.value))
    };
    let best = fits.fitted.first().map_or(0.0, |fitted| fitted.aic);
    let of_law = |fitted: &Fitted| {
        let mut rows: Vec<FitRow> =
            fitted.parameters.iter().chain([&fitted.mean]).map(|one| estimated(fitted, one)).collect();
        let plain = [
            ("log_likelihood", "1", Some(fitted.log_likelihood)),
            ("aic", "1", Some(fitted.aic)),
            ("aic_difference", "1", Some(fitted.aic - best)),
            ("a_squared", "1", Some(fitted.a_squared)),
            ("p", "ratio", fitted.level),
        ];
        rows.extend(plain.map(|(quantity, unit, value)| row(fitted, (quantity, unit), value)));
        rows
    };
    fits.fitted.iter().flat_map(of_law).collect()
}

/// Every duration, rising, with the estimated share of those no longer.
fn duration_rows(durations: &Durations) -> Vec<DurationRow> {
    let steps = durations.kaplan_meier();
    let ended = durations.observed().iter().zip(&steps).map(|(tie, step)| DurationRow {
        duration_s: tie.time,
        ended: tie.count as u64,
        censored: 0,
        share_below: step.before,
        share_within: step.after,
    });
    let mut rows: Vec<DurationRow> = ended.collect();
    rows.extend(durations.censored().iter().map(|tie| {
        let passed = steps.partition_point(|step| step.time <= tie.time);
        let share = steps[..passed].last().map_or(0.0, |step| step.after);
        DurationRow {
            duration_s: tie.time,
            ended: 0,
            censored: tie.count as u64,
            share_below: share,
            share_within: share,
        }
    }));
    rows.sort_by(|one, other| one.duration_s.total_cmp(&other.duration_s));
    rows
}
