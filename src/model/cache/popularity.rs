//! How often keys are asked for.

use std::fmt;

/// Keys 0, 1, .. and how often each is asked for.
///
/// The key of a request is the inverse of the sum of popularities at a uniform number, so that it is the same request for
/// request whatever the cache is like. It is found in constant time on average by a guide table (Chen and Asau, On
/// Generating Random Variates from an Empirical Distribution, AIIE Transactions 6(2), 1974).
#[derive(Debug, Clone, PartialEq)]
pub struct Popularity {
    /// Share of requests for this key or one before it; the last is 1.
    sums: Vec<f64>,
    /// For each of as many equal parts of \[0, 1) the first key whose sum lies beyond its beginning.
    guide: Vec<u32>,
}

/// Why numbers are no popularity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PopularityError {
    /// There are none.
    Empty,
    /// One is below zero, or not a number.
    Number {
        /// Its place, from 0.
        place: usize,
    },
    /// All are zero.
    Zero,
}

impl fmt::Display for PopularityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing is asked for"),
            Self::Number { place } => write!(f, "number {} of the list is below zero or endless", place + 1),
            Self::Zero => f.write_str("all numbers of the list are zero"),
        }
    }
}

impl Popularity {
    /// Keys asked for as often as the numbers say, in any unit.
    ///
    /// # Errors
    ///
    /// If there are none, one is below zero or not finite, or all are zero.
    pub fn new(weights: &[f64]) -> Result<Self, PopularityError> {
        if weights.is_empty() {
            return Err(PopularityError::Empty);
        }
        if let Some(place) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return Err(PopularityError::Number { place });
        }
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            return Err(PopularityError::Zero);
        }
        let mut sum = 0.0;
        let mut sums: Vec<f64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                sum / total
            })
            .collect();
        // What rounding leaves belongs to the last key that is asked for at all.
        let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0);
        sums[last..].fill(1.0);
        let parts = sums.len();
        let mut key = 0;
        let guide = (0..parts)
            .map(|part| {
                let begin = part as f64 / parts as f64;
                while sums[key] <= begin {
                    key += 1;
                }
                key as u32
            })
            .collect();
        Ok(Self { sums, guide })
    }

    /// The share of requests for each key.
    pub fn shares(&self) -> Vec<f64> {
        let before = std::iter::once(&0.0).chain(&self.sums);
        self.sums.iter().zip(before).map(|(sum, before)| sum - before).collect()
    }

    /// As many keys by Zipf's law: key i, from 1, is asked for as often as i^-exponent; exponent 0 is all alike.
    ///
    /// # Errors
    ///
    /// If there are none or the exponent is not finite.
    pub fn zipf(keys: u32, exponent: f64) -> Result<Self, PopularityError> {
        let weights: Vec<f64> = (1..=keys).map(|key| f64::from(key).powf(-exponent)).collect();
        Self::new(&weights)
    }

    /// How many keys there are.
    pub fn keys(&self) -> u32 {
        self.sums.len() as u32
    }

    /// The key at a uniform number in \[0, 1).
    #[inline]
    pub fn key(&self, uniform: f64) -> u32 {
        let part = (uniform * self.guide.len() as f64) as usize;
        let mut key = self.guide[part.min(self.guide.len() - 1)];
        while self.sums[key as usize] <= uniform && (key as usize) + 1 < self.sums.len() {
            key += 1;
        }
        key
    }

    /// The share of requests that ask for a key.
    pub fn share(&self, key: u32) -> f64 {
        let before = if key == 0 { 0.0 } else { self.sums[key as usize - 1] };
        self.sums[key as usize] - before
    }

    /// So many keys, those that are asked for most; of equal ones the first.
    pub fn most_asked(&self, count: u32) -> Vec<u32> {
        let mut keys: Vec<u32> = (0..self.keys()).collect();
        keys.sort_by(|one, other| self.share(*other).total_cmp(&self.share(*one)));
        keys.truncate(count as usize);
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_where_its_share_lies() {
        let popularity = Popularity::new(&[4.0, 0.0, 3.0, 2.0, 1.0, 0.0]).unwrap();
        let keys: Vec<u32> = [0.0, 0.399, 0.4, 0.699, 0.7, 0.899, 0.9, 0.999_999]
            .iter()
            .map(|at| popularity.key(*at))
            .collect();
        assert_eq!(keys, [0, 0, 2, 2, 3, 3, 4, 4]);
        assert_eq!(popularity.most_asked(3), [0, 2, 3]);
        assert!((popularity.share(2) - 0.3).abs() < 1e-15 && popularity.share(1) == 0.0);
    }

    #[test]
    fn zipf_is_as_a_search_through_the_sums_finds_it() {
        let popularity = Popularity::zipf(1_000, 1.0).unwrap();
        for step in 0..10_007 {
            let at = f64::from(step) / 10_007.0;
            let found = popularity.sums.partition_point(|sum| *sum <= at);
            assert_eq!(popularity.key(at) as usize, found);
        }
        assert_eq!(popularity.keys(), 1_000);
        assert!((popularity.share(0) / popularity.share(9) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_popularity_is_refused() {
        assert_eq!(Popularity::new(&[]), Err(PopularityError::Empty));
        assert_eq!(Popularity::new(&[1.0, -1.0]), Err(PopularityError::Number { place: 1 }));
        assert_eq!(Popularity::new(&[f64::NAN]), Err(PopularityError::Number { place: 0 }));
        assert_eq!(Popularity::new(&[0.0, 0.0]), Err(PopularityError::Zero));
        assert_eq!(Popularity::zipf(0, 1.0), Err(PopularityError::Empty));
    }
}
