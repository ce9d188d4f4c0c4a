//! Hits of large caches: every object sees the same characteristic time.

use super::{CAPACITY, EXPONENT, OBJECTS, POPULARITY, popularity, shares, some_capacity};
use crate::analysis::numeric::root;
use crate::analysis::oracle::{Answer, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "cache-approximation",
    summary: "Hits of large caches that evict the least recently used object, a random one, or the oldest one.",
    formula: "LRU: sum p_i (1 - exp(-p_i t)) with sum (1 - exp(-p_i t)) = capacity; RANDOM and FIFO: sum p_i^2 t / (1 + p_i t) \
              with sum p_i t / (1 + p_i t) = capacity",
    domain: "Independent requests, equal objects, fetched at once; an approximation, good to half a percent where the cache \
             holds some dozens, exact in the limit. lru-cache and fifo-cache are exact.",
    source: "Che, Tung and Wang, Hierarchical web caching systems (2002); Fricker, Robert and Roberts, A versatile and \
             accurate approximation for LRU cache performance (2012).",
    arguments: &[CAPACITY, POPULARITY, OBJECTS, EXPONENT],
    answers: &[
        Answer::new(
            "hit_ratio_lru",
            "ratio",
            "share of requests that find a copy, least recently used evicted",
        ),
        Answer::new(
            "hit_ratio_random",
            "ratio",
            "share of requests that find a copy, a random or the oldest one evicted",
        ),
        Answer::new(
            "characteristic_requests",
            "1",
            "requests after which an object that is not asked for leaves (LRU)",
        ),
    ],
    solve: |arguments| {
        let cache = cache_approximation(&popularity(arguments)?, arguments.count("capacity", 1)?)?;
        let answers = [cache.hit_ratio_lru, cache.hit_ratio_random, cache.characteristic_requests];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// Hits of a large cache.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheApproximation {
    /// Share of requests that find a copy where the least recently used object is evicted.
    pub hit_ratio_lru: f64,
    /// Share of requests that find a copy where a random or the oldest object is evicted.
    pub hit_ratio_random: f64,
    /// Requests after which an object that is not asked for leaves an LRU cache.
    pub characteristic_requests: f64,
}

/// Hits of large caches that evict the least recently used object, a random one, or the oldest one.
///
/// ```text
/// LRU: sum_i p_i (1 - exp(-p_i t)),  where sum_i (1 - exp(-p_i t)) = capacity
/// RANDOM, FIFO: sum_i p_i^2 t / (1 + p_i t),  where sum_i p_i t / (1 + p_i t) = capacity
/// ```
///
/// `popularity` has a positive number for each object, of which `p_i` is its share; `capacity` is at least 1 and less than
/// the number of objects.
///
/// Source: Che, Tung and Wang, Hierarchical web caching systems (2002); Fricker, Robert and Roberts (2012).
///
/// # Errors
///
/// An argument outside its range.
///
/// # Examples
///
/// With equal popularity, the share of the objects that fit.
///
/// ```
/// use ninefold::analysis::oracle::cache_approximation;
/// let cache = cache_approximation(&[1.0; 100], 25).unwrap();
/// assert!((cache.hit_ratio_lru - 0.25).abs() < 1e-12 && (cache.hit_ratio_random - 0.25).abs() < 1e-12);
/// ```
pub fn cache_approximation(popularity: &[f64], capacity: u32) -> Result<CacheApproximation, OracleError> {
    let shares = shares(popularity)?;
    let capacity = some_capacity(capacity)?;
    if capacity >= shares.len() {
        let expected = "less than the number of objects";
        return Err(OracleError::Domain { argument: "capacity", value: capacity as f64, expected });
    }
    let least_recent = |share: f64, time: f64| -(-share * time).exp_m1();
    let random = |share: f64, time: f64| share * time / (1.0 + share * time);
    let (characteristic_requests, hit_ratio_lru) = hits(&shares, capacity, least_recent)?;
    let (_, hit_ratio_random) = hits(&shares, capacity, random)?;
    Ok(CacheApproximation { hit_ratio_lru, hit_ratio_random, characteristic_requests })
}

/// The time that fills the cache, and the share of hits, where `inside` is the probability that an object is there.
fn hits(
    shares: &[f64],
    capacity: usize,
    inside: impl Fn(f64, f64) -> f64,
) -> Result<(f64, f64), OracleError> {
    let excess = |time: f64| shares.iter().map(|share| inside(*share, time)).sum::<f64>() - capacity as f64;
    let mut high = capacity as f64;
    while excess(high) < 0.0 && high.is_finite() {
        high *= 2.0;
    }
    let none = || OracleError::Outside { reason: "no time fills this cache".to_owned() };
    let time = root(0.0, high, excess).ok_or_else(none)?;
    Ok((time, shares.iter().map(|share| share * inside(*share, time)).sum()))
}

#[cfg(test)]
mod tests {
    use super::super::{fifo_cache, lru_cache};
    use super::*;

    #[test]
    fn it_is_close_to_what_is_exact() {
        let zipf: Vec<f64> = (1..=200).map(|number| f64::from(number).recip()).collect();
        let close = cache_approximation(&zipf, 40).unwrap();
        assert!((close.hit_ratio_lru / lru_cache(&zipf, 40).unwrap() - 1.0).abs() < 0.005);
        assert!((close.hit_ratio_random / fifo_cache(&zipf, 40).unwrap() - 1.0).abs() < 0.005);
        assert!(close.hit_ratio_lru > close.hit_ratio_random);
        assert!(cache_approximation(&zipf, 200).is_err() && cache_approximation(&zipf, 0).is_err());
    }
}
