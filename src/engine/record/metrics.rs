//! What handlers write while time runs: gauges and samples, each a few additions.

use crate::engine::plan::Plan;
use crate::engine::record::collapse::Steps;
use crate::engine::record::window::Mark::{Failed, Other};
use crate::engine::record::window::{Count, Mark};
use crate::measure::{ClientMeasure, FleetMeasure, Half, Histogram, Messages, Poured, Tally};
use crate::model::fleet::{Concurrency, Life};
use crate::reason::Reason;
use crate::units::SimDuration;

/// A sum in two words, of which the high one is touched only when the low one runs over: an addition to a number of
/// 128 bits in memory costs three times as much.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    low: u64,
    high: u64,
}

impl Sum {
    #[inline(always)]
    fn add(&mut self, value: u64) {
        let (low, is_over) = self.low.overflowing_add(value);
        self.low = low;
        if is_over {
            self.high = self.high.wrapping_add(1);
        }
    }

    #[inline(always)]
    fn subtract(&mut self, value: u64) {
        let (low, is_over) = self.low.overflowing_sub(value);
        self.low = low;
        if is_over {
            self.high = self.high.wrapping_sub(1);
        }
    }

    const fn get(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

impl From<u128> for Sum {
    fn from(sum: u128) -> Self {
        Self { low: sum as u64, high: (sum >> 64) as u64 }
    }
}

/// A number that changes at instants, and its integral over time.
///
/// The sum of all changes times their instants is kept, in wrapping arithmetic: integral(T) = n T + s, where a step up
/// at t adds -t to s. One addition a change.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Gauge {
    pub(in crate::engine) count: u64,
    /// The sum, and [`Gauge::MIDDLE`].
    sum: Sum,
    /// The integral at the start of what is measured.
    base: u128,
    /// The measured integral, once its end has come.
    done: Option<u128>,
}

impl Default for Gauge {
    fn default() -> Self {
        Self { count: 0, sum: Sum::from(Self::MIDDLE), base: 0, done: None }
    }
}

impl Gauge {
    /// Sums that are near 0, on either side, leave the high word alone.
    const MIDDLE: u128 = 1 << 63;

    #[inline(always)]
    pub(in crate::engine) fn up(&mut self, now: u64) {
        self.count += 1;
        self.sum.subtract(now);
    }

    #[inline(always)]
    pub(in crate::engine) fn down(&mut self, now: u64) {
        debug_assert!(self.count > 0, "what goes down was up");
        self.count -= 1;
        self.sum.add(now);
    }

    pub(in crate::engine) fn raise(&mut self, by: u64, now: u64) {
        self.count += by;
        self.sum = self.sum.get().wrapping_sub(u128::from(by) * u128::from(now)).into();
    }

    pub(in crate::engine) fn lower(&mut self, by: u64, now: u64) {
        self.count -= by;
        self.sum = self.sum.get().wrapping_add(u128::from(by) * u128::from(now)).into();
    }

    /// The number is this from `now` on.
    pub(in crate::engine) fn set(&mut self, count: u64, now: u64) {
        if count > self.count {
            self.raise(count - self.count, now);
        } else {
            self.lower(self.count - count, now);
        }
    }

    /// The integral from the start of the run to `now`.
    pub(in crate::engine) fn integral(&self, now: u64) -> u128 {
        (u128::from(self.count) * u128::from(now)).wrapping_add(self.sum.get()).wrapping_sub(Self::MIDDLE)
    }

    pub(in crate::engine) fn begin(&mut self, now: u64) {
        self.base = self.integral(now);
    }

    pub(in crate::engine) fn end(&mut self, now: u64) {
        self.done = Some(self.integral(now) - self.base);
    }

    /// The integral from the start of what is measured to `now`.
    pub(in crate::engine) fn since_begin(&self, now: u64) -> u128 {
        self.integral(now) - self.base
    }

    /// The integral over the measured part.
    pub(in crate::engine) fn measured(&self) -> u128 {
        self.done.unwrap_or_default()
    }
}

/// A sample of durations.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Sample {
    histogram: Histogram,
    sum: Sum,
    max: u64,
}

impl Sample {
    #[inline(always)]
    pub(in crate::engine) fn record(&mut self, nanos: u64) {
        self.record_in(Histogram::bucket(nanos), nanos);
    }

    /// As [`Sample::record`] where the bucket is known already.
    #[inline(always)]
    pub(in crate::engine) fn record_in(&mut self, bucket: usize, nanos: u64) {
        self.histogram.record_bucket(bucket);
        self.sum.add(nanos);
        if nanos > self.max {
            // Rare, so that most need no store.
            self.max = nanos;
        }
    }

