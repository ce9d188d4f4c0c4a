//! Exact answers: for people in columns, for machines as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::digits;
use super::number::below_one;
use super::paint::{Paint, Tone};
use crate::analysis::oracle::{self, Value};
use crate::chain::{ChainAnswer, ChainAnswers, Model, Of, Unit};
use crate::experiment::{Exact, Solved, Theory};
use crate::scenario::Given;

/// Digits of an exact answer that are printed; JSON has all.
const DIGITS: usize = 10;

/// The answers of a formula, with what it says about itself.
pub fn formula(solved: &Solved, paint: Paint) -> String {
    let oracle = solved.oracle;
    let mut out = heading(oracle.name, oracle.summary, paint);
    // What an availability is missing to 1 stands beside it, with all its digits.
    let place = oracle.answers.iter().position(|one| one.name == "unavailability");
    let unavailability = place.and_then(|place| match solved.values.get(place) {
        Some(Value::Number(value)) => Some(*value),
        _ => None,
    });
    let rows = oracle.answers.iter().zip(&solved.values).map(|(answer, value)| {
        let missing = unavailability.filter(|_| answer.name == "availability_time");
        let value = match value {
            Value::Number(value) if answer.unit == "ratio" => share(*value, missing),
            Value::Number(value) => number(*value),
            Value::List(values) => values.iter().copied().map(number).collect::<Vec<_>>().join(", "),
        };
        [answer.name.to_owned(), value, answer.unit.to_owned(), answer.meaning.to_owned()]
    });
    columns(&mut out, &rows.collect::<Vec<_>>());
    let about = [("formula", oracle.formula), ("exact for", oracle.domain), ("source", oracle.source)];
    out.push('\n');
    details(&mut out, &about, paint);
    out
}

/// The answers of a chain, which has a name and a unit of time.
pub fn chain(name: &str, model: &Model, found: &ChainAnswers, unit: &str, paint: Paint) -> String {
    let mut out = heading(name, &counted(model), paint);
    let row = |one: &ChainAnswer| {
        let value = if one.unit == Unit::Ratio { share(one.value, None) } else { number(one.value) };
        [title(one), value, unit_name(one.unit, unit), one.meaning.to_owned()]
    };
    columns(&mut out, &found.answers.iter().map(row).collect::<Vec<_>>());
    out.push('\n');
    if found.hidden > 0 {
        let _ = writeln!(
            out,
            "{} more states have smaller probabilities; labels and rewards count them",
            found.hidden
        );
    }
    details(&mut out, &[("starts in", &found.start), ("solved by", &found.method.describe())], paint);
    out
}

/// Which formulas speak of the parts of a scenario, and what they answer.
pub fn theory(theory: &[Theory], paint: Paint) -> String {
    let mut out = String::new();
    for one in theory {
        out.push_str(&heading(&one.scope, &format!("{} ({})", one.model, one.oracle), paint));
        for departure in &one.departures {
            let _ = writeln!(out, "  {} {departure}", paint.tint(Tone::Open, "not exact:"));
        }
        if let Some(why) = one.long_run.as_ref().filter(|why| one.is_exact() && !why.is_empty()) {
            let _ = writeln!(out, "  {} {why}", paint.tint(Tone::Quiet, "in the long run:"));
        }
        let row = |exact: &Exact| {
            let value =
                if exact.unit == "ratio" { share(exact.value, exact.missing) } else { number(exact.value) };
            [exact.metric.clone(), value, exact.unit.to_owned(), String::new()]
        };
        columns(&mut out, &one.answers.iter().map(row).collect::<Vec<_>>());
        out.push('\n');
    }
    if out.is_empty() {
        out.push_str("no formula speaks of a part of this scenario\n");
    }
    out
}

