//! Functions and the accounts that they share.

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Name};
use crate::kernel::distribution::Distribution;
use crate::model::cost::{InvocationPrice, PerGbSecond, PerRequest};
use crate::model::fleet::Replica;
use crate::model::function::{Account, Function, Surplus, Waits};
use crate::scenario::written::account::AccountSection;
use crate::scenario::written::by_region::ByRegion;
use crate::scenario::written::function::{FunctionKeys, Memory};
use crate::scenario::written::provisioned::ProvisionedKeys;
use crate::scenario::written::service::{Limit, ServiceKeys, ServiceSection};
use crate::units::{RegionId, SimDuration, ZoneId};

/// Keys of fleets, and what a function has instead.
const OF_FLEETS: [(&str, &str); 19] = [
    ("replicas", "a function has \"max_instances\" and \"provisioned\""),
    ("active", "a function has \"max_instances\" and \"provisioned\""),
    ("standby", "an instance of a function that fails is replaced by the next request's"),
    ("autoscaling", "instances of a function come with its requests"),
    ("quorum", "a function is up while it could start an instance"),
    ("speed", "a function has \"memory\""),
    ("queue", "a function has \"pending\""),
    ("balancing", "a function has \"choice\""),
    ("health_check", "nobody checks instances of a function"),
    ("liveness", "nobody checks instances of a function"),
    ("outlier_detection", "nobody ejects instances of a function"),
    ("admission", "a function has \"max_instances\" and \"reserved\""),
    ("ramp_up", "instances of a function do not come back"),
    ("drain", "an instance goes when it has nothing to do"),
    ("slot", "an instance of a function is busy while its calls are out"),
    ("cores", "instances of a function stand in zones, on no host"),
    ("memory", "the memory of an instance stands in \"function\""),
    ("spread", "instances of a function are in all zones in turn"),
    ("data", "an instance of a function keeps nothing"),
];

/// How fast an instance works with a memory.
pub(super) fn speed(function: &FunctionKeys, memory: Option<Memory>) -> f64 {
    let Some(memory) = memory else { return 1.0 };
    let slower = function.cpu_at.unwrap_or(Memory::PROCESSOR).bytes / memory.bytes;
    let bound = function.cpu_bound.get();
    1.0 / (bound * slower + (1.0 - bound))
}

/// Nothing is paid.
fn free() -> InvocationPrice {
    InvocationPrice {
        request: PerRequest::default(),
        duration: PerGbSecond::default(),
        round: SimDuration::from_nanos(1_000_000),
        init: false,
        provisioned: PerGbSecond::default(),
        provisioned_duration: None,
    }
}

