//! The replica with the fewest attempts of this decider.

use super::peers::{BackupUse, Peers, Rules, whole};
use super::scan::Scan;
use super::slow_start::SlowStart;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, Ended, FleetChange, FleetView, LoadNeeded, Needs, Report};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::choices! {
    /// How attempts and weights are compared where weights differ.
    pub enum Comparison {
        /// Attempts over weight; turns by weight among equals.
        Nginx = "nginx",
        /// Nothing for an idle replica, otherwise attempts and the next one over weight; in turn among equals.
        Haproxy = "haproxy",
    }
}

crate::settings! {
    /// Settings of the choice by connections.
    pub struct Settings {
        /// "equal", "speed", a weight for each replica, or how they are measured.
        weights: Weights = Weights::Equal,
        /// How attempts and weights are compared: "nginx" or "haproxy".
        comparison: Comparison = Comparison::Nginx,
        /// So many failed attempts without a success put a replica out for `fail_timeout`; 0 never does. nginx: 1. A
        /// failure of the connection or of time counts, an answer where `retry.on` of the caller lists it and there is
        /// a try left.
        max_fails: u32 = 0,
        /// How long it is out, and how old the last of those failures may be; whole seconds count.
        fail_timeout: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// Most attempts of this decider at one replica; 0 is no limit.
        max_conns: u32 = 0,
        /// Numbers, from 1, of replicas that are used only when no other can be.
        backup: Vec<u32> = Vec::new(),
        /// Which of them serve then: "all", or the "first" that can (HAProxy).
        backup_use: BackupUse = BackupUse::All,
        /// How a replica that came back is brought to its full weight.
        slow_start: Option<SlowStart> = None,
    }
}

impl Settings {
    fn rules(&self) -> Rules {
        let Self { max_fails, fail_timeout, max_conns, backup_use, .. } = *self;
        Rules { max_fails, fail_timeout, max_conns, backup: self.backup.clone(), backup_use }
    }
}

/// Picks the replica with the fewest attempts that this decider has out, for its weight.
///
/// With equal weights, equals have their turn. As in `smooth-weighted-round-robin`, failures may put a replica out, and
/// lower its turns among equals. Helps where demands differ widely or a replica is slow: it fills up and
/// is left alone. Hurts with a replica that fails fast, which looks idle and draws all traffic, and with many deciders,
/// of which none sees the others' work. Source: nginx `ngx_http_upstream_least_conn_module.c`; HAProxy `lb_fwlc.c`.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastConnections {
    /// Number after that of the last pick; the search among equals begins here.
    turn: u32,
    scan: Scan,
    /// Where weights differ, or may.
    weighted: Option<Box<Weighted>>,
    /// Where not every eligible replica may have an attempt.
    peers: Option<Box<Peers>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Weighted {
    weights: WeightTable,
    comparison: Comparison,
    slow_start: Option<SlowStart>,
    /// Whether a replica was in its slow start at the last pick.
    was_slow: bool,
    /// The weights from which failures take away, as whole numbers.
    own: Box<[i64]>,
    /// What each has gained of its turns among equals.
    gained: Vec<f64>,
    /// Load of each replica at the last pick, empty where weights are new.
    seen: Vec<u32>,
    /// What is compared of each replica with that load.
    keys: Vec<f64>,
    /// The same of those that are eligible at this pick.
    some: Vec<f64>,
}

impl BalancingPolicy for LeastConnections {
    const NAME: &'static str = "least-connections";
    const SUMMARY: &'static str =
        "The replica with the fewest attempts of this decider for its weight, in turn among equals.";
    const NO_SLOW_START: Option<&'static str> = None;
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        let outcomes = settings.max_fails > 0;
        let every_pick = outcomes || settings.max_conns > 0;
        settings.weights.needs(Needs { outcomes, every_pick, ..Needs::load(LoadNeeded::Own) })
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        SlowStart::check(settings.slow_start.as_ref())?;
        settings.rules().check(replicas)?;
        settings.weights.check(replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        let gained = vec![0.0; weights.all().len()];
        let (own, unit) = whole(weights.all());
        let peers = Peers::new(settings.rules(), &own, unit);
        let is_needed = !weights.are_equal() || settings.slow_start.is_some() || peers.is_some();
        let weighted = Weighted {
            weights,
            comparison: settings.comparison,
            slow_start: settings.slow_start.clone(),
            was_slow: false,
            own,
            gained,
            seen: Vec::new(),
            keys: Vec::new(),
            some: Vec::new(),
        };
        Self { turn: 0, scan: Scan::default(), weighted: is_needed.then(|| Box::new(weighted)), peers }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> Option<u32> {
        if self.weighted.is_some() {
            return self.pick_by_weight(fleet);
        }
        // Where all are eligible, each stands at its number.
        let is_whole = fleet.eligible.len() == fleet.load.len();
        let before = || fleet.eligible.partition_point(|replica| *replica < self.turn);
        let from = if is_whole { self.turn as usize } else { before() };
        let place = self.scan.least_in_turn(fleet, from);
        let picked = fleet.eligible[place];
        self.turn = picked + 1;
        Some(picked)
    }

    fn observe(&mut self, ended: &Ended) {
        if let (Some(peers), Some(weighted)) = (&mut self.peers, &self.weighted) {
            peers.observe(ended, weighted.own[ended.replica as usize]);
        }
    }

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        if let Some(weighted) = &mut self.weighted
            && weighted.weights.report(reports)
        {
            weighted.seen.clear();
        }
    }

