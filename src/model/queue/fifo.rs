//! Whoever came first.

use super::{Discipline, Next, QueuePolicy, Waiting};

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Serves the job that came first.
///
/// Helps fairness: nobody waits longer than those who came earlier. Hurts under overload with timeouts, when it serves
/// only those whose callers have given up. Source: Kleinrock, "Queueing Systems", volume 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fifo;

impl QueuePolicy for Fifo {
    const NAME: &'static str = "fifo";
    const SUMMARY: &'static str = "The job that came first is served first.";
    const DISCIPLINE: Discipline = Discipline::Fifo;
    type Settings = Settings;

    fn new(_settings: &Settings) -> Self {
        Self
    }

    fn next(&mut self, _waiting: &Waiting) -> Next {
        Next::First
    }
}
