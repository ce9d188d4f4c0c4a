//! Warns of deployments that do less than they seem to.

use super::Checker;
use super::review::version::asked;
use crate::kernel::distribution::Distribution;
use crate::model::deploy::{Begins, Deploy};
use crate::model::fleet::Service;
use crate::model::monitoring::monitor::{Monitor, MonitorKind};
use crate::model::monitoring::watch::WatchRule;
use crate::model::system::System;
use crate::units::{ServiceId, SimDuration, SimTime};

impl Checker<'_> {
    /// Warns of what a deployment never gets to do.
    pub(super) fn deploy_warnings(&mut self, system: &System, horizon: SimTime) {
        for deploy in &system.deploys {
            if let Begins::At(at) = &deploy.begins
                && at.iter().all(|at| *at >= horizon)
            {
                let message = format!("\"{}\" begins after the run has ended", deploy.name);
                self.warning(&["deploy", &deploy.name, "at"], message, "expected an earlier instant");
            }
            self.short_step(system, deploy);
            self.late_release(system, deploy);
            self.asked_by_nobody(system, deploy);
        }
    }

    /// Warns of a first step that is over before any alarm could be raised.
    fn short_step(&mut self, system: &System, deploy: &Deploy) {
        let steps = &deploy.rollout.steps;
        let Some(first) = steps.first().filter(|_| steps.len() > 1) else { return };
        let soonest = deploy.rollback_on.iter().filter_map(|one| soonest(&system.monitors[one.index()]));
        let Some(soonest) = soonest.min() else { return };
        // What runs the release does so from its start on, and what is wrong may show later still.
        let service = &system.services[deploy.service.index()];
        let start = if service.function.is_some() { 0.0 } else { service.start.mean() };
        let after = deploy.badness.as_ref().map_or(0.0, |badness| badness.after.mean());
        let hidden = SimDuration::from_secs((after - start).max(0.0));
        let needed = SimDuration::from_nanos(hidden.as_nanos().saturating_add(soonest.as_nanos()));
        if first.bake >= needed {
            return;
        }
        let shows = if hidden.is_zero() {
            String::new()
        } else {
            format!(" what is wrong shows after {hidden} of that,")
        };
        let message = format!(
            "the first step is watched for {},{shows} and an alarm needs at least {soonest}",
            first.bake
        );
        let help = "wait longer after it, or give the monitor shorter or fewer periods";
        self.warning(&["deploy", &deploy.name], message, help);
    }

    /// Warns of releases that are to begin more often than one can be over.
    fn late_release(&mut self, system: &System, deploy: &Deploy) {
        let Begins::Every(law) = &deploy.begins else { return };
        let lasts = lasts_at_least(deploy, &system.services);
        if law.mean() >= lasts.as_secs() {
            return;
        }
        let every = SimDuration::from_secs(law.mean());
        let message =
            format!("a release lasts at least {lasts}, and one is to begin every {every}: fewer come out");
        let help = if deploy.rollout.keep.is_zero() {
            "one that is due waits until the one before is over: let them begin less often"
        } else {
            "one that is due waits until the one before is over, and until what was kept is gone: write a shorter \"keep_old\""
        };
        self.warning(&["deploy", &deploy.name, "every"], message, help);
    }

    /// Reports releases of one service that begin while another is under way, where the file says when.
    pub(super) fn overlaps(&mut self, deploys: &[Deploy], services: &[Service]) {
        let mut begun: Vec<(ServiceId, SimTime, usize)> = Vec::new();
        for (number, deploy) in deploys.iter().enumerate() {
            if let Begins::At(all) = &deploy.begins {
                begun.extend(all.iter().map(|at| (deploy.service, *at, number)));
            }
        }
        begun.sort_unstable();
        let mut told = Vec::new();
        for pair in begun.windows(2) {
            let [(service, first, before), (other, next, after)] = *pair else { continue };
            let lasts = lasts_at_least(&deploys[before], services);
            if service != other || next >= first + lasts || told.contains(&after) {
                continue;
            }
            told.push(after);
            let (before, after) = (&deploys[before].name, &deploys[after].name);
            let message = format!(
                "a release of \"{after}\" begins at {}, while that of \"{before}\" is under way, which lasts from {} for at least {lasts}",
                next.since(SimTime::ZERO),
                first.since(SimTime::ZERO)
            );
            self.error(&["deploy", after, "at"], message, "let it begin when the other is over");
        }
    }

    /// Warns of a release of a function that gets no request, as nobody asks for what it moves.
    fn asked_by_nobody(&mut self, system: &System, deploy: &Deploy) {
        let service = &system.services[deploy.service.index()];
        let asked = asked(system, deploy.service.index());
        if service.function.is_none() || asked.contains(&deploy.target) {
            return;
        }
        let names = self.targets_of(&service.name);
        let name = |target: u8| names.get(usize::from(target)).map_or(service.name.as_str(), String::as_str);
        let message =
            format!("nobody calls \"{}\", and so no request gets what is brought out", name(deploy.target));
        let help = match asked.first() {
            Some(other) => {
                format!("\"{}\" is called: write that, or call \"{}\"", name(*other), name(deploy.target))
            }
            None => format!("call \"{}\"", name(deploy.target)),
        };
        self.warning(&["deploy", &deploy.name, "service"], message, &help);
    }
}

/// How long a release is under way at least, unless it is taken back.
fn lasts_at_least(deploy: &Deploy, services: &[Service]) -> SimDuration {
    let service = &services[deploy.service.index()];
    if service.function.is_some() {
        return deploy.lasts_at_least(SimDuration::ZERO, 0);
    }
    let start = service.version(deploy.version).map_or(&service.start, |version| &version.start);
    // Fewer may be there where a fleet is scaled, and regions may need different steps for theirs.
    let is_scaled = service.autoscaling.as_ref().is_none_or(|scaling| !scaling.controls.is_empty());
    let is_known = start.init_limit.is_none() && !is_scaled;
    let regions =
        service.autoscaling.as_ref().map_or(1, |one| service.replicas.len() as u32 / one.seats().max(1));
    let replicas = if regions == 1 { service.present } else { 1 };
    let phases = start.phases.iter().filter(|_| is_known).filter_map(Distribution::as_constant);
    let nanos = phases.fold(0_u64, |sum, phase| sum.saturating_add(phase.as_nanos()));
    deploy.lasts_at_least(SimDuration::from_nanos(nanos), replicas)
}

/// How long after something is wrong a monitor raises its alarm at the soonest, where that is known.
fn soonest(monitor: &Monitor) -> Option<SimDuration> {
    let MonitorKind::Watch(watch) = &monitor.kind else { return None };
    let WatchRule::Threshold(threshold) = &watch.rule else { return None };
    let periods = u64::from(threshold.rule.datapoints);
    let wrong = watch.period.as_nanos().saturating_mul(periods);
    Some(SimDuration::from_nanos(wrong.saturating_add(watch.delay.as_nanos())))
}
