//! The files of a finished sweep, put together from its parts, one part in memory at a time.

use std::path::Path;

use super::part::{self, Part};
use super::plan::{Entry, SweepManifest};
use super::spending::spending;
use crate::output::digits;
use crate::output::folder::{FileError, write_records, write_with};

/// One row for each point and metric.
pub const SWEEP: &str = "sweep.csv";
/// One row for each point and objective.
pub const OBJECTIVES: &str = "sweep-objectives.csv";
/// One row for each point and availability, where anything has a price.
pub const SPENDING: &str = "sweep-spending.csv";
/// One row for each point, run and important metric.
pub const RUNS: &str = "sweep-runs.csv";

/// What follows the point and what is varied in it.
const METRIC: [&str; 7] = ["scope", "metric", "unit", "estimate", "ci_low", "ci_high", "runs"];
const JUDGED: [&str; 10] =
    ["scope", "metric", "unit", "bound", "target", "estimate", "ci_low", "ci_high", "confidence", "verdict"];
const RUN: [&str; 6] = ["point", "run", "scope", "metric", "unit", "value"];

/// Writes the CSV files into `stage` from the parts in `folder`; the manifest is written last, by the caller, when
/// figures are drawn, too.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be read or written.
pub fn write(stage: &Path, folder: &Path, sweep: &SweepManifest) -> Result<(), FileError> {
    let paths: Vec<&str> = sweep.paths.iter().map(String::as_str).collect();
    let header = |further: &[&'static str]| [&["point"], paths.as_slice(), further].concat();
    write_table((stage, folder), SWEEP, &header(&METRIC), sweep, |part, point| {
        let row = |one: &crate::output::row::SummaryRow| {
            let (estimate, low, high) = (number(one.estimate), number(one.ci_low), number(one.ci_high));
            let cells = [
                one.scope.clone(),
                one.metric.clone(),
                one.unit.clone(),
                estimate,
                low,
                high,
                one.runs.to_string(),
            ];
            [point, &cells].concat()
        };
        part.summary.iter().map(row).collect()
    })?;
    write_table((stage, folder), RUNS, &RUN, sweep, |part, point| {
        let row = |one: &crate::output::row::RunRow| {
            let (scope, metric, unit) = (one.scope.clone(), one.metric.clone(), one.unit.clone());
            vec![point[0].clone(), one.run.to_string(), scope, metric, unit, number(one.value)]
        };
        part.runs.iter().map(row).collect()
    })?;
    let spending: Vec<_> = spending(folder, sweep)?.into_iter().flatten().collect();
    if !spending.is_empty() {
        write_records(&stage.join(SPENDING), spending)?;
    }
    let judged = |part: &Part, point: &[String]| -> Vec<Vec<String>> {
        let row = |one: &part::Judged| {
            let metric = &one.estimate;
            let cells = [
                metric.scope.clone(),
                metric.metric.clone(),
                metric.unit.clone(),
                one.bound.clone(),
                number(Some(one.target)),
                number(metric.estimate),
                number(metric.ci_low),
                number(metric.ci_high),
                number(Some(metric.confidence)),
                one.verdict.clone(),
            ];
            [point, &cells].concat()
        };
        part.objectives.iter().map(row).collect()
    };
    // Without objectives the file would only say that there are none.
    let first = sweep.points.first().map(|entry| read(folder, 0, entry)).transpose()?;
    if first.is_none_or(|part| part.objectives.is_empty()) {
        return Ok(());
    }
    write_table((stage, folder), OBJECTIVES, &header(&JUDGED), sweep, judged)
}

/// Writes the rows of all points, in their order.
fn write_table(
    (stage, folder): (&Path, &Path),
    file: &str,
    header: &[&str],
    sweep: &SweepManifest,
    rows: impl Fn(&Part, &[String]) -> Vec<Vec<String>>,
) -> Result<(), FileError> {
    let mut failed = None;
    let written = write_with(&stage.join(file), |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(header)?;
        for (number, entry) in sweep.points.iter().enumerate() {
            let part = match read(folder, number, entry) {
                Ok(part) => part,
                Err(error) => {
                    failed = Some(error);
                    return Err(std::io::Error::other("a part is missing"));
                }
            };
            for row in rows(&part, &point(number, entry)) {
                writer.write_record(row)?;
            }
        }
        writer.flush()
    });
    failed.map_or(written, Err)
}

/// The part of a point that is finished.
pub(super) fn read(folder: &Path, number: usize, entry: &Entry) -> Result<Part, FileError> {
    Part::read(folder, number, &entry.key)?.ok_or_else(|| FileError::Read {
        path: folder.join(part::FOLDER).join(format!("{:06}.part", number + 1)),
        source: std::io::Error::other("it was changed while it was needed"),
    })
}

/// The number of a point and what is varied in it.
fn point(number: usize, entry: &Entry) -> Vec<String> {
    let values = entry.values.iter().map(|value| value.clone().unwrap_or_default());
    std::iter::once((number + 1).to_string()).chain(values).collect()
}

/// A number, written as in the other files.
fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), digits::number)
}
