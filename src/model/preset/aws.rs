//! Amazon Web Services: load balancers, gateways and the clients of their SDKs.

use super::Value::{Float, Integer, Needed, Own, Text};
use super::{
    Notes, Part, Preset, Room, Row, Source, confirmed, notes, part, preset, refused, row, unconfirmed,
};

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
    ALB_NOTES,
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
    ALB_LEAST_NOTES,
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
    ALB_RANDOM_NOTES,
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

/// The keys of a gateway that waits so long.
const fn gateway(rows: &'static [Row; 4]) -> Part {
    part(Room::Gateway, GATEWAY, rows)
}

const RATE: Row = row("throttle.rate", Text("10000/s"));
const BURST: Row = row("throttle.burst", Integer(5000));
const GOES_ON: Row = row("on_timeout", Text("abandon"));

/// What stands in front of a function.
pub(super) const API_GATEWAY: Preset = preset(
    "aws-api-gateway",
    "Amazon API Gateway, REST: 10,000 requests a second, an answer within 29 s or none.",
    GATEWAY_NOTES,
    &[
        part(Room::Call, GATEWAY, &[row("timeout", Text("29s")), GOES_ON]),
        GATEWAY_THROTTLE,
        gateway(&[row("timeout", Text("29s")), GOES_ON, RATE, BURST]),
    ],
);

