//! The least loaded of a few at random.

use super::{BalancingPolicy, FleetView, LoadNeeded, Needs, below};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// Settings of a choice among a few.
    pub struct Settings {
        /// How many are sampled; at least 1.
        #[range = ">= 1"]
        choices: u32 = 2,
        /// Whether one may be sampled twice, as Envoy does.
        replacement: bool = false,
        /// How many of those compared, the least loaded, are compared again at the next pick.
        memory: u32 = 0,
    }
}

/// Samples a few replicas at random and picks the one that is known to have the fewest attempts, at random among equals.
///
/// Where fewer are eligible than are sampled, all of them are compared. Helps almost as much as knowing all queues, at
/// the price of a few questions, and stale knowledge hurts it less: deciders do not all run to the same replica. With
/// memory fewer samples do as well. Hurts when replicas differ in speed, which it does not see. Source: Mitzenmacher, The
/// power of two choices in randomized load balancing (2001); with memory: Mitzenmacher, Prabhakar and Shah, Load balancing
/// with memory (2002).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerOfD {
    choices: usize,
    replacement: bool,
    /// Places among the eligible, in the order that earlier samples left.
    places: Vec<u32>,
    memory: usize,
    /// Replicas to be compared again.
    remembered: Vec<u32>,
}

impl BalancingPolicy for PowerOfD {
    const NAME: &'static str = "power-of-d";
    const SUMMARY: &'static str = "The least loaded of a few replicas sampled at random.";
    const NO_SLOW_START: Option<&'static str> =
        Some("it compares queues alone, and there is no weight to lower; \"least-request\" has it");
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs::load(LoadNeeded::Known)
    }

    fn check(settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(settings.choices >= 1, "choices", "expected at least 1")
    }

    fn draws(settings: &Settings) -> u64 {
        // Without replacement no more than there are; with memory those are compared, too.
        u64::from(if settings.replacement { settings.choices } else { 1 }.max(settings.memory))
    }

    fn new(settings: &Settings, _speed: &[f64]) -> Self {
        Self {
            choices: settings.choices as usize,
            replacement: settings.replacement,
            places: Vec::new(),
            memory: settings.memory as usize,
            remembered: Vec::new(),
        }
    }

    // Samples come in random order, so that the first among equals is one of them at random.
    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let count = fleet.eligible.len();
        if count == 1 {
            return Some(fleet.eligible[0]);
        }
        if self.memory > 0 {
            return Some(self.pick_with_memory(fleet, stream));
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
        Some(best.replica)
    }
}

impl PowerOfD {
    /// Compares a sample with those remembered, and remembers the least loaded of them all, the picked one with the
    /// attempt that it gets.
    fn pick_with_memory(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32 {
        let count = fleet.eligible.len();
        let mut compared = std::mem::take(&mut self.remembered);
        compared.retain(|one| fleet.eligible.binary_search(one).is_ok());
        if self.replacement {
            compared.extend((0..self.choices).map(|_| fleet.eligible[below(count, stream)]));
        } else {
            self.shuffle(count, self.choices.min(count), stream);
            let sample = self.places.iter().take(self.choices);
            compared.extend(sample.map(|place| fleet.eligible[*place as usize]));
        }
        let load = |one: u32| fleet.load[one as usize];
        // The sort is stable, so that of equals those remembered come first and then the order of the sample decides.
        compared.sort_by_key(|one| load(*one));
        let picked = compared[0];
        compared.sort_by_key(|one| load(*one) + u32::from(*one == picked));
        compared.dedup();
        compared.truncate(self.memory);
        self.remembered = compared;
        picked
    }

    /// Draws distinct places as the beginning of a random permutation, which is one whatever order it starts from.
    fn sample(&mut self, choices: usize, best: &mut Best<'_>, stream: &mut Stream) {
        self.shuffle(best.fleet.eligible.len(), choices, stream);
        self.places[..choices].iter().for_each(|place| best.compare(*place as usize));
    }

    /// Makes the first places a random sample of so many.
    fn shuffle(&mut self, count: usize, choices: usize, stream: &mut Stream) {
        if self.places.len() != count {
            self.places.clear();
            self.places.extend(0..count as u32);
        }
        for drawn in 0..choices {
            self.places.swap(drawn, drawn + below(count - drawn, stream));
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
        PowerOfD::new(&Settings { choices, replacement, memory: 0 }, &[])
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
            assert_eq!(all.pick(&view(&[0, 1, 2], &[3, 2, 1]), &mut random), Some(2));
            assert_eq!(all.pick(&view(&[0, 1], &[3, 2, 1]), &mut random), Some(1));
        }
    }

    #[test]
    fn nothing_is_drawn_for_one() {
        let mut random = stream();
        assert_eq!(policy(2, false).pick(&view(&[3], &[0; 4]), &mut random), Some(3));
        assert_eq!(random, stream());
        assert!(PowerOfD::check(&Settings { choices: 0, replacement: false, memory: 0 }, 3).is_err());
    }

    #[test]
    fn memory_finds_an_idle_replica_again() {
        let mut policy = PowerOfD::new(&Settings { choices: 1, replacement: false, memory: 1 }, &[]);
        let (mut random, all) = (stream(), [0, 1, 2, 3]);
        let mut load = [9, 9, 0, 9];
        let mut pick = |load: &[u32]| policy.pick(&view(&all, load), &mut random);
        let found = (0..100).position(|_| pick(&load) == Some(2));
        assert!(found.is_some());
        // Once found it is picked until another that is sampled has less.
        assert!((0..100).all(|_| pick(&load) == Some(2)));
        load[2] = 20;
        assert!((0..100).any(|_| pick(&load) != Some(2)));
        assert!((0..100).all(|_| pick(&load) != Some(2)));
    }

    #[test]
    fn memory_gives_way_to_who_may_not_be_chosen() {
        let mut policy = PowerOfD::new(&Settings { choices: 2, replacement: true, memory: 3 }, &[]);
        let mut random = stream();
        for _ in 0..100 {
            policy.pick(&view(&[0, 1, 2], &[1, 0, 1]), &mut random);
            assert!([Some(0), Some(2)].contains(&policy.pick(&view(&[0, 2], &[1, 0, 1]), &mut random)));
        }
    }
}
