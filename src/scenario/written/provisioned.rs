//! Provisioned instances of a function, as they are written: a number, or who says how many.

use super::scaling::{ControlKeys, SEVERAL, Written, kinds, path_of, read_controls, write_controls};
use super::variant::Room;
use crate::document::{Diagnostics, Field, Kind, Node, Table, Value};
use crate::model::scaling::ScalingSettings;
use crate::units::SimDuration;

/// How many instances of a function are provisioned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ProvisionedKeys {
    /// So many, always.
    Number(u32),
    /// As policies say.
    Scaled(Box<ScaledKeys>),
}

/// Policies that say how many.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScaledKeys {
    /// One, or those of the list `policies`.
    pub(crate) controls: Vec<ControlKeys>,
    /// Whether they are written as a list.
    is_list: bool,
    pub(crate) common: ProvisionedCommon,
}

crate::settings! {
    /// Keys of every way to scale provisioned instances.
    pub(crate) struct ProvisionedCommon {
        /// Never fewer than this.
        min: u32 = 1,
        /// Never more than this; where absent the largest number that the policies ask for, if they say one.
        #[range = ">= 1"]
        max: Option<u32> = None,
        /// How many there are at the start, all of them ready; `min` where absent.
        at_start: Option<u32> = None,
    }
}

impl ProvisionedKeys {
    /// Whether there is never any.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::Number(0))
    }

    /// Who says how many, if that changes.
    pub(crate) fn scaled(&self) -> Option<&ScaledKeys> {
        match self {
            Self::Number(_) => None,
            Self::Scaled(scaled) => Some(scaled),
        }
    }

    /// How many there are at the start.
    pub(crate) fn at_start(&self) -> u32 {
        match self {
            Self::Number(number) => *number,
            Self::Scaled(scaled) => scaled.common.at_start.unwrap_or(scaled.common.min),
        }
    }

    /// The most at once.
    pub(crate) fn most(&self) -> u32 {
        match self {
            Self::Number(number) => *number,
            Self::Scaled(scaled) => {
                let asked = || scaled.asked().unwrap_or(0).max(self.at_start()).max(scaled.common.min);
                scaled.common.max.unwrap_or_else(asked)
            }
        }
    }
}

impl ScaledKeys {
    /// The largest number that any policy asks for, if it says one.
    fn asked(&self) -> Option<u32> {
        let each: Option<Vec<u32>> = self.controls.iter().map(|control| control.policy.most()).collect();
        each?.into_iter().max()
    }

    /// Whether it is said how many there may be.
    pub(crate) fn is_bounded(&self) -> bool {
        self.common.max.is_some() || self.asked().is_some()
    }

    /// The path from its table to that of a policy.
    pub(crate) fn path_of(&self, control: usize) -> Vec<String> {
        path_of(self.is_list, control)
    }
}

const ROOM: Room = Room {
    key: "policy",
    what: "policy of provisioned instances",
    expected: ProvisionedKeys::EXPECTED,
    default: None,
};

/// Target tracking of fleets lets who starts warm up for minutes after that; a provisioned instance is ready when it is ready.
fn warm_at_once(policy: &mut ScalingSettings, table: &Table) {
    if let ScalingSettings::TargetTracking(settings) = policy
        && table.find("warmup").is_none()
    {
        settings.warmup = SimDuration::ZERO;
    }
}

impl Field for ProvisionedKeys {
    const EXPECTED: &'static str =
        "a whole number, or a table such as { policy = \"target-tracking\", target = \"70%\", max = 10 }";

    fn kind() -> Kind {
        let names = ["provisioned", "provisioned-by-several"];
        let tables = kinds::<ProvisionedCommon, ProvisionedCommon>(&ROOM, names);
        Kind::Either(std::iter::once(u32::kind()).chain(tables).collect())
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Integer(_) = node.value {
            return u32::read(node, findings).map(Self::Number);
        }
        let read = read_controls(node, &ROOM, findings, |common: ProvisionedCommon| common)?;
        let Written { mut controls, is_list, common } = read;
        if let Value::Table(table) = &node.value {
            let several = match table.find(SEVERAL).map(|node| &node.value) {
                Some(Value::List(entries)) => entries.iter().map(|entry| &entry.value).collect(),
                _ => vec![&node.value],
            };
            for (control, written) in controls.iter_mut().zip(several) {
                if let Value::Table(table) = written {
                    warm_at_once(&mut control.policy, table);
                }
            }
        }
        Some(Self::Scaled(Box::new(ScaledKeys { controls, is_list, common })))
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Number(number) => number.write(),
            Self::Scaled(scaled) => {
                Some(write_controls(&ROOM, (&scaled.controls, scaled.is_list), &scaled.common))
            }
        }
    }
}
