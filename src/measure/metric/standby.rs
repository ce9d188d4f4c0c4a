//! Metrics of services with spares.

use super::Source::Service;
use super::{Counts, Evidence, Family};

pub(super) const FAILOVERS: Family = Family::new(
    "failovers",
    "1",
    "Switches to a spare that began in the measured part because a replica that served was found to have failed, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.standby?.failovers))])
.counts(Counts::Seen);

pub(super) const FAILOVERS_UNCOVERED: Family = Family::new(
    "failovers_uncovered",
    "1",
    "Those of them in which no spare took over by itself, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.standby?.uncovered))])
.down()
.counts(Counts::Seen);

pub(super) const SWITCH_MEAN: Family = Family::new(
    "switch_mean",
    "s",
    "From when the failure of a replica that served was found until a spare served in its place, which may have had to return first, of those that did in the measured part.",
)
.of(&[Service(|service, _| {
    let standby = service.standby?;
    Evidence::time_ratio(standby.switching, standby.switched)
})])
.down();
