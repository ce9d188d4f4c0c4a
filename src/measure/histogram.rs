use crate::units::SimDuration;

/// Buckets in each octave of the table: a value is known to 1 part in 512.
const SUB_BITS: u32 = 9;
const SUB: usize = 1 << SUB_BITS;
/// All buckets, and some that no duration reaches: a power of two, so that a mask stands for a check of bounds.
const BUCKETS: usize = SUB << 6;

/// Counts of durations in log-linear buckets, for the hot path: one addition each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u32; BUCKETS]>,
    /// Counts that ran over: (bucket, how many times 2^32).
    overflow: Vec<(u32, u64)>,
    octaves: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        let counts = vec![0; BUCKETS].into_boxed_slice();
        let Ok(counts) = counts.try_into() else { unreachable!("the table has this length") };
        Self { counts, overflow: Vec::new(), octaves: 0 }
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
    #[inline]
    pub fn record_bucket(&mut self, bucket: usize) {
        let count = &mut self.counts[bucket & (BUCKETS - 1)];
        *count = count.wrapping_add(1);
        self.octaves |= 1 << (bucket >> SUB_BITS);
        if *count == 0 {
            self.spill(bucket);
        }
    }

    #[cold]
    fn spill(&mut self, bucket: usize) {
        self.overflow.push((bucket as u32, 1 << 32));
    }

    /// The buckets that hold something, rising, with their counts; empties the table.
    pub fn drain(&mut self) -> Vec<(u32, u64)> {
        let mut filled = Vec::new();
        for octave in 0..64 {
            if self.octaves >> octave & 1 == 0 {
                continue;
            }
            for bucket in octave << SUB_BITS..(octave + 1) << SUB_BITS {
                let count = std::mem::take(&mut self.counts[bucket]);
                if count > 0 {
                    filled.push((bucket as u32, u64::from(count)));
                }
            }
        }
        self.octaves = 0;
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
