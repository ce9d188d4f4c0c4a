//! Everything stops and starts anew.

use super::{DeployPolicy, Rollout, Step};
use crate::registry::Impossible;
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a release in one step.
    pub struct Settings {
        /// How long is waited after it before it counts as complete: until then an alarm takes it back.
        bake: SimDuration = SimDuration::ZERO,
    }
}

/// Stops every replica and starts the release in their place; of a function, all requests go to it from one instant on.
///
/// Helps where two versions must not run side by side, and is over soonest. Hurts by the time without any replica, as long
/// as a start takes, and by a bad release that all requests meet. Source: Kubernetes, Deployments, strategy `Recreate`; AWS
/// `CodeDeploy`, `AllAtOnce`.
#[derive(Debug, Clone, Copy)]
pub struct AllAtOnce;

impl DeployPolicy for AllAtOnce {
    const NAME: &'static str = "all-at-once";
    const SUMMARY: &'static str = "Stops every replica and starts the release in their place.";
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn rollout(settings: &Settings) -> Rollout {
        Rollout {
            steps: vec![Step { share: 1.0, bake: settings.bake }],
            surge: 0.0,
            unavailable: 1.0,
            at_once: false,
            keep: SimDuration::ZERO,
        }
    }
}
