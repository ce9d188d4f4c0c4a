//! Fast statistics equal the slow obvious version, and intervals cover as often as they say.

use std::sync::Arc;

use ninefold::analysis::statistics::{
    Bin, Bins, Fraction, Method, Sample, Scale, estimate, jackknife_error, student_t,
};
use ninefold::measure::Histogram;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

fn method(scale: Scale, confidence: f64) -> Method {
    Method { scale, confidence, edge: None }
}

fn sample(pairs: &[(f64, f64)]) -> Sample {
    Sample::Ratios(
        pairs
            .iter()
            .map(|(numerator, denominator)| Fraction { numerator: *numerator, denominator: *denominator })
            .collect(),
    )
}

/// The pooled ratio of all runs but one, from scratch.
fn ratio_without(pairs: &[(f64, f64)], left_out: Option<usize>) -> f64 {
    let mut sums = (0.0, 0.0);
    for (number, (numerator, denominator)) in pairs.iter().enumerate() {
        if Some(number) != left_out {
            sums.0 += numerator;
            sums.1 += denominator;
        }
    }
    sums.0 / sums.1
}

/// The interval by the definition, in the order in which a textbook computes it.
fn slow_interval(pairs: &[(f64, f64)], confidence: f64, is_logit: bool) -> (f64, f64) {
    let runs = pairs.len();
    let pooled = ratio_without(pairs, None);
    let without: Vec<f64> = (0..runs).map(|run| ratio_without(pairs, Some(run))).collect();
    let mut mean = 0.0;
    for value in &without {
        mean += value / runs as f64;
    }
    let mut variance = 0.0;
    for value in &without {
        variance += (value - mean) * (value - mean) * (runs as f64 - 1.0) / runs as f64;
    }
    let reach = student_t(confidence, runs - 1) * variance.sqrt();
    if !is_logit {
        return (pooled - reach, pooled + reach);
    }
    let logit = (pooled / (1.0 - pooled)).ln();
    let reach = reach / pooled / (1.0 - pooled);
    let back = |odds: f64| odds.exp() / (1.0 + odds.exp());
    (back(logit - reach), back(logit + reach))
}

fn is_close(left: f64, right: f64) -> bool {
    // Left-out sums are differences here and sums there: they agree to rounding, which a spread near zero magnifies.
    (left - right).abs() <= 1e-6 * left.abs().max(right.abs()) + 1e-9
}

