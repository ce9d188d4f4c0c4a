//! In turn, the heavier ones more often, spread out.

use super::weights::Weights;
use super::{BalancingPolicy, FleetView, LoadNeeded, Needs};
use crate::kernel::stream::Stream;

crate::settings! {
    /// Settings of turns by weight.
    pub struct Settings {
        /// "speed", or a weight for each replica.
        weights: Weights = Weights::Speed,
    }
}

/// Picks in turn, each replica as often as its weight says, and spreads its turns.
///
/// At each pick every eligible replica gains its weight; the one that has most by then, the first among equals, is
/// picked and loses the sum of what all gained. Helps where replicas differ in speed: like round robin, arrivals at each
/// are more regular than Poisson. Hurts when a replica slows down, which its weight does not know; and many deciders
/// with the same weights pick the same first. Source: nginx `ngx_http_upstream_round_robin.c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmoothWeightedRoundRobin {
    weights: Box<[i64]>,
    gained: Box<[i64]>,
}

/// Weights are whole numbers up to this, so that sums of millions of them are exact.
const WEIGHT_MAX: f64 = (1_u64 << 40) as f64;

impl BalancingPolicy for SmoothWeightedRoundRobin {
    const NAME: &'static str = "smooth-weighted-round-robin";
    const SUMMARY: &'static str = "In turn, in proportion to speeds or given weights, spread out.";
    const NEEDS: Needs = Needs { load: LoadNeeded::None };
    type Settings = Settings;

    fn check(settings: &Settings, replicas: usize) -> Result<(), String> {
        settings.weights.check(replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = whole(&settings.weights.resolve(speed));
        Self { gained: vec![0; weights.len()].into_boxed_slice(), weights }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> u32 {
        let (mut best, mut most, mut total) = (fleet.eligible[0], i64::MIN, 0);
        for replica in fleet.eligible {
            let weight = self.weights[*replica as usize];
            let gained = &mut self.gained[*replica as usize];
            *gained += weight;
            total += weight;
            if *gained > most {
                (best, most) = (*replica, *gained);
            }
        }
        self.gained[best as usize] -= total;
        best
    }
}

/// The weights as whole numbers in the same proportions: rounding in sums would make turns drift, and the sequence
/// would not repeat. Decimals become exact by a power of ten; others keep 40 bits of the greatest.
fn whole(weights: &[f64]) -> Box<[i64]> {
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    let exact = |scale: f64| {
        greatest * scale <= WEIGHT_MAX
            && weights.iter().all(|weight| {
                let scaled = weight * scale;
                (scaled - scaled.round()).abs() <= scaled * 4.0 * f64::EPSILON
            })
    };
    let tens = (0..=9).map(|digits| 10_f64.powi(digits));
    let scale = tens.into_iter().find(|scale| exact(*scale)).unwrap_or(WEIGHT_MAX / greatest);
    weights.iter().map(|weight| ((weight * scale).round() as i64).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    fn picks(weights: &[f64], eligible: &[u32], count: usize) -> Vec<u32> {
        let settings = Settings { weights: Weights::Given(weights.to_vec()) };
        let mut policy = SmoothWeightedRoundRobin::new(&settings, &[]);
        (0..count).map(|_| policy.pick(&view(eligible, &[]), &mut stream())).collect()
    }

    #[test]
    fn five_one_one_is_spread_as_nginx_does() {
        assert_eq!(picks(&[5.0, 1.0, 1.0], &[0, 1, 2], 14), [0, 0, 1, 0, 2, 0, 0].repeat(2));
    }

    #[test]
    fn decimals_repeat_exactly() {
        let period = picks(&[0.5, 0.1, 0.1], &[0, 1, 2], 7);
        assert_eq!(picks(&[0.5, 0.1, 0.1], &[0, 1, 2], 7_000), period.repeat(1_000));
        assert_eq!(period, [0, 0, 1, 0, 2, 0, 0]);
        let period = picks(&[0.7, 1.1, 0.2], &[0, 1, 2], 20);
        assert_eq!(picks(&[0.7, 1.1, 0.2], &[0, 1, 2], 2_000), period.repeat(100));
        let count = |replica| period.iter().filter(|picked| **picked == replica).count();
        assert_eq!([count(0), count(1), count(2)], [7, 11, 2]);
    }

    #[test]
    fn what_is_no_decimal_keeps_its_proportion() {
        let thirds = picks(&[1.0 / 3.0, 2.0 / 3.0], &[0, 1], 3_000);
        assert_eq!(thirds.iter().filter(|picked| **picked == 0).count(), 1_000);
        assert_eq!(*whole(&[1e-300, 1e300]), [1, 1 << 40]);
    }

    #[test]
    fn only_the_eligible_take_turns() {
        assert_eq!(picks(&[1.0, 9.0, 2.0], &[0, 2], 6), [2, 0, 2, 2, 0, 2]);
    }
}
