//! Contracts about losses of data that backups cannot keep.

use super::{Checked, Checker};
use crate::measure::metric::Quantity;
use crate::model::data::Takes;
use crate::model::dns::Dns;
use crate::model::fault::FaultKind;
use crate::model::system::System;
use crate::scenario::{Bound, Objective};
use crate::units::{ServiceId, SimDuration, ZoneId};

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

impl Checker<'_> {
    /// Reports objectives on the latency of clients that write to what has to be in two places before it is acknowledged, and that
    /// the way there and back alone breaks.
    pub(super) fn far_copies(&mut self, checked: &Checked) {
        for objective in &checked.objectives {
            let Some((round_trip, copy)) = far_copy(&checked.system, objective) else { continue };
            let name = format!("{}/{}", objective.metric.scope, objective.metric.name);
            let message = format!(
                "the round trip to the copy \"{copy}\", which each write waits for, takes {round_trip} alone"
            );
            let help = "let the copy follow (mode = \"async\"), place it nearer, or promise less";
            self.warning(&["objective", &name], message, help);
        }
    }

    /// Reports contracts about how long a loss lasts that resolvers do not keep: they lead callers to the old place for longer.
    pub(super) fn old_answers(&mut self, checked: &Checked) {
        let system = &checked.system;
        for objective in &checked.objectives {
            let quantity = Quantity::parse(&objective.metric.name);
            let contract = quantity
                .filter(|quantity| quantity.family.name.starts_with("rto_"))
                .and_then(Quantity::threshold);
            let service = objective.metric.scope.strip_prefix("service.");
            let (Some(contract), Some(service)) = (contract, service) else { continue };
            let leads = |dns: &&Dns| {
                system.services[dns.service.index()].name == service
                    && dns.records.len() > 1
                    && !dns.is_anycast
                    && dns.ttl > contract
            };
            let Some(dns) = system.dns.iter().find(leads) else { continue };
            let message = format!(
                "resolvers keep answers of \"{}\" for {}, which is longer than the {contract} that are promised",
                dns.name, dns.ttl
            );
            let help = "shorten \"ttl\", or expect callers to come to the old place when it is over";
            self.warning(&["dns", &dns.name, "ttl"], message, help);
        }
    }
}

/// How long a round trip to a copy takes that is longer than what an objective on latency allows.
fn far_copy<'s>(system: &'s System, objective: &Objective) -> Option<(SimDuration, &'s str)> {
    let quantity = Quantity::parse(&objective.metric.name)?;
    let is_latency = quantity.family.name.starts_with("latency_") && objective.bound == Bound::AtMost;
    let client = objective.metric.scope.strip_prefix("client.").filter(|_| is_latency)?;
    let client = system.clients.iter().find(|one| one.name == client)?;
    let network = &system.network;
    // Where ways differ it depends on which one a write takes.
    if network.links.iter().any(|link| link.delay.is_some()) {
        return None;
    }
    let calls: Vec<ServiceId> = client
        .steps
        .iter()
        .flat_map(|step| &step.calls)
        .filter(|call| !call.optional)
        .map(|call| call.service)
        .collect();
    let copies = system.replications.iter().filter(|copy| copy.is_sync() && calls.contains(&copy.of));
    let mut far = copies.filter_map(|copy| {
        let zone = |side: usize| copy.sides.as_ref()?.zones[side].iter().position(|is_in| *is_in);
        let region = |zone: usize| system.region_of(ZoneId(zone as u32));
        let (one, other) = (zone(0)?, zone(1)?);
        let delay =
            if region(one) == region(other) { &network.between_zones } else { &network.between_regions };
        let delay = delay.as_constant()?;
        let round_trip = delay + delay;
        (round_trip.as_secs() > objective.target).then_some((round_trip, copy.name.as_str()))
    });
    far.next()
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
