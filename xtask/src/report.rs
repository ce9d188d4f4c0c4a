//! The figures of `cargo xtask bench`, as text.

use std::fmt::Write;

/// Several measurements of one figure.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// Adds a measurement.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// What `combine` makes of each pair that was measured in the same round.
    pub(crate) fn with(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, two)| combine(*one, *two)).collect())
    }

    /// The middle measurement, or the mean of the two in the middle; NaN without any.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match (sorted.len(), sorted.len() / 2) {
            (0, _) => f64::NAN,
            (length, middle) if length % 2 == 1 => sorted[middle],
            (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// Median and range, each multiplied by `scale`.
    pub(crate) fn range(&self, scale: f64) -> String {
        let low = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{:.2} ({:.2} to {:.2})", self.median() * scale, low * scale, high * scale)
    }
}

/// What was measured of one program on one workload, one entry per round.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    /// Processor time per request (s).
    pub(crate) cost: Sample,
    /// Peak memory (bytes).
    pub(crate) peak: Sample,
}

/// A workload, with its yardstick where there is one.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) ours: &'a Series,
    pub(crate) yardstick: Option<&'a Series>,
}

/// The table of workloads.
pub(crate) fn table(lines: &[Line<'_>]) -> String {
    let mut text = format!(
        "{:<12} {:>12} {:>12} {:>8} {:>26}\n",
        "workload", "M req/cpu s", "yardstick", "peak MB", "ours / yardstick"
    );
    for Line { name, ours, yardstick } in lines {
        let speed = |series: &Series| format!("{:.2}", 1e-6 / series.cost.median());
        let other = yardstick.map_or_else(|| "-".to_owned(), speed);
        let ratio = yardstick.map_or_else(
            || "-".to_owned(),
            |yardstick| yardstick.cost.with(&ours.cost, |theirs, ours| theirs / ours).range(1.0),
        );
        let peak = ours.peak.median() / 1e6;
        let _ = writeln!(text, "{name:<12} {:>12} {other:>12} {peak:>8.1} {ratio:>26}", speed(ours));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64]) -> Sample {
        Sample(values.to_vec())
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "halves are exact")]
    fn the_median_is_the_middle() {
        assert_eq!(sample(&[3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(sample(&[4.0, 1.0, 2.0, 3.0]).median(), 2.5);
        assert!(sample(&[]).median().is_nan());
    }

    #[test]
    fn rounds_are_paired_before_they_are_summarised() {
        let ratio = sample(&[2.0, 8.0]).with(&sample(&[1.0, 2.0]), |one, two| one / two);
        assert_eq!(ratio, sample(&[2.0, 4.0]));
        assert_eq!(ratio.range(1.0), "3.00 (2.00 to 4.00)");
    }

    #[test]
    fn a_workload_at_half_the_speed_has_ratio_one_half() {
        let series = |cost: f64| Series { cost: sample(&[cost]), peak: sample(&[5e6]) };
        let (ours, theirs) = (series(50e-9), series(25e-9));
        let text = table(&[Line { name: "w1", ours: &ours, yardstick: Some(&theirs) }]);
        assert!(
            text.contains("20.00") && text.contains("40.00") && text.contains("0.50 (0.50 to 0.50)"),
            "{text}"
        );
    }
}
