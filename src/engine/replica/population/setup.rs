//! Populations at time 0: nobody is there.

use super::expiry::Expiry;
use super::learning::Learning;
use super::{FunctionState, Population};
use crate::engine::plan::{NONE, Plan};
use crate::engine::random::named;
use crate::engine::record::metrics::FleetMetrics;
use crate::kernel::stream::{Purpose, Streams};
use crate::model::fleet::Service;
use crate::model::function::keep_alive::KeepAlive;
use crate::model::function::population::Population as Settings;

/// One for each service that is a population; nothing where none is.
pub(in crate::engine) fn populations(plan: &Plan, streams: Streams) -> Vec<Option<Box<Population>>> {
    if !plan.has_populations {
        return Vec::new();
    }
    let services = plan.system.services.iter();
    services
        .zip(&plan.services)
        .map(|(service, own)| {
            let settings = service.population.as_deref()?;
            let region = plan.zone_regions[plan.replicas[own.first as usize].zone as usize];
            let zones = (0..).zip(&plan.zone_regions).filter(|(_, of)| **of == region);
            let zones = zones.map(|(zone, _)| (zone, 0)).collect();
            Some(Box::new(Population { zones, ..population(service, settings, streams) }))
        })
        .collect()
}

fn population(service: &Service, settings: &Settings, streams: Streams) -> Population {
    let new = FunctionState { idle: NONE, invocations: 0, cold: 0, throttled: 0 };
    let count = settings.trace.functions.len();
    Population {
        functions: vec![new; count],
        instances: Vec::new(),
        free: NONE,
        at: Vec::new(),
        expiry: Expiry::new(&settings.keep_alive),
        keep_alive: KeepAlive::new(&settings.keep_alive),
        learning: settings.keep_alive.learns().then(|| Learning::new(&settings.keep_alive, count)),
        key: streams.key(Purpose::KeepAlive, named(&service.name)),
        zones: Vec::new(),
        turn: 0,
        failures: Vec::new(),
        alive: 0,
        requests: 0,
        account: settings.account,
        bills_starts: settings.price.init && settings.price.has_memory(),
        metrics: FleetMetrics::default(),
    }
}
