//! The order of what happens at one instant: completion, then repair and readiness, faults, looks, decisions, timers,
//! arrivals; and within one event, the answers that it gives in the order in which they were given.

use crate::behaviour::{expect, one_service};
use crate::behaviour_resilience::logged;

fn scene(between: &str, client: &str, service: &str) -> String {
    let arrival = format!("arrival = {{ process = \"renewal\", between = \"{between}\" }}\n{client}");
    one_service(&arrival, service)
}

/// Who was told what at an instant, in order.
fn at(lines: &[csv::StringRecord], time: f64) -> Vec<String> {
    let here = |line: &&csv::StringRecord| line[0].parse::<f64>().is_ok_and(|at| (at - time).abs() < 1e-9);
    lines.iter().filter(here).map(|line| line[1].to_owned()).collect()
}

fn place(events: &[String], event: &str) -> usize {
    events.iter().position(|one| one == event).unwrap_or_else(|| panic!("no {event} in {events:?}"))
}

#[test]
fn an_answer_at_its_timeout_is_in_time() {
    let parts = scene("10s", "timeout = \"2s\"", "demand = \"2s\"");
    expect(100, &parts, &[("client.c/availability_request", 1.0), ("client.c/latency_max", 2.0)]);
}

#[test]
fn a_slot_that_is_freed_is_there_for_who_arrives() {
    // Without a place to wait, and a request whenever the one before is done.
    let parts = scene("2s", "", "demand = \"2s\"\nqueue = { capacity = 0 }");
    expect(100, &parts, &[("client.c/availability_request", 1.0)]);
}

#[test]
fn work_that_ends_when_a_crash_begins_is_done() {
    let fault = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"12s\"\nlasts = \"3s\"\n";
    let parts = scene("10s", "", "demand = \"2s\"") + fault;
    let lines = logged(30, &parts);
    let events = at(&lines, 12.0);
    assert!(place(&events, "attempt_left") < place(&events, "fault_began"), "{events:?}");
    expect(30, &parts, &[("client.c/availability_request", 1.0)]);
}

#[test]
fn who_is_repaired_when_a_request_arrives_serves_it() {
    let fault = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"15s\"\nlasts = \"5s\"\n";
    let parts = scene("10s", "", "demand = \"1s\"") + fault;
    let events = at(&logged(30, &parts), 20.0);
    assert!(place(&events, "fault_ended") < place(&events, "request_arrived"), "{events:?}");
    expect(29, &parts, &[("client.c/availability_request", 1.0)]);
}

#[test]
fn who_looks_sees_the_fault_of_the_instant() {
    let fault = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"15s\"\ntime_to_repair = \"50s\"\ndetected_by = \"0s\"\n";
    let events = at(&logged(40, &(scene("7s", "", "replicas = 2\ndemand = \"1s\"") + fault)), 15.0);
    assert!(place(&events, "fault_began") < place(&events, "fault_detected"), "{events:?}");
}

#[test]
fn a_decision_comes_before_timers_and_arrivals() {
    // A second replica without a boot takes the very request that arrives with it.
    let plan = "autoscaling = { policy = \"scheduled\", plan = [{ at = \"20s\", replicas = 2 }] }";
    let parts = scene(
        "10s",
        "",
        &format!("demand = \"15s\"\nqueue = {{ capacity = 0 }}\nbalancing = \"least-connections\"\n{plan}"),
    );
    let events = at(&logged(30, &parts), 20.0);
    assert!(place(&events, "seat_ready") < place(&events, "request_arrived"), "{events:?}");
    expect(29, &parts, &[("client.c/availability_request", 1.0)]);
}

#[test]
fn answers_of_one_event_are_taken_in_the_order_in_which_they_came() {
    // A crash loses three calls of one task each: their callers are told in the order in which they were in service, and
    // each makes its next call before the one after it is told.
    let parts = "[client.c]\ncalls = \"a\"\narrival = { process = \"renewal\", between = \"1s\" }\n\
                 [service.a]\nconcurrency = 10\ncalls = [\"s\", \"t\"]\nretry = \"none\"\n\
                 [service.s]\nconcurrency = 10\ndemand = \"10s\"\n[service.t]\n\
                 [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"3500ms\"\nlasts = \"1s\"\n";
    let lines = logged(4, parts);
    let ended: Vec<String> = lines
        .iter()
        .filter(|line| line[0].starts_with("3.5") && &line[1] == "attempt_ended" && &line[2] == "service.s")
        .map(|line| line[4].to_owned())
        .collect();
    let sent: Vec<String> = lines
        .iter()
        .filter(|line| &line[1] == "attempt_sent" && line[2].starts_with("service.s"))
        .map(|line| line[4].to_owned())
        .collect();
    assert_eq!(ended.len(), 3);
    assert!(!ended[0].is_empty());
    assert_eq!(ended, sent[..3]);
}
