//! HAProxy.

use super::Value::{Float, Integer, Needed, Own, Text, Texts};
use super::{Part, Preset, Room, Source, confirmed, part, preset, row};

const MANUAL: Source = confirmed("HAProxy, configuration.txt", "2026-08");
const LEAST: Source = confirmed("HAProxy, configuration.txt and lb_fwlc.c", "2026-08");

const CALL: Part = part(Room::Call, MANUAL, &[row("retry", Own)]);

/// What HAProxy does unless told otherwise; its timeouts have no defaults.
pub(super) const HAPROXY: Preset = preset(
    "haproxy",
    "HAProxy: turns by weight, failed connections tried again at the same server after a second.",
    &[
        CALL,
        part(
            Room::Balancing,
            MANUAL,
            &[
                row("policy", Text("smooth-weighted-round-robin")),
                row("weights", Text("equal")),
                row("max_fails", Integer(0)),
                row("max_conns", Integer(0)),
            ],
        ),
        part(
            Room::SlowStart,
            MANUAL,
            &[
                row("window", Needed(&Text("30s"))),
                row("aggression", Float(1.0)),
                row("min_weight", Text("0%")),
            ],
        ),
        part(
            Room::HealthCheck,
            MANUAL,
            &[
                row("interval", Text("2s")),
                // A check may take as long as the interval unless `timeout check` says otherwise.
                row("timeout", Text("2s")),
                row("unhealthy_after", Integer(3)),
                row("healthy_after", Integer(2)),
            ],
        ),
        part(
            Room::Queue,
            MANUAL,
            &[row("policy", Text("fifo")), row("capacity", Text("unlimited")), row("at", Text("replica"))],
        ),
        part(
            Room::Retry,
            MANUAL,
            &[
                row("policy", Text("haproxy")),
                row("turn_around", Text("1s")),
                row("attempts", Integer(4)),
                row("avoid", Text("others")),
                row("on", Texts(&["connect"])),
            ],
        ),
    ],
);

/// With `option redispatch`.
pub(super) const REDISPATCH: Preset = preset(
    "haproxy-redispatch",
    "HAProxy with option redispatch: the last retry may go to another server, at once.",
    &[
        CALL,
        part(
            Room::Retry,
            MANUAL,
            &[
                row("policy", Text("haproxy")),
                row("turn_around", Text("1s")),
                row("attempts", Integer(4)),
                row("avoid", Text("others-but-last")),
                row("on", Texts(&["connect"])),
            ],
        ),
    ],
);

/// Fewest connections.
pub(super) const LEASTCONN: Preset = preset(
    "haproxy-leastconn",
    "HAProxy's leastconn.",
    &[part(
        Room::Balancing,
        LEAST,
        &[
            row("policy", Text("least-connections")),
            row("weights", Text("equal")),
            row("comparison", Text("haproxy")),
        ],
    )],
);

/// One server after another.
pub(super) const FIRST: Preset = preset(
    "haproxy-first",
    "HAProxy's first.",
    &[part(Room::Balancing, MANUAL, &[row("policy", Text("first"))])],
);

/// The less busy of two.
pub(super) const RANDOM: Preset = preset(
    "haproxy-random",
    "HAProxy's random with two draws.",
    &[part(
        Room::Balancing,
        MANUAL,
        &[
            row("policy", Text("random-draws")),
            row("draws", Integer(2)),
            row("weights", Text("equal")),
            row("balance_factor", Integer(0)),
        ],
    )],
);
