//! Faults that nobody finds, or that are found too late for what is aimed at.

use super::{Checked, Checker, is_called};
use crate::kernel::distribution::Distribution;
use crate::measure::metric::Quantity;
use crate::model::fault::{Detection, Fault, Recovers, Trigger, Unit};
use crate::model::fleet::{Deciders, Service};
use crate::model::monitoring::monitor::{Monitor, MonitorKind, Rhythm};
use crate::model::monitoring::watch::WatchRule;
use crate::model::monitoring::{HealthCheck, Knowledge};
use crate::model::system::System;
use crate::scenario::check::warn::single_time;
use crate::scenario::{Bound, Objective, Run};
use crate::units::{ServiceId, SimDuration};

impl Checker<'_> {
    /// Reports crashes whose repair begins at once though nothing could have found them, where something is aimed at.
    pub(super) fn found_by_nobody(&mut self, checked: &Checked) {
        let system = &checked.system;
        if checked.objectives.is_empty() {
            return;
        }
        for fault in system.faults.iter().filter(|fault| fault.takes_down() && fault.recovery.is_some()) {
            let is_random = matches!(fault.trigger, Trigger::Random(_) | Trigger::Served);
            let is_unsaid = !self.is_written(&["fault", &fault.name, "detected_by"]);
            let is_at_once = matches!(fault.detection, Detection::Immediate);
            if !is_random || !is_unsaid || !is_at_once || !strikes_unwatched(system, fault) {
                continue;
            }
            let message = format!(
                "nothing finds \"{}\": its repair begins at the instant at which it strikes",
                fault.name
            );
            let help = "add \"health_check\" to what it strikes and detected_by = \"health_check\", or say how long it takes, such as detected_by = \"5min\"";
            self.warning(&["fault", &fault.name], message, help);
        }
    }

    /// Reports objectives on the availability of a service that the time to find its outages alone uses up.
    pub(super) fn found_too_late(&mut self, checked: &Checked) {
        for objective in &checked.objectives {
            let Some((service, allowed)) = aimed_at(&checked.system, objective) else { continue };
            let late = checked.system.faults.iter().filter_map(|fault| {
                let late = Late::of(&checked.system, &checked.run, service, fault)?;
                (late.share > allowed).then_some((fault, late))
            });
            let Some((fault, late)) = late.max_by(|(_, one), (_, two)| one.share.total_cmp(&two.share))
            else {
                continue;
            };
            let per_month = |share: f64| rounded(share * MONTH);
            let message = format!(
                "\"{}\" is down for at least {} on average until \"{}\" is found, which makes {} in 30 days: the objective allows {}",
                checked.system.services[service.index()].name,
                rounded(late.found),
                fault.name,
                per_month(late.share),
                per_month(allowed)
            );
            let name = format!("{}/{}", objective.metric.scope, objective.metric.name);
            let help =
                "look more often, ask for fewer periods or failed checks, respond sooner, or aim lower";
            self.warning(&["objective", &name], message, help);
        }
    }
}

/// A month \[s\].
const MONTH: f64 = 30.0 * 86_400.0;

/// A time to be read: thousandths of a second, or whole seconds from a minute on.
fn rounded(seconds: f64) -> SimDuration {
    let digits = if seconds < 60.0 { 1e3 } else { 1.0 };
    SimDuration::from_secs((seconds * digits).round() / digits)
}

/// Whether replicas of called services are all that a fault strikes, and nobody looks at them or is told of it. What is wrong
/// with a place or a feed is found by whoever runs it.
fn strikes_unwatched(system: &System, fault: &Fault) -> bool {
    let is_of_service = |unit: &Unit| unit.name.starts_with("service.");
    let struck = |number: usize| {
        let first = system.first_replica(ServiceId(number as u32)).0;
        let own = first..first + system.services[number].replicas.len() as u32;
        fault.units.iter().any(|unit| unit.replicas.iter().any(|replica| own.contains(&replica.0)))
    };
    let is_unwatched = |service: &Service| {
        service.health_check.is_none()
            && service.outlier_detection.is_none()
            && !service.is_changing()
            && matches!(service.balancing.knowledge, Knowledge::Checked)
    };
    let mut services = (0..system.services.len()).filter(|number| struck(*number));
    system.monitors.is_empty()
        && fault.units.iter().all(is_of_service)
        && services.all(|number| {
            is_called(system, ServiceId(number as u32)) && is_unwatched(&system.services[number])
        })
}

/// The service that an objective asks to be up, and the share of time for which it may be down.
fn aimed_at(system: &System, objective: &Objective) -> Option<(ServiceId, f64)> {
    let quantity = Quantity::parse(&objective.metric.name)?;
    let name = objective.metric.scope.strip_prefix("service.")?;
    let number = system.services.iter().position(|service| service.name == name)?;
    let is_availability =
        quantity == Quantity::named("availability_time") && objective.bound == Bound::AtLeast;
    is_availability.then_some((ServiceId(number as u32), 1.0 - objective.target))
}

