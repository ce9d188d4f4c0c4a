//! Messages that take a constant time, and are never lost: they travel in order, and need no heap.

use crate::engine::plan::Plan;
use crate::kernel::distribution::Distribution;
use crate::model::system::System;
use crate::units::SimDuration;

/// By which posts of the calendar attempts and answers travel where every message takes a constant time.
#[derive(Debug)]
pub(in crate::engine) struct Posts {
    /// The times within a zone, between zones and between regions, so far as there are several, and those of links, where
    /// there are any.
    pub(in crate::engine) delays: Vec<SimDuration>,
}

/// How many posts those have that no link is about.
const USUAL: usize = 3;

impl Posts {
    /// The posts of a system whose messages take time; `None` where that has to be drawn.
    pub(super) fn new(system: &System) -> Option<Self> {
        let network = &system.network;
        let laws = [&network.within_zone, &network.between_zones, &network.between_regions];
        let kinds = match (system.zone_count(), system.regions.len()) {
            _ if !network.links.is_empty() => USUAL,
            (1, _) => 1,
            (_, 1) => 2,
            _ => 3,
        };
        // A link without a delay of its own has a post that nobody uses.
        let particular = network.links.iter().map(|link| link.delay.as_ref().unwrap_or(laws[0]));
        let all = laws[..kinds].iter().copied().chain(particular);
        let delays = all.map(Distribution::as_constant).collect::<Option<_>>()?;
        Some(Self { delays })
    }
}

impl Plan {
    /// The number of the post by which messages travel from one zone to another.
    #[inline]
    pub(in crate::engine) fn post_between(&self, from: u32, to: u32) -> usize {
        if let Some(link) = self.network.link_between([from, to]) {
            USUAL + link
        } else if from == to {
            0
        } else if self.zone_regions[from as usize] == self.zone_regions[to as usize] {
            1
        } else {
            2
        }
    }
}
