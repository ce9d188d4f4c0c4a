//! Provisioned instances whose number changes.

use super::Checker;
use super::scaling::LOOKS_MAX;
use crate::model::monitoring::monitor::Signal;
use crate::model::scaling::{Autoscaling, Control};
use crate::scenario::written::provisioned::ScaledKeys;
use crate::scenario::written::service::{Limit, ServiceKeys};

impl Checker<'_> {
    /// Who says how many instances of a function are provisioned, if that changes, with a report for what is impossible about
    /// it.
    pub(super) fn provisioned(&mut self, name: &str, service: &ServiceKeys) -> Option<Autoscaling> {
        let keys = service.function.as_ref().filter(|keys| !keys.population)?;
        let scaled = keys.provisioned.scaled()?;
        let most = keys.provisioned.most();
        self.provisioned_bounds(name, scaled, (keys.provisioned.at_start(), most));
        let controls = scaled.controls.iter();
        let controls: Vec<Control> = controls
            .map(|keys| Control { policy: keys.policy.clone(), measured: keys.measured.clone() })
            .collect();
        self.provisioned_controls(name, (scaled, service.concurrency), &controls);
        Some(Autoscaling { controls, min: scaled.common.min, max: most, ..Autoscaling::fixed(0, 0) })
    }

    /// Reports policies that are impossible, or say nothing of instances.
    fn provisioned_controls(
        &mut self,
        name: &str,
        (scaled, concurrency): (&ScaledKeys, Limit),
        controls: &[Control],
    ) {
        let top = ["service", name, "function", "provisioned"];
        if controls.is_empty() {
            let message = "nobody says how many instances are provisioned";
            self.error(&[&top[..], &["policies"]].concat(), message, "");
        }
        for (number, control) in controls.iter().enumerate() {
            let below = scaled.path_of(number);
            let path: Vec<&str> = top.into_iter().chain(below.iter().map(String::as_str)).collect();
            if !control.policy.provisions() {
                let message = format!("\"{}\" says how many replicas a fleet has", control.policy.name());
                let help = "provisioned instances have \"scheduled\" and \"target-tracking\"";
                self.error(&[&path[..], &["policy"]].concat(), message, help);
                continue;
            }
            self.possible(&path, control.policy.check(&control.measured));
            self.unheeded(&path, control);
            self.provisioned_readings(&path, control, concurrency);
        }
        let is_blind = |control: &Control| !control.watch().readings.is_empty();
        if scaled.common.min == 0 && !controls.is_empty() && controls.iter().all(is_blind) {
            let message = "without a provisioned instance none would ever be measured, so none would come";
            self.error(
                &[&top[..], &["min"]].concat(),
                message,
                "expected 1 or more, or a schedule beside it",
            );
        }
    }

    /// Reports a number that says nothing of how far provisioned instances are used, or one that nobody could keep.
    fn provisioned_readings(&mut self, path: &[&str], control: &Control, concurrency: Limit) {
        let watch = control.watch();
        let Some(reading) = watch.readings.first() else { return };
        if reading.signal != Signal::Utilisation {
            let message = "provisioned instances are scaled by how far they are used";
            self.error(&[path, &["metric"]].concat(), message, "expected \"utilisation\", or leave it out");
        } else if concurrency == Limit::Unlimited {
            let message = "instances that serve any number of requests have no utilisation";
            self.error(path, message, "give the service a \"concurrency\"");
        }
        if watch.looks() > LOOKS_MAX {
            let message = format!("it looks {} times within the time that it looks back on", watch.looks());
            self.error(path, message, &format!("expected at most {LOOKS_MAX}: a longer \"period\""));
        }
    }

    /// Reports bounds between which there is nothing, or not the number at the start.
    fn provisioned_bounds(&mut self, name: &str, scaled: &ScaledKeys, (start, most): (u32, u32)) {
        let at = |key| ["service", name, "function", "provisioned", key];
        let min = scaled.common.min;
        let is_possible = scaled.controls.iter().all(|one| one.policy.check(&one.measured).is_ok());
        let is_known = scaled.controls.iter().all(|one| one.policy.provisions());
        if !scaled.is_bounded() && is_possible && is_known {
            let message = "it is not said how many instances may be provisioned";
            self.error(&["service", name, "function", "provisioned"], message, "add \"max\"");
        } else if most == 0 && scaled.is_bounded() {
            self.error(&at("max"), "no instance is ever provisioned", "expected 1 or more");
        } else if min > most {
            let help = format!("expected at most {most}, or a larger \"max\"");
            let message = format!("no fewer than {min} and no more than {most} are no number");
            self.error(&at("min"), message, &help);
        } else if !(min..=most).contains(&start) {
            let message = format!("{start} instances are provisioned at the start");
            self.error(
                &at("at_start"),
                message,
                &format!("expected {min} to {most}, as \"min\" and \"max\" say"),
            );
        }
    }

    /// The path from the table of provisioned instances of a function to that of a policy.
    pub(super) fn path_of_provisioning(&self, service: &str, control: usize) -> Vec<String> {
        let services = &self.written.services.0;
        let section =
            services.iter().find(|(name, _)| name.text == service).and_then(|(_, one)| one.as_ref());
        let function = section.and_then(|section| section.keys.function.as_ref());
        let scaled = function.and_then(|function| function.provisioned.scaled());
        scaled.map(|scaled| scaled.path_of(control)).unwrap_or_default()
    }
}
