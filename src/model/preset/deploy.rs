//! Ways in which platforms bring releases out.

use super::Value::Text;
use super::{Notes, Part, Preset, Room, Source, confirmed, notes, part, preset, row};

/// Where AWS says how its predefined configurations go.
const CODE_DEPLOY: Source =
    confirmed("AWS CodeDeploy user guide, Working with deployment configurations", "2026-11");

/// The default of a Deployment of Kubernetes.
pub(super) const KUBERNETES: Part = part(
    Room::Deploy,
    confirmed("Kubernetes documentation, Deployments, Rolling Update Deployment", "2026-11"),
    &[
        row("policy", Text("rolling")),
        row("surge", Text("25%")),
        row("unavailable", Text("25%")),
        row("bake", Text("0s")),
    ],
);

macro_rules! code_deploy {
    ($($NAME:ident = $name:literal, $summary:literal, $($key:literal = $value:literal),*;)*) => { $(
        pub(super) const $NAME: Preset = preset(
            $name,
            $summary,
            CODE_DEPLOY_NOTES,
            &[part(Room::Deploy, CODE_DEPLOY, &[$(row($key, Text($value))),*])],
        );
    )* };
}

code_deploy! {
    CANARY_5 = "codedeploy-canary10percent5minutes", "AWS CodeDeploy: a tenth first, all after 5 min.",
        "policy" = "canary", "share" = "10%", "bake" = "5min";
    CANARY_10 = "codedeploy-canary10percent10minutes", "AWS CodeDeploy: a tenth first, all after 10 min.",
        "policy" = "canary", "share" = "10%", "bake" = "10min";
    CANARY_15 = "codedeploy-canary10percent15minutes", "AWS CodeDeploy: a tenth first, all after 15 min.",
        "policy" = "canary", "share" = "10%", "bake" = "15min";
    CANARY_30 = "codedeploy-canary10percent30minutes", "AWS CodeDeploy: a tenth first, all after 30 min.",
        "policy" = "canary", "share" = "10%", "bake" = "30min";
    LINEAR_1 = "codedeploy-linear10percentevery1minute", "AWS CodeDeploy: a tenth more every minute.",
        "policy" = "linear", "share" = "10%", "bake" = "1min";
    LINEAR_2 = "codedeploy-linear10percentevery2minutes", "AWS CodeDeploy: a tenth more every 2 min.",
        "policy" = "linear", "share" = "10%", "bake" = "2min";
    LINEAR_3 = "codedeploy-linear10percentevery3minutes", "AWS CodeDeploy: a tenth more every 3 min.",
        "policy" = "linear", "share" = "10%", "bake" = "3min";
    LINEAR_10 = "codedeploy-linear10percentevery10minutes", "AWS CodeDeploy: a tenth more every 10 min.",
        "policy" = "linear", "share" = "10%", "bake" = "10min";
    ALL_AT_ONCE = "codedeploy-all-at-once", "AWS CodeDeploy: everything in one step.",
        "policy" = "all-at-once", "bake" = "0s";
    HALF = "codedeploy-half-at-a-time", "AWS CodeDeploy in place: up to half of the replicas at a time, rounded down.",
        "policy" = "rolling", "surge" = "0%", "unavailable" = "50%", "bake" = "0s";
    ONE = "codedeploy-one-at-a-time", "AWS CodeDeploy in place, its default: one replica at a time.",
        "policy" = "rolling", "surge" = "0%", "unavailable" = "0%", "bake" = "0s";
}

/// A second fleet, of which the first is ended after an hour.
pub(super) const BLUE_GREEN: Preset = preset(
    "codedeploy-blue-green",
    "AWS CodeDeploy: a second fleet beside the first, which is kept for an hour.",
    CODE_DEPLOY_NOTES,
    &[part(
        Room::Deploy,
        confirmed(
            "AWS CodeDeploy user guide, Create a deployment group for a blue/green deployment",
            "2026-11",
        ),
        &[row("policy", Text("blue-green")), row("bake", Text("0s")), row("keep_old", Text("1h"))],
    )],
);

const CODE_DEPLOY_NOTES: Notes = notes(
    &[
        "the steps and the waits between them",
        "alarms that take a release back, also one that is raised already",
    ],
    &[
        "hooks before and after traffic are part of \"build\" and \"bake\"",
        "what was taken back is not tried again",
    ],
    &[],
);
