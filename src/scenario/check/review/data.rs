//! Contracts about losses of data that backups cannot keep.

use super::{Checked, Checker};
use crate::measure::metric::Quantity;
use crate::model::data::Takes;
use crate::model::fault::FaultKind;
use crate::model::system::System;
use crate::scenario::Objective;
use crate::units::{ServiceId, SimDuration};

impl Checker<'_> {
    /// Reports objectives on how far back losses go that scheduled backups miss at the worst instant: just before the next one
    /// is complete.
    pub(super) fn broken_contracts(&mut self, checked: &Checked) {
        for objective in &checked.objectives {
            let Some((contract, worst)) = broken(&checked.system, objective) else { continue };
            let name = format!("{}/{}", objective.metric.scope, objective.metric.name);
            let message = format!(
                "a loss just before a backup is complete goes back {worst}, which is more than {contract}"
            );
            let help = "back up more often, let a copy follow (\"replication\"), or keep a \"log\" elsewhere";
            self.warning(&["objective", &name], message, help);
        }
    }
}

/// The time of a contract that backups do not keep, and how far back the worst loss goes.
fn broken(system: &System, objective: &Objective) -> Option<(SimDuration, SimDuration)> {
    let quantity = Quantity::parse(&objective.metric.name)?;
    let contract = quantity.threshold().filter(|_| quantity.family.name.starts_with("rpo_"))?;
    let service = objective.metric.scope.strip_prefix("service.")?;
    let number = system.services.iter().position(|one| one.name == service)?;
    let id = ServiceId(number as u32);
    // Where every loss leaves a copy, backups are not asked.
    let takes_copies = |kind: &FaultKind| matches!(kind, FaultKind::DataLoss { services, takes_copies: true, .. } if services.contains(&id));
    let is_left = !system.faults.iter().any(|fault| takes_copies(&fault.kind));
    if is_left && system.replications.iter().any(|copy| copy.of == id) {
        return None;
    }
    let mut worst: Option<SimDuration> = None;
    for backup in system.backups.iter().filter(|backup| backup.of == id) {
        // What an alarm begins may come at any time.
        let (schedule, None) = (backup.schedule?, backup.restore.log) else { return None };
        let size = system.services[number].data.as_deref()?.size;
        let takes = match &backup.takes {
            Takes::Law(law) => SimDuration::from_secs(law.mean()),
            Takes::Rate(rate) => crate::model::data::moved(size, *rate),
        };
        let own = schedule.every + takes;
        worst = Some(worst.map_or(own, |worst| worst.min(own)));
    }
    worst.filter(|worst| *worst > contract).map(|worst| (contract, worst))
}