impl Checker<'_> {
    /// The seats of a function in its regions: those with an instance at the start, and all of them, region by region.
    pub(super) fn place_function(
        &mut self,
        layout: &Layout,
        (name, keys): (&str, &ServiceKeys),
        (function, total): (&FunctionKeys, &mut u64),
        most_places: u64,
    ) -> Option<(u32, Vec<Replica>)> {
        let named = keys.region.as_ref().map(|regions| regions.0.iter().map(Some).collect());
        let named: Vec<Option<&Name>> = named.unwrap_or_else(|| vec![None]);
        let found: Vec<Option<RegionId>> =
            named.into_iter().map(|region| self.region(layout, region, &["service", name])).collect();
        let regions: Vec<RegionId> = found.into_iter().collect::<Option<_>>()?;
        if function.population {
            if let [_, second, ..] = keys.region.as_ref().map_or(&[][..], |regions| &regions.0) {
                let error = Diagnostic::error(second.span, "a population of functions is in one region");
                self.findings.push(error.help("name one, or write a population for each region"));
            }
            return Some(Self::place_population(layout, regions[0], total));
        }
        let stands = self.stands_in_regions(keys, function);
        *total += stands.iter().map(|stand| u64::from(stand.seats)).sum::<u64>();
        if *total > most_places {
            let message =
                format!("all services together have more than {most_places} replicas and instances");
            self.error(&["service", name, "function"], message, "give a smaller \"max_instances\"");
            return None;
        }
        let speed = self.speed_of(name, function);
        let seats = stands.iter().flat_map(|stand| {
            let region = stand.region.index();
            let (first, zones) = (layout.first_zone(region), layout.regions[region].zones);
            let zone = move |number: u32| ZoneId(first + number % zones);
            (0..stand.seats).map(move |number| Replica { zone: zone(number), speed })
        });
        Some((stands.iter().map(|stand| stand.provisioned).sum(), seats.collect()))
    }

    /// A population is one replica, in the first zone of its region; its instances are in all of them in turn.
    fn place_population(layout: &Layout, region: RegionId, total: &mut u64) -> (u32, Vec<Replica>) {
        *total += 1;
        (1, vec![Replica { zone: ZoneId(layout.first_zone(region.index())), speed: 1.0 }])
    }

    /// How fast an instance works, by its memory.
    fn speed_of(&mut self, name: &str, function: &FunctionKeys) -> f64 {
        if function.memory.is_none() {
            for key in ["cpu_at", "cpu_bound"] {
                let path = ["service", name, "function", key];
                if self.is_written(&path) {
                    self.error(&path, format!("\"{key}\" says nothing without \"memory\""), "add \"memory\"");
                }
            }
        }
        speed(function, function.memory)
    }

    /// What a service is as a function, if it is one, with a report for what is impossible about it.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no function")]
    pub(super) fn function(&mut self, name: &str, section: &ServiceSection) -> Option<Option<Function>> {
        let Some(keys) = &section.keys.function else {
            self.no_versions(name, &section.keys);
            return Some(None);
        };
        let is_in_several = section.keys.region.as_ref().is_some_and(|regions| regions.0.len() > 1);
        for (key, instead) in OF_FLEETS {
            let path = ["service", name, key];
            let chooses = is_in_several && !keys.population && key == "balancing";
            if self.is_written(&path) && !chooses {
                self.error(&path, format!("\"{key}\" belongs to a fleet"), instead);
            }
        }
        if keys.population {
            return Some(None);
        }
        self.function_starts(name, &section.keys, keys);
        self.function_limits(name, keys);
        self.possible(&["service", name, "function", "keep_alive"], keys.keep_alive.policy.check());
        self.function_regions(name, &section.keys, keys);
        if !self.knows_accounts(keys) {
            return None;
        }
        let price = self.price_of_function(name, keys);
        let cold_demand = self.optional_law(keys.cold_demand.as_ref());
        let lifetime = self.optional_law(keys.lifetime.as_ref());
        let provisioning = self.law(&keys.provisioning);
        Some(Some(Function {
            cold_demand: cold_demand?,
            keep_alive: keys.keep_alive.policy.clone(),
            lifetime: lifetime?,
            choice: keys.choice,
            waits: keys.waits,
            surplus: keys.surplus.unwrap_or(Surplus::Keep),
            regions: self.stands_in_regions(&section.keys, keys),
            provisioning: provisioning?,
            scale_up: keys.scale_up.clone(),
            pending: match keys.pending.0.capacity {
                Limit::Number(capacity) => Some(capacity),
                Limit::Unlimited => None,
            },
            max_duration: keys.max_duration,
            after_failure: keys.after_failure,
            price,
            megabytes: keys.memory.map_or(0.0, |memory| memory.bytes / 1e6),
        }))
    }

    /// What is paid for a function: its own price, or that of all.
    pub(super) fn price_of_function(&mut self, name: &str, keys: &FunctionKeys) -> InvocationPrice {
        let common = self.written.cost.as_ref().and_then(|cost| cost.function.as_ref());
        let Some(price) = keys.price.as_ref().or(common).cloned() else { return free() };
        if price.has_memory() && !self.knows_memory(name, keys) {
            let message = "memory over time is paid for, and this function says nothing of its memory";
            self.error(&["service", name, "function"], message, "add \"memory\"");
        }
        if price.round.is_zero() {
            let help = "expected more than zero, such as \"1ms\"";
            let path = ["service", name, "function", "price", "round"];
            self.error(&path, "times cannot be rounded up to nothing", help);
        }
        price
    }

    /// How long those wait that find no instance, if that has an end.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no end")]
    pub(super) fn pending_patience(&mut self, keys: &ServiceKeys) -> Option<Option<Distribution>> {
        let law = keys.function.as_ref().and_then(|function| function.pending.0.patience.as_ref());
        self.optional_law(law)
    }

    fn function_starts(&mut self, name: &str, service: &ServiceKeys, keys: &FunctionKeys) {
        let at = |key| ["service", name, "function", key];
        if keys.cold_demand.is_some() && service.start.is_some() {
            let message = "\"cold_demand\" is the whole first response, and \"start\" a part of it";
            self.error(&at("cold_demand"), message, "leave one of them out");
        }
        if keys.surplus.is_some() && keys.waits == Waits::Own {
            let message = "each start has a request that waits for it, so none is left over";
            self.error(&at("surplus"), message, "leave it out, or write waits = \"first\"");
        }
        if keys.provisioned.is_none() && self.is_written(&at("provisioning")) {
            self.error(&at("provisioning"), "no instance is provisioned", "add \"provisioned\"");
        }
    }

    fn function_limits(&mut self, name: &str, keys: &FunctionKeys) {
        let at = |key| ["service", name, "function", key];
        let least = |numbers: &Option<ByRegion<u32>>| numbers.as_ref()?.values().copied().min();
        if least(&keys.max_instances) == Some(0) {
            let help = "expected 1 or more; \"reserved = 0\" takes no requests";
            self.error(&at("max_instances"), "a function without instances serves nobody", help);
        }
        let provisioned = keys.provisioned.most();
        if let Some(max) = least(&keys.max_instances).filter(|max| *max < provisioned) {
            let message = format!("{provisioned} instances are provisioned, and there are at most {max}");
            self.error(&at("provisioned"), message, &format!("expected at most {max}"));
        }
        if let Some(reserved) = least(&keys.reserved).filter(|reserved| *reserved < provisioned) {
            let message = format!("{provisioned} instances are provisioned, and {reserved} reserved");
            self.error(&at("provisioned"), message, "provisioned instances are part of the reserved ones");
        }
        if let Some(scale_up) = keys.scale_up.as_ref().filter(|one| one.burst == 0) {
            let message = format!("a burst of {} never starts an instance", scale_up.burst);
            self.error(&["service", name, "function", "scale_up", "burst"], message, "expected 1 or more");
        }
        if keys.max_duration.is_some_and(SimDuration::is_zero) {
            let help = "expected more than zero; leave it out for no limit";
            self.error(&at("max_duration"), "every request would be killed at once", help);
        }
        if keys.rate_per_concurrency.is_some_and(|rate| rate <= 0.0) {
            let help = "expected more than 0";
            self.error(&at("rate_per_concurrency"), "no request may ever come", help);
        }
    }

    /// All accounts, with a report for each whose functions set more aside than there is.
    pub(super) fn accounts(&mut self, layout: &Layout) -> Vec<Account> {
        let written = self.written;
        let mut accounts = Vec::with_capacity(written.accounts.0.len());
        for (name, section) in &written.accounts.0 {
            let Some(section) = section else { continue };
            if section.concurrency == 0 {
                let help = "expected 1 or more";
                self.error(&["account", &name.text, "concurrency"], "no function may ever run", help);
            }
            if section.burst.is_some() && section.rate.is_none() {
                let help = "add \"rate\", or leave it out";
                self.error(&["account", &name.text, "burst"], "there is no rate to exceed", help);
            }
            if let Some(region) = &section.region {
                self.region(layout, Some(region), &[]);
            }
        }
        for (number, region) in self.accounts_in_regions.clone() {
            let (name, section) = &written.accounts.0[number as usize];
            let Some(section) = section else { continue };
            self.set_too_much_aside(&name.text, region, section);
            let (at_start, _) = self.set_aside(&name.text, region, ProvisionedKeys::at_start);
            accounts.push(Account {
                name: name.text.clone(),
                region,
                pool: u64::from(section.concurrency).saturating_sub(at_start) as u32,
                scale_up: section.scale_up.clone(),
            });
        }
        accounts
    }

    /// Reports an account whose functions set more aside in a region than there is.
    fn set_too_much_aside(&mut self, name: &str, region: RegionId, section: &AccountSection) {
        let (set_aside, reserved) = self.set_aside(name, region, ProvisionedKeys::most);
        let free = section.concurrency.saturating_sub(section.unreserved_min);
        let is_too_much = set_aside > u64::from(section.concurrency) || reserved > u64::from(free);
        if section.concurrency > 0 && is_too_much {
            let known = &self.written.regions.0;
            let place = match known.get(region.index()) {
                Some((region, _)) if known.len() > 1 => format!(" in region \"{}\"", region.text),
                _ => String::new(),
            };
            let message = format!(
                "functions set {set_aside} of {} aside{place}, and {} are for all",
                section.concurrency, section.unreserved_min
            );
            let help = format!("give less \"reserved\" and \"provisioned\", together at most {free}");
            self.error(&["account", name, "concurrency"], message, &help);
        }
    }

    /// Whether there are all accounts that a function names, with a report for each that is not.
    pub(super) fn knows_accounts(&mut self, keys: &FunctionKeys) -> bool {
        let named: Vec<Name> = keys.account.iter().flat_map(ByRegion::values).cloned().collect();
        let known =
            named.iter().filter(|name| self.number("account", &self.written.accounts, name).is_some());
        known.count() == named.len()
    }

    fn functions_of<'w>(&'w self, account: &'w str) -> impl Iterator<Item = &'w FunctionKeys> + 'w {
        let sections = self.written.services.0.iter().filter_map(|(_, section)| section.as_ref());
        let functions = sections.filter_map(|section| section.keys.function.as_ref());
        functions
            .filter(move |one| one.account.iter().flat_map(ByRegion::values).any(|name| name.text == account))
    }

    pub(super) fn has_functions(&self, account: &str) -> bool {
        self.functions_of(account).next().is_some()
    }

    pub(super) fn has_gateways(&self, account: &str) -> bool {
        let gateways = self.written.gateways.0.iter().filter_map(|(_, section)| section.as_ref());
        gateways.filter_map(|gateway| gateway.account.as_ref()).any(|name| name.text == account)
    }
}