/// The same for its HTTP interface.
pub(super) const API_GATEWAY_HTTP: Preset = preset(
    "aws-api-gateway-http",
    "Amazon API Gateway, HTTP: as REST, with 30 s.",
    GATEWAY_NOTES,
    &[
        part(Room::Call, GATEWAY, &[row("timeout", Text("30s")), GOES_ON]),
        GATEWAY_THROTTLE,
        gateway(&[row("timeout", Text("30s")), GOES_ON, RATE, BURST]),
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
    SDK_NOTES,
    &[CALL, RETRY, QUOTA],
);

/// The adaptive mode.
pub(super) const SDK_ADAPTIVE: Preset = preset(
    "aws-sdk-adaptive",
    "AWS SDK, adaptive mode: standard, and a rate that follows throttling.",
    SDK_ADAPTIVE_NOTES,
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
    SDK_2026_NOTES,
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
    SDK_2026_NOTES,
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
    SDK_OLD_NOTES,
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
    SDK_OLD_NOTES,
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
    SDK_OLD_NOTES,
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
    SDK_OLD_NOTES,
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

/// List prices of one region.
pub(super) const US_EAST_1: Preset = preset(
    "aws-us-east-1-2026-11",
    "AWS list prices of the region us-east-1 in November 2026: gateway, queues, functions and transfer; replicas have prices of their own.",
    PRICE_NOTES,
    &[part(
        Room::Cost,
        confirmed("Amazon API Gateway pricing, HTTP APIs, us-east-1", "2026-11"),
        &[
            row("gateway", Text("1.00/million up to 300 million, 0.90/million")),
            row("queue", Text("0.40/million")).by(QUEUE_PRICE),
            row("function.request", Text("0.20/million")).by(LAMBDA_PRICE),
            row(
                "function.duration",
                Text("0.0000166667/GBs up to 6e9 GBs, 0.000015/GBs up to 1.5e10 GBs, 0.0000133334/GBs"),
            )
            .by(LAMBDA_PRICE),
            row("function.provisioned", Text("0.0000041667/GBs")).by(LAMBDA_PRICE),
            row("function.provisioned_duration", Text("0.0000097222/GBs")).by(LAMBDA_PRICE),
            row("transfer.between_zones", Text("0.02/GB")).by(TRANSFER),
            row("transfer.between_regions", Text("0.02/GB")).by(TRANSFER),
        ],
    )],
);

const LAMBDA_PRICE: Source = confirmed("AWS Lambda pricing, x86, us-east-1", "2026-11");
const QUEUE_PRICE: Source =
    unconfirmed("Amazon SQS pricing, standard queues, first tier, at second hand", "2026-11");
const TRANSFER: Source = unconfirmed("Amazon EC2 pricing, data transfer, at second hand", "2026-11");

const PRICE_NOTES: Notes = notes(
    &[
        "a price for each request of a gateway, and for each gigabyte that crosses a zone or region",
        "tiers of requests of gateways and of memory of functions over a month, which all functions of an account share",
    ],
    &[
        "AWS counts tiers in each region by itself, here all regions of an account together",
        "free tiers are not there: function.request = \"0/million up to 1 million, 0.20/million\" has one, and the first 400,000 GBs are free",
        "queues and what is kept have no tiers: say so in \"queue\" and \"storage\"",
        "a FIFO queue costs 0.50/million, and a stream is paid by the hour: say so in its \"price\"",
        "a REST gateway costs 3.50/million: say so in its \"price\"",
        "between zones AWS bills 0.01 at either end; here it is one price",
        "instance types have no price of their own: give services a \"price\", or [cost] a \"replica\"",
    ],
    &[refused(Room::Cost, "currency", "these prices are US dollars")],
);

const ALB_NOTES: Notes = notes(
    &[
        "round robin, open when nobody is healthy; two failed checks mark down, five good ones up",
        "slow start: a linear share over the window, with round robin",
    ],
    &[
        "each node of the balancer remembers for itself: balancers = N",
        "cross-zone is on; off it is locality = \"zone\"",
        "slow start ends early in AWS when no healthy target is outside of it",
        "deregistration delay is a matter of recovery; target keep-alive races are not there",
    ],
    &[],
);

const ALB_LEAST_NOTES: Notes = notes(
    &["the fewest outstanding requests of all targets"],
    &[
        "each node of the balancer remembers for itself: balancers = N",
        "cross-zone is on; off it is locality = \"zone\"",
    ],
    &[refused(
        Room::Balancing,
        "slow_start",
        "AWS refuses slow start with least outstanding requests: it goes with round robin only",
    )],
);

const ALB_RANDOM_NOTES: Notes = notes(
    &["an even choice; weights of targets do not exist"],
    &[
        "each node of the balancer remembers for itself: balancers = N",
        "cross-zone is on; off it is locality = \"zone\"",
        "anomaly mitigation is off: its rules are not published",
    ],
    &[refused(
        Room::Balancing,
        "slow_start",
        "AWS refuses slow start with weighted random: it goes with round robin only",
    )],
);

const GATEWAY_NOTES: Notes = notes(
    &["a token bucket for the account and region, and the longest answer"],
    &[
        "the bucket of the account is that of the one gateway: several share one by \"account\"",
        "limits of methods and plans are keys of a gateway: throttle of a route, client_throttle",
        "the function goes on after the timeout, as on_timeout = \"abandon\" says",
    ],
    &[],
);

const SDK_NOTES: Notes = notes(
    &["three attempts, full jitter, a quota of 500 at 5 a retry and 10 after a timeout"],
    &[
        "each client object has its quota: set balancers = \"caller\"",
        "which errors are transient or throttling is told by the reason",
    ],
    &[],
);

const SDK_ADAPTIVE_NOTES: Notes = notes(
    &["standard, and a rate that follows throttling by a cubic law"],
    &[
        "each client object has its quota: set balancers = \"caller\"",
        "which errors are transient or throttling is told by the reason",
    ],
    &[],
);

const SDK_2026_NOTES: Notes = notes(
    &["short waits after failures, long ones after throttling, a quota at 14 and 5, x-amz-retry-after"],
    &[
        "each client object has its quota: set balancers = \"caller\"",
        "which errors are transient or throttling is told by the reason",
        "waits of long polls on an empty quota are not there",
    ],
    &[],
);

const SDK_OLD_NOTES: Notes = notes(
    &["attempts and waits without a quota"],
    &["values at second hand", "which errors are retried is on: all but client errors"],
    &[],
);
