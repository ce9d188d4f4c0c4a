//! Populations of functions, and the traces by which they are called.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Checker;
use crate::document::Name;
use crate::model::event::Invoke;
use crate::model::function::population::{Population, Share};
use crate::model::function::{AfterFailure, InstanceChoice, Waits};
use crate::model::trace::{Durations, NO_LAW, Trace, Within, synthetic};
use crate::scenario::trace::{Azure2019, FUNCTIONS_MAX, azure_2019, azure_2021};
use crate::scenario::written::arrival::ArrivalKeys;
use crate::scenario::written::client::ClientSection;
use crate::scenario::written::function::FunctionKeys;
use crate::scenario::written::law::Law;
use crate::scenario::written::service::{Limit, ServiceKeys, ServiceSection};
use crate::scenario::written::trace::{Invocations, TraceFormat, TraceKeys};
use crate::units::{Probability, SimDuration, SimTime};

/// Traces of clients by their names; nothing where one is impossible.
pub(super) type Traces = BTreeMap<String, Option<Arc<Trace>>>;

/// The share of the run that a trace covers at least.
const COVERED_MIN: f64 = 0.9;
/// A day.
const DAY: SimDuration = SimDuration::from_nanos(86_400_000_000_000);
/// Most calls that are expected in a period: beyond, times between calls of a function are below what can be told apart.
const INVOCATIONS_MAX: u64 = 1_000_000_000_000;

