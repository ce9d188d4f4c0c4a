//! A client and its users while they run.

use crate::engine::plan::Way;
use crate::kernel::stream::Stream;
use crate::model::workload::ArrivalSource;

/// A client while it runs.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked alone, at another point of a request")]
pub(in crate::engine) struct Client {
    pub(in crate::engine) source: Option<ArrivalSource>,
    /// Mean time between arrivals of a plain Poisson process \[s\]; 0 for all others.
    pub(in crate::engine) gap: f64,
    pub(in crate::engine) stream: Stream,
    /// The only call of a request, or none where there are several or it is not always made.
    pub(in crate::engine) only_edge: u32,
    /// What sending that call needs, where it has neither deadline nor guard.
    pub(in crate::engine) way: Option<Way>,
    pub(in crate::engine) priority: u8,
    /// Whether requests come whatever became of the last one.
    pub(in crate::engine) is_open: bool,
    /// Whether nothing follows from the end of a request: it is open, and no monitor asks what becomes of its requests.
    pub(in crate::engine) ends_plainly: bool,
    pub(in crate::engine) is_watched: bool,
    /// Place of its first user among all.
    pub(in crate::engine) first_user: u32,
    pub(in crate::engine) has_invalid: bool,
    /// What names its sessions, and how many there are; none when each request or user is one.
    pub(in crate::engine) session_key: u64,
    pub(in crate::engine) sessions: u32,
    pub(in crate::engine) invalid: f64,
    pub(in crate::engine) good_within: u64,
    pub(in crate::engine) turn: u32,
    pub(in crate::engine) instances: u32,
    pub(in crate::engine) zones: Vec<u32>,
    pub(in crate::engine) users: Vec<User>,
}

impl Client {
    /// Whether its requests are calls of a trace.
    pub(in crate::engine) fn is_traced(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.call().is_some())
    }
}

/// A closed-loop user.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct User {
    pub(in crate::engine) key: u64,
    pub(in crate::engine) requests: u64,
}
