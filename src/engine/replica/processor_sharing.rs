//! Processor sharing: every job in a replica advances at the same rate.
//!
//! Each replica keeps how much demand each job has had since the replica was last empty. A job is done when that
//! reaches its own demand on top of what it was at its arrival, so only the next job to be done needs an event.

use crate::engine::replica::Fleet;
use crate::engine::traffic::Traffic;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::event::kind;
use crate::engine::observer::Probe;
use crate::engine::plan::Plan;
use crate::engine::replica::service::Replica;
use crate::engine::traffic::path::Path;
use crate::engine::traffic::task::stage;
use crate::engine::world::World;
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
    jobs: BinaryHeap<Reverse<(u64, u64, u32)>>,
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

impl World {
    /// A job whose remaining demand stands in `due` joins the sharing.
    pub(in crate::engine) fn share_in(&mut self, t: u32, r: usize, now: u64) {
        let Self { traffic: Traffic { tasks, .. }, fleet: Fleet { replicas, sharing, .. }, .. } = self;
        let (task, replica, state) = (&mut tasks[t as usize], &replicas[r], &mut sharing[r]);
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
        self.plan_shared(r, now);
    }

    /// A job leaves before it is done.
    pub(in crate::engine) fn share_out(&mut self, t: u32, now: u64) {
        let r = self.traffic.tasks[t as usize].replica as usize;
        let state = &mut self.fleet.sharing[r];
        state.catch_up(&self.fleet.replicas[r], now);
        state.jobs.retain(|Reverse((_, _, job))| *job != t);
        state.count -= 1;
        self.plan_shared(r, now);
    }

    /// A job that was interrupted starts anew with its whole demand.
    pub(in crate::engine) fn share_again(&mut self, t: u32, demand: u64, now: u64) {
        // While its calls were out it had no share.
        if self.traffic.tasks[t as usize].flags & stage::MASK == stage::RUNNING {
            self.share_out(t, now);
        }
        self.set_stage(t, stage::RUNNING);
        let r = self.traffic.tasks[t as usize].replica as usize;
        let pace = self.fleet.replicas[r].pace;
        self.traffic.tasks[t as usize].due =
            now.saturating_add(crate::engine::replica::work::at_pace(demand, pace));
        self.share_in(t, r, now);
    }

    /// The rate of a replica's jobs is about to change, or has just changed.
    pub(in crate::engine) fn reshare(&mut self, r: usize, now: u64) {
        self.fleet.sharing[r].catch_up(&self.fleet.replicas[r], now);
        self.plan_shared(r, now);
    }

    /// Plans the end of the job that will be done first.
    fn plan_shared(&mut self, r: usize, now: u64) {
        let state = &mut self.fleet.sharing[r];
        state.armed = 0;
        if let Some(at) = state.first_done(&self.fleet.replicas[r], now) {
            let armed = self.plan_about(at, Rank::Completion, (kind::SHARED, r as u32));
            self.fleet.sharing[r].armed = armed;
        }
    }

    /// The first job of a shared replica may be done.
    pub(in crate::engine) fn shared_done<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, key: Key) {
        let r = r as usize;
        if self.fleet.sharing[r].armed != key.stamp() {
            return;
        }
        let now = key.time().as_nanos();
        let state = &mut self.fleet.sharing[r];
        state.catch_up(&self.fleet.replicas[r], now);
        let Some(Reverse((_, _, t))) = state.jobs.pop() else { return };
        state.count -= 1;
        self.plan_shared(r, now);
        debug_assert_eq!(
            self.traffic.tasks[t as usize].flags & stage::MASK,
            stage::RUNNING,
            "only running jobs share"
        );
        let service = &self.fleet.services[self.traffic.tasks[t as usize].service as usize];
        if P::LISTENS || service.path == Path::General || service.goes_on {
            return self.work_done(plan, probe, t, now);
        }
        self.depart_attended::<P, false>(plan, probe, t, now);
    }
}
