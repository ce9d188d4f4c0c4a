//! Each in turn.

use super::schedule::Schedule;
use super::slow_start::SlowStart;
use super::{BalancingPolicy, FleetView, Needs};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;

crate::settings! {
    /// Settings of turns.
    pub struct Settings {
        /// How a replica that came back is brought to its full share.
        slow_start: Option<SlowStart> = None,
    }
}

/// Picks each eligible replica in turn.
///
/// While a replica is in its slow start, turns are taken by deadlines as in `edf-weighted-round-robin`, from a random
/// place on. Helps with equal replicas and equal demands: arrivals at each replica are more regular than Poisson. Hurts
/// with a slow replica, which gets as much as the others. Source: Envoy `round_robin_lb` and `load_balancer_impl.cc`.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundRobin {
    turn: usize,
    slow: Option<Box<Slow>>,
}

/// What there is more where replicas start slowly.
#[derive(Debug, Clone, PartialEq)]
struct Slow {
    settings: SlowStart,
    replicas: usize,
    /// Turns by deadline, since so many replicas are in their slow start.
    turns: Option<(usize, Schedule)>,
}

impl BalancingPolicy for RoundRobin {
    const NAME: &'static str = "round-robin";
    const SUMMARY: &'static str = "Each eligible replica in turn.";
    const NO_SLOW_START: Option<&'static str> = None;
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs::NOTHING
    }

    fn check(settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        SlowStart::check(settings.slow_start.as_ref())
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let slow =
            settings.slow_start.clone().map(|settings| Slow { settings, replicas: speed.len(), turns: None });
        Self { turn: 0, slow: slow.map(Box::new) }
    }

    #[inline]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        if let Some(slow) = &mut self.slow
            && let Some(picked) = slow.pick(fleet, stream)
        {
            return Some(picked);
        }
        if self.turn >= fleet.eligible.len() {
            self.turn = 0;
        }
        let picked = fleet.eligible[self.turn];
        self.turn += 1;
        Some(picked)
    }
}

impl Slow {
    /// Whose turn it is by the shares of those that start slowly; `None` where nobody does.
    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let Self { settings, replicas, turns } = self;
        let count = settings.count(fleet);
        if count == 0 || fleet.eligible.len() == 1 {
            *turns = None;
            return None;
        }
        let share = |replica| settings.share(fleet, replica);
        // Another one that starts slowly begins the turns anew, so that it has none left from before.
        if turns.as_ref().is_none_or(|(known, _)| *known < count) {
            let shares: Vec<f64> = (0..*replicas as u32).map(share).collect();
            *turns = Some((count, Schedule::new(&shares, true)));
        }
        let (known, schedule) = turns.as_mut()?;
        *known = count;
        Some(schedule.next(fleet.eligible, share, stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};
    use crate::units::{Probability, SimDuration, SimTime};

    #[test]
    fn each_has_its_turn() {
        let mut policy = RoundRobin::new(&Settings { slow_start: None }, &[]);
        let mut picks = |eligible: &[u32], count: usize| -> Vec<u32> {
            (0..count).map(|_| policy.pick(&view(eligible, &[]), &mut stream()).unwrap()).collect()
        };
        assert_eq!(picks(&[0, 1, 2], 5), [0, 1, 2, 0, 1]);
        assert_eq!(picks(&[0, 2], 3), [0, 2, 0]);
    }

    #[test]
    fn who_came_back_has_fewer_turns_until_its_window_is_over() {
        let slow_start = Some(SlowStart {
            window: SimDuration::from_secs(100.0),
            aggression: 1.0,
            min_weight: Probability::new(0.05).unwrap(),
        });
        let mut policy = RoundRobin::new(&Settings { slow_start }, &[1.0; 3]);
        let since = [SimTime::ZERO, SimTime::ZERO, SimTime::ZERO + SimDuration::from_secs(50.0)];
        let mut random = stream();
        for (seconds, turns) in [(1.0, 400), (51.0, 20), (75.0, 112), (100.0, 201), (150.0, 334)] {
            let now = SimTime::ZERO + SimDuration::from_secs(seconds);
            // Before it came back it is not eligible.
            let eligible = if seconds < 50.0 { &[0, 1][..] } else { &[0, 1, 2] };
            let since = if seconds < 50.0 { [SimTime::ZERO; 3] } else { since };
            let fleet = FleetView { now, since: &since, ..view(eligible, &[]) };
            let picks: Vec<u32> = (0..1_000).filter_map(|_| policy.pick(&fleet, &mut random)).collect();
            let last = picks.iter().filter(|one| **one == 2).count();
            let expected = if seconds < 50.0 { 0 } else { turns };
            assert!(last.abs_diff(expected) <= 5, "{seconds}: {last}");
            let [one, other] = [0, 1].map(|one| picks.iter().filter(|pick| **pick == one).count());
            assert!(one.abs_diff(other) <= 1, "{seconds}: {one} and {other}");
        }
    }
}
