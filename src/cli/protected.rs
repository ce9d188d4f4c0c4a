//! Files that a command reads, which none of its outputs may replace.

use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::document::{Table, Value};
use crate::output::staging;
use crate::scenario::source::Places;

/// What a command reads.
#[derive(Debug, Default)]
pub(super) struct Protected(Vec<Identity>);

/// A file, whatever it is called.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    path: PathBuf,
    /// Device and number, which hard links share.
    node: Option<(u64, u64)>,
}

impl Identity {
    /// `None` where there is no such file.
    fn of(path: &Path) -> Option<Self> {
        let path = fs::canonicalize(path).ok()?;
        let known = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        Some(Self { node: node(&known), path })
    }

    fn is_same(&self, other: &Self) -> bool {
        self.path == other.path || (self.node.is_some() && self.node == other.node)
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn node(known: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((known.dev(), known.ino()))
}

#[cfg(not(unix))]
fn node(_known: &fs::Metadata) -> Option<(u64, u64)> {
    None
}

impl Protected {
    /// Protects one file.
    pub(super) fn file(mut self, path: &Path) -> Self {
        self.0.extend(Identity::of(path));
        self
    }

    /// Protects whatever file a text of a scenario may name.
    pub(super) fn named_in(mut self, document: &Table, places: &Places) -> Self {
        let mut texts = Vec::new();
        gather(document, &mut texts);
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            self.0.extend(places.folders.iter().filter_map(|folder| Identity::of(&folder.join(text))));
        }
        self
    }

    /// Refuses an output in the place of a file that is read.
    pub(super) fn allows(&self, output: &Path) -> Result<(), Failure> {
        let Some(at) = Identity::of(output) else { return Ok(()) };
        if !self.0.iter().any(|one| one.is_same(&at)) {
            return Ok(());
        }
        let message =
            format!("\"{}\" is read by this command, which will not write over it", output.display());
        Err(Failure::Usage { message })
    }

    /// Refuses a folder in which results would take the place of a file that is read.
    pub(super) fn allows_folder(&self, folder: &Path) -> Result<(), Failure> {
        staging::own(folder).try_for_each(|output| self.allows(&output))
    }
}

/// Every text of a tree.
fn gather<'t>(table: &'t Table, texts: &mut Vec<&'t str>) {
    let mut open: Vec<&Value> = table.entries.iter().map(|(_, node)| &node.value).collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Text(text) => texts.push(text),
            Value::List(items) => open.extend(items.iter().map(|item| &item.value)),
            Value::Table(inner) => open.extend(inner.entries.iter().map(|(_, node)| &node.value)),
            _ => {}
        }
    }
}
