use super::ejection::Ejections;
use super::success_rate::{Bucket, rates, threshold};
use super::{Desk, OutlierPolicy};
use crate::reason::Reason;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};
use rand::RngExt;

const SECOND: u64 = 1_000_000_000;

crate::settings! {
    /// When a replica is an outlier, and for how long it is ejected.
    pub struct GrpcSettings {
        /// Time between sweeps.
        #[range = "> 0"]
        interval: SimDuration = SimDuration::from_nanos(10 * SECOND),
        /// Length of a first ejection; further ones are that much longer each.
        #[range = "> 0"]
        base_ejection_time: SimDuration = SimDuration::from_nanos(30 * SECOND),
        /// The longest ejection.
        max_ejection_time: SimDuration = SimDuration::from_nanos(300 * SECOND),
        /// No more are ejected once so many are out.
        max_ejected: Probability = Probability::new(0.1).unwrap_or_default(),
        /// Ejects whose success rate is far below that of the rest.
        success_rate: Option<SuccessRateKeys> = None,
        /// Ejects who fails more often than so.
        failure_percentage: Option<FailurePercentageKeys> = None,
    }
}

crate::settings! {
    /// Whose success rate is far below that of the rest.
    pub struct SuccessRateKeys {
        /// Standard deviations below the mean, in thousandths.
        stdev_factor: u32 = 1900,
        /// Probability that this ejects.
        enforcement: Probability = Probability::ONE,
        /// Replicas with enough answers below which nothing is compared.
        minimum_hosts: u32 = 5,
        /// Answers in an interval from which on a replica takes part.
        request_volume: u32 = 100,
    }
}

crate::settings! {
    /// Who fails more often than so.
    pub struct FailurePercentageKeys {
        /// The share of failures above which a replica is an outlier.
        threshold: Probability = Probability::new(0.85).unwrap_or_default(),
        /// Probability that this ejects.
        enforcement: Probability = Probability::ONE,
        /// Replicas with enough answers below which nothing is looked at.
        minimum_hosts: u32 = 5,
        /// Answers in an interval from which on a replica takes part.
        request_volume: u32 = 50,
    }
}

crate::tables! {
    SuccessRateKeys = "a table that may have the keys \"stdev_factor\" and \"enforcement\"",
    FailurePercentageKeys = "a table that may have the keys \"threshold\" and \"enforcement\"",
}

/// Ejects in sweeps who answers worse than the rest; who was ejected lately stays out longer.
///
/// Any status but success is a failure, client errors included: the proposal does not say, grpc-go counts every error.
/// Helps clients that balance by themselves, without a
/// proxy. Hurts where wrong requests come in bunches, since they look like a bad replica; and it never ejects before
/// the end of an interval. One replica can always be ejected. Source: gRPC proposal A50, 2022.
#[derive(Debug, Clone)]
pub struct Grpc {
    settings: GrpcSettings,
    ejections: Ejections,
    buckets: Vec<Bucket>,
    /// When the first sweep is or would have been [ns].
    phase: u64,
    next: SimTime,
}

impl Grpc {
    /// Ejects these outliers, until enough are out.
    fn eject(&mut self, outliers: &[u32], enforcement: Probability, desk: &mut Desk<'_>) {
        for replica in outliers {
            if self.ejections.share(0) >= self.settings.max_ejected.get() {
                return;
            }
            let happens = enforcement >= Probability::ONE || desk.stream.random::<f64>() < enforcement.get();
            if happens && !self.ejections.is_out(*replica) {
                self.ejections.eject(*replica, SimDuration::ZERO, desk);
            }
        }
    }

    fn rates(&self, volume: u32, fewest: u32) -> Vec<(u32, f64)> {
        let found = rates((0..).zip(&self.buckets), volume);
        if found.len() < fewest as usize { Vec::new() } else { found }
    }

    /// Plans the next sweep after `now`.
    fn plan(&mut self, now: SimTime) {
        let interval = self.settings.interval.as_nanos();
        let rounds = (now.as_nanos() + 1).saturating_sub(self.phase).div_ceil(interval);
        self.next = SimTime::from_nanos(self.phase.saturating_add(rounds.saturating_mul(interval)));
    }
}

impl OutlierPolicy for Grpc {
    const NAME: &'static str = "grpc";
    const SUMMARY: &'static str =
        "Ejects in sweeps who answers worse than the rest, as gRPC proposal A50 says.";
    const HEARS_SENT: bool = false;

    type Settings = GrpcSettings;

    fn check(settings: &Self::Settings) -> Result<(), Impossible> {
        let is_long = !settings.interval.is_zero();
        Impossible::unless(is_long, "interval", "the interval between sweeps is longer than zero")?;
        let is_long = !settings.base_ejection_time.is_zero();
        Impossible::unless(is_long, "base_ejection_time", "an ejection is longer than zero")?;
        let judges = settings.success_rate.is_some() || settings.failure_percentage.is_some();
        let why = "without it or \"failure_percentage\" nothing says who is an outlier";
        Impossible::unless(judges, "success_rate", why)
    }

