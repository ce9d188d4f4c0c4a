//! Metrics of outages and of faults: how often, for how long, and which stages that has.

use super::Basis::Faults;
use super::Nature::Share;
use super::ScopeKind::{Block, Fault, Replica, Service as Fleet};
use super::Source::{Monitor, Stages, Up};
use super::{Counts, Evidence, Family, ScopeKind, Shown, Stage};

/// What outages and faults are counted of.
const FAILING: &[ScopeKind] = &[Fleet, Replica, Block, Fault];

const WITH_FAULTS: Shown = Shown::WithFaults(&[]);

pub(super) const INCIDENTS: Family = Family::new(
    "incidents",
    "1",
    "Outages of the part, or faults, that began in the measured part, mean per run; what is down for no time had no outage, and one \
     that begins at the instant at which another ends is one of its own.",
)
.of(&[Up(FAILING, |up| Evidence::count(up.incidents))])
.down()
.counts(Counts::Outages)
.shown(WITH_FAULTS)
.rests_on(&[Faults]);

pub(super) const MTTF: Family = Family::new(
    "mttf",
    "s",
    "Time up / outages begun: the time up that the end of a run cuts counts, and is followed by no outage.",
)
.of(&[Up(FAILING, |up| Evidence::time_ratio(up.up, up.incidents))])
.up()
.counts(Counts::PerOutage(Stage::Begun))
.shown(WITH_FAULTS)
.rests_on(&[Faults]);

pub(super) const MTTD: Family = Family::new(
    "mttd",
    "s",
    "Time undetected / incidents detected: one not detected when the run ends counts in the time only, one that ends \
     undetected in neither; an outage is detected with the fault behind it, and those count that `incidents.csv` lists; of a monitor, the time to its first alarm / faults \
     it found.",
)
.of(&[
    Up(&[Fleet, Block, Fault], |up| Evidence::time_ratio(up.undetected, up.detected)),
    Monitor(|monitor, _| Evidence::time_ratio(monitor.delay, monitor.found)),
])
.down()
.counts(Counts::PerOutage(Stage::Detected))
.shown(WITH_FAULTS)
.rests_on(&[Faults]);

pub(super) const MTTR: Family = Family::new(
    "mttr",
    "s",
    "Time down, from the fault on / outages ended: one that the end of a run cuts counts in the time only.",
)
.of(&[Up(FAILING, |up| Evidence::time_ratio(up.down, up.ended))])
.down()
.counts(Counts::PerOutage(Stage::Ended))
.shown(WITH_FAULTS)
.rests_on(&[Faults]);

pub(super) const TIME_TO_MITIGATE: Family = Family::new(
    "time_to_mitigate",
    "s",
    "From the decision what to do about a fault to the end of its effect, mean over those that were not mitigated before it: the service or block \
     that it brought down is up again, all of them, or the alarm of which somebody heard that acts is over; at the latest the \
     fault is over.",
)
.of(&[Stages(|stages| Evidence::time_ratio(stages.mitigating, stages.mitigated))])
.down()
.shown(Shown::WithFaults(&[]));

/// The share of a stage, by its place.
macro_rules! stage {
    ($NAME:ident = $name:literal, $place:literal, $what:literal) => {
        pub(super) const $NAME: Family = Family::new(
            $name,
            "ratio",
            concat!($what, " / from start to end, of faults that it was decided about and that are over."),
        )
        .of(&[Stages(|stages| Evidence::integrals(stages.stages[$place], stages.whole))])
        .nature(Share)
        .shown(Shown::WithFaults(&[]));
    };
}

stage!(SHARE_DETECTING = "share_detecting", 0, "From start to detection");
stage!(SHARE_DECIDING = "share_deciding", 1, "From detection to decision");
stage!(SHARE_MITIGATING = "share_mitigating", 2, "From decision to the end of the effect");
stage!(SHARE_RECOVERING = "share_recovering", 3, "From the end of the effect to that of the fault");
