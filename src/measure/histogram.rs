use crate::units::SimDuration;

/// Buckets in each octave of the table: a value is known to 1 part in 512.
const SUB_BITS: u32 = 9;
const SUB: usize = 1 << SUB_BITS;
/// Octaves of all durations there can be.
const OCTAVES: usize = (u64::BITS - SUB_BITS + 1) as usize;
/// Buckets that are looked at together when a table is emptied.
const STRETCH: usize = 32;

/// So many values are listed at most: most parts of a large system count little.
const LISTED: usize = 512;
/// So many of a full list may stay listed when a table is made or widened: the octaves of the few shortest and longest
/// values would be nearly empty.
const SPARED: usize = LISTED / 8;

/// What one cell of the table can count: at the next it starts anew, and what it counted is kept beside. Small cells leave more
/// of the first cache to the rest of a simulation, which touches a few tables at each request.
const CELL: u64 = 1 << 8;

/// The same of a cell of what was poured out.
const POURED: u64 = 1 << 16;

/// Counts of durations in log-linear buckets, for the hot path: one addition each.
///
/// The table holds the octaves in which most values are; the first few values, and later ones of other octaves, are only
/// listed until they are many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u8]>,
    /// The bucket of the first count.
    first: usize,
    beside: Box<Beside>,
}

/// What is not in the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Beside {
    /// The buckets of values for which there is no count in the table.
    listed: Vec<u16>,
    /// How often each cell of the table ran over.
    over: Poured,
}

/// Counts by bucket that were poured out of a table; stretches that hold nothing take no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Poured {
    stretches: Vec<Option<Box<[u16; STRETCH]>>>,
    /// Counts that ran over: by bucket, rising, how much of it is not in its cell.
    over: Vec<(u32, u64)>,
}

impl Poured {
    /// The counts of one stretch.
    fn stretch(&mut self, number: usize) -> &mut [u16; STRETCH] {
        if self.stretches.len() <= number {
            self.stretches.resize(number + 1, None);
        }
        self.stretches[number].get_or_insert_with(|| Box::new([0; STRETCH]))
    }

    /// Adds the counts of a stretch, and leaves none of them.
    fn take(&mut self, number: usize, counts: &mut [u8; STRETCH]) {
        let into = self.stretch(number);
        let mut ran_over = [false; STRETCH];
        for ((count, into), ran_over) in counts.iter_mut().zip(into).zip(&mut ran_over) {
            (*into, *ran_over) = into.overflowing_add(u16::from(std::mem::take(count)));
        }
        if ran_over != [false; STRETCH] {
            let places = ran_over.iter().enumerate().filter(|(_, ran_over)| **ran_over);
            for (place, _) in places {
                add(&mut self.over, (number * STRETCH + place) as u32, POURED);
            }
        }
    }

    /// Adds to the count of a bucket.
    pub fn add(&mut self, bucket: u32, count: u64) {
        let cell = &mut self.stretch(bucket as usize / STRETCH)[bucket as usize % STRETCH];
        let sum = u64::from(*cell) + count;
        *cell = (sum % POURED) as u16;
        let beyond = sum - sum % POURED;
        if beyond > 0 {
            add(&mut self.over, bucket, beyond);
        }
    }

    /// The count of a bucket.
    fn get(&self, bucket: u32) -> u64 {
        let stretch = self.stretches.get(bucket as usize / STRETCH).and_then(Option::as_deref);
        let beside = || self.over.binary_search_by_key(&bucket, |(one, _)| *one);
        stretch.map_or(0, |counts| {
            u64::from(counts[bucket as usize % STRETCH]) + beside().map_or(0, |place| self.over[place].1)
        })
    }

