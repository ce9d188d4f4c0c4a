//! Values that are set before a scenario is read.

use super::path::{ALL, PathError, choose, item_names, split};
use super::written::arrival::ArrivalKeys;
use super::written::fault::FaultKeys;
use super::written::monitor::MonitorKeys;
use super::written::recovery::PLANS;
use super::written::{NAMED, SECTIONS};
use super::{Catalogue, Override, Source, parse, preset, variant};
use crate::document::{Diagnostics, Name, Node, Span, Table, Value};
use crate::kernel::distribution::DistributionSettings;
use crate::model::balancing::BalancerSettings;
use crate::model::deploy::DeploySettings;
use crate::model::function::keep_alive::KeepAliveSettings;
use crate::model::monitoring::outlier::OutlierSettings;
use crate::model::preset::Preset;
use crate::model::queue::QueueSettings;
use crate::model::resilience::breaker::BreakerSettings;
use crate::model::resilience::budget::BudgetSettings;
use crate::model::resilience::hedge::HedgeSettings;
use crate::model::resilience::limit::LimitSettings;
use crate::model::resilience::retry::RetrySettings;
use crate::model::scaling::ScalingSettings;
use crate::registry::Entry;

/// Tables without which a part has not what they describe, and which have no policy called "none": the word takes them
/// away.
const REMOVABLE: [&str; 3] = ["autoscaling", "function", "scale_up"];

/// Sets what variants say, then each value in turn; adds a source for each and returns a sentence for each key that went
/// with its policy.
pub(super) fn apply(
    document: &mut Table,
    (overrides, own): (&[Override], &Catalogue),
    sources: &mut Vec<Source>,
    findings: &mut Diagnostics,
) -> Vec<String> {
    let mut notes = Vec::new();
    let mut read = |one: &Override| {
        let source = sources.len() as u32;
        let text = format!("{}={}", one.path, one.value);
        sources.push(Source { name: "--set".to_owned(), text });
        let span = Span { source, start: 0, end: one.path.len() };
        (span, parse::parse_value(&one.value, source, one.path.len() + 1, findings))
    };
    let values: Vec<(Span, Node)> = overrides.iter().map(&mut read).collect();
    variant::apply(document, (overrides, &values), Setter::new(own, &mut notes), findings);
    let mut setter = Setter::new(own, &mut notes);
    for (one, (span, node)) in overrides.iter().zip(values) {
        if variant::names(document).contains(&one.path.as_str()) {
            continue;
        }
        setter.turn_to(&one.path, (span, node));
        let set = check_path(document, &one.path)
            .and_then(|()| split(&one.path))
            .and_then(|names| setter.set(document, &names));
        if let Err(error) = set {
            findings.push(error.at(span));
        }
    }
    notes
}

/// Whether a path begins with a section, and with a part that there is, or is the name of a variant; what follows is judged
/// by the reader.
pub(super) fn check_path(document: &Table, path: &str) -> Result<(), PathError> {
    let names = split(path)?;
    let section = names[0].as_str();
    let variants = variant::names(document);
    if names.len() == 1 && variants.contains(&section) {
        return Ok(());
    }
    let known = SECTIONS.iter().map(|key| key.name).filter(|name| *name != variant::KEY).chain(variants);
    if !known.clone().any(|name| name == section) || names.len() > 1 && !is_section(section) {
        return Err(PathError::unknown(path, section, known));
    }
    if NAMED.contains(&section)
        && let Some(name) = names.get(1).filter(|name| *name != ALL)
    {
        let parts = match document.find(section).map(|node| &node.value) {
            Some(Value::Table(table)) => &table.entries[..],
            _ => &[],
        };
        if parts.iter().all(|(part, _)| part.text != *name) {
            return Err(PathError::unknown(path, name, parts.iter().map(|(part, _)| part.text.as_str())));
        }
    }
    Ok(())
}

fn is_section(name: &str) -> bool {
    SECTIONS.iter().any(|key| key.name == name)
}

/// Sets values in a tree.
pub(super) struct Setter<'a> {
    path: String,
    span: Span,
    node: Node,
    own: &'a Catalogue,
    notes: &'a mut Vec<String>,
}