/// Every formula with its arguments, room by room.
pub fn rooms(paint: Paint) -> String {
    let mut out = String::new();
    let width = oracle::catalogue().map(|one| one.name.chars().count()).max().unwrap_or(0);
    for (name, formulas) in oracle::rooms() {
        let _ = writeln!(out, "{}", paint.tint(Tone::Heading, name));
        for one in formulas {
            let _ = writeln!(out, "  {:<width$}  {}", one.name, one.summary);
            let arguments: Vec<&str> = one.arguments.iter().map(|argument| argument.name).collect();
            let line = format!("  {:<width$}  {}", "", arguments.join(", "));
            let _ = writeln!(out, "{}", paint.tint(Tone::Quiet, &line));
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "ninefold solve NAME ARGUMENT=VALUE ... works one out; ninefold solve chain FILE a Markov chain."
    );
    out
}

/// A formula and its answers, in base units.
#[derive(Debug, Serialize)]
struct FormulaJson<'a> {
    oracle: &'a str,
    summary: &'a str,
    arguments: Vec<ArgumentJson<'a>>,
    answers: Vec<AnswerJson<'a>>,
    formula: &'a str,
    exact_for: &'a str,
    source: &'a str,
}

#[derive(Debug, Serialize)]
struct ArgumentJson<'a> {
    name: &'a str,
    unit: &'a str,
    /// A number or a list of them; distributions as a scenario writes them.
    value: serde_json::Value,
}

#[derive(Debug, Serialize)]
struct AnswerJson<'a> {
    name: &'a str,
    unit: &'a str,
    meaning: &'a str,
    /// A number, or a list of numbers; `"infinity"` where it never ends.
    value: serde_json::Value,
}

/// The answers of a formula as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn formula_json(solved: &Solved) -> Result<String, serde_json::Error> {
    let oracle = solved.oracle;
    let arguments = oracle.arguments.iter().filter_map(|argument| {
        let given = solved.arguments.get(argument.name)?;
        let value = match given {
            Given::Numbers(values) => match values[..] {
                [value] => value.into(),
                _ => values.clone().into(),
            },
            Given::Laws(_) => given.to_string().into(),
        };
        Some(ArgumentJson { name: argument.name, unit: argument.unit, value })
    });
    let answers = oracle.answers.iter().zip(&solved.values).map(|(answer, value)| AnswerJson {
        name: answer.name,
        unit: answer.unit,
        meaning: answer.meaning,
        value: match value {
            Value::Number(value) => exact_json(*value),
            Value::List(values) => values.iter().copied().map(exact_json).collect(),
        },
    });
    digits::pretty(&FormulaJson {
        oracle: oracle.name,
        summary: oracle.summary,
        arguments: arguments.collect(),
        answers: answers.collect(),
        formula: oracle.formula,
        exact_for: oracle.domain,
        source: oracle.source,
    })
}

#[derive(Debug, Serialize)]
struct ChainJson<'a> {
    chain: &'a str,
    states: usize,
    transitions: usize,
    start: &'a str,
    method: String,
    states_hidden: usize,
    answers: Vec<ChainAnswerJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ChainAnswerJson<'a> {
    of: &'static str,
    subject: Option<&'a str>,
    name: &'a str,
    unit: String,
    meaning: &'a str,
    /// A number; `"infinity"` where it never ends.
    value: serde_json::Value,
}

/// A number, or a word for what JSON has no number for: a null would look like an answer that is missing.
fn exact_json(value: f64) -> serde_json::Value {
    match value {
        f64::INFINITY => "infinity".into(),
        f64::NEG_INFINITY => "-infinity".into(),
        _ if value.is_nan() => "none".into(),
        _ => value.into(),
    }
}

