//! Random scenarios whose work the fast handlers do: what these do not know is left out.

use super::{Call, Policy, Sample, Service};

/// What is kept of a random scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// What replica and caller alone need.
    Direct,
    /// That, and those who attend to it: the network, guards, detectors, queue policies, effects.
    Attended,
}

fn drop_lines(lines: &mut [Option<String>], is_left_out: impl Fn(&str) -> bool) {
    for line in lines {
        if line.as_deref().is_some_and(&is_left_out) {
            *line = None;
        }
    }
}

impl Policy {
    fn keep(&mut self, kept: Kept) {
        // Who is told to stop leaves queues out of turn.
        drop_lines(&mut self.others, |line| line.starts_with("on_timeout"));
        if self.hedge.as_ref().is_some_and(|hedge| kept == Kept::Direct || hedge.contains("tied")) {
            self.hedge = None;
        }
        if kept == Kept::Direct {
            let guards = ["throttle", "breaker", "bulkhead"];
            let is_guard = |line: &str| {
                guards.iter().any(|guard| line.starts_with(guard))
                    || line.contains("budget")
                    || line.contains("hints")
            };
            drop_lines(&mut self.others, is_guard);
        }
    }
}

fn keep_calls(calls: &mut [Call], kept: Kept) {
    for call in calls {
        call.policy.keep(kept);
        drop_lines(&mut call.lines, |line| line.starts_with("size"));
        call.fallback = call.fallback.filter(|_| kept == Kept::Attended);
    }
}

impl Service {
    fn keep(&mut self, kept: Kept) {
        let is_left_out = |line: &str| {
            let is_queue = line.starts_with("queue");
            let leaves = ["at = \"service\"", "patience", "lifo"];
            line.starts_with("admission")
                || line.starts_with("cache")
                || line.starts_with("idempotency")
                || is_queue && leaves.iter().any(|word| line.contains(word))
                || kept == Kept::Direct
                    && (is_queue && !line.contains("\"fifo\"") || line.starts_with("effects"))
        };
        drop_lines(&mut self.lines, is_left_out);
        // Who has no patience leaves queues out of turn, too, and who is killed may be so while it works.
        if let Some(function) = &mut self.function {
            *function = function.replace(", patience = \"60ms\"", "");
            if kept == Kept::Direct {
                *function = without(function, ", max_duration = \"", "\"");
                *function = without(function, ", provisioned_version = \"", "\"");
                let is_of_versions = |line: &&str| {
                    ["versions", "alias", "publish", "sticky"].iter().any(|key| line.starts_with(key))
                };
                let kept = function.lines().filter(|line| !is_of_versions(line));
                *function = kept.fold(String::new(), |all, line| all + line + "\n");
                drop_lines(&mut self.lines, |line| !line.starts_with("demand"));
                self.calls.clear();
                self.next = None;
            }
        }
        self.balancing = None;
        if kept == Kept::Direct {
            self.outlier = None;
        }
        self.policy.keep(kept);
        keep_calls(&mut self.calls, kept);
    }
}

/// A text without the first stretch from one mark up to and with another behind it.
fn without(text: &str, from: &str, to: &str) -> String {
    let Some((before, rest)) = text.split_once(from) else { return text.to_owned() };
    let after = rest.split_once(to).map_or("", |(_, after)| after);
    format!("{before}{after}")
}

impl Sample {
    /// The same without what the fast handlers do not know.
    pub(super) fn keep(mut self, kept: Kept) -> Self {
        // Drawn delays and losses are for the general handlers.
        drop_lines(&mut self.network, |line| {
            kept == Kept::Direct || line.contains("distribution") || line.contains("loss = ")
        });
        for client in &mut self.clients {
            client.policy.keep(kept);
            keep_calls(&mut client.calls, kept);
        }
        self.services.iter_mut().for_each(|service| service.keep(kept));
        for fault in &mut self.faults {
            fault.clock = fault.clock.filter(|clock| !clock.contains("busy") && !clock.contains("load"));
        }
        let is_of_network = |kind: &str| kind.contains("partition") || kind.contains("network");
        self.faults.retain(|fault| !is_of_network(&fault.kind));
        self.gateway = None;
        self.naming = None;
        self.keeping = None;
        self
    }
}
