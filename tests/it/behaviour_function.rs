//! Functions in small scenarios without randomness.

use std::fmt::Write as _;

use crate::behaviour::{EVERY_TEN, THREE, expect, one_service, outcome, outcome_of, value};
use crate::behaviour_resilience::logged;

/// The function `s` with these keys, beside others of the service.
fn function(client: &str, service: &str, keys: &str) -> String {
    one_service(client, &format!("{service}\nfunction = {{ {keys} }}"))
}

/// When an event happened, and to whom.
fn seen(lines: &[csv::StringRecord], event: &str) -> Vec<(f64, String)> {
    let found = lines.iter().filter(|line| &line[1] == event);
    found.map(|line| (line[0].parse().unwrap(), line[2].to_owned())).collect()
}

fn at(time: f64, instance: u32) -> (f64, String) {
    (time, format!("service.s.{instance}"))
}

#[test]
fn the_first_request_is_cold_and_the_others_warm() {
    let parts = function(EVERY_TEN, "demand = \"2s\"\nstart = \"1s\"", "keep_alive = \"1min\"");
    // Ten requests from 10 s to 100 s; one instance from 10 s on.
    let expected = [
        ("service.s/cold_starts", 1.0),
        ("service.s/cold_start_ratio", 0.1),
        ("service.s/cold_start_mean", 1.0),
        ("client.c/latency_mean", (3.0 + 9.0 * 2.0) / 10.0),
        // The start is part of the wait, not of the service.
        ("service.s/wait_mean", 0.1),
        ("service.s/service_mean", 2.0),
        ("service.s/instances_mean", 91.0 / 101.0),
        ("service.s/instances_starting_mean", 1.0 / 101.0),
        ("service.s/instances_busy_mean", 19.0 / 101.0),
        ("service.s/instances_idle_mean", 71.0 / 101.0),
        ("service.s/instances_max", 1.0),
        ("service.s/concurrency_max", 1.0),
        ("service.s/throttle_ratio", 0.0),
        ("service.s/availability_time", 1.0),
    ];
    expect(101, &parts, &expected);
}

#[test]
fn an_instance_whose_time_ends_when_a_request_comes_is_gone() {
    let cold = |keep: &str| {
        let parts = function(EVERY_TEN, "demand = \"2s\"", &format!("keep_alive = \"{keep}\""));
        value(&outcome(101, &parts), "service.s/cold_starts") as u64
    };
    // Idle from 12 s to 20 s, and so on.
    assert_eq!([cold("7999ms"), cold("8s"), cold("8001ms"), cold("0s")], [10, 10, 1, 10]);
    assert_eq!(cold("forever"), 1);
    let parts = function(EVERY_TEN, "demand = \"2s\"", "keep_alive = \"3s\"");
    let lines = logged(40, &parts);
    assert_eq!(seen(&lines, "seat_gone"), [at(15.0, 1), at(25.0, 1), at(35.0, 1)]);
}

#[test]
fn a_request_waits_for_its_own_instance_or_for_the_first() {
    let run = |waits: &str| {
        let keys = format!("keep_alive = \"1min\", {waits}");
        logged(30, &function(THREE, "demand = \"1s\"\nstart = \"5s\"", &keys))
    };
    let began = |lines: &[csv::StringRecord]| seen(lines, "service_began");
    assert_eq!(began(&run("waits = \"own\"")), [at(5.0, 1), at(6.0, 2), at(7.0, 3)]);
    // The first is free again when the second is ready, which takes the third request.
    let first = run("waits = \"first\"");
    assert_eq!(began(&first), [at(5.0, 1), at(6.0, 1), at(6.0, 2)]);
    assert_eq!(seen(&first, "seat_ready"), [at(5.0, 1), at(6.0, 2), at(7.0, 3)]);
    // One start is left over when the second request is served, and the youngest is given up.
    let cancelled = run("waits = \"first\", surplus = \"cancel\"");
    assert_eq!(began(&cancelled), began(&first));
    assert_eq!(seen(&cancelled, "seat_ready"), [at(5.0, 1), at(6.0, 2)]);
    assert_eq!(seen(&cancelled, "seat_gone"), [at(6.0, 3)]);
}

#[test]
fn what_finds_no_instance_is_throttled_or_waits() {
    let with = |keys: &str| function(THREE, "demand = \"10s\"", &format!("max_instances = 1, {keys}"));
    expect(
        100,
        &with("pending = 0"),
        &[("client.c/failures_throttled", 2.0), ("service.s/throttle_ratio", 2.0 / 3.0)],
    );
    // The second waits from 1 s to 10 s.
    expect(
        100,
        &with("pending = 1"),
        &[("client.c/failures_throttled", 1.0), ("client.c/latency_mean", 14.5)],
    );
    let patient = "pending = { capacity = 5, patience = \"8500ms\" }";
    // The second gives up at 9.5 s, the third is served from 10 s on.
    expect(100, &with(patient), &[("client.c/failures_abandoned", 1.0), ("client.c/latency_mean", 14.0)]);
    expect(100, &with("pending = \"unlimited\""), &[("client.c/latency_mean", (10.0 + 19.0 + 28.0) / 3.0)]);
}

