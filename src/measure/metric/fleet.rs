//! The families of metrics of fleets that change and of what deciders eject, rows of the catalogue.

use super::Nature::Share;
use super::Source::Service;
use super::{Counts, Evidence, Family, Shown};
use crate::measure::{FleetMeasure, ServiceMeasure};

/// An hour in nanoseconds.
const NANOS_PER_HOUR: f64 = 3.6e12;

/// What is counted of a fleet that changes, unless it is that of a function, whose instances nobody decides about.
fn scaled(service: &ServiceMeasure) -> Option<&FleetMeasure> {
    service.fleet.as_ref().filter(|_| service.function.is_none())
}

pub(super) const REPLICAS_PRESENT_MEAN: Family = Family::new(
    "replicas_present_mean",
    "replica",
    "Mean over time of the number of replicas that are starting, up, draining or struck by a fault.",
)
.of(&[Service(|service, asked| asked.mean(service.fleet.as_ref()?.present))]);

pub(super) const REPLICAS_STARTING_MEAN: Family =
    Family::new("replicas_starting_mean", "replica", "Mean over time of the number of replicas that boot.")
        .of(&[Service(|service, asked| asked.mean(service.fleet.as_ref()?.starting))]);

pub(super) const REPLICAS_DRAINING_MEAN: Family = Family::new(
    "replicas_draining_mean",
    "replica",
    "Mean over time of the number of replicas that take nothing new and finish what they have.",
)
.of(&[Service(|service, asked| asked.mean(service.fleet.as_ref()?.draining))]);

pub(super) const REPLICAS_DESIRED_MEAN: Family = Family::new(
    "replicas_desired_mean",
    "replica",
    "Mean over time of the number of replicas that autoscaling wants.",
)
.of(&[Service(|service, asked| asked.mean(scaled(service)?.desired))]);

pub(super) const REPLICA_HOURS: Family = Family::new(
    "replica_hours",
    "h",
    "Integral over the measured time of the number of replicas present, mean per run.",
)
.of(&[Service(|service, _| Some(Evidence::Count(service.fleet.as_ref()?.present as f64 / NANOS_PER_HOUR)))]);

pub(super) const STARTS: Family =
    Family::new("starts", "1", "Replicas that it was decided to start in the measured part, mean per run.")
        .of(&[Service(|service, _| Evidence::count(service.fleet.as_ref()?.starts))]);

pub(super) const STARTS_FAILED: Family = Family::new(
    "starts_failed",
    "1",
    "Tries to start a replica that failed in the measured part, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.fleet.as_ref()?.starts_failed))])
.down();

pub(super) const STARTS_REFUSED: Family = Family::new(
    "starts_refused",
    "1",
    "Starts that the quota of autoscaling did not allow in the measured part, or for which no host had room, counted at each decision, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(scaled(service)?.starts_refused))])
.down();

pub(super) const SCALE_DECISIONS: Family = Family::new(
    "scale_decisions",
    "1",
    "Changes in the measured part of the number of replicas that autoscaling wants, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(scaled(service)?.decisions))]);

pub(super) const OSCILLATIONS: Family = Family::new(
    "oscillations",
    "1",
    "Changes of the number that autoscaling wants that went the other way than the one before, at most 10 min after it, in the measured part, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(scaled(service)?.oscillations))])
.down();

pub(super) const UNDER_PROVISIONED_RATIO: Family = Family::new(
    "under_provisioned_ratio",
    "ratio",
    "Share of the measured time in which more was inside than replicas that were up had slots, by means over steps of a second, or of a hundred-thousandth of that time where that is longer.",
)
.of(&[Service(|service, asked| asked.mean(u128::from(service.fleet.as_ref()?.provision?.under)))])
.down();

pub(super) const OVER_PROVISIONED_MEAN: Family = Family::new(
    "over_provisioned_mean",
    "replica",
    "Mean over the same steps of the number of replicas that were up beyond those whose slots what was inside filled.",
)
.of(&[Service(|service, asked| asked.mean(service.fleet.as_ref()?.provision?.over))])
.down();

pub(super) const LEAVES: Family =
    Family::new("leaves", "1", "Replicas that were gone in the measured part, drained or not, mean per run.")
        .of(&[Service(|service, _| Evidence::count(service.fleet.as_ref()?.leaves))]);

pub(super) const START_TIME: Family = Family::new(
    "start_<statistic>",
    "s",
    "From the decision to start a replica to its being ready, of those that became ready in the measured part.",
)
.of(&[Service(|service, asked| asked.sampled(vec![&service.fleet.as_ref()?.start]))])
.down();

pub(super) const EJECTIONS: Family = Family::new(
    "ejections",
    "1",
    "Times that a decider's outlier detection ejected a replica in the measured part, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.ejections))])
.counts(Counts::Seen)
.shown(Shown::OutlierDetection);

pub(super) const EJECTIONS_FALSE_RATIO: Family = Family::new(
    "ejections_false_ratio",
    "ratio",
    "Ejections of replicas that no fault struck at the time / ejections.",
)
.of(&[Service(|service, _| Evidence::share(service.ejections_false, service.ejections))])
.nature(Share)
.down()
.shown(Shown::OutlierDetection);

pub(super) const EJECTED_MEAN: Family = Family::new(
    "ejected_mean",
    "replica",
    "Mean over time and deciders of the number of replicas that outlier detection keeps out.",
)
.of(&[Service(|service, asked| {
    Evidence::integrals(service.ejected, asked.nanos() * u128::from(service.deciders))
})])
.shown(Shown::OutlierDetection);
