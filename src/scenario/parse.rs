//! From text to a tree in which every value knows where it stands.

use toml::de::{DeTable, DeValue};

use super::Source;
use crate::document::{Diagnostic, Diagnostics, Name, Node, Span, Table, Value};

/// Most nested tables and lists; what is deeper cannot mean anything.
const DEPTH_MAX: usize = 32;

/// Most lines that are no TOML of which each is told.
const SYNTAX_MAX: usize = 20;

/// Parses source number 0, the scenario file. What can be understood is kept, so that more mistakes are found.
pub(super) fn parse(source: &Source, findings: &mut Diagnostics) -> Table {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start.min(source.text.len()));
    let mut places: Vec<(usize, &toml::de::Error)> =
        errors.iter().map(|error| (place(error), error)).collect();
    places.sort_by_key(|(start, _)| *start);
    // From places to lines.
    let (mut line, mut end) = (0, 0);
    for (place, _) in &mut places {
        let start = *place;
        line += source.text.get(end..start).map_or(0, |between| between.matches('\n').count());
        (*place, end) = (line, start);
    }
    // What follows the first mistake of a line is mostly its consequence.
    places.dedup_by_key(|(line, _)| *line);
    places.truncate(SYNTAX_MAX);
    if let Some((_, first)) = places.first()
        && let Some(other) = other_language(&source.text, first)
    {
        findings.push(other);
        places.clear();
    }
    for (_, error) in places {
        findings.push(not_toml(&source.text, error));
    }
    let mut reader = Reader { source: 0, shift: 0, findings };
    reader.table(table.get_ref(), 0)
}

/// Where an error stands, and its line from the start.
fn place_of<'t>(text: &'t str, error: &toml::de::Error) -> (Span, &'t str) {
    let span = error.span().unwrap_or(0..0);
    let start = text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    (Span { source: 0, start: span.start, end: span.end }, line)
}

/// The one finding about a text that is written in another language.
fn other_language(text: &str, first: &toml::de::Error) -> Option<Diagnostic> {
    let (place, line) = place_of(text, first);
    let start = text.len() - text.trim_start().len();
    if text[start..].starts_with('{') {
        let brace = Span { source: 0, start, end: start + 1 };
        let error = Diagnostic::error(brace, "this is JSON; a scenario is written in TOML");
        return Some(
            error.label("not TOML").help("write [service.shop] and replicas = 3 in a line of its own"),
        );
    }
    is_yaml(line).then(|| {
        let error = Diagnostic::error(place, "this is YAML; a scenario is written in TOML");
        error.label("not TOML").help("write [service.shop] for a section and replicas = 3 for a value")
    })
}

/// What is wrong with a line that is no TOML.
fn not_toml(text: &str, error: &toml::de::Error) -> Diagnostic {
    let (place, line) = place_of(text, error);
    let diagnostic = Diagnostic::error(place, error.message()).label("not TOML");
    let value = line.split_once('=').map(|(_, value)| value.trim());
    match value {
        Some(value) if value.matches('"').count() % 2 == 1 || value.matches('\'').count() % 2 == 1 => {
            diagnostic.help("a quotation mark is missing in this line")
        }
        Some(value) if value.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
            diagnostic.help("texts, and numbers with a unit, stand in quotation marks: \"10min\", \"99.9%\"")
        }
        _ => diagnostic,
    }
}

/// Whether a line is a key, a colon and perhaps a value, or an entry of a list.
fn is_yaml(line: &str) -> bool {
    let line = line.trim();
    let plain = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c));
    let pair = |text: &str| {
        text.split_once(':')
            .is_some_and(|(key, rest)| plain(key) && (rest.is_empty() || rest.starts_with(' ')))
    };
    line == "---" || pair(line) || line.strip_prefix("- ").is_some_and(|rest| plain(rest) || pair(rest))
}

/// Parses a value of an override: TOML, or a bare text when it is none. It stands at byte `at` of its source.
pub(super) fn parse_value(value: &str, source: u32, at: usize, findings: &mut Diagnostics) -> Node {
    const PREFIX: &str = "v=";
    let text = format!("{PREFIX}{value}");
    let bare = || Node {
        span: Span { source, start: at, end: at + value.len() },
        value: Value::Text(value.to_owned()),
    };
    let Ok(table) = DeTable::parse(&text) else {
        return bare();
    };
    // A line break in the value could smuggle in further keys.
    if table.get_ref().len() != 1 {
        return bare();
    }
    let Some((_, parsed)) = table.get_ref().iter().next() else {
        return bare();
    };
    let mut reader = Reader { source, shift: at as isize - PREFIX.len() as isize, findings };
    reader.node(parsed, 0).unwrap_or_else(bare)
}

struct Reader<'a> {
    source: u32,
    /// What is added to positions in the parsed text to get those in the source.
    shift: isize,
    findings: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span {
            source: self.source,
            start: range.start.saturating_add_signed(self.shift),
            end: range.end.saturating_add_signed(self.shift),
        }
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Table {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            if let Some(node) = self.node(value, depth + 1) {
                let name = Name { text: key.get_ref().to_string(), span: self.span(&key.span()) };
                entries.push((name, node));
            }
        }
        // The parser keeps keys in the order of the alphabet.
        entries.sort_by_key(|(name, _)| name.span.start);
        Table { entries }
    }

    fn node(&mut self, value: &toml::Spanned<DeValue<'_>>, depth: usize) -> Option<Node> {
        let span = self.span(&value.span());
        if depth > DEPTH_MAX {
            self.findings.push(Diagnostic::error(span, "this is nested too deeply").label("too deep"));
            return None;
        }
        let value = match value.get_ref() {
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => {
                let Ok(value) = i64::from_str_radix(number.as_str(), number.radix()) else {
                    let error = Diagnostic::error(span, "this whole number is too large");
                    self.findings.push(error.label("beyond 64 bits"));
                    return None;
                };
                Value::Integer(value)
            }
            DeValue::Float(number) => {
                let Some(value) = number.as_str().parse::<f64>().ok().filter(|value| value.is_finite())
                else {
                    let error = Diagnostic::error(span, "this number is not finite");
                    self.findings.push(error.label("not finite").help("expected a finite number"));
                    return None;
                };
                Value::Float(value)
            }
            // Where an instant is wanted, it may be written with or without quotes.
            DeValue::Datetime(date) => Value::Text(date.to_string()),
            DeValue::Array(items) => {
                Value::List(items.iter().filter_map(|item| self.node(item, depth + 1)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table, depth)),
        };
        Some(Node { span, value })
    }
}
