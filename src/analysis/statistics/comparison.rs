//! How two variants differ: the difference and the ratio of pooled estimates, from runs that face the same day or from
//! runs that have nothing in common, and Holm's correction over several of them.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::interval::{jackknife_error, jackknife_error_of, largest, rounding, t_quantile};
use super::{Edge, Note, Sample};

/// Whether the runs of two variants belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// Run by run: what both have in common drops out.
    Paired,
    /// Each variant has runs of its own (Welch).
    Unpaired,
}

/// How a pooled value is turned into what is compared.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "functions have nothing to show")]
pub struct Carried<'a> {
    /// To the metric, whose difference is taken; `None` where it has no finite value.
    pub value: &'a dyn Fn(f64) -> Option<f64>,
    /// To the number whose ratio is taken, where that is positive: the metric, or what is missing to 1.
    pub base: &'a dyn Fn(f64) -> f64,
}

/// An estimated number with its standard error and degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of the error; at least 1.
    pub freedom: f64,
}

impl Shift {
    /// The interval at a level.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let reach = t_quantile(confidence, self.freedom) * self.error;
        (self.value - reach, self.value + reach)
    }

    /// The probability of a value as far from zero as this one, were the truth zero.
    pub fn p_value(&self) -> f64 {
        if self.error <= 0.0 {
            return if self.value == 0.0 { 1.0 } else { 0.0 };
        }
        let law = StudentsT::new(0.0, 1.0, self.freedom).expect("there is at least one degree of freedom");
        2.0 * law.cdf(-(self.value / self.error).abs())
    }
}

/// How two variants differ, second against first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Second minus first, in the unit of the metric.
    pub difference: Shift,
    /// Logarithm of second over first; `None` unless both are positive.
    pub log_ratio: Option<Shift>,
    /// Where the difference lies for all that is known of the buckets of quantiles; without buckets, the difference.
    pub grain: (f64, f64),
    /// Variance of the difference had the runs nothing in common, over its variance; `None` without a spread.
    pub variance_reduction: Option<f64>,
    /// Runs of each variant, the fewer of both.
    pub runs: usize,
    /// Of each variant, what stays possible where all its runs had a share of 0 or 1: no spread is no certainty.
    pub edges: [Option<AtEdge>; 2],
}

/// A variant all of whose runs had the same share of 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtEdge {
    /// The share.
    share: f64,
    runs: usize,
    /// What stays possible beside it.
    edge: Edge,
    /// How far the metric moves for each part of the share.
    slope: f64,
}

impl AtEdge {
    /// How far the metric may lie below and above what was seen.
    fn reach(&self, confidence: f64) -> (f64, f64) {
        let (low, high) = self.edge.interval(self.share, self.runs, confidence).unwrap_or((0.0, 1.0));
        let ends = [(low - self.share) * self.slope, (high - self.share) * self.slope];
        (ends[0].min(ends[1]), ends[0].max(ends[1]))
    }
}

/// Levels nearer to 1 than this are not looked for.
const P_MIN: f64 = 1e-12;

