//! The families of metrics of hosts on which replicas take room, rows of the catalogue.

use super::Source::{Service, System};
use super::{Evidence, Family};

/// An hour in nanoseconds.
const NANOS_PER_HOUR: f64 = 3.6e12;

pub(super) const HOSTS_MEAN: Family = Family::new(
    "hosts_mean",
    "host",
    "Mean over time of the number of hosts of a size on which at least one replica takes room, struck or not.",
)
.of(&[System(|run, asked| asked.mean(run.hosts?.in_use))]);

pub(super) const HOST_HOURS: Family = Family::new(
    "host_hours",
    "h",
    "Integral over the measured time of the number of hosts in use, mean per run; of a service its part of each host, which is \
     what its replicas take of all that is taken there, each by its larger share of cores or memory.",
)
.of(&[
    System(|run, _| Some(Evidence::Count(run.hosts?.in_use as f64 / NANOS_PER_HOUR))),
    Service(|service, _| {
        Some(Evidence::Count(service.hosts.as_ref()?.iter().sum::<f64>() / NANOS_PER_HOUR))
    }),
]);

pub(super) const REPLICAS_PER_HOST: Family = Family::new(
    "replicas_per_host",
    "replica",
    "Replicas that take room on hosts / hosts in use, both over time.",
)
.of(&[System(|run, _| Evidence::integrals(run.hosts?.replicas, run.hosts?.in_use))]);
