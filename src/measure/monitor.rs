//! What monitors did in a run.

/// What a monitor did in the measured part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MonitorMeasure {
    /// Alarms raised.
    pub alarms: u64,
    /// Those raised while no fault lasted on what it watches.
    pub alarms_false: u64,
    /// Faults that began in the measured part on what it looks at; all of them where it looks at no part by itself.
    pub faults: u64,
    /// Those of them that it found.
    pub recalled: u64,
    /// The same, those that several looks of it found counted by look.
    pub found: u64,
    /// Things that were done, beside the recovery of faults that name the monitor.
    pub actions: u64,
    /// Those of them that followed from an alarm raised without a fault.
    pub actions_unneeded: u64,
    /// Alarms on which somebody acted.
    pub decided: u64,
    /// Time from these alarms to that (ns).
    pub deciding: u128,
    /// Time from the begin of faults that it found to that (ns), and of those that a poll still looks for at the end of the measured part, up to
    /// that end.
    pub delay: u128,
}
