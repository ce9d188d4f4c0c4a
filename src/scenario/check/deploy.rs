//! Deployments: what they bring out, when, in which steps, and what is wrong with it.

use super::Checker;
use super::place::Layout;
use super::population::is_population;
use crate::document::{Diagnostic, Name};
use crate::model::deploy::{Badness, Begins, Deploy};
use crate::model::fault::{
    Arriving, Crash, Detection, Fault, FaultKind, InService, Signal, Trigger, Waiting,
};
use crate::model::monitoring::monitor::{Monitor, MonitorKind};
use crate::model::monitoring::watch::WatchRule;
use crate::model::system::System;
use crate::scenario::written::deploy::{BadKind, BadnessKeys, DeployCommon, DeploySection};
use crate::scenario::written::fault::Several;
use crate::scenario::written::service::{Replicas, ServiceKeys, ServiceSection};
use crate::units::{DeployId, MonitorId, Probability, ServiceId, SimDuration, SimTime};

/// What becomes of the work of a replica that a bad release crashes.
const GONE: Crash = Crash {
    in_service: InService::Lost,
    waiting: Waiting::Lost,
    arriving: Arriving::Refused,
    signal: Signal::Reset,
};
/// What the names of monitors begin with.
const MONITOR: &str = "monitor.";
/// What is done about a deployment of something else.
const ONLY_FLEETS: &str = "expected a service with replicas, or a function";

