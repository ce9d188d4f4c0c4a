//! Presets: every value as the documents of its system have it, and what a scenario makes of them.

mod documented;
mod function;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ninefold::document::{Diagnostic, Severity};
use ninefold::engine::Simulation;
use ninefold::experiment::log_events;
use ninefold::model::preset::{Mark, PRESETS, Place, Preset, Room, Value};
use ninefold::scenario::{self, Override, Places, Rejected, Scenario, Source};

use documented::DOCUMENTED;

use crate::behaviour::{one_service, outcome_of, run_text, value};

#[test]
fn presets_are_what_the_documents_say() {
    let documented = DOCUMENTED.iter().flat_map(|(preset, room, values)| {
        values.split("; ").map(move |value| {
            let value = value.replace('^', "beside ").replace('~', "unconfirmed ");
            format!("{preset} {room} {value}")
        })
    });
    let documented: Vec<String> = documented.map(|line| sorted_mark(&line)).collect();
    let found = PRESETS.iter().flat_map(|preset| {
        preset.parts.iter().flat_map(move |part| {
            part.rows.iter().map(move |row| {
                let value = match row.value {
                    Value::Own => "=".to_owned(),
                    Value::Needed(_) => "?".to_owned(),
                    value => value.to_string(),
                };
                let unsure = part.source_of(row).mark == Mark::Unconfirmed;
                let mark = if unsure { " unconfirmed" } else { "" };
                let beside = if row.place == Place::Beside { "beside " } else { "" };
                format!("{} {} {beside}{} = {value}{mark}", preset.name, part.room.name(), row.key)
            })
        })
    });
    let found: BTreeSet<String> = found.collect();
    let all: BTreeSet<String> = documented.iter().cloned().collect();
    assert_eq!(all.len(), documented.len(), "something is documented twice");
    let missing: Vec<_> = all.difference(&found).collect();
    let extra: Vec<_> = found.difference(&all).collect();
    assert!(missing.is_empty() && extra.is_empty(), "documented only: {missing:#?}, preset only: {extra:#?}");
}

/// The mark at the end of a line rather than in the middle.
fn sorted_mark(line: &str) -> String {
    if line.contains("unconfirmed ") {
        line.replacen("unconfirmed ", "", 1) + " unconfirmed"
    } else {
        line.to_owned()
    }
}

