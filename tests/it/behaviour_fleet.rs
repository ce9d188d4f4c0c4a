//! Calls between services, places, balancers and what they find out, in small scenarios whose answers are known exactly.

use ninefold::measure::Subject;

use crate::behaviour::{EVERY_TEN, THREE, expect, one_service, outcome, outcome_of, value};

/// A client that calls `front`, which makes calls as written, and services behind it.
fn behind(front: &str, services: &str) -> String {
    format!(
        "[client.c]\ncalls = \"front\"\n{THREE}\n[service.front]\nconcurrency = \"unlimited\"\n{front}\n{services}"
    )
}

#[test]
fn copies_go_to_different_replicas_and_as_many_as_needed_are_awaited() {
    let copies = |wait_for: &str| {
        behind(
            &format!("calls = [{{ service = \"b\", count = 3, wait_for = {wait_for} }}]"),
            "[service.b]\nreplicas = 3\nspeed = [1, 0.5, 0.25]\ndemand = \"1s\"\nconcurrency = \"unlimited\"\n",
        )
    };
    for (wait_for, latency) in [("1", 1.0), ("2", 2.0), ("3", 4.0), ("\"all\"", 4.0)] {
        let expected = [("client.c/latency_mean", latency), ("service.b/service_mean", 7.0 / 3.0)];
        expect(100, &copies(wait_for), &expected);
    }
}

#[test]
fn what_is_optional_is_awaited_but_may_fail() {
    let services = "[service.bad]\ndemand = \"3s\"\nerror_ratio = \"100%\"\nconcurrency = \"unlimited\"\n\
                    [service.good]\ndemand = \"5s\"\nconcurrency = \"unlimited\"\n";
    let optional = behind("calls = [{ service = \"bad\", optional = true }]", services);
    expect(100, &optional, &[("client.c/latency_mean", 3.0), ("client.c/availability_request", 1.0)]);
    // A required one makes the caller answer before the other is back, and the later step is not begun.
    let required = behind("calls = [\"bad\", \"good\", { service = \"good\", step = 2 }]", services);
    let expected = [
        ("client.c/latency_all_mean", 3.0),
        ("client.c/failures_error", 3.0),
        ("service.good/throughput", 0.03),
    ];
    expect(100, &required, &expected);
    let steps = behind(
        "calls = [\"good\", { service = \"bad\", optional = true }, { service = \"good\", step = 2 }]",
        services,
    );
    expect(100, &steps, &[("client.c/latency_mean", 10.0), ("service.good/throughput", 0.06)]);
}

#[test]
fn calls_of_which_one_is_chosen_exclude_each_other() {
    let parts = "[client.c]\ncalls = \"front\"\narrival = { process = \"renewal\", between = \"1s\" }\n\
        [service.front]\ncalls = [\n\
          { service = \"x\", choose = \"one\", probability = 0.5 },\n\
          { service = \"y\", choose = \"one\", probability = 0.5 },\n]\n\
        [service.x]\ndemand = \"100ms\"\n[service.y]\ndemand = \"300ms\"\n";
    let outcome = outcome(1001, parts);
    let [x, y] = ["service.x/throughput", "service.y/throughput"].map(|metric| value(&outcome, metric));
    assert!((x + y - value(&outcome, "client.c/throughput")).abs() < 1e-9, "{x} and {y}");
    // A thousand fair draws lie within four standard deviations, 63, of their mean.
    assert!((x * 1001.0 - 500.0).abs() < 64.0, "{x}");
    let latency = (0.1 * x + 0.3 * y) / (x + y);
    assert!((value(&outcome, "client.c/latency_mean") - latency).abs() < 1e-9);
}

