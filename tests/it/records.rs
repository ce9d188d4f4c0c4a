//! Files of records: one clock for all of them, times of every form, and nothing of a file that is no record.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ninefold::experiment::{Options, run};
use ninefold::scenario::{self, Places, Rejected, Scenario, Source};

use crate::program::{chatter, folder, ninefold, out};

/// Requests and an outage of the same day; two of the 24 requests meet the outage from 70 s to 90 s.
const SYSTEM: &str = r#"
name = "log-and-trace"
[run]
horizon = "120s"
runs = 2
RUN
[client.user]
arrival = { process = "replay", file = "requests.csv", column = "t" REQUESTS }
calls = [{ service = "api", timeout = "2s" }]
[service.api]
concurrency = 1000
demand = "10ms"
[fault.off]
kind = "crash"
on = "service.api.*"
replay = { file = "outage.csv", unit = "node", started = "down", ended = "up" OUTAGES }
"#;

/// What the keys of the run, of the requests and of the outages add to the system.
fn system([run, requests, outages]: [&str; 3]) -> String {
    SYSTEM.replace("RUN", run).replace("REQUESTS", requests).replace("OUTAGES", outages)
}

/// Seconds at which requests come.
fn requests() -> impl Iterator<Item = u32> {
    (30..50).chain([60, 75, 85, 100])
}

fn column(time: impl Fn(u32) -> String) -> String {
    requests().fold("t\n".to_owned(), |text, second| text + &time(second) + "\n")
}

fn load(text: &str, files: &[(&str, &str)]) -> Result<Scenario, Rejected> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let source = Source { name: "s.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places { folders: vec![folder.path().to_owned()] })
}

/// The share of requests that were answered.
fn answered(keys: [&str; 3], requests: &str, outage: &str) -> f64 {
    let files = [("requests.csv", requests), ("outage.csv", outage)];
    let loaded = load(&system(keys), &files).unwrap_or_else(|no| panic!("{:#?}", no.findings));
    let outcome = run(&loaded, &Options::default(), &()).unwrap();
    let found = outcome.estimates.iter().find(|one| one.metric == "availability_request");
    found.unwrap().value.unwrap()
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

/// What is wrong with the system, or suspect.
fn said(keys: [&str; 3], requests: &str, outage: &str) -> String {
    let files = [("requests.csv", requests), ("outage.csv", outage)];
    let findings = match load(&system(keys), &files) {
        Ok(loaded) => loaded.warnings,
        Err(rejected) => rejected.findings,
    };
    let lines =
        findings.0.iter().map(|one| format!("{}; {}\n", one.message, one.help.as_deref().unwrap_or("")));
    lines.collect()
}

const OUTAGE: &str = "node,down,up\n1,70,90\n";
const PLAIN: [&str; 3] = ["", "", ""];

#[test]
fn two_logs_of_one_day_keep_their_common_clock() {
    let seconds = column(|second| second.to_string());
    near(answered(PLAIN, &seconds, OUTAGE), 22.0 / 24.0);
    let milliseconds = column(|second| (second * 1000).to_string());
    near(answered(["", ", unit = \"ms\"", ""], &milliseconds, OUTAGE), 22.0 / 24.0);
    let hours = "node,down,up\n1,0.01944444444,0.025\n";
    near(answered(["", "", ", time_unit = \"h\""], &seconds, hours), 22.0 / 24.0);
    // The same instants with an offset, with another one, without any, and in Unix time.
    let utc = column(|second| format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60));
    let offset = "node,down,up\n1,2026-01-01T02:01:10+02:00,2025-12-31T19:01:30-05:00\n";
    near(answered(PLAIN, &utc, offset), 22.0 / 24.0);
    near(answered(PLAIN, &utc, "node,down,up\n1,2026-01-01 00:01:10,2026-01-01T00:01:30\n"), 22.0 / 24.0);
    near(answered(PLAIN, &utc, "node,down,up\n1,1767225670,1767225690\n"), 22.0 / 24.0);
}

