//! A call of one of many functions: it finds an idle instance, starts one, or is throttled.

use super::learning::Fate;
use super::{Instance, Population, Stage};
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::replica::Fleet;
use crate::engine::task::{flag, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::fleet::start::Start;
use crate::model::function::keep_alive::Keep;
use crate::model::function::population::Population as Settings;
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// What a service that is a population is like.
pub(super) fn settings(plan: &Plan, number: usize) -> Option<&Settings> {
    plan.system.services[number].population.as_deref()
}

/// How long a start takes with all tries in vain before it [ns], and how many of those there were. What takes longer than
/// `most` is over after the run in any case.
fn start_of(start: &Start, key: u64, most: u64) -> (u64, u32) {
    let mut takes = 0_u64;
    let mut failed = 0;
    loop {
        // Keyed as the starts of other functions are, try by try.
        let tried = start.attempt(&mut draw(mix(key, u64::from(failed)), Purpose::Start));
        takes = takes.saturating_add(tried.takes.as_nanos());
        if tried.succeeds || takes > most {
            return (takes, failed);
        }
        failed += 1;
        takes = takes.saturating_add(start.pause(failed).as_nanos());
    }
}

impl Fleet {
    /// Whether the account of a population lets one more of its requests run.
    pub(super) fn has_room_for_call(&self, account: Option<u32>) -> bool {
        account.is_none_or(|account| self.accounts[account as usize].has_room())
    }

    /// Takes what the start of an instance costs an account, if it has it.
    pub(super) fn may_start(&mut self, account: Option<u32>, now: u64) -> bool {
        account.is_none_or(|account| self.accounts[account as usize].take_start(now))
    }

    /// A call finds no room.
    fn throttle_call(&mut self, number: usize, (function, flags): (u32, u16)) -> Result<(), Reason> {
        if let Some(population) = self.population(number) {
            population.count(function, flags, |own| &mut own.throttled);
        }
        Err(Reason::Throttled)
    }
}

impl Population {
    /// Counts a call of a measured attempt at its function.
    fn count(&mut self, function: u32, flags: u16, of: impl FnOnce(&mut super::FunctionState) -> &mut u32) {
        if flags & flag::MEASURED != 0 {
            *of(&mut self.functions[function as usize]) += 1;
        }
    }

    /// The record of an instance that begins to start for a task, or for a call that will come.
    fn instance(&mut self, (owner, task): (u32, TaskId), (key, now): (u64, u64), takes: u64) -> Instance {
        let zone = self.next_zone() as u16;
        let keep = if self.learning.is_some() {
            0
        } else {
            let Keep { until, .. } = self.keep_alive.keep(|| draw(key, Purpose::KeepAlive));
            until.map_or(u64::MAX, SimDuration::as_nanos)
        };
        Instance {
            since: now,
            takes,
            keep,
            until: 0,
            owner,
            task,
            below: NONE,
            above: NONE,
            earlier: NONE,
            later: NONE,
            zone,
            stage: Stage::Starting,
            is_doomed: false,
            is_unbilled: self.bills_starts,
        }
    }
}

impl State {
    /// An attempt is at a population: it has an instance, or fails.
    ///
    /// # Errors
    ///
    /// `throttled` where the account has no room, or no token for a start; `connect` while no zone is up.
    pub(in crate::engine) fn invoke_one_of_many<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
    ) -> Result<(), Reason> {
        let task = &self.traffic.tasks[t];
        let (number, key, flags) = (task.service as usize, task.key, task.flags);
        let Some(settings) = settings(cx.plan, number) else { return Ok(()) };
        let function = settings.trace.function_of(self.traffic.call_of(t));
        let owner = settings.owner(function);
        let has_room = self.fleet.has_room_for_call(settings.account);
        if self.fleet.population(number).is_some_and(|population| !population.has_zone()) {
            return Err(Reason::Connect);
        }
        let Some(population) = self.fleet.population(number).filter(|_| has_room) else {
            return self.fleet.throttle_call(number, (function, flags));
        };
        if let Some(i) = population.take_idle(owner) {
            self.take_call((t, i), (number, function, flags), cx.now);
            self.begin_at(cx, (t, i));
            return Ok(());
        }
        if !self.fleet.may_start(settings.account, cx.now) {
            return self.fleet.throttle_call(number, (function, flags));
        }
        let (i, takes) = self.start_for(cx, (number, owner), (key, t));
        self.record.note_cold((number, 0), flags);
        if let Some(population) = self.fleet.population(number) {
            population.count(function, flags, |own| &mut own.cold);
        }
        self.take_call((t, i), (number, function, flags), cx.now);
        if takes == 0 {
            self.instance_begins(cx, t);
            return Ok(());
        }
        self.traffic.set_stage(t, stage::WAITING);
        self.record.services[number].queue.up(cx.now);
        let at = SimTime::from_nanos(cx.now.saturating_add(takes));
        cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Begins(t, key));
        Ok(())
    }

    /// An instance begins to start for a task, or for none; its number, and how long that takes [ns].
    pub(super) fn start_for<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, owner): (usize, u32),
        (key, task): (u64, TaskId),
    ) -> (u32, u64) {
        let now = cx.now;
        let span = &cx.plan.span;
        let most = (span.horizon + span.drain).as_nanos() - now.min(span.horizon.as_nanos());
        let (takes, failed) = start_of(&cx.plan.system.services[number].start, key, most);
        let Some(population) = self.fleet.population(number) else { return (NONE, takes) };
        let instance = population.instance((owner, task), (key, now), takes);
        let i = population.seat(instance);
        if let Some(learning) = &mut population.learning {
            learning.count_instance(owner, true);
        }
        population.alive += 1;
        let alive = population.alive;
        population.metrics.present.up(now);
        population.metrics.starting.up(now);
        if cx.clock.is_measuring {
            population.metrics.starts += 1;
            population.metrics.starts_failed += u64::from(failed);
        }
        self.record.note_alive(number, alive);
        self.fleet.plan_failure(cx, (number, i), key);
        (i, takes)
    }

    /// A call has an instance, and counts.
    fn take_call(&mut self, (t, i): (TaskId, u32), (number, function, flags): (usize, u32, u16), now: u64) {
        let Some(population) = self.fleet.population(number) else { return };
        population.note_at(t, i);
        let instance = &mut population.instances[i as usize];
        instance.task = t;
        if let Some(learning) = &mut population.learning {
            learning.call_begins(instance.owner, now);
        }
        population.count(function, flags, |own| &mut own.invocations);
        population.requests += 1;
        let (requests, account) = (population.requests, population.account);
        if let Some(account) = account {
            self.fleet.accounts[account as usize].count(true);
        }
        self.record.note_admitted((number, 0), flags);
        self.record.note_on_demand(number, flags);
        self.record.note_concurrency(number, requests);
    }

    /// A call begins at an instance that is ready.
    fn begin_at<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, i): (TaskId, u32)) {
        let number = self.traffic.tasks[t].service as usize;
        if let Some(population) = self.fleet.population(number) {
            population.instances[i as usize].stage = Stage::Busy;
        }
        self.record.instance_busy(number, true, cx.now);
        self.take_slot(cx, t);
    }

    /// An instance is ready, and its first call begins.
    fn instance_begins<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let number = self.traffic.tasks[t].service as usize;
        let Some(population) = self.fleet.population(number) else { return };
        let i = population.at[t.index()];
        let took = population.instances[i as usize].takes;
        self.note_ready_instance(cx, (number, i));
        self.record.note_start((number, 0), took, cx.clock.is_measuring);
        self.begin_at(cx, (t, i));
    }

    /// An instance is ready.
    pub(super) fn note_ready_instance<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, i): (usize, u32)) {
        let now = cx.now;
        let Some(population) = self.fleet.population(number) else { return };
        population.metrics.starting.down(now);
        if cx.clock.is_measuring {
            population.metrics.start.record(population.instances[i as usize].takes);
        }
        self.record.services[number].replicas_up.up(now);
    }

    /// The start is over for which an attempt has waited.
    pub(in crate::engine) fn begin_at_instance<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, key): (TaskId, u64),
    ) {
        let task = &self.traffic.tasks[t];
        if task.key != key || task.flags & stage::MASK != stage::WAITING {
            // It was lost with the instance that started for it.
            return;
        }
        self.record.services[task.service as usize].queue.down(cx.now);
        self.instance_begins(cx, t);
    }

    /// A call is over, and its instance idle.
    pub(in crate::engine) fn call_of_many_over<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        (number, took, flags): (usize, u64, u16),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(settings) = settings(plan, number) else { return };
        let function = settings.trace.function_of(self.traffic.call_of(t));
        let was_full = !self.fleet.has_room_for_call(settings.account);
        let Some(population) = self.fleet.population(number) else { return };
        let i = population.at[t.index()];
        let instance = &mut population.instances[i as usize];
        let is_first = std::mem::take(&mut instance.is_unbilled);
        let start = if is_first { instance.takes } else { 0 };
        if let Some(learning) = &mut population.learning {
            learning.call_ends(instance.owner, now);
        }
        population.requests -= 1;
        let requests = population.requests;
        self.record.bill_memory(number, took.saturating_add(start), (flags, settings.memory_of(function)));
        self.record.note_concurrency(number, requests);
        self.record.instance_busy(number, false, now);
        self.rest_of_many(cx, number, i);
        self.give_room_of_call(cx, settings.account, was_full);
    }

    /// A call gives the room back that it had in an account, which may have been full.
    pub(super) fn give_room_of_call<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        account: Option<u32>,
        was_full: bool,
    ) {
        let Some(account) = account else { return };
        self.fleet.accounts[account as usize].count(false);
        if was_full {
            self.serve_others_of(cx, account, None);
        }
    }

    /// An instance has nothing to do: it is kept for a while, or goes.
    fn rest_of_many<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, i: u32) {
        let now = cx.now;
        let Some(population) = self.fleet.population(number) else { return };
        let Instance { owner, keep, is_doomed, .. } = population.instances[i as usize];
        let fate = match (&mut population.learning, keep) {
            _ if is_doomed => Fate::Gone,
            (Some(learning), _) => learning.fate(owner, now),
            (None, 0) => Fate::Gone,
            (None, keep) => Fate::Kept(now.saturating_add(keep)),
        };
        match fate {
            Fate::Gone => {
                population.arm_prewarming(cx, number);
                self.end_of_instance(cx, number, i);
            }
            Fate::Kept(until) => {
                population.put_idle(i, until);
                population.arm(cx, number);
            }
        }
    }

    /// An instance that is not idle goes.
    pub(super) fn end_of_instance<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, i: u32) {
        let (now, is_measuring) = (cx.now, cx.clock.is_measuring);
        let Some(population) = self.fleet.population(number) else { return };
        let Instance { since, owner, .. } = population.instances[i as usize];
        let lived = now - since;
        if let Some(learning) = &mut population.learning {
            learning.count_instance(owner, false);
        }
        population.unseat(i);
        population.alive -= 1;
        population.metrics.present.down(now);
        population.metrics.leaves += u64::from(is_measuring);
        self.record.services[number].replicas_up.down(now);
        self.record.note_end(number, lived, is_measuring);
    }
}
