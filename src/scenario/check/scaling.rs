//! Fleets that change.

use super::Checker;
use super::deploy::largest_region;
use super::standby::serving;
use crate::document::Keyed;
use crate::model::fleet::standby::Readiness;
use crate::model::monitoring::monitor::Signal;
use crate::model::scaling::reading::{Measured, Reading};
use crate::model::scaling::{Autoscaling, Control, Per};
use crate::scenario::written::scaling::AutoscalingKeys;
use crate::scenario::written::service::{Limit, Replicas, ServiceKeys};
use crate::units::SimDuration;

/// Most looks of a policy within the time that it looks back on.
pub(super) const LOOKS_MAX: u64 = 100_000;

/// How many replicas a service has at the start in each of its regions.
pub(super) fn starts_by_region(keys: &ServiceKeys) -> Vec<u32> {
    match &keys.replicas {
        Replicas::Number(count) => vec![*count],
        Replicas::ByRegion(counts) => counts.iter().map(|(_, count)| *count).collect(),
    }
}

/// The same in each part of its fleet that is scaled by itself.
fn starts(keys: &ServiceKeys) -> Vec<u32> {
    let starts = starts_by_region(keys);
    match &keys.autoscaling {
        Some(scaling) if scaling.common.per == Per::Service => {
            vec![starts.into_iter().fold(0, u32::saturating_add)]
        }
        _ => starts,
    }
}

/// The most replicas of a service that serve at once.
pub(super) fn most(keys: &ServiceKeys) -> u64 {
    let of = |count: u32| keys.autoscaling.as_ref().map_or(count, |scaling| scaling.most(count));
    serving(keys, starts(keys).into_iter().map(|count| u64::from(of(count))).sum())
}

