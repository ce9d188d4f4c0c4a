use crate::units::SimDuration;

/// Buckets in each octave of the table: a value is known to 1 part in 512.
const SUB_BITS: u32 = 9;
const SUB: usize = 1 << SUB_BITS;
/// All buckets, and some that no duration reaches: a power of two, so that a mask stands for a check of bounds.
const BUCKETS: usize = SUB << 6;

/// Buckets that are looked at together when a table is emptied.
const STRETCH: usize = 32;

/// Counts of durations in log-linear buckets, for the hot path: one addition each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u32; BUCKETS]>,
    /// Counts that ran over: (bucket, how many times 2^32).
    overflow: Vec<(u32, u64)>,
}

/// Counts by bucket that were poured out of a table; stretches that hold nothing take no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Poured {
    stretches: Vec<Option<Box<[u64; STRETCH]>>>,
}

impl Poured {
    /// The counts of one stretch.
    fn stretch(&mut self, number: usize) -> &mut [u64; STRETCH] {
        if self.stretches.len() <= number {
            self.stretches.resize(number + 1, None);
        }
        self.stretches[number].get_or_insert_with(|| Box::new([0; STRETCH]))
    }

    /// The buckets that hold something, rising, each with its count.
    pub fn held(&self) -> impl Iterator<Item = (u32, u64)> {
        let each = self.stretches.iter().enumerate();
        let filled = each.filter_map(|(number, counts)| Some((number * STRETCH, counts.as_ref()?)));
        filled.flat_map(|(first, counts)| {
            let numbered = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            numbered.map(move |(place, count)| ((first + place) as u32, *count))
        })
    }
}

impl Default for Histogram {
    fn default() -> Self {
        let counts = vec![0; BUCKETS].into_boxed_slice();
        let Ok(counts) = counts.try_into() else { unreachable!("the table has this length") };
        Self { counts, overflow: Vec::new() }
    }
}

impl Histogram {
    /// The bucket of a duration.
    #[inline]
    pub fn bucket(nanos: u64) -> usize {
        let shift = (nanos | SUB as u64).ilog2() - SUB_BITS;
        ((shift as usize) << SUB_BITS) + (nanos >> shift) as usize
    }

    /// Lowest duration of a bucket, and the lowest of the next (ns).
    pub fn bounds(bucket: usize) -> (u64, u64) {
        let (octave, step) = (bucket >> SUB_BITS, (bucket & (SUB - 1)) as u64);
        if octave == 0 {
            return (step, step + 1);
        }
        let shift = octave as u32 - 1;
        let low = (SUB as u64 + step) << shift;
        (low, low.saturating_add(1 << shift))
    }

    /// Counts one duration in its bucket.
    #[inline(always)]
    pub fn record_bucket(&mut self, bucket: usize) {
        let count = &mut self.counts[bucket & (BUCKETS - 1)];
        *count = count.wrapping_add(1);
        if *count == 0 {
            self.spill(bucket);
        }
    }

    #[cold]
    fn spill(&mut self, bucket: usize) {
        self.overflow.push((bucket as u32, 1 << 32));
    }

    /// Adds all counts to those of `into`, by bucket, and empties the table. For each of `shares`, the bucket that
    /// this share of what the table held does not exceed; none when it held nothing. No duration was longer than
    /// `longest` (ns). The 2^32 of a count that ran over are added to `into`, but unknown to the shares.
    pub fn pour<const SHARES: usize>(
        &mut self,
        longest: u64,
        into: &mut Poured,
        shares: [f64; SHARES],
    ) -> [Option<u32>; SHARES] {
        let stretches = Self::bucket(longest) / STRETCH + 1;
        for (bucket, count) in self.overflow.drain(..) {
            into.stretch(bucket as usize / STRETCH)[bucket as usize % STRETCH] += count;
        }
        // What each stretch holds comes first, with loops that know their length; most hold nothing.
        let used = self.counts.as_chunks::<STRETCH>().0[..stretches].iter();
        let held =
            used.map(
                |counts| {
                    if *counts == [0; STRETCH] { 0 } else { counts.iter().copied().map(u64::from).sum() }
                },
            );
        let held: Vec<u64> = held.collect();
        let total: u64 = held.iter().sum();
        let found = shares.map(|share| {
            let wanted = (share * total as f64).ceil() as u64;
            self.bucket_of(&held, wanted).filter(|_| total > 0)
        });
        let used = self.counts.as_chunks_mut::<STRETCH>().0.iter_mut();
        for (number, (counts, held)) in used.zip(held).enumerate() {
            if held > 0 {
                for (count, into) in counts.iter_mut().zip(into.stretch(number)) {
                    *into += u64::from(std::mem::take(count));
                }
            }
        }
        found
    }

