//! Tails of the normal law, near and far.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use statrs::function::erf::erfc;

/// From here on the tail is worked out from its own series.
const FAR: f64 = 12.0;

/// Mills' ratio of the standard normal law: the probability beyond `z` over the density at `z`.
///
/// Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), equation 26.2.14, for the far tail.
pub fn mills(z: f64) -> f64 {
    if z < FAR {
        return erfc(z * FRAC_1_SQRT_2) * (z * z / 2.0).exp() * (PI / 2.0).sqrt();
    }
    // 1 / (z + 1 / (z + 2 / (z + ...))), as far as it matters there.
    (1..=40).rev().fold(z, |rest, number| z + f64::from(number) / rest).recip()
}

/// The logarithm of the probability beyond `z` of the standard normal law, however far out.
pub fn log_normal_tail(z: f64) -> f64 {
    if z < FAR {
        return (erfc(z * FRAC_1_SQRT_2) / 2.0).ln();
    }
    mills(z).ln() - z * z / 2.0 - (2.0 * PI).ln() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_right_near_and_far() {
        // Abramowitz and Stegun, table 26.1 (Q) and 26.2 (-log10 Q).
        for (z, tail) in [(0.0, 0.5), (1.0, 0.158_655_253_931_457), (-1.0, 0.841_344_746_068_543)] {
            let found = log_normal_tail(z).exp();
            // What the error function of statrs is good for.
            assert!((found - tail).abs() < 1e-10, "{z}: {found}");
        }
        for (z, digits) in [(10.0, 23.118_05), (20.0, 88.560_10), (40.0, 349.437_01), (100.0, 2_173.871_54)] {
            let found = -log_normal_tail(z) / 10_f64.ln();
            assert!((found - digits).abs() < 6e-6, "{z}: {found}");
        }
        // Both ways agree where they meet.
        let series = (1..=40).rev().fold(FAR, |rest, number| FAR + f64::from(number) / rest).recip();
        assert!((mills(FAR - 1e-12) / series - 1.0).abs() < 1e-9);
    }
}
