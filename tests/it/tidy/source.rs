//! Just enough reading of Rust to see which modules a file uses.

/// The part of a file before its unit tests.
pub(super) fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ").map_or(text, |end| &text[..=end])
}

/// Code without comments and without the content of strings and character literals; line breaks stay.
pub(super) fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = skipped(rest, code.chars().last());
        let (taken, left) = rest.split_at(length.unwrap_or(letter.len_utf8()));
        if length.is_none() {
            code.push_str(taken);
        } else {
            code.extend(taken.chars().filter(|letter| *letter == '\n'));
            code.push(' ');
        }
        rest = left;
    }
    code
}

/// Length of the comment or literal at the start of `rest`, if there is one.
fn skipped(rest: &str, before: Option<char>) -> Option<usize> {
    let in_word = before.is_some_and(is_word);
    if rest.starts_with("//") {
        Some(rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        Some(rest.find("*/").map_or(rest.len(), |end| end + 2))
    } else if rest.starts_with('"') {
        Some(quoted(rest, '"'))
    } else if rest.starts_with("r\"") && !in_word {
        Some(rest[2..].find('"').map_or(rest.len(), |end| end + 3))
    } else if rest.starts_with("r#\"") && !in_word {
        Some(rest.find("\"#").map_or(rest.len(), |end| end + 2))
    } else if is_character(rest) {
        Some(quoted(rest, '\''))
    } else {
        None
    }
}

/// Whether a character literal stands here and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut letters = rest.chars();
    letters.next() == Some('\'') && (letters.next() == Some('\\') || letters.next() == Some('\''))
}

/// Length of a literal that ends at the first `quote` that is not escaped.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (place, letter) in rest.char_indices().skip(1) {
        if !escaped && letter == quote {
            return place + letter.len_utf8();
        }
        escaped = !escaped && letter == '\\';
    }
    rest.len()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The module that a file under `src` holds: `model/call.rs` is `model::call`.
pub(super) fn module_of(file: &str) -> Vec<String> {
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let stem = if stem == "lib" || stem == "main" { "" } else { stem };
    stem.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Every path of this crate that the code of `module` names, from `crate::` or `super::`, with groups written out.
/// Macros stand at the top of a crate whatever module defines them, and are left out.
pub(super) fn paths(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (place, _) in code.match_indices("crate::") {
        if !code[..place].chars().next_back().is_some_and(is_word) {
            expand(&code[place + "crate::".len()..], &[], &mut found);
        }
    }
    for (place, _) in code.match_indices("super::") {
        let before = &code[..place];
        if before.chars().next_back().is_some_and(is_word) || before.ends_with("super::") {
            continue;
        }
        let mut rest = &code[place..];
        let mut base = module;
        while let Some(left) = rest.strip_prefix("super::") {
            rest = left;
            base = &base[..base.len().saturating_sub(1)];
        }
        expand(rest, base, &mut found);
    }
    found
}

/// Reads `a::b`, `a::{b, c::d}` or `{a, b}` and adds what each names; returns what follows.
fn expand<'a>(text: &'a str, base: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut path = base.to_vec();
    let mut rest = text.trim_start();
    loop {
        if let Some(mut group) = rest.strip_prefix('{') {
            loop {
                group = group.trim_start_matches([',', ' ', '\n']);
                if group.is_empty() || group.starts_with('}') {
                    return group.get(1..).unwrap_or("");
                }
                let left = expand(group, &path, found);
                let end = left.find([',', '}']).unwrap_or(left.len());
                group = &left[end..];
            }
        }
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (word, left) = rest.split_at(end);
        if left.starts_with('!') {
            return left;
        }
        if !word.is_empty() && word != "self" {
            path.push(word.to_owned());
        }
        match left.strip_prefix("::") {
            Some(next) if end > 0 => rest = next,
            _ => {
                found.push(path);
                // A glob or another sign that is no word must not stop the reading of a group.
                return if end == 0 { left.get(1..).unwrap_or("") } else { left };
            }
        }
    }
}
