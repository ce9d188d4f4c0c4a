//! Functions that do not fit the load on them, or who waits for them.

use std::collections::BTreeMap;

use super::time::{mean_answer, own_least};
use super::{Checker, Site};
use crate::model::fleet::{Concurrency, Service};
use crate::model::flow::{Rates, Rounds};
use crate::model::function::Function;
use crate::model::system::System;
use crate::model::workload::{Arrival, Spike};
use crate::scenario::check::warn::{ROUNDS_MAX, SETTLED, mean_rate, thousandths};
use crate::units::{ServiceId, SimDuration, SimTime};

/// The share of requests that wait for a start from which on keeping instances is in vain.
const COLD: f64 = 0.9;
/// What two rates may differ by rounding.
const ROUNDING: f64 = 1e-6;

impl Checker<'_> {
    /// Reports functions whose settings do not fit their load, their work, or the gateway in front of them.
    pub(super) fn unfit_functions(&mut self, system: &System, sites: &[Site<'_>], horizon: SimTime) {
        if system.services.iter().all(|service| service.function.is_none()) {
            return;
        }
        let peaks = peak_rates(system);
        let sole = if peaks.is_none() { sole_client(system, horizon) } else { None };
        let mut known = BTreeMap::new();
        for (number, service) in system.services.iter().enumerate() {
            let Some(function) = &service.function else { continue };
            let id = ServiceId(number as u32);
            let mean = mean_answer(system, id, &mut known);
            self.killed_always(service, function, mean);
            self.longer_than_gateways(system, (id, function), sites);
            let is_consumer = system.services.iter().any(|one| {
                let consumer = one.events.as_ref().and_then(|events| events.consumer.as_ref());
                consumer.is_some_and(|consumer| consumer.service == id)
            });
            // Who takes what has been waiting works at no rate of its own.
            if is_consumer {
                continue;
            }
            if let Some(rate) = peaks.as_ref().map(|rates| rates[number]) {
                self.provisioned_in_vain(service, function, rate * mean);
            }
            let gaps = match (&peaks, &sole) {
                (Some(rates), _) => (rates[number] > 0.0).then(|| Gaps::Random(rates[number])),
                (None, Some(sole)) => sole.gaps(number),
                (None, None) => None,
            };
            if let Some(gaps) = gaps.filter(|_| mean.is_finite()) {
                self.cold_always(service, function, (&gaps, mean));
            }
        }
    }

    /// Reports a longest duration that few requests keep to, or none.
    fn killed_always(&mut self, service: &Service, function: &Function, mean: f64) {
        let Some(longest) = function.max_duration else { return };
        let path = ["service", &service.name, "function", "max_duration"];
        let (least, limit) = (own_least(service), longest.as_secs());
        if least > limit {
            let message = format!(
                "every request of \"{}\" is killed after {longest}: it takes {} at least",
                service.name,
                SimDuration::from_secs(least)
            );
            self.warning(&path, message, "lengthen it");
        } else if mean > limit && mean.is_finite() {
            let message = format!(
                "requests of \"{}\" are killed after {longest}, and take {} on average, their calls included",
                service.name,
                SimDuration::from_secs(mean)
            );
            self.warning(&path, message, "what is killed fails, and its work is for nothing: lengthen it");
        }
    }

    /// Reports a longest duration beyond the one for which a gateway in front waits.
    fn longer_than_gateways(
        &mut self,
        system: &System,
        (id, function): (ServiceId, &Function),
        sites: &[Site<'_>],
    ) {
        let Some(longest) = function.max_duration else { return };
        let shortest = sites.iter().filter(|site| site.call.service == id).filter_map(|site| {
            let gateway = &system.services[site.caller?.index()];
            gateway.gateway.as_ref()?;
            Some((site.policy().timeout?, gateway))
        });
        let Some((timeout, gateway)) = shortest.min_by_key(|(timeout, _)| *timeout) else { return };
        if timeout < longest {
            let name = &system.services[id.index()].name;
            let message = format!(
                "\"{name}\" may take {longest}, and the gateway \"{}\" answers with an error after {timeout}",
                gateway.name
            );
            let help = "it works, and is paid, for nobody after that: shorten it, or put a queue between";
            self.warning(&["service", name, "function", "max_duration"], message, help);
        }
    }

    /// Reports provisioned instances that no request ever comes to, at such a load at most [Erlang].
    fn provisioned_in_vain(&mut self, service: &Service, function: &Function, load: f64) {
        // Twice the load, and what ten standard deviations of a Poisson number at once leave out.
        let at_once = 2.0 * load + 10.0 * load.sqrt();
        let slots = match service.concurrency {
            Concurrency::Slots(slots) => f64::from(slots),
            Concurrency::Unlimited => f64::INFINITY,
        };
        // In each region as many as if all came there.
        let needed = ((at_once / slots).ceil() + 2.0) * function.regions.len() as f64;
        let provisioned = function.provisioned();
        if needed.is_finite() && service.provisioned.is_none() && f64::from(provisioned) > needed {
            let message = format!(
                "\"{}\" keeps {} instances ready for a load of at most {} Erlang",
                service.name,
                provisioned,
                thousandths(load)
            );
            let help = format!(
                "{needed:.0} would do with a wide margin: each is paid for whether it is needed or not"
            );
            self.warning(&["service", &service.name, "function", "provisioned"], message, &help);
        }
    }

    /// Reports a time to keep idle instances, which take so long for a request [s], after which hardly any comes in time.
    fn cold_always(&mut self, service: &Service, function: &Function, (gaps, mean): (&Gaps<'_>, f64)) {
        let is_free = service.start.mean() <= 0.0 && function.cold_demand.is_none();
        let Some(keep) = function.keep_alive.steady().flatten() else { return };
        let (gap, cold) = gaps.at(keep.as_secs() + mean);
        let is_provisioned = function.provisioned() > 0 || service.provisioned.is_some();
        if is_free || is_provisioned || cold < COLD {
            return;
        }
        let message = format!(
            "nearly every request of \"{}\" waits for a start: an idle instance is kept for {keep}, and one comes every {}",
            service.name,
            SimDuration::from_secs((gap * 1e3).round() / 1e3)
        );
        let help = "lengthen it, provision an instance, or write \"0s\" where that is meant";
        self.warning(&["service", &service.name, "function", "keep_alive"], message, help);
    }
}

/// First tries per second at each service when all clients send most; `None` where it is not known of one of them.
fn peak_rates(system: &System) -> Option<Vec<f64>> {
    let are_known = system.clients.iter().all(|client| peak_rate(&client.arrival).is_some());
    let rounds = Rounds { most: ROUNDS_MAX, settled: SETTLED };
    are_known.then(|| Rates::of(system, rounds, |client| peak_rate(&client.arrival)).of)
}

/// The highest rate of a Poisson process; `None` for others, which come in bursts or limit themselves.
fn peak_rate(arrival: &Arrival) -> Option<f64> {
    let highest = |spikes: &[Spike]| spikes.iter().map(|spike| spike.factor.max(1.0)).product::<f64>();
    let of = |rates: &[crate::units::Rate]| rates.iter().map(|rate| rate.per_second()).fold(0.0, f64::max);
    match arrival {
        Arrival::Poisson { rate, spikes } => Some(rate.per_second() * highest(spikes)),
        Arrival::Profile { rates, spikes, .. } => Some(of(rates) * highest(spikes)),
        Arrival::Mmpp { rates, .. } => Some(of(rates)),
        Arrival::Renewal { .. }
        | Arrival::Closed { .. }
        | Arrival::Counts { .. }
        | Arrival::Instants(_)
        | Arrival::Trace(_) => None,
    }
}

/// What is known of the times between requests.
enum Gaps<'s> {
    /// Those of a Poisson process of this rate, or of one that is lower at times.
    Random(f64),
    /// Independent times of a law.
    Law(&'s crate::kernel::distribution::Distribution),
    /// Those between instants.
    Instants(&'s [SimTime]),
}

impl Gaps<'_> {
    /// The mean time between requests [s], and the share of them before which more than `keep` [s] has passed.
    fn at(&self, keep: f64) -> (f64, f64) {
        match self {
            Self::Random(rate) => (1.0 / rate, (-rate * keep).exp()),
            Self::Law(law) => (law.mean(), 1.0 - law.cdf(keep)),
            Self::Instants(instants) => {
                let gaps = instants.windows(2).map(|pair| pair[1].since(pair[0]));
                let long = gaps.clone().filter(|gap| gap.as_secs() > keep).count() as f64;
                let count = gaps.len().max(1) as f64;
                let all = instants.last().zip(instants.first());
                (all.map_or(0.0, |(last, first)| last.since(*first).as_secs()) / count, long / count)
            }
        }
    }
}

/// The only client of a system.
struct Sole<'s> {
    arrival: &'s Arrival,
    /// How many times a request of its own comes to each service, on average.
    visits: Vec<f64>,
}

/// The only client, if there is one that sends anything.
fn sole_client(system: &System, horizon: SimTime) -> Option<Sole<'_>> {
    let [client] = &system.clients[..] else { return None };
    let sent = mean_rate(&client.arrival, horizon.since(SimTime::ZERO));
    let rounds = Rounds { most: ROUNDS_MAX, settled: SETTLED };
    let visits = |rates: Rates| rates.of.into_iter().map(|rate| rate / sent).collect();
    (sent > 0.0)
        .then(|| Sole { arrival: &client.arrival, visits: visits(Rates::of(system, rounds, |_| Some(sent))) })
}

impl<'s> Sole<'s> {
    /// The times between requests of a service; `None` where not each request comes to it once, or they are no Poisson
    /// process.
    fn gaps(&self, number: usize) -> Option<Gaps<'s>> {
        if (self.visits[number] - 1.0).abs() >= ROUNDING {
            return None;
        }
        match self.arrival {
            Arrival::Renewal { between } => Some(Gaps::Law(between)),
            Arrival::Instants(instants) if instants.len() > 1 => Some(Gaps::Instants(instants)),
            _ => None,
        }
    }
}
