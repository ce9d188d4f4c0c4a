//! Small scenarios without randomness, whose answers are known exactly.

use std::path::{Path, PathBuf};

use ninefold::experiment::{Options, Outcome, run};
use ninefold::scenario::{self, Places, Source};

/// A request every ten seconds, from ten seconds on.
pub(crate) const EVERY_TEN: &str = r#"arrival = { process = "renewal", between = "10s" }"#;

/// Requests at 0 s, 1 s and 2 s.
pub(crate) const THREE: &str = r#"arrival = { process = "replay", file = "three.csv", column = "second" }"#;

/// Runs a scenario of so many seconds once; measured requests have time to end.
pub(crate) fn outcome(horizon: u32, parts: &str) -> Outcome {
    outcome_of(&format!("horizon = \"{horizon}s\""), parts)
}

/// As `outcome`, with the horizon as it is written.
pub(crate) fn outcome_of(horizon: &str, parts: &str) -> Outcome {
    run_text(format!("[run]\n{horizon}\ndrain = \"1000s\"\nruns = 1\n{parts}"))
}

/// Runs a scenario.
pub(crate) fn run_text(text: String) -> Outcome {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let source = Source { name: "behaviour.toml".to_owned(), text };
    let places = Places { folders: vec![data, PathBuf::new()] };
    let loaded = scenario::load(source, &[], &places).unwrap_or_else(|rejected| {
        panic!("{:?}", rejected.findings.0.iter().map(|one| &one.message).collect::<Vec<_>>())
    });
    run(&loaded, &Options { threads: Some(1), ..Options::default() }, &()).unwrap()
}

/// The value of a metric of the only run.
pub(crate) fn value(outcome: &Outcome, metric: &str) -> f64 {
    let (scope, name) = metric.split_once('/').unwrap();
    let mut values = outcome.values.iter();
    let found = values.find(|one| &*one.scope == scope && &*one.metric == name);
    found.and_then(|one| one.value).unwrap_or_else(|| panic!("there is no {metric}"))
}

/// Requires metrics to be exactly so, but for the rounding of sums.
pub(crate) fn expect(horizon: u32, parts: &str, expected: &[(&str, f64)]) {
    let outcome = outcome(horizon, parts);
    for (metric, wanted) in expected {
        let found = value(&outcome, metric);
        let is_equal = (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0);
        assert!(is_equal, "{metric} is {found}, not {wanted}, in\n{parts}");
    }
}

/// A client with further keys that calls the service `s`, which has these keys.
pub(crate) fn one_service(client: &str, service: &str) -> String {
    format!("[client.c]\ncalls = \"s\"\n{client}\n[service.s]\n{service}\n")
}

#[test]
fn a_timeout_says_what_becomes_of_the_work() {
    let timed = |timeout: &str, rule: &str| {
        let client = format!(
            "arrival = {{ process = \"renewal\", between = \"5s\" }}\ntimeout = \"{timeout}\"\non_timeout = \"{rule}\""
        );
        one_service(&client, "demand = \"8s\"")
    };
    let all_fail = ("client.c/failures_timeout", 19.0);
    // 19 requests at 5 s, 10 s, ... hold the slot for three seconds each.
    let cancelled = [("service.s/utilisation", 0.57), ("client.c/latency_all_mean", 3.0), all_fail];
    expect(100, &timed("3s", "cancel"), &cancelled);
    // Nothing is ever stopped: the slot is in use from 5 s on.
    let abandoned = [("service.s/utilisation", 0.95), ("service.s/wasted_work_ratio", 1.0), all_fail];
    expect(100, &timed("3s", "abandon"), &abandoned);
    // Every other request finds the slot in use and leaves the queue after two seconds; the others work to the end.
    let stopped_waiting = [("service.s/utilisation", 0.77), ("client.c/latency_all_mean", 2.0), all_fail];
    expect(100, &timed("2s", "cancel-waiting"), &stopped_waiting);
}