#[test]
fn an_instance_may_serve_several_requests() {
    // All three are on one instance, which starts once; two of them join its start.
    let parts = function(THREE, "demand = \"10s\"\nstart = \"5s\"\nconcurrency = 3", "keep_alive = \"1min\"");
    let expected = [
        ("service.s/cold_starts", 1.0),
        ("service.s/instances_max", 1.0),
        ("service.s/concurrency_max", 3.0),
        ("client.c/latency_mean", (15.0 + 14.0 + 13.0) / 3.0),
        ("service.s/instances_busy_mean", 0.1),
    ];
    expect(100, &parts, &expected);
    // With room for two, the third needs another.
    let parts = function(THREE, "demand = \"10s\"\nstart = \"5s\"\nconcurrency = 2", "keep_alive = \"1min\"");
    expect(
        100,
        &parts,
        &[("service.s/cold_starts", 2.0), ("client.c/latency_mean", (15.0 + 14.0 + 15.0) / 3.0)],
    );
}

#[test]
fn provisioned_instances_are_there_from_the_start_and_stay() {
    let parts = function(
        THREE,
        "demand = \"10s\"\nstart = \"5s\"",
        "keep_alive = \"1min\", provisioned = 1, max_instances = 9",
    );
    let expected = [
        ("service.s/cold_starts", 2.0),
        ("service.s/spillover_ratio", 2.0 / 3.0),
        ("client.c/latency_mean", (10.0 + 15.0 + 15.0) / 3.0),
        // One all the time; the others from 1 s and 2 s until a minute after they end at 16 s and 17 s.
        ("service.s/instances_mean", (100.0 + 75.0 + 75.0) / 100.0),
    ];
    expect(100, &parts, &expected);
    // Who comes back to a crash finds another after the time that provisioning takes.
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\nat = \"5s\"\nlasts = \"1s\"\n";
    let parts = function(EVERY_TEN, "demand = \"1s\"", "provisioned = 1, provisioning = \"20s\"") + crash;
    let lines = logged(60, &parts);
    assert_eq!(seen(&lines, "seat_gone"), [at(5.0, 1)]);
    assert_eq!(seen(&lines, "seat_started"), [at(5.0, 1), at(10.0, 2)]);
    assert!(seen(&lines, "seat_ready").contains(&at(25.0, 1)));
}

#[test]
fn shares_of_an_account_are_set_aside_or_common() {
    let three = |name: &str| format!("[client.{name}]\n{THREE}\ncalls = \"{name}\"\n");
    let of = |name: &str, keys: &str| {
        format!("[service.{name}]\ndemand = \"10s\"\nfunction = {{ account = \"main\", {keys} }}\n")
    };
    let account = "[account.main]\nconcurrency = 3\nunreserved_min = 0\n";
    // Three at once for both: at 0 s one of each, at 1 s one of the first.
    let common = three("a") + &three("b") + account + &of("a", "") + &of("b", "");
    expect(100, &common, &[("service.a/failures_throttled", 1.0), ("service.b/failures_throttled", 2.0)]);
    // One is for the second alone, and that is all it gets.
    let reserved = three("a") + &three("b") + account + &of("a", "") + &of("b", "reserved = 1");
    expect(100, &reserved, &[("service.a/failures_throttled", 1.0), ("service.b/failures_throttled", 2.0)]);
    let none = three("a") + &three("b") + account + &of("a", "") + &of("b", "reserved = 0");
    expect(100, &none, &[("service.a/throttle_ratio", 0.0), ("service.b/throttle_ratio", 1.0)]);
    // Room that one gives back goes to who waits at the other.
    let waits = three("a") + &three("b") + account + &of("a", "") + &of("b", "pending = 9");
    let found = outcome(100, &waits);
    assert!(
        (value(&found, "service.b/wait_max") - 9.0).abs() < 1e-9,
        "{}",
        value(&found, "service.b/wait_max")
    );
}

