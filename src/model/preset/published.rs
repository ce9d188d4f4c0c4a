//! What was published without a product of that name.

use super::Value::{Float, Integer, Needed, Own, Text};
use super::{Notes, Preset, Room, Source, confirmed, notes, part, preset, row, unconfirmed};

const HANDLING: Source =
    confirmed("Beyer et al., Site Reliability Engineering, handling overload", "2026-11");
const FAIL_AT_SCALE: Source = confirmed("Maurer, Fail at Scale, ACM Queue 2015, at second hand", "2026-11");
const PREQUAL_SOURCE: Source = confirmed("Wydrowski et al., Prequal, NSDI 2024", "2026-11");
const PREQUAL_RULES: Source = unconfirmed("Wydrowski et al., Prequal, NSDI 2024, from memory", "2026-11");

/// Callers at Google.
pub(super) const GOOGLE_SRE: Preset = preset(
    "google-sre",
    "Google's clients: adaptive throttling, three attempts, a tenth of retries, only the nearest layer.",
    GOOGLE_NOTES,
    &[
        part(
            Room::Retry,
            HANDLING,
            &[
                row("policy", Needed(&Text("none"))),
                row("attempts", Integer(3)),
                row("layer", Text("nearest")),
                row("budget", Own),
            ],
        ),
        part(Room::Budget, HANDLING, &[row("policy", Text("sre-ratio")), row("ratio", Text("10%"))]),
        part(
            Room::Throttle,
            HANDLING,
            &[
                row("policy", Text("sre-adaptive")),
                row("multiplier", Float(2.0)),
                row("window", Text("2min")),
            ],
        ),
    ],
);

/// Times in queues at Facebook.
pub(super) const FACEBOOK: Preset = preset(
    "facebook",
    "Facebook's controlled delay for queues of servers.",
    FACEBOOK_NOTES,
    &[part(
        Room::Queue,
        FAIL_AT_SCALE,
        &[
            row("policy", Text("controlled-delay")),
            row("target", Text("5ms")),
            row("interval", Text("100ms")),
        ],
    )],
);

/// The order of queues at Facebook.
pub(super) const FACEBOOK_ADAPTIVE_LIFO: Preset = preset(
    "facebook-adaptive-lifo",
    "Facebook's adaptive LIFO for queues of servers.",
    LIFO_NOTES,
    &[part(
        Room::Queue,
        FAIL_AT_SCALE,
        &[row("policy", Text("adaptive-lifo")), row("interval", Text("100ms"))],
    )],
);

/// `CoDel` as the RFC has it.
pub(super) const CODEL: Preset = preset(
    "codel",
    "CoDel with the values of RFC 8289.",
    CODEL_NOTES,
    &[part(
        Room::Queue,
        unconfirmed("RFC 8289, from memory", "2026-11"),
        &[row("policy", Text("codel")), row("target", Text("5ms")), row("interval", Text("100ms"))],
    )],
);

/// Probing at Google.
pub(super) const PREQUAL: Preset = preset(
    "prequal",
    "Prequal: the quickest of the replicas that were probed and are not hot.",
    PREQUAL_NOTES,
    &[part(
        Room::Balancing,
        PREQUAL_SOURCE,
        &[
            row("policy", Text("prequal")),
            row("probe_rate", Float(3.0)),
            row("pool_size", Integer(16)),
            row("probe_age_max", Text("1s")).by(PREQUAL_RULES),
            row("remove_rate", Float(1.0)).by(PREQUAL_RULES),
            row("rif_quantile", Text("84%")),
        ],
    )],
);

/// A copy after the usual time.
pub(super) const TAIL_AT_SCALE: Preset = preset(
    "tail-at-scale",
    "A copy to another replica after the time in which 95 % of answers come.",
    TAIL_NOTES,
    &[part(
        Room::Hedge,
        confirmed("Dean and Barroso, The Tail at Scale, CACM 2013", "2026-11"),
        &[row("policy", Text("percentile")), row("percentile", Text("95%"))],
    )],
);

const GOOGLE_NOTES: Notes = notes(
    &[
        "three attempts, a tenth of retries, only the layer next to the failure; adaptive throttling with K = 2",
    ],
    &["the limit of retries is one for each client, not by histogram of attempts in the server"],
    &[],
);

const FACEBOOK_NOTES: Notes = notes(
    &["a shorter limit of waiting while the queue has not been empty for an interval"],
    &["values are those of the article, for one service"],
    &[],
);

const LIFO_NOTES: Notes = notes(
    &["last in, first out while the queue has not been empty for an interval"],
    &["values are those of the article, for one service"],
    &[],
);

const CODEL_NOTES: Notes = notes(
    &["drops at the head by the square root law while waits stay above the target"],
    &["what is dropped is refused, where packets vanish"],
    &[],
);

const PREQUAL_NOTES: Notes = notes(
    &["probes for each query, a pool of sixteen, cold ones by latency and hot ones by requests in flight"],
    &["error aversion is not there", "ageing and removal are from memory of the paper"],
    &[],
);

const TAIL_NOTES: Notes = notes(
    &["a copy after the time within which 95 % of answers came"],
    &[
        "a copy also follows a failure at once, of which the article says nothing",
        "tied requests are the policy \"tied\"",
    ],
    &[],
);
