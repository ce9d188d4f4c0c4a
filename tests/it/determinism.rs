//! The same scenario and seed give the same bytes, whatever else is going on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ninefold::engine::listener::{Hear, Note};
use ninefold::engine::{Simulation, simulate, simulate_heard};
use ninefold::experiment::{Options, RunValue, run};
use ninefold::measure::Measurements;
use ninefold::scenario::Scenario;
use ninefold::units::SimTime;
use proptest::prelude::*;

use crate::sample::{Form, has_clock_of_links, load, samples, without_zone_weights};

/// Retries, crashes with work in all states, health checks and a crew, under a load that needs every replica.
const BUSY: &str = r#"
name = "busy"

[run]
horizon = "30s"
transient = "2s"
runs = 3

[client.c]
arrival = { process = "poisson", rate = "60/s" }
calls = ["front", { service = "side", count = 2, wait_for = 1, optional = true }]
timeout = "300ms"
deadline = "1s"
on_timeout = "cancel"
retry = { policy = "exponential", base = "10ms", cap = "200ms", attempts = 3, avoid = "last" }

[client.loop]
arrival = { process = "closed", users = 5, think = { distribution = "exponential", mean = "200ms" } }
calls = "front"
timeout = "400ms"

[service.front]
replicas = 3
concurrency = 2
queue = { policy = "fifo", capacity = 8 }
demand = { distribution = "lognormal", mean = "40ms", cv = 1.2 }
balancing = { policy = "power-of-two", balancers = 2 }
health_check = { interval = "500ms", timeout = "100ms", unhealthy_after = 2, healthy_after = 1 }
calls = [{ service = "side", timeout = "80ms" }]

[service.side]
replicas = 2
concurrency = "unlimited"
queue = "processor-sharing"
demand = { distribution = "exponential", mean = "10ms" }

[fault.crash]
kind = "crash"
in_service = "restarted"
waiting = "kept"
arriving = "queued"
on = "service.front.*"
time_to_failure = { distribution = "exponential", mean = "5s" }
detected_by = "health_check"
recovery = "repair"

[fault.slow]
kind = "slow"
factor = 3
on = "service.side.*"
time_to_failure = { distribution = "exponential", mean = "4s" }
lasts = "500ms"

[recovery.repair]
policy = "race"
again_after = "50ms"
operations = [
  { time = { distribution = "exponential", mean = "1s" }, crew = "team", success = 0.5 },
  { time = { distribution = "exponential", mean = "2s" } },
]

[crew.team]
"#;

/// The same with balancers that eject, and monitors of both kinds.
fn watched() -> String {
    let detection = "outlier_detection = { policy = \"envoy\", consecutive_5xx = 3, interval = \"200ms\", \
                     base_ejection_time = \"300ms\", max_ejected = \"50%\", enforcing_consecutive_5xx = \"70%\" }\n";
    let calls = "calls = [{ service = \"side\", timeout";
    BUSY.replace(calls, &format!("{detection}{calls}"))
        + "[monitor.looks]\nkind = \"poll\"\non = \"service.side.*\"\n\
           interval = { distribution = \"exponential\", mean = \"100ms\" }\ncoverage = \"80%\"\n\
           false_alarms = \"1%\"\ndoes = \"notify\"\n\
           [monitor.late]\nkind = \"alarm\"\nmetric = \"service.front/failure_ratio\"\nabove = \"1%\"\n\
           period = \"500ms\"\ndoes = \"notify\"\n"
}

const FILES: [&str; 7] = [
    "manifest.json",
    "summary.csv",
    "runs.csv",
    "latency.csv",
    "timeline.csv",
    "incidents.csv",
    "theory.csv",
];

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("determinism").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("busy.toml"), BUSY).unwrap();
    folder
}

/// Runs the scenario into the folder `out` and returns every file with what was printed.
fn files(folder: &Path, out: &str, arguments: &[&str]) -> Vec<Vec<u8>> {
    let output = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .args(["run", "busy.toml", "--no-plots", "--quiet", "--out", out])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let files = FILES.map(|file| fs::read(folder.join(out).join(file)).unwrap());
    files.into_iter().chain([output.stdout]).collect()
}

