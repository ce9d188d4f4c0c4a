//! Intervals of quantiles by inversion: not of the quantile's own spread, but of the share beyond each value.

use super::interval::t_quantile;
use super::quantile::{self, Bin};
use super::sample::Bins;

/// Where a value lies beside the quantile, as far as the runs tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// More lies beyond it than beyond the quantile: it is too low.
    Below,
    /// That cannot be told.
    Within,
    /// Less lies beyond it: it is too high.
    Above,
}

/// The interval of the value that a share of all does not exceed \[s\].
///
/// ```text
/// x is inside when  |ln p(x) - ln(1 - share)| <= t s(x) / p(x)
/// ```
///
/// where `p(x)` is the share of all that lies beyond x and `s(x)` its jackknife error, both taken at x, and t is Student's
/// at one degree of freedom less than there are effective runs. Asked at the ends of buckets; the interval holds every
/// bucket of which some part may be inside, and what lies between two of them.
///
/// Effective runs are `(sum b)^2 / sum b^2` of what lies beyond the estimate in each, all runs where they are alike: where
/// two of ten runs hold most of what is beyond, the spread is known no better than from two.
///
/// The spread of the quantile itself is small where the quantile came out small, so that its interval misses the truth
/// mostly above; the error at x is that of a larger quantile there. `None` without a value.
///
/// Source: Woodruff (1952), Confidence Intervals for Medians and Other Position Measures, with the jackknife over runs;
/// effective numbers as of Kish (1965), Survey Sampling.
pub(super) fn interval(bins: &Bins, share: f64, confidence: f64) -> Option<(f64, f64)> {
    let merged = bins.merged();
    let mut beyond = Beyond::new(bins);
    let reach = t_quantile(confidence, (effective_runs(bins, share) - 1.0).max(1.0));
    let mut before = Side::Below;
    let (mut first, mut last) = (None, None);
    for (place, bin) in merged.iter().enumerate() {
        beyond.pass(bin);
        let after = beyond.side(1.0 - share, reach);
        if first.is_none() && after != Side::Below {
            first = Some(place);
        }
        if before != Side::Above {
            last = Some(place);
        }
        before = after;
    }
    let (first, last) = first.zip(last)?;
    let ends = |place: usize| quantile::within(&merged[place], 1.0, bins.longest());
    Some((ends(first).low, ends(last.max(first)).high))
}

/// How many runs stand behind what lies beyond the quantile.
pub(super) fn effective_runs(bins: &Bins, share: f64) -> f64 {
    let mut beyond = Beyond::new(bins);
    let mut effective = beyond.effective();
    for bin in bins.merged() {
        beyond.pass(bin);
        if beyond.share() <= 1.0 - share {
            break;
        }
        effective = beyond.effective();
    }
    effective
}

/// How much of each run lies beyond a value that rises.
struct Beyond<'b> {
    runs: &'b [Vec<Bin>],
    /// The next bin of each run.
    next: Vec<usize>,
    /// All of each run, and what lies beyond.
    counts: Vec<(f64, f64)>,
    all: f64,
    /// Of so many runs that hold anything.
    filled: f64,
}

impl<'b> Beyond<'b> {
    fn new(bins: &'b Bins) -> Self {
        let count = |run: &Vec<Bin>| run.iter().map(|bin| bin.count).sum::<u64>() as f64;
        let counts: Vec<(f64, f64)> = bins.runs().iter().map(|run| (count(run), count(run))).collect();
        Self {
            runs: bins.runs(),
            next: vec![0; counts.len()],
            all: counts.iter().map(|(all, _)| all).sum(),
            filled: counts.iter().filter(|(all, _)| *all > 0.0).count() as f64,
            counts,
        }
    }

    /// The value rises to the end of a bin.
    fn pass(&mut self, bin: &Bin) {
        for ((run, next), (_, beyond)) in self.runs.iter().zip(&mut self.next).zip(&mut self.counts) {
            if let Some(one) = run.get(*next).filter(|one| one.low == bin.low) {
                *beyond -= one.count as f64;
                *next += 1;
            }
        }
    }

    /// The share of all that lies beyond.
    fn share(&self) -> f64 {
        self.counts.iter().map(|(_, beyond)| beyond).sum::<f64>() / self.all
    }

    /// The effective number of runs behind that.
    fn effective(&self) -> f64 {
        let sum: f64 = self.counts.iter().map(|(_, beyond)| beyond).sum();
        sum.powi(2) / self.counts.iter().map(|(_, beyond)| beyond.powi(2)).sum::<f64>()
    }

    /// Whether more or less lies beyond than `wanted` of all.
    fn side(&self, wanted: f64, reach: f64) -> Side {
        let share = self.share();
        if share <= 0.0 {
            return Side::Above;
        }
        // What the share is without each run, less what it is with all.
        let each = |(all, beyond): &(f64, f64)| (share * all - beyond) / (self.all - all);
        let filled = || self.counts.iter().filter(|(all, _)| *all > 0.0).map(each);
        let mean = filled().sum::<f64>() / self.filled;
        let squares: f64 = filled().map(|one| (one - mean).powi(2)).sum();
        let error = ((self.filled - 1.0) / self.filled * squares).sqrt();
        let away = (share / wanted).ln() * share;
        if away > reach * error {
            Side::Below
        } else if away < -reach * error {
            Side::Above
        } else {
            Side::Within
        }
    }
}
