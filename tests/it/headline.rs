//! What stands in the last line and in the table hides nothing: requests without an end, nines, exact answers.

use std::path::PathBuf;

use crate::program::{self, chatter, ninefold, out};

fn folder(name: &str, scenario: &str) -> PathBuf {
    program::folder("headline", name, &[("scenario.toml", scenario)])
}

/// What a run of a scenario prints, and its exit code.
fn run(name: &str, scenario: &str, more: &[&str]) -> (String, i32) {
    let folder = folder(name, scenario);
    let arguments = [&["run", "scenario.toml", "--no-plots", "--quiet"], more].concat();
    let output = ninefold(&folder, &arguments);
    let text = out(&output);
    assert!(!text.is_empty(), "{}", chatter(&output));
    (text, output.status.code().unwrap())
}

const HANGS: &str = r#"
name = "hangs-at-once"
[run]
horizon = "10s"
runs = 1
[client.user]
arrival = { process = "poisson", rate = "200/s" }
calls = [{ service = "api", timeout = "20s" }]
[service.api]
replicas = 2
concurrency = 1000
demand = "10ms"
[fault.hang]
kind = "hang"
on = "service.api.1"
at = "3s"
"#;

#[test]
fn requests_without_an_end_stand_in_headline_table_and_json() {
    let (text, _) = run("unfinished", HANGS, &[]);
    let line =
        |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap_or_default();
    assert!(line("availability_request").contains("of finished: 703 of 1986 are not"), "{text}");
    assert!(line("unfinished_ratio").contains("35.4 %"), "{text}");
    let headline = line("client.user: ");
    assert!(headline.contains("no failure seen of those finished"), "{headline}");
    assert!(headline.ends_with("35 % of all unfinished"), "{headline}");
    let (json, _) = run("unfinished-json", HANGS, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let metrics = json["metrics"].as_array().unwrap();
    let of = |name: &str| metrics.iter().find(|one| one["metric"] == name).unwrap();
    assert!(of("availability_request")["note"].as_str().unwrap().starts_with("of finished"));
    assert!((of("unfinished_ratio")["estimate"].as_f64().unwrap() - 703.0 / 1986.0).abs() < 1e-12);
}

#[test]
fn what_has_an_end_is_not_said_to_have_none() {
    let all = HANGS.replace("at = \"3s\"", "at = \"3s\"\nlasts = \"1s\"");
    let (text, _) = run("finished", &all, &[]);
    assert!(!text.contains("finished"), "{text}");
    assert!(text.ends_with("client.user: no failure seen\n"), "{text}");
}

/// So many equal replicas, up 1000 h and down 1 h.
fn group(replicas: u32, quorum: u32, more: &str) -> String {
    format!(
        r#"
name = "group"
[run]
horizon = "3650d"
runs = 4
[service.api]
replicas = {replicas}
quorum = {quorum}
[fault.crash]
kind = "crash"
on = "service.api.*"
time_to_failure = {{ distribution = "exponential", mean = "1000h" }}
time_to_repair = {{ distribution = "exponential", mean = "1h" }}
{more}
"#
    )
}

#[test]
fn nines_are_not_rounded_away_and_an_exact_answer_decides() {
    let scenario = group(3, 1, "[objective]\n\"service.api/availability_time\" = \">= 99.9999%\"");
    let (text, exit) = run("nines", &scenario, &[]);
    let theory = text.split("theory").nth(1).unwrap();
    assert!(theory.contains("availability_time  99.9999999 %"), "{text}");
    assert!(theory.contains("downtime_per_year         31 ms"), "{text}");
    assert!(!theory.contains("in the long run"), "{text}");
    let objective = text.lines().find(|line| line.contains(">= 99.9999 %")).unwrap();
    assert!(objective.contains("  met  "), "{objective}");
    assert!(objective.contains("decided by the exact 99.9999999 % (k-of-n)"), "{objective}");
    assert!(text.trim_end().ends_with("objective met"), "{text}");
    assert_eq!(exit, 0);
    let (json, _) = run("nines-json", &scenario, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let objective = &json["objectives"][0];
    assert_eq!(objective["decided_by"], "k-of-n");
    let missing = 1.0 - objective["exact"].as_f64().unwrap();
    assert!((missing / 0.997_002_996e-9 - 1.0).abs() < 1e-5, "{missing}");
    // Nearer to 1 than a float can be.
    let (text, _) = run("more-nines", &group(6, 1, ""), &[]);
    assert!(text.contains("99.999999999999999901 %"), "{text}");
}

#[test]
fn an_exact_answer_misses_what_it_misses() {
    let scenario = group(3, 3, "[objective]\n\"service.api/availability_time\" = \">= 99.9%\"");
    let (text, exit) = run("missed", &scenario, &[]);
    assert!(text.contains("missed"), "{text}");
    assert_eq!(exit, 99);
}

#[test]
fn the_long_run_decides_nothing_about_a_short_one() {
    let new = r#"
name = "young"
[run]
horizon = "30d"
runs = 4
[service.api]
replicas = 3
quorum = 2
[fault.crash]
kind = "crash"
on = "service.api.*"
time_to_failure = { distribution = "weibull", mean = "5000h", shape = 3 }
time_to_repair = "10h"
[objective]
"service.api/availability_time" = ">= 99.99%"
"#;
    let (text, _) = run("young", new, &[]);
    let objective = text.lines().find(|line| line.contains(">= 99.99 %")).unwrap();
    assert!(objective.contains("; in the long run 99.9988"), "{objective}");
    assert!(!objective.contains("decided by"), "{objective}");
    assert!(text.contains("(k-of-n), in the long run: units of fault.crash begin new"), "{text}");
    // In equilibrium from the beginning, and long enough: 100 relaxation times of 1000 h 1 h / 1001 h are 4.2 d.
    let aged = new
        .replace("shape = 3 }", "shape = 3 }\nstart = \"aged\"")
        .replace("30d", "3650d")
        .replace("99.99%", "99.9%");
    let (text, exit) = run("aged", &aged, &[]);
    assert!(text.contains("decided by the exact 99.9988"), "{text}");
    assert_eq!(exit, 0);
    let short =
        group(2, 1, "[objective]\n\"service.api/availability_time\" = \">= 99%\"").replace("3650d", "4d");
    let (text, _) = run("short", &short, &[]);
    assert!(text.contains("relaxation times are measured, fewer than 100"), "{text}");
}

const ZONES: &str = r#"
name = "is-3-az-worth-it"
[run]
horizon = "365d"
runs = 3
[region.r]
zones = 3
[client.u]
region = "r"
arrival = { process = "poisson", rate = "0.002/s" }
calls = [{ service = "api", timeout = "1s" }]
[service.api]
replicas = 6
quorum = 4
demand = "1ms"
[fault.replica]
kind = "crash"
on = "service.api.*"
time_to_failure = { distribution = "exponential", mean = "1000h" }
time_to_repair = { distribution = "exponential", mean = "1h" }
[fault.zone]
kind = "crash"
on = "zone.r.*"
time_to_failure = { distribution = "exponential", mean = "5000h" }
time_to_repair = { distribution = "exponential", mean = "2h" }
"#;

#[test]
fn the_plain_comparison_judges_services_with_a_quorum_exactly() {
    let folder = folder("zones", ZONES);
    let compare = |more: &[&str]| {
        let plain = ["compare", "scenario.toml", "--vary", "region.r.zones=1,2,3", "--no-plots", "--quiet"];
        out(&ninefold(&folder, &[&plain, more].concat()))
    };
    let text = compare(&[]);
    let section = text.split("\n\n").find(|part| part.starts_with("service.api/availability_time")).unwrap();
    for (zones, minutes) in [(1, "210.310 min"), (2, "420.526 min"), (3, "2.77793 min")] {
        let of = |line: &&str| line.contains(&format!(" zones={zones} ")) && line.contains("exactly");
        let line = section.lines().find(of).unwrap_or_else(|| panic!("{section}"));
        assert!(line.contains(&format!("down {minutes} a year")), "{line}");
    }
    assert!(section.lines().nth(1).unwrap().starts_with("  1.  zones=3"), "{section}");
    assert!(
        section.contains(
            "zones=3 has 99.3 % less unavailability (availability_time) than zones=2 (exact, failure-domains)"
        ),
        "{section}"
    );
    assert!(!text.contains("unfinished_ratio") && !text.contains("service.api/amplification"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&compare(&["--json"])).unwrap();
    let pairs = json["pairs"].as_array().unwrap();
    let of_service = pairs.iter().filter(|one| one["scope"] == "service.api").collect::<Vec<_>>();
    assert_eq!(of_service.len(), 3);
    assert!(of_service.iter().all(|one| one["decided_by"] == "failure-domains"), "{of_service:?}");
}

#[test]
fn what_retries_bring_is_shown_and_compared() {
    let retrying = r#"
name = "retrying"
[run]
horizon = "60s"
runs = 3
[client.user]
arrival = { process = "poisson", rate = "50/s" }
calls = [{ service = "api", timeout = "1s", retry = { policy = "fixed", attempts = 2, delay = "1ms" } }]
[service.api]
concurrency = 100
demand = "1ms"
error_ratio = 0.2
"#;
    let folder = folder("amplification", retrying);
    let text = out(&ninefold(&folder, &["run", "scenario.toml", "--no-plots", "--quiet"]));
    let service = text.split("service.api\n").nth(1).unwrap();
    assert!(service.contains("  amplification"), "{text}");
    let plain =
        ["compare", "scenario.toml", "--vary", "service.api.error_ratio=0.1,0.2", "--no-plots", "--quiet"];
    let text = out(&ninefold(&folder, &plain));
    assert!(text.contains("\nservice.api/amplification\n"), "{text}");
}

/// What `check` says of a queue at 2.5 Erlang per 4 slots of the fleet, with these keys.
fn checked(name: &str, shape: f64, keys: &str) -> String {
    let minimum = (shape - 1.0) / shape;
    let scenario = format!(
        r#"
name = "tail"
[run]
horizon = "100s"
runs = 3
[client.user]
arrival = {{ process = "poisson", rate = "2.5/s" }}
calls = "api"
[service.api]
replicas = 4
demand = {{ distribution = "pareto", minimum = "{minimum:.9}s", shape = {shape} }}
{keys}
"#
    );
    let folder = folder(name, &scenario);
    let text = chatter(&ninefold(&folder, &["check", "scenario.toml"]));
    let run = out(&ninefold(&folder, &["run", "scenario.toml", "--no-plots", "--quiet", "--all"]));
    let noted = |word: &str| run.lines().filter(|line| line.contains(word)).count();
    // Beside the estimate stands what is warned of, of the service and of its client.
    assert_eq!(noted("there is no mean") >= 3, text.contains("have no mean"), "{run}\n{text}");
    assert_eq!(noted("no variance") >= 3, text.contains("have no variance"), "{run}\n{text}");
    text
}

#[test]
fn waits_without_a_mean_or_a_variance_are_warned_of() {
    // One queue for the fleet: s = 4 - 2 = 2, so that the limits are 1 + 1/2 and 1 + 2/2.
    let one_queue = "queue = { at = \"service\" }";
    assert!(checked("tail-1", 1.5, one_queue).contains("\"api\" have no mean"));
    assert!(checked("tail-2", 1.51, one_queue).contains("\"api\" have no variance"));
    assert!(checked("tail-3", 2.0, one_queue).contains("\"api\" have no variance"));
    assert!(!checked("tail-4", 2.01, one_queue).contains("have no"));
    // A queue at each: one slot, limits 2 and 3.
    let random = "balancing = { policy = \"random\" }";
    assert!(checked("tail-5", 2.0, random).contains("have no mean"));
    assert!(checked("tail-6", 3.0, random).contains("have no variance"));
    assert!(!checked("tail-7", 3.01, random).contains("have no"));
    for bounded in [
        "queue = { at = \"service\", capacity = 10 }",
        "queue = { at = \"service\", patience = \"5s\" }",
        "queue = \"processor-sharing\"",
        "concurrency = \"unlimited\"",
    ] {
        assert!(!checked("tail-8", 1.4, bounded).contains("have no"), "{bounded}");
    }
}

#[test]
fn an_exact_answer_is_never_null() {
    let folder = folder("null", HANGS);
    let output = ninefold(&folder, &["solve", "mm1", "rate=1e-300", "service_mean=1e200", "--json"]);
    let text = out(&output);
    assert!(text.contains("\"value\": \"infinity\"") && !text.contains("null"), "{text}");
}
