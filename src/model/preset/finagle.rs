//! Finagle, and the Linkerd proxy, which took over its ideas.

use super::Value::{Boolean, Integer, Needed, Own, Text, Texts};
use super::{Notes, Preset, Room, Source, confirmed, notes, part, preset, row, unconfirmed};

const EWMA: Source = confirmed("Finagle, PeakEwma.scala and P2CPick.scala", "2026-11");
const BUDGET: Source = confirmed("Finagle, RetryBudget.scala", "2026-11");

/// What a Finagle client does.
pub(super) const FINAGLE: Preset = preset(
    "finagle",
    "A Finagle client: the quicker of two, failure accrual, requeues under a budget.",
    FINAGLE_NOTES,
    &[
        part(Room::Balancing, EWMA, &[row("policy", Text("peak-ewma")), row("decay", Text("10s"))]),
        part(
            Room::OutlierDetection,
            confirmed("Finagle, FailureAccrualFactory.scala", "2026-11"),
            &[
                row("policy", Text("failure-accrual")),
                row("consecutive_failures", Integer(5)),
                row("success_rate", Text("80%")),
                row("window", Text("30s")),
                row("minimum_requests", Integer(5)),
                row("dead_for", Text("5s")),
                row("dead_for_max", Text("300s")),
            ],
        ),
        part(
            Room::Retry,
            confirmed("Finagle, requeues of RetryFilter", "2026-11"),
            &[
                row("policy", Text("fixed")),
                row("delay", Text("0s")),
                row("attempts", Needed(&Integer(3))),
                // What was never written, or refused by the server as not begun.
                row("on", Texts(&["connect", "queue_full", "shed"])),
                row("budget", Own).by(BUDGET),
            ],
        ),
        part(
            Room::Budget,
            BUDGET,
            &[
                row("policy", Text("finagle")),
                row("ttl", Text("10s")),
                row("minimum", Text("10/s")),
                row("ratio", Text("20%")),
            ],
        ),
    ],
);

/// The less busy of two.
pub(super) const P2C: Preset = preset(
    "finagle-p2c",
    "Finagle's choice of the less busy of two different nodes.",
    P2C_NOTES,
    &[part(
        Room::Balancing,
        confirmed("Finagle, P2CPick.scala", "2026-11"),
        &[row("policy", Text("power-of-two")), row("replacement", Boolean(false))],
    )],
);

/// What a Linkerd proxy does.
pub(super) const LINKERD: Preset = preset(
    "linkerd",
    "The Linkerd proxy: the quicker of two, retries under a budget.",
    LINKERD_NOTES,
    &[
        part(
            Room::Balancing,
            confirmed("linkerd2-proxy, balancer", "2026-11"),
            &[row("policy", Text("peak-ewma")), row("decay", Text("10s")), row("default_rtt", Text("30ms"))],
        ),
        part(
            Room::Budget,
            unconfirmed("Linkerd, ServiceProfile, from memory", "2026-11"),
            &[
                row("policy", Text("linkerd")),
                row("ttl", Text("10s")),
                row("minimum", Text("10/s")),
                row("ratio", Text("20%")),
            ],
        ),
    ],
);

const FINAGLE_NOTES: Notes = notes(
    &[
        "the lower product of peak latency and attempts of two; failure accrual in a row and by success rate, revived by one probe",
        "requeues of what was not written or was refused, under a budget of tokens that expire",
    ],
    &[
        "each client remembers for itself: set balancers = \"caller\"",
        "aperture is not there: subset gives each client so many replicas for good",
        "a pick that is not open is not tried again: those that are out are left out",
    ],
    &[],
);

const P2C_NOTES: Notes = notes(
    &["the less busy of two different nodes by what this client has out"],
    &["each client remembers for itself: set balancers = \"caller\"", "weights of nodes are not there"],
    &[],
);

const LINKERD_NOTES: Notes = notes(
    &[
        "the lower product of peak latency and attempts of two, with 30 ms until one is known; a budget of retries",
    ],
    &[
        "circuit breaking by annotation (seven failures in a row) is not there: outlier_detection \"failure-accrual\"",
        "each proxy remembers for itself: set balancers = \"caller\"",
        "which answers are retried is a matter of routes: on",
    ],
    &[],
);
