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
    assert_eq!([rows[3], rows[7]], ["0,*,17 more,,,,,,", "1,*,17 more,,,,,,"]);
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

/// Runs the program on a shop in a folder of its own, with so much address space that what takes memory fails.
fn costly(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let shop = "[run]\nhorizon = \"60s\"\nruns = 2\n\
        [client.c]\narrival = { process = \"poisson\", rate = \"5/s\" }\ncalls = \"s\"\ntimeout = \"2s\"\n\
        [service.s]\ndemand = { distribution = \"exponential\", mean = \"10ms\" }\nreplicas = 3\n";
    let folder = crate::program::folder("costly", name, &[("shop.toml", shop)]);
    let claim = "[[claim]]\npredicts = \"client.c/latency_mean\"\nvalue = \"10ms\"\ntolerance = 0.9\nexpect = \"holds\"\n\
                 runs_max = 4294967295\n";
    fs::write(folder.join("claim.toml"), format!("{shop}{claim}")).unwrap();
    let fault = "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
        time_to_failure = \"1ns\"\ntime_to_repair = \"1ns\"\n";
    fs::write(folder.join("fault.toml"), format!("{shop}{fault}")).unwrap();
    let experiment = "scenario = \"shop.toml\"\n[vary]\n\
        \"run.horizon\" = { from = \"10s\", to = \"100s\", steps = 1_000_000 }\n";
    fs::write(folder.join("million.toml"), experiment).unwrap();
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 3000000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ninefold")]);
        shell
    } else {
        Command::new(env!("CARGO_BIN_EXE_ninefold"))
    };
    let output = command.args(arguments).current_dir(&folder).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_a_file_may_cost_is_limited_before_it_runs() {
    let replicas = "service.s.replicas=1000";
    let seeds: Vec<String> = (1..=3000).map(|seed| seed.to_string()).collect();
    let seeds = format!("run.seed={}", seeds.join(","));
    let draws = "service.s.balancing={ policy = \"power-of-d\", choices = 4294967295, replacement = true }";
    let least = "service.s.balancing={ policy = \"least-request\", choices = 4294967295 }";
    let random = "service.s.balancing={ policy = \"random-draws\", draws = 4294967295 }";
    let ring = "service.s.balancing={ policy = \"ring-hash\", ring_size_min = 8388608, balancers = 100 }";
    let run = |set: &'static str| vec!["run", "shop.toml", "--set", set];
    let cases: Vec<(&str, Vec<&str>)> = vec![
        ("windows", run("run.window=1ns")),
        ("runs", run("run.runs=1000000000")),
        ("runs", vec!["run", "shop.toml", "--runs", "4294967295"]),
        (
            "runs",
            run("run.precision={ metric = \"client.c/goodput\", relative = \"1%\", runs_max = 4294967295 }"),
        ),
        ("runs", vec!["compare", "shop.toml", "--vary", "run.seed=1,2", "--runs-max", "4294967295"]),
        ("runs", vec!["sweep", "shop.toml", "--vary", "run.seed=1,2", "--runs", "4294967295"]),
        ("runs", vec!["verify", "claim.toml"]),
        ("picks", run(draws)),
        ("picks", run(least)),
        ("picks", run(random)),
        ("views", run(ring)),
        (
            "views",
            vec!["run", "shop.toml", "--set", replicas, "--set", "service.s.balancing.balancers=1000000"],
        ),
        ("threads", vec!["run", "shop.toml", "--threads", "1000000"]),
        ("threads", vec!["verify", "claim.toml", "--threads", "1000000"]),
        ("variants", vec!["compare", "shop.toml", "--vary", &seeds]),
        ("variants", vec!["compare", "shop.toml", "--vary", &seeds, "--vary", &seeds, "--vary", &seeds]),
        ("points", vec!["sweep", "million.toml", "--dry-run"]),
        ("events", run("client.c.arrival.rate=\"1e12/s\"")),
        ("rows", vec!["run", "shop.toml", "--set", "run.runs=10", "--limit", "rows=100"]),
        ("memory", vec!["run", "shop.toml", "--limit", "memory=1MB"]),
        ("windows", vec!["check", "shop.toml", "--set", "run.window=1ns"]),
        ("points", vec!["sweep", "plan", "million.toml", "--shards", "2"]),
    ];
    for (limit, arguments) in cases {
        let (code, said) = costly("refused", &arguments);
        let named = format!("{limit}, and the limit is ");
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        let twice = said.lines().any(|line| line.matches("and the limit is").count() > 1);
        assert!(!twice, "{arguments:?}: {said}");
        assert!(
            said.contains(&named) || said.contains(&format!("--limit {limit}=")),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn what_is_allowed_by_name_runs() {
    let (code, said) = costly("allowed", &["run", "shop.toml", "--limit", "runs=1", "--no-plots"]);
    assert_eq!(code, Some(2), "{said}");
    let allowed = ["run", "shop.toml", "--limit", "runs=1", "--limit", "runs=2", "--no-plots"];
    assert_eq!(costly("allowed", &allowed).0, Some(0));
    let (code, said) = costly("allowed", &["run", "shop.toml", "--limit", "rnus=1"]);
    assert!(code == Some(2) && said.contains("did you mean \"runs\""), "{said}");
    for (name, set) in [
        ("slots", "service.s.concurrency=4294967295"),
        ("places", "service.s.queue.capacity=4294967295"),
        ("batches", "run.batches=1000"),
    ] {
        let (code, said) = costly(name, &["run", "shop.toml", "--no-plots", "--set", set]);
        assert_eq!(code, Some(0), "{set}: {said}");
    }
}

#[test]
fn a_run_whose_clock_stands_still_is_stopped_and_those_before_it_are_kept() {
    let closed = "client.c.arrival={ process = \"closed\", users = 2, think = \"0s\" }";
    let still = ["run", "shop.toml", "--set", closed, "--set", "service.s.demand=0s", "--no-plots"];
    let (code, said) = costly("still", &[&still[..], &["--limit", "standstill=1000000"]].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("time all but stands still"), "{said}");
    let (code, said) = costly(
        "fault",
        &["run", "fault.toml", "--limit", "standstill=1000000", "--limit", "events=1000000000000"],
    );
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("time all but stands still"), "{said}");
    // The limit lies between the events of the first runs and those of a later one that has more.
    let shop = |limits: &str| {
        let between = "{ distribution = \"exponential\", mean = \"300ms\" }";
        text(limits)
            .replace("runs = 2", "runs = 40")
            .replace("between = \"1s\"", &format!("between = {between}"))
    };
    let source = Source { name: "limits.toml".to_owned(), text: shop("") };
    let loaded = scenario::load(source, &[], &Places::default()).unwrap();
    let whole = run(&loaded, &Options::default(), &()).unwrap();
    let events: Vec<u64> = whole.measurements.iter().map(|one| one.events).collect();
    let costly =
        (2..events.len()).find(|run| events[..*run].iter().all(|one| one + 20 < events[*run])).unwrap();
    let most = events[..costly].iter().max().unwrap().midpoint(events[costly]);
    let text = shop(&format!("events_max = {most}"));
    let folder = crate::program::folder("costly", "kept", &[("limits.toml", &text)]);
    let arguments = ["run", "limits.toml", "--no-plots", "--out", "r", "--threads", "2", "--json"];
    let output = crate::program::ninefold(&folder, &arguments);
    let said = crate::program::chatter(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the run was stopped after"), "{said}");
    let manifest = fs::read_to_string(folder.join("r/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let runs = manifest["runs"].as_u64().unwrap();
    assert!(runs == costly as u64 && manifest["runs_planned"] == 40, "{manifest}");
    assert!(said.contains(&format!("run {runs} of")), "{said}");
}
