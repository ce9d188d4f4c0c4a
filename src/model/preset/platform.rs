//! Platforms that check what runs on them.

use super::Value::{Integer, Needed, Text};
use super::{Preset, Room, confirmed, part, preset, row, unconfirmed};

/// Readiness of a pod.
pub(super) const KUBERNETES: Preset = preset(
    "kubernetes",
    "Kubernetes readiness probe.",
    &[part(
        Room::HealthCheck,
        confirmed("Kubernetes documentation, liveness, readiness and startup probes", "2026-11"),
        &[
            row("interval", Text("10s")),
            row("timeout", Text("1s")),
            row("unhealthy_after", Integer(3)),
            row("healthy_after", Integer(1)),
        ],
    )],
);

/// Endpoints of an accelerator.
pub(super) const GLOBAL_ACCELERATOR: Preset = preset(
    "global-accelerator",
    "AWS Global Accelerator: three checks half a minute apart.",
    &[part(
        Room::HealthCheck,
        unconfirmed("AWS Global Accelerator developer guide, health check options", "2026-11"),
        &[
            row("interval", Text("30s")),
            row("timeout", Needed(&Text("5s"))),
            row("unhealthy_after", Integer(3)),
            row("healthy_after", Integer(3)),
        ],
    )],
);
