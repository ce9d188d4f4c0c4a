//! The first replica that has room.

use super::{BalancingPolicy, FleetView, LoadNeeded, Needs};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// Settings of filling replicas one after another.
    pub struct Settings {
        /// Most attempts of this decider at one replica; its number of slots where not given.
        #[range = ">= 1"]
        max_conns: Option<u32> = None,
    }
}

/// Picks the replica with the lowest number at which this decider has room, whatever its speed.
///
/// Where nobody has room it picks the one with the fewest attempts, the first among equals. Helps to leave the last
/// replicas idle, so that they can be switched off. Hurts latency: the first replicas are always full, and it is
/// pointless without a limit. Source: HAProxy `configuration.txt`, balance first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct First {
    most: Option<u32>,
}

impl BalancingPolicy for First {
    const NAME: &'static str = "first";
    const SUMMARY: &'static str = "The first replica at which this decider has room.";
    const NO_SLOW_START: Option<&'static str> =
        Some("it fills replicas by their number, and there is no weight to lower");
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs::load(LoadNeeded::Own)
    }

    fn check(settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(settings.max_conns != Some(0), "max_conns", "expected at least 1")
    }

    fn new(settings: &Settings, _speed: &[f64]) -> Self {
        Self { most: settings.max_conns }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> Option<u32> {
        let most = self.most.unwrap_or(fleet.slots);
        let load = |replica: &u32| fleet.load[*replica as usize];
        let free = fleet.eligible.iter().find(|replica| load(replica) < most);
        free.or_else(|| fleet.eligible.iter().min_by_key(|replica| load(replica))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    #[test]
    fn replicas_are_filled_one_after_another() {
        let mut first = First::new(&Settings { max_conns: Some(2) }, &[]);
        let (mut load, mut picks) = ([0; 3], Vec::new());
        for _ in 0..7 {
            let picked = first.pick(&view(&[0, 1, 2], &load), &mut stream()).unwrap();
            load[picked as usize] += 1;
            picks.push(picked);
        }
        assert_eq!(picks, [0, 0, 1, 1, 2, 2, 0]);
    }

    #[test]
    fn the_limit_is_the_number_of_slots() {
        let mut first = First::new(&Settings { max_conns: None }, &[]);
        let fleet = FleetView { slots: 4, ..view(&[1, 2], &[0, 3, 0]) };
        assert_eq!(first.pick(&fleet, &mut stream()), Some(1));
        let fleet = FleetView { slots: 3, ..fleet };
        assert_eq!(first.pick(&fleet, &mut stream()), Some(2));
        assert!(First::check(&Settings { max_conns: Some(0) }, 3).is_err());
    }
}
