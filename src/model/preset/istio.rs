//! Istio, which sets up Envoy in its own way.

use super::Value::{Boolean, Float, Integer, Own, Text, Texts};
use super::{Notes, Preset, Room, Source, notes, part, preset, row, unconfirmed};

const MESH: Source =
    unconfirmed("Istio's configuration of Envoy as users have shown it, and from memory", "2026-11");
const RULES: Source = unconfirmed("Istio documentation, destination rule, from memory", "2026-11");

/// A sidecar without rules of its own; there is no timeout.
pub(super) const ISTIO: Preset = preset(
    "istio",
    "An Istio sidecar: the less busy of two, two retries at other hosts, ejection after five errors in a row.",
    ISTIO_NOTES,
    &[
        part(Room::Call, MESH, &[row("retry", Own)]),
        part(
            Room::Balancing,
            RULES,
            &[
                row("policy", Text("least-request")),
                row("selection", Text("choices")),
                row("choices", Integer(2)),
                row("weights", Text("equal")),
                row("active_request_bias", Float(1.0)),
                row("overprovisioning", Float(1.4)),
                row("panic_threshold", Text("0%")),
            ],
        ),
        part(
            Room::OutlierDetection,
            RULES,
            &[
                row("policy", Text("envoy")),
                row("consecutive_5xx", Integer(5)),
                row("enforcing_consecutive_5xx", Text("100%")),
                row("interval", Text("10s")),
                row("base_ejection_time", Text("30s")),
                row("max_ejected", Text("10%")),
                row("enforcing_success_rate", Text("0%")),
                row("check_takes_back", Boolean(true)),
            ],
        ),
        part(
            Room::Retry,
            MESH,
            &[
                row("policy", Text("envoy")),
                row("base", Text("25ms")),
                row("attempts", Integer(3)),
                row("avoid", Text("tried")),
                row("reselect", Integer(5)),
                // connect-failure, refused-stream, unavailable, cancelled, and status 503.
                row("on", Texts(&["connect", "queue_full", "shed"])),
            ],
        ),
    ],
);

const ISTIO_NOTES: Notes = notes(
    &["the less busy of two, two retries at other hosts, ejection after five errors in a row; no panic"],
    &[
        "it is Envoy set up by Istio: what differs there differs here",
        "locality load balancing by failover is locality = \"zone\"",
        "each sidecar remembers for itself: set balancers = \"caller\"",
    ],
    &[],
);
