//! Finagle, and the Linkerd proxy, which took over its ideas.

use super::Value::{Boolean, Integer, Needed, Own, Text, Texts};
use super::{Preset, Room, Source, confirmed, part, preset, row, unconfirmed};

const EWMA: Source = confirmed("Finagle, PeakEwma.scala and P2CPick.scala", "2026-11");
const BUDGET: Source = confirmed("Finagle, RetryBudget.scala", "2026-11");

/// What a Finagle client does.
pub(super) const FINAGLE: Preset = preset(
    "finagle",
    "A Finagle client: the quicker of two, failure accrual, requeues under a budget.",
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
