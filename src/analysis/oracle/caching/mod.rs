//! Caches in front of an origin, under requests for independent objects.

mod cache_approximation;
mod cold_cache;
mod fifo_cache;
mod lru_cache;
mod occupancy;
mod ttl_cache;

pub use cache_approximation::{CacheApproximation, cache_approximation};
pub use cold_cache::{ColdCache, cold_cache};
pub use fifo_cache::fifo_cache;
pub use lru_cache::lru_cache;
pub use ttl_cache::{TtlCache, ttl_cache};

use super::{Argument, Arguments, Kind, Oracle, OracleError, positive};

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    cache_approximation::ORACLE,
    cold_cache::ORACLE,
    fifo_cache::ORACLE,
    lru_cache::ORACLE,
    ttl_cache::ORACLE,
];

const POPULARITY: Argument = Argument::number(
    "popularity",
    "1",
    "how often each object is asked for, in any unit; left out, the first `objects` of Zipf's law",
)
.of(Kind::Numbers)
.or(0.0);
const OBJECTS: Argument =
    Argument::number("objects", "1", "how many objects, where popularity is left out").or(0.0);
const EXPONENT: Argument =
    Argument::number("exponent", "1", "of Zipf's law: object i is asked for as often as i^-exponent").or(1.0);
const CAPACITY: Argument = Argument::number("capacity", "1", "how many objects the cache holds");

/// The most objects of Zipf's law that are written out.
const OBJECTS_MAX: u32 = 1_000_000;

/// The probability of each object: as given, or by Zipf's law.
fn popularity(arguments: &Arguments<'_>) -> Result<Vec<f64>, OracleError> {
    let given = arguments.numbers("popularity")?;
    let objects = arguments.count("objects", 0)?;
    let is_left_out = given.len() == 1 && given[0] == 0.0;
    if !is_left_out {
        return shares(&given);
    }
    if objects == 0 {
        return Err(OracleError::Missing { argument: "popularity" });
    }
    if objects > OBJECTS_MAX {
        let expected = "at most a million";
        return Err(OracleError::Domain { argument: "objects", value: f64::from(objects), expected });
    }
    let exponent = arguments.number("exponent")?;
    if !(exponent.is_finite() && exponent >= 0.0) {
        let expected = "finite and at least 0";
        return Err(OracleError::Domain { argument: "exponent", value: exponent, expected });
    }
    shares(&(1..=objects).map(|number| f64::from(number).powf(-exponent)).collect::<Vec<_>>())
}

/// Positive numbers over their sum.
fn shares(popularity: &[f64]) -> Result<Vec<f64>, OracleError> {
    if popularity.is_empty() {
        return Err(OracleError::Count { argument: "popularity", found: 0, expected: "at least one" });
    }
    let total: f64 = positive("popularity", popularity)?.iter().sum();
    Ok(popularity.iter().map(|one| one / total).collect())
}

/// Nothing, if a cache holds at least one object.
fn some_capacity(capacity: u32) -> Result<usize, OracleError> {
    positive("capacity", &[f64::from(capacity)])?;
    Ok(capacity as usize)
}

/// Beyond this product of objects and capacity exact answers take too long.
const SIZE_MAX: usize = 5_000_000;

/// Nothing, if an exact answer is worked out in a moment.
fn small(objects: usize, capacity: usize, most: usize) -> Result<(), OracleError> {
    if objects.saturating_mul(capacity) <= most {
        return Ok(());
    }
    Err(OracleError::Outside {
        reason: format!(
            "{objects} objects and room for {capacity} are too many for an exact answer: use cache-approximation"
        ),
    })
}
