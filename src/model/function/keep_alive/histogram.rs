//! A time learnt from how long the function was idle before.

use std::sync::Arc;

use super::{Keep, KeepAlivePolicy};
use crate::kernel::stream::Draw;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of times that are learnt.
    pub struct Settings {
        /// The width of a bin of the histogram of idle times.
        #[range = "> 0"]
        bin: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// The longest idle time that it tells apart; longer ones are counted as out of range.
        range: SimDuration = SimDuration::from_nanos(4 * 3_600_000_000_000),
        /// The share of idle times before which nothing is kept: an instance is started again when it has passed.
        head: Probability = Probability::new(0.05).unwrap_or_default(),
        /// The share of idle times after which nothing is kept.
        tail: Probability = Probability::new(0.99).unwrap_or_default(),
        /// By which share of themselves the first is made shorter and the second longer.
        margin: Probability = Probability::new(0.1).unwrap_or_default(),
        /// How long an instance is kept while the histogram says nothing of use.
        fallback: SimDuration = SimDuration::from_nanos(600_000_000_000),
        /// Below this coefficient of variation of the counts in its bins the histogram says nothing of use.
        variation: f64 = 2.0,
        /// Of how many idle times it says nothing of use either.
        #[range = ">= 1"]
        fewest: u32 = 10,
    }
}

/// Most bins of a histogram.
const BINS_MAX: u64 = 100_000;

/// Learns how long a function is idle, and keeps an instance from shortly before most requests come until shortly after.
///
/// Idle times go into a histogram. An instance that has nothing to do is gone at once and started again when the head of
/// the histogram has passed, less a margin; it stays where that is less than a bin. It goes when the tail has passed, with
/// a margin. While there are few idle times, while most are out of range, or while the counts of the bins hardly differ,
/// it is kept for a fixed time. Helps rare functions with a rhythm, at less idle time than a long fixed one. Hurts when
/// the rhythm changes. Source: Shahrad et al., "Serverless in the Wild" (USENIX ATC 2020), section 4; their forecast of
/// idle times beyond the range by ARIMA is not modelled, and the margin is not confirmed.
///
/// What is learnt of a function takes some bytes for each bin in which there is an idle time, so that a million functions
/// that are hardly ever called cost little.
#[derive(Debug, Clone)]
pub struct Histogram {
    /// Those of all functions of a population are one.
    settings: Arc<Settings>,
    counts: Counts,
    beyond: u32,
    seen: u32,
    /// Sum of the squares of the counts.
    squares: f64,
}

/// How many idle times there are in each bin.
#[derive(Debug, Clone)]
enum Counts {
    /// Of the bins that have any: number and count, rising.
    Few(Vec<(u32, u32)>),
    /// Of all bins.
    All(Box<[u32]>),
}

impl Counts {
    /// Counts one more in one of so many bins; how many were there before.
    fn add(&mut self, bin: u32, bins: usize) -> u32 {
        match self {
            Self::Few(few) => match few.binary_search_by_key(&bin, |(bin, _)| *bin) {
                Ok(place) => {
                    few[place].1 += 1;
                    few[place].1 - 1
                }
                // A bin in a list costs twice what it costs in a table.
                Err(place) if 2 * (few.len() + 1) <= bins => {
                    few.insert(place, (bin, 1));
                    0
                }
                Err(_) => {
                    let mut all = vec![0; bins].into_boxed_slice();
                    for (bin, count) in few.iter() {
                        all[*bin as usize] = *count;
                    }
                    all[bin as usize] = 1;
                    *self = Self::All(all);
                    0
                }
            },
            Self::All(all) => {
                all[bin as usize] += 1;
                all[bin as usize] - 1
            }
        }
    }

    /// The first bin up to which there are so many; the last that has any where there are fewer.
    fn bin_with(&self, wanted: f64) -> usize {
        let mut sum = 0.0;
        let mut reaches = |count: u32| {
            sum += f64::from(count);
            count > 0 && sum >= wanted
        };
        match self {
            Self::Few(few) => {
                let found = few.iter().find(|(_, count)| reaches(*count)).or(few.last());
                found.map_or(0, |(bin, _)| *bin as usize)
            }
            Self::All(all) => {
                all.iter().position(|count| reaches(*count)).unwrap_or_else(|| all.len().saturating_sub(1))
            }
        }
    }
}

impl Histogram {
    /// Whether what was seen says anything of use.
    fn is_telling(&self) -> bool {
        if self.seen < self.settings.fewest || self.beyond * 2 > self.seen {
            return false;
        }
        let bins = self.bins() as f64;
        let mean = f64::from(self.seen - self.beyond) / bins;
        let variance = (self.squares / bins - mean * mean).max(0.0);
        variance.sqrt() >= self.settings.variation * mean
    }

    /// How many bins there are.
    fn bins(&self) -> usize {
        let Settings { bin, range, .. } = &*self.settings;
        range.as_nanos().div_ceil(bin.as_nanos().max(1)).clamp(1, BINS_MAX) as usize
    }

    /// The bin in which a share of the idle times within range ends.
    fn bin_of(&self, share: Probability) -> usize {
        self.counts.bin_with(share.get() * f64::from(self.seen - self.beyond))
    }
}

