//! The less loaded of two at random.

use super::power_of_d::{self, PowerOfD};
use super::{BalancingPolicy, FleetView, Needs};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// Settings of a choice between two.
    pub struct Settings {
        /// Whether one may be sampled twice, as Envoy does.
        replacement: bool = false,
    }
}

/// Samples two replicas at random and picks the one that is known to have fewer attempts: `power-of-d` with two choices.
///
/// Helps almost as much as knowing all queues, at the price of two questions. Hurts when replicas differ in speed, which
/// it does not see. Source: Mitzenmacher, The power of two choices in randomized load balancing (2001).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerOfTwo {
    general: PowerOfD,
}

impl Settings {
    fn general(&self) -> power_of_d::Settings {
        power_of_d::Settings { choices: 2, replacement: self.replacement, memory: 0 }
    }
}

impl BalancingPolicy for PowerOfTwo {
    const NAME: &'static str = "power-of-two";
    const SUMMARY: &'static str = "The less loaded of two replicas sampled at random.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "it compares queues alone, and there is no weight to lower; \"least-request\" and \"random-draws\" have it",
    );
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        PowerOfD::needs(&settings.general())
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        PowerOfD::check(&settings.general(), replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        Self { general: PowerOfD::new(&settings.general(), speed) }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        self.general.pick(fleet, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    #[test]
    fn it_picks_as_two_choices_do() {
        let (mut one, mut other) = (stream(), stream());
        for replacement in [false, true] {
            let mut two = PowerOfTwo::new(&Settings { replacement }, &[]);
            let mut general =
                PowerOfD::new(&power_of_d::Settings { choices: 2, replacement, memory: 0 }, &[]);
            for number in 0..1_000 {
                let load = [number % 3, number % 5, number % 7];
                let fleet = view(&[0, 1, 2], &load);
                assert_eq!(two.pick(&fleet, &mut one), general.pick(&fleet, &mut other));
            }
        }
    }
}
