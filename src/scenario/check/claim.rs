//! Objectives, claims and the metrics that they name.

use std::collections::BTreeMap;

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Dimension, Name, Span, nearest};
use crate::measure::metric::{MetricName, Names, Parts, Quantity as Metric, Shown, is_known, names};
use crate::scenario::claim::{Claim, Expect, Given, Objective, Precision, Printed, Subject, Width};
use crate::scenario::resolve::{self, Resolver};
use crate::scenario::written::claim::{Anything, ClaimKeys, ClaimSection, VaryKeys};
use crate::scenario::{argument, overrides, written};
use crate::units::SimDuration;

/// What is judged in a scenario.
pub(super) struct Judgements {
    pub(super) objectives: Vec<Objective>,
    pub(super) claims: Vec<Claim>,
    pub(super) precision: Option<Precision>,
    pub(super) times: Times,
}

/// Times that metrics are within.
pub(super) struct Times {
    /// Of requests.
    pub(super) thresholds: Vec<SimDuration>,
    /// Of losses of data.
    pub(super) contracts: Vec<SimDuration>,
}

impl Times {
    fn note(&mut self, quantity: Metric) {
        let is_contract = quantity.family.is_of_contracts();
        let times = if is_contract { &mut self.contracts } else { &mut self.thresholds };
        times.extend(quantity.threshold());
    }

    fn sort(&mut self) {
        for times in [&mut self.thresholds, &mut self.contracts] {
            times.sort_unstable();
            times.dedup();
        }
    }
}

