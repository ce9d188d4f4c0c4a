//! The state of a replica follows its faults: it stops, works on, changes its pace; and its service and blocks count it.

use std::collections::BTreeSet;

use crate::engine::event::kind;
use crate::engine::id::IncidentId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::{NONE, block};
use crate::engine::record::Record;
use crate::engine::record::part::{Outage, OutageTurn, Part};
use crate::engine::replica::service::Replica;
use crate::engine::replica::work::at_pace;
use crate::engine::task::{flag, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Handle, Rank};
use crate::kernel::slab::Id;
use crate::measure::{Culprit, Subject};
use crate::model::fault::FaultKind;
use crate::model::fleet::Life;
use crate::model::fleet::standby::Role;
use crate::model::system::Member;
use crate::units::{BlockId, ReplicaId, ServiceId, SimTime};

/// What faults do to a replica now.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Condition {
    /// Active incidents in the order in which they began.
    pub(in crate::engine) incidents: Vec<IncidentId>,
    /// The same of those that only some meet.
    pub(in crate::engine) gray: Vec<IncidentId>,
    pub(in crate::engine) error_share: f64,
    /// The share of its answers that are wrong.
    pub(in crate::engine) wrong_share: f64,
    pub(in crate::engine) has_added: bool,
    /// When its last crash was over, if one is, and its service ramps up after that [ns].
    pub(in crate::engine) restarted: Option<u64>,
    /// When it has its next slot.
    pub(in crate::engine) ramp: Option<Handle>,
}

impl Condition {
    /// Whether the replica errs, answers wrongly or adds time, or does so for some.
    pub(in crate::engine) fn is_odd(&self) -> bool {
        self.error_share > 0.0 || self.wrong_share > 0.0 || self.has_added || !self.gray.is_empty()
    }
}

impl Record {
    /// A part went down or came back: blocks follow, and who depends on it will.
    ///
    /// All that one change brings about goes the same way, so the number of members that are up says all of a block, and
    /// each changes at most once.
    fn part_changed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (member, is_up): (Member, bool),
        cause: Option<Culprit>,
    ) {
        let (plan, at) = (cx.plan, SimTime::from_nanos(cx.now));
        let mut open = BTreeSet::new();
        let mut changed = Some(member);
        loop {
            if let Some(above) = changed.and_then(|member| plan.blocks.above(member).zip(Some(member))) {
                let (above, member) = above;
                let because = block::cause(member);
                self.toppled.extend(above.dependents.iter().map(|service| (*service, is_up, because)));
                for place in &above.places {
                    let part = &mut self.parts.blocks[plan.blocks.order[*place as usize] as usize];
                    part.count = if is_up { part.count + 1 } else { part.count - 1 };
                    open.insert(*place);
                }
            }
            let Some(place) = open.pop_first() else { return };
            let number = plan.blocks.order[place as usize];
            let mut part = self.parts.blocks[number as usize];
            let has_enough = part.count >= plan.system.blocks[number as usize].needs;
            changed = part.set(has_enough, at, plan).then_some(Member::Block(BlockId(number)));
            if changed.is_some() {
                self.outage(cx, &mut part, Subject::Block(number), at, cause);
                self.parts.blocks[number as usize] = part;
            }
        }
    }

    /// A service is up or down from now on, and blocks with it.
    fn set_service<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        is_up: bool,
        cause: Option<Culprit>,
    ) {
        let at = SimTime::from_nanos(cx.now);
        let mut part = self.parts.services[number];
        if part.set(is_up, at, cx.plan) {
            self.outage(cx, &mut part, Subject::Service(number as u32), at, cause);
            self.parts.services[number] = part;
            self.part_changed(cx, (Member::Service(ServiceId(number as u32)), is_up), cause);
        }
    }

    /// An outage of a service or block begins or ends.
    fn outage<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        part: &mut Part,
        subject: Subject,
        at: SimTime,
        cause: Option<Culprit>,
    ) {
        let plan = cx.plan;
        let (kind, place, member) = match subject {
            Subject::Service(service) => (0, service as usize, Member::Service(ServiceId(service))),
            Subject::Block(block) => (1, block as usize, Member::Block(BlockId(block))),
            Subject::Fault(..) | Subject::Struck(..) => return,
        };
        let (service, block) = if kind == 0 { (place as u32, NONE) } else { (NONE, place as u32) };
        let outage = |began| Outage { service, block, began };
        let turn = |is_over| move |(fault, began)| OutageTurn { fault, began, service, is_over };
        if part.is_up {
            let behind = self.parts.behind[kind][place].take();
            if let Some((fault, began)) = behind {
                self.parts.lasting[fault as usize].retain(|one| *one != outage(began));
            }
            self.parts.over.extend(behind.map(turn(true)));
            self.note_recovery(plan, part.record, at);
            part.record = NONE;
            return;
        }
        self.parts.behind[kind][place] = match cause {
            Some(Culprit::Fault(fault)) => Some((fault, at)),
            Some(Culprit::Service(service)) => self.parts.behind[0][service as usize],
            Some(Culprit::Block(block)) => self.parts.behind[1][block as usize],
            Some(Culprit::Replica(_)) | None => None,
        };
        let behind = self.parts.behind[kind][place];
        if let Some((fault, began)) = behind {
            self.parts.lasting[fault as usize].push(outage(began));
        }
        self.parts.over.extend(behind.map(turn(false)));
        part.record = self.record_incident(plan, subject, cause, at);
        if plan.span.until == Some(member) && self.parts.first_outage.is_none() {
            self.parts.first_outage = Some(at);
            cx.clock.stop();
        }
    }
}

