use super::{Span, synonym};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Impossible: the scenario does not run.
    Error,
    /// Legal but suspect.
    Warning,
}

/// One finding about the input: what, where, what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, a lowercase sentence without a full stop.
    pub message: String,
    /// Where; `None` when it concerns the file as a whole.
    pub span: Option<Span>,
    /// Short words under the marked text.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span: Some(span),
            label: String::new(),
            help: None,
        }
    }

    /// A warning at a place.
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// Adds the words under the marked text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An unknown name, with the nearest valid one and the list of all.
    pub fn unknown<'n>(
        span: Span,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
    ) -> Self {
        let all = known.clone().into_iter().collect::<Vec<_>>().join(", ");
        let help = match (nearest(name, known), synonym::elsewhere(name)) {
            (Some(near), _) => format!("did you mean \"{near}\"? known: {all}"),
            (None, Some(elsewhere)) => format!("{elsewhere}; known: {all}"),
            (None, None) if all.is_empty() => "there is none in this scenario".to_owned(),
            (None, None) => format!("known: {all}"),
        };
        Self::error(span, format!("no {what} is called \"{name}\""))
            .label(format!("unknown {what}"))
            .help(help)
    }
}

/// Findings in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether any of them forbids a run.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|one| one.severity == Severity::Error)
    }
}

/// The known name nearest to `name`, if one is near enough to be meant, or what other tools call so. A name is meant, too,
/// where its section stands before it and should not ("queue.jobs" for "jobs"), or should and does not.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(ours) = synonym::ours(name, &known) {
        return Some(ours);
    }
    let is_end = |end: &str, path: &str| path.split_once('.').is_some_and(|(_, name)| name == end);
    if let Some(same) = known.iter().find(|one| is_end(one, name) || is_end(name, one)) {
        return Some(same);
    }
    let limit = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
