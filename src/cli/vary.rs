//! `--vary PATH=A,B`: the values of each path, their combinations, and what the variants are called.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use crate::limit::{Limit, Limits};
use crate::scenario::experiment::Varied;
use crate::scenario::file_name::cut;
use crate::scenario::{Override, short_path};

/// A path and the values it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Axis {
    path: String,
    values: Vec<String>,
}

/// One combination of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Combination {
    /// What is set.
    pub(super) overrides: Vec<Override>,
    /// What says so in a few words; nothing where nothing varies.
    pub(super) label: String,
}

/// All combinations of the values of several arguments, the last one changing fastest; without arguments one that sets
/// nothing.
pub(super) fn combinations(arguments: &[String], limits: Limits) -> Result<Vec<Combination>, Failure> {
    let axes = arguments.iter().map(|text| Axis::read(text)).collect::<Result<Vec<_>, _>>()?;
    let all = axes.iter().fold(1_u64, |all, axis| all.saturating_mul(axis.values.len() as u64));
    limits.allow(Limit::Variants, all, "--vary")?;
    let mut combined = vec![Vec::new()];
    for axis in &axes {
        let with_each = |chosen: &Vec<Override>| {
            let with = |value: &String| {
                let one = Override { path: axis.path.clone(), value: value.clone() };
                chosen.iter().cloned().chain([one]).collect::<Vec<_>>()
            };
            axis.values.iter().map(with).collect::<Vec<_>>()
        };
        combined = combined.iter().flat_map(with_each).collect();
    }
    let paths: Vec<&str> = axes.iter().map(|axis| axis.path.as_str()).collect();
    let labelled = |overrides: Vec<Override>| {
        let words: Vec<String> = overrides.iter().map(|one| word(one, &paths)).collect();
        Combination { label: words.join(", "), overrides }
    };
    Ok(combined.into_iter().map(labelled).collect())
}

/// The axes of arguments, for a sweep.
pub(super) fn axes(arguments: &[String]) -> Result<Vec<Varied>, Failure> {
    let one = |text: &String| {
        let Axis { path, values } = Axis::read(text)?;
        Ok(Varied { text: text.clone(), path, values })
    };
    arguments.iter().map(one).collect()
}

impl Axis {
    fn read(text: &str) -> Result<Self, Failure> {
        let wrong = |message: String| Failure::Usage { message };
        let example = "such as service.shop.replicas=2,3,4";
        let Some((path, values)) = text.split_once('=').filter(|(path, _)| !path.trim().is_empty()) else {
            let message =
                format!("\"{text}\" does not say what to vary: expected PATH=VALUE,VALUE, {example}");
            return Err(wrong(message));
        };
        // A list at the top is the list of values.
        let values = values.trim();
        let inner = values.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let parts = match inner.map(split) {
            Some(parts) if split(values).len() == 1 => parts,
            _ => split(values),
        };
        let parts: Vec<String> = parts.into_iter().map(|part| part.trim().to_owned()).collect();
        if parts.iter().any(String::is_empty) {
            return Err(wrong(format!(
                "a value is missing in \"{text}\": expected PATH=VALUE,VALUE, {example}"
            )));
        }
        Ok(Self { path: path.trim().to_owned(), values: parts })
    }
}

/// The parts of a text between commas that stand in no quotation marks, list or table.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    let mut quote = None;
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A value in a few words: alone where it begins with a letter, otherwise with the shortest end of its path that is
/// clear.
fn word(one: &Override, paths: &[&str]) -> String {
    let value: String = one.value.chars().filter(|letter| !"\"'{}".contains(*letter)).collect();
    let value = value.replace(" = ", "=");
    let value = value.trim().strip_prefix("policy=").unwrap_or(value.trim()).to_owned();
    let speaks = value.starts_with(|letter: char| letter.is_alphabetic())
        && !["true", "false"].contains(&value.as_str());
    if speaks && !value.contains('=') {
        return value;
    }
    if speaks {
        // The keys of a table.
        return value.replace(", ", " ");
    }
    format!("{}={value}", short_path(&one.path, paths))
}

/// A name for a folder, from a label: letters, digits, dots and dashes.
pub(super) fn folder(label: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || ".-".contains(letter) { letter } else { '-' };
    let text: String = label.chars().map(plain).collect();
    let words: Vec<&str> = text.split('-').filter(|word| !word.is_empty()).collect();
    let text = words.join("-");
    // A leading dot would hide it or lead elsewhere.
    let text = text.trim_start_matches(['.', '-']);
    if text.is_empty() { "variant".to_owned() } else { cut(text).to_owned() }
}

/// Makes every name differ from all others: from the second of a kind on they are numbered, after `sign`.
pub(super) fn distinct(names: Vec<String>, sign: char) -> Vec<String> {
    let given: BTreeSet<String> = names.iter().cloned().collect();
    let mut last: BTreeMap<String, u32> = BTreeMap::new();
    let mut number = |name: String| {
        let last = last.entry(name.clone()).or_insert(0);
        *last += 1;
        if *last == 1 {
            return name;
        }
        // A name that was given stays what it is.
        let mut candidate = format!("{name}{sign}{last}");
        while given.contains(&candidate) {
            *last += 1;
            candidate = format!("{name}{sign}{last}");
        }
        candidate
    };
    names.into_iter().map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
        combinations(&arguments, Limits::default()).unwrap().into_iter().map(|one| one.label).collect()
    }

    #[test]
    fn several_arguments_are_combined() {
        assert_eq!(labels(&["service.s.balancing.policy=random,round-robin"]), ["random", "round-robin"]);
        assert_eq!(
            labels(&["s.policy=\"a\",b", "s.replicas=2, 3"]),
            ["a, replicas=2", "a, replicas=3", "b, replicas=2", "b, replicas=3"]
        );
        assert_eq!(labels(&["a.replicas=2", "b.replicas=3"]), ["a.replicas=2, b.replicas=3"]);
        assert_eq!(labels(&[]), [""]);
    }

    #[test]
    fn values_may_be_toml() {
        let one = "service.s.balancing=[\"round-robin\", { policy = \"power-of-d\", choices = 3 }]";
        assert_eq!(labels(&[one]), ["round-robin", "power-of-d choices=3"]);
        assert_eq!(labels(&["s.speed=[1, 2],[2, 1]"]), ["speed=[1, 2]", "speed=[2, 1]"]);
        assert_eq!(labels(&["s.name='a,b',c"]), ["a,b", "c"]);
        assert_eq!(labels(&["s.timeout=100ms,1s"]), ["timeout=100ms", "timeout=1s"]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in ["", "path", "=1,2", "path=", "path=1,,2", "path=1,"] {
            assert!(combinations(&[wrong.to_owned()], Limits::default()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn folders_have_plain_names_that_differ() {
        assert_eq!(folder("power-of-d choices=3"), "power-of-d-choices-3");
        assert_eq!(folder("../x"), "x");
        assert_eq!(folder("..."), "variant");
        let names = ["a", "a", "a 2"].map(str::to_owned).to_vec();
        assert_eq!(distinct(names, ' '), ["a", "a 3", "a 2"]);
        let names = ["a", "a", "a-2", "a"].map(str::to_owned).to_vec();
        assert_eq!(distinct(names, '-'), ["a", "a-3", "a-2", "a-4"]);
        assert_eq!(folder(&"é".repeat(300)).len(), 100);
    }
}
