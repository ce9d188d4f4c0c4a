//! Warns of deployments that do less than they seem to.

use super::Checker;
use super::review::version::asked;
use crate::model::deploy::{Begins, Deploy};
use crate::model::monitoring::monitor::{Monitor, MonitorKind};
use crate::model::monitoring::watch::WatchRule;
use crate::model::system::System;
use crate::units::{SimDuration, SimTime};

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
            self.asked_by_nobody(system, deploy);
        }
    }

    /// Warns of a first step that is over before any alarm could be raised.
    fn short_step(&mut self, system: &System, deploy: &Deploy) {
        let steps = &deploy.rollout.steps;
        let Some(first) = steps.first().filter(|_| steps.len() > 1) else { return };
        let soonest = deploy.rollback_on.iter().filter_map(|one| soonest(&system.monitors[one.index()]));
        let Some(soonest) = soonest.min().filter(|soonest| first.bake < *soonest) else { return };
        let message =
            format!("the first step is watched for {}, and an alarm needs at least {soonest}", first.bake);
        let help = "wait longer after it, or give the monitor shorter or fewer periods";
        self.warning(&["deploy", &deploy.name], message, help);
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

/// How long after something is wrong a monitor raises its alarm at the soonest, where that is known.
fn soonest(monitor: &Monitor) -> Option<SimDuration> {
    let MonitorKind::Watch(watch) = &monitor.kind else { return None };
    let WatchRule::Threshold(threshold) = &watch.rule else { return None };
    let periods = u64::from(threshold.rule.datapoints);
    Some(SimDuration::from_nanos(watch.period.as_nanos().saturating_mul(periods)))
}