#[test]
fn an_origin_says_when_the_run_begins() {
    let seconds = column(|second| second.to_string());
    // From 40 s on 14 requests are left, two of which meet the outage.
    for origin in ["origin = 40", "origin = \"40s\""] {
        near(answered([origin, "", ""], &seconds, OUTAGE), 12.0 / 14.0);
    }
    // A file with its own origin keeps its own clock: the outage begins with the run, as do 20 requests.
    near(answered(["", "", ", origin = 70"], &seconds, OUTAGE), 4.0 / 24.0);
    let dates = "node,down,up\n1,2026-01-01T00:00:40Z,2026-01-01T00:01:00Z\n";
    near(answered(["", "", ", origin = \"2026-01-01\""], &seconds, dates), 22.0 / 24.0);
    let utc = column(|second| format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60));
    let outage = "node,down,up\n1,2026-01-01T00:01:10Z,2026-01-01T00:01:30Z\n";
    for origin in ["origin = \"2026-01-01T00:00:40Z\"", "origin = 2026-01-01T01:00:40+01:00"] {
        near(answered([origin, "", ""], &utc, outage), 12.0 / 14.0);
    }
    let left_out = said(["origin = 40", "", ""], &seconds, OUTAGE);
    assert!(
        left_out.contains("10 rows of \"requests.csv\" lie before the run begins and are left out"),
        "{left_out}"
    );
}

#[test]
fn an_outage_without_an_end_is_open() {
    let seconds = column(|second| second.to_string());
    near(answered(PLAIN, &seconds, "node,down,up\n1,70,\n"), 21.0 / 24.0);
    // One that had begun before the run has what is left of it.
    near(answered(["origin = 35", "", ""], &seconds, "node,down,up\n1,20,40\n1,70,\n"), 11.0 / 19.0);
}

#[test]
fn clocks_that_cannot_be_one_are_refused_or_doubted() {
    let seconds = column(|second| second.to_string());
    let mixed = said(PLAIN, &seconds, "node,down,up\n1,70,2026-01-01T00:00:00Z\n");
    let expected =
        "outage.csv:2: \"2026-01-01T00:00:00Z\" is a time with an offset, but line 2 holds a number";
    assert!(mixed.contains(expected), "{mixed}");
    let mixed = said(PLAIN, &format!("{seconds}2026-01-01\n"), OUTAGE);
    assert!(
        mixed.contains("requests.csv:26: \"2026-01-01\" is a date or a time without an offset"),
        "{mixed}"
    );
    let apart = said(PLAIN, &seconds, "node,down,up\n1,2026-01-01,2026-01-02\n");
    assert!(apart.contains("these numbers and the dates of another file have no clock in common"), "{apart}");
    let utc = column(|second| format!("2026-01-01T00:00:{:02}Z", second % 60));
    let doubted = said(PLAIN, &utc, "node,down,up\n1,2026-01-01,2026-01-02\n");
    assert!(doubted.contains("have no offset, and those of another file do"), "{doubted}");
    let far = said(PLAIN, "t\n0\n1e13\n", OUTAGE);
    assert!(far.contains("years after the run begins"), "{far}");
}

#[test]
fn counts_lie_on_the_clock_of_the_other_files() {
    let text = r#"
[run]
horizon = "4h"
runs = 2
[client.user]
arrival = { process = "replay", file = "counts.csv", column = "n", period = "1h", begins = "2026-01-01T00:00:00Z" }
calls = [{ service = "api", timeout = "2s" }]
[service.api]
concurrency = 1000
demand = "10ms"
[fault.off]
kind = "crash"
on = "service.api.*"
replay = { file = "outage.csv", unit = "node", started = "down", ended = "up" }
"#;
    let outage = "node,down,up\n1,2026-01-01T02:00:00Z,2026-01-01T03:00:00Z\n";
    let files = [("counts.csv", "n\n10\n20\n30\n40\n"), ("outage.csv", outage)];
    let loaded = load(text, &files).unwrap();
    let outcome = run(&loaded, &Options::default(), &()).unwrap();
    let found = outcome.estimates.iter().find(|one| one.metric == "availability_request").unwrap();
    near(found.value.unwrap(), 0.7);
    let unsaid = load(&text.replace(", begins = \"2026-01-01T00:00:00Z\"", ""), &files).unwrap().warnings;
    assert!(unsaid.0.iter().any(|one| one.message.contains("nothing says when the counts")), "{unsaid:#?}");
}

#[test]
fn a_record_that_says_little_about_the_run_is_doubted() {
    let seconds = column(|second| second.to_string());
    let longer = |horizon: &str| {
        let text = system(PLAIN).replace("horizon = \"120s\"", &format!("horizon = \"{horizon}\""));
        let files = [("requests.csv", seconds.as_str()), ("outage.csv", OUTAGE)];
        let findings = load(&text, &files).unwrap().warnings;
        findings.0.iter().map(|one| one.message.clone() + "\n").collect::<String>()
    };
    assert!(
        longer("1h").contains("\"requests.csv\" ends at 1min 10s, before the horizon of 1h"),
        "{}",
        longer("1h")
    );
    assert!(!longer("80s").contains("before the horizon"), "{}", longer("80s"));
    // The last of many gaps is hardly ever the longest, but the whole may lie at the end.
    let late = said(["origin = 0", "", ""], "t\n115\n119\n", OUTAGE);
    assert!(late.contains("\"requests.csv\" covers 3.3 % of the horizon of 2min"), "{late}");
    let outside = said(["origin = 1000", "", ""], &seconds, OUTAGE);
    assert!(outside.contains("no row of \"requests.csv\" falls into the run"), "{outside}");
}

