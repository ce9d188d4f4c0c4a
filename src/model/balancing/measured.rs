//! Weights that follow what replicas report of themselves.

use super::Report;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration};

crate::choices! {
    /// What of a replica becomes its weight.
    pub enum Metric {
        /// Share of its slots that were taken. Sends more to those that have more: the busiest ends with everything.
        Utilisation = "utilisation",
        /// One over that share, which is taken as at least a thousandth. Swings between two states for ever.
        InverseUtilisation = "inverse-utilisation",
        /// Share of its slots that were free. Settles only where load is low or steps are smoothed.
        Headroom = "headroom",
        /// Services that ended [1/s]. Keeps whatever split there was.
        Throughput = "throughput",
        /// Mean time at the replica, in seconds. Sends more to the slower.
        Latency = "latency",
        /// One over that time.
        InverseLatency = "inverse-latency",
    }
}

crate::settings! {
    /// How weights are measured.
    pub struct MeasuredKeys {
        /// What becomes the weight.
        metric: Metric,
        /// Time between two reports.
        #[range = "> 0"]
        interval: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// Share of the old weight that stays in the new one; 0 follows each report at once.
        smoothing: Probability = Probability::ZERO,
        /// Weights before the first report; all the same where not given.
        initial: Option<Vec<f64>> = None,
    }
}

crate::tables! {
    MeasuredKeys = "a table with the key \"metric\"",
}

/// The least utilisation that is taken for true: one over nothing is no weight.
const UTILISATION_MIN: f64 = 1e-3;

impl MeasuredKeys {
    /// Whether they are possible for so many replicas.
    pub(super) fn check(&self, replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(!self.interval.is_zero(), "weights.interval", "expected a time above zero")?;
        let Some(given) = &self.initial else { return Ok(()) };
        let why = format!("there are {} initial weights for {replicas} replicas", given.len());
        Impossible::unless(given.len() == replicas, "weights.initial", &why)?;
        let is_above = given.iter().all(|weight| *weight > 0.0);
        Impossible::unless(is_above, "weights.initial", "every weight is above 0")
    }

    /// Weights before the first report; they add up to 1.
    pub(super) fn start(&self, replicas: usize) -> Vec<f64> {
        let given = self.initial.clone().unwrap_or_else(|| vec![1.0; replicas]);
        let total: f64 = given.iter().sum();
        given.iter().map(|weight| weight / total).collect()
    }
}

/// Turns reports into weights: w = p / sum of p, where p is the metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    metric: Metric,
    smoothing: f64,
}

impl Measured {
    pub(super) fn new(keys: &MeasuredKeys) -> Self {
        Self { metric: keys.metric, smoothing: keys.smoothing.get() }
    }

    /// Replaces weights by those of the reports; whether anything was learnt.
    ///
    /// Who does not report keeps its share of the whole; where all that report say nothing, or zero, all is left as it
    /// was.
    pub(super) fn renew(self, weights: &mut [f64], reports: &[Option<Report>]) -> bool {
        let values: Vec<Option<f64>> =
            reports.iter().map(|report| report.as_ref().and_then(|report| self.value(report))).collect();
        let total: f64 = values.iter().flatten().sum();
        if total <= 0.0 {
            return false;
        }
        let told = weights.iter().zip(&values).filter(|(_, value)| value.is_some());
        let share: f64 = told.map(|(weight, _)| *weight).sum();
        for (weight, value) in weights.iter_mut().zip(&values) {
            if let Some(value) = value {
                *weight = self.smoothing * *weight + (1.0 - self.smoothing) * share * value / total;
            }
        }
        true
    }