impl<'a> Setter<'a> {
    fn new(own: &'a Catalogue, notes: &'a mut Vec<String>) -> Self {
        let node = Node { span: Span::default(), value: Value::Table(Table::default()) };
        Self { path: String::new(), span: Span::default(), node, own, notes }
    }

    /// Another value is set next: below which path, where that stands, and which.
    pub(super) fn turn_to(&mut self, path: &str, (span, node): (Span, Node)) {
        (self.path, self.span, self.node) = (path.to_owned(), span, node);
    }

    /// Sets the value in the whole tree; "none" in place of parts takes them away.
    pub(super) fn set(&mut self, document: &mut Table, names: &[String]) -> Result<(), PathError> {
        if let [section, part] = names
            && NAMED.contains(&section.as_str())
            && self.removes()
        {
            if let Some(Node { value: Value::Table(parts), .. }) = document.find_mut(section) {
                parts.entries.retain(|(name, _)| part != ALL && name.text != *part);
            }
            return Ok(());
        }
        self.table(document, names, "")
    }

    /// Sets the value below a table that stands under the key `parent`.
    fn table(&mut self, table: &mut Table, names: &[String], parent: &str) -> Result<(), PathError> {
        let Some((name, rest)) = names.split_first() else {
            return Err(PathError::new(format!("\"{}\" is not a path", self.path), ""));
        };
        if name == ALL {
            return table
                .entries
                .iter_mut()
                .try_for_each(|(key, node)| self.node(node, rest, &key.text.clone()));
        }
        if rest.is_empty() && REMOVABLE.contains(&name.as_str()) && self.removes() {
            table.entries.retain(|(key, _)| key.text != *name);
            return Ok(());
        }
        if rest.is_empty() {
            self.replace_variant(table, name, parent);
        }
        if table.find(name).is_none() {
            let key = Name { text: name.clone(), span: self.span };
            let value = Value::Table(Table::default());
            table.entries.push((key, Node { span: self.span, value }));
        }
        match table.find_mut(name) {
            Some(node) => self.node(node, rest, name),
            None => Ok(()),
        }
    }

    /// Whether the value is the word that takes a table away.
    fn removes(&self) -> bool {
        matches!(&self.node.value, Value::Text(text) if text == "none")
    }

    /// Sets a value, or one below it; it stands under the key `key`.
    fn node(&mut self, node: &mut Node, names: &[String], key: &str) -> Result<(), PathError> {
        let Some(name) = names.first() else {
            *node = self.node.clone();
            return Ok(());
        };
        if let Value::Text(text) = &node.value {
            // A constant is its own mean.
            if names == ["mean"] && is_quantity(text) {
                *node = self.node.clone();
                return Ok(());
            }
            node.value =
                spelt_out(text, key, node.span).ok_or_else(|| PathError::unknown(&self.path, name, []))?;
        }
        match &mut node.value {
            Value::Table(table) => self.table(table, names, key),
            Value::List(items) => {
                let chosen = choose(items, name);
                if chosen.is_empty() {
                    let known = item_names(items);
                    return Err(PathError::unknown(&self.path, name, known.iter().map(String::as_str)));
                }
                chosen.into_iter().try_for_each(|number| self.node(&mut items[number], &names[1..], key))
            }
            _ => Err(PathError::unknown(&self.path, name, [])),
        }
    }

    /// Where another variant is chosen, takes away the keys that only the old one has.
    fn replace_variant(&mut self, table: &mut Table, key: &str, parent: &str) {
        let Value::Text(new) = &self.node.value else {
            return;
        };
        if key == preset::KEY {
            return self.replace_preset(table, parent);
        }
        let old = match table.find(key) {
            Some(Node { value: Value::Text(old), .. }) => Some(old.clone()),
            None if key == "policy" => Self::policy_of(table, parent),
            _ => None,
        };
        let Some(old) = old else {
            return;
        };
        let keys_of = |name: &str| own_keys(key, parent, name).or_else(|| self.own.keys(parent, name));
        let (Some(old_keys), Some(new_keys)) = (keys_of(&old), keys_of(new)) else {
            return;
        };
        self.drop_keys(table, &old, (&old_keys, &new_keys));
    }