impl Checker<'_> {
    /// Objectives, claims, the precision of the runs, and the times of metrics within one that they and the clients name.
    pub(super) fn judgements(&mut self, layout: &Layout) -> Judgements {
        let written = self.written;
        let scopes = Names::new(&self.parts(layout));
        let clients = written.clients.0.iter().filter_map(|(_, client)| client.as_ref());
        let thresholds = clients.flat_map(|client| client.keys.within.clone()).collect();
        let mut times = Times { thresholds, contracts: Vec::new() };
        let mut objectives = Vec::new();
        for (name, target) in &written.objectives {
            let Some((metric, quantity)) = self.metric(&scopes, name) else { continue };
            self.dimension(quantity, target.dimension, target.span);
            self.share(quantity, target.value, target.span);
            times.note(quantity);
            let (bound, target) = (target.bound, target.value);
            objectives.push(Objective { metric, bound, target, span: name.span });
        }
        if let Some(article) = written.article.as_ref().filter(|_| written.claims.is_empty()) {
            let error = Diagnostic::error(article.name.span, "nothing is claimed about this article");
            self.findings.push(error.help("add a section \"claim\", or leave the article out"));
        }
        let mut resolver = None;
        let mut claims = Vec::new();
        for section in &written.claims {
            let metric = self.metric(&scopes, &section.keys.predicts);
            let subject = self.subject(section, &mut resolver);
            self.fitting(section);
            let Some((predicts, quantity)) = metric else { continue };
            times.note(quantity);
            if let Some(value) = &section.keys.value
                && value.dimension != Dimension::Plain
            {
                self.dimension(quantity, value.dimension, value.span);
            }
            if let Some(value) = &section.keys.value {
                self.share(quantity, value.value, value.span);
            }
            let printed = self.printed(section);
            let Some(subject) = subject else { continue };
            let keys = &section.keys;
            claims.push(Claim {
                subject,
                predicts,
                tolerance: keys.tolerance.map_or(0.0, crate::units::Probability::get),
                expect: keys.expect,
                runs_max: keys.runs_max,
                printed,
                span: section.span,
            });
        }
        let precision = self.precision(&scopes, &mut times);
        times.sort();
        Judgements { objectives, claims, precision, times }
    }

    /// How narrow an interval must be before runs stop, where the file says so.
    fn precision(&mut self, scopes: &Names, times: &mut Times) -> Option<Precision> {
        let run = &self.written.run.as_ref()?.0;
        let keys = run.precision.as_ref()?;
        let metric = self.metric(scopes, &keys.metric);
        let place = &["run", "precision"];
        let width = match (&keys.half_width, keys.relative) {
            (Some(width), None) if width.value > 0.0 => {
                if let Some((_, quantity)) = metric {
                    self.dimension(quantity, width.dimension, width.span);
                    self.share(quantity, width.value, width.span);
                }
                Some(Width::Absolute(width.value))
            }
            (None, Some(share)) if share.get() > 0.0 => Some(Width::Relative(share.get())),
            (Some(_), Some(_)) => {
                self.error(place, "this precision is said twice", "expected \"half_width\" or \"relative\"");
                None
            }
            (None, None) => {
                let help = "add \"half_width\" in the unit of the metric, or \"relative\" as a share";
                self.error(place, "nothing says how narrow the interval must be", help);
                None
            }
            _ => {
                self.error(place, "an interval is never as narrow as that", "expected more than zero");
                None
            }
        };
        if keys.runs_max < run.runs {
            let message = format!("at most {} runs are fewer than {} to begin with", keys.runs_max, run.runs);
            self.error(place, message, "expected \"runs_max\" of \"runs\" or more");
        }
        if run.runs < 2 && run.batches < 2 {
            self.error(
                &["run", "runs"],
                "one run has no interval to be narrow",
                "expected at least 2 \"runs\"",
            );
        }
        let (metric, quantity) = metric?;
        if quantity.is_maximum() {
            self.error(place, "a maximum has no interval", "choose a mean or a quantile");
        }
        times.note(quantity);
        Some(Precision { metric, width: width?, runs_max: keys.runs_max })
    }

    fn parts(&self, layout: &Layout) -> Parts {
        let written = self.written;
        let all = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_owned).collect::<Vec<_>>();
        let counts = layout.replicas.iter().map(|one| one.as_ref().map_or(0, Vec::len) as u32);
        Parts {
            clients: all(&mut written.clients.names()),
            services: written.services.names().map(str::to_owned).zip(counts).collect(),
            queues: self.queue_scopes(),
            versions: self.versions_of_all(),
            regions: layout.regions.iter().map(|region| (region.name.clone(), region.zones)).collect(),
            blocks: all(&mut written.blocks.names()),
            faults: self.fault_names(),
            monitors: all(&mut written.monitors.names()),
            deploys: all(&mut written.deploys.names()),
            dns: self.record_names(layout),
            backups: all(&mut written.backups.names()),
            has_system: self.has_prices() || layout.regions.iter().any(|region| region.host.is_some()),
            money: self.written.cost.as_ref().map(|cost| cost.currency.money()).unwrap_or_default(),
        }
    }

    fn metric(&mut self, scopes: &Names, name: &Name) -> Option<(MetricName, Metric)> {
        let Some(metric) = MetricName::parse(&name.text) else {
            let error = Diagnostic::error(name.span, format!("\"{}\" is not a metric", name.text));
            let help = "expected a part and a metric, such as \"client.shopper/latency_p99\"";
            self.findings.push(error.label("not a metric").help(help));
            return None;
        };
        let Some(part) = scopes.find(&metric.scope) else {
            if metric.scope == "system" {
                let error = Diagnostic::error(
                    name.span,
                    "the system as a whole has only costs, and nothing has a price",
                );
                self.findings
                    .push(error.label("no prices").help("add the section [cost], or \"price\" to a service"));
                return None;
            }
            // Replicas and zones would make the list of known names endless.
            let parts =
                [&scopes.clients, &scopes.services, &scopes.versions, &scopes.regions, &scopes.blocks];
            let known = parts.into_iter().chain([&scopes.faults, &scopes.monitors, &scopes.deploys]);
            let known: Vec<&str> = known.flatten().map(String::as_str).collect();
            self.findings.push(Diagnostic::unknown(name.span, "part", &metric.scope, known));
            return None;
        };
        let quantity = Metric::parse(&metric.name).filter(|_| is_known(part.kind, &metric.name));
        let Some(quantity) = quantity else {
            let known = names(part.kind);
            let help = match nearest(&metric.name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"? `ninefold list metrics` shows all"),
                None => "`ninefold list metrics` shows all".to_owned(),
            };
            let message = format!("a {} has no metric called \"{}\"", part.kind.name(), metric.name);
            self.findings.push(Diagnostic::error(name.span, message).label("unknown metric").help(help));
            return None;
        };
        let until = self.written.run.as_ref().and_then(|run| run.0.until.as_ref());
        if quantity.family.shown == Shown::Awaited && until.is_none_or(|until| until.text != metric.scope) {
            let message = "the first outage is only known where the run ends with it";
            let help = format!("add until = \"{}\" to the section run", metric.scope);
            self.findings.push(Diagnostic::error(name.span, message).help(help));
        }
        Some((metric, quantity))
    }

    /// Reports a number whose unit is not that of its metric.
    fn dimension(&mut self, metric: Metric, dimension: Dimension, span: Span) {
        let unit = metric.unit();
        let (fits, expected) = match unit {
            "s" => (dimension == Dimension::Seconds, "a duration such as \"300ms\""),
            "1/s" => (dimension == Dimension::PerSecond, "a rate such as \"120/s\""),
            "ratio" => (
                matches!(dimension, Dimension::Share | Dimension::Plain),
                "a share such as \"99.9%\" or 0.999",
            ),
            _ => (dimension == Dimension::Plain, "a number without unit"),
        };
        if !fits {
            let error = Diagnostic::error(span, "the unit does not fit the metric").label("wrong unit");
            self.findings.push(error.help(format!("expected {expected}")));
        }
    }

    /// Reports a share above 1, which is mostly a percentage without its sign.
    fn share(&mut self, metric: Metric, value: f64, span: Span) {
        if metric.unit() == "ratio" && value > 1.0 {
            let error = Diagnostic::error(span, format!("a share of {value} is more than all"));
            let error = error.label("above 1");
            let all = "a share is at most 1, or \"100%\"";
            let help =
                if value <= 100.0 { format!("did you mean \"{value}%\"? {all}") } else { all.to_owned() };
            self.findings.push(error.help(help));
        }
    }

    fn subject(&mut self, section: &ClaimSection, resolver: &mut Option<Resolver>) -> Option<Subject> {
        let keys = &section.keys;
        let complain = |checker: &mut Self, message: &str, help: &str| {
            checker.findings.push(Diagnostic::error(section.span, message).label("this claim").help(help));
        };
        match (&keys.formula, &keys.value, &keys.vary) {
            (Some(formula), None, None) => {
                let arguments = self.arguments(keys, resolver)?;
                let answer = keys.answer.as_ref().map(|answer| answer.text.clone());
                Some(Subject::Formula { name: formula.text.clone(), answer, arguments })
            }
            (None, Some(value), None) => {
                let source = keys.source.as_ref().map_or(String::new(), |source| source.text.clone());
                Some(Subject::Value { value: value.value, source })
            }
            (None, None, Some(vary)) => self.vary(vary),
            (None, None, None) => {
                let help = "add \"formula\", \"value\" or \"vary\"";
                complain(self, "nothing says what this claim predicts", help);
                None
            }
            _ => {
                let help = "expected one of \"formula\", \"value\" and \"vary\"";
                complain(self, "this claim predicts in two ways", help);
                None
            }
        }
    }

    /// Reports keys of a claim that do not fit its subject.
    fn fitting(&mut self, section: &ClaimSection) {
        let keys = &section.keys;
        let compares = keys.vary.is_some();
        let ordered = matches!(keys.expect, Expect::Higher | Expect::Lower);
        let mut wrong = Vec::new();
        if compares != (ordered || keys.expect == Expect::Equal) {
            wrong.push(if compares {
                "a claim with \"vary\" expects \"higher\", \"lower\" or \"equal\""
            } else {
                "only a claim with \"vary\" expects \"higher\", \"lower\" or \"equal\""
            });
        }
        if keys.formula.is_none() && !keys.arguments.0.is_empty() {
            wrong.push("only a formula has arguments");
        }
        if keys.formula.is_none() && keys.answer.is_some() {
            wrong.push("only a formula has answers");
        }
        if keys.value.is_none() && keys.source.is_some() {
            wrong.push("only a value has a source");
        }
        match keys.tolerance {
            None if !ordered => wrong.push("this claim needs a \"tolerance\""),
            Some(_) if ordered => wrong.push("an order has no tolerance"),
            Some(tolerance) if tolerance.get() <= 0.0 => wrong.push("a tolerance is more than zero"),
            _ => {}
        }
        if keys.runs_max < 2 {
            wrong.push("a claim needs at least 2 runs");
        }
        for message in wrong {
            self.findings.push(Diagnostic::error(section.span, message).label("this claim"));
        }
    }

    /// What a claim says about the article of its file.
    fn printed(&mut self, section: &ClaimSection) -> Option<Printed> {
        let ClaimKeys { states, interpretation, right, .. } = &section.keys;
        let Some(article) = &self.written.article else {
            if let Some(key) = [states, interpretation, right].into_iter().flatten().next() {
                let error = Diagnostic::error(key.span, "this file is about no article");
                self.findings.push(error.help("add a section \"article\", or leave this key out"));
            }
            return None;
        };
        if right.is_none() && section.keys.expect == Expect::Refuted {
            let error = Diagnostic::error(section.span, "nothing says which formula is right instead");
            self.findings.push(error.label("this claim").help("add \"right\""));
        }
        let or = |own: &Option<Name>, whole: &Name| own.as_ref().unwrap_or(whole).text.clone();
        Some(Printed {
            article: article.name.text.clone(),
            formula: or(states, &article.formula),
            interpretation: or(interpretation, &article.interpretation),
            right: right.as_ref().map(|right| right.text.clone()),
        })
    }

    fn arguments(
        &mut self,
        keys: &ClaimKeys,
        resolver: &mut Option<Resolver>,
    ) -> Option<BTreeMap<String, Given>> {
        let mut arguments = BTreeMap::new();
        let mut complete = true;
        for (name, node) in &keys.arguments.0 {
            let resolver =
                resolver.get_or_insert_with(|| Resolver::new(resolve::tree(&written::write(self.written))));
            match argument::given(node, Some(resolver), self.files) {
                Ok(values) => {
                    arguments.insert(name.text.clone(), values);
                }
                Err((span, why, help)) => {
                    complete = false;
                    let error = Diagnostic::error(span, why).label("no value");
                    self.findings.push(if help.is_empty() { error } else { error.help(help) });
                }
            }
        }
        complete.then_some(arguments)
    }

    fn vary(&mut self, vary: &VaryKeys) -> Option<Subject> {
        let write = |value: &Anything| match &value.0 {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if vary.from.0 == vary.to.0 {
            let error = Diagnostic::error(vary.path.span, "both variants are the same");
            self.findings.push(error.help("expected two different values for \"from\" and \"to\""));
        }
        if let Err(wrong) = overrides::check_path(self.document, &vary.path.text) {
            let error = Diagnostic::error(vary.path.span, wrong.message);
            self.findings.push(if wrong.help.is_empty() { error } else { error.help(wrong.help) });
            return None;
        }
        Some(Subject::Vary { path: vary.path.text.clone(), from: write(&vary.from), to: write(&vary.to) })
    }
}
