//! Integrals, roots and normal tails, for the formulas that need them.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use gauss_quad::GaussLegendre;
use num_complex::Complex64;
use statrs::function::erf::erfc;

/// Nodes of the rule that every piece of an integral is worked out with.
const NODES: usize = 20;

/// How far two pieces may differ from the whole that they make up, relative to the integral.
const CLOSE: f64 = 1e-13;

/// How often a piece is halved at most: a jump is then known to a part in 10^15 of the whole.
const DEPTH: u32 = 50;

/// The integral of `function` from `low` to `high`, both finite.
///
/// Gauss-Legendre rules of 20 nodes on pieces that are halved until two halves agree with their whole: exact to about
/// 12 digits for smooth functions, and 10 where there are some jumps and corners.
///
/// Source: Davis and Rabinowitz, Methods of Numerical Integration (1984), section 6.2.
pub fn integrate(low: f64, high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let Some(nodes) = std::num::NonZeroUsize::new(NODES) else { unreachable!("there are some nodes") };
    let rule = GaussLegendre::new(nodes);
    let piece = |low: f64, high: f64| rule.integrate(low, high, &function);
    let whole = piece(low, high);
    let mut scale = whole.abs();
    let mut total = 0.0;
    let mut open = vec![(low, high, whole, 0)];
    while let Some((low, high, whole, depth)) = open.pop() {
        let middle = f64::midpoint(low, high);
        let (left, right) = (piece(low, middle), piece(middle, high));
        let halves = left + right;
        scale = scale.max(halves.abs()).max((total + halves).abs());
        if (halves - whole).abs() <= CLOSE * scale || depth == DEPTH {
            total += halves;
        } else {
            open.push((middle, high, right, depth + 1));
            open.push((low, middle, left, depth + 1));
        }
    }
    total
}

/// The integral of `function` from `low` on for ever; `scale` is about how far from `low` most of it lies.
///
/// The half-line is mapped to a finite piece by x = low + scale t / (1 - t).
pub fn integrate_tail(low: f64, scale: f64, function: impl Fn(f64) -> f64) -> f64 {
    integrate(0.0, 1.0, |t| {
        let rest = 1.0 - t;
        let value = function(low + scale * t / rest) * scale / (rest * rest);
        // Where the tail is too thin for a float, the stretch of the map is not.
        if value.is_finite() { value } else { 0.0 }
    })
}

/// Where `function` changes its sign between `low` and `high`, to the last digit; `None` when it does not.
pub fn root(low: f64, high: f64, function: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut low, mut high) = (low, high);
    let start = function(low);
    if start == 0.0 {
        return Some(low);
    }
    let end = start * function(high);
    if end > 0.0 || end.is_nan() {
        return None;
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low.min(high) || middle >= low.max(high) {
            return Some(middle);
        }
        let value = function(middle);
        if value == 0.0 {
            return Some(middle);
        }
        if (value < 0.0) == (start < 0.0) { low = middle } else { high = middle }
    }
}

/// The time that is exceeded with probability 1 - `level`, for a duration that exceeds a time with probability
/// `survival`; `scale` is about how long it is.
pub fn quantile(level: f64, scale: f64, survival: impl Fn(f64) -> f64) -> f64 {
    let excess = |time: f64| survival(time) - (1.0 - level);
    if excess(0.0) <= 0.0 {
        return 0.0;
    }
    let mut high = scale;
    while excess(high) > 0.0 && high.is_finite() {
        high *= 2.0;
    }
    root(0.0, high, excess).unwrap_or(f64::NAN)
}

/// The probabilities of a Poisson law of this mean, those that matter: the first number and the probability of it and of
/// each after it.
///
/// Worked out from the likeliest number to both sides and brought to a sum of 1, as Fox and Glynn do, so that no large
/// mean makes them imprecise.
///
/// Source: Fox and Glynn, Computing Poisson probabilities, Communications of the ACM 31 (1988).
pub fn poisson(mean: f64) -> (usize, Vec<f64>) {
    const NEGLIGIBLE: f64 = 1e-22;
    let mode = mean.floor();
    let mut below = Vec::new();
    let (mut number, mut weight) = (mode, 1.0);
    while number > 0.0 && weight > NEGLIGIBLE {
        weight *= number / mean;
        number -= 1.0;
        below.push(weight);
    }
    let first = number as usize;
    let mut weights: Vec<f64> = below.into_iter().rev().chain([1.0]).collect();
    let (mut number, mut weight) = (mode, 1.0);
    while weight > NEGLIGIBLE {
        number += 1.0;
        weight *= mean / number;
        weights.push(weight);
    }
    let total: f64 = weights.iter().sum();
    (first, weights.into_iter().map(|weight| weight / total).collect())
}