    fn value(self, report: &Report) -> Option<f64> {
        match self.metric {
            Metric::Utilisation => Some(report.utilisation),
            Metric::InverseUtilisation => Some(1.0 / report.utilisation.max(UTILISATION_MIN)),
            Metric::Headroom => Some((1.0 - report.utilisation).max(0.0)),
            Metric::Throughput => Some(report.throughput),
            Metric::Latency => report.latency,
            Metric::InverseLatency => {
                report.latency.filter(|latency| *latency > 0.0).map(|latency| 1.0 / latency)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEEDS: [f64; 3] = [1.0, 2.0, 4.0];
    const RATE: f64 = 2.7;

    fn keys(metric: Metric, smoothing: f64, initial: Option<Vec<f64>>) -> MeasuredKeys {
        let smoothing = Probability::new(smoothing).unwrap();
        MeasuredKeys { metric, interval: SimDuration::from_secs(1.0), smoothing, initial }
    }

    /// The weights after so many reports of a fluid that flows by them; utilisation may be above 1 there.
    fn flow(keys: &MeasuredKeys, steps: usize) -> Vec<f64> {
        let (mut weights, measured) = (keys.start(3), Measured::new(keys));
        for _ in 0..steps {
            let report = |(weight, speed): (&f64, f64)| {
                let utilisation = RATE * weight / speed;
                Some(Report { utilisation, throughput: RATE * weight, errors: 0.0, latency: None })
            };
            let reports: Vec<_> = weights.iter().zip(SPEEDS).map(report).collect();
            measured.renew(&mut weights, &reports);
        }
        weights
    }

    #[track_caller]
    fn assert_near(found: &[f64], expected: &[f64]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected}");
        }
    }

    // The numbers are those of the closed forms: w(k) ~ w(0) / speed^k; w ~ sqrt(speed); w ~ 1 / (c + rate / speed).
    #[test]
    fn following_utilisation_sends_all_to_the_slowest() {
        let found = flow(&keys(Metric::Utilisation, 0.0, None), 5);
        assert_near(&found, &[0.968_779_564_806, 0.030_274_361_400_2, 0.000_946_073_793_756]);
    }

    #[test]
    fn the_inverse_swings_between_two_states() {
        let settings = keys(Metric::InverseUtilisation, 0.0, None);
        assert_near(&flow(&settings, 2), &[1.0 / 3.0; 3]);
        assert_near(&flow(&settings, 1), &[1.0 / 7.0, 2.0 / 7.0, 4.0 / 7.0]);
        let fixed = [0.226_540_919_661, 0.320_377_241_017, 0.453_081_839_322];
        assert_near(&flow(&keys(Metric::InverseUtilisation, 0.0, Some(fixed.to_vec())), 7), &fixed);
    }

    #[test]
    fn headroom_settles_only_when_smoothed() {
        let fixed = [0.230_893_135_906, 0.335_457_008_921, 0.433_649_855_172];
        assert_near(&flow(&keys(Metric::Headroom, 0.3, None), 400), &fixed);
        let free = flow(&keys(Metric::Headroom, 0.0, None), 400);
        assert!((free[0] - fixed[0]).abs() > 0.05, "{free:?}");
    }

    #[test]
    fn who_does_not_report_keeps_its_share() {
        let mut weights = vec![0.5, 0.25, 0.25];
        let report = |throughput| Some(Report { utilisation: 0.0, throughput, errors: 0.0, latency: None });
        let measured = Measured::new(&keys(Metric::Throughput, 0.0, None));
        assert!(measured.renew(&mut weights, &[None, report(3.0), report(1.0)]));
        assert_near(&weights, &[0.5, 0.375, 0.125]);
        assert!(!measured.renew(&mut weights, &[None, report(0.0), None]));
        assert!(!measured.renew(&mut weights, &[None, None, None]));
        assert_near(&weights, &[0.5, 0.375, 0.125]);
    }

    #[test]
    fn latency_counts_as_it_is_or_inverted() {
        let report =
            |latency| Some(Report { utilisation: 0.0, throughput: 1.0, errors: 0.0, latency: Some(latency) });
        for (metric, expected) in [(Metric::Latency, 0.75), (Metric::InverseLatency, 0.25)] {
            let mut weights = vec![0.5, 0.5];
            assert!(Measured::new(&keys(metric, 0.0, None)).renew(&mut weights, &[report(3.0), report(1.0)]));
            assert_near(&weights, &[expected, 1.0 - expected]);
        }
    }

    #[test]
    fn impossible_settings_are_refused() {
        assert!(keys(Metric::Latency, 0.0, Some(vec![1.0, 2.0])).check(3).is_err());
        assert!(keys(Metric::Latency, 0.0, Some(vec![1.0, 0.0])).check(2).is_err());
        assert_eq!(keys(Metric::Latency, 0.0, Some(vec![1.0, 3.0])).check(2), Ok(()));
        let still =
            MeasuredKeys { interval: SimDuration::from_secs(0.0), ..keys(Metric::Latency, 0.0, None) };
        assert!(still.check(3).is_err());
    }
}
