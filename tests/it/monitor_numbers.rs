//! Monitors watch numbers of clients, services, functions and queues, late or early, and follow from each other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ninefold::experiment::{Options, Outcome, log_events, run};
use ninefold::scenario::{self, Places, Scenario, Source};

fn load(text: &str) -> Scenario {
    let source = Source { name: "monitor.toml".to_owned(), text: text.to_owned() };
    let places = Places { folders: vec![PathBuf::new()] };
    scenario::load(source, &[], &places).unwrap_or_else(|rejected| {
        panic!("{}", scenario::render(&rejected.findings, &rejected.sources, false))
    })
}

fn outcome(text: &str) -> Outcome {
    run(&load(text), &Options { threads: Some(1), ..Options::default() }, &()).unwrap()
}

fn value(outcome: &Outcome, metric: &str) -> Option<f64> {
    let (scope, name) = metric.split_once('/').unwrap();
    let found = outcome.values.iter().find(|one| &*one.scope == scope && &*one.metric == name);
    found.unwrap_or_else(|| panic!("there is no {metric}")).value
}

/// When a monitor says what, from the event log: seconds, and the line without `alarm_`.
fn said(text: &str, monitor: &str) -> Vec<(f64, String)> {
    let mut out = Vec::new();
    log_events(&load(text), None, &(), &mut out).unwrap();
    let lines = csv::Reader::from_reader(out.as_slice());
    let lines = lines.into_deserialize::<BTreeMap<String, String>>().map(Result::unwrap);
    let own = lines.filter(|line| line["subject"] == format!("monitor.{monitor}"));
    own.filter_map(|line| {
        let word = line["event"].strip_prefix("alarm_")?.to_owned();
        Some((line["time_s"].parse().unwrap(), word))
    })
    .collect()
}

/// What an alarm over periods of 10 s says in the end, where a period has a good request (`0`), one that fails (`X`) or
/// none (`-`).
fn said_of(range: &str, (datapoints, periods): (u32, u32), missing: &str) -> String {
    let instants = |wanted: &str| {
        let marks = range.chars().enumerate().filter(|(_, mark)| wanted.contains(*mark));
        let list: Vec<String> = marks.map(|(place, _)| format!("\"{}s\"", place * 10 + 2)).collect();
        list.join(", ")
    };
    let arrivals = instants("0X");
    let client = if arrivals.is_empty() {
        String::new()
    } else {
        format!("[client.c]\narrival = {{ process = \"schedule\", at = [{arrivals}] }}\ncalls = \"s\"\n")
    };
    let wrong = instants("X");
    let fault = if wrong.is_empty() {
        String::new()
    } else {
        format!(
            "[fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = [{wrong}]\nlasts = \"5s\"\n"
        )
    };
    let text = format!(
        "[run]\nhorizon = \"55s\"\nruns = 1\n{client}[service.s]\ndemand = \"100ms\"\n{fault}\
         [monitor.m]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"10%\"\nperiod = \"10s\"\n\
         datapoints = {datapoints}\nperiods = {periods}\nmissing = \"{missing}\"\n{NOTIFIES}\n"
    );
    said(&text, "m").last().map_or("unknown".to_owned(), |(_, word)| word.clone())
}

/// What makes a monitor do nothing.
const NOTIFIES: &str = "does = \"notify\"";

#[test]
fn a_run_says_of_periods_what_the_published_tables_say() {
    let [ok, raised, unknown] = ["ok", "raised", "unknown"];
    // Rows of the tables of the CloudWatch user guide; what is kept is what was said before, which is nothing.
    let rows = [
        ((3, 3), "0-X-X", [ok, ok, ok, ok]),
        ((3, 3), "0----", [ok, ok, ok, ok]),
        ((3, 3), "-----", [unknown, unknown, raised, ok]),
        ((3, 3), "0XX-X", [raised, raised, raised, raised]),
        ((3, 3), "--X--", [raised, unknown, raised, ok]),
        ((2, 3), "0-X-X", [raised, raised, raised, raised]),
        ((2, 3), "00X0X", [raised, raised, raised, raised]),
        ((2, 3), "0-X--", [ok, ok, raised, ok]),
        ((2, 3), "----0", [ok, ok, raised, ok]),
        ((2, 3), "---X-", [raised, unknown, raised, ok]),
        // A lone wrong period that is too young raises no alarm.
        ((3, 3), "----X", [unknown, unknown, raised, ok]),
        ((3, 3), "---X-", [unknown, unknown, raised, ok]),
    ];
    let treatments = ["missing", "ignore", "breaching", "not-breaching"];
    for (rule, range, expected) in rows {
        for (missing, expected) in treatments.into_iter().zip(expected) {
            assert_eq!(said_of(range, rule, missing), expected, "{rule:?} {range} {missing}");
        }
    }
}

