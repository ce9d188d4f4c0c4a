//! What a sweep consists of: enough to make it again anywhere, and nothing that differs between machines.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::output::folder::{FileError, write_file};
use crate::scenario::file_name;

const MANIFEST: &str = "manifest.json";
const PLAN: &str = "plan.json";

/// A text and what it was called, without its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Name of the file.
    pub file: String,
    /// What is in it.
    pub text: String,
}

/// What a user asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The experiment file, or the scenario that arguments vary.
    pub experiment: Text,
    /// The scenario file.
    pub scenario: Text,
    /// Arguments that vary something.
    pub vary: Vec<String>,
    /// Arguments that set something.
    pub set: Vec<String>,
    /// Metrics that are kept, in place of those of the file.
    pub metrics: Vec<String>,
    /// Seed instead of the scenario's.
    pub seed: Option<u64>,
    /// Runs of each point instead of the scenario's.
    pub runs: Option<u32>,
    /// Whether figures are drawn.
    pub plots: bool,
}

/// One point of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The value of each path; null where the path is not varied.
    pub values: Vec<Option<String>>,
    /// The digest of what the point depends on.
    pub key: String,
}

/// What `manifest.json` of a sweep says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepManifest {
    /// Version of the program.
    pub version: String,
    /// Name of the sweep.
    pub name: String,
    /// The command that makes the same results again.
    pub command: String,
    /// What was asked for.
    pub inputs: Inputs,
    /// What is varied.
    pub paths: Vec<String>,
    /// The metrics that tables and figures show, each as `scope/name`.
    pub headlines: Vec<String>,
    /// The points in order.
    pub points: Vec<Entry>,
}

/// What `plan.json` says: a sweep whose points are divided among machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Among how many.
    pub shards: u32,
    /// What is divided.
    pub sweep: SweepManifest,
}

impl SweepManifest {
    /// Reads that of a sweep's folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Manifest`].
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        let manifest: Self = read(&folder.join(MANIFEST))?;
        let wrong = manifest.wrong();
        wrong.map_or(Ok(manifest), |reason| Err(FileError::Unsound { path: folder.join(MANIFEST), reason }))
    }

    /// What no sweep of this program would say of itself, for the file may be a stranger's.
    fn wrong(&self) -> Option<String> {
        if let Err(why) = file_name::check(&self.name) {
            return Some(format!("its name {:?} cannot name results: {why}", self.name));
        }
        let uneven = self.points.iter().position(|point| point.values.len() != self.paths.len());
        uneven.map(|number| format!("point {} does not have a value for each path", number + 1))
    }

    /// Writes it; where it is, the folder is complete.
    ///
    /// # Errors
    ///
    /// [`FileError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        write(&folder.join(MANIFEST), self)
    }
}

impl Plan {
    /// The places of the points of a shard, which is numbered from 1: every so-manieth, so that points that take longer
    /// are spread.
    pub fn members(&self, shard: u32) -> Vec<usize> {
        let first = shard.saturating_sub(1) as usize;
        (first..self.sweep.points.len()).step_by(self.shards.max(1) as usize).collect()
    }

    /// Reads that of a sweep's folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Manifest`].
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        let plan: Self = read(&folder.join(PLAN))?;
        let wrong = if plan.shards == 0 {
            Some("it has no shards".to_owned())
        } else if plan.sweep.inputs.runs == Some(0) {
            Some("it asks for no runs".to_owned())
        } else {
            plan.sweep.wrong()
        };
        wrong.map_or(Ok(plan), |reason| Err(FileError::Unsound { path: folder.join(PLAN), reason }))
    }

    /// Writes it into a sweep's folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        write(&folder.join(PLAN), self)
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, FileError> {
    let text = fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| FileError::Manifest { path: path.to_owned(), source })
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), FileError> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|source| FileError::Manifest { path: path.to_owned(), source })?;
    text.push('\n');
    write_file(path, text.as_bytes())
}