    /// Moves what was recorded since the last call to `earlier`; for each share, the bucket of it that the share does
    /// not exceed.
    pub(in crate::engine) fn pour<const SHARES: usize>(
        &mut self,
        earlier: &mut Poured,
        shares: [f64; SHARES],
    ) -> [Option<u32>; SHARES] {
        self.histogram.pour(self.max, earlier, shares)
    }

    /// Everything recorded, `earlier` being what was drained before.
    pub(in crate::engine) fn tally(&mut self, earlier: &Poured) -> Tally {
        let mut buckets: Vec<(u32, u64)> = earlier.held().collect();
        for (bucket, count) in self.histogram.drain() {
            match buckets.binary_search_by_key(&bucket, |(one, _)| *one) {
                Ok(place) => buckets[place].1 += count,
                Err(place) => buckets.insert(place, (bucket, count)),
            }
        }
        Tally {
            count: buckets.iter().map(|(_, count)| count).sum(),
            sum: self.sum.get(),
            max: SimDuration::from_nanos(self.max),
            buckets: buckets.into_iter().collect(),
        }
    }
}

/// What is written about a client.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ClientMetrics {
    /// Requests of the cells that ended: see `window`.
    pub(in crate::engine) requests: u64,
    pub(in crate::engine) good: u64,
    pub(in crate::engine) reasons: [u64; Reason::COUNT],
    /// First tries and attempts beyond one of each for every request, which need not be counted.
    pub(in crate::engine) first_tries_beyond: i64,
    pub(in crate::engine) attempts_beyond: i64,
    pub(in crate::engine) fallbacks: u64,
    pub(in crate::engine) messages: Messages,
    /// Effects beyond the first of one piece of work.
    pub(in crate::engine) duplicates: u64,
    pub(in crate::engine) latency: Sample,
    /// Latencies of earlier rows of the timeline, by bucket.
    pub(in crate::engine) latency_earlier: Poured,
    /// How many latencies that are.
    pub(in crate::engine) poured: u64,
    pub(in crate::engine) latency_failed: Sample,
    pub(in crate::engine) within: Vec<u64>,
    /// Requests under way.
    pub(in crate::engine) under_way: Gauge,
    pub(in crate::engine) steps: Steps,
    /// Of the requests that arrived so far.
    pub(in crate::engine) digest: u64,
    /// The cell that is open now: no availability window and no row of the timeline ends within it.
    pub(in crate::engine) window: Count,
}

impl ClientMetrics {
    pub(in crate::engine) fn new(plan: &Plan, number: usize) -> Self {
        Self {
            requests: 0,
            good: 0,
            reasons: [0; Reason::COUNT],
            first_tries_beyond: 0,
            attempts_beyond: 0,
            fallbacks: 0,
            messages: Messages::default(),
            duplicates: 0,
            latency: Sample::default(),
            latency_earlier: Poured::default(),
            poured: 0,
            latency_failed: Sample::default(),
            within: vec![0; plan.span.thresholds.len()],
            under_way: Gauge::default(),
            steps: Steps::new(plan, number),
            digest: 0,
            window: crate::engine::record::window::Count::default(),
        }
    }

    pub(in crate::engine) fn measure(&mut self) -> ClientMeasure {
        let ended = self.good + self.reasons.iter().sum::<u64>();
        let requests = self.requests + self.window.arrived;
        ClientMeasure {
            requests,
            good: self.good,
            reasons: self.reasons,
            unfinished: requests - ended,
            first_tries: requests.saturating_add_signed(self.first_tries_beyond),
            attempts: requests.saturating_add_signed(self.attempts_beyond),
            fallbacks: self.fallbacks,
            messages: self.messages,
            duplicates: self.duplicates,
            latency: self.latency.tally(&self.latency_earlier),
            latency_failed: self.latency_failed.tally(&Poured::default()),
            within: self.within.clone(),
            windows: crate::measure::WindowMeasure::default(),
            collapses: None,
            halves: None,
            works: None,
            astray: None,
        }
    }
}

