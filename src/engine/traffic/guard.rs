//! What deciders remember of guarded call sites, and what more there is about their calls.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

use crate::engine::id::{CallId, TaskId};
use crate::engine::plan::{Edge, GuardPlan, Plan};
use crate::engine::task::Outcome;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::resilience::Ending;
use crate::model::resilience::breaker::{Breaker, BreakerState, Pass};
use crate::model::resilience::budget::{Asked, Budget};
use crate::model::resilience::hedge::HedgeTimer;
use crate::model::resilience::limit::{Arriving, Limit, Verdict};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// The pass of an attempt that was sent without a word of the breaker: it belongs to no state of it.
const UNASKED: Pass = Pass::MAX;

/// What one decider remembers of one call site.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Guard {
    /// Attempts out.
    pub(in crate::engine) under_way: u32,
    /// Further attempts that were granted and are not over.
    pub(in crate::engine) further: u32,
    pub(in crate::engine) throttle: Option<Limit>,
    pub(in crate::engine) breaker: Option<Breaker>,
    /// The state of the breaker that those who listen know of.
    pub(in crate::engine) told: BreakerState,
    pub(in crate::engine) budget: Option<Budget>,
    pub(in crate::engine) hedge: Option<HedgeTimer>,
    pub(in crate::engine) hedge_budget: Option<Budget>,
    /// Calls that wait for a place in the bulkhead.
    pub(in crate::engine) waiting: VecDeque<CallId>,
}

/// What more there is about a guarded call.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct GuardedCall {
    pub(in crate::engine) decider: u32,
    /// Tries so far, copies not counted.
    pub(in crate::engine) rounds: u32,
    /// Attempts of this try, copies counted.
    pub(in crate::engine) copies: u32,
    pub(in crate::engine) stage: Stage,
    /// What the breaker gave for the attempt about to be sent.
    pub(in crate::engine) pass: Pass,
    /// What was paid for the attempt about to be sent, if it is a further one.
    pub(in crate::engine) granted: Option<u32>,
    /// Replicas that were tried before this try began.
    pub(in crate::engine) before: u32,
    /// Why the last copy was refused, where the next one was put off by that.
    pub(in crate::engine) put_off: Option<Reason>,
    /// Stamp of the live timer for a copy.
    pub(in crate::engine) hedge_armed: u32,
    /// Attempts out, in the order in which they were sent.
    pub(in crate::engine) out: Vec<Out>,
    /// Room for the replicas that a copy avoids.
    pub(in crate::engine) avoid: Vec<u32>,
}

/// What more there is about guarded calls, found by the numbers of the calls.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct GuardedCalls(Vec<GuardedCall>);

impl GuardedCalls {
    /// Makes room for one of so many calls.
    pub(in crate::engine) fn make_room(&mut self, c: CallId, calls: usize) {
        if self.0.len() <= c.number() as usize {
            self.0.resize_with(calls, GuardedCall::default);
        }
    }
}

impl Index<CallId> for GuardedCalls {
    type Output = GuardedCall;

    #[inline]
    fn index(&self, c: CallId) -> &GuardedCall {
        &self.0[c.number() as usize]
    }
}

impl IndexMut<CallId> for GuardedCalls {
    #[inline]
    fn index_mut(&mut self, c: CallId) -> &mut GuardedCall {
        &mut self.0[c.number() as usize]
    }
}

/// An attempt that is out.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Out {
    pub(in crate::engine) task: TaskId,
    /// Its replica, numbered within the service.
    pub(in crate::engine) replica: u32,
    pub(in crate::engine) pass: Pass,
    /// What was paid for it, if it is a further one.
    pub(in crate::engine) cost: Option<u32>,
    pub(in crate::engine) is_copy: bool,
}

/// What a guarded call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) enum Stage {
    /// Its next try.
    #[default]
    Rest,
    /// Its turn at the throttle.
    Turn,
    /// A place in the bulkhead.
    Queued,
    /// The same, and one may be free now.
    Called,
    /// Answers of attempts.
    Out,
    /// The time that its caller takes to answer without it.
    Fallback,
}

/// The guards of every call site at every decider.
pub(in crate::engine) fn guards(plan: &Plan) -> Vec<Vec<Guard>> {
    let of = |edge: &Edge| {
        let count = if edge.guard.is_some() { plan.services[edge.service as usize].deciders } else { 0 };
        (0..count).filter_map(|_| Guard::new(edge)).collect()
    };
    plan.edges.iter().map(of).collect()
}

impl Guard {
    pub(in crate::engine) fn new(edge: &Edge) -> Option<Self> {
        let policy = &edge.guard.as_ref()?.policy;
        let hedge = policy.hedge.as_ref();
        Some(Self {
            under_way: 0,
            further: 0,
            throttle: policy.throttle.as_ref().map(Limit::new),
            told: BreakerState::Closed,
            breaker: policy.breaker.as_ref().map(|breaker| Breaker::new(&breaker.policy)),
            budget: policy.retry.budget.as_ref().map(Budget::new),
            hedge: hedge.map(|hedge| HedgeTimer::new(&hedge.policy)),
            hedge_budget: hedge.and_then(|hedge| hedge.budget.as_ref()).map(Budget::new),
            waiting: VecDeque::new(),
        })
    }