/// The answers of a chain as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn chain_json(
    name: &str,
    model: &Model,
    found: &ChainAnswers,
    unit: &str,
) -> Result<String, serde_json::Error> {
    let answer = |one: &'_ ChainAnswer| {
        let (of, subject) = match &one.of {
            Of::Chain => ("chain", None),
            Of::Label(name) => ("label", Some(name.clone())),
            Of::Reward(name) => ("reward", Some(name.clone())),
            Of::State(name) => ("state", Some(name.clone())),
        };
        (of, subject, unit_name(one.unit, unit))
    };
    let named: Vec<_> = found.answers.iter().map(answer).collect();
    let answers = found.answers.iter().zip(&named).map(|(one, (of, subject, unit))| ChainAnswerJson {
        of,
        subject: subject.as_deref(),
        name: one.name,
        unit: unit.clone(),
        meaning: one.meaning,
        value: exact_json(one.value),
    });
    digits::pretty(&ChainJson {
        chain: name,
        states: model.chain.states(),
        transitions: model.chain.transitions(),
        start: &found.start,
        method: found.method.describe(),
        states_hidden: found.hidden,
        answers: answers.collect(),
    })
}

fn counted(model: &Model) -> String {
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    };
    format!("{}, {}.", plural(model.chain.states(), "state"), plural(model.chain.transitions(), "transition"))
}

fn title(answer: &ChainAnswer) -> String {
    match &answer.of {
        Of::Chain => answer.name.to_owned(),
        Of::Label(name) => format!("label {name}, {}", answer.name),
        Of::Reward(name) => format!("reward {name}, {}", answer.name),
        Of::State(name) => format!("state {name}"),
    }
}

fn unit_name(unit: Unit, time: &str) -> String {
    match unit {
        Unit::Ratio => "ratio".to_owned(),
        Unit::Time => time.to_owned(),
        Unit::Reward => format!("{time} x reward"),
        Unit::RewardRate | Unit::Count => "reward".to_owned(),
        Unit::CountRate => format!("reward/{time}"),
    }
}

fn heading(name: &str, summary: &str, paint: Paint) -> String {
    format!("{}: {summary}\n\n", paint.tint(Tone::Heading, name))
}

/// Lines of name, value, unit and meaning; the numbers end below each other.
fn columns(out: &mut String, rows: &[[String; 4]]) {
    let width = rows.iter().map(|row| row[1].chars().count()).max().unwrap_or(0);
    let row = |[name, value, unit, meaning]: &[String; 4]| {
        vec![name.clone(), format!("{value:>width$}"), unit.clone(), meaning.clone()]
    };
    for line in super::columns::columns(&rows.iter().map(row).collect::<Vec<_>>()) {
        let _ = writeln!(out, "{line}");
    }
}

fn details(out: &mut String, details: &[(&str, &str)], paint: Paint) {
    let width = details.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in details {
        let name = paint.tint(Tone::Quiet, &format!("{name:<width$}"));
        // A formula of several lines stays below itself.
        let text = text.replace('\n', &format!("\n{:width$}  ", ""));
        let _ = writeln!(out, "{name}  {text}");
    }
}

/// A share, whose nines are not rounded away.
fn share(value: f64, missing: Option<f64>) -> String {
    let missing = missing.unwrap_or(1.0 - value);
    let text = number(value);
    if text == "1" && missing > 0.0 { below_one(missing) } else { text }
}

/// A number with the digits that are worth printing and no zeros after them.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "none".to_owned() } else { "never ends".to_owned() };
    }
    let text = super::number::significant(value, DIGITS as i32);
    let (digits, power) = text.split_once('e').map_or((text.as_str(), None), |(one, two)| (one, Some(two)));
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    power.map_or_else(|| digits.to_owned(), |power| format!("{digits}e{power}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_ten_digits_and_no_idle_zeros() {
        for (value, expected) in [
            (0.2, "0.2"),
            (1.0 / 3.0, "0.3333333333"),
            (120.0, "120"),
            (1e-12, "1e-12"),
            (7.817_809_834_59e-6, "7.817809835e-6"),
            (0.0, "0"),
            (f64::INFINITY, "never ends"),
        ] {
            assert_eq!(number(value), expected);
        }
    }
}
