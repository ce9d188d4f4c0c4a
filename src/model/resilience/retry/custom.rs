//! A retry policy from outside the crate: the only one that is called through a table of functions.

use std::fmt;
use std::sync::Arc;

use super::{Failed, Impossible, RetryPolicy, RetrySettings, Rng};
use crate::document::{Keyed, Section};
use crate::registry::{Entry, Own};
use crate::units::SimDuration;

/// What a [`RetryPolicy`] from outside the crate is besides; every type that can be it is.
///
/// A policy is shared by all who retry with its settings, and settings by the threads that runs are on.
pub trait OwnPolicy:
    RetryPolicy<Settings: Keyed + fmt::Debug + Send + Sync + 'static> + Clone + fmt::Debug + Send + Sync + 'static
{
}

impl<P> OwnPolicy for P
where
    P: RetryPolicy + Clone + fmt::Debug + Send + Sync + 'static,
    P::Settings: Keyed + fmt::Debug + Send + Sync + 'static,
{
}

/// The settings of a policy from outside the crate; they know which one that is.
#[derive(Debug, Clone)]
pub struct Settings(Arc<dyn Described>);

/// Those that are written alike are the same.
impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        let written = |settings: &Self| {
            let mut table = toml::Table::new();
            settings.write(&mut table);
            table
        };
        self.name() == other.name() && written(self) == written(other)
    }
}

impl Settings {
    /// The name written in a scenario.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Adds the settings to a table.
    pub fn write(&self, table: &mut toml::Table) {
        self.0.write(table);
    }
}

/// What is asked of settings, whichever policy they are of.
trait Described: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn write(&self, table: &mut toml::Table);
    fn check(&self) -> Result<(), Impossible>;
    fn attempts_max(&self) -> u32;
    fn build(&self) -> Arc<dyn Running>;
}

/// The settings of one policy.
#[derive(Debug)]
struct Of<P: OwnPolicy>(P::Settings);

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
