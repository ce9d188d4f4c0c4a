//! The language explains itself: the reference and the schema are those of the program, and say what is true.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ninefold::document::{Key, Kind};
use ninefold::output::reference::schema::{DURATION, RATE, SHARE, TARGET, bounds};
use ninefold::scenario::language::Meaning;
use ninefold::scenario::{self, Override, Places, Source, language};
use serde_json::Value;

use crate::program::{self, chatter, ninefold, out};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files of a folder by name.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let entries = entries.map(|entry| entry.unwrap());
    entries
        .map(|one| (one.file_name().into_string().unwrap(), fs::read_to_string(one.path()).unwrap()))
        .collect()
}

#[test]
fn the_committed_reference_and_schema_are_those_of_the_program() {
    let folder = program::folder("language", "reference", &[]);
    let output = ninefold(&folder, &["reference", "--out", "made"]);
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    let (made, committed) = (texts(&folder.join("made")), texts(&root().join("docs/reference")));
    let names = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&committed), "run `cargo run reference`");
    for (name, text) in &made {
        assert!(committed[name] == *text, "docs/reference/{name} is old: run `cargo run reference`");
    }
    let schema = out(&ninefold(&folder, &["schema"]));
    let committed = fs::read_to_string(root().join("docs/scenario.schema.json")).unwrap();
    assert!(schema == committed, "docs/scenario.schema.json is old: write it with `cargo run schema`");
}

#[test]
fn every_link_of_the_reference_leads_somewhere() {
    let pages = texts(&root().join("docs/reference"));
    for (name, text) in &pages {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(pages.contains_key(target), "{name} links to {target}");
        }
    }
}

/// Why a value does not fit a schema; only what the schema of scenarios uses is known.
fn misfit(whole: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    for (word, wanted) in schema.as_object().expect("a schema is a table") {
        let fits = match word.as_str() {
            "$schema"
            | "$defs"
            | "title"
            | "description"
            | "default"
            | "properties"
            | "additionalProperties" => true,
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                misfit(whole, &whole["$defs"][name], value)?;
                true
            }
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|one| is_of(value, one)),
                one => is_of(value, one),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "pattern" => value.as_str().is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > wanted.as_f64().unwrap()),
            "exclusiveMaximum" => value.as_f64().is_none_or(|number| number < wanted.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    misfit(whole, wanted, item)?;
                }
                true
            }
            "required" => value.as_object().is_none_or(|table| {
                wanted.as_array().unwrap().iter().all(|name| table.contains_key(name.as_str().unwrap()))
            }),
            "anyOf" => {
                let forms = wanted.as_array().unwrap();
                let reasons: Vec<_> = forms.iter().map(|form| misfit(whole, form, value)).collect();
                if reasons.iter().all(Result::is_err) {
                    return Err(format!("{value} fits no form: {reasons:?}"));
                }
                true
            }
            other => panic!("the schema says {other}, which this check does not know"),
        };
        if !fits {
            return Err(format!("{value} breaks {word}: {wanted}"));
        }
    }
    let Some(table) = value.as_object() else { return Ok(()) };
    for (name, value) in table {
        let known = schema.get("properties").and_then(|properties| properties.get(name));
        match (known, schema.get("additionalProperties")) {
            (Some(known), _) => misfit(whole, known, value),
            (None, Some(Value::Bool(false))) => Err(format!("no key is called {name}")),
            (None, Some(others)) => misfit(whole, others, value),
            (None, None) => Ok(()),
        }
        .map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("no type is called {other}"),
    }
}

/// What the four patterns of the schema mean, told without a library of patterns.
fn matches(pattern: &str, text: &str) -> bool {
    let measured = ninefold::document::measure(text.trim_start().trim_start_matches(['<', '>', '=']));
    let text = text.trim();
    match pattern {
        DURATION => measured.is_some() && text.starts_with(|one: char| one.is_ascii_digit() || one == '.'),
        RATE => measured.is_some() && text.contains('/'),
        SHARE => measured.is_some() && text.ends_with('%'),
        TARGET => measured.is_some() && (text.starts_with(">=") || text.starts_with("<=")),
        other => panic!("no pattern is {other}"),
    }
}

