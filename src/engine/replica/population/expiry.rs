//! Who of all idle instances goes next, and when.

use std::collections::BTreeSet;

use super::{Instance, Population};
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::NONE;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::function::keep_alive::KeepAliveSettings;
use crate::units::SimTime;

/// Idle instances in the order in which they go, of which only the first has an event.
#[derive(Debug, Clone)]
pub(super) struct Expiry {
    order: Order,
    /// When it is looked at next [ns].
    armed: Option<u64>,
}

#[derive(Debug, Clone)]
enum Order {
    /// All are kept equally long, so that who became idle last goes last: a list through their records.
    List { head: u32, tail: u32 },
    /// Each has a time of its own.
    Tree(BTreeSet<(u64, u32)>),
}

impl Expiry {
    pub(super) fn new(keep_alive: &KeepAliveSettings) -> Self {
        let order = match keep_alive.steady() {
            Some(_) => Order::List { head: NONE, tail: NONE },
            None => Order::Tree(BTreeSet::new()),
        };
        Self { order, armed: None }
    }

    pub(super) fn add(&mut self, instances: &mut [Instance], i: u32) {
        match &mut self.order {
            Order::List { head, tail } => {
                let own = &mut instances[i as usize];
                (own.earlier, own.later) = (*tail, NONE);
                match *tail {
                    NONE => *head = i,
                    last => instances[last as usize].later = i,
                }
                *tail = i;
            }
            Order::Tree(tree) => {
                tree.insert((instances[i as usize].until, i));
            }
        }
    }

    pub(super) fn remove(&mut self, instances: &mut [Instance], i: u32) {
        match &mut self.order {
            Order::List { head, tail } => {
                let Instance { earlier, later, .. } = instances[i as usize];
                match earlier {
                    NONE => *head = later,
                    earlier => instances[earlier as usize].later = later,
                }
                match later {
                    NONE => *tail = earlier,
                    later => instances[later as usize].earlier = earlier,
                }
            }
            Order::Tree(tree) => {
                tree.remove(&(instances[i as usize].until, i));
            }
        }
    }

    /// Who goes first, and when [ns].
    fn first(&self, instances: &[Instance]) -> Option<(u64, u32)> {
        match &self.order {
            Order::List { head: NONE, .. } => None,
            Order::List { head, .. } => Some((instances[*head as usize].until, *head)),
            Order::Tree(tree) => tree.first().copied(),
        }
    }
}

impl Population {
    /// Plans the next look at who goes, where none is planned by then.
    pub(super) fn arm<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let Some((until, _)) = self.expiry.first(&self.instances).filter(|(until, _)| *until < u64::MAX)
        else {
            return;
        };
        if self.expiry.armed.is_none_or(|armed| until < armed) {
            self.expiry.armed = Some(until);
            let at = SimTime::from_nanos(until);
            cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Rested(number as u32));
        }
    }
}

impl State {
    /// The time of idle instances of a population may be over.
    pub(in crate::engine) fn instances_rested<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32) {
        let number = number as usize;
        let now = cx.now;
        let Some(population) = self.fleet.population(number) else { return };
        if population.expiry.armed != Some(now) {
            // An earlier look was planned since.
            return;
        }
        population.expiry.armed = None;
        while let Some((_, i)) = self
            .fleet
            .population(number)
            .and_then(|one| one.expiry.first(&one.instances))
            .filter(|one| one.0 <= now)
        {
            if let Some(population) = self.fleet.population(number) {
                population.unlink(i);
            }
            self.end_of_instance(cx, number, i);
        }
        if let Some(population) = self.fleet.population(number) {
            population.arm(cx, number);
        }
    }
}
