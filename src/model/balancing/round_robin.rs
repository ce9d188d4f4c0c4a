//! Each in turn.

use super::{BalancingPolicy, FleetView, Needs};
use crate::kernel::stream::Stream;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Picks each eligible replica in turn.
///
/// Helps with equal replicas and equal demands: arrivals at each replica are more regular than Poisson. Hurts with a
/// slow replica, which gets as much as the others. Source: Envoy `round_robin_lb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundRobin {
    turn: usize,
}

impl BalancingPolicy for RoundRobin {
    const NAME: &'static str = "round-robin";
    const SUMMARY: &'static str = "Each eligible replica in turn.";
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs::NOTHING
    }

    fn check(_settings: &Settings, _replicas: usize) -> Result<(), String> {
        Ok(())
    }

    fn new(_settings: &Settings, _speed: &[f64]) -> Self {
        Self { turn: 0 }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> Option<u32> {
        if self.turn >= fleet.eligible.len() {
            self.turn = 0;
        }
        let picked = fleet.eligible[self.turn];
        self.turn += 1;
        Some(picked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    #[test]
    fn each_has_its_turn() {
        let mut policy = RoundRobin::new(&Settings {}, &[]);
        let mut picks = |eligible: &[u32], count: usize| -> Vec<u32> {
            (0..count).map(|_| policy.pick(&view(eligible, &[]), &mut stream()).unwrap()).collect()
        };
        assert_eq!(picks(&[0, 1, 2], 5), [0, 1, 2, 0, 1]);
        assert_eq!(picks(&[0, 2], 3), [0, 2, 0]);
    }
}