proptest! {
    #[test]
    fn ratio_intervals_equal_the_slow_version(
        pairs in prop::collection::vec((1u32..1000, 0u32..1000), 2..30),
        confidence in 0.5f64..0.9999,
    ) {
        // Each numerator is part of its denominator, so the ratio is a share.
        let pairs: Vec<(f64, f64)> = pairs.iter().map(|(a, b)| (f64::from(*a), f64::from(a + b + 1))).collect();
        for (scale, is_logit) in [(Scale::Plain, false), (Scale::Logit, true)] {
            let fast = estimate(&sample(&pairs), &method(scale, confidence));
            let (low, high) = slow_interval(&pairs, confidence, is_logit);
            let (fast_low, fast_high) = fast.interval.expect("a share inside 0 and 1 has an interval");
            prop_assert!(is_close(fast.value.expect("there is something"), ratio_without(&pairs, None)));
            prop_assert!(is_close(fast_low, low), "{fast_low} {low}");
            prop_assert!(is_close(fast_high, high), "{fast_high} {high}");
        }
    }

    #[test]
    fn quantiles_lie_in_the_bucket_of_the_sorted_sample(
        runs in prop::collection::vec(prop::collection::vec(0u64..10_000_000_000, 1..200), 1..6),
        share in 0.01f64..0.999,
    ) {
        let mut sorted: Vec<u64> = runs.iter().flatten().copied().collect();
        sorted.sort_unstable();
        let rank = ((share * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
        let (low, high) = Histogram::bounds(Histogram::bucket(sorted[rank - 1]));
        let found = binned(&runs, share).pooled().expect("there are values") * 1e9;
        prop_assert!(found >= low as f64 - 1e-3 && found <= high as f64 + 1e-3, "{found} in {low}..{high}");

        let mut other = hdrhistogram::Histogram::<u64>::new(3).expect("three digits are allowed");
        for value in &sorted {
            other.record(*value).expect("it grows");
        }
        let bucket = Histogram::bucket(other.value_at_quantile(share));
        prop_assert!(bucket.abs_diff(Histogram::bucket(sorted[rank - 1])) <= 1);
    }
}

/// Values counted as the engine counts them.
fn binned(runs: &[Vec<u64>], share: f64) -> Sample {
    let longest = runs.iter().flatten().copied().max().unwrap_or(0);
    let bins = |values: &Vec<u64>| {
        let mut table = Histogram::default();
        for value in values {
            table.record_bucket(Histogram::bucket(*value));
        }
        let bin = |(bucket, count): (u32, u64)| {
            let (low, high) = Histogram::bounds(bucket as usize);
            Bin { low, high, count }
        };
        table.drain().into_iter().map(bin).collect()
    };
    Sample::Binned { bins: Arc::new(Bins::new(runs.iter().map(bins).collect(), longest)), share }
}

const EXPERIMENTS: u32 = 4000;

/// How many of many experiments have an interval that contains the truth.
fn covered(truth: f64, mut experiment: impl FnMut() -> Option<(f64, f64)>) -> u32 {
    (0..EXPERIMENTS).filter(|_| experiment().is_some_and(|(low, high)| low <= truth && truth <= high)).count()
        as u32
}

/// Standard deviations between a count and its binomial mean.
fn deviation(count: u32, probability: f64) -> f64 {
    let mean = f64::from(EXPERIMENTS) * probability;
    (f64::from(count) - mean) / (mean * (1.0 - probability)).sqrt()
}

/// Beyond this a binomial count is by chance once in 15,000 times.
const SURPRISE: f64 = 4.0;

#[test]
fn intervals_of_normal_means_cover_exactly_as_often_as_they_say() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    for (confidence, runs) in [(0.9, 2), (0.95, 10), (0.99, 5)] {
        let count = covered(3.0, || {
            let draw = |_| {
                let normal: f64 = StandardNormal.sample(&mut random);
                (3.0 + normal, 1.0)
            };
            let pairs: Vec<(f64, f64)> = (0..runs).map(draw).collect();
            estimate(&sample(&pairs), &method(Scale::Plain, confidence)).interval
        });
        assert!(deviation(count, confidence).abs() < SURPRISE, "{count} at {confidence} with {runs} runs");
        // The test can fail: such a count is out of the question for another level.
        assert!(deviation(count, confidence - 0.05).abs() > SURPRISE);
    }
}

#[test]
fn intervals_of_pooled_availabilities_cover_nearly_as_often_as_they_say() {
    // Alternating exponential times up and down, 200 incidents a run: mean 9 up, 1 down. The delta method is not
    // exact, so one point is granted beside the binomial spread.
    const GRANTED: f64 = 0.01;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let total = |mean: f64, random: &mut Xoshiro256PlusPlus| {
        let law = Exp::new(1.0 / mean).expect("the rate is positive");
        (0..200).map(|_| law.sample(random)).sum::<f64>()
    };
    let count = covered(0.9, || {
        let pairs: Vec<(f64, f64)> = (0..10)
            .map(|_| {
                let (up, down) = (total(9.0, &mut random), total(1.0, &mut random));
                (up, up + down)
            })
            .collect();
        estimate(&sample(&pairs), &method(Scale::Logit, 0.95)).interval
    });
    assert!(deviation(count, 0.95 - GRANTED) > -SURPRISE, "{count}");
    assert!(deviation(count, 0.95 + GRANTED) < SURPRISE, "{count}");
}

#[test]
fn intervals_of_quantiles_cover_nearly_as_often_as_they_say() {
    // The median of 500 exponential values in each of 10 runs; the table is finer than the spread.
    const GRANTED: f64 = 0.02;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut draw = || (-(1.0 - random.random::<f64>()).ln() * 1e9) as u64;
    let count = covered(std::f64::consts::LN_2, || {
        let runs: Vec<Vec<u64>> = (0..10).map(|_| (0..500).map(|_| draw()).collect()).collect();
        estimate(&binned(&runs, 0.5), &method(Scale::Plain, 0.95)).interval
    });
    assert!(deviation(count, 0.95 - GRANTED) > -SURPRISE, "{count}");
    assert!(deviation(count, 0.95 + GRANTED) < SURPRISE, "{count}");
}

#[test]
fn the_jackknife_of_a_mean_is_the_usual_standard_error() {
    let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
    let count = values.len() as f64;
    let total: f64 = values.iter().sum();
    let squares: f64 = values.iter().map(|value| (value - total / count).powi(2)).sum();
    let without: Vec<f64> = values.iter().map(|value| (total - value) / (count - 1.0)).collect();
    assert!((jackknife_error(&without) - (squares / (count - 1.0) / count).sqrt()).abs() < 1e-12);
}
