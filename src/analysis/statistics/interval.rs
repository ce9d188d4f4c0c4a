//! Spread from leaving out one run at a time, and intervals from it.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Sample;

/// Standard error of a pooled estimate from its values without each run.
///
/// ```text
/// s^2 = (R - 1) / R * sum (e_i - mean e_i)^2
/// ```
///
/// One entry per run, at least one. Source: Efron and Tibshirani, equation 11.5.
///
/// # Examples
///
/// For a mean it is the usual standard error: of 1, 2, 3 it is 1 / sqrt(3).
///
/// ```
/// use ninefold::analysis::statistics::jackknife_error;
/// let error = jackknife_error(&[2.5, 2.0, 1.5]);
/// assert!((error - 1.0 / 3.0_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn jackknife_error(without_each: &[f64]) -> f64 {
    let runs = without_each.len() as f64;
    let mean = without_each.iter().sum::<f64>() / runs;
    let squares: f64 = without_each.iter().map(|value| (value - mean).powi(2)).sum();
    ((runs - 1.0) / runs * squares).sqrt()
}

/// Two-sided quantile of Student's t: the share `confidence` lies within it on either side of 0.
///
/// `confidence` is strictly between 0 and 1, `freedom` at least 1.
///
/// # Panics
///
/// Outside that domain.
///
/// # Examples
///
/// Student's table has 2.262 for 95 % and 9 degrees of freedom.
///
/// ```
/// use ninefold::analysis::statistics::student_t;
/// assert!((student_t(0.95, 9) - 2.262).abs() < 0.0005);
/// ```
pub fn student_t(confidence: f64, freedom: usize) -> f64 {
    let law = StudentsT::new(0.0, 1.0, freedom as f64).expect("there is at least one degree of freedom");
    // The lower tail keeps its digits where 1 - tail would lose them.
    -law.inverse_cdf((1.0 - confidence) / 2.0)
}

/// Lower limit of a share of which no exception was seen in `chances` independent chances.
///
/// ```text
/// (1 - confidence)^(1 / chances)
/// ```
///
/// Source: Clopper and Pearson (1934), the case of no failure.
pub fn none_seen_limit(confidence: f64, chances: u64) -> f64 {
    (1.0 - confidence).powf(1.0 / chances as f64)
}

/// Half of an interval's length.
pub fn half_width((low, high): (f64, f64)) -> f64 {
    (high - low) / 2.0
}

/// The interval of a share whose standard error times Student's t is `reach` on the plain scale.
pub(super) fn logit(share: f64, reach: f64) -> (f64, f64) {
    let odds = (share / (1.0 - share)).ln();
    let reach = reach / (share * (1.0 - share));
    let back = |odds: f64| 1.0 / (1.0 + (-odds).exp());
    (back(odds - reach), back(odds + reach))
}

/// A paired comparison of two variants, as logarithm of second over first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The logarithm.
    pub log_ratio: f64,
    /// Its standard error.
    pub error: f64,
    /// Number of paired runs.
    pub runs: usize,
}

impl Comparison {
    /// The interval of the logarithm at a level.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let reach = student_t(confidence, self.runs - 1) * self.error;
        (self.log_ratio - reach, self.log_ratio + reach)
    }
}

/// Compares two variants run by run: both are without the same run at a time, so what a run has in common drops out.
///
/// `transform` carries a pooled value to the positive number that is compared: the value itself, or 1 - A of an
/// availability. `None` when runs do not pair, there are fewer than two, or one side is not positive.
pub fn compare(first: &Sample, second: &Sample, transform: fn(f64) -> f64) -> Option<Comparison> {
    let log_ratio = |first: f64, second: f64| {
        let (first, second) = (transform(first), transform(second));
        (first > 0.0 && second > 0.0).then(|| second.ln() - first.ln())
    };
    let runs = first.runs();
    if runs < 2 || second.runs() != runs {
        return None;
    }
    let value = log_ratio(first.pooled()?, second.pooled()?)?;
    // By the delta method around the pooled values, as a run left out may leave nothing to take a logarithm of.
    let (one, two) = (transform(first.pooled()?), transform(second.pooled()?));
    let pairs = first.without_each()?.into_iter().zip(second.without_each()?);
    let linear: Vec<f64> = pairs.map(|(a, b)| transform(b) / two - transform(a) / one).collect();
    Some(Comparison { log_ratio: value, error: jackknife_error(&linear), runs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statistics::Fraction;

    fn means(values: &[f64]) -> Sample {
        Sample::Ratios(values.iter().map(|value| Fraction { numerator: *value, denominator: 1.0 }).collect())
    }

    #[test]
    fn student_has_his_table() {
        for (confidence, freedom, table) in
            [(0.90, 1, 6.314), (0.95, 1, 12.706), (0.99, 5, 4.032), (0.95, 30, 2.042), (0.999, 10, 4.587)]
        {
            assert!((student_t(confidence, freedom) - table).abs() < 0.0006, "{confidence} {freedom}");
        }
    }

    #[test]
    fn far_levels_keep_their_digits() {
        // With one degree of freedom t is tan(pi / 2 * confidence); with two, 2c / sqrt(2 (1 - c^2)).
        let level = 1.0 - 1e-6;
        let one = (std::f64::consts::FRAC_PI_2 * level).tan();
        assert!((student_t(level, 1) / one - 1.0).abs() < 1e-6);
        let two = 2.0 * level / (2.0 * (1.0 - level * level)).sqrt();
        assert!((student_t(level, 2) / two - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_paired_runs_share_drops_out() {
        let first = [1.0, 5.0, 3.0, 8.0];
        let second: Vec<f64> = first.iter().map(|value| value * 2.0).collect();
        let found = compare(&means(&first), &means(&second), |value| value).unwrap();
        assert!((found.log_ratio - 2.0_f64.ln()).abs() < 1e-12);
        assert!(found.error < 1e-12);
        assert!(compare(&means(&first), &means(&[1.0]), |value| value).is_none());
        assert!(compare(&means(&[0.0, 0.0]), &means(&[1.0, 1.0]), |value| value).is_none());
    }

    #[test]
    fn the_error_of_a_log_ratio_follows_the_delta_method() {
        // Against a constant 1, ln(second) has the error of the mean over the mean: 1 / sqrt(3) / 2.
        let found = compare(&means(&[1.0; 3]), &means(&[1.0, 2.0, 3.0]), |value| value).unwrap();
        assert!((found.error - 1.0 / 3.0_f64.sqrt() / 2.0).abs() < 1e-12);
    }
}
