//! Checks that wait behind requests, in small scenarios whose answers are known exactly.

use crate::behaviour::{expect, one_service};
use crate::behaviour_resilience::logged;

/// When something of a kind happened [s].
fn times(lines: &[csv::StringRecord], event: &str) -> Vec<f64> {
    lines.iter().filter(|line| &line[1] == event).map(|line| line[0].parse().unwrap()).collect()
}

/// A request at 100 s that takes until 135 s, and a check every ten seconds that is given up after five.
fn long_work(check: &str, service: &str) -> String {
    let client = "arrival = { process = \"renewal\", between = \"100s\" }";
    let check = format!("health_check = {{ interval = \"10s\", timeout = \"5s\", {check} }}");
    one_service(client, &format!("demand = \"35s\"\n{check}\n{service}"))
}

#[test]
fn a_check_waits_for_a_slot() {
    // Three are sent from 100 s to 130 s and given up; the next, sent from then on, is answered when the slot is free.
    let lines = logged(150, &long_work("through = \"queue\", unhealthy_after = 3", ""));
    let (down, up) = (times(&lines, "replica_marked_down"), times(&lines, "replica_marked_up"));
    let ([down], [up]) = (&down[..], &up[..]) else { panic!("{down:?} {up:?}") };
    assert!((125.0..135.0).contains(down), "{down}");
    assert!((up - 135_f64.max(down + 5.0)).abs() < 1e-9, "{down} {up}");
    // Four are never given up, nor is any that is answered beside the work.
    for well in ["through = \"queue\", unhealthy_after = 4", "unhealthy_after = 1"] {
        assert!(times(&logged(150, &long_work(well, "")), "replica_marked_down").is_empty(), "{well}");
    }
    // There is a second slot.
    let two = logged(150, &long_work("through = \"queue\", unhealthy_after = 1", "concurrency = 2"));
    assert!(times(&two, "replica_marked_down").is_empty());
}

#[test]
fn a_check_that_finds_no_place_to_wait_is_refused_at_once() {
    let full = "queue = { capacity = 0 }";
    let refused =
        logged(150, &long_work("through = \"queue\", error_marks = true, unhealthy_after = 9", full));
    let (down, up) = (times(&refused, "replica_marked_down"), times(&refused, "replica_marked_up"));
    let ([down], [up]) = (&down[..], &up[..]) else { panic!("{down:?} {up:?}") };
    // The first that is sent in the time finds it, and the first after it.
    assert!((100.0..110.0).contains(down) && (135.0..145.0).contains(up), "{down} {up}");
    let rhythm = (up - down) / 10.0;
    assert!((rhythm - rhythm.round()).abs() < 1e-9, "{down} {up}");
}

#[test]
fn a_check_stands_behind_those_who_came_before() {
    // Twice as much comes as can be done, so whoever comes at t waits until about 2 t: a check every twenty seconds is answered
    // in time at first, and the second no more.
    let overload = |through: &str| {
        let client = "arrival = { process = \"renewal\", between = \"1s\" }";
        let check =
            format!("health_check = {{ interval = \"20s\", timeout = \"20s\", through = \"{through}\" }}");
        logged(70, &one_service(client, &format!("demand = \"2s\"\n{check}")))
    };
    let down = times(&overload("queue"), "replica_marked_down");
    assert!(down.first().is_some_and(|first| (40.0..60.0).contains(first)), "{down:?}");
    assert!(times(&overload("beside"), "replica_marked_down").is_empty());
}

#[test]
fn checks_of_one_service_leave_the_queues_of_another_alone() {
    // A request each second that takes three goes on to a service whose jobs wait in lists by priority.
    let text = one_service(
        "arrival = { process = \"renewal\", between = \"1s\" }",
        "demand = \"1ms\"\ncalls = \"other\"\nconcurrency = \"unlimited\"\n\
         health_check = { interval = \"10s\", timeout = \"5s\" }\n\
         liveness = { interval = \"10s\", timeout = \"5s\", restart = \"7s\" }\n\
         [service.third]\ndemand = \"1ms\"\nhealth_check = { interval = \"10s\", timeout = \"5s\", through = \"queue\" }\n\
         [service.other]\ndemand = \"3s\"\nqueue = { policy = \"priority\" }",
    );
    // It is busy from 1.001 s on.
    expect(30, &text, &[("service.other/utilisation", 28.999 / 30.0)]);
}

/// A service with probes of its liveness every ten seconds, which are given up after five; three of them restart it.
fn probed(client: &str, liveness: &str, service: &str) -> String {
    let liveness = format!(
        "liveness = {{ interval = \"10s\", timeout = \"5s\", unhealthy_after = 3, restart = \"7s\", {liveness} }}"
    );
    one_service(client, &format!("{liveness}\n{service}"))
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");
}

