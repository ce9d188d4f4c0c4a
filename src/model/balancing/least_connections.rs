//! The replica with the fewest attempts of this decider.

use super::{BalancingPolicy, FleetView, LoadNeeded, Needs, fewest};
use crate::kernel::stream::Stream;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Picks the replica with the fewest attempts that this decider has out, in turn among equals.
///
/// Helps where demands differ widely or a replica is slow: it fills up and is left alone. Hurts with a replica that
/// fails fast, which looks idle and draws all traffic, and with many deciders, of which none sees the others' work.
/// Source: nginx `ngx_http_upstream_least_conn_module.c` with equal weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeastConnections {
    /// Number after that of the last pick; the search among equals begins here.
    turn: u32,
}

impl BalancingPolicy for LeastConnections {
    const NAME: &'static str = "least-connections";
    const SUMMARY: &'static str =
        "The replica with the fewest attempts of this decider, in turn among equals.";
    const NEEDS: Needs = Needs { load: LoadNeeded::Own };
    type Settings = Settings;

    fn check(_settings: &Settings, _replicas: usize) -> Result<(), String> {
        Ok(())
    }

    fn new(_settings: &Settings, _speed: &[f64]) -> Self {
        Self { turn: 0 }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> u32 {
        let least = fewest(fleet);
        let place = if fleet.eligible.len() == fleet.load.len() {
            // All are eligible, so that each stands at its number.
            let from = (self.turn as usize).min(fleet.load.len());
            first_in_turn(fleet.load, from, |load| *load == least)
        } else {
            let from = fleet.eligible.partition_point(|replica| *replica < self.turn);
            first_in_turn(fleet.eligible, from, |replica| fleet.load[*replica as usize] == least)
        };
        let picked = fleet.eligible[place];
        self.turn = picked + 1;
        picked
    }
}

/// The place of the first that fits, from `from` on and then from the beginning.
#[inline]
fn first_in_turn(all: &[u32], from: usize, fits: impl Fn(&u32) -> bool) -> usize {
    let (before, after) = all.split_at(from);
    let later = after.iter().position(&fits).map(|place| from + place);
    later.or_else(|| before.iter().position(fits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    fn pick(policy: &mut LeastConnections, eligible: &[u32], load: &[u32]) -> u32 {
        policy.pick(&view(eligible, load), &mut stream())
    }

    #[test]
    fn the_fewest_wins() {
        let mut policy = LeastConnections::new(&Settings {}, &[]);
        assert_eq!(pick(&mut policy, &[0, 1, 2, 3], &[3, 2, 1, 4]), 2);
        assert_eq!(pick(&mut policy, &[0, 1, 2, 3], &[0, 2, 1, 4]), 0);
        assert_eq!(pick(&mut policy, &[1, 3], &[0, 5, 0, 4]), 3);
    }

    #[test]
    fn equals_take_turns() {
        let mut policy = LeastConnections::new(&Settings {}, &[]);
        let picks: Vec<u32> = (0..6).map(|_| pick(&mut policy, &[0, 1, 2, 3], &[1, 1, 2, 1])).collect();
        assert_eq!(picks, [0, 1, 3, 0, 1, 3]);
        let picks: Vec<u32> = (0..4).map(|_| pick(&mut policy, &[0, 2, 3], &[1, 0, 1, 1])).collect();
        assert_eq!(picks, [0, 2, 3, 0]);
    }

    #[test]
    fn a_flow_that_never_ends_is_spread_evenly() {
        let (mut policy, mut load) = (LeastConnections::new(&Settings {}, &[]), [0; 5]);
        for _ in 0..500 {
            load[pick(&mut policy, &[0, 1, 2, 3, 4], &load) as usize] += 1;
        }
        assert_eq!(load, [100; 5]);
    }
}
