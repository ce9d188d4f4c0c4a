//! Fleets that change, in small scenarios without randomness.

use crate::audit::{agree, run};
use crate::behaviour::{expect, one_service, outcome_of, run_text, value};
use crate::behaviour_resilience::logged;
use crate::sample::{Form, load, samples};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// A request every so many seconds, for a service with these keys.
pub(crate) fn scene(between: f64, service: &str) -> String {
    one_service(&format!("arrival = {{ process = \"renewal\", between = \"{between}s\" }}"), service)
}

/// A fleet that has so many replicas from these instants on.
pub(crate) fn scheduled(plan: &[(u32, u32)], more: &str) -> String {
    let entry = |(at, replicas): &(u32, u32)| format!("{{ at = \"{at}s\", replicas = {replicas} }}");
    let plan: Vec<String> = plan.iter().map(entry).collect();
    format!("autoscaling = {{ policy = \"scheduled\"{more}, plan = [{}] }}\n", plan.join(", "))
}

/// When an event happened, and to whom.
pub(crate) fn seen(lines: &[csv::StringRecord], event: &str) -> Vec<(f64, String)> {
    let found = lines.iter().filter(|line| &line[1] == event);
    found.map(|line| (line[0].parse().unwrap(), line[2].to_owned())).collect()
}

/// The same without the instants.
fn who(lines: &[csv::StringRecord], event: &str) -> Vec<String> {
    seen(lines, event).into_iter().map(|(_, subject)| subject).collect()
}

/// How many attempts failed so.
fn failed(lines: &[csv::StringRecord], reason: &str) -> usize {
    lines
        .iter()
        .filter(|line| &line[1] == "attempt_ended" && line.iter().any(|field| field == reason))
        .count()
}

pub(crate) fn at(time: f64, replica: u32) -> (f64, String) {
    (time, format!("service.s.{replica}"))
}

#[test]
fn replicas_start_serve_drain_and_go() {
    let fleet = scheduled(&[(100, 3), (200, 1)], "");
    let service = format!("demand = \"100ms\"\nstart = \"10s\"\n{fleet}");
    let parts = scene(0.4, &service);
    let lines = logged(300, &parts);
    assert_eq!(seen(&lines, "seat_started"), [at(100.0, 2), at(100.0, 3)]);
    assert_eq!(seen(&lines, "seat_ready"), [at(110.0, 2), at(110.0, 3)]);
    // The newest goes first; nobody has anything to finish at that instant.
    assert_eq!(seen(&lines, "seat_draining"), [at(200.0, 3), at(200.0, 2)]);
    assert_eq!(who(&lines, "seat_gone"), ["service.s.3", "service.s.2"]);
    let served = seen(&lines, "service_began");
    let by_others: Vec<f64> = served.iter().filter(|(_, by)| by != "service.s.1").map(|one| one.0).collect();
    assert!(by_others.iter().all(|time| (110.0..=200.0).contains(time)));
    // In turn, two of three.
    assert!(by_others.len().abs_diff(150) <= 1, "{}", by_others.len());
    assert_eq!(failed(&lines, "connect") + failed(&lines, "reset"), 0);
    let gone = seen(&lines, "seat_gone").iter().map(|(time, _)| time - 100.0).sum::<f64>();
    expect(
        300,
        &parts,
        &[
            ("service.s/replicas_present_mean", (300.0 + gone) / 300.0),
            ("service.s/replica_hours", (300.0 + gone) / 3_600.0),
            ("service.s/replicas_starting_mean", 20.0 / 300.0),
            ("service.s/replicas_desired_mean", (300.0 + 200.0) / 300.0),
            ("service.s/replicas_mean", (300.0 + 180.0) / 300.0),
            ("service.s/starts", 2.0),
            ("service.s/leaves", 2.0),
            ("service.s/start_mean", 10.0),
            ("service.s/start_max", 10.0),
            ("service.s/availability_time", 1.0),
        ],
    );
}

