//! Versions of functions, and the names under which shares of their requests go to one or another, as they are written.

use super::function::Memory;
use super::law::Law;
use super::start::StartKeys;
use crate::document::{Diagnostic, Diagnostics, Field, Kind, Name, Node, Span, Table, Value, unexpected};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// What a version of a function has of its own; all else is as the function says.
    #[derive(Default)]
    pub(crate) struct VersionKeys {
        /// The work of one attempt, in place of that of the function.
        demand: Option<Law> = None,
        /// Share of attempts that are answered with an error, in place of that of the function.
        error_ratio: Option<Probability> = None,
        /// The work of an attempt that ends with an error, in place of that of the function.
        error_time: Option<Law> = None,
        /// How its instances start, in place of the function's `start`.
        start: Option<StartKeys> = None,
        /// The whole of the first response of an instance, in place of the function's `cold_demand`.
        cold_demand: Option<Law> = None,
        /// The memory of its instances, and with it their speed and price, in place of the function's.
        memory: Option<Memory> = None,
        /// How long a request may take, in place of the function's `max_duration`.
        #[range = "> 0"]
        max_duration: Option<SimDuration> = None,
    }
}

crate::settings! {
    /// A change of what a function runs.
    pub(crate) struct PublishKeys {
        /// From when on.
        at: SimDuration,
        /// What runs then: "v1", or a name of `versions`.
        version: Name,
    }
}

crate::tables! {
    VersionKeys = "a table such as { demand = \"20ms\", error_ratio = \"1%\" }",
    PublishKeys = "a table such as { at = \"10min\", version = \"v2\" }",
}

/// Things under names that the user chooses, in the order of the names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByName<T>(pub(crate) Vec<(Name, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Field> Field for ByName<T> {
    const EXPECTED: &'static str = "a table with a name for each";

    fn kind() -> Kind {
        Kind::map(T::kind())
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Table(table) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let mut each: Vec<(Name, T)> = Vec::with_capacity(table.entries.len());
        for (name, node) in &table.entries {
            if !super::is_part_name(&name.text) {
                findings.push(super::no_part_name(name));
            }
            each.push((name.clone(), T::read(node, findings)?));
        }
        each.sort_by(|(one, _), (other, _)| one.text.cmp(&other.text));
        Some(Self(each))
    }

    fn write(&self) -> Option<toml::Value> {
        let each = self.0.iter().filter_map(|(name, one)| Some((name.text.clone(), one.write()?)));
        let table: toml::Table = each.collect();
        if table.is_empty() { None } else { Some(toml::Value::Table(table)) }
    }
}

/// Shares of requests from an instant on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AliasStep {
    /// From when on.
    pub(crate) at: SimDuration,
    /// Whether that is written.
    pub(crate) is_timed: bool,
    /// Each version with its share.
    pub(crate) shares: Vec<(Name, Probability)>,
    /// Where it stands.
    pub(crate) span: Span,
}

impl AliasStep {
    fn read(table: &Table, span: Span, findings: &mut Diagnostics) -> Option<Self> {
        let (mut at, mut shares) = (None, Vec::new());
        for (name, node) in &table.entries {
            if name.text == "at" {
                at = Some(SimDuration::read(node, findings)?);
            } else {
                shares.push((name.clone(), Probability::read(node, findings)?));
            }
        }
        shares.sort_by(|(one, _), (other, _)| one.text.cmp(&other.text));
        Some(Self { at: at.unwrap_or(SimDuration::ZERO), is_timed: at.is_some(), shares, span })
    }

    fn write(&self, is_timed: bool) -> Option<toml::Value> {
        let shares = self.shares.iter().map(|(name, share)| Some((name.text.clone(), share.write()?)));
        let mut table: toml::Table = shares.collect::<Option<_>>()?;
        if is_timed {
            table.insert("at".to_owned(), self.at.write()?);
        }
        Some(toml::Value::Table(table))
    }
}

/// What a name stands for: shares of versions, from the start or from instants on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AliasKeys(pub(crate) Vec<AliasStep>);

impl Field for AliasKeys {
    const EXPECTED: &'static str =
        "shares such as { v1 = \"90%\", v2 = \"10%\" }, or a list of such tables, each with \"at\"";

    fn kind() -> Kind {
        let timed = Kind::map(Kind::Either(vec![Kind::Share, Kind::Duration]));
        Kind::Either(vec![Kind::map(Kind::Share), Kind::list(timed)])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let step = |node: &Node, findings: &mut Diagnostics| {
            let Value::Table(table) = &node.value else {
                unexpected(node, Self::EXPECTED, findings);
                return None;
            };
            AliasStep::read(table, node.span, findings)
        };
        let Value::List(steps) = &node.value else {
            return step(node, findings).map(|step| Self(vec![step]));
        };
        if steps.is_empty() {
            let error = Diagnostic::error(node.span, "a name that stands for no version");
            findings.push(error.help(format!("expected {}", Self::EXPECTED)));
            return None;
        }
        steps.iter().map(|node| step(node, findings)).collect::<Option<_>>().map(Self)
    }

    fn write(&self) -> Option<toml::Value> {
        match &self.0[..] {
            [only] if !only.is_timed => only.write(false),
            steps => steps.iter().map(|step| step.write(true)).collect::<Option<_>>().map(toml::Value::Array),
        }
    }
}
