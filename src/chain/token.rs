//! A text as words, numbers and signs, each with its place.

use crate::document::{Diagnostic, Span};

/// One word, number or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    Integer(i64),
    Real(f64),
    /// A sign of one or more characters.
    Sign(&'static str),
    /// The end of the text.
    End,
}

/// Signs, those first that begin with another one.
const SIGNS: [&str; 31] = [
    "<=>", "=>", "<=", ">=", "!=", "->", "..", "(", ")", "[", "]", "{", "}", "<", ">", "=", "!", "&", "|",
    "+", "-", "*", "/", "?", ":", ";", ",", "'", ".", "#", "@",
];

impl Kind {
    /// How a message calls it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Word(word) => format!("\"{word}\""),
            Self::Quoted(text) => format!("the text \"{text}\""),
            Self::Integer(value) => value.to_string(),
            Self::Real(value) => value.to_string(),
            Self::Sign(sign) => format!("\"{sign}\""),
            Self::End => "the end".to_owned(),
        }
    }
}

/// The tokens of a text, with the end as the last one.
pub(super) fn tokens(text: &str, source: u32) -> Result<Vec<Token>, Diagnostic> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (kind, length) = one(rest).map_err(|(message, length)| {
            Diagnostic::error(Span { source, start: at, end: at + length }, message).label("not understood")
        })?;
        found.push(Token { kind, span: Span { source, start: at, end: at + length } });
        at += length;
    }
    found.push(Token { kind: Kind::End, span: Span { source, start: at, end: at } });
    Ok(found)
}

/// The token at the start of a text and its length.
fn one(text: &str) -> Result<(Kind, usize), (String, usize)> {
    let bytes = text.as_bytes();
    let first = bytes[0];
    if first.is_ascii_alphabetic() || first == b'_' {
        let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        return Ok((Kind::Word(text[..length].to_owned()), length));
    }
    if first.is_ascii_digit() {
        return number(text);
    }
    if first == b'"' {
        return match text[1..].find(['"', '\n']) {
            Some(end) if bytes[1 + end] == b'"' => Ok((Kind::Quoted(text[1..=end].to_owned()), end + 2)),
            _ => Err(("this text has no closing quote".to_owned(), 1)),
        };
    }
    if let Some(sign) = SIGNS.iter().find(|sign| text.starts_with(**sign)) {
        return Ok((Kind::Sign(sign), sign.len()));
    }
    let sign = text.chars().next().unwrap_or_default();
    Err((format!("the sign \"{sign}\" means nothing here"), sign.len_utf8()))
}

fn number(text: &str) -> Result<(Kind, usize), (String, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    let mut is_whole = true;
    // "0..3" is a range, not a number with a point.
    if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
        length += 1 + digits(length + 1);
        is_whole = false;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let power = digits((length + 1 + sign).min(bytes.len()));
        if power > 0 {
            length += 1 + sign + power;
            is_whole = false;
        }
    }
    let digits = &text[..length];
    let read = if is_whole {
        digits.parse().ok().map(Kind::Integer)
    } else {
        digits.parse().ok().filter(|value: &f64| value.is_finite()).map(Kind::Real)
    };
    read.map(|kind| (kind, length)).ok_or_else(|| (format!("the number {digits} is too large"), length))
}
