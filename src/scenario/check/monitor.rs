//! Monitors: what they watch, and which faults they find.

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Dimension, Name};
use crate::kernel::distribution::Distribution;
use crate::measure::metric::MetricName;
use crate::model::fault::Unit;
use crate::model::fleet::QueuePlace;
use crate::model::monitoring::alarm::AlarmRule;
use crate::model::monitoring::monitor::{Action, Alarm, Monitor, MonitorKind, Poll, Rhythm, Signal, Wrong};
use crate::scenario::written::claim::Quantity;
use crate::scenario::written::law::Law;
use crate::scenario::written::monitor::{AlarmKeys, MonitorKeys, PollKeys};
use crate::units::{MonitorId, ServiceId};

/// Most periods that an alarm looks back on.
const PERIODS_MAX: u32 = 10_000;

impl Checker<'_> {
    /// All monitors, or a report for each that is impossible.
    pub(super) fn monitors(&mut self, layout: &Layout) -> Option<Vec<Monitor>> {
        let written = self.written;
        let mut monitors = Vec::with_capacity(written.monitors.0.len());
        for (name, section) in &written.monitors.0 {
            monitors.push(section.as_ref().and_then(|section| {
                let kind = match &section.kind {
                    MonitorKeys::Poll(keys) => self.poll(layout, &name.text, keys).map(MonitorKind::Poll),
                    MonitorKeys::Alarm(keys) => self.alarm(&name.text, keys).map(MonitorKind::Alarm),
                };
                Some(Monitor { name: name.text.clone(), kind: kind?, action: section.action })
            }));
        }
        monitors.into_iter().collect()
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

    fn alarm(&mut self, name: &str, keys: &AlarmKeys) -> Option<Alarm> {
        let at = |key| ["monitor", name, key];
        let periods = keys.periods.unwrap_or(keys.datapoints);
        if keys.datapoints == 0 || keys.datapoints > periods || periods > PERIODS_MAX {
            let message = format!("{} of {periods} periods cannot be wrong", keys.datapoints);
            let help = format!("expected 1 to the number of periods, which is at most {PERIODS_MAX}");
            self.error(&at("datapoints"), message, &help);
        }
        if keys.period.is_zero() {
            self.error(&at("period"), "a period is longer than zero", "");
        }
        let watched = self.signal(&keys.metric);
        let wrong = self.wrong(name, keys);
        let (service, signal) = watched?;
        if let Some((limit, wrong)) = wrong {
            self.fits(&keys.metric, signal, limit);
            let rule = AlarmRule { datapoints: keys.datapoints, periods, missing: keys.missing };
            return Some(Alarm { service, signal, wrong, period: keys.period, rule });
        }
        None
    }

    /// What is wrong about the number, and as it is written.
    fn wrong<'k>(&mut self, name: &str, keys: &'k AlarmKeys) -> Option<(&'k Quantity, Wrong)> {
        match (&keys.above, &keys.below) {
            (Some(limit), None) => Some((limit, Wrong::Above(limit.value))),
            (None, Some(limit)) => Some((limit, Wrong::Below(limit.value))),
            _ => {
                let message = "one threshold says what is wrong";
                self.error(&["monitor", name], message, "give \"above\" or \"below\"");
                None
            }
        }
    }

    /// The service and the number of it that a metric names.
    fn signal(&mut self, metric: &Name) -> Option<(ServiceId, Signal)> {
        let written = self.written;
        let parsed = MetricName::parse(&metric.text);
        let service = parsed.as_ref().and_then(|parsed| parsed.scope.strip_prefix("service."));
        let Some((parsed, service)) = parsed.as_ref().zip(service) else {
            let error = Diagnostic::error(metric.span, format!("\"{}\" cannot be watched", metric.text));
            self.findings
                .push(error.help("expected a number of a service, such as \"service.shop/failure_ratio\""));
            return None;
        };
        let service = Name { text: service.to_owned(), span: metric.span };
        let number = self.number("service", &written.services, &service);
        let signal = Signal::ALL.into_iter().find(|(name, _)| *name == parsed.name);
        if signal.is_none() {
            let known = Signal::ALL.map(|(name, _)| name);
            self.findings.push(Diagnostic::unknown(metric.span, "number to watch", &parsed.name, known));
        }
        let (number, (_, signal)) = (number?, signal?);
        let section = written.services.0[number as usize].1.as_ref();
        if signal.is_about_attempts()
            && section.is_some_and(|section| section.keys.queue.common.at == QueuePlace::Service)
        {
            let message = "what becomes of attempts at a shared queue is not watched";
            let error = Diagnostic::error(metric.span, message);
            self.findings.push(error.help("watch \"queue_length_mean\", or the service that calls"));
        }
        if signal == Signal::BacklogMean && section.is_some_and(|section| section.keys.consumes.is_none()) {
            let error = Diagnostic::error(metric.span, format!("\"{}\" takes no messages", service.text));
            self.findings.push(error.help("expected a service with \"consumes\""));
        }
        Some((ServiceId(number), signal))
    }

    /// Reports a threshold whose unit is not that of the number.
    fn fits(&mut self, metric: &Name, signal: Signal, limit: &Quantity) {
        let (fits, expected) = match signal.unit() {
            "s" => (limit.dimension == Dimension::Seconds, "a duration such as \"300ms\""),
            "1/s" => (limit.dimension == Dimension::PerSecond, "a rate such as \"120/s\""),
            "ratio" => {
                (matches!(limit.dimension, Dimension::Share | Dimension::Plain), "a share such as \"5%\"")
            }
            _ => (limit.dimension == Dimension::Plain, "a number"),
        };
        if !fits {
            let error = Diagnostic::error(limit.span, format!("\"{}\" has another unit", metric.text));
            self.findings.push(error.label("wrong unit").help(format!("expected {expected}")));
        }
    }

    /// The monitor that finds a fault with these units, or a report of why it cannot.
    pub(super) fn finder(&mut self, layout: &Layout, monitor: &Name, units: &[Unit]) -> Option<MonitorId> {
        let written = self.written;
        let number = self.number("monitor", &written.monitors, monitor)?;
        let section = written.monitors.0[number as usize].1.as_ref()?;
        if section.action == Action::Notify {
            let error = Diagnostic::error(monitor.span, format!("\"{}\" only notifies", monitor.text));
            self.findings.push(error.help("give the monitor the key action = \"recover\""));
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

    /// Warns of monitors that recover nothing.
    pub(super) fn idle_monitors(&mut self) {
        use crate::scenario::written::fault::DetectedBy;
        let written = self.written;
        for (name, section) in &written.monitors.0 {
            let recovers = section.as_ref().is_some_and(|section| section.action == Action::Recover);
            let mut faults = written.faults.0.iter().filter_map(|(_, fault)| fault.as_ref());
            let names_it = faults.any(|fault| {
                let DetectedBy::Monitors(monitors) = &fault.keys.detected_by else { return false };
                monitors.iter().any(|monitor| monitor.text == name.text)
            });
            let takes_back =
                written.deploys.0.iter().filter_map(|(_, deploy)| deploy.as_ref()).any(|deploy| {
                    let mut monitors = deploy.common.rollback_on.iter();
                    monitors.any(|one| one.text.strip_prefix("monitor.") == Some(name.text.as_str()))
                });
            if recovers && !names_it && !takes_back {
                let message = format!("\"{}\" recovers nothing", name.text);
                let help = format!(
                    "give a fault detected_by = \"monitor.{}\", or the monitor action = \"notify\"",
                    name.text
                );
                self.warning(&["monitor", &name.text], message, &help);
            }
        }
    }
}
