//! The least loaded of a few at random.

use super::{BalancingPolicy, FleetView, LoadNeeded, Needs, below};
use crate::kernel::stream::Stream;

crate::settings! {
    /// Settings of a choice among a few.
    pub struct Settings {
        /// How many are sampled; at least 1.
        choices: u32 = 2,
        /// Whether one may be sampled twice, as Envoy does.
        replacement: bool = false,
    }
}

/// Samples a few replicas at random and picks the one that is known to have the fewest attempts, at random among equals.
///
/// Where fewer are eligible than are sampled, all of them are compared. Helps almost as much as knowing all queues, at
/// the price of a few questions, and stale knowledge hurts it less: deciders do not all run to the same replica. Hurts
/// when replicas differ in speed, which it does not see. Source: Mitzenmacher, The power of two choices in randomized
/// load balancing (2001).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerOfD {
    choices: usize,
    replacement: bool,
    /// Places among the eligible, in the order that earlier samples left.
    places: Vec<u32>,
}

impl BalancingPolicy for PowerOfD {
    const NAME: &'static str = "power-of-d";
    const SUMMARY: &'static str = "The least loaded of a few replicas sampled at random.";
    const NEEDS: Needs = Needs { load: LoadNeeded::Known };
    type Settings = Settings;

    fn check(settings: &Settings, _replicas: usize) -> Result<(), String> {
        if settings.choices == 0 {
            return Err("choices must be at least 1".to_owned());
        }
        Ok(())
    }

    fn new(settings: &Settings, _speed: &[f64]) -> Self {
        Self { choices: settings.choices as usize, replacement: settings.replacement, places: Vec::new() }
    }

    // Samples come in random order, so that the first among equals is one of them at random.
    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32 {
        let count = fleet.eligible.len();
        if count == 1 {
            return fleet.eligible[0];
        }
        let mut best = Best::of(fleet);
        match (self.replacement, self.choices) {
            (true, choices) => (0..choices).for_each(|_| best.compare(below(count, stream))),
            (false, 2) => {
                let first = below(count, stream);
                let other = below(count - 1, stream);
                best.compare(first);
                best.compare(if other >= first { other + 1 } else { other });
            }
            (false, choices) => self.sample(choices.min(count), &mut best, stream),
        }
        best.replica
    }
}

impl PowerOfD {
    /// Draws distinct places as the beginning of a random permutation, which is one whatever order it starts from.
    fn sample(&mut self, choices: usize, best: &mut Best<'_>, stream: &mut Stream) {
        let count = best.fleet.eligible.len();
        if self.places.len() != count {
            self.places.clear();
            self.places.extend(0..count as u32);
        }
        for drawn in 0..choices {
            self.places.swap(drawn, drawn + below(count - drawn, stream));
            best.compare(self.places[drawn] as usize);
        }
    }
}

/// The least loaded replica so far.
struct Best<'f> {
    fleet: &'f FleetView<'f>,
    replica: u32,
    /// Above every load before the first comparison.
    load: u64,
}

impl<'f> Best<'f> {
    #[inline]
    fn of(fleet: &'f FleetView<'f>) -> Self {
        Self { fleet, replica: fleet.eligible[0], load: u64::MAX }
    }

    /// Looks at the eligible replica at a place.
    #[inline]
    fn compare(&mut self, place: usize) {
        let replica = self.fleet.eligible[place];
        let load = u64::from(self.fleet.load[replica as usize]);
        if load < self.load {
            (self.replica, self.load) = (replica, load);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    fn policy(choices: u32, replacement: bool) -> PowerOfD {
        PowerOfD::new(&Settings { choices, replacement }, &[])
    }

    #[test]
    fn two_choices_never_pick_the_worst() {
        // Of the 6 pairs of 4 replicas, 3 hold the best, 2 of the others the second, 1 the third.
        let mut two = policy(2, false);
        let load = [7, 1, 5, 3];
        assert_shares(&[0.0, 3.0, 1.0, 2.0], |stream| two.pick(&view(&[0, 1, 2, 3], &load), stream));
    }

    #[test]
    fn with_replacement_the_worst_is_picked_when_sampled_twice() {
        let mut two = policy(2, true);
        assert_shares(&[1.0, 3.0], |stream| two.pick(&view(&[0, 1], &[9, 0]), stream));
        let mut three = policy(3, true);
        assert_shares(&[1.0, 7.0], |stream| three.pick(&view(&[0, 1], &[9, 0]), stream));
    }

    #[test]
    fn three_choices_pick_by_the_least_of_each_triple() {
        // Of the 10 triples of 5 replicas, 6 hold the best, 3 of the others the second, 1 the third.
        let mut three = policy(3, false);
        let load = [10, 20, 30, 40, 50];
        assert_shares(&[6.0, 3.0, 1.0, 0.0, 0.0], |stream| {
            three.pick(&view(&[0, 1, 2, 3, 4], &load), stream)
        });
    }

    #[test]
    fn equals_are_picked_at_random() {
        for mut policy in
            [policy(1, false), policy(2, false), policy(3, false), policy(9, false), policy(2, true)]
        {
            assert_shares(&[1.0, 0.0, 1.0, 1.0], |stream| policy.pick(&view(&[0, 2, 3], &[4; 4]), stream));
        }
    }

    #[test]
    fn as_many_choices_as_replicas_pick_the_least() {
        let (mut all, mut random) = (policy(5, false), stream());
        for _ in 0..100 {
            assert_eq!(all.pick(&view(&[0, 1, 2], &[3, 2, 1]), &mut random), 2);
            assert_eq!(all.pick(&view(&[0, 1], &[3, 2, 1]), &mut random), 1);
        }
    }

    #[test]
    fn nothing_is_drawn_for_one() {
        let mut random = stream();
        assert_eq!(policy(2, false).pick(&view(&[3], &[0; 4]), &mut random), 3);
        assert_eq!(random, stream());
        assert!(PowerOfD::check(&Settings { choices: 0, replacement: false }, 3).is_err());
    }
}
