//! What is said about messages and comes to nothing: losses that nothing loses, ways that no message takes.

use super::Checker;
use crate::document::Diagnostic;
use crate::model::fault::{Detection, Fault, FaultKind, Link};
use crate::model::system::System;
use crate::scenario::check::silence::{is_way_of_calls, is_way_of_checks, ways_of};
use crate::units::Probability;

/// Replicas at the ends of the ways of one fault above which it is not worked out who takes them.
const LOOKED_AT_MAX: usize = 10_000;

impl Checker<'_> {
    /// Reports what is said about messages and has no effect.
    pub(super) fn idle_messages(&mut self, system: &System) {
        self.idle_losses(system);
        self.idle_links(system);
        for fault in &system.faults {
            let (FaultKind::Partition { links, .. } | FaultKind::Network { links, .. }) = &fault.kind else {
                continue;
            };
            self.idle_factor(system, fault);
            // A request that is passed on is answered by who never was called.
            let is_passed_on = system.services.iter().any(|service| !service.next.is_empty());
            let is_large = fault.units.iter().map(|unit| unit.replicas.len()).sum::<usize>() > LOOKED_AT_MAX;
            if !is_passed_on && !is_large {
                self.idle_ways(system, (fault, links));
            }
        }
    }

    /// Reports what follows a loss where nothing is lost.
    fn idle_losses(&mut self, system: &System) {
        let loses = |fault: &Fault| matches!(&fault.kind, FaultKind::Network { loss, .. } if *loss > Probability::ZERO);
        if system.network.loses() || system.faults.iter().any(loses) {
            return;
        }
        for key in ["on_loss", "rto"] {
            let path = ["network", key];
            if self.is_written(&path) {
                let message = format!("\"{key}\" has no effect: nothing loses messages but partitions");
                self.warning(&path, message, "add \"loss\", here or to a fault of kind \"network\"");
            }
        }
    }

    /// Reports links that no message is on.
    fn idle_links(&mut self, system: &System) {
        let is_passed_on = system.services.iter().any(|service| !service.next.is_empty());
        let written = self.written.network.as_ref().map_or(&[][..], |network| &network.links);
        for (link, keys) in system.network.links.iter().zip(written) {
            let way = ways_of(link);
            let is_used =
                |number| is_way_of_calls(system, &way, number) || is_way_of_checks(system, &way, number);
            if !is_passed_on && self.written.queues.0.is_empty() && !(0..system.services.len()).any(is_used) {
                let message = "no message goes between these places";
                let warning = Diagnostic::warning(keys.from.span, message);
                self.findings.push(warning.help("expected places of which one calls the other"));
            }
        }
    }

    /// Reports a factor of delays where no message takes time.
    fn idle_factor(&mut self, system: &System, fault: &Fault) {
        let path = ["fault", fault.name.as_str(), "factor"];
        if system.network.is_instant() && self.is_written(&path) {
            let message = "\"factor\" has no effect: without the fault messages take no time";
            self.warning(&path, message, "give [network] delays, or add \"added\" to the fault");
        }
    }

    /// Reports ways that no message takes, and those that should be found by checks that go elsewhere.
    fn idle_ways(&mut self, system: &System, (fault, links): (&Fault, &[Link])) {
        let services = 0..system.services.len();
        let is_checked = |link: &Link| {
            let mut checked =
                services.clone().filter(|number| system.services[*number].health_check.is_some());
            checked.any(|number| is_way_of_checks(system, link, number))
        };
        let is_used = |link: &Link| {
            services
                .clone()
                .any(|number| is_way_of_calls(system, link, number) || is_way_of_checks(system, link, number))
        };
        if !links.iter().any(is_used) {
            let message = format!("no message takes the way of \"{}\"", fault.name);
            let help = "expected sides of which one calls the other, or balances its load";
            self.warning(&["fault", &fault.name, "from"], message, help);
        } else if matches!(fault.detection, Detection::HealthCheck) && !links.iter().any(is_checked) {
            let message = format!("no health check takes the way of \"{}\": it is never found", fault.name);
            let help = "checks go from load balancer instances to replicas: name \"balancer.\" and a service, \
                        or set balancers = \"caller\"";
            self.warning(&["fault", &fault.name, "detected_by"], message, help);
        }
    }
}
