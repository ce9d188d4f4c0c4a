//! What the caches in front of a service did.

use super::Tally;

/// What the caches of a service did for measured attempts, added up over them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CacheMeasure {
    /// Attempts that asked: each is a hit, waited for the fetch of another, or fetched.
    pub lookups: u64,
    /// Those that a copy answered as soon as they asked, a failure that was kept included.
    pub hits: u64,
    /// Those that an old copy answered, or one of what was written since; and those who would have got a failure otherwise.
    pub stale: u64,
    /// Those that waited for the fetch of another.
    pub coalesced: u64,
    /// Attempts that went to the service for what was not there, or not for long, those that nobody waited for included.
    pub fetches: u64,
    /// Those of them that began while the latest one of their key was over.
    pub alone: u64,
    /// How old good answers were, from when the service was asked for the copy; what was fetched has no age.
    pub age: Tally,
    /// Copies that made way for others.
    pub evictions: u64,
}
