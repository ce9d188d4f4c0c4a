//! What is said of the language of scenarios: one key (`explain`), all of it (the reference), and for editors (the schema).

pub mod explain;
pub mod pages;
pub mod schema;

use crate::document::{Key, Kind, Shape};

/// The type of a key's value, in words.
pub fn type_text(kind: &Kind) -> String {
    match kind {
        Kind::Boolean => "true or false".to_owned(),
        Kind::Whole(_) => "whole number".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Share => "share, such as 0.25 or \"25%\"".to_owned(),
        Kind::Duration => "duration, such as \"250ms\"".to_owned(),
        Kind::Rate => "rate, such as \"120/s\"".to_owned(),
        Kind::Quantity => "number with its unit, such as \"86.7h\"".to_owned(),
        Kind::Target => "bound, such as \">= 99.9%\"".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Anything => "any value".to_owned(),
        Kind::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.name)).collect();
            either(&words)
        }
        Kind::List(of, _) => format!("list: {}", type_text(of)),
        Kind::Map(of) => format!("table from names to: {}", type_text(of)),
        Kind::Table(shape) => format!("table ({})", shape.title()),
        Kind::Either(kinds) => match &kinds[..] {
            [Kind::Words(_), Kind::Table(Shape { choice: Some(choice), name, .. })] => {
                format!("name of a {}, or table ({name})", choice.what)
            }
            _ => either(&kinds.iter().map(type_text).collect::<Vec<_>>()),
        },
    }
}

fn either(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// What holds where a key is not written.
pub fn default_text(key: &Key) -> String {
    match key.default() {
        _ if key.is_required() => "required".to_owned(),
        Some(value) => value.to_string().trim().to_owned(),
        None => "none".to_owned(),
    }
}

/// Type, default and range of a key in one line, and its meaning.
pub fn line(key: &Key) -> String {
    let mut text = type_text(&(key.kind)());
    if let Some(range) = key.range {
        text = format!("{text}, {range}");
    }
    format!("{text}; {}. {}", default_words(key), key.text().replace("\n\n", " "))
}

fn default_words(key: &Key) -> String {
    match key.default() {
        _ if key.is_required() => "required".to_owned(),
        Some(_) => format!("default {}", default_text(key)),
        None => "no default".to_owned(),
    }
}
