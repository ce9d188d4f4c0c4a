use crate::units::SimDuration;

/// Buckets in each octave of the table: a value is known to 1 part in 512.
const SUB_BITS: u32 = 9;
const SUB: usize = 1 << SUB_BITS;
/// Buckets that are looked at together when a table is emptied.
const STRETCH: usize = 32;

/// So many values are listed before there is a table: most parts of a large system count little.
const LISTED: usize = 512;

/// What one cell of the table can count: at the next it starts anew, and what it counted is kept beside.
const CELL: u64 = 1 << 16;

/// Counts of durations in log-linear buckets, for the hot path: one addition each.
///
/// The table reaches to the octave of the largest value that was seen; the first few values are only listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u16]>,
    beside: Box<Beside>,
}

/// What is not in the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Beside {
    /// The buckets of the first values, while there is no table.
    listed: Vec<u16>,
    /// Counts that ran over: by bucket, rising, how much of it is not in its cell.
    over: Vec<(u32, u64)>,
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
        match self.counts.get_mut(bucket) {
            Some(count) => {
                *count = count.wrapping_add(1);
                if *count == 0 {
                    self.spill(bucket);
                }
            }
            None => self.record_beyond(bucket),
        }
    }

    /// Counts a duration for which there is no cell yet.
    #[cold]
    #[inline(never)]
    fn record_beyond(&mut self, bucket: usize) {
        if self.counts.is_empty() && self.beside.listed.len() < LISTED {
            self.beside.listed.push(bucket as u16);
            return;
        }
        self.widen(bucket);
        self.counts[bucket] += 1;
    }

    /// Makes the table reach to the octave of a bucket, and moves there what was listed.
    fn widen(&mut self, bucket: usize) {
        let listed = std::mem::take(&mut self.beside.listed);
        let highest = listed.iter().map(|one| usize::from(*one)).fold(bucket, usize::max);
        let length = (highest / SUB + 1) * SUB;
        let mut counts = std::mem::take(&mut self.counts).into_vec();
        counts.reserve_exact(length - counts.len());
        counts.resize(length, 0);
        self.counts = counts.into_boxed_slice();
        for one in listed {
            self.counts[usize::from(one)] += 1;
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, bucket: usize) {
        add(&mut self.beside.over, bucket as u32, CELL);
    }

    /// Adds all counts to those of `into`, by bucket, and empties the table. For each of `shares`, the bucket that
    /// this share of what the table held does not exceed; none when it held nothing. No duration was longer than
    /// `longest` (ns).
    pub fn pour<const SHARES: usize>(
        &mut self,
        longest: u64,
        into: &mut Poured,
        shares: [f64; SHARES],
    ) -> [Option<u32>; SHARES] {
        if let Some(one) = self.beside.listed.first() {
            self.widen(usize::from(*one));
        }
        let stretches = Self::bucket(longest) / STRETCH + 1;
        // What each stretch holds comes first, with loops that know their length; most hold nothing.
        let used = self.counts.as_chunks::<STRETCH>().0.iter().take(stretches);
        let held =
            used.map(
                |counts| {
                    if *counts == [0; STRETCH] { 0 } else { counts.iter().copied().map(u64::from).sum() }
                },
            );
        let mut held: Vec<u64> = held.collect();
        for (bucket, count) in &self.beside.over {
            held[*bucket as usize / STRETCH] += count;
        }
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
        for (bucket, count) in self.beside.over.drain(..) {
            into.stretch(bucket as usize / STRETCH)[bucket as usize % STRETCH] += count;
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
        let place = self.counts[first..first + STRETCH].iter().enumerate().position(|(place, count)| {
            seen += u64::from(*count) + self.over((first + place) as u32);
            seen >= wanted
        })?;
        Some((first + place) as u32)
    }

    /// How much of the count of a bucket is not in its cell.
    fn over(&self, bucket: u32) -> u64 {
        let over = &self.beside.over;
        over.binary_search_by_key(&bucket, |(one, _)| *one).map_or(0, |place| over[place].1)
    }

    /// The buckets that hold something, rising, with their counts; leaves nothing, not even the table.
    pub fn drain(&mut self) -> Vec<(u32, u64)> {
        let Self { counts, beside } = std::mem::take(self);
        let Beside { mut listed, over } = *beside;
        listed.sort_unstable();
        let listed = listed.chunk_by(|one, next| one == next);
        let mut filled: Vec<(u32, u64)> =
            listed.map(|equal| (u32::from(equal[0]), equal.len() as u64)).collect();
        for (stretch, counts) in counts.as_chunks::<STRETCH>().0.iter().enumerate() {
            // Most stretches are empty: that is seen without a look at each count.
            if *counts == [0; STRETCH] {
                continue;
            }
            for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                filled.push(((stretch * STRETCH + place) as u32, u64::from(*count)));
            }
        }
        for (bucket, count) in over {
            add(&mut filled, bucket, count);
        }
        filled
    }
}

