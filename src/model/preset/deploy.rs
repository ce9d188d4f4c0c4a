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

macro_rules! canaries {
    ($($NAME:ident = $name:literal, $summary:literal, $bake:literal;)*) => { $(
        pub(super) const $NAME: Preset = preset(
            $name,
            $summary,
            CODE_DEPLOY_NOTES,
            &[part(
                Room::Deploy,
                CODE_DEPLOY,
                &[row("policy", Text("canary")), row("share", Text("10%")), row("bake", Text($bake))],
            )],
        );
    )* };
}

canaries! {
    CANARY_5 = "codedeploy-canary10percent5minutes", "AWS CodeDeploy: a tenth first, all after 5 min.", "5min";
    CANARY_10 = "codedeploy-canary10percent10minutes", "AWS CodeDeploy: a tenth first, all after 10 min.", "10min";
    CANARY_15 = "codedeploy-canary10percent15minutes", "AWS CodeDeploy: a tenth first, all after 15 min.", "15min";
    CANARY_30 = "codedeploy-canary10percent30minutes", "AWS CodeDeploy: a tenth first, all after 30 min.", "30min";
}

macro_rules! lines {
    ($($NAME:ident = $name:literal, $summary:literal, $bake:literal;)*) => { $(
        pub(super) const $NAME: Preset = preset(
            $name,
            $summary,
            CODE_DEPLOY_NOTES,
            &[part(
                Room::Deploy,
                CODE_DEPLOY,
                &[row("policy", Text("linear")), row("share", Text("10%")), row("bake", Text($bake))],
            )],
        );
    )* };
}

lines! {
    LINEAR_1 = "codedeploy-linear10percentevery1minute", "AWS CodeDeploy: a tenth more every minute.", "1min";
    LINEAR_2 = "codedeploy-linear10percentevery2minutes", "AWS CodeDeploy: a tenth more every 2 min.", "2min";
    LINEAR_3 = "codedeploy-linear10percentevery3minutes", "AWS CodeDeploy: a tenth more every 3 min.", "3min";
    LINEAR_10 = "codedeploy-linear10percentevery10minutes", "AWS CodeDeploy: a tenth more every 10 min.", "10min";
}

/// All requests from one instant on.
pub(super) const ALL_AT_ONCE: Preset = preset(
    "codedeploy-all-at-once",
    "AWS CodeDeploy: everything in one step.",
    CODE_DEPLOY_NOTES,
    &[part(Room::Deploy, CODE_DEPLOY, &[row("policy", Text("all-at-once")), row("bake", Text("0s"))])],
);

macro_rules! in_place {
    ($($NAME:ident = $name:literal, $summary:literal, $unavailable:literal;)*) => { $(
        pub(super) const $NAME: Preset = preset(
            $name,
            $summary,
            CODE_DEPLOY_NOTES,
            &[part(
                Room::Deploy,
                CODE_DEPLOY,
                &[
                    row("policy", Text("rolling")),
                    row("surge", Text("0%")),
                    row("unavailable", Text($unavailable)),
                    row("bake", Text("0s")),
                ],
            )],
        );
    )* };
}

in_place! {
    HALF = "codedeploy-half-at-a-time", "AWS CodeDeploy in place: up to half of the replicas at a time, rounded down.", "50%";
    ONE = "codedeploy-one-at-a-time", "AWS CodeDeploy in place, its default: one replica at a time.", "0%";
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
