//! How whatever serves comes to serve, as it is written: one law, or a table of phases.

use super::law::Law;
use crate::document::{
    Diagnostics, Field, Kind, Node, Section, Value, read_section, unexpected, write_section,
};
use crate::units::{Probability, SimDuration};

/// How a start goes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StartKeys {
    /// It takes so long.
    Law(Law),
    /// It has phases.
    Phases(Box<PhaseKeys>),
}

crate::settings! {
    /// The phases of a start, in the order in which they follow one another, and what may go wrong with it.
    pub(crate) struct PhaseKeys {
        /// Until it is known where the replica runs.
        placement: Option<Law> = None,
        /// Until its image or code is there.
        download: Option<Law> = None,
        /// Until its sandbox or runtime has started.
        runtime: Option<Law> = None,
        /// Until the program is ready; then it serves.
        init: Option<Law> = None,
        /// How long `runtime` and `init` may take together: if they would take longer they are broken off then and begin
        /// once more, and take as long as they take, as in AWS Lambda, whose limit is 10 s.
        #[range = "> 0"]
        init_limit: Option<SimDuration> = None,
        /// Until a snapshot of the program that is ready has been taken up: in place of `runtime` and `init`.
        snapshot: Option<Law> = None,
        /// How long after that it works at `warmup_speed`: its caches are cold, its code is not compiled yet.
        warmup: Option<Law> = None,
        /// Its speed during `warmup`, as a share of its own.
        #[range = "> 0"]
        warmup_speed: f64 = 0.5,
        /// How likely a start succeeds. Whether it has shows after all phases but `warmup`; one that failed is tried again.
        #[range = "> 0"]
        success: Probability = Probability::ONE,
        /// The pause after the first try that failed; it doubles with each further one of the same start.
        #[range = "> 0"]
        again_after: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// The longest pause between two tries.
        again_max: SimDuration = SimDuration::from_nanos(300_000_000_000),
    }
}

/// Whether a table is one of phases; otherwise it is a law.
fn has_phases(node: &Node) -> bool {
    matches!(&node.value, Value::Table(table) if table.find("distribution").is_none())
}

impl Field for StartKeys {
    const EXPECTED: &'static str =
        "a duration or distribution, or a table of phases such as { download = \"10s\", init = \"20s\" }";

    fn kind() -> Kind {
        Kind::Either(vec![Law::kind(), Kind::Table(PhaseKeys::shape().called("start"))])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if has_phases(node) {
            let keys = read_section(node, Self::EXPECTED, findings)?;
            return Some(Self::Phases(Box::new(keys)));
        }
        if !matches!(node.value, Value::Text(_) | Value::Table(_)) {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        }
        Law::read(node, findings).map(Self::Law)
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Law(law) => law.write(),
            Self::Phases(keys) => Some(write_section(&**keys)),
        }
    }
}
