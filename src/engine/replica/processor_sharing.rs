//! Processor sharing: every job in a replica advances at the same rate.
//!
//! Each replica keeps how much demand each job has had since the replica was last empty. A job is done when that
//! reaches its own demand on top of what it was at its arrival, so only the next job to be done needs an event.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::event::kind;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::path::Path;
use crate::engine::replica::Fleet;
use crate::engine::replica::service::Replica;
use crate::engine::replica::work::at_pace;
use crate::engine::task::stage;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Key, Rank};
use crate::units::SimTime;

/// The jobs that share a replica.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Sharing {
    /// Demand that each job has had since the replica was empty [ns].
    served: f64,
    /// When that was true [ns].
    at: u64,
    /// Jobs by the demand served at which they are done: bits of a positive number sort as it does.
    jobs: BinaryHeap<Reverse<(u64, u64, TaskId)>>,
    /// Jobs under way, and numbers for ties.
    count: u32,
    arrivals: u64,
    armed: u32,
}

impl Sharing {
    /// Brings what was served up to `now`, at the rate that held so far.
    #[inline]
    fn catch_up(&mut self, replica: &Replica, now: u64) {
        let passed = (now - self.at) as f64;
        self.at = now;
        if replica.works && self.count > 0 {
            self.served += passed * self.share(replica) / replica.pace;
        }
    }

    /// The part of a slot that each job has.
    #[inline]
    fn share(&self, replica: &Replica) -> f64 {
        (f64::from(replica.slots) / f64::from(self.count)).min(1.0)
    }

    /// When the first job will be done, if any is worked on.
    #[inline]
    fn first_done(&self, replica: &Replica, now: u64) -> Option<SimTime> {
        let Reverse((end, ..)) = self.jobs.peek()?;
        if !replica.works || replica.slots == 0 {
            return None;
        }
        let left = (f64::from_bits(*end) - self.served).max(0.0);
        let wait = (left * replica.pace / self.share(replica)).ceil();
        Some(SimTime::from_nanos(now.saturating_add(wait as u64)))
    }
}

impl Fleet {
    /// The rate of a replica's jobs is about to change, or has just changed.
    pub(in crate::engine) fn reshare<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: usize) {
        self.sharing[r].catch_up(&self.replicas[r], cx.now);
        self.plan_shared(cx, r);
    }

    /// Plans the end of the job that will be done first.
    fn plan_shared<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: usize) {
        let state = &mut self.sharing[r];
        state.armed = 0;
        if let Some(at) = state.first_done(&self.replicas[r], cx.now) {
            state.armed = cx.clock.plan_about(at, Rank::Completion, (kind::SHARED, r as u32));
        }
    }
}

impl State {
    /// A job whose remaining demand stands in `due` joins the sharing.
    pub(in crate::engine) fn share_in<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, r: usize) {
        let now = cx.now;
        let task = &mut self.traffic.tasks[t];
        let (replica, state) = (&self.fleet.replicas[r], &mut self.fleet.sharing[r]);
        state.catch_up(replica, now);
        // `due` was set for a replica of its own; back to demand.
        let demand = (task.due - now) as f64 / replica.pace;
        if state.count == 0 {
            state.served = 0.0;
            state.jobs.clear();
        }
        let end = state.served + demand;
        state.arrivals += 1;
        state.jobs.push(Reverse((end.to_bits(), state.arrivals, t)));
        state.count += 1;
        task.due = end.to_bits();
        self.fleet.plan_shared(cx, r);
    }

    /// A job leaves before it is done.
    pub(in crate::engine) fn share_out<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let now = cx.now;
        let r = self.traffic.tasks[t].replica as usize;
        let state = &mut self.fleet.sharing[r];
        state.catch_up(&self.fleet.replicas[r], now);
        state.jobs.retain(|Reverse((_, _, job))| *job != t);
        state.count -= 1;
        self.fleet.plan_shared(cx, r);
    }

    /// A job that was interrupted starts anew with its whole demand.
    pub(in crate::engine) fn share_again<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, demand: u64) {
        let now = cx.now;
        // While its calls were out it had no share.
        if self.traffic.tasks[t].flags & stage::MASK == stage::RUNNING {
            self.share_out(cx, t);
        }
        self.traffic.set_stage(t, stage::RUNNING);
        let r = self.traffic.tasks[t].replica as usize;
        let pace = self.fleet.replicas[r].pace;
        self.traffic.tasks[t].due = now.saturating_add(at_pace(demand, pace));
        self.share_in(cx, t, r);
    }

    /// The first job of a shared replica may be done.
    pub(in crate::engine) fn shared_done<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32, key: Key) {
        let r = r as usize;
        if self.fleet.sharing[r].armed != key.stamp() {
            return;
        }
        let now = cx.now;
        let state = &mut self.fleet.sharing[r];
        state.catch_up(&self.fleet.replicas[r], now);
        let Some(Reverse((_, _, t))) = state.jobs.pop() else { return };
        state.count -= 1;
        self.fleet.plan_shared(cx, r);
        debug_assert_eq!(
            self.traffic.tasks[t].flags & stage::MASK,
            stage::RUNNING,
            "only running jobs share"
        );
        let service = &self.fleet.services[self.traffic.tasks[t].service as usize];
        if L::LISTENS || service.path == Path::General || service.goes_on {
            return self.work_done(cx, t);
        }
        self.depart_attended::<L, false>(cx, t);
    }
}
