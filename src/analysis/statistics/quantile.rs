//! Quantiles of merged histograms, interpolated within their bucket.

const NANOS_PER_SECOND: f64 = 1e9;

/// A bucket of durations with a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bin {
    /// Its lowest duration \[ns\].
    pub low: u64,
    /// The lowest duration above it \[ns\].
    pub high: u64,
    /// How many lie in it.
    pub count: u64,
}

/// A quantile and the bucket it lies in \[s\].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// The quantile.
    pub value: f64,
    /// Lower end of its bucket.
    pub low: f64,
    /// Upper end of its bucket, or the longest duration where that is lower.
    pub high: f64,
}

/// Adds up the bins of several runs; bins of different runs are the same bin or do not overlap.
pub fn merge(runs: &[Vec<Bin>]) -> Vec<Bin> {
    // Each run rises, which the sort makes use of.
    let mut merged: Vec<Bin> = runs.concat();
    merged.sort_by_key(|bin| bin.low);
    merged.dedup_by(|later, kept| {
        let is_same = later.low == kept.low;
        kept.count += if is_same { later.count } else { 0 };
        is_same
    });
    merged
}

/// The duration that a share of all in `merged`, without those in `without`, does not exceed.
///
/// Within a bucket durations count as evenly spread. `merged` and `without` rise, and `without` is part of
/// `merged`; `longest` \[ns\] bounds the answer. `None` when nothing is left.
pub fn quantile(merged: &[Bin], without: &[Bin], share: f64, longest: u64) -> Option<Quantile> {
    let count = |bins: &[Bin]| bins.iter().map(|bin| bin.count).sum::<u64>();
    let left = count(merged).checked_sub(count(without)).filter(|left| *left > 0)?;
    let target = share * left as f64;
    let mut removed = without.iter().peekable();
    let mut below = 0;
    let mut last = None;
    for bin in merged {
        let gone = removed.next_if(|one| one.low == bin.low).map_or(0, |one| one.count);
        let inside = bin.count - gone;
        if inside == 0 {
            continue;
        }
        let part = ((target - below as f64) / inside as f64).clamp(0.0, 1.0);
        last = Some(within(bin, part, longest));
        below += inside;
        if below as f64 >= target {
            break;
        }
    }
    last
}

pub(super) fn within(bin: &Bin, part: f64, longest: u64) -> Quantile {
    let low = bin.low as f64 / NANOS_PER_SECOND;
    // A bucket of one nanosecond holds exactly that value.
    let top = if bin.high - bin.low == 1 { bin.low } else { bin.high.min(longest).max(bin.low) };
    let high = top as f64 / NANOS_PER_SECOND;
    let upper = if bin.high - bin.low == 1 { low } else { bin.high as f64 / NANOS_PER_SECOND };
    Quantile { value: (low + part * (upper - low)).min(high), low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(low: u64, high: u64, count: u64) -> Bin {
        Bin { low, high, count }
    }

    fn second(count: u64) -> u64 {
        count * 1_000_000_000
    }

    #[test]
    fn a_bucket_is_evenly_filled() {
        let bins = [bin(0, 1, 6), bin(second(1), second(2), 4)];
        let at = |share| quantile(&bins, &[], share, u64::MAX).unwrap().value;
        assert!(at(0.5).abs() < 1e-12);
        assert!((at(0.7) - 1.25).abs() < 1e-12);
        assert!((at(0.9) - 1.75).abs() < 1e-12);
    }

    #[test]
    fn it_does_not_exceed_the_longest() {
        let bins = [bin(second(1), second(2), 4)];
        let found = quantile(&bins, &[], 0.9, 1_500_000_000).unwrap();
        assert!((found.value - 1.5).abs() < 1e-12);
        assert!((found.high - 1.5).abs() < 1e-12);
    }

    #[test]
    fn leaving_out_equals_merging_the_others() {
        let runs = vec![
            vec![bin(1, 2, 3), bin(1000, 1002, 1)],
            vec![bin(5, 6, 2), bin(1000, 1002, 4)],
            vec![bin(1, 2, 1), bin(2000, 2004, 9)],
        ];
        let merged = merge(&runs);
        for (number, run) in runs.iter().enumerate() {
            let mut others = runs.clone();
            others.remove(number);
            for share in [0.1, 0.5, 0.9, 0.99] {
                assert_eq!(
                    quantile(&merged, run, share, u64::MAX),
                    quantile(&merge(&others), &[], share, u64::MAX),
                    "without {number} at {share}"
                );
            }
        }
        assert_eq!(quantile(&merged, &merged, 0.5, u64::MAX), None);
    }
}
