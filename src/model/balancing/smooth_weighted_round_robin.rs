//! In turn, the heavier ones more often, spread out.

use super::peers::{BackupUse, Peers, Rules, WEIGHT_MAX, whole};
use super::slow_start::SlowStart;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, Ended, FleetChange, FleetView, LoadNeeded, Needs, Report};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// Settings of turns by weight.
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
        /// Numbers, from 1, of replicas that are used only when no other can be.
        backup: Vec<u32> = Vec::new(),
        /// Which of them serve then: "all", or the "first" that can (HAProxy).
        backup_use: BackupUse = BackupUse::All,
        /// How a replica that came back is brought to its full weight.
        slow_start: Option<SlowStart> = None,
    }
}

/// Picks in turn, each replica as often as its weight says, and spreads its turns.
///
/// At each pick every eligible replica gains its weight; the one that has most by then, the first among equals, is
/// picked and loses the sum of what all gained. With `max_fails` failures (no connection, a broken one, no answer in
/// time, and answers after which the caller goes on to another replica) lower what a replica gains, and so many put it
/// out until a first attempt after `fail_timeout` succeeds. Helps
/// where replicas differ in speed: like round robin, arrivals at each are more regular than Poisson. Hurts when a
/// replica slows down, which its weight does not know; many deciders with the same weights pick the same first; and
/// measured weights feed back on what they measure. Source: nginx `ngx_http_upstream_round_robin.c`.
#[derive(Debug, Clone, PartialEq)]
pub struct SmoothWeightedRoundRobin {
    table: WeightTable,
    weights: Box<[i64]>,
    gained: Box<[i64]>,
    is_measured: bool,
    slow_start: Option<SlowStart>,
    peers: Option<Box<Peers>>,
    /// Empty between picks.
    able: Vec<(u32, i64)>,
}

impl BalancingPolicy for SmoothWeightedRoundRobin {
    const NAME: &'static str = "smooth-weighted-round-robin";
    const SUMMARY: &'static str = "In turn, in proportion to speeds, given or measured weights, spread out.";
    const NO_SLOW_START: Option<&'static str> = None;
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        let load = if settings.max_conns > 0 { LoadNeeded::Own } else { LoadNeeded::None };
        let outcomes = settings.max_fails > 0;
        let every_pick = outcomes || settings.max_conns > 0;
        settings.weights.needs(Needs { outcomes, every_pick, ..Needs::load(load) })
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        settings.weights.check(replicas)?;
        SlowStart::check(settings.slow_start.as_ref())?;
        settings.rules().check(replicas)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let table = WeightTable::new(&settings.weights, speed);
        let is_measured = matches!(settings.weights, Weights::Measured(_));
        let (weights, unit) = if is_measured || settings.slow_start.is_some() {
            fine(table.all(), is_measured)
        } else {
            whole(table.all())
        };
        let gained = vec![0; weights.len()].into_boxed_slice();
        let peers = Peers::new(settings.rules(), &weights, unit);
        Self {
            table,
            weights,
            gained,
            is_measured,
            slow_start: settings.slow_start.clone(),
            peers,
            able: Vec::new(),
        }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, _stream: &mut Stream) -> Option<u32> {
        if self.peers.is_some() || self.slow_start.is_some() || self.is_measured {
            return self.pick_by_rules(fleet);
        }
        let (mut best, mut most, mut total) = (fleet.eligible[0], i64::MIN, 0);
        for replica in fleet.eligible {
            let weight = self.weights[*replica as usize];
            let gained = &mut self.gained[*replica as usize];
            *gained += weight;
            total += weight;
            if *gained > most {
                (best, most) = (*replica, *gained);
            }
        }
        self.gained[best as usize] -= total;
        Some(best)
    }

    fn observe(&mut self, ended: &Ended) {
        if let Some(peers) = &mut self.peers {
            peers.observe(ended, self.weights[ended.replica as usize]);
        }
    }

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        if self.table.report(reports) {
            // Measured weights add up to 1, so that what was gained keeps its meaning.
            self.weights = self.table.all().iter().map(|weight| (weight * WEIGHT_MAX) as i64).collect();
        }
    }

    fn change(&mut self, change: &FleetChange) {
        let replica = change.replica as usize;
        if change.joins && self.table.join(change.replica) {
            self.weights[replica] = (self.table.of(change.replica) * WEIGHT_MAX) as i64;
        }
        // Nobody owes a turn to who is gone, nor has one over from who was there before.
        self.gained[replica] = 0;
        if let Some(peers) = &mut self.peers {
            peers.change(change, self.weights[replica]);
        }
    }
}

