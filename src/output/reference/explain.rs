//! One key, policy, metric, formula or preset in full.

use std::fmt::Write;

use serde::Serialize;

use super::{default_text, line, type_text};
use crate::document::{Choice, Key, Kind, Shape, nearest, paragraphs};
use crate::measure::metric::{self, Family, ScopeKind};
use crate::output::catalogue::{Group, Item};
use crate::output::paint::{Paint, Tone};
use crate::registry::Entry;
use crate::scenario::language::{self, Lost, Meaning};

/// What there is to say about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Article {
    /// What it is called.
    pub title: String,
    /// What it is: a key, a policy, a metric.
    pub kind: String,
    /// What it means.
    pub text: String,
    /// Type, default, unit and the like.
    pub facts: Vec<(String, String)>,
    /// What belongs to it: keys or choices, each with its meaning.
    pub parts: Vec<(String, String)>,
}

/// A name that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct Unknown {
    /// What is not there.
    pub message: String,
    /// What is near, or what is known.
    pub help: String,
}

/// Explains what a user wrote: a path such as `service.shop.retry.attempts`, a metric such as `client.c/latency_p99`, or
/// the name of a key, policy, metric, or of something in one of the groups.
///
/// # Errors
///
/// The name is not known; the nearest ones are said.
pub fn explain(name: &str, groups: &[Group]) -> Result<Vec<Article>, Unknown> {
    if let Some((scope, metric)) = name.split_once('/') {
        return measured(name, scope, metric);
    }
    let found = language::find(name);
    if let Ok(meanings) = &found {
        return Ok(meanings.iter().map(|one| meaning(name, one)).collect());
    }
    let named = by_name(name, groups);
    if !named.is_empty() {
        return Ok(named);
    }
    Err(match found {
        Err(lost) if name.contains('.') && !lost.before.is_empty() => astray(&lost),
        _ => nowhere(name, groups),
    })
}

/// A metric of a part.
fn measured(name: &str, scope: &str, metric: &str) -> Result<Vec<Article>, Unknown> {
    let kind = match scope.split('.').collect::<Vec<_>>()[..] {
        ["service", _, _] => "replica",
        [kind, ..] => kind,
        [] => "",
    };
    let families = metric::CATALOGUE.iter().filter(|family| family.contains(metric));
    let fits = |family: &&Family| family.kinds().any(|one| one.name() == kind);
    if let Some(family) = families.clone().find(fits) {
        return Ok(vec![of_family(name, family)]);
    }
    let all: Vec<String> =
        ScopeKind::ALL.iter().filter(|one| one.name() == kind).flat_map(|one| metric::names(*one)).collect();
    let message = format!("a {kind} has no metric \"{metric}\"");
    let help = match nearest(metric, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{scope}/{near}\"?"),
        None if all.is_empty() => {
            let known: Vec<&str> = ScopeKind::ALL.iter().map(|one| one.name()).collect();
            return Err(Unknown {
                message: format!("nothing of the kind \"{kind}\" is measured"),
                help: format!("known: {}", known.join(", ")),
            });
        }
        None => format!("known: {}", all.join(", ")),
    };
    Err(Unknown { message, help })
}

fn of_family(title: &str, family: &Family) -> Article {
    let kinds: Vec<&str> = family.kinds().map(ScopeKind::name).collect();
    Article {
        title: title.to_owned(),
        kind: "metric".to_owned(),
        text: family.definition.to_owned(),
        facts: facts([("family", family.name), ("of", &kinds.join(", ")), ("unit", family.unit)]),
        parts: Vec::new(),
    }
}

fn facts<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// What a path leads to.
fn meaning(path: &str, meaning: &Meaning) -> Article {
    match meaning {
        Meaning::Key(key, variant) => of_key(path, key, *variant),
        Meaning::Choice(choice, title) => of_choice(path, choice, title),
        Meaning::Variant(entry, choice, title) => of_variant(entry, choice, title),
        Meaning::Preset(title) => of_preset(path, title),
        Meaning::Word(word) => article(path, "choice", paragraphs(word.lines)),
        Meaning::Part(kind) => of_part(path, kind),
    }
}

fn article(title: &str, kind: &str, text: String) -> Article {
    Article { title: title.to_owned(), kind: kind.to_owned(), text, facts: Vec::new(), parts: Vec::new() }
}

