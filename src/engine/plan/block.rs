//! Which blocks hold what, and which services depend on it.

use crate::measure::Culprit;
use crate::model::system::{Member, System};

/// Which blocks hold what, and which services depend on it.
#[derive(Debug)]
pub(in crate::engine) struct Blocks {
    /// Blocks in an order in which members come before the blocks that hold them.
    pub(in crate::engine) order: Vec<u32>,
    services: Vec<Above>,
    inner: Vec<Above>,
    /// One for each replica, or none where none is a member of anything.
    seats: Vec<Above>,
    /// Whether any service depends on anything.
    pub(in crate::engine) has_dependencies: bool,
}

/// What a change of a part matters to.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Above {
    /// Places of the blocks that hold it, in their order.
    pub(in crate::engine) places: Vec<u32>,
    /// Services that depend on it.
    pub(in crate::engine) dependents: Vec<u32>,
}

impl Blocks {
    pub(super) fn new(system: &System, replicas: usize) -> Self {
        let members = system.blocks.iter().flat_map(|block| &block.members);
        let mut named = members.chain(system.dependencies.iter().map(|one| &one.on));
        let has_seats = named.any(|member| matches!(member, Member::Seat(_)));
        let mut blocks = Self {
            order: order(system),
            services: vec![Above::default(); system.services.len()],
            inner: vec![Above::default(); system.blocks.len()],
            seats: vec![Above::default(); if has_seats { replicas } else { 0 }],
            has_dependencies: !system.dependencies.is_empty(),
        };
        for place in 0..blocks.order.len() {
            for member in &system.blocks[blocks.order[place] as usize].members {
                if let Some(above) = blocks.above_mut(*member) {
                    above.places.push(place as u32);
                }
            }
        }
        for one in &system.dependencies {
            if let Some(above) = blocks.above_mut(one.on) {
                above.dependents.push(one.service.0);
            }
        }
        blocks
    }

    fn above_mut(&mut self, member: Member) -> Option<&mut Above> {
        match member {
            Member::Service(service) => self.services.get_mut(service.index()),
            Member::Block(block) => self.inner.get_mut(block.index()),
            Member::Seat(seat) => self.seats.get_mut(seat.index()),
        }
    }

    /// What a change of a part matters to; `None` where replicas matter to nothing.
    pub(in crate::engine) fn above(&self, member: Member) -> Option<&Above> {
        match member {
            Member::Service(service) => self.services.get(service.index()),
            Member::Block(block) => self.inner.get(block.index()),
            Member::Seat(seat) => self.seats.get(seat.index()),
        }
    }
}

/// What it is to depend on a part that is down.
pub(in crate::engine) const fn cause(member: Member) -> Culprit {
    match member {
        Member::Service(service) => Culprit::Service(service.0),
        Member::Block(block) => Culprit::Block(block.0),
        Member::Seat(seat) => Culprit::Replica(seat.0),
    }
}

fn order(system: &System) -> Vec<u32> {
    fn visit(system: &System, block: u32, (order, seen): (&mut Vec<u32>, &mut [bool])) {
        if std::mem::replace(&mut seen[block as usize], true) {
            return;
        }
        for member in &system.blocks[block as usize].members {
            if let Member::Block(inner) = member {
                visit(system, inner.0, (order, seen));
            }
        }
        order.push(block);
    }
    let (mut order, mut seen) = (Vec::new(), vec![false; system.blocks.len()]);
    for block in 0..system.blocks.len() as u32 {
        visit(system, block, (&mut order, &mut seen));
    }
    order
}
