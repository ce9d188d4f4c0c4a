use super::ejection::Ejections;
use super::success_rate::{Bucket, rates, threshold};
use super::{Desk, OutlierPolicy};
use crate::reason::Reason;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};
use rand::RngExt;

const SECOND: u64 = 1_000_000_000;
/// What shares may differ by rounding.
const ROUNDING: f64 = 1e-12;

crate::choices! {
    /// Which share the limit on ejected replicas is compared with.
    pub enum Guard {
        /// The share after one more: below ten replicas a limit of 10 % ejects nobody.
        Current = "current",
        /// The share before it, as in old versions: one replica can always be ejected.
        Older = "older",
    }
}

crate::settings! {
    /// When a replica is an outlier, and for how long it is ejected.
    pub struct EnvoySettings {
        /// Failures in a row, of whatever kind but client errors and throttling, that eject at once; 0 for never.
        consecutive_5xx: u32 = 5,
        /// Probability that this ejects.
        enforcing_consecutive_5xx: Probability = Probability::ONE,
        /// Failures in a row to get an answer from the service itself that eject at once; 0 for never.
        consecutive_gateway_failure: u32 = 5,
        /// Probability that this ejects.
        enforcing_consecutive_gateway_failure: Probability = Probability::ZERO,
        /// Whether failures that the caller sees without an answer are counted by themselves.
        split_local_origin: bool = false,
        /// Such failures in a row that eject at once, where they are counted by themselves; 0 for never.
        consecutive_local_origin_failure: u32 = 5,
        /// Probability that this ejects.
        enforcing_consecutive_local_origin_failure: Probability = Probability::ONE,
        /// Time between sweeps.
        #[range = "> 0"]
        interval: SimDuration = SimDuration::from_nanos(10 * SECOND),
        /// Length of a first ejection; further ones are that much longer each.
        #[range = "> 0"]
        base_ejection_time: SimDuration = SimDuration::from_nanos(30 * SECOND),
        /// The longest ejection.
        max_ejection_time: SimDuration = SimDuration::from_nanos(300 * SECOND),
        /// Most of the time that is added at random, evenly.
        max_ejection_time_jitter: SimDuration = SimDuration::ZERO,
        /// Most replicas that are out at once.
        max_ejected: Probability = percent(10),
        /// With which share that is compared.
        guard: Guard = Guard::Current,
        /// Whether one replica may be ejected whatever the limit.
        always_eject_one: bool = false,
        /// Replicas with enough answers below which success rates are not compared.
        success_rate_minimum_hosts: u32 = 5,
        /// Answers in an interval from which on a replica takes part in that.
        success_rate_request_volume: u32 = 100,
        /// Standard deviations below the mean, in thousandths, that make an outlier.
        success_rate_stdev_factor: u32 = 1900,
        /// Probability that this ejects.
        enforcing_success_rate: Probability = Probability::ONE,
        /// The share of failures that makes an outlier.
        failure_percentage_threshold: Probability = percent(85),
        /// Replicas with enough answers below which shares of failures are not looked at.
        failure_percentage_minimum_hosts: u32 = 5,
        /// Answers in an interval from which on a replica takes part in that.
        failure_percentage_request_volume: u32 = 50,
        /// Probability that this ejects.
        enforcing_failure_percentage: Probability = Probability::ZERO,
        /// Whether the success of an active check takes a replica back.
        check_takes_back: bool = true,
    }
}

/// A share from 0 to 100 percent.
fn percent(percent: u32) -> Probability {
    Probability::new(f64::from(percent) / 100.0).unwrap_or_default()
}

/// Ejects after failures in a row at once, and in sweeps who answers worse than the rest; who was ejected lately stays
/// out longer.
///
/// Helps against replicas that fail while their health checks succeed. Hurts where the limit is a tenth of fewer than
/// ten replicas, which ejects nobody, and where one of five in an otherwise faultless group is ejected for a single
/// error. Source: Envoy, `outlier_detection.proto` and `outlier_detection_impl.cc`, 2026.
#[derive(Debug, Clone)]
pub struct Envoy {
    settings: EnvoySettings,
    ejections: Ejections,
    hosts: Vec<Host>,
    /// When the first sweep is or would have been [ns].
    phase: u64,
    next: SimTime,
}

