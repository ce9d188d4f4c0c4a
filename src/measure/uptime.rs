use crate::units::SimTime;

/// Up and down time of a part within the measured part of a run, summed over units where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UpTime {
    /// Time up (ns).
    pub up: u128,
    /// Time down (ns).
    pub down: u128,
    /// Outages that began in the measured part.
    pub incidents: u64,
    /// Outages that ended in the measured part, whenever they began.
    pub ended: u64,
    /// Time that the outages begun in the measured part stayed undetected (ns): up to their detection, or to the end of
    /// that part where they last and are not detected yet. What ends undetected is left out.
    pub undetected: u128,
    /// How many of them were detected.
    pub detected: u64,
}

impl UpTime {
    /// Adds the share of a stretch from `from` to `to` that lies in the measured part.
    pub fn add(&mut self, is_up: bool, from: SimTime, to: SimTime, transient: SimTime, horizon: SimTime) {
        let inside = u128::from(to.min(horizon).since(from.max(transient)).as_nanos());
        if is_up {
            self.up += inside;
        } else {
            self.down += inside;
        }
    }
}