impl Difference {
    /// The interval of the difference at a level, no narrower than its buckets; variants without a spread take their part
    /// of the error (Bonferroni) and widen it by what stays possible.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let at_edge = self.edges.iter().flatten().count();
        let parts = at_edge + usize::from(at_edge == 0 || self.difference.error > 0.0);
        let level = 1.0 - (1.0 - confidence) / parts as f64;
        let (mut low, mut high) = self.difference.interval(level);
        if let Some((below, above)) = self.edges[0].map(|edge| edge.reach(level)) {
            (low, high) = (low - above, high - below);
        }
        if let Some((below, above)) = self.edges[1].map(|edge| edge.reach(level)) {
            (low, high) = (low + below, high + above);
        }
        (low.min(self.grain.0), high.max(self.grain.1))
    }

    /// As [`Shift::p_value`] of the difference; 1 where the buckets do not tell the two apart. With a variant that has no
    /// spread, the smallest error at which the interval leaves zero out.
    pub fn p_value(&self) -> f64 {
        if self.grain.0 <= 0.0 && self.grain.1 >= 0.0 {
            return 1.0;
        }
        if self.edges == [None, None] {
            return self.difference.p_value();
        }
        let tells = |error: f64| {
            let (low, high) = self.interval(1.0 - error);
            low > 0.0 || high < 0.0
        };
        let (mut no, mut yes) = (P_MIN.ln(), 0.0);
        if tells(P_MIN) {
            return P_MIN;
        }
        if !tells(1.0 - P_MIN) {
            return 1.0;
        }
        for _ in 0..50 {
            let middle = f64::midpoint(no, yes);
            if tells(middle.exp().min(1.0 - P_MIN)) { yes = middle } else { no = middle }
        }
        yes.exp()
    }

    /// The same after so many times as many runs that say the same.
    fn extended(&self, times: f64) -> Self {
        let longer = |one: AtEdge| AtEdge { edge: one.edge.extended(one.runs, times), runs: 0, ..one };
        let difference = Shift {
            error: self.difference.error / times.sqrt(),
            freedom: (self.runs as f64 * times - 1.0).max(1.0),
            ..self.difference
        };
        Self { difference, edges: self.edges.map(|edge| edge.map(longer)), ..*self }
    }

    /// How many runs each variant needs in all so that a difference as large as the one seen is told from zero at this
    /// level four times in five; `None` beyond 100,000, or where more runs do not help.
    pub fn runs_needed(&self, confidence: f64) -> Option<u32> {
        const MOST: f64 = 1e5;
        if self.grain.0 <= 0.0 && self.grain.1 >= 0.0 {
            return None;
        }
        let at_hand = self.runs as f64;
        if self.edges != [None, None] {
            let tells = |runs: &f64| {
                let (low, high) = self.extended(runs / at_hand).interval(confidence);
                low > 0.0 || high < 0.0
            };
            let tried = std::iter::successors(Some(at_hand), |runs| Some((runs * 1.1).ceil()));
            return tried.take_while(|runs| *runs <= MOST).find(tells).map(|runs| runs as u32);
        }
        let noise = self.difference.error / self.difference.value.abs();
        let mut needed = at_hand;
        // The quantiles depend on the answer, but ever less so.
        for _ in 0..20 {
            let freedom = (needed - 1.0).max(1.0);
            // Four times in five is three times in five on both sides.
            let reach = t_quantile(confidence, freedom) + t_quantile(0.6, freedom);
            needed = at_hand * (reach * noise).powi(2);
            if needed.is_nan() || needed > MOST {
                return None;
            }
        }
        Some((needed.ceil() as u32).max(self.runs as u32))
    }
}

/// Compares the pooled estimates of two variants.
///
/// ```text
/// d = f(second) - f(first)
/// paired:    s^2 = (R - 1) / R * sum (d_i - mean d_i)^2, both without the same run i; R - 1 degrees of freedom
/// unpaired:  s^2 = s_first^2 + s_second^2; degrees of freedom by Welch and Satterthwaite
/// ratio:     the same on the logarithm, by the delta method around the pooled values
/// ```
///
/// `edges` say of shares what stays possible where every run of a variant had 0 or 1.
///
/// # Errors
///
/// A [`Note`] that says why there is no comparison.
///
/// Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 11; Welch (1947).
pub fn difference(
    first: &Sample,
    second: &Sample,
    pairing: Pairing,
    carried: &Carried<'_>,
    edges: [Option<Edge>; 2],
) -> Result<Difference, Note> {
    let (one, two) = (Side::new(first, carried)?, Side::new(second, carried)?);
    let edges = [one.at_edge(first, carried, edges[0]), two.at_edge(second, carried, edges[1])];
    if pairing == Pairing::Paired && first.runs() != second.runs() {
        return Err(Note::OneRun);
    }
    let alone = one.error().powi(2) + two.error().powi(2);
    let join = |without: [&[f64]; 2], value: f64| {
        let shift = match pairing {
            Pairing::Paired => paired(without[0], without[1], value),
            Pairing::Unpaired => unpaired(without[0], without[1], value),
        };
        // What lies beyond a quantile in two of ten runs says no more of the difference than of the quantile itself.
        let lost = one.lost_freedom(pairing).max(two.lost_freedom(pairing));
        Shift { freedom: (shift.freedom - lost).max(1.0), ..shift }
    };
    let difference = join([&one.values, &two.values], two.value - one.value);
    let log_ratio = (edges == [None, None] && one.base > 0.0 && two.base > 0.0).then(|| {
        let relative = |side: &Side| side.bases.iter().map(|base| base / side.base).collect::<Vec<_>>();
        join([&relative(&one), &relative(&two)], (two.base / one.base).ln())
    });
    Ok(Difference {
        difference,
        log_ratio,
        grain: (two.bin.0 - one.bin.1, two.bin.1 - one.bin.0),
        variance_reduction: (difference.error > 0.0).then(|| alone / difference.error.powi(2)),
        runs: first.runs().min(second.runs()),
        edges,
    })
}

