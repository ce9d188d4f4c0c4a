//! A sweep as people and programs read it: one line for each point.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::files::read;
use super::part::{Judged, Part};
use super::plan::SweepManifest;
use super::spending::spending;
use crate::experiment::UNFINISHED_SHOWN;
use crate::output::columns::columns;
use crate::output::digits;
use crate::output::folder::FileError;
use crate::output::paint::{Paint, Tone};
use crate::output::row::{Row, SummaryRow};
use crate::output::spending::{SpendingRow, spending_table};
use crate::output::table::written;
use crate::scenario::short_path;

/// Most lines of the table.
const POINTS_MAX: usize = 60;
/// Most metrics of a line.
const METRICS_MAX: usize = 4;

/// The table of a finished sweep under a title.
///
/// # Errors
///
/// [`FileError`] where a part cannot be read.
pub fn table(title: &str, folder: &Path, sweep: &SweepManifest, paint: Paint) -> Result<String, FileError> {
    let shown: Vec<&String> = sweep.headlines.iter().take(METRICS_MAX).collect();
    let paths: Vec<&str> = sweep.paths.iter().map(String::as_str).collect();
    let name = |path: &String| short_path(path, &paths).to_owned();
    let mut rows = vec![vec!["point".to_owned()]];
    rows[0].extend(sweep.paths.iter().map(name));
    rows[0].extend(shown.iter().map(|metric| (*metric).clone()));
    let mut judged = Vec::new();
    let mut met = 0;
    for (number, entry) in sweep.points.iter().enumerate() {
        let part = read(folder, number, entry)?;
        met += usize::from(verdict(&part.objectives) == Some("met"));
        if number < POINTS_MAX {
            let mut row = vec![(number + 1).to_string()];
            row.extend(entry.values.iter().map(|value| value.as_deref().map_or("-".to_owned(), short)));
            row.extend(shown.iter().map(|metric| cell(&part, metric)));
            rows.push(row);
            judged.push(verdict(&part.objectives));
        }
    }
    let mut out = format!("{}\n\n", paint.tint(Tone::Heading, title));
    let lines = columns(&rows);
    let _ = writeln!(out, "{}", paint.tint(Tone::Quiet, &lines[0]));
    for (line, verdict) in lines[1..].iter().zip(&judged) {
        let _ = match verdict {
            Some(word) => writeln!(out, "{line}  {}", paint.tint(tone(word), word)),
            None => writeln!(out, "{}", line.trim_end()),
        };
    }
    let points = sweep.points.len();
    if points > POINTS_MAX {
        let _ = writeln!(out, "  ... and {} more points", points - POINTS_MAX);
    }
    if judged.iter().any(Option::is_some) {
        let _ = writeln!(out, "\n{met} of {points} points meet every objective");
    }
    for rows in spending(folder, sweep)? {
        spending_table(&mut out, &rows, "point", paint);
    }
    Ok(out)
}

/// A value without what every table of a policy says.
fn short(value: &str) -> String {
    let inside = value.strip_prefix("{ policy = ").and_then(|rest| rest.strip_suffix(" }"));
    inside.map_or_else(|| value.to_owned(), |inside| inside.replace('"', ""))
}

/// The worst verdict on a point; nothing without objectives.
fn verdict(objectives: &[Judged]) -> Option<&'static str> {
    let has = |word: &str| objectives.iter().any(|one| one.verdict == word);
    ["missed", "undecided", "met"].into_iter().find(|word| has(word))
}

fn tone(verdict: &str) -> Tone {
    match verdict {
        "met" => Tone::Good,
        "missed" => Tone::Bad,
        _ => Tone::Open,
    }
}

/// A metric with its interval.
fn cell(part: &Part, metric: &str) -> String {
    let row = part.summary.iter().find(|row| format!("{}/{}", row.scope, row.metric) == metric);
    let Some((row, value)) = row.and_then(|row| Some((row, row.estimate?))) else { return "-".to_owned() };
    let (value, interval) = written(&row.unit, value, row.ci_low.zip(row.ci_high));
    let text = if interval.contains(" to ") {
        format!("{value} ({interval})")
    } else {
        format!("{value} {interval}")
    };
    match unfinished(part, row) {
        Some(share) => format!("{text} of finished, {share} unfinished"),
        None => text,
    }
}

/// The share of the requests that an availability leaves out, where that is worth a word.
fn unfinished(part: &Part, of: &SummaryRow) -> Option<String> {
    let is_rest = |row: &&SummaryRow| row.scope == of.scope && row.metric == "unfinished_ratio";
    let share = part.summary.iter().find(is_rest)?.estimate?;
    let is_worth_a_word = of.metric == "availability_request" && share > UNFINISHED_SHOWN;
    is_worth_a_word.then(|| written("ratio", share, None).0)
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    sweep: &'a str,
    paths: &'a [String],
    points: Vec<PointEntry<'a>>,
    /// Each point between its cost and an availability.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spending: Vec<SpendingRow>,
}

#[derive(Debug, Serialize)]
struct PointEntry<'a> {
    point: usize,
    values: &'a [Option<String>],
    metrics: Vec<SummaryRow>,
    objectives: Vec<Judged>,
}

/// The results as one JSON document, in base units.
///
/// # Errors
///
/// [`FileError`] where a part cannot be read.
pub fn json(folder: &Path, sweep: &SweepManifest) -> Result<String, FileError> {
    let point = |(number, entry)| {
        let Part { summary, objectives, .. } = read(folder, number, entry)?;
        Ok(PointEntry { point: number + 1, values: &entry.values, metrics: summary, objectives })
    };
    let points: Result<_, FileError> = sweep.points.iter().enumerate().map(point).collect();
    let spending = spending(folder, sweep)?.into_iter().flatten().map(Row::filed).collect();
    let document = Document { sweep: &sweep.name, paths: &sweep.paths, points: points?, spending };
    digits::pretty(&document).map_err(|source| FileError::Manifest { path: folder.to_owned(), source })
}