fn of_key(path: &str, key: &Key, variant: Option<&str>) -> Article {
    let kind = (key.kind)();
    let mut facts = facts([("type", &type_text(&kind)), ("default", &default_text(key))]);
    facts.extend(key.range.map(|range| ("range".to_owned(), range.to_owned())));
    facts.extend(variant.map(|variant| ("only with".to_owned(), format!("\"{variant}\""))));
    facts.push(("since".to_owned(), key.since.to_owned()));
    Article { facts, parts: parts(&kind), ..article(path, "key", key.text()) }
}

/// The words or keys that a value can have.
fn parts(kind: &Kind) -> Vec<(String, String)> {
    match kind {
        Kind::Words(words) => {
            words.iter().map(|word| (format!("\"{}\"", word.name), paragraphs(word.lines))).collect()
        }
        Kind::List(of, _) | Kind::Map(of) => parts(of),
        Kind::Table(shape) => of_shape(shape),
        Kind::Either(kinds) => {
            let is_variant = |kind: &Kind| matches!(kind, Kind::Table(Shape { choice: Some(_), .. }));
            let tables = kinds.iter().filter(|kind| is_variant(kind)).flat_map(parts).collect::<Vec<_>>();
            if tables.is_empty() { kinds.iter().flat_map(parts).collect() } else { tables }
        }
        _ => Vec::new(),
    }
}

fn of_shape(shape: &Shape) -> Vec<(String, String)> {
    let title = shape.title();
    let mut found = Vec::new();
    if let Some(choice) = &shape.choice {
        let names: Vec<&str> = choice.variants.iter().map(|entry| entry.name).collect();
        found.push((choice.key.to_owned(), format!("Chooses a {}: {}.", choice.what, names.join(", "))));
    }
    if !language::presets(&title).is_empty() {
        found.push((language::PRESET.to_owned(), preset_text(&title)));
    }
    found.extend(shape.keys.iter().map(|key| (key.name.to_owned(), line(key))));
    found
}

fn preset_text(title: &str) -> String {
    format!("Fills in what a known system does: {}.", language::presets(title).join(", "))
}

fn of_choice(path: &str, choice: &Choice, title: &str) -> Article {
    let default = choice.default.map_or("required".to_owned(), |name| format!("\"{name}\""));
    let variant = |entry: &Entry| (format!("\"{}\"", entry.name), entry.summary.to_owned());
    Article {
        facts: facts([("type", &format!("name of a {}", choice.what)), ("default", &default)]),
        parts: choice.variants.iter().map(variant).collect(),
        ..article(path, "key", format!("Chooses a {} of the table {title}.", choice.what))
    }
}

fn of_variant(entry: &Entry, choice: &Choice, title: &str) -> Article {
    let written = format!("{} = \"{}\" in the table {title}", choice.key, entry.name);
    Article {
        facts: facts([("written", &written)]),
        parts: entry.keys.iter().map(|key| (key.name.to_owned(), line(key))).collect(),
        ..article(entry.name, choice.what, entry.summary.to_owned())
    }
}

fn of_preset(path: &str, title: &str) -> Article {
    let text = preset_text(title) + " Any key that is written beside it holds instead.";
    Article {
        facts: facts([("type", "name of a preset"), ("see", "`ninefold list presets`")]),
        ..article(path, "key", text)
    }
}

fn of_part(path: &str, kind: &Kind) -> Article {
    let text = format!("An entry: {}.", type_text(kind));
    Article { parts: parts(kind), ..article(path, "part", text) }
}

/// Whatever has this name: keys of any table, variants, metrics, and what is in the groups.
fn by_name(name: &str, groups: &[Group]) -> Vec<Article> {
    let mut found = Vec::new();
    for shape in language::shapes() {
        if let Some(choice) = &shape.choice {
            let variants = choice.variants.iter().filter(|entry| entry.name == name);
            found.extend(variants.map(|entry| of_variant(entry, choice, &shape.title())));
        }
        if shape.title() == name {
            let text = format!("A table with these keys ({name}).");
            found.push(Article { parts: of_shape(&shape), ..article(name, "table", text) });
        }
    }
    found.extend(keys_called(name));
    let families = metric::CATALOGUE.iter().filter(|family| family.name == name || family.contains(name));
    found.extend(families.map(|family| of_family(name, family)));
    found.extend(groups.iter().flat_map(|group| in_group(name, group)));
    found
}