    /// A call begins.
    #[inline]
    pub(in crate::engine) fn begin(&mut self, now: u64) {
        if let Some(budget) = &mut self.budget {
            budget.begin(SimTime::from_nanos(now));
        }
        if let Some(budget) = &mut self.hedge_budget {
            budget.begin(SimTime::from_nanos(now));
        }
    }

    /// First the throttle is asked for an attempt, which is given by its call's key, its number and its priority.
    #[inline]
    pub(in crate::engine) fn ask_throttle(
        &mut self,
        (key, attempt, priority): (u64, u8, u8),
        now: u64,
    ) -> Verdict {
        let under_way = self.under_way;
        let Some(throttle) = &mut self.throttle else { return Verdict::Admit };
        let share = draw(mix(key, u64::from(attempt)), Purpose::Admission).random::<f64>();
        throttle.admit(&Arriving { now: SimTime::from_nanos(now), under_way, priority, share })
    }

    /// Second the breaker is asked for an attempt, the first of its call or a later one; `None` when it stops it.
    #[inline]
    pub(in crate::engine) fn ask_breaker(
        &mut self,
        rules: &GuardPlan,
        is_first: bool,
        now: u64,
    ) -> Option<Pass> {
        let under_way = self.under_way;
        let Some(breaker) = &mut self.breaker else { return Some(0) };
        let is_spared = is_first && rules.stops_retries();
        // What a first attempt tells is heard while the breaker is closed; only those who ask decide when it closes.
        let is_closed = breaker.state() == BreakerState::Closed;
        let mut ask = || breaker.admit(SimTime::from_nanos(now), under_way);
        match is_spared {
            true if is_closed => ask().or(Some(UNASKED)),
            true => Some(UNASKED),
            false => ask(),
        }
    }

    /// Third it is looked whether the bulkhead has a place.
    #[inline]
    pub(in crate::engine) fn has_place(&self, rules: &GuardPlan) -> bool {
        rules.policy.bulkhead.is_none_or(|bulkhead| self.under_way < bulkhead.limit)
    }

    /// The state of the breaker, if those who listen do not know it yet.
    #[inline]
    pub(in crate::engine) fn turned(&mut self) -> Option<BreakerState> {
        let state = self.breaker.as_ref()?.state();
        (std::mem::replace(&mut self.told, state) != state).then_some(state)
    }

    /// What a further attempt costs if it may be made.
    pub(in crate::engine) fn grant(
        &mut self,
        now: u64,
        reason: Option<Reason>,
        is_copy: bool,
    ) -> Option<u32> {
        let (under_way, further) = (self.under_way, self.further);
        let asked = Asked { now: SimTime::from_nanos(now), reason, under_way, further };
        let own = if is_copy { self.hedge_budget.as_mut() } else { None };
        let cost = match own.or(self.budget.as_mut()) {
            Some(budget) => budget.withdraw(&asked)?,
            None => 0,
        };
        self.further += 1;
        Some(cost)
    }

    /// Everyone who remembers learns how an attempt ended that was sent `took` ago.
    #[inline(always)]
    pub(in crate::engine) fn end(&mut self, edge: &Edge, out: Out, now: u64, took: u64, outcome: Outcome) {
        let failure = outcome.err();
        let under_way = self.under_way;
        let ending = |is_counted| Ending {
            now: SimTime::from_nanos(now),
            took: SimDuration::from_nanos(took),
            failure,
            is_counted,
            under_way,
        };
        if let Some(throttle) = &mut self.throttle {
            throttle.end(&ending(failure.is_some()));
        }
        if let Some(breaker) = &mut self.breaker {
            let rule = edge.guard.as_ref().and_then(|guard| guard.policy.breaker.as_ref());
            let is_counted = |one| rule.is_some_and(|rule| rule.on.contains(one));
            breaker.end(&ending(failure.is_some_and(is_counted)), out.pass);
        }
        let tried = ending(failure.is_some_and(|one| edge.on.contains(one)));
        let cost = out.cost.unwrap_or(0);
        let is_own = out.is_copy && self.hedge_budget.is_some();
        if let Some(budget) = &mut self.budget {
            budget.end(&tried, if is_own { 0 } else { cost });
        }
        if let Some(budget) = &mut self.hedge_budget {
            budget.end(&tried, if is_own { cost } else { 0 });
        }
        if let Some(hedge) = self.hedge.as_mut().filter(|_| outcome.is_ok()) {
            hedge.learn(SimDuration::from_nanos(took));
        }
        self.gone(out);
    }

    /// Nobody will know how an attempt ends.
    pub(in crate::engine) fn forget(&mut self, out: Out) {
        if let Some(breaker) = &mut self.breaker {
            breaker.forget(out.pass);
        }
        self.gone(out);
    }

    fn gone(&mut self, out: Out) {
        self.under_way -= 1;
        self.further -= u32::from(out.cost.is_some());
    }
}
