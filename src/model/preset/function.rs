//! Platforms that run functions.

use super::Value::{Integer, Needed, Text};
use super::{Notes, Part, Preset, Room, Row, Source, confirmed, notes, part, preset, row, unconfirmed};

const LAMBDA: Source =
    confirmed("AWS Lambda developer guide, function scaling, quotas and timeouts", "2026-11");
const BEFORE_2023: Source =
    confirmed("AWS Lambda developer guide, function scaling before November 2023", "2026-11");
const KEPT: Source = confirmed("mikhail.io, Cold Starts in AWS Lambda, last update of 2021", "2026-11");
const KEPT_2019: Source = confirmed("mikhail.io, Cold Starts in AWS Lambda, July 2019", "2026-11");
const KEPT_AZURE: Source = confirmed("mikhail.io, Cold Starts in Azure Functions", "2026-11");
const KEPT_GOOGLE: Source = confirmed("mikhail.io, Cold Starts in Google Cloud Functions", "2026-11");
const AZURE: Source =
    confirmed("Microsoft, Azure Functions hosting options; Event-driven scaling", "2026-11");
const RUN: Source = unconfirmed("Google Cloud Run documentation, at second hand", "2026-11");

const TIMEOUT: Row = row("max_duration", Text("3s"));
const RATE: Row = row("rate_per_concurrency", Integer(10));
const RESET: Row = row("after_failure", Text("reset"));
const CHOICE: Row =
    row("choice", Text("most-recent")).by(unconfirmed("nothing is published of the choice", "2026-11"));
const IDLE: [Row; 3] = [
    row("keep_alive.policy", Text("uniform")).by(KEPT),
    row("keep_alive.low", Text("5min")).by(KEPT),
    row("keep_alive.high", Text("7min")).by(KEPT),
];
const BURST_BEFORE: Row = row("scale_up.burst", Integer(3000)).by(BEFORE_2023);
const REFILL_BEFORE: Row = row("scale_up.refill", Text("500/min")).by(BEFORE_2023);

/// Amazon's functions.
pub(super) const AWS_LAMBDA: Preset = preset(
    "aws-lambda",
    "AWS Lambda: a thousand more instances every ten seconds, each kept for five to seven idle minutes.",
    LAMBDA_NOTES,
    &[part(
        Room::Function,
        LAMBDA,
        &[
            TIMEOUT,
            RATE,
            RESET,
            CHOICE,
            IDLE[0],
            IDLE[1],
            IDLE[2],
            row("scale_up.burst", Integer(1000)),
            row("scale_up.refill", Text("1000/10s")),
        ],
    )],
);

/// The same, before starts were limited for each function.
pub(super) const AWS_LAMBDA_BEFORE_2023: Preset = preset(
    "aws-lambda-before-2023",
    "AWS Lambda before November 2023: a burst of 3000 instances, then 500 more a minute.",
    BEFORE_NOTES,
    &[part(
        Room::Function,
        LAMBDA,
        &[TIMEOUT, RATE, RESET, CHOICE, IDLE[0], IDLE[1], IDLE[2], BURST_BEFORE, REFILL_BEFORE],
    )],
);

/// The same, when idle instances were kept for ten minutes.
pub(super) const AWS_LAMBDA_2019: Preset = preset(
    "aws-lambda-2019",
    "AWS Lambda in July 2019: instances are kept for ten idle minutes, starts as before 2023.",
    BEFORE_NOTES,
    &[part(
        Room::Function,
        LAMBDA,
        &[
            TIMEOUT,
            RATE,
            RESET,
            CHOICE,
            row("keep_alive", Text("10min")).by(KEPT_2019),
            BURST_BEFORE,
            REFILL_BEFORE,
        ],
    )],
);

