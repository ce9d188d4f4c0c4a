//! Comparisons as a user makes them: verdicts, files, baselines, exit codes.

use crate::program::{self, chatter, ninefold, out};
use std::fs;
use std::path::{Path, PathBuf};

/// Two M/M/1 queues behind a balancer, loaded to 80 %.
const FLEET: &str = r#"
name = "fleet"

[run]
horizon = "20min"
transient = "1min"
runs = 8

[client.c]
arrival = { process = "poisson", rate = "16/s" }
calls = "s"

[service.s]
replicas = 2
demand = { distribution = "exponential", mean = "100ms" }
balancing = "random"
"#;

fn folder(name: &str) -> PathBuf {
    program::folder("compare", name, &[("fleet.toml", FLEET)])
}

/// A comparison as JSON.
fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let arguments = [&["compare"], arguments, &["--json", "--quiet", "--no-plots"]].concat();
    let output = ninefold(folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The pair of a metric.
fn pair<'j>(json: &'j serde_json::Value, metric: &str) -> &'j serde_json::Value {
    let pairs = json["pairs"].as_array().unwrap();
    pairs.iter().find(|pair| pair["metric"] == metric).unwrap_or_else(|| panic!("no {metric} in {json:#}"))
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_comparison_says_who_is_better_and_writes_every_file() {
    let folder = folder("whole");
    let output = ninefold(
        &folder,
        &["compare", "fleet.toml", "--vary", "service.s.balancing.policy=random,power-of-d"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    let text = out(&output);
    assert!(
        text.starts_with("fleet: 2 variants, 8 runs each of 19min after 1min, seed 1, confidence 95 %\n"),
        "{text}"
    );
    let sentence = text.lines().find(|line| line.contains("lower latency_p99 than")).unwrap();
    assert!(
        sentence.starts_with("  power-of-d has ") && sentence.contains(" than random (95 %, 8 paired runs"),
        "{text}"
    );
    assert!(text.contains("random and power-of-d are identical in amplification (8 paired runs)"), "{text}");
    assert!(text.contains("  1.  power-of-d") && text.contains("  2.  random"), "{text}");
    let front = text.lines().find(|line| line.contains("behind")).unwrap();
    assert!(front.trim_start().starts_with("random") && front.ends_with("behind power-of-d"), "{text}");
    let results = folder.join("results/fleet-compare");
    assert_eq!(
        files(&results),
        ["compare.csv", "manifest.json", "pareto.csv", "plots", "ranking.csv", "variants"]
    );
    assert_eq!(files(&results.join("plots")), ["forest.png", "forest.svg"]);
    assert_eq!(files(&results.join("variants")), ["power-of-d", "random"]);
    let usual = [
        "incidents.csv",
        "latency.csv",
        "manifest.json",
        "plots",
        "runs.csv",
        "summary.csv",
        "theory.csv",
        "timeline.csv",
    ];
    assert_eq!(files(&results.join("variants/random")), usual);
    let rows = fs::read_to_string(results.join("compare.csv")).unwrap();
    assert!(rows.starts_with(
        "scope,metric,unit,variant_a,variant_b,difference,diff_low,diff_high,ratio,ratio_low,ratio_high,verdict,runs,\
         variance_reduction\n"
    ));
    assert_eq!(rows.lines().count(), 6, "five metrics of one pair: {rows}");
    let again = ninefold(&folder, &["plot", "results/fleet-compare"]);
    assert_eq!(
        out(&again),
        "results/fleet-compare/plots/forest.svg\nresults/fleet-compare/plots/forest.png\n"
    );
}

#[test]
fn the_folder_of_a_variant_is_that_of_a_run_of_its_own() {
    let folder = folder("variant");
    let policy = "service.s.balancing.policy=round-robin";
    json(&folder, &["fleet.toml", "--vary", &format!("{policy},random"), "--runs", "3", "--out", "both"]);
    let alone = ["run", "fleet.toml", "--set", policy, "--runs", "3", "--no-plots", "--out", "alone"];
    assert_eq!(ninefold(&folder, &alone).status.code(), Some(0));
    assert_eq!(files(&folder.join("alone")), files(&folder.join("both/variants/round-robin")));
    for file in files(&folder.join("alone")) {
        let read = |results: &str| fs::read(folder.join(results).join(&file)).unwrap();
        assert_eq!(read("alone"), read("both/variants/round-robin"), "{file}");
    }
}

#[test]
fn files_are_the_same_on_one_thread_and_on_three() {
    let folder = folder("threads");
    let vary = "service.s.balancing.policy=round-robin,random,power-of-d";
    let run = |threads: &str| {
        json(
            &folder,
            &["fleet.toml", "--vary", vary, "--runs-max", "12", "--threads", threads, "--out", threads],
        )
    };
    assert_eq!(run("1"), run("3"));
    for file in ["compare.csv", "ranking.csv", "pareto.csv", "manifest.json"] {
        let read = |results: &str| fs::read(folder.join(results).join(file)).unwrap();
        assert_eq!(read("1"), read("3"), "{file}");
    }
}

#[test]
fn variants_that_do_the_same_are_identical() {
    let folder = folder("identical");
    // One replica leaves nothing to choose.
    let vary = "service.s.balancing.policy=random,round-robin";
    let found = json(
        &folder,
        &[
            "fleet.toml",
            "--vary",
            vary,
            "--set",
            "service.s.replicas=1",
            "--set",
            "client.c.arrival.rate=5/s",
        ],
    );
    let pairs = found["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 5);
    for pair in pairs {
        assert_eq!(
            (pair["verdict"].as_str(), pair["difference"].as_f64()),
            (Some("identical"), Some(0.0)),
            "{pair}"
        );
    }
    assert!(found["fronts"].as_array().unwrap().iter().all(|place| place["behind"] == serde_json::json!([])));
}

#[test]
fn days_that_differ_are_not_paired_and_the_reason_is_told() {
    let folder = folder("unpaired");
    let output = ninefold(
        &folder,
        &[
            "compare",
            "fleet.toml",
            "--vary",
            "client.c.arrival.rate=8/s,16/s",
            "--metric",
            "latency_mean",
            "--no-plots",
        ],
    );
    let text = out(&output);
    assert!(text.contains("rate=8/s has ") && text.contains("(95 %, 8 unpaired runs)"), "{text}");
    assert!(
        text.contains(
            "rate=8/s and rate=16/s do not face the same days, so runs cannot be paired: their arrivals or first \
             faults differ from the first run on"
        ),
        "{text}"
    );
    let found = json(&folder, &["fleet.toml", "--vary", "run.seed=1,2"]);
    assert_eq!(found["unpaired"][0]["reason"], "their seeds are 1 and 2");
    assert_eq!(pair(&found, "latency_mean")["is_paired"], false);
}

#[test]
fn pairing_narrows_the_interval() {
    let folder = folder("pairing");
    let found = json(&folder, &["fleet.toml", "--vary", "service.s.balancing.policy=random,round-robin"]);
    let mean = pair(&found, "latency_mean");
    assert_eq!(mean["verdict"], "better");
    assert!(mean["variance_reduction"].as_f64().unwrap() > 1.5, "{mean}");
    // With other arrivals and demands there is nothing to gain.
    let apart = json(&folder, &["fleet.toml", "--vary", "run.seed=1,2"]);
    assert!(pair(&apart, "latency_mean")["variance_reduction"].is_null());
}

#[test]
fn a_comparison_takes_runs_until_it_is_decided() {
    let folder = folder("looks");
    let vary = ["--vary", "service.s.balancing.policy=random,power-of-d", "--metric", "latency_mean"];
    let sure = json(&folder, &[&["fleet.toml", "--runs", "4", "--runs-max", "100"], &vary[..]].concat());
    assert_eq!(pair(&sure, "latency_mean")["verdict"], "better");
    let runs = sure["runs"].as_u64().unwrap();
    assert!([4, 6, 9, 13].contains(&runs), "{runs}");
    // One microsecond in a hundred milliseconds is lost in the noise of two runs.
    let equal = ["--vary", "service.s.speed=[1, 1.000001],[1.000001, 1]", "--metric", "latency_mean"];
    let open = json(&folder, &[&["fleet.toml", "--runs", "2", "--runs-max", "5"], &equal[..]].concat());
    assert_eq!(open["runs"], 4, "the looks are at 2, 3 and 4: {open:#}");
    assert_eq!(pair(&open, "latency_mean")["verdict"], "undecided");
}

#[test]
fn a_baseline_is_compared_as_if_it_ran_now() {
    let folder = folder("baseline");
    let saved = ninefold(&folder, &["run", "fleet.toml", "--save-baseline", "main", "--no-plots"]);
    assert_eq!(saved.status.code(), Some(0), "{}", chatter(&saved));
    assert!(
        chatter(&saved).contains("the baseline is in results/fleet/baselines/main"),
        "{}",
        chatter(&saved)
    );
    assert_eq!(files(&folder.join("results/fleet/baselines/main")), ["baseline.json", "manifest.json"]);
    let same = json(&folder, &["fleet.toml", "--baseline", "main"]);
    assert!(same["pairs"].as_array().unwrap().iter().all(|pair| pair["verdict"] == "identical"), "{same:#}");
    let policy = "service.s.balancing.policy";
    let now = json(&folder, &["fleet.toml", "--baseline", "main", "--set", &format!("{policy}=power-of-d")]);
    let both = json(&folder, &["fleet.toml", "--vary", &format!("{policy}=random,power-of-d")]);
    for metric in ["latency_mean", "latency_p99", "goodput", "availability_request", "amplification"] {
        let (mut one, two) = (pair(&now, metric).clone(), pair(&both, metric));
        assert_eq!(one["variant_a"], "baseline main");
        for key in ["variant_a", "variant_b", "sentence"] {
            one[key] = two[key].clone();
        }
        assert_eq!(&one, two, "{metric}");
    }
    let by_folder =
        json(&folder, &["fleet.toml", "--baseline", "results/fleet/baselines/main", "--runs", "20"]);
    assert_eq!(by_folder["runs"], 8, "a baseline has only its own runs");
    // A run in twelve batches is more than there is to compare with.
    let batches =
        json(&folder, &["fleet.toml", "--baseline", "main", "--runs", "1", "--set", "run.batches=12"]);
    assert_eq!(pair(&batches, "latency_mean")["runs"], 8);
}

#[test]
fn a_baseline_that_cannot_be_used_says_why() {
    let folder = folder("wrong-baseline");
    let of = |arguments: &[&str]| {
        let output = ninefold(&folder, arguments);
        (output.status.code(), chatter(&output))
    };
    let (code, text) = of(&["compare", "fleet.toml", "--baseline", "none"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("`ninefold run SCENARIO --save-baseline none` saves one"), "{text}");
    let (code, text) = of(&["run", "fleet.toml", "--save-baseline", "../up"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("\"../up\" cannot name a baseline"), "{text}");
    let old = folder.join("results/fleet/baselines/old");
    fs::create_dir_all(&old).unwrap();
    fs::write(old.join("baseline.json"), "{\"format\": 0}").unwrap();
    let (code, text) = of(&["compare", "fleet.toml", "--baseline", "old"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("of another version"), "{text}");
    fs::write(old.join("baseline.json"), "{").unwrap();
    assert_eq!(of(&["compare", "fleet.toml", "--baseline", "old"]).0, Some(1));
}

#[test]
fn scenarios_of_several_files_are_compared() {
    let folder = folder("several");
    fs::write(
        folder.join("other.toml"),
        FLEET.replace("\"fleet\"", "\"other\"").replace("random", "round-robin"),
    )
    .unwrap();
    let found = json(&folder, &["fleet.toml", "other.toml"]);
    assert_eq!(found["variants"], serde_json::json!(["fleet", "other"]));
    assert_eq!(pair(&found, "latency_mean")["verdict"], "better");
    let crossed =
        json(&folder, &["fleet.toml", "other.toml", "--vary", "service.s.replicas=2,3", "--runs", "2"]);
    let labels = ["fleet, replicas=2", "fleet, replicas=3", "other, replicas=2", "other, replicas=3"];
    assert_eq!(crossed["variants"], serde_json::json!(labels));
    assert_eq!(crossed["pairs"].as_array().unwrap().len(), 5 * 6);
}

#[test]
fn mistakes_are_2_with_the_nearest_name() {
    let folder = folder("mistakes");
    let vary = ["--vary", "service.s.replicas=2,3"];
    let of = |arguments: &[&str]| {
        let output = ninefold(&folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(out(&output), "");
        chatter(&output)
    };
    assert!(of(&["compare", "fleet.toml"]).contains("there is only one variant"));
    assert!(of(&["compare"]).contains("SCENARIO"));
    let text = of(&[&["compare", "fleet.toml", "--metric", "latency_p9"], &vary[..]].concat());
    assert!(
        text.contains("no metric is called \"latency_p9\"") && text.contains("did you mean \"latency_p"),
        "{text}"
    );
    let text = of(&[&["compare", "fleet.toml", "--metric", "client.d/goodput"], &vary[..]].concat());
    assert!(text.contains("no part is called \"client.d\""), "{text}");
    let text = of(&["compare", "fleet.toml", "--vary", "service.s.replica=2,3"]);
    assert!(text.contains("did you mean \"replicas\""), "{text}");
    assert!(text.contains("--> --vary:1:1"), "the place is where it was written: {text}");
    let text = of(&["compare", "fleet.toml", "--set", "service.s.replica=2", vary[0], vary[1]]);
    assert!(text.contains("--> --set:1:1"), "{text}");
    assert!(of(&["compare", "fleet.toml", "--vary", "service.s.replicas"]).contains("PATH=VALUE,VALUE"));
    assert!(!folder.join("results").exists(), "nothing is written");
}

#[test]
fn without_clients_the_availability_of_services_is_compared() {
    let folder = folder("reliability");
    let text = r#"
        [run]
        horizon = "1000h"
        runs = 10
        [service.s]
        [fault.crash]
        kind = "crash"
        on = "service.s.*"
        time_to_failure = { distribution = "exponential", mean = "10h" }
        time_to_repair = "1h"
    "#;
    fs::write(folder.join("unit.toml"), text).unwrap();
    let found = json(&folder, &["unit.toml", "--vary", "fault.crash.time_to_repair=1h,30min"]);
    let pair = pair(&found, "availability_time");
    assert_eq!(
        (pair["verdict"].as_str(), pair["variant_b"].as_str()),
        (Some("better"), Some("time_to_repair=30min"))
    );
    // Half the repair time is about half the time down.
    assert!(
        pair["ratio_low"].as_f64().unwrap() > 0.45 && pair["ratio_high"].as_f64().unwrap() < 0.60,
        "{pair}"
    );
    assert!(
        pair["sentence"].as_str().unwrap().contains("% less unavailability (availability_time) than"),
        "{pair}"
    );
}