#[test]
fn a_request_that_takes_too_long_is_killed() {
    let with = |keys: &str| {
        function(EVERY_TEN, "demand = \"8s\"\nstart = \"1s\"", &format!("max_duration = \"4s\", {keys}"))
    };
    // Cold at 10 s: killed four seconds after its start; the others four seconds after they came.
    let reset = [
        ("client.c/failures_killed", 10.0),
        ("client.c/latency_all_mean", (5.0 + 9.0 * 4.0) / 10.0),
        ("service.s/cold_starts", 1.0),
        ("service.s/reinits", 9.0),
    ];
    expect(101, &with("after_failure = \"reset\""), &reset);
    expect(101, &with("after_failure = \"keep\""), &[("service.s/cold_starts", 1.0)]);
    expect(101, &with("after_failure = \"drop\""), &[("service.s/cold_starts", 10.0)]);
    // Who is just in time is not.
    let just = function(EVERY_TEN, "demand = \"4s\"", "max_duration = \"4s\"");
    expect(101, &just, &[("client.c/availability_request", 1.0)]);
    // A reset is paid for within the duration, and counts for no other request.
    let calls = "[service.slow]\ndemand = \"3s\"\nreplicas = 9\n";
    let parts = function(EVERY_TEN, "demand = \"2s\"\ncalls = \"slow\"", "max_duration = \"4s\"") + calls;
    expect(101, &parts, &[("client.c/failures_killed", 10.0), ("client.c/latency_all_mean", 4.0)]);
}

#[test]
fn what_was_reset_is_placed_and_downloaded_already() {
    let parts = |start: &str| {
        let service = format!("demand = \"500ms\"\nstart = {start}\ncalls = \"back\"");
        let back = "[service.back]\ndemand = \"1s\"\nreplicas = 9\n[fault.f]\nkind = \"slow\"\nfactor = 100\n\
                    on = \"service.back.*\"\nat = \"0s\"\nlasts = \"19s\"\n";
        function(EVERY_TEN, &service, "max_duration = \"4s\"") + back
    };
    // The first starts in 3.5 s and is killed 4 s later; the second pays for 2 s of that, within its own duration.
    let paid = [
        ("client.c/failures_killed", 1.0),
        ("service.s/reinits", 1.0),
        ("service.s/cold_starts", 1.0),
        ("client.c/latency_all_mean", (7.5 + 3.5 + 8.0 * 1.5) / 10.0),
    ];
    for last in ["init = \"2s\"", "runtime = \"500ms\", init = \"1500ms\"", "snapshot = \"2s\""] {
        let start = format!("{{ placement = \"1s\", download = \"500ms\", {last} }}");
        expect(105, &parts(&start), &paid);
    }
    // What has no phases is paid for as a whole: no one is in time.
    expect(105, &parts("\"3500ms\""), &[("client.c/failures_killed", 10.0), ("service.s/reinits", 9.0)]);
}

#[test]
fn instances_start_no_faster_than_tokens_come() {
    let scale = "scale_up = { burst = 1, refill = \"1/10s\" }";
    let parts = function(THREE, "demand = \"100s\"", scale);
    expect(200, &parts, &[("service.s/failures_throttled", 2.0)]);
    // Who may wait gets one when the tokens have come: at 10 s and 20 s.
    let parts = function(THREE, "demand = \"100s\"", &format!("{scale}, pending = 9"));
    let began = seen(&logged(200, &parts), "service_began");
    assert_eq!(began, [at(0.0, 1), at(10.0, 2), at(20.0, 3)]);
}

#[test]
fn a_rate_goes_with_the_concurrency() {
    // Two requests each second for each of two instances.
    let client = "arrival = { process = \"renewal\", between = \"100ms\" }";
    let parts = function(client, "demand = \"1ms\"", "max_instances = 2, rate_per_concurrency = 2");
    let found = outcome(100, &parts);
    // 4/s of 10/s, and four more of the full bucket.
    let served = value(&found, "service.s/throughput") * 100.0;
    assert!((served - 403.0).abs() <= 1.0, "{served}");
}

#[test]
fn the_choice_of_an_instance_decides_who_idles_out() {
    // Two instances from the first second on, then one request every ten seconds.
    let client = r#"arrival = { process = "replay", file = "two-and-on.csv", column = "second" }"#;
    let lives = |choice: &str| {
        let keys = format!("keep_alive = \"25s\", choice = \"{choice}\"");
        let lines = logged(100, &function(client, "demand = \"2s\"", &keys));
        seen(&lines, "service_began").into_iter().map(|(_, who)| who).collect::<Vec<_>>()
    };
    let names = |numbers: &[u32]| numbers.iter().map(|number| at(0.0, *number).1).collect::<Vec<_>>();
    // At 0 s and 1 s; the second became free last.
    assert_eq!(lives("most-recent"), names(&[1, 2, 2, 2, 2]));
    assert_eq!(lives("newest"), names(&[1, 2, 2, 2, 2]));
    assert_eq!(lives("least-recent"), names(&[1, 2, 1, 2, 1]));
    assert_eq!(lives("oldest"), names(&[1, 2, 1, 1, 1]));
}

