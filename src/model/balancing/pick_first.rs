//! One replica for all.

use super::{BalancingPolicy, FleetView, Needs, below};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// Settings of staying with one replica.
    pub struct Settings {
        /// Whether the first one is drawn at random; otherwise it is the one with the lowest number.
        shuffle: bool = false,
    }
}

/// Picks the same replica again and again, and another only when that one may not be chosen.
///
/// Helps where connections are dear and replicas have to be few, or where one is enough for each caller. Hurts balance:
/// without `shuffle` all callers use the same replica, and one that came back gets nothing before another fails. Source:
/// gRPC, `pick_first`, its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PickFirst {
    shuffles: bool,
    /// With whom it stays.
    connected: Option<u32>,
}

impl BalancingPolicy for PickFirst {
    const NAME: &'static str = "pick-first";
    const SUMMARY: &'static str = "One replica for all attempts, and another only when it is lost.";
    const NO_SLOW_START: Option<&'static str> =
        Some("it stays with one replica, and there is no share to grow");
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs { every_pick: true, ..Needs::NOTHING }
    }

    fn check(_settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Ok(())
    }

    fn without_shards(_settings: &Settings) -> Option<&'static str> {
        Some("it stays with one replica, which is another one for each shard")
    }

    fn new(settings: &Settings, _speed: &[f64]) -> Self {
        Self { shuffles: settings.shuffle, connected: None }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if let Some(connected) = self.connected.filter(|one| fleet.eligible.binary_search(one).is_ok()) {
            return Some(connected);
        }
        let place = if self.shuffles { below(fleet.eligible.len(), stream) } else { 0 };
        self.connected = fleet.eligible.get(place).copied();
        self.connected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    #[test]
    fn it_stays_until_it_loses_its_replica() {
        let mut policy = PickFirst::new(&Settings { shuffle: false }, &[]);
        let mut pick = |eligible: &[u32]| policy.pick(&view(eligible, &[]), &mut stream()).unwrap();
        assert_eq!([pick(&[0, 1, 2]), pick(&[0, 1, 2])], [0, 0]);
        assert_eq!([pick(&[1, 2]), pick(&[1, 2])], [1, 1]);
        // The one that came back gets nothing.
        assert_eq!([pick(&[0, 1, 2]), pick(&[0, 2]), pick(&[2])], [1, 0, 2]);
    }

    #[test]
    fn a_shuffled_list_begins_anywhere() {
        let settings = Settings { shuffle: true };
        assert_shares(&[1.0, 1.0, 1.0], |stream| {
            PickFirst::new(&settings, &[]).pick(&view(&[0, 1, 2], &[]), stream)
        });
    }
}
