//! The exact answers agree with reference cases worked out elsewhere, to a part in a million.
//!
//! The tables `data/cases/*.toml` say for each case which formula answers it:
//!
//! ```text
//! [[case]]
//! id = "Q-MM1-01"
//! oracle = "mm1"
//! arguments = { rate = 0.5, service_rate = 1 }          # distributions as in a scenario, without units
//! answers = { T = "sojourn_mean", "T_i.0" = "..." }     # what is expected = the answer; lists as wholes, or by number
//! scale = { T = 3600 }                                  # optional: the answer in units of what is expected
//! close = 1e-9                                          # optional: how far it may be off, relative; 1e-6
//!
//! [[skip]]
//! id = "Q-MM1-01"
//! keys = ["simulated"]
//! because = "simulated, not worked out"
//! ```
//!
//! `more-cases.json` beside them has cases that need not be in a table; those that are must be answered like the others.
//!
//! A case may have several rows. Every number that a listed case expects must be answered or skipped, as 1 and 0 what is
//! true or false, and as infinite what is null, which is never; keys that end in `_WRONG` are false formulas, from which
//! every answer must differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ninefold::analysis::law::Law;
use ninefold::analysis::oracle::{Given, Value, find};
use serde_json::Value as Json;

/// How far an exact answer may be off.
const CLOSE: f64 = 1e-6;

/// Every number that a case expects by its path, such as `exponential.mean` or `rates.0`.
fn leaves(path: &str, value: &Json, into: &mut BTreeMap<String, f64>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Json::Number(number) => drop(into.insert(path.to_owned(), number.as_f64().unwrap())),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| leaves(&below(&place.to_string()), item, into));
        }
        Json::Object(items) => items.iter().for_each(|(name, item)| leaves(&below(name), item, into)),
        Json::Bool(is_so) => drop(into.insert(path.to_owned(), f64::from(u8::from(*is_so)))),
        Json::Null => drop(into.insert(path.to_owned(), f64::INFINITY)),
        Json::String(_) => {}
    }
}

fn numbers(value: &toml::Value) -> Vec<f64> {
    match value {
        toml::Value::Array(items) => items.iter().flat_map(numbers).collect(),
        toml::Value::Integer(value) => vec![*value as f64],
        toml::Value::Float(value) => vec![*value],
        other => panic!("{other} is no number"),
    }
}

fn law(table: &toml::Table) -> Law {
    let all = |name: &str| table.get(name).map(numbers);
    let one = |name: &str| all(name).map(|values| values[0]);
    let need = |name: &str| one(name).unwrap_or_else(|| panic!("no {name} in {table}"));
    match table["distribution"].as_str().unwrap() {
        "constant" => Law::Constant { value: need("mean") },
        "exponential" => Law::Exponential { mean: need("mean") },
        "uniform" => Law::Uniform { low: need("low"), high: need("high") },
        "erlang" => Law::Gamma { shape: need("stages"), mean: need("mean") },
        "gamma" => Law::Gamma { shape: need("shape"), mean: need("mean") },
        "weibull" => Law::weibull(need("mean"), need("shape")),
        "pareto" => Law::Pareto { minimum: need("minimum"), shape: need("shape") },
        "lognormal" => match one("mu") {
            Some(mu) => Law::Lognormal { mu, sigma: need("sigma") },
            None => Law::lognormal(need("mean"), need("cv")),
        },
        "hyperexponential" => match (all("probabilities"), all("means")) {
            (Some(shares), Some(means)) => {
                Law::Hyperexponential { branches: shares.into_iter().zip(means).collect() }
            }
            _ => Law::balanced(need("mean"), need("cv")),
        },
        other => panic!("there is no {other} distribution"),
    }
}

fn given(value: &toml::Value) -> Given {
    match value {
        toml::Value::Table(table) => Given::Laws(vec![law(table)]),
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            Given::Laws(items.iter().map(|item| law(item.as_table().unwrap())).collect())
        }
        other => Given::Numbers(numbers(other)),
    }
}

