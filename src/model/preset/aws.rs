//! Amazon Web Services: load balancers, gateways and the clients of their SDKs.

use super::Value::{Float, Integer, Needed, Own, Text};
use super::{Part, Preset, Room, Row, Source, confirmed, part, preset, row, unconfirmed};

const BALANCER: Source = confirmed("Elastic Load Balancing user guide, target groups", "2026-11");
const STANDARD: Source = confirmed("botocore, retries/standard.py and retries/quota.py", "2026-11");
const REVISION: Source = confirmed("botocore, the revision of retries of 2026", "2026-11");
const OTHERS: Source = unconfirmed("AWS SDKs and tools reference, older modes, at second hand", "2026-11");
const GATEWAY: Source = confirmed("Amazon API Gateway quotas", "2026-11");

/// All targets are used when none is healthy: the share of healthy ones is then below any threshold.
const FAIL_OPEN: Row = row("panic_threshold", Text("0.01%"))
    .by(confirmed("Elastic Load Balancing user guide, fail-open when no target is healthy", "2026-11"));

/// An application load balancer.
pub(super) const ALB: Preset = preset(
    "aws-alb",
    "AWS Application Load Balancer: round robin, slow to take back, open when nobody is healthy.",
    &[
        part(Room::Call, BALANCER, &[row("timeout", Text("60s"))]),
        part(Room::Balancing, BALANCER, &[row("policy", Text("round-robin")), FAIL_OPEN]),
        part(
            Room::SlowStart,
            BALANCER,
            &[
                row("window", Needed(&Text("30s"))),
                row("aggression", Float(1.0)),
                row("min_weight", Text("0%")),
            ],
        ),
        part(
            Room::HealthCheck,
            BALANCER,
            &[
                row("interval", Text("30s")),
                row("timeout", Text("5s")),
                row("unhealthy_after", Integer(2)),
                row("healthy_after", Integer(5)),
            ],
        ),
    ],
);

/// Fewest outstanding requests.
pub(super) const ALB_LEAST_OUTSTANDING: Preset = preset(
    "aws-alb-least-outstanding",
    "AWS Application Load Balancer with least outstanding requests.",
    &[part(
        Room::Balancing,
        BALANCER,
        &[
            row("policy", Text("least-request")),
            row("selection", Text("full-scan")),
            row("weights", Text("equal")),
            FAIL_OPEN,
        ],
    )],
);

/// Chance, as the way without mitigation of anomalies.
pub(super) const ALB_WEIGHTED_RANDOM: Preset = preset(
    "aws-alb-weighted-random",
    "AWS Application Load Balancer with weighted random, mitigation of anomalies off.",
    &[part(
        Room::Balancing,
        BALANCER,
        &[row("policy", Text("weighted-random")), row("weights", Text("equal")), FAIL_OPEN],
    )],
);

const GATEWAY_THROTTLE: Part = part(
    Room::Throttle,
    GATEWAY,
    &[row("policy", Text("token-bucket")), row("rate", Text("10000/s")), row("burst", Integer(5000))],
);

/// What stands in front of a function.
pub(super) const API_GATEWAY: Preset = preset(
    "aws-api-gateway",
    "Amazon API Gateway, REST: 10,000 requests a second, an answer within 29 s or none.",
    &[
        part(Room::Call, GATEWAY, &[row("timeout", Text("29s")), row("on_timeout", Text("abandon"))]),
        GATEWAY_THROTTLE,
    ],
);

/// The same for its HTTP interface.
pub(super) const API_GATEWAY_HTTP: Preset = preset(
    "aws-api-gateway-http",
    "Amazon API Gateway, HTTP: as REST, with 30 s.",
    &[
        part(Room::Call, GATEWAY, &[row("timeout", Text("30s")), row("on_timeout", Text("abandon"))]),
        GATEWAY_THROTTLE,
    ],
);

const CALL: Part = part(Room::Call, STANDARD, &[row("retry", Own)]);

const RETRY: Part = part(
    Room::Retry,
    STANDARD,
    &[
        row("policy", Text("aws")),
        row("revision", Text("standard")),
        row("base", Text("1s")),
        row("cap", Text("20s")),
        row("attempts", Integer(3)),
        row("budget", Own),
    ],
);

const QUOTA: Part = part(
    Room::Budget,
    STANDARD,
    &[row("policy", Text("aws")), row("revision", Text("standard")), row("capacity", Integer(500))],
);

