//! A balancing policy from outside the crate: the only one that is called through a table of functions.

use std::fmt;
use std::sync::Arc;

use super::{
    BalancerSettings, BalancingPolicy, Ended, FleetChange, FleetView, Needs, Probed, Report, SlowStart,
};
use crate::document::{Keyed, Section};
use crate::kernel::stream::Stream;
use crate::registry::Impossible;
use crate::registry::{Entry, Own, own_policy};
use crate::units::SimTime;

own_policy!(BalancingPolicy);

/// What is asked of settings, whichever policy they are of.
trait Described: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn write(&self, table: &mut toml::Table);
    fn needs(&self) -> Needs;
    fn check(&self, replicas: usize) -> Result<(), Impossible>;
    fn draws(&self) -> u64;
    fn without_shards(&self) -> Option<&'static str>;
    fn entries(&self, speed: &[f64]) -> u64;
    fn build(&self, speed: &[f64]) -> Box<dyn Running>;
}

impl<P: OwnPolicy> Described for Of<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn write(&self, table: &mut toml::Table) {
        self.0.write(table);
    }

    fn needs(&self) -> Needs {
        P::needs(&self.0)
    }

    fn check(&self, replicas: usize) -> Result<(), Impossible> {
        P::check(&self.0, replicas)
    }

    fn draws(&self) -> u64 {
        P::draws(&self.0)
    }

    fn without_shards(&self) -> Option<&'static str> {
        P::without_shards(&self.0)
    }

    fn entries(&self, speed: &[f64]) -> u64 {
        P::entries(&self.0, speed)
    }

    fn build(&self, speed: &[f64]) -> Box<dyn Running> {
        Box::new(P::new(&self.0, speed))
    }
}

/// What is asked of a running policy.
trait Running: fmt::Debug + Send + Sync {
    fn copy(&self) -> Box<dyn Running>;
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32>;
    fn observe(&mut self, ended: &Ended);
    fn report(&mut self, reports: &[Option<Report>], now: SimTime);
    fn probe(&mut self, fleet: &FleetView<'_>, stream: &mut Stream, targets: &mut Vec<u32>);
    fn probed(&mut self, reply: &Probed);
    fn change(&mut self, change: &FleetChange);
}

impl<P: OwnPolicy> Running for P {
    fn copy(&self) -> Box<dyn Running> {
        Box::new(self.clone())
    }

    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let picked = BalancingPolicy::pick(self, fleet, stream);
        // Shipped policies are tested for this; of one from outside nothing is known.
        assert!(
            picked.is_none_or(|replica| fleet.eligible.binary_search(&replica).is_ok()),
            "the policy \"{}\" picks one of the eligible replicas {:?}, not {picked:?}",
            P::NAME,
            fleet.eligible
        );
        picked
    }

    fn observe(&mut self, ended: &Ended) {
        BalancingPolicy::observe(self, ended);
    }

    fn report(&mut self, reports: &[Option<Report>], now: SimTime) {
        BalancingPolicy::report(self, reports, now);
    }

    fn probe(&mut self, fleet: &FleetView<'_>, stream: &mut Stream, targets: &mut Vec<u32>) {
        BalancingPolicy::probe(self, fleet, stream, targets);
        let is_eligible = |replica: &u32| fleet.eligible.binary_search(replica).is_ok();
        assert!(targets.iter().all(is_eligible), "the policy \"{}\" probes eligible replicas", P::NAME);
    }

    fn probed(&mut self, reply: &Probed) {
        BalancingPolicy::probed(self, reply);
    }

    fn change(&mut self, change: &FleetChange) {
        BalancingPolicy::change(self, change);
    }
}

/// A running policy from outside the crate.
#[derive(Debug)]
pub struct Custom(Box<dyn Running>);

impl Clone for Custom {
    fn clone(&self) -> Self {
        Self(self.0.copy())
    }
}

impl Custom {
    pub(super) fn needs(settings: &Settings) -> Needs {
        settings.0.needs()
    }

    pub(super) fn check(settings: &Settings, replicas: usize) -> Result<(), Impossible> {
        settings.0.check(replicas)
    }

    pub(super) fn draws(settings: &Settings) -> u64 {
        settings.0.draws()
    }

    pub(super) fn without_shards(settings: &Settings) -> Option<&'static str> {
        settings.0.without_shards()
    }

    pub(super) fn entries(settings: &Settings, speed: &[f64]) -> u64 {
        settings.0.entries(speed)
    }

    pub(super) fn new(settings: &Settings, speed: &[f64]) -> Self {
        Self(settings.0.build(speed))
    }

    /// Kept out of the code of other policies, which is inlined.
    #[inline(never)]
    pub(super) fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        self.0.pick(fleet, stream)
    }

    pub(super) fn observe(&mut self, ended: &Ended) {
        self.0.observe(ended);
    }

    pub(super) fn report(&mut self, reports: &[Option<Report>], now: SimTime) {
        self.0.report(reports, now);
    }

    pub(super) fn probe(&mut self, fleet: &FleetView<'_>, stream: &mut Stream, targets: &mut Vec<u32>) {
        self.0.probe(fleet, stream, targets);
    }

    pub(super) fn probed(&mut self, reply: &Probed) {
        self.0.probed(reply);
    }

    pub(super) fn change(&mut self, change: &FleetChange) {
        self.0.change(change);
    }
}

impl BalancerSettings {
    /// A policy from outside the crate, as the reader of a scenario finds it.
    pub fn own<P: OwnPolicy>() -> Own<Self> {
        Own {
            entry: Entry { name: P::NAME, summary: P::SUMMARY, keys: <P::Settings as Keyed>::KEYS },
            read: |fields| {
                if let Some(why) = P::NO_SLOW_START {
                    SlowStart::refuse(P::NAME, why, fields);
                }
                let settings = <P::Settings as Section>::read(fields)?;
                Some(Self::Custom(Settings(Arc::new(Of::<P>(settings)))))
            },
        }
    }
}
