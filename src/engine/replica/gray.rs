//! Faults that only some meet: what an attempt finds at a replica depends on where it comes from.

use crate::engine::id::{IncidentId, TaskId};
use crate::engine::plan::Plan;
use crate::engine::plan::spot::{Spot, is_at_any};
use crate::engine::replica::Fleet;
use crate::engine::task::flag;
use crate::engine::world::State;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::fault::{Arriving, FaultKind};

impl Fleet {
    /// The incident that some meet at a replica begins, or ends.
    pub(in crate::engine) fn turn_gray(&mut self, r: u32, a: IncidentId, begins: bool) {
        let number = self.replicas[r as usize].service as usize;
        let condition = &mut self.conditions[r as usize];
        self.odd[number] -= u32::from(condition.is_odd());
        condition.gray.retain(|one| *one != a);
        if begins {
            condition.gray.push(a);
        }
        self.odd[number] += u32::from(condition.is_odd());
        self.note_odd(number);
    }
}

impl State {
    /// What whoever is at a spot meets at a replica besides all others, in the order in which it began.
    pub(in crate::engine) fn gray_for<'s>(
        &'s self,
        plan: &'s Plan,
        r: u32,
        spot: Spot,
    ) -> impl Iterator<Item = IncidentId> + 's {
        let meets = move |a: &IncidentId| {
            let fault = plan.fault(self.incidents.active[*a].process);
            is_at_any(plan, &fault.seen_by, &spot)
        };
        self.fleet.conditions[r as usize].gray.iter().copied().filter(meets)
    }

    /// The kinds of what an attempt meets at its replica besides all others.
    fn gray_of<'p>(&self, plan: &'p Plan, t: TaskId) -> Vec<&'p FaultKind> {
        let task = &self.traffic.tasks[t];
        // Nobody knows where that comes from of which nobody waits for the answer, and who takes a message asks for it.
        if self.fleet.conditions[task.replica as usize].gray.is_empty()
            || task.flags & flag::ORPHAN != 0
            || self.traffic.event_of(t).is_some()
        {
            return Vec::new();
        }
        let zone = self.caller_zone(plan, task.flags, task.owner, task.edge);
        let spot = self.caller_spot(plan, t, zone);
        let kind = |a: IncidentId| &plan.fault(self.incidents.active[a].process).kind;
        self.gray_for(plan, task.replica, spot).map(kind).collect()
    }

    /// What becomes of an attempt at a replica that seems dead from where it comes; `None` where it does not.
    pub(in crate::engine) fn kept_out(&self, plan: &Plan, t: TaskId) -> Option<Arriving> {
        self.gray_of(plan, t).into_iter().rev().find_map(|kind| match kind {
            FaultKind::Crash(crash) => Some(crash.arriving),
            FaultKind::Hang => Some(Arriving::Ignored),
            _ => None,
        })
    }

    /// The share of attempts that end well where an attempt comes from.
    pub(in crate::engine) fn fine_share(&self, plan: &Plan, t: TaskId) -> f64 {
        let share = |kind: &FaultKind| if let FaultKind::Error { share } = kind { share.get() } else { 0.0 };
        self.gray_of(plan, t).into_iter().map(|kind| 1.0 - share(kind)).product()
    }

    /// The share of answers that are right where an attempt comes from.
    pub(in crate::engine) fn right_share(&self, plan: &Plan, t: TaskId) -> f64 {
        let share =
            |kind: &FaultKind| if let FaultKind::Corrupt { share } = kind { share.get() } else { 0.0 };
        self.gray_of(plan, t).into_iter().map(|kind| 1.0 - share(kind)).product()
    }

    /// The demand of an attempt that is served more slowly because of where it comes from \[ns\].
    pub(in crate::engine) fn slowed(&self, plan: &Plan, t: TaskId, demand: u64) -> u64 {
        let (mut times, mut added) = (1.0, 0_u64);
        let task = &self.traffic.tasks[t];
        let mut random = draw(mix(task.key, 1), Purpose::Slowness);
        for kind in self.gray_of(plan, t) {
            let FaultKind::Slow { factor, added: more } = kind else { continue };
            times *= factor;
            if let Some(more) = more {
                let pace = self.fleet.replicas[task.replica as usize].pace;
                added = added.saturating_add((more.sample(&mut random).as_nanos() as f64 / pace) as u64);
            }
        }
        ((demand as f64 * times + 0.5) as u64).saturating_add(added)
    }

    /// Whether buckets that only some meet let an attempt through, of which it takes a token each.
    pub(in crate::engine) fn throttles_for(&self, plan: &Plan, t: TaskId) -> Vec<IncidentId> {
        let task = &self.traffic.tasks[t];
        let is_gray = |a: &IncidentId| plan.fault(self.incidents.active[*a].process).is_gray();
        let all: Vec<IncidentId> = self.fleet.throttling(task.service as usize).filter(is_gray).collect();
        if all.is_empty() || task.flags & flag::ORPHAN != 0 || self.traffic.event_of(t).is_some() {
            return Vec::new();
        }
        let zone = self.caller_zone(plan, task.flags, task.owner, task.edge);
        let spot = self.caller_spot(plan, t, zone);
        let meets =
            |a: &IncidentId| is_at_any(plan, &plan.fault(self.incidents.active[*a].process).seen_by, &spot);
        all.into_iter().filter(meets).collect()
    }
}
