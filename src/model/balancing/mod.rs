//! Which replica gets an attempt.
//!
//! A policy sees what its decider knows, never the truth. It does not decide who may be chosen at all (health,
//! locality, `avoid`): that is the list of eligible replicas that it is given. To add one: write `<name>.rs` with its
//! settings, documentation and unit tests, and add its `mod` line and row below.

mod random;
mod round_robin;

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

    /// Builds the memory of one decider for a fleet whose replicas have these speeds.
    fn new(settings: &Self::Settings, speed: &[f64]) -> Self;

    /// The number of the chosen replica, which is one of `fleet.eligible`.
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> u32;
}

crate::registry! { ($) Balancer, BalancerSettings, BalancingPolicy, each_balancer;
    Random = random,
    RoundRobin = round_robin,
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
