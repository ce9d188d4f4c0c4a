//! Exact limits and tests for counts: of so many trials, in so much time, in tables of two by two.

use statrs::function::beta::beta_reg;
use statrs::function::factorial::ln_binomial;
use statrs::function::gamma::{gamma_lr, gamma_ur};

/// Halvings after which a limit has all the digits of a number.
const HALVINGS: u32 = 200;

/// The interval of a probability from so many successes in so many independent trials.
///
/// ```text
/// low:   P(X >= successes | low) = (1 - confidence) / 2,   0 without a success
/// high:  P(X <= successes | high) = (1 - confidence) / 2,  1 without a failure
/// ```
///
/// `successes` is at most `trials`, of which there is at least one; `confidence` is strictly between 0 and 1. It covers
/// the truth at least that often, whatever the truth is.
///
/// Source: Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
/// Biometrika 26 (1934).
///
/// # Examples
///
/// Of 10 trials none succeeded: the rule of `1 - (alpha / 2)^(1 / n)`.
///
/// ```
/// use ninefold::analysis::statistics::binomial_interval;
/// let (low, high) = binomial_interval(0, 10, 0.95);
/// assert_eq!(low, 0.0);
/// assert!((high - 0.3085).abs() < 5e-5);
/// ```
pub fn binomial_interval(successes: u64, trials: u64, confidence: f64) -> (f64, f64) {
    let tail = (1.0 - confidence) / 2.0;
    let limit = |least: u64| -> f64 {
        // P(X >= least | p) rises with p.
        let (least, rest) = (least as f64, (trials - least + 1) as f64);
        halve((0.0, 1.0), |p| beta_reg(least, rest, p) < tail)
    };
    let low = if successes == 0 { 0.0 } else { limit(successes) };
    // The upper limit of successes is what the lower limit of failures leaves.
    let high = if successes >= trials { 1.0 } else { 1.0 - limit(trials - successes) };
    (low, high)
}

/// The interval of the mean of a Poisson count, of which so many were seen.
///
/// ```text
/// low:   P(X >= count | low) = (1 - confidence) / 2,   0 without a count
/// high:  P(X <= count | high) = (1 - confidence) / 2
/// ```
///
/// `confidence` is strictly between 0 and 1. Divided by the time that was watched it is the interval of a rate.
///
/// Source: Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936).
///
/// # Examples
///
/// Of a count of 4, the limits at 90 % are 1.366 and 9.154.
///
/// ```
/// use ninefold::analysis::statistics::poisson_interval;
/// let (low, high) = poisson_interval(4, 0.90);
/// assert!((low - 1.366).abs() < 5e-4 && (high - 9.154).abs() < 5e-4);
/// ```
pub fn poisson_interval(count: u64, confidence: f64) -> (f64, f64) {
    let tail = (1.0 - confidence) / 2.0;
    let low = if count == 0 {
        0.0
    } else {
        halve((0.0, count as f64), |mean| mean <= 0.0 || gamma_lr(count as f64, mean) < tail)
    };
    (low, poisson_above(count, tail))
}

/// The upper limit of the mean of a Poisson count, of which so many were seen: it lies above with probability
/// 1 - `confidence` at most.
///
/// Without a count it is `-ln(1 - confidence)`, 2.996 at 95 %: the rule of three.
///
/// Source: Garwood, as for [`poisson_interval`].
pub fn poisson_upper(count: u64, confidence: f64) -> f64 {
    poisson_above(count, 1.0 - confidence)
}

fn poisson_above(count: u64, tail: f64) -> f64 {
    if count == 0 {
        return -tail.ln();
    }
    let shape = count as f64 + 1.0;
    let mut top = 2.0 * shape;
    while gamma_ur(shape, top) > tail {
        top *= 2.0;
    }
    halve((0.0, top), |mean| mean <= 0.0 || gamma_ur(shape, mean) > tail)
}

/// The probability of a split as uneven as this one, were both sides as likely: `McNemar`'s exact test of pairs that
/// differ, `first` of them in one direction and `second` in the other.
///
/// ```text
/// min(1, 2 P(X <= min(first, second))),  X binomial of first + second trials at 1/2
/// ```
///
/// 1 where no pair differs. Source: `McNemar`, Psychometrika 12 (1947), in its exact form.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::statistics::mcnemar;
/// assert_eq!(mcnemar(0, 5), 2.0 / 32.0);
/// ```
pub fn mcnemar(first: u64, second: u64) -> f64 {
    let trials = first + second;
    let half = (0..=first.min(second))
        .map(|count| (ln_binomial(trials, count) - trials as f64 * std::f64::consts::LN_2).exp())
        .sum::<f64>();
    (2.0 * half).min(1.0)
}

