//! Limits of what a run leaves behind: what is too much is counted, and no other number depends on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ninefold::experiment::{Options, Outcome, run};
use ninefold::scenario::{self, Places, Source};

/// A request every second of a thousand, and ten outages of the only replica.
fn text(limits: &str) -> String {
    let times: Vec<String> = (0..10).map(|number| format!("\"{}s\"", 50 + 90 * number)).collect();
    format!(
        "[run]\nhorizon = \"1000s\"\nwindow = \"10s\"\ntimeline_step = \"10s\"\nruns = 2\n{limits}\n\
         [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\ndemand = \"100ms\"\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = [{}]\nlasts = \"5s\"\n",
        times.join(", ")
    )
}

fn outcome(limits: &str) -> Outcome {
    let source = Source { name: "limits.toml".to_owned(), text: text(limits) };
    let loaded = scenario::load(source, &[], &Places::default()).unwrap();
    run(&loaded, &Options::default(), &()).unwrap()
}

/// Runs the program on the scenario in a folder of its own.
fn ninefold(name: &str, limits: &str) -> (PathBuf, Output) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("limits.toml"), text(limits)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ninefold"));
    command.args(["run", "limits.toml", "--no-plots", "--quiet", "--out", "results"]).current_dir(&folder);
    let output = command.output().unwrap();
    (folder.join("results"), output)
}

#[test]
fn incidents_beyond_the_limit_are_counted_only() {
    let all = outcome("");
    // Each crash is an outage of the service, too.
    assert_eq!(all.measurements.iter().map(|one| one.incidents.len()).collect::<Vec<_>>(), [20, 20]);
    for most in [0, 5, 20] {
        let some = outcome(&format!("incidents_max = {most}"));
        for (run, whole) in some.measurements.iter().zip(&all.measurements) {
            assert_eq!(run.incidents, whole.incidents[..most]);
            assert_eq!(run.incidents_dropped, 20 - most as u64);
        }
        assert_eq!((&some.values, &some.estimates), (&all.values, &all.estimates));
    }
    let (results, output) = ninefold("incidents", "incidents_max = 3");
    assert!(output.status.success());
    let rows = fs::read_to_string(results.join("incidents.csv")).unwrap();
    let rows: Vec<&str> = rows.lines().skip(1).collect();
    assert_eq!(rows.len(), 8, "{rows:?}");
    assert_eq!([rows[3], rows[7]], ["0,*,17 more,,,,", "1,*,17 more,,,,"]);
}

#[test]
fn the_timeline_joins_steps_until_it_is_short_enough() {
    let all = outcome("");
    let arrivals = |outcome: &Outcome| -> Vec<u64> {
        outcome.measurements[0].timeline.iter().map(|row| row.arrivals).collect()
    };
    let steps = arrivals(&all);
    assert_eq!(steps.len(), 100);
    for (most, joined) in [(100, 1), (99, 2), (7, 15), (1, 100)] {
        let some = outcome(&format!("timeline_max = {most}"));
        let expected: Vec<u64> = steps.chunks_exact(joined).map(|chunk| chunk.iter().sum()).collect();
        assert!(expected.len() <= most);
        assert_eq!(arrivals(&some), expected, "at most {most}");
        // Availability windows stay as they are.
        assert_eq!((&some.values, &some.estimates), (&all.values, &all.estimates));
    }
}

#[test]
fn a_run_of_too_many_events_ends_with_an_error_and_no_results() {
    let (results, output) = ninefold("events", "events_max = 1000");
    let chatter = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{chatter}");
    assert!(chatter.contains("run 0 of \"limits\" failed: the run was stopped after "), "{chatter}");
    assert!(!results.exists());
    let (results, output) = ninefold("enough", "events_max = 100000");
    assert!(output.status.success() && results.join("manifest.json").exists());
}

/// The outcome of one run of a client that has a request every second.
fn outcome_of(run: &str, parts: &str) -> Outcome {
    let text = format!(
        "[run]\nruns = 1\n{run}\n[client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\ndemand = \"100ms\"\n{parts}"
    );
    let source = Source { name: "limits.toml".to_owned(), text };
    let loaded = scenario::load(source, &[], &Places::default()).unwrap();
    run_loaded(&loaded)
}

fn run_loaded(loaded: &scenario::Scenario) -> Outcome {
    run(loaded, &Options::default(), &()).unwrap()
}