#[test]
fn every_file_is_the_same_again_on_other_threads_and_with_an_event_log() {
    let folder = folder("files");
    let first = files(&folder, "first", &["--threads", "1"]);
    assert_eq!(first, files(&folder, "again", &["--threads", "1"]));
    assert_eq!(first, files(&folder, "threads", &["--threads", "2"]));
    assert_eq!(first, files(&folder, "logged", &["--events", "events.csv"]));
    assert_ne!(first, files(&folder, "other", &["--seed", "2"]));
}

#[test]
fn every_file_of_a_scaled_fleet_is_the_same_on_other_threads() {
    let start =
        "start = { init = \"200ms\", warmup = \"300ms\", success = \"80%\", again_after = \"100ms\" }";
    let policies = [
        "\"hpa\", target = \"40%\", every = \"1s\", window = \"1s\", down_window = \"2s\", readiness = \"500ms\"",
        "\"kpa\", target = 2, every = \"500ms\", stable = \"3s\"",
        "\"target-tracking\", target = \"40%\", period = \"1s\", out_after = 1, in_after = 2, warmup = \"500ms\"",
        "\"step\", above = \"50%\", below = \"20%\", window = \"1s\", warmup = \"500ms\"",
    ];
    for (number, policy) in policies.iter().enumerate() {
        let folder = folder(&format!("scaled-{number}"));
        let scaled = format!(
            "{start}\nautoscaling = {{ max = 8, quota = \"2/s\", policy = {policy} }}\nconcurrency = 2"
        );
        fs::write(folder.join("busy.toml"), BUSY.replacen("concurrency = 2", &scaled, 1)).unwrap();
        let first = files(&folder, "first", &["--threads", "1"]);
        assert_eq!(first, files(&folder, "threads", &["--threads", "2", "--events", "events.csv"]));
        let log = fs::read_to_string(folder.join("events.csv")).unwrap();
        assert!(log.contains(",desired_changed,service.front,"), "{policy}");
    }
}

#[test]
fn every_file_of_a_population_is_the_same_on_other_threads() {
    let folder = folder("population");
    let text = "name = \"busy\"\n[run]\nruns = 4\nhorizon = \"20min\"\n[client.c]\ncalls = \"f\"\ntimeout = \"30s\"\n\
                retry = { policy = \"fixed\", delay = \"5s\", attempts = 3 }\n\
                arrival = { process = \"trace\", format = \"synthetic\", functions = 3000, invocations = 9000, \
                period = \"1h\" }\n[service.f]\nstart = { distribution = \"exponential\", mean = \"2s\" }\n\
                function = { population = true, share = \"app\", account = \"all\", \
                keep_alive = { policy = \"uniform\", low = \"1min\", high = \"5min\" } }\n\
                [account.all]\nconcurrency = 120\n";
    fs::write(folder.join("busy.toml"), text).unwrap();
    let functions = |out: &str| fs::read_to_string(folder.join(out).join("functions.csv")).unwrap();
    let first = files(&folder, "first", &["--threads", "1"]);
    assert_eq!(first, files(&folder, "threads", &["--threads", "2"]));
    assert_eq!(first, files(&folder, "logged", &["--events", "events.csv"]));
    assert_eq!(functions("first"), functions("threads"));
    assert_eq!(functions("first"), functions("logged"));
    // A header, the thousand with most calls, and a sample of a thousand others.
    assert_eq!(functions("first").lines().count(), 2_001);
    let scenario = load(text);
    let straight = first_runs(&scenario).remove(0);
    for part in 1..6 {
        for done in with_copy(&scenario, straight.events * part / 6) {
            assert_eq!(straight, done);
        }
    }
}

