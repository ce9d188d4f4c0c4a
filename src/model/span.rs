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
    /// Ends the run at the first outage of this part.
    pub until: Option<Member>,
    /// Latency thresholds of `within_<t>`, for every client, rising.
    pub thresholds: Vec<SimDuration>,
    /// Most windows of the timeline; several availability windows make one where there are more.
    pub timeline_max: u32,
    /// Most incidents that are kept; further ones are counted.
    pub incidents_max: u32,
    /// Most events of a run; reaching it is an error.
    pub events_max: u64,
}

impl RunSpan {
    /// Length of the measured part.
    pub fn measured(&self) -> SimDuration {
        self.horizon.since(self.transient)
    }
}