impl Checker<'_> {
    /// Why numbers of replicas reach further than there are ever replicas that serve; nothing where they do not.
    pub(super) fn why_so_many(&self, name: &str, keys: &ServiceKeys) -> Option<String> {
        if keys.standby.is_some() {
            return None;
        }
        let is_whole = keys.autoscaling.as_ref().is_some_and(|scaling| scaling.common.per == Per::Service);
        // Whatever is scaled as a whole may be in any of its regions.
        let regions = if is_whole { starts_by_region(keys).len() as u64 } else { 1 };
        let seats =
            starts(keys).into_iter().map(|count| self.seats(name, keys, count)).sum::<u64>() * regions;
        let most = most(keys);
        let others = if self.is_deployed(name) { "that drain or are brought out" } else { "that drain" };
        (seats > most).then(|| {
            format!("a fleet that changes has numbers for {most} that serve and {} {others}", seats - most)
        })
    }

    /// Seats of a region of a service that has so many replicas there at the start.
    pub(super) fn seats(&self, name: &str, keys: &ServiceKeys, count: u32) -> u64 {
        let largest = largest_region(keys);
        let (most, own) = match &keys.autoscaling {
            Some(scaling) => (scaling.most(count), scaling.seats(count).max(u64::from(count))),
            None if self.is_deployed(name) => (largest, u64::from(largest)),
            None => return u64::from(count),
        };
        own + u64::from(self.seats_beside(name, most))
    }

    /// Whether somebody gives up replicas of a service, in whose place others start.
    pub(super) fn is_restarted(&self, name: &str) -> bool {
        self.is_done(&["restart", "replace"].map(|verb| format!("service.{name}.{verb}")))
    }

    /// Whether an alarm, or its end, or an operation of a recovery does one of these.
    pub(super) fn is_done(&self, verbs: &[String]) -> bool {
        let monitors = self.written.monitors.0.iter().filter_map(|(_, section)| section.as_ref());
        let mut paths = monitors.flat_map(|one| {
            let calm = one.response.on_ok.iter().flat_map(|paths| &paths.0);
            one.response.does.0.iter().chain(calm)
        });
        let mut plans = self.written.recoveries.0.iter().filter_map(|(_, section)| section.as_ref());
        paths.any(|path| verbs.contains(&path.text))
            || plans.any(|section| verbs.iter().any(|verb| section.plan.does(verb)))
    }

    /// A fleet of which a service has as many replicas as are written, and others only while a release is brought out or in
    /// place of those that are given up.
    fn as_written(&self, name: &str, keys: &ServiceKeys) -> Option<Autoscaling> {
        let largest = largest_region(keys);
        if keys.function.is_some() {
            None
        } else if self.is_deployed(name) {
            Some(Autoscaling::fixed(largest, self.seats_beside(name, largest)))
        } else {
            (self.is_restarted(name) && keys.standby.is_none()).then(|| Autoscaling::fixed(largest, 0))
        }
    }

    /// Warns of time to finish work where whoever goes is given up with what it has.
    fn unused_drain(&mut self, name: &str) {
        let path = ["service", name, "drain"];
        if self.is_written(&path) {
            let message = "\"drain\" has no effect: who is restarted or replaced loses what it has";
            self.warning(&path, message, "leave it out");
        }
    }

    /// How the fleet of a service changes, if it does, with a report for what is impossible about it.
    pub(super) fn scaling(&mut self, name: &str, keys: &ServiceKeys) -> Option<Autoscaling> {
        let Some(scaling) = &keys.autoscaling else {
            let fleet = self.as_written(name, keys);
            if keys.function.is_none() && fleet.is_none() {
                self.unused_life(name, keys);
            } else if keys.function.is_none() && !self.is_deployed(name) {
                self.unused_drain(name);
            }
            return fleet;
        };
        let starts = starts(keys);
        let most = starts.iter().map(|count| scaling.most(*count)).max().unwrap_or(0);
        self.bounds(name, scaling, (&starts, most));
        let controls = scaling.controls.iter();
        let controls: Vec<Control> = controls
            .map(|keys| Control { policy: keys.policy.clone(), measured: keys.measured.clone() })
            .collect();
        self.controls(name, keys, &controls);
        let common = &scaling.common;
        Some(Autoscaling {
            controls,
            per: common.per,
            min: common.min,
            max: most,
            beside: self.seats_beside(name, most),
            leaves: common.leaves,
            protect: common.protect,
            on_zone_loss: common.on_zone_loss,
            quota: common.quota,
            health_grace: common.health_grace.unwrap_or(SimDuration::ZERO),
        })
    }

    /// Reports policies that are impossible, or cannot be used with such a service.
    fn controls(&mut self, name: &str, keys: &ServiceKeys, controls: &[Control]) {
        let Some(scaling) = &keys.autoscaling else { return };
        let top = ["service", name, "autoscaling"];
        if controls.is_empty() {
            self.error(
                &[&top[..], &["policies"]].concat(),
                "nobody says how many replicas there should be",
                "",
            );
        }
        for (number, control) in controls.iter().enumerate() {
            let below = scaling.path_of(number);
            let path: Vec<&str> = top.into_iter().chain(below.iter().map(String::as_str)).collect();
            self.possible(&path, control.policy.check(&control.measured));
            self.unheeded(&path, control);
            self.readings(&path, control, keys);
            self.buffering(&path, control, keys);
        }
        let replaces = controls.iter().any(|control| control.policy.replaces());
        let grace = [&top[..], &["health_grace"]].concat();
        if !replaces && self.is_written(&grace) {
            let message = "\"health_grace\" has no effect: these policies replace nobody";
            self.error(
                &grace,
                message,
                "leave it out: replicas that have crashed stay until the fault is over",
            );
        }
        let is_shared = keys.queue.is_shared();
        if scaling.common.min == 0 && controls.iter().any(|control| control.policy.wakes()) && !is_shared {
            let message = "a request that finds no replica has nowhere to wait";
            let help = "give the service one queue, queue = { at = \"service\" }, or \"min\" 1 or more";
            self.error(&[&top[..], &["min"]].concat(), message, help);
        }
        // What waits in a queue is seen without replicas; anything else is not.
        let sees = |one: &Reading| match one.signal {
            Signal::InSystemMean | Signal::QueueLengthMean => is_shared,
            Signal::BacklogMean => true,
            _ => false,
        };
        let revives = |control: &Control| {
            let readings = control.watch().readings;
            control.policy.wakes() || readings.is_empty() || readings.iter().any(sees)
        };
        if scaling.common.min == 0 && !controls.is_empty() && !controls.iter().any(revives) {
            let message = "a fleet without replicas would stay so: nobody is there to be measured";
            let help = "expected \"min\" 1 or more, or a policy that hears of requests, such as \"kpa\"";
            self.error(&[&top[..], &["min"]].concat(), message, help);
        }
    }

    /// Reports keys about a number that a policy does not go by.
    pub(super) fn unheeded(&mut self, path: &[&str], control: &Control) {
        for key in Measured::KEYS.iter().map(|key| key.name) {
            let path = [path, &[key]].concat();
            if !control.policy.heeds().contains(&key) && self.is_written(&path) {
                let message = format!("\"{key}\" has no effect with \"{}\"", control.policy.name());
                self.error(&path, message, "leave it out");
            }
        }
    }

    /// Reports numbers that a policy cannot go by at a service like this.
    fn readings(&mut self, path: &[&str], control: &Control, keys: &ServiceKeys) {
        let watch = control.watch();
        if watch.readings.is_empty() {
            return;
        }
        let name = control.policy.name();
        let is_common = |one: &Reading| match one.signal {
            Signal::InSystemMean | Signal::QueueLengthMean => keys.queue.is_shared(),
            Signal::BacklogMean => true,
            _ => false,
        };
        if starts(keys).len() > 1 && watch.readings.iter().any(is_common) {
            let message = format!("\"{name}\" goes by what waits in one queue for several regions");
            self.error(
                path,
                message,
                "scale the whole: per = \"service\"; or write a service for each region",
            );
        }
        if watch.readings.iter().any(|reading| reading.window.is_zero()) {
            self.error(
                &[path, &["window"]].concat(),
                "a time over which nothing is seen",
                "expected more than 0s",
            );
        } else if watch.looks() > LOOKS_MAX {
            let message =
                format!("\"{name}\" looks {} times within the time that it looks back on", watch.looks());
            self.error(
                path,
                message,
                &format!("expected at most {LOOKS_MAX}: a shorter window, or fewer looks"),
            );
        }
        let is_about_attempts = watch.readings.iter().any(|reading| reading.signal.is_about_attempts());
        if is_about_attempts && keys.queue.is_shared() {
            let message = "what becomes of attempts at a shared queue is not watched";
            self.error(
                &[path, &["metric"]].concat(),
                message,
                "scale by \"in_system_mean\" or \"utilisation\"",
            );
        }
        if keys.consumes.is_none()
            && watch.readings.iter().any(|reading| reading.signal == Signal::BacklogMean)
        {
            let message = "the service takes no messages, so none wait for it";
            self.error(
                &[path, &["metric"]].concat(),
                message,
                "give it \"consumes\", or scale by another number",
            );
        }
        let has_slots = keys.concurrency != Limit::Unlimited;
        if !has_slots && watch.readings.iter().any(|reading| reading.signal == Signal::Utilisation) {
            let message = "replicas without a limit of slots have no utilisation";
            self.error(path, message, "give the service a \"concurrency\", or scale by \"in_system_mean\"");
        }
    }

    /// Reports what is said of the queue of a service that has none, or of one that all attempts pass in any case.
    fn buffering(&mut self, path: &[&str], control: &Control, keys: &ServiceKeys) {
        let Some(key) = control.policy.of_queue() else { return };
        let (why, help) = if !keys.queue.is_shared() {
            let help = "give the service one queue, queue = { at = \"service\" }, or leave it out";
            ("no queue of the service is in the path of requests", help)
        } else if !control.policy.bypasses() {
            return;
        } else if keys.consumes.is_some() {
            ("who consumes a queue takes all messages from it", "leave it out")
        } else if keys.admission.is_some() {
            let help = "leave out \"admission\", or write \"unlimited\"";
            ("a limit is that of each replica or that of the queue of the service", help)
        } else {
            return;
        };
        self.error(&[path, &[key]].concat(), format!("\"{key}\" cannot be so: {why}"), help);
    }

    /// Reports bounds between which there is nothing, or not what the fleet starts with.
    fn bounds(&mut self, name: &str, scaling: &AutoscalingKeys, (starts, most): (&[u32], u32)) {
        let at = |key| ["service", name, "autoscaling", key];
        let min = scaling.common.min;
        let is_possible = scaling.controls.iter().all(|one| one.policy.check(&one.measured).is_ok());
        if !scaling.is_bounded() && is_possible {
            let message = "it is not said how large the fleet may get";
            self.error(&["service", name, "autoscaling"], message, "add \"max\"");
        } else if most == 0 && scaling.is_bounded() {
            self.error(&at("max"), "a fleet of at most no replica serves nobody", "expected 1 or more");
        } else if min > most {
            let help = format!("expected at most {most}, or a larger \"max\"");
            self.error(&at("min"), format!("a fleet has no fewer than {min} and no more than {most}"), &help);
        } else if let Some(start) = starts.iter().find(|start| !(min..=most).contains(start)) {
            let place = if scaling.common.per == Per::Service { "in all" } else { "in a region" };
            let message = format!("the fleet starts with {start} replicas {place}");
            let help = format!("expected {min} to {most}, as \"min\" and \"max\" of \"autoscaling\" say");
            self.error(&["service", name, "replicas"], message, &help);
        }
    }

    /// The path from the table of a fleet to that of a policy.
    pub(super) fn path_of_control(&self, service: &str, control: usize) -> Vec<String> {
        let services = &self.written.services.0;
        let section =
            services.iter().find(|(name, _)| name.text == service).and_then(|(_, one)| one.as_ref());
        let scaling = section.and_then(|section| section.keys.autoscaling.as_ref());
        scaling.map(|scaling| scaling.path_of(control)).unwrap_or_default()
    }

    /// Warns of how replicas come and go where none does. Variants turn one kind of fleet into the other, so it is no error.
    fn unused_life(&mut self, name: &str, keys: &ServiceKeys) {
        // What was to be imported may be what is missing.
        if self.findings.has_errors() {
            return;
        }
        let has_spares = keys.standby.is_some();
        let starts = keys.standby.as_ref().is_some_and(|standby| standby.mode != Readiness::Hot);
        let paths: [(&[&str], bool); 3] = [
            (&["service", name, "start"], starts),
            (&["service", name, "drain"], false),
            (&["service", name, "balancing", "discovery"], has_spares),
        ];
        for (path, _) in paths
            .into_iter()
            .filter(|(path, has_effect)| !has_effect && self.is_written(path))
            .collect::<Vec<_>>()
        {
            let key = path[path.len() - 1];
            let (why, help) = match key {
                "start" if has_spares => {
                    ("a hot spare runs", "give \"standby\" another \"mode\", or leave it out")
                }
                "drain" if has_spares => {
                    ("a replica that stands by again finishes what it has", "leave it out")
                }
                _ => (
                    "no replica joins or leaves",
                    "add \"autoscaling\" or a section \"deploy\", or leave it out",
                ),
            };
            self.warning(path, format!("\"{key}\" has no effect: {why}"), help);
        }
    }
}
