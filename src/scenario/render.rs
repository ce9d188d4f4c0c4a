//! Findings as text: what, where, and what would be right.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::Source;
use crate::document::{Diagnostic, Diagnostics, Severity, Span};

/// Most findings that are shown; the rest is counted.
const SHOWN_MAX: usize = 100;

/// Writes all findings about one scenario, with a line that counts them; nothing where there are none.
pub fn render(findings: &Diagnostics, sources: &[Source], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in findings.0.iter().take(SHOWN_MAX) {
        text.push_str(&one(finding, sources, &renderer));
        text.push_str("\n\n");
    }
    if findings.0.is_empty() {
        return text;
    }
    let hidden = findings.0.len().saturating_sub(SHOWN_MAX);
    if hidden > 0 {
        let _ = writeln!(text, "{hidden} more are not shown\n");
    }
    let errors = findings.0.iter().filter(|one| one.severity == Severity::Error).count();
    let warnings = findings.0.len() - errors;
    let counted = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{number} {what}s")),
    };
    let counts: Vec<String> =
        [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    let name = sources.first().map_or("the scenario", |source| source.name.as_str());
    let _ = writeln!(text, "{} in {name}", counts.join(" and "));
    text
}

fn one(finding: &Diagnostic, sources: &[Source], renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level.primary_title(finding.message.as_str()).elements(Vec::<Origin<'_>>::new());
    let span = finding.span.filter(|span| *span != Span::default());
    if let Some((span, source)) = span.and_then(|span| Some((span, sources.get(span.source as usize)?))) {
        let line = line(&source.text, span);
        let mut annotation = AnnotationKind::Primary.span(line.start..line.end);
        if !finding.label.is_empty() {
            annotation = annotation.label(finding.label.as_str());
        }
        let snippet = Snippet::source(line.text).line_start(line.number).path(source.name.as_str());
        group = group.element(snippet.annotation(annotation));
    } else if let Some(source) = sources.first() {
        group = group.element(Origin::path(source.name.as_str()));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The line on which a span begins, and the part of the span that is on it.
struct Line<'a> {
    text: &'a str,
    number: usize,
    start: usize,
    end: usize,
}

fn line(text: &str, span: Span) -> Line<'_> {
    let start = floor(text, span.start);
    let first = text[..start].rfind('\n').map_or(0, |place| place + 1);
    let last = text[start..].find('\n').map_or(text.len(), |length| start + length);
    let end = floor(text, span.end).clamp(start, last);
    Line {
        text: &text[first..last],
        number: 1 + text[..start].matches('\n').count(),
        start: start - first,
        end: end - first,
    }
}

/// The nearest place at or before a byte that does not cut a character.
fn floor(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}
