//! Messages between zones: how long each is under way. Nothing else draws a delay.

use super::event::Rare;
use super::plan::Plan;
use crate::kernel::calendar::{Calendar, Rank};
use crate::kernel::distribution::Distribution;
use crate::kernel::stream::{Draw, Purpose, draw};
use crate::model::system::System;
use crate::units::SimDuration;

/// By which posts of the calendar attempts and answers travel where every message takes a constant time.
#[derive(Debug)]
pub(super) struct Posts {
    /// The times within a zone, between zones and between regions, so far as there are several.
    pub(super) delays: Vec<SimDuration>,
}

impl Posts {
    /// The posts of a system; `None` where messages take no time, or one that has to be drawn.
    pub(super) fn new(system: &System) -> Option<Self> {
        if !is_delayed(system) {
            return None;
        }
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

/// A calendar with the lanes of a plan, and where messages travel for a constant time with two posts for each of the
/// times: one to the replicas and one back.
pub(super) fn calendar(plan: &Plan) -> Calendar<Rare> {
    let mut calendar = Calendar::new(&plan.lanes);
    for delay in plan.posts.iter().flat_map(|posts| &posts.delays) {
        calendar.add_post(*delay, Rank::Arrival);
        calendar.add_post(*delay, Rank::Completion);
    }
    calendar
}

/// Whether any message takes time.
pub(super) fn is_delayed(system: &System) -> bool {
    let network = &system.network;
    [&network.within_zone, &network.between_zones, &network.between_regions]
        .iter()
        .any(|delay| delay.as_constant().is_none_or(|constant| !constant.is_zero()))
}

impl Plan {
    /// How long a message is under way from one zone to another; `key` and `purpose` name the message.
    pub(super) fn carry(&self, [from, to]: [u32; 2], key: u64, purpose: Purpose) -> SimDuration {
        self.delay_between(from, to).sample(&mut draw(key, purpose))
    }

    /// How long a question is under way from one zone to another, and its answer back, by the draws of one message.
    pub(super) fn carry_both_ways(&self, [from, to]: [u32; 2], random: &mut Draw) -> [SimDuration; 2] {
        [[from, to], [to, from]].map(|[from, to]| self.delay_between(from, to).sample(random))
    }

    /// The number of the post by which attempts travel between a caller's zone and a replica's; the one back comes next.
    pub(super) fn post_between(&self, from: u32, to: u32) -> usize {
        if from == to {
            0
        } else if self.zone_regions[from as usize] == self.zone_regions[to as usize] {
            2
        } else {
            4
        }
    }

    fn delay_between(&self, from: u32, to: u32) -> &Distribution {
        let network = &self.system.network;
        if from == to {
            &network.within_zone
        } else if self.zone_regions[from as usize] == self.zone_regions[to as usize] {
            &network.between_zones
        } else {
            &network.between_regions
        }
    }
}
