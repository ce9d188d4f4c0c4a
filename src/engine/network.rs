//! Messages between zones: how long each is under way. Nothing else draws a delay.

use super::plan::Plan;
use crate::kernel::distribution::Distribution;
use crate::kernel::stream::{Draw, Purpose, draw};
use crate::model::system::System;
use crate::units::SimDuration;

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
