//! The less loaded of a few drawn by weight.

use super::alias::AliasTable;
use super::hash_table::check_factor;
use super::least_connections::Comparison;
use super::peers::{BackupUse, Peers, Rules};
use super::slow_start::SlowStart;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, Ended, FleetChange, FleetView, LoadNeeded, Needs, Report, active};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

crate::settings! {
    /// Settings of draws by weight.
    pub struct Settings {
        /// How many are drawn, one perhaps twice in HAProxy and never in nginx; at least 1.
        #[range = ">= 1"]
        draws: u32 = 2,
        /// "equal", "speed", a weight for each replica, or how they are measured.
        weights: Weights = Weights::Equal,
        /// Percent of the mean load for its weight beyond which a replica is passed over; 0 is no limit.
        balance_factor: u32 = 0,
        /// Who wins among equals: "haproxy", the one with fewer picks of late; "nginx", the one drawn last.
        comparison: Comparison = Comparison::Haproxy,
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

/// Draws a few replicas by weight and picks the one with the fewest attempts of this decider for its weight.
///
/// Among equals the one with fewer picks within the last second wins, then the one drawn first. Draws of weight are
/// independent, as from a hash ring without end. With `balance_factor` a replica whose load for its weight is above that
/// percentage of the mean is passed over. With comparison "nginx" it draws different ones, of which the last wins among
/// equals. Helps with many deciders and different speeds. Hurts as every policy that
/// sees only its own attempts. Source: HAProxy `configuration.txt`, balance random and
/// hash-balance-factor; nginx `ngx_http_upstream_random_module.c`.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomDraws {
    draws: u32,
    factor: u32,
    weights: WeightTable,
    table: AliasTable,
    /// Picks of each replica in the last second.
    rates: Vec<Rate>,
    comparison: Comparison,
    slow_start: Option<SlowStart>,
    /// Where not every eligible replica may have an attempt.
    peers: Option<Box<Peers>>,
    /// Those drawn for a pick that may not be drawn again.
    drawn: Vec<u32>,
}

/// Events in a sliding second: those of the one that runs, and of the one before as far as it still reaches in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Rate {
    start: SimTime,
    current: u32,
    before: u32,
}

const SECOND: SimDuration = SimDuration::from_nanos(1_000_000_000);

impl Rate {
    fn at(&mut self, now: SimTime) -> f64 {
        let age = now.since(self.start);
        if age >= SECOND {
            let follows = age.as_nanos() < 2 * SECOND.as_nanos();
            self.before = if follows { self.current } else { 0 };
            self.current = 0;
            self.start = if follows { self.start + SECOND } else { now };
        }
        let left = 1.0 - now.since(self.start).as_secs();
        f64::from(self.current) + f64::from(self.before) * left
    }
}

impl BalancingPolicy for RandomDraws {
    const NAME: &'static str = "random-draws";
    const SUMMARY: &'static str = "The less loaded of a few replicas drawn by weight, as in HAProxy.";
    const NO_SLOW_START: Option<&'static str> = None;
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        let outcomes = settings.max_fails > 0;
        let every_pick = outcomes || settings.max_conns > 0;
        settings.weights.needs(Needs { outcomes, every_pick, ..Needs::load(LoadNeeded::Own) })
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(settings.draws >= 1, "draws", "expected at least 1")?;
        check_factor(settings.balance_factor)?;
        SlowStart::check(settings.slow_start.as_ref())?;
        settings.rules().check(replicas)?;
        settings.weights.check(replicas)
    }

    fn draws(settings: &Settings) -> u64 {
        u64::from(settings.draws)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        let rates = vec![Rate::default(); weights.all().len()];
        let table = AliasTable::new(weights.all());
        let peers = Peers::new(settings.rules(), &vec![1; speed.len()], 1);
        Self {
            draws: settings.draws,
            factor: settings.balance_factor,
            weights,
            table,
            rates,
            comparison: settings.comparison,
            slow_start: settings.slow_start.clone(),
            peers,
            drawn: Vec::new(),
        }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let Some(mut peers) = self.peers.take() else { return self.pick_among(fleet, stream) };
        peers.find(fleet);
        let able = std::mem::take(&mut peers.able);
        let narrowed = FleetView { eligible: &able, ..*fleet };
        let picked = if able.is_empty() { None } else { self.pick_among(&narrowed, stream) };
        peers.able = able;
        if let Some(picked) = picked {
            peers.picked(picked, fleet.now);
        }
        self.peers = Some(peers);
        picked
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
        self.rates[change.replica as usize] = Rate::default();
        if change.joins && self.weights.join(change.replica) {
            self.table = AliasTable::new(self.weights.all());
        }
    }
}

