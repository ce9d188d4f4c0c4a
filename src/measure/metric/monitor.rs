//! The families of metrics of monitors, rows of the catalogue.

use super::Nature::Share;
use super::Source::{Monitor, Stages};
use super::{Counts, Evidence, Family, ScopeKind, Shown};

pub(super) const ALARMS: Family =
    Family::new("alarms", "1", "Alarms raised in the measured part, mean per run.")
        .of(&[Monitor(|monitor, _| Evidence::count(monitor.alarms))])
        .counts(Counts::Seen);

pub(super) const ALARMS_FALSE_RATIO: Family = Family::new(
    "alarms_false_ratio",
    "ratio",
    "Alarms raised while no fault lasted on what the monitor watches, of a forecast those of no strike to come / alarms.",
)
.of(&[Monitor(|monitor, _| Evidence::share(monitor.alarms_false, monitor.alarms))])
.nature(Share)
.down();

pub(super) const PRECISION: Family = Family::new(
    "precision",
    "ratio",
    "Alarms raised while a fault lasted on what the monitor watches, of a forecast those of a strike to come / alarms.",
)
.of(&[Monitor(|monitor, _| {
    Evidence::share(monitor.alarms.saturating_sub(monitor.alarms_false), monitor.alarms)
})])
.nature(Share)
.up()
.shown(Shown::WithFaults(&[]));

pub(super) const RECALL: Family = Family::new(
    "recall",
    "ratio",
    "Faults that the monitor found / faults that began in the measured part on what it looks at, or on what is behind the \
     number that it watches.",
)
.of(&[Monitor(|monitor, _| Evidence::share(monitor.recalled, monitor.faults))])
.nature(Share)
.up()
.shown(Shown::WithFaults(&[]));

pub(super) const ALARMS_FALSE_PER_MONTH: Family = Family::new(
    "alarms_false_per_month",
    "1",
    "Alarms raised while no fault lasted on what the monitor watches / measured time in months of 730 h.",
)
.of(&[Monitor(|monitor, asked| asked.per_month(monitor.alarms_false))])
.down()
.counts(Counts::Seen);

pub(super) const TIME_TO_DECIDE: Family = Family::new(
    "time_to_decide",
    "s",
    "From the detection of a fault to the decision what to do about it, mean over those that have both and are over; of a \
     monitor, from an alarm on which somebody acts to that.",
)
.of(&[
    Stages(|stages| Evidence::time_ratio(stages.stages[1], stages.decided)),
    Monitor(|monitor, _| Evidence::time_ratio(monitor.deciding, monitor.decided)),
])
.down()
.shown(Shown::WithFaults(&[ScopeKind::Monitor]));

pub(super) const ACTIONS: Family = Family::new(
    "actions",
    "1",
    "Verbs that the monitor carried out in the measured part, beside the recovery of faults that name it, mean per run.",
)
.of(&[Monitor(|monitor, _| Evidence::count(monitor.actions))])
.counts(Counts::Seen)
.shown(Shown::AboveZero);

pub(super) const ACTIONS_UNNEEDED: Family = Family::new(
    "actions_unneeded",
    "1",
    "Those of the actions that followed from an alarm raised while no fault lasted on what the monitor watches, mean per run.",
)
.of(&[Monitor(|monitor, _| Evidence::count(monitor.actions_unneeded))])
.down()
.counts(Counts::Seen)
.shown(Shown::AboveZero);
