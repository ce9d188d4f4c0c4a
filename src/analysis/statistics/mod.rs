//! One method for every estimate: pooled over runs, with the leave-one-run-out jackknife and Student's t.
//!
//! What happens within one run is not independent (one outage fails many requests), runs are. So nothing here counts
//! requests as if each were an experiment: the unit is the run.

mod comparison;
mod edge;
mod exact;
mod interval;
mod inversion;
mod quantile;
mod sample;
mod tradeoff;
mod transient;

use std::fmt;

pub use comparison::{AtEdge, Carried, Difference, Holm, Pairing, Shift, difference, holm, log_ratio};
pub use edge::{Edge, Unseen, none_seen_limit};
pub use exact::{binomial_interval, fisher, mcnemar, poisson_interval, poisson_upper};
pub use interval::{half_width, jackknife_error, student_t};
pub use quantile::{Bin, merge, quantile};
pub use sample::{Bins, Fraction, Sample};
pub use tradeoff::{Design, Stand, Step, Unsaid, Worth, is_contested, tradeoff};
pub use transient::{Cut, mser};

/// The scale on which an interval is symmetric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As it is.
    Plain,
    /// ln(x), for what is positive.
    Log,
    /// ln(p / (1 - p)), for shares.
    Logit,
}

/// How an estimate is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// The scale of its interval. Quantiles have their own: the logarithm of the share beyond.
    pub scale: Scale,
    /// The level of its interval, strictly between 0 and 1.
    pub confidence: f64,
    /// For shares of things that happen: what is known where all runs have 0 or all have 1.
    pub edge: Option<Edge>,
}

/// An estimate from several runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The pooled value; empty when nothing was there to be divided by.
    pub value: Option<f64>,
    /// The interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// What a reader must know about it.
    pub note: Option<Note>,
}

/// Why an estimate is not what one would expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// Nothing to divide by.
    Empty,
    /// One run has no spread.
    OneRun,
    /// All that counts happened in one run.
    OneRunCounts,
    /// Fewer than 10 values per run lie beyond the quantile.
    FewBeyond,
    /// The largest value says little about the next run's.
    Maximum,
    /// None was seen; the limit comes from the number of chances, or of outages and their length.
    NoneSeen,
    /// The share is 0 or 1 in every run, and is none of things that happen.
    Constant,
    /// Fewer outages stand behind it than say anything.
    FewOutages,
    /// What is derived from the estimate is not finite, or needs a target that there is not.
    NoValue,
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Empty => "nothing was counted",
            Self::OneRun => "one run has no interval",
            Self::OneRunCounts => "all of it happened in one run: no interval",
            Self::FewBeyond => "fewer than 10 per run lie beyond it: no interval",
            Self::Maximum => "a maximum has no interval",
            Self::NoneSeen => "none seen",
            Self::Constant => "the same in every run: no interval",
            Self::FewOutages => "fewer than 5 outages: no interval",
            Self::NoValue => "there is no value to compare",
        })
    }
}

/// The pooled estimate of a sample with its interval.
///
/// ```text
/// e = f(all runs),  e_i = f(all runs but i),  s^2 = (R - 1) / R * sum (e_i - mean e_i)^2
/// plain:  e -+ t s
/// log:    ln e -+ t s / e, carried back
/// logit:  logit(e) -+ t s / (e (1 - e)), carried back
/// ```
///
/// where t is Student's quantile at one degree of freedom less than there are runs that say anything: a run without an
/// outage says nothing about how long outages last. Quantiles are inverted: x is inside where the interval of the share
/// beyond x, on the log scale, holds what is beyond the quantile. A share that is 0 or 1 in every run has the interval of
/// [`Edge`].
///
/// Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 11; the delta method for the scales.
pub fn estimate(sample: &Sample, method: &Method) -> Estimate {
    let Some(value) = sample.pooled() else {
        return Estimate { value: None, interval: None, note: Some(Note::Empty) };
    };
    if is_edge(sample, method.scale, value)
        && let Some(edge) = &method.edge
        && sample.runs() > 1
    {
        let interval = edge.interval(value, sample.runs(), method.confidence);
        return Estimate { value: Some(value), interval, note: Some(Note::NoneSeen) };
    }
    match interval(sample, value, method) {
        Ok(interval) => Estimate { value: Some(value), interval: Some(interval), note: None },
        Err(note) => Estimate { value: Some(value), interval: None, note: Some(note) },
    }
}

