//! All at once.

use super::{Discipline, Next, QueuePolicy, Waiting};

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Serves all jobs at once, each at an even share of the slots.
///
/// Helps short jobs, which do not wait for long ones. Hurts under overload, when nobody gets anywhere. Source: Kleinrock,
/// "Time-shared Systems: A Theoretical Treatment", 1967.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessorSharing;

impl QueuePolicy for ProcessorSharing {
    const NAME: &'static str = "processor-sharing";
    const SUMMARY: &'static str = "Nobody waits: all jobs are in service and share the slots evenly.";
    const DISCIPLINE: Discipline = Discipline::ProcessorSharing;
    type Settings = Settings;

    fn new(_settings: &Settings) -> Self {
        Self
    }

    fn next(&mut self, _waiting: &Waiting) -> Next {
        Next::First
    }
}
