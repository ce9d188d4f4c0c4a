//! Outlier detection as it is written.

use super::variant::{Room, names, read_variant};
use crate::document::{Diagnostics, Field, Kind, Node, Span};
use crate::model::monitoring::outlier::OutlierSettings;

/// How deciders find outliers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutlierKeys {
    pub(crate) policy: OutlierSettings,
    /// Where it stands.
    pub(crate) span: Span,
}

const ROOM: Room =
    Room { key: "policy", what: "outlier detection", expected: OutlierKeys::EXPECTED, default: None };

impl Field for OutlierKeys {
    const EXPECTED: &'static str = "a way to detect outliers, such as \"envoy\" or { policy = \"envoy\" }";

    fn kind() -> Kind {
        Kind::variant(ROOM.shape("outlier-detection", OutlierSettings::CATALOGUE))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        read_variant(node, &ROOM, &names(OutlierSettings::CATALOGUE), findings, |name, fields| {
            Some(Self { policy: OutlierSettings::read(name, fields)?, span: node.span })
        })
    }

    fn write(&self) -> Option<toml::Value> {
        let mut table = toml::Table::new();
        table.insert("policy".to_owned(), self.policy.name().into());
        self.policy.write(&mut table);
        Some(table.into())
    }
}