impl KeepAlivePolicy for Histogram {
    const NAME: &'static str = "histogram";
    const SUMMARY: &'static str =
        "Gone at once and started again shortly before most requests come, as learnt from idle times.";
    const LEARNS: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(!settings.bin.is_zero(), "bin", "a bin has a width")?;
        Impossible::unless(settings.range >= settings.bin, "range", "it is shorter than a bin")?;
        let bins = settings.range.as_nanos() / settings.bin.as_nanos().max(1);
        Impossible::unless(bins <= BINS_MAX, "bin", "the range has more than 100,000 of them")?;
        Impossible::unless(settings.head <= settings.tail, "head", "it is above \"tail\"")?;
        Impossible::unless(settings.variation >= 0.0, "variation", "it is below zero")
    }

    fn new(settings: &Settings) -> Self {
        let settings = Arc::new(settings.clone());
        Self { settings, counts: Counts::Few(Vec::new()), beyond: 0, seen: 0, squares: 0.0 }
    }

    fn ran_again(&mut self, idle: SimDuration) {
        if self.seen == u32::MAX {
            return;
        }
        self.seen += 1;
        let bin = idle.as_nanos() / self.settings.bin.as_nanos().max(1);
        let bins = self.bins();
        if bin < bins as u64 {
            let before = self.counts.add(bin as u32, bins);
            self.squares += 2.0 * f64::from(before) + 1.0;
        } else {
            self.beyond += 1;
        }
    }

    fn keep(&self, _: impl FnOnce() -> Draw) -> Keep {
        if !self.is_telling() {
            return Keep { prewarm: None, until: Some(self.settings.fallback) };
        }
        let bin = self.settings.bin.as_nanos() as f64;
        let margin = self.settings.margin.get();
        let (head, tail) = (self.bin_of(self.settings.head), self.bin_of(self.settings.tail));
        let head = head as f64 * bin * (1.0 - margin);
        let until = SimDuration::from_nanos(((tail + 1) as f64 * bin * (1.0 + margin)) as u64);
        let prewarm = (head >= bin).then(|| SimDuration::from_nanos(head as u64));
        Keep { prewarm, until: Some(until) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let table = crate::document::Table { entries: Vec::new() };
        let mut findings = crate::document::Diagnostics::default();
        let mut fields =
            crate::document::Fields::new(&table, crate::document::Span::default(), &mut findings);
        crate::document::Section::read(&mut fields).unwrap()
    }

    fn minutes(minutes: f64) -> SimDuration {
        SimDuration::from_secs(minutes * 60.0)
    }

    fn kept(policy: &Histogram) -> Keep {
        policy.keep(|| unreachable!("nothing is drawn"))
    }

    #[test]
    fn a_rhythm_is_learnt() {
        let mut policy = Histogram::new(&settings());
        let fallback = Keep { prewarm: None, until: Some(minutes(10.0)) };
        for _ in 0..9 {
            policy.ran_again(minutes(30.5));
            assert_eq!(kept(&policy), fallback);
        }
        policy.ran_again(minutes(30.5));
        // Bin 30: from 30 less a tenth of it, to 31 and a tenth of it.
        assert_eq!(kept(&policy), Keep { prewarm: Some(minutes(27.0)), until: Some(minutes(34.1)) });
    }

    #[test]
    fn what_comes_soon_is_kept_all_the_time() {
        let mut policy = Histogram::new(&settings());
        (0..50).for_each(|_| policy.ran_again(minutes(0.2)));
        assert_eq!(kept(&policy), Keep { prewarm: None, until: Some(minutes(1.1)) });
    }

    #[test]
    fn what_says_nothing_falls_back() {
        let fallback = Keep { prewarm: None, until: Some(minutes(10.0)) };
        // Most are out of range.
        let mut policy = Histogram::new(&settings());
        (0..20).for_each(|_| policy.ran_again(minutes(30.0)));
        (0..21).for_each(|_| policy.ran_again(minutes(300.0)));
        assert_eq!(kept(&policy), fallback);
        // All bins are alike.
        let mut policy = Histogram::new(&settings());
        (0..240).for_each(|bin| policy.ran_again(minutes(f64::from(bin) + 0.5)));
        assert_eq!(kept(&policy), fallback);
    }

    #[test]
    fn a_list_of_bins_and_a_table_of_them_say_the_same() {
        // Idle times of 0 to 119 bins of 240, so that the list becomes a table at the last of them.
        let mut counts = Counts::Few(Vec::new());
        let mut added = Vec::new();
        for number in 0..500_u32 {
            let bin = number * 7 % 130;
            let before = added.iter().filter(|other| **other == bin).count();
            assert_eq!(counts.add(bin, 240) as usize, before, "{number}");
            added.push(bin);
            let mut sorted = added.clone();
            sorted.sort_unstable();
            for share in [0.05_f64, 0.5, 0.99, 1.0] {
                let wanted = share * sorted.len() as f64;
                let place = (wanted.ceil() as usize).max(1) - 1;
                assert_eq!(counts.bin_with(wanted), sorted[place] as usize, "{number} {share}");
            }
        }
        assert!(matches!(counts, Counts::All(_)));
    }

    #[test]
    fn impossible_settings_say_so() {
        let wrong = |change: fn(&mut Settings)| {
            let mut own = settings();
            change(&mut own);
            Histogram::check(&own).unwrap_err().key.into_owned()
        };
        assert_eq!(wrong(|one| one.bin = SimDuration::ZERO), "bin");
        assert_eq!(wrong(|one| one.range = SimDuration::from_nanos(1)), "range");
        assert_eq!(wrong(|one| one.bin = SimDuration::from_nanos(1_000)), "bin");
        assert_eq!(wrong(|one| one.head = Probability::ONE), "head");
        assert_eq!(wrong(|one| one.variation = -1.0), "variation");
    }
}
