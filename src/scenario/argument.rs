//! The arguments of a formula: values, distributions, and paths into a scenario.

use super::claim::Given;
use super::files::Files;
use super::resolve::{self, Resolver};
use super::written::law::Law;
use super::{Places, Scenario, parse, resolved};
use crate::document::{Diagnostic, Diagnostics, Field, Node, Span, Value, measure};

/// Reads an argument that a command line gives: a number with or without unit, some with commas between, a distribution
/// or list as a scenario writes it, or a path into `scenario`.
///
/// `span` is where the text stands; findings lie within it.
///
/// # Errors
///
/// A text that is none of these, or a path that leads nowhere.
pub fn argument(
    text: &str,
    span: Span,
    scenario: Option<&Scenario>,
    places: &Places,
) -> Result<Given, Diagnostic> {
    let resolver = scenario.map(|scenario| Resolver::new(resolve::tree(&resolved::table(scenario))));
    let files = Files { places };
    let mut findings = Diagnostics::default();
    let mut values = Given::Numbers(Vec::new());
    for (at, part) in parts(text) {
        let node = parse::parse_value(part, span.source, span.start + at, &mut findings);
        if let Some(finding) = findings.0.pop() {
            return Err(finding);
        }
        if let Value::Text(_) = node.value
            && is_row_of_tables(part)
        {
            let error =
                Diagnostic::error(node.span, "several distributions are a list, which needs brackets");
            return Err(error.label("no list").help(format!("write [{}]", part.trim())));
        }
        let one = given(&node, resolver.as_ref(), files).map_err(|(span, why, help)| {
            let error = Diagnostic::error(span, why).label("no value");
            if help.is_empty() { error } else { error.help(help) }
        })?;
        values.extend(one);
    }
    Ok(values)
}

/// Whether a text holds several tables, or tables and durations, that nothing keeps together.
fn is_row_of_tables(text: &str) -> bool {
    let text = text.trim();
    let mut depth = 0;
    let parted = text.chars().any(|letter| {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parted && text.contains('{') && !text.starts_with('[')
}

/// The parts of a text between commas, with their places; a text with brackets or quotes is one part.
fn parts(text: &str) -> Vec<(usize, &str)> {
    if text.contains(['[', '{', '"', '\'']) {
        return vec![(0, text)];
    }
    let mut at = 0;
    let mut found = Vec::new();
    for part in text.split(',') {
        let blank = part.len() - part.trim_start().len();
        found.push((at + blank, part.trim()));
        at += part.len() + 1;
    }
    found
}

/// Why an argument has no value: where, what is wrong, and what would be right.
pub(super) type NoValue = (Span, String, String);

/// The values of one argument: numbers, distributions, or what stands at a path.
pub(super) fn given(node: &Node, resolver: Option<&Resolver>, files: Files<'_>) -> Result<Given, NoValue> {
    match &node.value {
        Value::Integer(number) => Ok(Given::Numbers(vec![*number as f64])),
        Value::Float(number) => Ok(Given::Numbers(vec![*number])),
        Value::Text(text) => match (measure(text), resolver) {
            (Some((value, _)), _) => Ok(Given::Numbers(vec![value])),
            (None, Some(resolver)) => {
                resolver.values(text, files).map_err(|error| (node.span, error.message, error.help))
            }
            (None, None) => Err((
                node.span,
                format!("\"{text}\" is no value"),
                "expected a number such as 0.5, \"8/s\" or \"30s\", or a distribution; \
                 a path needs --scenario"
                    .to_owned(),
            )),
        },
        Value::List(items) => {
            let mut values = Given::Numbers(Vec::new());
            for item in items {
                values.extend(given(item, resolver, files)?);
            }
            Ok(values)
        }
        Value::Table(_) => distribution(node, files),
        Value::Boolean(_) => Err((node.span, "this is neither a value nor a path".to_owned(), String::new())),
    }
}

fn distribution(node: &Node, files: Files<'_>) -> Result<Given, NoValue> {
    let mut findings = Diagnostics::default();
    let law = Law::read(node, &mut findings);
    if let Some(first) = findings.0.into_iter().next() {
        let span = first.span.unwrap_or(node.span);
        return Err((span, first.message, first.help.unwrap_or_default()));
    }
    let none = || (node.span, "this is not a distribution".to_owned(), Law::EXPECTED.to_owned());
    let law = law.ok_or_else(none)?;
    super::check::build(&law, files)
        .map_err(|why| (node.span, format!("this is not a distribution: {why}"), String::new()))?;
    Ok(Given::Laws(vec![law.settings]))
}