#[test]
fn a_zone_that_is_down_starts_nothing() {
    let fault = "[region.r]\nzones = 2\n[fault.f]\nkind = \"crash\"\non = \"zone.r.1\"\nat = \"25s\"\nlasts = \"30s\"\n";
    let parts = function(EVERY_TEN, "demand = \"2s\"\nstart = \"1s\"", "keep_alive = \"1min\"") + fault;
    let lines = logged(101, &parts);
    // The first instance is in the first zone; the next starts in the second when a request needs it.
    assert_eq!(seen(&lines, "seat_started"), [at(10.0, 1), at(30.0, 1)]);
    assert_eq!(seen(&lines, "seat_gone"), [at(25.0, 1)]);
    expect(101, &parts, &[("service.s/availability_time", 1.0), ("client.c/availability_request", 1.0)]);
    // With one zone it is down as long as the zone, and who comes then is refused.
    let parts = parts.replace("zones = 2", "zones = 1");
    let expected = [("service.s/availability_time", 71.0 / 101.0), ("client.c/failures_connect", 3.0)];
    expect(101, &parts, &expected);
}

#[test]
fn a_crash_takes_an_instance_with_its_requests() {
    let fault = "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\nat = \"12s\"\nlasts = \"1h\"\n";
    let parts = function(EVERY_TEN, "demand = \"5s\"", "keep_alive = \"1min\"") + fault;
    // The request of 10 s is lost at 12 s; that of 20 s starts another instance, to which the fault means nothing.
    let expected = [
        ("client.c/failures_reset", 1.0),
        ("service.s/cold_starts", 2.0),
        ("client.c/availability_request", 0.9),
    ];
    expect(101, &parts, &expected);
}

#[test]
fn an_instance_that_is_too_old_goes_when_it_rests() {
    let parts = function(EVERY_TEN, "demand = \"2s\"", "keep_alive = \"1min\", lifetime = \"25s\"");
    // Started at 10 s, too old at 35 s, when it rests; and again from 40 s, 70 s and 100 s on.
    let lines = logged(101, &parts);
    assert_eq!(seen(&lines, "seat_gone"), [at(35.0, 1), at(65.0, 1), at(95.0, 1)]);
    assert_eq!(seen(&lines, "seat_started"), [at(10.0, 1), at(40.0, 1), at(70.0, 1), at(100.0, 1)]);
}

#[test]
fn memory_is_speed() {
    let with = |keys: &str| function(EVERY_TEN, "demand = \"2s\"", keys);
    expect(101, &with("memory = \"1769MB\""), &[("service.s/service_mean", 2.0)]);
    expect(101, &with("memory = \"3538MB\""), &[("service.s/service_mean", 1.0)]);
    expect(101, &with("memory = \"500MB\", cpu_at = \"1GB\""), &[("service.s/service_mean", 4.0)]);
    expect(
        101,
        &with("memory = \"500MB\", cpu_at = \"1GB\", cpu_bound = 0.5"),
        &[("service.s/service_mean", 3.0)],
    );
}

#[test]
fn a_rhythm_is_met_by_an_instance_that_starts_before() {
    // Every 30 min; after ten gaps the histogram says when to start and when to go.
    let client = "arrival = { process = \"renewal\", between = \"30min\" }";
    let keys = "keep_alive = { policy = \"histogram\" }";
    let parts = function(client, "demand = \"1s\"\nstart = \"1s\"", keys);
    let lines = logged(13 * 1800, &parts);
    let starts: Vec<f64> = seen(&lines, "seat_started").iter().map(|(time, _)| time / 60.0).collect();
    // The idle times are those of the function: 30 min less the second or two that it runs, in the bin before.
    let cold: Vec<f64> = (1..=11).map(|number| f64::from(number) * 30.0).collect();
    assert_eq!(starts[..11], cold);
    // 29 min less a tenth after the end of the request at 330 min, which was cold.
    assert!((starts[11] - (330.0 + 26.1 + 2.0 / 60.0)).abs() < 1e-6, "{starts:?}");
    let found = outcome(13 * 1800, &parts);
    assert!((value(&found, "service.s/cold_starts") - 11.0).abs() < 1e-9);
}

/// Published or worked out elsewhere; see `S-SCALE` and `S-BURST` of the reference cases.
#[test]
fn scaling_rates_throttle_as_they_are_said_to() {
    let at_rate = |gap: &str, demand: &str, keys: &str| {
        function(
            &format!("arrival = {{ process = \"renewal\", between = \"{gap}\" }}"),
            &format!("demand = \"{demand}\""),
            keys,
        )
    };
    let lambda =
        "keep_alive = \"forever\", max_instances = 10000, scale_up = { burst = 1000, refill = \"1000/10s\" }";
    // 2000/s of 2 s from zero, for 120 s.
    let found = outcome(120, &at_rate("500us", "2s", lambda));
    let throttled = value(&found, "service.s/failures_throttled");
    // The first request comes after a gap, and so does each after it.
    assert!((throttled - 21_015.0).abs() <= 2.0, "{throttled}");
    assert!((value(&found, "service.s/instances_max") - 4000.0).abs() < 1e-9);
    // 700/s of 10 s.
    let found = outcome(120, &at_rate("1428571ns", "10s", lambda));
    let throttled = value(&found, "service.s/failures_throttled");
    assert!((throttled - 15_006.0).abs() <= 3.0, "{throttled}");
    assert!((value(&found, "service.s/instances_max") - 7000.0).abs() <= 1.0);
}

