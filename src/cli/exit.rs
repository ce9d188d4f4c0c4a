//! Exit codes, and how each mistake becomes one.

use std::io;
use std::process::ExitCode;

use crate::experiment::ExperimentError;
use crate::experiment::fit::ReadError;
use crate::limit::Exceeded;
use crate::output::folder::FileError;
use crate::scenario::source::SourceError;
use crate::scenario::{Rejected, Scenario};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// As it should.
    Done = 0,
    /// The file system or another part of the environment refused.
    Environment = 1,
    /// Arguments or scenario are wrong.
    Input = 2,
    /// An objective or claim is undecided.
    Undecided = 98,
    /// An objective is missed, or a claim is not what it should be.
    Missed = 99,
    /// The user stopped it.
    Interrupted = 130,
}

// Not `#[from]`, which would make it a cause too and say it twice.
impl From<Exceeded> for Failure {
    fn from(exceeded: Exceeded) -> Self {
        Self::Limit(exceeded)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Arguments that cannot be meant.
    #[error("{message}")]
    Usage {
        /// What is wrong with them.
        message: String,
    },
    /// The text of a scenario cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A scenario is wrong.
    #[error("the scenario cannot run")]
    Rejected(Box<Rejected>),
    /// A result file cannot be written or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else in the environment.
    #[error("{action}")]
    Environment {
        /// What could not be done.
        action: String,
        /// What the system said.
        source: io::Error,
    },
    /// Results cannot be printed.
    #[error("cannot print")]
    Print(#[from] io::Error),
    /// Durations cannot be read from a file.
    #[error(transparent)]
    Record(#[from] ReadError),
    /// It costs more than is allowed.
    #[error("{0}; {help}", help = .0.help())]
    Limit(Exceeded),
    /// A run could not be finished; what comes before it was kept.
    #[error("{message}")]
    Stopped {
        /// Why.
        message: String,
    },
    /// The simulation could not be finished.
    #[error(transparent)]
    Experiment(ExperimentError),
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(Box::new(rejected))
    }
}

impl Failure {
    /// What an experiment on these scenarios says; what is wrong in a file is shown where it stands.
    pub(super) fn of_experiment(error: ExperimentError, scenarios: &[Scenario]) -> Self {
        match error {
            ExperimentError::Unfit { scenario, findings } => {
                let sources = scenarios.iter().find(|one| one.name == scenario);
                let sources = sources.map(|one| one.sources.clone()).unwrap_or_default();
                Self::Rejected(Box::new(Rejected { findings, sources }))
            }
            ExperimentError::Variant { rejected, .. } => Self::Rejected(rejected),
            other => Self::Experiment(other),
        }
    }

    /// The exit code; nobody reading any more is no failure.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Experiment(ExperimentError::Cancelled) => Exit::Interrupted,
            Self::Source(SourceError::Missing { .. } | SourceError::Unreadable { .. })
            | Self::Experiment(ExperimentError::Threads { .. })
            | Self::File(_)
            | Self::Environment { .. }
            | Self::Print(_) => Exit::Environment,
            Self::Record(error) if error.is_environment() => Exit::Environment,
            Self::Source(_)
            | Self::Record(_)
            | Self::Usage { .. }
            | Self::Limit(_)
            | Self::Stopped { .. }
            | Self::Rejected(_)
            | Self::Experiment(_) => Exit::Input,
        }
    }
}
