//! Clients that call a name get the service to which it leads, and are told which name it is.

use super::written::Written;
use super::written::call::CallKeys;
use crate::document::{Diagnostic, Diagnostics, Name};

/// Puts the service of a name into the place of each name that clients call.
pub(super) fn resolve(written: &mut Written, findings: &mut Diagnostics) {
    let Written { dns, clients, services, gateways, queues, .. } = written;
    for (name, _) in &dns.0 {
        let kinds = [
            ("service", services.number(&name.text)),
            ("gateway", gateways.number(&name.text)),
            ("queue", queues.number(&name.text)),
        ];
        for (kind, _) in kinds.into_iter().filter(|(_, number)| number.is_some()) {
            let message = format!("\"{}\" is a {kind} too", name.text);
            let error = Diagnostic::error(name.span, message).label("named twice");
            findings.push(error.help("names are called as services are: give each one of its own"));
        }
    }
    let number = |name: &Name| dns.0.iter().position(|(one, _)| one.text == name.text);
    let calls = clients.0.iter_mut().filter_map(|(_, client)| client.as_mut());
    for call in calls.flat_map(|client| &mut client.keys.calls.0) {
        let Some(number) = number(&call.entry.service) else { continue };
        // What is wrong with one that could not be read is said.
        let Some(section) = &dns.0[number].1 else { continue };
        let CallKeys { entry, name, .. } = call;
        *name = Some(number as u32);
        entry.service = section.service.clone();
    }
    let callers = services.0.iter_mut().filter_map(|(_, service)| service.as_mut());
    for call in callers.flat_map(|service| &mut service.keys.calls.0) {
        let Some(number) = number(&call.entry.service) else { continue };
        let message = format!("\"{}\" is a name, and only clients call names", call.entry.service.text);
        let error = Diagnostic::error(call.entry.service.span, message).label("a name");
        findings.push(error.help("call the service to which it leads"));
        // It is no unknown service besides.
        if let Some(section) = &dns.0[number].1 {
            call.entry.service = section.service.clone();
        }
    }
}