/// The logarithm of second over first, paired; by the delta method around the pooled values, as a run left out may leave
/// nothing to take a logarithm of.
///
/// `base` carries a pooled value to the positive number whose ratio is taken: the value itself, or 1 - A of an
/// availability. `None` when runs do not pair, there are fewer than two, or one side is not positive.
pub fn log_ratio(first: &Sample, second: &Sample, base: fn(f64) -> f64) -> Option<Shift> {
    if first.runs() < 2 || second.runs() != first.runs() {
        return None;
    }
    let relative = |sample: &Sample| {
        let pooled = Some(base(sample.pooled()?)).filter(|pooled| *pooled > 0.0)?;
        let each = sample.without_each()?.into_iter().map(|value| base(value) / pooled);
        Some((pooled, each.collect::<Vec<_>>()))
    };
    let ((one, without_first), (two, without_second)) = relative(first).zip(relative(second))?;
    Some(paired(&without_first, &without_second, (two / one).ln()))
}

/// One variant: pooled, and without each run.
struct Side {
    value: f64,
    base: f64,
    values: Vec<f64>,
    bases: Vec<f64>,
    /// Ends of the bucket of a quantile, or twice the value.
    bin: (f64, f64),
    runs: f64,
    /// Of a quantile, how many runs stand behind what lies beyond it; else all.
    effective: f64,
}

impl Side {
    fn new(sample: &Sample, carried: &Carried<'_>) -> Result<Self, Note> {
        let pooled = sample.pooled().ok_or(Note::Empty)?;
        if let Sample::Maxima(_) = sample {
            return Err(Note::Maximum);
        }
        if sample.runs() < 2 {
            return Err(Note::OneRun);
        }
        if sample.has_few_beyond() {
            return Err(Note::FewBeyond);
        }
        let without_each = sample.without_each().ok_or(Note::OneRunCounts)?;
        let values: Option<Vec<f64>> = without_each.iter().map(|value| (carried.value)(*value)).collect();
        let value = (carried.value)(pooled).ok_or(Note::NoValue)?;
        let (low, high) = sample.bin().unwrap_or((pooled, pooled));
        let bin = (carried.value)(low).zip((carried.value)(high)).unwrap_or((value, value));
        Ok(Self {
            value,
            base: (carried.base)(pooled),
            values: values.ok_or(Note::OneRunCounts)?,
            bases: without_each.iter().map(|value| (carried.base)(*value)).collect(),
            bin: (bin.0.min(bin.1), bin.0.max(bin.1)),
            runs: sample.runs() as f64,
            effective: sample.effective_runs(),
        })
    }

    /// Degrees of freedom that a quantile has less than there are runs; without pairs each side has its own.
    fn lost_freedom(&self, pairing: Pairing) -> f64 {
        match pairing {
            Pairing::Paired => self.runs - self.effective,
            Pairing::Unpaired => 0.0,
        }
    }

    fn error(&self) -> f64 {
        jackknife_error(&self.values)
    }

    /// What stays possible where every run had a share of 0 or 1; `edge` is given for shares only.
    fn at_edge(&self, sample: &Sample, carried: &Carried<'_>, edge: Option<Edge>) -> Option<AtEdge> {
        let share = sample.pooled().filter(|share| *share <= 0.0 || *share >= 1.0)?;
        // What is finite at an end of a share rises or falls with it evenly: the share, time down, what is left of a budget.
        let other = (carried.value)(f64::midpoint(share, 0.5))?;
        let slope = (other - self.value) / (f64::midpoint(share, 0.5) - share);
        Some(AtEdge { share, runs: sample.runs(), edge: edge?, slope })
    }
}

fn paired(one: &[f64], two: &[f64], value: f64) -> Shift {
    let differences: Vec<f64> = one.iter().zip(two).map(|(one, two)| two - one).collect();
    let error = jackknife_error_of(&differences, largest(one).max(largest(two)));
    let value = unless_rounding([one, two], value, error);
    Shift { value, error, freedom: (differences.len() - 1) as f64 }
}

