//! The families of metrics of functions, rows of the catalogue.

use super::Nature::Share;
use super::Source::{Service, Version};
use super::{Counts, Evidence, Family, Shown, Statistic};
use crate::reason::Reason;

pub(super) const VERSION_SHARE: Family = Family::new(
    "version_share",
    "ratio",
    "Attempts sent to a version / attempts sent to its function, whatever version they got.",
)
.of(&[Version(|version, _| Evidence::share(version.attempts, version.sent))])
.nature(Share);

pub(super) const SUCCESS_RATIO: Family = Family::new(
    "success_ratio",
    "ratio",
    "Attempts sent to a version that did not fail / attempts sent to it; a client error did not fail.",
)
.of(&[Version(|version, _| Evidence::share(version.attempts - version.failed(), version.attempts))])
.nature(Share)
.up();

pub(super) const COLD_START_RATIO: Family = Family::new(
    "cold_start_ratio",
    "ratio",
    "Starts of instances for an attempt / attempts that the function took in.",
)
.of(&[
    Service(|service, _| {
        let function = service.function.as_ref()?;
        Evidence::share(function.cold, function.admitted)
    }),
    Version(|version, _| Evidence::share(version.cold, version.admitted)),
])
.nature(Share)
.down();

pub(super) const COLD_START_RATIO_OVER_FUNCTIONS: Family = Family::new(
    "cold_start_ratio_over_functions_<statistic>",
    "ratio",
    "Of cold starts / attempts of each function of a population that took any in, all counted alike, however often \
     they are called; quartiles too (p75, the third, is what is published of platforms).",
)
.of(&[Service(|service, asked| asked.sampled(vec![&service.population.as_ref()?.cold]))])
.statistics(&Statistic::OF_PARTS)
.down();

pub(super) const FUNCTIONS_CALLED: Family =
    Family::new("functions_called", "1", "Functions of a population that took in any attempt, mean per run.")
        .of(&[Service(|service, _| Evidence::count(service.population.as_ref()?.cold.count))]);

pub(super) const COLD_STARTS: Family =
    Family::new("cold_starts", "1", "Starts of instances of a function for an attempt, mean per run.")
        .of(&[
            Service(|service, _| Evidence::count(service.function.as_ref()?.cold)),
            Version(|version, _| Evidence::count(version.cold)),
        ])
        .down();

pub(super) const COLD_START_STATISTICS: Family = Family::new(
    "cold_start_<statistic>",
    "s",
    "From the decision to start an instance for an attempt to its being ready, of those that became ready in the \
     measured part.",
)
.of(&[
    Service(|service, asked| asked.sampled(vec![&service.function.as_ref()?.starts])),
    Version(|version, asked| asked.sampled(vec![&version.starts])),
])
.down();

pub(super) const REINITS: Family = Family::new(
    "reinits",
    "1",
    "Attempts that paid for a start of an instance that was there, because the request before them was killed; mean \
     per run.",
)
.of(&[Service(|service, _| Evidence::count(service.function.as_ref()?.reinits))])
.down()
.counts(Counts::Seen)
.shown(Shown::AboveZero);

pub(super) const THROTTLE_RATIO: Family = Family::new(
    "throttle_ratio",
    "ratio",
    "Attempts that a function throttled, for want of instances or over a rate / attempts at it.",
)
.of(&[Service(|service, _| {
    service.function.as_ref()?;
    Evidence::share(service.reasons[Reason::Throttled.index()], service.attempts)
})])
.nature(Share)
.down();

pub(super) const SPILLOVER_RATIO: Family = Family::new(
    "spillover_ratio",
    "ratio",
    "Attempts that went to an instance that is not provisioned / attempts that the function took in.",
)
.of(&[Service(|service, _| {
    let function = service.function.as_ref()?;
    Evidence::share(function.on_demand, function.admitted)
})])
.nature(Share);

pub(super) const PROVISIONED_MEAN: Family = Family::new(
    "provisioned_mean",
    "instance",
    "Mean over time of the number of instances of a function that are to be provisioned, ready or not.",
)
.of(&[Service(|service, asked| asked.mean(service.function.as_ref()?.configured))])
.shown(Shown::AboveZero);

pub(super) const PROVISIONED_UTILISATION: Family = Family::new(
    "provisioned_utilisation",
    "ratio",
    "Integral over the measured time of requests on provisioned instances / of slots of those that were ready.",
)
.of(&[Service(|service, _| {
    let function = service.function.as_ref()?;
    Evidence::integrals(function.on_ready, function.ready * u128::from(function.slots))
})])
.shown(Shown::AboveZero);

pub(super) const INSTANCES_MEAN: Family = Family::new(
    "instances_mean",
    "instance",
    "Mean over time of the number of instances of a function, or of one version of it, those that start included.",
)
.of(&[
    Service(|service, asked| {
        service.function.as_ref()?;
        asked.mean(service.fleet.as_ref()?.present)
    }),
    Version(|version, asked| asked.mean(version.present)),
]);

pub(super) const INSTANCES_BUSY_MEAN: Family = Family::new(
    "instances_busy_mean",
    "instance",
    "Mean over time of the number of instances that have at least one request.",
)
.of(&[Service(|service, asked| asked.mean(service.function.as_ref()?.busy))]);

pub(super) const INSTANCES_IDLE_MEAN: Family = Family::new(
    "instances_idle_mean",
    "instance",
    "Mean over time of the number of instances that are ready and have no request.",
)
.of(&[Service(|service, asked| {
    let (function, fleet) = (service.function.as_ref()?, service.fleet.as_ref()?);
    asked.mean(fleet.present.saturating_sub(fleet.starting).saturating_sub(function.busy))
})]);

pub(super) const INSTANCES_STARTING_MEAN: Family = Family::new(
    "instances_starting_mean",
    "instance",
    "Mean over time of the number of instances that are not ready yet.",
)
.of(&[Service(|service, asked| {
    service.function.as_ref()?;
    asked.mean(service.fleet.as_ref()?.starting)
})]);

pub(super) const INSTANCES_MAX: Family =
    Family::new("instances_max", "instance", "Most instances of a function at once.")
        .of(&[Service(|service, _| Some(Evidence::Max(Some(service.function.as_ref()?.alive_max.into()))))])
        .counts(Counts::Largest);

pub(super) const INSTANCE_LIFETIME_STATISTICS: Family = Family::new(
    "instance_lifetime_<statistic>",
    "s",
    "From the decision to start an instance to its end, of those that went in the measured part.",
)
.of(&[Service(|service, asked| asked.sampled(vec![&service.function.as_ref()?.lives]))]);

pub(super) const CONCURRENCY_MAX: Family = Family::new(
    "concurrency_max",
    "1",
    "Most requests that a function had under way at once, those included that waited for their own instance.",
)
.of(&[Service(|service, _| Some(Evidence::Max(Some(service.function.as_ref()?.concurrency_max.into()))))])
.counts(Counts::Largest);
