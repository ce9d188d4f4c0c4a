//! A cache that starts empty and forgets nothing.

use super::{EXPONENT, OBJECTS, POPULARITY, popularity, shares};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "cold-cache",
    summary: "Misses of a cache some time after it started empty.",
    formula: "misses at t = sum p_i exp(-rate p_i t); fetched by t = sum (1 - exp(-rate p_i t))",
    domain: "Poisson requests for independent objects, fetched at once, nothing evicted.",
    source: "First visits of a split Poisson stream: Ross, Introduction to Probability Models, section 5.3.",
    arguments: &[
        Argument::number("rate", "1/s", "requests for all objects"),
        Argument::number("time", "s", "since the start"),
        POPULARITY,
        OBJECTS,
        EXPONENT,
    ],
    answers: &[
        Answer::new("miss_ratio", "ratio", "share of the requests at that time that go to the origin"),
        Answer::new("origin_requests", "1", "mean number of requests that have gone to the origin"),
    ],
    solve: |arguments| {
        let cache =
            cold_cache(arguments.number("rate")?, arguments.number("time")?, &popularity(arguments)?)?;
        Ok([cache.miss_ratio, cache.origin_requests].map(Value::from).to_vec())
    },
};

/// A cache that started empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColdCache {
    /// Share of the requests that go to the origin.
    pub miss_ratio: f64,
    /// Mean number of requests that have gone to the origin so far.
    pub origin_requests: f64,
}

/// Misses of a cache some time after it started empty.
///
/// ```text
/// misses at t = sum_i p_i exp(-rate p_i t),  fetched by t = sum_i (1 - exp(-rate p_i t))
/// ```
///
/// `rate` of the Poisson requests \[1/s\] is positive, `time` \[s\] at least 0, `popularity` has a positive number for
/// each object, of which `p_i` is its share.
///
/// Source: Ross, Introduction to Probability Models, section 5.3 (a split Poisson stream).
///
/// # Errors
///
/// An argument outside its range, or no object.
///
/// # Examples
///
/// One object, asked for once a second: after a second it has been asked for with probability 1 - 1/e.
///
/// ```
/// use ninefold::analysis::oracle::cold_cache;
/// let cache = cold_cache(1.0, 1.0, &[1.0]).unwrap();
/// assert!((cache.origin_requests - (1.0 - (-1.0_f64).exp())).abs() < 1e-12);
/// ```
pub fn cold_cache(rate: f64, time: f64, popularity: &[f64]) -> Result<ColdCache, OracleError> {
    positive("rate", &[rate])?;
    if !(time.is_finite() && time >= 0.0) {
        return Err(OracleError::Domain { argument: "time", value: time, expected: "finite and at least 0" });
    }
    let shares = shares(popularity)?;
    let miss_ratio = shares.iter().map(|share| share * (-rate * share * time).exp()).sum();
    let origin_requests = shares.iter().map(|share| -(-rate * share * time).exp_m1()).sum();
    Ok(ColdCache { miss_ratio, origin_requests })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate;

    #[test]
    fn what_was_fetched_is_the_integral_of_the_misses() {
        let popularity = [5.0, 3.0, 1.0, 0.5];
        let fetched =
            integrate(0.0, 3.0, |time| 2.0 * cold_cache(2.0, time, &popularity).unwrap().miss_ratio);
        let cache = cold_cache(2.0, 3.0, &popularity).unwrap();
        assert!((cache.origin_requests / fetched - 1.0).abs() < 1e-12);
        assert!((cold_cache(2.0, 0.0, &popularity).unwrap().miss_ratio - 1.0).abs() < 1e-12);
        assert!(cold_cache(2.0, -1.0, &popularity).is_err() && cold_cache(2.0, 1.0, &[]).is_err());
    }
}