#[test]
fn a_retry_starts_before_the_deadline_or_not_at_all() {
    let tried = |deadline: &str| {
        let client = format!(
            "{EVERY_TEN}\ndeadline = \"{deadline}\"\nretry = {{ policy = \"fixed\", delay = \"1s\", attempts = 10 }}"
        );
        one_service(&client, "demand = \"1s\"\nerror_ratio = \"100%\"")
    };
    // Tries begin at 0 s and 2 s; the third would begin at the deadline.
    let given_up = [
        ("client.c/latency_all_mean", 3.0),
        ("client.c/amplification", 2.0),
        ("client.c/failures_error", 9.0),
    ];
    expect(95, &tried("4s"), &given_up);
    let cut_off = [
        ("client.c/latency_all_mean", 4.5),
        ("client.c/amplification", 3.0),
        ("client.c/failures_deadline", 9.0),
    ];
    expect(95, &tried("4500ms"), &cut_off);
}

#[test]
fn a_request_that_still_waits_at_its_deadline_fails_for_it() {
    let client = format!("{THREE}\ndeadline = \"11s\"\non_timeout = \"cancel\"");
    // One is served; the second is under way and the third has not begun when eleven seconds are over.
    let parts = one_service(&client, "demand = \"10s\"");
    let expected = [
        ("client.c/failures_deadline", 2.0),
        ("client.c/latency_mean", 10.0),
        ("client.c/latency_all_mean", 32.0 / 3.0),
        ("service.s/throughput", 0.01),
    ];
    expect(100, &parts, &expected);
}

#[test]
fn a_hang_freezes_work_and_accepts_more() {
    let parts = one_service(EVERY_TEN, "demand = \"5s\"")
        + "[fault.f]\nkind = \"hang\"\non = \"service.s.1\"\nat = \"12s\"\nlasts = \"10s\"\n";
    // Served from 10 s to 25 s, then from 25 s to 30 s, then at once.
    let expected = [("client.c/latency_mean", 6.5), ("service.s/availability_time", 91.0 / 101.0)];
    expect(101, &parts, &expected);
}

#[test]
fn slowness_changes_speed_at_once_and_adds_time_to_what_starts() {
    let slow = |keys: &str| {
        one_service(EVERY_TEN, "demand = \"5s\"")
            + &format!(
                "[fault.f]\nkind = \"slow\"\n{keys}\non = \"service.s\"\nat = \"12s\"\nlasts = \"10s\"\n"
            )
    };
    // Two seconds and three at half speed; then two at half speed and four.
    expect(101, &slow("factor = 2"), &[("client.c/latency_mean", (8.0 + 6.0 + 8.0 * 5.0) / 10.0)]);
    expect(101, &slow("added = \"3s\""), &[("client.c/latency_mean", (8.0 + 9.0 * 5.0) / 10.0)]);
}

#[test]
fn an_error_takes_its_own_time() {
    let parts = one_service(EVERY_TEN, "demand = \"2s\"\nerror_time = \"1s\"")
        + "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s\"\nat = \"15s\"\nlasts = \"10s\"\n";
    let expected = [
        ("client.c/failures_error", 1.0),
        ("client.c/latency_all_mean", 1.9),
        ("service.s/availability_time", 1.0),
    ];
    expect(101, &parts, &expected);
}

#[test]
fn queues_are_served_in_the_order_of_their_policy() {
    let queue = |policy: &str, within: &str| {
        one_service(
            &format!("{THREE}\nwithin = [\"{within}\"]"),
            &format!("demand = \"10s\"\nqueue = \"{policy}\""),
        )
    };
    // 10 s, 19 s and 28 s; last come first served makes it 10 s, 29 s and 18 s.
    expect(100, &queue("fifo", "28s"), &[("client.c/latency_mean", 19.0), ("client.c/within_28s", 1.0)]);
    let last_first = [("client.c/latency_mean", 19.0), ("client.c/within_28s", 2.0 / 3.0)];
    expect(100, &queue("lifo", "28s"), &last_first);
    // Three share from 2 s on, when 8.5 s, 9.5 s and 10 s of work are left.
    let shared = [("client.c/latency_mean", (27.5 + 28.5 + 28.0) / 3.0), ("service.s/wait_mean", 0.0)];
    expect(100, &queue("processor-sharing", "28s"), &shared);
}