/// Every scenario in a folder and those below it, as JSON.
fn scenarios(folder: &str) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "toml")
                && let Ok(table) = fs::read_to_string(&path).unwrap().parse::<toml::Table>()
                && table.contains_key("run")
                && !table.contains_key("scenario")
            {
                found.push((path, serde_json::to_value(table).unwrap()));
            }
        }
    }
    found
}

fn schema() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("docs/scenario.schema.json")).unwrap()).unwrap()
}

#[test]
fn every_shipped_scenario_fits_the_schema() {
    let schema = schema();
    let mut count = 0;
    for folder in ["scenarios", "tests/good", "tests/reference"] {
        for (path, scenario) in scenarios(folder) {
            count += 1;
            if let Err(why) = misfit(&schema, &schema, &scenario) {
                panic!("{}: {why}", path.display());
            }
        }
    }
    assert!(count > 100, "{count} scenarios");
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = schema();
    let base = "[run]\nhorizon = \"1h\"\n[service.s]\n";
    let wrong = [
        "[run]\n[service.s]\n",
        "[run]\nhorizon = 3600\n[service.s]\n",
        "[run]\nhorizon = \"1h\"\nrunns = 3\n[service.s]\n",
        &format!("{base}replicas = -1\n"),
        &format!("{base}quorum = 0\n"),
        &format!("{base}error_ratio = 2.0\n"),
        &format!("{base}balancing = \"leastconn\"\n"),
        &format!("{base}balancing = {{ policy = \"round-robin\", choices = 3 }}\n"),
        &format!("{base}slot = \"free\"\n"),
        &format!("{base}demand = {{ distribution = \"exponential\" }}\n"),
        &format!("{base}health_check = {{ interval = \"1s\" }}\n"),
        &format!("{base}[client.c]\ncalls = \"s\"\narrival = {{ process = \"poisson\", rate = \"5\" }}\n"),
        &format!("{base}[objective]\n\"service.s/mttr\" = \"< 5s\"\n"),
        &format!("{base}[recovery.r]\npolicy = \"race\"\nserial = 0.5\noperations = [{{ time = \"1s\" }}]\n"),
    ];
    for text in wrong {
        let value = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
        assert!(misfit(&schema, &schema, &value).is_err(), "{text}");
        let source = Source { name: "wrong.toml".to_owned(), text: text.to_owned() };
        assert!(scenario::load(source, &[], &Places::default()).is_err(), "{text}");
    }
    let right = format!(
        "{base}health_check = {{ preset = \"nginx-plus\", interval = \"2s\" }}\nqueue = \"lifo\"\n\
         balancing = {{ preset = \"envoy-least-request\", choices = 3 }}\n"
    );
    let value = serde_json::to_value(right.parse::<toml::Table>().unwrap()).unwrap();
    assert_eq!(misfit(&schema, &schema, &value), Ok(()));
}

/// A scenario in which many keys stand.
const RICH: &str = r#"
[run]
horizon = "1h"
precision = { metric = "client.c/goodput", relative = "1%" }
[region.r]
[client.c]
arrival = { process = "closed", users = 3 }
calls = [{ service = "s" }]
sessions = 4
timeout = "1s"
retry = { policy = "fixed", budget = "finagle", reselect = 3, avoid = "last" }
hedge = { policy = "fixed", delay = "1s" }
bulkhead = { limit = 5 }
[service.s]
replicas = 3
balancing = { subset = 2, priorities = [0, 0, 0], panic_threshold = 0.5, sticky = {} }
health_check = { interval = "5s", timeout = "1s", error_limit = 3 }
next = [{ service = "t", probability = 0.5 }]
[service.t]
[block.b]
of = ["service.s", "service.t"]
needs = 1
[crew.w]
[recovery.p]
policy = "race"
operations = [{ time = "1s", crew = "w" }]
[fault.f]
kind = "slow"
factor = 2
on = "service.s.*"
time_to_failure = "1h"
recovery = "p"
[monitor.m]
kind = "alarm"
metric = "service.s/failure_ratio"
above = "5%"
does = "notify"
[monitor.n]
kind = "poll"
on = "service.s.*"
interval = "1s"
does = "notify"
[[claim]]
value = 2.0
predicts = "service.s/mttr"
tolerance = 0.1
expect = "holds"
"#;

