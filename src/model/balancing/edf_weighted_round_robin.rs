//! In turn by deadlines, the heavier ones more often.

use super::schedule::Schedule;
use super::slow_start::SlowStart;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetChange, FleetView, Needs, Report};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::SimTime;

crate::settings! {
    /// Settings of turns by deadline.
    pub struct Settings {
        /// "speed", "equal", a weight for each replica, or how they are measured.
        weights: Weights = Weights::Speed,
        /// Whether a decider begins at a random place, so that several do not go in step.
        random_start: bool = true,
        /// How a replica that came back is brought to its full weight.
        slow_start: Option<SlowStart> = None,
    }
}

/// Picks whose deadline comes first; the next deadline of a replica is one over its weight later.
///
/// Equal deadlines go in the order in which they were set. A weight that changed counts from the replica's next turn
/// on. Helps and hurts as `smooth-weighted-round-robin` does, with turns less spread: a heavy replica gets several
/// attempts in a row. Source: Envoy `edf_scheduler.h` and `load_balancer_impl.cc`.
#[derive(Debug, Clone, PartialEq)]
pub struct EdfWeightedRoundRobin {
    weights: WeightTable,
    slow_start: Option<SlowStart>,
    schedule: Schedule,
}

impl BalancingPolicy for EdfWeightedRoundRobin {
    const NAME: &'static str = "edf-weighted-round-robin";
    const SUMMARY: &'static str = "In turn by deadlines one over the weight apart, as Envoy schedules.";
    const NO_SLOW_START: Option<&'static str> = None;
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        settings.weights.needs(Needs::NOTHING)
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        SlowStart::check(settings.slow_start.as_ref())?;
        settings.weights.check(replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        let schedule = Schedule::new(weights.all(), settings.random_start);
        Self { weights, slow_start: settings.slow_start.clone(), schedule }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if let [only] = fleet.eligible {
            return Some(*only);
        }
        let Self { weights, slow_start, schedule } = self;
        let weight = |replica| {
            let share = slow_start.as_ref().map_or(1.0, |slow| slow.share(fleet, replica));
            weights.of(replica) * share
        };
        Some(schedule.next(fleet.eligible, weight, stream))
    }

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        self.weights.report(reports);
    }

    fn change(&mut self, change: &FleetChange) {
        if change.joins {
            self.weights.join(change.replica);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};
    use crate::units::{Probability, SimDuration};

    fn policy(weights: &[f64], random_start: bool, slow_start: Option<SlowStart>) -> EdfWeightedRoundRobin {
        let settings = Settings { weights: Weights::Given(weights.to_vec()), random_start, slow_start };
        EdfWeightedRoundRobin::new(&settings, &[])
    }

    fn picks(weights: &[f64], eligible: &[u32], count: usize) -> Vec<u32> {
        let mut policy = policy(weights, false, None);
        (0..count).map(|_| policy.pick(&view(eligible, &[]), &mut stream()).unwrap()).collect()
    }

    #[test]
    fn turns_are_those_of_deadlines() {
        assert_eq!(picks(&[5.0, 1.0, 1.0], &[0, 1, 2], 7), [0, 0, 0, 0, 1, 2, 0]);
        assert_eq!(picks(&[3.0, 2.0, 1.0], &[0, 1, 2], 6), [0, 1, 0, 2, 1, 0]);
        assert_eq!(picks(&[2.0, 1.0], &[0, 1], 6), [0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn shares_are_those_of_the_weights() {
        let found = picks(&[5.0, 3.0, 2.0], &[0, 1, 2], 10_000);
        let count = |replica| found.iter().filter(|one| **one == replica).count();
        for (replica, expected) in [(0, 5_000), (1, 3_000), (2, 2_000)] {
            assert!(count(replica).abs_diff(expected) <= 1, "{}", count(replica));
        }
        let found = picks(&[5.0, 3.0, 2.0], &[0, 2], 7_000);
        assert_eq!(found.iter().filter(|one| **one == 1).count(), 0);
        assert!(found.iter().filter(|one| **one == 0).count().abs_diff(5_000) <= 1);
    }

    #[test]
    fn who_was_away_does_not_catch_up() {
        let mut policy = policy(&[1.0, 1.0], false, None);
        let mut pick = |eligible: &[u32]| policy.pick(&view(eligible, &[]), &mut stream()).unwrap();
        for _ in 0..1_000 {
            pick(&[0]);
        }
        let found: Vec<u32> = (0..100).map(|_| pick(&[0, 1])).collect();
        assert!(found.iter().filter(|one| **one == 1).count().abs_diff(50) <= 1, "{found:?}");
    }

    #[test]
    fn a_replica_that_came_back_is_spared() {
        let slow = SlowStart {
            window: SimDuration::from_secs(100.0),
            aggression: 1.0,
            min_weight: Probability::new(0.1).unwrap(),
        };
        let mut policy = policy(&[1.0, 1.0], false, Some(slow));
        let since = [SimTime::ZERO, SimTime::ZERO + SimDuration::from_secs(50.0)];
        let mut share = |at: f64| {
            let now = SimTime::ZERO + SimDuration::from_secs(at);
            let fleet = FleetView { since: &since, now, ..view(&[0, 1], &[]) };
            (0..1_100).filter(|_| policy.pick(&fleet, &mut stream()) == Some(1)).count()
        };
        assert!(share(51.0).abs_diff(100) <= 2);
        share(150.0);
        assert!(share(150.0).abs_diff(550) <= 2);
    }

    #[test]
    fn a_random_start_is_somewhere_in_the_cycle() {
        let mut random = stream();
        let starts: Vec<Vec<u32>> = (0..20)
            .map(|_| {
                let mut policy = policy(&[2.0, 1.0, 1.0], true, None);
                (0..4).map(|_| policy.pick(&view(&[0, 1, 2], &[]), &mut random).unwrap()).collect()
            })
            .collect();
        assert!(starts.windows(2).any(|pair| pair[0] != pair[1]), "{starts:?}");
    }
}