    /// The policy that holds in a table, written or by its preset.
    fn policy_of(table: &Table, parent: &str) -> Option<String> {
        let text = |key: &str| match &table.find(key)?.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        text("policy").or_else(|| preset_policy(parent, &text(preset::KEY)?).map(str::to_owned))
    }

    /// Where another preset is chosen, its policy takes the place of the old one, written or not.
    fn replace_preset(&mut self, table: &mut Table, parent: &str) {
        let Value::Text(new) = &self.node.value else {
            return;
        };
        let Some(new) = preset_policy(parent, new) else {
            return;
        };
        let Some(old) = Self::policy_of(table, parent) else {
            return;
        };
        let own = |policy: &str| own_keys("policy", parent, policy).unwrap_or_default();
        self.drop_keys(table, &old, (&own(&old), &own(new)));
        table.entries.retain(|(name, _)| name.text != "policy");
    }

    /// Takes away the keys that only the old of two variants has.
    fn drop_keys(&mut self, table: &mut Table, old: &str, (old_keys, new_keys): (&[&str], &[&str])) {
        table.entries.retain(|(name, _)| {
            let name = name.text.as_str();
            let goes = old_keys.contains(&name) && !new_keys.contains(&name);
            if goes {
                self.notes
                    .push(format!("{}: \"{name}\" went with \"{old}\", which it belongs to", self.path));
            }
            !goes
        });
    }
}

/// What a text stands for, so that a value below it can be set.
fn spelt_out(text: &str, key: &str, span: Span) -> Option<Value> {
    let entry = |key: &str, text: &str| {
        let node = Node { span, value: Value::Text(text.to_owned()) };
        (Name { text: key.to_owned(), span }, node)
    };
    let entries = match key {
        "balancing" | "outlier_detection" | "queue" | "retry" | "budget" | "breaker" | "hedge"
        | "throttle" | "admission" | "autoscaling" => {
            vec![entry("policy", text)]
        }
        "calls" => vec![entry("service", text)],
        _ if is_quantity(text) => vec![entry("distribution", "constant"), entry("mean", text)],
        _ => return None,
    };
    Some(Value::Table(Table { entries }))
}

fn is_quantity(text: &str) -> bool {
    crate::document::measure(text).is_some()
}

/// The policy that a preset chooses for the table under a key.
fn preset_policy(parent: &str, name: &str) -> Option<&'static str> {
    Preset::find(name)?.part(preset::room(parent)?)?.policy()
}

/// The keys that belong to one variant and not to its room; `None` where nothing is known of it.
pub(super) fn own_keys(key: &str, parent: &str, name: &str) -> Option<Vec<&'static str>> {
    let find =
        |catalogue: &'static [Entry]| catalogue.iter().find(|entry| entry.name == name).map(Entry::names);
    match (key, parent) {
        ("distribution", _) => find(DistributionSettings::CATALOGUE),
        ("process", _) => find(ArrivalKeys::CATALOGUE),
        ("kind", _) => find(FaultKeys::CATALOGUE).or_else(|| find(MonitorKeys::CATALOGUE)),
        ("policy", "balancing") => find(BalancerSettings::CATALOGUE),
        ("policy", "outlier_detection") => find(OutlierSettings::CATALOGUE),
        ("policy", "retry") => find(RetrySettings::CATALOGUE),
        ("policy", "budget") => find(BudgetSettings::CATALOGUE),
        ("policy", "breaker") => find(BreakerSettings::CATALOGUE),
        ("policy", "hedge") => find(HedgeSettings::CATALOGUE),
        ("policy", "throttle" | "admission") => find(LimitSettings::CATALOGUE),
        ("policy", "queue") => find(QueueSettings::CATALOGUE),
        ("policy", "autoscaling" | "provisioned" | "policies") => find(ScalingSettings::CATALOGUE),
        ("policy", "keep_alive") => find(KeepAliveSettings::CATALOGUE),
        ("policy", _) => find(PLANS).or_else(|| find(DeploySettings::CATALOGUE)),
        _ => None,
    }
}