/// What was seen of a replica.
#[derive(Debug, Clone, Default)]
struct Host {
    /// Failures in a row: of any kind, of a gateway, seen without an answer.
    in_a_row: [u32; 3],
    /// Since the last sweep: answers, and where they are counted by themselves, whether there was one at all.
    buckets: [Bucket; 2],
}

/// Places in [`Host::in_a_row`].
const ANY: usize = 0;
const GATEWAY: usize = 1;
const LOCAL: usize = 2;

/// Whether it is a 5xx, or seen as one: all but what says that the request or its rate was wrong.
const fn is_5xx(reason: Reason) -> bool {
    !matches!(reason, Reason::ClientError | Reason::Throttled | Reason::TooSlow | Reason::Conflict)
}

/// Whether the caller saw it without an answer.
const fn is_local(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Timeout | Reason::Deadline | Reason::Reset | Reason::Connect | Reason::Partitioned
    )
}

/// Whether the service itself said nothing: what a gateway answers with 502, 503 or 504.
const fn is_gateway(reason: Reason) -> bool {
    is_5xx(reason) && !matches!(reason, Reason::Error)
}

impl Envoy {
    /// Notes an outcome in one row of failures; whether it is as long as allowed now.
    fn count(&mut self, replica: u32, row: usize, fails: bool) -> bool {
        let limit = match row {
            ANY => self.settings.consecutive_5xx,
            GATEWAY => self.settings.consecutive_gateway_failure,
            _ => self.settings.consecutive_local_origin_failure,
        };
        let count = &mut self.hosts[replica as usize].in_a_row[row];
        *count = if fails { *count + 1 } else { 0 };
        *count == limit && fails
    }

    /// A row of failures is as long as allowed.
    fn eject_at_once(&mut self, replica: u32, row: usize, desk: &mut Desk<'_>) {
        if self.ejections.is_out(replica) {
            return;
        }
        let enforcing = match row {
            ANY => self.settings.enforcing_consecutive_5xx,
            GATEWAY => self.settings.enforcing_consecutive_gateway_failure,
            _ => self.settings.enforcing_consecutive_local_origin_failure,
        };
        self.eject(replica, enforcing, desk);
        self.hosts[replica as usize].in_a_row[row] = 0;
    }

    fn eject(&mut self, replica: u32, enforcing: Probability, desk: &mut Desk<'_>) {
        let limit = self.settings.max_ejected.get();
        let is_below = match self.settings.guard {
            Guard::Current => self.ejections.share(1) <= limit + ROUNDING,
            Guard::Older => self.ejections.share(0) < limit - ROUNDING,
        };
        let is_allowed = is_below || (self.settings.always_eject_one && self.ejections.out() == 0);
        if !is_allowed || self.ejections.is_out(replica) || !happens(enforcing, desk) {
            return;
        }
        let most = self.settings.max_ejection_time_jitter;
        let more = if most.is_zero() { 0.0 } else { desk.stream.random::<f64>() * most.as_secs() };
        self.ejections.eject(replica, SimDuration::from_secs(more), desk);
    }