/// What is written about a service.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct ServiceMetrics {
    pub(in crate::engine) attempts: u64,
    /// Those of them that were never sent.
    pub(in crate::engine) unsent: u64,
    /// Those of them that are retries or copies, or were made for one.
    pub(in crate::engine) repeats: u64,
    /// Those that authorisation refused.
    pub(in crate::engine) denied: u64,
    /// Bytes moved between zones, and between regions.
    pub(in crate::engine) moved: [u64; 2],
    pub(in crate::engine) fallbacks: u64,
    pub(in crate::engine) messages: Messages,
    pub(in crate::engine) effects: u64,
    /// Those beyond the first of one piece of work.
    pub(in crate::engine) duplicates: u64,
    /// Attempts that an earlier one answered.
    pub(in crate::engine) suppressed: u64,
    pub(in crate::engine) delayed: u64,
    pub(in crate::engine) wait: Sample,
    /// Attempts that began at once and are not in `wait`.
    pub(in crate::engine) at_once: u64,
    pub(in crate::engine) service: Sample,
    pub(in crate::engine) sojourn: Sample,
    /// Times of attempts that are in neither of the two: they had not waited, so that both are the same.
    prompt: Sample,
    pub(in crate::engine) reasons: [u64; Reason::COUNT],
    pub(in crate::engine) wasted: u128,
    /// Time in slots of attempts whose service did not end.
    pub(in crate::engine) broken_off: u128,
    pub(in crate::engine) queue_max: u32,
    /// The longest queue of the measured part, once that has ended.
    pub(in crate::engine) queue_max_measured: u32,
    pub(in crate::engine) busy: Gauge,
    pub(in crate::engine) available: Gauge,
    pub(in crate::engine) queue: Gauge,
    pub(in crate::engine) inside: Gauge,
    pub(in crate::engine) replicas_up: Gauge,
    /// Replicas that are ejected, counted for each decider.
    pub(in crate::engine) ejected: Gauge,
    pub(in crate::engine) ejections: u64,
    /// Those of replicas without a fault.
    pub(in crate::engine) ejections_false: u64,
}

impl ServiceMetrics {
    /// With the gauges as they stand at time 0.
    pub(in crate::engine) fn new(plan: &Plan, number: usize) -> Self {
        let settings = &plan.system.services[number];
        let mut metrics = Self::default();
        // Instances of a population are counted as they come.
        let present = if settings.population.is_some() { 0 } else { settings.serving() };
        metrics.replicas_up.raise(u64::from(present), 0);
        if let Concurrency::Slots(slots) = settings.concurrency {
            metrics.available.raise(u64::from(slots) * u64::from(settings.serving()), 0);
        }
        metrics
    }

    /// Records an attempt whose service ended after it was there for so long, of which it was served for so long
    /// (ns); `bucket` is that of the first.
    #[inline(always)]
    pub(in crate::engine) fn record_served(&mut self, (sojourn, bucket): (u64, usize), served: u64) {
        if served == sojourn {
            return self.prompt.record_in(bucket, sojourn);
        }
        self.service.record(served);
        self.sojourn.record_in(bucket, sojourn);
    }

    /// Waits, times in service and sojourns that were recorded.
    pub(in crate::engine) fn tallies(&mut self) -> [Tally; 3] {
        let (mut at_once, mut prompt) = (Poured::default(), Poured::default());
        if self.at_once > 0 {
            at_once.add(Histogram::bucket(0) as u32, self.at_once);
        }
        self.prompt.pour(&mut prompt, []);
        for sample in [&mut self.service, &mut self.sojourn] {
            sample.sum = Sum::from(sample.sum.get() + self.prompt.sum.get());
            sample.max = sample.max.max(self.prompt.max);
        }
        [self.wait.tally(&at_once), self.service.tally(&prompt), self.sojourn.tally(&prompt)]
    }

    pub(in crate::engine) fn gauges(&mut self) -> [&mut Gauge; 6] {
        [
            &mut self.busy,
            &mut self.available,
            &mut self.queue,
            &mut self.inside,
            &mut self.replicas_up,
            &mut self.ejected,
        ]
    }
}

/// What is counted of a fleet that changes.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct FleetMetrics {
    /// Replicas that are starting, up or draining.
    pub(in crate::engine) present: Gauge,
    pub(in crate::engine) starting: Gauge,
    pub(in crate::engine) draining: Gauge,
    /// Replicas that controllers want.
    pub(in crate::engine) desired: Gauge,
    /// Replicas that it was decided to start in the measured part.
    pub(in crate::engine) starts: u64,
    /// Starts that a quota did not allow, counted at each decision.
    pub(in crate::engine) starts_refused: u64,
    /// Changes of the number that is wanted, and those of them that undid another not long before.
    pub(in crate::engine) decisions: u64,
    pub(in crate::engine) oscillations: u64,
    /// Tries to start one that were in vain.
    pub(in crate::engine) starts_failed: u64,
    /// Seats that became empty in it.
    pub(in crate::engine) leaves: u64,
    /// From the decision to start a replica to its being ready.
    pub(in crate::engine) start: Sample,
}

impl FleetMetrics {
    pub(in crate::engine) fn gauges(&mut self) -> [&mut Gauge; 4] {
        [&mut self.present, &mut self.starting, &mut self.draining, &mut self.desired]
    }

    /// What was counted in the measured part.
    pub(in crate::engine) fn measure(&mut self) -> FleetMeasure {
        FleetMeasure {
            present: self.present.measured(),
            starting: self.starting.measured(),
            draining: self.draining.measured(),
            desired: self.desired.measured(),
            starts: self.starts,
            starts_failed: self.starts_failed,
            provision: None,
            starts_refused: self.starts_refused,
            decisions: self.decisions,
            oscillations: self.oscillations,
            leaves: self.leaves,
            start: self.start.tally(&Poured::default()),
        }
    }