#[test]
fn numbers_that_look_like_milliseconds_are_doubted() {
    let unix = column(|second| format!("{}000", 1_767_225_600_u64 + u64::from(second)));
    let doubt = "the numbers of \"t\" look like ms and are read as seconds; write unit = \"ms\"";
    assert!(said(PLAIN, &unix, OUTAGE).contains(doubt), "{}", said(PLAIN, &unix, OUTAGE));
    let milliseconds = column(|second| (second * 1000).to_string());
    assert!(said(PLAIN, &milliseconds, OUTAGE).contains(doubt), "{}", said(PLAIN, &milliseconds, OUTAGE));
    let asked = said(["", ", unit = \"s\"", ""], &milliseconds, OUTAGE);
    assert!(!asked.contains("look like"), "{asked}");
    let law = |column: &str, values: &str| {
        let law = format!("{{ distribution = \"empirical\", file = \"l.csv\", column = \"{column}\" }}");
        let text = format!(
            "[run]\nhorizon = \"10min\"\n[client.c]\narrival = {{ process = \"poisson\", rate = \"1/s\" }}\n\
             calls = \"s\"\ntimeout = \"1s\"\n[service.s]\nreplicas = 900\ndemand = {law}\n"
        );
        let findings = load(&text, &[("l.csv", &format!("{column}\n{values}"))]).unwrap().warnings;
        findings.0.iter().map(|one| one.message.clone() + "\n").collect::<String>()
    };
    let doubt = "look like ms and are read as seconds";
    assert!(law("latency_ms", "0.1\n0.2\n").contains(doubt));
    assert!(law("latency", "80\n95\n210\n").contains(doubt));
    assert!(!law("latency", "0.08\n0.095\n0.21\n").contains(doubt));
}

#[test]
fn a_law_of_what_was_recorded_has_units_and_instants() {
    let mean = |keys: &str, text: &str| {
        let file = "distribution = \"empirical\", file = \"l.csv\"";
        let text = [
            "[run]\nhorizon = \"10d\"\n[client.c]\narrival = { process = \"poisson\", rate = \"1/d\" }\n",
            &format!("calls = \"s\"\ntimeout = \"1d\"\n[service.s]\ndemand = {{ {file}, {keys} }}\n|{text}"),
        ]
        .concat();
        let (text, csv) = text.split_once('|').unwrap();
        load(text, &[("l.csv", csv)]).map(|loaded| loaded.system.services[0].demand.mean())
    };
    near(mean("column = \"t\", unit = \"ms\"", "t\n250\n750\n").unwrap(), 0.5);
    let instants =
        "started,fixed\n2026-01-01T00:00:00Z,2026-01-01T01:00:00Z\n2026-01-02,2026-01-02T02:00:00Z\n";
    let keys = "column = \"started\", ended = \"fixed\"";
    let mixed = mean(keys, instants).unwrap_err();
    assert!(format!("{:?}", mixed.findings).contains("written in one form"), "{mixed:?}");
    near(mean(keys, &instants.replace("01-02,", "01-02T00:00:00Z,")).unwrap(), 5_400.0);
    let open = mean(keys, "started,fixed\n5,\n").unwrap_err();
    assert!(format!("{:?}", open.findings).contains("has no end"), "{open:?}");
}

/// Runs the program and says how it ended, what it said, and that it did so at once.
#[expect(clippy::disallowed_methods, reason = "the time that a user waits is what is tested")]
fn at_once(place: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let start = Instant::now();
    let output = ninefold(place, arguments);
    assert!(start.elapsed() < Duration::from_secs(5), "{arguments:?} took {:?}", start.elapsed());
    (output.status.code(), chatter(&output) + &out(&output))
}

