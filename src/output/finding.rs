//! What is wrong with scenario files, for other programs.

use serde::Serialize;

use crate::document::{Diagnostic, Diagnostics, Severity, Span};
use crate::scenario::Source;

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file as the user wrote it.
    pub file: String,
    /// Whether it can run.
    pub is_accepted: bool,
    /// Errors and warnings, in the order of the file.
    pub findings: Vec<Finding>,
}

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// Short words on the place.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
    /// Where it stands: a file or an option; none where it concerns the file as a whole.
    pub source: Option<String>,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
}

impl Report {
    /// What was found in a file whose spans speak of these sources.
    pub fn new(file: String, findings: &Diagnostics, sources: &[Source]) -> Self {
        let found = findings.0.iter().map(|one| finding(one, sources)).collect();
        Self { file, is_accepted: !findings.has_errors(), findings: found }
    }

    /// A file that cannot be read.
    pub fn unread(file: String, why: String) -> Self {
        let error = Diagnostic { span: None, ..Diagnostic::error(Span::default(), why) };
        Self::new(file, &Diagnostics(vec![error]), &[])
    }
}

fn finding(diagnostic: &Diagnostic, sources: &[Source]) -> Finding {
    let place = diagnostic.span.and_then(|span| {
        let source = sources.get(span.source as usize)?;
        let before = source.text.get(..span.start.min(source.text.len()))?;
        let line = before.rsplit('\n').next().unwrap_or("");
        Some((source.name.clone(), before.matches('\n').count() + 1, line.chars().count() + 1))
    });
    let (source, line, column) = match place {
        Some((source, line, column)) => (Some(source), Some(line), Some(column)),
        None => (None, None, None),
    };
    Finding {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: diagnostic.message.clone(),
        label: diagnostic.label.clone(),
        help: diagnostic.help.clone(),
        source,
        line,
        column,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_columns_of_characters() {
        let sources = [Source { name: "a.toml".to_owned(), text: "x = 1\nä = 2\n".to_owned() }];
        let span = Span { source: 0, start: 11, end: 12 };
        let report =
            Report::new("a.toml".to_owned(), &Diagnostics(vec![Diagnostic::error(span, "wrong")]), &sources);
        let found = &report.findings[0];
        assert_eq!((found.line, found.column, found.severity), (Some(2), Some(5), "error"));
        assert!(!report.is_accepted);
        let unread = Report::unread("b.toml".to_owned(), "there is none".to_owned());
        assert_eq!((unread.findings[0].line, unread.is_accepted), (None, false));
    }
}
