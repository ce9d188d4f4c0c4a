//! nginx and NGINX Plus.

use super::Value::{Boolean, Float, Integer, Needed, Own, Text, Texts};
use super::{Preset, Room, Source, confirmed, part, preset, row, unconfirmed};

const UPSTREAM: Source = confirmed("nginx, ngx_http_upstream_round_robin.c", "2026-08");
const PROXY: Source = confirmed("nginx, ngx_http_proxy_module.c and its documentation", "2026-08");
const CHOICE: Source = confirmed("nginx, least_conn and random modules", "2026-08");

/// There is no number of tries, but each server is tried once.
const TRIES: Source = confirmed(
    "nginx, proxy_next_upstream_tries: no limit by default, of which 255 is the most here",
    "2026-08",
);

/// What nginx does with a group of servers.
pub(super) const NGINX: Preset = preset(
    "nginx",
    "nginx: turns by weight, failed servers left out for ten seconds, the next server after an error.",
    &[
        part(Room::Call, PROXY, &[row("timeout", Text("60s")), row("retry", Own)]),
        part(
            Room::Balancing,
            UPSTREAM,
            &[
                row("policy", Text("smooth-weighted-round-robin")),
                row("weights", Text("equal")),
                row("max_fails", Integer(1)),
                row("fail_timeout", Text("10s")),
                row("max_conns", Integer(0)),
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
    &[part(
        Room::Balancing,
        CHOICE,
        &[
            row("policy", Text("least-connections")),
            row("weights", Text("equal")),
            row("comparison", Text("nginx")),
        ],
    )],
);

/// Chance.
pub(super) const RANDOM: Preset = preset(
    "nginx-random",
    "nginx's random.",
    &[part(
        Room::Balancing,
        CHOICE,
        &[row("policy", Text("weighted-random")), row("weights", Text("equal"))],
    )],
);

/// The less busy of two.
pub(super) const RANDOM_TWO: Preset = preset(
    "nginx-random-two",
    "nginx's random two least_conn, with equal weights.",
    &[part(
        Room::Balancing,
        CHOICE,
        &[row("policy", Text("power-of-two")), row("replacement", Boolean(false))],
    )],
);

/// What only the commercial version has.
pub(super) const PLUS: Preset = preset(
    "nginx-plus",
    "NGINX Plus: active checks and slow start.",
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
