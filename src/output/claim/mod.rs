//! What came of claims: tables, a CSV file, JSON, figures. Everything is made from rows, so that a file that is read
//! back gives the same.

mod table;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::digits;
use super::folder::{FileError, write_file, write_records, write_rows};
use super::plot;
use super::row::{Row, rows};
use crate::analysis::verify::Verdict;
use crate::experiment::{ClaimResult, Expect, Printed};

pub use table::{markdown, table};

/// A row of `verify.csv`: a claim and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// Name of the scenario.
    pub scenario: String,
    /// Whose formula it is; empty where no article is judged.
    pub article: String,
    /// What the claim states, as it is printed.
    pub formula: String,
    /// What its letters are taken to mean.
    pub interpretation: String,
    /// The formula that is right instead; empty where this one is.
    pub right: String,
    /// The metric, with its scope.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Where the prediction comes from.
    pub source: String,
    /// The prediction; of a comparative claim the value of the first variant.
    pub predicted: Option<f64>,
    /// What was simulated; of a comparative claim in the second variant.
    pub simulated: Option<f64>,
    /// Lower end of its interval.
    pub ci_low: Option<f64>,
    /// Upper end of its interval.
    pub ci_high: Option<f64>,
    /// Confidence of the interval.
    pub confidence: f64,
    /// Lower end of the interval of the relative error.
    pub error_low: Option<f64>,
    /// Upper end of it.
    pub error_high: Option<f64>,
    /// The relative error that is tolerated.
    pub tolerance: f64,
    /// `holds`, `refuted` or `undecided`.
    pub verdict: String,
    /// What was expected: `holds`, `refuted`, `higher`, `lower` or `equal`.
    pub expected: String,
    /// Whether that is what came of it.
    pub as_expected: bool,
    /// How many runs it took.
    pub runs: u32,
}

rows! {
    ClaimRow "verify.csv" [
        "scenario", "article", "formula", "interpretation", "right", "metric", "unit", "source", "predicted",
        "simulated", "ci_low", "ci_high", "confidence", "error_low", "error_high", "tolerance", "verdict", "expected",
        "as_expected", "runs"
    ]
        numbers [predicted, simulated, ci_low, ci_high, confidence, error_low, error_high, tolerance];
}

impl ClaimRow {
    /// What came of one claim.
    pub fn new(result: &ClaimResult) -> Self {
        let (estimate, printed) = (&result.estimate, result.claim.printed.as_ref());
        let text = |of: fn(&Printed) -> &str| printed.map_or("", of).to_owned();
        Self {
            scenario: result.scenario.clone(),
            article: text(|printed| &printed.article),
            formula: text(|printed| &printed.formula),
            interpretation: text(|printed| &printed.interpretation),
            right: text(|printed| printed.right.as_deref().unwrap_or_default()),
            metric: result.claim.predicts.to_string(),
            unit: estimate.unit.to_owned(),
            source: result.source.clone(),
            predicted: result.predicted,
            simulated: estimate.value,
            ci_low: estimate.interval.map(|(low, _)| low),
            ci_high: estimate.interval.map(|(_, high)| high),
            confidence: estimate.confidence,
            error_low: result.error.map(|(low, _)| low),
            error_high: result.error.map(|(_, high)| high),
            tolerance: result.claim.tolerance,
            verdict: verdict(result.verdict).to_owned(),
            expected: expected(result.claim.expect).to_owned(),
            as_expected: result.as_expected,
            runs: result.runs,
        }
    }

    /// Whether it speaks of one variant against another, and not of a predicted value.
    pub fn is_comparative(&self) -> bool {
        ["higher", "lower", "equal"].contains(&self.expected.as_str())
    }

    /// Whether it was decided, and not as it should be.
    pub fn is_contrary(&self) -> bool {
        !self.as_expected && !self.is_undecided()
    }

    /// Whether nothing came of it.
    pub fn is_undecided(&self) -> bool {
        self.verdict == verdict(Verdict::Undecided)
    }

    /// The interval of what was simulated.
    pub(super) fn interval(&self) -> Option<(f64, f64)> {
        self.ci_low.zip(self.ci_high)
    }
}

/// What came of claims, row by row.
pub fn rows(results: &[ClaimResult]) -> Vec<ClaimRow> {
    results.iter().map(ClaimRow::new).collect()
}

/// Writes the claims to a CSV file.
///
/// # Errors
///
/// [`FileError::Write`].
pub fn write(path: &Path, rows: &[ClaimRow]) -> Result<(), FileError> {
    write_records(path, rows.iter().cloned())
}

/// Writes the claims, their table and their figures into a folder: `verify.csv`, `verify.md` and `plots/`.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be written.
pub fn save(folder: &Path, rows: &[ClaimRow]) -> Result<Vec<PathBuf>, FileError> {
    // Table and figures can be drawn again from the file, so they show what stands there.
    let rows: Vec<ClaimRow> = rows.iter().cloned().map(Row::filed).collect();
    write_rows(folder, rows.iter().cloned())?;
    let text = folder.join("verify.md");
    write_file(&text, markdown(&rows).as_bytes())?;
    let mut written = vec![folder.join(ClaimRow::FILE), text];
    written.extend(plot::draw_claims(folder, &rows)?);
    Ok(written)
}

/// The claims as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn json(rows: &[ClaimRow]) -> Result<String, serde_json::Error> {
    digits::pretty(rows)
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Refuted => "refuted",
        Verdict::Undecided => "undecided",
    }
}

fn expected(expect: Expect) -> &'static str {
    match expect {
        Expect::Holds => "holds",
        Expect::Refuted => "refuted",
        Expect::Higher => "higher",
        Expect::Lower => "lower",
        Expect::Equal => "equal",
    }
}