    /// Ejects who answers worse than the rest, by one kind of answers.
    fn compare(&mut self, kind: usize, desk: &mut Desk<'_>) {
        let settings = &self.settings;
        let ejections = &self.ejections;
        let inside = || {
            let buckets = (0..).zip(&self.hosts).map(move |(replica, host)| (replica, &host.buckets[kind]));
            buckets.filter(|(replica, _)| !ejections.is_out(*replica))
        };
        let compared = rates(inside(), settings.success_rate_request_volume);
        let looked_at = rates(inside(), settings.failure_percentage_request_volume);
        let (by_rate, by_share) = (settings.enforcing_success_rate, settings.enforcing_failure_percentage);
        let fewest = settings.success_rate_minimum_hosts as usize;
        if !compared.is_empty() && compared.len() >= fewest {
            let least = threshold(&compared, settings.success_rate_stdev_factor);
            for (replica, _) in compared.iter().filter(|(_, rate)| *rate < least) {
                self.eject(*replica, by_rate, desk);
            }
        }
        let settings = &self.settings;
        if !looked_at.is_empty() && looked_at.len() >= settings.failure_percentage_minimum_hosts as usize {
            let most = 100.0 * settings.failure_percentage_threshold.get();
            for (replica, _) in looked_at.iter().filter(|(_, rate)| 100.0 - rate >= most) {
                self.eject(*replica, by_share, desk);
            }
        }
    }

    /// Plans the next sweep after `now`.
    fn plan(&mut self, now: SimTime) {
        let interval = self.settings.interval.as_nanos();
        let rounds = (now.as_nanos() + 1).saturating_sub(self.phase).div_ceil(interval);
        self.next = SimTime::from_nanos(self.phase.saturating_add(rounds.saturating_mul(interval)));
    }
}

/// Whether something of this probability happens; what is certain draws nothing.
fn happens(probability: Probability, desk: &mut Desk<'_>) -> bool {
    probability >= Probability::ONE
        || (probability > Probability::ZERO && desk.stream.random::<f64>() < probability.get())
}

impl OutlierPolicy for Envoy {
    const NAME: &'static str = "envoy";
    const SUMMARY: &'static str =
        "Ejects after failures in a row, and in sweeps who answers worse than the rest; as Envoy does.";
    const HEARS_SENT: bool = false;

    type Settings = EnvoySettings;

    fn check(settings: &Self::Settings) -> Result<(), Impossible> {
        let is_long = !settings.interval.is_zero();
        Impossible::unless(is_long, "interval", "the interval between sweeps is longer than zero")?;
        let is_long = !settings.base_ejection_time.is_zero();
        Impossible::unless(is_long, "base_ejection_time", "an ejection is longer than zero")
    }

    fn new(settings: &Self::Settings, replicas: usize, phase: f64) -> Self {
        Self {
            ejections: Ejections::new(settings.base_ejection_time, settings.max_ejection_time, replicas),
            hosts: vec![Host::default(); replicas],
            phase: (phase * settings.interval.as_nanos() as f64) as u64,
            next: SimTime::NEVER,
            settings: settings.clone(),
        }
    }

    fn observe(&mut self, replica: u32, failure: Option<Reason>, desk: &mut Desk<'_>) {
        let splits = self.settings.split_local_origin;
        let local = failure.is_some_and(is_local);
        let host = &mut self.hosts[replica as usize];
        if !(splits && local) {
            host.buckets[0].note(!failure.is_some_and(is_5xx));
        }
        if splits {
            host.buckets[1].note(!local);
            if self.count(replica, LOCAL, local) {
                self.eject_at_once(replica, LOCAL, desk);
            }
        }
        if !(splits && local) {
            if self.count(replica, GATEWAY, failure.is_some_and(is_gateway)) {
                self.eject_at_once(replica, GATEWAY, desk);
            }
            if self.count(replica, ANY, failure.is_some_and(is_5xx)) {
                self.eject_at_once(replica, ANY, desk);
            }
        }
        if self.next == SimTime::NEVER {
            self.plan(desk.now);
        }
    }

    fn due(&self) -> SimTime {
        self.next
    }

    fn turn(&mut self, desk: &mut Desk<'_>) {
        let hosts = &mut self.hosts;
        self.ejections.sweep(desk, |replica| hosts[replica as usize].in_a_row = [0; 3]);
        self.compare(0, desk);
        if self.settings.split_local_origin {
            self.compare(1, desk);
        }
        self.hosts.iter_mut().for_each(|host| host.buckets = <[Bucket; 2]>::default());
        self.next = SimTime::NEVER;
        if !self.ejections.is_calm() {
            self.plan(desk.now);
        }
    }