/// Adds to the count of a bucket in a list that rises.
fn add(counts: &mut Vec<(u32, u64)>, bucket: u32, count: u64) {
    match counts.binary_search_by_key(&bucket, |(one, _)| *one) {
        Ok(place) => counts[place].1 += count,
        Err(place) => counts.insert(place, (bucket, count)),
    }
}

/// Counts by bucket, rising, in few bytes: for each bucket that holds something how far it is from the one before, and its
/// count, each as a number of seven bits a byte of which the last is marked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Buckets(Box<[u8]>);

impl Buckets {
    /// Those that hold something, rising, with their counts; see [`Histogram::bounds`].
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let mut bytes = self.0.iter();
        let mut number = move || -> Option<u64> {
            let (mut value, mut shift) = (0, 0);
            loop {
                let byte = *bytes.next()?;
                value |= u64::from(byte & 0x7f) << shift;
                if byte & 0x80 != 0 {
                    return Some(value);
                }
                shift += 7;
            }
        };
        let mut bucket = 0;
        std::iter::from_fn(move || {
            bucket += number()? as u32;
            Some((bucket, number()?))
        })
    }
}

/// Of buckets that rise.
impl FromIterator<(u32, u64)> for Buckets {
    fn from_iter<T: IntoIterator<Item = (u32, u64)>>(counts: T) -> Self {
        let mut bytes = Vec::new();
        let mut write = |mut value: u64| {
            while value > 0x7f {
                bytes.push((value & 0x7f) as u8);
                value >>= 7;
            }
            bytes.push(value as u8 | 0x80);
        };
        let mut before = 0;
        for (bucket, count) in counts {
            write(u64::from(bucket - before));
            write(count);
            before = bucket;
        }
        Self(bytes.into_boxed_slice())
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
    /// Counts by bucket.
    pub buckets: Buckets,
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
        let expected = drained.drain();
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
        for _ in 0..2 * CELL + 3 {
            table.record_bucket(7);
        }
        for _ in 0..5 {
            table.record_bucket(9);
        }
        let mut copy = table.clone();
        let mut into = Poured::default();
        // All but five of them are in the lower bucket, of which the cell knows next to nothing.
        assert_eq!(table.pour(9, &mut into, [0.5, 0.999, 1.0]), [Some(7), Some(7), Some(9)]);
        assert_eq!(into.held().collect::<Vec<_>>(), [(7, 2 * CELL + 3), (9, 5)]);
        assert_eq!(copy.drain(), [(7, 2 * CELL + 3), (9, 5)]);
        assert_eq!(table.drain(), []);
    }

    #[test]
    fn a_table_is_as_large_as_what_it_saw() {
        let mut table = Histogram::default();
        for value in 0..LISTED as u64 {
            table.record_bucket(Histogram::bucket(value * 1_000));
        }
        assert_eq!(table.counts.len(), 0, "a few values are listed");
        table.record_bucket(Histogram::bucket(5));
        let octaves = Histogram::bucket(511_000) / SUB + 1;
        assert_eq!(table.counts.len(), octaves * SUB);
        table.record_bucket(Histogram::bucket(u64::MAX));
        let counts = table.drain();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), LISTED as u64 + 2);
        assert_eq!(counts.last(), Some(&(Histogram::bucket(u64::MAX) as u32, 1)));
        assert_eq!((table.counts.len(), table.beside.listed.capacity()), (0, 0), "it is given back");
    }

    #[test]
    fn counts_in_few_bytes_are_the_same_counts() {
        let counts = [(0, 1), (1, 127), (130, 128), (28_671, u64::MAX), (u32::MAX, 1 << 40)];
        let buckets: Buckets = counts.into_iter().collect();
        assert_eq!(buckets.iter().collect::<Vec<_>>(), counts);
        assert_eq!(Buckets::default().iter().next(), None);
        let near: Buckets = (1..=100).map(|bucket| (bucket, 100)).collect();
        assert_eq!(near.0.len(), 200);
    }
}
