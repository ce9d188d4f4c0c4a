//! What came of claims: a table, a CSV file, JSON.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::folder::{FileError, write_records};
use super::number::{Scale, percent_decimals};
use super::paint::{Paint, Tone};
use super::table::shown;
use crate::analysis::verify::Verdict;
use crate::experiment::{ClaimResult, Expect};

/// A claim and its verdict, as files hold it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct ClaimRow<'a> {
    scenario: &'a str,
    metric: String,
    unit: &'a str,
    source: &'a str,
    predicted: Option<f64>,
    simulated: Option<f64>,
    ci_low: Option<f64>,
    ci_high: Option<f64>,
    confidence: f64,
    error_low: Option<f64>,
    error_high: Option<f64>,
    tolerance: f64,
    verdict: &'static str,
    expected: &'static str,
    as_expected: bool,
    runs: u32,
}

/// Relative half-width below which an interval is nothing but rounding.
const SAME: f64 = 1e-12;

/// Columns of the CSV file.
const COLUMNS: [&str; 16] = [
    "scenario",
    "metric",
    "unit",
    "source",
    "predicted",
    "simulated",
    "ci_low",
    "ci_high",
    "confidence",
    "error_low",
    "error_high",
    "tolerance",
    "verdict",
    "expected",
    "as_expected",
    "runs",
];

/// Writes the claims to a CSV file.
///
/// # Errors
///
/// [`FileError::Write`].
pub fn write(path: &Path, results: &[ClaimResult]) -> Result<(), FileError> {
    write_records(path, &COLUMNS, results.iter().map(row))
}

/// The claims as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn json(results: &[ClaimResult]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&results.iter().map(row).collect::<Vec<_>>())
}

/// The claims as a table, with how many are as expected below it.
pub fn table(results: &[ClaimResult], paint: Paint) -> String {
    let header =
        ["scenario", "metric", "predicted", "simulated", "error", "runs", "verdict", "expected", "source"];
    let rows: Vec<[String; 9]> = results.iter().map(cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let padded = |cells: &[String]| -> String {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out = format!("{}\n", paint.tint(Tone::Heading, &padded(&header.map(str::to_owned))));
    for (row, result) in rows.iter().zip(results) {
        let line = padded(row);
        let line = if result.as_expected { line } else { paint.tint(tone(result), &line) };
        let _ = writeln!(out, "{line}");
    }
    let _ = write!(out, "\n{}", summary(results));
    out
}

/// How a claim that is not as expected is shown.
fn tone(result: &ClaimResult) -> Tone {
    if result.verdict == Verdict::Undecided { Tone::Open } else { Tone::Bad }
}

fn summary(results: &[ClaimResult]) -> String {
    let expected = results.iter().filter(|one| one.as_expected).count();
    let undecided = results.iter().filter(|one| one.verdict == Verdict::Undecided).count();
    let contrary = results.iter().filter(|one| is_contrary(one)).count();
    let mut text = format!("{expected} of {} claims as expected", results.len());
    if undecided > 0 {
        let _ = write!(text, ", {undecided} undecided");
    }
    if contrary > 0 {
        let _ = write!(text, ", {contrary} contrary to what was expected");
    }
    text.push('\n');
    text
}

/// Whether a claim was decided, and not as it should be.
pub fn is_contrary(result: &ClaimResult) -> bool {
    !result.as_expected && result.verdict != Verdict::Undecided
}

fn cells(result: &ClaimResult) -> [String; 9] {
    let (mut value, interval) = shown(&result.estimate);
    let half = result.estimate.interval.map(|(low, high)| (high - low) / 2.0);
    let mut predicted = result
        .predicted
        .map_or("-".to_owned(), |value| Scale::new(result.estimate.unit, value, half).show(value));
    if let Some((theirs, ours)) = result.predicted.zip(result.estimate.value)
        && half.is_some_and(|half| half <= ours.abs() * SAME)
    {
        // What is the same in every run has as many digits as the claim asks for.
        let scale = Scale::new(result.estimate.unit, ours, Some(result.claim.tolerance * theirs.abs()));
        (value, predicted) = (scale.show(ours), scale.show(theirs));
    }
    [
        result.scenario.clone(),
        result.claim.predicts.to_string(),
        predicted,
        format!("{value} {interval}").trim_end().to_owned(),
        error(result),
        result.runs.to_string(),
        verdict(result.verdict).to_owned(),
        expected(result).to_owned(),
        result.source.clone(),
    ]
}

/// The interval of the relative error and what is tolerated.
fn error(result: &ClaimResult) -> String {
    let tolerance = format!("within ±{} %", (result.claim.tolerance * 1e8).round() / 1e6);
    match result.error {
        Some((low, high)) => {
            let digits = percent_decimals(result.claim.tolerance, 1).max(2);
            format!("{:+.digits$} % to {:+.digits$} % {tolerance}", low * 100.0, high * 100.0)
        }
        None => tolerance,
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Refuted => "refuted",
        Verdict::Undecided => "undecided",
    }
}

fn expected(result: &ClaimResult) -> &'static str {
    match result.claim.expect {
        Expect::Holds => "holds",
        Expect::Refuted => "refuted",
        Expect::Higher => "higher",
        Expect::Lower => "lower",
        Expect::Equal => "equal",
    }
}

fn row(result: &ClaimResult) -> ClaimRow<'_> {
    let estimate = &result.estimate;
    ClaimRow {
        scenario: &result.scenario,
        metric: result.claim.predicts.to_string(),
        unit: estimate.unit,
        source: &result.source,
        predicted: result.predicted,
        simulated: estimate.value,
        ci_low: estimate.interval.map(|(low, _)| low),
        ci_high: estimate.interval.map(|(_, high)| high),
        confidence: estimate.confidence,
        error_low: result.error.map(|(low, _)| low),
        error_high: result.error.map(|(_, high)| high),
        tolerance: result.claim.tolerance,
        verdict: verdict(result.verdict),
        expected: expected(result),
        as_expected: result.as_expected,
        runs: result.runs,
    }
}
