//! Equal shares at equal times.

use super::{DeployPolicy, Pace, QUARTER, Rollout, Step, part};
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of a release in equal steps.
    pub struct Settings {
        /// The share of replicas, rounded up, or of a function's requests that each step adds.
        #[range = "> 0"]
        share: Probability = TENTH,
        /// How long each step but the last is watched before the next.
        #[range = "> 0"]
        bake: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// How many replicas there may be above the number wanted, as a share of that, rounded up.
        surge: Probability = QUARTER,
        /// How many replicas may be missing of the number wanted, as a share of that, rounded down; one where `surge` and
        /// this round to none.
        unavailable: Probability = QUARTER,
    }
}

/// The share of most presets.
const TENTH: Probability = Probability::literal(0.1);
/// Most steps: a smaller share is none that anybody waits for.
const STEPS_MAX: f64 = 1_000.0;

/// Brings a release out in equal steps at equal times.
///
/// Helps where trouble grows with the share, such as load on what the release calls: it is seen while it is small. Hurts by
/// its length, and by what a slow alarm lets through meanwhile. Source: AWS `CodeDeploy`, `Linear10PercentEvery1Minute`.
#[derive(Debug, Clone, Copy)]
pub struct Linear;

impl DeployPolicy for Linear {
    const NAME: &'static str = "linear";
    const SUMMARY: &'static str = "Brings a release out in equal steps at equal times.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        part(settings.share)?;
        let is_coarse = settings.share.get() >= 1.0 / STEPS_MAX;
        Impossible::unless(is_coarse, "share", "a release has at most 1,000 steps")?;
        Impossible::unless(!settings.bake.is_zero(), "bake", "a step is watched for more than zero")
    }

    fn rollout(settings: &Settings) -> Rollout {
        let pace = Pace { surge: settings.surge, unavailable: settings.unavailable };
        let share = settings.share.get();
        let mut steps: Vec<Step> = (1..=STEPS_MAX as u32)
            .map(|step| f64::from(step) * share)
            .take_while(|sum| *sum < 1.0 - 1e-9)
            .map(|share| Step { share, bake: settings.bake })
            .collect();
        steps.push(Step { share: 1.0, bake: SimDuration::ZERO });
        Rollout::gradual(steps, pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up_to_all() {
        let of = |share| {
            let settings = Settings {
                share: Probability::new(share).unwrap(),
                bake: SimDuration::from_secs(60.0),
                surge: QUARTER,
                unavailable: QUARTER,
            };
            let shares: Vec<f64> = Linear::rollout(&settings).steps.iter().map(|step| step.share).collect();
            shares
        };
        assert_eq!(of(0.5), [0.5, 1.0]);
        assert_eq!(of(0.1).len(), 10);
        assert_eq!(of(0.4), [0.4, 0.8, 1.0]);
    }
}
