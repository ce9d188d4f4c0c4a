//! How a scenario is run and where things are, as it is written.

use super::claim::Quantity;
use super::law::Law;
use super::variant::numbers;
use crate::document::{Diagnostics, Field, Fields, Name, Node, Section, Value, unexpected};
use crate::scenario::PerSeat;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// The section `run`.
    pub(crate) struct RunKeys {
        horizon: SimDuration,
        transient: Transient = Transient::Fixed(SimDuration::ZERO),
        runs: u32 = 10,
        batches: u32 = 1,
        seed: u64 = 1,
        confidence: Probability = Probability::new(0.95).unwrap_or_default(),
        drain: Option<SimDuration> = None,
        /// Length of the windows of `availability_window_*`, counted from the end of the transient on; an incomplete last one
        /// counts nothing.
        window: SimDuration = SimDuration::from_secs(300.0),
        window_target: Probability = Probability::new(0.99).unwrap_or_default(),
        until: Option<Name> = None,
        /// Length of a row of the timeline, counted from the end of the transient on. Default: the largest of 1, 2, 5, 10, 20,
        /// 50 ... ns, us or ms, of 1, 2, 5, 10, 15 or 30 s or min, of 1, 2, 3, 6 or 12 h, or of 1, 2, 5, 10 ... days that
        /// is at most 1/200 of the horizon, with more than a hundred clients (clients / 20,000) of it. Where what is measured
        /// is shorter than a step, it is one row.
        timeline_step: Option<SimDuration> = None,
        /// Most rows of the timeline for each client and run; several steps make one row where there would be more.
        timeline_max: u32 = 2_000,
        incidents_max: u32 = 100_000,
        events_max: u64 = 30_000_000_000,
        /// Whether results have rows of single replicas: `true`, `false`, or `"auto"` for systems of at most 1,000
        /// replicas. What an objective, a claim, `precision` or `--metric` names is always there.
        per_seat: PerSeat = PerSeat::Auto,
        precision: Option<PrecisionKeys> = None,
    }
}

crate::settings! {
    /// How narrow the interval of a metric must be before runs stop.
    pub(crate) struct PrecisionKeys {
        metric: Name,
        half_width: Option<Quantity> = None,
        relative: Option<Probability> = None,
        runs_max: u32 = 400,
    }
}

/// The section `run`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunSection(pub(crate) RunKeys);

impl Section for RunSection {
    const KEYS: &'static [&'static str] = RunKeys::KEYS;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        RunKeys::read(fields).map(Self)
    }

    fn write(&self, table: &mut toml::Table) {
        self.0.write(table);
    }
}

/// The discarded start of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transient {
    /// So long.
    Fixed(SimDuration),
    /// Found from the number in system.
    Auto,
}

impl Field for Transient {
    const EXPECTED: &'static str = "a duration such as \"10min\", or \"auto\"";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "auto" => Some(Self::Auto),
            _ => SimDuration::read(node, findings).map(Self::Fixed),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Fixed(length) => length.write(),
            Self::Auto => Some("auto".into()),
        }
    }
}

impl Field for PerSeat {
    const EXPECTED: &'static str = "true, false or \"auto\"";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "auto" => Some(Self::Auto),
            Value::Boolean(true) => Some(Self::Always),
            Value::Boolean(false) => Some(Self::Never),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        Some(match self {
            Self::Auto => "auto".into(),
            Self::Always => true.into(),
            Self::Never => false.into(),
        })
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
    PrecisionKeys = "a table with the keys \"metric\" and \"half_width\" or \"relative\"",
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
