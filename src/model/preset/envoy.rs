//! Envoy, by the rooms of its clusters and routes.

use super::Value::{Boolean, Float, Integer, Needed, Own, Text};
use super::{
    Notes, Part, Preset, Room, Row, Source, confirmed, notes, part, preset, refused_value, row, unconfirmed,
};

const BALANCING: Source =
    confirmed("Envoy, load_balancer_impl.cc and the documentation of priority levels", "2026-11");
const LEAST_REQUEST_SOURCE: Source = confirmed("Envoy, least_request_lb.cc and edf_scheduler.h", "2026-11");
const HASHING: Source = confirmed("Envoy, ring_hash_lb.cc and maglev_lb.cc", "2026-11");
const OUTLIERS: Source = confirmed("Envoy, outlier_detection.proto and outlier_detection_impl.cc", "2026-11");
const ROUTER: Source = confirmed("Envoy documentation, router filter", "2026-11");
const THRESHOLDS: Source = confirmed("Envoy, circuit_breakers.proto", "2026-11");
const ROUTE_TIMEOUT: Source = unconfirmed("Envoy documentation, route timeout, from memory", "2026-11");

const OVERPROVISIONING: Row = row("overprovisioning", Float(1.4)).by(BALANCING);
const PANIC: Row = row("panic_threshold", Text("50%")).by(BALANCING);
const ZONES: Row = row("zone_aware_min", Integer(6)).by(BALANCING);

/// What Envoy does out of the box.
pub(super) const ENVOY: Preset = preset(
    "envoy",
    "Envoy with its default policies.",
    ENVOY_NOTES,
    &[
        part(Room::Call, ROUTE_TIMEOUT, &[row("deadline", Text("15s")), row("breaker", Own).by(THRESHOLDS)]),
        part(
            Room::Balancing,
            BALANCING,
            &[row("policy", Text("round-robin")), OVERPROVISIONING, PANIC, ZONES],
        ),
        part(
            Room::SlowStart,
            confirmed("Envoy documentation, slow start mode", "2026-11"),
            &[
                row("window", Needed(&Text("30s"))),
                row("aggression", Float(1.0)),
                row("min_weight", Text("10%")),
            ],
        ),
        part(
            Room::HealthCheck,
            confirmed("Envoy documentation, health checking", "2026-11"),
            &[
                row("interval", Needed(&Text("5s"))),
                row("timeout", Needed(&Text("1s"))),
                row("unhealthy_after", Needed(&Integer(3))),
                row("healthy_after", Needed(&Integer(2))),
                row("error_marks", Boolean(true)),
            ],
        ),
        OUTLIER_DETECTION,
        part(Room::Retry, ROUTER, RETRY),
        part(Room::Budget, THRESHOLDS, &[row("policy", Text("max-retries")), row("limit", Integer(3))]),
        part(Room::Breaker, THRESHOLDS, &[row("policy", Text("envoy")), row("max_requests", Integer(1024))]),
    ],
);

const OUTLIER_DETECTION: Part = part(
    Room::OutlierDetection,
    OUTLIERS,
    &[
        row("policy", Text("envoy")),
        row("consecutive_5xx", Integer(5)),
        row("enforcing_consecutive_5xx", Text("100%")),
        row("consecutive_gateway_failure", Integer(5)),
        row("enforcing_consecutive_gateway_failure", Text("0%")),
        row("split_local_origin", Boolean(false)),
        row("consecutive_local_origin_failure", Integer(5)),
        row("enforcing_consecutive_local_origin_failure", Text("100%")),
        row("interval", Text("10s")),
        row("base_ejection_time", Text("30s")),
        row("max_ejection_time", Text("300s")),
        row("max_ejection_time_jitter", Text("0s")),
        row("max_ejected", Text("10%")),
        row("guard", Text("current")),
        row("always_eject_one", Boolean(false)),
        row("success_rate_minimum_hosts", Integer(5)),
        row("success_rate_request_volume", Integer(100)),
        row("success_rate_stdev_factor", Integer(1900)),
        row("enforcing_success_rate", Text("100%")),
        row("failure_percentage_threshold", Text("85%")),
        row("failure_percentage_minimum_hosts", Integer(5)),
        row("failure_percentage_request_volume", Integer(50)),
        row("enforcing_failure_percentage", Text("0%")),
        row("check_takes_back", Boolean(true)),
    ],
);

/// Where retries are turned on; without `retry_on` there are none.
const RETRY: &[Row] = &[
    row("policy", Text("envoy")),
    row("base", Text("25ms")),
    row("cap", Text("250ms")),
    row("attempts", Integer(2)),
    row("avoid", Text("none")),
    row("budget", Own).by(THRESHOLDS),
];

/// Retries under a budget, which takes the place of `max_retries`.
pub(super) const RETRY_BUDGET: Preset = preset(
    "envoy-retry-budget",
    "Envoy with a retry budget in place of a fixed number of retries at once.",
    RETRY_BUDGET_NOTES,
    &[
        part(Room::Retry, ROUTER, RETRY),
        part(
            Room::Budget,
            THRESHOLDS,
            &[row("policy", Text("envoy")), row("ratio", Text("20%")), row("minimum", Integer(3))],
        ),
    ],
);

