//! What a run cost: amounts become lines of a bill, whose prices may depend on what all use together.

use crate::engine::record::instances::FunctionUse;
use crate::measure::{Cost, FunctionMeasure, VersionMeasure};
use crate::model::cost::{Item, Line, PerGigabyte, PerHour, PerRequest, Pool, Tiers, bill};
use crate::model::fleet::Service;
use crate::model::system::System;
use crate::units::MONTH_HOURS;

/// What was used of a service in the measured part.
pub(super) struct Used<'a> {
    /// Replicas that were present [replica ns].
    pub(super) present: u128,
    /// Its parts of hosts in each region, if it takes room on any [host ns].
    pub(super) hosts: &'a [f64],
    /// Attempts that it let in, less those of a gateway that authorisation refused.
    pub(super) let_in: u64,
    /// Bytes that its messages moved between zones, and between regions.
    pub(super) moved: [u64; 2],
    /// What it kept in the mean \[GB\].
    pub(super) data: f64,
    /// Of each of its backups what lay where they lie [GB month], and what was read from there \[GB\].
    pub(super) backups: &'a [(u32, [f64; 2])],
    /// What was counted of a function, if it is one.
    pub(super) function: Option<&'a FunctionMeasure>,
    /// Requests to a queue, if it is one.
    pub(super) queue: Option<u64>,
    /// What was counted of its versions, if it has any.
    pub(super) versions: &'a [VersionMeasure],
}

/// Lines of all services so far.
#[derive(Debug, Default)]
pub(super) struct Bill {
    lines: Vec<Line>,
    /// The service of each line.
    services: Vec<usize>,
    /// How long the measured part is.
    months: f64,
}

/// What all that was used costs.
#[derive(Debug)]
pub(super) struct Paid {
    /// By service.
    pub(super) services: Vec<Cost>,
    /// By service what it pays in the mean for a unit of what functions use.
    pub(super) of_functions: Vec<FunctionUse>,
}

/// What functions use.
const OF_FUNCTIONS: [Item; 4] = [Item::Invocations, Item::Duration, Item::OnReady, Item::Ready];

impl Bill {
    /// For a measured part of so many nanoseconds.
    pub(super) fn new(nanos: u64) -> Self {
        Self { months: nanos as f64 / 3.6e12 / MONTH_HOURS, ..Self::default() }
    }

    /// Adds what was used of a service.
    pub(super) fn add(&mut self, system: &System, number: usize, used: &Used<'_>) {
        let Some(tariff) = &system.tariff else { return };
        let service = &system.services[number];
        let Service { price, gateway, .. } = service;
        let common = price.common;
        let pool = |is_common: bool| if is_common { Pool::Common(service.account()) } else { Pool::Own };
        let request = price.request.tiers();
        let (item, requests) = match (gateway, used.queue) {
            (None, None) => (Item::Requests, used.let_in),
            (Some(_), _) => (Item::Gateway, used.let_in),
            (None, Some(requests)) => (Item::Queue, requests),
        };
        let requests = PerRequest::amount(requests);
        let mut lines = vec![
            (
                Item::Replicas,
                price.replica.tiers(),
                pool(common.replica),
                PerHour::amount(used.present as f64),
            ),
            (item, request, pool(common.request), requests),
            (Item::Storage, price.storage.tiers(), pool(common.storage), used.data * self.months),
        ];
        for (region, (time, price)) in (0..).zip(used.hosts.iter().zip(&tariff.hosts)) {
            lines.push((Item::Hosts, price.tiers(), Pool::Region(region), PerHour::amount(*time)));
        }
        let [zones, regions] = used.moved.map(PerGigabyte::amount);
        // What is moved has one price for all.
        lines.push((Item::BetweenZones, tariff.between_zones.tiers(), Pool::Common(None), zones));
        lines.push((Item::BetweenRegions, tariff.between_regions.tiers(), Pool::Common(None), regions));
        for (backup, [kept, read]) in used.backups {
            let Some(price) = tariff.backups.get(*backup as usize) else { continue };
            let pool = Pool::Backup(*backup);
            lines.push((Item::Storage, price.storage.tiers(), pool, *kept));
            lines.push((Item::Retrieval, price.read.tiers(), pool, *read));
        }
        lines.extend(of_function(service, used, pool(common.function)));
        for (item, tiers, pool, amount) in lines {
            if amount > 0.0 {
                self.lines.push(Line { item, tiers, pool, amount });
                self.services.push(number);
            }
        }
    }

    /// What all of it costs.
    pub(super) fn close(self, services: usize) -> Paid {
        let mut paid =
            Paid { services: vec![Cost::default(); services], of_functions: vec![[0.0; 4]; services] };
        let costs = bill(&self.lines, self.months);
        // Calls on instances that are kept ready are billed as the others where they have no price of their own.
        let mut has_own = vec![false; services];
        for ((line, number), cost) in self.lines.iter().zip(&self.services).zip(costs) {
            *part(&mut paid.services[*number], line.item) += cost;
            if let Some(place) = OF_FUNCTIONS.iter().position(|item| *item == line.item) {
                paid.of_functions[*number][place] = cost / line.amount;
                has_own[*number] |= line.item == Item::OnReady;
            }
        }
        for (each, _) in paid.of_functions.iter_mut().zip(&has_own).filter(|(_, has_own)| !**has_own) {
            each[2] = each[1];
        }
        paid
    }
}

/// The part of a cost that an item belongs to.
fn part(cost: &mut Cost, item: Item) -> &mut f64 {
    match item {
        Item::Replicas => &mut cost.replicas,
        Item::Hosts => &mut cost.hosts,
        Item::Requests | Item::Invocations => &mut cost.requests,
        Item::Gateway => &mut cost.gateway,
        Item::Queue => &mut cost.queue,
        Item::Duration | Item::OnReady => &mut cost.duration,
        Item::Ready => &mut cost.provisioned,
        Item::BetweenZones | Item::BetweenRegions => &mut cost.transfer,
        Item::Storage | Item::Retrieval => &mut cost.storage,
    }
}

/// What is paid for a function.
fn of_function(
    service: &Service,
    used: &Used<'_>,
    pool: Pool,
) -> impl Iterator<Item = (Item, Tiers, Pool, f64)> {
    let price = service.invocation_price().zip(used.function);
    price.into_iter().flat_map(move |(price, measured)| {
        let versions = used.versions.iter().map(|version| version.billed);
        let [billed, on_ready, ready] =
            service.gigabyte_seconds((measured.billed, measured.configured), versions);
        let calls = PerRequest::amount(measured.admitted);
        let invocations = (Item::Invocations, price.request.tiers(), pool, calls);
        let (billed, on_ready) = match price.provisioned_duration {
            Some(_) => (billed, on_ready),
            None => (billed + on_ready, 0.0),
        };
        let of_ready = price.provisioned_duration.unwrap_or(price.duration).tiers();
        [
            invocations,
            (Item::Duration, price.duration.tiers(), pool, billed),
            (Item::OnReady, of_ready, pool, on_ready),
            (Item::Ready, price.provisioned.tiers(), pool, ready),
        ]
    })
}
