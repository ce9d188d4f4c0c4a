//! What is legal but suspect about fleets that change.

use std::collections::VecDeque;

use super::Checker;
use super::warn::{arrival_rates, mean_rate};
use crate::model::fleet::{Concurrency, Service};
use crate::model::monitoring::monitor::Signal;
use crate::model::scaling::{Autoscaling, Bounds, ScaleView, Scaler};
use crate::model::system::System;
use crate::model::workload::Arrival;
use crate::units::{SimDuration, SimTime};

/// What is said of the first time at which replicas that may still drain leave too few numbers for those that should
/// start, in a region whose fleet is as its controller says; nothing where the drain has no end of its own, or the
/// controller goes by what only a run shows.
fn shortage(service: &Service, scaling: &Autoscaling, end: SimTime) -> Option<String> {
    // A plan repeats itself: what ten thousand of its decisions do not show is not looked for.
    const LOOKS_MAX: usize = 10_000;
    let [control] = &scaling.controls[..] else { return None };
    if !control.watch().readings.is_empty() {
        return None;
    }
    let drain = service.drain?;
    let seats = scaling.seats();
    let mut scaler = Scaler::new(control);
    let mut draining: VecDeque<(SimTime, u32)> = VecDeque::new();
    let mut before = None;
    for _ in 0..LOOKS_MAX {
        let now = scaler.due();
        if now >= end {
            break;
        }
        let view = ScaleView { now, ..ScaleView::settled(before.unwrap_or(scaling.min), &[]) };
        let desired = scaler.decide(&view);
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

/// The largest factor by which arrivals grow at once, and their rate before that [1/s]; nothing where that is not written.
fn jump(arrival: &Arrival) -> Option<(f64, f64)> {
    let (spikes, rates) = match arrival {
        Arrival::Poisson { rate, spikes } => (spikes, vec![rate.per_second()]),
        Arrival::Profile { rates, spikes, .. } => {
            (spikes, rates.iter().map(|rate| rate.per_second()).collect())
        }
        _ => return None,
    };
    let next = rates.iter().cycle().skip(1);
    let steps = rates.iter().zip(next).map(|(before, after)| (after / before, *before));
    let base = rates.iter().copied().fold(0.0, f64::max);
    let spikes = spikes.iter().map(|spike| (spike.factor, base));
    let jumps =
        steps.chain(spikes).filter(|(factor, rate)| factor.is_finite() && *factor > 1.0 && *rate > 0.0);
    jumps.max_by(|one, other| one.0.total_cmp(&other.0))
}

impl Checker<'_> {
    /// Warns of what a controller is told and never does.
    pub(super) fn scaling_in_vain(&mut self, system: &System, end: SimTime) {
        for service in &system.services {
            let Some(scaling) = service.scaling() else { continue };
            let bounds = Bounds { min: scaling.min, max: scaling.max, end };
            let controls = scaling.controls.iter().enumerate();
            let found: Vec<_> = controls
                .flat_map(|(number, one)| {
                    one.policy.in_vain(&one.measured, &bounds).into_iter().map(move |found| (number, found))
                })
                .collect();
            for (number, found) in found {
                let path = self.path_of_policy(service, number);
                let path = path.iter().map(String::as_str).chain(found.key.split('.'));
                self.warning(&path.collect::<Vec<_>>(), found.why, "");
            }
            self.idle_controls(service, scaling, end);
            if service.function.is_some() {
                continue;
            }
            self.late_starts(system, service, scaling);
            if let Some(message) = shortage(service, scaling, end) {
                let help = "a larger \"max\" or smaller \"min\" gives more numbers, a shorter \"drain\" frees them sooner";
                self.warning(&["service", &service.name, "drain"], message, help);
            }
        }
    }

    /// The path to a policy that says how many replicas a service has, or how many instances of it are provisioned.
    fn path_of_policy(&self, service: &Service, control: usize) -> Vec<String> {
        let name = &service.name;
        let (keys, below) = if service.function.is_some() {
            (&["function", "provisioned"][..], self.path_of_provisioning(name, control))
        } else {
            (&["autoscaling"][..], self.path_of_control(name, control))
        };
        let top = ["service", name].into_iter().chain(keys.iter().copied()).map(str::to_owned);
        top.chain(below).collect()
    }

    /// Warns of policies that look at nothing, or may change nothing.
    fn idle_controls(&mut self, service: &Service, scaling: &Autoscaling, end: SimTime) {
        let reads = scaling.controls.iter().map(|control| !control.watch().readings.is_empty());
        let reads: Vec<bool> = reads.collect();
        if scaling.min == scaling.max && reads.contains(&true) {
            let always = scaling.min;
            let (key, message): (&[&str], _) = if service.function.is_some() {
                let message = format!("there are always {always} of them, whatever is decided");
                (&["function", "provisioned"], message)
            } else {
                let message = format!("the fleet always has {always} replicas, whatever is decided");
                (&["autoscaling"], message)
            };
            let top = [&["service", service.name.as_str()], key].concat();
            self.warning(&top, message, "give it another \"min\" or \"max\"");
        }
        for (number, control) in scaling.controls.iter().enumerate().filter(|(number, _)| reads[*number]) {
            let every = control.watch().every;
            if SimTime::ZERO + every >= end {
                let path = self.path_of_policy(service, number);
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let message =
                    format!("\"{}\" looks every {every}: the run ends before", control.policy.name());
                self.warning(&path, message, "expected a longer \"horizon\"");
            }
        }
    }

    /// Warns of load that grows at once beyond what a fleet has that is at its target, where a replica takes time to start.
    /// That is known where one client is the source of it, and the target is one of utilisation.
    fn late_starts(&mut self, system: &System, service: &Service, scaling: &Autoscaling) {
        let ([control], [client]) = (&scaling.controls[..], &system.clients[..]) else { return };
        let watch = control.watch();
        let of_slots = watch.readings.iter().all(|reading| reading.signal == Signal::Utilisation);
        let (Some(target), Concurrency::Slots(slots), true) =
            (control.policy.target(&control.measured), service.concurrency, of_slots)
        else {
            return;
        };
        let Some((factor, rate)) = jump(&client.arrival) else { return };
        let starts = service.start.mean();
        let all = SimDuration::from_secs(1e9);
        let share = arrival_rates(system, all)
            .get(system.services.iter().position(|one| one.name == service.name).unwrap_or(usize::MAX))
            .map_or(0.0, |there| there / mean_rate(&client.arrival, all));
        let before = rate * share * service.demand.mean();
        let fleet = (before / (target * f64::from(slots)))
            .ceil()
            .clamp(f64::from(scaling.min), f64::from(scaling.max));
        let capacity = fleet * f64::from(slots);
        if starts.is_nan() || starts <= 0.0 || before * factor <= capacity {
            return;
        }
        let message = format!(
            "a load of {before:.1} Erlang grows to {factor:.1} times that at once, and a fleet at its target has {capacity:.0} \
             slots: it cannot keep up for the {} until it has looked and new replicas have started, or longer",
            SimDuration::from_secs(watch.every.as_secs() + starts)
        );
        let help = "a lower target, a higher \"min\" or a schedule beside it has replicas ready";
        self.warning(&["service", &service.name, "autoscaling"], message, help);
    }
}
