//! Chains and rewards as tables: `from,to,rate`, and `state,name,value`.

use std::collections::BTreeMap;

use super::{Model, STATES_MAX, States};
use crate::analysis::markov::Chain;
use crate::document::{Diagnostic, Diagnostics, Dimension, Span, measure};

/// Reads a chain from a table with the columns `from`, `to` and `rate`; it starts in the first state that is named.
///
/// A rate is a number per unit of time of the chain, or has a unit such as `3/h`; `unit` is that unit of time \[s\].
///
/// # Errors
///
/// Columns that are missing or unknown, rates that are none, no states.
///
/// # Examples
///
/// ```
/// let model = ninefold::chain::read_rates("from,to,rate\nup,down,1\ndown,up,99\n", 1.0).unwrap();
/// assert_eq!(model.name(1), "down");
/// ```
pub fn read_rates(text: &str, unit: f64) -> Result<Model, Diagnostics> {
    let mut findings = Diagnostics::default();
    let mut names: Vec<String> = Vec::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut edges = Vec::new();
    for row in rows(text, 0, ["from", "to", "rate"], &mut findings) {
        let [from, to, rate] = [0, 1, 2].map(|place| row.cells[place].as_str());
        let mut number = |name: &str| {
            *numbers.entry(name.to_owned()).or_insert_with(|| {
                names.push(name.to_owned());
                names.len() - 1
            })
        };
        let (from, to) = (number(from), number(to));
        match measure(rate) {
            Some((rate, Dimension::Plain)) if rate >= 0.0 => edges.push((from, to, rate)),
            Some((rate, Dimension::PerSecond)) if rate >= 0.0 => edges.push((from, to, rate * unit)),
            _ => {
                let error =
                    Diagnostic::error(row.span, format!("\"{rate}\" is not a rate")).label("in this row");
                findings.push(error.help("expected a number of at least 0, or a rate such as \"3/h\""));
            }
        }
    }
    if findings.has_errors() {
        return Err(findings);
    }
    let whole = |message: String| {
        Diagnostics(vec![Diagnostic { span: None, ..Diagnostic::error(Span::default(), message) }])
    };
    if names.len() > STATES_MAX {
        return Err(whole(format!("the chain has more than {STATES_MAX} states")));
    }
    let chain = Chain::new(names.len(), edges).map_err(|error| whole(error.to_string()))?;
    let (labels, rewards, by_moves) = (Vec::new(), Vec::new(), Vec::new());
    Ok(Model { chain, start: 0, labels, rewards, by_moves, states: States::Named(names) })
}

/// Reads rewards of the states of a chain from a table with the columns `state`, `name` and `value`; states that are not
/// named earn nothing. Findings name the table `source`.
///
/// # Errors
///
/// Columns that are missing or unknown, unknown states, values that are no numbers.
pub fn read_rewards(model: &Model, text: &str, source: u32) -> Result<Vec<(String, Vec<f64>)>, Diagnostics> {
    let mut findings = Diagnostics::default();
    let mut rewards: Vec<(String, Vec<f64>)> = Vec::new();
    let States::Named(names) = &model.states else {
        let message = "a table of rewards belongs to a table of rates";
        let error = Diagnostic::error(Span { source, start: 0, end: 0 }, message);
        return Err(Diagnostics(vec![
            error.help("a model says its rewards itself, between \"rewards\" and \"endrewards\""),
        ]));
    };
    for row in rows(text, source, ["state", "name", "value"], &mut findings) {
        let [state, name, value] = [0, 1, 2].map(|place| row.cells[place].as_str());
        let number = model.named(state);
        if number.is_none() {
            let known: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
            findings.push(Diagnostic::unknown(row.span, "state", state, known));
        }
        let earned = value.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        if earned.is_none() {
            let error = Diagnostic::error(row.span, format!("\"{value}\" is not a number"));
            findings.push(error.label("in this row").help("expected what the state earns per unit of time"));
        }
        let (Some(number), Some(earned)) = (number, earned) else { continue };
        let place = rewards.iter().position(|(one, _)| one == name).unwrap_or_else(|| {
            rewards.push((name.to_owned(), vec![0.0; names.len()]));
            rewards.len() - 1
        });
        rewards[place].1[number] += earned;
    }
    if findings.has_errors() { Err(findings) } else { Ok(rewards) }
}

/// One row: its cells in the order of the columns that were asked for, and its place.
struct Row {
    cells: [String; 3],
    span: Span,
}

fn rows(text: &str, source: u32, columns: [&str; 3], findings: &mut Diagnostics) -> Vec<Row> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let span = |start: usize| {
        let start = start.min(text.len());
        let rest = text.get(start..).unwrap_or_default();
        // The reader counts from the end of the row before, with its line break.
        let blank = rest.len() - rest.trim_start().len();
        let length = rest[blank..].lines().next().map_or(0, str::len);
        Span { source, start: start + blank, end: start + blank + length }
    };
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            findings.push(Diagnostic::error(span(0), format!("this is no table: {error}")));
            return Vec::new();
        }
    };
    for name in header.iter().filter(|name| !columns.contains(name)) {
        findings.push(Diagnostic::unknown(span(0), "column", name, columns));
    }
    for (place, name) in header.iter().enumerate() {
        if header.iter().take(place).any(|other| other == name) {
            let message = format!("there are two columns \"{name}\"");
            findings.push(Diagnostic::error(span(0), message).label("the columns"));
        }
    }
    let places = columns.map(|column| header.iter().position(|name| name == column));
    for (column, _) in columns.iter().zip(places).filter(|(_, place)| place.is_none()) {
        let error =
            Diagnostic::error(span(0), format!("there is no column \"{column}\"")).label("the columns");
        findings.push(error.help(format!("expected {}", columns.join(","))));
    }
    let [Some(one), Some(two), Some(three)] = places else { return Vec::new() };
    let mut found = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let start = record.position().map_or(0, |place| place.byte() as usize);
                let cells = [one, two, three].map(|place| record.get(place).unwrap_or_default().to_owned());
                let empty = cells.iter().position(String::is_empty);
                match empty {
                    None => found.push(Row { cells, span: span(start) }),
                    Some(place) => {
                        let message = format!("there is no \"{}\" in this row", columns[place]);
                        findings.push(Diagnostic::error(span(start), message).label("an empty cell"));
                    }
                }
            }
            Err(error) => {
                let start = error.position().map_or(0, |place| place.byte() as usize);
                findings.push(Diagnostic::error(span(start), format!("this row cannot be read: {error}")));
            }
        }
    }
    found
}
