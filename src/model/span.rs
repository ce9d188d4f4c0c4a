//! How long a run is and what of it is measured.

use super::system::Member;
use crate::units::{Probability, SimDuration, SimTime};

/// The span of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSpan {
    /// Start of the measured part; what happens before is discarded.
    pub transient: SimTime,
    /// End of the measured part.
    pub horizon: SimTime,
    /// How long after the horizon measured requests may take to end.
    pub drain: SimDuration,
    /// Length of an availability window.
    pub window: SimDuration,
    /// Availability that a window must reach to be met.
    pub window_target: Probability,
    /// What counts as a collapse; `None` where none is looked for.
    pub collapse: Option<CollapseRule>,
    /// Whether the two halves of the measured part are told apart.
    pub halves: bool,
    /// Ends the run at the first outage of this part.
    pub until: Option<Member>,
    /// Latency thresholds of `within_<t>`, for every client, rising.
    pub thresholds: Vec<SimDuration>,
    /// Times of `rpo_within_<t>` and `rto_within_<t>`, for every service that keeps anything, rising.
    pub contracts: Vec<SimDuration>,
    /// Length of a row of the timeline; where the measured part is shorter, it is one row.
    pub timeline_step: SimDuration,
    /// Most rows of the timeline; several steps make one where there were more.
    pub timeline_max: u32,
    /// Most incidents that are kept; further ones are counted.
    pub incidents_max: u32,
    /// Most events of a run; reaching it is an error.
    pub events_max: u64,
}

/// What counts as a collapse of a client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CollapseRule {
    /// How long a client is answered badly at least; `None` leaves that to the client.
    pub lasts: Option<SimDuration>,
    /// A step in which a smaller share of requests than this is answered well is low.
    pub below: Probability,
}

impl CollapseRule {
    /// Most steps of a run that are told apart.
    pub const STEPS_MAX: u64 = 1 << 22;
    /// Steps in the time that a collapse lasts at least.
    pub const STEPS: u64 = 4;

    /// The shortest collapse for which a run does not have too many steps.
    pub fn lasts_min(horizon: SimTime) -> SimDuration {
        SimDuration::from_nanos(horizon.as_nanos().div_ceil(Self::STEPS_MAX).saturating_mul(Self::STEPS))
    }
}

impl RunSpan {
    /// Length of the measured part.
    pub fn measured(&self) -> SimDuration {
        self.horizon.since(self.transient)
    }

    /// Length of a row of the timeline, so that there is at least one and at most `timeline_max`.
    pub fn timeline_row(&self) -> SimDuration {
        let measured = self.measured().as_nanos().max(1);
        let step = self.timeline_step.as_nanos().clamp(1, measured);
        let steps = (measured / step).div_ceil(u64::from(self.timeline_max.max(1))).max(1);
        SimDuration::from_nanos(step.saturating_mul(steps))
    }
}
