//! Gateways become services that are never busy, with the calls of all their routes; who calls one is told which of them
//! its path takes.

use super::written::balancing::KnowledgeKeys;
use super::written::call::{CallEntry, CallKeys, Calls, PolicyKeys};
use super::written::fault::Several;
use super::written::gateway::{GatewayRoute, GatewaySection, Routes};
use super::written::run::RegionSection;
use super::written::service::{Limit, Replicas, ServiceKeys, ServiceSection};
use super::written::{Named, Written};
use crate::document::{Diagnostic, Diagnostics, Fields, Name, Section, Span, Table};
use crate::model::balancing::Locality;
use crate::model::fleet::Slot;
use crate::model::routing::Prefixes;

/// The gateways of a scenario, and where their paths lead.
pub(super) struct Gateways {
    /// Each with its prefixes, if it could be read.
    all: Vec<(String, Option<Prefixes>)>,
}

/// What a path leads to.
pub(super) enum Taken {
    /// A route, by its number.
    Route(u32),
    /// Nothing: reported.
    Unknown,
}

impl Gateways {
    fn find(&self, name: &Name) -> Option<&Prefixes> {
        self.all.iter().find(|(one, _)| *one == name.text).and_then(|(_, prefixes)| prefixes.as_ref())
    }

    /// Whether a gateway has this name.
    pub(super) fn is_gateway(&self, name: &Name) -> bool {
        self.all.iter().any(|(one, _)| *one == name.text)
    }

    /// Whether any of the calls has to do with a gateway.
    pub(super) fn are_called(&self, calls: &Calls) -> bool {
        calls.0.iter().any(|call| call.entry.path.is_some() || self.is_gateway(&call.entry.service))
    }

    /// The route of a gateway that a path takes.
    pub(super) fn route(&self, gateway: &Name, path: &Name, findings: &mut Diagnostics) -> Taken {
        // What is wrong with one that could not be read is said.
        let Some(prefixes) = self.find(gateway) else { return Taken::Unknown };
        if let Some(route) = prefixes.route(&path.text) {
            return Taken::Route(route as u32);
        }
        let message = format!("no route of the gateway \"{}\" covers \"{}\"", gateway.text, path.text);
        let error = Diagnostic::error(path.span, message).label("leads nowhere");
        findings.push(error.help("add a route such as { prefix = \"/\", service = \"web\" }"));
        Taken::Unknown
    }

    /// Finds out which route a call with a path of its own takes.
    pub(super) fn lead(&self, call: &mut CallKeys, findings: &mut Diagnostics) {
        let CallEntry { service, path, .. } = &call.entry;
        match (self.is_gateway(service), path) {
            (true, Some(path)) => {
                if let Taken::Route(route) = self.route(service, path, findings) {
                    call.route = Some(route);
                }
            }
            (true, None) => {
                let message = format!("the gateway \"{}\" is called without a path", service.text);
                let error = Diagnostic::error(service.span, message).label("a gateway");
                findings.push(error.help("add \"path\" to the call, or \"paths\" to the client"));
            }
            (false, Some(path)) => {
                let message =
                    format!("\"{}\" is no gateway, and only these are asked for paths", service.text);
                findings.push(Diagnostic::error(path.span, message).help("leave out \"path\""));
            }
            (false, None) => {}
        }
    }
}

/// Puts a service into the place of each gateway.
pub(super) fn take_in(written: &mut Written, findings: &mut Diagnostics) -> Gateways {
    let names: Vec<String> = written.gateways.0.iter().map(|(name, _)| name.text.clone()).collect();
    if !names.is_empty() {
        refuse(written, &names, findings);
    }
    let mut all = Vec::new();
    for number in 0..written.gateways.0.len() {
        let (name, section) = written.gateways.0[number].clone();
        if written.services.number(&name.text).is_some() {
            let message = format!("\"{}\" is a service too", name.text);
            let error = Diagnostic::error(name.span, message).label("named twice");
            findings.push(error.help("gateways are called as services are: give each a name of its own"));
            all.push((name.text.clone(), None));
            continue;
        }
        let place = written.services.0.partition_point(|(one, _)| one.text < name.text);
        let (service, prefixes) = section.map(|section| service(written, &name, &section, findings)).unzip();
        all.push((name.text.clone(), prefixes));
        written.services.0.insert(place, (name, service));
    }
    unknown_gateways(written, findings);
    Gateways { all }
}

/// The service that does the work of a gateway, and its prefixes.
fn service(
    written: &Written,
    name: &Name,
    section: &GatewaySection,
    findings: &mut Diagnostics,
) -> (ServiceSection, Prefixes) {
    let routes = routes(written, name, section);
    if routes.is_empty() {
        let error = Diagnostic::error(name.span, "a gateway has at least one route");
        findings.push(error.help("add routes = [{ prefix = \"/\", service = \"web\" }]"));
    }
    let mut prefixes = Prefixes::default();
    for (number, (route, _)) in routes.iter().enumerate() {
        if let Err(why) = prefixes.add(&route.prefix.text, number) {
            let error = Diagnostic::error(route.prefix.span, "this route is impossible");
            findings.push(error.help(why));
        }
    }
    let (empty, mut none) = (Table::default(), Diagnostics::default());
    let Some(keys) = ServiceKeys::read(&mut Fields::new(&empty, Span::default(), &mut none)) else {
        unreachable!("every key of a service has a default")
    };
    let mut balancing = keys.balancing.clone();
    balancing.common.locality = Locality::Zone;
    balancing.common.knowledge = KnowledgeKeys::Perfect;
    let keys = ServiceKeys {
        region: section.region.clone().map(|region| Several(vec![region])),
        replicas: Replicas::Number(nodes(&written.regions, section.region.as_ref())),
        concurrency: Limit::Unlimited,
        demand: section.latency.clone(),
        slot: Slot::Released,
        calls: calls(section, &routes),
        balancing,
        ..keys
    };
    let policy = PolicyKeys { on_timeout: Some(section.on_timeout), ..PolicyKeys::default() };
    let gateway = Some(Routes { all: routes, authorises: section.authorise.is_some() });
    (ServiceSection { keys, policy, gateway }, prefixes)
}

