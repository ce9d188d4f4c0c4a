//! Messages that take a constant time, and are never lost: they travel in order, and need no heap.

use crate::engine::plan::Plan;
use crate::model::system::System;
use crate::units::SimDuration;

/// By which posts of the calendar attempts and answers travel where every message takes a constant time.
#[derive(Debug)]
pub(in crate::engine) struct Posts {
    /// The times within a zone, between zones and between regions, so far as there are several.
    pub(in crate::engine) delays: Vec<SimDuration>,
}

impl Posts {
    /// The posts of a system whose messages take time; `None` where that has to be drawn.
    pub(super) fn new(system: &System) -> Option<Self> {
        let network = &system.network;
        let laws = [&network.within_zone, &network.between_zones, &network.between_regions];
        let kinds = match (system.zone_count(), system.regions.len()) {
            (1, _) => 1,
            (_, 1) => 2,
            _ => 3,
        };
        let delays = laws[..kinds].iter().map(|law| law.as_constant()).collect::<Option<_>>()?;
        Some(Self { delays })
    }
}

impl Plan {
    /// The number of the post by which messages travel between two zones.
    #[inline]
    pub(in crate::engine) fn post_between(&self, from: u32, to: u32) -> usize {
        if from == to {
            0
        } else if self.zone_regions[from as usize] == self.zone_regions[to as usize] {
            1
        } else {
            2
        }
    }
}
