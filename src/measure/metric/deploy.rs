//! Metrics of deployments.

use super::Nature::Share;
use super::Source::Deploy;
use super::{Counts, Evidence, Family};

pub(super) const DEPLOYS: Family =
    Family::new("deploys", "1", "Releases that began to be built in the measured part, mean per run.")
        .of(&[Deploy(|deploy, _| Evidence::count(deploy.begun))]);

pub(super) const RELEASES_PER_DAY: Family = Family::new(
    "releases_per_day",
    "1",
    "Releases that were completed in the measured part / measured time in days.",
)
.of(&[Deploy(|deploy, asked| asked.per_day(deploy.complete))]);

pub(super) const DEPLOYS_CAUGHT: Family = Family::new(
    "deploys_caught",
    "1",
    "Bad releases that tests found before their first step in the measured part, mean per run.",
)
.of(&[Deploy(|deploy, _| Evidence::count(deploy.caught))])
.counts(Counts::Seen);

pub(super) const BAD_DEPLOYS: Family =
    Family::new("bad_deploys", "1", "Bad releases that came out in the measured part, mean per run.")
        .of(&[Deploy(|deploy, _| Evidence::count(deploy.bad))])
        .down()
        .counts(Counts::Seen);

pub(super) const ROLLBACKS: Family = Family::new(
    "rollbacks",
    "1",
    "Releases that were taken back, and were gone, in the measured part, mean per run.",
)
.of(&[Deploy(|deploy, _| Evidence::count(deploy.rollbacks))])
.counts(Counts::Seen);

pub(super) const ROLLBACKS_FALSE: Family = Family::new(
    "rollbacks_false",
    "1",
    "Releases that were taken back in the measured part though they were not bad, mean per run.",
)
.of(&[Deploy(|deploy, _| Evidence::count(deploy.rollbacks_false))])
.down()
.counts(Counts::Seen);

pub(super) const BAD_PASSED_RATIO: Family =
    Family::new("bad_passed_ratio", "ratio", "Bad releases that stayed / bad releases that came out.")
        .of(&[Deploy(|deploy, _| Evidence::share(deploy.passed, deploy.bad))])
        .nature(Share)
        .down();

pub(super) const EXPOSURE: Family = Family::new(
    "exposure",
    "1",
    "Requests that failed in the measured part, whatever for, while a bad release showed, mean per run.",
)
.of(&[Deploy(|deploy, _| Evidence::count(deploy.exposed))])
.down()
.counts(Counts::Seen);

pub(super) const EXPOSURE_PER_DEPLOY: Family = Family::new(
    "exposure_per_deploy",
    "1",
    "Requests that failed in the measured part, whatever for, while a bad release showed / releases that came out, good and bad: \
     what a release costs of an error budget on average.",
)
.of(&[Deploy(|deploy, _| Evidence::share(deploy.exposed, deploy.out))])
.down();

pub(super) const DEPLOY_TIME: Family = Family::new(
    "deploy_time_mean",
    "s",
    "From the begin of a release to its completion, of those completed in the measured part.",
)
.of(&[Deploy(|deploy, _| Evidence::time_ratio(deploy.took, deploy.complete))])
.down();
