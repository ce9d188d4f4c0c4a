//! Versions of a function: what differs between them, and which of them a request gets.
//!
//! Source: AWS Lambda Developer Guide, "Manage Lambda function versions" and "Implement Lambda canary deployments using a
//! weighted alias": each invocation is routed at random by the weights.

use rand::RngExt;

use super::start::Start;
use crate::kernel::distribution::Distribution;
use crate::kernel::stream::Draw;
use crate::units::{Probability, SimDuration, SimTime};

/// The most versions of a function: they are numbered in a byte.
pub const VERSIONS_MAX: usize = 100;
/// The version that a function is as it is written.
pub const FIRST: &str = "v1";

/// The versions of a function, and the names for them.
#[derive(Debug, Clone)]
pub struct Versions {
    /// Each version: `v1`, and the others in the order of their names.
    pub all: Vec<Version>,
    /// What can be asked for: what runs, each version, and each alias in the order of their names.
    pub targets: Vec<Target>,
    /// Whether a version is drawn for a session, not for an attempt.
    pub sticky: bool,
    /// The version of provisioned instances.
    pub provisioned: u8,
}

impl Versions {
    /// The version that what can be asked for stands for at the start, where that is one.
    pub fn at_start(&self, target: u8) -> u8 {
        let shares = self.targets.get(usize::from(target)).and_then(|target| target.0.first());
        shares.and_then(|shares| shares.upto.last()).map_or(0, |(version, _)| *version)
    }
}

/// One version, with all that may differ from others.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its name.
    pub name: String,
    /// The work of one attempt.
    pub demand: Distribution,
    /// Share of attempts that are answered with an error.
    pub error_ratio: Probability,
    /// The work of such an attempt, in place of `demand`.
    pub error_time: Option<Distribution>,
    /// How its instances start.
    pub start: Start,
    /// The whole of the first response of an instance, in place of its start and the demand of that request.
    pub cold_demand: Option<Distribution>,
    /// How long a request may take.
    pub max_duration: Option<SimDuration>,
    /// The memory of an instance \[MB\]; 0 where nothing tells it.
    pub megabytes: f64,
    /// How fast its instances work.
    pub speed: f64,
}

/// What a caller may ask for, and what that stands for from each instant on.
#[derive(Debug, Clone, PartialEq)]
pub struct Target(pub Vec<Shares>);

/// Shares of versions from an instant on.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// From when on.
    pub at: SimTime,
    /// Versions with a share above 0, each with the sum of the shares up to its own; the last ends at 1.
    pub upto: Vec<(u8, f64)>,
}

impl Target {
    /// One version, always.
    pub fn only(version: u8) -> Self {
        Self(vec![Shares { at: SimTime::ZERO, upto: vec![(version, 1.0)] }])
    }

    /// The version of what is sent now; `random` decides where chance does.
    pub fn version(&self, now: SimTime, random: impl FnOnce() -> Draw) -> u8 {
        let place = self.0.partition_point(|shares| shares.at <= now);
        let Some(shares) = self.0.get(place.saturating_sub(1)) else { return 0 };
        let (last, others) = match &shares.upto[..] {
            [others @ .., (last, _)] => (*last, others),
            [] => return 0,
        };
        if others.is_empty() {
            return last;
        }
        let chance: f64 = random().random();
        others.iter().find(|(_, upto)| chance < *upto).map_or(last, |(version, _)| *version)
    }

    /// Whether it gives a version before an instant.
    pub fn gives(&self, version: u8, end: SimTime) -> bool {
        let steps = self.0.iter().filter(|shares| shares.at < end);
        steps.flat_map(|shares| &shares.upto).any(|(one, _)| *one == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    #[test]
    fn shares_hold_from_their_instant_on() {
        let at = SimTime::from_nanos;
        let target = Target(vec![
            Shares { at: at(0), upto: vec![(0, 1.0)] },
            Shares { at: at(10), upto: vec![(0, 0.75), (2, 1.0)] },
            Shares { at: at(20), upto: vec![(2, 1.0)] },
        ]);
        let never = || unreachable!("one version needs no chance");
        assert_eq!([0, 9].map(|now| target.version(at(now), never)), [0, 0]);
        assert_eq!([20, 30].map(|now| target.version(at(now), never)), [2, 2]);
        let count = (0..40_000)
            .filter(|key| target.version(at(10 + key % 10), || draw(*key, Purpose::Version)) == 2)
            .count();
        // 10,000 with a standard deviation of 87.
        assert!(count.abs_diff(10_000) < 347, "{count}");
        assert!(target.gives(2, at(11)) && !target.gives(2, at(10)) && !target.gives(1, at(40)));
    }
}
