//! A few replicas after the other.

use super::{DeployPolicy, Pace, QUARTER, Rollout, Step};
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of a release that takes the place of the one before a few replicas at a time.
    pub struct Settings {
        /// How many replicas there may be above the number wanted, as a share of that, rounded up.
        surge: Probability = QUARTER,
        /// How many replicas may be missing of the number wanted, as a share of that, rounded down; one where `surge` and
        /// this round to none.
        unavailable: Probability = QUARTER,
        /// How long is waited after the last replica before the release counts as complete: until then an alarm takes it
        /// back.
        bake: SimDuration = SimDuration::ZERO,
    }
}

/// Exchanges a few replicas at a time: as many start as `surge` allows, and as many go as may be missing.
///
/// Helps by what it never takes away: with `unavailable` 0 all that are wanted serve all the time. It stops by itself where
/// replicas of the release do not come up. Hurts where the two versions do not get on with each other, and by its length.
/// Source: Kubernetes, Deployments, "Rolling Update Deployment" (25 % each).
#[derive(Debug, Clone, Copy)]
pub struct Rolling;

impl DeployPolicy for Rolling {
    const NAME: &'static str = "rolling";
    const SUMMARY: &'static str = "Exchanges a few replicas at a time, as Kubernetes does.";
    const MOVES_REQUESTS: bool = false;
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn rollout(settings: &Settings) -> Rollout {
        let pace = Pace { surge: settings.surge, unavailable: settings.unavailable };
        Rollout::gradual(vec![Step { share: 1.0, bake: settings.bake }], pace)
    }
}