/// The function of a `time` above 0 whose Laplace transform is `transform`, which must be analytic but for points of the
/// negative half-line and 0.
///
/// The midpoint rule on a Talbot contour: about 11 digits of the function's largest value.
///
/// Source: Trefethen, Weideman and Schmelzer, Talbot quadratures and rational approximations, BIT 46 (2006).
pub fn inverted(time: f64, transform: impl Fn(Complex64) -> Complex64) -> f64 {
    const POINTS: u32 = 24;
    let points = f64::from(POINTS);
    let one = |number: u32| {
        let angle = (2.0 * f64::from(number) + 1.0) * std::f64::consts::PI / points;
        let bend = 0.6407 * angle;
        let along = 0.5017 * angle / bend.tan() - 0.6122;
        let place = points * Complex64::new(along, 0.2645 * angle);
        let slope = 0.5017 / bend.tan() - 0.5017 * bend / bend.sin().powi(2);
        // The other half of the contour is the conjugate.
        let slope = points * Complex64::new(slope, 0.2645);
        (place.exp() * transform(place / time) * slope / time).im
    };
    (0..POINTS / 2).map(one).sum::<f64>() * 2.0 / points
}

/// From here on the tail of the normal law is worked out from its own series.
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
    fn smooth_functions_and_jumps_are_integrated() {
        assert!((integrate(0.0, std::f64::consts::PI, f64::sin) - 2.0).abs() < 1e-13);
        let jump = integrate(0.0, 1.0, |x| if x < 0.3 { 1.0 } else { 5.0 });
        assert!((jump - (0.3 + 3.5)).abs() < 1e-10, "{jump}");
        assert!((integrate(0.0, 1.0, f64::sqrt) - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn tails_are_integrated_whatever_their_scale() {
        for scale in [0.02, 1.0, 30.0] {
            let whole = integrate_tail(1.0, scale, |x| (-(x - 1.0)).exp());
            assert!((whole - 1.0).abs() < 1e-11, "{scale}: {whole}");
        }
        // A power law: 1 / x^3 from 2 on is 1/8.
        assert!((integrate_tail(2.0, 1.0, |x| x.powi(-3)) - 0.125).abs() < 1e-12);
    }

    #[test]
    fn poisson_probabilities_are_those_of_the_definition() {
        for mean in [0.0, 0.3, 7.0, 150.0_f64] {
            let (first, chances) = poisson(mean);
            let mut exact = (-mean).exp();
            for number in 0..first + chances.len() {
                if number >= first {
                    assert!((chances[number - first] - exact).abs() < 1e-14, "{mean} {number}");
                }
                exact *= mean / (number as f64 + 1.0);
            }
        }
        let (first, chances) = poisson(1e8);
        let mean: f64 = (first..).zip(&chances).map(|(number, chance)| (number as f64 - 1e8) * chance).sum();
        assert!(mean.abs() < 1e-6, "{mean}");
    }

    #[test]
    fn transforms_are_inverted() {
        for time in [0.01, 1.0, 30.0_f64] {
            let slow = inverted(time, |s| 1.0 / (s + 0.5));
            assert!((slow - (-0.5 * time).exp()).abs() < 1e-11, "{time}: {slow}");
            let ramp = inverted(time, |s| 1.0 / (s * s));
            assert!((ramp / time - 1.0).abs() < 1e-11, "{time}: {ramp}");
        }
    }

    #[test]
    fn a_root_is_found_to_the_last_digit() {
        let found = root(0.0, 2.0, |x| x * x - 2.0).unwrap();
        assert!((found - std::f64::consts::SQRT_2).abs() < 1e-15);
        assert!(root(2.0, 3.0, |x| x * x - 2.0).is_none());
    }

    #[test]
    fn normal_tails_are_right_near_and_far() {
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
