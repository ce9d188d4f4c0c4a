//! Which replica gets an attempt.
//!
//! A policy sees what its decider knows, never the truth. It does not decide who may be chosen at all (health,
//! locality, `avoid`): that is the list of eligible replicas that it is given. To add one: write `<name>.rs` with its
//! settings, documentation and unit tests, and add its `mod` line and row below. A policy from outside the crate
//! implements the same trait and is registered in a [catalogue](crate::scenario::Catalogue).

mod alias;
mod custom;
mod edf_weighted_round_robin;
mod first;
mod hash_table;
mod join_shortest_queue;
mod least_connections;
mod least_request;
mod maglev;
mod measured;
mod peak_ewma;
mod peers;
mod pick_first;
mod power_of_d;
mod power_of_two;
mod prequal;
mod random;
mod random_draws;
mod ring_hash;
mod round_robin;
mod scan;
mod schedule;
mod shard;
mod slow_start;
mod smooth_weighted_round_robin;
mod spread;
mod sticky;
mod weighted_random;
mod weighted_round_robin;
mod weights;

pub use custom::OwnPolicy;
pub use measured::{MeasuredKeys, Metric};
pub use shard::{ShardBy, ShardPolicy, Sharding};
pub use slow_start::SlowStart;
pub use spread::{Host, Locality, Origin, Pool, Spread};
pub use sticky::{Sessions, Stickiness};
pub use weights::Weights;

use crate::document::Section;
use crate::kernel::stream::Stream;
use crate::reason::Reason;
pub use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

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

/// What a policy needs of the engine, which provides only what is declared; what is not in use costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a need of its own, and any of them may go together"
)]
pub struct Needs {
    /// Which load it reads.
    pub load: LoadNeeded,
    /// Whether it hears how each attempt ended, through [`BalancingPolicy::observe`].
    pub outcomes: bool,
    /// Whether it reads [`FleetView::session`].
    pub sessions: bool,
    /// How often replicas report their load, through [`BalancingPolicy::report`].
    pub reports: Option<SimDuration>,
    /// Whether it asks replicas itself, through [`BalancingPolicy::probe`].
    pub probes: bool,
    /// Whether it is to be asked also where only one replica may be chosen, because it remembers whom it picked or may want
    /// none.
    pub every_pick: bool,
}

impl Needs {
    /// Only who is eligible, and the time.
    pub const NOTHING: Self = Self::load(LoadNeeded::None);

    /// A load, and nothing else.
    pub const fn load(load: LoadNeeded) -> Self {
        Self { load, outcomes: false, sessions: false, reports: None, probes: false, every_pick: false }
    }
}

/// What a decider knows of a fleet. Replicas are numbered from 0 within the service.
#[derive(Debug, Clone, Copy)]
pub struct FleetView<'a> {
    /// Who may be chosen: rising numbers, at least one.
    pub eligible: &'a [u32],
    /// Attempts in each replica, by number, as far as known; empty unless the policy needs it.
    pub load: &'a [u32],
    /// Slots of each replica.
    pub slots: u32,
    /// Since when each replica is believed up, by number; 0 for those that were from the start.
    pub since: &'a [SimTime],
    /// The time now.
    pub now: SimTime,
    /// The session that the attempt belongs to, the same for all attempts of its requests; 0 unless the policy
    /// needs it.
    pub session: u64,
}

/// How an attempt ended, as its decider sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Who had it.
    pub replica: u32,
    /// The time now.
    pub now: SimTime,
    /// Time from sending it to now.
    pub latency: SimDuration,
    /// Why it failed, if it did.
    pub failure: Option<Reason>,
    /// Whether its caller counts that failure: its `retry.on` lists the reason, and there was a try left for it.
    pub is_listed: bool,
}

/// What a replica says of itself, over the time since its last report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Share of its slots that were taken, 0 to 1; without a limit of slots, how many were.
    pub utilisation: f64,
    /// Services that ended [1/s].
    pub throughput: f64,
    /// Those of them that ended with an error [1/s].
    pub errors: f64,
    /// Mean time from admission to the end of service \[s\]; `None` where no service ended.
    pub latency: Option<f64>,
}

/// What a replica answers to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// Who answers.
    pub replica: u32,
    /// When the answer is back.
    pub known: SimTime,
    /// Attempts in it when the probe was there.
    pub load: u32,
    /// Median time from admission to the end of its last services; zero where none ended yet.
    pub latency: SimDuration,
}

