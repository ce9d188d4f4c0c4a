//! How many attempts a second come to each service, first tries alone, when each client sends so many requests: through
//! calls, the routes of gateways, and what is passed on. What a cache may answer is left out.

use super::cache::CacheSkips;
use super::call::Call;
use super::system::System;
use super::workload::Client;

/// Attempts per second at each service.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// By service.
    pub of: Vec<f64>,
    /// Whether they have settled; otherwise what is passed on comes back without end.
    pub are_settled: bool,
}

impl Rates {
    /// Those of a system whose clients send so many requests per second; `None` is a client that is left out.
    pub fn of(system: &System, rounds: Rounds, requests: impl Fn(&Client) -> Option<f64>) -> Self {
        let slots = Slots::new(system);
        let mut entering = vec![0.0; slots.count];
        for client in &system.clients {
            let Some(rate) = requests(client) else { continue };
            for call in client.steps.iter().flat_map(|step| &step.calls) {
                slots.add(system, &mut entering, (call, rate));
            }
        }
        let mut rates = entering.clone();
        let mut are_settled = false;
        for _ in 0..rounds.most {
            let after = slots.next_round(system, &entering, &rates);
            are_settled =
                rates.iter().zip(&after).all(|(old, new)| (new - old).abs() <= rounds.settled * new.abs());
            rates = after;
            if are_settled {
                break;
            }
        }
        rates.truncate(system.services.len());
        Self { of: rates, are_settled }
    }
}

/// For how long rates are followed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounds {
    /// Most rounds of propagation, after which rates that still grow are taken as they are.
    pub most: usize,
    /// Relative change below which they have settled.
    pub settled: f64,
}

/// Where rates are kept: services first, then the routes of gateways.
struct Slots {
    /// Where the routes of each service begin.
    routes: Vec<usize>,
    count: usize,
}

impl Slots {
    fn new(system: &System) -> Self {
        let mut count = system.services.len();
        let routes = system.services.iter().map(|service| {
            let first = count;
            count += service.gateway.as_ref().map_or(0, |gateway| gateway.routes.len());
            first
        });
        let routes = routes.collect();
        Self { routes, count }
    }

    /// Adds what a call brings that is made so often.
    fn add(&self, system: &System, rates: &mut [f64], (call, rate): (&Call, f64)) {
        let passes = system.services[call.service.index()]
            .cache
            .as_ref()
            .map_or(1.0, |cache| cache.passes(CacheSkips::All));
        let more = rate * call.probability.get() * f64::from(call.count) * passes;
        rates[call.service.index()] += more;
        if let Some(route) = call.route {
            rates[self.routes[call.service.index()] + route as usize] += more;
        }
    }

    fn next_round(&self, system: &System, entering: &[f64], rates: &[f64]) -> Vec<f64> {
        let mut after = entering.to_vec();
        for (number, service) in system.services.iter().enumerate() {
            if let Some(gateway) = &service.gateway {
                for (route, one) in gateway.routes.iter().enumerate() {
                    let rate = rates[self.routes[number] + route];
                    for (place, step) in service.steps[one.steps.clone()].iter().enumerate() {
                        let share = if place > 0 { 1.0 - one.denied.get() } else { 1.0 };
                        step.calls.iter().for_each(|call| self.add(system, &mut after, (call, rate * share)));
                    }
                }
                continue;
            }
            let calling = service.cache.as_ref().map_or(1.0, |cache| cache.passes(CacheSkips::Calls));
            for call in service.steps.iter().flat_map(|step| &step.calls) {
                self.add(system, &mut after, (call, rates[number] * calling));
            }
            for next in &service.next {
                after[next.service.index()] += rates[number] * next.probability.get();
            }
        }
        after
    }
}
