//! Choice by probes of load and latency.

use super::{BalancingPolicy, FleetChange, FleetView, Needs, Probed, below};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};
use rand::RngExt;
use std::collections::VecDeque;

crate::settings! {
    /// Settings of probing.
    pub struct Settings {
        /// Probes sent after each attempt, to different replicas at random; a fraction is a probability.
        #[range = "> 0"]
        probe_rate: f64 = 3.0,
        /// Most answers that are remembered.
        #[range = ">= 2"]
        pool_size: u32 = 16,
        /// How old an answer may be.
        #[range = "> 0"]
        probe_age_max: SimDuration = SimDuration::from_nanos(1_000_000_000),
        /// Answers removed at each attempt, in turn the oldest and the worst; a fraction is a probability.
        #[range = ">= 0"]
        remove_rate: f64 = 1.0,
        /// Replicas with more requests than this quantile of the last answers are hot.
        rif_quantile: Probability = Probability::new(0.84).unwrap_or_default(),
    }
}

/// Picks, among replicas that answered probes, a cold one with the lowest latency, or else the hot one with the fewest
/// requests.
///
/// Probes are asynchronous: an attempt uses answers that earlier attempts asked for. An answer may be used so often
/// that the pool does not run dry, the attempt that uses it adds one to its load, and a newer one replaces it. With
/// fewer than two answers the choice is random. The latency that a replica tells is the median of its last services,
/// whatever its load was then. Helps tail latency where replicas are of different speed or share machines with others.
/// Hurts where a probe costs as much as the work, and with a replica that fails fast, which looks unloaded (no rule
/// against that is built). Source: Wydrowski et al., Load is not what you should balance (2024); the rules of ageing
/// are those of the paper as far as it states them.
#[derive(Debug, Clone, PartialEq)]
pub struct Prequal {
    settings: Settings,
    replicas: usize,
    pool: Vec<Entry>,
    /// Loads of the last answers, in their order.
    loads: VecDeque<u32>,
    /// The same, from the least on.
    sorted: Vec<u32>,
    /// Whether the next to be removed is the worst.
    removes_worst: bool,
}

/// An answer that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    replica: u32,
    known: SimTime,
    load: u32,
    latency: SimDuration,
    uses: u32,
}

/// So many answers estimate the distribution of loads.
const LOADS: usize = 64;
/// How much more than break-even a pool gains.
const DELTA: f64 = 1.0;

impl BalancingPolicy for Prequal {
    const NAME: &'static str = "prequal";
    const SUMMARY: &'static str = "The cold replica of lowest latency among those that answered probes.";
    const NO_SLOW_START: Option<&'static str> =
        Some("probes say how busy a replica is, and there is no weight to lower");
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs { probes: true, ..Needs::NOTHING }
    }

    fn check(settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(settings.pool_size >= 2, "pool_size", "the pool holds at least 2 answers")?;
        Impossible::unless(settings.probe_rate > 0.0, "probe_rate", "expected a rate above 0")?;
        Impossible::unless(settings.remove_rate >= 0.0, "remove_rate", "expected a rate of 0 or more")?;
        let is_usable = !settings.probe_age_max.is_zero();
        Impossible::unless(is_usable, "probe_age_max", "expected a time above zero")
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        Self {
            settings: settings.clone(),
            replicas: speed.len(),
            pool: Vec::new(),
            loads: VecDeque::new(),
            sorted: Vec::new(),
            removes_worst: false,
        }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let oldest = self.settings.probe_age_max;
        self.pool.retain(|entry| fleet.now.since(entry.known) <= oldest);
        for _ in 0..round(self.settings.remove_rate, stream) {
            self.remove();
        }
        let is_whole = fleet.eligible.len() == self.replicas;
        let is_usable = |entry: &Entry| {
            entry.known <= fleet.now && (is_whole || fleet.eligible.binary_search(&entry.replica).is_ok())
        };
        let limit = self.hot_above();
        let (mut usable, mut least) = (0, None);
        for (place, entry) in self.pool.iter().enumerate().filter(|(_, entry)| is_usable(entry)) {
            usable += 1;
            let here = (rank(entry, limit), place);
            least = Some(least.map_or(here, |least| here.min(least)));
        }
        let Some((_, best)) = least.filter(|_| usable >= 2) else {
            return Some(fleet.eligible[below(fleet.eligible.len(), stream)]);
        };
        let entry = &mut self.pool[best];
        let replica = entry.replica;
        entry.load += 1;
        entry.uses -= 1;
        if entry.uses == 0 {
            self.pool.remove(best);
        }
        Some(replica)
    }

    fn probe(&mut self, fleet: &FleetView<'_>, stream: &mut Stream, targets: &mut Vec<u32>) {
        let count = round(self.settings.probe_rate, stream).min(fleet.eligible.len());
        while targets.len() < count {
            let target = fleet.eligible[below(fleet.eligible.len(), stream)];
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }

    fn probed(&mut self, reply: &Probed) {
        self.note(reply.load);
        let Probed { replica, known, load, latency } = *reply;
        let uses = self.uses();
        // What a replica said before is no longer true.
        self.pool.retain(|entry| entry.replica != replica);
        self.pool.push(Entry { replica, known, load, latency, uses });
        if self.pool.len() > self.settings.pool_size as usize {
            self.pool.remove(0);
        }
    }

    fn change(&mut self, change: &FleetChange) {
        self.replicas = change.present as usize;
        self.pool.retain(|entry| entry.replica != change.replica);
    }
}