/// A replica joined a fleet, or left it, as its deciders learn. What was remembered of its number is about another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetChange {
    /// Its number.
    pub replica: u32,
    /// Whether it joined.
    pub joins: bool,
    /// How many there are now.
    pub present: u32,
}

/// Chooses the replica for one attempt, from what its decider knows.
///
/// The methods with an empty body are called only for policies that declare the need.
pub trait BalancingPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// Why a replica that came back cannot be brought to its full share slowly; `None` where `slow_start` does that.
    const NO_SLOW_START: Option<&'static str>;
    /// What a scenario says about it.
    type Settings: Section;

    /// What it needs of the engine with these settings.
    fn needs(settings: &Self::Settings) -> Needs;

    /// Whether the settings are possible for a fleet of so many replicas.
    ///
    /// # Errors
    ///
    /// Says which key is impossible, and in a lowercase sentence why.
    fn check(settings: &Self::Settings, replicas: usize) -> Result<(), Impossible>;

    /// Builds the memory of one decider for a fleet whose replicas have these speeds; the settings were checked. Of a
    /// fleet that changes these are all that there may ever be: [`BalancingPolicy::change`] says which are not there.
    fn new(settings: &Self::Settings, speed: &[f64]) -> Self;

    /// How many replicas one pick draws by itself, however few there are.
    fn draws(_settings: &Self::Settings) -> u64 {
        1
    }

    /// About how many entries the memory of one decider has for a fleet of replicas of these speeds.
    fn entries(_settings: &Self::Settings, speed: &[f64]) -> u64 {
        speed.len() as u64
    }

    /// Why it cannot choose among the replicas of one shard at one pick and among those of another at the next; `None` where
    /// it can.
    fn without_shards(_settings: &Self::Settings) -> Option<&'static str> {
        None
    }

    /// The number of the chosen replica, which is one of `fleet.eligible`; `None` where it wants none of them.
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32>;

    /// An attempt of this decider ended; called where [`Needs::outcomes`] says so.
    fn observe(&mut self, _ended: &Ended) {}

    /// Replicas report, by number; `None` from those that do not work. Called where [`Needs::reports`] says so.
    fn report(&mut self, _reports: &[Option<Report>], _now: SimTime) {}

    /// Adds to `targets` whom to probe after a pick; called where [`Needs::probes`] says so.
    fn probe(&mut self, _fleet: &FleetView<'_>, _stream: &mut Stream, _targets: &mut Vec<u32>) {}

    /// A probe reached its replica, and the answer is known from `reply.known` on.
    fn probed(&mut self, _reply: &Probed) {}

    /// The fleet changed. Who may be chosen is said at each pick; this is for what is remembered of single replicas, and
    /// for their number.
    fn change(&mut self, _change: &FleetChange) {}
}

crate::registry! { ($) Balancer, BalancerSettings, BalancingPolicy, each_balancer;
    Random = random,
    RoundRobin = round_robin,
    WeightedRandom = weighted_random,
    SmoothWeightedRoundRobin = smooth_weighted_round_robin,
    EdfWeightedRoundRobin = edf_weighted_round_robin,
    LeastConnections = least_connections,
    LeastRequest = least_request,
    JoinShortestQueue = join_shortest_queue,
    PowerOfD = power_of_d,
    PowerOfTwo = power_of_two,
    First = first,
    Maglev = maglev,
    PeakEwma = peak_ewma,
    PickFirst = pick_first,
    Prequal = prequal,
    RandomDraws = random_draws,
    RingHash = ring_hash,
    WeightedRoundRobin = weighted_round_robin;
    Custom = custom
}

