//! Platforms that scale what runs on them.

use super::Value::{Float, Integer, Needed, Text};
use super::function;
use super::{Notes, Part, Preset, Room, confirmed, notes, part, preset, row, unconfirmed};

/// The horizontal pod autoscaler, beside the probes of Kubernetes.
pub(super) const KUBERNETES: Part = part(
    Room::Autoscaling,
    confirmed("Kubernetes documentation, Horizontal Pod Autoscaling; controller manager flags", "2026-11"),
    &[
        row("policy", Text("hpa")),
        row("target", Needed(&Text("60%"))),
        row("max", Needed(&Integer(10))),
        row("min", Integer(1)),
        row("metric", Text("utilisation")),
        row("every", Text("15s")),
        row("tolerance", Text("10%")),
        row("up_window", Text("0s")),
        row("down_window", Text("5min")),
        row("readiness", Text("30s")),
        row("window", Text("15s"))
            .by(unconfirmed("metrics-server, default of --metric-resolution", "2026-11")),
    ],
);

/// Knative's own autoscaler.
pub(super) const KNATIVE: Preset = preset(
    "knative",
    "Knative Serving: its pod autoscaler with the defaults of config-autoscaler.",
    KNATIVE_NOTES,
    &[part(
        Room::Autoscaling,
        confirmed("knative/serving, config/core/configmaps/autoscaler.yaml and pkg/autoscaler", "2026-11"),
        &[
            row("policy", Text("kpa")),
            row("max", Needed(&Integer(20))),
            row("min", Integer(0)),
            row("metric", Text("in_system_mean")),
            row("target", Integer(100)),
            row("utilisation", Text("70%")),
            row("stable", Text("60s")),
            row("panic", Text("10%")),
            row("panic_threshold", Float(2.0)),
            row("up_rate", Float(1000.0)),
            row("down_rate", Float(2.0)),
            row("every", Text("2s")),
            row("grace", Text("30s")),
            row("down_delay", Text("0s")),
            row("activation", Integer(1)),
            row("burst", Integer(211)),
        ],
    )],
);

/// Google's containers.
pub(super) const CLOUD_RUN: Preset = preset(
    "cloud-run",
    "Google Cloud Run: 80 requests an instance, of which it aims at 60 %.",
    CLOUD_RUN_NOTES,
    &[
        function::CLOUD_RUN,
        part(
            Room::Autoscaling,
            confirmed("Google Cloud Run documentation, About instance autoscaling", "2026-11"),
            &[
                row("policy", Text("cloud-run")),
                row("max", Needed(&Integer(100))),
                row("min", Integer(0)),
                row("instance_concurrency", Integer(80)),
                row("utilisation", Text("60%")),
                row("every", Text("5s")),
                row("over", Text("1min")),
                row("idle", Text("15min"))
                    .by(unconfirmed("Google Cloud Run documentation, About instance autoscaling", "2026-11")),
            ],
        ),
    ],
);

/// Microsoft's functions on the consumption plan.
pub(super) const AZURE_CONSUMPTION: Preset = preset(
    "azure-consumption",
    "Azure Functions, consumption plan: one more instance a second, at most 200.",
    AZURE_NOTES,
    &[
        function::AZURE_CONSUMPTION,
        part(
            Room::Autoscaling,
            confirmed("Microsoft, Azure Functions hosting options; Event-driven scaling", "2026-11"),
            &[
                row("policy", Text("azure-consumption")),
                row("target", Needed(&Integer(10))),
                row("trigger", Text("http")),
                row("min", Integer(0)),
                row("max", Integer(200)),
            ],
        ),
    ],
);

const KNATIVE_NOTES: Notes = notes(
    &[
        "stable and panic window, rates, scale to zero and the wait of requests for the first replica",
        "requests wait at the activator only while replicas have too little room for a burst",
    ],
    &[
        "the queue of the service stands for the activator: write queue = { at = \"service\" }",
        "the activator knows what all replicas have, chooses by \"balancing\", and is in the path or out of it at the look that decides so",
        "both kinds of queue have the same \"capacity\", where the real ones have 10,000 and ten times the concurrency",
        "the last replica stays for the whole grace, where the real one goes once the activator is in the path",
    ],
    &[],
);

const CLOUD_RUN_NOTES: Notes = notes(
    &[
        "a look every five seconds, requests of a minute, instances that stay when they are not needed",
        "as a function: instances that take 80 requests at once, and requests that wait where none may be started",
    ],
    &[
        "it does not look at the processor",
        "the queue of the service stands for the pending queue: write queue = { at = \"service\", patience = \"10s\" }",
        "as a function: an instance starts when all are full, and not when they are at 60 %; patience is 3.5 times a start where that is longer than 10 s",
    ],
    &[],
);

const AZURE_NOTES: Notes = notes(
    &[
        "the pace at which instances come: one a second, or in 30 s with trigger = \"other\"",
        "as a function: the same pace, and instances that stay for 20 idle minutes",
    ],
    &[
        "how many are wanted and when they go is not published: \"target\" and \"idle\" are ours",
        "as a function: an instance starts when all are full; for other triggers write scale_up = { burst = 1, refill = \"1/30s\" }",
        "as a function: memory is billed as allocated, which is 1.5 GB, not as used",
    ],
    &[],
);
