//! Spares of services.

use super::Checker;
use crate::model::fleet::standby::{Failback, Readiness, Standby};
use crate::model::fleet::start::Start;
use crate::scenario::written::service::{Replicas, ServiceKeys};
use crate::scenario::written::standby::{FailbackKeys, StandbyKeys};
use crate::units::Probability;

/// How many replicas a service has in all.
fn count(keys: &ServiceKeys) -> u64 {
    match &keys.replicas {
        Replicas::Number(count) => u64::from(*count),
        Replicas::ByRegion(counts) => counts.iter().map(|(_, count)| u64::from(*count)).sum(),
    }
}

/// How many of so many replicas serve, where others stand by.
pub(super) fn serving(keys: &ServiceKeys, count: u64) -> u64 {
    let active = keys.standby.as_ref().and(keys.active);
    active.map_or(count, |active| u64::from(active).min(count))
}

/// What a spare goes through before it serves; nothing where it runs.
fn start_of_spare(readiness: Readiness, start: &Start) -> Option<Start> {
    match readiness {
        Readiness::Hot => None,
        Readiness::Cold => Some(start.clone()),
        Readiness::Warm => {
            let phases = start.phases.get(start.lasting..).unwrap_or_default().to_vec();
            Some(Start { phases, lasting: 0, ..start.clone() })
        }
    }
}

impl Checker<'_> {
    /// Which replicas of a service stand by, with a report for what is impossible about it; `start` is what a replica goes
    /// through that starts.
    #[expect(
        clippy::option_option,
        reason = "the outer one is an error, the inner one a service without spares"
    )]
    pub(super) fn standby(
        &mut self,
        name: &str,
        keys: &ServiceKeys,
        start: Option<&Start>,
    ) -> Option<Option<Box<Standby>>> {
        // What a function has no place for is reported with it.
        let Some(own) = keys.standby.as_ref().filter(|_| keys.function.is_none()) else {
            if keys.active.is_some() && keys.function.is_none() {
                let help = "add \"standby\", such as { mode = \"hot\" }, or leave out \"active\"";
                self.error(&["service", name, "active"], "nothing says what the other replicas do", help);
            }
            return Some(None);
        };
        self.spares_of_what_changes(name, keys);
        let active = self.active(name, keys);
        self.unlikely_takeover(name, own);
        let hazard = own.hazard.unwrap_or(own.mode.hazard());
        if !(hazard >= 0.0 && hazard.is_finite()) {
            let message = "a clock runs forwards: this factor is below zero";
            self.error(&["service", name, "standby", "hazard"], message, "expected 0 or more");
        }
        let switch = self.law(&own.switch);
        let uncovered = self.law(own.uncovered.as_ref().unwrap_or(&own.switch));
        let failback = match &own.failback {
            FailbackKeys::Never => Some(Failback::Never),
            FailbackKeys::AtRepair => Some(Failback::After(super::fleet::no_time())),
            FailbackKeys::After(law) => self.law(law).map(Failback::After),
        };
        Some(Some(Box::new(Standby {
            active: active?,
            hazard,
            coverage: own.coverage,
            switch: switch?,
            uncovered: uncovered?,
            start: start_of_spare(own.mode, start?),
            repair_after_switch: own.repair_after_switch,
            failback: failback?,
        })))
    }

    /// Reports spares of a service whose replicas come and go.
    fn spares_of_what_changes(&mut self, name: &str, keys: &ServiceKeys) {
        let path = ["service", name, "standby"];
        if keys.autoscaling.is_some() {
            let message = "replicas of a fleet that is scaled come and go: none of them stands by";
            self.error(&path, message, "leave out \"autoscaling\" or \"standby\"");
        }
        if self.is_deployed(name) {
            let message = "a release exchanges the replicas of a fleet: none of them stands by";
            self.error(&path, message, "leave out \"standby\", or the section \"deploy\" of the service");
        }
    }

    /// How many replicas serve.
    fn active(&mut self, name: &str, keys: &ServiceKeys) -> Option<u32> {
        let count = count(keys);
        let Some(active) = keys.active else {
            let message = "it is not said how many replicas serve while the others stand by";
            self.error(
                &["service", name, "standby"],
                message,
                "add \"active\" to the service, such as active = 1",
            );
            return None;
        };
        if active == 0 || u64::from(active) >= count {
            let message = format!("of {count} replicas {active} serve: none is left to stand by");
            let message =
                if active == 0 { "of a service at least one replica serves".to_owned() } else { message };
            let help = match count {
                0 | 1 => "a service with spares has 2 replicas or more".to_owned(),
                _ => format!("expected 1 to {}", count - 1),
            };
            self.error(&["service", name, "active"], message, &help);
            return None;
        }
        Some(active)
    }

    /// Reports takeovers that may fail and that nobody brings about then, and warns of what nobody needs.
    fn unlikely_takeover(&mut self, name: &str, own: &StandbyKeys) {
        let is_sure = own.coverage >= Probability::ONE;
        match &own.uncovered {
            None if !is_sure => {
                let message = "it is not said what happens where no spare takes over by itself";
                let help = "add \"uncovered\", the time that somebody needs to switch, such as \"30min\"";
                self.error(&["service", name, "standby", "coverage"], message, help);
            }
            Some(_) if is_sure => {
                let message = "\"uncovered\" has no effect: every takeover happens by itself";
                self.warning(
                    &["service", name, "standby", "uncovered"],
                    message,
                    "give a \"coverage\" below 1",
                );
            }
            _ => {}
        }
    }
}
