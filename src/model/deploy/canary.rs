//! A small share first.

use super::{DeployPolicy, Pace, QUARTER, Rollout, Step, part};
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of a release in two steps.
    pub struct Settings {
        /// The share of replicas, rounded up, or of a function's requests that has the release first.
        #[range = "> 0"]
        share: Probability = TENTH,
        /// How long that is watched before all others follow.
        bake: SimDuration = SimDuration::from_nanos(300_000_000_000),
        /// How many replicas there may be above the number wanted, as a share of that, rounded up.
        surge: Probability = QUARTER,
        /// How many replicas may be missing of the number wanted, as a share of that, rounded down; one where `surge` and
        /// this round to none.
        unavailable: Probability = QUARTER,
    }
}

/// The share of most presets.
const TENTH: Probability = Probability::literal(0.1);

/// Brings a release out to a small share, waits, and brings it out to all.
///
/// Helps where an alarm comes before the wait is over: then only the share met what is bad. Hurts where it does not: a
/// share of a tenth is a tenth of the errors, which an alarm on the whole service may not see, and a wait shorter than the
/// alarm needs is only a delay. Source: AWS `CodeDeploy`, `Canary10Percent5Minutes`; Google SRE workbook, chapter 16,
/// "Canarying Releases".
#[derive(Debug, Clone, Copy)]
pub struct Canary;

impl DeployPolicy for Canary {
    const NAME: &'static str = "canary";
    const SUMMARY: &'static str = "Brings a release out to a small share, waits, and brings it out to all.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        part(settings.share)
    }

    fn rollout(settings: &Settings) -> Rollout {
        let pace = Pace { surge: settings.surge, unavailable: settings.unavailable };
        let first = Step { share: settings.share.get(), bake: settings.bake };
        Rollout::gradual(vec![first, Step { share: 1.0, bake: SimDuration::ZERO }], pace)
    }
}
