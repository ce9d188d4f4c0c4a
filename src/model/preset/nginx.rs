//! nginx and NGINX Plus.

use super::Value::{Boolean, Float, Integer, Needed, Own, Text, Texts};
use super::{Notes, Preset, Room, Row, Source, confirmed, notes, part, preset, refused, row, unconfirmed};

const UPSTREAM: Source = confirmed("nginx, ngx_http_upstream_round_robin.c", "2026-08");
const PROXY: Source = confirmed("nginx, ngx_http_proxy_module.c and its documentation", "2026-08");
const CHOICE: Source = confirmed("nginx, least_conn and random modules", "2026-08");

/// There is no number of tries, but each server is tried once.
const TRIES: Source = confirmed(
    "nginx, proxy_next_upstream_tries: no limit by default, of which 255 is the most here",
    "2026-08",
);

const MAX_FAILS: Row = row("max_fails", Integer(1)).by(UPSTREAM);
const FAIL_TIMEOUT: Row = row("fail_timeout", Text("10s")).by(UPSTREAM);
const MAX_CONNS: Row = row("max_conns", Integer(0)).by(UPSTREAM);

/// What nginx does with a group of servers.
pub(super) const NGINX: Preset = preset(
    "nginx",
    "nginx: turns by weight, failed servers left out for ten seconds, the next server after an error.",
    NGINX_NOTES,
    &[
        part(Room::Call, PROXY, &[row("timeout", Text("60s")), row("retry", Own)]),
        part(
            Room::Balancing,
            UPSTREAM,
            &[
                row("policy", Text("smooth-weighted-round-robin")),
                row("weights", Text("equal")),
                MAX_FAILS,
                FAIL_TIMEOUT,
                MAX_CONNS,
            ],
        ),
        part(
            Room::Retry,
            PROXY,
            &[
                row("policy", Text("fixed")),
                row("delay", Text("0s")),
                row("attempts", Integer(255)).by(TRIES),
                row("avoid", Text("repeats")),
                row("on", Texts(&["connect", "reset", "timeout"])),
                row("only_idempotent", Boolean(true)),
            ],
        ),
        part(
            Room::Throttle,
            unconfirmed("nginx documentation, limit_req, from memory", "2026-11"),
            &[
                row("policy", Text("leaky-bucket")),
                row("rate", Needed(&Text("100/s"))),
                row("burst", Integer(0)),
            ],
        ),
    ],
);

/// Fewest connections.
pub(super) const LEAST_CONN: Preset = preset(
    "nginx-least-conn",
    "nginx's least_conn.",
    LEAST_NOTES,
    &[part(
        Room::Balancing,
        CHOICE,
        &[
            row("policy", Text("least-connections")),
            row("weights", Text("equal")),
            row("comparison", Text("nginx")),
            MAX_FAILS,
            FAIL_TIMEOUT,
            MAX_CONNS,
        ],
    )],
);

/// Chance.
pub(super) const RANDOM: Preset = preset(
    "nginx-random",
    "nginx's random.",
    RANDOM_NOTES,
    &[part(
        Room::Balancing,
        CHOICE,
        &[
            row("policy", Text("weighted-random")),
            row("weights", Text("equal")),
            MAX_FAILS,
            FAIL_TIMEOUT,
            MAX_CONNS,
        ],
    )],
);

/// The less busy of two.
pub(super) const RANDOM_TWO: Preset = preset(
    "nginx-random-two",
    "nginx's random two least_conn.",
    RANDOM_TWO_NOTES,
    &[part(
        Room::Balancing,
        CHOICE,
        &[
            row("policy", Text("random-draws")),
            row("draws", Integer(2)),
            row("weights", Text("equal")),
            row("comparison", Text("nginx")),
            MAX_FAILS,
            FAIL_TIMEOUT,
            MAX_CONNS,
        ],
    )],
);

/// What only the commercial version has.
pub(super) const PLUS: Preset = preset(
    "nginx-plus",
    "NGINX Plus: active checks and slow start.",
    PLUS_NOTES,
    &[
        part(
            Room::HealthCheck,
            confirmed("NGINX documentation, ngx_http_upstream_hc_module", "2026-11"),
            &[
                row("interval", Text("5s")),
                row("timeout", Needed(&Text("1s"))),
                row("unhealthy_after", Integer(1)),
                row("healthy_after", Integer(1)),
            ],
        ),
        part(
            Room::SlowStart,
            confirmed("NGINX documentation, ngx_http_upstream_module", "2026-11"),
            &[
                row("window", Needed(&Text("30s"))),
                row("aggression", Float(1.0)),
                row("min_weight", Text("0%")),
            ],
        ),
    ],
);

const NGINX_NOTES: Notes = notes(
    &[
        "smooth turns by weight, which failures lower; max_fails, fail_timeout in whole seconds, max_conns, backup servers when no other can have it",
        "passive marks: max_fails counts failures of connection and time, and answers that retry.on lists while there is another server to go to",
        "each server is tried once; what is not idempotent only where it was not sent",
    ],
    &[
        "all worker processes share one memory, as with \"zone\"; balancers = N gives each its own",
        "a server that is full or out is passed over and nothing queues: the queue directive of NGINX Plus is not there",
        "after the last server the reason is no_replica, where nginx answers 502",
        "max_fails holds for a group of one server neither here nor there",
    ],
    &[],
);

const LEAST_NOTES: Notes = notes(
    &[
        "connections over weight, turns by weight among equals, backup servers",
        "passive marks: max_fails counts failures of connection and time, and answers that retry.on lists while there is another server to go to",
    ],
    &["all worker processes share one memory, as with \"zone\"; balancers = N gives each its own"],
    &[],
);

const RANDOM_NOTES: Notes = notes(
    &[
        "a choice by weight among those that are neither full nor out",
        "passive marks: max_fails counts failures of connection and time, and answers that retry.on lists while there is another server to go to",
    ],
    &[
        "all worker processes share one memory, as with \"zone\"; balancers = N gives each its own",
        "nginx takes turns after twenty draws in vain",
    ],
    &[
        refused(Room::Balancing, "backup", "nginx refuses backup servers with random"),
        refused(Room::Balancing, "slow_start", "NGINX Plus refuses slow_start with random, hash and ip_hash"),
    ],
);

const RANDOM_TWO_NOTES: Notes = notes(
    &[
        "the less busy for its weight of two different ones, the second drawn among equals",
        "passive marks: max_fails counts failures of connection and time, and answers that retry.on lists while there is another server to go to",
    ],
    &[
        "all worker processes share one memory, as with \"zone\"; balancers = N gives each its own",
        "nginx takes turns after twenty draws in vain",
    ],
    &[
        refused(Room::Balancing, "backup", "nginx refuses backup servers with random"),
        refused(Room::Balancing, "slow_start", "NGINX Plus refuses slow_start with random, hash and ip_hash"),
    ],
);

const PLUS_NOTES: Notes = notes(
    &["active checks every five seconds, of which one changes the mark; a linear slow start"],
    &[
        "what else it has over nginx is not there: queue, least_time, state files",
        "mandatory is start = \"checking\"",
    ],
    &[],
);
