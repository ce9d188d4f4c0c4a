//! Libraries that callers use.

use super::Value::{Boolean, Float, Integer, Needed, Own, Text};
use super::{Notes, Part, Preset, Room, Source, confirmed, notes, part, preset, row, unconfirmed};

const RESILIENCE4J_SOURCE: Source = confirmed("resilience4j, configurations of its modules", "2026-11");
const POLLY_SOURCE: Source = confirmed("Polly v8, strategy options", "2026-11");
const HANDLER: Source = unconfirmed(".NET standard resilience handler, from memory", "2026-11");
const HYSTRIX_SOURCE: Source = confirmed("Hystrix wiki, configuration", "2026-11");
const LIMITS: Source = confirmed("Netflix concurrency-limits", "2026-11");

/// resilience4j with the defaults of each module.
pub(super) const RESILIENCE4J: Preset = preset(
    "resilience4j",
    "resilience4j: three attempts half a second apart, a breaker over a hundred calls, a bulkhead.",
    RESILIENCE4J_NOTES,
    &[
        part(
            Room::Call,
            RESILIENCE4J_SOURCE,
            &[row("timeout", Text("1s")), row("retry", Own), row("breaker", Own), row("bulkhead", Own)],
        ),
        part(
            Room::Retry,
            RESILIENCE4J_SOURCE,
            &[row("policy", Text("fixed")), row("delay", Text("500ms")), row("attempts", Integer(3))],
        ),
        part(
            Room::Breaker,
            RESILIENCE4J_SOURCE,
            &[
                row("policy", Text("resilience4j")),
                row("window", Text("count")),
                row("size", Integer(100)),
                row("minimum", Integer(100)),
                row("failure_ratio", Text("50%")),
                row("slow_ratio", Text("100%")),
                row("slow_after", Text("60s")),
                row("open_for", Text("60s")),
                row("half_open", Integer(10)),
            ],
        ),
        part(Room::Bulkhead, RESILIENCE4J_SOURCE, &[row("limit", Integer(25)), row("queue", Integer(0))]),
    ],
);

/// With the helper for growing waits.
pub(super) const RESILIENCE4J_EXPONENTIAL: Preset = preset(
    "resilience4j-exponential",
    "resilience4j with exponential random backoff.",
    RESILIENCE4J_EXPONENTIAL_NOTES,
    &[part(
        Room::Retry,
        RESILIENCE4J_SOURCE,
        &[
            row("policy", Text("resilience4j")),
            row("base", Text("500ms")),
            row("factor", Float(1.5)),
            row("randomisation", Text("50%")),
            row("attempts", Integer(3)),
        ],
    )],
);

/// With threads of its own.
pub(super) const RESILIENCE4J_THREAD_POOL: Preset = preset(
    "resilience4j-thread-pool",
    "resilience4j's thread pool bulkhead, whose number of threads is that of the machine.",
    RESILIENCE4J_POOL_NOTES,
    &[part(
        Room::Bulkhead,
        RESILIENCE4J_SOURCE,
        &[row("limit", Needed(&Integer(8))), row("queue", Integer(100))],
    )],
);

const POLLY_BREAKER: Part = part(
    Room::Breaker,
    POLLY_SOURCE,
    &[
        row("policy", Text("polly")),
        row("failure_ratio", Text("10%")),
        row("minimum", Integer(100)),
        row("sampling", Text("30s")),
        row("open_for", Text("5s")),
    ],
);

/// Polly with the defaults of each strategy.
pub(super) const POLLY: Preset = preset(
    "polly",
    "Polly v8: three retries two seconds apart, a breaker at ten per cent, a timeout of half a minute.",
    POLLY_NOTES,
    &[
        part(
            Room::Call,
            POLLY_SOURCE,
            &[row("timeout", Text("30s")), row("retry", Own), row("breaker", Own)],
        ),
        part(
            Room::Retry,
            POLLY_SOURCE,
            &[
                row("policy", Text("polly")),
                row("base", Text("2s")),
                row("backoff", Text("constant")),
                row("jitter", Boolean(false)),
                row("attempts", Integer(4)),
            ],
        ),
        part(
            Room::Hedge,
            POLLY_SOURCE,
            &[row("policy", Text("fixed")), row("delay", Text("2s")), row("attempts", Integer(2))],
        ),
        POLLY_BREAKER,
    ],
);

/// With growing waits and jitter.
pub(super) const POLLY_EXPONENTIAL: Preset = preset(
    "polly-exponential",
    "Polly v8 with exponential backoff and jitter.",
    POLLY_EXPONENTIAL_NOTES,
    &[part(
        Room::Retry,
        POLLY_SOURCE,
        &[
            row("policy", Text("polly")),
            row("base", Text("2s")),
            row("backoff", Text("exponential")),
            row("jitter", Boolean(true)),
            row("attempts", Integer(4)),
        ],
    )],
);

/// The handler that .NET adds to HTTP clients.
pub(super) const POLLY_STANDARD: Preset = preset(
    "polly-standard",
    "The standard resilience handler of .NET, made of Polly's strategies.",
    POLLY_STANDARD_NOTES,
    &[
        part(
            Room::Call,
            HANDLER,
            &[
                row("timeout", Text("10s")),
                row("deadline", Text("30s")),
                row("retry", Own),
                row("breaker", Own),
                row("bulkhead", Own),
            ],
        ),
        part(
            Room::Retry,
            HANDLER,
            &[
                row("policy", Text("polly")),
                row("base", Text("2s")),
                row("backoff", Text("exponential")),
                row("jitter", Boolean(true)),
                row("attempts", Integer(4)),
            ],
        ),
        part(
            Room::Breaker,
            HANDLER,
            &[
                row("policy", Text("polly")),
                row("failure_ratio", Text("10%")),
                row("minimum", Integer(100)),
                row("sampling", Text("30s")),
                row("open_for", Text("5s")),
            ],
        ),
        part(Room::Bulkhead, HANDLER, &[row("limit", Integer(1000)), row("queue", Integer(0))]),
    ],
);