/// The standard mode.
pub(super) const SDK: Preset = preset(
    "aws-sdk",
    "AWS SDK, standard mode until November 2026: three attempts, full jitter, a quota.",
    &[CALL, RETRY, QUOTA],
);

/// The adaptive mode.
pub(super) const SDK_ADAPTIVE: Preset = preset(
    "aws-sdk-adaptive",
    "AWS SDK, adaptive mode: standard, and a rate that follows throttling.",
    &[
        part(Room::Call, STANDARD, &[row("retry", Own), row("throttle", Own)]),
        RETRY,
        QUOTA,
        part(
            Room::Throttle,
            confirmed("botocore, retries/adaptive.py", "2026-11"),
            &[row("policy", Text("aws-adaptive"))],
        ),
    ],
);

const QUOTA_2026: Part = part(
    Room::Budget,
    REVISION,
    &[row("policy", Text("aws")), row("revision", Text("2026")), row("capacity", Integer(500))],
);

/// The standard mode as revised.
pub(super) const SDK_2026: Preset = preset(
    "aws-sdk-2026",
    "AWS SDK, standard mode as revised in 2026: short waits, long ones after throttling.",
    &[
        part(Room::Call, REVISION, &[row("retry", Own)]),
        part(
            Room::Retry,
            REVISION,
            &[
                row("policy", Text("aws")),
                row("revision", Text("2026")),
                row("base", Text("50ms")),
                row("throttled_base", Text("1s")),
                row("hints", Text("aws")),
                row("cap", Text("20s")),
                row("attempts", Integer(3)),
                row("budget", Own),
            ],
        ),
        QUOTA_2026,
    ],
);

/// The same for one database.
pub(super) const SDK_2026_DYNAMODB: Preset = preset(
    "aws-sdk-2026-dynamodb",
    "AWS SDK as revised in 2026, for DynamoDB: four attempts, half the waits.",
    &[
        part(Room::Call, REVISION, &[row("retry", Own)]),
        part(
            Room::Retry,
            REVISION,
            &[
                row("policy", Text("aws")),
                row("revision", Text("2026")),
                row("base", Text("25ms")),
                row("throttled_base", Text("1s")),
                row("hints", Text("aws")),
                row("cap", Text("20s")),
                row("attempts", Integer(4)),
                row("budget", Own),
            ],
        ),
        QUOTA_2026,
    ],
);

const CALL_OTHERS: Part = part(Room::Call, OTHERS, &[row("retry", Own)]);

/// Python before the standard mode.
pub(super) const SDK_LEGACY: Preset = preset(
    "aws-sdk-legacy",
    "AWS SDK for Python, legacy mode: five attempts, no quota.",
    &[
        CALL_OTHERS,
        part(
            Room::Retry,
            OTHERS,
            &[
                row("policy", Text("exponential")),
                row("base", Text("1s")),
                row("factor", Float(2.0)),
                row("jitter", Text("full")),
                row("attempts", Integer(5)),
            ],
        ),
    ],
);

/// Java, version 1.
pub(super) const SDK_JAVA_V1: Preset = preset(
    "aws-sdk-java-v1",
    "AWS SDK for Java, version 1: four attempts.",
    &[
        CALL_OTHERS,
        part(
            Room::Retry,
            OTHERS,
            &[
                row("policy", Text("exponential")),
                row("base", Needed(&Text("100ms"))),
                row("factor", Float(2.0)),
                row("jitter", Text("full")),
                row("attempts", Integer(4)),
            ],
        ),
    ],
);

/// Java, version 1, for one database.
pub(super) const SDK_JAVA_V1_DYNAMODB: Preset = preset(
    "aws-sdk-java-v1-dynamodb",
    "AWS SDK for Java, version 1, for DynamoDB: nine attempts, short waits.",
    &[
        CALL_OTHERS,
        part(
            Room::Retry,
            OTHERS,
            &[
                row("policy", Text("exponential")),
                row("base", Text("25ms")),
                row("factor", Float(2.0)),
                row("jitter", Text("full")),
                row("attempts", Integer(9)),
            ],
        ),
    ],
);

/// C++.
pub(super) const SDK_CPP: Preset = preset(
    "aws-sdk-cpp",
    "AWS SDK for C++, default mode: eleven attempts, no quota.",
    &[
        CALL_OTHERS,
        part(
            Room::Retry,
            OTHERS,
            &[
                row("policy", Text("exponential")),
                row("base", Text("25ms")),
                row("factor", Float(2.0)),
                row("jitter", Text("none")),
                row("attempts", Integer(11)),
            ],
        ),
    ],
);
