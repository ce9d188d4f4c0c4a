//! gRPC clients.

use super::Value::{Boolean, Float, Integer, Needed, Own, Text};
use super::{Notes, Preset, Room, Source, confirmed, notes, part, preset, refused, refused_beside, row};

const RETRIES: Source = confirmed("gRPC proposal A6", "2026-11");
const EXAMPLE: Source = confirmed("gRPC proposal A6, its example", "2026-11");
const OUTLIERS: Source = confirmed("gRPC proposal A50", "2026-11");
const POLICIES: Source = confirmed("gRPC load balancing policies", "2026-11");

/// What a gRPC client does unless its service configuration says otherwise, and the defaults of what that may add.
pub(super) const GRPC: Preset = preset(
    "grpc",
    "A gRPC client: one connection to one backend, deadlines passed on, retries as configured.",
    GRPC_NOTES,
    &[
        part(
            Room::Call,
            confirmed("gRPC over HTTP/2, grpc-timeout", "2026-11"),
            &[row("deadline_propagation", Boolean(true))],
        ),
        part(Room::Balancing, POLICIES, &[row("policy", Text("pick-first"))]),
        part(
            Room::OutlierDetection,
            OUTLIERS,
            &[
                row("policy", Text("grpc")),
                row("interval", Text("10s")),
                row("base_ejection_time", Text("30s")),
                row("max_ejection_time", Text("300s")),
                row("max_ejected", Text("10%")),
                row("success_rate.stdev_factor", Integer(1900)),
                row("success_rate.enforcement", Text("100%")),
                row("success_rate.minimum_hosts", Integer(5)),
                row("success_rate.request_volume", Integer(100)),
                row("failure_percentage.threshold", Text("85%")),
                row("failure_percentage.enforcement", Text("100%")),
                row("failure_percentage.minimum_hosts", Integer(5)),
                row("failure_percentage.request_volume", Integer(50)),
            ],
        ),
        part(
            Room::Retry,
            RETRIES,
            &[
                row("policy", Text("grpc")),
                row("base", Needed(&Text("100ms"))),
                row("cap", Needed(&Text("1s"))),
                row("factor", Needed(&Float(2.0))),
                row("attempts", Needed(&Integer(4))),
                row("attempts_max", Integer(5)),
                row("hints", Text("exactly")),
            ],
        ),
        part(
            Room::Budget,
            EXAMPLE,
            &[row("policy", Text("grpc")), row("tokens", Integer(10)), row("ratio", Float(0.1))],
        ),
        part(
            Room::Hedge,
            RETRIES,
            &[
                row("policy", Text("fixed")),
                row("delay", Text("0s")),
                row("attempts", Needed(&Integer(3))),
                row("attempts_max", Integer(5)),
                row("hints", Text("exactly")),
                row("budget", Own).by(EXAMPLE),
            ],
        ),
    ],
);

/// Each in turn.
pub(super) const ROUND_ROBIN: Preset = preset(
    "grpc-round-robin",
    "gRPC's round_robin.",
    ROUND_ROBIN_NOTES,
    &[part(Room::Balancing, POLICIES, &[row("policy", Text("round-robin"))])],
);

/// Turns by what backends report.
pub(super) const WEIGHTED_ROUND_ROBIN: Preset = preset(
    "grpc-weighted-round-robin",
    "gRPC's weighted_round_robin: turns by reported utilisation.",
    WEIGHTED_NOTES,
    &[part(
        Room::Balancing,
        confirmed("gRPC proposal A58 and the scheduler of grpc-go", "2026-11"),
        &[
            row("policy", Text("weighted-round-robin")),
            row("reporting_period", Text("10s")),
            row("blackout_period", Text("10s")),
            row("weight_expiration_period", Text("3min")),
            row("weight_update_period", Text("1s")),
            row("error_utilization_penalty", Float(1.0)),
            row("random_start", Boolean(true)),
        ],
    )],
);

/// The less busy of two.
pub(super) const LEAST_REQUEST: Preset = preset(
    "grpc-least-request",
    "gRPC's least_request: the less busy of two backends, drawn with replacement.",
    LEAST_NOTES,
    &[part(
        Room::Balancing,
        confirmed("gRPC proposal A48", "2026-11"),
        &[
            row("policy", Text("least-request")),
            row("selection", Text("choices")),
            row("choices", Integer(2)),
            row("weights", Text("equal")),
        ],
    )],
);

/// The ring.
pub(super) const RING_HASH: Preset = preset(
    "grpc-ring-hash",
    "gRPC's ring_hash.",
    HASH_NOTES,
    &[part(
        Room::Balancing,
        confirmed("gRPC proposal A42", "2026-11"),
        &[
            row("policy", Text("ring-hash")),
            row("ring_size_min", Integer(1024)),
            row("ring_size_max", Integer(4096)),
        ],
    )],
);

const GRPC_NOTES: Notes = notes(
    &[
        "one backend for one client; deadlines passed on",
        "retries and copies at most five, throttled by tokens for each server; pushback",
        "copies: all at once by default, the next at once after a failure that is not final, none after pushback \"never\"",
        "outlier detection by success rate and failure percentage in sweeps",
    ],
    &[
        "each channel remembers for itself: set balancers = \"caller\"",
        "on lists reasons, not status codes; it is all but client errors unless written",
        "transparent retries are not there: what never left the client fails as connect",
        "when every backend has a copy under way no further one is sent, where gRPC leaves that to the balancer",
        "a committed call, whose headers came, cannot fail later here",
    ],
    &[
        refused_beside(
            Room::Hedge,
            "retry",
            "a method of gRPC has a retry policy or a hedging policy, never both (proposal A6)",
        ),
        refused_beside(
            Room::Retry,
            "hedge",
            "a method of gRPC has a retry policy or a hedging policy, never both (proposal A6)",
        ),
    ],
);

const ROUND_ROBIN_NOTES: Notes = notes(
    &["turns among the backends that are ready"],
    &[
        "each channel remembers for itself: set balancers = \"caller\"",
        "the order of addresses is that of replicas, not shuffled",
    ],
    &[],
);

const WEIGHTED_NOTES: Notes = notes(
    &[
        "weights from reported throughput and utilisation, their blackout, expiry and update; turns by static stride",
    ],
    &[
        "each channel remembers for itself: set balancers = \"caller\"",
        "reports come out of band at each period, not with each answer",
    ],
    &[],
);

const LEAST_NOTES: Notes = notes(
    &["the less busy of two drawn with replacement, weights ignored"],
    &[
        "each channel remembers for itself: set balancers = \"caller\"",
        "weights that a scenario writes count as in Envoy, which gRPC ignores",
    ],
    &[refused(Room::Balancing, "slow_start", "gRPC has no slow start")],
);

const HASH_NOTES: Notes = notes(
    &["a ring of 1,024 to 4,096 entries by weight"],
    &[
        "each channel remembers for itself: set balancers = \"caller\"",
        "a backend that is down is left out of the ring, where gRPC goes on to the next entry",
        "the key is the session of the client",
        "the simulated hash is not xxHash64: other replicas, the same shares",
    ],
    &[],
);
