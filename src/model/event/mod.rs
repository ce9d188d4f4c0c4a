//! Events: messages that wait in a queue until a consumer has done what they ask for, and are delivered again where it has
//! not.
//!
//! A queue is a service that answers when it has taken a message in. What becomes of messages after that is said here, as
//! settings and small decisions that schedule nothing. Sources: Amazon SQS Developer Guide, "Visibility timeout" and
//! "Dead-letter queues"; AWS Lambda Developer Guide, "Asynchronous invocation", "Capturing records of Lambda asynchronous
//! invocations" and "Using Lambda with Amazon SQS".

use crate::kernel::distribution::Distribution;
use crate::units::{Probability, ServiceId, SimDuration};

crate::choices! {
    /// Which failed messages of a batch are delivered again.
    pub enum Report {
        /// All of the batch, those done well too.
        Batch = "batch",
        /// Only those that failed.
        Items = "items",
    }
}

crate::choices! {
    /// In which order messages are delivered.
    pub enum OrderWord {
        /// In that in which they became visible; any number of them may be in flight.
        Standard = "standard",
        /// As they came within each group, which has one batch in flight and waits for it.
        Fifo = "fifo",
    }
}

crate::choices! {
    /// What a caller waits for.
    pub enum Invoke {
        /// For the answer.
        Sync = "sync",
        /// Until the event is accepted; the function gets it later.
        Async = "async",
    }
}

/// What a service keeps that is a queue.
#[derive(Debug, Clone)]
pub struct EventQueue {
    /// How long others do not see a message that was received; `None` is until its consumer answers.
    pub visibility: Option<SimDuration>,
    /// How long a message is kept.
    pub retention: SimDuration,
    /// How often a message is received before it is given up; `None` is any number of times.
    pub max_receives: Option<u32>,
    /// Where messages go that are given up; without, they are lost.
    pub dead_letter: Option<ServiceId>,
    /// The order of delivery.
    pub order: Order,
    /// How long it takes until a message is visible.
    pub delay: Distribution,
    /// Share of messages that are there twice.
    pub duplicates: Probability,
    /// The most messages at once.
    pub capacity: Option<u32>,
    /// Who decides when a message that failed is delivered again, where it is not its visibility.
    pub retries: Option<AsyncRetries>,
    /// Who receives its messages.
    pub consumer: Option<Consumer>,
    /// The scope of its metrics.
    pub scope: String,
}

/// The order of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they become visible.
    Standard,
    /// As they came, within so many groups by hash of the session.
    Groups(u32),
    /// As they came, within each session.
    Sessions,
}

/// Who receives messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumer {
    /// The service.
    pub service: ServiceId,
    /// The most messages of one receive; at least 1.
    pub batch: u32,
    /// How long a batch that is not full waits for more.
    pub window: SimDuration,
    /// Which messages of a failed batch are delivered again.
    pub report: Report,
    /// How many receives are out at once; as many as there are free slots where absent.
    pub polling: Polling,
    /// The queue that gets a record of each message that is given up or too old, beside whatever becomes of that.
    pub on_failure: Option<ServiceId>,
    /// The queue that gets a record of each message that was done.
    pub on_success: Option<ServiceId>,
}

/// How many receives are out at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polling {
    /// One for each free slot.
    Slots,
    /// One for each message.
    All,
    /// One for each poller.
    Pollers(Pollers),
}

/// Pollers in front of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pollers {
    /// How many there are at least.
    pub start: u32,
    /// Time from one more to the next, while all are busy and messages wait.
    pub interval: SimDuration,
    /// How many there are at most.
    pub max: u32,
}

/// When an event that failed at a function is given to it again.
#[derive(Debug, Clone, PartialEq)]
pub struct AsyncRetries {
    /// How often an event is tried again that the function has failed.
    pub retries: u32,
    /// How long each of those waits; the last one also for those beyond.
    pub waits: Vec<SimDuration>,
    /// The wait after the first refusal; it doubles with each.
    pub backoff_first: SimDuration,
    /// The longest of those.
    pub backoff_max: SimDuration,
}

impl AsyncRetries {
    /// The wait after the function has failed an event for the nth time, from 1; `None` where it is given up.
    pub fn after_failure(&self, failures: u32) -> Option<SimDuration> {
        if failures > self.retries {
            return None;
        }
        let place = (failures.max(1) as usize - 1).min(self.waits.len().saturating_sub(1));
        Some(self.waits.get(place).copied().unwrap_or_default())
    }

    /// The wait after an event was refused for the nth time, from 1: that is no failure of the function.
    pub fn after_refusal(&self, refusals: u32) -> SimDuration {
        let doubled = 1_u64.checked_shl(refusals.saturating_sub(1)).unwrap_or(u64::MAX);
        let wait = self.backoff_first.as_nanos().saturating_mul(doubled);
        SimDuration::from_nanos(wait.min(self.backoff_max.as_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries() -> AsyncRetries {
        let seconds = SimDuration::from_secs;
        AsyncRetries {
            retries: 3,
            waits: vec![seconds(60.0), seconds(120.0)],
            backoff_first: seconds(1.0),
            backoff_max: seconds(300.0),
        }
    }

    #[test]
    fn the_last_wait_holds_for_all_beyond_and_retries_end() {
        let after = |failures| retries().after_failure(failures).map(SimDuration::as_secs);
        assert_eq!([1, 2, 3, 4].map(after), [Some(60.0), Some(120.0), Some(120.0), None]);
    }

    #[test]
    fn refusals_double_the_wait_up_to_its_end() {
        let after = |refusals| retries().after_refusal(refusals).as_nanos() / 1_000_000_000;
        assert_eq!([1, 2, 3, 9, 10, 64, 65, 4_000_000_000].map(after), [1, 2, 4, 256, 300, 300, 300, 300]);
    }
}