/// A request each second, of 100 ms but for one of 955 ms and one that fails in the third minute: a twentieth of 900 ms is
/// 45 ms of work.
fn watched(monitor: &str) -> String {
    format!(
        "[run]\nhorizon = \"10min\"\nruns = 1\n\
         [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\nconcurrency = 10\ndemand = \"100ms\"\n\
         [fault.slow]\nkind = \"slow\"\nfactor = 20\non = \"service.s\"\nat = \"130s\"\nlasts = \"900ms\"\n\
         [fault.wrong]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"140s\"\nlasts = \"100ms\"\n\
         [monitor.m]\nkind = \"alarm\"\n{monitor}\n{NOTIFIES}\n"
    )
}

#[test]
fn each_number_is_taken_over_its_period() {
    let rows = [
        ("metric = \"client.c/latency_max\"\nabove = \"900ms\"", Some(180.0)),
        ("metric = \"service.s/latency\"\nstatistic = \"max\"\nabove = \"900ms\"", Some(180.0)),
        ("metric = \"client.c/latency_mean\"\nabove = \"114ms\"", Some(180.0)),
        ("metric = \"client.c/latency_mean\"\nabove = \"115ms\"", None),
        // Of 60 latencies 99 % are all.
        ("metric = \"client.c/latency_p99\"\nabove = \"900ms\"", Some(180.0)),
        ("metric = \"client.c/latency_p99\"\nperiod = \"200s\"\nabove = \"900ms\"", None),
        ("metric = \"client.c/errors\"\nabove = 0.5", Some(180.0)),
        ("metric = \"client.c/errors\"\nabove = 1.5", None),
        ("metric = \"service.s/errors\"\nabove = 0", Some(180.0)),
        // What fails has no latency that counts: 59 in the third minute.
        ("metric = \"client.c/latency\"\nstatistic = \"count\"\nbelow = 58.5", None),
        (
            "metric = \"client.c/latency\"\nstatistic = \"count\"\nperiod = \"1min\"\nabove = 59.5",
            Some(120.0),
        ),
        ("metric = \"client.c/throughput\"\nabove = \"0.9/s\"", Some(60.0)),
        // One request a second under way for 0.1 s.
        ("metric = \"client.c/in_system_mean\"\nabove = 0.09", Some(60.0)),
        ("metric = \"client.c/in_system_mean\"\nabove = 0.14", None),
        ("metric = \"client.c/failure_ratio\"\nabove = \"1%\"", Some(180.0)),
        // Late by what it takes to take the numbers in, and then by when they are looked at.
        ("metric = \"client.c/errors\"\nabove = 0\ndelay = \"90s\"", Some(270.0)),
        ("metric = \"client.c/errors\"\nabove = 0\ndelay = \"90s\"\nevery = \"1min\"", Some(300.0)),
        ("metric = \"client.c/errors\"\nabove = 0\nperiod = \"50s\"\nevery = \"1min\"", Some(180.0)),
    ];
    for (monitor, expected) in rows {
        let raised = said(&watched(monitor), "m");
        let first = raised.iter().find(|(_, word)| word == "raised").map(|(at, _)| *at);
        assert_eq!(first, expected, "{monitor}");
    }
}

