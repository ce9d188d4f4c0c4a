//! Availability windows and rows of the timeline.

use std::collections::VecDeque;

use super::plan::Plan;
use super::world::World;
use crate::measure::{Histogram, TimelineRow, WindowMeasure};
use crate::units::{SimDuration, SimTime};

/// What arrived in one window at one client, and how it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) arrived: u64,
    pub(super) good: u64,
    pub(super) failed: u64,
    pub(super) other: u64,
}

impl Count {
    #[inline]
    pub(super) fn note(&mut self, mark: Mark) {
        match mark {
            Mark::Good => self.good += 1,
            Mark::Failed => self.failed += 1,
            Mark::Other => self.other += 1,
        }
    }
}

/// The windows of all clients.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    length: u64,
    start: u64,
    /// Start of the window that is open now, whose counts are in each client's book.
    pub(super) now_start: u64,
    /// Its number.
    number: u64,
    /// Whole windows in the measured part.
    pub(super) whole: u64,
    /// Availability windows in a row of the timeline.
    per_row: u64,
    target: f64,
    clients: Vec<ClientWindows>,
    /// Integrals at the start of the row that is open now: requests under way per client, replicas up per service.
    under_way: Vec<u128>,
    replicas_up: Vec<u128>,
    rows: Vec<Vec<Row>>,
}

#[derive(Debug, Clone, Default)]
struct ClientWindows {
    /// Earlier windows whose requests have not all ended.
    open: VecDeque<Count>,
    /// Number of the first of them.
    first: u64,
    measure: WindowMeasure,
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    count: Count,
    p50: Option<SimDuration>,
    p99: Option<SimDuration>,
    in_system: f64,
    replicas_up: f64,
}

/// How a request counts in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Good,
    Failed,
    Other,
}

impl Windows {
    pub(super) fn new(plan: &Plan) -> Self {
        let span = &plan.span;
        let length = span.window.as_nanos();
        let clients = plan.system.clients.len();
        let whole = span.measured().as_nanos() / length;
        let per_row = whole.div_ceil(u64::from(span.timeline_max.max(1))).max(1);
        Self {
            length,
            start: span.transient.as_nanos(),
            now_start: span.transient.as_nanos(),
            number: 0,
            whole,
            per_row,
            target: span.window_target.get(),
            clients: vec![ClientWindows::default(); clients],
            under_way: vec![0; clients],
            replicas_up: vec![0; plan.system.services.len()],
            rows: vec![Vec::new(); clients],
        }
    }

    /// A measured request ended that had arrived at `start`, before the open window.
    #[inline(never)]
    pub(super) fn ended_late(&mut self, client: usize, start: u64, mark: Mark) {
        let windows = &mut self.clients[client];
        let number = (start - self.start) / self.length;
        if let Some(window) = windows.open.get_mut((number - windows.first) as usize) {
            window.note(mark);
        }
    }

    /// When the open window ends.
    pub(super) fn next_end(&self) -> SimTime {
        SimTime::from_nanos(self.now_start.saturating_add(self.length))
    }

    /// Closes windows from the front while `may_close` allows it.
    fn close(&mut self, client: usize, may_close: impl Fn(&Count) -> bool) {
        let windows = &mut self.clients[client];
        while let Some(count) = windows.open.front().copied() {
            if !may_close(&count) {
                return;
            }
            let number = windows.first;
            windows.open.pop_front();
            windows.first += 1;
            if number >= self.whole {
                continue;
            }
            let finished = count.good + count.failed + count.other;
            let availability = if finished == 0 { 1.0 } else { 1.0 - count.failed as f64 / finished as f64 };
            let measure = &mut windows.measure;
            measure.count += 1;
            measure.availability_sum += availability;
            measure.met += u64::from(availability >= self.target);
            measure.with_failure += u64::from(count.failed > 0);
            let rows = &mut self.rows[client];
            let row = (number / self.per_row) as usize;
            if rows.len() <= row {
                rows.resize(row + 1, Row::default());
            }
            rows[row].count.arrived += count.arrived;
            rows[row].count.good += count.good;
            rows[row].count.failed += count.failed;
        }
    }