/// What the answers of a row miss, and the keys that it has answered.
fn judge(
    row: &toml::Value,
    expected: &BTreeMap<String, f64>,
    answered: &mut BTreeSet<String>,
) -> Vec<String> {
    let id = row["id"].as_str().unwrap();
    let name = row["oracle"].as_str().unwrap();
    let oracle = find(name).unwrap_or_else(|error| panic!("{id}: {error}"));
    let arguments: BTreeMap<String, Given> = row
        .get("arguments")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), given(value)))
        .collect();
    let values = oracle.solve(&arguments).unwrap_or_else(|error| panic!("{id}, {name}: {error}"));
    assert_eq!(values.len(), oracle.answers.len(), "{name} does not give the answers that it names");
    let close = row.get("close").map_or(CLOSE, |close| numbers(close)[0]);
    let mut wrong = Vec::new();
    for (key, answer) in row["answers"].as_table().unwrap() {
        let answer = answer.as_str().unwrap();
        let (answer, item) = answer
            .split_once('.')
            .map_or((answer, None), |(name, item)| (name, Some(item.parse::<usize>().unwrap())));
        let place = oracle.answers.iter().position(|known| known.name == answer);
        let found =
            match (&values[place.unwrap_or_else(|| panic!("{id}: {name} has no answer {answer}"))], item) {
                (Value::List(values), Some(item)) => vec![(key.clone(), values[item])],
                (Value::List(values), None) => values
                    .iter()
                    .enumerate()
                    .map(|(place, value)| (format!("{key}.{place}"), *value))
                    .collect(),
                (Value::Number(value), _) => vec![(key.clone(), *value)],
            };
        let scale = row.get("scale").and_then(|scale| scale.get(key)).map_or(1.0, |scale| numbers(scale)[0]);
        for (key, value) in found {
            let value = value / scale;
            let Some(&expected) = expected.get(&key) else { panic!("{id} expects no {key}") };
            let is_close =
                value.total_cmp(&expected).is_eq() || (value - expected).abs() <= close * expected.abs();
            if is_close == key.contains("_WRONG") || value.is_nan() {
                wrong.push(format!("{id}, {name}: {key} is {value:.12}, expected {expected:.12}"));
            }
            answered.insert(key);
        }
    }
    wrong
}

/// What the cases expect, and which of it is answered or left out.
struct Ledger {
    expected: BTreeMap<String, BTreeMap<String, f64>>,
    /// Cases that may be in no table, as what they ask is not built.
    optional: BTreeSet<String>,
    seen: BTreeMap<String, BTreeSet<String>>,
    wrong: Vec<String>,
}

impl Ledger {
    fn new(reference: &Json, optional: &Json) -> Self {
        let case = |case: &Json| {
            let mut numbers = BTreeMap::new();
            leaves("", &case["expected"], &mut numbers);
            (case["id"].as_str().unwrap().to_owned(), numbers)
        };
        let cases =
            |file: &Json| file["cases"].as_array().into_iter().flatten().map(case).collect::<Vec<_>>();
        let further = cases(optional);
        let optional = further.iter().map(|(id, _)| id.clone()).collect();
        let expected = cases(reference).into_iter().chain(further).collect();
        Self { expected, optional, seen: BTreeMap::new(), wrong: Vec::new() }
    }

    fn answer(&mut self, row: &toml::Value) {
        let id = row["id"].as_str().unwrap();
        let numbers = self.expected.get(id).unwrap_or_else(|| panic!("there is no case {id}"));
        self.wrong.extend(judge(row, numbers, self.seen.entry(id.to_owned()).or_default()));
    }