#[test]
fn a_replica_that_leaves_finishes_what_it_can() {
    // At 105 s the second replica has those of 60, 80 and 100 s, which end at 120, 140 and 160 s.
    for (drain, lost, gone) in [("0s", 3, 105.0), ("30s", 2, 135.0), ("forever", 0, 160.0)] {
        let fleet = scheduled(&[(105, 1)], "");
        let service =
            format!("replicas = 2\nconcurrency = 10\ndemand = \"60s\"\ndrain = \"{drain}\"\n{fleet}");
        let lines = logged(300, &scene(10.0, &service));
        assert_eq!(failed(&lines, "reset"), lost, "{drain}");
        assert_eq!(seen(&lines, "seat_draining"), [at(105.0, 2)], "{drain}");
        assert_eq!(seen(&lines, "seat_gone"), [at(gone, 2)], "{drain}");
        // It is no outage of its own, and takes nothing that came later.
        assert!(seen(&lines, "replica_down").is_empty());
        let late = |(time, by): &(f64, String)| by == "service.s.2" && *time > 105.0;
        assert!(!seen(&lines, "service_began").iter().any(late), "{drain}");
    }
    // What waits at it is served too, while there is time.
    let fleet = scheduled(&[(105, 1)], "");
    let service = format!("replicas = 2\ndemand = \"15s\"\ndrain = \"40s\"\n{fleet}");
    let lines = logged(300, &scene(6.0, &service));
    let began: Vec<f64> = seen(&lines, "service_began")
        .into_iter()
        .filter(|(_, by)| by == "service.s.2")
        .map(|(time, _)| time)
        .collect();
    assert!(began.iter().any(|time| *time > 105.0) && began.iter().all(|time| *time <= 145.0), "{began:?}");
}

#[test]
fn balancers_learn_late_of_who_joins_and_leaves() {
    let fleet = scheduled(&[(50, 1), (100, 2)], "");
    let balancing = "balancing = { policy = \"round-robin\", discovery = \"5s\" }\n";
    let service = format!("replicas = 2\ndemand = \"100ms\"\nstart = \"10s\"\n{balancing}{fleet}");
    let lines = logged(200, &scene(1.0, &service));
    // Every second request of 50, 51, ..., 54 s goes to who takes nothing any more.
    let refused = failed(&lines, "connect");
    assert!((2..=3).contains(&refused), "{refused}");
    let by_second: Vec<f64> = seen(&lines, "service_began")
        .into_iter()
        .filter(|(time, by)| by == "service.s.2" && *time > 50.0)
        .map(|(time, _)| time)
        .collect();
    assert!(by_second.first().is_some_and(|first| (115.0..=117.0).contains(first)), "{by_second:?}");
    // At a shared queue a replica takes its work itself, and nobody need know of it.
    let service = format!("replicas = 2\ndemand = \"100ms\"\nqueue = {{ at = \"service\" }}\n{fleet}");
    assert_eq!(failed(&logged(200, &scene(1.0, &service)), "connect"), 0);
}

#[test]
fn checks_find_out_about_new_replicas() {
    let fleet = scheduled(&[(50, 2)], "");
    let check = |start: &str| {
        format!(
            "health_check = {{ interval = \"20s\", timeout = \"1s\", healthy_after = 2, start = \"{start}\" }}\n"
        )
    };
    let first = |start: &str| {
        let service = format!("demand = \"100ms\"\nstart = \"10s\"\n{}{fleet}", check(start));
        let lines = logged(200, &scene(1.0, &service));
        let served = seen(&lines, "service_began");
        served.into_iter().find(|(_, by)| by == "service.s.2").map(|(time, _)| time).unwrap()
    };
    assert!((60.0..=62.0).contains(&first("healthy")), "{}", first("healthy"));
    let checked = first("checking");
    assert!((60.0..=82.0).contains(&checked) && checked > first("healthy"), "{checked}");
}

