//! Caches in front of services, and beside them.

use super::Value::{Boolean, Integer, Needed, Text};
use super::{Notes, Preset, Room, Source, confirmed, notes, part, preset, row, unconfirmed};

/// How long `CloudFront` answers from what is stale where the origin fails: for as long as it has it.
const NO_LIMIT: Source = confirmed(
    "Amazon CloudFront developer guide, stale content: without a limit, of which a year is the longest time to live",
    "2026-11",
);

/// An edge cache of each region.
pub(super) const CLOUDFRONT: Preset = preset(
    "cloudfront",
    "Amazon CloudFront: a cache in each region, a day where nothing else is said, errors for ten seconds.",
    CLOUDFRONT_NOTES,
    &[part(
        Room::Cache,
        confirmed(
            "Amazon CloudFront developer guide, expiration, error responses and request collapsing",
            "2026-11",
        ),
        &[
            row("skips", Text("all")),
            row("keys", Needed(&Integer(1000))),
            row("per", Text("region")),
            row("ttl", Text("1d"))
                .by(unconfirmed("Amazon CloudFront developer guide, default TTL", "2026-11")),
            row("negative_ttl", Text("10s")),
            row("stale_if_error", Text("365d")).by(NO_LIMIT),
            row("coalesce", Boolean(true)),
        ],
    )],
);

/// The cache of a reverse proxy.
pub(super) const NGINX_CACHE: Preset = preset(
    "nginx-cache",
    "nginx's proxy_cache: what is used least of late makes way, nobody waits for another, nothing stale is answered.",
    NGINX_CACHE_NOTES,
    &[part(
        Room::Cache,
        unconfirmed("nginx documentation, ngx_http_proxy_module, from memory", "2026-11"),
        &[
            row("skips", Text("all")),
            row("keys", Needed(&Integer(1000))),
            row("ttl", Needed(&Text("10min"))),
            row("policy", Text("lru")),
            row("coalesce", Boolean(false)),
        ],
    )],
);

/// A cache that a program asks before it asks others.
pub(super) const REDIS: Preset = preset(
    "redis",
    "Redis beside a program, which asks it before it calls others; what is there stays where no time is set.",
    REDIS_NOTES,
    &[part(
        Room::Cache,
        confirmed("Redis documentation, key eviction, and redis.conf", "2026-11"),
        &[row("skips", Text("calls")), row("keys", Needed(&Integer(1000))), row("coalesce", Boolean(false))],
    )],
);

const CLOUDFRONT_NOTES: Notes = notes(
    &[
        "one cache for the callers of each region, which fetches what it lacks once however many ask",
        "a failure of the origin is answered for ten seconds, and a stale copy in its place where there is one",
    ],
    &[
        "edge locations, regional edge caches and Origin Shield are one cache: `per` is \"region\"",
        "each answer says itself how long it is good for: `ttl` is what holds where it does not",
        "three attempts of ten seconds at an origin, and its timeout of thirty, are `timeout` and `retry` of the call",
    ],
    &[],
);

const NGINX_CACHE_NOTES: Notes = notes(
    &["what was used least of late makes way once there is no room (`capacity`)"],
    &[
        "nothing is kept without proxy_cache_valid or a header that says for how long: `ttl` is to be given",
        "proxy_cache_lock is coalesce = true, whose lock_timeout is 5 s as here",
        "proxy_cache_use_stale is stale_if_error, and with proxy_cache_background_update stale_while_revalidate",
        "worker processes share the cache, as here",
    ],
    &[],
);

const REDIS_NOTES: Notes = notes(
    &["a program looks up, and calls others for what is not there and writes that into the cache"],
    &[
        "noeviction, the default of maxmemory-policy, refuses to write when there is no room: here there is room without `capacity`",
        "allkeys-lru with five samples is about policy = \"lru\", allkeys-lfu policy = \"lfu\", allkeys-random policy = \"random\"",
        "one that is out of reach is a fault of kind \"cache-loss\" or a service of its own",
    ],
    &[],
);