/// Cold before hot; of the cold the lowest latency, of the hot the lowest load.
fn rank(entry: &Entry, limit: u32) -> (bool, u64, u64) {
    let (load, latency) = (u64::from(entry.load), entry.latency.as_nanos());
    if entry.load > limit { (true, load, latency) } else { (false, latency, load) }
}

impl Prequal {
    /// Takes one more answer into the distribution of loads, instead of the oldest.
    fn note(&mut self, load: u32) {
        if self.loads.len() == LOADS
            && let Some(oldest) = self.loads.pop_front()
        {
            let place = self.sorted.partition_point(|one| *one < oldest);
            self.sorted.remove(place);
        }
        self.loads.push_back(load);
        self.sorted.insert(self.sorted.partition_point(|one| *one < load), load);
    }

    /// The load above which a replica is hot.
    fn hot_above(&self) -> u32 {
        let place = (self.settings.rif_quantile.get() * self.sorted.len() as f64).ceil() as usize;
        self.sorted.get(place.max(1) - 1).copied().unwrap_or(0)
    }

    /// How often an answer may be used.
    fn uses(&self) -> u32 {
        let Settings { probe_rate, pool_size, remove_rate, .. } = &self.settings;
        let left = (1.0 - f64::from(*pool_size) / self.replicas.max(1) as f64) * probe_rate - remove_rate;
        // In a small fleet, whose pool holds everybody, an answer is used until it is removed.
        if left <= 0.0 { u32::MAX } else { ((1.0 + DELTA) / left).max(1.0).round() as u32 }
    }

    /// Removes the oldest answer or the worst, in turn.
    fn remove(&mut self) {
        let limit = self.hot_above();
        let worst = (0..self.pool.len()).max_by_key(|place| rank(&self.pool[*place], limit));
        let oldest = (!self.pool.is_empty()).then_some(0);
        if let Some(place) = if self.removes_worst { worst } else { oldest } {
            self.pool.remove(place);
        }
        self.removes_worst = !self.removes_worst;
    }
}

