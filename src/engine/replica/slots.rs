//! The slots that a replica has: faults take some of them, and after a restart they come back one after the other.
//!
//! A slot that is to go while it is in use is there until its work is done: `Replica::owed` counts those. So no more
//! slots are ever in use than there are. Only a shared processor, which nobody holds, is smaller at once.

use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::record::metrics::Gauge;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::fault::FaultKind;
use crate::units::SimTime;

impl Fleet {
    /// The slots that a replica has now, up or down, those included that go when their work is done; `None` where their number has no
    /// limit.
    pub(in crate::engine) fn slots_of(&self, r: u32) -> Option<u32> {
        let slots = self.replicas[r as usize].slots;
        (slots != u32::MAX).then_some(slots)
    }

    /// A service is special while anything about its replicas is.
    pub(in crate::engine) fn note_odd(&mut self, number: usize) {
        let is_odd = self.odd[number] > 0;
        self.services[number].set_special(is_odd);
    }

    /// A replica has restarted, or is down again: its ramp begins, or is over.
    pub(in crate::engine) fn restart_ramp<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        r: u32,
        restarted: Option<u64>,
    ) {
        let condition = &mut self.conditions[r as usize];
        condition.restarted = restarted;
        if let Some(handle) = condition.ramp.take() {
            cx.clock.calendar.cancel(handle);
        }
    }

    /// Plans the instant at which the ramp of a replica has its next slot.
    pub(in crate::engine) fn plan_ramp<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.replicas[r as usize].service as usize;
        let Some(ramp) = &plan.system.services[number].ramp_up else { return };
        let Some(since) = self.conditions[r as usize].restarted else { return };
        let next = ramp.slots(self.services[number].slots, now - since).1;
        if self.conditions[r as usize].ramp.is_none()
            && let Some(after) = next
        {
            let at = SimTime::from_nanos(since.saturating_add(after));
            self.conditions[r as usize].ramp = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Ramp(r));
        }
    }
}

impl State {
    /// The slots that a replica should have now: those of its ramp, less what faults take.
    fn slots_wanted<L: Listener>(&self, cx: &mut Cx<'_, L>, r: u32) -> u32 {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.fleet.replicas[r as usize].service as usize;
        let nominal = self.fleet.services[number].slots;
        if nominal == u32::MAX {
            return nominal;
        }
        let base = match (&plan.system.services[number].ramp_up, self.fleet.conditions[r as usize].restarted)
        {
            (Some(ramp), Some(since)) => ramp.slots(nominal, now - since).0,
            _ => nominal,
        };
        let (mut kept, mut lost) = (1.0, 0_u32);
        for incident in &self.fleet.conditions[r as usize].incidents {
            let process = self.incidents.active[*incident].process;
            if let FaultKind::Capacity { share, slots } = &plan.fault(process).kind {
                kept *= 1.0 - share.get();
                lost = lost.saturating_add(*slots);
            }
        }
        // What is whole but for rounding is whole.
        let kept = (f64::from(base) * kept + 1e-9).floor() as u32;
        kept.saturating_sub(lost)
    }

    /// Gives a replica the slots that it should have; whether there are more than before.
    pub(in crate::engine) fn set_slots<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) -> bool {
        let now = cx.now;
        let wanted = self.slots_wanted(cx, r);
        let replica = &self.fleet.replicas[r as usize];
        let (number, old, busy) = (replica.service as usize, replica.slots, replica.busy);
        if old - replica.owed == wanted {
            return false;
        }
        let is_sharing = self.fleet.services[number].is_sharing;
        if is_sharing {
            self.fleet.reshare(cx, r as usize);
        }
        let replica = &mut self.fleet.replicas[r as usize];
        self.fleet.odd[number] -= u32::from(replica.owed > 0);
        replica.slots = if is_sharing { wanted } else { wanted.max(busy) };
        replica.owed = replica.slots - wanted;
        self.fleet.odd[number] += u32::from(replica.owed > 0);
        let slots = replica.slots;
        if replica.works {
            let metrics = &mut self.record.services[number];
            change(&mut metrics.available, (old, slots), now);
            change(&mut metrics.busy, (busy.min(old), busy.min(slots)), now);
        }
        if is_sharing {
            self.fleet.reshare(cx, r as usize);
        }
        self.fleet.meter_busy(number, r, now);
        self.fleet.note_free(number, r);
        self.fleet.note_odd(number);
        slots > old
    }

    /// A slot that was to go is free, and goes.
    #[inline(never)]
    pub(in crate::engine) fn give_up_slot(&mut self, r: u32, now: u64) {
        let replica = &mut self.fleet.replicas[r as usize];
        replica.owed -= 1;
        replica.slots -= 1;
        let (number, works, is_last) = (replica.service as usize, replica.works, replica.owed == 0);
        if works {
            self.record.services[number].available.down(now);
        }
        self.fleet.note_load(number, r, now);
        if is_last {
            self.fleet.odd[number] -= 1;
            self.fleet.note_odd(number);
        }
    }

    /// The ramp of a replica has its next slot.
    pub(in crate::engine) fn climb<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        self.fleet.conditions[r as usize].ramp = None;
        let has_more = self.set_slots(cx, r);
        self.note_capacity(cx, r);
        self.fleet.plan_ramp(cx, r);
        if has_more {
            let number = self.fleet.replicas[r as usize].service as usize;
            self.fill(cx, number, r);
        }
    }
}

/// Lets a gauge go from one count to another.
fn change(gauge: &mut Gauge, (from, to): (u32, u32), now: u64) {
    if to > from {
        gauge.raise(u64::from(to - from), now);
    } else {
        gauge.lower(u64::from(from - to), now);
    }
}
