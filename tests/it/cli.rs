//! The command line as a user sees it: output, exit codes, files.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ninefold::model::preset::PRESETS;

use crate::program::{self, chatter, ninefold, out};

/// A short M/M/1 queue with an objective that only an absurd result would miss.
const QUEUE: &str = r#"
name = "queue"

[run]
horizon = "20min"
runs = 4

[objective]
"client.c/latency_p50" = "<= 30s"

[client.c]
arrival = { process = "poisson", rate = "5/s" }
calls = "s"

[service.s]
demand = { distribution = "exponential", mean = "100ms" }
"#;

fn folder(name: &str) -> PathBuf {
    program::folder("cli", name, &[("queue.toml", QUEUE)])
}

#[test]
fn a_run_prints_its_table_and_writes_every_file() {
    let folder = folder("run");
    let output = ninefold(&folder, &["run", "queue.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    let text = out(&output);
    assert!(text.starts_with("queue: 4 runs of 20min, seed 1, confidence 95 %\n"), "{text}");
    assert!(text.contains("client.c/latency_p50 <= 30 s  met"), "{text}");
    assert!(text.trim_end().ends_with("objective met"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours in a pipe");
    let results = folder.join("results/queue");
    let mut files: Vec<String> = fs::read_dir(&results)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let wanted = [
        "incidents.csv",
        "latency.csv",
        "manifest.json",
        "plots",
        "runs.csv",
        "summary.csv",
        "theory.csv",
        "timeline.csv",
    ];
    assert_eq!(files, wanted);
    assert_eq!(fs::read_dir(results.join("plots")).unwrap().count(), 6);
    let summary = fs::read_to_string(results.join("summary.csv")).unwrap();
    assert!(summary.starts_with("scope,metric,unit,estimate,ci_low,ci_high,confidence,runs\n"));
}

#[test]
fn files_are_the_same_on_one_thread_and_on_three() {
    let folder = folder("threads");
    let one = ninefold(&folder, &["run", "queue.toml", "--threads", "1", "--out", "one", "--no-plots"]);
    let three = ninefold(&folder, &["run", "queue.toml", "--threads", "3", "--out", "three", "--no-plots"]);
    assert_eq!((one.status.code(), three.status.code()), (Some(0), Some(0)));
    assert_eq!(one.stdout, three.stdout);
    for file in ["manifest.json", "summary.csv", "runs.csv", "latency.csv", "timeline.csv", "incidents.csv"] {
        let read = |run: &str| fs::read(folder.join(run).join(file)).unwrap();
        assert_eq!(read("one"), read("three"), "{file}");
    }
    assert!(!folder.join("one/plots").exists());
}

#[test]
fn the_seed_matters_and_is_written_down() {
    let folder = folder("seed");
    for (seed, out) in [("1", "a"), ("2", "b")] {
        let run = ninefold(&folder, &["run", "queue.toml", "--seed", seed, "--runs", "2", "--out", out]);
        assert_eq!(run.status.code(), Some(0));
    }
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    assert_ne!(read("a/runs.csv"), read("b/runs.csv"));
    let manifest = read("b/manifest.json");
    assert!(manifest.contains("\"command\": \"ninefold run queue.toml --seed 2 --runs 2\""), "{manifest}");
}

#[test]
fn a_missed_objective_is_99_and_json_says_so() {
    let folder = folder("missed");
    fs::write(folder.join("strict.toml"), QUEUE.replace("<= 30s", "<= 1ms")).unwrap();
    let output = ninefold(&folder, &["run", "strict.toml", "--json", "--no-plots", "--quiet"]);
    assert_eq!(output.status.code(), Some(99), "{}", chatter(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["objectives"][0]["verdict"], "missed");
    assert_eq!(json["runs"], 4);
    assert_eq!(chatter(&output), "");
}

#[test]
fn one_run_has_no_interval_and_leaves_its_objective_undecided() {
    let folder = folder("undecided");
    let output = ninefold(&folder, &["run", "queue.toml", "--runs", "1", "--no-plots"]);
    assert_eq!(output.status.code(), Some(98), "{}{}", out(&output), chatter(&output));
    assert!(out(&output).contains("undecided"));
}

#[test]
fn mistakes_are_2_and_missing_files_1() {
    let folder = folder("mistakes");
    let missing = ninefold(&folder, &["run", "none.toml"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(chatter(&missing).contains("there is no file \"none.toml\""), "{}", chatter(&missing));
    for near in ["queu.toml", "queue", "Queue.toml"] {
        let text = chatter(&ninefold(&folder, &["check", near]));
        let expected = format!("there is no file \"{near}\"; did you mean \"queue.toml\"?");
        assert!(text.contains(&expected), "{text}");
    }
    let unknown = ninefold(&folder, &["check", "queue.toml", "--set", "service.s.demnd=1"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(chatter(&unknown).contains("demand"), "the nearest name: {}", chatter(&unknown));
    for wrong in [
        &["run", "queue.toml", "--set", "nothing"][..],
        &["run"],
        &["fly"],
        &["run", "queue.toml", "--runs", "0"],
    ] {
        assert_eq!(ninefold(&folder, wrong).status.code(), Some(2), "{wrong:?}");
    }
    fs::write(folder.join("file"), "").unwrap();
    let blocked = ninefold(&folder, &["run", "queue.toml", "--out", "file/below"]);
    assert_eq!(blocked.status.code(), Some(1));
    assert!(chatter(&blocked).contains("cannot write"), "{}", chatter(&blocked));
}

#[test]
fn a_scenario_may_come_from_standard_input() {
    let folder = folder("stdin");
    let file = fs::File::open(folder.join("queue.toml")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .args(["check", "-"])
        .current_dir(&folder)
        .stdin(file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    assert!(out(&output).starts_with("queue: no errors"), "{}", out(&output));
}

#[test]
fn the_resolved_scenario_runs_to_the_same_bytes() {
    let folder = folder("resolved");
    let resolved = ninefold(&folder, &["check", "queue.toml", "--resolved"]);
    assert_eq!(resolved.status.code(), Some(0));
    fs::write(folder.join("resolved.toml"), &resolved.stdout).unwrap();
    for (scenario, out) in [("queue.toml", "a"), ("resolved.toml", "b")] {
        let run = ninefold(&folder, &["run", scenario, "--out", out, "--no-plots"]);
        assert_eq!(run.status.code(), Some(0), "{}", chatter(&run));
    }
    for file in ["summary.csv", "runs.csv", "latency.csv"] {
        let read = |run: &str| fs::read(folder.join(run).join(file)).unwrap();
        assert_eq!(read("a"), read("b"), "{file}");
    }
}

#[test]
fn claims_are_decided_by_their_expectation() {
    let folder = folder("claims");
    let claim = |value: &str, expect: &str| {
        format!(
            "{QUEUE}\n[[claim]]\nvalue = {value}\nsource = \"by definition\"\n\
             predicts = \"client.c/availability_request\"\ntolerance = \"1%\"\nexpect = \"{expect}\"\n"
        )
    };
    let far =
        |expect: &str| claim("0.9", expect).replace("client.c/availability_request", "service.s/utilisation");
    fs::write(folder.join("refuted.toml"), far("refuted")).unwrap();
    fs::write(folder.join("contrary.toml"), far("holds")).unwrap();
    let expected = ninefold(&folder, &["verify", "refuted.toml", "--csv", "claims.csv"]);
    assert_eq!(expected.status.code(), Some(0), "{}{}", out(&expected), chatter(&expected));
    assert!(out(&expected).contains("1 of 1 claims as expected"), "{}", out(&expected));
    let csv = fs::read_to_string(folder.join("claims.csv")).unwrap();
    assert!(csv.lines().nth(1).unwrap().contains(",refuted,refuted,true,"), "{csv}");
    let contrary = ninefold(&folder, &["verify", "contrary.toml", "--json"]);
    assert_eq!(contrary.status.code(), Some(99), "{}", out(&contrary));
    let json: serde_json::Value = serde_json::from_slice(&contrary.stdout).unwrap();
    assert_eq!(json[0]["as_expected"], false);
    assert_eq!(ninefold(&folder, &["verify", "queue.toml"]).status.code(), Some(2), "nothing is claimed");
}

#[test]
fn formulas_of_articles_have_a_table_and_figures() {
    let folder = folder("articles");
    let text = format!(
        "{QUEUE}\n[article]\nname = \"on queues\"\nformula = \"u = 0.9\"\ninterpretation = \"u is how busy it is\"\n\
         \n[[claim]]\nvalue = 0.9\nsource = \"a guess\"\npredicts = \"service.s/utilisation\"\ntolerance = \"1%\"\n\
         expect = \"refuted\"\nright = \"u = rate / speed\"\n"
    );
    fs::write(folder.join("article.toml"), text).unwrap();
    let judged = ninefold(&folder, &["verify", "article.toml", "--out", "judged"]);
    assert_eq!(judged.status.code(), Some(0), "{}{}", out(&judged), chatter(&judged));
    for words in ["right formula", "u = 0.9", "on queues", "u is how busy it is", "90.0", "u = rate / speed"]
    {
        assert!(out(&judged).contains(words), "{words} is not in\n{}", out(&judged));
    }
    assert!(out(&judged).lines().all(|line| line.chars().count() <= 160), "{}", out(&judged));
    for file in ["verify.csv", "verify.md", "plots/ratios.svg", "plots/ratios.png"] {
        assert!(folder.join("judged").join(file).is_file(), "{file}");
    }
    assert!(!folder.join("judged/plots/times.svg").exists(), "no time is predicted");
    let table = fs::read_to_string(folder.join("judged/verify.md")).unwrap();
    assert!(table.contains("| u = 0.9 | on queues |"), "{table}");
}

#[test]
fn figures_drawn_again_are_the_same() {
    let folder = folder("again");
    assert_eq!(ninefold(&folder, &["run", "queue.toml", "--out", "r"]).status.code(), Some(0));
    let figure = folder.join("r/plots/latency.png");
    let first = fs::read(&figure).unwrap();
    fs::remove_dir_all(folder.join("r/plots")).unwrap();
    let again = ninefold(&folder, &["plot", "r"]);
    assert_eq!(again.status.code(), Some(0), "{}", chatter(&again));
    assert_eq!(out(&again).lines().count(), 6);
    assert_eq!(fs::read(&figure).unwrap(), first);
    assert_eq!(ninefold(&folder, &["plot", "nothing"]).status.code(), Some(1));
}

#[test]
fn lists_name_what_there_is() {
    let folder = folder("lists");
    let all = ninefold(&folder, &["list"]);
    assert_eq!(all.status.code(), Some(0));
    let names = [
        ("balancing", "round-robin"),
        ("retry", "fixed"),
        ("queue", "processor-sharing"),
        ("recovery", "escalate"),
        ("arrivals", "mmpp"),
        ("faults", "hang"),
        ("distributions", "weibull"),
        ("oracles", "harmonic-recovery"),
        ("metrics", "availability_request"),
    ];
    for (kind, name) in names {
        assert!(out(&all).contains(&format!("\n{kind}\n")) || out(&all).starts_with(kind), "{kind}");
        assert!(out(&all).contains(&format!("\n  {name} ")), "{name} of {kind}");
    }
    for kind in ["arrivals", "faults", "distributions"] {
        let listed = out(&ninefold(&folder, &["list", kind]));
        assert!(listed.starts_with(kind) && listed.matches("\n\n").count() == 0, "{listed}");
    }
    let json = ninefold(&folder, &["list", "metrics", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json[0]["kind"], "metrics");
    assert_eq!(ninefold(&folder, &["list", "scenarios"]).status.code(), Some(1), "no such folder here");
    fs::create_dir_all(folder.join("scenarios")).unwrap();
    fs::copy(folder.join("queue.toml"), folder.join("scenarios/queue.toml")).unwrap();
    assert!(out(&ninefold(&folder, &["list", "scenarios"])).contains("queue.toml"));
}

#[test]
fn presets_are_listed_with_their_sources() {
    let folder = folder("presets");
    let text = out(&ninefold(&folder, &["list", "presets"]));
    assert!(text.contains("preset envoy: ") && text.contains("deadline = \"15s\" (unconfirmed)"), "{text}");
    assert!(text.contains("window = must be given") && text.contains("2026-08, confirmed"), "{text}");
    for (word, note) in [
        ("modelled", "zone-aware and weighted localities"),
        ("differs", "nginx answers 502"),
        ("refused", "a retry policy or a hedging policy, never both"),
    ] {
        assert!(text.contains(word) && text.contains(note), "{word}: {text}");
    }
    let json = ninefold(&folder, &["list", "presets", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let rows = json.as_array().unwrap();
    let values: usize = PRESETS.iter().flat_map(|preset| preset.parts).map(|part| part.rows.len()).sum();
    assert_eq!(rows.len(), values);
    let find = |preset: &str, room: &str, key: &str| {
        let is =
            |row: &&serde_json::Value| row["preset"] == preset && row["room"] == room && row["key"] == key;
        rows.iter().find(is).unwrap_or_else(|| panic!("{preset} {room} {key}"))
    };
    let attempts = find("envoy", "retry", "attempts");
    assert_eq!((&attempts["value"], &attempts["mark"]), (&2.into(), &"confirmed".into()));
    assert_eq!(find("envoy", "call", "deadline")["mark"], "unconfirmed");
    assert_eq!(find("envoy", "call", "breaker")["value"]["preset"], "envoy");
    let window = find("haproxy", "slow_start", "window");
    assert!(window["value"].is_null() && window["is_needed"] == true, "{window}");
    assert!(rows.iter().all(|row| row["source"].is_string() && row["as_of"].is_string()));
}

#[test]
fn colours_come_when_asked_for() {
    let folder = folder("colours");
    let coloured = ninefold(&folder, &["list", "metrics", "--color", "always"]);
    assert!(out(&coloured).contains("\u{1b}[1m"));
    assert!(!out(&ninefold(&folder, &["list", "metrics", "--color", "never"])).contains('\u{1b}'));
}

#[test]
fn help_completions_and_the_manual_know_every_command() {
    let folder = folder("help");
    let help = out(&ninefold(&folder, &["--help"]));
    let manual = out(&ninefold(&folder, &["man"]));
    let completions = out(&ninefold(&folder, &["completions", "bash"]));
    for command in ["run", "verify", "solve", "fit", "check", "list", "plot", "completions", "man"] {
        assert!(help.contains(&format!("  {command} ")), "{command} in {help}");
        assert!(manual.contains(command) && completions.contains(command), "{command}");
    }
    let version = ninefold(&folder, &["--version"]);
    assert_eq!(out(&version), format!("ninefold {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = folder("pipe");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .args(["list"])
        .current_dir(&folder)
        .stdout(writer)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
}
