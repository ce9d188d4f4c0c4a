//! Clients that ask for paths get the calls to which their routes lead.

use std::collections::BTreeMap;

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
pub(super) fn direct(written: &mut Written, findings: &mut Diagnostics) {
    let mut prefixes = Prefixes::default();
    let mut services = Vec::new();
    for (name, section) in &written.routes.0 {
        let Some(section) = section else { continue };
        if let Err(why) = prefixes.add(&section.prefix.text, services.len()) {
            let message = format!("the route \"{}\" is impossible", name.text);
            findings.push(Diagnostic::error(section.prefix.span, message).help(why));
        }
        if written.services.number(&section.service.text).is_none() {
            let Name { text, span } = &section.service;
            findings.push(Diagnostic::unknown(*span, "service", text, written.services.names()));
        }
        services.push(section.service.clone());
    }
    for (_, client) in &mut written.clients.0 {
        if let Some(client) = client
            && !client.keys.paths.is_empty()
        {
            client.keys.calls = calls(&client.keys, &prefixes, &services, findings);
        }
    }
}

fn calls(keys: &ClientKeys, prefixes: &Prefixes, services: &[Name], findings: &mut Diagnostics) -> Calls {
    let first = keys.paths[0].path.span;
    if !keys.calls.0.is_empty() {
        let error = Diagnostic::error(first, "a client has calls or paths, not both");
        findings.push(error.help("leave out \"calls\""));
    }
    let sum: f64 = keys.paths.iter().map(|path| path.share.get()).sum();
    if (sum - 1.0).abs() > ROUNDING {
        let error = Diagnostic::error(
            first,
            format!("the shares of paths add up to {}", (sum / ROUNDING).round() * ROUNDING),
        );
        findings.push(error.help("each request asks for one path: expected 1"));
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
            probability: Probability::new(if is_only { 1.0 } else { share.min(1.0) }).unwrap_or_default(),
            count: 1,
            wait_for: WaitFor::All,
            optional: false,
            invoke: Invoke::Sync,
            step: 1,
            choose: (!is_only).then_some(Choose::One),
        },
        policy: PolicyKeys::default(),
    };
    Calls(found.into_values().map(call).collect())
}
