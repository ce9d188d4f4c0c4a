//! A scenario with every default filled in.

use super::Scenario;
use super::check::drain;
use super::variant;
use super::written::call::PolicyKeys;
use super::written::claim::ClaimSection;
use super::written::fault::{FaultKeys, FaultSection};
use super::written::monitor::MonitorKeys;
use super::written::resilience::RetryKeys;
use super::written::run::RegionSection;
use super::written::{self, Written};
use crate::document::{Diagnostics, Name, Span};
use crate::model::call::OnTimeout;
use crate::model::fault::{Fault, FaultKind};
use crate::units::Probability;

/// The scenario as TOML with every default filled in; it loads to the same scenario. What choices of variants say is in it, so
/// that there is nothing left to choose: variants are left out, and claims that compare their choices.
pub fn resolved(scenario: &Scenario) -> String {
    table(scenario).to_string()
}

/// The same as a table.
pub(super) fn table(scenario: &Scenario) -> toml::Table {
    let mut written = written::read(&scenario.document, &mut Diagnostics::default());
    written::look_up(&mut written, &scenario.own, &mut Diagnostics::default());
    let name = |text: &str| Name { text: text.to_owned(), span: Span::default() };
    written.name = Some(name(&scenario.name));
    if written.regions.0.is_empty() {
        let regions = scenario.system.regions.iter();
        written.regions.0 = regions
            .map(|one| {
                (
                    name(&one.name),
                    Some(RegionSection { zones: one.zones, racks: one.racks, hosts: one.hosts, host: None }),
                )
            })
            .collect();
    }
    let variants = variant::names(&scenario.document);
    let compares = |claim: &ClaimSection| {
        claim.keys.vary.as_ref().is_some_and(|vary| variants.contains(&vary.path.text.as_str()))
    };
    written.claims.retain(|claim| !compares(claim));
    fill(&mut written, &scenario.system.faults);
    written::write(&written)
}

/// Defaults that depend on other keys.
fn fill(written: &mut Written, faults: &[Fault]) {
    if let Some(run) = &mut written.run {
        run.0.drain = Some(drain(&run.0));
    }
    for client in written.clients.0.iter_mut().filter_map(|(_, client)| client.as_mut()) {
        fill_policy(&mut client.policy);
    }
    for service in written.services.0.iter_mut().filter_map(|(_, service)| service.as_mut()) {
        if !service.keys.calls.0.is_empty() {
            fill_policy(&mut service.policy);
        }
    }
    for monitor in written.monitors.0.iter_mut().filter_map(|(_, monitor)| monitor.as_mut()) {
        if let MonitorKeys::Alarm(alarm) = &mut monitor.kind {
            alarm.periods.get_or_insert(alarm.datapoints);
        }
    }
    let sections = written.faults.0.iter_mut().filter_map(|(_, fault)| fault.as_mut());
    for (section, fault) in sections.zip(faults) {
        fill_fault(section, fault);
    }
}

fn fill_policy(policy: &mut PolicyKeys) {
    policy.on_timeout.get_or_insert(OnTimeout::Abandon);
    policy.deadline_propagation.get_or_insert(false);
    policy.retry.get_or_insert_with(RetryKeys::none);
    policy.idempotent.get_or_insert(Probability::ONE);
}

/// What depends on what is struck was found out when the scenario was checked.
fn fill_fault(section: &mut FaultSection, fault: &Fault) {
    if section.keys.time_to_failure.is_some() {
        section.keys.clock.get_or_insert(fault.clock);
        section.keys.start.get_or_insert(fault.start);
    }
    if let (FaultKeys::Crash(keys), FaultKind::Crash(crash)) = (&mut section.kind, &fault.kind) {
        keys.waiting.get_or_insert(crash.waiting);
        keys.arriving.get_or_insert(crash.arriving);
        keys.signal.get_or_insert(crash.signal);
    }
}