/// Keys of one name, each once, with the first of the places where it can be written.
fn keys_called(name: &str) -> Vec<Article> {
    let mut found: Vec<(Article, usize)> = Vec::new();
    for (path, key) in language::paths() {
        if key.name != name {
            continue;
        }
        let article = of_key(&path, &key, None);
        match found.iter_mut().find(|(other, _)| other.text == article.text && other.facts == article.facts) {
            Some((_, further)) => *further += 1,
            None => found.push((article, 0)),
        }
    }
    let with_places = |(mut article, further): (Article, usize)| {
        if further > 0 {
            article.facts.push(("also".to_owned(), format!("in {further} more places")));
        }
        article
    };
    found.into_iter().map(with_places).collect()
}

fn in_group(name: &str, group: &Group) -> Vec<Article> {
    let of_item = |title: &str, kind: &str, item: &Item| Article {
        facts: item.details.clone(),
        ..article(title, kind, item.summary.clone())
    };
    if let Some(preset) = group.kind.strip_prefix("preset ") {
        let (called, summary) = preset.split_once(": ").unwrap_or((preset, ""));
        if called != name {
            return Vec::new();
        }
        let mut all = vec![article(called, "preset", summary.to_owned())];
        all.extend(group.items.iter().map(|item| of_item(&item.name, &format!("preset {called} of"), item)));
        return all;
    }
    let items = group.items.iter().filter(|item| item.name == name);
    items.map(|item| of_item(&item.name, &group.kind, item)).collect()
}

/// Every name that can be explained.
pub fn names(groups: &[Group]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (path, key) in language::paths() {
        names.extend([path, key.name.to_owned()]);
    }
    for choice in language::shapes().iter().filter_map(|shape| shape.choice) {
        names.push(choice.key.to_owned());
        names.extend(choice.variants.iter().map(|entry| entry.name.to_owned()));
    }
    names.extend(metric::CATALOGUE.iter().flat_map(Family::members));
    for group in groups {
        match group.kind.strip_prefix("preset ").and_then(|preset| preset.split_once(": ")) {
            Some((preset, _)) => names.push(preset.to_owned()),
            None => names.extend(group.items.iter().map(|item| item.name.clone())),
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The names that a shell may complete: sections, keys, variants and metrics, without paths.
pub fn words() -> Vec<&'static str> {
    let mut words: Vec<&str> = metric::CATALOGUE.iter().map(|family| family.name).collect();
    words.retain(|name| !name.contains('<'));
    for shape in language::shapes() {
        words.extend(shape.all_keys().iter().map(|key| key.name));
        if let Some(choice) = shape.choice {
            words.push(choice.key);
            words.extend(choice.variants.iter().map(|entry| entry.name));
        }
        words.extend(language::presets(&shape.title()));
    }
    words.sort_unstable();
    words.dedup();
    words
}

fn astray(lost: &Lost) -> Unknown {
    let message = format!("there is no \"{}\" below \"{}\"", lost.name, lost.before);
    let help = match lost.near() {
        Some(near) => format!("did you mean \"{}.{near}\"?", lost.before),
        None if lost.known.is_empty() => format!("\"{}\" has nothing below it", lost.before),
        None => format!("known: {}", lost.known.join(", ")),
    };
    Unknown { message, help }
}

fn nowhere(name: &str, groups: &[Group]) -> Unknown {
    let known = names(groups);
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "expected a path such as service.shop.retry.attempts, a metric such as client.c/latency_p99, or a \
                 name that `ninefold list` shows"
            .to_owned(),
    };
    Unknown { message: format!("nothing is called \"{name}\""), help }
}

/// Widest line.
const WIDTH: usize = 100;

/// Articles for people.
pub fn text(articles: &[Article], paint: Paint) -> String {
    let mut out = String::new();
    for (number, article) in articles.iter().enumerate() {
        let gap = if number == 0 { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{} ({})", paint.tint(Tone::Heading, &article.title), article.kind);
        for paragraph in article.text.split("\n\n") {
            wrap(&mut out, "  ", "  ", paragraph);
        }
        for (name, text) in &article.facts {
            wrap(&mut out, &format!("  {name}: "), "    ", text);
        }
        for (name, text) in &article.parts {
            wrap(&mut out, &format!("    {name}  "), "      ", text);
        }
    }
    out
}

/// Writes words in lines, the first after `first`, the others after `other`.
fn wrap(out: &mut String, first: &str, other: &str, text: &str) {
    let (mut line, mut is_bare) = (first.to_owned(), true);
    for word in text.split_whitespace() {
        if !is_bare && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            (line, is_bare) = (other.to_owned(), true);
        }
        if !is_bare {
            line.push(' ');
        }
        line.push_str(word);
        is_bare = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}
