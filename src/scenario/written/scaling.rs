//! How a fleet changes, as it is written.

use super::variant::{Room, read_policy, write_policy};
use crate::document::{Diagnostics, Field, Kind, Node, Section, Span, Value, unexpected};
use crate::model::scaling::{Leaves, Protect, ScalingSettings};
use crate::units::SimDuration;

/// Who says how many replicas there should be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AutoscalingKeys {
    pub(crate) policy: ScalingSettings,
    pub(crate) common: AutoscalingCommon,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// Keys of every way to scale.
    pub(crate) struct AutoscalingCommon {
        /// Never fewer replicas than this, in each region of the service.
        min: u32 = 1,
        /// Never more replicas than this, in each region of the service; those that drain are not counted, but with them
        /// there are at most twice `max` less `min`: beyond that a start waits until one of them is gone. Where absent the
        /// largest number that the policy asks for.
        #[range = ">= 1"]
        max: Option<u32> = None,
        /// Which replica leaves first; one that is still starting goes before all that serve.
        leaves: Leaves = Leaves::Newest,
        /// Which replicas never leave: with "busy", those that have work; the fleet is larger than wanted until they have
        /// none.
        protect: Protect = Protect::None,
    }
}

impl AutoscalingKeys {
    /// The most replicas in a region that has so many at the start, those that drain not counted.
    pub(crate) fn most(&self, present: u32) -> u32 {
        self.common
            .max
            .unwrap_or_else(|| self.policy.most().unwrap_or(present).max(present).max(self.common.min))
    }

    /// Seats of that region: beside those who serve as many may drain as can leave at once.
    pub(crate) fn seats(&self, present: u32) -> u64 {
        let most = u64::from(self.most(present));
        most + most.saturating_sub(u64::from(self.common.min))
    }
}

const ROOM: Room =
    Room { key: "policy", what: "autoscaling policy", expected: AutoscalingKeys::EXPECTED, default: None };

impl Field for AutoscalingKeys {
    const EXPECTED: &'static str =
        "a table such as { policy = \"scheduled\", plan = [{ at = \"8h\", every = \"1d\", replicas = 10 }] }";

    fn kind() -> Kind {
        let choice = ROOM.choice(ScalingSettings::CATALOGUE);
        Kind::variant(AutoscalingCommon::shape().choosing(choice).called("autoscaling"))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_policy(node, &ROOM, ScalingSettings::CATALOGUE, findings, ScalingSettings::read)?;
        Some(Self { policy, common, span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        let settings = |table: &mut toml::Table| self.policy.write(table);
        Some(write_policy(&ROOM, self.policy.name(), settings, &self.common))
    }
}

/// How long a replica that leaves may finish what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drain {
    /// So long.
    After(SimDuration),
    /// As long as it takes.
    Forever,
}

/// The word for [`Drain::Forever`].
const FOREVER: &str = "forever";

impl Drain {
    /// Where none is written: the grace of a Kubernetes pod.
    pub(crate) const DEFAULT: Self = Self::After(SimDuration::from_nanos(30_000_000_000));

    /// The time, if there is an end.
    pub(crate) const fn limit(self) -> Option<SimDuration> {
        match self {
            Self::After(time) => Some(time),
            Self::Forever => None,
        }
    }
}

impl Field for Drain {
    const EXPECTED: &'static str = "a duration such as \"30s\", or \"forever\"";

    fn kind() -> Kind {
        Kind::Either(vec![SimDuration::kind(), Kind::word(FOREVER, &["As long as it takes."])])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(word) if word == FOREVER => Some(Self::Forever),
            Value::Text(text) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                SimDuration::read(node, findings).map(Self::After)
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::After(time) => time.write(),
            Self::Forever => Some(FOREVER.into()),
        }
    }
}