/// A number just outside a bound, as it would be written for this kind of value.
fn outside(kind: &Kind, sign: &str, limit: f64) -> Option<String> {
    let step = if limit.fract() == 0.0 { 1.0 } else { limit / 2.0 };
    let whole = match (sign, limit) {
        (">=", _) => limit - step,
        ("<=", _) => limit + step,
        _ => limit,
    };
    match kind {
        Kind::Whole(_) if whole >= 0.0 => Some(format!("{whole}")),
        Kind::Number => Some(format!("{whole:?}")),
        // Outside 0 to 1 the type itself refuses.
        Kind::Share => Some(format!("{:?}", whole.clamp(0.0, 1.0))),
        Kind::Duration if whole >= 0.0 => Some(format!("\"{whole}s\"")),
        Kind::Either(kinds) => kinds.iter().find_map(|kind| outside(kind, sign, limit)),
        Kind::List(of, _) => outside(of, sign, limit).map(|one| format!("[{one}, {one}, {one}]")),
        _ => None,
    }
}

fn load(overrides: &[Override]) -> Result<scenario::Scenario, scenario::Rejected> {
    let source = Source { name: "rich.toml".to_owned(), text: RICH.to_owned() };
    scenario::load(source, overrides, &Places::default())
}

/// The paths in a table of those that are written in the language with stars.
fn written(table: &toml::Table, path: &str) -> Vec<String> {
    let mut found = vec![(String::new(), toml::Value::Table(table.clone()))];
    for name in path.split('.') {
        let mut next = Vec::new();
        for (before, value) in found {
            let value = match value {
                toml::Value::Array(items) if items.first().is_some_and(toml::Value::is_table) => {
                    items.into_iter().next().unwrap()
                }
                other => other,
            };
            let toml::Value::Table(table) = value else { continue };
            for (key, value) in table.into_iter().filter(|(key, _)| name == language::ALL || key == name) {
                let lists = value.as_array().is_some_and(|items| items.iter().any(toml::Value::is_table));
                let entry = if lists { ".1" } else { "" };
                let dot = if before.is_empty() { "" } else { "." };
                next.push((format!("{before}{dot}{key}{entry}"), value));
            }
        }
        found = next;
    }
    found.into_iter().map(|(path, _)| path).collect()
}

#[test]
fn ranges_are_those_that_the_reader_keeps() {
    let scenario =
        load(&[]).unwrap_or_else(|one| panic!("{}", scenario::render(&one.findings, &one.sources, false)));
    let resolved: toml::Table = scenario::resolved(&scenario).parse().unwrap();
    let mut tried: Vec<String> = Vec::new();
    let ranged = |(path, key): (String, Key)| Some((path, key, key.range?));
    for (path, key, range) in language::paths().into_iter().filter_map(ranged) {
        // Which variant stands there is not known here.
        if !matches!(language::find(&path).unwrap()[..], [Meaning::Key(_, None)]) {
            continue;
        }
        let Some(path) = written(&resolved, &path).into_iter().next() else { continue };
        for (sign, limit) in bounds(range) {
            let limit = limit.as_f64().unwrap();
            let Some(value) = outside(&(key.kind)(), sign, limit) else { continue };
            let change = Override { path: path.clone(), value: value.clone() };
            assert!(load(&[change]).is_err(), "{path} = {value} was accepted, outside {range}");
            tried.push(path.clone());
        }
    }
    tried.dedup();
    assert!(tried.len() >= 35, "{} keys were tried: {tried:?}", tried.len());
}

