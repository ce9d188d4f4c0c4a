//! Metrics of deployments.

use super::Nature::Share;
use super::Source::Deploy;
use super::{Counts, Evidence, Family};

pub(super) const DEPLOYS: Family =
    Family::new("deploys", "1", "Releases that began to be built in the measured part, mean per run.")
        .of(&[Deploy(|deploy| Evidence::count(deploy.begun))]);

pub(super) const DEPLOYS_CAUGHT: Family = Family::new(
    "deploys_caught",
    "1",
    "Bad releases that tests found before their first step in the measured part, mean per run.",
)
.of(&[Deploy(|deploy| Evidence::count(deploy.caught))])
.counts(Counts::Seen);

pub(super) const BAD_DEPLOYS: Family =
    Family::new("bad_deploys", "1", "Bad releases that came out in the measured part, mean per run.")
        .of(&[Deploy(|deploy| Evidence::count(deploy.bad))])
        .down()
        .counts(Counts::Seen);

pub(super) const ROLLBACKS: Family = Family::new(
    "rollbacks",
    "1",
    "Releases that were taken back, and were gone, in the measured part, mean per run.",
)
.of(&[Deploy(|deploy| Evidence::count(deploy.rollbacks))])
.counts(Counts::Seen);

pub(super) const ROLLBACKS_FALSE: Family = Family::new(
    "rollbacks_false",
    "1",
    "Releases that were taken back in the measured part though they were not bad, mean per run.",
)
.of(&[Deploy(|deploy| Evidence::count(deploy.rollbacks_false))])
.down()
.counts(Counts::Seen);

pub(super) const BAD_PASSED_RATIO: Family =
    Family::new("bad_passed_ratio", "ratio", "Bad releases that stayed / bad releases that came out.")
        .of(&[Deploy(|deploy| Evidence::share(deploy.passed, deploy.bad))])
        .nature(Share)
        .down();

pub(super) const EXPOSURE: Family = Family::new(
    "exposure",
    "1",
    "Requests that failed in the measured part, whatever for, while a bad release showed, mean per run.",
)
.of(&[Deploy(|deploy| Evidence::count(deploy.exposed))])
.down()
.counts(Counts::Seen);

pub(super) const DEPLOY_TIME: Family = Family::new(
    "deploy_time_mean",
    "s",
    "From the begin of a release to its completion, of those completed in the measured part.",
)
.of(&[Deploy(|deploy| Evidence::time_ratio(deploy.took, deploy.complete))])
.down();