#[test]
fn functions_and_queues_have_numbers_of_their_own() {
    // Nine calls at once, of which a function takes four at a time, start four instances and throttle five.
    let calls = |service: &str, count: usize| vec![format!("\"{service}\""); count].join(", ");
    let function = |monitor: &str| {
        let calls = calls("f", 9);
        format!(
            "[run]\nhorizon = \"1min\"\nruns = 1\n\
             [client.c]\narrival = {{ process = \"schedule\", at = [\"12s\"] }}\n\
             calls = [{calls}]\n\
             [service.f]\ndemand = \"5s\"\nfunction = {{ max_instances = 4 }}\n\
             [monitor.m]\nkind = \"alarm\"\nperiod = \"10s\"\n{monitor}\n{NOTIFIES}\n"
        )
    };
    for (monitor, expected) in [
        ("metric = \"service.f/cold_starts\"\nabove = 3.5", Some(20.0)),
        ("metric = \"service.f/cold_starts\"\nabove = 4", None),
        ("metric = \"service.f/throttles\"\nabove = 4.5", Some(20.0)),
        ("metric = \"service.f/throttles\"\nabove = 5", None),
        // Four for half of the period.
        ("metric = \"service.f/concurrency\"\nabove = 1.9", Some(20.0)),
        ("metric = \"service.f/concurrency\"\nabove = 2.1", None),
        // Four at once, and never more.
        ("metric = \"service.f/concurrency_max\"\nabove = 3.9", Some(20.0)),
        ("metric = \"service.f/concurrency\"\nstatistic = \"max\"\nabove = 3.9", Some(20.0)),
        ("metric = \"service.f/concurrency_max\"\nabove = 4", None),
    ] {
        let raised = said(&function(monitor), "m");
        let first = raised.iter().find(|(_, word)| word == "raised").map(|(at, _)| *at);
        assert_eq!(first, expected, "{monitor}");
    }
    // Five messages at 2 s, one of which is done every 10 s: the oldest is 8 s old at 10 s, and 48 s at 50 s.
    let queue = |monitor: &str| {
        let calls = calls("q", 5);
        format!(
            "[run]\nhorizon = \"2min\"\nruns = 1\n\
             [client.c]\narrival = {{ process = \"schedule\", at = [\"2s\"] }}\n\
             calls = [{calls}]\n\
             [queue.q]\nvisibility = \"1h\"\n\
             [service.w]\nreplicas = 1\ndemand = \"10s\"\nconsumes = {{ from = \"queue.q\" }}\n\
             [monitor.m]\nkind = \"alarm\"\nperiod = \"10s\"\n{monitor}\n{NOTIFIES}\n"
        )
    };
    for (monitor, expected) in [
        ("metric = \"queue.q/age_max\"\nabove = \"7900ms\"", Some(10.0)),
        ("metric = \"queue.q/age_max\"\nabove = \"47s\"", Some(50.0)),
        ("metric = \"queue.q/age_max\"\nabove = \"49s\"", None),
        // Four wait from 2 s on, three from 12 s on.
        ("metric = \"queue.q/backlog_mean\"\nabove = 3.1", Some(10.0)),
        ("metric = \"queue.q/backlog_mean\"\nabove = 3.3", None),
        ("metric = \"service.w/backlog_mean\"\nabove = 3.1", Some(10.0)),
    ] {
        let raised = said(&queue(monitor), "m");
        let first = raised.iter().find(|(_, word)| word == "raised").map(|(at, _)| *at);
        assert_eq!(first, expected, "{monitor}");
    }
}

#[test]
fn each_alarm_has_the_most_of_its_own_periods() {
    // Three at once from 12 s to 17 s and from 48 s to 53 s, and one from 33 s to 38 s; measured is from 14 s on.
    let text = format!(
        "[run]\nhorizon = \"80s\"\ntransient = \"14s\"\nruns = 1\n\
         [client.c]\narrival = {{ process = \"schedule\", at = [\"12s\", \"12s\", \"12s\", \"33s\", \"48s\", \"48s\", \"48s\"] }}\n\
         calls = \"f\"\n\
         [service.f]\ndemand = \"5s\"\nfunction = {{ max_instances = 9 }}\n\
         [monitor.short]\nkind = \"alarm\"\nmetric = \"service.f/concurrency_max\"\nperiod = \"5s\"\nabove = 2\n{NOTIFIES}\n\
         [monitor.long]\nkind = \"alarm\"\nmetric = \"service.f/concurrency_max\"\nperiod = \"30s\"\nabove = 2\n{NOTIFIES}\n\
         [monitor.any]\nkind = \"alarm\"\nmetric = \"service.f/concurrency_max\"\nperiod = \"10s\"\nabove = 0\n{NOTIFIES}\n"
    );
    // What is said first is that all is well.
    let times = |monitor: &str| {
        let said = said(&text, monitor).into_iter().map(|(at, _)| at);
        said.skip(usize::from(monitor != "long")).collect::<Vec<_>>()
    };
    assert_eq!(times("short"), [15.0, 25.0, 50.0, 60.0]);
    assert_eq!(times("long"), [30.0]);
    assert_eq!(times("any"), [20.0, 30.0, 40.0, 70.0]);
}

#[test]
fn a_composite_follows_from_others() {
    let text = |rule: &str| {
        watched(&format!(
            "metric = \"client.c/errors\"\nabove = 0\ndoes = \"notify\"\n\
             [monitor.slow]\nkind = \"alarm\"\nmetric = \"client.c/latency_max\"\nabove = \"900ms\"\ndatapoints = 1\nperiods = 3\n\
             does = \"notify\"\n[monitor.both]\nkind = \"composite\"\nrule = \"{rule}\""
        ))
    };
    let said = |rule: &str| said(&text(rule), "both");
    let line = |at: f64, word: &str| (at, word.to_owned());
    // Errors are seen from 180 s to 240 s, slowness from 180 s to 360 s; both are judged at each minute.
    let (one, other) = (line(60.0, "ok"), line(180.0, "raised"));
    assert_eq!(said("monitor.m and monitor.slow"), [one.clone(), other.clone(), line(240.0, "ok")]);
    assert_eq!(said("monitor.m or monitor.slow"), [one.clone(), other, line(360.0, "ok")]);
    // What holds of both at one instant is judged once, behind both.
    assert_eq!(said("monitor.slow and not monitor.m"), [one, line(240.0, "raised"), line(360.0, "ok")]);
}

