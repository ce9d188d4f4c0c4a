//! Monitors: what they watch, and which faults they find.

mod composite;
mod forecast;
mod idle;
mod response;
mod watch;

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Name};
use crate::kernel::distribution::Distribution;
use crate::model::fault::Unit;
use crate::model::monitoring::monitor::{Monitor, MonitorKind, Poll, Rhythm};
use crate::scenario::written::law::Law;
use crate::scenario::written::monitor::{MonitorKeys, PollKeys};
use crate::units::MonitorId;

impl Checker<'_> {
    /// All monitors, or a report for each that is impossible.
    pub(super) fn monitors(&mut self, layout: &Layout) -> Option<Vec<Monitor>> {
        let written = self.written;
        let mut monitors = Vec::with_capacity(written.monitors.0.len());
        for (name, section) in &written.monitors.0 {
            monitors.push(section.as_ref().and_then(|section| {
                let kind = match &section.kind {
                    MonitorKeys::Poll(keys) => self.poll(layout, &name.text, keys).map(MonitorKind::Poll),
                    MonitorKeys::Alarm(keys) => self.alarm(&name.text, keys).map(MonitorKind::Watch),
                    MonitorKeys::BurnRate(keys) => self.burn_rate(&name.text, keys).map(MonitorKind::Watch),
                    MonitorKeys::Anomaly(keys) => self.anomaly(&name.text, keys).map(MonitorKind::Watch),
                    MonitorKeys::Composite(keys) => self.composite(keys).map(MonitorKind::Composite),
                    MonitorKeys::Forecast(keys) => self.forecast(&name.text, keys).map(MonitorKind::Forecast),
                    MonitorKeys::Schedule(keys) => self.times(&name.text, keys).map(MonitorKind::Schedule),
                };
                let response = self.response(&name.text, section);
                Some(Monitor { name: name.text.clone(), kind: kind?, response: response? })
            }));
        }
        let monitors: Vec<Monitor> = monitors.into_iter().collect::<Option<_>>()?;
        self.circular_monitors(&monitors);
        Some(monitors)
    }

    fn poll(&mut self, layout: &Layout, name: &str, keys: &PollKeys) -> Option<Poll> {
        let units = self.targets(layout, &keys.on.0).map(|targets| targets.units);
        let rhythm = self.rhythm(&keys.interval);
        if keys.after == 0 {
            self.error(&["monitor", name, "after"], "\"after\" is at least 1", "");
        }
        Some(Poll {
            units: units?.into_iter().map(|unit| unit.replicas).collect(),
            rhythm: rhythm?,
            coverage: keys.coverage,
            false_alarms: keys.false_alarms,
            after: keys.after,
        })
    }

    fn rhythm(&mut self, law: &Law) -> Option<Rhythm> {
        let built = self.positive_law(law)?;
        if let Some(interval) = built.as_constant() {
            return Some(Rhythm::Periodic(interval));
        }
        if matches!(built, Distribution::Exponential(_)) {
            return Some(Rhythm::Random(built));
        }
        let error = Diagnostic::error(law.span, "a monitor looks periodically or without memory");
        self.findings.push(error.help("expected a duration or an exponential distribution"));
        None
    }

    /// The monitor that finds a fault with these units, or a report of why it cannot.
    pub(super) fn finder(
        &mut self,
        layout: &Layout,
        (fault, monitor): (&str, &Name),
        units: &[Unit],
    ) -> Option<MonitorId> {
        let written = self.written;
        let number = self.number("monitor", &written.monitors, monitor)?;
        let section = written.monitors.0[number as usize].1.as_ref()?;
        if matches!(section.kind, MonitorKeys::Schedule(_)) {
            let error =
                Diagnostic::error(monitor.span, format!("the schedule \"{}\" finds no fault", monitor.text));
            self.findings.push(error.help("name a monitor that looks or watches"));
            return None;
        }
        if section.response.does.notifies() {
            let error = Diagnostic::error(monitor.span, format!("\"{}\" only notifies", monitor.text));
            self.findings.push(error.help("give the monitor the key does = \"recover\""));
            return None;
        }
        if let MonitorKeys::Forecast(keys) = &section.kind
            && keys.fault.text != fault
        {
            let message =
                format!("\"{}\" foresees the fault \"{}\", not this one", monitor.text, keys.fault.text);
            let error = Diagnostic::error(monitor.span, message);
            self.findings
                .push(error.help("name a monitor that looks or watches, or a forecast of this fault"));
            return None;
        }
        if let MonitorKeys::Poll(keys) = &section.kind {
            let before = self.findings.0.len();
            let watched = self.targets(layout, &keys.on.0);
            // What is wrong with them is reported for the monitor.
            self.findings.0.truncate(before);
            let mut watched: Vec<_> = watched?.units.into_iter().flat_map(|unit| unit.replicas).collect();
            watched.sort_unstable();
            let is_seen =
                |unit: &&Unit| unit.replicas.iter().any(|replica| watched.binary_search(replica).is_ok());
            if let Some(unseen) = units.iter().find(|unit| !is_seen(unit) && !unit.replicas.is_empty()) {
                let message = format!("\"{}\" does not look at {}", monitor.text, unseen.name);
                self.findings
                    .push(Diagnostic::error(monitor.span, message).help("add it to \"on\" of the monitor"));
                return None;
            }
        }
        Some(MonitorId(number))
    }
}
