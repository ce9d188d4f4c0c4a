//! Prices: those of a service or else of all, and what of them comes to nothing.

use super::Checker;
use super::place::Layout;
use crate::model::cost::{Common, Currency, InvocationPrice, PerHour, PerRequest, Price, Tariff};
use crate::model::fault::{Fault, FaultKind};
use crate::model::fleet::{Replica, Service};
use crate::model::system::System;
use crate::scenario::written::call::Calls;
use crate::scenario::written::cost::{CostSection, PriceTable};
use crate::scenario::written::run::RegionSection;
use crate::scenario::written::service::ServiceSection;

/// A service that has no price of its own.
const NO_PRICE: PriceTable = PriceTable { replica: None, request: None, storage: None };

impl Checker<'_> {
    /// What is paid for a host of each region that is written, if anything.
    fn host_prices(&self) -> impl Iterator<Item = (&str, Option<PerHour>)> {
        let price = |section: &RegionSection| section.host.as_ref()?.price;
        let regions = self.written.regions.0.iter();
        regions.map(move |(name, section)| (name.text.as_str(), section.as_ref().and_then(price)))
    }

    /// Whether replicas stand on hosts that are paid for, in any region.
    pub(super) fn pays_for_hosts(&self, layout: &Layout, seats: &[Replica]) -> bool {
        let is_paid = |region: usize| {
            let name = layout.regions[region].name.as_str();
            self.host_prices().any(|(one, price)| one == name && price.is_some())
        };
        let mut regions: Vec<usize> = seats.iter().map(|seat| layout.region_number(seat.zone)).collect();
        regions.dedup();
        regions.into_iter().any(is_paid)
    }

    /// What is paid for besides services; `None` where nothing has a price.
    pub(super) fn tariff(&self) -> Option<Tariff> {
        if !self.has_prices() {
            return None;
        }
        let transfer = self.written.cost.as_ref().map(|cost| &cost.transfer);
        let mut hosts: Vec<PerHour> =
            self.host_prices().map(|(_, price)| price.unwrap_or_default()).collect();
        if hosts.is_empty() {
            // Where no region is written there is one all the same.
            hosts.push(PerHour::default());
        }
        Some(Tariff {
            hosts,
            backups: self.backup_prices(),
            between_zones: transfer.and_then(|one| one.between_zones).unwrap_or_default(),
            between_regions: transfer.and_then(|one| one.between_regions).unwrap_or_default(),
            currency: self.written.cost.as_ref().map_or(Currency::USUAL, |cost| cost.currency),
        })
    }

    /// Whether anything has a price.
    pub(super) fn has_prices(&self) -> bool {
        let written = self.written;
        let mut services = written.services.0.iter().filter_map(|(_, service)| service.as_ref());
        let mut queues = written.queues.0.iter().filter_map(|(_, queue)| queue.as_ref());
        let mut gateways = written.gateways.0.iter().filter_map(|(_, gateway)| gateway.as_ref());
        written.cost.is_some()
            || services.any(|service| {
                let function = service.keys.function.as_ref();
                service.keys.price.is_some() || function.is_some_and(|one| one.price.is_some())
            })
            || gateways.any(|gateway| gateway.price.is_some())
            || queues.any(|queue| queue.price.is_some())
            || self.host_prices().any(|(_, price)| price.is_some())
    }

    /// What is paid for a service, or for the gateway that it stands for.
    pub(super) fn price(&self, name: &str, section: &ServiceSection) -> Price {
        let written = self.written;
        let common = written.cost.as_ref();
        let requests: fn(&CostSection) -> Option<PerRequest>;
        let own = if section.gateway.is_some() {
            requests = |cost| cost.gateway;
            let gateway = written.gateways.number(name);
            let gateway = gateway.and_then(|number| written.gateways.0[number as usize].1.as_ref());
            let request = gateway.and_then(|gateway| gateway.price);
            PriceTable { replica: None, request, storage: None }
        } else {
            requests = |cost| cost.request;
            section.keys.price.map_or(NO_PRICE, |price| price.0)
        };
        let function = section.keys.function.as_ref();
        // What is paid for a function stands in its own table, and a gateway is nobody's replica.
        let replica = common.filter(|_| function.is_none() && section.gateway.is_none());
        let requests = common.filter(|_| function.is_none()).and_then(requests);
        Price {
            replica: own.replica.or_else(|| replica.and_then(|cost| cost.replica)).unwrap_or_default(),
            request: own.request.or(requests).unwrap_or_default(),
            storage: own.storage.or_else(|| common.and_then(|cost| cost.storage)).unwrap_or_default(),
            common: Common {
                replica: own.replica.is_none(),
                request: own.request.is_none(),
                storage: own.storage.is_none(),
                function: function.is_some_and(|function| function.price.is_none()),
            },
        }
    }

    /// What is paid for a queue; those of events of functions are part of these.
    pub(super) fn price_of_queue(&self, name: &str) -> Price {
        let written = self.written;
        let section =
            written.queues.number(name).and_then(|number| written.queues.0[number as usize].1.as_ref());
        let common = written.cost.as_ref().and_then(|cost| cost.queue);
        let own = section.and_then(|queue| queue.price);
        let request = section.and_then(|_| own.or(common)).unwrap_or_default();
        Price { request, common: Common { request: own.is_none(), ..Common::default() }, ..Price::default() }
    }

    /// Warns of data that nothing is paid for, and of a price of storage where nothing is kept.
    fn idle_storage(&mut self, system: &System) {
        let keeps = |one: &Service| one.data.is_some();
        for (number, service) in system.services.iter().enumerate().filter(|(_, service)| keeps(service)) {
            let is_lost = |fault: &Fault| {
                let FaultKind::DataLoss { services, .. } = &fault.kind else { return false };
                services.iter().any(|one| one.index() == number)
            };
            let matters = system.backups.iter().any(|backup| backup.of.index() == number)
                || system.faults.iter().any(is_lost);
            if !service.price.storage.is_positive() && !matters {
                let help = "add \"storage\" to [cost], or leave out \"data\"";
                let path = ["service", &service.name, "data"];
                self.warning(&path, "\"size\" has no effect: nothing is paid for what is kept", help);
            }
        }
        if self.is_written(&["cost", "storage"]) && !system.services.iter().any(keeps) {
            let help = "give a service data = { size = \"500GB\" }";
            self.warning(&["cost", "storage"], "nothing is kept: no service has data", help);
        }
    }

    /// Reports what has no price although others have, and sizes and prices that nothing is paid by.
    pub(super) fn idle_prices(&mut self, system: &System) {
        let written = self.written;
        self.idle_storage(system);
        let Some(tariff) = &system.tariff else {
            if let Some(path) = self.first_size() {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let help = "add the section [cost] with \"transfer\", or leave out \"size\"";
                self.warning(&path, "\"size\" has no effect: nothing is paid for what is moved", help);
            }
            return;
        };
        for service in &system.services {
            let is_free = !service.price.replica.is_positive() && !service.price.request.is_positive();
            let is_free = is_free && (!service.price.storage.is_positive() || service.data.is_none());
            let has_hosts =
                service.on_hosts.is_some() && tariff.hosts.iter().any(|price| price.is_positive());
            let is_free = is_free && !has_hosts;
            let is_paid = |price: &InvocationPrice| price.has_memory() || price.request.is_positive();
            let is_free = is_free && !service.function.as_ref().is_some_and(|one| is_paid(&one.price));
            let is_free = is_free && !service.population.as_ref().is_some_and(|one| is_paid(&one.price));
            if is_free && service.gateway.is_none() && service.events.is_none() {
                let message = format!("\"{}\" has no price and costs nothing", service.name);
                self.warning(&["service", &service.name], message, "add \"price\", or \"replica\" to [cost]");
            }
        }
        let size = self.first_size();
        match (tariff.has_transfer(), size) {
            (true, None) if written.cost.is_some() && self.is_written(&["cost", "transfer"]) => {
                let help = "give calls a \"size\"";
                self.warning(&["cost", "transfer"], "nothing is moved: no call has a size", help);
            }
            (false, Some(path)) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let help = "add \"transfer\" to [cost], or leave out \"size\"";
                self.warning(&path, "\"size\" has no effect: nothing is paid for what is moved", help);
            }
            _ => {}
        }
    }

    /// Where the first call with a size stands.
    fn first_size(&self) -> Option<[String; 5]> {
        let written = self.written;
        let of = |kind: &str, name: &str, calls: &Calls| {
            let sized = calls.0.iter().enumerate().find(|(_, call)| call.entry.size.is_some());
            sized.map(|(number, call)| {
                let number = call.place.unwrap_or(number).to_string();
                [kind.to_owned(), name.to_owned(), "calls".to_owned(), number, "size".to_owned()]
            })
        };
        let clients = written.clients.0.iter().filter_map(|(name, client)| {
            client.as_ref().and_then(|client| of("client", &name.text, &client.keys.calls))
        });
        let services = written.services.0.iter().filter_map(|(name, service)| {
            service.as_ref().and_then(|service| of("service", &name.text, &service.keys.calls))
        });
        clients.chain(services).next()
    }
}