    /// A replica goes on to another part of its life.
    pub(in crate::engine) fn turn(&mut self, from: Life, to: Life, now: u64) {
        match from {
            Life::Absent => self.present.up(now),
            Life::Starting => self.starting.down(now),
            Life::Up => {}
            Life::Draining => self.draining.down(now),
        }
        match to {
            Life::Absent => self.present.down(now),
            Life::Starting => self.starting.up(now),
            Life::Up => {}
            Life::Draining => self.draining.up(now),
        }
    }
}

impl ClientMetrics {
    /// What was measured of all requests so far, as of a half.
    pub(in crate::engine) fn half(&self) -> Half {
        let finished = self.good + self.reasons.iter().sum::<u64>();
        Half {
            finished,
            failed: finished - self.good - self.reasons[Reason::ClientError.index()],
            answered: self.answered(),
            latency: self.latency.sum.get(),
        }
    }

    /// Requests that had an answer, of use or not.
    pub(in crate::engine) fn answered(&self) -> u64 {
        self.good + self.reasons[Reason::TooSlow.index()] + self.reasons[Reason::Corrupt.index()]
    }

    /// Notes a request that ended well; `bucket` is that of its latency [ns].
    #[inline(always)]
    pub(in crate::engine) fn ended_well(&mut self, bucket: usize, latency: u64, thresholds: &[SimDuration]) {
        self.good += 1;
        self.latency.record_in(bucket, latency);
        for (within, threshold) in self.within.iter_mut().zip(thresholds) {
            *within += u64::from(latency <= threshold.as_nanos());
        }
    }

    /// Notes a request that did not end well.
    #[inline(never)]
    pub(in crate::engine) fn fail(&mut self, reason: Reason, latency: u64) -> Mark {
        self.reasons[reason.index()] += 1;
        match reason {
            Reason::TooSlow | Reason::Corrupt => self.latency.record(latency),
            _ => self.latency_failed.record(latency),
        }
        match reason {
            Reason::ClientError => Other,
            _ => Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_exact_where_its_sum_runs_over() {
        // Each step is half of what a word holds, so that the high word changes in both directions.
        let half = 1 << 63;
        let mut gauge = Gauge::default();
        for now in [half, half + 1, half + 2] {
            gauge.up(now);
        }
        assert_eq!(gauge.integral(half + 10), 10 + 9 + 8);
        gauge.down(half + 20);
        gauge.down(half + 20);
        // The first two had 20 and 19, the last still counts.
        assert_eq!(gauge.integral(half + 20), 20 + 19 + 18);
        gauge.raise(4, half + 20);
        gauge.lower(5, half + 30);
        assert_eq!((gauge.count, gauge.integral(u64::MAX)), (0, 57 + 5 * 10));
    }

    #[test]
    fn who_had_not_waited_is_in_every_tally() {
        let mut metrics = ServiceMetrics { at_once: 2, ..ServiceMetrics::default() };
        metrics.wait.record(30);
        for (sojourn, served) in [(40, 40), (130, 100), (2_000_000, 2_000_000)] {
            metrics.record_served((sojourn, Histogram::bucket(sojourn)), served);
        }
        let [wait, service, sojourn] = metrics.tallies();
        assert_eq!((wait.count, wait.sum, wait.max.as_nanos()), (3, 30, 30));
        assert_eq!((service.count, service.sum, service.max.as_nanos()), (3, 2_000_140, 2_000_000));
        assert_eq!((sojourn.count, sojourn.sum, sojourn.max.as_nanos()), (3, 2_000_170, 2_000_000));
        let expected = |times: [u64; 3]| times.map(|time| (Histogram::bucket(time) as u32, 1)).to_vec();
        assert_eq!(wait.buckets.iter().collect::<Vec<_>>(), [(0, 2), (30, 1)]);
        assert_eq!(service.buckets.iter().collect::<Vec<_>>(), expected([40, 100, 2_000_000]));
        assert_eq!(sojourn.buckets.iter().collect::<Vec<_>>(), expected([40, 130, 2_000_000]));
    }

    #[test]
    fn a_sum_of_durations_is_exact_beyond_one_word() {
        let mut sample = Sample::default();
        for _ in 0..5 {
            sample.record(u64::MAX);
        }
        sample.record(7);
        let tally = sample.tally(&Poured::default());
        assert_eq!((tally.count, tally.sum), (6, 5 * u128::from(u64::MAX) + 7));
        assert_eq!(tally.max.as_nanos(), u64::MAX);
    }
}
