//! How often whole places fail, where engineers judge it: nobody publishes a rate.

use super::Value::{Needed, Text};
use super::{Notes, Preset, Room, Source, notes, part, preset, row, unconfirmed};

const ZONES: Source =
    unconfirmed("engineering judgement: one outage of a zone in 2 to 3 years, of 1 to 8 hours", "2026-11");
const REGIONS: Source = unconfirmed(
    "engineering judgement: one incident of a region in 2 to 4 years, of 2 to 12 hours",
    "2026-11",
);

/// A zone is gone.
pub(super) const ZONE: Preset = preset(
    "zone-outage",
    "A zone of a cloud goes down: once in two and a half years, for one to eight hours.",
    OUTAGE_NOTES,
    &[part(
        Room::Fault,
        ZONES,
        &[
            row("kind", Text("crash")),
            row("time_to_failure.distribution", Text("exponential")),
            row("time_to_failure.mean", Text("913d")),
            row("time_to_repair.distribution", Text("uniform")),
            row("time_to_repair.low", Text("1h")),
            row("time_to_repair.high", Text("8h")),
        ],
    )],
);

/// A region answers part of what it is asked with errors.
pub(super) const REGION: Preset = preset(
    "region-degradation",
    "The control or data plane of a region fails in part: once in three years, for two to twelve hours.",
    DEGRADATION_NOTES,
    &[part(
        Room::Fault,
        REGIONS,
        &[
            row("kind", Text("error")),
            row("share", Needed(&Text("50%"))),
            row("time_to_failure.distribution", Text("exponential")),
            row("time_to_failure.mean", Text("1096d")),
            row("time_to_repair.distribution", Text("uniform")),
            row("time_to_repair.low", Text("2h")),
            row("time_to_repair.high", Text("12h")),
        ],
    )],
);

const OUTAGE_NOTES: Notes = notes(
    &["all that stands in the zone goes at once"],
    &[
        "zones differ, and providers publish no rates: vary it before you rely on it",
        "what comes back at once meets a storm of connections: add it, such as cold starts or slow start",
    ],
    &[],
);

const DEGRADATION_NOTES: Notes = notes(
    &["all services of the region fail together, for part of what they are asked"],
    &[
        "which part fails was different each time: \"share\"",
        "a control plane that fails stops starts, not answers: depends_on of what starts",
    ],
    &[],
);
