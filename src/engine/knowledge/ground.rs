//! Where a fleet and its callers stand.

use crate::engine::plan::Plan;
use crate::model::balancing::{Origin, Spread};

/// Where a fleet stands: what a view is split by.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Ground<'a> {
    pub(in crate::engine) plan: &'a Plan,
    pub(in crate::engine) service: usize,
    /// The zone of each replica of all services.
    pub(in crate::engine) zones: &'a [u32],
    /// Callers in each zone.
    pub(in crate::engine) callers: &'a [u32],
}

impl<'a> Ground<'a> {
    pub(in crate::engine) fn spread(&self) -> &'a Spread {
        &self.plan.system.services[self.service].balancing.spread
    }

    /// Whether all that may be chosen from is one part: places, priorities and panic say nothing.
    pub(in crate::engine) fn is_whole(&self) -> bool {
        self.spread().is_whole()
    }

    pub(in crate::engine) fn origin(&self, zone: u32) -> Origin<'a> {
        Origin { zone, region: self.plan.zone_regions[zone as usize], callers: self.callers }
    }

    /// The zone of a replica, numbered within the service.
    pub(in crate::engine) fn zone_of(&self, replica: u32) -> u32 {
        self.zones[(self.plan.services[self.service].first + replica) as usize]
    }

    /// Whether attempts go to a replica at the start: it serves, or is the door of a function in one of several regions.
    pub(in crate::engine) fn may_be_chosen(&self, replica: usize) -> bool {
        let settings = &self.plan.system.services[self.service];
        if settings.has_regions() {
            return self.plan.chosen(self.service, replica as u32) == replica as u32;
        }
        settings.serves(replica as u32)
    }
}
