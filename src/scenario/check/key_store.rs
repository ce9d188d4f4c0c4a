//! A service that keeps the idempotency keys of another, and the calls to it.

use super::Checker;
use crate::document::Diagnostic;
use crate::model::call::{Choose, Step};
use crate::model::fleet::Slot;
use crate::model::queue::Discipline;
use crate::scenario::written::call::{CallKeys, PolicyKeys};
use crate::scenario::written::service::{ServiceKeys, ServiceSection};
use crate::units::SimDuration;

impl Checker<'_> {
    /// Reports what is impossible with a service that keeps idempotency keys elsewhere, or without one.
    fn store_of_keys(&mut self, name: &str, keys: &ServiceKeys) {
        let Some(own) = &keys.idempotency else { return };
        let at = |key| ["service", name, "idempotency", key];
        if own.store.is_none() {
            for (key, is_there) in
                [("timeout", own.timeout.is_some()), ("on_failure", own.on_failure.is_some())]
            {
                if is_there {
                    let message = format!("{key:?} is about a store, and there is none");
                    self.error(&at(key), message, "add \"store\", such as \"table\", or leave it out");
                }
            }
            return;
        }
        if own.timeout.is_some_and(SimDuration::is_zero) {
            self.error(&at("timeout"), "an answer takes longer than zero", "");
        }
        let is_shared = keys.queue.policy.discipline() == Discipline::ProcessorSharing;
        if keys.slot == Slot::Released || is_shared {
            let (key, help) = if is_shared {
                ("queue", "choose another policy, or leave out \"store\"")
            } else {
                ("slot", "leave out \"slot\" or \"store\"")
            };
            let message = "who waits for a store before its work holds a slot meanwhile";
            self.error(&["service", name, key], message, help);
        }
        if keys.consumes.as_ref().is_some_and(|consumes| consumes.batch > 1) {
            let message = "a store is asked for one message at a time";
            self.error(&["service", name, "consumes", "batch"], message, "expected 1, or no \"store\"");
        }
    }

    /// The calls of a service: those to the store of its idempotency keys stand before and after its own.
    pub(super) fn calls_of_service(&mut self, name: &str, section: &ServiceSection) -> Option<Vec<Step>> {
        let keys = &section.keys;
        self.store_of_keys(name, keys);
        let mut steps = self.steps(&["service", name], &keys.calls, &section.policy);
        let own = keys.idempotency.as_ref().zip(keys.store_of_keys());
        let Some((own, store)) = own else { return steps };
        if self.written.queues.number(&store.text).is_some() {
            let error =
                Diagnostic::error(store.span, format!("\"{}\" is a queue, and answers nothing", store.text));
            self.findings.push(error.label("keeps no records").help("name a service, such as a table"));
            return None;
        }
        let timeout = own.timeout.filter(|timeout| !timeout.is_zero());
        let policy = PolicyKeys { timeout, ..PolicyKeys::default() };
        let keys = CallKeys::plain(store, 1, policy);
        // Who answers in place of a store knows nothing of its records.
        let rules = PolicyKeys { fallback: None, ..section.policy.clone() };
        let call = self.call(&["service", name, "idempotency", "store"], &keys, &rules)?;
        let step = Step { choose: Choose::Each, calls: vec![call] };
        if let Some(steps) = &mut steps {
            steps.insert(0, step.clone());
            steps.push(step);
        }
        steps
    }
}
