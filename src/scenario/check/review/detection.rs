//! Faults that nobody finds, that are found only by chance, or too late for what is aimed at.

use super::request::share_failed;
use super::{Checked, Checker, is_called};
use crate::kernel::distribution::Distribution;
use crate::measure::metric::Quantity;
use crate::model::fault::{Detection, Fault, Recovers, Trigger, Unit};
use crate::model::fleet::{Deciders, Service};
use crate::model::monitoring::monitor::{Monitor, MonitorKind, Rhythm};
use crate::model::monitoring::response::Covers;
use crate::model::monitoring::watch::WatchRule;
use crate::model::monitoring::{HealthCheck, Knowledge};
use crate::model::system::{Member, System};
use crate::scenario::check::warn::single_time;
use crate::scenario::{Bound, Objective, Run};
use crate::units::{BlockId, ReplicaId, ServiceId, SimDuration};

impl Checker<'_> {
    /// Reports crashes whose repair begins at once though nothing could have found them, where something is aimed at.
    pub(super) fn found_by_nobody(&mut self, checked: &Checked) {
        let system = &checked.system;
        if checked.objectives.is_empty() {
            return;
        }
        for fault in system.faults.iter().filter(|fault| fault.takes_down() && fault.is_repaired()) {
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

    /// Reports faults of which nobody ever finds some, so that these last for ever.
    pub(super) fn found_by_chance(&mut self, system: &System) {
        for fault in system.faults.iter().filter(|fault| fault.is_repaired()) {
            let Detection::Monitors(monitors) = &fault.detection else { continue };
            let mut missed = monitors.iter().map(|one| share_missed(&system.monitors[one.index()]));
            let Some(first) = missed.next() else { continue };
            let share = missed.fold(first, |all, one| all * one);
            if share <= 0.0 || !self.is_written(&["fault", &fault.name, "detected_by"]) {
                continue;
            }
            let message = format!(
                "nobody ever finds {}% of the faults \"{}\": they last until the run ends",
                (share * 1e4).round() / 100.0,
                fault.name
            );
            let help = "name another monitor too that finds the others in time, or give up \"coverage\", \"covers\" or \"recall\" below 100%";
            self.warning(&["fault", &fault.name, "detected_by"], message, help);
        }
    }

    /// Reports objectives on the availability of a client, service or block that the time to find what is wrong alone uses up.
    pub(super) fn found_too_late(&mut self, checked: &Checked) {
        for objective in &checked.objectives {
            let Some((name, part, allowed)) = aimed_at(&checked.system, objective) else { continue };
            let late = checked.system.faults.iter().filter_map(|fault| {
                let late = Late::of(&checked.system, &checked.run, part, fault)?;
                (late.share > allowed).then_some((fault, late))
            });
            let Some((fault, late)) = late.max_by(|(_, one), (_, two)| one.share.total_cmp(&two.share))
            else {
                continue;
            };
            let per_month = |share: f64| rounded(share * MONTH);
            let (found, what) = (rounded(late.found), &fault.name);
            let message = if matches!(part, Aim::Requests(_)) {
                let percent = |share: f64| (share * 1e6).round() / 1e4;
                format!(
                    "at least {}% of the requests of \"{name}\" fail until \"{what}\" is found, {found} on average each time: the objective allows {}%",
                    percent(late.share),
                    percent(allowed)
                )
            } else {
                format!(
                    "\"{name}\" is down for at least {found} on average until \"{what}\" is found, which makes {} in 30 days: the objective allows {}",
                    per_month(late.share),
                    per_month(allowed)
                )
            };
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
    let is_unwatched = |service: &Service| {
        service.health_check.is_none()
            && service.outlier_detection.is_none()
            && !service.is_changing()
            && matches!(service.balancing.knowledge, Knowledge::Checked)
    };
    let mut struck = fault.units.iter().flat_map(|unit| services_of(system, unit));
    system.monitors.is_empty()
        && fault.units.iter().all(is_of_service)
        && struck.all(|id| is_called(system, id) && is_unwatched(&system.services[id.index()]))
}

/// What an objective asks for.
#[derive(Clone, Copy)]
enum Aim {
    /// That a part is up.
    Up(Member),
    /// That the requests of a client are answered well.
    Requests(usize),
}

/// What an objective asks for, with the name of the part, and the share of time or requests for which that may fail.
fn aimed_at<'s>(system: &'s System, objective: &Objective) -> Option<(&'s str, Aim, f64)> {
    let quantity = Quantity::parse(&objective.metric.name)?;
    let scope = objective.metric.scope.as_str();
    if objective.bound != Bound::AtLeast {
        return None;
    }
    if let Some(name) = scope.strip_prefix("client.") {
        let number = system.clients.iter().position(|client| client.name == name)?;
        let is_of_requests = quantity == Quantity::named("availability_request");
        let name = &system.clients[number].name;
        return is_of_requests.then_some((name, Aim::Requests(number), 1.0 - objective.target));
    }
    let (name, part) = if let Some(name) = scope.strip_prefix("service.") {
        let number = system.services.iter().position(|service| service.name == name)?;
        (&system.services[number].name, Member::Service(ServiceId(number as u32)))
    } else {
        let name = scope.strip_prefix("block.")?;
        let number = system.blocks.iter().position(|block| block.name == name)?;
        (&system.blocks[number].name, Member::Block(BlockId(number as u32)))
    };
    let is_availability = quantity == Quantity::named("availability_time");
    is_availability.then_some((name, Aim::Up(part), 1.0 - objective.target))
}

/// Time that passes before outages are found.
struct Late {
    /// Of one \[s\].
    found: f64,
    /// Share of all time, or of all requests.
    share: f64,
}

impl Late {
    /// Of what one fault does to a part or a client, where that is known to last at least until it is found.
    fn of(system: &System, run: &Run, part: Aim, fault: &Fault) -> Option<Self> {
        if !fault.is_repaired() || fault.flap.is_some() || fault.recovers == Recovers::Each {
            return None;
        }
        let recovery = &system.recoveries[fault.recovery?.index()];
        let measured = run.span.measured().as_secs();
        let mut late: Option<Self> = None;
        for unit in &fault.units {
            let harm = match part {
                Aim::Up(part) => f64::from(u8::from(fault.takes_down() && is_down_by(system, part, unit))),
                Aim::Requests(client) => share_failed(system, &system.clients[client], fault, unit),
            };
            if harm <= 0.0 {
                continue;
            }
            let found = time_to_find(system, &services_of(system, unit), fault)?;
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
            let share = harm * found * times / measured;
            late = Some(late.map_or(Self { found, share }, |late| Self {
                found: late.found.min(found),
                share: late.share + share,
            }));
        }
        late
    }
}

/// Whether what goes down together leaves too few of a part, as far as its fleets do not change.
fn is_down_by(system: &System, part: Member, unit: &Unit) -> bool {
    let is_struck = |replica: u32| unit.replicas.contains(&ReplicaId(replica));
    match part {
        Member::Seat(replica) => is_struck(replica.0),
        Member::Service(id) => {
            let (first, service) = (system.first_replica(id).0, &system.services[id.index()]);
            let struck = (first..first + service.serving()).filter(|replica| is_struck(*replica)).count();
            let is_fixed = !service.is_changing() && service.replicas.len() == service.present as usize;
            is_fixed && struck > 0 && service.serving() as usize - struck < service.quorum as usize
        }
        Member::Block(block) => {
            let block = &system.blocks[block.index()];
            let up = block.members.iter().filter(|member| !is_down_by(system, **member, unit)).count();
            up < block.needs as usize
        }
    }
}

/// Services of which a unit has replicas.
fn services_of(system: &System, unit: &Unit) -> Vec<ServiceId> {
    let has_some = |id: &ServiceId| {
        let first = system.first_replica(*id).0;
        let own = first..first + system.services[id.index()].replicas.len() as u32;
        unit.replicas.iter().any(|replica| own.contains(&replica.0))
    };
    (0..system.services.len() as u32).map(ServiceId).filter(has_some).collect()
}

/// How long it takes at least, on average, until a fault that strikes these services is found \[s\]; `None` where that has no
/// simple form.
fn time_to_find(system: &System, struck: &[ServiceId], fault: &Fault) -> Option<f64> {
    let mut struck = struck.iter().map(|id| &system.services[id.index()]);
    match &fault.detection {
        Detection::Immediate | Detection::Unsaid => None,
        Detection::After(law) => Some(law.mean()),
        // Whoever finds it first.
        Detection::HealthCheck => {
            let looks = struck.by_ref().filter_map(|service| {
                let check = service.health_check.as_ref()?;
                Some(time_to_mark(check, service.balancing.deciders))
            });
            looks.reduce(f64::min)
        }
        Detection::Liveness => {
            let looks = struck.by_ref().filter_map(|service| {
                let liveness = service.liveness.as_ref()?;
                let rounds = f64::from(liveness.unhealthy_after) - 0.5;
                Some(rounds * liveness.interval.as_secs() + liveness.timeout.as_secs())
            });
            looks.reduce(f64::min)
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

/// The share of faults that a monitor, alone, never finds.
fn share_missed(monitor: &Monitor) -> f64 {
    let seen = match &monitor.kind {
        MonitorKind::Poll(poll) => poll.coverage.get(),
        MonitorKind::Forecast(forecast) => forecast.recall.get(),
        MonitorKind::Watch(_) | MonitorKind::Composite(_) | MonitorKind::Schedule(_) => 1.0,
    };
    let heard = match monitor.response.covers {
        // Who is told again and again hears in the end; and what is foreseen needs nobody who hears.
        Covers::Share(share)
            if !monitor.response.repeats && !matches!(monitor.kind, MonitorKind::Forecast(_)) =>
        {
            share.get()
        }
        Covers::Share(_) | Covers::Hours(_) => 1.0,
    };
    1.0 - seen * heard
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