/// Turns by deadline.
pub(super) const WEIGHTED_ROUND_ROBIN: Preset = preset(
    "envoy-weighted-round-robin",
    "Envoy's round robin where hosts have different weights.",
    WEIGHTED_NOTES,
    &[part(
        Room::Balancing,
        confirmed("Envoy, edf_scheduler.h", "2026-11"),
        &[
            row("policy", Text("edf-weighted-round-robin")),
            row("random_start", Boolean(true)),
            OVERPROVISIONING,
            PANIC,
            ZONES,
        ],
    )],
);

/// The least of two.
pub(super) const LEAST_REQUEST: Preset = preset(
    "envoy-least-request",
    "Envoy's least request: the less busy of two hosts, drawn with replacement.",
    LEAST_NOTES,
    &[part(
        Room::Balancing,
        LEAST_REQUEST_SOURCE,
        &[
            row("policy", Text("least-request")),
            row("selection", Text("choices")),
            row("choices", Integer(2)),
            row("weights", Text("equal")),
            row("active_request_bias", Float(1.0)),
            OVERPROVISIONING,
            PANIC,
            ZONES,
        ],
    )],
);

/// The ring.
pub(super) const RING_HASH: Preset = preset(
    "envoy-ring-hash",
    "Envoy's ring hash.",
    HASH_NOTES,
    &[part(
        Room::Balancing,
        HASHING,
        &[
            row("policy", Text("ring-hash")),
            row("weights", Text("equal")),
            row("ring_size_min", Integer(1024)),
            row("ring_size_max", Integer(8_388_608)),
            row("balance_factor", Integer(0)),
            OVERPROVISIONING,
            PANIC,
            ZONES,
        ],
    )],
);

/// The table.
pub(super) const MAGLEV: Preset = preset(
    "envoy-maglev",
    "Envoy's Maglev.",
    HASH_NOTES,
    &[part(
        Room::Balancing,
        HASHING,
        &[
            row("policy", Text("maglev")),
            row("weights", Text("equal")),
            row("table_size", Integer(65_537)),
            row("balance_factor", Integer(0)),
            OVERPROVISIONING,
            PANIC,
            ZONES,
        ],
    )],
);

/// Chance.
pub(super) const RANDOM: Preset = preset(
    "envoy-random",
    "Envoy's random choice.",
    RANDOM_NOTES,
    &[part(Room::Balancing, BALANCING, &[row("policy", Text("random")), OVERPROVISIONING, PANIC, ZONES])],
);

const ENVOY_NOTES: Notes = notes(
    &[
        "turns, priorities, overprovisioning, panic, zone-aware and weighted localities as in load_balancer_impl.cc",
        "slow start by deadlines while a host is in its window, with round robin and least request",
        "active checks: an answer outside the expected ones marks at once, no answer after the threshold; a first one after a start",
        "outlier detection: consecutive 5xx, gateway and local failures, success rate, failure percentage, the guard of the share ejected",
        "retries with its back-off, the limit of retries at once, the limit of requests at once",
    ],
    &[
        "each proxy remembers for itself: set balancers = \"caller\" for sidecars",
        "a proxy's worker threads share one memory here, in Envoy each has its own turn",
        "degraded hosts and subsets by metadata are not there",
        "503 of its own breaker (overflow) is the reason breaker_open here",
        "hedge_on_per_try_timeout keeps the slow try: write hedge with that delay and no timeout of a try",
        "limits of connections and pending requests are not there",
    ],
    &[],
);

const RETRY_BUDGET_NOTES: Notes = notes(
    &["a share of what is under way, but at least so many, in place of max_retries"],
    &[
        "each proxy remembers for itself: set balancers = \"caller\" for sidecars",
        "pending requests do not count: there is no pool of connections",
    ],
    &[],
);

const WEIGHTED_NOTES: Notes = notes(
    &["earliest deadline first with a random start, weights read again at each turn, slow start"],
    &[
        "each proxy remembers for itself: set balancers = \"caller\" for sidecars",
        "a proxy's worker threads share one memory here, in Envoy each has its own turn",
        "degraded hosts and subsets by metadata are not there",
    ],
    &[],
);

const LEAST_NOTES: Notes = notes(
    &[
        "samples with replacement, or a scan, among equal weights; deadlines by weight over active requests otherwise",
        "slow start",
    ],
    &[
        "each proxy remembers for itself: set balancers = \"caller\" for sidecars",
        "a proxy's worker threads share one memory here, in Envoy each has its own turn",
        "degraded hosts and subsets by metadata are not there",
    ],
    &[],
);

const HASH_NOTES: Notes = notes(
    &["its table or ring, with weights, bounded loads, and another key for each retry"],
    &[
        "each proxy remembers for itself: set balancers = \"caller\" for sidecars",
        "the key is the session of the client, not a header or cookie",
        "the simulated hash is not xxHash64: other replicas, the same shares",
    ],
    &[refused_value(
        Room::Balancing,
        "locality",
        "zone-aware",
        "Envoy routes by zone with round robin, least request and random only, not with tables of hashes",
    )],
);

const RANDOM_NOTES: Notes = notes(
    &["an even choice; priorities, panic and localities as for round robin"],
    &[
        "each proxy remembers for itself: set balancers = \"caller\" for sidecars",
        "a proxy's worker threads share one memory here, in Envoy each has its own turn",
        "degraded hosts and subsets by metadata are not there",
    ],
    &[],
);
