//! How whatever serves comes to serve: phase by phase, perhaps only after several tries, and slowly at first.

use rand::{Rng, RngExt};

use crate::kernel::distribution::Distribution;
use crate::units::{Probability, SimDuration};

/// How a start goes: phases one after another, then a time of lower speed.
#[derive(Debug, Clone)]
pub struct Start {
    /// What must be over before it serves, in this order.
    pub phases: Vec<Distribution>,
    /// How many of the phases are over for good once there is a place with the code: what was reset goes through the others
    /// only.
    pub lasting: usize,
    /// How long the others may take; what would take longer is broken off then and begins once more, without limit.
    pub init_limit: Option<SimDuration>,
    /// How long after that it works at `warmup_speed`.
    pub warmup: Option<Distribution>,
    /// Its speed meanwhile, as a share of its own; above 0.
    pub warmup_speed: f64,
    /// How likely a try succeeds; above 0.
    pub success: Probability,
    /// Pause after the first try that failed; it doubles with each further one.
    pub again_after: SimDuration,
    /// The longest pause.
    pub again_max: SimDuration,
}

/// One try to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    /// How long its phases take in all.
    pub takes: SimDuration,
    /// Whether it serves then.
    pub succeeds: bool,
}

impl Start {
    /// A start of one phase that always succeeds and leaves nothing to be warmed up.
    pub fn of(law: Distribution) -> Self {
        Self {
            phases: vec![law],
            lasting: 0,
            init_limit: None,
            warmup: None,
            warmup_speed: 1.0,
            success: Probability::ONE,
            again_after: SimDuration::ZERO,
            again_max: SimDuration::ZERO,
        }
    }

    /// Tries once: phases are drawn in their order, those that were broken off again, then whether they were in vain.
    pub fn attempt(&self, random: &mut impl Rng) -> Try {
        let (place, init) = self.phases.split_at(self.lasting.min(self.phases.len()));
        let mut takes = in_all(place, random);
        let once = in_all(init, random);
        match self.init_limit.filter(|limit| once > *limit) {
            None => takes = sum(takes, once),
            Some(limit) => takes = sum(sum(takes, limit), in_all(init, random)),
        }
        let succeeds = self.success >= Probability::ONE || random.random::<f64>() < self.success.get();
        Try { takes, succeeds }
    }

    /// How long it takes where it is already: the phases that do not last.
    pub fn again(&self, random: &mut impl Rng) -> SimDuration {
        in_all(self.phases.get(self.lasting..).unwrap_or_default(), random)
    }

    /// How long one that serves works at the lower speed.
    pub fn warm_up(&self, random: &mut impl Rng) -> SimDuration {
        self.warmup.as_ref().map_or(SimDuration::ZERO, |law| law.sample(random))
    }

    /// The pause after so many tries in a row that failed, at least one: doubled with each, up to the longest.
    pub fn pause(&self, failed: u32) -> SimDuration {
        let doublings = failed.saturating_sub(1).min(63);
        let pause = u128::from(self.again_after.as_nanos()) << doublings;
        SimDuration::from_nanos(u64::try_from(pause).unwrap_or(u64::MAX)).min(self.again_max)
    }

    /// The mean time of one try \[s\], of which nothing is broken off; infinite where a phase has none.
    pub fn mean(&self) -> f64 {
        self.phases.iter().map(Distribution::mean).sum()
    }
}

/// How long phases take one after another.
fn in_all(phases: &[Distribution], random: &mut impl Rng) -> SimDuration {
    phases.iter().fold(SimDuration::ZERO, |all, phase| sum(all, phase.sample(random)))
}

const fn sum(one: SimDuration, other: SimDuration) -> SimDuration {
    SimDuration::from_nanos(one.as_nanos().saturating_add(other.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    fn seconds(seconds: f64) -> SimDuration {
        SimDuration::from_secs(seconds)
    }

    fn start() -> Start {
        let phases = [1.0, 2.0, 4.0].map(|one| Distribution::constant(seconds(one)));
        Start {
            phases: phases.to_vec(),
            success: Probability::new(0.25).unwrap(),
            again_after: seconds(10.0),
            again_max: seconds(300.0),
            ..Start::of(Distribution::constant(SimDuration::ZERO))
        }
    }

    #[test]
    fn phases_follow_each_other() {
        let tries: Vec<Try> = (0..4_000).map(|key| start().attempt(&mut draw(key, Purpose::Start))).collect();
        assert!(tries.iter().all(|one| one.takes == seconds(7.0)));
        let succeeded = tries.iter().filter(|one| one.succeeds).count();
        // A quarter, give or take five standard deviations.
        assert!(succeeded.abs_diff(1_000) < 140, "{succeeded}");
        assert_eq!(start().warm_up(&mut draw(1, Purpose::Start)), SimDuration::ZERO);
        assert!((start().mean() - 7.0).abs() < 1e-9);
    }

    #[test]
    fn what_takes_too_long_begins_once_more() {
        let of = |limit| {
            let start =
                Start { lasting: 1, init_limit: Some(seconds(limit)), success: Probability::ONE, ..start() };
            start.attempt(&mut draw(1, Purpose::Start)).takes
        };
        assert_eq!([6.0, 5.0, 1.0].map(of), [7.0, 1.0 + 5.0 + 6.0, 1.0 + 1.0 + 6.0].map(seconds));
    }

    #[test]
    fn what_is_reset_goes_through_the_phases_that_do_not_last() {
        let again = |lasting| Start { lasting, ..start() }.again(&mut draw(1, Purpose::Start));
        assert_eq!([0, 1, 2, 3, 4].map(again), [7.0, 6.0, 4.0, 0.0, 0.0].map(seconds));
        let whole = Start::of(Distribution::constant(seconds(3.0)));
        assert_eq!(whole.again(&mut draw(1, Purpose::Start)), seconds(3.0));
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = [1, 2, 3, 4, 5, 6, 7, 200].map(|failed| start().pause(failed));
        assert_eq!(pauses, [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0].map(seconds));
    }

    #[test]
    fn a_start_that_cannot_fail_draws_nothing_for_that() {
        let sure = Start { success: Probability::ONE, ..start() };
        let mut random = draw(7, Purpose::Start);
        assert!(sure.attempt(&mut random).succeeds);
        assert_eq!(random.random::<u64>(), draw(7, Purpose::Start).random::<u64>());
    }
}
