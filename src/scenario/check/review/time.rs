//! Timeouts that do not fit the work behind them, or those before them.

use std::collections::BTreeMap;

use super::{Checker, Site};
use crate::model::call::{CallPolicy, OnTimeout, Step};
use crate::model::fleet::Service;
use crate::model::system::System;
use crate::scenario::check::warn::least_answer;
use crate::units::{ServiceId, SimDuration};

impl Checker<'_> {
    /// Reports timeouts below the mean time that an answer takes.
    pub(super) fn short_timeouts(&mut self, system: &System, sites: &[Site<'_>]) {
        let mut known = BTreeMap::new();
        for site in sites {
            let callee = &system.services[site.call.service.index()];
            let mean = mean_answer(system, site.call.service, &mut known);
            let Some(timeout) = site.policy().timeout.map(SimDuration::as_secs) else { continue };
            // What can never succeed is reported as such.
            if timeout >= mean || !mean.is_finite() || timeout < least_answer(system, callee) {
                continue;
            }
            let message = format!(
                "a timeout of {} is shorter than the mean time in service of \"{}\", {}",
                SimDuration::from_secs(timeout),
                callee.name,
                SimDuration::from_secs(mean)
            );
            let help =
                "many attempts are given up while they are served, and their work is wasted: lengthen it";
            self.warning(&site.path(), message, help);
        }
    }

    /// Reports timeouts of a service's calls that go on after all its callers have given up.
    pub(super) fn outliving_timeouts(&mut self, sites: &[Site<'_>]) {
        for site in sites {
            let (Some(caller), Some(own)) = (site.caller, site.policy().timeout) else { continue };
            let before: Vec<&CallPolicy> =
                sites.iter().filter(|one| one.call.service == caller).map(Site::policy).collect();
            let unaware = |policy: &&CallPolicy| {
                !policy.deadline_propagation && policy.on_timeout == OnTimeout::Abandon
            };
            let Some(longest) =
                before.iter().map(|policy| limit(policy)).max_by_key(|one| one.unwrap_or(SimDuration::MAX))
            else {
                continue;
            };
            let Some(longest) = longest.filter(|longest| own > *longest && before.iter().all(unaware)) else {
                continue;
            };
            let message = format!(
                "a timeout of {own} outlives the callers of \"{}\", which give up after {longest}",
                site.path[1]
            );
            let help = "it works for nobody after that: shorten it, or set deadline_propagation = true at the callers";
            self.warning(&site.path(), message, help);
        }
    }
}

/// How long a caller waits for one attempt.
fn limit(policy: &CallPolicy) -> Option<SimDuration> {
    match (policy.timeout, policy.deadline) {
        (Some(timeout), Some(deadline)) => Some(timeout.min(deadline)),
        (timeout, deadline) => timeout.or(deadline),
    }
}

/// What the answer of a service takes at least on average \[s\]: its own work, then the slowest call of each step that
/// is always made and waited for. Queues and the network come on top.
pub(super) fn mean_answer(system: &System, service: ServiceId, known: &mut BTreeMap<ServiceId, f64>) -> f64 {
    if let Some(mean) = known.get(&service) {
        return *mean;
    }
    let callee = &system.services[service.index()];
    let mut sum = |steps: &[Step]| steps.iter().map(|step| mean_step(system, step, known)).sum::<f64>();
    let steps = match &callee.gateway {
        // Which route a request takes is not asked: the shortest.
        Some(gateway) => {
            let routes = gateway.routes.iter();
            routes.map(|route| sum(&callee.steps[route.steps.clone()])).reduce(f64::min).unwrap_or(0.0)
        }
        // A queue answers before its consumer does.
        None if callee.events.is_some() => 0.0,
        None => sum(&callee.steps),
    };
    let mean = own_mean(callee) + steps;
    known.insert(service, mean);
    mean
}

fn mean_step(system: &System, step: &Step, known: &mut BTreeMap<ServiceId, f64>) -> f64 {
    let needed = step.calls.iter().filter(|call| call.probability.get() >= 1.0 && !call.optional);
    // A call is given up at its timeout.
    let longest = |policy: &CallPolicy| limit(policy).map_or(f64::INFINITY, SimDuration::as_secs);
    needed.map(|call| mean_answer(system, call.service, known).min(longest(&call.policy))).fold(0.0, f64::max)
}

fn own_mean(service: &Service) -> f64 {
    service.demand.mean() / fastest(service)
}

/// What a service takes at least \[s\], where that is always the same.
pub(super) fn own_least(service: &Service) -> f64 {
    service.demand.as_constant().map_or(0.0, SimDuration::as_secs) / fastest(service)
}

fn fastest(service: &Service) -> f64 {
    service.replicas.iter().map(|replica| replica.speed).fold(0.0, f64::max)
}