#[test]
fn faults_strike_who_is_there() {
    let fault = |keys: &str| format!("[fault.f]\nkind = \"crash\"\n{keys}\n");
    // A crash ends a boot, which begins again when it is over.
    let fleet = scheduled(&[(100, 2)], "");
    let service = format!("demand = \"100ms\"\nstart = \"10s\"\n{fleet}");
    let struck = fault("on = \"service.s.2\"\nat = [\"50s\", \"105s\"]\nlasts = \"20s\"");
    let lines = logged(300, &(scene(1.0, &service) + &struck));
    // That of 50 s finds nobody.
    assert_eq!(seen(&lines, "fault_began").len(), 1);
    assert_eq!(seen(&lines, "seat_ready"), [at(135.0, 2)]);
    assert_eq!(failed(&lines, "connect"), 0);
    // A crash ends what drains, and is over with it.
    let fleet = scheduled(&[(105, 1), (200, 2)], "");
    let service = format!("replicas = 2\nconcurrency = 10\ndemand = \"60s\"\ndrain = \"forever\"\n{fleet}");
    let struck = fault("on = \"service.s.2\"\nat = \"110s\"\nlasts = \"1000s\"");
    let lines = logged(300, &(scene(10.0, &service) + &struck));
    assert_eq!(seen(&lines, "seat_gone"), [at(110.0, 2)]);
    assert_eq!(seen(&lines, "fault_ended"), [(110.0, "fault.f".to_owned())]);
    // Who comes later is not struck by what struck another.
    assert_eq!(seen(&lines, "replica_up"), [at(200.0, 2)]);
    // A zone that is down starts nothing; seats go where fewest are.
    let fleet = scheduled(&[(100, 4)], "");
    let service = format!("replicas = 2\ndemand = \"100ms\"\nstart = \"10s\"\n{fleet}");
    let zones = "[region.east]\nzones = 2\n";
    let struck = fault("on = \"zone.east.1\"\nat = \"90s\"\nlasts = \"50s\"");
    let lines = logged(300, &(zones.to_owned() + &scene(1.0, &service) + &struck));
    assert_eq!(seen(&lines, "seat_ready"), [at(110.0, 4), at(150.0, 3)]);
}

#[test]
fn a_lost_zone_is_waited_for_or_passed_over() {
    let parts = |choice: &str, at: u32, kind: &str| {
        let fleet = scheduled(&[(100, 4)], &format!(", on_zone_loss = \"{choice}\""));
        let service = format!("replicas = 3\ndemand = \"1ms\"\nstart = \"10s\"\n{fleet}");
        let fault = format!(
            "[region.r]\nzones = 3\n[fault.f]\nkind = {kind}\non = \"zone.r.1\"\nat = \"{at}s\"\ntime_to_repair = \"80s\"\n\
             detected_by = \"20s\"\n"
        );
        scene(1.0, &service) + &fault
    };
    let lives = |text: &str| {
        let lines = logged(300, text);
        ["seat_started", "seat_ready", "seat_gone"].map(|event| seen(&lines, event))
    };
    let crash = "\"crash\"";
    // Every zone has one, and the first is next: it is down from 50 to 150 s.
    assert_eq!(lives(&parts("wait", 50, crash)), [vec![at(100.0, 4)], vec![at(160.0, 4)], vec![]]);
    assert_eq!(lives(&parts("elsewhere", 50, crash)), [vec![at(100.0, 4)], vec![at(110.0, 4)], vec![]]);
    // What starts there before the fault is known starts elsewhere as soon as it is.
    assert_eq!(
        lives(&parts("elsewhere", 95, crash)),
        [vec![at(100.0, 4), at(115.0, 4)], vec![at(125.0, 4)], vec![at(115.0, 4)]]
    );
    // Nobody goes elsewhere because a zone is slow.
    let slow = "\"slow\"\nfactor = 3";
    let [started, ready, gone] = lives(&parts("elsewhere", 50, slow));
    assert_eq!((started, ready.len(), gone), (vec![at(100.0, 4)], 1, vec![]));
    // Where all zones are lost it is waited for the first.
    let all = parts("elsewhere", 50, crash).replace("zone.r.1", "region.r");
    assert_eq!(lives(&all), [vec![at(150.0, 4)], vec![at(160.0, 4)], vec![]]);
}

