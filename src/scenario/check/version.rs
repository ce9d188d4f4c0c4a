//! Versions of functions: what differs between them, what names stand for, and who asks for which.

use super::Checker;
use super::function::speed;
use crate::document::{Diagnostic, Name};
use crate::model::fleet::version::{FIRST, Shares, Target, VERSIONS_MAX, Version, Versions};
use crate::scenario::written::Named;
use crate::scenario::written::function::FunctionKeys;
use crate::scenario::written::service::{ServiceKeys, ServiceSection, Speed};
use crate::scenario::written::version::{AliasStep, VersionKeys};
use crate::units::{ServiceId, SimDuration, SimTime};

/// What sums of shares written in decimals may be away from 1 by rounding.
const ROUNDING: f64 = 1e-9;

/// The service of a name such as `f:live`.
pub(in crate::scenario) fn service_of(name: &str) -> &str {
    name.split_once(':').map_or(name, |(service, _)| service)
}

impl Named<ServiceSection> {
    /// The number of the service that a name such as `f` or `f:live` calls.
    pub(in crate::scenario) fn called(&self, name: &str) -> Option<u32> {
        self.number(service_of(name))
    }

    /// Which of the targets of its service such a name asks for; `None` where there is no such.
    pub(super) fn asked(&self, name: &str) -> Option<u8> {
        let Some((service, asked)) = name.split_once(':') else { return Some(0) };
        let keys = &self.0[self.number(service)? as usize].1.as_ref()?.keys;
        let place = keys.target_names().position(|one| one == asked).filter(|_| keys.function.is_some())?;
        // Where nothing is said of versions there is one.
        Some(if keys.has_versions() { place as u8 + 1 } else { 0 })
    }
}

impl ServiceKeys {
    /// Whether anything is said of versions.
    fn has_versions(&self) -> bool {
        !(self.versions.0.is_empty() && self.alias.0.is_empty() && self.publish.is_empty())
    }

    /// The names of all versions, in the order in which they are numbered.
    fn version_names(&self) -> impl Iterator<Item = &str> + Clone {
        std::iter::once(FIRST).chain(self.versions.0.iter().map(|(name, _)| name.text.as_str()))
    }

    /// The names of all that can be asked for, in the order of the targets behind what runs.
    fn target_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.version_names().chain(self.alias.0.iter().map(|(name, _)| name.text.as_str()))
    }

    fn version_number(&self, name: &str) -> Option<u8> {
        self.version_names().position(|one| one == name).map(|number| number as u8)
    }

    /// How many versions there are, and so queues of requests that have no instance.
    pub(super) fn version_count(&self) -> u64 {
        1 + self.versions.0.len() as u64
    }
}