    fn change(&mut self, change: &FleetChange) {
        let Some(weighted) = &mut self.weighted else { return };
        weighted.gained[change.replica as usize] = 0.0;
        if let Some(peers) = &mut self.peers {
            peers.change(change, weighted.own[change.replica as usize]);
        }
        if change.joins && weighted.weights.join(change.replica) {
            weighted.seen.clear();
        }
    }
}

impl LeastConnections {
    #[inline(never)]
    fn pick_by_weight(&mut self, fleet: &FleetView<'_>) -> Option<u32> {
        let Self { turn, weighted: Some(weighted), peers, .. } = self else { return None };
        let picked = match peers {
            None => weighted.pick(fleet, *turn, None),
            Some(peers) => {
                peers.find(fleet);
                let able = std::mem::take(&mut peers.able);
                let narrowed = FleetView { eligible: &able, ..*fleet };
                let picked = (!able.is_empty()).then(|| weighted.pick(&narrowed, *turn, Some(peers)));
                peers.able = able;
                let picked = picked?;
                peers.picked(picked, fleet.now);
                picked
            }
        };
        *turn = picked + 1;
        Some(picked)
    }
}

impl Weighted {
    fn pick(&mut self, fleet: &FleetView<'_>, turn: u32, mut peers: Option<&mut Peers>) -> u32 {
        self.renew(fleet);
        let is_whole = fleet.eligible.len() == self.keys.len();
        if !is_whole {
            self.some.clear();
            self.some.extend(fleet.eligible.iter().map(|one| self.keys[*one as usize]));
        }
        let keys = if is_whole { &self.keys } else { &self.some };
        let least = least_of(keys);
        if self.comparison == Comparison::Haproxy {
            let from = fleet.eligible.partition_point(|replica| *replica < turn);
            return fleet.eligible[first_in_turn(keys, from, |key| *key <= least)];
        }
        let is_least = |(_, key): &(&u32, &f64)| **key <= least;
        let mut equals = fleet.eligible.iter().zip(keys).filter(is_least).map(|(one, _)| *one);
        let Some(first) = equals.next() else { return fleet.eligible[0] };
        let Some(second) = equals.next() else { return first };
        let (mut best, mut most, mut total) = (first, f64::NEG_INFINITY, 0.0);
        for replica in [first, second].into_iter().chain(equals) {
            let mut weight = self.weights.of(replica) * self.share(fleet, replica);
            if let Some(peers) = &mut peers {
                let own = self.own[replica as usize];
                weight *= peers.effective(replica) as f64 / own as f64;
                peers.recover(replica, own);
            }
            let gained = &mut self.gained[replica as usize];
            *gained += weight;
            total += weight;
            // What is nearly equal is equal: sums of decimals are rounded.
            if *gained > most + total * f64::EPSILON * 16.0 {
                (best, most) = (replica, *gained);
            }
        }
        self.gained[best as usize] -= total;
        best
    }

    /// The share of its weight that slow start lets a replica have.
    fn share(&self, fleet: &FleetView<'_>, replica: u32) -> f64 {
        self.slow_start.as_ref().map_or(1.0, |slow| slow.share(fleet, replica))
    }

    /// Computes again what is compared of those whose load is not what it was, or of all where weights change.
    fn renew(&mut self, fleet: &FleetView<'_>) {
        const BLOCK: usize = 64;
        let is_slow = self.slow_start.as_ref().is_some_and(|slow| slow.is_on(fleet));
        if std::mem::replace(&mut self.was_slow, is_slow) || is_slow {
            self.seen.clear();
        }
        let load = fleet.load;
        let next = f64::from(u8::from(self.comparison == Comparison::Haproxy));
        if self.seen.is_empty() {
            self.seen.resize(load.len(), u32::MAX);
            self.keys.resize(load.len(), 0.0);
        }
        let blocks = load.chunks(BLOCK).zip(self.seen.chunks_mut(BLOCK));
        for (number, (load, seen)) in blocks.enumerate().filter(|(_, (load, seen))| load != seen) {
            for (place, (load, seen)) in
                load.iter().zip(seen).enumerate().filter(|(_, (load, seen))| load != seen)
            {
                let replica = number * BLOCK + place;
                let counted = f64::from(*load) + if *load > 0 { next } else { 0.0 };
                let share = self.slow_start.as_ref().map_or(1.0, |slow| slow.share(fleet, replica as u32));
                let weight = self.weights.of(replica as u32) * share;
                // A measured weight may be zero.
                self.keys[replica] = counted / weight.max(f64::MIN_POSITIVE);
                *seen = *load;
            }
        }
    }
}

