//! The event log: every event of a small scenario, in the order of cause and effect.

use std::collections::BTreeMap;
use std::path::Path;

use ninefold::engine;
use ninefold::experiment::log_events;
use ninefold::scenario::{self, Places, Scenario, Source};

/// One line of the log by column.
type Line = BTreeMap<String, String>;

fn log(parts: &str) -> Vec<Line> {
    log_of(&scenario(&format!("[run]\nhorizon = \"10s\"\n{parts}")))
}

fn scenario(text: &str) -> Scenario {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let source = Source { name: "events.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places { folders: vec![data] }).unwrap()
}

fn log_of(scenario: &Scenario) -> Vec<Line> {
    let mut out = Vec::new();
    log_events(scenario, None, &(), &mut out).unwrap();
    csv::Reader::from_reader(out.as_slice()).deserialize().map(|line| line.unwrap()).collect()
}

/// The values of a column in the lines of one event.
fn column<'l>(lines: &'l [Line], event: &str, column: &str) -> Vec<&'l str> {
    lines.iter().filter(|line| line["event"] == event).map(|line| line[column].as_str()).collect()
}

#[test]
fn causes_stand_before_their_effects() {
    let lines =
        log("[client.c]\narrival = { process = \"replay\", file = \"three.csv\", column = \"second\" }\n\
         calls = \"s\"\n[service.s]\ndemand = \"2s\"\n");
    let events: Vec<String> =
        lines.iter().map(|line| format!("{} {}", &line["time_s"][..1], line["event"])).collect();
    let expected = [
        "0 request_arrived",
        "0 attempt_sent",
        "0 attempt_admitted",
        "0 service_began",
        "1 request_arrived",
        "1 attempt_sent",
        "1 attempt_admitted",
        // A slot is left before the next one has it.
        "2 attempt_left",
        "2 service_began",
        "2 attempt_ended",
        "2 request_ended",
        "2 request_arrived",
        "2 attempt_sent",
        "2 attempt_admitted",
        "4 attempt_left",
        "4 service_began",
        "4 attempt_ended",
        "4 request_ended",
        "6 attempt_left",
        "6 attempt_ended",
        "6 request_ended",
    ];
    assert_eq!(events, expected);
    assert_eq!(column(&lines, "request_ended", "arrived_s"), ["0.000000000", "1.000000000", "2.000000000"]);
}

#[test]
fn the_end_of_a_request_has_the_key_of_its_arrival() {
    // Who comes last is served first, so that requests end in another order than they arrive.
    let arrivals = [
        (
            "arrival = { process = \"replay\", file = \"three.csv\", column = \"second\" }\ninstances = 2\ncalls = \"s\"",
            "2s",
        ),
        ("arrival = { process = \"closed\", users = 3, think = \"1s\" }\ncalls = \"s\"", "1s"),
        (
            "arrival = { process = \"closed\", users = 3, think = \"1s\" }\n\
             calls = [\"s\", { service = \"s\", step = 2 }]",
            "300ms",
        ),
    ];
    for (client, demand) in arrivals {
        let lines =
            log(&format!("[client.c]\n{client}\n[service.s]\ndemand = \"{demand}\"\nqueue = \"lifo\"\n"));
        let arrived: BTreeMap<&str, &str> = column(&lines, "request_arrived", "key")
            .into_iter()
            .zip(column(&lines, "request_arrived", "time_s"))
            .collect();
        let ended = column(&lines, "request_ended", "key");
        assert!(ended.len() >= 3, "{lines:?}");
        for (key, since) in ended.iter().zip(column(&lines, "request_ended", "arrived_s")) {
            assert_eq!(arrived.get(key), Some(&since), "{client}");
        }
    }
}

#[test]
fn every_event_of_an_attempt_says_whose_it_is() {
    let lines = log(
        "[client.c]\narrival = { process = \"renewal\", between = \"1s\" }\ninstances = 3\ncalls = \"s\"\n\
         timeout = \"1500ms\"\nretry = { policy = \"fixed\", delay = \"0s\", attempts = 2 }\n\
         hedge = { policy = \"fixed\", delay = \"100ms\" }\n\
         [service.s]\nreplicas = 2\ndemand = \"2s\"\nbalancing = { policy = \"round-robin\", balancers = \"caller\" }\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"5s\"\nlasts = \"1s\"\n",
    );
    let mut of = BTreeMap::new();
    let mut deciders = std::collections::BTreeSet::new();
    for line in &lines {
        let is_of_attempt = line["event"].starts_with("attempt_") || line["event"] == "service_began";
        assert_eq!(is_of_attempt, !line["decider"].is_empty(), "{line:?}");
        if is_of_attempt && !line["key"].is_empty() {
            // From its send to its end an attempt is of one decider.
            let decider = of.entry(line["key"].clone()).or_insert_with(|| line["decider"].clone());
            assert_eq!(*decider, line["decider"], "{line:?}");
            deciders.insert(decider.clone());
        }
    }
    assert_eq!(deciders.into_iter().collect::<Vec<_>>(), ["1", "2", "3"]);
}