fn unpaired(one: &[f64], two: &[f64], value: f64) -> Shift {
    let [first, second] = [one, two].map(|side| jackknife_error(side).powi(2));
    let [own, other] = [one, two].map(|side| (side.len() - 1) as f64);
    let weights = first.powi(2) / own + second.powi(2) / other;
    // Without any spread the degrees of freedom do not matter.
    let freedom = if weights > 0.0 { (first + second).powi(2) / weights } else { own.min(other) };
    let error = (first + second).sqrt();
    Shift { value: unless_rounding([one, two], value, error), error, freedom: freedom.max(1.0) }
}

/// A difference of two sides; none where it has no error and is no more than the rounding of sums of their size.
fn unless_rounding([one, two]: [&[f64]; 2], value: f64, error: f64) -> f64 {
    let slack = rounding(one.len().max(two.len())) * largest(one).max(largest(two));
    if error <= 0.0 && value.abs() <= slack { 0.0 } else { value }
}

/// What Holm's method says of one of several comparisons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holm {
    /// Whether it differs from zero.
    pub is_decided: bool,
    /// The level of the interval that says the same.
    pub confidence: f64,
}

/// Holm's step-down method: all decisions together are right with probability `confidence`.
///
/// ```text
/// the k-th smallest of m probabilities is held against (1 - confidence) / (m - k + 1), up to the first that fails
/// ```
///
/// `p_values` has one entry per comparison, in any order; so has the answer. All that come after the first failure get
/// its level.
///
/// Source: Holm (1979).
///
/// # Examples
///
/// ```
/// use ninefold::analysis::statistics::holm;
/// let decided: Vec<bool> = holm(&[0.01, 0.04, 0.03, 0.005], 0.95).iter().map(|one| one.is_decided).collect();
/// assert_eq!(decided, [true, false, false, true]);
/// ```
pub fn holm(p_values: &[f64], confidence: f64) -> Vec<Holm> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|one, other| p_values[*one].total_cmp(&p_values[*other]));
    let mut found = vec![Holm { is_decided: false, confidence }; p_values.len()];
    let mut failed = None;
    for (place, number) in order.into_iter().enumerate() {
        let share = (1.0 - confidence) / (p_values.len() - place) as f64;
        let share = failed.unwrap_or(share);
        let is_decided = failed.is_none() && p_values[number] < share;
        if !is_decided {
            failed = Some(share);
        }
        found[number] = Holm { is_decided, confidence: 1.0 - share };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statistics::{Bin, Bins, Fraction};
    use std::sync::Arc;

    const PLAIN: Carried<'static> = Carried { value: &|value| Some(value), base: &|value| value };

    fn means(values: &[f64]) -> Sample {
        Sample::Ratios(values.iter().map(|value| Fraction { numerator: *value, denominator: 1.0 }).collect())
    }

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9 * right.abs().max(1.0), "{left} is not {right}");
    }

    #[test]
    fn paired_differences_have_the_textbook_interval() {
        // Differences 1, 2, 3: mean 2, error 1 / sqrt(3), t(0.975, 2) = 4.302652729911275.
        let (first, second) = (means(&[10.0, 20.0, 60.0]), means(&[11.0, 22.0, 63.0]));
        let found = difference(&first, &second, Pairing::Paired, &PLAIN, [None, None]).unwrap();
        close(found.difference.value, 2.0);
        close(found.difference.error, 1.0 / 3.0_f64.sqrt());
        let reach = 4.302_652_729_911_275 / 3.0_f64.sqrt();
        let (low, high) = found.interval(0.95);
        close(low, 2.0 - reach);
        close(high, 2.0 + reach);
        // t = 2 sqrt(3) with two degrees of freedom: p = 1 - t / sqrt(2 + t^2).
        let t = 2.0 * 3.0_f64.sqrt();
        close(found.p_value(), 1.0 - t / (2.0 + t * t).sqrt());
        close(found.log_ratio.unwrap().value, (32.0_f64 / 30.0).ln());
    }

    #[test]
    fn pairing_takes_out_what_runs_have_in_common() {
        let (first, second) = (means(&[10.0, 20.0, 60.0]), means(&[11.0, 22.0, 63.0]));
        let found = difference(&first, &second, Pairing::Paired, &PLAIN, [None, None]).unwrap();
        // Variances of the means: 700 / 3 and 751 / 3 against 1 / 3.
        close(found.variance_reduction.unwrap(), 1451.0);
        let apart = difference(&first, &second, Pairing::Unpaired, &PLAIN, [None, None]).unwrap();
        close(apart.difference.error, (1451.0_f64 / 3.0).sqrt());
        close(apart.variance_reduction.unwrap(), 1.0);
        // Welch: (s1 + s2)^2 / (s1^2 / 2 + s2^2 / 2).
        close(
            apart.difference.freedom,
            1451.0_f64.powi(2) / f64::midpoint(700.0_f64.powi(2), 751.0_f64.powi(2)),
        );
    }

    #[test]
    fn availabilities_have_a_ratio_of_what_is_missing() {
        let missing = Carried { value: &|value| Some(value), base: &|value| 1.0 - value };
        let found =
            difference(&means(&[0.9, 0.8]), &means(&[0.95, 0.9]), Pairing::Paired, &missing, [None, None])
                .unwrap();
        close(found.difference.value, 0.075);
        close(found.log_ratio.unwrap().value, 0.5_f64.ln());
        let perfect =
            difference(&means(&[0.9, 0.8]), &means(&[1.0, 1.0]), Pairing::Paired, &missing, [None, None]);
        assert_eq!(perfect.unwrap().log_ratio, None);
    }

    #[test]
    fn a_ratio_that_is_the_same_in_every_run_has_no_spread() {
        let first = [1.0, 5.0, 3.0, 8.0];
        let second: Vec<f64> = first.iter().map(|value| value * 2.0).collect();
        let found = log_ratio(&means(&first), &means(&second), |value| value).unwrap();
        assert!((found.value - 2.0_f64.ln()).abs() < 1e-12);
        assert!(found.error < 1e-12);
        assert!(log_ratio(&means(&first), &means(&[1.0]), |value| value).is_none());
        assert!(log_ratio(&means(&[0.0, 0.0]), &means(&[1.0, 1.0]), |value| value).is_none());
    }

    #[test]
    fn rounding_is_no_difference_paired_or_not() {
        let (first, second) = (means(&[0.3; 4]), means(&[0.1 + 0.2; 4]));
        for pairing in [Pairing::Paired, Pairing::Unpaired] {
            let found = difference(&first, &second, pairing, &PLAIN, [None, None]).unwrap().difference;
            assert_eq!((found.value.to_bits(), found.error.to_bits()), (0, 0), "{pairing:?}");
            let apart = difference(&first, &means(&[0.31; 4]), pairing, &PLAIN, [None, None]).unwrap();
            assert!((apart.difference.value - 0.01).abs() < 1e-12, "{pairing:?}");
        }
    }

    #[test]
    fn the_error_of_a_log_ratio_follows_the_delta_method() {
        // Against a constant 1, ln(second) has the error of the mean over the mean: 1 / sqrt(3) / 2.
        let found = log_ratio(&means(&[1.0; 3]), &means(&[1.0, 2.0, 3.0]), |value| value).unwrap();
        assert!((found.error - 1.0 / 3.0_f64.sqrt() / 2.0).abs() < 1e-12);
    }

    #[test]
    fn buckets_that_overlap_are_not_told_apart() {
        let sample = |low: u64| {
            let bins = vec![Bin { low, high: low + 2_000_000, count: 1000 }];
            Sample::Binned { bins: Arc::new(Bins::new(vec![bins; 4], u64::MAX)), share: 0.5 }
        };
        let near =
            difference(&sample(1_000_000_000), &sample(1_002_000_000), Pairing::Paired, &PLAIN, [None, None])
                .unwrap();
        close(near.p_value(), 1.0);
        assert_eq!(near.runs_needed(0.95), None);
        let far =
            difference(&sample(1_000_000_000), &sample(1_004_000_000), Pairing::Paired, &PLAIN, [None, None])
                .unwrap();
        assert!(far.p_value() < 1e-9 && far.interval(0.95).0 > 0.0);
    }

    #[test]
    fn further_runs_shrink_the_interval_as_foretold() {
        // Differences 1 and -0.8, 50 of each: mean 0.1, error about 0.09; t is then about 1.97 + 0.84.
        let second: Vec<f64> = (0..100).map(|run| if run % 2 == 0 { 1.0 } else { -0.8 }).collect();
        let found =
            difference(&means(&[0.0; 100]), &means(&second), Pairing::Paired, &PLAIN, [None, None]).unwrap();
        let needed = f64::from(found.runs_needed(0.95).unwrap());
        let error = found.difference.error * (100.0 / needed).sqrt();
        let reach = t_quantile(0.95, needed - 1.0) + t_quantile(0.6, needed - 1.0);
        assert!((error * reach / 0.1 - 1.0).abs() < 0.01, "{needed}");
        let same =
            difference(&means(&[1.0, -1.0]), &means(&[-1.0, 1.0]), Pairing::Paired, &PLAIN, [None, None])
                .unwrap();
        assert_eq!(same.runs_needed(0.95), None);
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let of = |first: &Sample, second: &Sample| {
            difference(first, second, Pairing::Paired, &PLAIN, [None, None]).err()
        };
        assert_eq!(of(&means(&[1.0]), &means(&[2.0])), Some(Note::OneRun));
        assert_eq!(of(&means(&[1.0, 2.0]), &Sample::Ratios(Vec::new())), Some(Note::Empty));
        let nines = Carried {
            value: &|value| Some(-(1.0 - value).log10()).filter(|nines| nines.is_finite()),
            base: &|value| value,
        };
        let perfect =
            difference(&means(&[1.0, 1.0]), &means(&[0.9, 0.8]), Pairing::Paired, &nines, [None, None]);
        assert_eq!(perfect.err(), Some(Note::NoValue));
        let maxima = Sample::Maxima(vec![Some(1.0), Some(2.0)]);
        assert_eq!(of(&maxima, &maxima), Some(Note::Maximum));
    }

    #[test]
    fn a_variant_without_a_spread_is_not_certain() {
        let edge = |chances| Some(Edge { chances, outages: None });
        let compare = |first: &[f64], second: &[f64], edges| {
            difference(&means(first), &means(second), Pairing::Unpaired, &PLAIN, edges).unwrap()
        };
        // All of ten runs clean against all failed: told apart, but not for certain. At the level of p both limits meet
        // in the middle: (p / 2)^(1/10) = 1/2.
        let far = compare(&[1.0; 10], &[0.0; 10], [edge(10), edge(10)]);
        assert!((far.p_value() / 0.5_f64.powi(9) - 1.0).abs() < 1e-6, "{}", far.p_value());
        let (low, high) = far.interval(0.95);
        let limit = 1.0 - 0.025_f64.powf(0.1);
        assert!((low + 1.0).abs() < 1e-9 && (high - (2.0 * limit - 1.0)).abs() < 1e-9, "{low} {high}");
        // Ten clean runs say no more than 69 % each: nothing against 99 %, which hardly varies.
        let steady: Vec<f64> = (0..10).map(|run| 0.99 + 1e-6 * f64::from(run)).collect();
        let near = compare(&[1.0; 10], &steady, [edge(10), edge(10)]);
        assert!(near.p_value() > 0.5, "{}", near.p_value());
        assert!(near.interval(0.95).1 > 0.2, "{:?}", near.interval(0.95));
        assert_eq!(near.log_ratio, None);
        // A thousand times as many chances tell them apart; the variance of zero alone would say so at once.
        assert!(compare(&[1.0; 10], &steady, [edge(10_000), None]).p_value() < 1e-6);
        assert!(compare(&[1.0; 10], &steady, [None, None]).p_value() < 1e-12);
        let needed = near.runs_needed(0.95).unwrap();
        assert!((300..500).contains(&needed), "{needed}");
    }

    #[test]
    fn holm_stops_at_the_first_failure() {
        let found = holm(&[0.02, 0.001, 0.03], 0.95);
        // 0.001 < 0.05 / 3 and 0.02 < 0.05 / 2 and 0.03 < 0.05.
        assert!(found.iter().all(|one| one.is_decided));
        close(found[0].confidence, 0.975);
        let found = holm(&[0.03, 0.001, 0.03], 0.95);
        assert_eq!(found.iter().filter(|one| one.is_decided).count(), 1);
        // 0.03 alone would pass at 0.05, but comes after a failure.
        close(found[2].confidence, 0.975);
        assert!(holm(&[], 0.95).is_empty());
    }
}