    /// The first bucket up to which at least `wanted` are counted, `held` being the counts of stretches.
    fn bucket_of(&self, held: &[u64], wanted: u64) -> Option<u32> {
        let mut seen = 0;
        let stretch = held.iter().position(|held| {
            seen += held;
            seen >= wanted
        })?;
        let mut seen = seen - held[stretch];
        let first = stretch * STRETCH;
        let place = self.counts[first..first + STRETCH].iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        })?;
        Some((first + place) as u32)
    }

    /// The buckets that hold something, rising, with their counts; empties the table. No duration was longer than
    /// `longest` (ns).
    pub fn drain(&mut self, longest: u64) -> Vec<(u32, u64)> {
        let mut filled = Vec::new();
        let used =
            self.counts.as_chunks_mut::<STRETCH>().0.iter_mut().take(Self::bucket(longest) / STRETCH + 1);
        for (stretch, counts) in used.enumerate() {
            // Most stretches are empty: that is seen without a look at each count.
            if *counts == [0; STRETCH] {
                continue;
            }
            for (place, count) in counts.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
                filled.push(((stretch * STRETCH + place) as u32, u64::from(std::mem::take(count))));
            }
        }
        for (bucket, count) in self.overflow.drain(..) {
            match filled.binary_search_by_key(&bucket, |(one, _)| *one) {
                Ok(place) => filled[place].1 += count,
                Err(place) => filled.insert(place, (bucket, count)),
            }
        }
        filled
    }
}

/// A sample of durations: exact count, sum and maximum, and counts by bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Their sum (ns).
    pub sum: u128,
    /// The longest.
    pub max: SimDuration,
    /// Buckets that hold something, rising, with their counts; see [`Histogram::bounds`].
    pub buckets: Vec<(u32, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pouring_moves_all_counts_and_finds_the_shares() {
        let (mut poured, mut drained) = (Histogram::default(), Histogram::default());
        let mut into = Poured::default();
        for round in 0..3_u64 {
            let mut values: Vec<u64> =
                (0..1000_u64).map(|i| (i * i * i * 7919 + round) % 1_000_003).collect();
            for value in &values {
                poured.record_bucket(Histogram::bucket(*value));
                drained.record_bucket(Histogram::bucket(*value));
            }
            values.sort_unstable();
            let found = poured.pour(1_000_003, &mut into, [0.5, 0.99, 1.0]);
            let expected = [499, 989, 999].map(|rank| Some(Histogram::bucket(values[rank]) as u32));
            assert_eq!(found, expected, "round {round}");
        }
        let expected = drained.drain(1_000_003);
        let held: Vec<(u32, u64)> = into.held().collect();
        assert_eq!(held, expected);
        assert_eq!(held.iter().map(|(_, count)| count).sum::<u64>(), 3_000);
    }

    #[test]
    fn an_empty_table_has_no_shares() {
        let mut into = Poured::default();
        assert_eq!(Histogram::default().pour(5_000, &mut into, [0.5]), [None]);
        assert_eq!(into, Poured::default());
    }

    #[test]
    fn a_count_that_ran_over_is_not_lost() {
        let mut table = Histogram::default();
        table.counts[7] = u32::MAX;
        table.record_bucket(7);
        table.record_bucket(7);
        let mut into = Poured::default();
        assert_eq!(table.pour(7, &mut into, [0.5]), [Some(7)]);
        assert_eq!(into.held().collect::<Vec<_>>(), [(7, (1 << 32) + 1)]);
    }
}