#[test]
fn priority_goes_first_without_interrupting() {
    let parts = format!(
        "[client.late]\ncalls = \"s\"\n{THREE}\npriority = 1\n\
         [client.urgent]\ncalls = \"s\"\n{}\npriority = 0\n\
         [service.s]\ndemand = \"10s\"\nqueue = \"priority\"\n",
        THREE.replace("three", "two")
    );
    // At 0 s the first in the order of names is served; then both urgent ones, then what came at 1 s and 2 s.
    let expected =
        [("client.urgent/latency_mean", 23.5), ("client.late/latency_mean", (10.0 + 39.0 + 48.0) / 3.0)];
    expect(100, &parts, &expected);
}

#[test]
fn the_impatient_and_those_without_a_place_leave() {
    let impatient = one_service(THREE, "demand = \"10s\"\nqueue = { policy = \"fifo\", patience = \"5s\" }");
    let expected = [
        ("client.c/failures_abandoned", 2.0),
        ("client.c/latency_all_mean", 20.0 / 3.0),
        ("service.s/wait_mean", 10.0 / 3.0),
        ("service.s/queue_length_max", 2.0),
    ];
    expect(100, &impatient, &expected);
    let full = one_service(THREE, "demand = \"10s\"\nqueue = { policy = \"fifo\", capacity = 1 }");
    let expected = [("client.c/failures_queue_full", 1.0), ("client.c/latency_mean", 14.5)];
    expect(100, &full, &expected);
}

#[test]
fn a_crash_says_what_becomes_of_work() {
    let crash = |client: &str, keys: &str| {
        one_service(&format!("{THREE}\n{client}"), "demand = \"10s\"")
            + &format!(
                "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"4s\"\nlasts = \"10s\"\n{keys}\n"
            )
    };
    // All are inside at 4 s and are told at once.
    let lost = [("client.c/failures_reset", 3.0), ("client.c/latency_all_mean", 3.0)];
    expect(100, &crash("", ""), &lost);
    let silent = [("client.c/failures_timeout", 3.0), ("client.c/latency_all_mean", 50.0)];
    expect(100, &crash("timeout = \"50s\"", "signal = \"silent\""), &silent);
    // Served until 20 s, 30 s and 40 s; from the start again, until 24 s, 34 s and 44 s.
    let resumed = crash("", "in_service = \"resumed\"\nwaiting = \"kept\"");
    expect(100, &resumed, &[("client.c/latency_mean", 29.0), ("service.s/availability_time", 0.9)]);
    let restarted = crash("", "in_service = \"restarted\"\nwaiting = \"kept\"");
    expect(100, &restarted, &[("client.c/latency_mean", 33.0)]);
}

#[test]
fn a_resumed_job_of_a_shared_queue_goes_on_elsewhere_at_its_speed() {
    let parts = |lasts: &str| {
        one_service(
            THREE,
            "replicas = 2\nspeed = [1, 0.5]\ndemand = \"10s\"\nqueue = { policy = \"fifo\", at = \"service\" }",
        ) + &format!(
            "[fault.first]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"4s\"\nlasts = \"{lasts}\"\n\
             in_service = \"resumed\"\n\
             [fault.second]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"0s\"\nlasts = \"3s\"\n"
        )
    };
    // The second replica serves what came at 1 s from 3 s to 23 s. The first is back at 14 s and takes the head,
    // six seconds of work, and then the last.
    expect(100, &parts("10s"), &[("client.c/latency_mean", (20.0 + 22.0 + 28.0) / 3.0)]);
    // It is back at 34 s only: the second does the six seconds in twelve, from 23 s on.
    expect(100, &parts("30s"), &[("client.c/latency_mean", (35.0 + 22.0 + 42.0) / 3.0)]);
}

