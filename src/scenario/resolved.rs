//! A scenario with every default filled in.

use super::Scenario;
use super::check::drain;
use super::written::call::{PolicyKeys, RetryCommon, RetryKeys};
use super::written::fault::{FaultKeys, FaultSection};
use super::written::monitor::MonitorKeys;
use super::written::run::RegionSection;
use super::written::{self, Written};
use crate::document::{Diagnostics, Fields, Name, Span, Table};
use crate::model::call::{Avoid, OnTimeout};
use crate::model::fault::{Arriving, FaultClock, FaultStart, Signal};
use crate::model::resilience::retry::RetrySettings;
use crate::reason::ReasonSet;

/// The scenario as TOML with every default filled in; it loads to the same scenario.
pub fn resolved(scenario: &Scenario) -> String {
    table(scenario).to_string()
}

/// The same as a table.
pub(super) fn table(scenario: &Scenario) -> toml::Table {
    let mut written = written::read(&scenario.document, &mut Diagnostics::default());
    let name = |text: &str| Name { text: text.to_owned(), span: Span::default() };
    written.name = Some(name(&scenario.name));
    if written.regions.0.is_empty() {
        let regions = scenario.system.regions.iter();
        written.regions.0 =
            regions.map(|one| (name(&one.name), Some(RegionSection { zones: one.zones }))).collect();
    }
    fill(&mut written);
    written::write(&written)
}

/// Defaults that depend on other keys.
pub(super) fn fill(written: &mut Written) {
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
    for fault in written.faults.0.iter_mut().filter_map(|(_, fault)| fault.as_mut()) {
        fill_fault(fault);
    }
}

fn fill_policy(policy: &mut PolicyKeys) {
    policy.on_timeout.get_or_insert(OnTimeout::Abandon);
    policy.deadline_propagation.get_or_insert(false);
    let (empty, mut findings) = (Table::default(), Diagnostics::default());
    let none = RetrySettings::read("none", &mut Fields::new(&empty, Span::default(), &mut findings));
    if let Some(none) = none.filter(|_| policy.retry.is_none()) {
        let common = RetryCommon { attempts: 1, avoid: Avoid::None, on: ReasonSet::RETRIED };
        policy.retry = Some(RetryKeys { policy: none, common });
    }
}

fn fill_fault(fault: &mut FaultSection) {
    if fault.keys.time_to_failure.is_some() {
        fault.keys.clock.get_or_insert(FaultClock::Calendar);
        fault.keys.start.get_or_insert(FaultStart::New);
    }
    if let FaultKeys::Crash(crash) = &mut fault.kind {
        let is_place = |name: &Name| name.text.starts_with("zone.") || name.text.starts_with("region.");
        let remote = fault.keys.on.0.iter().any(is_place);
        crash.arriving.get_or_insert(if remote { Arriving::Ignored } else { Arriving::Refused });
        crash.signal.get_or_insert(if remote { Signal::Silent } else { Signal::Reset });
    }
}
