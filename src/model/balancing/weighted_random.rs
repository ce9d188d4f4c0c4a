//! Random choice in proportion to weights.

use super::alias::AliasTable;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetView, Needs, Report};
use crate::kernel::stream::Stream;
use crate::units::SimTime;

crate::settings! {
    /// Settings of random choice in proportion to weights.
    pub struct Settings {
        /// "speed", "equal", a weight for each replica, or how they are measured.
        weights: Weights = Weights::Speed,
    }
}

/// Picks at random, each replica in proportion to its weight.
///
/// Among the eligible the probability of one is its weight over the sum of theirs. Helps where replicas differ in speed
/// and deciders are many: each replica is as busy as the others. Hurts at high load as `random` does, since queues are
/// as uneven as chance makes them. Source: Walker, An efficient method for generating discrete random variables with
/// general distributions (1977), in the form of Vose (1991).
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedRandom {
    weights: WeightTable,
    table: AliasTable,
}

impl BalancingPolicy for WeightedRandom {
    const NAME: &'static str = "weighted-random";
    const SUMMARY: &'static str = "Random choice in proportion to speeds or given weights.";
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        settings.weights.needs(Needs::NOTHING)
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), String> {
        settings.weights.check(replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        Self { table: AliasTable::new(weights.all()), weights }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        Some(self.table.draw(fleet.eligible, &self.weights, stream))
    }

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        if self.weights.report(reports) {
            self.table = AliasTable::new(self.weights.all());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::measured::{MeasuredKeys, Metric};
    use crate::model::balancing::testing::{assert_shares, stream, view};
    use crate::units::{Probability, SimDuration};

    #[test]
    fn shares_are_those_of_the_weights() {
        let weights = vec![1.0, 2.5, 0.5, 8.0, 3.0];
        let settings = Settings { weights: Weights::Given(weights.clone()) };
        let mut policy = WeightedRandom::new(&settings, &[1.0; 5]);
        assert_shares(&weights, |stream| policy.pick(&view(&[0, 1, 2, 3, 4], &[]), stream));
    }

    #[test]
    fn shares_among_the_eligible_are_conditional() {
        let speed = [1.0, 2.0, 4.0, 50.0, 1.0];
        let mut policy = WeightedRandom::new(&Settings { weights: Weights::Speed }, &speed);
        let expected = [1.0, 0.0, 4.0, 0.0, 1.0];
        assert_shares(&expected, |stream| policy.pick(&view(&[0, 2, 4], &[]), stream));
        let many: Vec<f64> = (0..20).map(|number| f64::from(number % 7 + 1)).collect();
        let mut policy = WeightedRandom::new(&Settings { weights: Weights::Speed }, &many);
        let mut expected = vec![0.0; 20];
        for replica in [3, 9, 17] {
            expected[replica] = many[replica];
        }
        assert_shares(&expected, |stream| policy.pick(&view(&[3, 9, 17], &[]), stream));
        assert_eq!(policy.pick(&view(&[5], &[]), &mut stream()), Some(5));
    }

    #[test]
    fn measured_weights_change_shares() {
        let keys = MeasuredKeys {
            metric: Metric::Throughput,
            interval: SimDuration::from_secs(1.0),
            smoothing: Probability::ZERO,
            initial: None,
        };
        let mut policy =
            WeightedRandom::new(&Settings { weights: Weights::Measured(Box::new(keys)) }, &[1.0; 3]);
        assert_shares(&[1.0; 3], |stream| policy.pick(&view(&[0, 1, 2], &[]), stream));
        let report = |throughput| Some(Report { utilisation: 0.5, throughput, errors: 0.0, latency: None });
        policy.report(&[report(6.0), report(3.0), report(0.0)], SimTime::ZERO);
        assert_shares(&[2.0, 1.0, 0.0], |stream| policy.pick(&view(&[0, 1, 2], &[]), stream));
        assert_eq!(policy.pick(&view(&[2], &[]), &mut stream()), Some(2));
    }
}
