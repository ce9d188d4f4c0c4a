//! YAML as the tree that scenarios are read from, each value with its place.

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Place};

use crate::document::{Diagnostic, Diagnostics, Name, Node, Span, Table, Value};

/// Most nested lists and mappings of a manifest.
const DEPTH_MAX: usize = 32;

/// The documents of a text, which is source number `source`; `None` where it is no YAML.
pub(super) fn parse(text: &str, source: u32, findings: &mut Diagnostics) -> Option<Vec<Node>> {
    // The parser counts characters.
    let mut starts: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
    starts.push(text.len());
    let mut reader = Reader { events: Parser::new_from_str(text), starts, source };
    let mut documents = Vec::new();
    loop {
        match reader.next() {
            Ok((Event::StreamEnd, _)) => return Some(documents),
            Ok((Event::DocumentStart(_), _)) => match reader.node(0) {
                Ok(Some(node)) => documents.push(node),
                Ok(None) => {}
                Err(no) => {
                    findings.push(no);
                    return None;
                }
            },
            Ok(_) => {}
            Err(no) => {
                findings.push(no);
                return None;
            }
        }
    }
}

struct Reader<'t> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// Where each character begins.
    starts: Vec<usize>,
    source: u32,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Diagnostic> {
        match self.events.next_event() {
            Some(Ok((event, place))) => {
                let span = self.span(place);
                Ok((event, span))
            }
            Some(Err(error)) => {
                let at = error.marker();
                let span = self.span(Place::new(*at, *at));
                Err(Diagnostic::error(span, format!("this is no YAML: {}", error.info())).label("not YAML"))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn span(&self, place: Place) -> Span {
        let byte = |index: usize| self.starts[index.min(self.starts.len() - 1)];
        Span { source: self.source, start: byte(place.start.index()), end: byte(place.end.index()) }
    }

    /// The next value; `None` where it is null.
    fn node(&mut self, depth: usize) -> Result<Option<Node>, Diagnostic> {
        let (event, span) = self.next()?;
        self.value(event, span, depth)
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Option<Node>, Diagnostic> {
        if depth > DEPTH_MAX {
            return Err(Diagnostic::error(span, "this is nested too deeply").label("too deep"));
        }
        let value = match event {
            Event::Scalar(text, style, ..) => match scalar(&text, style) {
                Some(value) => value,
                None => return Ok(None),
            },
            Event::SequenceStart(..) => Value::List(self.list(depth)?),
            Event::MappingStart(..) => Value::Table(self.table(depth)?),
            Event::Alias(_) => {
                let error = Diagnostic::error(span, "aliases of anchors are not read").label("an alias");
                return Err(error.help("write the value again"));
            }
            _ => return Ok(None),
        };
        Ok(Some(Node { span, value }))
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Diagnostic> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(items),
                (event, span) => items.extend(self.value(event, span, depth + 1)?),
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Table, Diagnostic> {
        let mut table = Table { entries: Vec::new() };
        loop {
            let (text, span) = match self.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => return Ok(table),
                (Event::Scalar(text, ..), span) => (text.into_owned(), span),
                (_, span) => return Err(Diagnostic::error(span, "a key is a text").label("not a key")),
            };
            if table.find(&text).is_some() {
                let message = format!("\"{text}\" is here twice");
                return Err(Diagnostic::error(span, message).label("the second"));
            }
            if let Some(node) = self.node(depth + 1)? {
                table.entries.push((Name { text, span }, node));
            }
        }
    }
}

/// A scalar by the core schema; `None` is null.
fn scalar(text: &str, style: ScalarStyle) -> Option<Value> {
    if style != ScalarStyle::Plain {
        return Some(Value::Text(text.to_owned()));
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => None,
        "true" | "True" | "TRUE" => Some(Value::Boolean(true)),
        "false" | "False" | "FALSE" => Some(Value::Boolean(false)),
        _ => Some(text.parse().map_or_else(
            |_| match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Value::Float(number),
                _ => Value::Text(text.to_owned()),
            },
            Value::Integer,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Node>, String> {
        let mut findings = Diagnostics::default();
        parse(text, 3, &mut findings).ok_or_else(|| findings.0[0].message.clone())
    }

    #[test]
    fn values_know_where_they_stand() {
        let text = "ä: {é: [1, 2.5, 'x']}\nb: null\nc: yes\nd: \"7\"\n---\n# nothing\n---\nf: true\n";
        let documents = read(text).unwrap();
        assert_eq!(documents.len(), 2, "{documents:?}");
        let Value::Table(first) = &documents[0].value else { panic!() };
        let names: Vec<&str> = first.entries.iter().map(|(name, _)| name.text.as_str()).collect();
        assert_eq!(names, ["ä", "c", "d"]);
        let shown = |span: Span| &text[span.start..span.end];
        let Some(Node { value: Value::Table(inner), .. }) = first.find("ä") else { panic!() };
        let Some(Node { value: Value::List(items), .. }) = inner.find("é") else { panic!() };
        assert_eq!(items.iter().map(|item| shown(item.span)).collect::<Vec<_>>(), ["1", "2.5", "'x'"]);
        assert_eq!(items[0].value, Value::Integer(1));
        assert_eq!(items[2].value, Value::Text("x".to_owned()));
        assert!(matches!(&first.find("d").unwrap().value, Value::Text(text) if text == "7"));
        assert!(items.iter().all(|item| item.span.source == 3));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert!(read("a: [1").unwrap_err().starts_with("this is no YAML"));
        assert!(read("a: &x 1\nb: *x\n").unwrap_err().starts_with("aliases"));
        assert_eq!(read("a: 1\na: 2\n").unwrap_err(), "\"a\" is here twice");
        assert_eq!(read(&"[".repeat(40)).unwrap_err(), "this is nested too deeply");
        assert!(read("").unwrap().is_empty());
    }
}