    /// The windows of a client, and its rows of the timeline, once all is over.
    pub(super) fn finish(&mut self, plan: &Plan) -> (Vec<WindowMeasure>, Vec<TimelineRow>) {
        let clients = self.clients.len();
        for client in 0..clients {
            self.close(client, |_| true);
        }
        let length = self.length * self.per_row;
        let whole_rows = (self.whole / self.per_row) as usize;
        let mut timeline = Vec::new();
        for row in 0..whole_rows {
            for client in 0..clients {
                let Some(one) = self.rows[client].get(row) else { continue };
                timeline.push(TimelineRow {
                    start: SimTime::from_nanos(plan.span.transient.as_nanos() + row as u64 * length),
                    client: client as u32,
                    arrivals: one.count.arrived,
                    good: one.count.good,
                    failed: one.count.failed,
                    latency_p50: one.p50,
                    latency_p99: one.p99,
                    in_system: one.in_system,
                    replicas_up: one.replicas_up,
                });
            }
        }
        (self.clients.iter().map(|client| client.measure).collect(), timeline)
    }
}

impl World {
    /// A window ends at `now` and the next begins.
    pub(super) fn turn_window(&mut self, plan: &Plan, now: u64) {
        let is_row_end = (self.windows.number + 1).is_multiple_of(self.windows.per_row);
        for client in 0..self.clients.len() {
            if is_row_end {
                self.end_row(plan, client, now);
            }
            let book = &mut self.clients[client].book;
            let ended = std::mem::take(&mut book.window);
            book.requests += ended.arrived;
            self.windows.clients[client].open.push_back(ended);
            self.windows.close(client, |count| count.arrived == count.good + count.failed + count.other);
        }
        if is_row_end {
            for (service, integral) in self.windows.replicas_up.iter_mut().enumerate() {
                *integral = self.services[service].book.replicas_up.integral(now);
            }
        }
        self.windows.number += 1;
        self.windows.now_start = now;
    }

    fn end_row(&mut self, plan: &Plan, client: usize, now: u64) {
        let length = (self.windows.length * self.windows.per_row) as f64;
        let state = &mut self.clients[client];
        let found = state.book.latency.pour(&mut state.book.latency_earlier, [0.5, 0.99]);
        let integral = state.under_way.integral(now);
        let row = (self.windows.number / self.windows.per_row) as usize;
        let rows = &mut self.windows.rows[client];
        if rows.len() <= row {
            rows.resize(row + 1, Row::default());
        }
        [rows[row].p50, rows[row].p99] = found.map(|bucket| bucket.map(middle));
        rows[row].in_system = (integral - self.windows.under_way[client]) as f64 / length;
        self.windows.under_way[client] = integral;
        let mut called: Vec<usize> = plan.system.clients[client]
            .steps
            .iter()
            .flat_map(|step| step.calls.iter().map(|call| call.service.index()))
            .collect();
        called.sort_unstable();
        called.dedup();
        rows[row].replicas_up = called
            .iter()
            .map(|service| {
                let integral = self.services[*service].book.replicas_up.integral(now);
                (integral - self.windows.replicas_up[*service]) as f64 / length
            })
            .sum();
    }

    /// The measured part begins: windows and rows count from `now`.
    pub(super) fn begin_windows(&mut self, now: u64) {
        for (client, integral) in self.windows.under_way.iter_mut().enumerate() {
            *integral = self.clients[client].under_way.integral(now);
        }
        for (service, integral) in self.windows.replicas_up.iter_mut().enumerate() {
            *integral = self.services[service].book.replicas_up.integral(now);
        }
    }
}

/// The middle of a bucket.
fn middle(bucket: u32) -> SimDuration {
    let (low, high) = Histogram::bounds(bucket as usize);
    SimDuration::from_nanos(low.midpoint(high - 1))
}
