//! HAProxy.

use super::Value::{Float, Integer, Needed, Own, Text, Texts};
use super::{Notes, Part, Preset, Room, Source, confirmed, notes, part, preset, refused, row};

const MANUAL: Source = confirmed("HAProxy, configuration.txt", "2026-08");
const LEAST: Source = confirmed("HAProxy, configuration.txt and lb_fwlc.c", "2026-08");

const CALL: Part = part(Room::Call, MANUAL, &[row("retry", Own)]);

/// What HAProxy does unless told otherwise; its timeouts have no defaults.
pub(super) const HAPROXY: Preset = preset(
    "haproxy",
    "HAProxy: turns by weight, failed connections tried again at the same server after a second.",
    HAPROXY_NOTES,
    &[
        CALL,
        part(
            Room::Balancing,
            MANUAL,
            &[
                row("policy", Text("smooth-weighted-round-robin")),
                row("weights", Text("equal")),
                row("backup_use", Text("first")),
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
                // A check connects, and no more, unless `option httpchk` says otherwise.
                row("sees", Text("connection")),
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
    REDISPATCH_NOTES,
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
    LEASTCONN_NOTES,
    &[part(
        Room::Balancing,
        LEAST,
        &[
            row("policy", Text("least-connections")),
            row("weights", Text("equal")),
            row("comparison", Text("haproxy")),
            row("backup_use", Text("first")),
        ],
    )],
);

/// One server after another.
pub(super) const FIRST: Preset = preset(
    "haproxy-first",
    "HAProxy's first.",
    FIRST_NOTES,
    &[part(Room::Balancing, MANUAL, &[row("policy", Text("first"))])],
);

/// The less busy of two.
pub(super) const RANDOM: Preset = preset(
    "haproxy-random",
    "HAProxy's random with two draws.",
    RANDOM_NOTES,
    &[part(
        Room::Balancing,
        MANUAL,
        &[
            row("policy", Text("random-draws")),
            row("draws", Integer(2)),
            row("weights", Text("equal")),
            row("balance_factor", Integer(0)),
            row("comparison", Text("haproxy")),
            row("backup_use", Text("first")),
        ],
    )],
);

const HAPROXY_NOTES: Notes = notes(
    &[
        "smooth turns by weight; checks that connect, three failed of which mark a server down and two good ones up",
        "a queue for each server; connections that failed are tried again at the same server after a second",
        "observe layer7 as error_limit, slowstart as slow_start",
        "of the backup servers the first that is up serves when no other is, with backup_use = \"all\" all (option allbackups)",
    ],
    &[
        "maxconn of a server is the service's concurrency, shared by all callers and not one limit for each process",
        "timeout queue is not there: patience of the queue",
        "slowstart raises maxconn as well, here the weight alone",
        "option httpchk is sees = \"answer\"",
        "fastinter and downinter are off, as by default",
    ],
    &[
        refused(
            Room::Balancing,
            "max_conns",
            "a server of HAProxy that has maxconn queues: that is the service's concurrency and its queue",
        ),
        refused(
            Room::Balancing,
            "max_fails",
            "HAProxy marks servers by checks, and by traffic with observe: error_limit of health_check",
        ),
        refused(
            Room::Balancing,
            "fail_timeout",
            "HAProxy marks servers by checks, and by traffic with observe: error_limit of health_check",
        ),
    ],
);

const REDISPATCH_NOTES: Notes = notes(
    &["the last retry may go to another server, and does not wait"],
    &["option redispatch with an interval is not there"],
    &[],
);

const LEASTCONN_NOTES: Notes = notes(
    &[
        "attempts and the next one over the weight, nothing for an idle server, turns among equals; slowstart",
        "of the backup servers the first that is up serves when no other is, with backup_use = \"all\" all (option allbackups)",
    ],
    &[
        "maxconn of a server is the service's concurrency, shared by all callers and not one limit for each process",
        "timeout queue is not there: patience of the queue",
        "requests in the server's queue count with those it serves, as they do in HAProxy",
    ],
    &[
        refused(
            Room::Balancing,
            "max_conns",
            "a server of HAProxy that has maxconn queues: that is the service's concurrency and its queue",
        ),
        refused(
            Room::Balancing,
            "max_fails",
            "HAProxy marks servers by checks, and by traffic with observe: error_limit of health_check",
        ),
        refused(
            Room::Balancing,
            "fail_timeout",
            "HAProxy marks servers by checks, and by traffic with observe: error_limit of health_check",
        ),
    ],
);

const FIRST_NOTES: Notes = notes(
    &["the first server with a free slot, by its number"],
    &[
        "where all are full the one with the fewest attempts queues it, in HAProxy the backend does for all",
        "backup servers are not there",
    ],
    &[],
);

const RANDOM_NOTES: Notes = notes(
    &[
        "the less loaded for its weight of two draws, fewer picks of late among equals; hash-balance-factor; slowstart",
        "of the backup servers the first that is up serves when no other is, with backup_use = \"all\" all (option allbackups)",
    ],
    &[
        "maxconn of a server is the service's concurrency, shared by all callers and not one limit for each process",
        "timeout queue is not there: patience of the queue",
        "draws are independent, not places on a ring",
    ],
    &[
        refused(
            Room::Balancing,
            "max_conns",
            "a server of HAProxy that has maxconn queues: that is the service's concurrency and its queue",
        ),
        refused(
            Room::Balancing,
            "max_fails",
            "HAProxy marks servers by checks, and by traffic with observe: error_limit of health_check",
        ),
        refused(
            Room::Balancing,
            "fail_timeout",
            "HAProxy marks servers by checks, and by traffic with observe: error_limit of health_check",
        ),
    ],
);
