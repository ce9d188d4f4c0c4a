//! Random choice in proportion to weights.

use super::alias::AliasTable;
use super::peers::{BackupUse, Peers, Rules};
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, Ended, FleetChange, FleetView, LoadNeeded, Needs, Report};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// Settings of random choice in proportion to weights.
    pub struct Settings {
        /// "speed", "equal", a weight for each replica, or how they are measured.
        weights: Weights = Weights::Speed,
        /// So many failed attempts without a success put a replica out for `fail_timeout`; 0 never does. nginx: 1. A
        /// failure of the connection or of time counts, an answer where `retry.on` of the caller lists it and there is
        /// a try left.
        max_fails: u32 = 0,
        /// How long it is out, and how old the last of those failures may be; whole seconds count.
        fail_timeout: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// Most attempts of this decider at one replica; 0 is no limit.
        max_conns: u32 = 0,
    }
}

impl Settings {
    fn rules(&self) -> Rules {
        let Self { max_fails, fail_timeout, max_conns, .. } = *self;
        Rules { max_fails, fail_timeout, max_conns, backup: Vec::new(), backup_use: BackupUse::All }
    }
}

/// Picks at random, each replica in proportion to its weight.
///
/// Among the eligible the probability of one is its weight over the sum of theirs. Helps where replicas differ in speed
/// and deciders are many: each replica is as busy as the others. Hurts at high load as `random` does, since queues are
/// as uneven as chance makes them. Source: Walker, An efficient method for generating discrete random variables with
/// general distributions (1977), in the form of Vose (1991).
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedRandom {
    weights: WeightTable,
    table: AliasTable,
    /// Where not every eligible replica may have an attempt.
    peers: Option<Box<Peers>>,
}

impl BalancingPolicy for WeightedRandom {
    const NAME: &'static str = "weighted-random";
    const SUMMARY: &'static str = "Random choice in proportion to speeds or given weights.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "nginx and AWS refuse slow start with random choice; \"random-draws\" and the policies that take turns have it",
    );
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        let load = if settings.max_conns > 0 { LoadNeeded::Own } else { LoadNeeded::None };
        let outcomes = settings.max_fails > 0;
        let every_pick = outcomes || settings.max_conns > 0;
        settings.weights.needs(Needs { outcomes, every_pick, ..Needs::load(load) })
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        settings.weights.check(replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        let peers = Peers::new(settings.rules(), &vec![1; speed.len()], 1);
        Self { table: AliasTable::new(weights.all()), weights, peers }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if self.peers.is_some() {
            return self.pick_by_rules(fleet, stream);
        }
        Some(self.table.draw(fleet.eligible, &self.weights, stream))
    }

    fn observe(&mut self, ended: &Ended) {
        if let Some(peers) = &mut self.peers {
            peers.observe(ended, 1);
        }
    }

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        if self.weights.report(reports) {
            self.table = AliasTable::new(self.weights.all());
        }
    }

    fn change(&mut self, change: &FleetChange) {
        if let Some(peers) = &mut self.peers {
            peers.change(change, 1);
        }
        if change.joins && self.weights.join(change.replica) {
            self.table = AliasTable::new(self.weights.all());
        }
    }
}

impl WeightedRandom {
    #[inline(never)]
    fn pick_by_rules(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let peers = self.peers.as_mut()?;
        peers.find(fleet);
        if peers.able.is_empty() {
            return None;
        }
        let picked = self.table.draw(&peers.able, &self.weights, stream);
        peers.picked(picked, fleet.now);
        Some(picked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::measured::{MeasuredKeys, Metric};
    use crate::model::balancing::testing::{assert_shares, stream, view};
    use crate::reason::Reason;
    use crate::units::Probability;

    fn settings(weights: Weights) -> Settings {
        Settings { weights, max_fails: 0, fail_timeout: SimDuration::from_secs(10.0), max_conns: 0 }
    }

    #[test]
    fn who_failed_or_is_full_is_not_drawn() {
        let rules = Settings { max_fails: 1, max_conns: 4, ..settings(Weights::Given(vec![1.0, 2.0, 5.0])) };
        let mut policy = WeightedRandom::new(&rules, &[1.0; 3]);
        assert_shares(&[1.0, 2.0, 0.0], |stream| policy.pick(&view(&[0, 1, 2], &[0, 3, 4]), stream));
        let latency = SimDuration::from_secs(0.1);
        let failure = Some(Reason::Error);
        policy.observe(&Ended { replica: 1, now: SimTime::ZERO, latency, failure, is_listed: true });
        assert_shares(&[1.0, 0.0, 5.0], |stream| policy.pick(&view(&[0, 1, 2], &[0, 3, 3]), stream));
        assert_eq!(policy.pick(&view(&[1, 2], &[0, 0, 4]), &mut stream()), None);
        // One probe after eleven seconds.
        let now = SimTime::ZERO + SimDuration::from_secs(11.0);
        let late = FleetView { now, ..view(&[1], &[0; 3]) };
        assert_eq!([policy.pick(&late, &mut stream()), policy.pick(&late, &mut stream())], [Some(1), None]);
    }

    #[test]
    fn shares_are_those_of_the_weights() {
        let weights = vec![1.0, 2.5, 0.5, 8.0, 3.0];
        let mut policy = WeightedRandom::new(&settings(Weights::Given(weights.clone())), &[1.0; 5]);
        assert_shares(&weights, |stream| policy.pick(&view(&[0, 1, 2, 3, 4], &[]), stream));
    }

    #[test]
    fn shares_among_the_eligible_are_conditional() {
        let speed = [1.0, 2.0, 4.0, 50.0, 1.0];
        let mut policy = WeightedRandom::new(&settings(Weights::Speed), &speed);
        let expected = [1.0, 0.0, 4.0, 0.0, 1.0];
        assert_shares(&expected, |stream| policy.pick(&view(&[0, 2, 4], &[]), stream));
        let many: Vec<f64> = (0..20).map(|number| f64::from(number % 7 + 1)).collect();
        let mut policy = WeightedRandom::new(&settings(Weights::Speed), &many);
        let mut expected = vec![0.0; 20];
        for replica in [3, 9, 17] {
            expected[replica] = many[replica];
        }
        assert_shares(&expected, |stream| policy.pick(&view(&[3, 9, 17], &[]), stream));
        assert_eq!(policy.pick(&view(&[5], &[]), &mut stream()), Some(5));
    }

    #[test]
    fn measured_weights_change_shares() {
        let keys = MeasuredKeys {
            metric: Metric::Throughput,
            interval: SimDuration::from_secs(1.0),
            smoothing: Probability::ZERO,
            initial: None,
        };
        let mut policy = WeightedRandom::new(&settings(Weights::Measured(Box::new(keys))), &[1.0; 3]);
        assert_shares(&[1.0; 3], |stream| policy.pick(&view(&[0, 1, 2], &[]), stream));
        let report = |throughput| Some(Report { utilisation: 0.5, throughput, errors: 0.0, latency: None });
        policy.report(&[report(6.0), report(3.0), report(0.0)], SimTime::ZERO);
        assert_shares(&[2.0, 1.0, 0.0], |stream| policy.pick(&view(&[0, 1, 2], &[]), stream));
        assert_eq!(policy.pick(&view(&[2], &[]), &mut stream()), Some(2));
    }
}