impl SmoothWeightedRoundRobin {
    #[inline(never)]
    fn pick_by_rules(&mut self, fleet: &FleetView<'_>) -> Option<u32> {
        let Some(mut peers) = self.peers.take() else { return self.turn(fleet) };
        peers.find(fleet);
        let mut able = std::mem::take(&mut self.able);
        for place in 0..peers.able.len() {
            let replica = peers.able[place];
            let own = self.weights[replica as usize];
            able.push((replica, self.ramped(fleet, replica, peers.effective(replica).min(own))));
            peers.recover(replica, own);
        }
        let picked = self.take_turn(able);
        if let Some(picked) = picked {
            peers.picked(picked, fleet.now);
        }
        self.peers = Some(peers);
        picked
    }

    fn turn(&mut self, fleet: &FleetView<'_>) -> Option<u32> {
        let mut able = std::mem::take(&mut self.able);
        let weight = |one: u32| self.ramped(fleet, one, self.weights[one as usize]);
        able.extend(fleet.eligible.iter().map(|one| (*one, weight(*one))));
        self.take_turn(able)
    }

    /// A weight as far as slow start lets it count.
    fn ramped(&self, fleet: &FleetView<'_>, replica: u32, weight: i64) -> i64 {
        self.slow_start.as_ref().map_or(weight, |slow| (weight as f64 * slow.share(fleet, replica)) as i64)
    }

    /// The next turn among those with these weights; the list is kept for the next pick.
    fn take_turn(&mut self, mut able: Vec<(u32, i64)>) -> Option<u32> {
        let total: i64 = able.iter().map(|(_, weight)| weight).sum();
        // Where nobody has any weight, all have the same.
        let least = i64::from(total == 0);
        let (mut best, mut most) = (None, i64::MIN);
        for (replica, weight) in &able {
            let gained = &mut self.gained[*replica as usize];
            *gained += (*weight).max(least);
            if *gained > most {
                (best, most) = (Some(*replica), *gained);
            }
        }
        if let Some(best) = best {
            self.gained[best as usize] -= total.max(least * able.len() as i64);
        }
        able.clear();
        self.able = able;
        best
    }
}

impl Settings {
    fn rules(&self) -> Rules {
        let Self { max_fails, fail_timeout, max_conns, backup_use, .. } = *self;
        Rules { max_fails, fail_timeout, max_conns, backup: self.backup.clone(), backup_use }
    }
}

