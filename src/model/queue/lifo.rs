//! Whoever came last.

use super::{Discipline, Next, QueuePolicy, Waiting};

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Serves the job that came last.
///
/// Helps under overload with timeouts: those that are served are still waited for. Hurts those who came early, who may
/// wait for ever; the mean wait is that of FIFO, its spread is not. Source: Kleinrock, "Queueing Systems", volume 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifo;

impl QueuePolicy for Lifo {
    const NAME: &'static str = "lifo";
    const SUMMARY: &'static str = "The job that came last is served first.";
    const DISCIPLINE: Discipline = Discipline::Lifo;
    type Settings = Settings;

    fn new(_settings: &Settings) -> Self {
        Self
    }

    fn next(&mut self, _waiting: &Waiting) -> Next {
        Next::Last
    }
}
