//! How what failed comes back: plans of operations, and the crews that do them.
//!
//! [`run`] is the state of one plan while it is carried out; the engine turns its actions into events.

mod check;
mod crew;
pub mod run;
#[cfg(test)]
mod tests;

pub use crew::{CrewState, Ticket};

use crate::kernel::distribution::Distribution;
use crate::model::action::Verb;
use crate::units::{CrewId, Probability, ServiceId};

/// A recovery plan.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// Name.
    pub name: String,
    /// What is done.
    pub plan: Plan,
    /// How long after the failure of its last hope it starts again.
    pub again_after: Distribution,
}

/// Operations and how they work together.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How they work together.
    pub policy: PlanPolicy,
    /// What is done; at least one.
    pub operations: Vec<Operation>,
}

impl Plan {
    /// Whether an operation, or one of a plan within, puts a copy of the data of a service in their place.
    pub fn promotes(&self, service: ServiceId) -> bool {
        self.operations.iter().any(|operation| match &operation.work {
            Work::Task { does, .. } => does.contains(&Verb::Promote(service)),
            Work::Plan(plan) => plan.promotes(service),
        })
    }
}

/// How the operations of a plan work together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PlanPolicy {
    /// The first to succeed ends it.
    Race,
    /// One after another; all must succeed.
    Sequence,
    /// At once; all must succeed.
    All,
    /// The next only after a failure.
    Escalate,
    /// All work on one job: T = serial x min t + (1 - serial) / sum(1/t).
    Share {
        /// Part that cannot be divided.
        serial: Probability,
    },
}

/// One operation of a plan.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Name.
    pub name: String,
    /// What it is.
    pub work: Work,
    /// Probability that it is done at all; otherwise it is skipped and counts as done.
    pub probability: Probability,
}

/// What an operation is.
#[derive(Debug, Clone)]
pub enum Work {
    /// Something that takes time.
    Task {
        /// How long.
        time: Distribution,
        /// Probability that it succeeds.
        success: Probability,
        /// Whose member it holds from start to end.
        crew: Option<CrewId>,
        /// What is done at its end if it succeeds.
        does: Vec<Verb>,
    },
    /// A plan within the plan.
    Plan(Plan),
}

/// People who repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crew {
    /// Name.
    pub name: String,
    /// How many; at least 1. Served first come, first served.
    pub size: u32,
}
