//! Which replica gets an attempt.
//!
//! A policy sees what its decider knows, never the truth. It does not decide who may be chosen at all (health,
//! locality, `avoid`): that is the list of eligible replicas that it is given. To add one: write `<name>.rs` with its
//! settings, documentation and unit tests, and add its `mod` line and row below.

mod join_shortest_queue;
mod least_connections;
mod power_of_d;
mod power_of_two;
mod random;
mod round_robin;
mod smooth_weighted_round_robin;
mod weighted_random;
mod weights;

pub use weights::Weights;

use crate::document::Section;
use crate::kernel::stream::Stream;

/// Which load a policy reads in [`FleetView::load`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadNeeded {
    /// None; the slice is empty.
    None,
    /// What the decider itself has sent and not yet heard of.
    Own,
    /// Attempts in each replica as far as the decider's knowledge goes: the truth, the truth some time ago, or its
    /// own.
    Known,
}

/// What a policy needs of the engine, which provides only what is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Which load it reads.
    pub load: LoadNeeded,
}

/// What a decider knows of a fleet. Replicas are numbered from 0 within the service.
#[derive(Debug, Clone, Copy)]
pub struct FleetView<'a> {
    /// Who may be chosen: rising numbers, at least one.
    pub eligible: &'a [u32],
    /// Attempts in each replica, by number, as far as known; empty unless the policy needs it.
    pub load: &'a [u32],
    /// How much demand each replica does in a second, by number.
    pub speed: &'a [f64],
}

/// Chooses the replica for one attempt, from what its decider knows.
pub trait BalancingPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// What it needs of the engine.
    const NEEDS: Needs;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible for a fleet of so many replicas.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence what is impossible.
    fn check(settings: &Self::Settings, replicas: usize) -> Result<(), String>;

    /// Builds the memory of one decider for a fleet whose replicas have these speeds; the settings were checked.
    fn new(settings: &Self::Settings, speed: &[f64]) -> Self;

    /// The number of the chosen replica, which is one of `fleet.eligible`.
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32;
}

crate::registry! { ($) Balancer, BalancerSettings, BalancingPolicy, each_balancer;
    Random = random,
    RoundRobin = round_robin,
    WeightedRandom = weighted_random,
    SmoothWeightedRoundRobin = smooth_weighted_round_robin,
    LeastConnections = least_connections,
    JoinShortestQueue = join_shortest_queue,
    PowerOfD = power_of_d,
    PowerOfTwo = power_of_two,
}

impl BalancerSettings {
    /// Whether the settings are possible for a fleet of so many replicas.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence what is impossible, such as a wrong number of weights.
    pub fn check(&self, replicas: usize) -> Result<(), String> {
        each_balancer!(settings self, settings, Policy => <Policy as BalancingPolicy>::check(settings, replicas))
    }
}

impl Balancer {
    /// Builds the memory of one decider.
    pub fn new(settings: &BalancerSettings, speed: &[f64]) -> Self {
        each_balancer!(build settings, settings => BalancingPolicy::new(settings, speed))
    }

    /// What the policy needs of the engine.
    pub fn needs(&self) -> Needs {
        fn needs<P: BalancingPolicy>(_: &P) -> Needs {
            P::NEEDS
        }
        each_balancer!(self, policy => needs(policy))
    }

    /// The number of the chosen replica, which is one of `fleet.eligible`.
    #[inline]
    pub fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32 {
        each_balancer!(self, policy => policy.pick(fleet, stream))
    }
}

/// A uniform number below `bound`, by multiplication (bias below `bound` / 2^32).
#[inline]
fn below(bound: usize, stream: &mut Stream) -> usize {
    use rand::Rng;
    ((u64::from(stream.next_u32()) * bound as u64) >> 32) as usize
}

/// The least load of an eligible replica.
#[inline]
fn fewest(fleet: &FleetView<'_>) -> u32 {
    // When all are eligible the loads stand side by side, and the search needs no look-up.
    let least = if fleet.eligible.len() == fleet.load.len() {
        fleet.load.iter().copied().min()
    } else {
        fleet.eligible.iter().map(|replica| fleet.load[*replica as usize]).min()
    };
    least.unwrap_or(0)
}

/// What the tests of policies share.
#[cfg(test)]
mod testing {
    use super::FleetView;
    use crate::kernel::stream::{Purpose, Stream, Streams};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    pub(super) fn stream() -> Stream {
        Streams::new(5, 0).stream(Purpose::Balancing, 0)
    }

    pub(super) fn view<'a>(eligible: &'a [u32], load: &'a [u32]) -> FleetView<'a> {
        FleetView { eligible, load, speed: &[] }
    }

    /// Asserts that replicas are picked in these proportions, by a chi-square test at a level of 1e-4; what has no
    /// share is never picked.
    #[track_caller]
    pub(super) fn assert_shares(expected: &[f64], mut pick: impl FnMut(&mut Stream) -> u32) {
        let (count, total) = (100_000, expected.iter().sum::<f64>());
        let (mut picked, mut stream) = (vec![0_u32; expected.len()], stream());
        for _ in 0..count {
            picked[pick(&mut stream) as usize] += 1;
        }
        let (mut square, mut classes) = (0.0, 0);
        for (found, share) in picked.iter().zip(expected) {
            if *share <= 0.0 {
                assert_eq!(*found, 0, "{picked:?}");
                continue;
            }
            let mean = f64::from(count) * share / total;
            square += (f64::from(*found) - mean).powi(2) / mean;
            classes += 1;
        }
        let tail = ChiSquared::new(f64::from(classes - 1)).unwrap().sf(square);
        assert!(tail > 1e-4, "{picked:?}, chi-square {square}, probability {tail}");
    }
}
