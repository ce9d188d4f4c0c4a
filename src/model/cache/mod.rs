//! Caches in front of services: which keys are asked for, which copies are kept, and what is done with old ones.
//!
//! A [`Store`] is one cache: it knows what it holds and since when, and nothing of time passing, attempts or replicas.

mod eviction;
mod popularity;
mod store;

pub use eviction::Eviction;
pub use popularity::{Popularity, PopularityError};
pub use store::{CachedCopy, Store};

use crate::kernel::distribution::Distribution;
use crate::units::{Probability, SimDuration};

/// The most keys of one cache.
pub const KEYS_MAX: u32 = 1_000_000;

/// A cache in front of a service: what it holds is answered without the service.
///
/// Helps where the same is asked for again and again: fewer attempts at the service, and short answers. Hurts when it is
/// empty: after a start or a loss everything goes to a service that was sized for the rest. Sources: RFC 9111 (freshness)
/// and RFC 5861 (stale answers).
#[derive(Debug, Clone)]
pub struct Cache {
    /// What a hit spares.
    pub skips: CacheSkips,
    /// How many there are, and who asks which.
    pub per: CachePer,
    /// How often each key is asked for.
    pub popularity: Popularity,
    /// How long a copy is fresh, from when the service was asked for it; `None` is for ever.
    pub ttl: Option<Distribution>,
    /// By which share of itself that time is longer or shorter, at random.
    pub jitter: Probability,
    /// Whether a hit makes a copy as fresh as a new one.
    pub is_sliding: bool,
    /// How many copies it holds at most.
    pub capacity: Option<u32>,
    /// Which copy makes way for a new one.
    pub eviction: Eviction,
    /// How long an answer from the cache takes, the way there and back included.
    pub hit_time: Distribution,
    /// For how long a failure is answered again without a question.
    pub negative_ttl: Option<SimDuration>,
    /// For how long after it was fresh a copy is answered while a new one is fetched.
    pub stale_while_revalidate: Option<SimDuration>,
    /// For how long after it was fresh a copy is answered in place of a failure.
    pub stale_if_error: Option<SimDuration>,
    /// Whether those who ask for a key that is being fetched wait for that, and how long.
    pub lock_timeout: Option<SimDuration>,
    /// Which hits fetch a new copy before the old one is stale.
    pub early: Option<Early>,
    /// Which attempts change what they ask for.
    pub writes: Option<Writes>,
    /// Whether it holds copies from the start.
    pub start: CacheStart,
}

impl Cache {
    /// The share of what it `skips` that is surely not spared.
    pub fn passes(&self, skips: CacheSkips) -> f64 {
        if self.skips == skips { self.writes.as_ref().map_or(0.0, |writes| writes.share.get()) } else { 1.0 }
    }
}

/// What a hit spares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheSkips {
    /// The service: no replica is chosen, no slot taken. Callers ask the cache.
    All,
    /// Its calls: it does its own work, then asks the cache before it calls others.
    Calls,
}

/// How many caches a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePer {
    /// One for all who ask.
    Service,
    /// One for the callers of each zone.
    Zone,
    /// One for the callers of each region.
    Region,
    /// One for each replica, in its memory, for what it calls.
    Seat,
}

/// Laws by which keys are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopularityLaw {
    /// Zipf's: key i as often as i^-s.
    Zipf,
}

/// Rules for fetches before a copy is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyPolicy {
    /// That of [`Early`].
    XFetch,
}

impl CachePer {
    /// How many there are with so many zones in all, so many regions, and so many replicas of their service.
    pub const fn count(self, zones: u64, regions: u64, replicas: u64) -> u64 {
        match self {
            Self::Seat => replicas,
            Self::Service => 1,
            Self::Zone => zones,
            Self::Region => regions,
        }
    }
}

/// What a cache holds at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheStart {
    /// Nothing.
    Cold,
    /// The keys that are asked for most, as many as it has room for; their ages are spread evenly over the time that they
    /// are fresh.
    Warm,
}

/// Fetches before a copy is stale.
///
/// A hit that finds `left` of its copy's time fetches a new copy if `- beta took ln(U) >= left`, where `took` is how long the
/// copy took to fetch and U is uniform on (0, 1). Helps against many who miss at one instant. Hurts by fetching sooner and,
/// on a busy key, e^(1/beta) times where once were enough. Source: Vattani, Chierichetti and Lowenstein, Optimal
/// Probabilistic Cache Stampede Prevention, Proc. VLDB Endowment 8(8), 2015 (`XFetch`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Early {
    /// How eager it is; above 0, usually 1.
    pub beta: f64,
}

/// Attempts that change what they ask for: they pass the cache and go to the service.
#[derive(Debug, Clone)]
pub struct Writes {
    /// Share of requests that write.
    pub share: Probability,
    /// What becomes of the copy in the writer's cache.
    pub on_write: OnWrite,
    /// How long it takes until the service's other caches drop theirs.
    pub coherence: Distribution,
}

/// What a write does with copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnWrite {
    /// They are dropped.
    Invalidate,
    /// The one in the writer's cache becomes what was written; others are dropped.
    Update,
    /// Nothing: they are answered until they are stale by age.
    Nothing,
}
