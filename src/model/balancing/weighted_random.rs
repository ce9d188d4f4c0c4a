//! Random choice in proportion to weights.

use rand::RngExt;

use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetView, Needs, Report, below};
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
    table: Box<[Column]>,
}

/// A column of the alias table: its own replica up to `own`, the other one above.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Column {
    own: f64,
    other: u32,
}

/// The table covers the whole fleet; picks that are not eligible are drawn again this often before the eligible
/// are summed up. Both ways have the same law.
const TRIES: u32 = 8;

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
        Self { table: alias_table(weights.all()), weights }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        match fleet.eligible {
            [only] => Some(*only),
            all if all.len() == self.table.len() => Some(self.draw(stream)),
            some => Some(self.pick_among(some, stream)),
        }
    }

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        if self.weights.report(reports) {
            self.table = alias_table(self.weights.all());
        }
    }
}

impl WeightedRandom {
    #[inline]
    fn draw(&self, stream: &mut Stream) -> u32 {
        let place = stream.random::<f64>() * self.table.len() as f64;
        let column = place as usize;
        let Column { own, other } = self.table[column];
        if place - (column as f64) < own { column as u32 } else { other }
    }

    fn pick_among(&self, eligible: &[u32], stream: &mut Stream) -> u32 {
        // With few eligible most tries would fail.
        let tries = if eligible.len() * 4 < self.table.len() { 0 } else { TRIES };
        for _ in 0..tries {
            let picked = self.draw(stream);
            if eligible.binary_search(&picked).is_ok() {
                return picked;
            }
        }
        let weight = |replica: &u32| self.weights.of(*replica);
        let total: f64 = eligible.iter().map(weight).sum();
        if total <= 0.0 {
            // Measured weights may all be zero.
            return eligible[below(eligible.len(), stream)];
        }
        let mut left = stream.random::<f64>() * total;
        for replica in eligible {
            left -= weight(replica);
            if left < 0.0 {
                return *replica;
            }
        }
        // Where rounding leaves a little.
        eligible[eligible.len() - 1]
    }
}

/// Fills each column with one replica of less than mean weight and a part of one of more. Some weight is above 0.
fn alias_table(weights: &[f64]) -> Box<[Column]> {
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    let mut left: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
    let mut table: Vec<Column> = (0..weights.len() as u32).map(|other| Column { own: 1.0, other }).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) =
        (0..weights.len()).partition(|replica| left[*replica] < 1.0);
    while let (Some(low), Some(high)) = (small.pop(), large.pop()) {
        table[low] = Column { own: left[low], other: high as u32 };
        left[high] -= 1.0 - left[low];
        if left[high] < 1.0 { small.push(high) } else { large.push(high) }
    }
    table.into_boxed_slice()
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

    #[test]
    fn the_table_holds_exactly_the_weights() {
        let weights: Vec<f64> = (1..=100).map(f64::from).collect();
        let table = alias_table(&weights);
        let mut shares = vec![0.0; 100];
        for (own, column) in table.iter().enumerate() {
            shares[own] += column.own / 100.0;
            shares[column.other as usize] += (1.0 - column.own) / 100.0;
        }
        for (share, weight) in shares.iter().zip(&weights) {
            assert!((share - weight / 5050.0).abs() < 1e-12);
        }
    }
}
