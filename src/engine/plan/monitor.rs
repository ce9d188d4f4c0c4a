//! What monitors and controllers of fleets ask for, as far as their settings tell.

use crate::engine::plan::Plan;
use crate::model::monitoring::monitor::MonitorKind;
use crate::model::monitoring::signal::Watched;
use crate::units::{ClientId, ServiceId};

/// Whether a monitor or a controller asks what becomes of the attempts at a service.
pub(in crate::engine) fn watches_attempts(plan: &Plan, service: usize) -> bool {
    let scaling = plan.system.services[service].autoscaling.as_ref();
    if scaling.is_some_and(crate::model::scaling::Autoscaling::is_about_attempts) {
        return true;
    }
    watches_ended(plan, Watched::Service(ServiceId(service as u32)))
}

/// Whether a monitor asks what becomes of the requests of a client.
pub(in crate::engine) fn watches_requests(plan: &Plan, client: usize) -> bool {
    watches_ended(plan, Watched::Client(ClientId(client as u32)))
}

fn watches_ended(plan: &Plan, part: Watched) -> bool {
    plan.system.monitors.iter().any(|monitor| match &monitor.kind {
        MonitorKind::Poll(_)
        | MonitorKind::Composite(_)
        | MonitorKind::Forecast(_)
        | MonitorKind::Schedule(_) => false,
        MonitorKind::Watch(watch) => watch.of == part && watch.quantity.is_about_attempts(),
    })
}