/// Whether a share is 0 or 1.
fn is_edge(sample: &Sample, scale: Scale, value: f64) -> bool {
    matches!(sample, Sample::Ratios(_)) && scale == Scale::Logit && (value <= 0.0 || value >= 1.0)
}

fn interval(sample: &Sample, value: f64, method: &Method) -> Result<(f64, f64), Note> {
    if let Sample::Maxima(_) = sample {
        return Err(Note::Maximum);
    }
    if sample.runs() < 2 {
        return Err(Note::OneRun);
    }
    if is_edge(sample, method.scale, value) {
        return Err(Note::Constant);
    }
    if sample.has_few_beyond() {
        return Err(Note::FewBeyond);
    }
    let telling = sample.telling_runs();
    let without_each = sample.without_each().filter(|_| telling > 1).ok_or(Note::OneRunCounts)?;
    if let Sample::Binned { bins, share } = sample {
        return inversion::interval(bins, *share, method.confidence).ok_or(Note::Empty);
    }
    let reach = student_t(method.confidence, telling - 1) * jackknife_error(&without_each);
    Ok(match method.scale {
        Scale::Log if value > 0.0 => interval::log(value, reach),
        Scale::Plain | Scale::Log => (value - reach, value + reach),
        Scale::Logit => interval::logit(value, reach),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn ratios(pairs: &[(f64, f64)]) -> Sample {
        let fraction = |(numerator, denominator): &(f64, f64)| Fraction {
            numerator: *numerator,
            denominator: *denominator,
        };
        Sample::Ratios(pairs.iter().map(fraction).collect())
    }

    fn method(scale: Scale) -> Method {
        Method { scale, confidence: 0.95, edge: None }
    }

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9 * right.abs().max(1.0), "{left} is not {right}");
    }

    #[test]
    fn a_mean_has_the_textbook_interval() {
        // 1, 2, 3, 4: mean 2.5, s = sqrt(5/3), t(0.975, 3) = 3.182446305284263.
        let found =
            estimate(&ratios(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0)]), &method(Scale::Plain));
        let reach = 3.182_446_305_284_263 * (5.0_f64 / 3.0 / 4.0).sqrt();
        close(found.value.unwrap(), 2.5);
        close(found.interval.unwrap().0, 2.5 - reach);
        close(found.interval.unwrap().1, 2.5 + reach);
        assert_eq!(found.note, None);
    }

    #[test]
    fn a_share_is_pooled_and_symmetric_on_the_logit_scale() {
        // 9/10, 8/10, 10/10: pooled 27/30; without each 18/20, 19/20, 17/20, mean 0.9;
        // s^2 = 2/3 * (0 + 0.0025 + 0.0025) = 1/300; t(0.975, 2) = 4.302652729911275.
        let found = estimate(&ratios(&[(9.0, 10.0), (8.0, 10.0), (10.0, 10.0)]), &method(Scale::Logit));
        let reach = 4.302_652_729_911_275 * (1.0_f64 / 300.0).sqrt() / 0.09;
        let (low, high) = found.interval.unwrap();
        close(found.value.unwrap(), 0.9);
        close((low / (1.0 - low)).ln(), 9.0_f64.ln() - reach);
        close((high / (1.0 - high)).ln(), 9.0_f64.ln() + reach);
    }

    #[test]
    fn runs_of_unequal_size_are_pooled_not_averaged() {
        let found = estimate(&ratios(&[(1.0, 1.0), (0.0, 99.0)]), &method(Scale::Plain));
        close(found.value.unwrap(), 0.01);
    }

    #[test]
    fn a_positive_value_is_symmetric_on_the_log_scale() {
        // 1, 2, 3, 4: error 0.645 of 2.5; however wide, the interval stays above zero.
        let sample = ratios(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0)]);
        let (low, high) = estimate(&sample, &method(Scale::Log)).interval.unwrap();
        let reach = 3.182_446_305_284_263 * (5.0_f64 / 3.0 / 4.0).sqrt() / 2.5;
        close(low, 2.5 * (-reach).exp());
        close(high, 2.5 * reach.exp());
        let nothing = estimate(&ratios(&[(0.0, 1.0), (0.0, 1.0)]), &method(Scale::Log));
        assert_eq!(nothing.interval, Some((0.0, 0.0)));
    }

    #[test]
    fn runs_that_say_nothing_are_no_degrees_of_freedom() {
        // Two runs had outages, of 1 s and 3 s; t(0.975, 1) = 12.706204736432095, error 1 of 2.
        let two = [(1.0, 1.0), (3.0, 1.0)];
        let some = estimate(&ratios(&two), &method(Scale::Log)).interval.unwrap();
        close(some.1, 2.0 * (12.706_204_736_432_095_f64 / 2.0).exp());
        let empty = [(0.0, 0.0); 6];
        let found = estimate(&ratios(&[&two[..], &empty].concat()), &method(Scale::Log)).interval.unwrap();
        assert!(found.1 >= some.1, "{found:?} {some:?}");
    }

    #[test]
    fn what_was_the_same_in_every_run_is_neither_certain_nor_unknown() {
        let perfect = ratios(&[(10.0, 10.0), (20.0, 20.0)]);
        let seen = |chances| Method { edge: Some(Edge { chances, outages: None }), ..method(Scale::Logit) };
        let found = estimate(&perfect, &seen(59));
        // The rule of three: 59 good windows show 95 %.
        close(found.interval.unwrap().0, 0.05_f64.powf(1.0 / 59.0));
        assert_eq!(found.note, Some(Note::NoneSeen));
        // Without windows and incidents there are still two runs.
        close(estimate(&perfect, &seen(0)).interval.unwrap().0, 0.05_f64.sqrt());
        let failures = estimate(&ratios(&[(0.0, 10.0), (0.0, 20.0)]), &seen(59));
        close(failures.interval.unwrap().1, 1.0 - 0.05_f64.powf(1.0 / 59.0));
        let unknown = Edge { chances: 59, outages: Some(Unseen::Unbounded) };
        let found = estimate(&perfect, &Method { edge: Some(unknown), ..method(Scale::Logit) });
        assert_eq!((found.interval, found.note), (None, Some(Note::NoneSeen)));
        assert_eq!(estimate(&perfect, &method(Scale::Logit)).note, Some(Note::Constant));
    }

    #[test]
    fn too_little_data_has_no_interval_and_says_why() {
        let plain = method(Scale::Plain);
        let note = |sample: &Sample| {
            let found = estimate(sample, &plain);
            assert_eq!(found.interval, None);
            found.note
        };
        assert_eq!(note(&ratios(&[(1.0, 2.0)])), Some(Note::OneRun));
        assert_eq!(note(&ratios(&[(0.0, 0.0), (0.0, 0.0)])), Some(Note::Empty));
        assert_eq!(note(&ratios(&[(3.0, 1.0), (5.0, 0.0)])), Some(Note::OneRunCounts));
        assert_eq!(note(&Sample::Maxima(vec![Some(1.0), None, Some(3.0)])), Some(Note::Maximum));
        assert_eq!(Sample::Maxima(vec![Some(1.0), None, Some(3.0)]).pooled(), Some(3.0));
    }

    #[test]
    fn a_quantile_is_not_known_better_than_its_bucket() {
        let bins = vec![Bin { low: 1_000_000_000, high: 1_002_000_000, count: 1000 }];
        let sample = Sample::Binned { bins: Arc::new(Bins::new(vec![bins; 4], u64::MAX)), share: 0.5 };
        let found = estimate(&sample, &method(Scale::Plain));
        close(found.value.unwrap(), 1.001);
        assert_eq!(found.interval, Some((1.0, 1.002)));
    }

    #[test]
    fn a_quantile_needs_ten_values_beyond_it_in_each_run() {
        let bins = |count| vec![Bin { low: 1000, high: 1001, count }];
        let sample =
            |count| Sample::Binned { bins: Arc::new(Bins::new(vec![bins(count); 3], 1000)), share: 0.99 };
        assert_eq!(estimate(&sample(999), &method(Scale::Plain)).note, Some(Note::FewBeyond));
        assert_eq!(estimate(&sample(1001), &method(Scale::Plain)).note, None);
    }
}