impl Checker<'_> {
    /// The deployments of a service that could be read.
    pub(super) fn deploys_of(&self, service: &str) -> impl Iterator<Item = &DeploySection> {
        let sections = self.written.deploys.0.iter().filter_map(|(_, section)| section.as_ref());
        sections.filter(move |section| section.common.service.text == service)
    }

    /// How many seats of a region of a service are there for replicas that deployments start before others have gone; the
    /// region wants at most so many replicas.
    pub(super) fn seats_beside(&self, service: &str, most: u32) -> u32 {
        let possible = self.deploys_of(service).filter(|section| section.policy.check().is_ok());
        let surge = possible.map(|section| section.policy.rollout().pace(most).0);
        // As many as there are may drain besides.
        surge.max().map_or(0, |surge| most.saturating_add(surge))
    }

    /// All deployments. What is wrong with bad releases becomes a fault, added to `faults`.
    pub(super) fn deploys(&mut self, layout: &Layout, faults: &mut Vec<Fault>) -> Option<Vec<Deploy>> {
        let written = self.written;
        let mut deploys = Vec::with_capacity(written.deploys.0.len());
        for (number, (name, section)) in (0..).zip(&written.deploys.0) {
            let found =
                section.as_ref().and_then(|one| self.deploy(layout, (number, &name.text), one, faults));
            deploys.push(found);
        }
        deploys.into_iter().collect()
    }

    fn deploy(
        &mut self,
        layout: &Layout,
        (number, name): (u32, &str),
        section: &DeploySection,
        faults: &mut Vec<Fault>,
    ) -> Option<Deploy> {
        let keys = &section.common;
        self.possible(&["deploy", name], section.policy.check());
        let service = self.deployed(name, section);
        let version = service.and_then(|service| self.version_brought(name, service, keys));
        let begins = self.begins(name, keys);
        let build = self.law(&keys.build);
        let rollback = self.law(&keys.rollback);
        let monitors: Vec<_> = keys.rollback_on.iter().map(|monitor| self.watching(monitor)).collect();
        let named: Vec<MonitorId> = monitors.into_iter().collect::<Option<_>>()?;
        let mut takers: Vec<MonitorId> =
            named.into_iter().chain(self.monitors_that_roll_back(name)).collect();
        takers.sort_unstable();
        takers.dedup();
        let is_taken_back = !takers.is_empty() || self.operations_roll_back(name);
        if !is_taken_back && rollback.as_ref().is_some_and(|law| law.mean() > 0.0) {
            let message = "\"rollback\" has no effect: nothing takes a release back";
            self.error(&["deploy", name, "rollback"], message, "add \"rollback_on\", or leave it out");
        }
        let badness = self.badness(layout, (number, name), keys, &takers, faults);
        section.policy.check().ok()?;
        Some(Deploy {
            name: name.to_owned(),
            service: ServiceId(service?),
            begins: begins?,
            rollout: section.policy.rollout(),
            version: version?,
            build: build?,
            bad: keys.bad,
            gate: keys.gate,
            badness: badness?,
            rollback_on: takers,
            rollback: rollback?,
        })
    }

    /// The monitors that take releases back by their verb.
    fn monitors_that_roll_back(&self, name: &str) -> impl Iterator<Item = MonitorId> {
        let verb = rollback_verb(name);
        let sections = self.written.monitors.0.iter().zip(0..);
        sections.filter_map(move |((_, section), number)| {
            let does = &section.as_ref()?.response.does.0;
            does.iter().any(|path| path.text == verb).then_some(MonitorId(number))
        })
    }

    /// The deployments that a monitor takes back because they name it.
    pub(super) fn taken_back_by(&self, monitor: &str) -> Vec<DeployId> {
        let names_it = |name: &Name| name.text.strip_prefix(MONITOR) == Some(monitor);
        let sections = (0..).zip(&self.written.deploys.0);
        sections
            .filter(|(_, (_, section))| {
                section.as_ref().is_some_and(|one| one.common.rollback_on.iter().any(names_it))
            })
            .map(|(number, _)| DeployId(number))
            .collect()
    }

    /// Whether an operation of a recovery takes releases back.
    fn operations_roll_back(&self, name: &str) -> bool {
        let verb = rollback_verb(name);
        let plans = self.written.recoveries.0.iter().filter_map(|(_, section)| section.as_ref());
        plans.into_iter().any(|section| section.plan.does(&verb))
    }

    /// The service, or a report of why nothing can be brought out there.
    fn deployed(&mut self, name: &str, section: &DeploySection) -> Option<u32> {
        let written = self.written;
        let service = &section.common.service;
        let number = self.number("service", &written.services, service)?;
        let target: &ServiceSection = written.services.0[number as usize].1.as_ref()?;
        let refusal = if target.gateway.is_some() {
            Some("is a gateway, whose routes call what is brought out")
        } else if is_population(target) {
            Some("is many functions, which have no versions")
        } else {
            None
        };
        if let Some(why) = refusal {
            let error = Diagnostic::error(service.span, format!("\"{}\" {why}", service.text));
            self.findings.push(error.help(ONLY_FLEETS));
            return None;
        }
        if target.keys.function.is_some() && !section.policy.moves_requests() {
            let message =
                format!("\"{}\" exchanges replicas, and a function has none", section.policy.name());
            let help = "expected a policy that moves requests: \"all-at-once\", \"canary\", \"linear\" or \"blue-green\"";
            self.error(&["deploy", name, "policy"], message, help);
        }
        Some(number)
    }

    /// The number of the version that is brought out.
    fn version_brought(&mut self, name: &str, service: u32, keys: &DeployCommon) -> Option<u8> {
        let target: &ServiceKeys = &self.written.services.0[service as usize].1.as_ref()?.keys;
        let service = keys.service.text.as_str();
        if target.function.is_some() && !target.publish.is_empty() {
            let message = "\"publish\" and a deployment both say what runs";
            self.error(&["service", service, "publish"], message, "leave out one of them");
        }
        if target.function.is_some() && target.versions.0.is_empty() {
            let help = "add \"versions\" to the function, such as { v2 = { error_ratio = \"1%\" } }";
            self.error(
                &["deploy", name, "service"],
                "the function has one version, which runs already",
                help,
            );
            return None;
        }
        if let Some(version) = &keys.version {
            return self.version_called(version, target);
        }
        if target.function.is_some() {
            let message = "it is not said which version of the function is brought out";
            self.error(&["deploy", name], message, "add \"version\", a name of the function's \"versions\"");
            return None;
        }
        Some(0)
    }

    fn begins(&mut self, name: &str, keys: &DeployCommon) -> Option<Begins> {
        match (&keys.at, &keys.every) {
            (Some(Several(at)), None) => {
                let mut at: Vec<SimTime> = at.iter().map(|at| SimTime::ZERO + *at).collect();
                at.sort_unstable();
                Some(Begins::At(at))
            }
            (None, Some(law)) => self.positive_law(law).map(Begins::Every),
            (None, None) => {
                let message = format!("nothing says when releases of \"{name}\" begin");
                self.error(&["deploy", name], message, "add \"at\" or \"every\"");
                None
            }
            (Some(_), Some(_)) => {
                let message = format!("\"at\" and \"every\" both say when releases of \"{name}\" begin");
                self.error(&["deploy", name, "every"], message, "leave out one of them");
                None
            }
        }
    }

    /// The monitor whose alarm takes releases back.
    fn watching(&mut self, monitor: &Name) -> Option<MonitorId> {
        let Some(name) = monitor.text.strip_prefix(MONITOR) else {
            let error = Diagnostic::error(monitor.span, format!("\"{}\" is no monitor", monitor.text));
            self.findings.push(error.help("expected a name such as \"monitor.errors\""));
            return None;
        };
        let name = Name { text: name.to_owned(), span: monitor.span };
        let written = self.written;
        self.number("monitor", &written.monitors, &name).map(MonitorId)
    }

    /// What is wrong with bad releases; `Some(None)` where none is bad.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no bad release")]
    fn badness(
        &mut self,
        layout: &Layout,
        (number, name): (u32, &str),
        keys: &DeployCommon,
        monitors: &[MonitorId],
        faults: &mut Vec<Fault>,
    ) -> Option<Option<Badness>> {
        let Some(badness) = &keys.badness else {
            if keys.bad > Probability::ZERO {
                let help = "add \"badness\", such as { kind = \"error\", share = \"20%\" }";
                self.error(&["deploy", name], "nothing says what is wrong with a bad release", help);
            }
            if keys.gate > Probability::ZERO {
                let message = "\"gate\" has no effect: no release is bad";
                self.error(
                    &["deploy", name, "gate"],
                    message,
                    "add \"bad\" and \"badness\", or leave it out",
                );
            }
            return Some(None);
        };
        if keys.bad == Probability::ZERO && !self.is_written(&["deploy", name, "bad"]) {
            let help = "add \"bad\", the probability that a release is so, or leave it out";
            self.error(&["deploy", name, "badness"], "\"badness\" has no effect: no release is bad", help);
        }
        let kind = self.bad_kind(name, badness);
        let after = self.law(&badness.after);
        let struck = self.targets(layout, &[service_struck(&keys.service)]);
        let trigger = Trigger::Released(DeployId(number));
        faults.push(Fault {
            detection: if monitors.is_empty() {
                Detection::Unsaid
            } else {
                Detection::Monitors(monitors.to_vec())
            },
            ..Fault::brought_about(bad_name(name), kind?, struck?.units, trigger)
        });
        Some(Some(Badness { fault: faults.len() as u32 - 1, after: after? }))
    }

    fn bad_kind(&mut self, name: &str, keys: &BadnessKeys) -> Option<FaultKind> {
        let at = |key| ["deploy", name, "badness", key];
        for (key, is_given, kinds, word) in [
            ("share", keys.share.is_some(), &[BadKind::Error][..], "error"),
            ("factor", keys.factor.is_some(), &[BadKind::Slow, BadKind::Leak], "slow"),
            ("grows", keys.grows.is_some(), &[BadKind::Leak], "leak"),
        ] {
            if is_given && !kinds.contains(&keys.kind) {
                let message = format!("\"{key}\" says nothing of a release that is bad otherwise");
                self.error(&at(key), message, &format!("leave it out, or write kind = \"{word}\""));
            }
        }
        match keys.kind {
            BadKind::Error => {
                let Some(share) = keys.share.filter(|share| *share > Probability::ZERO) else {
                    let help = "add \"share\", such as \"20%\"";
                    self.error(&["deploy", name, "badness"], "no attempt is answered with an error", help);
                    return None;
                };
                Some(FaultKind::Error { share })
            }
            BadKind::Slow => {
                let Some(factor) = keys.factor.filter(|factor| *factor > 0.0) else {
                    let help = "add \"factor\", how many times longer work takes, more than zero";
                    self.error(&["deploy", name, "badness"], "it is not said how slow it is", help);
                    return None;
                };
                Some(FaultKind::Slow { factor, added: None })
            }
            BadKind::Crash => Some(FaultKind::Crash(GONE)),
            BadKind::Leak => {
                let Some(factor) = keys.factor.filter(|factor| *factor > 1.0) else {
                    let help = "add \"factor\", how many times longer work takes in the end, more than 1";
                    self.error(&["deploy", name, "badness"], "it is not said how slow it gets", help);
                    return None;
                };
                let Some(grows) = &keys.grows else {
                    let help = "add \"grows\", such as \"2h\"";
                    self.error(&["deploy", name, "badness"], "it is not said how fast the leak grows", help);
                    return None;
                };
                let grows = self.positive_law(grows)?;
                Some(FaultKind::Leak { factor, grows, crash: GONE })
            }
        }
    }

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

    /// The names of all faults: those that are written, and those of bad releases and of restarts behind them.
    pub(super) fn fault_names(&self) -> Vec<String> {
        let written = self.written;
        let sections = written.deploys.0.iter().filter_map(|(name, section)| Some((name, section.as_ref()?)));
        let bad = sections.filter(|(_, section)| section.common.badness.is_some());
        let bad = bad.map(|(name, _)| bad_name(&name.text));
        written.faults.names().map(str::to_owned).chain(bad).chain(self.restart_names()).collect()
    }

    /// Whether any deployment brings versions of a service out.
    pub(super) fn is_deployed(&self, service: &str) -> bool {
        self.deploys_of(service).next().is_some()
    }
}

