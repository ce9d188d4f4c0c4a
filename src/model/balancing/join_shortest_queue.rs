//! The replica that is known to have the fewest attempts.

use super::scan::Scan;
use super::{BalancingPolicy, FleetView, LoadNeeded, Needs};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Picks the replica that is known to have the fewest attempts, at random among equals.
///
/// Helps most of all policies that know only numbers, as long as the knowledge is fresh. Hurts with stale knowledge: all
/// deciders send to the same replica until the news of its queue arrives. Source: Winston, Optimality of the shortest
/// line discipline (1977).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinShortestQueue(Scan);

impl BalancingPolicy for JoinShortestQueue {
    const NAME: &'static str = "join-shortest-queue";
    const SUMMARY: &'static str = "The replica known to have the fewest attempts, at random among equals.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "it compares queues alone, and there is no weight to lower; \"least-request\" with weights has it",
    );
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs::load(LoadNeeded::Known)
    }

    fn check(_settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(_settings: &Settings, _speed: &[f64]) -> Self {
        Self(Scan::default())
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        Some(self.0.least_at_random(fleet, stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    #[test]
    fn the_fewest_wins_without_a_draw() {
        let mut random = stream();
        assert_eq!(
            JoinShortestQueue::new(&Settings {}, &[]).pick(&view(&[0, 1, 2], &[3, 1, 2]), &mut random),
            Some(1)
        );
        assert_eq!(
            JoinShortestQueue::new(&Settings {}, &[]).pick(&view(&[0, 2], &[3, 1, 2]), &mut random),
            Some(2)
        );
        assert_eq!(
            JoinShortestQueue::new(&Settings {}, &[]).pick(&view(&[2], &[3, 1, 2]), &mut random),
            Some(2)
        );
        assert_eq!(random, stream());
    }

    #[test]
    fn equals_are_picked_at_random() {
        let load = [2, 1, 1, 5, 1];
        assert_shares(&[0.0, 1.0, 1.0, 0.0, 1.0], |stream| {
            JoinShortestQueue::new(&Settings {}, &[]).pick(&view(&[0, 1, 2, 3, 4], &load), stream)
        });
        assert_shares(&[0.0, 1.0, 0.0, 0.0, 1.0], |stream| {
            JoinShortestQueue::new(&Settings {}, &[]).pick(&view(&[0, 1, 3, 4], &load), stream)
        });
    }

    #[test]
    fn equals_of_a_large_fleet_are_as_likely() {
        let eligible: Vec<u32> = (0..200).collect();
        let load: Vec<u32> = eligible.iter().map(|replica| 1 + u32::from(replica % 3 == 0)).collect();
        let expected: Vec<f64> = load.iter().map(|load| f64::from(2 - *load)).collect();
        assert_shares(&expected, |stream| {
            JoinShortestQueue::new(&Settings {}, &[]).pick(&view(&eligible, &load), stream)
        });
    }
}