#[test]
fn who_leaves_is_a_choice() {
    let zones = "[region.east]\nzones = 3\n";
    let gone = |leaves: &str| {
        let fleet = scheduled(&[(10, 4)], &format!(", leaves = \"{leaves}\""));
        let service = format!("replicas = 6\ndemand = \"1ms\"\n{fleet}");
        who(&logged(20, &(zones.to_owned() + &scene(1.0, &service))), "seat_gone")
    };
    assert_eq!(gone("newest"), ["service.s.6", "service.s.5"]);
    assert_eq!(gone("oldest"), ["service.s.1", "service.s.2"]);
    // With two in each zone, the newest; then one of a zone that still has two.
    assert_eq!(gone("zone-balance"), ["service.s.6", "service.s.5"]);
    // Those of 50 and 100 s are served until 110 and 160 s: nobody goes before.
    let fleet = scheduled(&[(105, 1)], ", protect = \"busy\"");
    let service = format!("replicas = 2\ndemand = \"60s\"\n{fleet}");
    assert_eq!(seen(&logged(149, &scene(50.0, &service)), "seat_gone"), [at(110.0, 1)]);
    // One that is starting goes before all that serve.
    let fleet = scheduled(&[(10, 3), (15, 2)], ", leaves = \"oldest\"");
    let service = format!("replicas = 2\ndemand = \"1ms\"\nstart = \"20s\"\n{fleet}");
    assert_eq!(seen(&logged(50, &scene(1.0, &service)), "seat_gone"), [at(15.0, 3)]);
}

#[test]
fn seats_are_taken_when_who_drains_has_left_them() {
    // Two serve at most and as many as one drains beside them: the start of 30 s waits for the end of work of 20 s.
    let plan = [(10, 2), (20, 1), (25, 2), (28, 1), (30, 2)];
    let service = format!(
        "replicas = 1\nconcurrency = 100\ndemand = \"60s\"\ndrain = \"forever\"\n{}",
        scheduled(&plan, ", min = 1")
    );
    let lines = logged(200, &scene(1.0, &service));
    let started = seen(&lines, "seat_started");
    assert_eq!(started[..2], [at(10.0, 2), at(25.0, 3)]);
    assert!(started[2].0 > 60.0 && started.len() == 3, "{started:?}");
    assert_eq!(seen(&lines, "seat_gone")[0].0.to_bits(), started[2].0.to_bits());
}

#[test]
fn a_whole_fleet_leaves_at_once() {
    // Those who have nothing to finish go at the instant of the decision, one after the other.
    let fleet = scheduled(&[(10, 20_000), (20, 1)], "");
    let parts = scene(1.0, &format!("demand = \"100ms\"\n{fleet}"));
    let wanted = [("service.s/leaves", 19_999.0), ("service.s/replica_hours", (30.0 + 199_990.0) / 3_600.0)];
    expect(30, &parts, &wanted);
}

#[test]
fn deciders_come_and_go_with_their_callers() {
    let caller = format!(
        "[service.a]\nreplicas = 1\ndemand = \"1ms\"\ncalls = \"s\"\n\
         breaker = {{ policy = \"polly\", minimum = 3, open_for = \"1h\" }}\n{}",
        scheduled(&[(50, 2), (100, 1), (150, 2)], "")
    );
    let parts = format!(
        "[client.c]\ncalls = \"a\"\narrival = {{ process = \"renewal\", between = \"1s\" }}\n{caller}\
         [service.s]\nerror_ratio = 1.0\nbalancing = {{ policy = \"random\", balancers = \"caller\" }}\n"
    );
    let lines = logged(200, &parts);
    let opened: Vec<f64> = seen(&lines, "breaker_opened").into_iter().map(|(time, _)| time).collect();
    // That of the first caller once, that of the second anew for each that sits there.
    assert_eq!(opened.len(), 3, "{opened:?}");
    assert!(opened[0] < 10.0 && (50.0..70.0).contains(&opened[1]) && (150.0..170.0).contains(&opened[2]));
}