/// A whole number whose mean is `rate`.
fn round(rate: f64, stream: &mut Stream) -> usize {
    let part = rate.fract();
    rate as usize + usize::from(part > 0.0 && stream.random::<f64>() < part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    fn policy(remove_rate: f64) -> Prequal {
        let settings = Settings {
            probe_rate: 3.0,
            pool_size: 16,
            probe_age_max: SimDuration::from_secs(1.0),
            remove_rate,
            rif_quantile: Probability::new(0.75).unwrap(),
        };
        Prequal::new(&settings, &[1.0; 4])
    }

    fn answer(policy: &mut Prequal, replica: u32, load: u32, latency: f64) {
        policy.probed(&Probed { replica, known: at(1.0), load, latency: SimDuration::from_secs(latency) });
    }

    fn pick(policy: &mut Prequal, seconds: f64) -> u32 {
        let fleet = FleetView { now: at(seconds), ..view(&[0, 1, 2, 3], &[]) };
        policy.pick(&fleet, &mut stream()).unwrap()
    }

    #[test]
    fn a_cold_replica_with_low_latency_wins() {
        let mut policy = policy(0.0);
        for (replica, load, latency) in [(0, 2, 0.3), (1, 3, 0.2), (2, 9, 0.1), (3, 1, 0.4)] {
            answer(&mut policy, replica, load, latency);
        }
        // Three quarters of the loads are at most 3: replica 2 is hot.
        assert_eq!(pick(&mut policy, 1.0), 1);
        // Its load is 4 now, and it is hot too.
        assert_eq!(pick(&mut policy, 1.0), 0);
    }

    #[test]
    fn among_the_hot_the_fewest_requests_win() {
        let mut policy = policy(0.0);
        for replica in 0..2 {
            answer(&mut policy, replica, 7, 0.1);
        }
        for _ in 0..62 {
            policy.note(1);
        }
        policy.pool[1].load = 6;
        assert_eq!(pick(&mut policy, 1.0), 1);
    }

    #[test]
    fn answers_grow_old_and_travel() {
        let mut policy = policy(0.0);
        answer(&mut policy, 2, 1, 0.1);
        answer(&mut policy, 3, 1, 0.2);
        let pick = |policy: &mut Prequal, seconds, stream: &mut Stream| {
            policy.pick(&FleetView { now: at(seconds), ..view(&[0, 1, 2, 3], &[]) }, stream)
        };
        let mut early = policy.clone();
        // Nobody has heard of them yet, and later they are too old.
        assert_shares(&[1.0; 4], |stream| pick(&mut early, 0.5, stream));
        assert_eq!(pick(&mut policy, 1.5, &mut stream()), Some(2));
        assert_shares(&[1.0; 4], |stream| pick(&mut policy, 2.1, stream));
    }

    #[test]
    fn a_newer_answer_replaces_the_older() {
        let mut policy = policy(0.0);
        answer(&mut policy, 2, 1, 0.1);
        answer(&mut policy, 1, 1, 0.2);
        answer(&mut policy, 2, 1, 0.3);
        assert_eq!(pick(&mut policy, 1.0), 1);
    }

    #[test]
    fn the_oldest_and_the_worst_are_removed_in_turn() {
        let mut policy = policy(1.0);
        for (replica, load) in [(0, 1), (1, 1), (2, 9), (3, 1)] {
            answer(&mut policy, replica, load, 0.1);
        }
        pick(&mut policy, 1.0);
        assert_eq!(policy.pool.iter().map(|one| one.replica).collect::<Vec<_>>(), [1, 2, 3]);
        pick(&mut policy, 1.0);
        assert_eq!(policy.pool.iter().map(|one| one.replica).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn probes_go_to_different_replicas() {
        let (mut policy, mut random) = (policy(1.0), stream());
        for _ in 0..100 {
            let mut targets = Vec::new();
            policy.probe(&view(&[0, 1, 3], &[]), &mut random, &mut targets);
            targets.sort_unstable();
            assert_eq!(targets, [0, 1, 3]);
        }
    }

    #[test]
    fn a_large_fleet_uses_an_answer_so_often() {
        // 2 / ((1 - 16 / 100) 3 - 1) = 1.3; with two probes 2 / 0.68 = 2.9.
        let uses = |probe_rate| {
            let settings = Settings { probe_rate, ..policy(1.0).settings };
            Prequal::new(&settings, &[1.0; 100]).uses()
        };
        assert_eq!([uses(3.0), uses(2.0)], [1, 3]);
    }

    #[test]
    fn impossible_settings_are_refused() {
        let good = policy(1.0).settings;
        assert_eq!(Prequal::check(&good, 3), Ok(()));
        assert!(Prequal::check(&Settings { pool_size: 1, ..good.clone() }, 3).is_err());
        assert!(Prequal::check(&Settings { probe_rate: 0.0, ..good.clone() }, 3).is_err());
        assert!(Prequal::check(&Settings { probe_age_max: SimDuration::default(), ..good }, 3).is_err());
    }
}
