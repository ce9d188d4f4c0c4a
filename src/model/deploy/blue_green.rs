//! A second fleet beside the first, and a switch.

use super::{DeployPolicy, Rollout, Step};
use crate::registry::Impossible;
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a release beside the one before.
    pub struct Settings {
        /// How long is waited after the switch before the release counts as complete: until then an alarm takes it back.
        bake: SimDuration = SimDuration::ZERO,
        /// How long replicas of the release before are kept after the switch, started and without work: while they are
        /// there an alarm switches back to them at once. A function has its instances for as long as its `keep_alive` says.
        keep_old: SimDuration = SimDuration::from_nanos(3_600_000_000_000),
    }
}

/// Starts as many replicas of the release as there are, switches to them when all have started, and keeps the others for a
/// while.
///
/// Helps where two versions must not answer side by side, and where the way back has to be short: the old ones are there.
/// Hurts by what twice the replicas cost for as long, and by a bad release that all requests meet at once. Source: AWS
/// `CodeDeploy`, "Blue/green deployments"; M. Fowler, "`BlueGreenDeployment`" (2010).
#[derive(Debug, Clone, Copy)]
pub struct BlueGreen;

impl DeployPolicy for BlueGreen {
    const NAME: &'static str = "blue-green";
    const SUMMARY: &'static str = "Starts a second fleet, switches to it, and keeps the first for a while.";
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn rollout(settings: &Settings) -> Rollout {
        Rollout {
            steps: vec![Step { share: 1.0, bake: settings.bake }],
            surge: 1.0,
            unavailable: 0.0,
            at_once: true,
            keep: settings.keep_old.max(settings.bake),
        }
    }
}
