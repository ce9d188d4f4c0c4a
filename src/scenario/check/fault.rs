//! Faults: what they do, when they strike, how they end.

use super::Checker;
use super::place::Layout;
use super::target::{TargetKind, Targets};
use crate::document::Diagnostic;
use crate::kernel::distribution::Distribution;
use crate::model::fault::{
    Arriving, Crash, Detection, Fault, FaultClock, FaultKind, FaultStart, Occurrence, Recovers, Signal,
    Trigger, Waiting,
};
use crate::model::monitoring::Through;
use crate::model::recovery::{Operation, Plan, PlanPolicy, Recovery, Work};
use crate::model::scaling::OnZoneLoss;
use crate::scenario::written::detection::DetectedBy;
use crate::scenario::written::fault::{
    CapacityKeys, CrashKeys, FaultCommon, FaultKeys, FaultSection, LinkKeys, Several, SlowKeys,
};
use crate::scenario::written::service::{Limit, ServiceKeys, ServiceSection};
use crate::units::{Probability, RecoveryId, SimDuration, SimTime};

impl Checker<'_> {
    /// All faults. A repair time without a plan becomes a plan of one operation, added to `recoveries`.
    pub(super) fn faults(&mut self, layout: &Layout, recoveries: &mut Vec<Recovery>) -> Option<Vec<Fault>> {
        let written = self.written;
        let mut faults = Vec::with_capacity(written.faults.0.len());
        for (name, section) in &written.faults.0 {
            faults.push(section.as_ref().and_then(|one| self.fault(layout, &name.text, one, recoveries)));
        }
        faults.into_iter().collect()
    }

    fn fault(
        &mut self,
        layout: &Layout,
        name: &str,
        section: &FaultSection,
        recoveries: &mut Vec<Recovery>,
    ) -> Option<Fault> {
        let keys = &section.keys;
        self.exclusive(name, keys, &section.kind);
        let targets = match (section.kind.way(), &section.on) {
            (Some(way), _) => self.links(layout, way),
            (None, on) => {
                let on = keys.common.as_ref().map(|common| &common.among).or(on.as_ref());
                let found = self.targets_and_parts(layout, on.map_or(&[], |on| &on.0));
                let found = found.map(|targets| self.spare_slotless(layout, &section.kind, targets));
                match &section.kind {
                    FaultKeys::Poison(_) => found.and_then(|targets| self.served(name, targets)),
                    _ => found,
                }
            }
        };
        let kind = self.kind(name, &section.kind, targets.as_ref());
        if let Some(targets) = &targets {
            self.caches_alone(name, &section.kind, targets);
            self.data_alone(name, section, targets);
        }
        let detection = self.detection(layout, (name, section), targets.as_ref());
        if let Some(detection) = &detection {
            self.found_in_time(name, keys, detection);
        }
        let repair = self.repair(name, section, recoveries);
        let targets = targets?;
        self.struck_populations(layout, (name, section), &targets);
        self.gone_instances(name, &targets);
        self.clock_of_work(name, keys.clock, &targets);
        let (trigger, pace) = match &keys.common {
            Some(common) => self.common_cause(name, common),
            None => self.own_cause(name, section, targets.units.len()),
        };
        if keys.recovers == Recovers::Each {
            self.recovers_each(layout, name, section, &targets);
        }
        let seen_by = match &keys.seen_by {
            Some(names) => self.seen_by(layout, name, section, (&names.0, &targets)),
            None => Some(Vec::new()),
        };
        let raises = self.raises(name, &keys.raises);
        let backoff = keys.backoff.as_ref().map(|backoff| self.backoff(name, keys, backoff));
        let flap = match &keys.flap {
            Some(flap) => self.flap(name, flap, detection.as_ref()).map(Some),
            None => Some(None),
        };
        Some(Fault {
            name: name.to_owned(),
            kind: kind?,
            units: targets.units,
            trigger: trigger?,
            clock: keys.clock.unwrap_or(FaultClock::Calendar),
            pace,
            recovers: keys.recovers,
            raises: raises?,
            flap: flap?,
            seen_by: seen_by?,
            backoff,
            start: keys.start.unwrap_or(FaultStart::New),
            detection: detection?,
            recovery: repair?,
            passes: (keys.lasts.is_some() || matches!(section.kind, FaultKeys::CacheLoss(_)))
                && keys.recovery.is_none()
                && keys.time_to_repair.is_none(),
        })
    }

    /// Warns of what is said about the work of replicas that have crashed where only functions are struck.
    fn gone_instances(&mut self, name: &str, targets: &Targets) {
        let is_function = |number: &usize| {
            let service = self.written.services.0.get(*number).and_then(|(_, section)| section.as_ref());
            service.is_some_and(|service| service.keys.function.is_some())
        };
        let is_told = !targets.populations.is_empty();
        if is_told || targets.services.is_empty() || !targets.services.iter().all(is_function) {
            return;
        }
        for key in ["in_service", "waiting", "arriving"] {
            let path = ["fault", name, key];
            if self.is_written(&path) {
                let message =
                    format!("\"{key}\" has no effect on a function: an instance that has crashed is gone");
                let help = "what it had is lost, and what arrives while none can start is refused";
                self.warning(&path, message, help);
            }
        }
    }

    /// Reports keys that exclude each other.
    fn exclusive(&mut self, name: &str, keys: &FaultCommon, kind: &FaultKeys) {
        let triggers = [
            ("time_to_failure", keys.time_to_failure.is_some()),
            ("at", keys.at.is_some()),
            ("replay", keys.replay.is_some()),
            ("common", keys.common.is_some()),
        ];
        match triggers.iter().filter(|(_, given)| *given).collect::<Vec<_>>()[..] {
            _ if matches!(kind, FaultKeys::Poison(_)) => self.poison_alone(name, keys, &triggers),
            [] => {
                let help = "add \"time_to_failure\", \"at\" or \"replay\"";
                self.error(&["fault", name], format!("nothing says when \"{name}\" strikes"), help);
            }
            [_] => {}
            [(one, _), (other, _), ..] => {
                let message = format!("\"{one}\" and \"{other}\" both say when \"{name}\" strikes");
                self.error(&["fault", name, other], message, "leave out one of them");
            }
        }
        let recorded_end = keys.replay.as_ref().is_some_and(|replay| replay.columns.ended.is_some());
        let ends = [
            ("recovery", keys.recovery.is_some()),
            ("time_to_repair", keys.time_to_repair.is_some()),
            ("lasts", keys.lasts.is_some()),
            ("replay", recorded_end),
        ];
        if let [(one, _), (other, _), ..] = ends.iter().filter(|(_, given)| *given).collect::<Vec<_>>()[..] {
            let message = format!("\"{one}\" and \"{other}\" both say how \"{name}\" ends");
            self.error(&["fault", name, other], message, "leave out one of them");
        }
        if keys.time_to_failure.is_none() && keys.common.is_none() {
            for (key, given) in [("clock", keys.clock.is_some()), ("start", keys.start.is_some())] {
                if given {
                    let message = format!("\"{key}\" needs a random \"time_to_failure\"");
                    self.error(&["fault", name, key], message, "leave it out");
                }
            }
        }
    }

    /// Reports a time to detection that what passes by itself never lasts.
    fn found_in_time(&mut self, name: &str, keys: &FaultCommon, detection: &Detection) {
        if let (Detection::After(law), Some(Several(lasts))) = (detection, &keys.lasts)
            && let Some(time) = law.as_constant()
            && lasts.iter().all(|lasts| *lasts <= time)
        {
            let message = format!("\"{name}\" is over before it is detected");
            let help = "expected a time shorter than \"lasts\", or no \"detected_by\"";
            self.error(&["fault", name, "detected_by"], message, help);
        }
    }

    /// Whether nothing says when a fault is detected, and nothing waits for it: what it strikes is repaired by nobody, and no
    /// fleet goes elsewhere. A spare that takes over at once detects it then.
    fn is_unsaid(&self, section: &FaultSection, targets: &Targets) -> bool {
        let keys = &section.keys;
        let waits = |service: &ServiceSection| {
            let scaling = service.keys.autoscaling.as_ref();
            scaling.is_some_and(|scaling| scaling.common.on_zone_loss == OnZoneLoss::Elsewhere)
        };
        let mut struck = targets.services.iter().filter_map(|number| self.written.services.0.get(*number));
        keys.recovery.is_none()
            && keys.time_to_repair.is_none()
            && keys.detected_by.is_none()
            && !struck.any(|(_, section)| section.as_ref().is_some_and(waits))
    }

    fn kind(&mut self, name: &str, keys: &FaultKeys, targets: Option<&Targets>) -> Option<FaultKind> {
        match keys {
            FaultKeys::Crash(keys) => Some(FaultKind::Crash(self.crash(name, keys, targets?))),
            FaultKeys::Poison(keys) => self.poison(name, keys, targets?),
            FaultKeys::Hang(_) => Some(FaultKind::Hang),
            FaultKeys::Slow(keys) => self.slow(name, keys),
            FaultKeys::Error(keys) => Some(FaultKind::Error { share: keys.share }),
            FaultKeys::Corrupt(keys) => self.corrupt(name, keys),
            FaultKeys::Throttle(keys) => self.throttle(name, keys, targets?),
            FaultKeys::Capacity(keys) => self.capacity(name, keys, targets?),
            FaultKeys::CacheLoss(keys) => self.cache_loss(name, keys, targets?),
            FaultKeys::DataLoss(keys) => self.data_loss(name, keys, targets?),
            FaultKeys::Partition(keys) => {
                Some(FaultKind::Partition { links: targets?.links.clone(), signal: keys.signal })
            }
            FaultKeys::Network(keys) => self.slow_link(name, keys, targets?),
        }
    }

    fn slow_link(&mut self, name: &str, keys: &LinkKeys, targets: &Targets) -> Option<FaultKind> {
        if keys.factor <= 0.0 {
            self.error(&["fault", name, "factor"], "the factor is more than zero", "2 takes twice as long");
            return None;
        }
        let is_idle = keys.added.is_none()
            && (keys.factor - 1.0).abs() < f64::EPSILON
            && keys.loss == Probability::ZERO;
        if is_idle && !["loss", "factor"].iter().any(|key| self.is_written(&["fault", name, key])) {
            let message = format!("\"{name}\" does nothing to messages");
            self.error(&["fault", name], message, "add \"added\", \"factor\" or \"loss\"");
            return None;
        }
        Some(FaultKind::Network {
            links: targets.links.clone(),
            added: self.optional_law(keys.added.as_ref())?,
            factor: keys.factor,
            loss: keys.loss,
        })
    }

    /// What a crash does to work, where it is not written as what it strikes would have it.
    pub(super) fn crash(&mut self, name: &str, keys: &CrashKeys, targets: &Targets) -> Crash {
        // Nobody is left in a lost place to refuse or reset anything.
        let is_place = |kind: &TargetKind| {
            matches!(kind, TargetKind::Host | TargetKind::Rack | TargetKind::Zone | TargetKind::Region)
        };
        let remote = targets.kinds.iter().any(is_place);
        let services = &self.written.services.0;
        let mut struck = targets.services.iter().filter_map(|number| services.get(*number)?.1.as_ref());
        let is_one = |keys: &ServiceKeys| keys.queue.is_shared() && !keys.is_buffered();
        let is_shared = !targets.services.is_empty() && struck.all(|service| is_one(&service.keys));
        if is_shared && keys.waiting == Some(Waiting::Lost) {
            let help = "leave out \"waiting\", or write \"kept\": any replica may take what waits";
            self.error(&["fault", name, "waiting"], "a crash leaves a shared queue as it is", help);
        }
        let waiting = if is_shared { Waiting::Kept } else { Waiting::Lost };
        let arriving = if remote { Arriving::Ignored } else { Arriving::Refused };
        Crash {
            in_service: keys.in_service,
            waiting: keys.waiting.unwrap_or(waiting),
            arriving: keys.arriving.unwrap_or(arriving),
            signal: keys.signal.unwrap_or(if remote { Signal::Silent } else { Signal::Reset }),
        }
    }

    fn capacity(&mut self, name: &str, keys: &CapacityKeys, targets: &Targets) -> Option<FaultKind> {
        let services = &self.written.services.0;
        let has_no_limit = |number: &&usize| {
            let section = services.get(**number).map(|(_, section)| section.as_ref());
            section.is_none_or(|one| one.is_some_and(|service| service.keys.concurrency == Limit::Unlimited))
        };
        if let Some(number) = targets.services.iter().find(has_no_limit) {
            let what = services.get(*number).map_or("a queue", |(name, _)| name.text.as_str());
            let message = format!("\"{what}\" has no limit of slots, so none can be lost");
            let help = "give it a \"concurrency\"; a share of its speed is lost with kind = \"slow\"";
            self.error(&["fault", name, "on"], message, help);
            return None;
        }
        let (share, slots) = match (keys.share, keys.slots) {
            (Some(share), None) if share > Probability::ZERO => (share, 0),
            (None, Some(slots)) if slots > 0 => (Probability::ZERO, slots),
            (Some(_), Some(_)) => {
                let message = "\"share\" and \"slots\" both say how many slots are lost";
                self.error(&["fault", name, "slots"], message, "leave out one of them");
                return None;
            }
            _ => {
                let message = format!("\"{name}\" takes no slot");
                self.error(&["fault", name], message, "add \"share\" or \"slots\", more than zero");
                return None;
            }
        };
        Some(FaultKind::Capacity { share, slots })
    }

    fn slow(&mut self, name: &str, keys: &SlowKeys) -> Option<FaultKind> {
        if keys.factor <= 0.0 {
            self.error(&["fault", name, "factor"], "the factor is more than zero", "2 takes twice as long");
            return None;
        }
        if keys.added.is_none() && (keys.factor - 1.0).abs() < f64::EPSILON {
            self.error(
                &["fault", name],
                format!("\"{name}\" slows nothing down"),
                "add \"factor\" or \"added\"",
            );
            return None;
        }
        Some(FaultKind::Slow { factor: keys.factor, added: self.optional_law(keys.added.as_ref())? })
    }

    fn detection(
        &mut self,
        layout: &Layout,
        (name, section): (&str, &FaultSection),
        targets: Option<&Targets>,
    ) -> Option<Detection> {
        let span = match &section.keys.detected_by {
            None if self.is_unsaid(section, targets?) => {
                return Some(Detection::Unsaid);
            }
            None | Some(DetectedBy::Immediate) => return Some(Detection::Immediate),
            Some(DetectedBy::After(law)) => return self.law(law).map(Detection::After),
            Some(DetectedBy::Monitors(monitors)) => {
                let units = &targets?.units;
                let found: Vec<_> =
                    monitors.iter().map(|one| self.finder(layout, (name, one), units)).collect();
                return found.into_iter().collect::<Option<_>>().map(Detection::Monitors);
            }
            Some(DetectedBy::Liveness(span)) => {
                return self.found_by_liveness(section, &targets?.services, *span);
            }
            Some(DetectedBy::HealthCheck(span)) => span,
        };
        let unseen = match section.kind {
            FaultKeys::Slow(_) if self.checked_in_queue(targets?) => None,
            FaultKeys::Slow(_) => Some("is slow"),
            FaultKeys::Capacity(_) => Some("has lost slots"),
            FaultKeys::Throttle(_) => Some("refuses what is too much"),
            FaultKeys::CacheLoss(_) => Some("has lost its cache"),
            FaultKeys::Corrupt(_) => Some("answers wrongly"),
            FaultKeys::Crash(_)
            | FaultKeys::Poison(_)
            | FaultKeys::Hang(_)
            | FaultKeys::Error(_)
            | FaultKeys::DataLoss(_)
            | FaultKeys::Partition(_)
            | FaultKeys::Network(_) => None,
        };
        if let Some(unseen) = unseen {
            let error =
                Diagnostic::error(*span, format!("a health check does not see that a replica {unseen}"));
            let help = if matches!(section.kind, FaultKeys::Slow(_)) {
                "expected a check that waits behind the requests, with through = \"queue\", or another detection"
            } else {
                "expected \"immediate\", a duration or a distribution"
            };
            self.findings.push(error.help(help));
            return None;
        }
        let services = &self.written.services.0;
        if section.kind.way().is_some() {
            let has_check = |service: &ServiceSection| service.keys.health_check.is_some();
            if services.iter().filter_map(|(_, section)| section.as_ref()).any(has_check) {
                return Some(Detection::HealthCheck);
            }
            let error = Diagnostic::error(*span, "no service has a health check");
            self.findings.push(error.help("add \"health_check\" to a service at an end of the way"));
            return None;
        }
        let blind = targets?.services.iter().map(|number| services.get(*number)).find(|service| {
            let has_none = |one: &ServiceSection| one.keys.health_check.is_none() && one.gateway.is_none();
            service.is_none_or(|(_, section)| section.as_ref().is_some_and(has_none))
        });
        if let Some(service) = blind {
            let name = service.map_or("a queue", |(name, _)| name.text.as_str());
            let error = Diagnostic::error(*span, format!("\"{name}\" has no health check"));
            self.findings.push(error.help("add \"health_check\" to the service"));
            return None;
        }
        Some(Detection::HealthCheck)
    }

    /// Whether the health checks of all that is struck wait behind the requests.
    fn checked_in_queue(&self, targets: &Targets) -> bool {
        let mut struck = targets.services.iter().map(|number| self.written.services.0.get(*number));
        struck.all(|service| {
            let check = service.and_then(|(_, section)| section.as_ref()?.keys.health_check.as_ref());
            check.is_some_and(|check| check.through == Through::Queue)
        })
    }

    /// The recovery plan; `Some(None)` where there is none.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one an absent key")]
    fn repair(
        &mut self,
        name: &str,
        section: &FaultSection,
        recoveries: &mut Vec<Recovery>,
    ) -> Option<Option<RecoveryId>> {
        let (written, keys) = (self.written, &section.keys);
        if let Some(plan) = &keys.recovery {
            return self.number("recovery", &written.recoveries, plan).map(|number| Some(RecoveryId(number)));
        }
        let is_random = keys.time_to_failure.is_some()
            || keys.common.is_some()
            || matches!(section.kind, FaultKeys::Poison(_));
        let time = match (&keys.time_to_repair, &keys.lasts) {
            (Some(law), _) => self.law(law)?,
            (None, Some(Several(lasts))) if is_random => {
                let [lasts] = lasts[..] else {
                    let message = "a random fault has one length";
                    let help = "give one duration, or \"time_to_repair\"";
                    self.error(&["fault", name, "lasts"], message, help);
                    return None;
                };
                Distribution::constant(lasts)
            }
            (None, None) if is_random && matches!(section.kind, FaultKeys::CacheLoss(_)) => {
                Distribution::constant(SimDuration::ZERO)
            }
            _ => return Some(None),
        };
        recoveries.push(one_operation(format!("fault.{name}"), time));
        Some(Some(RecoveryId(recoveries.len() as u32 - 1)))
    }

    pub(super) fn trigger(&mut self, name: &str, section: &FaultSection, units: usize) -> Option<Trigger> {
        let keys = &section.keys;
        if matches!(section.kind, FaultKeys::Poison(_)) {
            return Some(Trigger::Served);
        }
        if let Some(law) = &keys.time_to_failure {
            return self.positive_law(law).map(Trigger::Random);
        }
        if let Some(replay) = &keys.replay {
            return self.replayed(name, replay, units).map(Trigger::Replayed);
        }
        let at = &keys.at.as_ref()?.0;
        let lasts: Vec<Option<SimDuration>> = match &keys.lasts {
            // What nothing ends is over at once.
            None if matches!(section.kind, FaultKeys::CacheLoss(_)) && keys.time_to_repair.is_none() => {
                vec![Some(SimDuration::ZERO); at.len()]
            }
            None => vec![None; at.len()],
            Some(Several(lasts)) if lasts.len() == 1 => vec![Some(lasts[0]); at.len()],
            Some(Several(lasts)) => lasts.iter().copied().map(Some).collect(),
        };
        if lasts.len() != at.len() {
            let message = format!("there are {} lengths for {} times", lasts.len(), at.len());
            self.error(&["fault", name, "lasts"], message, "give one for all, or one for each");
            return None;
        }
        let mut times: Vec<Occurrence> =
            at.iter().zip(lasts).map(|(at, lasts)| Occurrence { at: SimTime::ZERO + *at, lasts }).collect();
        times.sort_by_key(|one| one.at);
        let overlaps = |pair: &[Occurrence]| {
            pair[0].at == pair[1].at || pair[0].lasts.is_some_and(|lasts| pair[0].at + lasts > pair[1].at)
        };
        if let Some(pair) = times.windows(2).find(|pair| overlaps(pair)) {
            let second = pair[1].at.since(SimTime::ZERO);
            let message = format!("the fault at {second} begins before the one before it has ended");
            self.error(&["fault", name, "at"], message, "");
            return None;
        }
        Some(Trigger::Scheduled(times))
    }
}

pub(super) fn one_operation(name: String, time: Distribution) -> Recovery {
    let work = Work::Task { time, success: Probability::ONE, crew: None, does: Vec::new() };
    let operation = Operation { name: "repair".to_owned(), work, probability: Probability::ONE };
    Recovery {
        name,
        plan: Plan { policy: PlanPolicy::Sequence, operations: vec![operation] },
        again_after: Distribution::constant(SimDuration::ZERO),
    }
}