/// Time that passes before outages are found.
struct Late {
    /// Of one \[s\].
    found: f64,
    /// Share of all time.
    share: f64,
}

impl Late {
    /// Of the outages of a service by one fault, where they are known to last at least until they are found.
    fn of(system: &System, run: &Run, service: ServiceId, fault: &Fault) -> Option<Self> {
        let settings = &system.services[service.index()];
        let is_fixed = !settings.is_changing() && settings.replicas.len() == settings.present as usize;
        if !is_fixed || !fault.takes_down() || fault.flap.is_some() || fault.recovers == Recovers::Each {
            return None;
        }
        let recovery = &system.recoveries[fault.recovery?.index()];
        let serving = Serving::of(system, service);
        let units = fault.units.iter().filter(|unit| serving.is_down_by(unit)).count();
        let found = time_to_find(system, service, fault)?;
        let measured = run.span.measured().as_secs();
        let times = match &fault.trigger {
            Trigger::Random(law) => measured * fault.pace / (law.mean() + found + single_time(recovery)),
            Trigger::Scheduled(times) => {
                let within = |at| run.span.transient <= at && at < run.span.horizon;
                times.iter().filter(|one| within(one.at)).count() as f64
            }
            Trigger::Replayed(_) | Trigger::Served | Trigger::Released(_) | Trigger::Unanswered => {
                return None;
            }
        };
        (units > 0).then(|| Self { found, share: found * times * units as f64 / measured })
    }
}

/// The replicas of a service that serve at the start.
struct Serving {
    replicas: std::ops::Range<u32>,
    quorum: u32,
}

impl Serving {
    fn of(system: &System, service: ServiceId) -> Self {
        let first = system.first_replica(service).0;
        let settings = &system.services[service.index()];
        Self { replicas: first..first + settings.serving(), quorum: settings.quorum }
    }

    /// Whether what goes down together leaves too few.
    fn is_down_by(&self, unit: &Unit) -> bool {
        let struck = unit.replicas.iter().filter(|replica| self.replicas.contains(&replica.0)).count();
        struck > 0 && self.replicas.len() - struck < self.quorum as usize
    }
}

/// How long it takes at least, on average, until a fault that strikes a service is found \[s\]; `None` where that has no simple form.
fn time_to_find(system: &System, service: ServiceId, fault: &Fault) -> Option<f64> {
    match &fault.detection {
        Detection::Immediate => None,
        Detection::After(law) => Some(law.mean()),
        Detection::HealthCheck => {
            let service = &system.services[service.index()];
            service.health_check.as_ref().map(|check| time_to_mark(check, service.balancing.deciders))
        }
        Detection::Liveness => {
            let liveness = system.services[service.index()].liveness.as_ref()?;
            let rounds = f64::from(liveness.unhealthy_after) - 0.5;
            Some(rounds * liveness.interval.as_secs() + liveness.timeout.as_secs())
        }
        Detection::Monitors(monitors) => {
            let times = monitors.iter().map(|one| time_to_alarm(&system.monitors[one.index()]));
            times.collect::<Option<Vec<_>>>()?.into_iter().reduce(f64::min)
        }
    }
}

/// How long it takes at least on average until the first decider marks a dead replica down \[s\].
fn time_to_mark(check: &HealthCheck, deciders: Deciders) -> f64 {
    let next = check.fast_interval.unwrap_or(check.interval).as_secs();
    // The first of several that look at phases of their own.
    let first = match deciders {
        Deciders::Shared(count) => check.interval.as_secs() / (f64::from(count) + 1.0),
        Deciders::Caller => 0.0,
    };
    first + next * f64::from(check.unhealthy_after - 1)
}

/// How long it takes at least, on average, until a monitor has an alarm and somebody acts \[s\], of what it can see and where
/// part of a period is enough to be wrong; `None` where that has no simple form.
fn time_to_alarm(monitor: &Monitor) -> Option<f64> {
    let looks = match &monitor.kind {
        MonitorKind::Poll(poll) => {
            let after = f64::from(poll.after);
            match &poll.rhythm {
                Rhythm::Periodic(interval) => interval.as_secs() * (after - 0.5),
                Rhythm::Random(law) => law.mean() * after,
            }
        }
        MonitorKind::Watch(watch) => {
            let WatchRule::Threshold(threshold) = &watch.rule else { return None };
            let datapoints = f64::from(threshold.rule.datapoints);
            watch.period.as_secs() * (datapoints - 0.5) + watch.delay.as_secs()
        }
        MonitorKind::Composite(_) | MonitorKind::Forecast(_) | MonitorKind::Schedule(_) => return None,
    };
    Some(looks + monitor.response.respond.as_ref().map_or(0.0, Distribution::mean))
}
