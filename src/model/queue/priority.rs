//! Whoever matters most.

use super::{Discipline, Next, QueuePolicy, Waiting};

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Serves the lowest priority number first, and of equal ones whoever came first; work begun is not interrupted.
///
/// Helps those who matter most through an overload of the rest. Hurts the rest, who may wait for ever. Source: Cobham,
/// "Priority Assignment in Waiting Line Problems", 1954.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priority;

impl QueuePolicy for Priority {
    const NAME: &'static str = "priority";
    const SUMMARY: &'static str = "The lowest number first, FIFO within; nobody is interrupted.";
    const DISCIPLINE: Discipline = Discipline::Priority;
    type Settings = Settings;

    fn new(_settings: &Settings) -> Self {
        Self
    }

    fn next(&mut self, _waiting: &Waiting) -> Next {
        Next::First
    }
}