/// Where the variants of a room stand in a scenario.
const ROOMS: [(&str, &str); 9] = [
    ("retry", "client.c.retry"),
    ("budget", "client.c.retry.budget"),
    ("hedge", "client.c.hedge"),
    ("breaker", "client.c.breaker"),
    ("limit", "client.c.throttle"),
    ("queue", "service.t.queue"),
    ("balancing", "service.t.balancing"),
    ("outlier-detection", "service.t.outlier_detection"),
    ("distribution", "service.t.demand"),
];

/// Any value that is fine for most keys of a kind.
fn any(kind: &Kind) -> String {
    match kind {
        Kind::Whole(_) => "2".to_owned(),
        Kind::Number => "1.5".to_owned(),
        Kind::Share => "0.5".to_owned(),
        Kind::Duration => "\"1s\"".to_owned(),
        Kind::Rate => "\"10/s\"".to_owned(),
        Kind::Either(kinds) => any(&kinds[0]),
        other => panic!("no value for {other:?}"),
    }
}

#[test]
fn ranges_of_variants_are_those_that_the_reader_keeps() {
    let mut tried = 0;
    for (title, place) in ROOMS {
        let choice = language::shape(title).and_then(|shape| shape.choice).unwrap();
        for entry in choice.variants.iter().filter(|entry| entry.keys.iter().any(|key| key.range.is_some())) {
            let needed = entry.keys.iter().filter(|key| key.is_required());
            let needed: Vec<String> =
                needed.map(|key| format!(", {} = {}", key.name, any(&(key.kind)()))).collect();
            let table = |key: &str, value: &str| {
                let others = needed.iter().filter(|one| !one.starts_with(&format!(", {key} =")));
                let others: String = others.cloned().collect();
                let own = if key.is_empty() { String::new() } else { format!(", {key} = {value}") };
                let value = format!("{{ {} = \"{}\"{others}{own} }}", choice.key, entry.name);
                [Override { path: place.to_owned(), value }]
            };
            // One that needs more than its required keys is tried elsewhere.
            if load(&table("", "")).is_err() {
                continue;
            }
            for key in entry.keys {
                for (sign, limit) in bounds(key.range.unwrap_or("")) {
                    let Some(value) = outside(&(key.kind)(), sign, limit.as_f64().unwrap()) else { continue };
                    assert!(
                        load(&table(key.name, &value)).is_err(),
                        "{title} {}: {} = {value}",
                        entry.name,
                        key.name
                    );
                    tried += 1;
                }
            }
        }
    }
    assert!(tried >= 40, "{tried} bounds were tried");
}

