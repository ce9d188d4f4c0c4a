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
        "[run]\nhorizon = \"1000s\"\nwindow = \"10s\"\nruns = 2\n{limits}\n\
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
fn the_timeline_joins_windows_until_it_is_short_enough() {
    let all = outcome("");
    let arrivals = |outcome: &Outcome| -> Vec<u64> {
        outcome.measurements[0].timeline.iter().map(|row| row.arrivals).collect()
    };
    let windows = arrivals(&all);
    assert_eq!(windows.len(), 100);
    for (most, joined) in [(100, 1), (99, 2), (7, 15), (1, 100)] {
        let some = outcome(&format!("timeline_max = {most}"));
        let expected: Vec<u64> = windows.chunks_exact(joined).map(|chunk| chunk.iter().sum()).collect();
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
