//! The lower expected latency of two at random.

use super::{BalancingPolicy, Ended, FleetChange, FleetView, LoadNeeded, Needs, below};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// Settings of the choice by latency.
    pub struct Settings {
        /// Time in which an old latency loses all but 1/e of its weight.
        #[range = "> 0"]
        decay: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// Latency of a replica that has no history. Linkerd: "30ms". Without it, as in Finagle, such a replica gets
        /// one attempt at a time.
        default_rtt: Option<SimDuration> = None,
    }
}

/// Takes two replicas at random and picks the one with the lower product of latency and attempts.
///
/// The latency is an exponentially weighted mean that jumps up to each higher value at once and decays in between;
/// attempts are those that this decider has out, and one more. Helps with a replica that gets slow: one bad answer
/// sends most traffic elsewhere. Hurts with a replica that fails fast, whose answers are the quickest. Source: Finagle
/// `PeakEwma.scala` and `P2CPick.scala`; Linkerd differs in the default latency.
#[derive(Debug, Clone, PartialEq)]
pub struct PeakEwma {
    decay: f64,
    /// What is known of a replica of which nothing was seen.
    unknown: Latency,
    known: Vec<Latency>,
}

/// What is known of one replica [ns].
#[derive(Debug, Clone, Copy, PartialEq)]
struct Latency {
    mean: f64,
    stamp: SimTime,
}

/// Load of a replica without history that has an attempt out: above every other.
const PENALTY: f64 = (i64::MAX >> 16) as f64;

impl Latency {
    /// Takes in a latency [ns]; zero lets it decay only.
    fn observe(&mut self, latency: f64, now: SimTime, decay: f64) {
        let weight = (-(now.since(self.stamp).as_nanos() as f64) / decay).exp();
        self.mean = if latency > self.mean { latency } else { self.mean * weight + latency * (1.0 - weight) };
        self.stamp = now;
    }

    fn load(&mut self, pending: u32, now: SimTime, decay: f64) -> f64 {
        self.observe(0.0, now, decay);
        if self.mean <= 0.0 && pending > 0 {
            return PENALTY + f64::from(pending);
        }
        self.mean * (f64::from(pending) + 1.0)
    }
}

impl BalancingPolicy for PeakEwma {
    const NAME: &'static str = "peak-ewma";
    const SUMMARY: &'static str =
        "The lower product of peak latency and attempts of two at random, as in Finagle.";
    const NO_SLOW_START: Option<&'static str> = Some(
        "its loads are latencies times attempts, and there is no weight to lower; a replica without a latency gets one attempt at a time (Finagle)",
    );
    type Settings = Settings;

    fn needs(_settings: &Settings) -> Needs {
        Needs { outcomes: true, ..Needs::load(LoadNeeded::Own) }
    }

    fn check(settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(!settings.decay.is_zero(), "decay", "expected a time above zero")
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        let mean = settings.default_rtt.map_or(0.0, |rtt| rtt.as_nanos() as f64);
        let unknown = Latency { mean, stamp: SimTime::ZERO };
        Self { decay: settings.decay.as_nanos() as f64, unknown, known: vec![unknown; speed.len()] }
    }

    #[inline(never)]
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let count = fleet.eligible.len();
        if count == 1 {
            return Some(fleet.eligible[0]);
        }
        let first = below(count, stream);
        let other = below(count - 1, stream);
        let other = if other >= first { other + 1 } else { other };
        let [a, b] = [fleet.eligible[first], fleet.eligible[other]];
        let mut load =
            |one: u32| self.known[one as usize].load(fleet.load[one as usize], fleet.now, self.decay);
        Some(if load(a) <= load(b) { a } else { b })
    }

    fn observe(&mut self, ended: &Ended) {
        let latency = ended.latency.as_nanos() as f64;
        self.known[ended.replica as usize].observe(latency, ended.now, self.decay);
    }

    fn change(&mut self, change: &FleetChange) {
        self.known[change.replica as usize] = self.unknown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::{stream, view};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    fn policy(default_rtt: Option<f64>) -> PeakEwma {
        let default_rtt = default_rtt.map(SimDuration::from_secs);
        PeakEwma::new(&Settings { decay: SimDuration::from_secs(10.0), default_rtt }, &[1.0; 2])
    }

    fn end(policy: &mut PeakEwma, replica: u32, seconds: f64, latency: f64) {
        let latency = SimDuration::from_secs(latency);
        policy.observe(&Ended { replica, now: at(seconds), latency, failure: None, is_listed: false });
    }

    fn pick(policy: &mut PeakEwma, seconds: f64, load: [u32; 2]) -> u32 {
        policy.pick(&FleetView { now: at(seconds), ..view(&[0, 1], &load) }, &mut stream()).unwrap()
    }

    #[test]
    fn a_peak_counts_at_once_and_decays() {
        let mut policy = policy(None);
        let mean = |policy: &PeakEwma| policy.known[0].mean / 1e9;
        end(&mut policy, 0, 0.0, 0.1);
        assert!((mean(&policy) - 0.1).abs() < 1e-12);
        end(&mut policy, 0, 1.0, 0.5);
        assert!((mean(&policy) - 0.5).abs() < 1e-12);
        // After one decay time the old value has 1/e of the weight.
        end(&mut policy, 0, 11.0, 0.1);
        let part = (-1.0_f64).exp();
        assert!((mean(&policy) - (0.5 * part + 0.1 * (1.0 - part))).abs() < 1e-12);
    }

    #[test]
    fn the_lower_product_wins() {
        let mut policy = policy(None);
        end(&mut policy, 0, 0.0, 0.3);
        end(&mut policy, 1, 0.0, 0.1);
        assert_eq!(pick(&mut policy, 0.0, [0, 0]), 1);
        assert_eq!(pick(&mut policy, 0.0, [0, 1]), 1);
        assert_eq!(pick(&mut policy, 0.0, [0, 3]), 0);
    }

    #[test]
    fn a_replica_without_history_gets_one_attempt_at_a_time() {
        let mut finagle = policy(None);
        end(&mut finagle, 0, 0.0, 0.3);
        assert_eq!(pick(&mut finagle, 0.0, [9, 0]), 1);
        assert_eq!(pick(&mut finagle, 0.0, [9, 1]), 0);
        let mut linkerd = policy(Some(0.03));
        assert_eq!(pick(&mut linkerd, 0.0, [9, 1]), 1);
        assert!(PeakEwma::check(&Settings { decay: SimDuration::default(), default_rtt: None }, 1).is_err());
    }
}
