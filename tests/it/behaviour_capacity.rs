//! Slots that are lost to faults and slots that come back after a restart, in small scenarios without randomness.

use ninefold::scenario::{self, Places, Source};

use crate::behaviour::{expect, one_service};
use crate::behaviour_resilience::logged;

/// A request every so many ms, for a service with these keys, and faults.
fn scene(between: u32, service: &str, faults: &str) -> String {
    let client = format!("arrival = {{ process = \"renewal\", between = \"{between}ms\" }}");
    one_service(&client, service) + faults
}

/// A fault of the only replica, which lasts for some seconds.
fn fault(name: &str, kind: &str, at: f64, lasts: f64) -> String {
    format!("[fault.{name}]\n{kind}\non = \"service.s.1\"\nat = \"{at}s\"\nlasts = \"{lasts}s\"\n")
}

fn capacity(name: &str, lost: &str, at: f64, lasts: f64) -> String {
    fault(name, &format!("kind = \"capacity\"\n{lost}"), at, lasts)
}

/// How many services begin in each of some spans [s].
fn begun(lines: &[csv::StringRecord], spans: &[(f64, f64)]) -> Vec<usize> {
    let starts: Vec<f64> = lines
        .iter()
        .filter(|line| &line[1] == "service_began")
        .map(|line| line[0].parse().unwrap())
        .collect();
    spans.iter().map(|(from, to)| starts.iter().filter(|at| (from..to).contains(at)).count()).collect()
}