/// S-BURST-01 and S-BURST-03: Lambda's rule before 2023, 3000 environments at once and 500 more a minute.
#[test]
fn bursts_find_the_environments_of_the_rule_before() {
    let bursts = |sizes: &[usize]| {
        let client = |(minute, size): (usize, &usize)| {
            let at = vec![format!("\"{minute}min\""); *size].join(", ");
            format!(
                "[client.b{minute}]\narrival = {{ process = \"schedule\", at = [{at}] }}\ncalls = \"s\"\n"
            )
        };
        let clients: String = sizes.iter().enumerate().map(client).collect();
        let rule = "keep_alive = \"forever\", max_instances = 10000, scale_up = { burst = 3000, refill = \"500/min\" }";
        let parts = format!("{clients}[service.s]\ndemand = \"1s\"\nfunction = {{ {rule} }}\n");
        let found = outcome(sizes.len() as u32 * 60, &parts);
        let failed = |(minute, size): (usize, &usize)| {
            let served = value(&found, &format!("client.b{minute}/availability_request"));
            size - (served * *size as f64).round() as usize
        };
        let throttled: Vec<usize> = sizes.iter().enumerate().map(failed).collect();
        (throttled, value(&found, "service.s/instances_max") as u32)
    };
    assert_eq!(bursts(&[10_000]), (vec![7000], 3000));
    assert_eq!(bursts(&[3333, 3333, 3334]), (vec![333, 0, 0], 3334));
    // Those of each minute come on top.
    assert_eq!(bursts(&[10_000, 10_000, 10_000]), (vec![7000, 6500, 6000], 4000));
}

#[test]
fn an_alarm_watches_a_function() {
    let alarm = "[monitor.m]\nkind = \"alarm\"\ndoes = \"notify\"\nmetric = \"service.s/failure_ratio\"\nabove = \"50%\"\n\
                 period = \"20s\"\n";
    let parts = function(EVERY_TEN, "demand = \"2s\"\nstart = \"1s\"", "keep_alive = \"1min\"") + alarm;
    let failing =
        function(EVERY_TEN, "demand = \"2s\"", "keep_alive = \"1min\", max_duration = \"1s\"") + alarm;
    let alarms = |parts: &str| value(&outcome(101, parts), "monitor.m/alarms");
    assert_eq!((alarms(&parts), alarms(&failing)), (0.0, 1.0));
}

#[test]
fn an_idle_time_that_becomes_shorter_holds_at_once() {
    // Requests every 3 s until ten gaps say so, and none after the last: it is kept for what was learnt, not for the 10 min
    // for which the end was planned before.
    let client = "arrival = { process = \"schedule\", at = [\"0s\", \"3s\", \"6s\", \"9s\", \"12s\", \"15s\", \"18s\", \
                  \"21s\", \"24s\", \"27s\", \"30s\", \"33s\"] }";
    let keys = "keep_alive = { policy = \"histogram\", bin = \"10s\", range = \"10min\" }";
    let lines = logged(1200, &function(client, "demand = \"1s\"", keys));
    // The end of the first bin and a tenth more, after the last request has ended.
    assert_eq!(seen(&lines, "seat_gone"), [at(34.0 + 11.0, 1)]);
}

#[test]
fn a_request_that_is_throttled_runs_nothing() {
    // Gaps of 30 min are learnt; then one throttled request comes long before, which must not take the start back.
    let calls = "[client.o]\narrival = { process = \"schedule\", at = [\"20100s\"] }\ncalls = \"o\"\n\
                 [client.t]\narrival = { process = \"schedule\", at = [\"20110s\"] }\ncalls = \"s\"\n\
                 [service.o]\ndemand = \"30s\"\nfunction = { account = \"main\" }\n\
                 [account.main]\nconcurrency = 1\nunreserved_min = 0\n";
    let client = "arrival = { process = \"renewal\", between = \"30min\" }";
    let keys = "keep_alive = { policy = \"histogram\" }, account = \"main\"";
    let parts = function(client, "demand = \"1s\"", keys) + calls;
    let found = outcome(13 * 1800, &parts);
    assert!((value(&found, "client.t/failures_throttled") - 1.0).abs() < 1e-9);
    // Eleven cold ones teach it, and the twelfth of 21,600 s finds an instance.
    assert!((value(&found, "service.s/cold_starts") - 11.0).abs() < 1e-9);
}

#[test]
fn those_who_wait_for_the_first_hear_of_tokens_too() {
    let keys = "waits = \"first\", scale_up = { burst = 1, refill = \"1/10s\" }, pending = 9";
    let began = seen(&logged(200, &function(THREE, "demand = \"100s\"", keys)), "service_began");
    assert_eq!(began, [at(0.0, 1), at(10.0, 2), at(20.0, 3)]);
}

