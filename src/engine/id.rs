//! Numbers of records, each of a type of its own.

use crate::engine::plan::NONE;

crate::ids! {
    /// An attempt, or a client's request of several calls.
    pub(super) struct TaskId;
    /// A call that has a record.
    pub(super) struct CallId;
    /// The calls that one task has out.
    pub(super) struct FanOutId;
    /// A fault that lasts.
    pub(super) struct IncidentId;
}

impl TaskId {
    /// That of no attempt.
    pub(super) const NONE: Self = Self(NONE);
}

impl Default for TaskId {
    fn default() -> Self {
        Self::NONE
    }
}
