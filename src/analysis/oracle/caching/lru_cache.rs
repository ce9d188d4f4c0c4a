//! LRU, exactly.

use super::occupancy::seen_by_each;
use super::{CAPACITY, EXPONENT, OBJECTS, POPULARITY, popularity, shares, small, some_capacity};
use crate::analysis::numeric::integrate_tail;
use crate::analysis::oracle::{Answer, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "lru-cache",
    summary: "Hits of a cache that evicts the least recently used object.",
    formula: "sum p_i^2 * integral of exp(-p_i t) P(fewer than capacity of the others were asked for within t) dt",
    domain: "Independent requests, equal objects, fetched at once; objects times capacity at most 200,000.",
    source: "King, Analysis of demand paging algorithms (1971); as an integral: Flajolet, Gardy and Thimonier, Birthday \
             paradox, coupon collectors, caching algorithms and self-organizing search (1992).",
    arguments: &[CAPACITY, POPULARITY, OBJECTS, EXPONENT],
    answers: &[Answer::new("hit_ratio", "ratio", "share of requests that find a copy")],
    solve: |arguments| Ok(vec![lru_cache(&popularity(arguments)?, arguments.count("capacity", 1)?)?.into()]),
};

/// Share of requests that find a copy in a cache that evicts the least recently used object.
///
/// ```text
/// sum_i p_i^2 int_0^inf exp(-p_i t) P(fewer than capacity others in t) dt,  each other j with 1 - exp(-p_j t)
/// ```
///
/// `popularity` has a positive number for each object, of which `p_i` is its share; `capacity` is at least 1. An object is
/// there if fewer than `capacity` others have been asked for since it was; with requests at the instants of a Poisson
/// process these are independent.
///
/// Source: King (1971); Flajolet, Gardy and Thimonier (1992).
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
/// use ninefold::analysis::oracle::lru_cache;
/// assert!((lru_cache(&[0.5, 0.3, 0.2], 1).unwrap() - 0.38).abs() < 1e-9);
/// ```
pub fn lru_cache(popularity: &[f64], capacity: u32) -> Result<f64, OracleError> {
    const SIZE_MAX: usize = 200_000;
    let shares = shares(popularity)?;
    let capacity = some_capacity(capacity)?;
    if capacity >= shares.len() {
        return Ok(1.0);
    }
    small(shares.len(), capacity, SIZE_MAX)?;
    let hits = |time: f64| -> f64 {
        let asked: Vec<f64> = shares.iter().map(|share| -(-share * time).exp_m1()).collect();
        let seen = seen_by_each(&asked, capacity - 1);
        shares.iter().zip(seen).map(|(share, (_, few))| share * share * (-share * time).exp() * few).sum()
    };
    Ok(integrate_tail(0.0, capacity as f64, hits))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which three objects were last asked for: all six orders.
    #[test]
    fn it_is_the_sum_over_orders() {
        let shares = [0.6, 0.3, 0.1];
        let mut hits = 0.0;
        for first in 0..3 {
            for second in (0..3).filter(|second| *second != first) {
                let chance = shares[first] * shares[second] / (1.0 - shares[first]);
                hits += chance * (shares[first] + shares[second]);
            }
        }
        assert!((lru_cache(&shares, 2).unwrap() - hits).abs() < 1e-10);
        assert!((lru_cache(&shares, 3).unwrap() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn equal_objects_hit_as_often_as_they_fit() {
        assert!((lru_cache(&[2.0; 60], 45).unwrap() - 0.75).abs() < 1e-9);
        assert!(lru_cache(&[1.0; 1000], 300).is_err());
    }
}