impl Checker<'_> {
    /// Reads the traces of all clients.
    pub(super) fn traces(&mut self) -> Traces {
        let written = self.written;
        let mut traces = Traces::new();
        for (name, section) in &written.clients.0 {
            let Some(section) = section else { continue };
            if let ArrivalKeys::Trace(keys) = &section.keys.arrival {
                self.caller_of_population(&name.text, section);
                let trace = self.trace(&name.text, keys).map(Arc::new);
                if let Some(trace) = &trace {
                    self.trace_covers(&name.text, trace);
                }
                traces.insert(name.text.clone(), trace);
            }
        }
        traces
    }

    /// Warns of a trace that is over before the run is.
    fn trace_covers(&mut self, client: &str, trace: &Trace) {
        let Some(horizon) = self.written.run.as_ref().map(|run| run.0.horizon) else { return };
        let Some(end) = trace.end().map(|end| end.since(SimTime::ZERO)) else { return };
        if end.as_secs() < COVERED_MIN * horizon.as_secs() {
            let message = format!("the trace ends at {end}, before the horizon of {horizon}");
            let help = "shorten \"run.horizon\", or use a longer trace";
            self.warning(&["client", client, "arrival"], message, help);
        }
    }

    /// Reports what a client of a population cannot be.
    fn caller_of_population(&mut self, name: &str, section: &ClientSection) {
        let at = |key| ["client", name, key];
        if section.keys.instances != 1 {
            self.error(&at("instances"), "a trace has one sender", "leave out \"instances\"");
        }
        if section.keys.sessions.is_some() {
            let message = "requests of a trace belong to functions, and to no sessions";
            self.error(&at("sessions"), message, "leave out \"sessions\"");
        }
        let [call] = &section.keys.calls.0[..] else {
            let message = "the requests of a trace call one population, and nobody else";
            self.error(
                &at("calls"),
                message,
                "expected one call of a service with function.population = true",
            );
            return;
        };
        let entry = &call.entry;
        let number = call.place.unwrap_or(0).to_string();
        let at = |key| ["client", name, "calls", &number, key];
        let is_population = self.written.services.number(&entry.service.text).is_some_and(|number| {
            let (_, service) = &self.written.services.0[number as usize];
            service.as_ref().is_none_or(is_population)
        });
        if !is_population {
            let message =
                format!("a trace calls many functions, and \"{}\" is no population", entry.service.text);
            self.error(&at("service"), message, "give that service function = { population = true }");
        }
        if entry.probability < Probability::ONE || entry.count != 1 || entry.optional {
            let message = "each request of a trace is one call of its function";
            let help = "leave out \"probability\", \"count\" and \"optional\"";
            self.error(&at("service"), message, help);
        }
        if entry.invoke == Invoke::Async {
            let message = "a trace has calls that were made, those of events too";
            self.error(&at("invoke"), message, "leave out \"invoke\"");
        }
        if call.policy.hedge.is_some() || section.policy.hedge.is_some() {
            let message = "a copy of a call would be one that the trace has not";
            self.error(&at("service"), message, "leave out \"hedge\"");
        }
    }

    fn trace(&mut self, client: &str, keys: &TraceKeys) -> Option<Trace> {
        let at = |key| ["client", client, "arrival", key];
        let form = keys.format;
        let of = |forms: &[TraceFormat]| forms.contains(&form);
        let (old, new, drawn) = (TraceFormat::Azure2019, TraceFormat::Azure2021, TraceFormat::Synthetic);
        let placed = [
            ("invocations", keys.invocations.is_some(), of(&[old, drawn]), "\"azure-2019\" or \"synthetic\""),
            ("durations", keys.durations.is_some(), of(&[old]), "\"azure-2019\""),
            ("memory", keys.memory.is_some(), of(&[old]), "\"azure-2019\""),
            ("within", keys.within.is_some(), of(&[old]), "\"azure-2019\""),
            ("file", keys.file.is_some(), of(&[new]), "\"azure-2021\""),
            ("functions", keys.functions.is_some(), of(&[drawn]), "\"synthetic\""),
            ("period", keys.period.is_some(), of(&[drawn]), "\"synthetic\""),
        ];
        for (key, .., forms) in placed.iter().filter(|(_, is_there, belongs, _)| *is_there && !belongs) {
            self.error(
                &at(key),
                format!("\"{key}\" belongs to another format"),
                &format!("it is of format = {forms}"),
            );
        }
        match (form, &keys.invocations) {
            (TraceFormat::Azure2019, Some(Invocations::File(invocations))) => {
                let files = Azure2019 {
                    invocations,
                    durations: keys.durations.as_ref(),
                    memory: keys.memory.as_ref(),
                    within: keys.within.unwrap_or(Within::Uniform),
                };
                azure_2019(self.files, &files).map_err(|(file, why)| self.unusable(file, why)).ok()
            }
            (TraceFormat::Azure2019, _) => {
                self.error(
                    &at("invocations"),
                    "nothing says when functions are called",
                    "expected the name of a file",
                );
                None
            }
            (TraceFormat::Azure2021, _) => {
                let Some(file) = &keys.file else {
                    self.error(
                        &at("file"),
                        "nothing says when functions are called",
                        "expected the name of a file",
                    );
                    return None;
                };
                azure_2021(self.files, file).map_err(|why| self.unusable(file, why)).ok()
            }
            (TraceFormat::Synthetic, invocations) => self.synthetic(client, keys, invocations.as_ref()),
        }
    }

    fn synthetic(
        &mut self,
        client: &str,
        keys: &TraceKeys,
        invocations: Option<&Invocations>,
    ) -> Option<Trace> {
        let at = |key| ["client", client, "arrival", key];
        let functions = keys.functions.filter(|count| (1..=FUNCTIONS_MAX as u32).contains(count));
        if functions.is_none() {
            let message = match keys.functions {
                Some(_) => "so many functions are impossible",
                None => "nothing says how many functions there are",
            };
            self.error(&at("functions"), message, &format!("expected 1 to {FUNCTIONS_MAX}"));
        }
        let calls = match invocations {
            Some(Invocations::Number(calls)) if (1..=INVOCATIONS_MAX).contains(calls) => Some(*calls),
            Some(Invocations::Number(_)) => {
                let help = format!("expected 1 to {INVOCATIONS_MAX}");
                self.error(&at("invocations"), "so many calls in each period are impossible", &help);
                None
            }
            _ => {
                let help = format!("expected a number from 1 to {INVOCATIONS_MAX}");
                self.error(&at("invocations"), "nothing says how many calls there are in each period", &help);
                None
            }
        };
        let period = keys.period.unwrap_or(DAY);
        if period.is_zero() {
            self.error(&at("period"), "the period is longer than zero", "");
            return None;
        }
        Some(synthetic(functions?, calls? as f64, period))
    }

    /// The functions that a service stands for, if it is many, with a report for what is impossible about them.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no population")]
    pub(super) fn population(
        &mut self,
        name: &str,
        section: &ServiceSection,
    ) -> Option<Option<Box<Population>>> {
        let keys = section.keys.function.as_ref();
        let Some(keys) = keys.filter(|keys| keys.population) else {
            if keys.is_some_and(|keys| keys.share.is_some()) {
                let message = "one function shares its instances with nobody";
                let help = "leave out \"share\", or add population = true";
                self.error(&["service", name, "function", "share"], message, help);
            }
            return Some(None);
        };
        self.not_of_populations(name, &section.keys, keys);
        self.warmth(name, section);
        self.possible(&["service", name, "function", "keep_alive"], keys.keep_alive.policy.check());
        self.function_regions(name, &section.keys, keys);
        if !self.knows_accounts(keys) {
            return None;
        }
        let (region, here) = *self.regions_of(&section.keys).first()?;
        let account = keys.account.as_ref().and_then(|all| all.of(here));
        let account = account.and_then(|account| self.account_in(&account.text, region));
        let trace = self.trace_of(name)?;
        self.durations_of(name, &section.keys, &trace);
        let megabytes = self.memory_of(name, keys, &trace);
        Some(Some(Box::new(Population {
            trace,
            share: keys.share.unwrap_or(Share::Function),
            keep_alive: keys.keep_alive.policy.clone(),
            price: self.price_of_function(name, keys),
            megabytes,
            account,
        })))
    }

    /// The trace of the only client of a population.
    fn trace_of(&mut self, name: &str) -> Option<Arc<Trace>> {
        let written = self.written;
        let callers: Vec<&str> = written
            .clients
            .0
            .iter()
            .filter(|(_, client)| {
                let calls = client.iter().flat_map(|one| one.keys.calls.0.iter());
                calls.into_iter().any(|call| call.entry.service.text == name)
            })
            .map(|(client, _)| client.text.as_str())
            .collect();
        let others = self.others_than_clients(name);
        if let ([one], []) = (&callers[..], &others[..])
            && let Some(trace) = self.traces.get(*one)
        {
            return trace.clone();
        }
        if written.clients.0.iter().any(|(_, client)| client.is_none()) {
            // Who could not be read may be its client.
            return None;
        }
        let message = "a population is called by one client whose arrivals are a trace, and by nobody else";
        let untraced = callers.iter().find(|one| !self.traces.contains_key(**one)).or_else(|| callers.get(1));
        let help = match others.first().map(String::as_str).or(untraced.copied()) {
            Some(other) => format!("\"{other}\" calls it too, or in its place"),
            None => "add a client with arrival = { process = \"trace\", .. }".to_owned(),
        };
        self.error(&["service", name, "function", "population"], message, &help);
        None
    }

    /// Names of services that call another, in whatever way, and of clients that do so where a call has failed.
    fn others_than_clients(&self, name: &str) -> Vec<String> {
        let written = self.written;
        let is = |one: &Name| one.text == name;
        let services = written.services.0.iter().filter(|(_, service)| {
            service.as_ref().is_some_and(|one| {
                let calls = one.keys.calls.0.iter();
                let instead = calls.clone().filter_map(|call| call.policy.fallback.as_ref());
                let mut instead =
                    instead.chain(one.policy.fallback.as_ref()).filter_map(|one| one.service.as_ref());
                calls.clone().any(|call| is(&call.entry.service))
                    || one.keys.next.iter().any(|next| is(&next.service))
                    || instead.any(is)
            })
        });
        let clients = written.clients.0.iter().filter(|(_, client)| {
            client.as_ref().is_some_and(|one| {
                let instead = one.keys.calls.0.iter().filter_map(|call| call.policy.fallback.as_ref());
                instead.chain(one.policy.fallback.as_ref()).filter_map(|one| one.service.as_ref()).any(is)
            })
        });
        services.map(|(one, _)| one.text.clone()).chain(clients.map(|(one, _)| one.text.clone())).collect()
    }

    /// Reports keys that a population has no place for.
    fn not_of_populations(&mut self, name: &str, service: &ServiceKeys, keys: &FunctionKeys) {
        let of_service = [
            (
                "concurrency",
                service.concurrency != Limit::Number(1),
                "an instance of a population serves one request",
            ),
            ("calls", !service.calls.0.is_empty(), "functions of a population call nobody"),
            ("next", !service.next.is_empty(), "functions of a population answer themselves"),
            ("consumes", service.consumes.is_some(), "calls of a population come from its trace"),
            (
                "idempotency",
                service.idempotency.is_some(),
                "a service in front of a population may keep keys",
            ),
            (
                "error_time",
                service.error_time.is_some(),
                "calls take as long as the trace says, also those that err",
            ),
            ("versions", !service.versions.0.is_empty(), "functions of a population have one version each"),
            ("alias", !service.alias.0.is_empty(), "functions of a population have one version each"),
            ("publish", !service.publish.is_empty(), "functions of a population have one version each"),
            ("sticky", service.sticky, "requests of a trace belong to no sessions"),
            ("price", service.price.is_some(), "what is paid for calls stands in \"price\" of \"function\""),
        ];
        for (key, _, help) in of_service.iter().filter(|(_, is_set, _)| *is_set) {
            let message = format!("\"{key}\" has no place beside a population of functions");
            self.error(&["service", name, key], message, help);
        }
        let provisioning = self.is_written(&["service", name, "function", "provisioning"]);
        let cpu_bound = self.is_written(&["service", name, "function", "cpu_bound"]);
        let of_function = [
            ("cold_demand", keys.cold_demand.is_some()),
            ("lifetime", keys.lifetime.is_some()),
            ("choice", keys.choice != InstanceChoice::MostRecent),
            ("waits", keys.waits != Waits::Own),
            ("surplus", keys.surplus.is_some()),
            ("max_instances", keys.max_instances.is_some()),
            ("reserved", keys.reserved.is_some()),
            ("provisioned", !keys.provisioned.is_none()),
            ("provisioning", provisioning),
            ("scale_up", keys.scale_up.is_some()),
            ("rate_per_concurrency", keys.rate_per_concurrency.is_some()),
            ("pending", keys.pending.0.capacity != Limit::Number(0) || keys.pending.0.patience.is_some()),
            ("async", keys.r#async.is_some()),
            ("max_duration", keys.max_duration.is_some()),
            ("after_failure", keys.after_failure != AfterFailure::Reset),
            ("cpu_at", keys.cpu_at.is_some()),
            ("cpu_bound", cpu_bound),
        ];
        for (key, _) in of_function.iter().filter(|(_, is_set)| *is_set) {
            let message = format!("this \"{key}\" is of one function, and a population has many");
            let help = "leave it out; a function that needs it gets a service and a client of its own";
            self.error(&["service", name, "function", key], message, help);
        }
    }

    /// Reports a start that leaves an instance slow.
    fn warmth(&mut self, name: &str, section: &ServiceSection) {
        use crate::scenario::written::start::StartKeys;
        if let Some(StartKeys::Phases(keys)) = &section.keys.start
            && keys.warmup.is_some()
        {
            let message = "instances of a population are not slow at first: durations are those of the trace";
            self.error(&["service", name, "start", "warmup"], message, "leave out \"warmup\"");
        }
    }

    /// Reports durations that are given twice, or not at all.
    fn durations_of(&mut self, name: &str, keys: &ServiceKeys, trace: &Trace) {
        let all = trace.functions.len();
        let unknown = match &trace.durations {
            Durations::Demand => all,
            Durations::Percentiles(of, _) => of.iter().filter(|law| **law == NO_LAW).count(),
            Durations::Each(_) | Durations::Recorded => 0,
        };
        match (unknown > 0, keys.demand.settings != Law::zero().settings) {
            (true, false) => {
                let message = format!("nothing says how long calls of {unknown} of the {all} functions take");
                self.error(
                    &["service", name, "function", "population"],
                    message,
                    "add \"demand\" to the service",
                );
            }
            (false, true) => {
                let message = "the trace says how long calls of each function take";
                self.error(&["service", name, "demand"], message, "leave out \"demand\"");
            }
            _ => {}
        }
    }

    /// Memory of functions of which the trace says nothing \[MB\].
    fn memory_of(&mut self, name: &str, keys: &FunctionKeys, trace: &Trace) -> u32 {
        let Some(memory) = keys.memory else { return 0 };
        if trace.functions.iter().all(|one| one.megabytes > 0) {
            let message = "the trace says how much memory each function has";
            self.error(&["service", name, "function", "memory"], message, "leave out \"memory\"");
        }
        ((memory.bytes / 1e6).round() as u32).max(1)
    }

    /// Whether memory of each function of a population is known.
    pub(super) fn knows_memory(&self, name: &str, keys: &FunctionKeys) -> bool {
        if keys.memory.is_some() || !keys.population {
            return keys.memory.is_some();
        }
        // Where there is no trace, that is said.
        let called =
            |client: &ClientSection| client.keys.calls.0.iter().any(|call| call.entry.service.text == name);
        let mut clients = self.written.clients.0.iter();
        let trace = clients.find(|(_, client)| client.as_ref().is_some_and(called));
        let trace = trace.and_then(|(client, _)| self.traces.get(&client.text)).and_then(Option::as_ref);
        trace.is_none_or(|trace| trace.functions.iter().all(|one| one.megabytes > 0))
    }
}

/// Whether a service stands for many functions.
pub(super) fn is_population(section: &ServiceSection) -> bool {
    section.keys.function.as_ref().is_some_and(|function| function.population)
}