#[test]
fn what_passes_a_request_on_is_free_at_once() {
    let chain = one_service(THREE, "demand = \"1s\"\nnext = [{ service = \"t\" }]")
        + "[service.t]\ndemand = \"3s\"\nconcurrency = \"unlimited\"\n";
    expect(100, &chain, &[("client.c/latency_mean", 4.0), ("service.s/wait_mean", 0.0)]);
    let cycle = one_service(
        EVERY_TEN,
        "demand = \"1s\"\nconcurrency = \"unlimited\"\nnext = [{ service = \"s\", probability = 0.5 }]",
    );
    let outcome = outcome(10_001, &cycle);
    let visits = value(&outcome, "service.s/throughput") * 10_001.0;
    let seconds = value(&outcome, "client.c/latency_mean") * 1000.0;
    assert!((visits - seconds).abs() < 1e-6, "{visits} visits of a second each take {seconds} s");
    // Two on average with a variance of 2: four standard deviations of the mean of a thousand are 0.18.
    assert!((visits / 1000.0 - 2.0).abs() < 0.18, "{visits}");
}

#[test]
fn a_slot_is_held_or_released_while_calls_are_out() {
    let slot = |slot: &str| {
        one_service(THREE, &format!("demand = \"1s\"\ncalls = \"t\"\nslot = \"{slot}\""))
            + "[service.t]\ndemand = \"4s\"\nconcurrency = \"unlimited\"\n"
    };
    expect(100, &slot("held"), &[("client.c/latency_mean", 9.0), ("service.s/utilisation", 0.15)]);
    expect(100, &slot("released"), &[("client.c/latency_mean", 5.0), ("service.s/utilisation", 0.03)]);
}

/// Two regions a tenth of a second apart, one replica in each, a client in the east.
fn two_regions(service: &str) -> String {
    format!(
        "[region.east]\n[region.west]\n[network]\nbetween_regions = \"100ms\"\nwithin_zone = \"10ms\"\n\
         [client.c]\nregion = \"east\"\ncalls = \"s\"\n{EVERY_TEN}\n\
         [service.s]\ndemand = \"1s\"\n{service}\n"
    )
}

#[test]
fn the_network_delays_both_ways() {
    let parts = two_regions("replicas = { west = 1 }");
    expect(101, &parts, &[("client.c/latency_mean", 1.2), ("service.s/sojourn_mean", 1.0)]);
    // A client is in every zone of its region in turn: with one zone it is in that of the service.
    let near = two_regions("replicas = { east = 1 }");
    expect(101, &near, &[("client.c/latency_mean", 1.02)]);
}

#[test]
fn another_region_takes_over_when_the_crash_is_known() {
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"50s\"\nlasts = \"20s\"\n";
    let parts = |knowledge: &str| {
        two_regions(&format!(
            "replicas = {{ east = 1, west = 1 }}\nbalancing = {{ policy = \"random\", locality = \"region\", \
             knowledge = {knowledge} }}"
        )) + crash
    };
    // Requests at 50 s and 60 s go west.
    expect(101, &parts("\"perfect\""), &[("client.c/latency_mean", (8.0 * 1.02 + 2.0 * 1.2) / 10.0)]);
    // The one at 50 s is refused, those at 60 s, 70 s and 80 s go west.
    let delayed = [
        ("client.c/failures_connect", 1.0),
        ("client.c/latency_mean", (6.0 * 1.02 + 3.0 * 1.2) / 9.0),
        ("client.c/latency_all_mean", (6.0 * 1.02 + 3.0 * 1.2 + 0.02) / 10.0),
    ];
    expect(101, &parts("{ delay = \"5s\", rejoin = \"15s\" }"), &delayed);
    // Without checks nobody ever learns of it.
    expect(101, &parts("\"checked\""), &[("client.c/failures_connect", 2.0)]);
}

#[test]
fn news_of_one_replica_does_not_hold_up_news_of_another() {
    let parts = one_service(
        EVERY_TEN,
        "replicas = 2\nbalancing = { policy = \"round-robin\", knowledge = { delay = \"20s\", rejoin = \"0s\" } }",
    ) + "[fault.first]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"95s\"\nlasts = \"1000s\"\n\
         [fault.second]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"45s\"\nlasts = \"53s\"\n";
    // One of the requests at 50 s and 60 s goes to the second, of which nobody knows yet. It is back at 98 s and known
    // to be, so that it gets one of those at 100 s and 110 s, while the news of the first is still on its way.
    expect(111, &parts, &[("client.c/failures_connect", 2.0)]);
}