    fn hears_checks(&self) -> bool {
        self.settings.check_takes_back
    }

    fn check_succeeded(&mut self, replica: u32, desk: &mut Desk<'_>) {
        if self.ejections.take_back(replica, desk) {
            self.hosts[replica as usize].in_a_row = [0; 3];
        }
    }

    fn change(&mut self, replica: u32, present: u32) {
        self.ejections.change(replica, present);
        self.hosts[replica as usize] = Host::default();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;

    const ERROR: Option<Reason> = Some(Reason::Error);

    fn bench(replicas: usize, change: impl FnOnce(&mut EnvoySettings)) -> Bench<Envoy> {
        Bench::new(replicas, change)
    }

    #[test]
    fn five_failures_in_a_row_eject_one_of_ten_and_nobody_of_nine() {
        for (replicas, guard, expected) in
            [(10, Guard::Current, vec![3]), (9, Guard::Current, vec![]), (9, Guard::Older, vec![3])]
        {
            let mut bench = bench(replicas, |settings| settings.guard = guard);
            for number in 0..5 {
                assert!(bench.outs().is_empty(), "{number}");
                bench.observe(f64::from(number), 3, ERROR);
            }
            assert_eq!(bench.outs(), expected, "{replicas} {guard:?}");
            // A second one would be above the limit in any case, as one of nine is more than a tenth already.
            bench.batch(5.0, 4, (5, 5));
            assert_eq!(bench.outs(), expected);
        }
        let mut bench = bench(9, |settings| settings.always_eject_one = true);
        bench.batch(0.0, 3, (5, 5));
        bench.batch(0.0, 4, (5, 5));
        assert_eq!(bench.outs(), [3]);
    }

    #[test]
    fn a_success_between_failures_begins_a_new_row() {
        let mut bench = bench(10, |_| {});
        bench.batch(0.0, 0, (4, 5));
        bench.batch(0.0, 0, (4, 4));
        // A client error is an answer like any other.
        bench.observe(0.0, 0, Some(Reason::ClientError));
        bench.batch(0.0, 0, (4, 4));
        assert!(bench.outs().is_empty());
        bench.observe(0.0, 0, Some(Reason::Timeout));
        assert_eq!(bench.outs(), [0]);
    }

    #[test]
    fn an_ejection_grows_each_time_and_ends_in_a_sweep() {
        let mut bench = bench(10, |_| {});
        let mut now = 1.0;
        for times in 1..=12_u32 {
            bench.batch(now, 0, (5, 5));
            assert_eq!(bench.outs(), [0], "{times}");
            // Sweeps are at 10 s, 20 s, ...: the first at or after its end takes it back.
            let length = f64::from(30 * times.min(10));
            let end = ((now + length) / 10.0).ceil() * 10.0;
            bench.turn_until(end - 0.001);
            assert_eq!(bench.outs(), [0], "{times}");
            bench.turn_until(end);
            assert!(bench.outs().is_empty(), "{times}");
            // Before the next sweep nothing is forgotten.
            now = end + 1.0;
        }
    }

    #[test]
    fn each_sweep_without_ejection_forgives_one() {
        let mut bench = bench(10, |_| {});
        bench.batch(1.0, 0, (5, 5));
        bench.turn_until(40.0);
        bench.batch(41.0, 0, (5, 5));
        bench.turn_until(110.0);
        assert!(bench.outs().is_empty());
        // Two ejections are remembered at 110 s; sweeps at 120 s and 130 s forget them, and then none is needed.
        bench.turn_until(131.0);
        assert_eq!(bench.policy.due(), SimTime::NEVER);
        bench.batch(135.0, 0, (5, 5));
        bench.turn_until(169.0);
        assert_eq!(bench.outs(), [0]);
        bench.turn_until(170.0);
        assert!(bench.outs().is_empty());
    }

    #[test]
    fn a_sweep_ejects_who_answers_worse_than_the_rest() {
        for (volume, expected) in [(100, vec![0]), (99, vec![])] {
            let mut bench = bench(5, |settings| {
                settings.max_ejected = Probability::ONE;
                settings.consecutive_5xx = 0;
            });
            bench.batch(0.5, 0, (volume / 2, volume));
            for replica in 1..5 {
                bench.batch(0.5, replica, (0, 100));
            }
            assert!(bench.outs().is_empty());
            bench.turn_until(10.0);
            assert_eq!(bench.outs(), expected, "{volume}");
        }
    }

    #[test]
    fn answers_of_an_earlier_interval_do_not_count() {
        let mut bench = bench(5, |settings| {
            settings.max_ejected = Probability::ONE;
            settings.consecutive_5xx = 0;
        });
        for (now, failed) in [(0.5, 25), (10.5, 0)] {
            bench.batch(now, 0, (failed, 50));
            (1..5).for_each(|replica| bench.batch(now, replica, (0, 50)));
            bench.turn_until(now + 10.0);
        }
        assert!(bench.outs().is_empty(), "fifty answers in an interval are too few");
    }

    #[test]
    fn a_share_of_failures_of_exactly_the_threshold_ejects_where_it_is_enforced() {
        for (enforcing, failed, expected) in [(0.0, 50, 0), (1.0, 42, 0), (1.0, 43, 5), (1.0, 50, 5)] {
            let mut bench = bench(5, |settings| {
                settings.max_ejected = Probability::ONE;
                settings.consecutive_5xx = 0;
                settings.enforcing_failure_percentage = Probability::new(enforcing).unwrap();
                settings.failure_percentage_threshold = Probability::new(0.86).unwrap();
            });
            (0..5).for_each(|replica| bench.batch(0.5, replica, (failed, 50)));
            bench.turn_until(10.0);
            assert_eq!(bench.outs().len(), expected, "{enforcing} {failed}");
        }
    }

    #[test]
    fn what_is_enforced_at_times_ejects_as_often() {
        let mut bench = bench(10, |settings| {
            settings.enforcing_consecutive_5xx = Probability::new(0.3).unwrap();
        });
        let (mut ejected, count) = (0, 2000);
        for number in 0..count {
            bench.batch(f64::from(number) * 100.0, 0, (5, 5));
            ejected += bench.outs().len();
            bench.check_succeeded(f64::from(number) * 100.0, 0);
        }
        // Four standard deviations of 2000 draws with a probability of 0.3 are 82.
        assert!((ejected as f64 - 600.0).abs() < 82.0, "{ejected}");
    }

    #[test]
    fn failures_seen_without_an_answer_are_counted_by_themselves_if_so_wished() {
        let mut bench = bench(10, |settings| {
            settings.split_local_origin = true;
            settings.consecutive_local_origin_failure = 3;
        });
        // Errors are answers, so they end a row of lost connections, which itself says nothing about answers.
        for _ in 0..4 {
            bench.observe(0.0, 0, Some(Reason::Connect));
            bench.observe(0.0, 0, ERROR);
        }
        assert!(bench.outs().is_empty());
        for number in 0..3 {
            assert!(bench.outs().is_empty(), "{number}");
            bench.observe(0.0, 1, Some(Reason::Connect));
        }
        assert_eq!(bench.outs(), [1]);
    }

    #[test]
    fn an_active_check_takes_a_replica_back() {
        let mut bench = bench(10, |_| {});
        bench.batch(0.0, 0, (5, 5));
        bench.batch(0.0, 0, (4, 4));
        bench.check_succeeded(1.0, 0);
        assert!(bench.outs().is_empty());
        bench.observe(2.0, 0, ERROR);
        assert!(bench.outs().is_empty(), "the row began anew");
        assert!(bench.policy.hears_checks());
    }
}
