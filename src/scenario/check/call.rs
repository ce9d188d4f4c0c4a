//! Calls, what is done about their failure, and cycles in them.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Checker;
use super::scaling::most;
use crate::model::call::{Avoid, Call, Choose, OnTimeout, Step};
use crate::model::fleet::QueuePlace;
use crate::scenario::written::call::{CallKeys, Calls, PolicyKeys, WaitFor};
use crate::units::{DnsId, ServiceId, SimDuration};

/// Most entries of `calls` and `next` together, which the engine numbers in 16 bits.
const EDGES_MAX: usize = 65_535;
/// What sums of probabilities written in decimals may be above 1 by rounding.
const ROUNDING: f64 = 1e-9;

impl Checker<'_> {
    /// The calls of a caller, step by step, each with its own policy or the caller's.
    pub(super) fn steps(
        &mut self,
        caller: &[&str; 2],
        calls: &Calls,
        defaults: &PolicyKeys,
    ) -> Option<Vec<Step>> {
        self.check_policy(caller, defaults);
        let mut steps: BTreeMap<u32, (Option<Choose>, Vec<Call>)> = BTreeMap::new();
        let mut complete = true;
        for (number, keys) in calls.0.iter().enumerate() {
            let number = keys.place.unwrap_or(number).to_string();
            let path = [caller[0], caller[1], "calls", &number];
            let (choose, entries) = steps.entry(keys.entry.step).or_default();
            if let (Some(one), Some(other)) = (*choose, keys.entry.choose)
                && one != other
            {
                self.error(&sub(&path, "choose"), "the calls of one step say \"choose\" differently", "");
            }
            *choose = choose.or(keys.entry.choose);
            match self.call(&path, keys, defaults) {
                Some(call) => entries.push(call),
                None => complete = false,
            }
        }
        let steps = steps.into_values().map(|(choose, mut calls)| {
            // The order of a file changes nothing.
            calls.sort_by_key(|call| (call.service, call.route, call.name, call.target));
            Step { choose: choose.unwrap_or(Choose::Each), calls }
        });
        let steps: Vec<Step> = steps.collect();
        for step in &steps {
            let sum: f64 = step.calls.iter().map(|call| call.probability.get()).sum();
            if step.choose == Choose::One && sum > 1.0 + ROUNDING {
                let message = format!("the probabilities of a step with choose = \"one\" add up to {sum}");
                self.error(&[caller[0], caller[1], "calls"], message, "expected at most 1");
            }
        }
        complete.then_some(steps)
    }

    pub(super) fn call(&mut self, path: &[&str; 4], keys: &CallKeys, defaults: &PolicyKeys) -> Option<Call> {
        let written = self.written;
        let entry = &keys.entry;
        self.check_policy(path, &keys.policy);
        if entry.count == 0 {
            self.error(&sub(path, "count"), "\"count\" is at least 1", "");
        }
        if entry.step == 0 {
            self.error(&sub(path, "step"), "steps are counted from 1", "");
        }
        let wait_for = match entry.wait_for {
            WaitFor::All => entry.count,
            WaitFor::Number(number) => number,
        };
        if wait_for > entry.count || wait_for == 0 && entry.count > 0 {
            let message = format!("{wait_for} of {} answers cannot be waited for", entry.count);
            self.error(&sub(path, "wait_for"), message, &format!("expected 1 to {}", entry.count));
        }
        let service = self.callee(path, (keys, defaults))?;
        let target = self.version_asked(&entry.service)?;
        if let Some((_, Some(callee))) = written.services.0.get(service as usize) {
            let hedge = keys.policy.hedge.as_ref().or(defaults.hedge.as_ref());
            if hedge.is_some() && callee.keys.queue.common.at == QueuePlace::Service {
                let message = "a copy would wait in the same queue: that of the service is shared";
                self.error(&sub(path, "service"), message, "leave out \"hedge\", or the queue's \"at\"");
            }
            if callee.keys.queue.is_shared() {
                self.choice_at_shared_queue(path, keys, defaults);
            }
            if callee.keys.function.is_some() {
                self.call_of_function(path, keys, defaults);
            }
            let replicas = most(&callee.keys);
            if callee.keys.function.is_none() && u64::from(entry.count) > replicas {
                let message =
                    format!("{} different replicas are called, but there are {replicas}", entry.count);
                self.error(&sub(path, "count"), message, "");
            }
        }
        Some(Call {
            service: ServiceId(service),
            probability: entry.probability,
            count: entry.count,
            wait_for,
            optional: entry.optional,
            size: entry.size.map_or([0; 2], |size| [size.0.request.bytes(), size.0.answer.bytes()]),
            route: keys.route,
            name: keys.name.map(DnsId),
            target,
            policy: self.policy(path, &keys.policy, defaults)?,
        })
    }

    /// Reports what a call says about replicas although these take their jobs from one queue.
    fn choice_at_shared_queue(&mut self, path: &[&str; 4], keys: &CallKeys, defaults: &PolicyKeys) {
        let retry = keys.policy.retry.as_ref().or(defaults.retry.as_ref());
        if retry.is_some_and(|retry| retry.common.attempts > 1 && retry.common.avoid != Avoid::None) {
            let message = "no replica can be avoided: the queue of the service is shared";
            let help = "leave out \"avoid\" of \"retry\", or the queue's \"at\"";
            self.error(&sub(path, "service"), message, help);
        }
        if keys.entry.count > 1 {
            let message = "these would not go to different replicas: the queue of the service is shared";
            self.error(&sub(path, "count"), message, "leave out \"count\", or the queue's \"at\"");
        }
    }

    /// Reports what no caller can ask of a function.
    fn call_of_function(&mut self, path: &[&str; 4], keys: &CallKeys, defaults: &PolicyKeys) {
        let stops = |rule: Option<OnTimeout>| rule.is_some_and(|rule| rule != OnTimeout::Abandon);
        if stops(keys.policy.on_timeout.or(defaults.on_timeout)) {
            let message = "a function runs on when nobody waits for it any more";
            self.error(&sub(path, "service"), message, "leave out \"on_timeout\", or write \"abandon\"");
        }
        if keys.entry.count > 1 {
            let message =
                "these would not go to different replicas: the platform chooses instances of a function";
            self.error(&sub(path, "count"), message, "write several entries");
        }
        let retry = keys.policy.retry.as_ref().or(defaults.retry.as_ref());
        let avoids =
            retry.is_some_and(|retry| retry.common.attempts > 1 && retry.common.avoid != Avoid::None);
        // Of one in several regions those are avoided that were tried.
        if avoids && !self.is_in_several_regions(&keys.entry.service) {
            let message = "no instance can be avoided: the platform chooses instances of a function";
            self.error(&sub(path, "service"), message, "leave out \"avoid\" of \"retry\"");
        }
    }

    fn check_policy(&mut self, path: &[&str], keys: &PolicyKeys) {
        for (key, value) in [("timeout", keys.timeout), ("deadline", keys.deadline)] {
            if value.is_some_and(SimDuration::is_zero) {
                let message = format!("a {key} of zero lets nothing through");
                self.error(&sub(path, key), message, &format!("leave out \"{key}\" for none"));
            }
        }
        self.check_resilience(path, keys);
    }

    /// Reports calls that come back to their caller, and more calls than can be numbered.
    pub(super) fn call_cycles(&mut self) {
        let written = self.written;
        let services = &written.services;
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<NodeIndex> = services.0.iter().map(|_| graph.add_node(())).collect();
        let mut edges = 0;
        for (number, (_, section)) in services.0.iter().enumerate() {
            let Some(section) = section else { continue };
            let calls = section.keys.calls.0.iter().map(|call| &call.entry.service);
            let next = section.keys.next.iter().map(|next| &next.service);
            let instead = section.keys.calls.0.iter().filter_map(|call| {
                let own = call.policy.fallback.as_ref().or(section.policy.fallback.as_ref());
                own.and_then(|fallback| fallback.service.as_ref())
            });
            for target in calls.chain(next).chain(instead).chain(section.keys.store_of_keys()) {
                edges += 1;
                if let Some(target) = services.called(&target.text) {
                    graph.add_edge(nodes[number], nodes[target as usize], ());
                }
            }
        }
        edges += written
            .clients
            .0
            .iter()
            .flat_map(|(_, one)| one)
            // Each may have a fallback, which is numbered too.
            .map(|one| one.keys.calls.0.len() * 2)
            .sum::<usize>();
        if edges > EDGES_MAX {
            self.error(&[], format!("there are {edges} calls, more than {EDGES_MAX}"), "");
        }
        let mut group = vec![0; nodes.len()];
        for (number, members) in tarjan_scc(&graph).iter().enumerate() {
            for member in members {
                group[member.index()] = number;
            }
        }
        for (caller, (name, section)) in services.0.iter().enumerate() {
            let Some(section) = section else { continue };
            for (number, call) in section.keys.calls.0.iter().enumerate() {
                let Some(callee) = services.called(&call.entry.service.text) else { continue };
                if group[caller] == group[callee as usize] {
                    let path = ["service", &name.text, "calls", &number.to_string(), "service"];
                    self.comes_back(&path, [&name.text, &call.entry.service.text]);
                }
            }
            let Some(store) = section.keys.store_of_keys() else { continue };
            if services.called(&store.text).is_some_and(|store| group[caller] == group[store as usize]) {
                self.comes_back(&["service", &name.text, "idempotency", "store"], [&name.text, &store.text]);
            }
        }
    }
}

impl Checker<'_> {
    fn comes_back(&mut self, path: &[&str], [caller, callee]: [&str; 2]) {
        let message = format!("\"{caller}\" calls \"{callee}\", which comes back to it");
        self.error(path, message, "calls have no cycles; \"next\" may have");
    }
}

fn sub<'a>(path: &[&'a str], key: &'a str) -> Vec<&'a str> {
    path.iter().copied().chain([key]).collect()
}