#[test]
fn a_zone_that_is_down_costs_no_token() {
    // The only token is left when the zone is back, for whoever waited from before.
    let fault = "[region.r]\nzones = 1\n[fault.f]\nkind = \"crash\"\non = \"zone.r.1\"\nat = \"1500ms\"\nlasts = \"10s\"\n";
    let keys =
        "max_instances = 1, pending = 9, keep_alive = \"1h\", scale_up = { burst = 2, refill = \"1/1h\" }";
    let parts = function(THREE, "demand = \"5s\"", keys) + fault;
    let began = seen(&logged(60, &parts), "service_began");
    // The first is lost with its zone; the second has waited, and the third was refused.
    assert_eq!(began, [at(0.0, 1), at(11.5, 1)]);
}

#[test]
fn those_who_waited_for_room_share_an_instance() {
    let other = "[client.o]\narrival = { process = \"schedule\", at = [\"0s\"] }\ncalls = \"o\"\n\
                 [service.o]\ndemand = \"10s\"\nconcurrency = 3\nfunction = { account = \"main\" }\n\
                 [account.main]\nconcurrency = 3\nunreserved_min = 0\n";
    let client = "arrival = { process = \"schedule\", at = [\"1s\", \"2s\", \"3s\", \"4s\"] }";
    let keys = "account = \"main\", pending = 9";
    let parts = function(client, "demand = \"20s\"\nstart = \"15s\"\nconcurrency = 4", keys) + other;
    // Two find room at 1 s and 2 s; one more has room from 10 s on and joins their start, which is over at 16 s, the last
    // one when the first are done.
    expect(100, &parts, &[("service.s/cold_starts", 1.0), ("service.s/wait_max", 32.0)]);
}

#[test]
fn the_timeline_shows_instances() {
    // Two start, at 0 s and at 1 s, and work for 10 s; the third request finds no room. They go 15 s after their work.
    let keys = "max_instances = 2, keep_alive = \"15s\", memory = \"1024MB\", cpu_at = \"1024MB\", \
                price = { request = \"3/request\", duration = \"0.5/GBs\", init = false }";
    let client = "arrival = { process = \"schedule\", at = [\"0s\", \"1s\", \"2s\"] }";
    let parts = function(client, "demand = \"10s\"\nstart = \"2s\"", keys);
    let found = outcome_of("horizon = \"60s\"\ntimeline_step = \"10s\"", &parts);
    let rows = &found.measurements[0].instances;
    let means: Vec<[f64; 3]> = rows.iter().map(|row| [row.starting, row.idle, row.busy]).collect();
    let none = [0.0; 3];
    assert_eq!(means, [[0.4, 0.0, 1.5], [0.0, 1.5, 0.5], [0.0, 1.5, 0.0], none, none, none]);
    let counts: Vec<(u64, u64)> = rows.iter().map(|row| (row.cold_starts, row.throttled)).collect();
    assert_eq!(counts, [(2, 1), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]);
    // Two requests are paid for when they are taken in, 10 s of each when they end.
    let cost: Vec<Option<f64>> = rows.iter().map(|row| row.cost).collect();
    assert_eq!(cost, [6.0, 10.0, 0.0, 0.0, 0.0, 0.0].map(Some));
    let monthly = value(&found, "service.s/cost") * 60.0 / (730.0 * 3600.0);
    assert!((monthly - 16.0).abs() < 1e-9, "{monthly}");
    // What has no price costs nothing, and a fleet has no such rows.
    let free = function(client, "demand = \"10s\"", "keep_alive = \"15s\"");
    assert!(outcome(60, &free).measurements[0].instances.iter().all(|row| row.cost.is_none()));
    assert!(outcome(60, &one_service(client, "demand = \"10s\"")).measurements[0].instances.is_empty());
}

#[test]
fn rows_of_instances_begin_with_what_is_measured() {
    let keys = "provisioned = 2, memory = \"1024MB\", price = { provisioned = \"0.25/GBs\" }";
    let parts = function(EVERY_TEN, "demand = \"5s\"", keys);
    let found = outcome_of("horizon = \"100s\"\ntransient = \"20s\"\ntimeline_step = \"40s\"", &parts);
    let rows = &found.measurements[0].instances;
    let starts: Vec<f64> = rows.iter().map(|row| row.start.as_secs()).collect();
    assert_eq!(starts, [20.0, 60.0]);
    for row in rows {
        assert!(row.starting.abs() < 1e-9 && (row.idle + row.busy - 2.0).abs() < 1e-9, "{row:?}");
        assert!((row.cost.unwrap() - 2.0 * 40.0 * 0.25).abs() < 1e-9, "{row:?}");
    }
}

