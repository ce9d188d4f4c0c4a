//! How far data and law are apart, the tails counting as much as the middle.

use super::{Durations, Law};

/// Anderson and Darling's A-squared between the Kaplan-Meier estimate of n durations and a law.
///
/// ```text
/// A^2 = n integral (F_n - F)^2 / (F (1 - F)) dF
/// ```
///
/// Without censoring the integral is over everything and A-squared is the usual one; otherwise it ends at the longest
/// duration, beyond which there is nothing to compare. Levels come from resamples that are censored alike, see
/// [`Bootstrap`](super::Bootstrap).
///
/// Source: Anderson and Darling, A test of goodness of fit (1954); Koziol and Green, A Cramer-von Mises statistic for
/// randomly censored data (1976), for the estimate in place of the shares.
///
/// ```
/// use ninefold::analysis::fit::{Durations, anderson_darling};
/// use ninefold::analysis::law::Law;
///
/// // Two durations at F = 1/4 and 3/4: A^2 = -2 - (1/2) (2 ln(1/4) + 6 ln(3/4)) by the usual sum.
/// let law = Law::Uniform { low: 0.0, high: 4.0 };
/// let found = anderson_darling(&law, &Durations::new(vec![1.0, 3.0], vec![]).unwrap());
/// let sum = -2.0 - (2.0 * 0.25_f64.ln() + 6.0 * 0.75_f64.ln()) / 2.0;
/// assert!((found - sum).abs() < 1e-12);
/// ```
pub fn anderson_darling(law: &Law, durations: &Durations) -> f64 {
    let at = |time: f64| (law.cdf(time).clamp(TINY, 1.0), law.survival(time).clamp(TINY, 1.0));
    let (mut total, mut level, mut last) = (0.0, 0.0, (0.0, 1.0));
    for step in durations.kaplan_meier() {
        let next = at(step.time);
        total += piece(level, last, next);
        (level, last) = (step.after, next);
    }
    total += if durations.censored().is_empty() {
        // To where the law ends; the estimate is 1 there.
        piece(1.0, last, (1.0, 0.0))
    } else {
        piece(level, last, at(durations.longest()))
    };
    durations.count() * total
}

/// What is taken for a probability that is too small for a number.
const TINY: f64 = f64::MIN_POSITIVE;

/// The integral where the estimate is `level`, between two values of F with their complements.
fn piece(level: f64, (low, low_rest): (f64, f64), (high, high_rest): (f64, f64)) -> f64 {
    let width = if high < 0.5 { high - low } else { low_rest - high_rest };
    // A level of 0 or 1 has no share in the end at which the logarithm would be infinite.
    let below = if level > 0.0 { level * level * (high / low).ln() } else { 0.0 };
    let rest = 1.0 - level;
    let above = if rest > 0.0 { rest * rest * (low_rest / high_rest).ln() } else { 0.0 };
    below + above - width
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate;

    /// The sum that textbooks have for complete data.
    fn textbook(law: &Law, times: &[f64]) -> f64 {
        let n = times.len();
        let term = |i: usize| {
            let weight = (2 * i + 1) as f64;
            weight * (law.cdf(times[i]).ln() + law.survival(times[n - 1 - i]).ln())
        };
        -(n as f64) - (0..n).map(term).sum::<f64>() / n as f64
    }

    #[test]
    fn complete_data_have_the_textbook_value_ties_or_not() {
        let law = Law::weibull(3.0, 1.4);
        for times in [vec![0.4, 1.0, 2.5, 2.6, 7.0], vec![0.4, 1.0, 1.0, 1.0, 7.0], vec![2.0; 4], vec![30.0]]
        {
            let found = anderson_darling(&law, &Durations::new(times.clone(), Vec::new()).unwrap());
            let sum = textbook(&law, &times);
            assert!((found - sum).abs() < 1e-9 * sum.abs(), "{times:?}: {found} is not {sum}");
        }
    }

    #[test]
    fn censored_data_have_the_integral_of_the_definition() {
        let law = Law::Exponential { mean: 2.0 };
        let durations = Durations::new(vec![0.5, 1.5, 3.0], vec![1.0, 3.5]).unwrap();
        let steps = durations.kaplan_meier();
        let estimate =
            |time: f64| steps.iter().rev().find(|step| step.time <= time).map_or(0.0, |step| step.after);
        let slow = 5.0
            * integrate(0.0, law.cdf(3.5), |share| {
                (estimate(law.quantile(share)) - share).powi(2) / (share * (1.0 - share))
            });
        let found = anderson_darling(&law, &durations);
        assert!((found / slow - 1.0).abs() < 1e-8, "{found} is not {slow}");
    }

    #[test]
    fn what_the_law_thinks_impossible_is_far_away_but_finite() {
        let durations = Durations::new(vec![1.0, 1e6], Vec::new()).unwrap();
        let found = anderson_darling(&Law::Exponential { mean: 1.0 }, &durations);
        assert!(found.is_finite() && found > 100.0, "{found}");
    }
}