#[test]
fn balancers_are_shared_or_one_for_each_caller() {
    let parts = |balancers: &str| {
        format!(
            "[client.c]\ncalls = \"s\"\n{}\n[client.d]\ncalls = \"s\"\n{}\n\
             [service.s]\nreplicas = 2\nconcurrency = \"unlimited\"\nspeed = [1, 0.5]\ndemand = \"1s\"\n\
             balancing = {{ policy = \"round-robin\", balancers = {balancers} }}\n",
            THREE.replace("three", "two"),
            THREE.replace("three", "two"),
        )
    };
    // Both send at once: in turn, the first always gets the fast replica.
    let shared = [("client.c/latency_mean", 1.0), ("client.d/latency_mean", 2.0)];
    expect(100, &parts("1"), &shared);
    let own = [("client.c/latency_mean", 1.5), ("client.d/latency_mean", 1.5)];
    expect(100, &parts("\"caller\""), &own);
}

#[test]
fn health_checks_detect_after_so_many_failures() {
    // Ten crashes at every phase of an interval, so that the random phase of the checks is no matter: each further
    // second of phase makes detection a second earlier, once it wraps around.
    let times: Vec<String> = (0..10).map(|number| format!("\"{}s\"", 1000 * (number + 1) + number)).collect();
    let parts = |crash: &str| {
        format!(
            "[service.s]\nhealth_check = {{ interval = \"10s\", timeout = \"2s\", unhealthy_after = 3 }}\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = [{}]\ntime_to_repair = \"100s\"\n\
             detected_by = \"health_check\"\n{crash}\n",
            times.join(", ")
        )
    };
    let silent = "signal = \"silent\"\narriving = \"ignored\"";
    // A silent replica is given the timeout, one that refuses answers at once.
    for (crash, least) in [(silent, 22.0), ("", 20.0)] {
        let outcome = outcome(12_000, &parts(crash));
        let incidents = outcome.measurements[0].incidents.iter();
        let faults = incidents.filter(|one| matches!(one.subject, Subject::Fault(..)));
        let mut delays: Vec<f64> =
            faults.map(|one| one.detected.unwrap().since(one.start).as_secs()).collect();
        delays.sort_by(f64::total_cmp);
        assert_eq!(delays.len(), 10);
        assert!(delays[0] >= least && delays[0] <= least + 1.0, "{delays:?}");
        let is_even = delays.windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < 1e-6);
        assert!(is_even, "{delays:?}");
    }
}

#[test]
fn every_window_has_the_requests_that_arrive_in_it() {
    let client = format!("{EVERY_TEN}\ntimeout = \"15s\"");
    let parts = one_service(&client, "demand = \"1s\"")
        + "[fault.f]\nkind = \"hang\"\non = \"service.s\"\nat = \"585s\"\nlasts = \"100s\"\n";
    let outcome = outcome_of("horizon = \"900s\"\ntimeline_step = \"5min\"", &parts);
    let rows = outcome.measurements[0].timeline.iter();
    // Windows of five minutes. The request at 590 s fails in the third window but counts in its own; those up to 670 s
    // fail too, that at 680 s is answered at the instant of its timeout. Nothing is under way when the third ends.
    let counts: Vec<[u64; 3]> = rows.map(|row| [row.arrivals, row.good, row.failed]).collect();
    assert_eq!(counts, [[29, 29, 0], [30, 29, 1], [30, 22, 8]]);
    let windows = outcome.measurements[0].clients[0].windows;
    assert_eq!((windows.count, windows.with_failure), (3, 2));
    let availability = (1.0 + 29.0 / 30.0 + 22.0 / 30.0) / 3.0;
    assert!((windows.availability_sum / 3.0 - availability).abs() < 1e-12);
}