#[cfg(unix)]
#[test]
fn what_is_no_record_is_refused_at_once_and_none_of_it_is_shown() {
    let outside = tempfile::tempdir().unwrap();
    let secret = "hunter2-is-secret";
    fs::write(outside.path().join("secret.csv"), format!("{secret}\n{secret}\n")).unwrap();
    fs::write(outside.path().join("secret.toml"), format!("[run]\n{secret}\n")).unwrap();
    let text = system(PLAIN);
    let place = folder(
        "records",
        "refused",
        &[("s.toml", &text), ("outage.csv", OUTAGE), ("requests.csv", "t\n1\n")],
    );
    let replaced = |file: &str| format!("client.user.arrival.file={file}");
    let refused = |arguments: &[&str], expected: &str| {
        let (code, said) = at_once(&place, arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected) && !said.contains("hunter2"), "{arguments:?}: {said}");
    };
    let link = |from: &str, to: &Path| std::os::unix::fs::symlink(to, place.join(from)).unwrap();
    link("link.csv", &outside.path().join("secret.csv"));
    link("link.toml", &outside.path().join("secret.toml"));
    link("away", outside.path());
    link("zero.csv", Path::new("/dev/zero"));
    assert!(std::process::Command::new("mkfifo").arg(place.join("pipe.csv")).status().unwrap().success());
    fs::File::create(place.join("sparse.csv")).unwrap().set_len(200_000_000_000).unwrap();
    // Within the limit of a file, but a single row of a gigabyte.
    fs::File::create(place.join("row.csv")).unwrap().set_len(1_000_000_000).unwrap();
    for (file, expected) in [
        ("link.csv", "a symbolic link leads from"),
        ("away/secret.csv", "a symbolic link leads from"),
        ("pipe.csv", "it is a pipe, not a regular file"),
        ("sparse.csv", "it is longer than 1073741824 bytes"),
        ("row.csv", "a row of it is longer than 1048576 bytes"),
        ("../secret.csv", "leads out of the folders"),
    ] {
        refused(&["check", "s.toml", "--set", &replaced(file)], expected);
    }
    let data = outside.path().display().to_string();
    let (_, allowed) = at_once(&place, &["check", "s.toml", "--data", &data, "--set", &replaced("link.csv")]);
    assert!(allowed.contains("has no column"), "{allowed}");
    refused(&["check", "link.toml"], "a symbolic link leads from");
    refused(&["check", "pipe.csv"], "is a pipe, not a regular file");
    refused(&["check", "/dev/zero"], "is a device, not a regular file");
    for (file, expected) in [
        ("pipe.csv", "it is a pipe"),
        ("zero.csv", "it is a device"),
        ("sparse.csv", "it is longer than"),
        ("row.csv", "a row of it is longer than"),
    ] {
        refused(&["fit", file, "--column", "t"], expected);
        if file != "row.csv" {
            refused(&["solve", "chain", file], expected);
        }
    }
    fs::write(place.join("e.toml"), "scenario = \"away/secret.toml\"\n[vary]\n\"run.runs\" = [1, 2]\n")
        .unwrap();
    refused(&["sweep", "e.toml", "--dry-run"], "a symbolic link leads from");
    fs::remove_file(place.join("sparse.csv")).unwrap();
    fs::remove_file(place.join("row.csv")).unwrap();
}

#[test]
fn fit_reads_times_of_rfc_3339_and_columns_of_counts() {
    let utc = "started,fixed\n2026-01-01T00:00:00Z,2026-01-01T01:00:00Z\n2026-01-02T00:00:00Z,2026-01-02T02:00:00Z\n\
               2026-01-03T00:00:00Z,2026-01-03T05:00:00Z\n2026-01-04T00:00:00Z,\n";
    let grouped = "time_ms,quantity,c\n40,1,0\n30.5,1,0\n33.5,1,0\n56,23,1\n";
    let few = format!("t,c\n1,0\n2,0\n3,0\n{}", "100,1\n".repeat(50));
    let place = folder("records", "fit", &[("utc.csv", utc), ("grouped.csv", grouped), ("few.csv", &few)]);
    let plain = ["--no-plots", "--resamples", "0"];
    let fit = |arguments: &[&str]| at_once(&place, &[&["fit"], arguments, &plain].concat());
    let (code, said) = fit(&["utc.csv", "--column", "started", "--ended", "fixed"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("3 durations from 60.0 min to 5.00 h") || said.contains("3 durations from "),
        "{said}"
    );
    let words = ["grouped.csv", "--column", "time_ms", "--count", "quantity", "--censored", "c"];
    let (code, said) = fit(&[&words[..], &["--law", "exponential", "--unit", "h"]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("23 more were not seen to end"), "{said}");
    // 104 h and 23 times 56 h, in which three ended.
    assert!(said.contains("mean = \"19.3333d\""), "{said}");
    let (_, said) = fit(&words);
    assert!(said.contains("look like ms and are read as seconds: --unit ms says so"), "{said}");
    let (code, said) = at_once(&place, &["fit", "few.csv", "--column", "t", "--censored", "c", "--no-plots"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("mean is extrapolated: 94 % of the record is censored"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
}