/// The least of many numbers, several at a time.
fn least_of(keys: &[f64]) -> f64 {
    let mut lanes = [f64::INFINITY; 8];
    let chunks = keys.chunks_exact(lanes.len());
    let rest = chunks.remainder().iter().copied().fold(f64::INFINITY, f64::min);
    for chunk in chunks {
        for (lane, key) in lanes.iter_mut().zip(chunk) {
            *lane = if key < lane { *key } else { *lane };
        }
    }
    lanes.into_iter().fold(rest, f64::min)
}

/// The place of the first that fits, from `from` on and then from the beginning.
#[inline]
fn first_in_turn<T>(all: &[T], from: usize, fits: impl Fn(&T) -> bool) -> usize {
    let (before, after) = all.split_at(from);
    let later = after.iter().position(&fits).map(|place| from + place);
    later.or_else(|| before.iter().position(fits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};
    use crate::reason::Reason;
    use crate::units::Probability;

    fn policy(weights: &[f64], comparison: Comparison) -> LeastConnections {
        let given = Weights::Given(weights.to_vec());
        let weights = if weights.is_empty() { Weights::Equal } else { given };
        LeastConnections::new(&Settings { weights, comparison, ..settings() }, &[1.0; 5])
    }

    fn settings() -> Settings {
        Settings {
            weights: Weights::Equal,
            comparison: Comparison::Nginx,
            max_fails: 0,
            fail_timeout: SimDuration::from_secs(10.0),
            max_conns: 0,
            backup: Vec::new(),
            backup_use: BackupUse::All,
            slow_start: None,
        }
    }

    fn pick(policy: &mut LeastConnections, eligible: &[u32], load: &[u32]) -> u32 {
        policy.pick(&view(eligible, load), &mut stream()).unwrap()
    }

    #[test]
    fn the_fewest_wins() {
        let mut policy = policy(&[], Comparison::Nginx);
        assert_eq!(pick(&mut policy, &[0, 1, 2, 3], &[3, 2, 1, 4]), 2);
        assert_eq!(pick(&mut policy, &[0, 1, 2, 3], &[0, 2, 1, 4]), 0);
        assert_eq!(pick(&mut policy, &[1, 3], &[0, 5, 0, 4]), 3);
    }

    #[test]
    fn equals_take_turns() {
        let mut policy = policy(&[], Comparison::Nginx);
        let picks: Vec<u32> = (0..6).map(|_| pick(&mut policy, &[0, 1, 2, 3], &[1, 1, 2, 1])).collect();
        assert_eq!(picks, [0, 1, 3, 0, 1, 3]);
        let picks: Vec<u32> = (0..4).map(|_| pick(&mut policy, &[0, 2, 3], &[1, 0, 1, 1])).collect();
        assert_eq!(picks, [0, 2, 3, 0]);
    }

    #[test]
    fn a_flow_that_never_ends_is_spread_evenly() {
        let (mut policy, mut load) = (policy(&[], Comparison::Nginx), [0; 5]);
        for _ in 0..500 {
            load[pick(&mut policy, &[0, 1, 2, 3, 4], &load) as usize] += 1;
        }
        assert_eq!(load, [100; 5]);
    }

    #[test]
    fn attempts_count_for_the_weight() {
        let mut nginx = policy(&[4.0, 1.0], Comparison::Nginx);
        // 3 / 4 is less than 1 / 1, and 5 / 4 is more.
        assert_eq!(pick(&mut nginx, &[0, 1], &[3, 1]), 0);
        assert_eq!(pick(&mut nginx, &[0, 1], &[5, 1]), 1);
        // (3 + 1) / 4 is less than (1 + 1) / 1; (7 + 1) / 4 is as much, and (8 + 1) / 4 more.
        let mut haproxy = policy(&[4.0, 1.0], Comparison::Haproxy);
        assert_eq!(pick(&mut haproxy, &[0, 1], &[3, 1]), 0);
        assert_eq!(pick(&mut haproxy, &[0, 1], &[8, 1]), 1);
        assert_eq!([pick(&mut haproxy, &[0, 1], &[7, 1]), pick(&mut haproxy, &[0, 1], &[7, 1])], [0, 1]);
        // Idle is idle, whatever the weight.
        assert_eq!(pick(&mut haproxy, &[0, 1], &[1, 0]), 1);
    }

    #[test]
    fn equals_take_turns_by_weight() {
        let mut nginx = policy(&[5.0, 1.0, 1.0], Comparison::Nginx);
        let picks: Vec<u32> = (0..7).map(|_| pick(&mut nginx, &[0, 1, 2], &[0; 3])).collect();
        assert_eq!(picks, [0, 0, 1, 0, 2, 0, 0]);
        let mut haproxy = policy(&[5.0, 1.0, 1.0], Comparison::Haproxy);
        let picks: Vec<u32> = (0..4).map(|_| pick(&mut haproxy, &[0, 1, 2], &[0; 3])).collect();
        assert_eq!(picks, [0, 1, 2, 0]);
    }

    #[test]
    fn a_weighted_flow_that_never_ends_is_spread_by_weight() {
        for comparison in [Comparison::Nginx, Comparison::Haproxy] {
            let (mut policy, mut load) = (policy(&[5.0, 3.0, 2.0], comparison), [0_u32; 3]);
            for _ in 0..1_000 {
                load[pick(&mut policy, &[0, 1, 2], &load) as usize] += 1;
            }
            for (found, expected) in load.iter().zip([500_u32, 300, 200]) {
                assert!(found.abs_diff(expected) <= 2, "{comparison:?} {load:?}");
            }
        }
    }

    /// A policy of three replicas, the third of which is a backup.
    fn marked() -> LeastConnections {
        LeastConnections::new(&Settings { max_fails: 1, backup: vec![3], ..settings() }, &[1.0; 3])
    }

    fn fail(policy: &mut LeastConnections, replica: u32, seconds: f64) {
        let now = SimTime::ZERO + SimDuration::from_secs(seconds);
        let (latency, failure) = (SimDuration::from_secs(0.1), Some(Reason::Reset));
        policy.observe(&Ended { replica, now, latency, failure, is_listed: false });
    }

    #[test]
    fn a_failure_puts_a_replica_out_and_backups_serve_at_last() {
        let mut policy = marked();
        let at = |policy: &mut LeastConnections, seconds: f64, load: [u32; 3]| {
            let now = SimTime::ZERO + SimDuration::from_secs(seconds);
            policy.pick(&FleetView { now, ..view(&[0, 1, 2], &load) }, &mut stream())
        };
        // However idle the backup is.
        assert_eq!(at(&mut policy, 0.0, [5, 6, 0]), Some(0));
        fail(&mut policy, 0, 1.0);
        assert!((0..5).all(|_| at(&mut policy, 11.9, [0, 6, 0]) == Some(1)));
        fail(&mut policy, 1, 11.0);
        assert_eq!(at(&mut policy, 11.9, [0, 0, 9]), Some(2));
        assert_eq!(at(&mut policy, 12.0, [7, 0, 0]), Some(0), "a probe when its time is over");
        assert_eq!(at(&mut policy, 13.0, [0, 0, 0]), Some(2), "and no other before it is known");
    }

    #[test]
    fn who_has_as_many_as_it_may_is_passed_over() {
        let mut policy = LeastConnections::new(&Settings { max_conns: 2, ..settings() }, &[1.0; 3]);
        assert_eq!(pick(&mut policy, &[0, 1, 2], &[2, 2, 1]), 2);
        assert_eq!(policy.pick(&view(&[0, 1, 2], &[2, 2, 2]), &mut stream()), None);
    }

    #[test]
    fn who_came_back_has_as_much_as_its_share_allows() {
        let slow_start = Some(SlowStart {
            window: SimDuration::from_secs(100.0),
            aggression: 1.0,
            min_weight: Probability::ZERO,
        });
        let mut policy = LeastConnections::new(&Settings { slow_start, ..settings() }, &[1.0; 2]);
        let since = [SimTime::ZERO, SimTime::ZERO + SimDuration::from_secs(50.0)];
        let mut spread = |seconds: f64| {
            let (now, mut load) = (SimTime::ZERO + SimDuration::from_secs(seconds), [0_u32; 2]);
            for _ in 0..1_000 {
                let fleet = FleetView { now, since: &since, ..view(&[0, 1], &load) };
                load[policy.pick(&fleet, &mut stream()).unwrap() as usize] += 1;
            }
            load
        };
        // A quarter of the weight: one in five; then half, and all of it.
        for (seconds, expected) in [(75.0, 200_u32), (100.0, 333), (150.0, 500)] {
            assert!(spread(seconds)[1].abs_diff(expected) <= 2, "{seconds}: {:?}", spread(seconds));
        }
    }
}