#[test]
fn explain_knows_keys_policies_presets_metrics_and_formulas() {
    let folder = program::folder("language", "explain", &[]);
    let explained = |name: &str| {
        let output = ninefold(&folder, &["explain", name]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", chatter(&output));
        out(&output)
    };
    let attempts = explained("service.shop.retry.attempts");
    for part in ["Most attempts of one call", "type: whole number", "default: 3", "range: >= 1, <= 255"] {
        assert!(attempts.contains(part), "{part} in {attempts}");
    }
    let cases = [
        ("run.transient", "default: \"0ns\"|default: \"0s\""),
        ("service.*.queue.policy", "\"codel\""),
        ("client.x/latency_p99", "unit: s"),
        ("round-robin", "balancing policy"),
        ("power-of-d", "choices"),
        ("envoy", "preset envoy of"),
        ("harmonic-recovery", "formula"),
        ("availability_request", "of: client"),
        ("region", "zones that fail together|default: none"),
        ("locality", "default: \"none\""),
        ("quorum", "availability_time"),
        ("fault.f.at", "counted from the start of the run"),
        ("fault.f.lasts", "never ends"),
        ("run.drain", "unfinished"),
        ("client.c.good_within", "too_slow"),
        ("service.s.slot", "\"released\""),
        ("client.c.calls.wait_for", "\"all\""),
        ("service.s.balancing.knowledge", "\"perfect\""),
        ("fault.f.replay", "started"),
        ("objective", "met when the whole interval"),
        ("network", "within_zone"),
        ("weibull", "Shape"),
    ];
    for (name, parts) in cases {
        let text = explained(name);
        assert!(parts.split('|').any(|part| text.contains(part)), "{parts} in {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100 || !line.trim().contains(' ')), "{text}");
    }
    let misses = [
        ("service.shop.retry.atempts", "service.shop.retry.attempts"),
        ("run.horizn", "run.horizon"),
        ("round-robbin", "round-robin"),
        ("client.x/latency_p9", "client.x/latency_p9"),
        ("servce.x.queue", "service"),
        ("quorrum", "quorum"),
    ];
    for (name, near) in misses {
        let output = ninefold(&folder, &["explain", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(chatter(&output).contains(&format!("did you mean \"{near}")), "{}", chatter(&output));
    }
    let json = ninefold(&folder, &["explain", "run.runs", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json[0]["title"], &json[0]["facts"][1][1]), (&"run.runs".into(), &"10".into()));
}

#[test]
fn list_shows_one_thing_and_every_setting_with_its_meaning() {
    let folder = program::folder("language", "list", &[]);
    let one = out(&ninefold(&folder, &["list", "power-of-d"]));
    assert!(one.contains("choices") && one.contains("default 2") && !one.contains("round-robin"), "{one}");
    let all = out(&ninefold(&folder, &["list", "policies"]));
    assert!(all.contains("attempts: whole number, >= 1, <= 255; default 3"), "what all retries have: {all}");
    assert!(all.contains("choices: whole number, >= 1; default 2. How many are sampled"), "{all}");
    let wrong = ninefold(&folder, &["list", "polices"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn shells_complete_names_of_keys_and_policies() {
    let folder = program::folder("language", "completions", &[]);
    // The generator for fish does not complete arguments without an option.
    for shell in ["bash", "zsh"] {
        let text = out(&ninefold(&folder, &["completions", shell]));
        for name in ["good_within", "round-robin", "availability_request", "envoy-least-request"] {
            assert!(text.contains(name), "{name} in the completions of {shell}");
        }
    }
    let help = out(&ninefold(&folder, &["explain", "--help"]));
    assert!(!help.contains("good_within") && help.contains("service.shop.retry.attempts"), "{help}");
}

#[test]
fn check_takes_several_files_and_speaks_json() {
    let good = "[run]\nhorizon = \"1h\"\n[service.s]\n";
    let bad = "[run]\nhorizon = \"1h\"\n[service.s]\nquorm = 2\n";
    let folder = program::folder("language", "check", &[("good.toml", good), ("bad.toml", bad)]);
    let both = ninefold(&folder, &["check", "bad.toml", "good.toml"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(out(&both).contains("good: no errors"), "{}", out(&both));
    assert!(chatter(&both).contains("bad.toml:4:1"), "{}", chatter(&both));
    assert_eq!(ninefold(&folder, &["check", "good.toml", "good.toml"]).status.code(), Some(0));
    let json = ninefold(&folder, &["check", "good.toml", "bad.toml", "none.toml", "--json"]);
    assert_eq!((json.status.code(), chatter(&json).as_str()), (Some(2), ""));
    let reports: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&reports[0]["file"], &reports[0]["is_accepted"]), (&"good.toml".into(), &true.into()));
    let found = &reports[1]["findings"][0];
    assert_eq!(
        (&found["severity"], &found["line"], &found["column"]),
        (&"error".into(), &4.into(), &1.into())
    );
    assert!(found["help"].as_str().unwrap().contains("quorum"), "{found}");
    assert_eq!(reports[2]["is_accepted"], false);
    assert_eq!(ninefold(&folder, &["check", "good.toml", "bad.toml", "--resolved"]).status.code(), Some(2));
}
