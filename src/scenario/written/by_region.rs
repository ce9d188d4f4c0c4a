//! A value for every region, or one for each that is named.

use crate::document::{Diagnostic, Diagnostics, Field, Kind, Name, Node, Value};

/// One value for every region, or one for each that is named.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ByRegion<T> {
    /// The same in each.
    Same(T),
    /// So in each named region, and nothing in others.
    Each(Vec<(Name, T)>),
}

/// What may differ by region.
pub(crate) trait OfRegion: Field {
    /// What a message says was expected.
    const BY_REGION: &'static str;
}

impl OfRegion for u32 {
    const BY_REGION: &'static str = "a whole number, or a table such as { east = 3, west = 2 }";
}

impl OfRegion for Name {
    const BY_REGION: &'static str = "a name, or a table such as { east = \"main\", west = \"other\" }";
}

impl<T> ByRegion<T> {
    /// What holds in a region, if anything is said of it.
    pub(crate) fn of(&self, region: &str) -> Option<&T> {
        match self {
            Self::Same(value) => Some(value),
            Self::Each(values) => values.iter().find(|(name, _)| name.text == region).map(|(_, value)| value),
        }
    }

    /// All values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        let (same, each) = match self {
            Self::Same(value) => (Some(value), None),
            Self::Each(values) => (None, Some(values)),
        };
        same.into_iter().chain(each.into_iter().flatten().map(|(_, value)| value))
    }

    /// The regions that are named.
    pub(crate) fn regions(&self) -> &[(Name, T)] {
        if let Self::Each(values) = self { values } else { &[] }
    }
}

impl<T: OfRegion> Field for ByRegion<T> {
    const EXPECTED: &'static str = T::BY_REGION;

    fn kind() -> Kind {
        Kind::Either(vec![T::kind(), Kind::map(T::kind())])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Table(table) if table.entries.is_empty() => {
                let error = Diagnostic::error(node.span, "this table is empty").label("nothing in it");
                findings.push(error.help(format!("expected {}", Self::EXPECTED)));
                None
            }
            Value::Table(table) => {
                let entries = table.entries.iter();
                let read: Vec<_> = entries
                    .map(|(name, node)| T::read(node, findings).map(|value| (name.clone(), value)))
                    .collect();
                read.into_iter().collect::<Option<_>>().map(Self::Each)
            }
            _ => T::read(node, findings).map(Self::Same),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Same(value) => value.write(),
            Self::Each(values) => {
                let entries =
                    values.iter().filter_map(|(name, value)| Some((name.text.clone(), value.write()?)));
                Some(toml::Value::Table(entries.collect()))
            }
        }
    }
}
