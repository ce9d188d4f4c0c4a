//! A call of one of many functions: it finds an idle instance, starts one, or is throttled.

use super::{Instance, Population};
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::replica::Fleet;
use crate::engine::task::{flag, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::fleet::start::Start;
use crate::model::function::keep_alive::Keep;
use crate::model::function::population::Population as Settings;
use crate::reason::Reason;
use crate::units::SimTime;

/// What a service that is a population is like.
fn settings(plan: &Plan, number: usize) -> Option<&Settings> {
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
    fn has_room_for_call(&self, account: Option<u32>) -> bool {
        account.is_none_or(|account| self.accounts[account as usize].has_room())
    }

    /// Takes what the start of an instance costs an account, if it has it.
    fn may_start(&mut self, account: Option<u32>, now: u64) -> bool {
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

    /// The record of an instance that begins to start for an attempt.
    fn instance(&self, owner: u32, (key, now): (u64, u64)) -> Instance {
        let Keep { until, .. } = self.keep_alive.keep(|| draw(key, Purpose::KeepAlive));
        Instance {
            since: now,
            keep: until.map_or(u64::MAX, crate::units::SimDuration::as_nanos),
            until: 0,
            unbilled: 0,
            owner,
            below: NONE,
            above: NONE,
            earlier: NONE,
            later: NONE,
        }
    }
}

impl State {
    /// An attempt is at a population: it has an instance, or fails.
    ///
    /// # Errors
    ///
    /// `throttled` where the account has no room, or no token for a start.
    pub(in crate::engine) fn invoke_one_of_many<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: u32,
    ) -> Result<(), Reason> {
        let task = &self.traffic.tasks[t as usize];
        let (number, key, flags) = (task.service as usize, task.key, task.flags);
        let Some(settings) = settings(cx.plan, number) else { return Ok(()) };
        let function = settings.trace.function_of(self.traffic.call_of(t));
        let owner = settings.owner(function);
        let has_room = self.fleet.has_room_for_call(settings.account);
        let Some(population) = self.fleet.population(number).filter(|_| has_room) else {
            return self.fleet.throttle_call(number, (function, flags));
        };
        if let Some(i) = population.take_idle(owner) {
            self.take_call((t, i), (number, function, flags));
            self.begin_at(cx, t);
            return Ok(());
        }
        if !self.fleet.may_start(settings.account, cx.now) {
            return self.fleet.throttle_call(number, (function, flags));
        }
        let takes = self.start_for_call(cx, (t, owner), number);
        self.record.note_cold((number, 0), flags);
        if let Some(population) = self.fleet.population(number) {
            population.count(function, flags, |own| &mut own.cold);
            let i = population.at[t as usize];
            self.take_call((t, i), (number, function, flags));
        }
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

    /// An instance begins to start for an attempt; how long that takes [ns].
    fn start_for_call<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, owner): (u32, u32),
        number: usize,
    ) -> u64 {
        let (now, key) = (cx.now, self.traffic.tasks[t as usize].key);
        let span = &cx.plan.span;
        let most = (span.horizon + span.drain).as_nanos() - now.min(span.horizon.as_nanos());
        let (takes, failed) = start_of(&cx.plan.system.services[number].start, key, most);
        let Some(population) = self.fleet.population(number) else { return takes };
        let instance = population.instance(owner, (key, now));
        let unbilled = if population.bills_starts { takes } else { 0 };
        let i = population.seat(Instance { unbilled, ..instance });
        population.note_at(t, i);
        population.alive += 1;
        let alive = population.alive;
        population.metrics.present.up(now);
        population.metrics.starting.up(now);
        if cx.clock.is_measuring {
            population.metrics.starts += 1;
            population.metrics.starts_failed += u64::from(failed);
        }
        self.record.note_alive(number, alive);
        takes
    }

    /// A call has an instance, and counts.
    fn take_call(&mut self, (t, i): (u32, u32), (number, function, flags): (usize, u32, u16)) {
        let Some(population) = self.fleet.population(number) else { return };
        population.note_at(t, i);
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
    fn begin_at<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: u32) {
        let number = self.traffic.tasks[t as usize].service as usize;
        self.record.instance_busy(number, true, cx.now);
        self.take_slot(cx, t);
    }

    /// An instance is ready, and its first call begins.
    fn instance_begins<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: u32) {
        let (now, is_measuring) = (cx.now, cx.clock.is_measuring);
        let number = self.traffic.tasks[t as usize].service as usize;
        let Some(population) = self.fleet.population(number) else { return };
        let took = now - population.instances[population.at[t as usize] as usize].since;
        population.metrics.starting.down(now);
        if is_measuring {
            population.metrics.start.record(took);
        }
        self.record.note_start((number, 0), took, is_measuring);
        self.record.services[number].replicas_up.up(now);
        self.begin_at(cx, t);
    }

    /// The start is over for which an attempt has waited.
    pub(in crate::engine) fn begin_at_instance<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, key): (u32, u64),
    ) {
        let task = &self.traffic.tasks[t as usize];
        let is_there = task.key == key && task.flags & stage::MASK == stage::WAITING;
        assert!(is_there, "a call waits for its instance whatever becomes of its caller");
        self.record.services[task.service as usize].queue.down(cx.now);
        self.instance_begins(cx, t);
    }

    /// A call is over, and its instance idle.
    pub(in crate::engine) fn call_of_many_over<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: u32,
        (number, took, flags): (usize, u64, u16),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(settings) = settings(plan, number) else { return };
        let function = settings.trace.function_of(self.traffic.call_of(t));
        let was_full = !self.fleet.has_room_for_call(settings.account);
        let Some(population) = self.fleet.population(number) else { return };
        let i = population.at[t as usize];
        let start = std::mem::take(&mut population.instances[i as usize].unbilled);
        population.requests -= 1;
        let requests = population.requests;
        self.record.bill_memory(number, took.saturating_add(start), (flags, settings.memory_of(function)));
        self.record.note_concurrency(number, requests);
        self.record.instance_busy(number, false, now);
        self.rest_of_many(cx, number, i);
        let Some(account) = settings.account else { return };
        self.fleet.accounts[account as usize].count(false);
        if was_full {
            self.serve_others_of(cx, account, None);
        }
    }

    /// An instance has nothing to do: it is kept for a while, or goes.
    fn rest_of_many<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, i: u32) {
        let Some(population) = self.fleet.population(number) else { return };
        match population.instances[i as usize].keep {
            0 => self.end_of_instance(cx, number, i),
            keep => {
                population.put_idle(i, cx.now.saturating_add(keep));
                population.arm(cx, number);
            }
        }
    }

    /// An instance that is not idle goes.
    pub(super) fn end_of_instance<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, i: u32) {
        let (now, is_measuring) = (cx.now, cx.clock.is_measuring);
        let Some(population) = self.fleet.population(number) else { return };
        let lived = now - population.instances[i as usize].since;
        population.unseat(i);
        population.alive -= 1;
        population.metrics.present.down(now);
        population.metrics.leaves += u64::from(is_measuring);
        self.record.services[number].replicas_up.down(now);
        self.record.note_end(number, lived, is_measuring);
    }
}
