//! The state of a replica follows its faults: it stops, works on, changes its pace; and its service and blocks count it.

use crate::engine::event::kind;
use crate::engine::observer::{Note, Probe};
use crate::engine::plan::{NONE, Plan};
use crate::engine::record::part::Part;
use crate::engine::traffic::task::{flag, stage};
use crate::engine::world::World;
use crate::kernel::calendar::Handle;
use crate::kernel::calendar::Rank;
use crate::measure::Subject;
use crate::model::fault::FaultKind;
use crate::model::fleet::Life;
use crate::model::system::Member;
use crate::units::{BlockId, ServiceId, SimTime};

use crate::engine::replica::work::at_pace;

/// What faults do to a replica now.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Condition {
    /// Active incidents in the order in which they began.
    pub(in crate::engine) incidents: Vec<u32>,
    pub(in crate::engine) error_share: f64,
    pub(in crate::engine) has_added: bool,
    /// When its last crash was over, if one is, and its service ramps up after that [ns].
    pub(in crate::engine) restarted: Option<u64>,
    /// When it has its next slot.
    pub(in crate::engine) ramp: Option<Handle>,
}

impl Condition {
    /// Whether the replica errs or adds time.
    pub(in crate::engine) fn is_odd(&self) -> bool {
        self.error_share > 0.0 || self.has_added
    }
}

