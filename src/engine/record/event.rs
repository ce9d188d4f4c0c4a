//! What is counted of messages and of the work that they ask for: that of measured requests.

use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::record::metrics::{Gauge, Sample};
use crate::engine::task::flag;
use crate::measure::{EventMeasure, Poured, WorkMeasure};

/// What is counted of one queue.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct EventMetrics {
    accepted: u64,
    duplicated: u64,
    requests: u64,
    done: u64,
    redeliveries: u64,
    dead_lettered: u64,
    /// Those that were given up, measured or not.
    given_up: u64,
    expired: u64,
    /// Records of those that were given up or too old, and of those that were done.
    reported: [u64; 2],
    age: Sample,
    /// Messages that wait.
    pub(in crate::engine) backlog: Gauge,
}

/// What is counted of the work that one client asks for by messages.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct WorkMetrics {
    asked: u64,
    completed: u64,
    latency: Sample,
}

/// How a message left its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Left {
    Done,
    DeadLettered,
    Expired,
}

/// One for each queue, and one for each client where there are queues.
pub(super) fn event_metrics(plan: &Plan) -> (Vec<EventMetrics>, Vec<WorkMetrics>) {
    let queues = plan.queues.services.len();
    let clients = if queues == 0 { 0 } else { plan.system.clients.len() };
    (vec![EventMetrics::default(); queues], vec![WorkMetrics::default(); clients])
}

impl EventMetrics {
    /// What was counted, `left` being those that wait at the end and those in flight.
    pub(in crate::engine) fn measure(&mut self, [waiting, in_flight]: [u64; 2]) -> EventMeasure {
        EventMeasure {
            accepted: self.accepted,
            duplicated: self.duplicated,
            requests: self.requests,
            done: self.done,
            redeliveries: self.redeliveries,
            dead_lettered: self.dead_lettered,
            expired: self.expired,
            reported: self.reported,
            waiting,
            in_flight,
            age: self.age.tally(&Poured::default()),
            backlog: self.backlog.measured(),
        }
    }
}

impl EventMetrics {
    /// Messages that were given up so far, measured or not.
    pub(in crate::engine) fn given_up(&self) -> u64 {
        self.given_up
    }
}

impl WorkMetrics {
    /// What was counted, `pending` being what may still be done.
    pub(in crate::engine) fn measure(&mut self, pending: u64) -> WorkMeasure {
        let latency = self.latency.tally(&Poured::default());
        WorkMeasure { asked: self.asked, completed: self.completed, pending, latency }
    }
}

impl Record {
    /// A message was taken in, once or twice.
    pub(in crate::engine) fn note_event_accepted(&mut self, queue: u32, flags: u16, is_twice: bool) {
        let measured = u64::from(flags & flag::MEASURED != 0);
        let metrics = &mut self.events[queue as usize];
        metrics.accepted += measured;
        metrics.duplicated += if is_twice { measured } else { 0 };
    }

    /// Something was asked of a queue that is paid for.
    pub(in crate::engine) fn note_request(&mut self, queue: u32, is_measured: bool) {
        self.events[queue as usize].requests += u64::from(is_measured);
    }

    /// A message left its queue at an age [ns].
    pub(in crate::engine) fn note_event_ended(&mut self, queue: u32, flags: u16, (left, age): (Left, u64)) {
        let metrics = &mut self.events[queue as usize];
        metrics.given_up += u64::from(left == Left::DeadLettered);
        if flags & flag::MEASURED == 0 {
            return;
        }
        metrics.age.record(age);
        match left {
            Left::Done => metrics.done += 1,
            Left::DeadLettered => metrics.dead_lettered += 1,
            Left::Expired => metrics.expired += 1,
        }
    }

    /// A record of how a message ended was sent.
    pub(in crate::engine) fn note_reported(&mut self, queue: u32, flags: u16, is_done: bool) {
        let measured = u64::from(flags & flag::MEASURED != 0);
        self.events[queue as usize].reported[usize::from(is_done)] += measured;
    }

    /// A message was received for the nth time.
    pub(in crate::engine) fn note_received(&mut self, queue: u32, flags: u16, receives: u32) {
        let is_counted = flags & flag::MEASURED != 0 && receives > 1;
        self.events[queue as usize].redeliveries += u64::from(is_counted);
    }

    /// One message more waits, or one less.
    pub(in crate::engine) fn note_backlog(&mut self, queue: u32, more: bool, now: u64) {
        let backlog = &mut self.events[queue as usize].backlog;
        if more {
            backlog.up(now);
        } else {
            backlog.down(now);
        }
    }

    /// A client's request asks for a piece of work by a message.
    pub(in crate::engine) fn note_work_asked(&mut self, client: u32, is_measured: bool) {
        self.works[client as usize].asked += u64::from(is_measured);
    }

    /// Such work was done for the first time, so long after its request began [ns].
    pub(in crate::engine) fn note_completed(&mut self, client: u32, took: u64) {
        let metrics = &mut self.works[client as usize];
        metrics.completed += 1;
        metrics.latency.record(took);
    }

    /// Work of a message took effect at a service for the nth time, or not at all.
    pub(in crate::engine) fn note_effect(
        &mut self,
        (service, client): (usize, u32),
        times: u32,
        measured: u64,
    ) {
        if times > 0 {
            self.services[service].effects += measured;
        }
        if times > 1 {
            self.services[service].duplicates += measured;
            self.clients[client as usize].duplicates += measured;
        }
    }
}
