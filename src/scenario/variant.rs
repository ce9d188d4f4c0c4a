//! Choices between ways to build a system, so that one file holds several.

use super::Override;
use super::overrides::{Setter, check_path};
use super::path::{ALL, PathError, split};
use super::written::{NAMED, SECTIONS, is_part_name, no_part_name};
use crate::document::{Diagnostic, Diagnostics, Name, Node, Span, Table, Value, unexpected};

/// The section of variants.
pub(super) const KEY: &str = "variant";

/// What a choice sets: values below paths, in the order of the file.
type Settings<'a> = Vec<&'a (Name, Node)>;

/// A choice, and what it sets.
struct Choice<'a> {
    name: &'a str,
    settings: Settings<'a>,
}

/// What is chosen, and the choices in the order of the file.
struct Variant<'a> {
    name: &'a str,
    choices: Vec<Choice<'a>>,
}

/// The entries of a table, in the order of the file.
fn entries(node: &Node) -> Option<Settings<'_>> {
    let Value::Table(table) = &node.value else { return None };
    let mut entries: Settings<'_> = table.entries.iter().collect();
    entries.sort_by_key(|(name, _)| name.span);
    Some(entries)
}

/// The names of the variants of a file.
pub(super) fn names(document: &Table) -> Vec<&str> {
    let section = document.find(KEY).and_then(entries).unwrap_or_default();
    section.into_iter().map(|(name, _)| name.text.as_str()).collect()
}

/// The choices of each variant of a file.
pub(super) fn choices(document: &Table) -> Vec<(&str, Vec<&str>)> {
    let section = document.find(KEY).and_then(entries).unwrap_or_default();
    let of = |node| entries(node).unwrap_or_default().into_iter().map(|(name, _)| name.text.as_str());
    section.into_iter().map(|(name, node)| (name.text.as_str(), of(node).collect())).collect()
}

/// Sets what each variant's choice says: the last one that was taken, or the first of the file. `taken` are all overrides with
/// their places and values.
pub(super) fn apply(
    document: &mut Table,
    (overrides, taken): (&[Override], &[(Span, Node)]),
    mut setter: Setter<'_>,
    findings: &mut Diagnostics,
) {
    let Some(section) = document.find(KEY).cloned() else { return };
    let variants = read(&section, findings);
    let all = || variants.iter().flat_map(|variant| variant.choices.iter());
    let added: Vec<Vec<String>> =
        all().flat_map(|choice| choice.settings.iter()).filter_map(|one| adds(one)).collect();
    for (path, _) in all().flat_map(|choice| choice.settings.iter()) {
        if let Err(error) = leads_to_part(document, &path.text, &added) {
            findings.push(error.at(path.span));
        }
    }
    for variant in &variants {
        let mut chosen = variant.choices.first();
        for (one, (span, node)) in overrides.iter().zip(taken) {
            if one.path == variant.name {
                chosen = choose(variant, (*span, node), findings);
            }
        }
        for (path, node) in chosen.into_iter().flat_map(|choice| &choice.settings) {
            // What leads nowhere has been told.
            if leads_to_part(document, &path.text, &added).is_ok()
                && let Err(error) = set(document, path, node, &mut setter)
            {
                findings.push(error.at(path.span));
            }
        }
    }
}

/// The choice that an override takes.
fn choose<'v, 'a>(
    variant: &'v Variant<'a>,
    (span, node): (Span, &Node),
    findings: &mut Diagnostics,
) -> Option<&'v Choice<'a>> {
    let known = || variant.choices.iter().map(|choice| choice.name);
    if let Value::Text(text) = &node.value {
        let found = variant.choices.iter().find(|choice| choice.name == text);
        if found.is_none() {
            findings.push(Diagnostic::unknown(
                node.span,
                &format!("choice of {}", variant.name),
                text,
                known(),
            ));
        }
        return found;
    }
    let message = format!("expected a choice of \"{}\", found {}", variant.name, node.value.describe());
    let help = format!("known: {}", known().collect::<Vec<_>>().join(", "));
    findings.push(Diagnostic::error(span, message).label("no choice").help(help));
    None
}

/// Sets one value of a choice.
fn set(document: &mut Table, path: &Name, node: &Node, setter: &mut Setter<'_>) -> Result<(), PathError> {
    let names = split(&path.text)?;
    let is_added = names.len() == 2 && matches!(node.value, Value::Table(_));
    if !is_added {
        check_path(document, &path.text)?;
    }
    setter.turn_to(&path.text, (path.span, node.clone()));
    setter.set(document, &names)
}

/// The section and the name of a part that a setting adds or replaces.
fn adds((path, node): &(Name, Node)) -> Option<Vec<String>> {
    let names = split(&path.text).ok()?;
    let is_part = names.len() == 2 && NAMED.contains(&names[0].as_str()) && names[1] != ALL;
    (is_part && matches!(node.value, Value::Table(_))).then_some(names)
}

/// Whether a path leads into a section, and to a part of the file or of any choice.
fn leads_to_part(document: &Table, path: &str, added: &[Vec<String>]) -> Result<(), PathError> {
    let parts = split(path)?;
    let section = parts[0].as_str();
    if section == KEY || names(document).contains(&section) {
        return Err(PathError::new(
            format!("the path \"{path}\" leads to variants, which no choice sets"),
            "",
        ));
    }
    if parts.len() == 1 && NAMED.contains(&section) {
        let help = format!("such as \"{section}.NAME\" = {{ ... }}, in quotation marks");
        return Err(PathError::new(format!("\"{path}\" is no path to a part or a value"), help));
    }
    let is_added = added.iter().any(|one| parts.starts_with(one));
    if is_added { Ok(()) } else { check_path(document, path) }
}

/// The variants of the section.
fn read<'a>(section: &'a Node, findings: &mut Diagnostics) -> Vec<Variant<'a>> {
    let example = "a table such as [variant.architecture.functions]";
    let mut table = |node: &'a Node| {
        let found = entries(node);
        if found.is_none() {
            unexpected(node, example, findings);
        }
        found.unwrap_or_default()
    };
    let mut variants = Vec::new();
    let mut called = Vec::new();
    for (name, node) in table(section) {
        let mut choices = Vec::new();
        for (choice, node) in table(node) {
            called.push(choice);
            choices.push(Choice { name: &choice.text, settings: table(node) });
        }
        variants.push((name, node, Variant { name: &name.text, choices }));
    }
    for name in called.into_iter().chain(variants.iter().map(|one| one.0)) {
        if !is_part_name(&name.text) {
            findings.push(no_part_name(name));
        }
    }
    for (name, node, variant) in &variants {
        if SECTIONS.iter().any(|section| section.name == name.text) {
            let message = format!("a variant cannot be called \"{}\", as a section is", name.text);
            findings.push(Diagnostic::error(name.span, message).label("the name of a section"));
        }
        if variant.choices.is_empty() && matches!(node.value, Value::Table(_)) {
            let message = format!("the variant \"{}\" has no choice", name.text);
            let help = format!("write [variant.{}.NAME] with paths and values below", name.text);
            findings.push(Diagnostic::error(name.span, message).label("nothing to choose").help(help));
        }
    }
    variants.into_iter().map(|(_, _, variant)| variant).collect()
}
