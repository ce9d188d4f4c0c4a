//! Caches as they are written.

use super::law::Law;
use crate::document::{Diagnostics, Field, Kind, Node, Value, unexpected};
use crate::model::cache::{CachePer, CacheSkips, CacheStart, EarlyPolicy, Eviction, OnWrite, PopularityLaw};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// A cache in front of a service, or of the services that it calls. An attempt asks a cache in front of its service before
    /// a replica is chosen: what it answers takes no slot and needs no replica that is up. What a cache lacks is fetched by who
    /// asked, and the answer fills it.
    pub(crate) struct CacheKeys {
        /// What a hit spares: "all", so that the cache stands in front of the service, as a CDN or a reverse proxy does; or
        /// "calls", so that the service does its own work, looks up, and calls others only for what the cache lacks. Then `per`
        /// goes by where the replica is.
        skips: CacheSkips = CacheSkips::All,
        /// How many different things are asked for. All attempts of a request ask for the same.
        #[range = ">= 1, <= 1000000"]
        keys: Option<u32> = None,
        /// How often each key is asked for: by Zipf's law, `{ law = "zipf", s = 1 }` where absent; or a list with a weight for
        /// each key, which says how many `keys` there are too.
        popularity: PopularityKeys = PopularityKeys::Zipf(1.0),
        /// How many caches there are: "service" for one, "zone" or "region" for one for the callers of each, "seat" for one in each
        /// replica.
        per: CachePer = CachePer::Service,
        /// How long a copy is fresh, from when the service was asked for it; for ever where absent.
        ttl: Option<Law> = None,
        /// By which share of itself that time is longer or shorter, evenly at random, so that copies that came at one time
        /// do not go at one time.
        #[range = "<= 1"]
        jitter: Probability = Probability::ZERO,
        /// Whether a hit starts the time of a copy anew.
        sliding: bool = false,
        /// How many copies a cache holds; without limit where absent.
        #[range = ">= 1"]
        capacity: Option<u32> = None,
        /// Which copy makes way where there is no room.
        policy: Eviction = Eviction::Lru,
        /// How long an answer of the cache takes, the way there and back included. A look-up that finds nothing takes no time.
        /// With `skips = "calls"` it is time for which the calls would be out.
        hit_time: Law = Law::zero(),
        /// For how long a failure of the service is given as the answer to those who ask for the same, without a question.
        /// What is wrong with a request itself is not kept.
        #[range = "> 0"]
        negative_ttl: Option<SimDuration> = None,
        /// For how long after its `ttl` a copy is answered all the same, while one new copy is fetched. Not with
        /// `skips = "calls"`.
        #[range = "> 0"]
        stale_while_revalidate: Option<SimDuration> = None,
        /// For how long after its `ttl` a copy is answered where the service fails, or has no replica for the attempt.
        #[range = "> 0"]
        stale_if_error: Option<SimDuration> = None,
        /// Whether those who ask for what another attempt fetches just now wait for that, and get the same, a failure too.
        coalesce: bool = false,
        /// How long they wait before they fetch themselves; "5s" where absent. Only with `coalesce`.
        #[range = "> 0"]
        lock_timeout: Option<SimDuration> = None,
        /// Fetches before a copy is stale, by `XFetch`; none where absent.
        early: Option<EarlyKeys> = None,
        /// Share of requests that write what they ask for: they pass the cache and go to the service.
        writes: Probability = Probability::ZERO,
        /// What a write that was done well does with the writer's copy, and with those in other caches of the service. Only
        /// with `writes`.
        on_write: Option<OnWrite> = None,
        /// How long it takes until other caches of the service know of a write, and drop their copies; no time where absent.
        /// Only with `writes`, and with `per` other than "service".
        coherence: Option<Law> = None,
        /// What it holds at the start: nothing, or what is asked for most, as much as it has room for, of all ages.
        start: CacheStart = CacheStart::Cold,
    }
}

crate::settings! {
    /// Fetches of copies that are fresh.
    pub(crate) struct EarlyKeys {
        /// The rule that says which hits fetch.
        policy: EarlyPolicy = EarlyPolicy::XFetch,
        /// How eager it is.
        #[range = "> 0"]
        beta: f64 = 1.0,
    }
}

crate::tables! {
    CacheKeys = "a table such as { keys = 1000, ttl = \"1min\" }",
    EarlyKeys = "a table such as { policy = \"xfetch\", beta = 1 }",
}

/// How often keys are asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PopularityKeys {
    /// By Zipf's law with this exponent.
    Zipf(f64),
    /// By these weights.
    List(Vec<f64>),
}

crate::settings! {
    /// A law by which keys are asked for.
    struct PopularityLawKeys {
        /// The law by which popularity falls from key to key.
        law: PopularityLaw = PopularityLaw::Zipf,
        /// The exponent: key i is asked for as often as i^-s, and all alike with 0.
        #[range = ">= 0"]
        s: f64 = 1.0,
    }
}

crate::tables! {
    PopularityLawKeys = "a table such as { law = \"zipf\", s = 1 }",
}

impl Field for PopularityKeys {
    const EXPECTED: &'static str = "a list of weights, or a table such as { law = \"zipf\", s = 1 }";

    fn kind() -> Kind {
        Kind::Either(vec![Kind::list(Kind::Number), PopularityLawKeys::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::List(_) => Vec::<f64>::read(node, findings).map(Self::List),
            Value::Table(_) => PopularityLawKeys::read(node, findings).map(|keys| Self::Zipf(keys.s)),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Zipf(zipf) => Field::write(&PopularityLawKeys { law: PopularityLaw::Zipf, s: *zipf }),
            Self::List(weights) => weights.write(),
        }
    }
}