/// Requests at these instants [s].
fn at_instants(instants: &[u32]) -> String {
    let all: Vec<String> = instants.iter().map(|at| format!("\"{at}s\"")).collect();
    format!("arrival = {{ process = \"schedule\", at = [{}] }}", all.join(", "))
}

#[test]
fn a_schedule_says_how_many_are_provisioned() {
    // Two are wanted from 100 s to 400 s, and are ready from 190 s on.
    let plan = "provisioned = { policy = \"scheduled\", min = 0, plan = [{ at = \"100s\", replicas = 2 }, \
                { at = \"400s\", replicas = 0 }] }, keep_alive = \"0s\", memory = \"512MB\", cpu_at = \"512MB\", \
                price = { provisioned = \"0.25/GBs\" }";
    let client = at_instants(&[50, 150, 200, 300, 500]);
    let parts = function(&client, "demand = \"1s\"\nstart = \"5s\"", plan);
    let month = 730.0 * 3600.0;
    let expected = [
        ("service.s/provisioned_mean", 2.0 * 300.0 / 600.0),
        // Two requests of 1 s on two instances that are ready for 210 s.
        ("service.s/provisioned_utilisation", 2.0 / 420.0),
        ("service.s/cold_starts", 3.0),
        ("service.s/spillover_ratio", 3.0 / 5.0),
        ("client.c/latency_mean", (3.0 * 6.0 + 2.0) / 5.0),
        ("service.s/instances_mean", (2.0 * 300.0 + 3.0 * 6.0) / 600.0),
        ("service.s/instances_starting_mean", (2.0 * 90.0 + 3.0 * 5.0) / 600.0),
        // What is wanted is paid for, ready or not.
        ("service.s/cost_provisioned", 0.5 * 0.25 * 2.0 * 300.0 / 600.0 * month),
    ];
    expect(600, &parts, &expected);
    let lines = logged(600, &parts);
    let of = |event: &str| {
        let found = seen(&lines, event).into_iter();
        found.filter(|(time, _)| [100.0, 190.0, 400.0].contains(time)).collect::<Vec<_>>()
    };
    assert_eq!(of("seat_started"), [at(100.0, 1), at(100.0, 2)]);
    assert_eq!(of("seat_ready"), [at(190.0, 1), at(190.0, 2)]);
    assert_eq!(of("seat_gone"), [at(400.0, 2), at(400.0, 1)]);
    let rows = outcome_of("horizon = \"600s\"\ntimeline_step = \"200s\"", &parts);
    let means: Vec<f64> = rows.measurements[0].instances.iter().map(|row| row.provisioned).collect();
    assert_eq!(means, [1.0, 2.0, 0.0]);
}

#[test]
fn a_provisioned_instance_that_is_not_wanted_goes_after_its_request() {
    let plan = "provisioned = { policy = \"scheduled\", min = 0, at_start = 1, plan = [{ at = \"100s\", replicas = 0 }] }";
    let parts = function(&at_instants(&[95]), "demand = \"20s\"\nstart = \"5s\"", plan);
    let expected = [
        ("service.s/provisioned_mean", 0.5),
        ("service.s/spillover_ratio", 0.0),
        ("client.c/latency_mean", 20.0),
        ("service.s/instances_mean", 115.0 / 200.0),
        // It was ready, and wanted, for 100 s, and had a request for 5 s of that.
        ("service.s/provisioned_utilisation", 0.05),
    ];
    expect(200, &parts, &expected);
    assert_eq!(seen(&logged(200, &parts), "seat_gone"), [at(115.0, 1)]);
}

#[test]
fn provisioned_instances_track_how_far_they_are_used() {
    // One is used for 29 s of 30 s: above 70 % in three periods, so there are ceil(29/30 / 0.7) = 2 from 180 s on, ready at
    // 270 s. After 330 s no request comes: the periods that end at 360 s and later are below 63 %, the 15th of them at
    // 1,200 s.
    let plan = "provisioned = { policy = \"target-tracking\", target = \"70%\", max = 10 }";
    let client = at_instants(&(0..12).map(|number| 30 * number).collect::<Vec<_>>());
    let parts = function(&client, "demand = \"29s\"\nstart = \"5s\"", plan);
    let lines = logged(1500, &parts);
    let times = |event: &str| seen(&lines, event).into_iter().map(|(time, _)| time).collect::<Vec<_>>();
    assert_eq!(times("seat_started"), [180.0]);
    assert_eq!(times("seat_ready"), [270.0]);
    assert_eq!(times("seat_gone"), [1200.0]);
    let wanted = (180.0 + 2.0 * 1020.0 + 300.0) / 1500.0;
    let ready = 270.0 + 2.0 * 930.0 + 300.0;
    let expected = [
        ("service.s/provisioned_mean", wanted),
        ("service.s/provisioned_utilisation", 12.0 * 29.0 / ready),
        ("service.s/spillover_ratio", 0.0),
    ];
    expect(1500, &parts, &expected);
    // A floor by schedule beside it: three until 1,400 s, when the two that the other wanted are no longer wanted either.
    let floor = "provisioned = { max = 10, at_start = 3, policies = [{ policy = \"target-tracking\", target = \"70%\" }, \
                 { policy = \"scheduled\", plan = [{ at = \"0s\", replicas = 3 }, { at = \"1400s\", replicas = 1 }] }] }";
    let parts = function(&client, "demand = \"29s\"", floor);
    expect(1500, &parts, &[("service.s/provisioned_mean", (3.0 * 1400.0 + 100.0) / 1500.0)]);
}