#[test]
fn the_event_log_tells_what_happened_up_to_its_end() {
    let folder = folder("log");
    files(&folder, "all", &["--events", "all.csv"]);
    files(&folder, "some", &["--events", "some.csv", "--until", "3s"]);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let (all, some) = (read("all.csv"), read("some.csv"));
    let header = "time_s,event,subject,unit,key,attempt,decider,arrived_s,reason,replicas,version\n";
    assert!(some.starts_with(header), "{}", &some[..200]);
    assert!(all.starts_with(&some), "a shorter log is the beginning of the longer one");
    let is_early = |line: &str| line.split(',').next().unwrap().parse::<f64>().unwrap() <= 3.0;
    assert!(some.lines().skip(1).all(is_early));
    assert!(!is_early(all[some.len()..].lines().next().unwrap()), "the log ends where it should");
    for word in
        ["request_arrived,client.c,", "service_began,service.front.", "fault_began,fault.crash,service."]
    {
        assert!(all.contains(word), "{word}");
    }
    let arrived = all.lines().filter(|line| line.contains(",request_arrived,client.c,")).count() as f64;
    // Poisson: within five standard errors of 60/s over 30 s, at least.
    assert!(arrived > 1800.0 - 5.0 * 1800.0_f64.sqrt(), "{arrived} requests are logged");
    let refused = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .args(["run", "busy.toml", "--until", "3s"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2), "the end of a log needs a log");
}

fn first_runs(scenario: &Scenario) -> Vec<Measurements> {
    let one = |run| simulate(&scenario.system, &scenario.run.span, scenario.run.seed, run).unwrap();
    (0..2).map(one).collect()
}

/// The same scenario with its sections in the opposite order.
fn reversed(text: &str) -> String {
    let mut sections: Vec<&str> = text.split("\n[").collect();
    let head = sections.remove(0).trim_start_matches('[').to_owned();
    sections.push(&head);
    sections.reverse();
    sections.iter().flat_map(|section| ["[", *section, "\n"]).collect()
}

/// Metrics of services that are taken within the measured part. What is counted by attempt goes on until the drain is
/// over, which requests of other clients may put off.
const MEASURED: [&str; 6] = [
    "utilisation",
    "queue_length_mean",
    "queue_length_max",
    "in_system_mean",
    "availability_time",
    "replicas_mean",
];

/// The values of every scope that the smaller scenario has.
fn values(scenario: &Scenario, extra: &str) -> Vec<(u32, String, String, Option<u64>)> {
    let outcome = run(scenario, &Options { threads: Some(1), ..Options::default() }, &()).unwrap();
    let line =
        |one: RunValue| (one.run, one.scope.to_string(), one.metric.to_string(), one.value.map(f64::to_bits));
    let own = outcome.values.into_iter().filter(|one| {
        let is_measured = !one.scope.starts_with("service.") || MEASURED.contains(&&*one.metric);
        // The system is the sum of all.
        is_measured && !one.scope.contains(extra) && &*one.scope != "system"
    });
    own.map(line).collect()
}

/// Counts notes and forgets them.
struct Counter(u64);

impl Hear for Counter {
    fn hear(&mut self, _now: SimTime, _note: Note) {
        self.0 += 1;
    }
}

/// Lets a run go on for some events, and then its copy and itself to their ends.
fn with_copy(scenario: &Scenario, events: u64) -> [Measurements; 2] {
    let mut one = Simulation::new(&scenario.system, &scenario.run.span, scenario.run.seed, 0);
    one.advance(events).unwrap();
    let mut copy = one.clone();
    one.advance(u64::MAX).unwrap();
    while !copy.advance(997).unwrap() {}
    [one, copy].map(|simulation| simulation.finish().unwrap())
}

#[test]
fn a_copy_taken_anywhere_in_a_busy_run_continues_identically() {
    let scenario = load(BUSY);
    let straight = first_runs(&scenario).remove(0);
    assert!(straight.faults.iter().all(|fault| fault.incidents > 2), "recoveries are under way");
    assert!(straight.clients[0].attempts > straight.clients[0].first_tries, "retries are under way");
    for part in 1..20 {
        for done in with_copy(&scenario, straight.events * part / 20) {
            assert_eq!(straight, done);
        }
    }
}

