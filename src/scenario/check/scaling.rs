//! Fleets that change.

use std::collections::VecDeque;

use super::Checker;
use crate::model::fleet::Service;
use crate::model::scaling::{Autoscaling, Bounds, Looking, Scaler};
use crate::model::system::System;
use crate::scenario::written::scaling::AutoscalingKeys;
use crate::scenario::written::service::{Replicas, ServiceKeys};
use crate::units::{SimDuration, SimTime};

/// How many replicas a service has in each of its regions at the start.
fn starts(keys: &ServiceKeys) -> Vec<u32> {
    match &keys.replicas {
        Replicas::Number(count) => vec![*count],
        Replicas::ByRegion(counts) => counts.iter().map(|(_, count)| *count).collect(),
    }
}

/// The most replicas of a service that serve at once.
pub(super) fn most(keys: &ServiceKeys) -> u64 {
    let of = |count: u32| keys.autoscaling.as_ref().map_or(count, |scaling| scaling.most(count));
    starts(keys).into_iter().map(|count| u64::from(of(count))).sum()
}

/// Why numbers of replicas reach further than there are ever replicas that serve; nothing where they do not.
pub(super) fn why_so_many(keys: &ServiceKeys) -> Option<String> {
    let scaling = keys.autoscaling.as_ref()?;
    let seats: u64 = starts(keys).into_iter().map(|count| scaling.seats(count).max(u64::from(count))).sum();
    let most = most(keys);
    (seats > most).then(|| {
        format!("a fleet that changes has numbers for {most} that serve and {} that drain", seats - most)
    })
}

/// What is said of the first time at which replicas that may still drain leave too few numbers for those that should
/// start, in a region whose fleet is as its controller says; nothing where the drain has no end of its own.
fn shortage(service: &Service, scaling: &Autoscaling, end: SimTime) -> Option<String> {
    // A plan repeats itself: what ten thousand of its decisions do not show is not looked for.
    const LOOKS_MAX: usize = 10_000;
    let drain = service.drain?;
    let seats = scaling.seats();
    let mut scaler = Scaler::new(&scaling.policy);
    let mut draining: VecDeque<(SimTime, u32)> = VecDeque::new();
    let mut before = None;
    for _ in 0..LOOKS_MAX {
        let now = scaler.due();
        if now >= end {
            break;
        }
        let desired = scaler.decide(&Looking { now, desired: before.unwrap_or(scaling.min) });
        let desired = desired.clamp(scaling.min, scaling.max);
        while draining.front().is_some_and(|(gone, _)| *gone <= now) {
            draining.pop_front();
        }
        let old = before.replace(desired).unwrap_or(desired);
        if desired < old {
            draining.push_back((now + drain, old - desired));
        }
        let drain: u32 = draining.iter().map(|(_, count)| count).sum();
        if desired > old && desired + drain > seats {
            let at = SimDuration::from_nanos(now.as_nanos());
            return Some(format!(
                "at {at} there should be {desired} replicas, but {drain} may still drain, and a region has numbers \
                 for {seats} in all"
            ));
        }
    }
    None
}

impl Checker<'_> {
    /// How the fleet of a service changes, if it does, with a report for what is impossible about it.
    pub(super) fn scaling(&mut self, name: &str, keys: &ServiceKeys) -> Option<Autoscaling> {
        let Some(scaling) = &keys.autoscaling else {
            if keys.function.is_none() {
                self.unused_life(name);
            }
            return None;
        };
        let path = ["service", name, "autoscaling"];
        self.possible(&path, scaling.policy.check());
        let starts = starts(keys);
        let most = starts.iter().map(|count| scaling.most(*count)).max().unwrap_or(0);
        self.bounds(name, scaling, (&starts, most));
        let common = &scaling.common;
        Some(Autoscaling {
            policy: scaling.policy.clone(),
            min: common.min,
            max: most,
            leaves: common.leaves,
            protect: common.protect,
        })
    }

    /// Reports bounds between which there is nothing, or not what the fleet starts with.
    fn bounds(&mut self, name: &str, scaling: &AutoscalingKeys, (starts, most): (&[u32], u32)) {
        let at = |key| ["service", name, "autoscaling", key];
        let min = scaling.common.min;
        if most == 0 {
            self.error(&at("max"), "a fleet of at most no replica serves nobody", "expected 1 or more");
        } else if min > most {
            let help = format!("expected at most {most}, or a larger \"max\"");
            self.error(&at("min"), format!("a fleet has no fewer than {min} and no more than {most}"), &help);
        } else if let Some(start) = starts.iter().find(|start| !(min..=most).contains(start)) {
            let message = format!("the fleet starts with {start} replicas in a region");
            let help = format!("expected {min} to {most}, as \"min\" and \"max\" of \"autoscaling\" say");
            self.error(&["service", name, "replicas"], message, &help);
        }
    }

    /// Warns of what a controller is told and never does.
    pub(super) fn scaling_in_vain(&mut self, system: &System, end: SimTime) {
        for service in &system.services {
            let Some(scaling) = &service.autoscaling else { continue };
            let bounds = Bounds { min: scaling.min, max: scaling.max, end };
            for found in scaling.policy.in_vain(&bounds) {
                let path = ["service", service.name.as_str(), "autoscaling"];
                let path: Vec<&str> = path.into_iter().chain(found.key.split('.')).collect();
                self.warning(&path, found.why, "");
            }
            if let Some(message) = shortage(service, scaling, end) {
                let help = "a larger \"max\" or smaller \"min\" gives more numbers, a shorter \"drain\" frees them sooner";
                self.warning(&["service", &service.name, "drain"], message, help);
            }
        }
    }

    /// Warns of how replicas come and go where none does. Variants turn one kind of fleet into the other, so it is no error.
    fn unused_life(&mut self, name: &str) {
        let paths: [&[&str]; 3] = [
            &["service", name, "start"],
            &["service", name, "drain"],
            &["service", name, "balancing", "discovery"],
        ];
        for path in paths.into_iter().filter(|path| self.is_written(path)).collect::<Vec<_>>() {
            let message = format!("\"{}\" has no effect: no replica joins or leaves", path[path.len() - 1]);
            self.warning(path, message, "add \"autoscaling\", or leave it out");
        }
    }
}
