//! Replicas that stand by until one that serves fails.

use super::start::Start;
use crate::kernel::distribution::Distribution;
use crate::units::{Probability, SimDuration};
use rand::Rng;

/// Spares of a service, and how they take over.
#[derive(Debug, Clone)]
pub struct Standby {
    /// How many replicas serve, the first ones at the start; fewer than there are.
    pub active: u32,
    /// What a spare goes through that takes over, after the switch; nothing where it runs.
    pub start: Option<Start>,
    /// How many times faster than those of a replica that serves the clocks of faults run that strike a spare alone.
    pub hazard: f64,
    /// How likely a spare takes over by itself once a failure is known.
    pub coverage: Probability,
    /// How long that takes.
    pub switch: Distribution,
    /// How long it takes where it does not by itself.
    pub uncovered: Distribution,
    /// Whether the recovery of what failed waits for the switch.
    pub repair_after_switch: bool,
    /// When the replicas of the start serve again.
    pub failback: Failback,
}

/// What a replica of a service with spares does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It serves, or would if no fault kept it from that.
    Active,
    /// It stands by again and finishes what it has.
    Leaving,
    /// It stands by.
    Spare,
}

/// How ready a spare is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It runs.
    Hot,
    /// It is there, and its program is not started.
    Warm,
    /// Nothing of it runs.
    Cold,
}

impl Readiness {
    /// How many times faster the clocks of its faults run than those of one that serves, where nothing else is written.
    pub const fn hazard(self) -> f64 {
        match self {
            Self::Hot => 1.0,
            Self::Warm => 0.3,
            Self::Cold => 0.0,
        }
    }
}

/// When the replicas of the start serve again after they were mended.
#[derive(Debug, Clone)]
pub enum Failback {
    /// When somebody says so.
    Never,
    /// So long after they are mended they begin to take over.
    After(Distribution),
}

impl Standby {
    /// How long a spare that takes over starts: tries in vain and the pauses after them too. `random` gives the generator of
    /// each try, numbered from 0.
    pub fn starting<R: Rng>(&self, mut random: impl FnMut(u32) -> R) -> SimDuration {
        let Some(start) = &self.start else { return SimDuration::ZERO };
        let mut nanos = 0_u64;
        for number in 0..TRIES_MAX {
            let tried = start.attempt(&mut random(number));
            nanos = nanos.saturating_add(tried.takes.as_nanos());
            if tried.succeeds {
                break;
            }
            nanos = nanos.saturating_add(start.pause(number + 1).as_nanos());
        }
        SimDuration::from_nanos(nanos)
    }
}

/// Most tries of one start: a later one is taken to succeed.
const TRIES_MAX: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    fn seconds(seconds: f64) -> SimDuration {
        SimDuration::from_secs(seconds)
    }

    fn standby(start: Option<Start>) -> Standby {
        let none = Distribution::constant(SimDuration::ZERO);
        Standby {
            active: 1,
            start,
            hazard: 1.0,
            coverage: Probability::ONE,
            switch: none.clone(),
            uncovered: none,
            repair_after_switch: true,
            failback: Failback::Never,
        }
    }

    #[test]
    fn a_spare_that_runs_needs_no_start() {
        assert_eq!(standby(None).starting(|_| draw(1, Purpose::Start)), SimDuration::ZERO);
    }

    #[test]
    fn a_start_is_tried_until_it_succeeds() {
        let whole = Start::of(Distribution::constant(seconds(3.0)));
        let half = Probability::new(0.5).unwrap();
        let start = Start { success: half, again_after: seconds(10.0), again_max: seconds(10.0), ..whole };
        let standby = standby(Some(start));
        let mut count = [0_u32; 3];
        for key in 0..4_000 {
            let takes = standby.starting(|number| draw(key << 16 | u64::from(number), Purpose::Start));
            let failed = (takes.as_nanos() - seconds(3.0).as_nanos()) / seconds(13.0).as_nanos();
            assert_eq!(takes.as_nanos(), seconds(3.0).as_nanos() + failed * seconds(13.0).as_nanos());
            count[failed.min(2) as usize] += 1;
        }
        // A half and a quarter, give or take four standard deviations.
        assert!(count[0].abs_diff(2_000) < 127 && count[1].abs_diff(1_000) < 110, "{count:?}");
    }
}
