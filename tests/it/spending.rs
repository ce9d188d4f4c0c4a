//! What a nine and a minute cost, where theory knows it: a loss system of 1 Erlang and one to three replicas.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{self, chatter, ninefold, out};

const LOSS: &str = r#"
name = "loss"

[run]
horizon = "2h"
transient = "1min"
runs = 12

[client.c]
arrival = { process = "poisson", rate = "5/s" }
calls = "s"

[service.s]
demand = { distribution = "exponential", mean = "200ms" }
queue = { capacity = 0, at = "service" }
price = "1/h"
"#;

/// Dollars in a month for a replica, and Erlang's B of one, two and three.
const MONTH: f64 = 730.0;
const LOST: [f64; 3] = [0.5, 0.2, 0.0625];

fn folder(name: &str) -> PathBuf {
    program::folder("spending", name, &[("loss.toml", LOSS)])
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = ninefold(folder, &[arguments, &["--json", "--quiet", "--no-plots"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Requires a number to be as near to the truth as its interval says: within five standard errors.
fn holds(row: &serde_json::Value, [value, low, high]: [&str; 3], truth: f64) {
    let number = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("no {key} in {row:#}"));
    let (value, low, high) = (number(value), number(low), number(high));
    // At 11 degrees of freedom 95 % are 2.2 of them.
    let reach = (high / low).ln() / 2.0 / 2.2 * 5.0;
    assert!((value / truth).ln().abs() < reach && low < value && value < high, "{truth} is not in {row:#}");
    assert!(high / low < 1.2, "it says something: {row:#}");
}

/// The step from so many replicas to one more.
fn is_step(row: &serde_json::Value, from: usize) {
    let (before, after) = (LOST[from - 1], LOST[from]);
    holds(row, ["cost_per_nine", "nine_low", "nine_high"], MONTH / (before / after).log10());
    let minutes = (before - after) * 43_800.0;
    holds(row, ["cost_per_minute_saved", "minute_low", "minute_high"], MONTH / minutes);
}

#[test]
fn a_comparison_says_what_a_nine_costs() {
    let folder = folder("compare");
    let vary = ["compare", "loss.toml", "--vary", "service.s.replicas=1,2,3"];
    let found = json(&folder, &vary);
    let rows = found["spending"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{rows:#?}");
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(
            (row["scope"].as_str(), row["metric"].as_str()),
            (Some("client.c"), Some("availability_request"))
        );
        let cost = row["cost"].as_f64().unwrap();
        assert!((cost - MONTH * (number + 1) as f64).abs() < 1e-6, "{cost}");
    }
    assert_eq!(rows[0]["standing"], "cheapest");
    assert_eq!((&rows[1]["against"], &rows[2]["against"]), (&rows[0]["design"], &rows[1]["design"]));
    is_step(&rows[1], 1);
    is_step(&rows[2], 2);
    // Cost is compared, too, and is the same in every run.
    let pairs = found["pairs"].as_array().unwrap();
    let costs: Vec<_> = pairs.iter().filter(|pair| pair["metric"] == "cost").collect();
    assert_eq!(costs.len(), 3);
    assert!(costs.iter().all(|pair| pair["verdict"] == "worse"), "{costs:#?}");
    let text = out(&ninefold(&folder, &vary));
    assert!(text.contains("client.c/availability_request: what it costs"), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("after replicas=")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    let files = fs::read_to_string(folder.join("results/loss-compare/spending.csv")).unwrap();
    assert_eq!(files.lines().count(), 4, "{files}");
}

#[test]
fn a_sweep_says_it_too_and_who_is_dominated() {
    let folder = folder("sweep");
    let vary =
        ["sweep", "loss.toml", "--vary", "service.s.price=1/h,3/h", "--vary", "service.s.replicas=1,2,3"];
    let found = json(&folder, &vary);
    let rows = found["spending"].as_array().unwrap();
    let stands: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["standing"].as_str().unwrap(), row["against"].as_str().unwrap()))
        .collect();
    let dominated = ("dominated", "3");
    assert_eq!(stands, [("cheapest", ""), ("step", "1"), ("step", "2"), dominated, dominated, dominated]);
    is_step(&rows[1], 1);
    is_step(&rows[2], 2);
    let text = out(&ninefold(&folder, &vary));
    assert!(text.contains("dominated by 3"), "{text}");
    let name = fs::read_dir(folder.join("results")).unwrap().next().unwrap().unwrap().path();
    let file = fs::read_to_string(name.join("sweep-spending.csv")).unwrap();
    assert_eq!(file.lines().count(), 7, "{file}");
}

#[test]
fn what_is_not_told_apart_has_no_price() {
    let folder = folder("apart");
    let vary = [
        "compare",
        "loss.toml",
        "--vary",
        "service.s.price=1/h,2/h",
        "--vary",
        "service.s.slot=held,released",
    ];
    let found = json(&folder, &vary);
    let rows = found["spending"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["cost_per_nine"].is_null()), "{rows:#?}");
    // Without a price nothing is said.
    let output = ninefold(
        &folder,
        &[
            "compare",
            "loss.toml",
            "--set",
            "service.s.price=0/h",
            "--vary",
            "service.s.replicas=1,2",
            "--no-plots",
            "--out",
            "free",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    assert!(!out(&output).contains("per nine"), "{}", out(&output));
    assert!(folder.join("free/compare.csv").exists() && !folder.join("free/spending.csv").exists());
}
