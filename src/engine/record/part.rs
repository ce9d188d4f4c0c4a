//! Whether parts of the system are up, and for how long they were.

use crate::engine::plan::{NONE, Plan};
use crate::measure::{StageMeasure, UpTime};
use crate::units::SimTime;

/// Whether parts are up, and for how long they were.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Parts {
    pub(in crate::engine) replicas: Vec<Part>,
    pub(in crate::engine) zones: Vec<Part>,
    pub(in crate::engine) regions: Vec<Part>,
    pub(in crate::engine) services: Vec<Part>,
    pub(in crate::engine) blocks: Vec<Part>,
    pub(in crate::engine) faults: Vec<UpTime>,
    pub(in crate::engine) stages: Vec<StageMeasure>,
    /// Outages that are over or begin, and whose fault was not told yet.
    pub(in crate::engine) over: Vec<OutageTurn>,
    /// The faults behind the outages that last, and when these began, of each service and of each block.
    pub(in crate::engine) behind: [Vec<Option<(u32, SimTime)>>; 2],
    /// The outages that last because of each fault.
    pub(in crate::engine) lasting: Vec<Vec<Outage>>,
    pub(in crate::engine) first_outage: Option<SimTime>,
}

/// An outage that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Outage {
    /// The service that is down; none for a block.
    pub(in crate::engine) service: u32,
    /// The block that is down; none for a service.
    pub(in crate::engine) block: u32,
    pub(in crate::engine) began: SimTime,
}

/// An outage begins or is over.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct OutageTurn {
    /// The fault behind it.
    pub(in crate::engine) fault: u32,
    pub(in crate::engine) began: SimTime,
    /// The service that is down; none for a block.
    pub(in crate::engine) service: u32,
    pub(in crate::engine) is_over: bool,
}

/// A part that is up or down.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Part {
    /// Causes that hold it down, or for a block, members that are up.
    pub(in crate::engine) count: u32,
    pub(in crate::engine) is_up: bool,
    pub(in crate::engine) since: SimTime,
    pub(in crate::engine) time: PartTime,
    pub(in crate::engine) record: u32,
}

impl Part {
    pub(in crate::engine) const fn new(count: u32) -> Self {
        Self {
            count,
            is_up: true,
            since: SimTime::ZERO,
            time: PartTime { up: 0, down: 0, incidents: 0, ended: 0 },
            record: NONE,
        }
    }

    /// Notes a change at `now`; whether it was one. What was down for no time had no outage.
    pub(in crate::engine) fn set(&mut self, is_up: bool, now: SimTime, plan: &Plan) -> bool {
        if self.is_up == is_up {
            return false;
        }
        let was_for_no_time = is_up && self.since == now;
        self.time.add(self.is_up, self.since, now, plan);
        self.since = now;
        self.is_up = is_up;
        if now >= plan.span.transient && now < plan.span.horizon {
            if was_for_no_time {
                // One that was down from the start on had none.
                self.time.incidents = self.time.incidents.saturating_sub(1);
            } else {
                self.time.incidents += u64::from(!is_up);
                self.time.ended += u64::from(is_up);
            }
        }
        true
    }

    /// Its time ends at `now`, and goes on with its next change.
    pub(in crate::engine) fn end(&mut self, now: SimTime, plan: &Plan) {
        self.time.add(self.is_up, self.since, now, plan);
        self.since = SimTime::NEVER;
    }

    /// Up and down time to `end`.
    pub(in crate::engine) fn total(&self, plan: &Plan, end: SimTime) -> UpTime {
        let mut time = self.time;
        time.add(self.is_up, self.since, end, plan);
        let PartTime { up, down, incidents, ended } = time;
        UpTime { up: up.into(), down: down.into(), incidents, ended, undetected: 0, detected: 0 }
    }
}

/// Up and down time of one part: an [`UpTime`] holds the sums of many.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct PartTime {
    /// Time up, and time down [ns].
    up: u64,
    down: u64,
    incidents: u64,
    ended: u64,
}

impl PartTime {
    /// Adds the share of a stretch that lies in the measured part.
    fn add(&mut self, is_up: bool, from: SimTime, to: SimTime, plan: &Plan) {
        let inside = to.min(plan.span.horizon).since(from.max(plan.span.transient)).as_nanos();
        if is_up {
            self.up += inside;
        } else {
            self.down += inside;
        }
    }
}
