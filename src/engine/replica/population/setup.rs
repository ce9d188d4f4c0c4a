//! Populations at time 0: nobody is there.

use super::expiry::Expiry;
use super::{FunctionState, Population};
use crate::engine::plan::{NONE, Plan};
use crate::engine::record::metrics::FleetMetrics;
use crate::model::function::keep_alive::KeepAlive;
use crate::model::function::population::Population as Settings;

/// One for each service that is a population; nothing where none is.
pub(in crate::engine) fn populations(plan: &Plan) -> Vec<Option<Box<Population>>> {
    if !plan.has_populations {
        return Vec::new();
    }
    let services = plan.system.services.iter();
    services
        .map(|service| service.population.as_deref().map(|settings| Box::new(population(settings))))
        .collect()
}

fn population(settings: &Settings) -> Population {
    let new = FunctionState { idle: NONE, invocations: 0, cold: 0, throttled: 0 };
    Population {
        functions: vec![new; settings.trace.functions.len()],
        instances: Vec::new(),
        free: NONE,
        at: Vec::new(),
        expiry: Expiry::new(&settings.keep_alive),
        keep_alive: KeepAlive::new(&settings.keep_alive),
        alive: 0,
        requests: 0,
        account: settings.account,
        bills_starts: settings.price.init && settings.price.has_memory(),
        metrics: FleetMetrics::default(),
    }
}