/// Plain work has handlers of its own while nobody listens, whatever its messages and those who hear of them.
#[test]
fn plain_work_is_the_same_when_somebody_listens() {
    let networks = ["0s", "1ms"];
    let rules = [
        "",
        "retry = { policy = \"fixed\", delay = \"5ms\", attempts = 3, budget = { policy = \"envoy\", ratio = \"5%\" } }",
        "breaker = { policy = \"polly\", failure_ratio = 0.05, minimum = 10, open_for = \"100ms\" }",
        "hedge = { policy = \"fixed\", delay = \"60ms\" }",
    ];
    let services = [
        "",
        "balancing = { policy = \"least-request\", choices = 2 }\nqueue = { capacity = 2 }",
        "balancing = \"peak-ewma\"",
        "outlier_detection = { policy = \"envoy\", consecutive_5xx = 3, interval = \"1s\" }",
    ];
    for (network, rule) in networks.iter().flat_map(|network| rules.map(|rule| (network, rule))) {
        for service in services {
            let text = format!(
                r#"
                [run]
                horizon = "20s"
                [region.eu]
                zones = 2
                [network]
                within_zone = "{network}"
                between_zones = "{network}"
                [client.c]
                arrival = {{ process = "poisson", rate = "300/s" }}
                calls = "s"
                timeout = "200ms"
                {rule}
                [service.s]
                replicas = 10
                concurrency = 2
                demand = {{ distribution = "exponential", mean = "50ms" }}
                {service}
                [fault.crash]
                kind = "crash"
                on = "service.s.*"
                time_to_failure = {{ distribution = "exponential", mean = "10s" }}
                time_to_repair = {{ distribution = "exponential", mean = "2s" }}
                in_service = "lost"
                waiting = "lost"
                arriving = "refused"
                "#
            );
            let scenario = load(&text);
            let (system, span) = (&scenario.system, &scenario.run.span);
            let heard = simulate_heard(system, span, (scenario.run.seed, 0), &mut Counter(0)).unwrap();
            assert!(heard.clients[0].good < heard.clients[0].requests, "something goes wrong: {text}");
            assert_eq!(first_runs(&scenario)[0], heard, "{text}");
        }
    }
}

/// A service whose deciders hear from its replicas over a network that loses every third message, with these words.
fn heard_from(balancing: &str) -> String {
    format!(
        r#"
        [run]
        horizon = "20s"
        [network]
        loss = "33%"
        on_loss = "drop"
        [region.east]
        [client.c]
        region = "east"
        arrival = {{ process = "poisson", rate = "50/s" }}
        calls = [{{ service = "s", timeout = "1s" }}]
        [service.s]
        region = "east"
        replicas = 3
        concurrency = 4
        demand = {{ distribution = "exponential", mean = "30ms" }}
        balancing = {{ {balancing} }}
        "#
    )
}

#[test]
fn services_of_others_change_no_luck_of_reports_and_probes() {
    // One that comes first in the order of names moves the numbers of all replicas.
    let alien = "\n[service.alien]\nregion = \"east\"\nreplicas = 2\n[client.alien]\nregion = \"east\"\n\
                 calls = \"alien\"\narrival = { process = \"poisson\", rate = \"20/s\" }\n";
    for balancing in [
        "policy = \"prequal\"",
        "policy = \"weighted-round-robin\", reporting_period = \"100ms\", blackout_period = \"100ms\"",
        "policy = \"random-draws\", weights = { metric = \"utilisation\", interval = \"100ms\", smoothing = 0.5 }",
    ] {
        let text = heard_from(balancing);
        let more = text.clone() + alien;
        assert_eq!(values(&load(&text), "alien"), values(&load(&more), "alien"), "{balancing}");
    }
}

