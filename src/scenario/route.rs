//! Clients that ask for paths get the calls to which their routes lead, and calls of gateways the routes that they take.

use std::collections::BTreeMap;

use super::gateway::{Gateways, Taken};
use super::written::Written;
use super::written::call::{CallEntry, CallKeys, Calls, PolicyKeys, WaitFor};
use super::written::client::ClientKeys;
use crate::document::{Diagnostic, Diagnostics, Name};
use crate::model::call::Choose;
use crate::model::event::Invoke;
use crate::model::routing::Prefixes;
use crate::units::Probability;

/// What sums of shares written in decimals may be away from 1 by rounding.
const ROUNDING: f64 = 1e-9;

/// Replaces the paths of every client by calls: of one of the services to which its paths lead, each as often as they
/// are asked for. Every path of one text takes the same route, so nothing is left to look up while time runs.
pub(super) fn direct(written: &mut Written, gateways: &Gateways, findings: &mut Diagnostics) {
    let mut prefixes = Prefixes::default();
    let mut services = Vec::new();
    for (name, section) in &written.routes.0 {
        let Some(section) = section else { continue };
        if section.gateway.is_some() {
            continue;
        }
        if let Err(why) = prefixes.add(&section.prefix.text, services.len()) {
            let message = format!("the route \"{}\" is impossible", name.text);
            findings.push(Diagnostic::error(section.prefix.span, message).help(why));
        }
        if written.services.called(&section.service.text).is_none() {
            let Name { text, span } = &section.service;
            findings.push(Diagnostic::unknown(*span, "service", text, written.services.names()));
        }
        services.push(section.service.clone());
    }
    for client in written.clients.0.iter_mut().filter_map(|(_, client)| client.as_mut()) {
        if !client.keys.paths.is_empty() {
            check_shares(&client.keys, findings);
        }
        if gateways.are_called(&client.keys.calls) {
            client.keys.calls = through(&client.keys, gateways, findings);
        } else if !client.keys.paths.is_empty() {
            client.keys.calls = calls(&client.keys, &prefixes, &services, findings);
        }
    }
    let services = written.services.0.iter_mut().filter_map(|(_, service)| service.as_mut());
    for service in services.filter(|service| service.gateway.is_none()) {
        for call in &mut service.keys.calls.0 {
            gateways.lead(call, findings);
        }
    }
}

/// Reports shares of paths that do not add up.
fn check_shares(keys: &ClientKeys, findings: &mut Diagnostics) {
    let sum: f64 = keys.paths.iter().map(|path| path.share.get()).sum();
    if (sum - 1.0).abs() > ROUNDING {
        let error = Diagnostic::error(
            keys.paths[0].path.span,
            format!("the shares of paths add up to {}", (sum / ROUNDING).round() * ROUNDING),
        );
        findings.push(error.help("each request asks for one path: expected 1"));
    }
}

/// The calls of a client that calls gateways: instead of each of them one for each route that its paths take.
fn through(keys: &ClientKeys, gateways: &Gateways, findings: &mut Diagnostics) -> Calls {
    let all = &keys.calls.0;
    let mut found = Vec::new();
    let draws = |call: &&CallKeys| gateways.is_gateway(&call.entry.service) && call.entry.path.is_none();
    if let Some(first) = keys.paths.first()
        && all.iter().find(draws).is_none()
    {
        let error = Diagnostic::error(first.path.span, "no call asks for these paths").label("not used");
        findings.push(error.help("leave out \"paths\", or the \"path\" of a call of a gateway"));
    }
    for (place, call) in all.iter().enumerate() {
        let place = Some(place);
        if !draws(&call) || keys.paths.is_empty() {
            let mut call = call.clone();
            gateways.lead(&mut call, findings);
            found.push(CallKeys { place, ..call });
            continue;
        }
        let mut taken: BTreeMap<u32, f64> = BTreeMap::new();
        for one in &keys.paths {
            match gateways.route(&call.entry.service, &one.path, findings) {
                Taken::Route(route) => *taken.entry(route).or_default() += one.share.get(),
                Taken::Unknown => {}
            }
        }
        let is_only = taken.len() == 1;
        let beside = all.iter().filter(|other| other.entry.step == call.entry.step);
        let (mut others, mut is_one) = (0, false);
        for other in beside {
            others += 1;
            is_one |= other.entry.choose == Some(Choose::One);
        }
        let is_impossible = !is_only && others > 1 && !is_one;
        if is_impossible {
            let message = "which path is asked for cannot be drawn beside other calls of the same step";
            let error =
                Diagnostic::error(call.entry.service.span, message).label("takes one of several routes");
            findings.push(error.help("give the call a \"step\" of its own, or the step choose = \"one\""));
        }
        found.extend(taken.into_iter().map(|(route, share)| {
            let share = if is_only { 1.0 } else { share.min(1.0) };
            let probability = Probability::new(call.entry.probability.get() * share).unwrap_or_default();
            let choose = if is_only || is_impossible { call.entry.choose } else { Some(Choose::One) };
            let entry = CallEntry { probability, choose, ..call.entry.clone() };
            CallKeys { entry, policy: call.policy.clone(), route: Some(route), name: call.name, place }
        }));
    }
    Calls(found)
}

fn calls(keys: &ClientKeys, prefixes: &Prefixes, services: &[Name], findings: &mut Diagnostics) -> Calls {
    let first = keys.paths[0].path.span;
    if !keys.calls.0.is_empty() {
        let error = Diagnostic::error(first, "a client has calls or paths, not both");
        findings.push(error.help("leave out \"calls\""));
    }
    let mut found: BTreeMap<&str, (&Name, f64)> = BTreeMap::new();
    for one in &keys.paths {
        let Some(route) = prefixes.route(&one.path.text) else {
            let message = format!("no route covers \"{}\"", one.path.text);
            let error = Diagnostic::error(one.path.span, message).label("leads nowhere");
            findings.push(error.help("add a route such as { prefix = \"/\", service = \"web\" }"));
            continue;
        };
        found.entry(&services[route].text).or_insert((&services[route], 0.0)).1 += one.share.get();
    }
    let is_only = found.len() == 1;
    let call = |(service, share): (&Name, f64)| CallKeys {
        entry: CallEntry {
            service: service.clone(),
            path: None,
            size: None,
            probability: Probability::new(if is_only { 1.0 } else { share.min(1.0) }).unwrap_or_default(),
            count: 1,
            wait_for: WaitFor::All,
            optional: false,
            invoke: Invoke::Sync,
            step: 1,
            choose: (!is_only).then_some(Choose::One),
        },
        policy: PolicyKeys::default(),
        route: None,
        name: None,
        place: None,
    };
    Calls(found.into_values().map(call).collect())
}
