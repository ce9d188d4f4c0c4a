//! Whom calls reach: services, queues, and what keeps the events of functions.

use super::Checker;
use crate::document::Diagnostic;
use crate::model::event::Invoke;
use crate::scenario::written::call::{CallEntry, CallKeys, PolicyKeys};

impl Checker<'_> {
    fn calls_of_all(&self) -> impl Iterator<Item = &CallEntry> {
        let written = self.written;
        let clients = written.clients.0.iter().filter_map(|(_, one)| one.as_ref().map(|one| &one.keys.calls));
        let services =
            written.services.0.iter().filter_map(|(_, one)| one.as_ref().map(|one| &one.keys.calls));
        clients.chain(services).flat_map(|calls| calls.0.iter().map(|call| &call.entry))
    }

    /// Numbers of the functions that are called asynchronously, rising.
    pub(super) fn asynchronous(&self) -> Vec<u32> {
        let calls = self.calls_of_all().filter(|entry| entry.invoke == Invoke::Async);
        let mut found: Vec<u32> =
            calls.filter_map(|entry| self.written.services.called(&entry.service.text)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The number of whom a call reaches, among the services of the system: queues come behind the fleets and functions,
    /// and behind them what keeps the events of functions.
    pub(super) fn callee_number(&self, entry: &CallEntry) -> Option<u32> {
        let (services, queues) = (&self.written.services, &self.written.queues);
        if let Some(number) = services.called(&entry.service.text) {
            let events = || self.asynchronous.binary_search(&number).ok();
            let first = services.0.len() + queues.0.len();
            return match entry.invoke {
                Invoke::Sync => Some(number),
                Invoke::Async => events().map(|place| (first + place) as u32),
            };
        }
        self.queue_number(&entry.service.text)
    }

    pub(super) fn queue_number(&self, name: &str) -> Option<u32> {
        let number = self.written.queues.number(name)?;
        Some(self.written.services.0.len() as u32 + number)
    }

    /// The same, with a report of what is impossible about it.
    pub(super) fn callee(
        &mut self,
        path: &[&str; 4],
        (keys, defaults): (&CallKeys, &PolicyKeys),
    ) -> Option<u32> {
        let (entry, written) = (&keys.entry, self.written);
        let name = &entry.service;
        let Some(number) = self.callee_number(entry) else {
            let names = written.dns.names().filter(|_| path[0] == "client" && keys.name.is_none());
            let known = written.services.names().chain(written.queues.names()).chain(names);
            self.findings.push(Diagnostic::unknown(name.span, "service", &name.text, known));
            return None;
        };
        let at = |key| [path[0], path[1], path[2], path[3], key];
        if number as usize >= written.services.0.len() && entry.count > 1 {
            let message = format!("\"{}\" takes one copy of a message", name.text);
            self.error(&at("count"), message, "leave out \"count\"; \"duplicates\" of a queue stores copies");
        }
        if entry.invoke == Invoke::Async {
            let of_service =
                written.services.called(&name.text).map(|number| &written.services.0[number as usize]);
            let is_function =
                of_service.is_some_and(|(_, one)| one.as_ref().is_none_or(|one| one.keys.function.is_some()));
            if !is_function {
                let message = format!("\"{}\" is no function, and gets no events", name.text);
                let help = if of_service.is_some() {
                    "put a queue between: call it, and let the service consume it"
                } else {
                    "leave out \"invoke\": a queue answers when it has taken the message in"
                };
                self.error(&at("invoke"), message, help);
            }
            if is_function && self.is_in_several_regions(name) {
                let message = format!("\"{}\" is in several regions, and gets no events", name.text);
                let help = "write a function for each region: each would keep events of its own";
                self.error(&at("invoke"), message, help);
            }
            self.asynchronous_policy(path, &keys.policy, defaults);
        }
        Some(number)
    }

    /// Reports rules of a call that mean nothing where nobody waits for the answer.
    fn asynchronous_policy(&mut self, path: &[&str; 4], own: &PolicyKeys, defaults: &PolicyKeys) {
        let given = |of: &PolicyKeys| [of.deadline.is_some(), of.hedge.is_some(), of.fallback.is_some()];
        let keys =
            ["deadline", "hedge", "fallback"].into_iter().zip(given(own).into_iter().zip(given(defaults)));
        for (key, (own, default)) in keys.filter(|(_, (own, default))| *own || *default) {
            let message = format!("a \"{key}\" says nothing where only the acceptance is waited for");
            let of_call = [path[0], path[1], path[2], path[3], key];
            let of_caller = [path[0], path[1], key];
            let help =
                "leave it out, or \"invoke\"; \"async\" of the function says what becomes of the event";
            self.error(if own || !default { &of_call } else { &of_caller }, message, help);
        }
    }
}