impl State {
    /// Works out what the faults on a replica do to it now, and carries out what changed.
    pub(in crate::engine) fn change_replica<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        r: u32,
        cause: Option<Culprit>,
    ) {
        let plan = cx.plan;
        let number = self.fleet.replicas[r as usize].service as usize;
        let (mut crashed, slowed) = (self.fleet.lacks_part(number), self.stores.slowness(plan, number));
        let (mut hangs, mut slowness, mut fine, mut right, mut added) = (false, slowed, 1.0, 1.0, false);
        for incident in &self.fleet.conditions[r as usize].incidents {
            match &plan.fault(self.incidents.active[*incident].process).kind {
                FaultKind::Crash(_) | FaultKind::Poison { .. } | FaultKind::DataLoss { .. } => crashed = true,
                FaultKind::Hang => hangs = true,
                FaultKind::Slow { factor, added: more } => {
                    slowness *= factor;
                    added |= more.is_some();
                }
                FaultKind::Leak { factor, .. } => {
                    crashed |= self.incidents.active[*incident].has_leaked();
                    slowness *= FaultKind::leaked(*factor, self.incidents.active[*incident].leaked);
                }
                FaultKind::Error { share } => fine *= 1.0 - share.get(),
                FaultKind::Corrupt { share } => right *= 1.0 - share.get(),
                // What takes slots is worked out with them, and the others are on the way to the replica.
                FaultKind::Capacity { .. }
                | FaultKind::Throttle { .. }
                | FaultKind::CacheLoss { .. }
                | FaultKind::Partition { .. }
                | FaultKind::Network { .. } => {}
            }
        }
        let condition = &mut self.fleet.conditions[r as usize];
        self.fleet.odd[number] -= u32::from(condition.is_odd());
        condition.error_share = 1.0 - fine;
        condition.wrong_share = 1.0 - right;
        condition.has_added = added;
        self.fleet.odd[number] += u32::from(condition.is_odd());
        let pace = slowness * self.fleet.warmth(plan, (number, r)) / self.fleet.speed_of(plan, (number, r));
        let life = self.fleet.seats.life(r);
        self.note_soundness(cx, (number, r), !crashed && !hangs, cause);
        let stands_by = self.fleet.member(r).is_some_and(|member| member.role == Role::Spare);
        let works = !crashed && !hangs && life != Life::Starting && !stands_by;
        let Replica { works: did_work, is_crashed: was_crashed, .. } = self.fleet.replicas[r as usize];
        if crashed != was_crashed {
            self.note_crash(cx, (number, r), crashed);
        }
        self.fleet.replicas[r as usize].is_crashed = crashed;
        let has_more = self.set_slots(cx, r);
        self.fleet.plan_ramp(cx, r);
        self.fleet.note_odd(number);
        if works && did_work {
            self.change_pace(cx, r, pace);
            if has_more {
                self.fill(cx, number, r);
            }
        } else if did_work {
            self.stop_replica(cx, r, cause);
            self.fleet.replicas[r as usize].pace = pace;
        } else {
            self.fleet.replicas[r as usize].pace = pace;
            if works {
                self.resume_replica(cx, r);
            }
        }
        self.note_capacity(cx, r);
        self.wake_checks(cx, r);
        if life == Life::Up && self.fleet.services[number].is_function {
            self.instance_changed(cx, number, r);
        }
        if life == Life::Starting && crashed != was_crashed {
            if crashed {
                self.fleet.end_boot(cx, r);
            } else {
                self.begin_boot(cx, r);
            }
        }
    }

    /// A replica has crashed, or is no longer so: what it had in its memory is gone, and it begins slowly after that.
    fn note_crash<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, r): (usize, u32), crashed: bool) {
        if cx.plan.system.services[number].ramp_up.is_some() {
            self.fleet.restart_ramp(cx, r, (!crashed).then_some(cx.now));
        }
        if crashed {
            self.traffic.forget_copies(cx.plan, (number, r));
        }
    }

    fn change_pace<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32, pace: f64) {
        let now = cx.now;
        let old = self.fleet.replicas[r as usize].pace;
        if old.to_bits() == pace.to_bits() {
            return;
        }
        let number = self.fleet.replicas[r as usize].service as usize;
        if self.fleet.services[number].is_sharing {
            self.fleet.reshare(cx, r as usize);
            self.fleet.replicas[r as usize].pace = pace;
            return self.fleet.reshare(cx, r as usize);
        }
        self.fleet.replicas[r as usize].pace = pace;
        for place in 0..self.fleet.replicas[r as usize].inside.len() {
            let t = self.fleet.replicas[r as usize].inside[place];
            let task = &mut self.traffic.tasks[t];
            if task.flags & stage::MASK == stage::RUNNING {
                task.due = now.saturating_add(at_pace(task.due - now, pace / old));
                let at = SimTime::from_nanos(task.due);
                task.armed =
                    cx.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t.number()));
            }
        }
    }

    /// A replica stops working: its service counts without it, and those who know of its state learn it.
    fn stop_replica<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32, cause: Option<Culprit>) {
        let now = cx.now;
        // One that drains counts no more.
        let counted = self.fleet.replicas[r as usize].takes;
        self.halt(cx, r);
        if counted {
            let number = self.fleet.replicas[r as usize].service as usize;
            self.record.services[number].replicas_up.down(now);
            self.replica_changed(cx, r, false, cause);
        }
        self.note_reach_of(cx, self.fleet.replicas[r as usize].service as usize);
    }

    /// What a replica works on freezes, and its slots are gone.
    pub(in crate::engine) fn halt<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let now = cx.now;
        let number = self.fleet.replicas[r as usize].service as usize;
        if self.fleet.services[number].is_sharing {
            self.fleet.reshare(cx, r as usize);
        }
        for place in 0..self.fleet.replicas[r as usize].inside.len() {
            let t = self.fleet.replicas[r as usize].inside[place];
            if !self.fleet.services[number].is_sharing {
                self.freeze(t, now);
            }
        }
        self.fleet.turn_away(r);
        let replica = &mut self.fleet.replicas[r as usize];
        (replica.works, replica.takes) = (false, false);
        let (busy, slots) = (replica.busy.min(replica.slots), replica.slots);
        let metrics = &mut self.record.services[number];
        metrics.busy.lower(u64::from(busy), now);
        if slots != u32::MAX {
            metrics.available.lower(u64::from(slots), now);
        }
        self.fleet.note_load(number, r, now);
        if self.fleet.services[number].is_sharing {
            self.fleet.reshare(cx, r as usize);
        }
        self.fleet.note_free(number, r);
    }

    /// A replica works again: what was frozen goes on, and free slots take waiting jobs.
    fn resume_replica<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let now = cx.now;
        let number = self.fleet.replicas[r as usize].service as usize;
        if self.fleet.services[number].is_sharing {
            self.fleet.reshare(cx, r as usize);
        }
        let counts = self.fleet.seats.life(r) == Life::Up && !self.fleet.is_aside(r);
        let replica = &mut self.fleet.replicas[r as usize];
        (replica.works, replica.takes) = (true, counts);
        self.note_reach_of(cx, number);
        let replica = &self.fleet.replicas[r as usize];
        if let Some(seat) = self.fleet.seats.all.get_mut(r as usize) {
            seat.ready = Some(now);
        }
        let (busy, slots) = (replica.busy.min(replica.slots), replica.slots);
        let metrics = &mut self.record.services[number];
        metrics.busy.raise(u64::from(busy), now);
        if slots != u32::MAX {
            metrics.available.raise(u64::from(slots), now);
        }
        self.fleet.note_load(number, r, now);
        if counts {
            metrics.replicas_up.up(now);
        }
        let mut ready = Vec::new();
        for place in 0..self.fleet.replicas[r as usize].inside.len() {
            let t = self.fleet.replicas[r as usize].inside[place];
            let pace = self.fleet.replicas[r as usize].pace;
            let task = &mut self.traffic.tasks[t];
            if task.flags & flag::READY != 0 {
                ready.push(t);
            } else if task.flags & stage::MASK == stage::FROZEN {
                task.due = now.saturating_add(at_pace(task.due, pace));
                task.flags = task.flags & !stage::MASK | stage::RUNNING;
                let at = SimTime::from_nanos(task.due);
                task.armed =
                    cx.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t.number()));
            }
        }
        if self.fleet.services[number].is_sharing {
            self.fleet.reshare(cx, r as usize);
        }
        self.fleet.note_free(number, r);
        if counts {
            self.replica_changed(cx, r, true, None);
        }
        for t in ready {
            self.traffic.tasks[t].flags &= !flag::READY;
            self.calls_done(cx, t);
        }
        self.fill(cx, number, r);
    }

    /// Those who know of a replica's state learn it; its service counts with it or without.
    pub(in crate::engine) fn replica_changed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        r: u32,
        is_up: bool,
        cause: Option<Culprit>,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let at = SimTime::from_nanos(now);
        let number = self.fleet.replicas[r as usize].service as usize;
        // Whether a replica is up that may stand by is another question than whether it serves.
        let has_role = self.fleet.member(r).is_some();
        if L::LISTENS && !has_role {
            cx.listener.note(at, Note::ReplicaChanged { replica: r, is_up });
        }
        if !has_role {
            self.record.parts.replicas[r as usize].set(is_up, at, plan);
        }
        if self.fleet.services[number].is_function {
            return;
        }
        let change = (r - plan.services[number].first, is_up);
        if !has_role {
            self.knowledge.views[number].learn(plan, (number, &self.fleet.seats.zones), change, now);
        }
        self.record.part_changed(cx, (Member::Seat(ReplicaId(r)), is_up), cause);
        self.count_up(cx, number, is_up, cause);
        self.turn_clocks(cx, r);
        self.fleet.plan_roll_around(cx, r);
    }

    /// One more replica of a service is up, or one less; the service and blocks may go down or come back with it.
    pub(in crate::engine) fn count_up<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        is_up: bool,
        cause: Option<Culprit>,
    ) {
        if self.fleet.services[number].is_function {
            return;
        }
        let only = self.knowledge.views[number].only();
        let service = &mut self.fleet.services[number];
        service.only = only;
        service.up = if is_up { service.up + 1 } else { service.up - 1 };
        if self.fleet.standbys.of(number).is_some() {
            // A spare may take over before the event is over.
            return self.fleet.standbys.note(number, cause);
        }
        self.count_quorum(cx, number, cause);
    }

    /// A service is up while enough of its replicas are.
    pub(in crate::engine) fn count_quorum<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        cause: Option<Culprit>,
    ) {
        let has_quorum = self.fleet.services[number].up >= cx.plan.system.services[number].quorum;
        self.record.set_service(cx, number, has_quorum, cause);
    }

    /// A function is up while there is a zone in which it could start an instance.
    pub(in crate::engine) fn note_function<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        cause: Option<Culprit>,
    ) {
        let has_zone = self.fleet.population(number).is_none_or(|population| population.has_zone());
        let is_up = has_zone && (!self.fleet.services[number].is_function || self.fleet.has_zone(number));
        self.record.set_service(cx, number, is_up, cause);
    }
}
