//! A service of one replica and one spare, repaired by a crew of one.

use super::{has_one_user, repair, time_to_failure};
use crate::experiment::theory::flow::faults;
use crate::experiment::theory::{Model, Part, Theory, number};
use crate::kernel::distribution::Distribution;
use crate::measure::metric::ScopeKind;
use crate::model::fault::{Fault, FaultClock, FaultKind};
use crate::model::fleet::standby::{Failback, Standby};
use crate::model::system::System;
use crate::units::{ServiceId, SimDuration};

/// The availability of a service with spares, where a formula knows one like it.
pub(super) fn service(system: &System, id: ServiceId) -> Option<Theory> {
    let service = &system.services[id.index()];
    let standby = service.standby.as_deref()?;
    let fault = match faults(system, id)[..] {
        [name] => system.faults.iter().find(|fault| fault.name == name)?,
        _ => return None,
    };
    let up = match time_to_failure(system, fault)? {
        law @ Distribution::Exponential(_) => law.mean(),
        _ => return None,
    };
    let repair = repair(system, fault)?;
    let crew = repair.crew?;
    let is_alone = system.crews[crew.index()].size == 1 && has_one_user(system, crew);
    if service.replicas.len() != 2 || !is_alone || !repair.is_exponential || !strikes_each(system, fault, id)
    {
        return None;
    }
    let switch = takeover(standby)?;
    let arguments = [
        ("up", number(up)),
        ("down", number(repair.mean()?)),
        ("standby_failure_rate", number(standby.hazard / up)),
        ("coverage", number(standby.coverage.get())),
        ("switch", number(switch)),
    ];
    let label = "a pair of which one stands by, repaired by a crew of 1".to_owned();
    let model = Model::whole(label, Part::new("standby-coverage", &arguments), Vec::new());
    model.solve(&format!("service.{}", service.name), ScopeKind::Service)
}

/// Whether a fault is a crash of each replica of a service by itself, and of nobody else.
fn strikes_each(system: &System, fault: &Fault, id: ServiceId) -> bool {
    let first = system.first_replica(id).0;
    let mut struck: Vec<u32> =
        fault.units.iter().flat_map(|unit| &unit.replicas).map(|replica| replica.0).collect();
    struck.sort_unstable();
    matches!(fault.kind, FaultKind::Crash(_))
        && matches!(fault.clock, FaultClock::Calendar | FaultClock::Up)
        && fault.units.iter().all(|unit| unit.replicas.len() == 1)
        && struck == [first, first + 1]
}

/// The mean time of a takeover by hand \[s\], where those that happen by themselves take none.
fn takeover(standby: &Standby) -> Option<f64> {
    let is_instant = standby.switch.as_constant().is_some_and(SimDuration::is_zero);
    let starts = standby.start.as_ref().is_some_and(|start| start.mean() > 0.0);
    let returns = matches!(standby.failback, Failback::After(_));
    let by_hand = match &standby.uncovered {
        _ if standby.coverage.get() >= 1.0 => 0.0,
        law @ Distribution::Exponential(_) => law.mean(),
        law if law.as_constant().is_some_and(SimDuration::is_zero) => 0.0,
        _ => return None,
    };
    (is_instant && !starts && !returns && standby.repair_after_switch).then_some(by_hand)
}
