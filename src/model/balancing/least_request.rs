//! The fewest active requests, as Envoy chooses.

use super::scan::Scan;
use super::schedule::Schedule;
use super::slow_start::SlowStart;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetChange, FleetView, LoadNeeded, Needs, Report, below};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::SimTime;

crate::choices! {
    /// Whom it compares where all weights are the same.
    pub enum Selection {
        /// A few at random.
        Choices = "choices",
        /// All.
        FullScan = "full-scan",
    }
}

crate::settings! {
    /// Settings of the choice by active requests.
    pub struct Settings {
        /// Whom it compares where all weights are the same: "choices" or "full-scan".
        selection: Selection = Selection::Choices,
        /// How many are sampled, one perhaps twice; at least 2.
        #[range = ">= 2"]
        choices: u32 = 2,
        /// "equal", "speed", a weight for each replica, or how they are measured.
        weights: Weights = Weights::Equal,
        /// With different weights, how strongly active requests lower a weight; 0 is turns by weight alone.
        #[range = ">= 0"]
        active_request_bias: f64 = 1.0,
        /// How a replica that came back is brought to its full weight.
        slow_start: Option<SlowStart> = None,
    }
}

/// Picks the replica with the fewest attempts that this decider has out, as Envoy and gRPC do.
///
/// Where all weights are the same it compares a few sampled with replacement, of which the first with fewest wins: of
/// two replicas the busier one still gets a quarter; or it scans all, at random among equals. With different weights, or
/// while a replica starts slowly, replicas take turns by the weight / (active + 1)^bias that they had at their last
/// turn. Helps where demands differ widely or a replica is slow. Hurts with a replica that fails fast, which looks idle,
/// and with many deciders, of which none sees the others' work. Source: Envoy `least_request_lb`; gRPC proposal A48.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastRequest {
    selection: Selection,
    choices: usize,
    bias: f64,
    weights: WeightTable,
    /// Whether all weights are the same, and stay so.
    is_equal: bool,
    slow_start: Option<SlowStart>,
    schedule: Schedule,
    scan: Scan,
}

impl BalancingPolicy for LeastRequest {
    const NAME: &'static str = "least-request";
    const SUMMARY: &'static str =
        "The fewest attempts of this decider, by samples, scan or weights, as in Envoy.";
    const NO_SLOW_START: Option<&'static str> = None;
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        settings.weights.needs(Needs::load(LoadNeeded::Own))
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(settings.choices >= 2, "choices", "expected at least 2")?;
        let is_bias = settings.active_request_bias >= 0.0;
        Impossible::unless(is_bias, "active_request_bias", "expected 0 or more")?;
        SlowStart::check(settings.slow_start.as_ref())?;
        settings.weights.check(replicas)
    }

    fn draws(settings: &Settings) -> u64 {
        u64::from(settings.choices)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        Self {
            selection: settings.selection,
            choices: settings.choices as usize,
            bias: settings.active_request_bias,
            schedule: Schedule::new(weights.all(), true),
            is_equal: weights.are_equal(),
            weights,
            slow_start: settings.slow_start.clone(),
            scan: Scan::default(),
        }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if let [only] = fleet.eligible {
            return Some(*only);
        }
        let is_slow = self.slow_start.as_ref().is_some_and(|slow| slow.is_on(fleet));
        if is_slow || !self.is_equal {
            return Some(self.pick_by_weight(fleet, stream));
        }
        Some(match self.selection {
            Selection::Choices => self.sample(fleet, stream),
            Selection::FullScan => self.scan.least_at_random(fleet, stream),
        })
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

impl LeastRequest {
    #[inline]
    fn sample(&self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32 {
        let mut one = || fleet.eligible[below(fleet.eligible.len(), stream)];
        let mut best = one();
        for _ in 1..self.choices {
            let other = one();
            if fleet.load[other as usize] < fleet.load[best as usize] {
                best = other;
            }
        }
        best
    }

    fn pick_by_weight(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32 {
        let Self { weights, slow_start, schedule, bias, .. } = self;
        let weight = |replica: u32| {
            let share = slow_start.as_ref().map_or(1.0, |slow| slow.share(fleet, replica));
            let active = f64::from(fleet.load[replica as usize]) + 1.0;
            weights.of(replica) * share / active.powf(*bias)
        };
        schedule.next(fleet.eligible, weight, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    fn settings() -> Settings {
        Settings {
            selection: Selection::Choices,
            choices: 2,
            weights: Weights::Equal,
            active_request_bias: 1.0,
            slow_start: None,
        }
    }

    fn policy(settings: &Settings, replicas: usize) -> LeastRequest {
        LeastRequest::new(settings, &vec![1.0; replicas])
    }

    #[test]
    fn the_busier_of_two_still_gets_a_quarter() {
        let mut two = policy(&settings(), 2);
        assert_shares(&[1.0, 3.0], |stream| two.pick(&view(&[0, 1], &[5, 0]), stream));
        let mut three = policy(&Settings { choices: 3, ..settings() }, 2);
        assert_shares(&[1.0, 7.0], |stream| three.pick(&view(&[0, 1], &[5, 0]), stream));
    }

    #[test]
    fn a_full_scan_finds_the_fewest_at_random_among_equals() {
        let mut scan = policy(&Settings { selection: Selection::FullScan, ..settings() }, 4);
        assert_shares(&[0.0, 1.0, 0.0, 1.0], |stream| scan.pick(&view(&[0, 1, 2, 3], &[5, 1, 3, 1]), stream));
        assert_eq!(scan.pick(&view(&[0, 2], &[5, 1, 3, 1]), &mut stream()), Some(2));
    }

    #[test]
    fn weights_are_lowered_by_what_is_active() {
        let weights = Weights::Given(vec![2.0, 1.0]);
        let share = |bias: f64, load: [u32; 2]| {
            let weights = weights.clone();
            let mut policy = policy(&Settings { weights, active_request_bias: bias, ..settings() }, 2);
            let mut random = stream();
            let picks = (0..6_000).filter(|_| policy.pick(&view(&[0, 1], &load), &mut random) == Some(0));
            picks.count() as f64 / 6_000.0
        };
        // Weights 2 / (3 + 1)^bias and 1.
        for (bias, expected) in [(0.0, 2.0 / 3.0), (1.0, 1.0 / 3.0), (0.5, 0.5), (2.0, 1.0 / 9.0)] {
            assert!((share(bias, [3, 0]) - expected).abs() < 1e-3, "{bias}: {}", share(bias, [3, 0]));
        }
        assert!((share(1.0, [0, 0]) - 2.0 / 3.0).abs() < 1e-3);
    }

    #[test]
    fn impossible_settings_are_refused() {
        assert!(LeastRequest::check(&Settings { choices: 1, ..settings() }, 2).is_err());
        assert!(LeastRequest::check(&Settings { active_request_bias: -1.0, ..settings() }, 2).is_err());
        assert_eq!(LeastRequest::check(&settings(), 2), Ok(()));
        assert_eq!(policy(&settings(), 3).pick(&view(&[2], &[9; 3]), &mut stream()), Some(2));
    }
}