/// Hystrix with its defaults.
pub(super) const HYSTRIX: Preset = preset(
    "hystrix",
    "Hystrix: an execution within a second, ten at once, a breaker at half of twenty.",
    HYSTRIX_NOTES,
    &[
        part(
            Room::Call,
            HYSTRIX_SOURCE,
            &[row("timeout", Text("1s")), row("breaker", Own), row("bulkhead", Own)],
        ),
        part(
            Room::Breaker,
            HYSTRIX_SOURCE,
            &[
                row("policy", Text("hystrix")),
                row("failure_ratio", Text("50%")),
                row("minimum", Integer(20)),
                row("window", Text("10s")),
                row("snapshot", Text("500ms")),
                row("open_for", Text("5s")),
            ],
        ),
        part(Room::Bulkhead, HYSTRIX_SOURCE, &[row("limit", Integer(10)), row("queue", Integer(0))]),
    ],
);

/// A limit by latency.
pub(super) const CONCURRENCY_LIMITS_VEGAS: Preset = preset(
    "concurrency-limits-vegas",
    "Netflix concurrency-limits, Vegas.",
    VEGAS_NOTES,
    &[part(
        Room::Throttle,
        LIMITS,
        &[row("policy", Text("vegas")), row("initial", Integer(20)), row("maximum", Integer(1000))],
    )],
);

/// A limit by change of latency.
pub(super) const CONCURRENCY_LIMITS_GRADIENT2: Preset = preset(
    "concurrency-limits-gradient2",
    "Netflix concurrency-limits, Gradient2.",
    GRADIENT2_NOTES,
    &[part(
        Room::Throttle,
        LIMITS,
        &[
            row("policy", Text("gradient")),
            row("initial", Integer(20)),
            row("minimum", Integer(20)),
            row("maximum", Integer(200)),
            row("queue", Integer(4)),
            row("window", Integer(600)),
            row("tolerance", Float(1.5)),
            row("smoothing", Text("20%")),
        ],
    )],
);

/// A limit by drops.
pub(super) const CONCURRENCY_LIMITS_AIMD: Preset = preset(
    "concurrency-limits-aimd",
    "Netflix concurrency-limits, AIMD.",
    AIMD_NOTES,
    &[part(
        Room::Throttle,
        LIMITS,
        &[
            row("policy", Text("aimd")),
            row("initial", Integer(20)),
            row("minimum", Integer(20)),
            row("maximum", Integer(200)),
            row("backoff", Text("90%")),
            row("slow_after", Text("5s")),
        ],
    )],
);

const RESILIENCE4J_NOTES: Notes = notes(
    &[
        "retries around the breaker, and that around bulkhead and time limit",
        "a window of results or seconds, of which one of results shrinks the minimum to its size; slow calls; half open by as many results as are let through",
    ],
    &[
        "which exceptions are recorded is on: all but client errors",
        "the window of time has slots of a second, as there; locks and threads cost nothing",
        "a rate limiter (throttle) is asked before the breaker, in the library after it",
    ],
    &[],
);

const RESILIENCE4J_EXPONENTIAL_NOTES: Notes =
    notes(&["waits that grow by 1.5 and vary by half"], &["no longest wait, as by default"], &[]);

const RESILIENCE4J_POOL_NOTES: Notes = notes(
    &["threads at once and a queue in front of them"],
    &["core and most threads are the same, where the library starts with fewer"],
    &[],
);

const POLLY_NOTES: Notes = notes(
    &[
        "three retries two seconds apart; a breaker over half a minute",
        "hedging: the next copy after two seconds, or at once when one failed; retries around it, if both are there",
    ],
    &[
        "which results are handled is on: all but client errors",
        "a negative delay (one at a time) is a delay longer than the timeout",
        "copies at one replica alone are sent when the last failed, not beside it",
    ],
    &[],
);

const POLLY_EXPONENTIAL_NOTES: Notes =
    notes(&["waits that grow, with its own jitter"], &["no longest wait, as by default"], &[]);

const POLLY_STANDARD_NOTES: Notes = notes(
    &["limit, total timeout, retries, breaker and timeout of an attempt, in this order"],
    &["which answers are handled is on: all but client errors"],
    &[],
);

const HYSTRIX_NOTES: Notes = notes(
    &["a breaker over ten seconds read every half second, one attempt to see, a limit of ten at once"],
    &["semaphores and threads do the same here", "fallback is written as such"],
    &[],
);

const VEGAS_NOTES: Notes = notes(
    &["a limit by the least latency, with its steps of logarithms"],
    &["it limits callers or replicas where it is written; partitions are not there"],
    &[],
);

const GRADIENT2_NOTES: Notes = notes(
    &["a limit by the change from long to short latency"],
    &["it limits callers or replicas where it is written; partitions are not there"],
    &[],
);

const AIMD_NOTES: Notes = notes(
    &["one more while all is well, a tenth less after a drop or a slow answer"],
    &["it limits callers or replicas where it is written; partitions are not there"],
    &[],
);