#[test]
fn services_of_others_change_no_warmup_of_a_spare() {
    let text = "[run]\nhorizon = \"60s\"\nruns = 2\n\
                [client.c]\narrival = { process = \"poisson\", rate = \"20/s\" }\ncalls = \"s\"\n\
                [service.s]\nreplicas = 2\nactive = 1\ndemand = \"10ms\"\nstandby = { mode = \"warm\" }\n\
                start = { runtime = \"10ms\", warmup = { distribution = \"exponential\", mean = \"5s\" }, warmup_speed = 0.3 }\n\
                [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"10s\"\nlasts = \"30s\"\n";
    let alien = "[service.alien]\nreplicas = 3\n[client.alien]\ncalls = \"alien\"\n\
                 arrival = { process = \"poisson\", rate = \"20/s\" }\n";
    let own = values(&load(text), "alien");
    assert!(own.iter().any(|(_, _, metric, value)| metric == "latency_max" && value.is_some()));
    assert_eq!(own, values(&load(&format!("{text}{alien}")), "alien"));
}

#[test]
fn zones_of_others_change_nothing_where_there_is_no_choice() {
    // Another zone makes drawn delays possible, which takes every service off the path of plain work, and has the parts of
    // those who are near worked out for each zone.
    for balancing in ["", "balancing = { policy = \"round-robin\", locality = \"region\" }"] {
        let text = format!(
            r#"
            [run]
            horizon = "20s"
            [network]
            between_zones = {{ distribution = "exponential", mean = "1ms" }}
            [region.east]
            [client.c]
            region = "east"
            arrival = {{ process = "renewal", between = "7ms" }}
            calls = "s"
            [service.s]
            region = "east"
            replicas = 3
            demand = "1ms"
            {balancing}
            [service.s.autoscaling]
            policy = "scheduled"
            plan = [{{ at = "100ms", every = "200ms", replicas = 1 }}, {{ at = "200ms", every = "200ms", replicas = 3 }}]
            [fault.slow]
            kind = "slow"
            on = "service.s.1"
            factor = 3
            at = "0s"
            "#
        );
        let more = format!("{text}\n[region.alien]\nzones = 2\n");
        assert_eq!(values(&load(&text), "alien"), values(&load(&more), "alien"), "{balancing}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn sections_may_stand_in_any_order(sample in samples()) {
        let text = sample.text(Form::Open);
        prop_assert_eq!(first_runs(&load(&text)), first_runs(&load(&reversed(&text))));
    }

    #[test]
    fn probes_change_nothing(sample in samples()) {
        let scenario = load(&sample.text(Form::Open));
        let mut counter = Counter(0);
        let (system, span) = (&scenario.system, &scenario.run.span);
        let heard = simulate_heard(system, span, (scenario.run.seed, 0), &mut counter).unwrap();
        prop_assert_eq!(&first_runs(&scenario)[0], &heard);
        let requests: u64 = heard.clients.iter().map(|client| client.requests).sum();
        prop_assert!(counter.0 >= requests);
    }

    #[test]
    fn copies_continue_identically(sample in samples(), events in 0..3_000u64) {
        let scenario = load(&sample.text(Form::Open));
        let straight = first_runs(&scenario).remove(0);
        let copies = with_copy(&scenario, events);
        prop_assert_eq!(&copies[0], &straight);
        prop_assert_eq!(&copies[1], &straight);
    }

    #[test]
    fn unrelated_parts_change_no_other_value(sample in samples()) {
        let text = without_zone_weights(&sample.text(Form::Open));
        prop_assume!(!has_clock_of_links(&text));
        let part = |name: &str| format!(
            "\n[region.{name}]\n[client.{name}]\nregion = \"{name}\"\ncalls = \"{name}\"\n\
             arrival = {{ process = \"poisson\", rate = \"20/s\" }}\n\
             [service.{name}]\nregion = \"{name}\"\nreplicas = 2\nbalancing = \"random\"\ndemand = \"30ms\"\n"
        );
        // One comes before all others in the order of names, one after.
        let more = format!("{text}{}{}", part("alien-a"), part("zalien"));
        prop_assert_eq!(values(&load(&text), "alien"), values(&load(&more), "alien"));
    }
}

/// A partition that stops no message: every handler asks whether it does, and does the same.
#[test]
fn a_partition_of_nobody_changes_nothing() {
    for network in ["", "[network]\nwithin_zone = { distribution = \"exponential\", mean = \"2ms\" }\n"] {
        let text = format!(
            "[run]\nhorizon = \"60s\"\nruns = 2\n[region.alien]\n[region.east]\n{network}\
             [client.c]\nregion = \"east\"\narrival = {{ process = \"poisson\", rate = \"50/s\" }}\ncalls = \"s\"\n\
             timeout = \"200ms\"\nretry = {{ policy = \"fixed\", delay = \"10ms\", attempts = 3 }}\n\
             [service.s]\nregion = \"east\"\nreplicas = 3\n\
             demand = {{ distribution = \"exponential\", mean = \"40ms\" }}\n\
             [service.s.health_check]\ninterval = \"1s\"\ntimeout = \"100ms\"\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
             time_to_failure = {{ distribution = \"exponential\", mean = \"10s\" }}\ntime_to_repair = \"1s\"\n"
        );
        let more = format!(
            "{text}[fault.alien]\nkind = \"partition\"\nfrom = \"region.alien\"\nto = \"region.east\"\nat = \"5s\"\n\
             lasts = \"40s\"\n"
        );
        assert_eq!(values(&load(&text), "alien"), values(&load(&more), "alien"), "{network}");
    }
}

/// Numbers change only on purpose: a new value here is a line in the change log.
#[test]
fn numbers_stay_what_they_are() {
    let runs = first_runs(&load(BUSY));
    let one = &runs[0];
    let client = &one.clients[0];
    let found = (
        (one.workload, runs[1].workload),
        (client.requests, client.good, client.attempts),
        client.latency.sum,
        (one.services[0].busy, one.services[1].in_system),
        (one.replicas[0].down, one.faults[0].incidents),
    );
    assert_eq!(
        found,
        (
            (17_179_270_667_677_117_954, 10_736_332_494_701_066_782),
            (1_697, 1_644, 5_365),
            202_537_705_711,
            (103_323_240_769, 44_496_861_143),
            (1_894_061_999, 10)
        )
    );
}

#[test]
fn what_monitors_do_is_the_same_again_and_in_a_copy() {
    let text = watched()
        + "[monitor.far]\nkind = \"anomaly\"\nmetric = \"service.front/latency_max\"\nperiod = \"100ms\"\nmemory = \"500ms\"\n\
           band = 1\ndoes = \"recovery.repair.start\"\n\
           respond = { distribution = \"exponential\", mean = \"200ms\" }\ncovers = \"90%\"\n\
           [monitor.both]\nkind = \"composite\"\nrule = \"monitor.late or monitor.far\"\ndoes = \"notify\"\n";
    let scenario = load(&text);
    for events in [1, 5_000, 50_000] {
        let [one, copy] = with_copy(&scenario, events);
        assert_eq!(one, copy);
        // In the order of names.
        assert!(one.monitors[0].alarms > 0 && one.monitors[1].actions > 0, "{:?}", one.monitors);
    }
    assert_eq!(first_runs(&scenario), first_runs(&load(&text)));
}

#[test]
fn what_balancers_and_monitors_find_is_the_same_again_and_in_a_copy() {
    let scenario = load(&watched());
    for events in [1, 5_000, 50_000] {
        let [one, copy] = with_copy(&scenario, events);
        assert_eq!(one, copy);
        assert!(one.services[0].ejections > 0 && one.services[0].ejected > 0);
        assert!(
            one.monitors.iter().all(|monitor| monitor.alarms > 0 && monitor.found > 0),
            "{:?}",
            one.monitors
        );
        assert!(one.monitors[1].alarms_false > 0, "{:?}", one.monitors);
    }
    assert_eq!(first_runs(&scenario), first_runs(&load(&watched())));
}
