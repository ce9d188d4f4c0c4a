//! Availability windows and rows of the timeline.

use std::collections::VecDeque;

use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::record::instances::Instances;
use crate::engine::record::shares::Shares;
use crate::engine::world::{Cx, State};
use crate::measure::{Histogram, TimelineRow, WindowMeasure};
use crate::units::{SimDuration, SimTime};

/// What arrived in one window at one client, and how it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::engine) struct Count {
    pub(in crate::engine) arrived: u64,
    pub(in crate::engine) good: u64,
    pub(in crate::engine) failed: u64,
    pub(in crate::engine) other: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.good += other.good;
        self.failed += other.failed;
        self.other += other.other;
    }

    #[inline]
    pub(in crate::engine) fn note(&mut self, mark: Mark) {
        match mark {
            Mark::Good => self.good += 1,
            Mark::Failed => self.failed += 1,
            Mark::Other => self.other += 1,
        }
    }
}

/// The windows and rows of all clients. The measured part is cut at the ends of both; the pieces are cells.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Windows {
    /// Length of an availability window.
    window: u64,
    /// Length of a row of the timeline.
    row: u64,
    start: u64,
    /// Start of the cell that is open now, whose counts are in each client's metrics.
    pub(in crate::engine) now_start: u64,
    window_end: u64,
    row_end: u64,
    target: f64,
    clients: Vec<ClientWindows>,
    /// Integrals at the start of the row that is open now: requests under way per client, replicas up per service.
    under_way: Vec<u128>,
    replicas_up: Vec<u128>,
    rows: Vec<Vec<Row>>,
    /// The rows of functions.
    pub(in crate::engine) instances: Instances,
    /// The rows of what is a share.
    pub(in crate::engine) shares: Shares,
}

#[derive(Debug, Clone, Default)]
struct ClientWindows {
    /// Earlier cells whose requests have not all ended.
    open: VecDeque<Cell>,
    /// What the closed cells of the first window that is not closed hold.
    window: Count,
    /// The same of the first row that is not closed.
    row: Count,
    /// Rows that are closed.
    rows: usize,
    measure: WindowMeasure,
}

/// A span without the end of a window or row in it.
#[derive(Debug, Clone, Copy)]
struct Cell {
    start: u64,
    count: Count,
    ends_window: bool,
    ends_row: bool,
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
pub(in crate::engine) enum Mark {
    Good,
    Failed,
    Other,
}

impl Windows {
    pub(in crate::engine) fn new(plan: &Plan) -> Self {
        let span = &plan.span;
        let clients = plan.system.clients.len();
        let (start, window) = (span.transient.as_nanos(), span.window.as_nanos());
        let row = span.timeline_row().as_nanos();
        Self {
            window,
            row,
            start,
            now_start: start,
            window_end: start.saturating_add(window),
            row_end: start.saturating_add(row),
            target: span.window_target.get(),
            clients: vec![ClientWindows::default(); clients],
            under_way: vec![0; clients],
            replicas_up: vec![0; plan.system.services.len()],
            rows: vec![Vec::new(); clients],
            instances: Instances::new(plan),
            shares: Shares::new(plan),
        }
    }

    /// A measured request ended that had arrived at `start`, before the open cell.
    #[inline(never)]
    pub(in crate::engine) fn ended_late(&mut self, client: usize, start: u64, mark: Mark) {
        let open = &mut self.clients[client].open;
        let begun = open.partition_point(|cell| cell.start <= start);
        if let Some(cell) = begun.checked_sub(1).and_then(|place| open.get_mut(place)) {
            cell.count.note(mark);
        }
    }

    /// When the open cell ends.
    pub(in crate::engine) fn next_end(&self) -> SimTime {
        SimTime::from_nanos(self.window_end.min(self.row_end))
    }

    /// Closes cells from the front while `may_close` allows it.
    fn close(&mut self, client: usize, may_close: impl Fn(&Count) -> bool) {
        let windows = &mut self.clients[client];
        while let Some(cell) = windows.open.front().copied().filter(|cell| may_close(&cell.count)) {
            windows.open.pop_front();
            windows.window.add(cell.count);
            windows.row.add(cell.count);
            if cell.ends_window {
                let count = std::mem::take(&mut windows.window);
                windows.measure.close(count, self.target);
            }
            if cell.ends_row {
                self.rows[client][windows.rows].count = std::mem::take(&mut windows.row);
                windows.rows += 1;
            }
        }
    }