/// Google's functions of the first generation.
pub(super) const CLOUD_FUNCTIONS: Preset = preset(
    "cloud-functions",
    "Google Cloud Functions, first generation: one request at a time, instances kept for about 15 idle minutes.",
    CLOUD_FUNCTIONS_NOTES,
    &[part(
        Room::Function,
        unconfirmed("Google Cloud Functions documentation, at second hand", "2026-11"),
        &[row("concurrency", Integer(1)).beside(), row("keep_alive", Text("15min")).by(KEPT_GOOGLE)],
    )],
);

/// Google's containers, beside their autoscaler.
pub(super) const CLOUD_RUN: Part = part(
    Room::Function,
    confirmed("Google Cloud Run documentation, About instance autoscaling", "2026-11"),
    &[
        row("concurrency", Integer(80)).beside(),
        row("max_instances", Needed(&Integer(100))),
        row("keep_alive", Text("15min")).by(RUN),
        row("waits", Text("first")).by(RUN),
        row("pending.capacity", Text("unlimited")).by(RUN),
        row("pending.patience", Text("10s")).by(RUN),
        row("max_duration", Text("5min")).by(RUN),
        row("after_failure", Text("keep")).by(RUN),
    ],
);

const AZURE_AT_SECOND_HAND: Source = unconfirmed("Microsoft, Azure Functions, at second hand", "2026-11");

/// Microsoft's functions on the consumption plan, beside their autoscaler.
pub(super) const AZURE_CONSUMPTION: Part = part(
    Room::Function,
    AZURE,
    &[
        row("concurrency", Integer(100)).beside().by(AZURE_AT_SECOND_HAND),
        row("max_instances", Integer(200)),
        row("keep_alive", Text("20min")).by(KEPT_AZURE),
        row("scale_up.burst", Integer(1)),
        row("scale_up.refill", Text("1/s")),
        row("memory", Text("1.5GB")),
        row("cpu_at", Text("1.5GB")),
        row("max_duration", Text("5min")),
        row("waits", Text("first")).by(AZURE_AT_SECOND_HAND),
        row("pending.capacity", Text("unlimited")).by(AZURE_AT_SECOND_HAND),
        row("pending.patience", Text("230s")).by(AZURE_AT_SECOND_HAND),
    ],
);

/// What all years of AWS Lambda have in common.
const LAMBDA_MODELLED: &str = "a request at a time in each instance, a rate of ten requests a second for each, a reset after a time-out, which is 3 s unless its user says otherwise";

const MEMORY: &str =
    "how much memory there is says its user: add \"memory\"; where absent \"demand\" holds as it is";

const LAMBDA_NOTES: Notes = notes(
    &[LAMBDA_MODELLED, "starts are limited for each function, and what is not used does not add up"],
    &[
        "the account and its 1000 requests at once are a section: [account.x] with concurrency, and \"account\" of functions",
        MEMORY,
        "a start has no length of its own: add start = { preset = \"python3.13\" }",
        "how long idle instances are kept is measured, not published; all are replaced after some hours: add \"lifetime\"",
        "a request waits for the instance that is started for it; perhaps the real one takes one that is free before",
        "no limit of 10 s on \"init\"",
    ],
    &[],
);

const BEFORE_NOTES: Notes = notes(
    &[LAMBDA_MODELLED, "a burst of instances, and 500 more each minute"],
    &[
        "all functions of an account shared the burst: with several, write the same \"scale_up\" in their [account.x]",
        "the burst was 500 or 1000 in small regions",
        MEMORY,
        "a start has no length of its own: add start = { preset = \"java11\" }, whose figures are of 2026",
        "how long idle instances are kept is measured, not published",
    ],
    &[],
);

const CLOUD_FUNCTIONS_NOTES: Notes = notes(
    &["one request at a time in each instance, and how long idle ones were kept when it was measured"],
    &[
        "limits of instances, starts and durations are not there: add \"max_instances\", \"scale_up\", \"max_duration\"",
        "the second generation is Cloud Run",
        "idle instances were kept from 3 min to 5 h in older measurements",
    ],
    &[],
);
