//! Numbers of a service over a time, for those who watch it: monitors and the controllers of fleets.

use crate::model::monitoring::monitor::Signal;
use crate::units::SimDuration;

impl Numbers {
    /// Those of both.
    pub(in crate::engine) fn plus(&self, other: &Self) -> Self {
        Self {
            ended: Ended {
                all: self.ended.all + other.ended.all,
                failed: self.ended.failed + other.ended.failed,
                throttled: self.ended.throttled + other.ended.throttled,
                answered: self.ended.answered + other.ended.answered,
                latency: self.ended.latency + other.ended.latency,
            },
            busy: self.busy + other.busy,
            available: self.available + other.available,
            queue: self.queue + other.queue,
            inside: self.inside + other.inside,
            backlog: self.backlog + other.backlog,
            up: self.up + other.up,
            cold: self.cold + other.cold,
            dead: self.dead + other.dead,
        }
    }

    /// Those of a whole without one of its parts.
    pub(in crate::engine) fn without(&self, part: &Self) -> Self {
        Self {
            ended: Ended {
                all: self.ended.all - part.ended.all,
                failed: self.ended.failed - part.ended.failed,
                throttled: self.ended.throttled - part.ended.throttled,
                answered: self.ended.answered - part.ended.answered,
                latency: self.ended.latency - part.ended.latency,
            },
            busy: self.busy - part.busy,
            available: self.available - part.available,
            queue: self.queue - part.queue,
            inside: self.inside - part.inside,
            backlog: self.backlog - part.backlog,
            up: self.up - part.up,
            cold: self.cold - part.cold,
            dead: self.dead - part.dead,
        }
    }
}

/// What attempts at a service or requests of a client came to so far, measured or not.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Ended {
    pub(in crate::engine) all: u64,
    pub(in crate::engine) failed: u64,
    /// Those that failed because they were throttled.
    pub(in crate::engine) throttled: u64,
    /// Those whose latency counts: all of a service, of a client those answered well in content.
    pub(in crate::engine) answered: u64,
    /// Sum of their times from sending to end [ns].
    pub(in crate::engine) latency: u128,
}

impl Ended {
    /// One more ended, after so long [ns].
    pub(in crate::engine) fn add(&mut self, failed: bool, latency: u64) {
        self.all += 1;
        self.answered += 1;
        self.failed += u64::from(failed);
        self.latency += u128::from(latency);
    }
}

/// Sums over time of a service or client at an instant.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Numbers {
    pub(in crate::engine) ended: Ended,
    pub(in crate::engine) busy: u128,
    pub(in crate::engine) available: u128,
    pub(in crate::engine) queue: u128,
    pub(in crate::engine) inside: u128,
    pub(in crate::engine) backlog: u128,
    pub(in crate::engine) up: u128,
    /// Instances that were started for an attempt, and messages that were given up; only for monitors.
    pub(in crate::engine) cold: u64,
    pub(in crate::engine) dead: u64,
}

/// The value of a number over a period, between two instants.
pub(in crate::engine) fn value(
    signal: Signal,
    before: &Numbers,
    after: &Numbers,
    period: SimDuration,
) -> Option<f64> {
    let length = period.as_nanos() as f64;
    let mean = |one: u128, other: u128| Some((other - one) as f64 / length);
    let all = after.ended.all - before.ended.all;
    let share = |part: f64, all: u64| (all > 0).then(|| part / all as f64);
    match signal {
        Signal::FailureRatio => share((after.ended.failed - before.ended.failed) as f64, all),
        Signal::LatencyMean => share(
            (after.ended.latency - before.ended.latency) as f64 / 1e9,
            after.ended.answered - before.ended.answered,
        ),
        Signal::Throughput => Some(all as f64 / period.as_secs()),
        Signal::Utilisation => {
            let available = after.available - before.available;
            (available > 0).then(|| (after.busy - before.busy) as f64 / available as f64)
        }
        Signal::QueueLengthMean => mean(before.queue, after.queue),
        Signal::InSystemMean => mean(before.inside, after.inside),
        Signal::BacklogMean => mean(before.backlog, after.backlog),
        Signal::ReplicasMean => mean(before.up, after.up),
    }
}
