//! Faults and outages, one by one, and what came of them.

use crate::units::SimTime;

/// What took a part down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Culprit {
    /// A fault of this number.
    Fault(u32),
    /// A service on which it depends is down.
    Service(u32),
    /// A block on which it depends is down.
    Block(u32),
    /// A replica on which it depends is down.
    Replica(u32),
}

/// A fault of one unit, or an outage of a service or block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// What was down.
    pub subject: Subject,
    /// What is behind it: for an outage, what completed it.
    pub cause: Option<Culprit>,
    /// When it began.
    pub start: SimTime,
    /// When it was detected, if it was: somebody who acts knew of it; for outages, when the fault behind it was.
    pub detected: Option<SimTime>,
    /// When it was decided what to do about it, by somebody who responds or by the machine that acted at once; for outages, about
    /// the fault behind it.
    pub decided: Option<SimTime>,
    /// When its effect was over and did not come back: all services and blocks that it brought down were up again, or the
    /// alarm was over of which somebody heard that acts; at the latest when it was over itself.
    pub mitigated: Option<SimTime>,
    /// When it ended, if it did before the horizon.
    pub recovered: Option<SimTime>,
    /// Requests of all clients that failed while it lasted.
    pub requests_failed: u64,
}

/// What an incident is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A unit of the fault: numbers of fault and unit.
    Fault(u32, u32),
    /// A fault on one replica of a unit that recovers by itself: numbers of fault and replica.
    Struck(u32, u32),
    /// A service below its quorum.
    Service(u32),
    /// A block that is down.
    Block(u32),
}

/// How the incidents of a fault went on: those that began in the measured part, were detected, had something decided about
/// them, and ended in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageMeasure {
    /// How many.
    pub decided: u64,
    /// Those of them that were not mitigated before it was decided what to do.
    pub mitigated: u64,
    /// Time of the latter from decision to mitigation (ns).
    pub mitigating: u128,
    /// Time from start to end (ns).
    pub whole: u128,
    /// The part of each stage in that: until detected, decided, mitigated and over (ns).
    pub stages: [u128; 4],
}

impl StageMeasure {
    /// Adds an incident that is over: when it started, was detected, decided about, mitigated, and ended.
    pub fn add(&mut self, [start, detected, decided, mitigated, end]: [SimTime; 5]) {
        self.decided += 1;
        if mitigated >= decided {
            self.mitigated += 1;
            self.mitigating += u128::from(mitigated.since(decided).as_nanos());
        }
        self.whole += u128::from(end.since(start).as_nanos());
        let steps = [start, detected, decided, mitigated.max(decided), end];
        for (stage, step) in self.stages.iter_mut().zip(steps.windows(2)) {
            *stage += u128::from(step[1].since(step[0]).as_nanos());
        }
    }
}
