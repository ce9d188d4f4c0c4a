//! Spares of a service as they are written.

use super::law::Law;
use crate::document::{Diagnostics, Field, Kind, Node, Value, Word, unexpected};
use crate::model::fleet::standby::Readiness;
use crate::units::Probability;

crate::settings! {
    /// Replicas that stand by: `active` of the service says how many serve, the first ones at the start. When the failure of
    /// one that serves is detected, a spare takes its place.
    pub(crate) struct StandbyKeys {
        /// How ready a spare is: "hot" runs, "warm" goes through the last phases of `start`, from `runtime` on (through all
        /// of a start of one time), "cold" through all. It is the usual `hazard` too: 1, 0.3 or 0.
        mode: Readiness = Readiness::Hot,
        /// How many times faster than in one that serves the clocks of random faults run that strike a spare alone.
        #[range = ">= 0"]
        hazard: Option<f64> = None,
        /// How likely a spare takes over by itself once a failure is detected; drawn for each incident. Where no spare is up,
        /// the first that returns takes over.
        coverage: Probability = Probability::ONE,
        /// How long it takes to switch to a spare, without its start.
        switch: Law = Law::zero(),
        /// How long it takes where no spare takes over by itself: somebody must. Needed where `coverage` is below 1.
        uncovered: Option<Law> = None,
        /// Whether the recovery of a fault that strikes a serving replica alone waits until the switch is over, or until no
        /// spare is up.
        repair_after_switch: bool = true,
        /// When a replica that served at the start serves again, with another `switch` and while the one in its place finishes
        /// what it has: never, unless a verb says so; at its repair; or so long after that.
        failback: FailbackKeys = FailbackKeys::Never,
    }
}

crate::tables! {
    StandbyKeys = "a table such as { mode = \"hot\", switch = \"30s\" }",
}

/// When replicas of the start serve again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FailbackKeys {
    /// When somebody says so.
    Never,
    /// As soon as they are mended.
    AtRepair,
    /// So long after that.
    After(Law),
}

const NEVER: &str = "never";
const AT_REPAIR: &str = "at-repair";

impl Field for FailbackKeys {
    const EXPECTED: &'static str = "\"never\", \"at-repair\", a duration or a distribution";

    fn kind() -> Kind {
        let word = |name, lines| Word { name, lines };
        let words = vec![
            word(NEVER, &["Only the verb `failback` brings it about."]),
            word(AT_REPAIR, &["As soon as the replica is mended."]),
        ];
        Kind::Either(vec![Kind::Words(words), Law::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == NEVER => Some(Self::Never),
            Value::Text(text) if text == AT_REPAIR => Some(Self::AtRepair),
            Value::Text(text) if !text.starts_with(|first: char| first.is_ascii_digit()) => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
            Value::Text(_) | Value::Table(_) => Law::read(node, findings).map(Self::After),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Never => Some(NEVER.into()),
            Self::AtRepair => Some(AT_REPAIR.into()),
            Self::After(law) => law.write(),
        }
    }
}
