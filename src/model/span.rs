//! How long a run is and what of it is measured.

use super::system::Member;
use super::workload::Client;
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
    /// Most windows of the timeline; several availability windows make one where there are more.
    pub timeline_max: u32,
    /// Most incidents that are kept; further ones are counted.
    pub incidents_max: u32,
    /// Most events of a run; reaching it is an error.
    pub events_max: u64,
}

/// What counts as a collapse of a client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CollapseRule {
    /// How long a client is answered badly at least; `None` leaves that to [`CollapseRule::lasts`].
    pub lasts: Option<SimDuration>,
    /// A step in which a smaller share of requests than this is answered well is low.
    pub below: Probability,
}

impl CollapseRule {
    /// Most steps of a run that are told apart.
    pub const STEPS_MAX: u64 = 1 << 22;
    /// Steps in the time that a collapse lasts at least.
    pub const STEPS: u64 = 4;
    /// Shortest default.
    const SHORTEST: SimDuration = SimDuration::from_nanos(60_000_000_000);
    /// Timeouts and first tries in the default.
    const TIMEOUTS: u64 = 20;
    const TRIES: f64 = 100.0;

    /// How long a collapse of a client lasts at least: as written, or the longest of 1 min, 20 of its longest timeouts and
    /// the time of 100 first tries; where that would cut the run into more than four million steps, so long that it does
    /// not.
    pub fn lasts(&self, client: &Client, horizon: SimTime) -> SimDuration {
        self.lasts.unwrap_or_else(|| {
            let calls = client.steps.iter().flat_map(|step| &step.calls);
            let timeout = calls.filter_map(|call| call.policy.timeout).max().unwrap_or_default();
            let timeouts = timeout.as_nanos().saturating_mul(Self::TIMEOUTS);
            let rate = client.arrival.mean_rate(horizon);
            let tries =
                if rate > 0.0 { SimDuration::from_secs(Self::TRIES / rate) } else { SimDuration::default() };
            let fewest = horizon.as_nanos().div_ceil(Self::STEPS_MAX).saturating_mul(Self::STEPS);
            let longest = Self::SHORTEST.as_nanos().max(timeouts).max(tries.as_nanos()).max(fewest);
            SimDuration::from_nanos(longest)
        })
    }

    /// The length of a step of a client; `None` where the run is too short for a stretch of good steps and one of low
    /// ones.
    pub fn step(&self, client: &Client, horizon: SimTime) -> Option<SimDuration> {
        let step = (self.lasts(client, horizon).as_nanos() / Self::STEPS).max(1);
        (horizon.as_nanos() / step >= 2 * Self::STEPS).then(|| SimDuration::from_nanos(step))
    }
}

impl RunSpan {
    /// Length of the measured part.
    pub fn measured(&self) -> SimDuration {
        self.horizon.since(self.transient)
    }
}