#[test]
fn an_attempt_that_finds_no_replica_at_the_next_service_says_who_looked() {
    let lines = log("[client.c]\narrival = { process = \"renewal\", between = \"1s\" }\ncalls = \"s\"\n\
         [service.s]\nnext = [{ service = \"t\" }]\n\
         [service.t]\nbalancing = { policy = \"random\", knowledge = \"perfect\", balancers = 3 }\n\
         [fault.f]\nkind = \"crash\"\non = \"service.t.1\"\nat = \"0s\"\nlasts = \"20s\"\n");
    let ended = column(&lines, "attempt_ended", "decider");
    assert!(ended.len() >= 9, "{ended:?}");
    assert!(ended.iter().all(|decider| ["1", "2", "3"].contains(decider)), "{ended:?}");
}

#[test]
fn a_run_that_is_listened_to_is_the_run_that_is_measured() {
    // Jobs that are lost in one crash are tried again in the order in which they lay in slots, and so are spread.
    let scenario = scenario(
        r#"
        [run]
        horizon = "200s"
        runs = 1
        [client.c]
        arrival = { process = "poisson", rate = "100/s" }
        calls = "s"
        retry = { policy = "fixed", delay = "50ms", attempts = 5 }
        [service.s]
        replicas = 3
        concurrency = 4
        demand = { distribution = "exponential", mean = "100ms" }
        balancing = { policy = "random", knowledge = "perfect" }
        [fault.crash]
        kind = "crash"
        on = "service.s.*"
        time_to_failure = { distribution = "exponential", mean = "20s" }
        time_to_repair = { distribution = "exponential", mean = "2s" }
        in_service = "lost"
        waiting = "kept"
        arriving = "refused"
        "#,
    );
    let seconds = |line: &Line, column: &str| line[column].parse::<f64>().unwrap();
    let lines = log_of(&scenario);
    let ended = lines.iter().filter(|line| line["event"] == "request_ended" && line["reason"].is_empty());
    let latencies: Vec<f64> = ended
        .filter(|line| seconds(line, "arrived_s") < 200.0)
        .map(|line| seconds(line, "time_s") - seconds(line, "arrived_s"))
        .collect();
    let measured = engine::simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap();
    let client = &measured.clients[0];
    assert_eq!(latencies.len() as u64, client.latency.count);
    let mean = client.latency.sum as f64 * 1e-9 / latencies.len() as f64;
    let logged = latencies.iter().sum::<f64>() / latencies.len() as f64;
    assert!((logged - mean).abs() < 1e-8, "{logged} s in the log, {mean} s measured");
}

#[test]
fn who_stops_sending_is_told_after_the_cause() {
    let lines = log(
        "[client.c]\narrival = { process = \"replay\", file = \"three.csv\", column = \"second\" }\ncalls = \"s\"\n\
         breaker = { policy = \"polly\", failure_ratio = 1.0, minimum = 2, open_for = \"500ms\" }\n\
         [service.s]\nreplicas = 2\nerror_ratio = \"100%\"\n\
         outlier_detection = { policy = \"failure-accrual\", consecutive_failures = 1, dead_for = \"2s\" }\n",
    );
    let told = |line: &&Line| {
        !["attempt_admitted", "service_began", "attempt_left"].contains(&line["event"].as_str())
    };
    let events: Vec<String> =
        lines.iter().filter(told).map(|line| format!("{} {}", &line["time_s"][..1], line["event"])).collect();
    let expected = [
        "0 request_arrived",
        "0 attempt_sent",
        "0 attempt_ended",
        "0 replica_ejected",
        "0 request_ended",
        "1 request_arrived",
        "1 attempt_sent",
        "1 attempt_ended",
        "1 replica_ejected",
        "1 breaker_opened",
        "1 request_ended",
    ];
    assert_eq!(events[..expected.len()], expected);
    let opened = lines.iter().find(|line| line["event"] == "breaker_opened").unwrap();
    assert_eq!((opened["subject"].as_str(), opened["unit"].as_str()), ("service.s", "client.c"));
    // At 2 s the breaker lets one through to see.
    let seen = events.iter().position(|event| event == "2 breaker_half_open").unwrap();
    assert_eq!(events[seen - 1], "2 request_arrived");
    assert!(
        events[seen..]
            .iter()
            .any(|event| event.ends_with("replica_returned") || event.ends_with("replica_tried"))
    );
}
