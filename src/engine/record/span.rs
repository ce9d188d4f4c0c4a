//! Marks of a run: where the measured part begins and ends.

use crate::engine::event::Rare;
use crate::engine::listener::{Listener, Silence};
use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::record::window::Windows;
use crate::engine::world::{Cx, State, World};
use crate::kernel::calendar::Rank;
use crate::units::SimTime;

/// Plans the marks of a run.
pub(in crate::engine) fn plan_marks<L: Listener>(cx: &mut Cx<'_, L>) {
    let plan = cx.plan;
    cx.clock.calendar.plan_rare(plan.span.transient, Rank::Completion, Rare::Transient);
    cx.clock.calendar.plan_rare(plan.span.horizon, Rank::Completion, Rare::Horizon);
}

impl World {
    /// Plans the marks of another measured part, of which nothing has passed yet.
    pub(in crate::engine) fn measure_anew(&mut self, plan: &Plan) {
        self.state.record.windows = Windows::new(plan);
        self.with(plan, &mut Silence, |_, cx| plan_marks(cx));
    }
}

impl Record {
    /// Plans the end of the open cell, unless the measured part ends with it or before it.
    fn plan_window<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let plan = cx.plan;
        let end = self.windows.next_end();
        if end < plan.span.horizon {
            cx.clock.calendar.plan_rare(end, Rank::Completion, Rare::Window);
        }
    }
}

impl State {
    /// The measured part begins.
    pub(in crate::engine) fn begin_measuring<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let (plan, now) = (cx.plan, cx.now);
        cx.clock.is_measuring = true;
        self.begin_counting_deploys();
        for (service, metrics) in self.fleet.services.iter().zip(&mut self.record.services) {
            metrics.gauges().into_iter().for_each(|gauge| gauge.begin(now));
            // The longest queue of the measured part is at least what waits at its start.
            metrics.queue_max = service.queue.waiting;
        }
        for replica in &self.fleet.replicas {
            let metrics = &mut self.record.services[replica.service as usize];
            metrics.queue_max = metrics.queue_max.max(replica.queue.waiting);
        }
        for fleet in self.fleet.seats.fleets.iter_mut().flatten() {
            fleet.metrics.gauges().into_iter().for_each(|gauge| gauge.begin(now));
        }
        for population in self.fleet.populations.iter_mut().flatten() {
            population.metrics.gauges().into_iter().for_each(|gauge| gauge.begin(now));
        }
        self.record.functions.iter_mut().flatten().for_each(|function| function.begin(now));
        self.begin_provision(cx);
        self.record.events.iter_mut().for_each(|queue| queue.backlog.begin(now));
        self.record.begin_windows(now);
        self.begin_instances(plan, now);
        self.begin_shares(now);
        if !self.traffic.clients.is_empty() {
            self.record.plan_window(cx);
        }
        if plan.span.transient == plan.span.horizon {
            cx.clock.stop();
        }
    }

    /// The measured part ends: only measured requests and their attempts still matter.
    pub(in crate::engine) fn end_measuring<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let (plan, now) = (cx.plan, cx.now);
        cx.clock.is_measuring = false;
        cx.clock.is_draining = true;
        // What arrives in the drain is no part of the workload: how long it lasts depends on what is done with the work.
        self.record.failed_measured = Some(self.record.failed);
        self.close_measured(plan, now);
        // Not an event of its own: with nothing under way the run is over now.
        if self.record.windows.next_end() == plan.span.horizon {
            self.turn_window(cx);
        }
        if self.traffic.remaining == 0 {
            cx.clock.stop();
        } else {
            cx.clock.calendar.plan_rare(plan.span.horizon + plan.span.drain, Rank::Completion, Rare::Stop);
        }
    }

    /// What is measured over time ends [ns]: with the measured part, or with the run where that ends before.
    pub(in crate::engine) fn close_measured(&mut self, plan: &Plan, now: u64) {
        self.close_workload();
        self.count_unfinished_detection(plan, SimTime::from_nanos(now));
        self.end_provision(plan, now);
        for metrics in &mut self.record.services {
            metrics.gauges().into_iter().for_each(|gauge| gauge.end(now));
            metrics.queue_max_measured = metrics.queue_max;
        }
        for fleet in self.fleet.seats.fleets.iter_mut().flatten() {
            fleet.metrics.gauges().into_iter().for_each(|gauge| gauge.end(now));
        }
        for population in self.fleet.populations.iter_mut().flatten() {
            population.metrics.gauges().into_iter().for_each(|gauge| gauge.end(now));
        }
        self.record.functions.iter_mut().flatten().for_each(|function| function.end(now));
        self.record.events.iter_mut().for_each(|queue| queue.backlog.end(now));
    }

    /// Counts the time of what nobody has detected or found yet, when the measured part ends.
    fn count_unfinished_detection(&mut self, plan: &Plan, end: SimTime) {
        self.note_lasting();
        self.count_undetected(plan, end);
        self.count_unfound(plan, end);
    }

    /// An availability window ends, or a row of the timeline.
    pub(in crate::engine) fn end_window<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        self.turn_window(cx);
        self.record.plan_window(cx);
    }
}
