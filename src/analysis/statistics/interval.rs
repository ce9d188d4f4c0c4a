//! Spread from leaving out one run at a time, and intervals from it.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Standard error of a pooled estimate from its values without each run.
///
/// ```text
/// s^2 = (R - 1) / R * sum (e_i - mean e_i)^2
/// ```
///
/// One entry per run, at least one; entries that differ by the rounding of sums alone do not differ. Source: Efron and Tibshirani, equation 11.5.
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
    jackknife_error_of(without_each, largest(without_each))
}

/// The same of values that were worked out from others of this size, whose rounding they have.
pub(super) fn jackknife_error_of(without_each: &[f64], size: f64) -> f64 {
    let ends = without_each
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    if ends.1 - ends.0 <= rounding(without_each.len()) * size {
        return 0.0;
    }
    let runs = without_each.len() as f64;
    let mean = without_each.iter().sum::<f64>() / runs;
    let squares: f64 = without_each.iter().map(|value| (value - mean).powi(2)).sum();
    ((runs - 1.0) / runs * squares).sqrt()
}

/// The largest of some values, without their signs.
pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| most.max(value.abs()))
}

/// What sums over so many runs may lose or gain by rounding, relative to their size.
pub(super) fn rounding(runs: usize) -> f64 {
    4.0 * f64::EPSILON * runs as f64
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
    t_quantile(confidence, freedom as f64)
}

/// The same for degrees of freedom that need not be whole.
pub(super) fn t_quantile(confidence: f64, freedom: f64) -> f64 {
    let law = StudentsT::new(0.0, 1.0, freedom).expect("there is at least one degree of freedom");
    // The lower tail keeps its digits where 1 - tail would lose them.
    -law.inverse_cdf((1.0 - confidence) / 2.0)
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

/// The interval of a positive value whose standard error times Student's t is `reach` on the plain scale.
pub(super) fn log(value: f64, reach: f64) -> (f64, f64) {
    let factor = (reach / value).exp();
    (value / factor, value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_no_spread() {
        assert_eq!(jackknife_error(&[0.1 + 0.2, 0.3, 0.3]).to_bits(), 0.0_f64.to_bits());
        assert!(jackknife_error(&[0.3, 0.3, 0.300_000_000_001]) > 0.0);
        // Differences of large values have their rounding.
        assert_eq!(jackknife_error_of(&[1e-9, 0.0, -1e-9], 1e7).to_bits(), 0.0_f64.to_bits());
        assert!(jackknife_error_of(&[1e-9, 0.0, -1e-9], 1.0) > 0.0);
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
}
