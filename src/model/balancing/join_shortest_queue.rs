//! The replica that is known to have the fewest attempts.

use super::{BalancingPolicy, FleetView, LoadNeeded, Needs, below, fewest};
use crate::kernel::stream::Stream;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Picks the replica that is known to have the fewest attempts, at random among equals.
///
/// Helps most of all policies that know only numbers, as long as the knowledge is fresh. Hurts with stale knowledge: all
/// deciders send to the same replica until the news of its queue arrives. Source: Winston, Optimality of the shortest
/// line discipline (1977).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinShortestQueue;

impl BalancingPolicy for JoinShortestQueue {
    const NAME: &'static str = "join-shortest-queue";
    const SUMMARY: &'static str = "The replica known to have the fewest attempts, at random among equals.";
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs::load(LoadNeeded::Known)
    }

    fn check(_settings: &Settings, _replicas: usize) -> Result<(), String> {
        Ok(())
    }

    fn new(_settings: &Settings, _speed: &[f64]) -> Self {
        Self
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let least = fewest(fleet);
        // When all are eligible the loads stand side by side, and nothing is looked up.
        if fleet.eligible.len() == fleet.load.len() {
            return Some(one_of_least((0..).zip(fleet.load.iter().copied()), least, stream));
        }
        let loads = fleet.eligible.iter().map(|replica| (*replica, fleet.load[*replica as usize]));
        Some(one_of_least(loads, least, stream))
    }
}

/// One of those whose load is `least`, all as likely; nothing is drawn where there is only one.
#[inline]
fn one_of_least(loads: impl Iterator<Item = (u32, u32)> + Clone, least: u32, stream: &mut Stream) -> u32 {
    let count: u32 = loads.clone().map(|(_, load)| u32::from(load == least)).sum();
    let place = if count == 1 { 0 } else { below(count as usize, stream) };
    let mut equals = loads.filter(|(_, load)| *load == least);
    let (picked, _) =
        equals.nth(place).unwrap_or_else(|| unreachable!("the least load is that of an eligible replica"));
    picked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    #[test]
    fn the_fewest_wins_without_a_draw() {
        let mut random = stream();
        assert_eq!(JoinShortestQueue.pick(&view(&[0, 1, 2], &[3, 1, 2]), &mut random), Some(1));
        assert_eq!(JoinShortestQueue.pick(&view(&[0, 2], &[3, 1, 2]), &mut random), Some(2));
        assert_eq!(JoinShortestQueue.pick(&view(&[2], &[3, 1, 2]), &mut random), Some(2));
        assert_eq!(random, stream());
    }

    #[test]
    fn equals_are_picked_at_random() {
        let load = [2, 1, 1, 5, 1];
        assert_shares(&[0.0, 1.0, 1.0, 0.0, 1.0], |stream| {
            JoinShortestQueue.pick(&view(&[0, 1, 2, 3, 4], &load), stream)
        });
        assert_shares(&[0.0, 1.0, 0.0, 0.0, 1.0], |stream| {
            JoinShortestQueue.pick(&view(&[0, 1, 3, 4], &load), stream)
        });
    }
}
