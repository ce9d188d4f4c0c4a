//! How a scenario is run and where things are, as it is written.

use super::law::Law;
use super::variant::numbers;
use crate::document::{Diagnostic, Diagnostics, Field, Fields, Name, Node, Section, Value};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// The section `run`.
    pub(crate) struct RunKeys {
        horizon: SimDuration,
        transient: Transient = Transient(SimDuration::ZERO),
        runs: u32 = 10,
        seed: u64 = 1,
        confidence: Probability = Probability::new(0.95).unwrap_or_default(),
        drain: Option<SimDuration> = None,
        window: SimDuration = SimDuration::from_secs(300.0),
        window_target: Probability = Probability::new(0.99).unwrap_or_default(),
        until: Option<Name> = None,
        timeline_max: u32 = 2_000,
        incidents_max: u32 = 100_000,
        events_max: u64 = 30_000_000_000,
    }
}

/// The section `run`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunSection(pub(crate) RunKeys);

impl Section for RunSection {
    const KEYS: &'static [&'static str] = RunKeys::KEYS;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        if let Some(node) = fields.node("precision") {
            let error =
                Diagnostic::error(node.span, "runs that stop at a precision come with a later release");
            fields.findings().push(error.label("not yet").help("give the number of \"runs\""));
        }
        RunKeys::read(fields).map(Self)
    }

    fn write(&self, table: &mut toml::Table) {
        self.0.write(table);
    }
}

/// The discarded start of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transient(pub(crate) SimDuration);

impl Field for Transient {
    const EXPECTED: &'static str = SimDuration::EXPECTED;

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if matches!(&node.value, Value::Text(text) if text == "auto") {
            let error = Diagnostic::error(node.span, "finding the transient comes with a later release");
            findings.push(error.label("not yet").help("give its length, such as \"10min\""));
            return None;
        }
        SimDuration::read(node, findings).map(Self)
    }

    fn write(&self) -> Option<toml::Value> {
        self.0.write()
    }
}

crate::settings! {
    /// A region.
    pub(crate) struct RegionSection {
        zones: u32 = 1,
    }
}

crate::settings! {
    /// One-way delays.
    pub(crate) struct NetworkSection {
        within_zone: Law = Law::zero(),
        between_zones: Law = Law::zero(),
        between_regions: Law = Law::zero(),
    }
}

crate::settings! {
    /// A part that is up when enough of its members are.
    pub(crate) struct BlockSection {
        of: Vec<Name>,
        needs: Needs = Needs::All,
    }
}

crate::tables! {
    RunSection = "a table with the key \"horizon\"",
    RegionSection = "a table with the key \"zones\"",
    NetworkSection = "a table of delays",
    BlockSection = "a table with the keys \"of\" and \"needs\"",
}

/// How many members of a block must be up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Every one.
    All,
    /// So many.
    Number(u32),
}

numbers! { Needs: All = "all" }
