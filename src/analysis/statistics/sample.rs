//! What several runs contribute to one estimate, and how it is pooled.

use std::sync::Arc;

use super::inversion;
use super::quantile::{self, Bin};

/// A numerator and a denominator of one run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fraction {
    /// What is divided.
    pub numerator: f64,
    /// By what.
    pub denominator: f64,
}

/// What runs contribute to one estimate, one entry per run.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// Sum of numerators / sum of denominators; with denominators of 1, the mean per run.
    Ratios(Vec<Fraction>),
    /// The value of the merged histogram that a share of all does not exceed.
    Binned {
        /// The histograms, shared by all quantiles of one sample.
        bins: Arc<Bins>,
        /// The share, strictly between 0 and 1.
        share: f64,
    },
    /// The largest of all.
    Maxima(Vec<Option<f64>>),
}

/// Histograms of several runs, and all of them merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bins {
    runs: Vec<Vec<Bin>>,
    merged: Vec<Bin>,
    longest: u64,
}

impl Bins {
    /// One list of rising bins per run; `longest` is the longest duration of all \[ns\].
    pub fn new(runs: Vec<Vec<Bin>>, longest: u64) -> Self {
        let merged = quantile::merge(&runs);
        Self { runs, merged, longest }
    }

    /// The bins of each run.
    pub fn runs(&self) -> &[Vec<Bin>] {
        &self.runs
    }

    /// The bins of all runs together.
    pub(super) fn merged(&self) -> &[Bin] {
        &self.merged
    }

    /// The longest duration of all \[ns\].
    pub fn longest(&self) -> u64 {
        self.longest
    }

    fn quantile(&self, without: &[Bin], share: f64) -> Option<quantile::Quantile> {
        quantile::quantile(&self.merged, without, share, self.longest)
    }

    fn count(&self) -> u64 {
        self.merged.iter().map(|bin| bin.count).sum()
    }
}

/// Fewer values than this beyond a quantile, per run, say too little about it.
const BEYOND_MIN: f64 = 10.0;

impl Sample {
    /// Number of runs.
    pub fn runs(&self) -> usize {
        match self {
            Self::Ratios(fractions) => fractions.len(),
            Self::Binned { bins, .. } => bins.runs.len(),
            Self::Maxima(maxima) => maxima.len(),
        }
    }

    /// The estimate from all runs together; `None` when there is nothing.
    pub fn pooled(&self) -> Option<f64> {
        match self {
            Self::Ratios(fractions) => quotient(total(fractions)),
            Self::Binned { bins, share } => bins.quantile(&[], *share).map(|found| found.value),
            Self::Maxima(maxima) => maxima.iter().flatten().copied().reduce(f64::max),
        }
    }

    /// The same without some runs; `keep` has one entry per run.
    #[must_use]
    pub fn only(&self, keep: &[bool]) -> Self {
        fn pick<T: Clone>(all: &[T], keep: &[bool]) -> Vec<T> {
            all.iter().zip(keep).filter(|(_, keep)| **keep).map(|(one, _)| one.clone()).collect()
        }
        match self {
            Self::Ratios(fractions) => Self::Ratios(pick(fractions, keep)),
            Self::Binned { bins, share } => Self::Binned {
                bins: Arc::new(Bins::new(pick(&bins.runs, keep), bins.longest)),
                share: *share,
            },
            Self::Maxima(maxima) => Self::Maxima(pick(maxima, keep)),
        }
    }

    /// Whether another sample has the same value in every run and in all together.
    pub fn is_same(&self, other: &Self) -> bool {
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        match (self, other) {
            (Self::Ratios(one), Self::Ratios(two)) => {
                let values =
                    |all: &[Fraction]| all.iter().map(|each| bits(quotient(*each))).collect::<Vec<_>>();
                bits(self.pooled()) == bits(other.pooled()) && values(one) == values(two)
            }
            _ => self == other,
        }
    }

    /// The estimate without each run in turn; `None` when one of them has nothing.
    pub fn without_each(&self) -> Option<Vec<f64>> {
        match self {
            Self::Ratios(fractions) => {
                let all = total(fractions);
                fractions.iter().map(|one| without(fractions, all, one)).collect()
            }
            Self::Binned { bins, share } => {
                bins.runs.iter().map(|run| Some(bins.quantile(run, *share)?.value)).collect()
            }
            Self::Maxima(_) => None,
        }
    }

    /// How many runs say anything: of a ratio those of which numerator or denominator is more than nothing.
    pub(super) fn telling_runs(&self) -> usize {
        match self {
            Self::Ratios(fractions) => {
                let tells = |one: &&Fraction| one.numerator != 0.0 || one.denominator != 0.0;
                fractions.iter().filter(tells).count()
            }
            Self::Binned { bins, .. } => bins.runs.iter().filter(|run| !run.is_empty()).count(),
            Self::Maxima(maxima) => maxima.iter().flatten().count(),
        }
    }

    /// Of a quantile, how many runs stand behind what lies beyond it; else all.
    pub(super) fn effective_runs(&self) -> f64 {
        match self {
            Self::Binned { bins, share } => inversion::effective_runs(bins, *share),
            Self::Ratios(_) | Self::Maxima(_) => self.runs() as f64,
        }
    }

    /// The bucket that a quantile lies in \[s\].
    pub(super) fn bin(&self) -> Option<(f64, f64)> {
        match self {
            Self::Binned { bins, share } => {
                let found = bins.quantile(&[], *share)?;
                Some((found.low, found.high))
            }
            Self::Ratios(_) | Self::Maxima(_) => None,
        }
    }

    /// Whether too few values per run lie beyond a quantile.
    pub(super) fn has_few_beyond(&self) -> bool {
        match self {
            Self::Binned { bins, share } => {
                (1.0 - share) * (bins.count() as f64) < BEYOND_MIN * bins.runs.len() as f64
            }
            Self::Ratios(_) | Self::Maxima(_) => false,
        }
    }
}

fn total(fractions: &[Fraction]) -> Fraction {
    fractions.iter().fold(Fraction::default(), |sum, one| Fraction {
        numerator: sum.numerator + one.numerator,
        denominator: sum.denominator + one.denominator,
    })
}

fn quotient(fraction: Fraction) -> Option<f64> {
    (fraction.denominator > 0.0).then(|| fraction.numerator / fraction.denominator)
}

/// The quotient of all fractions but `one`, which is one of them.
fn without(fractions: &[Fraction], all: Fraction, one: &Fraction) -> Option<f64> {
    let others = fractions.iter().any(|other| !std::ptr::eq(other, one) && other.denominator > 0.0);
    // Asked of the others themselves: a difference of sums is hardly ever exactly zero.
    others.then(|| (all.numerator - one.numerator) / (all.denominator - one.denominator))
}
