//! Work at a replica: a slot is taken, demand is served, the slot goes to the next.

use crate::engine::event::{Rare, kind};
use crate::engine::id::TaskId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::task::{Task, flag, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::model::fault::{Arriving, FaultKind};
use crate::model::fleet::Life;
use crate::reason::Reason;
use crate::units::SimTime;
use rand::RngExt;

/// How long work takes at a pace (seconds of service for a second of demand) [ns].
#[inline]
#[expect(clippy::float_cmp, reason = "a pace of exactly 1 is the common case and needs no arithmetic")]
pub(in crate::engine) fn at_pace(demand: u64, pace: f64) -> u64 {
    if pace == 1.0 { demand } else { (demand as f64 * pace + 0.5) as u64 }
}

fn note_admitted<L: Listener>(listener: &mut L, task: &Task, decider: u32, now: u64) {
    let note = Note::AttemptAdmitted { attempt: task.key, service: u32::from(task.service), decider };
    listener.note(SimTime::from_nanos(now), note);
}

impl State {
    /// A task that holds a slot begins its service: its wait is noted, its demand drawn, and its end returned [ns].
    fn begin<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> u64 {
        let now = cx.now;
        let decider = if L::LISTENS { self.decider_of(t) } else { 0 };
        let task = &mut self.traffic.tasks[t];
        let service = &self.fleet.services[task.service as usize];
        let metrics = &mut self.record.services[task.service as usize];
        let wait = now - task.enqueued;
        if task.flags & flag::MEASURED != 0 {
            metrics.wait.record(wait);
            metrics.delayed += u64::from(wait > 0);
        }
        let demand = service.demand.sample(&mut draw(task.key, Purpose::Demand)).as_nanos();
        let replica = &self.fleet.replicas[task.replica as usize];
        let arrives = task.flags & stage::MASK == stage::THERE;
        task.started = now;
        task.flags = task.flags & !stage::MASK | stage::RUNNING;
        task.due = now.saturating_add(at_pace(demand, replica.pace));
        if L::LISTENS {
            if arrives {
                note_admitted(cx.listener, task, decider, now);
            }
            let note = Note::ServiceBegan { attempt: task.key, replica: task.replica, decider };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
        if service.is_tied {
            let key = task.key;
            cx.clock.calendar.plan_rare(SimTime::from_nanos(now), Rank::Timer, Rare::Tied(t, key));
        }
        if service.is_special {
            let (demand, errs) = self.special_demand(cx, t, demand);
            let task = &mut self.traffic.tasks[t];
            task.due = now.saturating_add(at_pace(demand, self.fleet.replicas[task.replica as usize].pace));
            task.flags |= if errs { flag::ERROR } else { 0 };
            let due = task.due;
            if !self.traffic.is_to_ask(cx.plan, t) {
                self.look_for_poison(cx, t);
                self.note_wrong(cx.plan, t);
            }
            return due;
        }
        task.due
    }

    /// The demand of an attempt at a service or replica with errors, added time or idempotency keys, and whether it will
    /// err.
    #[inline(never)]
    pub(in crate::engine) fn special_demand<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        demand: u64,
    ) -> (u64, bool) {
        let plan = cx.plan;
        let number = self.traffic.tasks[t].service as usize;
        if self.traffic.is_to_ask(plan, t) {
            return (0, false);
        }
        let demand = self.traffic.demand_of_call(plan, t, demand);
        let (lookup, is_all) =
            if self.fleet.services[number].keeps_keys { self.traffic.look_up(cx, t) } else { (0, false) };
        let version = self.version_for(plan, t);
        let demand = version.map_or(demand, |version| {
            let key = self.traffic.tasks[t].key;
            version.demand.sample(&mut draw(key, Purpose::Demand)).as_nanos()
        });
        let (mut demand, mut errs) = if is_all { (0, false) } else { self.demand_of_work(plan, t, demand) };
        if self.fleet.services[number].is_replicated && !is_all {
            let (time, is_barred) = self.replicate(plan, t);
            // A way is no longer where the work is slow.
            let pace = self.fleet.replicas[self.traffic.tasks[t].replica as usize].pace;
            demand = demand.saturating_add((time as f64 / pace) as u64);
            errs |= is_barred;
        }
        if self.fleet.services[number].consumes {
            (demand, errs) = self.demand_of_batch(cx, t, (demand, errs));
        }
        if self.fleet.services[number].is_function {
            demand = self.demand_at_instance(cx, t, demand);
        }
        let replica = self.traffic.tasks[t].replica;
        if !self.fleet.conditions[replica as usize].gray.is_empty() {
            demand = self.slowed(plan, t, demand);
        }
        (demand.saturating_add(lookup).saturating_add(self.added_demand(plan, t)), errs)
    }

    /// The demand of the work itself, and whether it will err.
    fn demand_of_work(&self, plan: &Plan, t: TaskId, demand: u64) -> (u64, bool) {
        let task = &self.traffic.tasks[t];
        let condition = &self.fleet.conditions[task.replica as usize];
        let service = &plan.system.services[task.service as usize];
        let version = self.version_for(plan, t);
        let (error_ratio, error_time) = version
            .map_or((service.error_ratio, &service.error_time), |version| {
                (version.error_ratio, &version.error_time)
            });
        let fine = if condition.gray.is_empty() { 1.0 } else { self.fine_share(plan, t) };
        let share = 1.0 - (1.0 - error_ratio.get()) * (1.0 - condition.error_share) * fine;
        let errs = share > 0.0 && draw(task.key, Purpose::Outcome).random::<f64>() < share;
        let mut demand = demand;
        if errs && let Some(time) = error_time {
            demand = time.sample(&mut draw(task.key, Purpose::ErrorTime)).as_nanos();
        }
        (demand, errs)
    }

    /// What slow replicas add.
    fn added_demand(&self, plan: &Plan, t: TaskId) -> u64 {
        let task = &self.traffic.tasks[t];
        let condition = &self.fleet.conditions[task.replica as usize];
        let mut sum = 0_u64;
        if condition.has_added {
            let mut random = draw(task.key, Purpose::Slowness);
            for incident in &condition.incidents {
                let process = self.incidents.active[*incident].process;
                if let FaultKind::Slow { added: Some(added), .. } = &plan.fault(process).kind {
                    let pace = self.fleet.replicas[task.replica as usize].pace;
                    // Added time is time, not demand: a slow replica does not stretch it.
                    sum = sum.saturating_add((added.sample(&mut random).as_nanos() as f64 / pace) as u64);
                }
            }
        }
        sum
    }

    /// An attempt is at its replica: it takes a slot, waits, or is refused.
    ///
    /// # Errors
    ///
    /// Why it was not admitted.
    #[inline(never)]
    pub(in crate::engine) fn admit<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
    ) -> Result<(), Reason> {
        let now = cx.now;
        let number = self.traffic.tasks[t].service as usize;
        if self.fleet.services[number].is_special {
            match self.kept_out(cx.plan, t) {
                Some(Arriving::Refused) => return Err(Reason::Connect),
                Some(_) => {
                    self.traffic.ignore(cx, t);
                    return Ok(());
                }
                None => {}
            }
            self.pass_throttles(cx.plan, t, now)?;
        }
        if self.fleet.services[number].has_admission {
            self.ask_admission(cx.plan, t, now)?;
        }
        let task = &mut self.traffic.tasks[t];
        let (r, number) = (task.replica, task.service as usize);
        task.enqueued = now;
        let service = &self.fleet.services[number];
        let replica = &mut self.fleet.replicas[r as usize];
        if service.has_service_queue || service.is_sharing || !replica.takes {
            return self.admit_otherwise(cx, t);
        }
        if replica.busy < replica.slots {
            task.link = replica.inside.len() as u32;
            replica.inside.push(t);
            replica.busy += 1;
            let wakes_clock = replica.has_busy_clock && (replica.busy == 1 || replica.has_load_clock);
            self.record.services[number].busy.up(now);
            self.fleet.meter_busy(number, r, now);
            let due = self.begin(cx, t);
            let at = SimTime::from_nanos(due);
            let armed = cx.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t.number()));
            self.traffic.tasks[t].armed = armed;
            if wakes_clock {
                self.turn_clocks(cx, r);
            }
        } else if !self.wait(cx, t) {
            return Err(Reason::QueueFull);
        }
        self.entered(cx, t);
        Ok(())
    }

    /// Counts an admitted attempt in.
    fn entered<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let now = cx.now;
        let decider = if L::LISTENS { self.decider_of(t) } else { 0 };
        let task = &self.traffic.tasks[t];
        let service = &self.fleet.services[task.service as usize];
        let metrics = &mut self.record.services[task.service as usize];
        metrics.inside.up(now);
        // Of one that got a slot at once, the start of its service was told too.
        if L::LISTENS && task.flags & stage::MASK == stage::WAITING {
            note_admitted(cx.listener, task, decider, now);
        }
        if service.has_admission {
            self.fleet.admissions[Self::admission_of(service, task.replica)].inside += 1;
        }
        if service.counts_load && !self.is_unplaced(t) {
            let (service, replica) = (task.service, task.replica);
            self.change_load(cx, service, replica, true);
        }
    }

    #[inline(never)]
    pub(in crate::engine) fn change_load<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        service: u16,
        replica: u32,
        up: bool,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let service = service as usize;
        let local = replica - self.fleet.services[service].first;
        let load = &mut self.fleet.services[service].load[local as usize];
        *load = if up { *load + 1 } else { *load - 1 };
        let load = *load;
        self.knowledge.views[service].learn_load(plan, service, (local, load), now);
    }

    /// Admission where the service has a queue, the processor is shared, or the replica does not work.
    #[inline(never)]
    fn admit_otherwise<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> Result<(), Reason> {
        let plan = cx.plan;
        let (r, number) = (self.traffic.tasks[t].replica, self.traffic.tasks[t].service as usize);
        if self.fleet.services[number].has_instances() {
            self.invoke(cx, t)?;
            self.entered(cx, t);
            return Ok(());
        }
        let is_shared = self.fleet.services[number].has_service_queue && self.passes_service_queue(t);
        if self.fleet.seats.life(r) != Life::Up && !is_shared {
            // Nobody is there yet, or any more, or who is takes nothing new.
            return Err(Reason::Connect);
        }
        let is_aside = self.fleet.is_aside(r) && !is_shared;
        if is_aside && !self.fleet.replicas[r as usize].is_crashed {
            // Who sent it has not heard that another serves.
            return Err(Reason::Connect);
        }
        if self.fleet.replicas[r as usize].is_crashed && !is_shared {
            match self.arriving(plan, r) {
                Arriving::Queued if is_aside => return Err(Reason::Connect),
                Arriving::Refused => return Err(Reason::Connect),
                Arriving::Ignored => {
                    self.traffic.ignore(cx, t);
                    return Ok(());
                }
                Arriving::Queued => {}
            }
        }
        if is_shared {
            self.admit_shared(cx, t)?;
        } else if self.fleet.services[number].is_sharing {
            self.take_slot(cx, t);
        } else if !self.fleet.replicas[r as usize].is_crashed
            && self.fleet.replicas[r as usize].busy < self.fleet.replicas[r as usize].slots
        {
            // Where it hangs work is accepted and frozen.
            self.take_slot(cx, t);
        } else if !self.wait(cx, t) {
            return Err(Reason::QueueFull);
        }
        self.entered(cx, t);
        Ok(())
    }

    /// Puts a task in a slot of its replica, which may not work just now.
    pub(in crate::engine) fn take_slot<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let now = cx.now;
        let r = self.traffic.tasks[t].replica as usize;
        let number = self.traffic.tasks[t].service as usize;
        let replica = &mut self.fleet.replicas[r];
        self.traffic.tasks[t].link = replica.inside.len() as u32;
        replica.inside.push(t);
        replica.busy += 1;
        let (works, wakes_clock) =
            (replica.works, replica.has_busy_clock && (replica.busy == 1 || replica.has_load_clock));
        // Jobs that share a processor keep no more than all of it busy.
        if works && replica.busy <= replica.slots {
            self.record.services[number].busy.up(now);
        }
        self.fleet.meter_busy(number, r as u32, now);
        // Work left from before an interruption is kept; otherwise the demand is drawn.
        let left = self.traffic.tasks[t].due;
        let is_resumed = self.traffic.tasks[t].flags & flag::RESUMED != 0;
        if is_resumed {
            self.traffic.tasks[t].due = now.saturating_add(at_pace(left, self.fleet.replicas[r].pace));
            self.traffic.set_stage(t, stage::RUNNING);
            self.traffic.tasks[t].flags &= !flag::RESUMED;
        } else {
            self.count_placed(cx.plan, t);
            self.begin(cx, t);
        }
        if self.fleet.services[number].is_sharing {
            self.share_in(cx, t, r);
        } else if works {
            let at = SimTime::from_nanos(self.traffic.tasks[t].due);
            self.traffic.tasks[t].armed =
                cx.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t.number()));
        } else {
            self.freeze(t, now);
        }
        if self.fleet.services[number].has_service_queue {
            self.has_place(t);
            self.fleet.note_free(number, r as u32);
        }
        if wakes_clock {
            self.turn_clocks(cx, r as u32);
        }
    }

    /// Stops the service of a task; what is left is kept as demand.
    pub(in crate::engine) fn freeze(&mut self, t: TaskId, now: u64) {
        let task = &mut self.traffic.tasks[t];
        if task.flags & stage::MASK == stage::RUNNING {
            let pace = self.fleet.replicas[task.replica as usize].pace;
            task.due = at_pace(task.due.saturating_sub(now), 1.0 / pace);
            task.flags = task.flags & !stage::MASK | stage::FROZEN;
        }
    }

    /// A service is done where the common case does not hold; its event is still at the top of the calendar.
    #[inline(never)]
    pub(in crate::engine) fn depart_slowly<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        cx.clock.calendar.pop();
        self.work_done(cx, t);
    }

    /// Counts an attempt out of its service.
    pub(in crate::engine) fn left<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let now = cx.now;
        let decider = if L::LISTENS { self.decider_of(t) } else { 0 };
        let task = &self.traffic.tasks[t];
        let service = &self.fleet.services[task.service as usize];
        let metrics = &mut self.record.services[task.service as usize];
        metrics.inside.down(now);
        if L::LISTENS {
            let (attempt, service) = (task.key, u32::from(task.service));
            let note = Note::AttemptLeft { attempt, service, decider };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
        let (number, r) = (task.service as usize, task.replica);
        if service.has_admission {
            self.leave_admission(t, now);
        }
        if !self.fleet.seats.fleets.is_empty() {
            self.fleet.note_left(cx, number, r);
        }
        if self.fleet.services[number].is_read && !self.is_unplaced(t) {
            self.fleet.note_load(number, r, now);
        }
        if self.fleet.services[number].counts_load && !self.is_unplaced(t) {
            let task = &self.traffic.tasks[t];
            let (service, replica) = (task.service, task.replica);
            self.change_load(cx, service, replica, false);
        }
    }

    /// Frees a slot, or the place of a task that gave its slot back, and lets the next job in, which takes that place
    /// among those inside as it does in [`plain`](crate::engine::traffic::direct).
    #[inline(never)]
    pub(in crate::engine) fn vacate<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let task = &self.traffic.tasks[t];
        let (r, number, place) = (task.replica, task.service as usize, task.link as usize);
        let (started, flags) = (task.started, task.flags);
        let last = self.fleet.replicas[r as usize].inside.len() - 1;
        self.step_out(t);
        self.give_back_slot(cx, number, r);
        self.fill(cx, number, r);
        if self.fleet.services[number].is_function {
            self.bill_request(number, r, (cx.now - started, flags));
            return self.instance_freed(cx, number, r);
        }
        if self.fleet.services[number].is_population {
            self.call_of_many_over(cx, t, (number, cx.now - started, flags));
        }
        let inside = &mut self.fleet.replicas[r as usize].inside;
        if place < last && last < inside.len() {
            inside.swap(place, last);
            for place in [place, last] {
                self.traffic.tasks[inside[place]].link = place as u32;
            }
        }
    }

    /// Takes a task out of the list of those inside its replica.
    pub(in crate::engine) fn step_out(&mut self, t: TaskId) {
        let (r, place) = (self.traffic.tasks[t].replica as usize, self.traffic.tasks[t].link as usize);
        let inside = &mut self.fleet.replicas[r].inside;
        inside.swap_remove(place);
        if let Some(moved) = inside.get(place) {
            self.traffic.tasks[*moved].link = place as u32;
        }
    }

    /// The same, for whoever reads what replicas have, where no slot becomes free at the same time.
    pub(in crate::engine) fn note_stepped_out<L: Listener>(&mut self, cx: &Cx<'_, L>, t: TaskId) {
        let task = &self.traffic.tasks[t];
        self.fleet.note_load(task.service as usize, task.replica, cx.now);
    }

    /// A slot of a replica is free again.
    pub(in crate::engine) fn give_back_slot<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        r: u32,
    ) {
        let now = cx.now;
        let replica = &mut self.fleet.replicas[r as usize];
        replica.busy -= 1;
        let rests_clock = replica.has_busy_clock && (replica.busy == 0 || replica.has_load_clock);
        if replica.works && replica.busy < replica.slots {
            self.record.services[number].busy.down(now);
        }
        if replica.owed > 0 {
            self.give_up_slot(r, now);
        }
        self.fleet.meter_busy(number, r, now);
        if self.fleet.services[number].has_service_queue {
            self.fleet.note_free(number, r);
        }
        if rests_clock {
            self.turn_clocks(cx, r);
        }
    }

    /// Gives free slots of a replica that works to waiting jobs.
    pub(in crate::engine) fn fill<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, r: u32) {
        let now = cx.now;
        // One that drains finishes its own queue, and takes nothing from one that others share.
        let is_shared = self.fleet.services[number].is_shared_queue;
        while self.fleet.replicas[r as usize].works
            && (self.fleet.replicas[r as usize].takes || !is_shared)
            && self.fleet.replicas[r as usize].busy < self.fleet.replicas[r as usize].slots
        {
            if !self.fleet.probers.is_empty() {
                self.answer_probers(cx, r);
            }
            let Some(next) = self.take_for(cx, (number, r)) else { return self.slots_left(cx, number) };
            self.record.services[number].queue.down(now);
            self.traffic.tasks[next].replica = r;
            self.placed(cx, next);
            self.take_slot(cx, next);
        }
    }
}
