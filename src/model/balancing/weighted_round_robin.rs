//! In turn by weights that replicas' reports give, as in gRPC.

use super::{BalancingPolicy, FleetChange, FleetView, Needs, Report, below};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// Settings of turns by reported utilisation.
    pub struct Settings {
        /// Time between two reports of each replica (out of band).
        #[range = "> 0"]
        reporting_period: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// How long reports must have come before they count.
        blackout_period: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// How old a report may be.
        weight_expiration_period: SimDuration = SimDuration::from_nanos(180_000_000_000),
        /// How often turns are planned anew; at least 100 ms.
        #[range = ">= 100ms"]
        weight_update_period: SimDuration = SimDuration::from_nanos(1_000_000_000),
        /// How much errors count: this times the share of errors is added to the utilisation.
        #[range = ">= 0"]
        error_utilization_penalty: f64 = 1.0,
        /// Whether turns begin at a random place, so that several deciders do not go in step.
        random_start: bool = true,
    }
}

/// Picks in turn, each replica as often as requests per second over utilisation says that it is able.
///
/// Who has not reported for long enough has the mean weight of the others; with fewer than two reports all have the same.
/// Helps where replicas differ in speed that nobody wrote down. Hurts where utilisation does not limit the work, and
/// weights lag behind by the period of reports. Reports come out of band, not with each answer. Source: gRPC proposal
/// A58, and the static stride scheduler of grpc-go.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedRoundRobin {
    settings: Settings,
    reports: Vec<Reported>,
    /// Weights up to [`STRIDE_MAX`] of those that were eligible when turns were planned.
    stride: Vec<u64>,
    planned_for: Vec<u32>,
    planned_at: Option<SimTime>,
    sequence: Option<u64>,
}

/// What one replica reported.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Reported {
    weight: f64,
    last: SimTime,
    /// Since when its reports say something.
    since: Option<SimTime>,
    /// Since when it was believed up at the last look: reports from before do not count.
    joined: SimTime,
}

/// The weight of the heaviest in the scheduler.
const STRIDE_MAX: u64 = 65_535;
/// Spreads the turns of light replicas.
const OFFSET: u64 = STRIDE_MAX / 2;

impl BalancingPolicy for WeightedRoundRobin {
    const NAME: &'static str = "weighted-round-robin";
    const SUMMARY: &'static str = "In turn by requests per second over reported utilisation, as in gRPC.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "a replica that came back has the mean of the others' weights until its `blackout_period` is over, and its own after that (gRPC A58)",
    );
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        Needs { reports: Some(settings.reporting_period), ..Needs::NOTHING }
    }

    fn check(settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        let is_long = !settings.reporting_period.is_zero();
        Impossible::unless(is_long, "reporting_period", "expected a time above zero")?;
        let is_long = settings.weight_update_period >= SimDuration::from_secs(0.1);
        Impossible::unless(is_long, "weight_update_period", "expected at least 100ms")?;
        let is_penalty = settings.error_utilization_penalty >= 0.0;
        Impossible::unless(is_penalty, "error_utilization_penalty", "expected 0 or more")
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        Self {
            settings: settings.clone(),
            reports: vec![Reported::default(); speed.len()],
            stride: Vec::new(),
            planned_for: Vec::new(),
            planned_at: None,
            sequence: None,
        }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if let [only] = fleet.eligible {
            return Some(*only);
        }
        let is_old =
            self.planned_at.is_none_or(|at| fleet.now.since(at) >= self.settings.weight_update_period);
        if is_old || self.planned_for != fleet.eligible {
            self.plan(fleet);
        }
        let is_random = self.settings.random_start;
        let start = || if is_random { below(1 << 31, stream) as u64 } else { 0 };
        let sequence = self.sequence.get_or_insert_with(start);
        Some(fleet.eligible[next(&self.stride, sequence)])
    }

    fn report(&mut self, reports: &[Option<Report>], now: SimTime) {
        for (known, report) in self.reports.iter_mut().zip(reports) {
            let Some(report) = report else { continue };
            if report.throughput <= 0.0 || report.utilisation <= 0.0 {
                continue;
            }
            let errors = report.errors / report.throughput * self.settings.error_utilization_penalty;
            known.weight = report.throughput / (report.utilisation + errors);
            known.last = now;
            known.since.get_or_insert(now);
        }
    }

    fn change(&mut self, change: &FleetChange) {
        self.reports[change.replica as usize] = Reported::default();
    }
}

impl WeightedRoundRobin {
    /// Plans turns by what is known now.
    fn plan(&mut self, fleet: &FleetView<'_>) {
        let weights: Vec<f64> = fleet.eligible.iter().map(|one| self.weight(fleet, *one)).collect();
        self.stride = stride(&weights);
        self.planned_for.clear();
        self.planned_for.extend_from_slice(fleet.eligible);
        self.planned_at = Some(fleet.now);
    }

    /// The weight of a replica; 0 where its reports do not count.
    fn weight(&mut self, fleet: &FleetView<'_>, replica: u32) -> f64 {
        let (known, now) = (&mut self.reports[replica as usize], fleet.now);
        // The blackout starts again with a new connection.
        if known.joined != fleet.since[replica as usize] {
            known.joined = fleet.since[replica as usize];
            known.since = None;
        }
        let Some(since) = known.since else { return 0.0 };
        if now.since(known.last) >= self.settings.weight_expiration_period {
            known.since = None;
            return 0.0;
        }
        if now.since(since) < self.settings.blackout_period { 0.0 } else { known.weight }
    }
}

