//! The share of a client's requests that fails while a fault lasts, as far as the settings alone tell.

use crate::model::call::{Call, Step};
use crate::model::fault::{Arriving, Fault, FaultKind, Unit};
use crate::model::fleet::{QueuePlace, Service};
use crate::model::system::System;
use crate::model::workload::{Arrival, Client};
use crate::units::{ReplicaId, ServiceId};

/// The least share of a client's requests that fails while a fault lasts at a unit.
pub(super) fn share_failed(system: &System, client: &Client, fault: &Fault, unit: &Unit) -> f64 {
    // Who waits for answers asks less while there are none.
    let is_open = !matches!(client.arrival, Arrival::Closed { .. });
    if is_open && fault.kind.link(0).is_none() && !fault.is_gray() {
        share_of_steps(system, &client.steps, (fault, unit))
    } else {
        0.0
    }
}

fn share_of_steps(system: &System, steps: &[Step], struck: (&Fault, &Unit)) -> f64 {
    let calls = steps.iter().flat_map(|step| &step.calls);
    calls.map(|call| call.probability.get() * share_of_call(system, call, struck)).fold(0.0, f64::max)
}

/// The least share of attempts of a call that fails, where nothing hides that from the caller.
fn share_of_call(system: &System, call: &Call, struck: (&Fault, &Unit)) -> f64 {
    let policy = &call.policy;
    let hides = call.optional || call.count > 1 || policy.fallback.is_some();
    if hides || call.route.is_some() {
        return 0.0;
    }
    let service = &system.services[call.service.index()];
    let waits = policy.timeout.is_none() && policy.deadline.is_none();
    let own = share_of_service(system, call.service, struck, waits);
    let failed = own.max(share_of_steps(system, &service.steps, struck));
    let is_tried_again = policy.retry.attempts > 1 || policy.hedge.is_some();
    if is_tried_again && failed < 1.0 { 0.0 } else { failed }
}

fn share_of_service(system: &System, id: ServiceId, (fault, unit): (&Fault, &Unit), waits: bool) -> f64 {
    let service = &system.services[id.index()];
    let first = system.first_replica(id).0;
    let all = service.serving();
    let is_struck = |replica: &u32| unit.replicas.contains(&ReplicaId(*replica));
    let struck = (first..first + all).filter(is_struck).count() as u32;
    if service.is_changing() || service.standby.is_some() || struck == 0 {
        return 0.0;
    }
    match &fault.kind {
        FaultKind::Crash(crash) if struck == all && service.queue.place == QueuePlace::Replica => {
            match crash.arriving {
                Arriving::Refused => 1.0,
                Arriving::Ignored if !waits => 1.0,
                Arriving::Ignored | Arriving::Queued => 0.0,
            }
        }
        FaultKind::Hang if struck == all && !waits => 1.0,
        FaultKind::Error { share } if struck == all => share.get(),
        // Those who choose leave it alone in time.
        FaultKind::Error { share } if !leaves_out(service) => {
            share.get() * f64::from(struck) / f64::from(all)
        }
        _ => 0.0,
    }
}

/// Whether those who choose leave replicas out, or choose others than in equal shares.
fn leaves_out(service: &Service) -> bool {
    service.health_check.is_some() || service.outlier_detection.is_some()
}
