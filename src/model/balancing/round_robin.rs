//! Each in turn.

use super::{BalancingPolicy, FleetView, LoadNeeded, Needs};
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
    const NEEDS: Needs = Needs { load: LoadNeeded::None };
    type Settings = Settings;

    fn new(_settings: &Settings, _speed: &[f64]) -> Self {
        Self { turn: 0 }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> u32 {
        if self.turn >= fleet.eligible.len() {
            self.turn = 0;
        }
        let picked = fleet.eligible[self.turn];
        self.turn += 1;
        picked
    }
}