#[test]
fn what_a_check_finds_of_who_was_there_before_says_nothing_of_who_sits_there_now() {
    // Whenever a check is sent between 3 s and 11 s, it waits ten seconds for a replica that hangs; at 12 s another sits in
    // its seat.
    let service = format!(
        "replicas = 2\ndemand = \"1ms\"\ndrain = \"0s\"\nhealth_check = {{ interval = \"10s\", timeout = \"10s\", \
         unhealthy_after = 1, healthy_after = 2 }}\n{}",
        scheduled(&[(11, 1), (12, 2)], ", max = 2")
    );
    let hangs = "[fault.hang]\nkind = \"hang\"\non = \"service.s.2\"\nat = [\"3s\"]\n";
    let lines = logged(30, &(scene(0.1, &service) + hangs));
    assert_eq!(who(&lines, "seat_gone"), ["service.s.2"]);
    let by_the_new =
        seen(&lines, "service_began").iter().filter(|(time, by)| by == "service.s.2" && *time > 13.0).count();
    // Every second request of seventeen seconds.
    assert!(by_the_new >= 84, "{by_the_new}");
}

#[test]
fn nothing_waits_for_a_replica_that_is_gone() {
    // What waited for a crashed replica is sent again at the instant in which that goes, by who does not know of it yet.
    let service = format!(
        "replicas = 2\ndemand = \"10ms\"\nbalancing = {{ policy = \"random\", discovery = \"5s\", \
         knowledge = {{ delay = \"30s\" }} }}\n{}",
        scheduled(&[(12, 1)], ", max = 2, leaves = \"newest\"")
    );
    let crash = "[fault.crash]\nkind = \"crash\"\narriving = \"queued\"\non = \"service.s.2\"\nat = \"10s\"\nlasts = \"15s\"\n";
    let client = "[client.c]\narrival = { process = \"renewal\", between = \"0.1s\" }\ntimeout = \"20s\"\n\
                  calls = [{ service = \"s\", fallback = { service = \"s\" } }]\n";
    let lines = logged(30, &format!("{client}[service.s]\n{service}{crash}"));
    let count = |event: &str| lines.iter().filter(|line| &line[1] == event).count();
    assert!(failed(&lines, "reset") > 5, "who waited is told");
    assert_eq!(count("attempt_admitted"), count("attempt_left"));
}

#[test]
fn the_detector_of_a_decider_that_is_gone_does_nothing() {
    // What is passed on from "a" takes the balancers in "idle" in turn, and is heard of when their replica is gone.
    let scenario = load(
        r#"
        [run]
        horizon = "15s"
        [client.c]
        arrival = { process = "renewal", between = "7ms" }
        calls = [{ service = "a", timeout = "30ms" }]
        [service.a]
        next = [{ service = "b", probability = 1 }]
        [service.b]
        replicas = 3
        concurrency = 2
        demand = "50ms"
        error_ratio = "50%"
        balancing = { policy = "random", balancers = "caller" }
        [service.b.outlier_detection]
        policy = "failure-accrual"
        consecutive_failures = 0
        minimum_requests = 2
        window = "200ms"
        dead_for = "96ms"
        dead_for_max = "400ms"
        [service.idle]
        replicas = 2
        calls = "b"
        [service.idle.autoscaling]
        policy = "scheduled"
        plan = [{ at = "100ms", every = "200ms", replicas = 1 }, { at = "200ms", every = "200ms", replicas = 2 }]
        "#,
    );
    let (measured, audit) = run(&scenario);
    agree(&scenario, &measured, &audit);
}

#[test]
fn a_request_costs_the_same_whatever_the_fleet() {
    let latency = |fleet: &str| {
        let client = "arrival = { process = \"poisson\", rate = \"5/s\" }";
        let demand = "concurrency = \"unlimited\"\ndemand = { distribution = \"lognormal\", mean = \"200ms\", cv = 2 }";
        let found = outcome_of("horizon = \"600s\"", &one_service(client, &format!("{demand}\n{fleet}")));
        ["latency_mean", "latency_p99", "latency_max"].map(|name| value(&found, &format!("client.c/{name}")))
    };
    let fixed = latency("replicas = 3");
    let changing =
        format!("replicas = 1\ndrain = \"forever\"\n{}", scheduled(&[(60, 7), (200, 2), (300, 5)], ""));
    assert_eq!(fixed.map(f64::to_bits), latency(&changing).map(f64::to_bits));
}