/// Weights for the scheduler, the greatest [`STRIDE_MAX`]; zero counts as the mean of the others.
fn stride(weights: &[f64]) -> Vec<u64> {
    let known: Vec<f64> = weights.iter().copied().filter(|weight| *weight > 0.0).collect();
    if known.len() < 2 {
        return vec![STRIDE_MAX; weights.len()];
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let greatest = known.iter().copied().fold(0.0, f64::max);
    let scaled = |weight: &f64| {
        let weight = if *weight > 0.0 { *weight } else { mean };
        ((weight / greatest * STRIDE_MAX as f64).round() as u64).max(1)
    };
    weights.iter().map(scaled).collect()
}

/// Whose turn it is: each round offers one to everybody, and who is light passes most of them on.
fn next(stride: &[u64], sequence: &mut u64) -> usize {
    let count = stride.len() as u64;
    loop {
        let (place, round) = (*sequence % count, *sequence / count);
        *sequence += 1;
        let weight = stride[place as usize];
        let phase = (weight * round + place * OFFSET) % STRIDE_MAX;
        if phase >= STRIDE_MAX - weight {
            return place as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    fn turns(weights: &[f64], count: usize) -> Vec<usize> {
        let (stride, mut sequence) = (stride(weights), 0);
        (0..count).map(|_| next(&stride, &mut sequence)).collect()
    }

    #[test]
    fn turns_are_those_of_the_static_stride() {
        assert_eq!(turns(&[3.0, 2.0, 1.0], 12), [0, 1, 2, 0, 0, 1, 0, 1, 2, 0, 0, 1]);
        assert_eq!(turns(&[5.0, 1.0, 1.0], 14), [0, 2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn unknown_weights_are_the_mean_and_one_alone_says_nothing() {
        assert_eq!(stride(&[3.0, 1.0, 0.0]), [65_535, 21_845, 43_690]);
        assert_eq!(stride(&[3.0, 0.0, 0.0]), [65_535; 3]);
    }

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    fn policy() -> WeightedRoundRobin {
        let second = SimDuration::from_secs;
        let settings = Settings {
            reporting_period: second(10.0),
            blackout_period: second(10.0),
            weight_expiration_period: second(180.0),
            weight_update_period: second(1.0),
            error_utilization_penalty: 1.0,
            random_start: false,
        };
        WeightedRoundRobin::new(&settings, &[1.0; 2])
    }

    /// How many of 40 picks the first of two replicas gets.
    fn share(policy: &mut WeightedRoundRobin, seconds: f64, since: [SimTime; 2]) -> usize {
        let fleet = FleetView { now: at(seconds), since: &since, ..view(&[0, 1], &[]) };
        (0..40).filter(|_| policy.pick(&fleet, &mut stream()) == Some(0)).count()
    }

    fn report(policy: &mut WeightedRoundRobin, seconds: f64, of: [[f64; 3]; 2]) {
        let report = |[throughput, utilisation, errors]: [f64; 3]| {
            Some(Report { utilisation, throughput, errors, latency: None })
        };
        policy.report(&of.map(report), at(seconds));
    }

    #[test]
    fn reports_count_after_the_blackout_and_until_they_expire() {
        let (mut policy, never) = (policy(), [SimTime::ZERO; 2]);
        report(&mut policy, 10.0, [[30.0, 0.5, 0.0], [10.0, 0.5, 0.0]]);
        assert_eq!(share(&mut policy, 11.0, never), 20);
        assert_eq!(share(&mut policy, 20.0, never), 30);
        assert_eq!(share(&mut policy, 189.0, never), 30);
        assert_eq!(share(&mut policy, 190.0, never), 20);
    }

    #[test]
    fn errors_and_utilisation_lower_the_weight() {
        let (mut policy, never) = (policy(), [SimTime::ZERO; 2]);
        // 30 / 0.5 = 60, and 30 / (0.5 + 15 / 30) = 30, then 10 / 0.5 = 20 against 60 / 0.5 = 120.
        report(&mut policy, 10.0, [[30.0, 0.5, 0.0], [30.0, 0.5, 15.0]]);
        assert!(share(&mut policy, 20.0, never).abs_diff(27) <= 1);
        report(&mut policy, 20.0, [[10.0, 0.5, 0.0], [60.0, 0.5, 0.0]]);
        assert!(share(&mut policy, 21.0, never).abs_diff(6) <= 1);
        // What says nothing is ignored.
        report(&mut policy, 30.0, [[0.0, 0.5, 0.0], [5.0, 0.0, 0.0]]);
        assert!(share(&mut policy, 31.0, never).abs_diff(6) <= 1);
    }

    #[test]
    fn the_blackout_starts_again_when_a_replica_comes_back() {
        let mut policy = policy();
        report(&mut policy, 10.0, [[30.0, 0.5, 0.0], [10.0, 0.5, 0.0]]);
        assert_eq!(share(&mut policy, 20.0, [SimTime::ZERO; 2]), 30);
        // With one weight left all are the same.
        assert_eq!(share(&mut policy, 25.0, [SimTime::ZERO, at(24.0)]), 20);
        report(&mut policy, 30.0, [[30.0, 0.5, 0.0], [10.0, 0.5, 0.0]]);
        assert_eq!(share(&mut policy, 41.0, [SimTime::ZERO, at(24.0)]), 30);
    }
}
