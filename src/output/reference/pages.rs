//! The reference as pages of Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{default_text, type_text};
use crate::document::{Choice, Key, Kind, Shape, paragraphs};
use crate::output::catalogue::{Group, Item};
use crate::scenario::language;

/// The first line of every page.
const MADE: &str = "<!-- Made by `ninefold reference`; change the comments in the source instead. -->\n\n";

/// A page for the file and for each table of it, and one for each of the groups; name and text of each.
pub fn pages(groups: &[(&str, Vec<Group>)]) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    pages.insert("README.md".to_owned(), index(groups));
    for shape in language::shapes().into_iter().skip(1) {
        pages.insert(format!("{}.md", shape.title()), page(&shape));
    }
    for (name, groups) in groups {
        pages.insert(format!("{name}.md"), listed(name, groups));
    }
    pages
}

fn index(groups: &[(&str, Vec<Group>)]) -> String {
    let mut out = format!("{MADE}# The language of scenarios\n\n");
    out.push_str(
        "A scenario is a TOML file with the sections below. Durations are written `\"250ms\"` or `\"1h 30min\"`, rates \
         `\"120/s\"`, shares `\"99.95%\"` or `0.9995`; bare numbers are counts and ratios. A table with a key such as \
         `policy` may be written as the name alone where all else keeps its default. `ninefold explain PATH` says the \
         same of one key, `ninefold schema` gives it to an editor, and `ninefold check FILE --resolved` shows every \
         default that a file relies on.\n\n## Sections\n\n",
    );
    keys(&mut out, &language::file().keys);
    out.push_str("\n## Tables\n\n");
    for shape in language::shapes().iter().skip(1) {
        let title = shape.title();
        let _ = writeln!(out, "- [{title}]({title}.md){}", places(&title));
    }
    out.push_str("\n## Names\n\n");
    for (name, _) in groups {
        let _ = writeln!(out, "- [{name}]({name}.md)");
    }
    out
}

/// Where a table stands, if that is in few places.
fn places(title: &str) -> String {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (path, key) in language::paths() {
        if titles(&(key.kind)()).contains(&title.to_owned()) {
            found.insert(format!("`{path}`"));
        }
    }
    match found.len() {
        0 => String::new(),
        1..=4 => format!(": {}", found.into_iter().collect::<Vec<_>>().join(", ")),
        many => format!(": in {many} places"),
    }
}

/// The tables that a value may be.
fn titles(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::List(of, _) | Kind::Map(of) => titles(of),
        Kind::Either(kinds) => kinds.iter().flat_map(titles).collect(),
        Kind::Table(shape) => vec![shape.title()],
        _ => Vec::new(),
    }
}

fn page(shape: &Shape) -> String {
    let title = shape.title();
    let mut out = format!("{MADE}# {title}\n\n");
    let places = places(&title);
    if let Some(places) = places.strip_prefix(": ") {
        let _ = writeln!(out, "Stands at {places}.\n");
    }
    let presets = language::presets(&title);
    if !presets.is_empty() {
        let names = presets.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            out,
            "`preset` fills in what a known system does ([presets](presets.md)); keys written beside it hold instead: \
             {names}.\n"
        );
    }
    if !shape.keys.is_empty() {
        keys(&mut out, &shape.keys);
        out.push('\n');
    }
    if let Some(choice) = &shape.choice {
        variants(&mut out, choice);
    }
    out.trim_end().to_owned() + "\n"
}

fn variants(out: &mut String, choice: &Choice) {
    let default = choice.default.map_or("required".to_owned(), |name| format!("`\"{name}\"` by default"));
    let _ = writeln!(out, "`{}` chooses a {} ({default}):\n", choice.key, choice.what);
    for entry in choice.variants {
        let _ = writeln!(out, "## {}\n\n{}\n", entry.name, entry.summary);
        if !entry.keys.is_empty() {
            keys(out, entry.keys);
            out.push('\n');
        }
    }
}

/// A table of keys.
fn keys(out: &mut String, keys: &[Key]) {
    out.push_str("| key | type | default | range | meaning |\n|---|---|---|---|---|\n");
    for key in keys {
        let kind = (key.kind)();
        let mut meaning = key.text().replace("\n\n", " ");
        for (word, text) in words(&kind) {
            let _ = write!(meaning, "<br>`\"{word}\"`: {text}");
        }
        let since = if key.since == "0.1" { String::new() } else { format!(" (since {})", key.since) };
        let mut kind_text = type_text(&kind);
        let links = titles(&kind);
        if !links.is_empty() {
            let links: Vec<String> = links.iter().map(|title| format!("[{title}]({title}.md)")).collect();
            let _ = write!(kind_text, "; see {}", links.join(", "));
        }
        let cells =
            [kind_text, code(&default_text(key)), key.range.unwrap_or("").to_owned(), meaning + &since];
        let _ =
            writeln!(out, "| `{}` | {} |", key.name, cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
}

fn code(text: &str) -> String {
    match text {
        "required" | "none" => text.to_owned(),
        _ => format!("`{text}`"),
    }
}

/// The words that stand for themselves; those that choose a variant have a page.
fn words(kind: &Kind) -> Vec<(&'static str, String)> {
    match kind {
        Kind::Words(words) => words.iter().map(|word| (word.name, paragraphs(word.lines))).collect(),
        Kind::Either(kinds) => {
            let is_variant = |kind: &Kind| matches!(kind, Kind::Table(Shape { choice: Some(_), .. }));
            if kinds.iter().any(is_variant) { Vec::new() } else { kinds.iter().flat_map(words).collect() }
        }
        Kind::List(of, _) => words(of),
        _ => Vec::new(),
    }
}

/// A page of things that have names.
fn listed(name: &str, groups: &[Group]) -> String {
    let mut out = format!("{MADE}# {name}\n\n");
    for group in groups {
        if group.kind != name {
            let _ = writeln!(out, "## {}\n", group.kind);
        }
        for Item { name, summary, details } in &group.items {
            let _ = writeln!(out, "- `{name}`: {summary}");
            for (what, text) in details {
                let _ = writeln!(out, "  - {what}: {text}");
            }
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}