#[test]
fn a_burn_rate_is_one_of_an_objective() {
    let text = |keys: &str| {
        format!(
            "[run]\nhorizon = \"4h\"\nruns = 1\n\
             [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
             [service.s]\ndemand = \"100ms\"\n\
             [fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"2h\"\nlasts = \"5min\"\n\
             [objective]\n\"client.c/availability_request\" = \">= 99.9%\"\n\
             [monitor.m]\nkind = \"burn-rate\"\nobjective = \"client.c/availability_request\"\nevery = \"1s\"\n{keys}\n\
             {NOTIFIES}\n"
        )
    };
    let window = "windows = [{ burn = 14.4, long = \"1h\", short = \"5min\" }]";
    // 14.4 x 0.001 x 3600 s = 51.84 s of failures; over when fewer than five of the last 300 s have any: 296 s after them.
    let line = |at: f64, word: &str| (at, word.to_owned());
    let expected = [line(1.0, "ok"), line(7252.0, "raised"), line(7796.0, "ok")];
    assert_eq!(said(&text(window), "m"), expected);
    // Over the six hours of the other pair there are two: 44 of 7,244 are more than six times a thousandth.
    assert_eq!(said(&text("windows = \"sre-workbook-page\""), "m")[1], line(7244.0, "raised"));
    let outcome = outcome(&text(window));
    assert_eq!(value(&outcome, "monitor.m/mttd"), Some(52.0));
    assert_eq!([value(&outcome, "monitor.m/recall"), value(&outcome, "monitor.m/precision")], [Some(1.0); 2]);
    assert_eq!(value(&outcome, "monitor.m/alarms_false_per_month"), Some(0.0));
    // Half as much of a budget is burnt twice as fast.
    let half = said(&text(&format!("{window}\ntarget = \"99.8%\"")), "m");
    assert_eq!(half[1], line(7304.0, "raised"));
    // A lone failure in a window of few is no sign where more are asked for.
    assert_eq!(said(&text(&format!("{window}\nrequests_min = 3601")), "m"), [line(1.0, "ok")]);
}

#[test]
fn an_anomaly_is_far_from_what_is_usual() {
    let keys = "metric = \"client.c/latency_mean\"\nperiod = \"10s\"\nmemory = \"1min\"";
    let text = watched(
        "metric = \"client.c/errors\"\nabove = 0\ndoes = \"notify\"\n[monitor.far]\nkind = \"anomaly\"\n",
    )
    .replace("kind = \"anomaly\"\n\n", &format!("kind = \"anomaly\"\n{keys}\n"))
    .replace(
        "demand = \"100ms\"",
        "demand = { distribution = \"uniform\", low = \"90ms\", high = \"110ms\" }",
    );
    let said = said(&text, "far");
    // Six values are waited for, and the seventh is judged; the slow request ends at 132 s.
    assert_eq!(said[0], (70.0, "ok".to_owned()));
    assert!(
        said.contains(&(140.0, "raised".to_owned())) && said.contains(&(150.0, "ok".to_owned())),
        "{said:?}"
    );
}

#[test]
fn faults_that_no_look_was_at_are_not_missed() {
    let outcome = outcome(
        "[run]\nhorizon = \"100h\"\nruns = 1\n[service.s]\nreplicas = 2\n[service.t]\nreplicas = 2\n\
         [fault.f]\nkind = \"slow\"\nfactor = 2\non = [\"service.s.1\", \"service.t.*\"]\nevery = \"1h\"\nlasts = \"10min\"\n\
         [monitor.all]\nkind = \"poll\"\non = [\"service.s.*\", \"service.t.*\"]\ninterval = \"1min\"\ndoes = \"notify\"\n\
         [monitor.some]\nkind = \"poll\"\non = \"service.s.*\"\ninterval = \"1min\"\ndoes = \"notify\"\n\
         [monitor.rare]\nkind = \"poll\"\non = \"service.t.*\"\ninterval = \"4h\"\ndoes = \"notify\"\n"
            .replace("every = \"1h\"\n", "at = [\"1h\", \"20h\", \"50h\", \"70h\"]\n")
            .as_str(),
    );
    let recall = |name: &str| value(&outcome, &format!("monitor.{name}/recall"));
    assert_eq!([recall("all"), recall("some")], [Some(1.0), Some(1.0)]);
    assert!(recall("rare").unwrap() < 1.0);
    assert_eq!(value(&outcome, "monitor.all/precision"), Some(1.0));
}