    /// The windows of a client, and its rows of the timeline, once all is over.
    pub(in crate::engine) fn finish(&mut self) -> (Vec<WindowMeasure>, Vec<TimelineRow>) {
        let clients = self.clients.len();
        for client in 0..clients {
            self.close(client, |_| true);
        }
        let mut timeline = Vec::new();
        for row in 0..self.rows.first().map_or(0, Vec::len) {
            for client in 0..clients {
                let Some(one) = self.rows[client].get(row) else { continue };
                timeline.push(TimelineRow {
                    start: SimTime::from_nanos(self.start + row as u64 * self.row),
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

impl WindowMeasure {
    /// Counts a window that is over.
    fn close(&mut self, count: Count, target: f64) {
        let finished = count.good + count.failed + count.other;
        let availability = if finished == 0 { 1.0 } else { 1.0 - count.failed as f64 / finished as f64 };
        self.count += 1;
        self.availability_sum += availability;
        // A share of so few requests that equals the target but for its rounding meets it.
        self.met += u64::from(availability >= target - 4.0 * f64::EPSILON);
        self.with_failure += u64::from(count.failed > 0);
    }
}

impl Record {
    fn end_row<L: Listener>(&mut self, cx: &mut Cx<'_, L>, client: usize) {
        let (plan, now) = (cx.plan, cx.now);
        let length = self.windows.row as f64;
        let metrics = &mut self.clients[client];
        let recorded = metrics.answered();
        // A row in which nothing ended well needs no look at the table.
        let [p50, p99] = if recorded == std::mem::replace(&mut metrics.poured, recorded) {
            [None, None]
        } else {
            metrics.latency.pour(&mut metrics.latency_earlier, [0.5, 0.99]).map(|bucket| bucket.map(middle))
        };
        let integral = metrics.under_way.integral(now);
        let in_system = (integral - self.windows.under_way[client]) as f64 / length;
        self.windows.under_way[client] = integral;
        let mut called: Vec<usize> = plan.system.clients[client]
            .steps
            .iter()
            .flat_map(|step| step.calls.iter().map(|call| call.service.index()))
            .collect();
        called.sort_unstable();
        called.dedup();
        let replicas_up = called
            .iter()
            .map(|service| {
                let integral = self.services[*service].replicas_up.integral(now);
                (integral - self.windows.replicas_up[*service]) as f64 / length
            })
            .sum();
        let count = Count::default();
        self.windows.rows[client].push(Row { count, p50, p99, in_system, replicas_up });
    }

    /// The measured part begins: windows and rows count from `now`.
    pub(in crate::engine) fn begin_windows(&mut self, now: u64) {
        for (client, integral) in self.windows.under_way.iter_mut().enumerate() {
            *integral = self.clients[client].under_way.integral(now);
        }
        for (service, integral) in self.windows.replicas_up.iter_mut().enumerate() {
            *integral = self.services[service].replicas_up.integral(now);
        }
    }
}

impl State {
    /// A cell ends at `now` and the next begins.
    pub(in crate::engine) fn turn_window<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let now = cx.now;
        let (ends_window, ends_row) =
            (self.record.windows.window_end == now, self.record.windows.row_end == now);
        let start = self.record.windows.now_start;
        for client in 0..self.traffic.clients.len() {
            if ends_row {
                self.record.end_row(cx, client);
            }
            let metrics = &mut self.record.clients[client];
            let count = std::mem::take(&mut metrics.window);
            metrics.requests += count.arrived;
            self.record.windows.clients[client].open.push_back(Cell { start, count, ends_window, ends_row });
            self.record
                .windows
                .close(client, |count| count.arrived == count.good + count.failed + count.other);
        }
        if ends_row {
            self.turn_instances(cx);
            self.turn_shares(now);
            for (service, integral) in self.record.windows.replicas_up.iter_mut().enumerate() {
                *integral = self.record.services[service].replicas_up.integral(now);
            }
            self.record.windows.row_end = now.saturating_add(self.record.windows.row);
        }
        if ends_window {
            self.record.windows.window_end = now.saturating_add(self.record.windows.window);
        }
        self.record.windows.now_start = now;
    }
}

/// The middle of a bucket.
fn middle(bucket: u32) -> SimDuration {
    let (low, high) = Histogram::bounds(bucket as usize);
    SimDuration::from_nanos(low.midpoint(high - 1))
}
