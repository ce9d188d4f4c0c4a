//! Platforms that check what runs on them.

use super::Value::{Float, Integer, Needed, Text};
use super::{Notes, Preset, Room, Source, confirmed, deploy, notes, part, preset, row, scaler, unconfirmed};

const PROBES: Source =
    confirmed("Kubernetes documentation, liveness, readiness and startup probes", "2026-11");

/// Probes, scaling, updates and restarts of pods.
pub(super) const KUBERNETES: Preset = preset(
    "kubernetes",
    "Kubernetes: readiness and liveness probes, horizontal pod autoscaler, rolling updates and back-off of restarts.",
    KUBERNETES_NOTES,
    &[
        part(
            Room::HealthCheck,
            PROBES,
            &[
                row("interval", Text("10s")),
                row("timeout", Text("1s")),
                row("unhealthy_after", Integer(3)),
                row("healthy_after", Integer(1)),
            ],
        ),
        part(
            Room::Liveness,
            PROBES,
            &[
                row("interval", Text("10s")),
                row("timeout", Text("1s")),
                row("unhealthy_after", Integer(3)),
                row("initial_delay", Text("0s")),
                row("restart", Needed(&Text("5s"))),
            ],
        ),
        scaler::KUBERNETES,
        deploy::KUBERNETES,
        part(
            Room::Backoff,
            confirmed(
                "Kubernetes documentation, Pod lifecycle, How Pods handle problems with containers",
                "2026-11",
            ),
            &[
                row("first", Text("10s")),
                row("factor", Float(2.0)),
                row("max", Text("5min")),
                row("forget", Text("10min")),
            ],
        ),
    ],
);

/// Endpoints of an accelerator.
pub(super) const GLOBAL_ACCELERATOR: Preset = preset(
    "global-accelerator",
    "AWS Global Accelerator: three checks half a minute apart.",
    ACCELERATOR_NOTES,
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

/// Checkers all over the world.
pub(super) const ROUTE_53: Preset = preset(
    "route53",
    "Amazon Route 53: sixteen checkers, of which more than 18 % must find an endpoint up.",
    ROUTE_53_NOTES,
    &[part(
        Room::HealthCheck,
        confirmed("Amazon Route 53 developer guide, how health checks determine health", "2026-11"),
        &[
            row("interval", Text("30s")),
            row("timeout", Text("4s")),
            row("unhealthy_after", Integer(3)),
            row("healthy_after", Integer(3)),
            row("checkers", Integer(16)),
            row("quorum", Text("18%")),
        ],
    )],
);

const KUBERNETES_NOTES: Notes = notes(
    &[
        "a probe every ten seconds, three failed of which take a pod out and one good one back",
        "a liveness probe every ten seconds, three failed of which restart a container: `backoff` of liveness has a preset of its own",
        "the autoscaler with its tolerance, windows, rules and pods that are not ready",
        "rolling updates with their surge and what may be missing, rounded as Kubernetes does",
        "CrashLoopBackOff: no wait before the first restart, then 10 s that double to 5 min, forgotten after ten minutes without a crash",
    ],
    &[
        "the autoscaler reads utilisation of slots, not of a processor, and a pod that has crashed is not started elsewhere",
        "endpoints reach every node at once, where kube-proxy takes a while: knowledge with a delay",
        "startup probes are not there, and neither is the grace period of a container that is to go: its work is lost at once",
        "whether the threads that serve requests answer a probe is through = \"queue\"",
        "a probe of TCP alone is sees = \"connection\"",
    ],
    &[],
);

const ACCELERATOR_NOTES: Notes = notes(
    &["checks half a minute apart, three of which change the mark"],
    &[
        "its choice by region is locality = \"region\"; dials are not there",
        "open when nobody is healthy is panic_threshold",
    ],
    &[],
);

const ROUTE_53_NOTES: Notes = notes(
    &["sixteen checkers with phases of their own, of which more than 18 % must find an endpoint up"],
    &[
        "answers are cached by resolvers for their TTL: knowledge with a delay",
        "a check of TCP alone is sees = \"connection\"",
    ],
    &[],
);
