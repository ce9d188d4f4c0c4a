//! How often hardware fails, where somebody has counted and published it.

use super::Value::{Needed, Text};
use super::{Notes, Preset, Room, Row, Source, confirmed, notes, part, preset, row, unconfirmed};

const BACKBLAZE: Source = confirmed(
    "Backblaze, Drive Stats for Q3 2025: annualised failure rate of all drives in 2024, 1.57 %, so one in 365.25 d / 0.0157",
    "2025-11",
);
const DEAN: Source = confirmed(
    "Dean at Google I/O 2008, by Miller, Failure Rates in Google Data Centers, Data Center Knowledge, 30 May 2008: clusters of 1,800 servers",
    "2026-11",
);
/// The number of racks is not said, but how many servers stand in one.
const RACKS: Source = unconfirmed(
    "20 failures a year of the racks of 1,800 servers, 40 in each (Dean 2008, by Miller): 45 racks, so one in 2.25 years",
    "2026-11",
);
const LENGTHS: Source = unconfirmed(
    "Dean, Designs, Lessons and Advice from Building Large Distributed Systems, LADIS 2009, at second hand: 1 to 6 hours to get back",
    "2026-11",
);

/// What is gone.
const CRASH: Row = row("kind", Text("crash"));
/// Failures without memory: no more is published than how many there are.
const MEMORYLESS: Row = row("time_to_failure.distribution", Text("exponential"));

/// A disk.
pub(super) const DISK: Preset = preset(
    "backblaze-2024",
    "A hard disk in a data centre of Backblaze: 1.57 % fail in a year.",
    DISK_NOTES,
    &[part(
        Room::Fault,
        BACKBLAZE,
        &[
            CRASH,
            MEMORYLESS,
            row("time_to_failure.mean", Text("23264d")),
            row("time_to_repair", Needed(&Text("1d"))),
        ],
    )],
);

/// A server.
pub(super) const MACHINE: Preset = preset(
    "google-2008-machine",
    "A server in the first year of a cluster at Google: 1,000 failures of 1,800.",
    MACHINE_NOTES,
    &[part(
        Room::Fault,
        DEAN,
        &[
            CRASH,
            MEMORYLESS,
            row("time_to_failure.mean", Text("657d")),
            row("time_to_repair", Needed(&Text("1h"))),
        ],
    )],
);

/// What a part of a cluster gets its power from.
pub(super) const POWER: Preset = preset(
    "google-2008-power",
    "A power distribution unit in the first year of a cluster at Google: one failure, of six hours.",
    POWER_NOTES,
    &[part(
        Room::Fault,
        DEAN,
        &[CRASH, MEMORYLESS, row("time_to_failure.mean", Text("365d")), row("time_to_repair", Text("6h"))],
    )],
);

/// A rack.
pub(super) const RACK: Preset = preset(
    "google-2008-rack",
    "A rack in the first year of a cluster at Google: 20 failures in it, of one to six hours.",
    RACK_NOTES,
    &[part(
        Room::Fault,
        DEAN,
        &[
            CRASH,
            MEMORYLESS,
            row("time_to_failure.mean", Text("822d")).by(RACKS),
            row("time_to_repair.distribution", Text("uniform")).by(LENGTHS),
            row("time_to_repair.low", Text("1h")).by(LENGTHS),
            row("time_to_repair.high", Text("6h")).by(LENGTHS),
        ],
    )],
);

const DISK_NOTES: Notes = notes(
    &["the rate of failures of all drives, whatever their age and model"],
    &[
        "drives that are young or old fail more often, and models differ: weibull for a lot of one age",
        "how long a rebuild takes is that of the system",
    ],
    &[],
);

const MACHINE_NOTES: Notes = notes(
    &["the rate of failures of a server"],
    &[
        "the first year of a cluster is worse than later ones, and hardware of 2008 is not that of today",
        "how long a repair takes was not said",
    ],
    &[],
);

const POWER_NOTES: Notes = notes(
    &["the rate of failures of a cluster's power distribution, and their length"],
    &[
        "one unit takes 500 to 1,000 servers down: let it strike what stands for as many",
        "how lengths are spread was not said",
    ],
    &[],
);

const RACK_NOTES: Notes = notes(
    &["the rate of failures of a rack, and between which lengths they last"],
    &[
        "how lengths are spread was not said",
        "racks that lose half of their messages are a fault of kind \"network\"",
    ],
    &[],
);