    /// The buckets that hold something, rising, each with its count.
    pub fn held(&self) -> impl Iterator<Item = (u32, u64)> {
        let each = self.stretches.iter().enumerate();
        let filled = each.filter_map(|(number, counts)| Some((number * STRETCH, counts.as_ref()?)));
        let counted = filled.flat_map(|(first, counts)| {
            counts.iter().enumerate().map(move |(place, count)| ((first + place) as u32, u64::from(*count)))
        });
        let mut over = self.over.iter().copied().peekable();
        let whole = counted.map(move |(bucket, count)| {
            let beside = over.next_if(|(one, _)| *one == bucket).map_or(0, |(_, beside)| beside);
            (bucket, count + beside)
        });
        whole.filter(|(_, count)| *count > 0)
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
        match self.counts.get_mut(bucket.wrapping_sub(self.first)) {
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
        if self.beside.listed.len() == LISTED {
            self.widen(SPARED);
            // There may be a cell for it now.
            return self.record_bucket(bucket);
        }
        self.beside.listed.push(bucket as u16);
    }

    /// Makes the table reach to the octaves of all that is listed but `spared` values at its ends, and counts there what it
    /// reaches to.
    fn widen(&mut self, spared: usize) {
        let (low, high) = self.reach(spared);
        let mut counts = vec![0; (high - low) * SUB].into_boxed_slice();
        if !self.counts.is_empty() {
            let before = self.first - low * SUB;
            counts[before..before + self.counts.len()].copy_from_slice(&self.counts);
        }
        (self.counts, self.first) = (counts, low * SUB);
        let mut listed = std::mem::take(&mut self.beside.listed);
        listed.retain(|one| !self.counts_now(usize::from(*one)));
        listed.shrink_to_fit();
        self.beside.listed = listed;
    }

    /// Counts a value that was listed, if there is a cell for it.
    fn counts_now(&mut self, bucket: usize) -> bool {
        let count = self.counts.get_mut(bucket.wrapping_sub(self.first));
        let is_counted = count.is_some();
        if let Some(count) = count {
            *count = count.wrapping_add(1);
            if *count == 0 {
                self.spill(bucket);
            }
        }
        is_counted
    }

    /// The first octave that the table should have and the first that it should not, for all that is listed but `spared`
    /// values; it never becomes smaller.
    fn reach(&self, mut spared: usize) -> (usize, usize) {
        let mut listed = [0; OCTAVES];
        for one in &self.beside.listed {
            listed[usize::from(*one) / SUB] += 1;
        }
        let table = (self.first / SUB, (self.first + self.counts.len()) / SUB);
        let is_held = |octave: usize| listed[octave] > 0 || (table.0..table.1).contains(&octave);
        let mut low = (0..OCTAVES).find(|octave| is_held(*octave)).unwrap_or(0);
        let mut high = (0..OCTAVES).rfind(|octave| is_held(*octave)).map_or(low, |octave| octave + 1);
        loop {
            let outside = |octave: usize| {
                let is_free = high - low > 1 && !(table.0..table.1).contains(&octave);
                if is_free { listed[octave] } else { usize::MAX }
            };
            // The emptier end first.
            let (shortest, longest) = if low < high { (outside(low), outside(high - 1)) } else { break };
            let left_out = shortest.min(longest);
            if left_out > spared {
                break;
            }
            spared -= left_out;
            if shortest <= longest {
                low += 1;
            } else {
                high -= 1;
            }
        }
        (low, high)
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, bucket: usize) {
        self.beside.over.add(bucket as u32, 1);
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
        if !self.beside.listed.is_empty() {
            self.widen(0);
        }
        let before = self.first / STRETCH;
        let stretches = (Self::bucket(longest) / STRETCH + 1).saturating_sub(before);
        // What each stretch holds comes first, with loops that know their length; most hold nothing.
        let used = self.counts.as_chunks::<STRETCH>().0.iter().take(stretches);
        let held =
            used.map(
                |counts| {
                    if *counts == [0; STRETCH] { 0 } else { counts.iter().copied().map(u64::from).sum() }
                },
            );
        let mut held: Vec<u64> = held.collect();
        for (bucket, times) in self.beside.over.held() {
            held[bucket as usize / STRETCH - before] += times * CELL;
        }
        let total: u64 = held.iter().sum();
        let found = shares.map(|share| {
            let wanted = (share * total as f64).ceil() as u64;
            self.bucket_of(&held, wanted).filter(|_| total > 0)
        });
        let used = self.counts.as_chunks_mut::<STRETCH>().0.iter_mut();
        for (number, (counts, held)) in used.zip(held).enumerate() {
            if held > 0 {
                into.take(before + number, counts);
            }
        }
        for (bucket, times) in std::mem::take(&mut self.beside.over).held() {
            into.add(bucket, times * CELL);
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
        let start = stretch * STRETCH;
        let bucket = |place: usize| (self.first + start + place) as u32;
        let place = self.counts[start..start + STRETCH].iter().enumerate().position(|(place, count)| {
            seen += u64::from(*count) + self.beside.over.get(bucket(place)) * CELL;
            seen >= wanted
        })?;
        Some(bucket(place))
    }

    /// The buckets that hold something, rising, with their counts; leaves nothing, not even the table.
    pub fn drain(&mut self) -> Vec<(u32, u64)> {
        let Self { counts, first, beside } = std::mem::take(self);
        let Beside { mut listed, over } = *beside;
        listed.sort_unstable();
        // No bucket is both listed and in the table.
        let longer = listed.partition_point(|one| usize::from(*one) < first);
        let few = |listed: &[u16]| {
            let equals = listed.chunk_by(|one, next| one == next);
            equals.map(|equal| (u32::from(equal[0]), equal.len() as u64)).collect::<Vec<_>>()
        };
        let mut filled = few(&listed[..longer]);
        let mut over = over.held().peekable();
        for (stretch, counts) in counts.as_chunks::<STRETCH>().0.iter().enumerate() {
            let start = (first + stretch * STRETCH) as u32;
            let has_over = over.peek().is_some_and(|(bucket, _)| *bucket < start + STRETCH as u32);
            // Most stretches are empty: that is seen without a look at each count.
            if *counts == [0; STRETCH] && !has_over {
                continue;
            }
            for (bucket, count) in (start..).zip(counts) {
                let times = over.next_if(|(one, _)| *one == bucket).map_or(0, |(_, times)| times);
                let count = u64::from(*count) + times * CELL;
                if count > 0 {
                    filled.push((bucket, count));
                }
            }
        }
        filled.extend(few(&listed[longer..]));
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
        // The second runs over what a cell that was poured can count.
        for many in [2 * CELL + 3, POURED + CELL, POURED + CELL + 7] {
            let mut table = Histogram::default();
            for _ in 0..many {
                table.record_bucket(7);
            }
            for _ in 0..5 {
                table.record_bucket(9);
            }
            let mut copy = table.clone();
            let mut into = Poured::default();
            // All but five of them are in the lower bucket, of which the cell knows next to nothing.
            assert_eq!(table.pour(9, &mut into, [0.5, 0.98, 1.0]), [Some(7), Some(7), Some(9)]);
            assert_eq!(into.held().collect::<Vec<_>>(), [(7, many), (9, 5)]);
            assert_eq!(copy.drain(), [(7, many), (9, 5)]);
            assert_eq!(table.drain(), []);
        }
    }

    #[test]
    fn what_was_poured_is_counted_beyond_its_cells() {
        let mut poured = Poured::default();
        for count in [1, POURED - 1, 0, 3 * POURED + 5, 1 << 40] {
            poured.add(70, count);
        }
        let whole = 4 * POURED + 5 + (1 << 40);
        assert_eq!((poured.get(70), poured.get(71), poured.get(7_000)), (whole, 0, 0));
        let mut counts = [0; STRETCH];
        (counts[70 % STRETCH], counts[71 % STRETCH]) = (255, 1);
        poured.take(70 / STRETCH, &mut counts);
        assert_eq!(poured.held().collect::<Vec<_>>(), [(70, whole + 255), (71, 1)]);
        assert_eq!(counts, [0; STRETCH]);
    }

    #[test]
    fn a_table_is_as_large_as_what_it_saw() {
        let mut table = Histogram::default();
        for value in 0..LISTED as u64 {
            table.record_bucket(Histogram::bucket(value * 1_000));
        }
        assert_eq!(table.counts.len(), 0, "a few values are listed");
        table.record_bucket(Histogram::bucket(500_000));
        // Half of the values are in the last octave, and an eighth of them at most stay listed.
        let octave = |value: u64| Histogram::bucket(value) / SUB;
        assert_eq!(table.first / SUB, octave(64_000));
        assert_eq!((table.first + table.counts.len()) / SUB, octave(511_000) + 1);
        assert_eq!(table.beside.listed.len(), 33, "0 to 32 us");
        for _ in 0..LISTED {
            table.record_bucket(Histogram::bucket(5));
        }
        assert_eq!(table.first, 0, "what came often is in the table");
        table.record_bucket(Histogram::bucket(u64::MAX));
        assert_eq!((table.first + table.counts.len()) / SUB, octave(511_000) + 1, "what came once is not");
        let counts = table.drain();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 2 * LISTED as u64 + 2);
        assert!(counts.is_sorted_by(|one, next| one.0 < next.0));
        assert_eq!(counts.last(), Some(&(Histogram::bucket(u64::MAX) as u32, 1)));
        assert_eq!((table.counts.len(), table.beside.listed.capacity()), (0, 0), "it is given back");
    }

    #[test]
    fn ten_thousand_exponential_values_take_few_octaves() {
        let mut table = Histogram::default();
        // The value at each of so many equal steps of probability, in an order that mixes them.
        let values = 10_000_u64;
        for number in 0..values {
            let share = (number * 7_919 % values) as f64 / values as f64;
            table.record_bucket(Histogram::bucket((-1e7 * (1.0 - share).ln()) as u64));
        }
        let octaves = table.counts.len() / SUB;
        assert!(octaves <= 10, "{octaves} of {}", Histogram::bucket(100_000_000) / SUB + 1);
        assert_eq!(table.drain().iter().map(|(_, count)| count).sum::<u64>(), values);
    }

    #[test]
    fn a_table_counts_what_a_map_counts() {
        let mut state = 1_u64;
        for round in 0..20_u32 {
            let (mut table, mut map) = (Histogram::default(), std::collections::BTreeMap::new());
            let (mut poured, mut into) = (0, Poured::default());
            for number in 0..3_000_u32 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Octaves of all lengths, some hardly ever.
                let value = (state | 1 << 63) >> (state >> 20 & 63).min(u64::from(13 + 2 * round));
                let bucket = Histogram::bucket(value);
                table.record_bucket(bucket);
                *map.entry(bucket as u32).or_insert(0) += 1;
                if round % 2 == 1 && number % 700 == 0 {
                    let [last] = table.pour(u64::MAX, &mut into, [1.0]);
                    assert!(last.is_some());
                    poured += 1;
                }
            }
            let mut found: std::collections::BTreeMap<u32, u64> = into.held().collect();
            for (bucket, count) in table.drain() {
                *found.entry(bucket).or_insert(0) += count;
            }
            assert_eq!((found, poured > 0), (map, round % 2 == 1), "round {round}");
        }
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
