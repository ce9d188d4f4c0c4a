//! Marks of a run: where the measured part begins and ends.

use crate::engine::event::Rare;
use crate::engine::plan::Plan;
use crate::engine::record::window::Windows;
use crate::engine::world::World;
use crate::kernel::calendar::Rank;
use crate::units::SimTime;

impl World {
    /// Plans the marks of a run.
    pub(in crate::engine) fn plan_marks(&mut self, plan: &Plan) {
        self.clock.calendar.plan_rare(plan.span.transient, Rank::Completion, Rare::Transient);
        self.clock.calendar.plan_rare(plan.span.horizon, Rank::Completion, Rare::Horizon);
    }

    /// Plans the marks of another measured part, of which nothing has passed yet.
    pub(in crate::engine) fn measure_anew(&mut self, plan: &Plan) {
        self.record.windows = Windows::new(plan);
        self.plan_marks(plan);
    }

    /// The measured part begins.
    pub(in crate::engine) fn begin_measuring(&mut self, plan: &Plan, now: u64) {
        self.clock.is_measuring = true;
        for service in &mut self.fleet.services {
            for gauge in service.book.gauges() {
                gauge.begin(now);
            }
            // The longest queue of the measured part is at least what waits at its start.
            service.book.queue_max = service.queue.waiting;
        }
        for replica in &self.fleet.replicas {
            let book = &mut self.fleet.services[replica.service as usize].book;
            book.queue_max = book.queue_max.max(replica.queue.waiting);
        }
        for fleet in self.fleet.seats.fleets.iter_mut().flatten() {
            fleet.book.gauges().into_iter().for_each(|gauge| gauge.begin(now));
        }
        self.begin_windows(now);
        if !self.traffic.clients.is_empty() {
            self.plan_window(plan);
        }
        if plan.span.transient == plan.span.horizon {
            self.stop_here();
        }
    }

    /// The measured part ends: only measured requests and their attempts still matter.
    pub(in crate::engine) fn end_measuring(&mut self, plan: &Plan, now: u64) {
        self.clock.is_measuring = false;
        self.clock.is_draining = true;
        // What arrives in the drain is no part of the workload: how long it lasts depends on what is done with the work.
        self.record.failed_measured = Some(self.record.failed);
        self.close_workload();
        self.count_unfinished_detection(plan, plan.span.horizon);
        for service in &mut self.fleet.services {
            for gauge in service.book.gauges() {
                gauge.end(now);
            }
            service.queue_max = service.book.queue_max;
        }
        for fleet in self.fleet.seats.fleets.iter_mut().flatten() {
            fleet.book.gauges().into_iter().for_each(|gauge| gauge.end(now));
        }
        // Not an event of its own: with nothing under way the run is over now.
        if self.record.windows.next_end() == plan.span.horizon {
            self.turn_window(plan, now);
        }
        if self.traffic.remaining == 0 {
            self.stop_here();
        } else {
            self.clock.calendar.plan_rare(plan.span.horizon + plan.span.drain, Rank::Completion, Rare::Stop);
        }
    }

    /// Counts the time of what nobody has detected or found yet, when the measured part ends.
    pub(in crate::engine) fn count_unfinished_detection(&mut self, plan: &Plan, end: SimTime) {
        self.count_undetected(plan, end);
        self.count_unfound(plan, end);
    }

    /// An availability window ends, or a row of the timeline.
    pub(in crate::engine) fn end_window(&mut self, plan: &Plan, now: u64) {
        self.turn_window(plan, now);
        self.plan_window(plan);
    }

    /// Plans the end of the open cell, unless the measured part ends with it or before it.
    fn plan_window(&mut self, plan: &Plan) {
        let end = self.record.windows.next_end();
        if end < plan.span.horizon {
            self.clock.calendar.plan_rare(end, Rank::Completion, Rare::Window);
        }
    }
}
