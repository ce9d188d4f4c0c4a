//! What a caller does about failure, and a service about too much work.
//!
//! Rooms: [`retry`] says how long to wait before a failed attempt is tried again, [`budget`] whether it may be tried at
//! all, [`hedge`] when a second copy is sent before the first has failed, [`breaker`] when calls stop because they keep
//! failing, [`limit`] how many may be sent or taken in. [`hint`] is what a service says about trying again when it refuses. A policy is told what happened ([`Ending`]) and answers; it
//! schedules nothing and sees only what its own decider sent and heard. One state belongs to one call site at one
//! decider, that of a limit in front of a service to one replica.

pub mod breaker;
pub mod budget;
pub mod hedge;
pub mod hint;
pub mod limit;
pub mod retry;
mod window;

use crate::reason::Reason;
pub use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

/// How an attempt ended, as the one who sent it learnt it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// When it was learnt.
    pub now: SimTime,
    /// Time since the send.
    pub took: SimDuration,
    /// Why it failed; `None` when it was answered well.
    pub failure: Option<Reason>,
    /// Whether the failure is one that the room's settings count; false for what was answered well.
    pub is_counted: bool,
    /// Attempts under way, this one included.
    pub under_way: u32,
}