#[test]
fn no_timeline_is_empty_and_its_steps_read_well() {
    for (span, step, rows) in [
        ("horizon = \"60s\"", 0.2, 300),
        ("horizon = \"200s\"", 1.0, 200),
        ("horizon = \"1h\"", 15.0, 240),
        ("horizon = \"1h\"\ntransient = \"3590s\"", 10.0, 1),
        ("horizon = \"1h\"\ntransient = \"50min\"", 15.0, 40),
        ("horizon = \"6h\"\ntimeline_step = \"90min\"", 5_400.0, 4),
        ("horizon = \"10s\"\ntimeline_step = \"1h\"", 10.0, 1),
    ] {
        let timeline = &outcome_of(span, "").measurements[0].timeline;
        assert_eq!(timeline.len(), rows, "{span}");
        let first = timeline[0].start.as_secs();
        for (number, row) in timeline.iter().enumerate() {
            assert!((row.start.as_secs() - first - step * number as f64).abs() < 1e-9, "{span}: {row:?}");
        }
    }
}

#[test]
fn steps_of_the_timeline_and_windows_do_not_meddle_with_each_other() {
    let fault =
        "[fault.f]\nkind = \"hang\"\non = \"service.s.1\"\nat = [\"95s\", \"333s\"]\nlasts = \"20s\"\n";
    let outcome = |window: u32, step: u32| {
        let run = format!(
            "horizon = \"1000s\"\ntransient = \"3s\"\nwindow = \"{window}s\"\ntimeline_step = \"{step}s\"\ntimeline_max = 5000"
        );
        outcome_of(&run, fault)
    };
    let plain = outcome(7, 7);
    for step in [1, 3, 10, 400] {
        let other = outcome(7, step);
        assert_eq!((&other.values, &other.estimates), (&plain.values, &plain.estimates), "steps of {step} s");
        let rows = &other.measurements[0].timeline;
        assert_eq!(rows.len() as u32, 997 / step);
        // A request every second, each in the step in which it arrived, whenever it was answered.
        assert!(
            rows.iter().all(|row| row.arrivals == u64::from(step) && row.good + row.failed == row.arrivals)
        );
    }
    assert_eq!(outcome(13, 3).measurements[0].timeline, outcome(7, 3).measurements[0].timeline);
}

#[test]
fn a_window_that_is_longer_than_what_is_measured_warns_where_it_is_asked_for() {
    let warned = |run: &str, more: &str| {
        let text = format!(
            "[run]\nhorizon = \"100s\"\n{run}\n[service.s]\n[client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n{more}"
        );
        let source = Source { name: "limits.toml".to_owned(), text };
        let loaded = scenario::load(source, &[], &Places::default()).unwrap();
        loaded.warnings.0.iter().any(|one| one.message.contains("no window of 5min fits"))
    };
    assert!(!warned("", ""));
    assert!(warned("window = \"5min\"", ""));
    assert!(warned("", "[objective]\n\"client.c/availability_window_mean\" = \">= 99%\"\n"));
    assert!(!warned("window = \"50s\"", "[objective]\n\"client.c/availability_window_mean\" = \">= 99%\"\n"));
}

#[test]
fn many_replicas_have_no_rows_unless_they_are_asked_for() {
    let rows = |replicas: u32, more: &str| {
        let text = format!(
            "[run]\nhorizon = \"1h\"\nruns = 2\n{more}\n[service.s]\nreplicas = {replicas}\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"10h\"\ntime_to_repair = \"1h\"\n\
             [objective]\n\"service.s.7/mttf\" = \">= 1h\"\n"
        );
        let source = Source { name: "limits.toml".to_owned(), text };
        let found = run_loaded(&scenario::load(source, &[], &Places::default()).unwrap());
        let seats = |scope: &str| scope.starts_with("service.s.");
        let estimates = found.estimates.iter().filter(|one| seats(&one.scope)).count();
        assert_eq!(found.values.iter().filter(|one| seats(&one.scope)).count(), 2 * estimates);
        assert!(found.estimates.iter().any(|one| one.scope == "service.s.7" && one.metric == "mttf"));
        estimates
    };
    let each = rows(1_000, "") / 1_000;
    assert!(each > 3, "{each} rows for each replica");
    assert_eq!(rows(1_001, ""), 1);
    assert_eq!(rows(1_001, "per_seat = \"auto\""), 1);
    assert_eq!(rows(1_001, "per_seat = true"), 1_001 * each);
    assert_eq!(rows(10, "per_seat = false"), 1);
    assert_eq!(rows(10, "per_seat = true"), 10 * each);
}