/// The probability of a table as unlikely as this one, given its margins: Fisher's exact test of two independent
/// samples, each of so many successes in so many trials.
///
/// ```text
/// sum of P(k) over all k with P(k) <= P(seen),  k hypergeometric
/// ```
///
/// Successes are at most trials. Source: Fisher, Statistical Methods for Research Workers (1934), section 21.02; its
/// two-sided form by the order of probabilities.
///
/// # Examples
///
/// The lady tasting tea, three of four cups right: 34/70.
///
/// ```
/// use ninefold::analysis::statistics::fisher;
/// assert!((fisher((3, 4), (1, 4)) - 34.0 / 70.0).abs() < 1e-12);
/// ```
pub fn fisher(first: (u64, u64), second: (u64, u64)) -> f64 {
    let (successes, trials) = (first.0 + second.0, first.1 + second.1);
    let all = ln_binomial(trials, successes);
    let chance = |of_first: u64| {
        (ln_binomial(first.1, of_first) + ln_binomial(second.1, successes - of_first) - all).exp()
    };
    // Equal probabilities may differ in their last digits.
    let seen = chance(first.0) * (1.0 + 1e-7);
    let least = successes.saturating_sub(second.1);
    let found: f64 = (least..=successes.min(first.1)).map(chance).filter(|one| *one <= seen).sum();
    found.min(1.0)
}

/// Where `is_below` turns from true to false.
fn halve((mut low, mut high): (f64, f64), is_below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if is_below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9 * expected.abs().max(1e-3), "{found} is not {expected}");
    }

    fn binomial(trials: u64, count: u64, p: f64) -> f64 {
        ln_binomial(trials, count).exp() * p.powi(count as i32) * (1.0 - p).powi((trials - count) as i32)
    }

    #[test]
    fn both_tails_of_a_binomial_are_what_they_should_be() {
        for (successes, trials, confidence) in [(15, 60, 0.95), (1, 10, 0.9), (9, 10, 0.99), (3, 4, 0.5)] {
            let (low, high) = binomial_interval(successes, trials, confidence);
            let tail = (1.0 - confidence) / 2.0;
            close((successes..=trials).map(|one| binomial(trials, one, low)).sum(), tail);
            close((0..=successes).map(|one| binomial(trials, one, high)).sum(), tail);
        }
        // 15 of 60: 14.7 % to 37.9 %, as any table has it.
        let (low, high) = binomial_interval(15, 60, 0.95);
        assert!((low - 0.147).abs() < 5e-4 && (high - 0.379).abs() < 5e-4, "{low} {high}");
    }

    #[test]
    fn at_its_edges_a_binomial_has_a_formula() {
        close(binomial_interval(0, 60, 0.95).1, 1.0 - 0.025_f64.powf(1.0 / 60.0));
        close(binomial_interval(0, 60, 0.95).0, 0.0);
        let (low, high) = binomial_interval(60, 60, 0.95);
        close(low, 0.025_f64.powf(1.0 / 60.0));
        close(high, 1.0);
    }

    #[test]
    fn limits_of_a_poisson_count_have_their_tails() {
        close(poisson_upper(0, 0.95), -0.05_f64.ln());
        close(poisson_interval(0, 0.95).0, 0.0);
        close(poisson_interval(0, 0.95).1, -0.025_f64.ln());
        for count in [1, 7, 40] {
            let (low, high) = poisson_interval(count, 0.95);
            let below = |mean: f64, most: u64| -> f64 {
                let mut term = (-mean).exp();
                let mut sum = term;
                for one in 1..=most {
                    term *= mean / one as f64;
                    sum += term;
                }
                sum
            };
            close(1.0 - below(low, count - 1), 0.025);
            close(below(high, count), 0.025);
        }
    }

    #[test]
    fn exact_tests_count_what_is_as_uneven() {
        close(mcnemar(0, 0), 1.0);
        close(mcnemar(3, 3), 1.0);
        close(mcnemar(0, 10), 2.0 / 1024.0);
        close(mcnemar(10, 1), 2.0 * 12.0 / 2048.0);
        // 0 of 10 and 5 of 10: C(10,5) / C(20,5) = 252 / 15504 on each side.
        close(fisher((0, 10), (5, 10)), 2.0 * 252.0 / 15_504.0);
        close(fisher((2, 10), (2, 10)), 1.0);
        close(fisher((0, 7), (0, 9)), 1.0);
    }
}
