//! How a scenario is run and where things are, as it is written.

use super::claim::Quantity;
use super::law::Law;
use super::variant::numbers;
use crate::document::{Diagnostics, Field, Fields, Name, Node, Section, Value};
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
        window: SimDuration = SimDuration::from_secs(300.0),
        window_target: Probability = Probability::new(0.99).unwrap_or_default(),
        /// When a client counts as collapsed; by default as its keys have it.
        collapse: Option<CollapseKeys> = None,
        until: Option<Name> = None,
        timeline_max: u32 = 2_000,
        incidents_max: u32 = 100_000,
        events_max: u64 = 30_000_000_000,
        precision: Option<PrecisionKeys> = None,
    }
}

crate::settings! {
    /// When a client counts as collapsed: it is answered badly under conditions under which the same run answered it well
    /// before. Time from 0 on is cut into steps of a quarter of `lasts`. A step owns the requests first tried in it, and is
    /// low when less than `below` of them are answered well; unfinished ones are not. The conditions of four steps in a row
    /// are means over them: of the intended rate of every client that loads what this one depends on, as spikes, phases,
    /// profile or record have it, and of the capacity of every service behind its calls, which is slots of up replicas times
    /// speed times 1 - error share; a hanging replica has none, and one without a limit of slots counts as one slot. A
    /// collapse begins with the first four low steps in a row for which four earlier steps in a row, none of them low, had no
    /// lower rate and no higher capacity anywhere, to 1 %; it ends with the first four in a row that are not low. A run
    /// shorter than twice `lasts` can hold none, and a run in batches is not looked at.
    pub(crate) struct CollapseKeys {
        /// How long a client must be answered badly for a collapse, a duration; by default the longest of 1 min, 20 of its
        /// longest timeouts and the time of 100 of its first tries.
        lasts: Option<SimDuration> = None,
        /// Share of the requests of a step below which it is low, more than 0 and at most 1.
        below: Probability = Probability::HALF,
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
    CollapseKeys = "a table with the keys \"lasts\" and \"below\"",
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
