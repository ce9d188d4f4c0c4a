//! How clouds find what failed, and bring it back.

use super::Value::{Integer, Text};
use super::{Notes, Part, Preset, Room, Row, Source, confirmed, notes, part, preset, row, unconfirmed};

const ALARMS: Source = confirmed(
    "Amazon EC2 user guide, Create alarms that stop, terminate, reboot, or recover an instance",
    "2026-11",
);
const CHECKS: Source = confirmed("Amazon EC2 user guide, Status checks for your instances", "2026-11");
const BOOT: Source = unconfirmed("nothing is published: a usual boot of a virtual machine", "2026-11");
const NEW: Source = unconfirmed("nothing is published: a usual start of a new virtual machine", "2026-11");
const RDS: Source = confirmed(
    "Amazon RDS user guide, Failing over a Multi-AZ DB instance: typically 60 to 120 seconds",
    "2026-11",
);
const CLUSTER: Source = confirmed(
    "Amazon RDS user guide, Failing over a Multi-AZ DB cluster: typically under 35 seconds",
    "2026-11",
);
const AURORA: Source = confirmed(
    "Amazon Aurora user guide, High availability for Amazon Aurora: under 60 seconds, often under 30",
    "2026-11",
);
const SPREAD: Source = unconfirmed("how times spread within what is published is not published", "2026-11");

/// Each machine is looked at once a minute.
const LOOKS: Row = row("interval", Text("1min")).by(CHECKS);
/// A monitor that looks.
const POLL: Row = row("kind", Text("poll"));
/// A spare that runs.
const HOT: Row = row("mode", Text("hot"));
/// A switch of which no more is known than its bounds.
const SWITCH: Row = row("switch.distribution", Text("uniform"));

/// How long a machine takes to boot.
const BOOTS: Part = part(
    Room::Operation,
    BOOT,
    &[
        row("time.distribution", Text("uniform")),
        row("time.low", Text("1min")),
        row("time.high", Text("5min")),
    ],
);

/// A machine goes to another host.
pub(super) const EC2_RECOVER: Preset = preset(
    "ec2-recover",
    "Amazon EC2: a machine whose host failed boots on another, after two status checks a minute apart.",
    RECOVER_NOTES,
    &[part(Room::Monitor, ALARMS, &[POLL, LOOKS, row("after", Integer(2))]), BOOTS],
);

/// A machine is booted again.
pub(super) const EC2_REBOOT: Preset = preset(
    "ec2-reboot",
    "Amazon EC2: a machine that does not answer boots again, after three status checks a minute apart.",
    REBOOT_NOTES,
    &[part(Room::Monitor, ALARMS, &[POLL, LOOKS, row("after", Integer(3))]), BOOTS],
);

/// A new machine takes the place of one.
pub(super) const EC2_REPLACE: Preset = preset(
    "ec2-replace",
    "Amazon EC2 Auto Scaling: a machine is given up and a new one starts from its image.",
    REPLACE_NOTES,
    &[part(
        Room::Operation,
        NEW,
        &[
            row("time.distribution", Text("uniform")),
            row("time.low", Text("2min")),
            row("time.high", Text("10min")),
        ],
    )],
);

/// A database with a spare that nobody reads.
pub(super) const RDS_MULTI_AZ: Preset = preset(
    "rds-multi-az",
    "Amazon RDS with one standby: another zone takes over within one to two minutes.",
    RDS_NOTES,
    &[part(
        Room::Standby,
        RDS,
        &[HOT, SWITCH.by(SPREAD), row("switch.low", Text("60s")), row("switch.high", Text("120s"))],
    )],
);

/// A database with two readers that may take over.
pub(super) const RDS_CLUSTER: Preset = preset(
    "rds-multi-az-cluster",
    "Amazon RDS with two readable standbys: one takes over within 35 seconds.",
    RDS_NOTES,
    &[part(
        Room::Standby,
        CLUSTER,
        &[HOT, SWITCH.by(SPREAD), row("switch.low", Text("0s")).by(SPREAD), row("switch.high", Text("35s"))],
    )],
);

/// A database whose replicas share their storage.
pub(super) const AURORA_FAILOVER: Preset = preset(
    "aurora",
    "Amazon Aurora with a replica: it takes over within a minute, every other time within half of one.",
    AURORA_NOTES,
    &[part(
        Room::Standby,
        AURORA,
        &[HOT, SWITCH.by(SPREAD), row("switch.low", Text("0s")).by(SPREAD), row("switch.high", Text("60s"))],
    )],
);

const RECOVER_NOTES: Notes = notes(
    &[
        "an alarm on status checks of the system: two failed ones, a minute apart",
        "what was in memory is lost, what follows is a boot",
    ],
    &[
        "automatic recovery without an alarm has no published times, and is tried at most three times a day",
        "during events in the health dashboard, or without capacity, nothing is recovered: \"success\" of the operation",
    ],
    &[],
);

const REBOOT_NOTES: Notes = notes(
    &[
        "an alarm on status checks of the machine: three failed ones, a minute apart",
        "what follows is a boot",
    ],
    &["a reboot does not help a machine whose host failed: let its fault have another recovery"],
    &[],
);

const REPLACE_NOTES: Notes = notes(
    &["a new machine, whose start takes longer than a boot"],
    &[
        "checks of its balancer find a failed machine only where the group is told to use them: detected_by",
        "a fleet that is scaled is brought back by its autoscaling: then this is \"start\" of the service",
    ],
    &[],
);

const RDS_NOTES: Notes = notes(
    &[
        "a spare in another zone that is always there takes over",
        "the time is that of the whole failover, so that its fault is detected at once",
    ],
    &[
        "clients that keep an old address meet the failed one for longer",
        "a long recovery of its transactions makes a failover longer than is typical",
    ],
    &[],
);

const AURORA_NOTES: Notes = notes(
    &[
        "a replica that shares the storage takes over",
        "the time is that of the whole failover, so that its fault is detected at once",
    ],
    &[
        "without a replica the instance is made anew: a recovery of one operation, of up to 10 minutes",
        "clients that keep an old address meet the failed one for longer",
    ],
    &[],
);
