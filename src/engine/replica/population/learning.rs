//! What a platform learns of how long each function is idle, and the instances that it starts before a call comes.

use std::collections::BTreeSet;

use super::invoke::settings;
use super::{Instance, Population, Stage};
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::NONE;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::mix;
use crate::model::function::keep_alive::{Keep, KeepAlive, KeepAliveSettings};
use crate::units::{SimDuration, SimTime};

/// Never [ns].
const NEVER: u64 = u64::MAX;

/// What is known of all owners of instances, where the policy learns.
#[derive(Debug, Clone)]
pub(super) struct Learning {
    /// A policy that has learnt nothing.
    new: KeepAlive,
    owners: Vec<Owner>,
    /// Policies of those who were idle and called again.
    learnt: Vec<KeepAlive>,
    /// When an instance is to be started before a call comes, and for whom.
    due: BTreeSet<(u64, u32)>,
    /// When that is looked at next [ns].
    armed: Option<u64>,
}

/// A function, or an app: at its first function.
#[derive(Debug, Clone, Copy)]
struct Owner {
    /// Since when it has no call [ns]; never while it has one, and before the first.
    rests_since: u64,
    /// When an instance is to be started for it [ns].
    due: u64,
    /// Instances that are there, and calls under way.
    alive: u32,
    requests: u32,
    /// Its policy.
    learnt: u32,
}

const _: () = assert!(size_of::<Owner>() == 32, "there are a million of them");

/// What becomes of an instance that has nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is gone at once.
    Gone,
    /// It is kept until then [ns].
    Kept(u64),
}

impl Learning {
    pub(super) fn new(keep_alive: &KeepAliveSettings, functions: usize) -> Self {
        let owner = Owner { rests_since: NEVER, due: NEVER, alive: 0, requests: 0, learnt: NONE };
        Self {
            new: KeepAlive::new(keep_alive),
            owners: vec![owner; functions],
            learnt: Vec::new(),
            due: BTreeSet::new(),
            armed: None,
        }
    }

    /// A call of an owner has an instance.
    pub(super) fn call_begins(&mut self, number: u32, now: u64) {
        let owner = &mut self.owners[number as usize];
        owner.requests += 1;
        let since = std::mem::replace(&mut owner.rests_since, NEVER);
        if since == NEVER {
            return;
        }
        if owner.learnt == NONE {
            owner.learnt = self.learnt.len() as u32;
            self.learnt.push(self.new.clone());
        }
        self.learnt[owner.learnt as usize].ran_again(SimDuration::from_nanos(now - since));
        if owner.due != NEVER {
            self.due.remove(&(owner.due, number));
            owner.due = NEVER;
        }
    }

    /// It is over.
    pub(super) fn call_ends(&mut self, number: u32, now: u64) {
        let owner = &mut self.owners[number as usize];
        owner.requests -= 1;
        if owner.requests == 0 {
            owner.rests_since = now;
        }
    }

    /// An owner has an instance more, or one less.
    pub(super) fn count_instance(&mut self, number: u32, is_new: bool) {
        let alive = &mut self.owners[number as usize].alive;
        *alive = if is_new { *alive + 1 } else { *alive - 1 };
    }

    fn keep(&self, number: u32) -> Keep {
        let learnt = self.learnt.get(self.owners[number as usize].learnt as usize).unwrap_or(&self.new);
        learnt.keep(|| unreachable!("a policy that learns draws nothing"))
    }

    /// What becomes of an instance that has nothing to do; another may be planned in its place.
    pub(super) fn fate(&mut self, number: u32, now: u64) -> Fate {
        let Keep { prewarm, until } = self.keep(number);
        let owner = &mut self.owners[number as usize];
        let is_last = owner.alive == 1 && owner.requests == 0;
        if let (Some(after), Some(_), true) = (prewarm, until, is_last) {
            owner.due = now.saturating_add(after.as_nanos());
            self.due.insert((owner.due, number));
            return Fate::Gone;
        }
        match until.map_or(NEVER, |until| now.saturating_add(until.as_nanos())) {
            until if until <= now => Fate::Gone,
            until => Fate::Kept(until),
        }
    }

    /// Who is due for an instance, and until when that is kept [ns].
    fn take_due(&mut self, now: u64) -> Option<(u32, u64)> {
        let (_, number) = *self.due.first().filter(|(due, _)| *due <= now)?;
        self.due.pop_first();
        // Nothing was learnt since it began to rest.
        let until = self.keep(number).until.map_or(NEVER, SimDuration::as_nanos);
        let owner = &mut self.owners[number as usize];
        owner.due = NEVER;
        Some((number, owner.rests_since.saturating_add(until)))
    }
}

impl Population {
    /// Plans the next look at who is due for an instance, where none is planned by then.
    pub(super) fn arm_prewarming<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let Some(learning) = &mut self.learning else { return };
        let Some((due, _)) = learning.due.first().copied() else { return };
        if learning.armed.is_none_or(|armed| due < armed) {
            learning.armed = Some(due);
            let at = SimTime::from_nanos(due);
            cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Prewarm(number as u32));
        }
    }
}

impl State {
    /// Instances are due for calls that will come.
    pub(in crate::engine) fn prewarm_many<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let now = cx.now;
        let Some(learning) = self.fleet.population(number).and_then(|one| one.learning.as_mut()) else {
            return;
        };
        if learning.armed != Some(now) {
            // An earlier look was planned since.
            return;
        }
        learning.armed = None;
        let take_due = |population: &mut Population| population.learning.as_mut()?.take_due(now);
        while let Some((owner, until)) = self.fleet.population(number).and_then(take_due) {
            self.start_ahead(cx, number, (owner, until));
        }
        if let Some(population) = self.fleet.population(number) {
            population.arm_prewarming(cx, number);
        }
    }

    /// An instance starts for a call that will come.
    fn start_ahead<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, (owner, until): (u32, u64)) {
        let Some(settings) = settings(cx.plan, number) else { return };
        let name = settings.trace.functions[owner as usize].name;
        let Some(population) = self.fleet.population(number).filter(|one| one.has_zone()) else { return };
        let key = mix(mix(population.key, name), cx.now);
        if !self.fleet.may_start(settings.account, cx.now) {
            return;
        }
        let (i, takes) = self.start_for(cx, (number, owner), (key, TaskId::NONE));
        if let Some(population) = self.fleet.population(number) {
            population.instances[i as usize].until = until;
        }
        if takes == 0 {
            return self.ready_ahead(cx, (number as u32, i));
        }
        let at = SimTime::from_nanos(cx.now.saturating_add(takes));
        cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Ahead(number as u32, i));
    }

    /// An instance is ready for a call that will come.
    pub(in crate::engine) fn ready_ahead<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, i): (u32, u32),
    ) {
        let (number, now) = (number as usize, cx.now);
        let Some(population) = self.fleet.population(number) else { return };
        let Instance { stage, task, since, takes, until, .. } = population.instances[i as usize];
        if stage != Stage::Starting || task != TaskId::NONE || since.saturating_add(takes) != now {
            return;
        }
        self.note_ready_instance(cx, (number, i));
        if until <= now {
            return self.end_of_instance(cx, number, i);
        }
        if let Some(population) = self.fleet.population(number) {
            population.put_idle(i, until);
            population.arm(cx, number);
        }
    }
}