#[test]
fn slots_that_are_lost_go_when_their_work_is_done() {
    // Four slots of four seconds each, and a request every second: all are busy from 4 s on.
    for lost in ["share = \"50%\"", "share = \"62%\"", "slots = 2"] {
        // What is left of 4 x 38 % is 1.52, so one slot.
        let left: f64 = if lost.contains("62") { 1.0 } else { 2.0 };
        let parts = scene(1_000, "concurrency = 4\ndemand = \"4s\"", &capacity("f", lost, 20.5, 100.0));
        // To 20.5 s 4 + 3 + 2 + ... are busy; the next ends at 21 s, one each second, until no more is left than there may be.
        let over: f64 = if lost.contains("62") { 0.5 * 4.0 + 3.0 + 2.0 } else { 0.5 * 4.0 + 3.0 };
        let rest = if lost.contains("62") { 30.5 - 23.0 } else { 30.5 - 22.0 };
        let (busy, there) = (6.0 + 16.5 * 4.0 + over + left * rest, 20.5 * 4.0 + over + left * rest);
        let horizon = format!("horizon = \"{}ms\"", 30_500);
        let found = crate::behaviour::outcome_of(&horizon, &parts);
        let utilisation = crate::behaviour::value(&found, "service.s/utilisation");
        assert!((utilisation - busy / there).abs() < 1e-9, "{lost}: {utilisation}, not {}", busy / there);
        // It is up all the time.
        assert!((crate::behaviour::value(&found, "service.s/replicas_mean") - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_share_in_two_service_processors_may_be_lost_and_come_back() {
    // Requests at 0, 1 and 2 s of 4 s each, on two processors and from 0.5 s on on one: done at 9.5, 11.5 and 12 s.
    let three = "arrival = { process = \"replay\", file = \"three.csv\", column = \"second\" }";
    let parts = |faults: &str| {
        one_service(three, "concurrency = 2\nqueue = \"processor-sharing\"\ndemand = \"4s\"") + faults
    };
    let mean = |latencies: [f64; 3]| latencies.iter().sum::<f64>() / 3.0;
    let one = [("client.c/latency_mean", mean([9.5, 10.5, 10.0])), ("client.c/latency_max", 10.5)];
    expect(100, &parts(&capacity("f", "slots = 1", 0.5, 90.0)), &one);
    // Without any from 0.5 to 10.5 s all stand still: then A has 3.5, B and C 4 s left, on two processors.
    // All at 2/3 until A is done at 15.75 s; B and C have 0.5 s left, a processor each.
    let none = [("client.c/latency_mean", mean([15.75, 15.25, 14.25])), ("client.c/failures_timeout", 0.0)];
    expect(100, &parts(&capacity("f", "share = 1.0", 0.5, 10.0)), &none[..1]);
}

#[test]
fn losses_add_up_and_end_one_by_one() {
    // Requests pile up, a slot serves one each second.
    let service = "concurrency = 8\ndemand = \"1s\"";
    let faults = capacity("a", "share = \"50%\"", 10.0, 30.0)
        + &capacity("b", "slots = 1", 20.0, 30.0)
        + &capacity("c", "share = \"50%\"", 30.0, 30.0);
    let lines = logged(70, &scene(20, service, &faults));
    let spans =
        [(5.0, 9.0), (12.0, 19.0), (22.0, 29.0), (32.0, 39.0), (42.0, 49.0), (52.0, 59.0), (62.0, 69.0)];
    // 8; 4; 4 - 1; 2 - 1; 4 - 1; 4; 8.
    assert_eq!(begun(&lines, &spans), [8 * 4, 4 * 7, 3 * 7, 7, 3 * 7, 4 * 7, 8 * 7]);
    // More than all are none, also of a shared queue, and nothing is lost of what waits.
    for queue in ["", "queue = { policy = \"fifo\", at = \"service\" }\n"] {
        let lines =
            logged(40, &scene(500, &format!("{queue}{service}"), &capacity("a", "slots = 9", 10.25, 20.0)));
        // At 30.25 s those of twenty seconds begin at once, as far as there are slots.
        assert_eq!(begun(&lines, &[(8.0, 10.25), (10.25, 30.25), (30.25, 30.5)]), [5, 0, 8], "{queue}");
        assert!(lines.iter().all(|line| &line[1] != "attempt_ended" || line[8].is_empty()));
    }
}

#[test]
fn a_crash_among_losses_leaves_what_is_left() {
    let service = "concurrency = 4\ndemand = \"1s\"";
    let crash = |rule: &str| fault("b", &format!("kind = \"crash\"\n{rule}"), 20.5, 10.0);
    // Slots that are to go are in use when it crashes: they are not there when it is back.
    for rule in
        ["", "in_service = \"resumed\"\nwaiting = \"kept\"", "in_service = \"restarted\"\nwaiting = \"kept\""]
    {
        let faults = capacity("a", "slots = 3", 20.25, 30.0) + &crash(rule);
        let lines = logged(70, &scene(100, service, &faults));
        let spans = [(10.0, 20.0), (20.5, 30.5), (33.0, 50.0), (55.0, 65.0)];
        assert_eq!(begun(&lines, &spans), [40, 0, 17, 40], "{rule}");
    }
    // A hang keeps its work, and a slow replica its pace.
    let faults = capacity("a", "slots = 3", 20.25, 30.0) + &fault("b", "kind = \"hang\"", 20.5, 10.0);
    let lines = logged(70, &scene(100, service, &faults));
    assert_eq!(begun(&lines, &[(32.0, 50.0), (55.0, 65.0)]), [18, 40]);
    let faults =
        capacity("a", "slots = 3", 20.25, 30.0) + &fault("b", "kind = \"slow\"\nfactor = 2", 20.0, 40.0);
    assert_eq!(begun(&logged(70, &scene(100, service, &faults)), &[(30.0, 50.0)]), [10]);
}

#[test]
fn slots_come_back_one_by_one_after_a_crash() {
    // Two at once, and one more after each 1.25 s.
    let service = "concurrency = 10\ndemand = \"1s\"\nramp_up = { lasts = \"10s\", from = \"20%\" }";
    let crash = fault("f", "kind = \"crash\"", 10.0, 1.0);
    let lines = logged(60, &scene(10, service, &crash));
    let spans =
        [(5.0, 10.0), (10.0, 11.0), (11.0, 12.0), (12.0, 12.2), (12.2, 12.9), (13.25, 14.25), (22.5, 32.5)];
    assert_eq!(begun(&lines, &spans), [50, 0, 2, 2, 1, 3 + 1, 100]);
    // A hang is no restart, and without the key all are back at once.
    let hang = fault("f", "kind = \"hang\"", 10.0, 1.0);
    assert_eq!(begun(&logged(60, &scene(10, service, &hang)), &[(12.0, 13.0)]), [10]);
    let plain = "concurrency = 10\ndemand = \"1s\"";
    assert_eq!(begun(&logged(60, &scene(10, plain, &crash)), &[(11.0, 12.0)]), [10]);
    // What a fault takes is taken of what the ramp gives, and another crash begins it anew.
    let more = crash.clone()
        + &capacity("g", "share = \"50%\"", 5.0, 50.0)
        + &fault("h", "kind = \"crash\"", 16.0, 1.0);
    let lines = logged(60, &scene(10, service, &more));
    assert_eq!(begun(&lines, &[(11.0, 12.0), (17.0, 18.0), (30.0, 40.0)]), [1, 1, 50]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let says = |service: &str, faults: &str| {
        let text = format!("[run]\nhorizon = \"10s\"\n{}", scene(1_000, service, faults));
        let source = Source { name: "capacity.toml".to_owned(), text };
        let rejected = scenario::load(source, &[], &Places::default()).expect_err("it is refused");
        rejected.findings.0.iter().map(|one| one.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let four = "concurrency = 4";
    for (service, faults, wanted) in [
        ("concurrency = \"unlimited\"", capacity("f", "slots = 1", 1.0, 1.0), "no limit of slots"),
        (four, capacity("f", "", 1.0, 1.0), "takes no slot"),
        (four, capacity("f", "slots = 0", 1.0, 1.0), "takes no slot"),
        (four, capacity("f", "share = \"0%\"", 1.0, 1.0), "takes no slot"),
        (four, capacity("f", "share = \"10%\"\nslots = 1", 1.0, 1.0), "both say how many"),
        ("concurrency = 1\nramp_up = { lasts = \"1s\" }", String::new(), "one after the other"),
        ("concurrency = \"unlimited\"\nramp_up = { lasts = \"1s\" }", String::new(), "one after the other"),
        ("concurrency = 4\nramp_up = { lasts = \"0s\" }", String::new(), "longer than zero"),
        ("concurrency = 4\nramp_up = { lasts = \"1s\", from = 1.0 }", String::new(), "there at once"),
    ] {
        let found = says(service, &faults);
        assert!(found.contains(wanted), "{found:?} does not say {wanted:?}");
    }
    let by_check = "[fault.f]\nkind = \"capacity\"\nslots = 1\non = \"service.s.1\"\ntime_to_failure = \"1h\"\n\
                    time_to_repair = \"1h\"\ndetected_by = \"health_check\"\n";
    let checked = "concurrency = 4\nhealth_check = { interval = \"1s\", timeout = \"1s\" }";
    assert!(says(checked, by_check).contains("does not see that a replica has lost slots"));
}
