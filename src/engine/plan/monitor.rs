//! What monitors and controllers of fleets ask for, as far as their settings tell.

use crate::engine::plan::Plan;
use crate::model::monitoring::monitor::MonitorKind;

/// Whether a monitor or a controller asks what becomes of the attempts at a service.
pub(in crate::engine) fn watches_attempts(plan: &Plan, service: usize) -> bool {
    let scaling = plan.system.services[service].autoscaling.as_ref();
    if scaling.is_some_and(crate::model::scaling::Autoscaling::is_about_attempts) {
        return true;
    }
    plan.system.monitors.iter().any(|monitor| match &monitor.kind {
        MonitorKind::Poll(_) => false,
        MonitorKind::Alarm(alarm) => alarm.service.index() == service && alarm.signal.is_about_attempts(),
    })
}
