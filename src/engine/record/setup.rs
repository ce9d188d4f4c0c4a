//! What is recorded, at time 0.

use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::record::event::event_metrics;
use crate::engine::record::function::FunctionMetrics;
use crate::engine::record::metrics::{ClientMetrics, ServiceMetrics};
use crate::engine::record::part::{Part, Parts};
use crate::engine::record::window::Windows;
use crate::measure::{StageMeasure, UpTime};
use crate::model::fleet as model;
use crate::model::system::Member;
use crate::model::workload::ArrivalSource;
use crate::units::SimTime;

impl Record {
    pub(in crate::engine) fn new<'a>(
        plan: &Plan,
        sources: impl Iterator<Item = &'a mut ArrivalSource>,
    ) -> Self {
        let own: Vec<ClientMetrics> =
            (0..plan.system.clients.len()).map(|number| ClientMetrics::new(plan, number)).collect();
        let (events, works) = event_metrics(plan);
        Self {
            events,
            works,
            parts: parts(plan),
            windows: Windows::new(plan),
            collapse_watch: crate::engine::record::collapse::CollapseWatch::new(plan, &own, sources),
            clients: own,
            services: (0..plan.services.len()).map(|number| ServiceMetrics::new(plan, number)).collect(),
            functions: functions(plan),
            listens: false,
            untold: Vec::new(),
            toppled: Vec::new(),
            failed: 0,
            failed_measured: None,
            incidents: Vec::new(),
            incidents_dropped: 0,
            workload: 0,
        }
    }
}

/// One for each service that is a function; nothing where none is.
fn functions(plan: &Plan) -> Vec<Option<Box<FunctionMetrics>>> {
    let services = &plan.system.services;
    if services.iter().all(|service| service.function.is_none() && service.population.is_none()) {
        return Vec::new();
    }
    let of = |service: &model::Service| {
        let price = service.invocation_price()?;
        let round = if price.has_memory() { price.round.as_nanos() } else { 0 };
        let present = if service.population.is_some() { 0 } else { service.present };
        let slots = match service.concurrency {
            model::Concurrency::Slots(slots) => slots,
            model::Concurrency::Unlimited => 0,
        };
        Some(Box::new(FunctionMetrics::new(present, (round, slots), service.versions.as_deref())))
    };
    services.iter().map(of).collect()
}

fn parts(plan: &Plan) -> Parts {
    let several = |count: usize| vec![Part::new(0); count];
    let of_service = |number: usize| {
        let settings = &plan.system.services[number];
        let absent = Part { is_up: false, since: SimTime::NEVER, ..Part::new(0) };
        (0..plan.services[number].speed.len())
            .map(move |local| if settings.is_present(local as u32) { Part::new(0) } else { absent })
    };
    // Of a fleet that grows there may be too few at first.
    let service =
        |service: &model::Service| Part { is_up: service.serving() >= service.quorum, ..Part::new(0) };
    let services: Vec<Part> = plan.system.services.iter().map(service).collect();
    let mut blocks = several(plan.system.blocks.len());
    for block in &plan.blocks.order {
        let settings = &plan.system.blocks[*block as usize];
        let is_up = |member: &&Member| match member {
            Member::Service(service) => services[service.index()].is_up,
            Member::Block(inner) => blocks[inner.index()].is_up,
            // Those of fleets that do not change are there.
            Member::Seat(_) => true,
        };
        let count = settings.members.iter().filter(is_up).count() as u32;
        blocks[*block as usize] = Part { is_up: count >= settings.needs, ..Part::new(count) };
    }
    Parts {
        replicas: (0..plan.services.len()).flat_map(of_service).collect(),
        zones: several(plan.zone_regions.len()),
        regions: several(plan.system.regions.len()),
        services,
        blocks,
        faults: vec![UpTime::default(); plan.system.faults.len()],
        stages: vec![StageMeasure::default(); plan.system.faults.len()],
        over: Vec::new(),
        behind: [plan.services.len(), plan.system.blocks.len()].map(|count| vec![None; count]),
        lasting: vec![Vec::new(); plan.system.faults.len()],
        first_outage: None,
    }
}