/// What a fault would name to strike a service.
fn service_struck(service: &Name) -> Name {
    Name { text: format!("service.{}", service.text), span: service.span }
}

/// The name of the fault that bad releases of a deployment are.
fn bad_name(deploy: &str) -> String {
    format!("{deploy}:bad")
}

/// How long after something is wrong a monitor raises its alarm at the soonest, where that is known.
fn soonest(monitor: &Monitor) -> Option<SimDuration> {
    let MonitorKind::Watch(watch) = &monitor.kind else { return None };
    let WatchRule::Threshold(threshold) = &watch.rule else { return None };
    let periods = u64::from(threshold.rule.datapoints);
    let wrong = watch.period.as_nanos().saturating_mul(periods);
    Some(SimDuration::from_nanos(wrong.saturating_add(watch.delay.as_nanos())))
}

/// The most replicas that a region of a service has at the start.
pub(super) fn largest_region(keys: &ServiceKeys) -> u32 {
    match &keys.replicas {
        Replicas::Number(count) => *count,
        Replicas::ByRegion(counts) => counts.iter().map(|(_, count)| *count).max().unwrap_or(0),
    }
}

/// The verb that takes releases of a deployment back.
fn rollback_verb(name: &str) -> String {
    format!("deploy.{name}.rollback")
}