impl RandomDraws {
    /// One of the eligible, which are at least one.
    fn pick_among(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let limit = self.limit(fleet);
        let mut best: Option<(f64, f64, u32)> = None;
        self.drawn.clear();
        for _ in 0..self.draws {
            let Some(drawn) = self.draw(fleet, stream) else { break };
            let key = self.key(fleet, drawn);
            let rate = match self.comparison {
                Comparison::Haproxy => self.rates[drawn as usize].at(fleet.now),
                // The last drawn wins among equals.
                Comparison::Nginx => -(self.drawn.len() as f64),
            };
            if key <= limit && best.is_none_or(|best| (key, rate) < (best.0, best.1)) {
                best = Some((key, rate, drawn));
            }
        }
        // Nobody drawn has room: the least loaded always has.
        let least = || {
            let keys = fleet.eligible.iter().map(|one| (self.key(fleet, *one), *one));
            keys.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, one)| one)
        };
        let picked = best.map(|(_, _, replica)| replica).or_else(least)?;
        self.rates[picked as usize].at(fleet.now);
        self.rates[picked as usize].current += 1;
        Some(picked)
    }

    /// Draws one by weight; none where all were drawn that may be drawn once.
    fn draw(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let is_slow = self.slow_start.as_ref().is_some_and(|slow| slow.is_on(fleet));
        let drawn = if self.drawn.is_empty() && !is_slow {
            self.table.draw(fleet.eligible, &self.weights, stream)
        } else {
            self.draw_slowly(fleet, stream)?
        };
        if self.comparison == Comparison::Nginx {
            self.drawn.push(drawn);
        }
        Some(drawn)
    }

    /// Draws one of those not yet drawn by the weights as they are now.
    fn draw_slowly(&self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let weight = |one: u32| {
            if self.drawn.contains(&one) { 0.0 } else { self.weight(fleet, one).max(f64::MIN_POSITIVE) }
        };
        let total: f64 = fleet.eligible.iter().map(|one| weight(*one)).sum();
        let mut left = stream.random::<f64>() * total;
        let mut last = None;
        for one in fleet.eligible.iter().filter(|one| weight(**one) > 0.0) {
            last = Some(*one);
            left -= weight(*one);
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// The weight of a replica as far as slow start lets it count.
    fn weight(&self, fleet: &FleetView<'_>, replica: u32) -> f64 {
        let share = self.slow_start.as_ref().map_or(1.0, |slow| slow.share(fleet, replica));
        self.weights.of(replica) * share
    }

    /// What is compared of a replica: its attempts for its weight.
    fn key(&self, fleet: &FleetView<'_>, replica: u32) -> f64 {
        f64::from(fleet.load[replica as usize]) / self.weight(fleet, replica).max(f64::MIN_POSITIVE)
    }

    /// The load for its weight beyond which a replica is passed over.
    fn limit(&self, fleet: &FleetView<'_>) -> f64 {
        if self.factor == 0 {
            return f64::INFINITY;
        }
        // The mean counts the attempt that is about to be sent.
        let active = (active(fleet) + 1) as f64;
        active / self.weights.total(fleet.eligible) * f64::from(self.factor) / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{assert_shares, stream, view};

    fn policy(draws: u32, weights: &[f64], balance_factor: u32) -> RandomDraws {
        let weights = Weights::Given(weights.to_vec());
        RandomDraws::new(&Settings { weights, ..settings(draws, balance_factor) }, &[1.0; 3])
    }

    fn settings(draws: u32, balance_factor: u32) -> Settings {
        Settings {
            draws,
            weights: Weights::Equal,
            balance_factor,
            comparison: Comparison::Haproxy,
            max_fails: 0,
            fail_timeout: SimDuration::from_secs(10.0),
            max_conns: 0,
            backup: Vec::new(),
            backup_use: BackupUse::All,
            slow_start: None,
        }
    }

    #[test]
    fn two_of_nginx_are_different_and_the_last_wins_among_equals() {
        let weights = Weights::Given(vec![3.0, 1.0, 1.0]);
        let nginx = Settings { weights, comparison: Comparison::Nginx, ..settings(2, 0) };
        let mut two = RandomDraws::new(&nginx, &[1.0; 3]);
        // The busiest is never alone.
        assert_shares(&[0.0, 1.0, 1.0], |stream| two.pick(&view(&[0, 1, 2], &[9, 0, 0]), stream));
        // Equal keys: the second. It is the first with 2 x 1/5 x 3/4, the others with 3/5 x 1/2 + 1/5 x 1/4.
        assert_shares(&[0.3, 0.35, 0.35], |stream| two.pick(&view(&[0, 1, 2], &[0, 0, 0]), stream));
        assert_eq!(two.pick(&view(&[1], &[0, 7, 0]), &mut stream()), Some(1));
    }

    #[test]
    fn backups_and_failures_count_for_draws() {
        let rules = Settings { max_fails: 1, backup: vec![3], ..settings(2, 0) };
        let mut draws = RandomDraws::new(&rules, &[1.0; 3]);
        assert_shares(&[1.0, 1.0, 0.0], |stream| draws.pick(&view(&[0, 1, 2], &[0, 0, 0]), stream));
        let (now, latency) = (SimTime::ZERO, SimDuration::from_secs(0.1));
        let failure = Some(crate::reason::Reason::Reset);
        for (replica, next) in [(0, Some(1)), (1, Some(2)), (2, None)] {
            draws.observe(&Ended { replica, now, latency, failure, is_listed: false });
            assert_eq!(draws.pick(&view(&[0, 1, 2], &[0, 0, 0]), &mut stream()), next);
        }
    }

    #[test]
    fn who_came_back_is_drawn_by_its_share() {
        let window = SimDuration::from_secs(100.0);
        let slow = SlowStart { window, aggression: 1.0, min_weight: crate::units::Probability::ZERO };
        let mut one = RandomDraws::new(&Settings { slow_start: Some(slow), ..settings(1, 0) }, &[1.0; 3]);
        let since = [SimTime::ZERO, SimTime::ZERO, SimTime::ZERO + SimDuration::from_secs(50.0)];
        for (seconds, share) in [(75.0, 0.25), (100.0, 0.5), (150.0, 1.0)] {
            let now = SimTime::ZERO + SimDuration::from_secs(seconds);
            let fleet = FleetView { now, since: &since, ..view(&[0, 1, 2], &[0, 0, 0]) };
            assert_shares(&[1.0, 1.0, share], |stream| one.pick(&fleet, stream));
        }
    }

    #[test]
    fn one_draw_follows_the_weights() {
        let mut one = policy(1, &[3.0, 1.0, 4.0], 0);
        assert_shares(&[3.0, 1.0, 4.0], |stream| one.pick(&view(&[0, 1, 2], &[0, 5, 9]), stream));
        assert_shares(&[3.0, 0.0, 4.0], |stream| one.pick(&view(&[0, 2], &[0, 5, 9]), stream));
    }

    #[test]
    fn the_less_loaded_of_two_draws_wins() {
        // The busier wins when it is drawn twice: with probability 3/4 squared.
        let mut two = policy(2, &[3.0, 1.0], 0);
        assert_shares(&[9.0, 7.0], |stream| two.pick(&view(&[0, 1], &[9, 0]), stream));
        // Six for a weight of 3 is less than three for a weight of 1.
        assert_shares(&[15.0, 1.0], |stream| two.pick(&view(&[0, 1], &[6, 3]), stream));
    }

    #[test]
    fn equals_go_to_the_one_with_fewer_picks_of_late() {
        let mut many = policy(40, &[1.0, 1.0], 0);
        let mut random = stream();
        let picks: Vec<_> =
            (0..100).filter_map(|_| many.pick(&view(&[0, 1], &[4, 4]), &mut random)).collect();
        assert!(picks.chunks(2).all(|pair| pair[0] != pair[1]), "{picks:?}");
    }

    #[test]
    fn a_second_slides() {
        let mut rate = Rate::default();
        let at = |seconds: f64| SimTime::ZERO + SimDuration::from_secs(seconds);
        rate.current = 8;
        assert!((rate.at(at(0.5)) - 8.0).abs() < 1e-12);
        assert!((rate.at(at(1.25)) - 6.0).abs() < 1e-12);
        assert!(rate.at(at(9.0)).abs() < 1e-12);
    }

    #[test]
    fn who_is_above_the_bound_is_passed_over() {
        // A mean of (4 + 0 + 1) / 2 and 120 %: 3 is the bound.
        let mut bounded = policy(1, &[1.0, 1.0], 120);
        let mut random = stream();
        assert!((0..100).all(|_| bounded.pick(&view(&[0, 1], &[4, 0]), &mut random) == Some(1)));
        assert_shares(&[1.0, 1.0], |stream| bounded.pick(&view(&[0, 1], &[3, 2]), stream));
    }

    #[test]
    fn impossible_settings_are_refused() {
        assert!(RandomDraws::check(&settings(0, 0), 2).is_err());
        assert!(RandomDraws::check(&settings(2, 90), 2).is_err());
        assert_eq!(RandomDraws::check(&settings(2, 150), 2), Ok(()));
    }
}
