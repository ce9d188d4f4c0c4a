//! Why a task failed.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line makes no sense.
    #[error("{problem}; `cargo xtask help` lists the tasks")]
    Usage {
        /// What is wrong.
        problem: String,
    },
    /// A program could not be started.
    #[error("could not start `{command}`")]
    Start {
        /// The command line.
        command: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A program ended badly.
    #[error("`{command}` ended with {status}{}", said(.stderr))]
    Ended {
        /// The command line.
        command: String,
        /// Exit code or signal.
        status: String,
        /// What it said, where that was not shown already.
        stderr: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file or an answer is not what was expected.
    #[error("{origin}: {problem}")]
    Content {
        /// The file or program.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A figure is worse than the recorded one.
    #[error("{count} instruction counts are above the recorded ones by more than the margin")]
    Slower {
        /// How many.
        count: usize,
    },
}

impl Failure {
    pub(crate) fn usage(problem: &str) -> Self {
        Self::Usage { problem: problem.to_owned() }
    }

    pub(crate) fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }

    pub(crate) fn content(origin: &dyn Display, problem: &dyn Display) -> Self {
        Self::Content { origin: origin.to_string(), problem: problem.to_string() }
    }

    /// 2 for a wrong command line, otherwise 1.
    pub(crate) fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage { .. }) { 2 } else { 1 }
    }
}

fn said(stderr: &str) -> String {
    if stderr.trim().is_empty() { String::new() } else { format!("; it said:\n{}", stderr.trim_end()) }
}