#[test]
fn the_service_counts_without_those_who_start_or_drain() {
    // From 100 to 110 s the second starts: the quorum of two is met from then to 200 s.
    let service =
        format!("quorum = 2\ndemand = \"1ms\"\nstart = \"10s\"\n{}", scheduled(&[(100, 2), (200, 1)], ""));
    expect(300, &scene(1.0, &service), &[("service.s/availability_time", 90.0 / 300.0)]);
}

#[test]
fn theory_is_not_of_fleets_that_change() {
    let found = run_text(
        "[run]\nhorizon = \"1h\"\nruns = 2\n".to_owned()
            + &one_service(
                "arrival = { process = \"poisson\", rate = \"1/s\" }",
                &format!(
                    "demand = {{ distribution = \"exponential\", mean = \"100ms\" }}\n{}",
                    scheduled(&[(60, 2)], "")
                ),
            ),
    );
    assert!(found.exact.is_empty());
}

/// The same scenario with fleets that may change by such a policy and never do.
fn with_idle_policies(text: &str, policy: &str) -> String {
    let scaled = |line: &str| {
        let count = line.strip_prefix("replicas = ").filter(|count| count.parse::<u32>().is_ok())?;
        let keys = format!("min = {count}, max = {count}, policy = {}", policy.replace("COUNT", count));
        Some(format!("{line}\nstart = \"5ms\"\nautoscaling = {{ {keys} }}"))
    };
    let lines = text.lines().map(|line| scaled(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Policies that leave who has crashed alone, and policies that replace them.
const IDLE: [&str; 8] = [
    "\"scheduled\", plan = [{ at = \"100ms\", every = \"300ms\", replicas = COUNT }]",
    "\"hpa\", metric = \"in_system_mean\", target = 0.5, every = \"70ms\", window = \"130ms\", metric_delay = \"20ms\"",
    "\"hpa\", metric = \"queue_length_mean\", target = 5, every = \"70ms\", window = \"130ms\", down_window = \"0s\"",
    "\"kpa\", target = 1, every = \"20ms\", stable = \"200ms\"",
    "\"cloud-run\", every = \"30ms\", over = \"50ms\"",
    "\"azure-consumption\", target = 1, over = \"100ms\"",
    "\"target-tracking\", metric = \"in_system_mean\", target = 1, period = \"90ms\", out_after = 1, in_after = 1",
    "\"step\", metric = \"in_system_mean\", above = 0.1, window = \"50ms\"",
];

proptest! {
    #![proptest_config(Config { failure_persistence: None, max_global_rejects: 4096, ..Config::with_cases(150) })]

    #[test]
    fn a_fleet_that_may_not_change_is_fixed(sample in samples(), policy in 0..IDLE.len()) {
        let text = sample.undeployed().text(Form::Open);
        // Who stands by is no part of a fleet that is scaled, and cells are those of a fleet that is not.
        prop_assume!(!["autoscaling", "function = ", "standby = ", "\"cells\""].iter().any(|key| text.contains(key)));
        // Nobody is replaced where nobody crashes or is restarted.
        prop_assume!(policy < 6 || !["[fault", "liveness = "].iter().any(|key| text.contains(key)));
        let (fixed, _) = crate::audit::run(&load(&text));
        let (mut scaled, _) = crate::audit::run(&load(&with_idle_policies(&text, IDLE[policy])));
        for service in &mut scaled.services {
            if let Some(fleet) = service.fleet.take() {
                prop_assert_eq!((fleet.starts, fleet.leaves, fleet.decisions), (0, 0, 0));
                prop_assert_eq!(fleet.present, fleet.desired);
            }
        }
        scaled.events = fixed.events;
        prop_assert_eq!(fixed, scaled);
    }
}
