//! Liveness: probes of replicas from their own hosts, and the restarts that follow, each of which is a fault.

use super::Checker;
use super::fault::one_operation;
use super::place::Layout;
use crate::document::{Diagnostic, Name, Span};
use crate::model::fault::{
    Arriving, Crash, Detection, Fault, FaultKind, InService, Signal, Trigger, Waiting,
};
use crate::model::monitoring::{Liveness, Through};
use crate::model::recovery::Recovery;
use crate::scenario::written::fault::{FaultKeys, FaultSection};
use crate::scenario::written::health_check::LivenessKeys;
use crate::scenario::written::service::ServiceSection;
use crate::units::RecoveryId;

impl Checker<'_> {
    /// The probes of a service.
    pub(super) fn liveness(&mut self, name: &str, section: &ServiceSection) -> Option<Liveness> {
        let keys = section.keys.liveness.as_ref()?;
        let at = |key| ["service", name, "liveness", key];
        for (key, value) in [("interval", keys.interval), ("timeout", keys.timeout)] {
            if value.is_zero() {
                self.error(&at(key), format!("the {key} of a probe is longer than zero"), "");
            }
        }
        if keys.timeout > keys.interval {
            let message =
                format!("a probe with a timeout of {} cannot be made every {}", keys.timeout, keys.interval);
            self.error(&at("timeout"), message, "expected at most the interval");
        }
        if keys.unhealthy_after == 0 {
            self.error(&at("unhealthy_after"), "\"unhealthy_after\" is at least 1", "");
        }
        if keys.through == Through::Queue {
            self.turns(name, section, "liveness");
        }
        let LivenessKeys { interval, timeout, unhealthy_after, initial_delay, through, .. } = *keys;
        Some(Liveness { interval, timeout, unhealthy_after, initial_delay, through })
    }

    /// What probes do to replicas, as faults that they bring about; whether all was possible.
    pub(super) fn restarts(
        &mut self,
        layout: &Layout,
        faults: &mut Vec<Fault>,
        recoveries: &mut Vec<Recovery>,
    ) -> Option<()> {
        let written = self.written;
        for (name, section) in &written.services.0 {
            let Some(keys) = section.as_ref().and_then(|section| section.keys.liveness.as_ref()) else {
                continue;
            };
            let backoff = keys.backoff.as_ref();
            let backoff =
                backoff.map(|backoff| self.restart_backoff(&["service", &name.text, "liveness"], backoff));
            let restart = self.law(&keys.restart);
            let each = Name { text: format!("service.{}.*", name.text), span: name.span };
            let struck = self.targets(layout, &[each])?;
            recoveries.push(one_operation(restarts_of(&name.text), restart?));
            let kind = FaultKind::Crash(Crash {
                in_service: InService::Lost,
                waiting: Waiting::Lost,
                arriving: Arriving::Refused,
                signal: Signal::Reset,
            });
            faults.push(Fault {
                backoff,
                recovery: Some(RecoveryId(recoveries.len() as u32 - 1)),
                ..Fault::brought_about(restarts_of(&name.text), kind, struck.units, Trigger::Unanswered)
            });
        }
        Some(())
    }

    /// Whether the probes of all these wait behind the requests.
    fn probed_in_queue(&self, services: &[usize]) -> bool {
        let mut struck = services.iter().map(|number| self.written.services.0.get(*number));
        struck.all(|service| {
            let liveness = service.and_then(|(_, section)| section.as_ref()?.keys.liveness.as_ref());
            liveness.is_some_and(|liveness| liveness.through == Through::Queue)
        })
    }

    /// The names of the faults that restarts are.
    pub(super) fn restart_names(&self) -> impl Iterator<Item = String> {
        let sections = self.written.services.0.iter();
        let probed = sections
            .filter(|(_, section)| section.as_ref().is_some_and(|section| section.keys.liveness.is_some()));
        probed.map(|(name, _)| restarts_of(&name.text))
    }

    /// Detection by the probes of what a fault strikes, or a report of why they do not see it.
    pub(super) fn found_by_liveness(
        &mut self,
        section: &FaultSection,
        services: &[usize],
        span: Span,
    ) -> Option<Detection> {
        let unseen = match section.kind {
            FaultKeys::Hang(_) | FaultKeys::Error(_) if section.keys.seen_by.is_none() => None,
            FaultKeys::Hang(_) | FaultKeys::Error(_) => Some("what only some meet"),
            FaultKeys::Crash(_) | FaultKeys::Poison(_) => {
                Some("a replica that has crashed: its host knows that at once")
            }
            FaultKeys::Slow(_) if section.keys.seen_by.is_none() && self.probed_in_queue(services) => None,
            FaultKeys::Slow(_) => Some("that a replica is slow"),
            FaultKeys::Capacity(_) => Some("that a replica has lost slots"),
            FaultKeys::Throttle(_) => Some("that a replica refuses what is too much"),
            FaultKeys::CacheLoss(_) => Some("a cache"),
            FaultKeys::DataLoss(_) => Some("what a service keeps"),
            FaultKeys::Corrupt(_) => Some("that a replica answers wrongly"),
            FaultKeys::Partition(_) | FaultKeys::Network(_) => Some("the network"),
        };
        if let Some(unseen) = unseen {
            let error = Diagnostic::error(span, format!("probes of liveness do not look at {unseen}"));
            self.findings.push(error.help("expected \"immediate\", a monitor, a duration or a distribution"));
            return None;
        }
        let written = &self.written.services.0;
        let is_probed = |section: &ServiceSection| section.keys.liveness.is_some();
        let blind = services.iter().map(|number| written.get(*number)).find(|service| {
            service.is_none_or(|(_, section)| section.as_ref().is_some_and(|one| !is_probed(one)))
        });
        if let Some(service) = blind {
            let name = service.map_or("a queue", |(name, _)| name.text.as_str());
            let error = Diagnostic::error(span, format!("\"{name}\" has no probes of its liveness"));
            self.findings.push(error.help("add \"liveness\" to the service"));
            return None;
        }
        Some(Detection::Liveness)
    }
}

/// The name of the fault that restarts of a service are.
fn restarts_of(service: &str) -> String {
    format!("{service}:liveness")
}