/// The weights with as many digits as they can have, for those that will be scaled down, and how much a weight of 1 has
/// become: measured ones add up to 1, of which each replica's part counts as one.
fn fine(weights: &[f64], is_measured: bool) -> (Box<[i64]>, i64) {
    let greatest = weights.iter().copied().fold(1.0, f64::max);
    let one = if is_measured { WEIGHT_MAX / weights.len() as f64 } else { WEIGHT_MAX / greatest };
    let weights = weights.iter().map(|weight| (weight / greatest * WEIGHT_MAX) as i64).collect();
    (weights, (one as i64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};
    use crate::reason::Reason;
    use crate::units::SimTime;

    fn settings(weights: &[f64]) -> Settings {
        Settings {
            weights: Weights::Given(weights.to_vec()),
            max_fails: 0,
            fail_timeout: SimDuration::from_secs(10.0),
            max_conns: 0,
            backup: Vec::new(),
            backup_use: BackupUse::All,
            slow_start: None,
        }
    }

    fn picks(weights: &[f64], eligible: &[u32], count: usize) -> Vec<u32> {
        let mut policy = SmoothWeightedRoundRobin::new(&settings(weights), &[]);
        (0..count).map(|_| policy.pick(&view(eligible, &[]), &mut stream()).unwrap()).collect()
    }

    #[test]
    fn turns_are_spread_as_nginx_does() {
        assert_eq!(picks(&[5.0, 1.0, 1.0], &[0, 1, 2], 14), [0, 0, 1, 0, 2, 0, 0].repeat(2));
        assert_eq!(picks(&[3.0, 2.0, 1.0], &[0, 1, 2], 12), [0, 1, 0, 2, 1, 0].repeat(2));
        let ten = [0, 1, 2, 0, 1, 3, 0, 2, 1, 0];
        assert_eq!(picks(&[4.0, 3.0, 2.0, 1.0], &[0, 1, 2, 3], 20), ten.repeat(2));
    }

    #[test]
    fn decimals_repeat_exactly() {
        let period = picks(&[0.5, 0.1, 0.1], &[0, 1, 2], 7);
        assert_eq!(picks(&[0.5, 0.1, 0.1], &[0, 1, 2], 7_000), period.repeat(1_000));
        assert_eq!(period, [0, 0, 1, 0, 2, 0, 0]);
        let period = picks(&[0.7, 1.1, 0.2], &[0, 1, 2], 20);
        assert_eq!(picks(&[0.7, 1.1, 0.2], &[0, 1, 2], 2_000), period.repeat(100));
        let count = |replica| period.iter().filter(|picked| **picked == replica).count();
        assert_eq!([count(0), count(1), count(2)], [7, 11, 2]);
    }

    #[test]
    fn what_is_no_decimal_keeps_its_proportion() {
        let thirds = picks(&[1.0 / 3.0, 2.0 / 3.0], &[0, 1], 3_000);
        assert_eq!(thirds.iter().filter(|picked| **picked == 0).count(), 1_000);
    }

    #[test]
    fn only_the_eligible_take_turns() {
        assert_eq!(picks(&[1.0, 9.0, 2.0], &[0, 2], 6), [2, 0, 2, 2, 0, 2]);
    }

    /// Two replicas and a backup, of which the decider has these many attempts out, at a time [s].
    struct Bench {
        policy: SmoothWeightedRoundRobin,
        load: [u32; 3],
    }

    impl Bench {
        fn new(settings: &Settings) -> Self {
            Self { policy: SmoothWeightedRoundRobin::new(settings, &[1.0; 3]), load: [0; 3] }
        }

        fn pick(&mut self, at: f64) -> Option<u32> {
            let now = SimTime::ZERO + SimDuration::from_secs(at);
            let fleet = FleetView { now, since: &[SimTime::ZERO; 3], ..view(&[0, 1, 2], &self.load) };
            self.policy.pick(&fleet, &mut stream())
        }

        fn end(&mut self, replica: u32, at: f64, failure: Option<Reason>) {
            let now = SimTime::ZERO + SimDuration::from_secs(at);
            let latency = SimDuration::from_secs(0.1);
            self.policy.observe(&Ended { replica, now, latency, failure, is_listed: false });
        }
    }

    #[test]
    fn a_failure_puts_a_replica_out_until_its_probe_succeeds() {
        let mut bench = Bench::new(&Settings { max_fails: 1, backup: vec![3], ..settings(&[1.0, 1.0, 1.0]) });
        assert_eq!([bench.pick(0.0), bench.pick(0.0)], [Some(0), Some(1)]);
        bench.end(0, 1.0, Some(Reason::Connect));
        assert!((0..6).all(|_| bench.pick(2.0) == Some(1)));
        // Whole seconds: at second 11 it is 10 s since the failure, which is not more than `fail_timeout`.
        assert!((0..6).all(|_| bench.pick(11.9) == Some(1)));
        let picks: Vec<_> = (0..4).map(|_| bench.pick(12.0)).collect();
        assert_eq!(picks.iter().filter(|one| **one == Some(0)).count(), 1, "only one probe: {picks:?}");
        bench.end(0, 12.5, None);
        let picks: Vec<_> = (0..4).map(|_| bench.pick(13.0)).collect();
        assert_eq!(picks.iter().filter(|one| **one == Some(0)).count(), 2, "{picks:?}");
    }

    #[test]
    fn backups_serve_when_nobody_else_can() {
        let mut bench = Bench::new(&Settings { max_fails: 1, backup: vec![3], ..settings(&[1.0, 1.0, 1.0]) });
        bench.end(0, 0.0, Some(Reason::Timeout));
        bench.end(1, 0.0, Some(Reason::Reset));
        assert_eq!(bench.pick(1.0), Some(2));
        bench.end(2, 1.0, Some(Reason::Reset));
        assert_eq!(bench.pick(2.0), None);
        // An error is an answer: unless the caller lists it nginx does not count it.
        let mut bench = Bench::new(&Settings { max_fails: 1, ..settings(&[1.0, 1.0, 1.0]) });
        bench.end(0, 0.0, Some(Reason::Error));
        assert_eq!(bench.pick(1.0), Some(0));
    }

    #[test]
    fn a_full_replica_is_passed_over() {
        let mut bench = Bench::new(&Settings { max_conns: 2, ..settings(&[1.0, 1.0, 1.0]) });
        bench.load = [2, 1, 2];
        assert!((0..3).all(|_| bench.pick(0.0) == Some(1)));
        bench.load = [2, 2, 2];
        assert_eq!(bench.pick(0.0), None);
    }

    #[test]
    fn failures_lower_the_share_until_it_recovers() {
        let mut bench = Bench::new(&Settings { max_fails: 3, ..settings(&[6.0, 6.0, 6.0]) });
        bench.end(0, 0.0, Some(Reason::Timeout));
        bench.end(0, 0.0, Some(Reason::Timeout));
        // It gains 2, 3, 4, 5, 6 instead of 6 each time.
        let first: Vec<_> = (0..5).filter_map(|_| bench.pick(1.0)).collect();
        assert_eq!(first, [1, 2, 0, 1, 2]);
        let later: Vec<_> = (0..9).map(|_| bench.pick(1.0)).collect();
        assert_eq!(later.iter().filter(|one| **one == Some(0)).count(), 3, "{later:?}");
    }

    #[test]
    fn impossible_settings_are_refused() {
        for backup in [vec![0], vec![4]] {
            assert!(SmoothWeightedRoundRobin::check(&Settings { backup, ..settings(&[1.0; 3]) }, 3).is_err());
        }
        let backup = vec![3];
        assert_eq!(SmoothWeightedRoundRobin::check(&Settings { backup, ..settings(&[1.0; 3]) }, 3), Ok(()));
    }
}
