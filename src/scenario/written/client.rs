//! Clients as they are written.

use super::arrival::ArrivalKeys;
use super::call::{Calls, PolicyKeys};
use super::route::PathKeys;
use crate::document::{Fields, Name, Section};
use crate::units::{Probability, SimDuration};

/// A source of requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClientSection {
    pub(crate) keys: ClientKeys,
    /// Defaults of all its calls.
    pub(crate) policy: PolicyKeys,
}

crate::settings! {
    /// The keys of a client that are not about failure.
    pub(crate) struct ClientKeys {
        region: Option<Name> = None,
        instances: u32 = 1,
        arrival: ArrivalKeys,
        calls: Calls = Calls::default(),
        paths: Vec<PathKeys> = Vec::new(),
        invalid: Probability = Probability::ZERO,
        priority: u32 = 0,
        sessions: Option<u32> = None,
        good_within: Option<SimDuration> = None,
        within: Vec<SimDuration> = Vec::new(),
    }
}

impl Section for ClientSection {
    const KEYS: &'static [&'static str] = ClientKeys::KEYS;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let keys = ClientKeys::read(fields);
        let policy = PolicyKeys::read(fields);
        Some(Self { keys: keys?, policy: policy? })
    }

    fn write(&self, table: &mut toml::Table) {
        self.keys.write(table);
        self.policy.write(table);
    }
}

crate::tables! {
    ClientSection = "a table that describes a client",
}
