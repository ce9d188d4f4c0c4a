//! What handlers write while time runs: gauges and samples, each a few additions.

use crate::measure::{ClientMeasure, Histogram, Tally};
use crate::reason::Reason;
use crate::units::SimDuration;

/// A number that changes at instants, and its integral over time.
///
/// The sum of all changes times their instants is kept, in wrapping arithmetic: integral(T) = n T + s, where a step up
/// at t adds -t to s. One addition a change.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gauge {
    pub(super) count: u64,
    sum: u128,
    /// The integral at the start of what is measured.
    base: u128,
    /// The measured integral, once its end has come.
    done: Option<u128>,
}

impl Gauge {
    #[inline]
    pub(super) fn up(&mut self, now: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_sub(u128::from(now));
    }

    #[inline]
    pub(super) fn down(&mut self, now: u64) {
        debug_assert!(self.count > 0, "what goes down was up");
        self.count -= 1;
        self.sum = self.sum.wrapping_add(u128::from(now));
    }

    pub(super) fn raise(&mut self, by: u64, now: u64) {
        self.count += by;
        self.sum = self.sum.wrapping_sub(u128::from(by) * u128::from(now));
    }

    pub(super) fn lower(&mut self, by: u64, now: u64) {
        self.count -= by;
        self.sum = self.sum.wrapping_add(u128::from(by) * u128::from(now));
    }

    /// The integral from the start of the run to `now`.
    pub(super) fn integral(&self, now: u64) -> u128 {
        (u128::from(self.count) * u128::from(now)).wrapping_add(self.sum)
    }

    pub(super) fn begin(&mut self, now: u64) {
        self.base = self.integral(now);
    }

    pub(super) fn end(&mut self, now: u64) {
        self.done = Some(self.integral(now) - self.base);
    }

    /// The integral over the measured part.
    pub(super) fn measured(&self) -> u128 {
        self.done.unwrap_or_default()
    }
}

/// A sample of durations.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    histogram: Histogram,
    sum: u128,
    max: u64,
}

impl Sample {
    #[inline(always)]
    pub(super) fn record(&mut self, nanos: u64) {
        self.record_in(Histogram::bucket(nanos), nanos);
    }

    /// As [`Sample::record`] where the bucket is known already.
    #[inline(always)]
    pub(super) fn record_in(&mut self, bucket: usize, nanos: u64) {
        self.histogram.record_bucket(bucket);
        self.sum += u128::from(nanos);
        self.max = self.max.max(nanos);
    }

    /// The buckets filled since the last call, which it empties.
    pub(super) fn drain(&mut self) -> Vec<(u32, u64)> {
        self.histogram.drain(self.max)
    }

    /// Everything recorded, `earlier` being what was drained before.
    pub(super) fn tally(&mut self, earlier: &[u64]) -> Tally {
        let mut buckets: Vec<(u32, u64)> = earlier
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(bucket, count)| (bucket as u32, *count))
            .collect();
        for (bucket, count) in self.drain() {
            match buckets.binary_search_by_key(&bucket, |(one, _)| *one) {
                Ok(place) => buckets[place].1 += count,
                Err(place) => buckets.insert(place, (bucket, count)),
            }
        }
        Tally {
            count: buckets.iter().map(|(_, count)| count).sum(),
            sum: self.sum,
            max: SimDuration::from_nanos(self.max),
            buckets,
        }
    }
}

/// What is written about a client.
#[derive(Debug, Clone, Default)]
pub(super) struct ClientBook {
    pub(super) requests: u64,
    pub(super) good: u64,
    pub(super) reasons: [u64; Reason::COUNT],
    pub(super) first_tries: u64,
    pub(super) attempts: u64,
    pub(super) fallbacks: u64,
    pub(super) latency: Sample,
    /// Latencies of earlier rows of the timeline, by bucket.
    pub(super) latency_earlier: Vec<u64>,
    pub(super) latency_failed: Sample,
    pub(super) within: Vec<u64>,
    /// The availability window that is open now.
    pub(super) window: super::window::Count,
}

impl ClientBook {
    pub(super) fn measure(&mut self) -> ClientMeasure {
        let ended = self.good + self.reasons.iter().sum::<u64>();
        ClientMeasure {
            requests: self.requests,
            good: self.good,
            reasons: self.reasons,
            unfinished: self.requests - ended,
            first_tries: self.first_tries,
            attempts: self.attempts,
            fallbacks: self.fallbacks,
            latency: self.latency.tally(&self.latency_earlier),
            latency_failed: self.latency_failed.tally(&[]),
            within: self.within.clone(),
            windows: crate::measure::WindowMeasure::default(),
        }
    }
}

/// What is written about a service.
#[derive(Debug, Clone, Default)]
pub(super) struct ServiceBook {
    pub(super) attempts: u64,
    pub(super) fallbacks: u64,
    pub(super) delayed: u64,
    pub(super) wait: Sample,
    pub(super) service: Sample,
    pub(super) sojourn: Sample,
    pub(super) reasons: [u64; Reason::COUNT],
    pub(super) wasted: u128,
    /// Time in slots of attempts whose service did not end.
    pub(super) broken_off: u128,
    pub(super) queue_max: u32,
    pub(super) busy: Gauge,
    pub(super) available: Gauge,
    pub(super) queue: Gauge,
    pub(super) inside: Gauge,
    pub(super) replicas_up: Gauge,
}

impl ServiceBook {
    pub(super) fn gauges(&mut self) -> [&mut Gauge; 5] {
        [&mut self.busy, &mut self.available, &mut self.queue, &mut self.inside, &mut self.replicas_up]
    }
}

impl ClientBook {
    /// Notes a request that did not end well.
    #[inline(never)]
    pub(super) fn fail(&mut self, reason: Reason, latency: u64) -> super::window::Mark {
        self.reasons[reason.index()] += 1;
        match reason {
            Reason::TooSlow => self.latency.record(latency),
            _ => self.latency_failed.record(latency),
        }
        match reason {
            Reason::ClientError => super::window::Mark::Other,
            _ => super::window::Mark::Failed,
        }
    }
}
