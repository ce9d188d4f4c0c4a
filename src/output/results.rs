//! A results folder: every file that one scenario leaves behind, figures apart.

use std::path::Path;

use super::folder::{FileError, write_rows};
use super::manifest::Manifest;
use super::measured::{
    Labels, function_rows, incident_rows, instance_rows, latency_rows, share_rows, timeline_rows,
};
use super::row::{RunRow, SummaryRow};
use super::theory::theory_rows;
use crate::experiment::{Estimate, Outcome, RunValue, Theory};

/// Writes all CSV files and, last, the manifest: where it is, the folder is complete.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be written.
pub fn write(
    folder: &Path,
    outcome: &Outcome,
    units: &[Vec<&str>],
    theory: &[Theory],
    manifest: &Manifest,
) -> Result<(), FileError> {
    let labels = Labels { names: &outcome.names, units };
    write_rows(folder, outcome.estimates.iter().map(summary_row))?;
    write_rows(folder, outcome.values.iter().map(run_row))?;
    write_rows(folder, latency_rows(&outcome.names, &outcome.measurements))?;
    write_rows(folder, timeline_rows(&outcome.names, &outcome.measurements))?;
    if outcome.measurements.iter().any(|run| !run.instances.is_empty()) {
        write_rows(folder, instance_rows(&outcome.names, &outcome.measurements))?;
    }
    if outcome.measurements.iter().any(|run| !run.shares.is_empty()) {
        write_rows(folder, share_rows(&outcome.names, &outcome.measurements))?;
    }
    write_rows(folder, incident_rows(labels, &outcome.measurements))?;
    let functions = function_rows(&outcome.names, &outcome.measurements);
    if !functions.is_empty() {
        write_rows(folder, functions)?;
    }
    write_rows(folder, theory_rows(theory, Some(outcome)))?;
    manifest.write(folder)
}

/// The digest of the workload of each run, in hexadecimal.
pub fn workloads(outcome: &Outcome) -> Vec<String> {
    outcome.measurements.iter().map(|run| format!("{:016x}", run.workload)).collect()
}

pub(super) fn summary_row(estimate: &Estimate) -> SummaryRow {
    SummaryRow {
        scope: estimate.scope.clone(),
        metric: estimate.metric.clone(),
        unit: estimate.unit.to_owned(),
        estimate: estimate.value,
        ci_low: estimate.interval.map(|(low, _)| low),
        ci_high: estimate.interval.map(|(_, high)| high),
        confidence: estimate.confidence,
        runs: estimate.runs,
    }
}

pub(super) fn run_row(value: &RunValue) -> RunRow {
    RunRow {
        run: value.run,
        scope: value.scope.to_string(),
        metric: value.metric.to_string(),
        unit: value.unit.to_owned(),
        value: value.value,
    }
}
