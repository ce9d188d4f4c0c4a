//! A retry policy from outside the crate: the only one that is called through a table of functions.

use std::fmt;
use std::sync::Arc;

use super::{Failed, Impossible, RetryPolicy, RetrySettings, Rng};
use crate::document::{Keyed, Section};
use crate::registry::{Entry, Own, own_policy};
use crate::units::SimDuration;

own_policy!(RetryPolicy);

/// What is asked of settings, whichever policy they are of.
trait Described: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn write(&self, table: &mut toml::Table);
    fn check(&self) -> Result<(), Impossible>;
    fn attempts_max(&self) -> u32;
    fn build(&self) -> Arc<dyn Running>;
}

impl<P: OwnPolicy> Described for Of<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn write(&self, table: &mut toml::Table) {
        self.0.write(table);
    }

    fn check(&self) -> Result<(), Impossible> {
        P::check(&self.0)
    }

    fn attempts_max(&self) -> u32 {
        P::attempts_max(&self.0)
    }

    fn build(&self) -> Arc<dyn Running> {
        Arc::new(P::new(&self.0))
    }
}

/// What is asked of a running policy.
trait Running: fmt::Debug + Send + Sync {
    fn delay(&self, failed: &Failed, random: &mut dyn Rng) -> Option<SimDuration>;
}

impl<P: OwnPolicy> Running for P {
    fn delay(&self, failed: &Failed, random: &mut dyn Rng) -> Option<SimDuration> {
        RetryPolicy::delay(self, failed, random)
    }
}

/// A running policy from outside the crate. It remembers nothing, so that copies may share it.
#[derive(Debug, Clone)]
pub struct Custom(Arc<dyn Running>);

impl Custom {
    pub(super) fn check(settings: &Settings) -> Result<(), Impossible> {
        settings.0.check()
    }

    pub(super) fn attempts_max(settings: &Settings) -> u32 {
        settings.0.attempts_max()
    }

    pub(super) fn new(settings: &Settings) -> Self {
        Self(settings.0.build())
    }

    #[inline(never)]
    pub(super) fn delay<R: Rng + ?Sized>(&self, failed: &Failed, mut random: &mut R) -> Option<SimDuration> {
        self.0.delay(failed, &mut random)
    }
}

impl RetrySettings {
    /// A policy from outside the crate, as the reader of a scenario finds it.
    pub fn own<P: OwnPolicy>() -> Own<Self> {
        Own {
            entry: Entry { name: P::NAME, summary: P::SUMMARY, keys: <P::Settings as Keyed>::KEYS },
            read: |fields| {
                let settings = <P::Settings as Section>::read(fields)?;
                Some(Self::Custom(Settings(Arc::new(Of::<P>(settings)))))
            },
        }
    }
}
