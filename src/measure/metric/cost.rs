//! Metrics of what is paid.

use super::Source::{Service, System};
use super::{Asked, Evidence, Family, Shown};
use crate::measure::{Cost, Measurements, ServiceMeasure};
use crate::units::MONTH_HOURS;

/// Everything that is paid.
pub(super) const TOTAL: Family = Family::new(
    "cost",
    "USD/month",
    "All that is paid for, by the month of 730 h; the sum of the parts cost_<part>. Each run is billed as if a month went on \
     like its measured part, so that tiers of prices are those of a month. In the currency of [cost].",
)
.of(&[
    System(|run, asked| monthly(all(run)?.total(), asked)),
    Service(|service, asked| monthly(service.cost?.total(), asked)),
])
.down()
.shown(Shown::AboveZero);

/// A part of it: its name, what it is, and which field.
macro_rules! parts {
    ($($CONST:ident = $name:literal, $definition:literal, $field:ident;)*) => { $(
        #[doc = concat!("The part `", $name, "`.")]
        pub(super) const $CONST: Family = Family::new($name, "USD/month", $definition)
            .of(&[
                System(|run, asked| monthly(all(run)?.$field, asked)),
                Service(|service, asked| monthly(service.cost?.$field, asked)),
            ])
            .down()
            .shown(Shown::AboveZero);
    )* };
}

parts! {
    REPLICAS = "cost_replicas", "What is paid for replicas that are present, by the month of 730 h.", replicas;
    HOSTS = "cost_hosts", "What is paid for hosts on which a replica is, by the month of 730 h; a service pays its part of each, by host_hours.", hosts;
    REQUESTS = "cost_requests", "What is paid for attempts that services let in, by the month of 730 h.", requests;
    GATEWAY = "cost_gateway", "What is paid for requests that gateways let in, by the month of 730 h.", gateway;
    QUEUE = "cost_queue", "What is paid for requests to queues of messages, by the month of 730 h.", queue;
    DURATION = "cost_duration", "What is paid for memory of functions over the time of their requests, by the month of 730 h.", duration;
    PROVISIONED = "cost_provisioned", "What is paid for memory of instances that are to be provisioned, by the month of 730 h.", provisioned;
    STORAGE = "cost_storage", "What is paid for what services keep and for their backups, by the month of 730 h.", storage;
    TRANSFER = "cost_transfer", "What is paid for messages between zones and regions, by the month of 730 h.", transfer;
}

/// The price of what users get.
pub(super) const PER_MILLION: Family = Family::new(
    "cost_per_million",
    "USD",
    "All that is paid for / good requests of all clients in millions; empty where none is good.",
)
.of(&[System(|run, _| {
    let good: u64 = run.clients.iter().map(|client| client.good).sum();
    Evidence::ratio(all(run)?.total(), good as f64 / 1e6)
})])
.down()
.shown(Shown::AboveZero);

/// What was paid for all services; `None` where nothing has a price.
fn all(run: &Measurements) -> Option<Cost> {
    let each: Option<Vec<Cost>> = run.services.iter().map(|service: &ServiceMeasure| service.cost).collect();
    each.map(|each| each.into_iter().fold(Cost::default(), Cost::plus))
}

fn monthly(dollars: f64, asked: &Asked<'_>) -> Option<Evidence<'static>> {
    let hours = asked.nanos() as f64 / 3.6e12;
    Evidence::ratio(dollars, hours / MONTH_HOURS)
}
