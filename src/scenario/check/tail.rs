//! Demands whose tail is so heavy that waits have no mean, or that the mean of waits is hardly ever near its limit.

use super::warn::arrival_rates;
use super::{Checked, Checker};
use crate::kernel::distribution::Distribution;
use crate::model::balancing::LoadNeeded;
use crate::model::call::{Call, Step};
use crate::model::fleet::{Concurrency, QueuePlace, Service};
use crate::model::queue::QueueSettings;
use crate::model::system::System;
use crate::units::{SimDuration, SimTime};

/// What the waits in a queue do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// A mean, so that averages grow with the length of a run.
    Mean,
    /// A variance, so that intervals of averages are too narrow.
    Variance,
}

/// A queue whose waits have too heavy a tail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HeavyTail {
    /// What its waits do not have.
    pub(crate) lacking: Lacking,
    /// Exponent of the tail of the demand.
    pub(crate) shape: f64,
    /// Slots that long jobs can take before what remains is overloaded.
    pub(crate) spare: f64,
}

impl Checker<'_> {
    /// Warns of queues whose waits have no mean or no variance.
    pub(super) fn heavy_tails(&mut self, checked: &Checked) {
        for (service, tail) in checked
            .system
            .services
            .iter()
            .zip(heavy_tails(&checked.system, checked.run.span.horizon.since(SimTime::ZERO)))
        {
            let Some(tail) = tail else { continue };
            let (name, HeavyTail { shape, spare, .. }) = (&service.name, tail);
            let slots =
                if spare > 1.0 { format!("{spare} slots are left") } else { "one slot is left".to_owned() };
            let (message, help) = match tail.lacking {
                Lacking::Mean => (
                    format!(
                        "waits for \"{name}\" have no mean: the tail of its demand has the shape {shape}, and {slots} beside its mean load"
                    ),
                    "averages grow with the length of the runs: compare medians, or bound waits by queue.capacity, \
                     queue.patience or processor sharing",
                ),
                Lacking::Variance => (
                    format!(
                        "waits for \"{name}\" have no variance: the tail of its demand has the shape {shape}, and {slots} beside its mean load"
                    ),
                    "intervals of mean waits are too narrow, however many runs there are: compare quantiles, or bound \
                     waits by queue.capacity, queue.patience or processor sharing",
                ),
            };
            self.warning(&["service", name, "demand"], message, help);
        }
    }
}

/// For each service, whether waits in its queue have a mean and a variance.
///
/// A wait at a queue of first come, first served without limit has no moment of order k when the shape of the demand is
/// at most 1 + k / s, s the slots minus the whole part of the offered load in erlangs: so many long jobs at once leave too
/// few slots for the rest.
///
/// Source: Scheller-Wolf and Vesilo, Sink or swim together: necessary and sufficient conditions for finite moments of
/// workload components in FIFO multiserver queues (2011).
pub(crate) fn heavy_tails(system: &System, horizon: SimDuration) -> Vec<Option<HeavyTail>> {
    if !system.services.iter().any(|service| matches!(service.demand, Distribution::Pareto(_))) {
        return vec![None; system.services.len()];
    }
    let rates = arrival_rates(system, horizon);
    system.services.iter().zip(rates).map(|(service, rate)| heavy_tail(service, rate)).collect()
}

fn heavy_tail(service: &Service, rate: f64) -> Option<HeavyTail> {
    let Distribution::Pareto(demand) = &service.demand else { return None };
    let Concurrency::Slots(slots) = service.concurrency else { return None };
    let queue = &service.queue;
    let is_bounded = queue.capacity.is_some() || queue.patience.is_some();
    if is_bounded || !service.is_fixed() || !matches!(queue.policy, QueueSettings::Fifo(_)) {
        return None;
    }
    let count = service.replicas.len() as f64;
    let whole: f64 = service.replicas.iter().map(|replica| replica.speed).sum();
    let load = rate * service.demand.mean() / whole;
    // In front of the fleet all slots take from one queue; otherwise each replica is a queue with its part of the load.
    let (slots, load) = match queue.place {
        QueuePlace::Service => (f64::from(slots) * count, load * count),
        // A balancer that reads loads sends no more to a replica that is busy with a long job.
        QueuePlace::Replica if count > 1.0 && service.balancing.policy.needs().load != LoadNeeded::None => {
            return None;
        }
        QueuePlace::Replica => (f64::from(slots), load),
    };
    // Rounding must not make a load of 2 one of 1.99.
    let spare = slots - (load * (1.0 + 1e-12)).floor();
    // An overload is another warning; without arrivals nothing waits.
    if !(load > 0.0 && load < slots && spare >= 1.0) {
        return None;
    }
    let shape = demand.shape();
    let lacking = match shape {
        _ if shape <= 1.0 + 1.0 / spare => Lacking::Mean,
        _ if shape <= 1.0 + 2.0 / spare => Lacking::Variance,
        _ => return None,
    };
    Some(HeavyTail { lacking, shape, spare })
}

/// For each client, the worst queue that its requests may have to wait for without end, if there is one.
pub(crate) fn heavy_ways(system: &System, horizon: SimDuration) -> Vec<Option<HeavyTail>> {
    let tails = heavy_tails(system, horizon);
    if tails.iter().all(Option::is_none) {
        return vec![None; system.clients.len()];
    }
    let worst = |client: &crate::model::workload::Client| {
        let mut reached = waited_for(&client.steps);
        let mut seen = 0;
        while let Some(&service) = reached.get(seen) {
            seen += 1;
            let one = &system.services[service];
            for below in
                waited_for(&one.steps).into_iter().chain(one.next.iter().map(|next| next.service.index()))
            {
                if !reached.contains(&below) {
                    reached.push(below);
                }
            }
        }
        let found = reached.into_iter().filter_map(|service| tails[service]);
        found.min_by_key(|tail| tail.lacking != Lacking::Mean)
    };
    system.clients.iter().map(worst).collect()
}

/// The services of calls that no timeout or deadline ends.
fn waited_for(steps: &[Step]) -> Vec<usize> {
    let is_endless = |call: &&Call| call.policy.timeout.is_none() && call.policy.deadline.is_none();
    let calls = steps.iter().flat_map(|step| &step.calls).filter(is_endless);
    calls.map(|call| call.service.index()).collect()
}