/// A node in each zone of its region.
fn nodes(regions: &Named<RegionSection>, region: Option<&Name>) -> u32 {
    let found = match region {
        Some(name) => regions.0.iter().find(|(one, _)| one.text == name.text),
        None => regions.0.first(),
    };
    found.and_then(|(_, section)| section.as_ref()).map_or(1, |section| section.zones).max(1)
}

/// The routes of a gateway: its own, and those of sections.
fn routes(written: &Written, name: &Name, section: &GatewaySection) -> Vec<(GatewayRoute, Span)> {
    let own = section.routes.iter().map(|route| (route.clone(), route.prefix.span));
    let sections = written.routes.0.iter().filter_map(|(_, route)| route.as_ref());
    let of_it = sections.filter(|route| route.gateway.as_ref().is_some_and(|one| one.text == name.text));
    let others = of_it.map(|route| {
        let one = GatewayRoute {
            prefix: route.prefix.clone(),
            service: route.service.clone(),
            timeout: route.timeout,
            throttle: route.throttle.clone(),
        };
        (one, route.prefix.span)
    });
    let mut all: Vec<(GatewayRoute, Span)> = own.chain(others).collect();
    // The order of a file changes nothing.
    all.sort_by(|(one, _), (other, _)| one.prefix.text.cmp(&other.prefix.text));
    all
}

/// The calls of all routes, one route after another: who authorises is asked in a step before.
fn calls(section: &GatewaySection, routes: &[(GatewayRoute, Span)]) -> Calls {
    let mut calls = Vec::new();
    let mut add = |service: &Name, policy: PolicyKeys| {
        calls.push(CallKeys::plain(service, calls.len() as u32 + 1, policy));
    };
    for (route, _) in routes {
        if let Some(authorise) = &section.authorise {
            add(&authorise.entry.service, authorise.policy.clone());
        }
        // One of zero is reported where it is written.
        let timeout = route.timeout.or(section.timeout).filter(|timeout| !timeout.is_zero());
        add(&route.service, PolicyKeys { timeout, ..PolicyKeys::default() });
    }
    Calls(calls)
}

/// Reports whoever goes to a gateway without a path.
fn refuse(written: &Written, gateways: &[String], findings: &mut Diagnostics) {
    let mut report = |name: &Name, what: &str, help: &str| {
        if gateways.contains(&name.text) {
            let message = format!("\"{}\" is a gateway, and {what}", name.text);
            findings.push(Diagnostic::error(name.span, message).label("a gateway").help(help));
        }
    };
    let no_path = "what takes the place of a call asks for no path";
    let behind = "no gateway stands behind a gateway";
    let name_it = "name the service behind it";
    let fallback = |policy: &PolicyKeys| policy.fallback.as_ref().and_then(|one| one.service.clone());
    for (_, client) in &written.clients.0 {
        let Some(client) = client else { continue };
        let calls = client.keys.calls.0.iter().map(|call| &call.policy);
        calls.chain([&client.policy]).filter_map(fallback).for_each(|name| report(&name, no_path, name_it));
    }
    for (_, service) in &written.services.0 {
        let Some(service) = service else { continue };
        let calls = service.keys.calls.0.iter().map(|call| &call.policy);
        calls.chain([&service.policy]).filter_map(fallback).for_each(|name| report(&name, no_path, name_it));
        if let Some(store) = service.keys.idempotency.as_ref().and_then(|own| own.store.as_ref()) {
            report(store, "a store is asked without a path", name_it);
        }
        for next in &service.keys.next {
            report(&next.service, "requests are passed on without a path", "call it instead");
        }
    }
    for (_, gateway) in &written.gateways.0 {
        let Some(gateway) = gateway else { continue };
        gateway.routes.iter().for_each(|route| report(&route.service, behind, name_it));
        if let Some(authorise) = &gateway.authorise {
            report(&authorise.entry.service, behind, name_it);
            if let Some(name) = fallback(&authorise.policy) {
                report(&name, no_path, name_it);
            }
        }
    }
    for (_, route) in &written.routes.0 {
        let Some(route) = route else { continue };
        let what =
            if route.gateway.is_some() { behind } else { "a route without a gateway leads to a service" };
        report(&route.service, what, name_it);
    }
}

/// Reports sections `route` of gateways that there are not, and what only those of a gateway say.
fn unknown_gateways(written: &Written, findings: &mut Diagnostics) {
    for (name, route) in &written.routes.0 {
        let Some(route) = route else { continue };
        match &route.gateway {
            Some(gateway) if written.gateways.number(&gateway.text).is_none() => {
                let Name { text, span } = gateway;
                findings.push(Diagnostic::unknown(*span, "gateway", text, written.gateways.names()));
            }
            None if route.timeout.is_some() || route.throttle.is_some() => {
                let key = if route.timeout.is_some() { "timeout" } else { "throttle" };
                let error =
                    Diagnostic::error(name.span, format!("\"{key}\" belongs to the route of a gateway"));
                findings.push(error.help(format!("add \"gateway\", or leave out \"{key}\"")));
            }
            _ => {}
        }
    }
}
