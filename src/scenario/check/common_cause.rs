//! Failures that hang together: common causes, faults that raise others, repairs of each by itself.

use super::Checker;
use super::place::Layout;
use super::target::{TargetKind, Targets};
use crate::document::{Diagnostic, Name};
use crate::kernel::distribution::DistributionSettings;
use crate::model::fault::{Backoff, Detection, FaultClock, Flap, Found, Raise, Trigger};
use crate::scenario::written::fault::{
    CommonKeys, FaultCommon, FaultKeys, FaultSection, FlapKeys, RaiseKeys, RestartBackoffKeys,
};
use crate::scenario::written::law::Law;
use crate::scenario::written::service::Limit;
use crate::units::SimDuration;

/// What the names of faults begin with, where anything might be named.
const FAULT: &str = "fault.";

impl Checker<'_> {
    /// Reports a clock that runs as a replica works where there is none, or no share of it.
    pub(super) fn clock_of_work(&mut self, name: &str, clock: Option<FaultClock>, targets: &Targets) {
        let Some(clock) = clock.filter(|clock| clock.is_of_work()) else { return };
        let path = ["fault", name, "clock"];
        if targets.kinds != [TargetKind::Replica] {
            let message = match clock {
                FaultClock::Load => "only the clock of a replica can run as it is loaded",
                _ => "only the clock of a replica can run while it is busy",
            };
            self.error(&path, message, "name replicas, such as \"service.a.*\"");
            return;
        }
        let services = &self.written.services.0;
        let unlimited =
            targets.services.iter().filter_map(|number| services.get(*number)).find(|(_, one)| {
                one.as_ref().is_some_and(|service| service.keys.concurrency == Limit::Unlimited)
            });
        if let (FaultClock::Load, Some((service, _))) = (clock, unlimited) {
            let message =
                format!("\"{}\" has no limit of slots, so no share of them is in use", service.text);
            self.error(&path, message, "give it a \"concurrency\", or write clock = \"busy\"");
        }
    }

    /// When a fault strikes that takes a share of another's failures.
    pub(super) fn common_cause(&mut self, name: &str, common: &CommonKeys) -> (Option<Trigger>, f64) {
        let beta = common.beta.get();
        if beta <= 0.0 {
            let message = "a share of no failures has no common cause";
            self.error(
                &["fault", name, "common", "beta"],
                message,
                "expected more than 0% and less than 100%",
            );
        }
        if self.is_written(&["fault", name, "on"]) {
            let message = "\"on\" and \"among\" both say what goes down together";
            self.error(&["fault", name, "on"], message, "leave out \"on\"");
        }
        let written = self.written;
        let Some(of) = self.fault_called(&common.of) else { return (None, 1.0) };
        let Some(section) = &written.faults.0[of as usize].1 else { return (None, 1.0) };
        let Some(law) = &section.keys.time_to_failure else {
            let error = Diagnostic::error(common.of.span, "a share is taken of failures that come at random");
            let help = format!("give \"{}\" a \"time_to_failure\"", common.of.text);
            self.findings.push(error.help(help));
            return (None, 1.0);
        };
        self.random_share(law, beta)
    }

    /// When a fault strikes by itself; others may take a share of its failures.
    pub(super) fn own_cause(
        &mut self,
        name: &str,
        section: &FaultSection,
        units: usize,
    ) -> (Option<Trigger>, f64) {
        let full = format!("{FAULT}{name}");
        let sections = self.written.faults.0.iter().filter_map(|(_, one)| one.as_ref());
        let taken: Vec<&CommonKeys> = sections
            .filter_map(|one| one.keys.common.as_ref())
            .filter(|common| common.of.text == full)
            .collect();
        let sum: f64 = taken.iter().map(|common| common.beta.get()).sum();
        if let (Some(last), true) = (taken.last(), sum >= 1.0) {
            let message = format!("common causes leave \"{name}\" no failures of its own");
            let error = Diagnostic::error(last.of.span, message);
            self.findings.push(error.help("the shares \"beta\" of one fault add up to less than 100%"));
            return (None, 1.0);
        }
        match &section.keys.time_to_failure {
            Some(law) if sum > 0.0 => self.random_share(law, 1.0 - sum),
            _ => (self.trigger(name, section, units), 1.0),
        }
    }

    /// Failures of a law of which only a share comes: a law of its own where that is one, or a slower clock.
    fn random_share(&mut self, law: &Law, share: f64) -> (Option<Trigger>, f64) {
        if share <= 0.0 {
            return (None, 1.0);
        }
        if let DistributionSettings::Exponential(keys) = &law.settings {
            let mut keys = keys.clone();
            keys.mean = SimDuration::from_secs(keys.mean.as_secs() / share);
            let scaled = Law { settings: DistributionSettings::Exponential(keys), ..law.clone() };
            return (self.positive_law(&scaled).map(Trigger::Random), 1.0);
        }
        (self.positive_law(law).map(Trigger::Random), share)
    }

    /// The number of the fault that a path such as `fault.crash` names.
    fn fault_called(&mut self, path: &Name) -> Option<u32> {
        let written = self.written;
        let Some(name) = path.text.strip_prefix(FAULT) else {
            let error = Diagnostic::error(path.span, format!("\"{}\" is no fault", path.text));
            self.findings.push(error.help("expected a name such as \"fault.crash\""));
            return None;
        };
        self.number("fault", &written.faults, &Name { text: name.to_owned(), span: path.span })
    }

    /// Reports a fault of which nothing is repaired one by one.
    pub(super) fn recovers_each(
        &mut self,
        layout: &Layout,
        name: &str,
        section: &FaultSection,
        targets: &Targets,
    ) {
        let path = ["fault", name, "recovers"];
        if !matches!(section.kind, FaultKeys::Crash(_) | FaultKeys::Hang(_)) {
            let message = "only what is down is repaired by itself";
            self.error(&path, message, "leave it out: all other faults end as one");
        } else if targets.kinds == [TargetKind::Replica] {
            let message = "each unit of this fault is one replica, which is repaired by itself anyway";
            self.error(&path, message, "leave it out, or let it strike many at once");
        } else if let Some(number) = targets.services.iter().find(|number| layout.is_changing(**number)) {
            let what = self.written.services.0.get(*number).map_or("a queue", |(name, _)| name.text.as_str());
            let message = format!("replicas of \"{what}\" come and go, and are not repaired by themselves");
            self.error(&path, message, "let it strike fleets that do not change");
        } else if let Some((_, population)) = targets.populations.first() {
            let message = format!("instances of \"{population}\" come and go, and none is repaired");
            self.error(&path, message, "let it strike fleets that do not change");
        }
    }

    /// How long recovery waits.
    pub(super) fn backoff(
        &mut self,
        name: &str,
        keys: &FaultCommon,
        backoff: &RestartBackoffKeys,
    ) -> Backoff {
        if keys.recovery.is_none() && keys.time_to_repair.is_none() {
            let message = "\"backoff\" says how long a recovery waits, but there is none";
            self.error(&["fault", name, "backoff"], message, "add \"recovery\" or \"time_to_repair\"");
        }
        self.restart_backoff(&["fault", name], backoff)
    }

    /// How long restarts of what a path names wait.
    pub(super) fn restart_backoff(&mut self, path: &[&str], backoff: &RestartBackoffKeys) -> Backoff {
        let path = |key| [path, &["backoff", key]].concat();
        if backoff.first.is_zero() {
            self.error(&path("first"), "a wait of no time never grows", "10s is what Kubernetes has");
        }
        if !(backoff.factor >= 1.0 && backoff.factor.is_finite()) {
            self.error(&path("factor"), "waits never become shorter", "2 doubles the wait each time");
        }
        if backoff.max < backoff.first {
            let message = "the longest wait is shorter than the first one";
            self.error(&path("max"), message, "give at least \"first\"");
        }
        let RestartBackoffKeys { first, factor, max, forget } = *backoff;
        Backoff { first, factor, max, forget }
    }

    /// How an effect comes and goes.
    pub(super) fn flap(
        &mut self,
        name: &str,
        keys: &FlapKeys,
        detection: Option<&Detection>,
    ) -> Option<Flap> {
        let path = ["fault", name, "flap", "detected"];
        if detection.is_some_and(|one| !matches!(one, Detection::After(_))) && self.is_written(&path) {
            let message = "\"detected\" says how a time to detection counts, and there is none";
            self.error(&path, message, "leave it out, or give a time such as detected_by = \"10s\"");
        }
        let (up, down) = (self.positive_law(&keys.up)?, self.positive_law(&keys.down)?);
        let detected = keys.detected.unwrap_or(Found::Each);
        if let Some(Detection::After(law)) = detection
            && let (Some(wait), Some(there)) = (law.as_constant(), down.as_constant())
            && detected == Found::Each
            && wait > there
        {
            let message =
                format!("it is never found: it takes {wait}, and the effect is away again after {there}");
            let help = "write detected = \"once\" where that counts from the strike on, or a longer \"down\"";
            self.warning(&["fault", name, "flap"], message, help);
        }
        Some(Flap { up, down, detected })
    }

    /// The faults that another makes come sooner.
    pub(super) fn raises(&mut self, name: &str, raises: &[RaiseKeys]) -> Option<Vec<Raise>> {
        let written = self.written;
        let mut found: Vec<Raise> = Vec::with_capacity(raises.len());
        let mut complete = true;
        for (place, keys) in raises.iter().enumerate() {
            let Some(number) = self.number("fault", &written.faults, &keys.fault) else {
                complete = false;
                continue;
            };
            if !(keys.factor > 0.0 && keys.factor.is_finite()) {
                let path = ["fault", name, "raises", &place.to_string(), "factor"];
                self.error(&path, "the factor is more than zero", "5 lets it come five times as often");
            }
            let common = written.faults.0[number as usize].1.as_ref().map(|one| &one.keys);
            if common.is_some_and(|keys| keys.time_to_failure.is_none() && keys.common.is_none()) {
                let is_served = matches!(
                    written.faults.0[number as usize].1,
                    Some(FaultSection { kind: FaultKeys::Poison(_), .. })
                );
                let when = if is_served { "when a request is served" } else { "at given times" };
                let message =
                    format!("\"{}\" strikes {when}, and none of them comes sooner", keys.fault.text);
                self.findings.push(Diagnostic::error(keys.fault.span, message));
            }
            if found.iter().any(|one| one.fault == number && one.at == keys.at) {
                let message = format!("\"{}\" stands here twice", keys.fault.text);
                self.findings.push(Diagnostic::error(keys.fault.span, message));
            }
            found.push(Raise { fault: number, factor: keys.factor, at: keys.at });
        }
        complete.then_some(found)
    }
}
