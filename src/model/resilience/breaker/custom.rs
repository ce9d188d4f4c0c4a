//! A breaker from outside the crate: the only one that is called through a table of functions.

use std::fmt;
use std::sync::Arc;

use super::{BreakerPolicy, BreakerSettings, BreakerState, Ending, Impossible, Pass};
use crate::document::{Keyed, Section};
use crate::registry::{Entry, Own, own_policy};
use crate::units::SimTime;

own_policy!(BreakerPolicy);

/// What is asked of settings, whichever policy they are of.
trait Described: fmt::Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn write(&self, table: &mut toml::Table);
    fn check(&self) -> Result<(), Impossible>;
    fn build(&self) -> Box<dyn Running>;
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

    fn build(&self) -> Box<dyn Running> {
        Box::new(P::new(&self.0))
    }
}

/// What is asked of a running breaker.
trait Running: fmt::Debug + Send + Sync {
    fn copy(&self) -> Box<dyn Running>;
    fn admit(&mut self, now: SimTime, under_way: u32) -> Option<Pass>;
    fn end(&mut self, ending: &Ending, pass: Pass);
    fn forget(&mut self, pass: Pass);
    fn state(&self) -> BreakerState;
}

impl<P: OwnPolicy> Running for P {
    fn copy(&self) -> Box<dyn Running> {
        Box::new(self.clone())
    }

    fn admit(&mut self, now: SimTime, under_way: u32) -> Option<Pass> {
        BreakerPolicy::admit(self, now, under_way)
    }

    fn end(&mut self, ending: &Ending, pass: Pass) {
        BreakerPolicy::end(self, ending, pass);
    }

    fn forget(&mut self, pass: Pass) {
        BreakerPolicy::forget(self, pass);
    }

    fn state(&self) -> BreakerState {
        BreakerPolicy::state(self)
    }
}

/// A running breaker from outside the crate.
#[derive(Debug)]
pub struct Custom(Box<dyn Running>);

impl Clone for Custom {
    fn clone(&self) -> Self {
        Self(self.0.copy())
    }
}

impl Custom {
    pub(super) fn check(settings: &Settings) -> Result<(), Impossible> {
        settings.0.check()
    }

    pub(super) fn new(settings: &Settings) -> Self {
        Self(settings.0.build())
    }

    pub(super) fn admit(&mut self, now: SimTime, under_way: u32) -> Option<Pass> {
        self.0.admit(now, under_way)
    }

    pub(super) fn end(&mut self, ending: &Ending, pass: Pass) {
        self.0.end(ending, pass);
    }

    pub(super) fn forget(&mut self, pass: Pass) {
        self.0.forget(pass);
    }

    pub(super) fn state(&self) -> BreakerState {
        self.0.state()
    }
}

impl BreakerSettings {
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
