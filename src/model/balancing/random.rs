//! Uniform random choice.

use super::{BalancingPolicy, FleetView, Needs, below};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Picks uniformly at random.
///
/// Helps where deciders are many and know nothing of each other. Hurts at high load: queues are as uneven as chance
/// makes them, M/M/1 each. Source: textbook Poisson thinning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Random;

impl BalancingPolicy for Random {
    const NAME: &'static str = "random";
    const SUMMARY: &'static str = "Uniform random choice.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "it is the even choice of Envoy and of clients without weights, and there is no weight to lower: Envoy starts slowly with round robin and least request only",
    );
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs::NOTHING
    }

    fn check(_settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(_settings: &Settings, _speed: &[f64]) -> Self {
        Self
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        match fleet.eligible {
            [only] => Some(*only),
            several => Some(several[below(several.len(), stream)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    #[test]
    fn the_eligible_are_equally_likely() {
        assert_shares(&[1.0, 0.0, 1.0, 1.0], |stream| Random.pick(&view(&[0, 2, 3], &[]), stream));
    }

    #[test]
    fn nothing_is_drawn_for_one() {
        let mut random = stream();
        assert_eq!(Random.pick(&view(&[7], &[]), &mut random), Some(7));
        assert_eq!(random, stream());
    }
}
