//! What a client or service asks of others, and what it does about their failure.

use super::resilience::retry::RetrySettings;
use crate::reason::ReasonSet;
use crate::units::{Probability, ServiceId, SimDuration};

/// Calls that are out at the same time; steps run one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Whether the calls' probabilities are independent or exclude each other.
    pub choose: Choose,
    /// The calls; at least one.
    pub calls: Vec<Call>,
}

/// How the calls of a step are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choose {
    /// Each by its own probability.
    Each,
    /// At most one; what is left to 1 makes none.
    One,
}

/// One entry of `calls`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Who is called.
    pub service: ServiceId,
    /// Share of the times that it is made.
    pub probability: Probability,
    /// To how many different replicas it is sent; at least 1.
    pub count: u32,
    /// How many of them must answer well; from 1 to `count`.
    pub wait_for: u32,
    /// Whether its failure is ignored.
    pub optional: bool,
    /// What is done about failure.
    pub policy: CallPolicy,
}

/// What a caller does about failure.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPolicy {
    /// Limit of one attempt, from its send.
    pub timeout: Option<SimDuration>,
    /// Limit of the call with all retries and back-off, from its first send.
    pub deadline: Option<SimDuration>,
    /// What happens to work that nobody waits for any more.
    pub on_timeout: OnTimeout,
    /// Whether the time left becomes the deadline of the callee's own calls.
    pub deadline_propagation: bool,
    /// Whether, when and where it is tried again.
    pub retry: Retry,
}

/// What happens to work that nobody waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnTimeout {
    /// The callee is not told and does all of it.
    #[default]
    Abandon,
    /// The callee is told after one network delay and stops.
    Cancel,
    /// As `Cancel`, but what is in service goes on.
    CancelWaiting,
}

/// Whether, when and where a failed attempt is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Times between attempts.
    pub policy: RetrySettings,
    /// Attempts in all, the first included; from 1 to 255.
    pub attempts: u32,
    /// Which replicas are avoided.
    pub avoid: Avoid,
    /// After which failures.
    pub on: ReasonSet,
}

/// Which replicas a retry avoids while others are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Avoid {
    /// None.
    #[default]
    None,
    /// The one of the last attempt.
    Last,
    /// All that were tried.
    Tried,
}
