//! One file for each finished point, so that a sweep that was interrupted goes on where it was.
//!
//! The first line is the SHA-256 of the rest, which is a JSON document; a file that does not fit its hash, or whose key
//! is not that of the point, counts as missing. Parts of several machines may lie in one folder: equal keys have equal
//! bytes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::spending::{Kept, kept};
use crate::experiment::{Attainment, Bound, ObjectiveResult, Outcome};
use crate::output::folder::{FileError, write_durable};
use crate::output::manifest::sha256;
use crate::output::results::{run_row, summary_row};
use crate::output::row::{RunRow, SummaryRow};
use crate::output::staging;

/// Folder of the parts below that of the sweep.
pub const FOLDER: &str = "points";

/// What is kept of a finished point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The digest of what the point depends on.
    pub key: String,
    /// Its metrics.
    pub summary: Vec<SummaryRow>,
    /// What came of its objectives.
    pub objectives: Vec<Judged>,
    /// The most important metrics in each run.
    pub runs: Vec<RunRow>,
    /// Its cost against each availability; nothing where nothing has a price.
    pub spending: Vec<Kept>,
}

/// What came of an objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Its metric, as judged.
    pub estimate: SummaryRow,
    /// `>=` or `<=`.
    pub bound: String,
    /// The target.
    pub target: f64,
    /// `met`, `missed` or `undecided`.
    pub verdict: String,
}

impl Part {
    /// What is kept of an outcome; of single runs only these metrics, each as `scope/name`.
    pub fn new(key: String, outcome: &Outcome, of_runs: &[String]) -> Self {
        let is_kept =
            |scope: &str, metric: &str| of_runs.iter().any(|one| *one == format!("{scope}/{metric}"));
        let values = outcome.values.iter().filter(|one| is_kept(&one.scope, &one.metric));
        Self {
            key,
            summary: outcome.estimates.iter().map(summary_row).collect(),
            objectives: outcome.objectives.iter().map(judged).collect(),
            runs: values.map(run_row).collect(),
            spending: kept(outcome),
        }
    }

    /// Writes it so that it survives whatever happens to the machine next.
    ///
    /// # Errors
    ///
    /// [`FileError`]; what was written before stays.
    pub fn write(&self, sweep: &Path, number: usize) -> Result<(), FileError> {
        let path = path(sweep, number);
        let body = serde_json::to_string(self)
            .map_err(|source| FileError::Manifest { path: path.clone(), source })?;
        write_durable(&path, format!("{}\n{body}\n", sha256(&body)).as_bytes())
    }

    /// Reads the part of a point; `None` where it is missing, damaged or of something else.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] where the system does not let it be read.
    pub fn read(sweep: &Path, number: usize, key: &str) -> Result<Option<Self>, FileError> {
        let path = path(sweep, number);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError::Read { path, source }),
        };
        let text = String::from_utf8(bytes).unwrap_or_default();
        let Some((hash, body)) = text.split_once('\n') else { return Ok(None) };
        let body = body.strip_suffix('\n').unwrap_or(body);
        if sha256(body) != hash {
            return Ok(None);
        }
        let part: Option<Self> = serde_json::from_str(body).ok();
        Ok(part.filter(|part| part.key == key))
    }
}

/// Removes what a process that was killed has left half written.
///
/// # Errors
///
/// [`FileError::Write`].
pub fn tidy(sweep: &Path) -> Result<(), FileError> {
    let folder = sweep.join(FOLDER);
    staging::tidy(&folder).map_err(|source| FileError::Write { path: folder, source })
}

/// Points are numbered from 1 where people see them.
fn path(sweep: &Path, number: usize) -> PathBuf {
    sweep.join(FOLDER).join(format!("{:06}.part", number + 1))
}

fn judged(one: &ObjectiveResult) -> Judged {
    Judged {
        estimate: summary_row(&one.estimate),
        bound: match one.objective.bound {
            Bound::AtLeast => ">=",
            Bound::AtMost => "<=",
        }
        .to_owned(),
        target: one.objective.target,
        verdict: match one.verdict {
            Attainment::Met => "met",
            Attainment::Missed => "missed",
            Attainment::Undecided => "undecided",
        }
        .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> Part {
        let row = |value| RunRow {
            run: 0,
            scope: "client.c".to_owned(),
            metric: "goodput".to_owned(),
            unit: "1/s".to_owned(),
            value,
        };
        let runs = vec![row(Some(0.1 + 0.2)), row(None)];
        Part { key: "k".to_owned(), summary: Vec::new(), objectives: Vec::new(), runs, spending: Vec::new() }
    }

    #[test]
    fn a_part_reads_back_and_any_damage_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Part::read(folder.path(), 0, "k").unwrap(), None);
        part().write(folder.path(), 0).unwrap();
        assert_eq!(Part::read(folder.path(), 0, "k").unwrap(), Some(part()));
        assert_eq!(Part::read(folder.path(), 0, "other").unwrap(), None);
        let file = path(folder.path(), 0);
        let bytes = fs::read(&file).unwrap();
        for place in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[place] ^= 1;
            fs::write(&file, &wrong).unwrap();
            let read = Part::read(folder.path(), 0, "k").unwrap();
            // The last line break means nothing.
            assert!(read.is_none() || place + 1 == bytes.len(), "byte {place}");
            fs::write(&file, &bytes[..place]).unwrap();
            let read = Part::read(folder.path(), 0, "k").unwrap();
            assert!(read.is_none() || place + 1 == bytes.len(), "cut at {place}");
        }
    }
}
