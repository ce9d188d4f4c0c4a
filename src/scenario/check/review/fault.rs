//! Faults that change nothing, or let nothing come sooner that they should.

use super::Checker;
use crate::model::fault::{Fault, FaultKind, RaisedAt, Trigger};
use crate::model::system::System;

impl Checker<'_> {
    /// Reports what is said about faults and has no effect.
    pub(super) fn idle_faults(&mut self, system: &System) {
        for fault in &system.faults {
            if let (Trigger::Released(deploy), FaultKind::Slow { factor, .. }) = (&fault.trigger, &fault.kind)
                && factor.total_cmp(&1.0).is_eq()
            {
                let deploy = system.deploys[deploy.index()].name.as_str();
                let path = ["deploy", deploy, "badness", "factor"];
                self.warning(&path, "a factor of 1 slows nothing down", "2 takes twice as long");
            }
            for (place, raise) in fault.raises.iter().enumerate() {
                let other = &system.faults[raise.fault as usize];
                let place = place.to_string();
                let path = |key| ["fault", fault.name.as_str(), "raises", place.as_str(), key];
                if raise.factor.total_cmp(&1.0).is_eq() {
                    let message = format!("\"{}\" comes no sooner by a factor of 1", other.name);
                    self.warning(&path("factor"), message, "5 lets it come five times as often");
                } else if raise.at == RaisedAt::Struck && never_meet(fault, other) {
                    let message =
                        format!("no unit of \"{}\" has a replica in what this fault strikes", other.name);
                    self.warning(&path("at"), message, "leave out \"at\", and it comes sooner everywhere");
                }
            }
        }
    }
}

/// Whether no replica is in a unit of both.
fn never_meet(one: &Fault, other: &Fault) -> bool {
    let replicas = |fault: &Fault| -> Vec<u32> {
        let mut all: Vec<u32> =
            fault.units.iter().flat_map(|unit| &unit.replicas).map(|replica| replica.0).collect();
        all.sort_unstable();
        all
    };
    let (one, other) = (replicas(one), replicas(other));
    !one.iter().any(|replica| other.binary_search(replica).is_ok())
}