/// When something of a fault happened [s].
fn of_fault(lines: &[csv::StringRecord], event: &str, fault: &str) -> Vec<f64> {
    let is_its = |line: &&csv::StringRecord| &line[1] == event && line[2] == format!("fault.{fault}");
    lines.iter().filter(is_its).map(|line| line[0].parse().unwrap()).collect()
}

#[test]
fn a_busy_replica_that_its_host_probes_as_a_request_is_restarted() {
    let client = "arrival = { process = \"renewal\", between = \"100s\" }";
    let parts = |through: &str, slots: u32| {
        probed(
            client,
            &format!("through = \"{through}\""),
            &format!("demand = \"35s\"\nconcurrency = {slots}"),
        )
    };
    let lines = logged(150, &parts("queue", 1));
    let (began, ended) = (times(&lines, "fault_began"), times(&lines, "fault_ended"));
    let ([began], [ended]) = (&began[..], &ended[..]) else { panic!("{began:?} {ended:?}") };
    // The third that is sent from 100 s on is given up before the work is done.
    assert!((125.0..135.0).contains(began), "{began}");
    near(*ended, began + 7.0);
    expect(150, &parts("queue", 1), &[("client.c/failures_reset", 1.0), ("fault.s:liveness/incidents", 1.0)]);
    for well in [parts("beside", 1), parts("queue", 2)] {
        expect(150, &well, &[("client.c/availability_request", 1.0), ("fault.s:liveness/incidents", 0.0)]);
    }
}

#[test]
fn a_restart_ends_what_probes_of_liveness_are_to_find() {
    let hang = |keys: &str| {
        probed(
            "arrival = { process = \"renewal\", between = \"1000s\" }",
            "initial_delay = \"3s\"",
            "demand = \"1s\"",
        ) + &format!("[fault.hang]\nkind = \"hang\"\non = \"service.s\"\nat = \"100s\"\n{keys}")
    };
    let lines = logged(400, &hang("time_to_repair = \"0s\"\ndetected_by = \"liveness\""));
    let [restart] = of_fault(&lines, "fault_began", "s:liveness")[..] else { panic!("{lines:?}") };
    assert!((125.0..135.0).contains(&restart), "{restart}");
    assert_eq!(of_fault(&lines, "fault_detected", "hang"), [restart]);
    assert_eq!(of_fault(&lines, "fault_ended", "hang"), [restart]);
    assert_eq!(of_fault(&lines, "fault_ended", "s:liveness"), [restart + 7.0]);
    // One that it does not end is restarted again and again: three probes after the first that is due 3 s after the start.
    let lines = logged(250, &hang("lasts = \"1000s\""));
    let restarts = of_fault(&lines, "fault_began", "s:liveness");
    assert!((125.0..135.0).contains(&restarts[0]) && restarts.len() >= 4, "{restarts:?}");
    restarts.windows(2).for_each(|pair| near(pair[1] - pair[0], 7.0 + 3.0 + 20.0 + 5.0));
}

#[test]
fn restarts_in_a_row_wait_longer_each_time() {
    let backoff = "backoff = { first = \"10s\", factor = 2, max = \"30s\", forget = \"1h\" }";
    let parts =
        probed("arrival = { process = \"renewal\", between = \"1000s\" }", backoff, "demand = \"1s\"")
            + "[fault.hang]\nkind = \"hang\"\non = \"service.s\"\nat = \"0s\"\nlasts = \"1000s\"";
    let lines = logged(400, &parts);
    let (began, ended) =
        (of_fault(&lines, "fault_began", "s:liveness"), of_fault(&lines, "fault_ended", "s:liveness"));
    let lengths: Vec<f64> = began.iter().zip(&ended).map(|(began, ended)| ended - began).collect();
    let waits = [0.0, 10.0, 20.0, 30.0, 30.0];
    assert!(lengths.len() >= waits.len(), "{lengths:?}");
    waits.iter().zip(&lengths).for_each(|(wait, length)| near(*length, wait + 7.0));
    ended.iter().zip(&began[1..]).for_each(|(ended, next)| near(next - ended, 25.0));
}

#[test]
fn errors_as_answers_fail_probes_of_liveness() {
    let parts = probed("arrival = { process = \"renewal\", between = \"1000s\" }", "", "demand = \"1s\"")
        + "[fault.bad]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s\"\nat = \"100s\"\ntime_to_repair = \"0s\"\n\
           detected_by = \"liveness\"";
    let lines = logged(200, &parts);
    let [restart] = of_fault(&lines, "fault_began", "s:liveness")[..] else { panic!("{lines:?}") };
    // Known at once, and so without the time of giving up.
    assert!((120.0..130.0).contains(&restart), "{restart}");
    assert_eq!(of_fault(&lines, "fault_ended", "bad"), [restart]);
}
