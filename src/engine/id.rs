//! Numbers of records, each of a type of its own.

crate::ids! {
    /// A call that has a record.
    pub(super) struct CallId;
    /// The calls that one task has out.
    pub(super) struct FanOutId;
    /// A fault that lasts.
    pub(super) struct IncidentId;
}
