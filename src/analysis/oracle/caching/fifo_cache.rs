//! FIFO and RANDOM, exactly.

use super::occupancy::seen_by_each;
use super::{CAPACITY, EXPONENT, OBJECTS, POPULARITY, SIZE_MAX, popularity, shares, small, some_capacity};
use crate::analysis::numeric::root;
use crate::analysis::oracle::{Answer, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "fifo-cache",
    summary: "Hits of a cache that evicts the oldest object, or a random one.",
    formula: "P(the cache holds the set S) is in proportion to the product of p_i over S",
    domain: "Independent requests, equal objects, fetched at once; objects times capacity at most 5 million.",
    source: "Gelenbe, A unified approach to the evaluation of a class of replacement algorithms (1973).",
    arguments: &[CAPACITY, POPULARITY, OBJECTS, EXPONENT],
    answers: &[
        Answer::new("hit_ratio", "ratio", "share of requests that find a copy"),
        Answer::new(
            "hit_ratio_static",
            "ratio",
            "the most that is possible: the most popular objects are kept for ever",
        ),
    ],
    solve: |arguments| {
        let (popularity, capacity) = (popularity(arguments)?, arguments.count("capacity", 1)?);
        let hits = fifo_cache(&popularity, capacity)?;
        let mut best = popularity;
        best.sort_by(|one, two| two.total_cmp(one));
        let kept: f64 = best.iter().take(capacity as usize).sum();
        Ok([hits, kept].map(Value::from).to_vec())
    },
};

/// Share of requests that find a copy in a cache that evicts the oldest object, or a random one: both have the same.
///
/// ```text
/// sum_i p_i P(i in S),  P(S) in proportion to the product of p_j over S, |S| = capacity
/// ```
///
/// `popularity` has a positive number for each object, of which `p_i` is its share; `capacity` is at least 1.
///
/// Source: Gelenbe, A unified approach to the evaluation of a class of replacement algorithms (1973).
///
/// # Errors
///
/// An argument outside its range; more objects than can be worked out in a moment.
///
/// # Examples
///
/// A cache for one object has a hit if the same object is asked for twice in a row.
///
/// ```
/// use ninefold::analysis::oracle::fifo_cache;
/// assert!((fifo_cache(&[0.5, 0.3, 0.2], 1).unwrap() - 0.38).abs() < 1e-12);
/// ```
pub fn fifo_cache(popularity: &[f64], capacity: u32) -> Result<f64, OracleError> {
    let shares = shares(popularity)?;
    let capacity = some_capacity(capacity)?;
    if capacity >= shares.len() {
        return Ok(1.0);
    }
    small(shares.len(), capacity, SIZE_MAX)?;
    // Independent objects, given that `capacity` of them are there, have this law, whatever the scale of their odds; with
    // this one so many are likely.
    let inside = |scale: f64, share: &f64| scale * share / (1.0 + scale * share);
    let excess = |scale: f64| shares.iter().map(|share| inside(scale, share)).sum::<f64>() - capacity as f64;
    let mut high = capacity as f64;
    while excess(high) < 0.0 && high.is_finite() {
        high *= 2.0;
    }
    let none = || OracleError::Outside { reason: "no time fills this cache".to_owned() };
    let scale = root(0.0, high, excess).ok_or_else(none)?;
    let chances: Vec<f64> = shares.iter().map(|share| inside(scale, share)).collect();
    let seen = seen_by_each(&chances, capacity - 1);
    let weights = || chances.iter().zip(&seen).map(|(chance, (others, _))| chance * others);
    // All that are there are `capacity`.
    let total: f64 = weights().sum();
    let hits: f64 = weights().zip(&shares).map(|(weight, share)| weight * share).sum();
    Ok(hits * capacity as f64 / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_over_all_sets() {
        let shares = [0.4, 0.25, 0.2, 0.1, 0.05];
        for capacity in 1..5_u32 {
            let (mut hits, mut total) = (0.0, 0.0);
            for set in (0..1_u32 << 5).filter(|set| set.count_ones() == capacity) {
                let members = || (0..5).filter(|object| set >> object & 1 == 1).map(|object| shares[object]);
                total += members().product::<f64>();
                hits += members().product::<f64>() * members().sum::<f64>();
            }
            assert!((fifo_cache(&shares, capacity).unwrap() - hits / total).abs() < 1e-12);
        }
    }

    #[test]
    fn large_caches_stay_numbers() {
        let zipf: Vec<f64> = (1..=4000).map(|number| f64::from(number).recip()).collect();
        let hits = fifo_cache(&zipf, 1000).unwrap();
        assert!(hits > 0.5 && hits < 1.0);
        assert!((fifo_cache(&[1.0; 1000], 250).unwrap() - 0.25).abs() < 1e-9);
        assert!(fifo_cache(&[], 1).is_err());
    }
}