impl BalancerSettings {
    /// Why slow start is impossible with the shipped policy of a name; `None` where it is possible, or there is no such policy.
    pub fn no_slow_start(name: &str) -> Option<&'static str> {
        each_balancer!(names Policy => if <Policy as BalancingPolicy>::NAME == name {
            return <Policy as BalancingPolicy>::NO_SLOW_START;
        });
        None
    }

    /// Whether the settings are possible for a fleet of so many replicas.
    ///
    /// # Errors
    ///
    /// Says which key is impossible, and in a lowercase sentence why, such as a wrong number of weights.
    pub fn check(&self, replicas: usize) -> Result<(), Impossible> {
        each_balancer!(settings self, settings, Policy => Policy::check(settings, replicas))
    }

    /// How many replicas one pick draws by itself, however few there are.
    pub fn draws(&self) -> u64 {
        each_balancer!(settings self, settings, Policy => Policy::draws(settings))
    }

    /// About how many entries the memory of one decider has for a fleet of replicas of these speeds.
    pub fn entries(&self, speed: &[f64]) -> u64 {
        each_balancer!(settings self, settings, Policy => Policy::entries(settings, speed))
    }

    /// Why it cannot choose among other replicas at each pick; `None` where it can.
    pub fn without_shards(&self) -> Option<&'static str> {
        each_balancer!(settings self, settings, Policy => Policy::without_shards(settings))
    }

    /// What the policy needs of the engine.
    pub fn needs(&self) -> Needs {
        each_balancer!(settings self, settings, Policy => Policy::needs(settings))
    }
}

impl Balancer {
    /// Builds the memory of one decider.
    pub fn new(settings: &BalancerSettings, speed: &[f64]) -> Self {
        each_balancer!(build settings, settings, Policy => Policy::new(settings, speed))
    }

    /// The number of the chosen replica, which is one of `fleet.eligible`; `None` where the policy wants none of them.
    #[inline(always)]
    pub fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        each_balancer!(self, policy => policy.pick(fleet, stream))
    }

    /// As [`Balancer::pick`], for those that are not in a hurry.
    #[inline(never)]
    pub fn pick_apart(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        self.pick(fleet, stream)
    }

    /// An attempt of this decider ended.
    pub fn observe(&mut self, ended: &Ended) {
        each_balancer!(self, policy => policy.observe(ended));
    }

    /// Replicas report.
    pub fn report(&mut self, reports: &[Option<Report>], now: SimTime) {
        each_balancer!(self, policy => policy.report(reports, now));
    }

    /// Adds to `targets` whom to probe after a pick.
    pub fn probe(&mut self, fleet: &FleetView<'_>, stream: &mut Stream, targets: &mut Vec<u32>) {
        each_balancer!(self, policy => policy.probe(fleet, stream, targets));
    }

    /// A probe reached its replica.
    pub fn probed(&mut self, reply: &Probed) {
        each_balancer!(self, policy => policy.probed(reply));
    }

    /// A replica joined the fleet, or left it.
    pub fn change(&mut self, change: &FleetChange) {
        each_balancer!(self, policy => policy.change(change));
    }
}

/// A uniform number below `bound`, by multiplication (bias below `bound` / 2^32).
#[inline]
pub fn below(bound: usize, stream: &mut Stream) -> usize {
    use rand::Rng;
    ((u64::from(stream.next_u32()) * bound as u64) >> 32) as usize
}

/// Attempts in all eligible replicas.
fn active(fleet: &FleetView<'_>) -> u64 {
    if fleet.eligible.len() == fleet.load.len() {
        return fleet.load.iter().map(|load| u64::from(*load)).sum();
    }
    fleet.eligible.iter().map(|replica| u64::from(fleet.load[*replica as usize])).sum()
}

/// What the tests of policies share.
#[cfg(test)]
mod testing {
    use super::FleetView;
    use crate::kernel::stream::{Purpose, Stream, Streams};
    use crate::units::SimTime;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    pub(super) fn stream() -> Stream {
        Streams::new(5, 0).stream(Purpose::Balancing, 0)
    }

    pub(super) fn view<'a>(eligible: &'a [u32], load: &'a [u32]) -> FleetView<'a> {
        let now = SimTime::ZERO;
        FleetView { eligible, load, slots: 1, since: &[], now, session: 0 }
    }

    /// Asserts that replicas are picked in these proportions, by a chi-square test at a level of 1e-4; what has no
    /// share is never picked.
    #[track_caller]
    pub(super) fn assert_shares(expected: &[f64], mut pick: impl FnMut(&mut Stream) -> Option<u32>) {
        let (count, total) = (100_000, expected.iter().sum::<f64>());
        let (mut picked, mut stream) = (vec![0_u32; expected.len()], stream());
        for _ in 0..count {
            picked[pick(&mut stream).unwrap() as usize] += 1;
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
