//! What follows from alarms: who hears of them, and what is done.

use crate::document::{Diagnostic, Field as _, Name, Node, Value};
use crate::model::action::{Argument, Path, VERBS, Verb, VerbRow};
use crate::model::fleet::QueuePlace;
use crate::model::monitoring::response::{Covers, Hours, Response};
use crate::scenario::check::Checker;
use crate::scenario::check::poison::RATES;
use crate::scenario::written::monitor::{CoversKeys, HoursKeys, MonitorKeys, MonitorSection};
use crate::scenario::written::service::ServiceKeys;
use crate::units::{BackupId, DeployId, Rate, RecoveryId, ServiceId, SimDuration, ZoneId};

const DAY: f64 = 86_400.0;

impl Checker<'_> {
    pub(super) fn response(&mut self, name: &str, section: &MonitorSection) -> Option<Response> {
        let keys = &section.response;
        let does = self.does(name, section);
        let on_ok = match &keys.on_ok {
            Some(paths) => self.verbs(&paths.0),
            None => Some(Vec::new()),
        };
        let respond = self.optional_law(keys.respond.as_ref());
        let covers = match &keys.covers {
            CoversKeys::Share(share) => Some(Covers::Share(*share)),
            CoversKeys::Hours(hours) => self.hours(name, hours).map(Covers::Hours),
        };
        let judges = matches!(
            section.kind,
            MonitorKeys::Alarm(_) | MonitorKeys::BurnRate(_) | MonitorKeys::Anomaly(_)
        );
        if keys.repeats && !judges {
            let help = "only a monitor that judges a number does so while the alarm lasts";
            self.error(&["monitor", name, "repeats"], "this monitor is not judged again and again", help);
        }
        if matches!(section.kind, MonitorKeys::Schedule(_)) {
            let idle = [("on_ok", keys.on_ok.is_some()), ("cancels", keys.cancels)];
            for (key, _) in idle.into_iter().filter(|(_, is_written)| *is_written) {
                let message = format!("\"{key}\" has no effect: a schedule raises no alarm");
                self.error(&["monitor", name, key], message, "leave the key out");
            }
        }
        if keys.does.notifies() && self.taken_back_by(name).is_empty() {
            let idle = [
                ("respond", keys.respond.is_some()),
                ("covers", keys.covers != CoversKeys::Share(crate::units::Probability::ONE)),
                ("repeats", keys.repeats),
                ("cancels", keys.cancels),
            ];
            for (key, _) in idle.into_iter().filter(|(_, is_written)| *is_written) {
                let message = format!("\"{key}\" has no effect: \"{name}\" only notifies");
                self.error(&["monitor", name, key], message, "say what it does, or leave the key out");
            }
        }
        Some(Response {
            does: does?,
            on_ok: on_ok?,
            respond: respond?,
            covers: covers?,
            repeats: keys.repeats,
            cancels: keys.cancels,
        })
    }

    fn hours(&mut self, name: &str, keys: &HoursKeys) -> Option<Hours> {
        let day = SimDuration::from_secs(DAY);
        if keys.from >= keys.to || keys.to > day {
            let message = "hours begin before they end, within a day";
            self.error(&["monitor", name, "covers", "to"], message, "expected 0h <= from < to <= 24h");
            return None;
        }
        if keys.days == 0 || keys.days > 7 {
            self.error(&["monitor", name, "covers", "days"], "a week has 1 to 7 such days", "");
            return None;
        }
        Some(Hours { from: keys.from, to: keys.to, days: keys.days })
    }

    /// What an alarm does: what is said there, and what deployments that name it ask for.
    fn does(&mut self, name: &str, section: &MonitorSection) -> Option<Vec<Verb>> {
        let mut does = self.does_itself(name, section)?;
        for verb in self.taken_back_by(name).into_iter().map(Verb::Rollback) {
            if !does.contains(&verb) {
                does.push(verb);
            }
        }
        Some(does)
    }

    fn does_itself(&mut self, name: &str, section: &MonitorSection) -> Option<Vec<Verb>> {
        let names = &section.response.does.0;
        if section.response.does.notifies() {
            if names.len() > 1 {
                let message = "what only notifies does nothing else";
                self.error(&["monitor", name, "does"], message, "leave out \"notify\"");
                return None;
            }
            return Some(Vec::new());
        }
        if matches!(section.kind, MonitorKeys::Schedule(_)) && section.response.does.recovers() {
            let message = "a schedule finds no fault whose recovery could begin";
            let help =
                "say what it does, such as does = \"recovery.restart.start\" or \"service.shop.replace\"";
            self.error(&["monitor", name, "does"], message, help);
            return None;
        }
        self.verbs(names)
    }

    /// What paths say, in their order, and the word for the recovery of faults.
    fn verbs(&mut self, names: &[Name]) -> Option<Vec<Verb>> {
        let verbs: Vec<_> = names.iter().map(|name| self.verb(name)).collect();
        verbs.into_iter().collect()
    }

    fn verb(&mut self, name: &Name) -> Option<Verb> {
        if name.text == "recover" {
            return Some(Verb::Recover);
        }
        let Some(path) = Path::parse(&name.text) else {
            let error = Diagnostic::error(name.span, format!("\"{}\" is nothing that is done", name.text));
            let help = "expected \"recover\", or a part and its verb, such as \"recovery.restart.start\"";
            self.findings.push(error.label("no verb").help(help));
            return None;
        };
        let own: Vec<&VerbRow> = VERBS.iter().filter(|row| row.part == path.part).collect();
        if own.is_empty() {
            let mut parts: Vec<&str> = VERBS.iter().map(|row| row.part).collect();
            parts.dedup();
            self.findings.push(Diagnostic::unknown(name.span, "kind of part with verbs", path.part, parts));
            return None;
        }
        let Some(row) = own.iter().find(|row| row.name == path.verb) else {
            let what = format!("verb of a {}", path.part);
            let known = own.iter().map(|row| row.name);
            self.findings.push(Diagnostic::unknown(name.span, &what, path.verb, known));
            return None;
        };
        if path.argument.is_some() != (row.argument != Argument::None) {
            let message = format!("\"{}\" is written otherwise", row.name);
            let help = format!("expected \"{}\"", row.example);
            self.findings.push(Diagnostic::error(name.span, message).label("not like this").help(help));
            return None;
        }
        let part = Name { text: path.name.to_owned(), span: name.span };
        match (row.part, row.name) {
            ("recovery", _) => {
                let number = self.number("recovery", &self.written.recoveries, &part)?;
                Some(Verb::StartRecovery(RecoveryId(number)))
            }
            ("backup", _) => {
                let number = self.number("backup", &self.written.backups, &part)?;
                Some(Verb::Backup(BackupId(number)))
            }
            ("deploy", _) => {
                let number = self.number("deploy", &self.written.deploys, &part)?;
                Some(Verb::Rollback(DeployId(number)))
            }
            (_, verb) => {
                let number = self.number("service", &self.written.services, &part)?;
                self.verb_of_service((verb, ServiceId(number)), &part, path.argument)
            }
        }
    }

    fn verb_of_service(
        &mut self,
        (verb, service): (&str, ServiceId),
        name: &Name,
        argument: Option<&str>,
    ) -> Option<Verb> {
        let section = self.written.services.0[service.index()].1.as_ref()?;
        let keys = &section.keys;
        if verb == "throttle" {
            return self.throttled(name, argument?).map(|rate| Verb::Throttle(service, rate));
        }
        match verb {
            "data.restore" => return self.restored(name, (service, keys)),
            "data.promote" => return self.promoted(name, service),
            _ => {}
        }
        if section.gateway.is_some() || keys.function.is_some() {
            let message = format!("nothing is done to replicas of \"{}\": it has none of its own", name.text);
            let help = "instances of a function come and go with its requests, and a gateway is never busy";
            self.findings.push(Diagnostic::error(name.span, message).label("no fleet").help(help));
            return None;
        }
        if verb == "avoid" {
            if keys.queue.common.at == QueuePlace::Service {
                let message = format!(
                    "replicas of \"{}\" take their jobs from one queue: nobody picks them",
                    name.text
                );
                let help = "give each replica its queue, at = \"replica\", or restart or replace replicas";
                self.findings
                    .push(Diagnostic::error(name.span, message).label("nothing to avoid").help(help));
                return None;
            }
            return self.avoided(name, argument?).map(|zones| Verb::Avoid(service, zones));
        }
        if verb.starts_with("standby.") {
            if keys.standby.is_none() {
                let message = format!("no replica of \"{}\" stands by", name.text);
                let help = "add \"standby\" to the service, such as { mode = \"hot\" }, and \"active\"";
                self.findings.push(Diagnostic::error(name.span, message).label("no spares").help(help));
                return None;
            }
            let is_failover = verb == "standby.failover";
            return Some(if is_failover { Verb::Failover(service) } else { Verb::Failback(service) });
        }
        let is_about_those_there = matches!(verb, "replace" | "restart");
        if is_about_those_there && keys.standby.is_some() {
            let message =
                format!("replicas of \"{}\" take each other's place, and no other starts for one", name.text);
            let help = "write \"standby.failover\" in place of the verb, or leave out \"standby\"";
            self.findings.push(Diagnostic::error(name.span, message).label("has spares").help(help));
            return None;
        }
        if keys.autoscaling.is_none() && !is_about_those_there {
            let message = format!("the fleet of \"{}\" never changes", name.text);
            let help = "add \"autoscaling\" to the service, such as { policy = \"scheduled\", plan = [{ at = \"0s\", replicas = 3 }], max = 6 }";
            self.findings.push(Diagnostic::error(name.span, message).label("a fixed fleet").help(help));
            return None;
        }
        match verb {
            "replace" => Some(Verb::Replace(service)),
            "restart" => Some(Verb::Restart(service)),
            _ => self.scaled(name, argument, keys).map(|change| Verb::Scale(service, change)),
        }
    }

    /// By how many replicas a fleet is to change.
    fn scaled(&mut self, name: &Name, argument: Option<&str>, keys: &ServiceKeys) -> Option<i32> {
        let change = argument.filter(|text| text.starts_with(['+', '-']));
        let change = change.and_then(|text| text.parse().ok()).filter(|change| *change != 0);
        let Some(change) = change else {
            let error = Diagnostic::error(name.span, "this is no change of a number of replicas");
            self.findings.push(error.label("no change").help("expected one such as scale(+2) or scale(-1)"));
            return None;
        };
        let has_max = keys.autoscaling.as_ref().is_some_and(|scaling| scaling.common.max.is_some());
        if change > 0 && !has_max {
            let message = format!(
                "without \"max\", \"{}\" never has more replicas than its policy asks for at most",
                name.text
            );
            let help = "give its autoscaling a \"max\" that leaves room";
            self.findings.push(Diagnostic::warning(name.span, message).help(help));
        }
        Some(change)
    }

    /// How much a service is to take; `Some(None)` is whatever comes.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one an empty bracket")]
    fn throttled(&mut self, name: &Name, rate: &str) -> Option<Option<Rate>> {
        if rate.is_empty() {
            return Some(None);
        }
        let node = Node { value: Value::Text(rate.to_owned()), span: name.span };
        let rate = Rate::read(&node, self.findings)?;
        if !RATES.contains(&rate.per_second()) {
            let error = Diagnostic::error(name.span, "no bucket fills so slowly or fast");
            self.findings.push(error.help("expected from one in 30 years to one in a nanosecond"));
            return None;
        }
        Some(Some(rate))
    }

    /// The zones that are to be avoided.
    fn avoided(&mut self, name: &Name, places: &str) -> Option<Vec<ZoneId>> {
        let mut zones = Vec::new();
        for place in places.split(',').map(str::trim).filter(|_| !places.trim().is_empty()) {
            let found = self.zones_of(place);
            if found.is_empty() {
                let message = format!("\"{place}\" is no zone or region");
                let help = "expected a place such as avoid(zone.east.1) or avoid(region.west)";
                self.findings.push(Diagnostic::error(name.span, message).label("no such place").help(help));
                return None;
            }
            zones.extend(found);
        }
        Some(zones)
    }

    /// The zones that a place has; none where there is no such place.
    pub(in crate::scenario::check) fn zones_of(&self, place: &str) -> Vec<ZoneId> {
        let regions = &self.written.regions.0;
        let mut first = 0;
        for (name, section) in regions {
            let count = section.as_ref().map_or(1, |region| region.zones);
            if place.strip_prefix("region.") == Some(name.text.as_str()) {
                return (first..first + count).map(ZoneId).collect();
            }
            let zone = place.strip_prefix("zone.").and_then(|zone| zone.strip_prefix(name.text.as_str()));
            let number: Option<u32> = zone.and_then(|zone| zone.strip_prefix('.')?.parse().ok());
            if let Some(number) = number.filter(|number| (1..=count).contains(number)) {
                return vec![ZoneId(first + number - 1)];
            }
            first += count;
        }
        Vec::new()
    }

    /// What an operation of a recovery does.
    pub(in crate::scenario::check) fn verbs_of_operation(&mut self, names: &[Name]) -> Option<Vec<Verb>> {
        if let Some(word) = names.iter().find(|name| name.text == "recover") {
            let error = Diagnostic::error(word.span, "an operation is part of a recovery that has begun");
            self.findings.push(error.help("\"recover\" is what an alarm does"));
            return None;
        }
        self.verbs(names)
    }
}
