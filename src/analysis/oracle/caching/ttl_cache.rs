//! A cache whose copies expire.

use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "ttl-cache",
    summary: "Hits of one object in a cache whose copies expire.",
    formula: "hits = rate ttl / (1 + rate ttl); with a lifetime that starts again at each hit 1 - exp(-rate ttl)",
    domain: "Poisson requests for the object, fetched at once, never evicted.",
    source: "Jung, Berger and Balakrishnan, Modeling TTL-based Internet caches, INFOCOM (2003); renewal reward.",
    arguments: &[
        Argument::number("rate", "1/s", "requests for the object"),
        Argument::number("ttl", "s", "how long a copy lives"),
    ],
    answers: &[
        Answer::new("hit_ratio", "ratio", "share of requests that find a copy"),
        Answer::new("hit_ratio_sliding", "ratio", "the same where each hit starts the lifetime again"),
        Answer::new(
            "hit_ratio_exponential",
            "ratio",
            "the same where lifetimes are exponential with this mean",
        ),
        Answer::new("origin_rate", "1/s", "requests that go to the origin"),
        Answer::new("age_mean", "s", "mean age of the copies that are served, fresh ones included"),
        Answer::new("age_max", "s", "greatest age of a copy that is served"),
    ],
    solve: |arguments| {
        let (rate, ttl) = (arguments.number("rate")?, arguments.number("ttl")?);
        let cache = ttl_cache(rate, ttl)?;
        let origin = rate * (1.0 - cache.hit_ratio);
        // With exponential lifetimes a request finds a copy if it comes before the end of the lifetime.
        let exponential = rate / (rate + 1.0 / ttl);
        let answers =
            [cache.hit_ratio, cache.hit_ratio_sliding, exponential, origin, cache.hit_ratio * ttl / 2.0, ttl];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// A cache whose copies expire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TtlCache {
    /// Share of requests that find a copy.
    pub hit_ratio: f64,
    /// Share of requests that find a copy where each hit starts the lifetime again.
    pub hit_ratio_sliding: f64,
}

/// Hits of one object in a cache whose copies expire.
///
/// ```text
/// hits = rate ttl / (1 + rate ttl),  sliding: 1 - exp(-rate ttl)
/// ```
///
/// `rate` of the Poisson requests for the object \[1/s\] and `ttl`, how long a copy lives \[s\], are positive. Each miss
/// brings one copy, which serves rate ttl hits on average; a copy that is served is ttl / 2 old on average.
///
/// Source: Jung, Berger and Balakrishnan, Modeling TTL-based Internet caches, INFOCOM (2003).
///
/// # Errors
///
/// An argument that is not positive and finite.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::ttl_cache;
/// assert!((ttl_cache(0.1, 30.0).unwrap().hit_ratio - 0.75).abs() < 1e-12);
/// ```
pub fn ttl_cache(rate: f64, ttl: f64) -> Result<TtlCache, OracleError> {
    positive("rate", &[rate])?;
    positive("ttl", &[ttl])?;
    Ok(TtlCache { hit_ratio: rate * ttl / (1.0 + rate * ttl), hit_ratio_sliding: -(-rate * ttl).exp_m1() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::poisson;

    /// Hits between two misses: a Poisson number, or a geometric one.
    #[test]
    fn hits_are_those_of_one_cycle_between_misses() {
        let cache = ttl_cache(0.4, 5.0).unwrap();
        let (first, chances) = poisson(2.0);
        let hits: f64 = (first..).zip(&chances).map(|(count, chance)| count as f64 * chance).sum();
        assert!((cache.hit_ratio - hits / (1.0 + hits)).abs() < 1e-12);
        let again = 1.0 - chances[0];
        let hits: f64 = (1..2000).map(|count| again.powi(count)).sum();
        assert!((cache.hit_ratio_sliding - hits / (1.0 + hits)).abs() < 1e-12);
        assert!(ttl_cache(0.0, 1.0).is_err() && ttl_cache(1.0, f64::NAN).is_err());
    }
}