    fn skip(&mut self, row: &toml::Value) {
        let id = row["id"].as_str().unwrap();
        assert!(!row["because"].as_str().unwrap().is_empty(), "{id} is skipped without a reason");
        let numbers = self.expected.get(id).unwrap_or_else(|| panic!("there is no case {id}"));
        for key in row["keys"].as_array().unwrap() {
            let key = key.as_str().unwrap();
            let below = format!("{key}.");
            let mut skipped =
                numbers.keys().filter(|path| *path == key || path.starts_with(&below)).peekable();
            assert!(skipped.peek().is_some(), "{id} expects no {key}");
            self.seen.entry(id.to_owned()).or_default().extend(skipped.cloned());
        }
    }

    /// Everything that is wrong or forgotten.
    fn close(mut self) -> Vec<String> {
        let is_missing = |(id, numbers): &(&String, &BTreeMap<String, f64>)| {
            let is_wanted = !numbers.is_empty() && !self.optional.contains(id.as_str());
            is_wanted && !self.seen.contains_key(id.as_str())
        };
        let missing = self.expected.iter().filter(is_missing).map(|(id, _)| format!("{id} is in no table"));
        self.wrong.extend(missing.collect::<Vec<_>>());
        for (id, keys) in &self.seen {
            let forgotten: Vec<_> = self.expected[id].keys().filter(|key| !keys.contains(*key)).collect();
            if !forgotten.is_empty() {
                self.wrong.push(format!("{id}: nothing answers {forgotten:?}"));
            }
        }
        self.wrong
    }
}

#[expect(clippy::print_stderr, reason = "who runs the tests must learn that one was left out")]
fn left_out(file: &Path) {
    eprintln!("LEFT OUT: {} is absent, so no exact answer is compared with it", file.display());
}

#[test]
fn every_case_is_answered_to_a_part_in_a_million() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reference = root.join("../shared/reference/cases.json");
    let Ok(text) = fs::read_to_string(&reference) else {
        return left_out(&reference);
    };
    let further = fs::read_to_string(reference.with_file_name("more-cases.json")).unwrap();
    let [text, further] = [text, further].map(|text| serde_json::from_str(&text).unwrap());
    let mut ledger = Ledger::new(&text, &further);
    let tables = fs::read_dir(root.join("tests/data/cases")).unwrap();
    let mut files: Vec<_> = tables.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let rows = |kind: &str| table.get(kind).and_then(toml::Value::as_array).into_iter().flatten();
        rows("case").for_each(|row| ledger.answer(row));
        rows("skip").for_each(|row| ledger.skip(row));
    }
    let wrong = ledger.close();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Whatever one argument of a case is, its formula answers or says why not, in a moment.
#[test]
fn no_number_makes_a_formula_count_for_hours() {
    let mut tried = BTreeSet::new();
    let tables = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases")).unwrap();
    let rows = tables.flat_map(|file| {
        let table: toml::Table = fs::read_to_string(file.unwrap().path()).unwrap().parse().unwrap();
        table.get("case").and_then(toml::Value::as_array).cloned().unwrap_or_default()
    });
    for row in rows {
        let Some(arguments) = row.get("arguments").and_then(toml::Value::as_table) else { continue };
        let name = row["oracle"].as_str().unwrap();
        let numeric = arguments.iter().filter(|(_, value)| value.is_integer() || value.is_float());
        for (argument, _) in numeric {
            if !tried.insert((name.to_owned(), argument.clone())) {
                continue;
            }
            for large in [f64::from(u32::MAX), 10_000_000.0, 0.0, -1.0, 1e300] {
                let mut given: BTreeMap<String, Given> =
                    arguments.iter().map(|(name, value)| (name.clone(), given(value))).collect();
                given.insert(argument.clone(), Given::Numbers(vec![large]));
                if let Ok(values) = find(name).unwrap().solve(&given) {
                    assert!(!values.is_empty(), "{name}, {argument} = {large}");
                }
            }
        }
    }
    assert!(tried.len() > 150, "{}", tried.len());
}