impl World {
    /// Works out what the faults on a replica do to it now, and carries out what changed.
    pub(in crate::engine) fn change_replica<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        r: u32,
        now: u64,
        cause: Option<u32>,
    ) {
        let (mut crashed, mut hangs, mut slowness, mut fine, mut added) = (false, false, 1.0, 1.0, false);
        for incident in &self.fleet.conditions[r as usize].incidents {
            match &plan.fault(self.incidents.active[*incident].process).kind {
                FaultKind::Crash(_) => crashed = true,
                FaultKind::Hang => hangs = true,
                FaultKind::Slow { factor, added: more } => {
                    slowness *= factor;
                    added |= more.is_some();
                }
                FaultKind::Error { share } => fine *= 1.0 - share.get(),
                // What takes slots is worked out with them, and the others are on the way to the replica.
                FaultKind::Capacity { .. } | FaultKind::Partition { .. } | FaultKind::Network { .. } => {}
            }
        }
        let number = self.fleet.replicas[r as usize].service as usize;
        let condition = &mut self.fleet.conditions[r as usize];
        self.fleet.odd[number] -= u32::from(condition.is_odd());
        condition.error_share = 1.0 - fine;
        condition.has_added = added;
        self.fleet.odd[number] += u32::from(condition.is_odd());
        let local = (r - plan.services[number].first) as usize;
        let pace = slowness / plan.services[number].speed[local];
        let life = self.fleet.seats.life(r);
        let works = !crashed && !hangs && life != Life::Starting;
        let did_work = self.fleet.replicas[r as usize].works;
        let was_crashed = self.fleet.replicas[r as usize].is_crashed;
        if plan.system.services[number].ramp_up.is_some() && crashed != was_crashed {
            self.restart_ramp(r, (!crashed).then_some(now));
        }
        self.fleet.replicas[r as usize].is_crashed = crashed;
        let has_more = self.set_slots(plan, r, now);
        self.plan_ramp(plan, r, now);
        self.note_odd(number);
        if works && did_work {
            self.change_pace(r, pace, now);
            if has_more {
                self.fill(plan, probe, number, r, now);
            }
        } else if did_work {
            self.stop_replica(plan, probe, r, now, cause);
            self.fleet.replicas[r as usize].pace = pace;
        } else {
            self.fleet.replicas[r as usize].pace = pace;
            if works {
                self.resume_replica(plan, probe, r, now);
            }
        }
        self.note_capacity(plan, r, now);
        self.wake_checks(plan, r, now);
        if life == Life::Starting && crashed != was_crashed {
            if crashed {
                self.end_boot(r);
            } else {
                self.begin_boot(plan, probe, r, now);
            }
        }
    }

    fn change_pace(&mut self, r: u32, pace: f64, now: u64) {
        let old = self.fleet.replicas[r as usize].pace;
        if old.to_bits() == pace.to_bits() {
            return;
        }
        let number = self.fleet.replicas[r as usize].service as usize;
        if self.fleet.services[number].is_sharing {
            self.reshare(r as usize, now);
            self.fleet.replicas[r as usize].pace = pace;
            return self.reshare(r as usize, now);
        }
        self.fleet.replicas[r as usize].pace = pace;
        for place in 0..self.fleet.replicas[r as usize].inside.len() {
            let t = self.fleet.replicas[r as usize].inside[place];
            let task = &mut self.traffic.tasks[t as usize];
            if task.flags & stage::MASK == stage::RUNNING {
                task.due = now.saturating_add(at_pace(task.due - now, pace / old));
                let at = SimTime::from_nanos(task.due);
                task.armed = self.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t));
            }
        }
    }

    /// A replica stops working: its service counts without it, and those who know of its state learn it.
    fn stop_replica<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64, cause: Option<u32>) {
        // One that drains counts no more.
        let counted = self.fleet.replicas[r as usize].takes;
        self.halt(r, now);
        if counted {
            let number = self.fleet.replicas[r as usize].service as usize;
            self.fleet.services[number].book.replicas_up.down(now);
            self.replica_changed(plan, probe, r, false, now, cause);
        }
    }

    /// What a replica works on freezes, and its slots are gone.
    pub(in crate::engine) fn halt(&mut self, r: u32, now: u64) {
        let number = self.fleet.replicas[r as usize].service as usize;
        if self.fleet.services[number].is_sharing {
            self.reshare(r as usize, now);
        }
        for place in 0..self.fleet.replicas[r as usize].inside.len() {
            let t = self.fleet.replicas[r as usize].inside[place];
            if !self.fleet.services[number].is_sharing {
                self.freeze(t, now);
            }
        }
        let replica = &mut self.fleet.replicas[r as usize];
        (replica.works, replica.takes) = (false, false);
        let (busy, slots) = (replica.busy.min(replica.slots), replica.slots);
        let book = &mut self.fleet.services[number].book;
        book.busy.lower(u64::from(busy), now);
        if slots != u32::MAX {
            book.available.lower(u64::from(slots), now);
        }
        if self.fleet.services[number].is_sharing {
            self.reshare(r as usize, now);
        }
        self.note_free(number, r);
    }

    /// A replica works again: what was frozen goes on, and free slots take waiting jobs.
    fn resume_replica<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        let number = self.fleet.replicas[r as usize].service as usize;
        if self.fleet.services[number].is_sharing {
            self.reshare(r as usize, now);
        }
        let counts = self.fleet.seats.life(r) == Life::Up;
        let replica = &mut self.fleet.replicas[r as usize];
        (replica.works, replica.takes) = (true, counts);
        let (busy, slots) = (replica.busy.min(replica.slots), replica.slots);
        let book = &mut self.fleet.services[number].book;
        book.busy.raise(u64::from(busy), now);
        if slots != u32::MAX {
            book.available.raise(u64::from(slots), now);
        }
        if counts {
            book.replicas_up.up(now);
        }
        let mut ready = Vec::new();
        for place in 0..self.fleet.replicas[r as usize].inside.len() {
            let t = self.fleet.replicas[r as usize].inside[place];
            let pace = self.fleet.replicas[r as usize].pace;
            let task = &mut self.traffic.tasks[t as usize];
            if task.flags & flag::READY != 0 {
                ready.push(t);
            } else if task.flags & stage::MASK == stage::FROZEN {
                task.due = now.saturating_add(at_pace(task.due, pace));
                task.flags = task.flags & !stage::MASK | stage::RUNNING;
                let at = SimTime::from_nanos(task.due);
                task.armed = self.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t));
            }
        }
        if self.fleet.services[number].is_sharing {
            self.reshare(r as usize, now);
        }
        self.note_free(number, r);
        if counts {
            self.replica_changed(plan, probe, r, true, now, None);
        }
        for t in ready {
            self.traffic.tasks[t as usize].flags &= !flag::READY;
            self.calls_done(plan, probe, t, now);
        }
        self.fill(plan, probe, number, r, now);
    }

    /// Those who know of a replica's state learn it; its service counts with it or without.
    fn replica_changed<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        r: u32,
        is_up: bool,
        now: u64,
        cause: Option<u32>,
    ) {
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        if P::LISTENS {
            probe.note(at, Note::ReplicaChanged { replica: r, is_up });
        }
        self.record.parts.replicas[r as usize].set(is_up, at, plan);
        let change = (r - plan.services[number].first, is_up);
        self.knowledge.views[number].learn(plan, (number, &self.fleet.seats.zones), change, now);
        self.count_up(plan, number, is_up, now, cause);
        self.turn_clocks(plan, r, now);
    }

    /// One more replica of a service is up, or one less; the service and blocks may go down or come back with it.
    pub(in crate::engine) fn count_up(
        &mut self,
        plan: &Plan,
        number: usize,
        is_up: bool,
        now: u64,
        cause: Option<u32>,
    ) {
        let at = SimTime::from_nanos(now);
        let only = self.knowledge.views[number].only();
        let service = &mut self.fleet.services[number];
        service.only = only;
        service.up = if is_up { service.up + 1 } else { service.up - 1 };
        let has_quorum = service.up >= plan.system.services[number].quorum;
        let mut part = self.record.parts.services[number];
        if part.set(has_quorum, at, plan) {
            self.outage(plan, &mut part, Subject::Service(number as u32), at, cause);
            self.record.parts.services[number] = part;
            self.change_blocks(plan, at, cause);
        }
    }

    fn change_blocks(&mut self, plan: &Plan, at: SimTime, cause: Option<u32>) {
        for block in &plan.block_order {
            let settings = &plan.system.blocks[*block as usize];
            let is_up = settings.is_up(|member| match member {
                Member::Service(service) => self.record.parts.services[service.index()].is_up,
                Member::Block(inner) => self.record.parts.blocks[inner.index()].is_up,
            });
            let mut part = self.record.parts.blocks[*block as usize];
            if part.set(is_up, at, plan) {
                self.outage(plan, &mut part, Subject::Block(*block), at, cause);
                self.record.parts.blocks[*block as usize] = part;
            }
        }
    }

    /// An outage of a service or block begins or ends.
    fn outage(&mut self, plan: &Plan, part: &mut Part, subject: Subject, at: SimTime, cause: Option<u32>) {
        if part.is_up {
            self.note_recovery(plan, part.record, at);
            part.record = NONE;
            return;
        }
        part.record = self.record_incident(plan, subject, cause, at);
        let member = match subject {
            Subject::Service(service) => Member::Service(ServiceId(service)),
            Subject::Block(block) => Member::Block(BlockId(block)),
            Subject::Fault(..) => return,
        };
        if plan.span.until == Some(member) && self.record.parts.first_outage.is_none() {
            self.record.parts.first_outage = Some(at);
            self.stop_here();
        }
    }
}
