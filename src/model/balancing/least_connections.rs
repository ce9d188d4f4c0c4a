//! The replica with the fewest attempts of this decider.

use super::scan::Scan;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetView, LoadNeeded, Needs, Report};
use crate::kernel::stream::Stream;
use crate::units::SimTime;

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
    }
}

/// Picks the replica with the fewest attempts that this decider has out, for its weight.
///
/// With equal weights, equals have their turn. Helps where demands differ widely or a replica is slow: it fills up and
/// is left alone. Hurts with a replica that fails fast, which looks idle and draws all traffic, and with many deciders,
/// of which none sees the others' work. Source: nginx `ngx_http_upstream_least_conn_module.c`; HAProxy `lb_fwlc.c`.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastConnections {
    /// Number after that of the last pick; the search among equals begins here.
    turn: u32,
    scan: Scan,
    /// Where weights differ.
    weighted: Option<Box<Weighted>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Weighted {
    weights: WeightTable,
    comparison: Comparison,
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
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        settings.weights.needs(Needs::load(LoadNeeded::Own))
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), String> {
        settings.weights.check(replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        let gained = vec![0.0; weights.all().len()];
        let (seen, keys, some) = (Vec::new(), Vec::new(), Vec::new());
        let weighted = Weighted { comparison: settings.comparison, gained, weights, seen, keys, some };
        Self {
            turn: 0,
            scan: Scan::default(),
            weighted: (!weighted.weights.are_equal()).then(|| Box::new(weighted)),
        }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> Option<u32> {
        if let Some(weighted) = &mut self.weighted {
            let picked = weighted.pick(fleet, self.turn);
            self.turn = picked + 1;
            return Some(picked);
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

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        if let Some(weighted) = &mut self.weighted
            && weighted.weights.report(reports)
        {
            weighted.seen.clear();
        }
    }
}

impl Weighted {
    fn pick(&mut self, fleet: &FleetView<'_>, turn: u32) -> u32 {
        self.renew(fleet.load);
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
            let weight = self.weights.of(replica);
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

    /// Computes again what is compared of those whose load is not what it was.
    fn renew(&mut self, load: &[u32]) {
        const BLOCK: usize = 64;
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
                // A measured weight may be zero.
                self.keys[replica] = counted / self.weights.of(replica as u32).max(f64::MIN_POSITIVE);
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

    fn policy(weights: &[f64], comparison: Comparison) -> LeastConnections {
        let given = Weights::Given(weights.to_vec());
        let weights = if weights.is_empty() { Weights::Equal } else { given };
        LeastConnections::new(&Settings { weights, comparison }, &[])
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
}