#[test]
fn callers_that_start_anew_without_a_slot_take_one_or_wait_for_it() {
    // Two seconds of work of their own, one at a time, and then ten seconds of a call.
    let parts = |at: &str, lasts: &str, waiting: &str| {
        format!(
            "[client.c]\ncalls = \"front\"\n{THREE}\n\
             [service.front]\ndemand = \"2s\"\nslot = \"released\"\ncalls = \"back\"\n\
             [service.back]\ndemand = \"10s\"\nconcurrency = \"unlimited\"\n\
             [fault.f]\nkind = \"crash\"\non = \"service.front.1\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n\
             in_service = \"restarted\"\nwaiting = \"{waiting}\"\n"
        )
    };
    // At 5 s two are calling and the third works. It keeps its slot, from 10 s to 12 s; the first has it until 14 s, the
    // second until 16 s.
    let calling = [
        ("client.c/latency_mean", (24.0 + 25.0 + 20.0) / 3.0),
        ("service.front/utilisation", 11.0 / 95.0),
        ("service.front/queue_length_max", 2.0),
        ("service.back/throughput", 0.05),
    ];
    expect(100, &parts("5s", "5s", "kept"), &calling);
    // At 7 s all are calling and the slot is free: the first has it from 12 s on.
    let free =
        [("client.c/latency_mean", (24.0 + 25.0 + 26.0) / 3.0), ("service.front/utilisation", 12.0 / 95.0)];
    expect(100, &parts("7s", "5s", "kept"), &free);
    // At 3 s the third waits and is lost; the first waits from then on, but was in service.
    let lost = [("client.c/latency_mean", f64::midpoint(27.0, 24.0)), ("client.c/failures_reset", 1.0)];
    expect(100, &parts("3s", "10s", "lost"), &lost);
    // So it is when another crash strikes meanwhile.
    let again = parts("3s", "10s", "lost")
        + "[fault.g]\nkind = \"crash\"\non = \"service.front.1\"\nat = \"4s\"\nlasts = \"1s\"\n\
           in_service = \"restarted\"\n";
    expect(100, &again, &lost);
}

#[test]
fn attempts_of_measured_requests_count_to_their_end_however_long_the_run_goes_on() {
    // Three are served and used; three time out after a second, all before 35 s, and the last is served until 38 s.
    let parts = |drain: &str, more: &str| {
        format!(
            "[run]\nhorizon = \"35s\"\ndrain = \"{drain}\"\nruns = 1\n\
             [client.a]\ncalls = \"s\"\n{THREE}\n[client.b]\ncalls = \"s\"\n{EVERY_TEN}\ntimeout = \"1s\"\n\
             [service.s]\ndemand = \"8s\"\nconcurrency = \"unlimited\"\n{more}"
        )
    };
    let longer = format!("[client.z]\ncalls = \"z\"\n{THREE}\n[service.z]\ndemand = \"50s\"\n");
    for (drain, more) in [("10s", ""), ("1000s", ""), ("1000s", &longer)] {
        let outcome = run_text(parts(drain, more));
        for (metric, wanted) in [
            ("service.s/throughput", 6.0 / 35.0),
            ("service.s/service_mean", 8.0),
            ("service.s/wasted_work_ratio", 0.5),
        ] {
            assert!((value(&outcome, metric) - wanted).abs() < 1e-9, "{metric} with {drain}{more}");
        }
    }
}

#[test]
fn an_outage_that_goes_on_counts_the_requests_that_fail_up_to_the_horizon() {
    // The only replica is gone from 15 s on; requests at 20 s and 30 s fail, and others after the horizon too.
    let parts = |drain: &str| {
        format!(
            "[run]\nhorizon = \"35s\"\ndrain = \"{drain}\"\nruns = 1\n{}\
             [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"15s\"\n\
             [client.z]\ncalls = \"z\"\n{THREE}\n[service.z]\ndemand = \"50s\"\n",
            one_service(EVERY_TEN, "demand = \"1s\"")
        )
    };
    for drain in ["5s", "1000s"] {
        let outcome = run_text(parts(drain));
        let incidents = &outcome.measurements[0].incidents;
        assert!(!incidents.is_empty());
        for incident in incidents {
            assert_eq!(incident.requests_failed, 2, "{incident:?} with {drain}");
        }
    }
}