    fn new(settings: &Self::Settings, replicas: usize, phase: f64) -> Self {
        Self {
            ejections: Ejections::new(settings.base_ejection_time, settings.max_ejection_time, replicas),
            buckets: vec![Bucket::default(); replicas],
            phase: (phase * settings.interval.as_nanos() as f64) as u64,
            next: SimTime::NEVER,
            settings: settings.clone(),
        }
    }

    fn observe(&mut self, replica: u32, failure: Option<Reason>, desk: &mut Desk<'_>) {
        self.buckets[replica as usize].note(failure.is_none());
        if self.next == SimTime::NEVER {
            self.plan(desk.now);
        }
    }

    fn due(&self) -> SimTime {
        self.next
    }

    fn turn(&mut self, desk: &mut Desk<'_>) {
        if let Some(keys) = self.settings.success_rate.clone() {
            let rates = self.rates(keys.request_volume, keys.minimum_hosts);
            let least = threshold(&rates, keys.stdev_factor);
            let outliers: Vec<u32> =
                rates.iter().filter(|(_, rate)| *rate < least).map(|one| one.0).collect();
            self.eject(&outliers, keys.enforcement, desk);
        }
        if let Some(keys) = self.settings.failure_percentage.clone() {
            let rates = self.rates(keys.request_volume, keys.minimum_hosts);
            let most = 100.0 * keys.threshold.get();
            let outliers: Vec<u32> =
                rates.iter().filter(|(_, rate)| 100.0 - rate > most).map(|one| one.0).collect();
            self.eject(&outliers, keys.enforcement, desk);
        }
        self.ejections.sweep(desk, |_| {});
        self.buckets.fill(Bucket::default());
        self.next = SimTime::NEVER;
        if !self.ejections.is_calm() {
            self.plan(desk.now);
        }
    }

    fn hears_checks(&self) -> bool {
        false
    }

    fn check_succeeded(&mut self, _replica: u32, _desk: &mut Desk<'_>) {
        // Only time takes a replica back.
    }

    fn change(&mut self, replica: u32, present: u32) {
        self.ejections.change(replica, present);
        self.buckets[replica as usize] = Bucket::default();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;

    fn by_share(replicas: usize, change: impl FnOnce(&mut GrpcSettings)) -> Bench<Grpc> {
        let keys = FailurePercentageKeys {
            threshold: Probability::new(0.8).unwrap(),
            enforcement: Probability::ONE,
            minimum_hosts: 5,
            request_volume: 50,
        };
        Bench::new(replicas, |settings: &mut GrpcSettings| {
            settings.failure_percentage = Some(keys);
            change(settings);
        })
    }

    #[test]
    fn a_share_of_failures_must_be_above_the_threshold() {
        for (failed, expected) in [(40, vec![]), (41, vec![0])] {
            let mut bench = by_share(5, |_| {});
            bench.batch(0.5, 0, (failed, 50));
            (1..5).for_each(|replica| bench.batch(0.5, replica, (0, 50)));
            bench.turn_until(9.0);
            assert!(bench.outs().is_empty());
            bench.turn_until(10.0);
            assert_eq!(bench.outs(), expected, "{failed}");
        }
    }

    #[test]
    fn nobody_more_is_ejected_once_enough_are_out() {
        for (limit, expected) in [(0.1, 1), (0.2, 1), (0.21, 2), (1.0, 5)] {
            let mut bench = by_share(5, |settings| settings.max_ejected = Probability::new(limit).unwrap());
            (0..5).for_each(|replica| bench.batch(0.5, replica, (50, 50)));
            bench.turn_until(10.0);
            assert_eq!(bench.outs().len(), expected, "{limit}");
        }
    }

    #[test]
    fn one_of_five_that_deviates_at_all_is_an_outlier_by_its_success_rate() {
        let keys = || SuccessRateKeys {
            stdev_factor: 1900,
            enforcement: Probability::ONE,
            minimum_hosts: 4,
            request_volume: 100,
        };
        for (replicas, expected) in [(4, vec![]), (5, vec![2])] {
            let mut bench: Bench<Grpc> =
                Bench::new(replicas, |settings: &mut GrpcSettings| settings.success_rate = Some(keys()));
            (0..replicas as u32).for_each(|replica| bench.batch(0.5, replica, (0, 1000)));
            // A wrong request is a failure here.
            bench.observe(0.6, 2, Some(Reason::ClientError));
            bench.turn_until(10.0);
            assert_eq!(bench.outs(), expected);
        }
    }

    #[test]
    fn an_ejection_ends_in_the_first_sweep_after_its_time_and_the_next_is_longer() {
        let mut bench = by_share(5, |settings| settings.base_ejection_time = SimDuration::from_secs(25.0));
        for (now, end) in [(0.5, 40.0), (40.5, 100.0)] {
            bench.batch(now, 0, (50, 50));
            (1..5).for_each(|replica| bench.batch(now, replica, (0, 50)));
            // Ejected ten seconds after the start, for 25 s and then for 50 s.
            bench.turn_until(end - 0.001);
            assert_eq!(bench.outs(), [0], "{end}");
            bench.turn_until(end);
            assert!(bench.outs().is_empty(), "{end}");
        }
        // What is remembered of it is forgotten after two more, and then no sweep is needed.
        bench.turn_until(125.0);
        assert_eq!(bench.policy.due(), SimTime::NEVER);
        assert!(!bench.policy.hears_checks());
    }
}