/// One replica that answers with errors from the start until `until`, and a detector in front of it.
fn erring(until: &str, detection: &str) -> String {
    one_service(EVERY_TEN, detection)
        + &format!(
            "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.1\"\nat = \"0s\"\nlasts = \"{until}\"\n"
        )
}

/// Ejects after three failures for 25 s, to the next second of its own.
const THREE_FAILURES: &str = "policy = \"envoy\", consecutive_5xx = 3, interval = \"1s\", \
                              base_ejection_time = \"25s\", max_ejected = \"100%\"";

#[test]
fn an_ejected_replica_gets_nothing_until_its_time_is_over() {
    let parts = erring("1000s", &format!("outlier_detection = {{ {THREE_FAILURES} }}"));
    // Errors at 10 s, 20 s and 30 s; back by 56 s; errors at 60 s, 70 s and 80 s; back after the end. In between
    // the first ejection is forgotten, so that the second is as long.
    let expected = [
        ("client.c/failures_error", 6.0),
        ("client.c/failures_no_replica", 4.0),
        ("service.s/ejections", 2.0),
        ("service.s/ejections_false_ratio", 0.0),
    ];
    expect(101, &parts, &expected);
    let mean = value(&outcome(101, &parts), "service.s/ejected_mean") * 101.0;
    assert!((46.0..=47.0).contains(&mean), "{mean} s of 25 s to 26 s and 21 s");
}

#[test]
fn every_balancer_ejects_for_itself() {
    let parts = |balancers: u32| {
        erring(
            "1000s",
            &format!("outlier_detection = {{ {THREE_FAILURES} }}\nbalancing = {{ balancers = {balancers} }}"),
        )
    };
    // Two in turn have three failures each by 60 s: the first at 10 s, 30 s and 50 s, the second at 20 s, 40 s and 60 s.
    // The first finds nobody at 70 s, the second at 80 s; both send again from 90 s on.
    let expected = [
        ("client.c/failures_error", 8.0),
        ("client.c/failures_no_replica", 2.0),
        ("service.s/ejections", 2.0),
    ];
    expect(101, &parts(2), &expected);
}

#[test]
fn a_health_check_that_succeeds_takes_an_ejected_replica_back() {
    let parts = |takes_back: bool| {
        erring(
            "35s",
            &format!(
                "outlier_detection = {{ {THREE_FAILURES}, check_takes_back = {takes_back} }}\n\
                 health_check = {{ interval = \"1s\", timeout = \"1s\", unhealthy_after = 1000 }}"
            ),
        )
    };
    // Ejected at 30 s, it answers a check well by 36 s, or else is back by 56 s.
    let at_once = [("client.c/failures_error", 3.0), ("client.c/availability_request", 0.7)];
    expect(101, &parts(true), &at_once);
    let in_time = [("client.c/failures_error", 3.0), ("client.c/failures_no_replica", 2.0)];
    expect(101, &parts(false), &in_time);
}

#[test]
fn a_dead_replica_is_tried_with_one_attempt() {
    let detection = "outlier_detection = { policy = \"failure-accrual\", consecutive_failures = 3, \
                     dead_for = \"15s\", dead_for_max = \"15s\" }\ndemand = \"1s\"\nconcurrency = \"unlimited\"";
    // Dead after the failures at 11 s, 21 s and 31 s until 46 s, then tried at 50 s, 70 s and 90 s.
    let expected = [
        ("client.c/failures_error", 6.0),
        ("client.c/failures_no_replica", 4.0),
        ("service.s/ejections", 4.0),
    ];
    expect(101, &erring("1000s", detection), &expected);
    // The fault is over when it is tried at 50 s.
    let alive = [("client.c/failures_error", 3.0), ("client.c/failures_no_replica", 1.0)];
    expect(101, &erring("45s", detection), &alive);
}
