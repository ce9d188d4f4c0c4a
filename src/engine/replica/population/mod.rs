//! Many functions as one service: what each of them has idle and counts, and the instances of all.
//!
//! A function costs 16 bytes while nobody calls it, and 32 more where a policy learns of it; an instance that is not there
//! costs nothing, and none has an event by itself: one list, or one tree, of all idle instances knows who goes next. In all
//! else such a service is one replica without limit, on the paths of any other. An instance is no seat: versions know
//! nothing of it, and of faults only crashes do; what slows all or makes them err does so to that replica.

mod expiry;
mod fault;
mod invoke;
mod learning;
pub(super) mod setup;

use std::sync::Arc;

use self::expiry::Expiry;
use self::fault::Failure;
use self::learning::Learning;
use crate::engine::id::TaskId;
use crate::engine::plan::NONE;
use crate::engine::record::metrics::{FleetMetrics, Sample};
use crate::engine::replica::Fleet;
use crate::kernel::slab::Id;
use crate::measure::{FunctionCount, PopulationMeasure, Poured};
use crate::model::function::keep_alive::KeepAlive;
use crate::model::function::population::Population as Settings;

/// The functions of one service, and their instances.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Population {
    functions: Vec<FunctionState>,
    /// Records of instances, and the first of those that are free, linked by `below`.
    instances: Vec<Instance>,
    free: u32,
    /// The instance of each task that has one.
    at: Vec<u32>,
    expiry: Expiry,
    keep_alive: KeepAlive,
    /// What is learnt of each function or app, where the policy learns.
    learning: Option<Learning>,
    /// Names what is drawn for instances that no call asked for.
    key: u64,
    /// Zones in which instances may be, how many crashes keep each from having any, and whose turn it is.
    zones: Vec<(u32, u32)>,
    turn: usize,
    /// When each instance fails by itself, where any does.
    failures: Vec<Failure>,
    /// Instances that are there, and requests under way.
    alive: u32,
    requests: u32,
    account: Option<u32>,
    /// Whether starts are billed.
    bills_starts: bool,
    /// How instances came and went.
    pub(in crate::engine) metrics: FleetMetrics,
}

/// What a function has and counted, of measured attempts.
#[derive(Debug, Clone, Copy)]
struct FunctionState {
    /// The idle instance that became so last; of apps, at their first function.
    idle: u32,
    /// Attempts that were taken in.
    invocations: u32,
    cold: u32,
    throttled: u32,
}

const _: () = assert!(size_of::<FunctionState>() == 16, "there are a million of them");

/// How far an instance has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not at all: its record is free.
    Absent,
    /// It starts, for its task or for a call that will come.
    Starting,
    /// It serves its task.
    Busy,
    /// It has nothing to do.
    Idle,
}

/// An instance: starting, with its request, or idle.
#[derive(Debug, Clone, Copy)]
struct Instance {
    /// When it was decided to start it [ns].
    since: u64,
    /// How long its start takes or took [ns].
    takes: u64,
    /// For how long it is kept that is idle, where nothing is learnt of that [ns].
    keep: u64,
    /// Until when it is kept, while it is idle or started for a call that will come [ns].
    until: u64,
    /// Whose it is.
    owner: u32,
    /// The task that it has, if any.
    task: TaskId,
    /// The idle ones of its owner that became so before and after it.
    below: u32,
    above: u32,
    /// Those of all that go before and after it, where all are kept equally long.
    earlier: u32,
    later: u32,
    /// The place of its zone in the list of those.
    zone: u16,
    stage: Stage,
    /// Whether it goes as soon as it has no call.
    is_doomed: bool,
    /// Whether its start is to be billed with its first request.
    is_unbilled: bool,
}

const _: () = assert!(size_of::<Instance>() == 64, "there are as many as functions were called lately");

impl Population {
    /// A record for an instance.
    fn seat(&mut self, instance: Instance) -> u32 {
        if self.free == NONE {
            self.instances.push(instance);
            return self.instances.len() as u32 - 1;
        }
        let i = self.free;
        self.free = self.instances[i as usize].below;
        self.instances[i as usize] = instance;
        i
    }

    /// An instance is gone.
    fn unseat(&mut self, i: u32) {
        let instance = &mut self.instances[i as usize];
        (instance.below, instance.stage, instance.task) = (self.free, Stage::Absent, TaskId::NONE);
        self.free = i;
    }

    /// Takes the idle instance of an owner that became so last.
    fn take_idle(&mut self, owner: u32) -> Option<u32> {
        let i = self.functions[owner as usize].idle;
        (i != NONE).then(|| {
            self.unlink(i);
            i
        })
    }

    /// An instance is idle until some time from now on.
    fn put_idle(&mut self, i: u32, until: u64) {
        let owner = self.instances[i as usize].owner as usize;
        let below = std::mem::replace(&mut self.functions[owner].idle, i);
        if below != NONE {
            self.instances[below as usize].above = i;
        }
        let instance = &mut self.instances[i as usize];
        (instance.below, instance.above, instance.until) = (below, NONE, until);
        (instance.stage, instance.task) = (Stage::Idle, TaskId::NONE);
        self.expiry.add(&mut self.instances, i);
    }

    /// An instance is idle no more.
    fn unlink(&mut self, i: u32) {
        let Instance { owner, below, above, .. } = self.instances[i as usize];
        if below != NONE {
            self.instances[below as usize].above = above;
        }
        if above == NONE {
            self.functions[owner as usize].idle = below;
        } else {
            self.instances[above as usize].below = below;
        }
        self.expiry.remove(&mut self.instances, i);
    }

    /// Notes the instance of a task.
    fn note_at(&mut self, t: TaskId, i: u32) {
        if self.at.len() <= t.index() {
            self.at.resize(t.index() + 1, NONE);
        }
        self.at[t.index()] = i;
    }

    /// What was counted of single functions.
    pub(in crate::engine) fn measure(&self, settings: &Settings) -> PopulationMeasure {
        let called = self.functions.iter().filter(|one| one.invocations > 0);
        let mut cold = Sample::default();
        for one in called {
            let share = f64::from(one.cold) / f64::from(one.invocations);
            cold.record((share * PopulationMeasure::ONE).round() as u64);
        }
        let listed = settings.trace.listed.iter().map(|function| {
            let FunctionState { invocations, cold, throttled, .. } = self.functions[*function as usize];
            FunctionCount { invocations: invocations.into(), cold: cold.into(), throttled: throttled.into() }
        });
        PopulationMeasure {
            cold: cold.tally(&Poured::default()),
            listed: listed.collect(),
            names: Arc::clone(&settings.trace.names),
        }
    }
}

impl Fleet {
    /// The functions of a service, if it is many.
    pub(in crate::engine) fn population(&mut self, number: usize) -> Option<&mut Population> {
        self.populations.get_mut(number).and_then(Option::as_deref_mut)
    }
}
