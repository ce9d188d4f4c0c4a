//! The less loaded of a few drawn by weight.

use super::alias::AliasTable;
use super::weights::{WeightTable, Weights};
use super::{BalancingPolicy, FleetView, LoadNeeded, Needs, Report, active};
use crate::kernel::stream::Stream;
use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// Settings of draws by weight.
    pub struct Settings {
        /// How many are drawn, one perhaps twice; at least 1.
        draws: u32 = 2,
        /// "equal", "speed", a weight for each replica, or how they are measured.
        weights: Weights = Weights::Equal,
        /// Percent of the mean load for its weight beyond which a replica is passed over; 0 is no limit.
        balance_factor: u32 = 0,
    }
}

/// Draws a few replicas by weight and picks the one with the fewest attempts of this decider for its weight.
///
/// Among equals the one with fewer picks within the last second wins, then the one drawn first. Draws of weight are
/// independent, as from a hash ring without end. With `balance_factor` a replica whose load for its weight is above that
/// percentage of the mean is passed over. Helps with many deciders and different speeds. Hurts as every policy that
/// sees only its own attempts. Source: HAProxy `configuration.txt`, balance random and hash-balance-factor.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomDraws {
    draws: u32,
    factor: u32,
    weights: WeightTable,
    table: AliasTable,
    /// Picks of each replica in the last second.
    rates: Vec<Rate>,
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
    type Settings = Settings;

    fn needs(settings: &Settings) -> Needs {
        settings.weights.needs(Needs::load(LoadNeeded::Own))
    }

    fn check(settings: &Settings, replicas: usize) -> Result<(), String> {
        if settings.draws == 0 {
            return Err("draws must be at least 1".to_owned());
        }
        if (1..100).contains(&settings.balance_factor) {
            return Err("the balance factor must be 0 or at least 100".to_owned());
        }
        settings.weights.check(replicas)
    }

    fn draws(settings: &Settings) -> u64 {
        u64::from(settings.draws)
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let weights = WeightTable::new(&settings.weights, speed);
        let rates = vec![Rate::default(); weights.all().len()];
        let table = AliasTable::new(weights.all());
        Self { draws: settings.draws, factor: settings.balance_factor, weights, table, rates }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let limit = self.limit(fleet);
        let load = |one: u32| f64::from(fleet.load[one as usize]);
        let mut best: Option<(f64, f64, u32)> = None;
        for _ in 0..self.draws {
            let drawn = self.table.draw(fleet.eligible, &self.weights, stream);
            let key = load(drawn) / self.weights.of(drawn).max(f64::MIN_POSITIVE);
            let found = (key, self.rates[drawn as usize].at(fleet.now), drawn);
            if key <= limit && best.is_none_or(|best| (found.0, found.1) < (best.0, best.1)) {
                best = Some(found);
            }
        }
        // Nobody drawn has room: the least loaded always has.
        let key = |one: &u32| load(*one) / self.weights.of(*one).max(f64::MIN_POSITIVE);
        let least = || fleet.eligible.iter().copied().min_by(|one, other| key(one).total_cmp(&key(other)));
        let picked = best.map(|(_, _, replica)| replica).or_else(least)?;
        self.rates[picked as usize].at(fleet.now);
        self.rates[picked as usize].current += 1;
        Some(picked)
    }

    fn report(&mut self, reports: &[Option<Report>], _now: SimTime) {
        if self.weights.report(reports) {
            self.table = AliasTable::new(self.weights.all());
        }
    }
}

impl RandomDraws {
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
        RandomDraws::new(&Settings { draws, weights, balance_factor }, &[])
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
        let settings = |draws, balance_factor| Settings { draws, weights: Weights::Equal, balance_factor };
        assert!(RandomDraws::check(&settings(0, 0), 2).is_err());
        assert!(RandomDraws::check(&settings(2, 90), 2).is_err());
        assert_eq!(RandomDraws::check(&settings(2, 150), 2), Ok(()));
    }
}