#[test]
fn what_is_to_be_provisioned_is_set_aside_at_once() {
    // The other function has three of the account, from 100 s to 400 s one.
    let plan = "provisioned = { policy = \"scheduled\", min = 0, plan = [{ at = \"100s\", replicas = 2 }, \
                { at = \"400s\", replicas = 0 }] }";
    let client = |name: &str, instants: &[u32]| {
        format!("[client.{name}]\n{}\ncalls = \"{name}\"\n", at_instants(instants))
    };
    let of = |name: &str, keys: &str| {
        format!("[service.{name}]\ndemand = \"10s\"\nfunction = {{ account = \"main\", {keys} }}\n")
    };
    let parts = client("b", &[10, 11, 12, 110, 111, 112, 410, 411, 412])
        + &client("a", &[300])
        + "[account.main]\nconcurrency = 3\nunreserved_min = 0\n"
        + &of("a", plan)
        + &of("b", "keep_alive = \"0s\"");
    expect(600, &parts, &[("service.b/failures_throttled", 2.0), ("service.a/spillover_ratio", 0.0)]);
    // With three of its own, one is left for others than those two.
    let own = format!("reserved = 3, {plan}, keep_alive = \"0s\"");
    let parts = function(&at_instants(&[10, 11, 12, 110, 111, 112, 410, 411, 412]), "demand = \"10s\"", &own);
    expect(600, &parts, &[("service.s/failures_throttled", 2.0)]);
    // Who waits for the room that was set aside hears of it.
    let parts = function(
        &at_instants(&[395, 396]),
        "demand = \"10s\"",
        &format!("reserved = 2, {plan}, pending = 9, provisioning = \"1h\""),
    );
    expect(600, &parts, &[("client.c/latency_mean", 14.5)]);
}

#[test]
fn where_there_may_be_no_more_one_makes_way_for_a_provisioned_one() {
    let plan = "max_instances = 2, keep_alive = \"forever\", provisioned = { policy = \"scheduled\", min = 0, \
                plan = [{ at = \"100s\", replicas = 2 }] }";
    // Both have something to do at 100 s.
    let parts = function(&at_instants(&[94, 95]), "demand = \"20s\"", plan);
    let lines = logged(300, &parts);
    let later = |event: &str| {
        let found = seen(&lines, event).into_iter().map(|(time, _)| time);
        found.filter(|time| *time >= 100.0).collect::<Vec<_>>()
    };
    assert_eq!(later("seat_gone"), [114.0, 115.0]);
    assert_eq!(later("seat_started"), [114.0, 115.0]);
    assert_eq!(later("seat_ready"), [204.0, 205.0]);
    // One that has nothing to do goes at once.
    let one = plan.replace("= 2", "= 1");
    let one = function(&at_instants(&[50]), "demand = \"20s\"", &one);
    let lines = logged(300, &one);
    assert_eq!(seen(&lines, "seat_gone"), [at(100.0, 1)]);
    assert_eq!(seen(&lines, "seat_started").last(), Some(&at(100.0, 1)));
}

#[test]
fn functions_beyond_the_first_hundred_share_a_row() {
    // Each has one request of 10 s at 5 s, and its instance is gone after that.
    let calls: Vec<String> = (0..103).map(|number| format!("\"f{number:03}\"")).collect();
    let mut parts = format!("[client.c]\n{}\ncalls = [{}]\n", at_instants(&[5]), calls.join(", "));
    for number in 0..103 {
        write!(parts, "[service.f{number:03}]\ndemand = \"10s\"\nfunction = {{ keep_alive = \"0s\" }}\n")
            .unwrap();
    }
    let found = outcome_of("horizon = \"2000s\"\ntimeline_step = \"2000s\"", &parts);
    let rows = &found.measurements[0].instances;
    assert_eq!(rows.len(), 101);
    let mean = 10.0 / 2000.0;
    for (number, row) in (0..100).zip(rows) {
        assert_eq!((row.service, row.cold_starts), (Some(number), 1));
        assert!((row.busy - mean).abs() < 1e-12, "{row:?}");
    }
    let rest = &rows[100];
    assert_eq!((rest.service, rest.cold_starts), (None, 3));
    assert!((rest.busy - 3.0 * mean).abs() < 1e-12, "{rest:?}");
}