impl Checker<'_> {
    /// Which version a name such as `f:live` asks for, among the targets of its service.
    pub(super) fn version_asked(&mut self, name: &Name) -> Option<u8> {
        let found = self.written.services.asked(&name.text);
        if found.is_some() {
            return found;
        }
        let (service, asked) = name.text.split_once(':')?;
        let number = self.written.services.number(service)?;
        let keys = &self.written.services.0[number as usize].1.as_ref()?.keys;
        if keys.function.is_none() {
            let message = format!("\"{service}\" is no function: callers cannot choose a version");
            let error = Diagnostic::error(name.span, message).label("no version to choose");
            self.findings.push(error.help(format!("write \"{service}\"")));
        } else {
            self.findings.push(Diagnostic::unknown(
                name.span,
                "version or alias",
                asked,
                keys.target_names(),
            ));
        }
        None
    }

    /// The versions of all functions of which any are written, such as `resize:v2`.
    pub(super) fn versions_of_all(&self) -> Vec<String> {
        let written = self.written.services.0.iter();
        let functions = written.filter_map(|(name, section)| {
            let keys = &section.as_ref()?.keys;
            (keys.function.is_some() && keys.has_versions()).then_some((name, keys))
        });
        let of = |(name, keys): (&Name, &ServiceKeys)| {
            keys.version_names().map(|version| format!("{}:{version}", name.text)).collect::<Vec<_>>()
        };
        functions.flat_map(of).collect()
    }

    /// The service that a name such as `f` or `f:live` calls, and which of its targets.
    pub(super) fn called(&mut self, name: &Name) -> Option<(ServiceId, u8)> {
        let services = &self.written.services;
        let Some(number) = services.called(&name.text) else {
            self.findings.push(Diagnostic::unknown(name.span, "service", &name.text, services.names()));
            return None;
        };
        Some((ServiceId(number), self.version_asked(name)?))
    }

    /// What can be asked for of a function, as callers write it.
    pub(super) fn targets_of(&self, service: &str) -> Vec<String> {
        let number = self.written.services.number(service);
        let section = number.and_then(|number| self.written.services.0[number as usize].1.as_ref());
        let named = section.into_iter().flat_map(|section| section.keys.target_names());
        std::iter::once(service.to_owned()).chain(named.map(|name| format!("{service}:{name}"))).collect()
    }

    /// Reports what a deployment cannot move of a function: a version, or an alias that stands for several.
    pub(super) fn moved(&mut self, path: &[&str], (keys, target): (&ServiceKeys, u8)) {
        let Some(place) = usize::from(target).checked_sub(1) else { return };
        let Some((alias, steps)) =
            place.checked_sub(keys.version_names().count()).map(|at| &keys.alias.0[at])
        else {
            let version = keys.version_names().nth(place).unwrap_or_default();
            let message = format!("\"{version}\" is a version, which stays what it is");
            return self.error(path, message, "expected the function, or one of its aliases");
        };
        let gives = |step: &AliasStep| step.shares.iter().filter(|(_, share)| share.get() > 0.0).count();
        if steps.0.len() > 1 || steps.0.iter().any(|step| gives(step) > 1) {
            let message = format!(
                "\"{}\" stands for several versions, and a release takes the place of one",
                alias.text
            );
            let help = "let the alias stand for one version: the deployment moves its shares";
            self.error(path, message, help);
        }
    }

    /// Reports what is said of versions where there are none, or none that callers choose.
    pub(super) fn no_versions(&mut self, name: &str, keys: &ServiceKeys) {
        if !keys.versions.0.is_empty() && !self.is_deployed(name) {
            let help = "add a section \"deploy\" with this \"service\" and the \"version\", or \"function\"";
            let message = "nothing brings these versions out";
            self.error(&["service", name, "versions"], message, help);
        }
        let said = [
            ("alias", !keys.alias.0.is_empty()),
            ("publish", !keys.publish.is_empty()),
            ("sticky", keys.sticky),
        ];
        for (key, _) in said.iter().filter(|(_, is_said)| *is_said) {
            let help = "add \"function\", or a section \"deploy\" that moves shares of the replicas";
            self.error(&["service", name, key], format!("\"{key}\" belongs to a function"), help);
        }
    }

    /// The versions of a function, or a report of what is impossible about them.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no versions")]
    pub(super) fn versions(&mut self, name: &str, keys: &ServiceKeys) -> Option<Option<Box<Versions>>> {
        let Some(function) = &keys.function else { return self.versions_of_fleet(name, keys) };
        let provisioned = self.provisioned_version(name, keys, function);
        if keys.sticky && keys.alias.0.is_empty() {
            let message = "no alias gives a version that could stay the same";
            self.error(&["service", name, "sticky"], message, "add \"alias\", or leave it out");
        }
        if !keys.has_versions() {
            return provisioned.map(|_| None);
        }
        self.version_clashes(name, keys);
        let nothing = VersionKeys::default();
        let first = self.version((name, FIRST), (keys, function), &nothing);
        let mut all = vec![first];
        for (version, own) in &keys.versions.0 {
            self.version_starts(name, &version.text, (keys, function), own);
            all.push(self.version((name, &version.text), (keys, function), own));
        }
        let mut targets = vec![self.published(name, keys)];
        targets.extend((0..all.len()).map(|number| Some(Target::only(number as u8))));
        for (alias, steps) in &keys.alias.0 {
            targets.push(self.alias((name, &alias.text), keys, &steps.0));
        }
        Some(Some(Box::new(Versions {
            all: all.into_iter().collect::<Option<_>>()?,
            targets: targets.into_iter().collect::<Option<_>>()?,
            sticky: keys.sticky,
            provisioned: provisioned?,
        })))
    }

    /// The versions of a service with replicas, of which each replica has one.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no versions")]
    fn versions_of_fleet(&mut self, name: &str, keys: &ServiceKeys) -> Option<Option<Box<Versions>>> {
        if keys.versions.0.is_empty() || !self.is_deployed(name) {
            return Some(None);
        }
        self.version_clashes(name, keys);
        let speed = if let Speed::Same(speed) = keys.speed { speed } else { 1.0 };
        let nothing = VersionKeys::default();
        let mut all = vec![self.version_of_fleet((name, FIRST), (keys, speed), &nothing)];
        for (version, own) in &keys.versions.0 {
            let of_functions = [
                ("cold_demand", own.cold_demand.is_some()),
                ("memory", own.memory.is_some()),
                ("max_duration", own.max_duration.is_some()),
            ];
            for (key, _) in of_functions.iter().filter(|(_, is_said)| *is_said) {
                let path = ["service", name, "versions", &version.text, key];
                self.error(&path, format!("\"{key}\" belongs to a function"), "leave it out");
            }
            all.push(self.version_of_fleet((name, &version.text), (keys, speed), own));
        }
        let all = all.into_iter().collect::<Option<_>>()?;
        Some(Some(Box::new(Versions { all, targets: Vec::new(), sticky: false, provisioned: 0 })))
    }

    fn version_of_fleet(
        &mut self,
        (name, version): (&str, &str),
        (service, speed): (&ServiceKeys, f64),
        own: &VersionKeys,
    ) -> Option<Version> {
        let common = self.version_common((name, version), service, own);
        common.map(|version| Version { speed, ..version })
    }

    fn provisioned_version(&mut self, name: &str, keys: &ServiceKeys, function: &FunctionKeys) -> Option<u8> {
        let Some(version) = &function.provisioned_version else { return Some(0) };
        if function.provisioned.is_none() {
            let path = ["service", name, "function", "provisioned_version"];
            self.error(&path, "no instance is provisioned", "add \"provisioned\"");
        }
        self.version_called(version, keys)
    }

    /// The number of a version, or a report that there is none of that name.
    pub(super) fn version_called(&mut self, version: &Name, keys: &ServiceKeys) -> Option<u8> {
        let found = keys.version_number(&version.text);
        if found.is_none() {
            let known = keys.version_names();
            self.findings.push(Diagnostic::unknown(version.span, "version", &version.text, known));
        }
        found
    }

    /// Reports names that mean two things, and more versions than can be numbered.
    fn version_clashes(&mut self, name: &str, keys: &ServiceKeys) {
        if let Some((first, _)) = keys.versions.0.iter().find(|(version, _)| version.text == FIRST) {
            let message = format!("\"{FIRST}\" is what the function says itself");
            self.findings
                .push(Diagnostic::error(first.span, message).help("give it another name, such as \"v2\""));
        }
        for (alias, _) in keys.alias.0.iter().filter(|(alias, _)| keys.version_number(&alias.text).is_some())
        {
            let message = format!("\"{}\" is a version, and calls could mean either", alias.text);
            self.findings.push(Diagnostic::error(alias.span, message).help("give the alias another name"));
        }
        for (key, count) in [("versions", keys.versions.0.len()), ("alias", keys.alias.0.len())] {
            if count >= VERSIONS_MAX {
                let message = format!("{count} are more than can be numbered");
                self.error(&["service", name, key], message, &format!("expected fewer than {VERSIONS_MAX}"));
            }
        }
    }

    /// Reports two ways to start of one version, and a memory beside none.
    fn version_starts(
        &mut self,
        name: &str,
        version: &str,
        (service, function): (&ServiceKeys, &FunctionKeys),
        own: &VersionKeys,
    ) {
        let at = |key| ["service", name, "versions", version, key];
        let cold = own.cold_demand.is_some() || function.cold_demand.is_some();
        let starts = own.start.is_some() || service.start.is_some();
        let differs = own.cold_demand.is_some() || own.start.is_some();
        if cold && starts && differs {
            let key = if own.start.is_some() { "start" } else { "cold_demand" };
            let message = "\"cold_demand\" is the whole first response, and \"start\" a part of it";
            self.error(&at(key), message, "all versions of a function have the same of the two");
        }
        if own.memory.is_some() && function.memory.is_none() {
            let message = "the function says nothing of its own memory, to which this could be compared";
            self.error(&at("memory"), message, "add \"memory\" to \"function\"");
        }
        if own.max_duration.is_some_and(SimDuration::is_zero) {
            let help = "expected more than zero; leave it out for that of the function";
            self.error(&at("max_duration"), "every request would be killed at once", help);
        }
    }

    fn version(
        &mut self,
        (name, version): (&str, &str),
        (service, function): (&ServiceKeys, &FunctionKeys),
        own: &VersionKeys,
    ) -> Option<Version> {
        let common = self.version_common((name, version), service, own);
        let cold_demand = self.optional_law(own.cold_demand.as_ref().or(function.cold_demand.as_ref()));
        let memory = own.memory.or(function.memory);
        Some(Version {
            cold_demand: cold_demand?,
            max_duration: own.max_duration.or(function.max_duration),
            megabytes: memory.map_or(0.0, |memory| memory.bytes / 1e6),
            speed: speed(function, memory),
            ..common?
        })
    }

    /// What a version of any service has.
    fn version_common(
        &mut self,
        (name, version): (&str, &str),
        service: &ServiceKeys,
        own: &VersionKeys,
    ) -> Option<Version> {
        let demand = self.law(own.demand.as_ref().unwrap_or(&service.demand));
        let error_time = self.optional_law(own.error_time.as_ref().or(service.error_time.as_ref()));
        let start = match &own.start {
            Some(start) => self.start(&["service", name, "versions", version, "start"], Some(start)),
            None => self.start(&["service", name, "start"], service.start.as_ref()),
        };
        Some(Version {
            name: version.to_owned(),
            demand: demand?,
            error_ratio: own.error_ratio.unwrap_or(service.error_ratio),
            error_time: error_time?,
            start: start?,
            cold_demand: None,
            max_duration: None,
            megabytes: 0.0,
            speed: 1.0,
        })
    }

    /// What runs for whoever asks for no version.
    fn published(&mut self, name: &str, keys: &ServiceKeys) -> Option<Target> {
        let shares = |at: SimDuration, version| Shares { at: SimTime::ZERO + at, upto: vec![(version, 1.0)] };
        let mut steps = vec![Some(shares(SimDuration::ZERO, 0))];
        let mut before = None;
        for (number, change) in keys.publish.iter().enumerate() {
            if before.is_some_and(|before| change.at <= before) {
                let message = format!("this is not after {}", before.unwrap_or_default());
                let path = ["service", name, "publish", &number.to_string(), "at"];
                self.error(&path, message, "write the changes in the order of time");
            }
            before = Some(change.at);
            steps.push(self.version_called(&change.version, keys).map(|version| shares(change.at, version)));
        }
        steps.into_iter().collect::<Option<_>>().map(Target)
    }

    /// What an alias stands for.
    fn alias(
        &mut self,
        (name, alias): (&str, &str),
        keys: &ServiceKeys,
        steps: &[AliasStep],
    ) -> Option<Target> {
        let mut found = Vec::with_capacity(steps.len());
        for (number, step) in steps.iter().enumerate() {
            let place = number.to_string();
            let path = ["service", name, "alias", alias, &place, "at"];
            let before = number.checked_sub(1).map(|before| steps[before].at);
            match before {
                None if !step.at.is_zero() => {
                    let message = format!("nothing says what \"{alias}\" stands for before {}", step.at);
                    self.error(&path, message, "the first step is at \"0s\"");
                }
                Some(before) if step.at <= before => {
                    let message = format!("this is not after {before}");
                    self.error(&path, message, "write the steps in the order of time");
                }
                _ => {}
            }
            found.push(self.shares(step, keys));
        }
        found.into_iter().collect::<Option<_>>().map(Target)
    }

    fn shares(&mut self, step: &AliasStep, keys: &ServiceKeys) -> Option<Shares> {
        let sum: f64 = step.shares.iter().map(|(_, share)| share.get()).sum();
        if (sum - 1.0).abs() > ROUNDING {
            let shown = (sum * 100.0 / ROUNDING).round() * ROUNDING;
            let error = Diagnostic::error(step.span, format!("the shares of an alias add up to {shown}%"));
            self.findings.push(error.help("each request gets one version: expected 100%"));
        }
        let numbered: Vec<_> = step
            .shares
            .iter()
            .map(|(version, share)| Some((self.version_called(version, keys)?, share.get())))
            .collect();
        let mut numbered: Vec<(u8, f64)> = numbered.into_iter().collect::<Option<_>>()?;
        numbered.sort_by_key(|(version, _)| *version);
        numbered.retain(|(_, share)| *share > 0.0);
        let mut upto = 0.0;
        for (_, share) in &mut numbered {
            upto += *share;
            *share = upto;
        }
        Some(Shares { at: SimTime::ZERO + step.at, upto: numbered })
    }
}