fn read(text: &str, overrides: &[Override]) -> Result<Scenario, Rejected> {
    let source = Source { name: "preset.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, overrides, &Places::default())
}

fn load_with(text: &str, overrides: &[Override]) -> Scenario {
    read(text, overrides).unwrap_or_else(|rejected| {
        panic!("{text}\n{}", scenario::render(&rejected.findings, &rejected.sources, false))
    })
}

fn load(text: &str) -> Scenario {
    load_with(text, &[])
}

/// The text of a table in which a preset is named, with what it needs.
fn table(preset: &Preset, room: Room) -> String {
    format!("{{ preset = \"{}\"{} }}", preset.name, needed(preset, room))
}

/// What a preset leaves open for a room, and for the rooms that it fills from itself.
fn needed(preset: &Preset, room: Room) -> String {
    let mut text = String::new();
    for row in preset.part(room).unwrap().rows {
        let inner = Room::ALL.into_iter().find(|room| row.value == Value::Own && room.name() == row.key);
        let below = inner.map(|room| needed(preset, room)).unwrap_or_default();
        if let Value::Needed(example) = row.value {
            let _ = write!(text, ", {} = {example}", row.key);
        } else if !below.is_empty() {
            let _ = write!(text, ", {} = {{ {} }}", row.key, below.trim_start_matches(", "));
        }
    }
    text
}

/// A cache, of a service that calls another where it is to spare that.
fn cached(table: &str) -> String {
    let calls = if table.contains("redis") { "calls = \"t\"\n" } else { "" };
    format!("{calls}cache = {table}\n[service.t]")
}

/// A small scenario with one table in the place of a room.
fn small(room: Room, table: &str) -> String {
    let mut client = "calls = \"s\"".to_owned();
    let mut service = String::new();
    let mut replicas = "replicas = 3";
    let mut repair = String::from("time_to_repair = \"1s\"");
    match room {
        Room::Call => client = format!("calls = [{}]", table.replacen('{', "{ service = \"s\",", 1)),
        Room::SlowStart => {
            service =
                format!("balancing = {{ policy = \"smooth-weighted-round-robin\", slow_start = {table} }}");
        }
        Room::Budget => {
            let _ = write!(client, "\nretry = {{ policy = \"fixed\", budget = {table} }}");
        }
        Room::Balancing | Room::HealthCheck | Room::Liveness | Room::OutlierDetection | Room::Queue => {
            service = format!("{} = {table}", room.name());
        }
        Room::Cache => service = cached(table),
        Room::Autoscaling => {
            service = format!("queue = {{ at = \"service\" }}\nautoscaling = {table}");
        }
        Room::Retry | Room::Hedge | Room::Breaker | Room::Bulkhead | Room::Throttle => {
            let _ = write!(client, "\n{} = {table}", room.name());
        }
        Room::Function => {
            replicas = "";
            service = format!("function = {table}");
        }
        Room::Start => {
            replicas = "";
            service = format!("function = {{ keep_alive = \"100ms\" }}\nstart = {table}");
        }
        Room::Fault => {
            let _ = write!(service, "[fault]\ng = {}", table.replacen('{', "{ on = \"service.s.1\",", 1));
        }
        Room::Backoff => {
            let _ = write!(repair, "\nbackoff = {table}");
        }
        Room::Monitor => {
            let of = "{ on = \"service.s.*\",";
            let _ = write!(service, "[monitor]\nm = {}", table.replacen('{', of, 1));
            repair.insert_str(0, "detected_by = \"monitor.m\"\n");
        }
        Room::Operation => {
            let _ = write!(service, "[recovery.r]\npolicy = \"sequence\"\noperations = [{table}]");
            repair = String::from("recovery = \"r\"");
        }
        Room::Standby => {
            service = format!("active = 2\nstandby = {table}");
        }
        Room::Cost => {
            let _ = write!(service, "[cost]\n{}", table.trim_matches(['{', '}']).replace(", ", "\n"));
        }
        Room::Deploy => {
            let of = "{ service = \"s\", at = \"5s\",";
            let _ = write!(service, "[deploy]\nd = {}", table.replacen('{', of, 1));
        }
        Room::Gateway => {
            client = String::from("calls = [{ service = \"front\", path = \"/\" }]");
            let routes = "{ routes = [{ prefix = \"/\", service = \"s\" }],";
            let _ = write!(service, "[gateway]\nfront = {}", table.replacen('{', routes, 1));
        }
    }
    format!(
        "[run]\nhorizon = \"30s\"\n[client.c]\narrival = {{ process = \"poisson\", rate = \"20/s\" }}\n{client}\n\
         [service.s]\n{replicas}\ndemand = \"10ms\"\nerror_ratio = \"20%\"\n{service}\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"5s\"\n{repair}\n"
    )
}

#[test]
fn every_preset_fills_its_rooms_and_runs() {
    let mut rooms = 0;
    for preset in PRESETS {
        for part in preset.parts {
            rooms += 1;
            let text = small(part.room, &table(preset, part.room));
            let scenario = load(&text);
            let resolved = scenario::resolved(&scenario);
            assert!(!resolved.contains("preset ="), "{text}\n{resolved}");
            let system = |scenario: &Scenario| format!("{:?}", scenario.system);
            assert_eq!(system(&load(&resolved)), system(&scenario), "{text}\n{resolved}");
            assert_eq!(scenario::resolved(&load(&resolved)), resolved, "{text}");
            let values = part.rows.iter().filter(|row| !matches!(row.value, Value::Own | Value::Needed(_)));
            for row in values.filter(|row| !row.key.contains('.')) {
                let is_there = [format!("{} = ", row.key), format!(".{}]", row.key)];
                assert!(
                    is_there.iter().any(|text| resolved.contains(text)),
                    "{} is not in\n{resolved}",
                    row.key
                );
            }
            let mut simulation = Simulation::new(&scenario.system, &scenario.run.span, 1, 0);
            assert!(simulation.advance(1_000_000).unwrap(), "{text}\ndoes not end");
            assert!(simulation.finish().unwrap().clients[0].good > 0, "{text}\nanswers nothing");
        }
    }
    assert!(rooms > 80, "only {rooms} tables were tried");
}

#[test]
fn a_preset_that_leaves_something_open_says_so() {
    for preset in PRESETS {
        for part in preset.parts {
            let text = small(part.room, &format!("{{ preset = \"{}\" }}", preset.name));
            let needed = part.rows.iter().filter(|row| matches!(row.value, Value::Needed(_)));
            let needed: Vec<String> = needed
                .map(|row| {
                    let (name, subject) = (preset.name, part.room.subject());
                    format!("the preset \"{name}\" of {subject} leaves \"{}\" to you", row.key)
                })
                .collect();
            match read(&text, &[]) {
                Ok(_) => assert!(needed.is_empty(), "{text}"),
                Err(rejected) => {
                    let errors = rejected.findings.0.iter().filter(|one| one.severity == Severity::Error);
                    let found: Vec<&str> = errors.map(|one| one.message.as_str()).collect();
                    // What a preset of a call leaves open in its rooms is reported as well.
                    assert!(needed.iter().all(|one| found.contains(&one.as_str())), "{text}\n{found:?}");
                    assert!(found.iter().all(|one| one.contains("to you")), "{text}\n{found:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_not_confirmed_is_said() {
    let warned = |table: &str| {
        let scenario = load(&small(Room::Call, table));
        let warnings = scenario.warnings.0.iter().map(|one| one.message.clone());
        warnings.filter(|one| one.contains("not confirmed")).collect::<Vec<_>>()
    };
    assert_eq!(
        warned("{ preset = \"envoy\" }"),
        ["the preset \"envoy\" gives call values that are not confirmed: deadline = \"15s\""]
    );
    assert!(warned("{ preset = \"envoy\", deadline = \"3s\" }").is_empty());
    assert!(warned("{ preset = \"nginx\" }").is_empty());
}

/// The resolved value at a path.
fn resolved(scenario: &Scenario, path: &str) -> Option<toml::Value> {
    let tree: toml::Value = toml::from_str(&scenario::resolved(scenario)).unwrap();
    path.split('.').try_fold(tree, |tree, key| match tree {
        toml::Value::Array(items) => items.get(key.parse::<usize>().ok()?).cloned(),
        tree => tree.get(key).cloned(),
    })
}

#[test]
fn what_is_written_beats_the_preset() {
    let retry = |table: &str| load(&small(Room::Retry, table));
    let envoy = retry("{ preset = \"envoy\", attempts = 7 }");
    assert_eq!(resolved(&envoy, "client.c.retry.attempts"), Some(7.into()));
    assert_eq!(resolved(&envoy, "client.c.retry.base"), Some("25ms".into()));
    // Another policy: what belongs to the old one goes, what all policies have stays.
    let fixed = retry("{ preset = \"envoy\", policy = \"fixed\", delay = \"1s\" }");
    assert_eq!(resolved(&fixed, "client.c.retry.attempts"), Some(2.into()));
    assert_eq!(resolved(&fixed, "client.c.retry.base"), None);
    assert_eq!(resolved(&fixed, "client.c.retry.budget.limit"), Some(3.into()));
    // A table in it: filled too, unless it is another policy.
    let more = retry("{ preset = \"envoy\", budget = { limit = 9 } }");
    assert_eq!(resolved(&more, "client.c.retry.budget.policy"), Some("max-retries".into()));
    assert_eq!(resolved(&more, "client.c.retry.budget.limit"), Some(9.into()));
    let other = retry("{ preset = \"envoy\", budget = \"finagle\" }");
    assert_eq!(resolved(&other, "client.c.retry.budget.policy"), Some("finagle".into()));
    // The call as a whole, and a part of it from elsewhere.
    let call = load(&small(
        Room::Call,
        "{ preset = \"hystrix\", timeout = \"3s\", bulkhead = { limit = 4 }, retry = { preset = \"polly\" } }",
    ));
    assert_eq!(resolved(&call, "client.c.calls.0.timeout"), Some("3s".into()));
    assert_eq!(resolved(&call, "client.c.calls.0.bulkhead.limit"), Some(4.into()));
    assert_eq!(resolved(&call, "client.c.calls.0.breaker.policy"), Some("hystrix".into()));
    assert_eq!(resolved(&call, "client.c.calls.0.retry.policy"), Some("polly".into()));
}

#[test]
fn a_caller_names_one_for_all_its_calls() {
    let text = "[run]\nhorizon = \"10s\"\n[client.c]\npreset = \"nginx\"\ncalls = \"a\"\n\
                arrival = { process = \"poisson\", rate = \"1/s\" }\n\
                [service.a]\npreset = \"aws-sdk\"\ncalls = [\"b\", { service = \"b\", preset = \"polly\", step = 2 }]\n\
                [service.b]\n";
    let scenario = load(text);
    let of = |call: &ninefold::model::call::Call| {
        (call.policy.timeout.map(|one| one.as_secs() as u32), call.policy.retry.attempts)
    };
    let steps = &scenario.system.services[0].steps;
    assert_eq!(of(&scenario.system.clients[0].steps[0].calls[0]), (Some(60), 255));
    assert_eq!(of(&steps[0].calls[0]), (None, 3));
    assert_eq!(of(&steps[1].calls[0]), (Some(30), 4));
}

#[test]
fn a_preset_is_set_like_any_value() {
    let text = small(Room::Balancing, "{ policy = \"power-of-d\", choices = 2, locality = \"zone\" }");
    let set = |path: &str, value: &str| Override { path: path.to_owned(), value: value.to_owned() };
    let path = "service.s.balancing.preset";
    let nginx = load_with(&text, &[set(path, "nginx")]);
    assert_eq!(resolved(&nginx, "service.s.balancing.policy"), Some("smooth-weighted-round-robin".into()));
    assert_eq!(resolved(&nginx, "service.s.balancing.max_fails"), Some(1.into()));
    // What every policy has stays; what went is said.
    assert_eq!(resolved(&nginx, "service.s.balancing.locality"), Some("zone".into()));
    assert_eq!(
        nginx.notes,
        ["service.s.balancing.preset: \"choices\" went with \"power-of-d\", which it belongs to"]
    );
    // And back: a policy takes the place of that of the preset.
    let fails = set("service.s.balancing.max_fails", "3");
    let random = load_with(&text, &[set(path, "nginx"), fails, set("service.s.balancing.policy", "random")]);
    assert_eq!(resolved(&random, "service.s.balancing.policy"), Some("random".into()));
    assert_eq!(resolved(&random, "service.s.balancing.max_fails"), None);
    assert_eq!(random.notes.len(), 2, "{:?}", random.notes);
    let bare = load_with(&small(Room::Balancing, "\"random\""), &[set(path, "aws-alb")]);
    assert_eq!(resolved(&bare, "service.s.balancing.policy"), Some("round-robin".into()));
}

/// A line of the log of events: time, event, subject, number of the attempt, and reason.
type Line = (f64, String, String, String, String);

/// The log of the events of a run of 201 s with requests at 1 s, 2 s, ...
fn logged(client: &str, service: &str) -> Vec<Line> {
    logged_every("1s", client, service)
}

fn logged_every(between: &str, client: &str, service: &str) -> Vec<Line> {
    let client = format!("arrival = {{ process = \"renewal\", between = \"{between}\" }}\n{client}");
    let text =
        format!("[run]\nhorizon = \"201s\"\ndrain = \"1000s\"\nruns = 1\n{}", one_service(&client, service));
    let mut log = Vec::new();
    log_events(&load(&text), None, &(), &mut log).unwrap();
    let mut lines = csv::Reader::from_reader(log.as_slice());
    let line = |line: csv::StringRecord| {
        let text = |column: usize| line[column].to_owned();
        (line[0].parse().unwrap(), text(1), text(2), text(5), text(8))
    };
    lines.records().map(|one| line(one.unwrap())).collect()
}

fn count(lines: &[Line], event: &str) -> usize {
    lines.iter().filter(|line| line.1 == event).count()
}

#[test]
fn an_aws_sdk_makes_a_hundred_retries_of_its_quota() {
    // Every request wants two; none answers, so nothing comes back.
    let lines = logged("preset = \"aws-sdk\"", "error_ratio = \"100%\"");
    assert_eq!(count(&lines, "request_arrived"), 200);
    assert_eq!(lines.iter().filter(|line| line.1 == "attempt_sent" && line.3 != "1").count(), 100);
    // Since 2026 one costs 14: 35 of them.
    let lines = logged("preset = \"aws-sdk-2026\"", "error_ratio = \"100%\"");
    assert_eq!(lines.iter().filter(|line| line.1 == "attempt_sent" && line.3 != "1").count(), 35);
}

#[test]
fn breakers_open_when_their_systems_would() {
    // resilience4j after a hundred results, for a minute; then it lets ten through to see.
    let lines = logged("breaker = { preset = \"resilience4j\" }", "error_ratio = \"100%\"");
    let stopped: Vec<f64> =
        lines.iter().filter(|line| line.1 == "attempt_stopped").map(|line| line.0).collect();
    assert_eq!((stopped[0], stopped.len()), (101.0, 59 + 31), "{stopped:?}");
    // A timeout of a second of Hystrix, twenty results in ten seconds: too few requests to open.
    let lines = logged("preset = \"hystrix\"", "demand = \"5s\"\nconcurrency = \"unlimited\"");
    assert_eq!(count(&lines, "attempt_stopped"), 0);
    let ended = lines.iter().filter(|line| line.1 == "attempt_ended");
    assert!(ended.clone().count() > 0 && ended.clone().all(|line| line.4 == "timeout"));
}

#[test]
fn polly_tries_three_times_more_two_seconds_apart() {
    let lines = logged_every("100s", "preset = \"polly\"", "error_ratio = \"100%\"");
    let at =
        |attempt: &str| lines.iter().find(|line| line.1 == "attempt_sent" && line.3 == attempt).unwrap().0;
    assert_eq!(vec![at("1"), at("2"), at("3"), at("4")], vec![100.0, 102.0, 104.0, 106.0]);
    assert_eq!(count(&lines, "attempt_sent"), 4 * 2);
}

/// The replicas and times of the attempts of the first request, at 100 s, and why it failed; `down` refuses connections.
fn first_request(balancing: &str, retry: &str, down: &str) -> (Vec<String>, Vec<f64>, String) {
    let lines = logged_every(
        "100s",
        &format!("retry = {retry}"),
        &format!(
            "replicas = 3\nbalancing = {balancing}\n[fault.f]\nkind = \"crash\"\non = {down}\nat = \"0s\"\n"
        ),
    );
    let end = lines.iter().position(|line| line.1 == "request_ended").unwrap();
    let sent: Vec<_> = lines[..end].iter().filter(|line| line.1 == "attempt_sent").collect();
    let replicas = sent.iter().map(|line| line.2.clone()).collect();
    (replicas, sent.iter().map(|line| line.0).collect(), lines[end].4.clone())
}

#[test]
fn haproxy_stays_with_its_server_and_redispatches_at_last() {
    let only = "[\"service.s.1\"]";
    let (replicas, times, reason) = first_request("\"pick-first\"", "{ preset = \"haproxy\" }", only);
    assert!(replicas.iter().all(|one| *one == replicas[0]), "{replicas:?}");
    assert_eq!((times, reason.as_str()), (vec![100.0, 101.0, 102.0, 103.0], "connect"));
    // The last goes elsewhere, at once.
    let (replicas, times, reason) =
        first_request("\"round-robin\"", "{ preset = \"haproxy-redispatch\" }", only);
    assert_eq!((times, reason.as_str()), (vec![100.0, 101.0, 102.0, 102.0], ""));
    assert!(
        replicas[..3].iter().all(|one| *one == replicas[0]) && replicas[3] != replicas[0],
        "{replicas:?}"
    );
}

#[test]
fn nginx_tries_every_server_once() {
    let all = "[\"service.s.*\"]";
    let (mut replicas, times, reason) = first_request("\"round-robin\"", "{ preset = \"nginx\" }", all);
    replicas.sort();
    replicas.dedup();
    assert_eq!((replicas.len(), times, reason.as_str()), (3, vec![100.0, 100.0, 100.0], "no_replica"));
}

#[test]
fn a_grpc_client_makes_five_attempts_at_most() {
    let retry = "retry = { preset = \"grpc\", base = \"1ms\", cap = \"1ms\", factor = 1, attempts = 9";
    let five = logged(&format!("{retry} }}"), "error_ratio = \"100%\"");
    let nine = logged(&format!("{retry}, attempts_max = 9 }}"), "error_ratio = \"100%\"");
    assert_eq!((count(&five, "attempt_sent"), count(&nine, "attempt_sent")), (5 * 200, 9 * 200));
    // Five failures take half of ten tokens: the fifth is the first attempt of the third request.
    let throttled = "retry = { policy = \"fixed\", attempts = 2, budget = { preset = \"grpc\" } }";
    assert_eq!(count(&logged(throttled, "error_ratio = \"100%\""), "attempt_sent"), 202);
    // Without a policy of its own it stays with one backend.
    let lines = logged("", "replicas = 3\nbalancing = { preset = \"grpc\" }");
    let mut units: Vec<&str> =
        lines.iter().filter(|line| line.1 == "attempt_sent").map(|line| line.2.as_str()).collect();
    units.dedup();
    assert_eq!(units.len(), 1, "{units:?}");
}

#[test]
fn the_longest_waits_of_envoy_are_those_of_its_documentation() {
    let retry = "retry = { preset = \"envoy\", attempts = 6 }";
    let lines = logged(retry, "error_ratio = \"100%\"");
    let sent: Vec<_> = lines.iter().filter(|line| line.1 == "attempt_sent").collect();
    let mut longest = [0.0_f64; 5];
    // Six attempts are over before the next request arrives.
    for pair in sent.windows(2).filter(|pair| pair[1].3 != "1") {
        let retry: usize = pair[1].3.parse().unwrap();
        longest[retry - 2] = longest[retry - 2].max((pair[1].0 - pair[0].0) * 1_000.0);
    }
    for (found, bound) in longest.into_iter().zip([24.0, 74.0, 174.0, 249.0, 249.0]) {
        // The longest of 200 uniform waits is within a tenth of the bound, but for a chance of 1e-9.
        assert!(found < bound + 1e-3 && found > 0.9 * bound - 1.0, "{longest:?}");
    }
}

#[test]
fn turns_by_weight_come_in_the_order_of_their_systems() {
    let turns = |balancing: &str| {
        let lines = logged("", &format!("replicas = 3\nbalancing = {balancing}"));
        let sent = lines.iter().filter(|line| line.1 == "attempt_sent").take(7);
        sent.map(|line| line.2.rsplit('.').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(turns("{ preset = \"nginx\", weights = [5, 1, 1] }"), "1 1 2 1 3 1 1");
    let envoy = "{ preset = \"envoy-weighted-round-robin\", weights = [5, 1, 1], random_start = false }";
    assert_eq!(turns(envoy), "1 1 1 1 2 3 1");
}

#[test]
fn envoy_ejects_one_of_ten_and_none_of_nine() {
    let ejections = |replicas: u32| {
        let client = "arrival = { process = \"renewal\", between = \"1s\" }";
        let service = format!(
            "replicas = {replicas}\noutlier_detection = {{ preset = \"envoy\" }}\n\
             [fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.1\"\nat = \"0s\"\n"
        );
        value(&outcome_of("horizon = \"80s\"", &one_service(client, &service)), "service.s/ejections")
    };
    // Five answers in a row are errors after fifty seconds.
    assert!(ejections(9).abs() < 1e-9);
    assert!((ejections(10) - 1.0).abs() < 1e-9);
}

#[test]
fn growing_waits_of_libraries_lie_where_they_should() {
    // Requests every second that fail at once: the first retry of each.
    let first_waits = |retry: &str| {
        let lines = logged(&format!("retry = {retry}"), "error_ratio = \"100%\"");
        let sent: Vec<_> = lines.iter().filter(|line| line.1 == "attempt_sent" && line.3 == "2").collect();
        assert!(sent.len() >= 200, "{}", sent.len());
        // The order of retries is that of requests only where waits are shorter than a second.
        sent.iter().map(|line| line.0.fract()).collect::<Vec<f64>>()
    };
    let resilience4j = first_waits("{ preset = \"resilience4j-exponential\" }");
    assert!(resilience4j.iter().all(|wait| (0.25..=0.75).contains(wait)), "{resilience4j:?}");
    let mean = resilience4j.iter().sum::<f64>() / resilience4j.len() as f64;
    // Five standard errors of the mean of 200 uniform draws over half a second.
    assert!((mean - 0.5).abs() < 5.0 * 0.5 / (12.0_f64 * 200.0).sqrt(), "{mean}");
    // F(t) / 1.4 for t below 1: at most 2 tanh(2) / 1.4 times the base.
    let polly = first_waits("{ preset = \"polly-exponential\", base = \"500ms\" }");
    assert!(polly.iter().all(|wait| *wait < 0.688_6), "{polly:?}");
    // Half of all t are above 1/2, where F / 1.4 is 0.897,405.
    let above = polly.iter().take(200).filter(|wait| **wait > 0.448_7).count();
    // Five standard errors of 200 fair coins.
    assert!((65..=135).contains(&above), "{above}");
}

/// Attempts at the first replica that fail, in a run of twelve minutes with requests at 20/s, of which it answers ten minutes
/// with errors: once for each ten seconds and one if failures are counted.
fn failed_at_the_first(balancing: &str, on: &str) -> u64 {
    let client = format!(
        "arrival = {{ process = \"poisson\", rate = \"20/s\" }}\n\
         calls = [{{ service = \"s\", retry = {{ preset = \"nginx\"{on} }} }}]"
    );
    let text = format!(
        "[client.c]\n{client}\n[service.s]\nreplicas = 2\nconcurrency = 100\ndemand = \"20ms\"\n\
         balancing = {{ {balancing}, balancers = \"caller\" }}\n\
         [fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.1\"\nat = \"1min\"\nlasts = \"10min\"\n"
    );
    let outcome = outcome_of("horizon = \"12min\"", &text);
    let attempts = 20.0 * 720.0 * value(&outcome, "client.c/amplification");
    (value(&outcome, "service.s/failure_ratio_error") * attempts).round() as u64
}

#[test]
fn what_nginx_goes_on_after_puts_a_server_out() {
    let listed = ", on = [\"connect\", \"reset\", \"timeout\", \"error\"]";
    for preset in ["nginx", "nginx-least-conn", "nginx-random", "nginx-random-two"] {
        let balancing = format!("preset = \"{preset}\"");
        // A probe each eleven seconds, with up to two attempts under way when the first fails.
        let found = failed_at_the_first(&balancing, listed);
        assert!((53..=65).contains(&found), "{preset}: {found} failures");
    }
    // By default an error is an answer; a few more than half of 12,000.
    let found = failed_at_the_first("preset = \"nginx\"", "");
    assert!((5_500..6_500).contains(&found), "{found} failures");
    // Not counted either where nothing counts.
    let found = failed_at_the_first("preset = \"nginx\", max_fails = 0", listed);
    assert!((5_500..6_500).contains(&found), "{found} failures");
}

#[test]
fn three_failures_of_nginx_add_up_while_nothing_tests_the_server() {
    // Errors at 60 s, 68 s and 76 s, each within ten seconds of the last: the third puts the server out.
    let client = "arrival = { process = \"renewal\", between = \"1s\" }\n\
                  retry = { preset = \"nginx\", on = [\"connect\", \"error\"] }";
    let service = "replicas = 2\ndemand = \"1ms\"\n\
                   balancing = { preset = \"nginx\", max_fails = 3, balancers = \"caller\" }\n\
                   [fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.1\"\n\
                   at = [\"59.5s\", \"67.5s\", \"75.5s\"]\nlasts = \"2s\"\n";
    let text = format!("[run]\nhorizon = \"120s\"\nruns = 1\n{}", one_service(client, service));
    let mut log = Vec::new();
    log_events(&load(&text), None, &(), &mut log).unwrap();
    let log = String::from_utf8(log).unwrap();
    let sent = |from: f64, until: f64| {
        let line = |line: &&str| line.contains("attempt_sent,service.s.1");
        let times =
            log.lines().filter(line).map(|line| line.split(',').next().unwrap().parse::<f64>().unwrap());
        times.filter(|time| (from..until).contains(time)).count()
    };
    assert!(sent(62.0, 67.0) > 0 && sent(70.0, 75.0) > 0);
    assert_eq!(sent(78.0, 86.0), 0, "{log}");
    assert!(sent(87.0, 120.0) > 10);
}

#[test]
fn envoy_starts_slowly_with_round_robin() {
    // Two of ten come back at 60 s and have a linear share of 30 s.
    let text = "[run]\nhorizon = \"90s\"\ntransient = \"60s\"\nruns = 2\n\
                [client.c]\narrival = { process = \"renewal\", between = \"10ms\" }\ncalls = \"s\"\n\
                [service.s]\nreplicas = 10\nconcurrency = 100\ndemand = \"1ms\"\n\
                balancing = { preset = \"PRESET\", knowledge = \"perfect\", \
                slow_start = { preset = \"envoy\", window = \"30s\", min_weight = \"1%\" } }\n\
                [fault.f]\nkind = \"crash\"\non = [\"service.s.9\", \"service.s.10\"]\nat = \"0s\"\nlasts = \"60s\"\n";
    for preset in ["envoy", "envoy-weighted-round-robin", "envoy-least-request"] {
        let mut log = Vec::new();
        log_events(&load(&text.replace("PRESET", preset)), None, &(), &mut log).unwrap();
        let log = String::from_utf8(log).unwrap();
        let sent = |replica: u32| log.matches(&format!("attempt_sent,service.s.{replica},")).count();
        // An integral of 2 x / (8 + 2 x) over x from 0 to 1 is 1 - 4 ln(1.25), of 3,000 requests.
        let expected = 3_000.0 * (1.0 - 4.0 * 1.25_f64.ln());
        let found = (sent(9) + sent(10)) as f64;
        assert!((found - expected).abs() < 0.06 * expected, "{preset}: {found}, not {expected}");
    }
}

#[test]
fn what_a_system_refuses_is_refused_and_why() {
    let mut refused = 0;
    for preset in PRESETS {
        for one in preset.notes.refused {
            refused += 1;
            let value = match (one.value, one.key) {
                (Some(value), _) => format!("\"{value}\""),
                (None, "slow_start") => "{ window = \"30s\" }".to_owned(),
                (None, "fail_timeout") => "\"5s\"".to_owned(),
                (None, "backup") => "[1]".to_owned(),
                (None, "retry") => "{ policy = \"fixed\", delay = \"0s\" }".to_owned(),
                (None, "hedge") => "{ policy = \"fixed\", delay = \"1s\" }".to_owned(),
                _ => "3".to_owned(),
            };
            let table = table(preset, one.room);
            let text = match one.place {
                Place::Within => {
                    small(one.room, &table.replacen(" }", &format!(", {} = {value} }}", one.key), 1))
                }
                Place::Beside => small(one.room, &table).replacen(
                    "calls = \"s\"",
                    &format!("calls = \"s\"\n{} = {value}", one.key),
                    1,
                ),
            };
            let rejected = read(&text, &[]).expect_err(&text);
            let says = |finding: &Diagnostic| {
                finding.help.as_deref() == Some(one.why)
                    && finding.message.contains("does not go with the preset")
                    && finding.message.contains(one.key)
            };
            assert!(rejected.findings.0.iter().any(says), "{text}\n{:?}", rejected.findings);
        }
    }
    assert!(refused >= 12, "only {refused} are refused");
}

#[test]
fn no_finding_names_a_key_of_a_preset_without_saying_so() {
    let mut tried = 0;
    for preset in PRESETS {
        for part in preset.parts {
            let keys: Vec<&str> =
                part.rows.iter().map(|row| row.key).filter(|key| !key.contains('.')).collect();
            for (key, odd) in keys
                .iter()
                .flat_map(|key| ["0", "1", "\"0s\"", "\"1ns\"", "\"0%\"", "\"100%\""].map(|odd| (key, odd)))
            {
                let written = table(preset, part.room);
                if written.contains(&format!(" {key} = ")) {
                    continue;
                }
                let text = small(part.room, &written.replacen(" }", &format!(", {key} = {odd} }}"), 1));
                let findings = match read(&text, &[]) {
                    Ok(scenario) => scenario.warnings,
                    Err(rejected) => rejected.findings,
                };
                for finding in findings.0.iter().filter(|one| one.severity == Severity::Error) {
                    let is_named = |one: &&str| {
                        *one != *key
                            && !written.contains(&format!(" {one} = "))
                            && finding.message.contains(&format!("\"{one}\""))
                    };
                    // What stands where the preset is named was not written either.
                    let stands = finding.span.and_then(|span| text.get(span.start..span.end));
                    let is_given = stands == Some(format!("\"{}\"", preset.name).as_str());
                    if is_given || keys.iter().any(is_named) {
                        tried += 1;
                        let help = finding.help.as_deref().unwrap_or_default();
                        assert!(help.contains("comes from preset = "), "{text}\n{finding:?}");
                    }
                }
            }
        }
    }
    assert!(tried > 3, "only {tried} findings name a key of a preset");
}

#[test]
fn recoveries_of_clouds_take_the_times_of_their_documents() {
    let client = "[run]\nhorizon = \"2h\"\nruns = 4\n[client.c]\n\
                  arrival = { process = \"poisson\", rate = \"1/s\" }\ncalls = \"s\"\n";
    // A look a minute finds it the second or third time, and a boot follows.
    for (preset, looks) in [("ec2-recover", 2.0), ("ec2-reboot", 3.0)] {
        let text = format!(
            "{client}[service.s]\nreplicas = 1\ndemand = \"10ms\"\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"30min\"\ndetected_by = \"monitor.m\"\nrecovery = \"r\"\n\
             [monitor.m]\npreset = \"{preset}\"\non = \"service.s.1\"\n\
             [recovery.r]\npolicy = \"sequence\"\noperations = [{{ preset = \"{preset}\" }}]\n"
        );
        for run in run_text(text).measurements {
            let incident = &run.incidents[0];
            let [began, found, over] =
                [Some(incident.start), incident.detected, incident.recovered].map(|at| at.unwrap().as_secs());
            let (mttd, rest) = ((found - began) / 60.0, (over - found) / 60.0);
            assert!((looks - 1.0..=looks).contains(&mttd), "{preset}: found after {mttd} min");
            assert!((1.0..=5.0).contains(&rest), "{preset}: back after {rest} min more");
        }
    }
    // What a spare takes over is away for as long as the failover, whatever the repair takes.
    for (preset, low, high) in
        [("rds-multi-az", 60.0, 120.0), ("rds-multi-az-cluster", 0.0, 35.0), ("aurora", 0.0, 60.0)]
    {
        let text = format!(
            "{client}[service.s]\nreplicas = 2\nactive = 1\ndemand = \"10ms\"\nstandby = {{ preset = \"{preset}\" }}\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"30min\"\ntime_to_repair = \"1h\"\n"
        );
        let outcome = run_text(text);
        let switch = value(&outcome, "service.s/switch_mean");
        assert!((low..=high).contains(&switch), "{preset}: {switch} s");
        let down = (1.0 - value(&outcome, "service.s/availability_time")) * 7200.0;
        assert!((down - switch).abs() < 1e-6, "{preset}: {down} s of {switch} s");
    }
}
