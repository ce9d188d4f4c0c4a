//! Exact intervals of counts.

use statrs::distribution::{ContinuousCDF, Gamma};

/// Two-sided interval of the mean of a Poisson count.
///
/// `confidence` is strictly between 0 and 1.
///
/// Source: Garwood (1936).
///
/// # Examples
///
/// ```
/// let (low, high) = ninefold::analysis::statistics::poisson_interval(3, 0.95);
/// assert!((low - 0.619).abs() < 0.001 && (high - 8.767).abs() < 0.001);
/// ```
pub fn poisson_interval(count: u64, confidence: f64) -> (f64, f64) {
    let tail = (1.0 - confidence) / 2.0;
    let low = if count == 0 { 0.0 } else { gamma_quantile(count, tail) };
    (low, gamma_quantile(count + 1, 1.0 - tail))
}

/// Upper limit of the mean of a Poisson count.
///
/// `confidence` is strictly between 0 and 1. Without any it is -ln(1 - confidence), the rule of three at 95 %.
///
/// Source: Garwood (1936).
pub fn poisson_upper(count: u64, confidence: f64) -> f64 {
    if count == 0 { -(1.0 - confidence).ln() } else { gamma_quantile(count + 1, confidence) }
}

fn gamma_quantile(shape: u64, share: f64) -> f64 {
    Gamma::new(shape as f64, 1.0).expect("the shape is at least one").inverse_cdf(share)
}
