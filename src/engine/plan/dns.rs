//! Names: which call sites go by one, and the deciders that stand in the regions to which names lead.

use crate::engine::plan::{Edge, NONE, Plan, ServicePlan};
use crate::model::system::System;

/// What is looked up of names. Nothing where there are none.
#[derive(Debug, Default)]
pub(in crate::engine) struct DnsPlan {
    /// By call site, the name.
    names: Vec<u32>,
    /// By service, the names that lead to it.
    leading: Vec<Vec<u32>>,
}

/// The regions to which names lead of a service.
#[derive(Debug, Default)]
pub(in crate::engine) struct Fronts {
    /// Rising.
    pub(super) regions: Vec<u32>,
    /// Whether whoever sends anything to the service goes by a name.
    are_all: bool,
}

impl DnsPlan {
    /// Gives each service that names lead to a front in each of the regions; `names` has what each call site goes by.
    pub(super) fn new(
        system: &System,
        (names, edges): (Vec<u32>, &[Edge]),
        services: &mut [ServicePlan],
    ) -> Self {
        if names.iter().all(|name| *name == NONE) {
            return Self::default();
        }
        let mut leading = vec![Vec::new(); services.len()];
        for (number, dns) in (0..).zip(&system.dns).filter(|(number, _)| names.contains(number)) {
            let service = dns.service.index();
            leading[service].push(number);
            let fronts = &mut services[service].fronts;
            fronts.regions.extend(dns.records.iter().map(|record| record.region.0));
            fronts.regions.sort_unstable();
            fronts.regions.dedup();
            let plain = edges.iter().zip(&names).filter(|(_, name)| **name == NONE);
            let mut called = plain.map(|(edge, _)| usize::from(edge.service));
            let mut passed_on = system.services.iter().flat_map(|one| &one.next);
            fronts.are_all =
                !called.any(|one| one == service) && !passed_on.any(|next| next.service.index() == service);
        }
        Self { names, leading }
    }

    /// Whether any call goes by a name.
    pub(in crate::engine) fn are_there(&self) -> bool {
        !self.names.is_empty()
    }

    /// The name by which a call site goes.
    pub(in crate::engine) fn name(&self, edge: u16) -> Option<usize> {
        self.names.get(usize::from(edge)).filter(|name| **name != NONE).map(|name| *name as usize)
    }

    /// The names that lead to a service.
    pub(in crate::engine) fn leading(&self, service: usize) -> &[u32] {
        self.leading.get(service).map_or(&[], Vec::as_slice)
    }
}

impl ServicePlan {
    /// How many deciders there are in all: those of the whole service, and as many in each of its fronts.
    pub(in crate::engine) fn all_deciders(&self) -> u32 {
        self.deciders * (1 + self.fronts.regions.len() as u32)
    }

    /// How many of them are ever asked.
    pub(in crate::engine) fn asked_deciders(&self) -> u32 {
        self.all_deciders() - if self.fronts.are_all { self.deciders } else { 0 }
    }

    /// The decider in the front of a region that does the work of a decider of the whole service.
    pub(in crate::engine) fn decider_in(&self, region: u32, decider: usize) -> usize {
        let front = self.fronts.regions.partition_point(|one| *one < region);
        (1 + front) * self.deciders as usize + decider
    }

    /// The region in whose front a decider is; none where it is one of the whole service.
    pub(in crate::engine) fn front_of(&self, decider: u32) -> Option<u32> {
        let front = (decider / self.deciders).checked_sub(1)?;
        Some(self.fronts.regions[front as usize])
    }
}

impl Plan {
    /// Whether a decider of a service ever chooses a replica, numbered within the service: a front has only those of its
    /// region, and who is never asked has none.
    pub(in crate::engine) fn is_in_reach(&self, service: usize, decider: u32, replica: u32) -> bool {
        let own = &self.services[service];
        let zone = self.replicas[(own.first + replica) as usize].zone;
        match own.front_of(decider) {
            Some(region) => self.zone_regions[zone as usize] == region,
            None => !own.fronts.are_all,
        }
    }
}
