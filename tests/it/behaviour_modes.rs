//! Ways to fail that lie over others: effects that come and go, restarts that wait, in small scenarios whose answers are known.

use ninefold::measure::{Culprit, Subject};

use crate::behaviour::{EVERY_TEN, expect, one_service, outcome, value};
use crate::behaviour_resilience::logged;

/// A fault of one replica at 10 s that lasts for 30 s, with further keys.
fn at_ten(more: &str) -> String {
    format!("[fault.f]\non = \"service.s.*\"\nat = \"10s\"\nlasts = \"30s\"\n{more}\n")
}

/// Times in seconds at which the lines of an event stand in a log.
fn times(lines: &[csv::StringRecord], event: &str) -> Vec<f64> {
    lines.iter().filter(|line| &line[1] == event).map(|line| line[0].parse().unwrap()).collect()
}

#[test]
fn an_effect_comes_and_goes_while_its_fault_lasts() {
    let crash =
        "[service.s]\n".to_owned() + &at_ten("kind = \"crash\"\nflap = { down = \"5s\", up = \"7s\" }");
    // Down from 10 s to 15 s, from 22 s to 27 s and from 34 s to 39 s; the fault is over at 40 s.
    let wanted = [
        ("service.s/availability_time", 0.85),
        ("service.s/incidents", 3.0),
        ("service.s/mttr", 5.0),
        ("fault.f/incidents", 1.0),
        ("fault.f/mttr", 30.0),
    ];
    expect(100, &crash, &wanted);
    let found = outcome(100, &crash);
    let outages: Vec<(Option<Culprit>, f64)> = found.measurements[0]
        .incidents
        .iter()
        .filter(|one| matches!(one.subject, Subject::Service(_)))
        .map(|one| (one.cause, one.start.as_secs()))
        .collect();
    let own = Some(Culprit::Fault(0));
    assert_eq!(outages, [(own, 10.0), (own, 22.0), (own, 34.0)]);
    let lines = logged(100, &crash);
    assert_eq!(times(&lines, "fault_went_away"), [15.0, 27.0, 39.0]);
    assert_eq!(times(&lines, "fault_came_back"), [22.0, 34.0]);
    assert_eq!(times(&lines, "fault_ended"), [40.0]);
    // What ends while it is there is gone with it: from 36 s to 40 s.
    let longer = crash.replace("down = \"5s\", up = \"7s\"", "down = \"8s\", up = \"5s\"");
    expect(100, &longer, &[("service.s/availability_time", 0.8), ("service.s/incidents", 3.0)]);
}

#[test]
fn every_kind_may_come_and_go() {
    let flap = "flap = { down = \"10s\", up = \"10s\" }";
    // One request a second, of half a second; from 10 s to 20 s and from 30 s to 40 s it takes four times as long, or
    // fails: the fault lasts until 50 s.
    let client = "arrival = { process = \"renewal\", between = \"1s\" }";
    let parts = |kind: &str| {
        one_service(client, "demand = \"500ms\"\nconcurrency = 4")
            + &at_ten(&format!("{kind}\n{flap}")).replace("30s", "40s")
    };
    // At 10 s the effect is there before the request, at 20 s it is gone before.
    expect(100, &parts("kind = \"error\"\nshare = \"100%\""), &[("client.c/failures_error", 20.0)]);
    // Those of 10 s to 18 s take 2 s; that of 19 s has done half of its work at 20 s, and does the rest in a quarter of a
    // second.
    let mean = (79.0 * 0.5 + 2.0 * (9.0 * 2.0 + 1.25)) / 99.0;
    expect(100, &parts("kind = \"slow\"\nfactor = 4"), &[("client.c/latency_all_mean", mean)]);
    let timed = one_service(&format!("{client}\ntimeout = \"200ms\""), "demand = \"100ms\"")
        + "[network]\nwithin_zone = \"1ms\"\n"
        + &at_ten(&format!("kind = \"partition\"\nfrom = \"client.c\"\n{flap}"))
            .replace("on = \"service.s.*\"\n", "")
            .replace("30s", "40s");
    expect(100, &timed, &[("client.c/failures_partitioned", 20.0)]);
}

#[test]
fn what_goes_away_is_found_anew_or_once() {
    // There for 5 s and away for 5 s; whoever looks needs 7 s.
    let parts = |found: &str, after: &str| {
        "[service.s]\n[fault.f]\nkind = \"crash\"\non = \"service.s\"\ntime_to_failure = \"20s\"\n".to_owned()
            + &format!("detected_by = \"{after}\"\ntime_to_repair = \"1s\"\n")
            + &format!("flap = {{ down = \"5s\", up = \"5s\", detected = \"{found}\" }}\n")
    };
    // From the begin at 20 s on it is found at 27 s, while it is away, and is over at 28 s; again from 48 s to 56 s, ...
    let once = [
        ("fault.f/incidents", 3.0),
        ("fault.f/mttr", 8.0),
        ("fault.f/mttd", 7.0),
        ("service.s/availability_time", 0.85),
    ];
    expect(100, &parts("once", "7s"), &once);
    // Anew each time it is never found: down for half of the 80 s that are left.
    let never = [("fault.f/incidents", 1.0), ("service.s/availability_time", 0.6)];
    expect(100, &parts("each", "7s"), &never);
    // What is there for long enough is found at once whatever was before.
    expect(100, &parts("each", "3s"), &[("fault.f/mttd", 3.0), ("fault.f/mttr", 4.0)]);
}

#[test]
fn a_check_sees_what_is_there_when_it_looks() {
    let check =
        "health_check = { interval = \"4s\", timeout = \"1s\", unhealthy_after = 2, healthy_after = 1 }";
    let mttd = |down: &str, up: &str| {
        let parts = one_service(EVERY_TEN, check)
            + "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"10s\"\ndetected_by = \"health_check\"\n"
            + &format!("time_to_repair = \"1s\"\nflap = {{ down = \"{down}\", up = \"{up}\" }}\n");
        let found = outcome(100, &parts);
        (value(&found, "fault.f/incidents"), value(&found, "service.s/availability_time"))
    };
    // Two checks in a row fail within 8 s at the latest; never, where the effect is there for less than an interval.
    assert!(mttd("20s", "1s").1 > 0.9);
    let (incidents, up) = mttd("3s", "5s");
    assert!(incidents > 0.0 && (up - (1.0 - 34.0 / 100.0)).abs() < 0.02, "{up}");
}

#[test]
fn replicas_that_leave_take_their_flaps_along() {
    // At 30 s one of two goes, whose effect is away; at 60 s another comes in its seat, which is new.
    let service = "autoscaling = { policy = \"scheduled\", min = 1, max = 2, leaves = \"newest\", plan = [{ at = \"30s\", \
                   replicas = 1 }, { at = \"60s\", replicas = 2 }] }\nreplicas = 2\ndrain = \"0s\"";
    let parts = one_service(EVERY_TEN, service)
        + "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"20s\"\n\
           flap = { down = \"5s\", up = \"10s\" }\n";
    let lines = logged(100, &parts);
    let of = |event: &str, unit: &str| -> Vec<f64> {
        let lines: Vec<_> =
            lines.iter().filter(|line| line.iter().any(|field| field == unit)).cloned().collect();
        times(&lines, event)
    };
    assert_eq!(of("fault_began", "service.s.2"), [20.0, 80.0]);
    assert_eq!(of("fault_ended", "service.s.2"), [30.0]);
    assert_eq!(of("fault_went_away", "service.s.2"), [25.0, 85.0]);
    assert_eq!(of("fault_came_back", "service.s.2"), [95.0]);
    assert_eq!(of("fault_came_back", "service.s.1"), [35.0, 50.0, 65.0, 80.0, 95.0]);
}

/// Instants at which a service went down and came back.
fn crash_loop(keys: &str) -> (Vec<f64>, Vec<f64>) {
    let parts = format!(
        "[service.s]\n[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"3s\"\n\
         time_to_repair = \"1s\"\n{keys}\n"
    );
    let lines = logged(2_000, &parts);
    (times(&lines, "fault_began"), times(&lines, "fault_ended"))
}

#[test]
fn a_crash_loop_waits_longer_and_longer() {
    // Well for 3 s, then it waits and starts for 1 s.
    let (down, up) = crash_loop("backoff = { preset = \"kubernetes\" }");
    let waits: Vec<f64> = down.iter().zip(&up).map(|(down, up)| up - down - 1.0).collect();
    assert_eq!(waits, [0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0, 300.0, 300.0]);
    let begun: Vec<f64> =
        vec![3.0, 7.0, 21.0, 45.0, 89.0, 173.0, 337.0, 641.0, 945.0, 1249.0, 1553.0, 1857.0];
    assert_eq!(down, begun[..down.len()]);
    // Other waits, which count from the detection on.
    let keys =
        "backoff = { first = \"4s\", factor = 1.5, max = \"8s\", forget = \"10min\" }\ndetected_by = \"2s\"";
    let (down, up) = crash_loop(keys);
    let waits: Vec<f64> = down.iter().zip(&up).take(5).map(|(down, up)| up - down - 3.0).collect();
    assert_eq!(waits, [0.0, 4.0, 6.0, 8.0, 8.0]);
    // Whoever is well for long enough is as new.
    let (down, up) = crash_loop("backoff = { first = \"10s\", max = \"5min\", forget = \"3s\" }");
    assert!(down.iter().zip(&up).all(|(down, up)| (up - down - 1.0).abs() < 1e-9));
    let (down, up) = crash_loop("backoff = { first = \"10s\", max = \"5min\", forget = \"3001ms\" }");
    assert!((up[1] - down[1] - 11.0).abs() < 1e-9);
}

#[test]
fn each_replica_waits_for_its_own_failures() {
    // Struck at 10 s and 20 s together; each is away for 1 s, and the second time for 6 s.
    let parts = "[service.s]\nreplicas = 2\n[fault.f]\nkind = \"crash\"\non = \"service.s\"\nrecovers = \"each\"\n\
                 time_to_failure = \"10s\"\ntime_to_repair = \"1s\"\n\
                 backoff = { first = \"5s\", max = \"5s\", forget = \"1h\" }\n";
    expect(29, parts, &[("fault.f/incidents", 4.0), ("service.s/availability_time", 22.0 / 29.0)]);
}

/// A fault without more than its kind, on the service `s`, from 10 s to 50 s.
fn from_ten(more: &str) -> String {
    format!("[fault.f]\non = \"service.s\"\nat = \"10s\"\nlasts = \"40s\"\n{more}\n")
}

#[test]
fn a_poisoned_request_crashes_whoever_serves_it() {
    // A request at 10 s, 20 s, ... 90 s crashes one of three after the other, each for 5 s: all are down for 3 s.
    let client = format!("{EVERY_TEN}\nretry = {{ policy = \"fixed\", delay = \"1s\", attempts = 3 }}");
    let parts = one_service(&client, "replicas = 3\ndemand = \"1s\"")
        + "[fault.f]\nkind = \"poison\"\nshare = \"100%\"\non = \"service.s\"\ntime_to_repair = \"5s\"\n";
    let wanted = [
        ("fault.f/incidents", 27.0),
        ("fault.f/mttr", 5.0),
        ("service.s/availability_time", 1.0 - 27.0 / 99.0),
        ("client.c/failures_reset", 9.0),
        ("client.c/amplification", 3.0),
        ("client.c/latency_all_mean", 2.0),
    ];
    expect(99, &parts, &wanted);
    // Work that takes no time never ends before the crash; other work in service is lost with it.
    let zero = parts.replace("demand = \"1s\"", "demand = \"0s\"");
    expect(99, &zero, &wanted);
}

#[test]
fn only_the_requests_of_some_are_poisoned() {
    // Those of one client at 10 s, 20 s, ... crash the only replica for 5 s; of the other's, at 7 s, 14 s, ... 91 s, those at
    // 14, 21, 42, 63, 70, 84 and 91 s find nobody.
    let parts = "[client.bad]\narrival = { process = \"renewal\", between = \"10s\" }\ncalls = \"s\"\n\
                 [client.good]\narrival = { process = \"renewal\", between = \"7s\" }\ncalls = \"s\"\n[service.s]\n\
                 [fault.f]\nkind = \"poison\"\nfrom = \"client.bad\"\nshare = \"100%\"\non = \"service.s.*\"\nlasts = \"5s\"\n";
    let wanted = [
        ("fault.f/incidents", 9.0),
        ("client.bad/availability_request", 0.0),
        ("client.good/availability_request", 6.0 / 13.0),
    ];
    expect(95, parts, &wanted);
}

#[test]
fn what_comes_and_goes_strikes_a_replica_once_at_a_time() {
    // Each is struck at 7 s, 14 s, ...: at 14 s its effect is away, and it lasts.
    let parts = one_service(EVERY_TEN, "replicas = 2")
        + "[fault.f]\nkind = \"crash\"\non = \"service.s\"\nrecovers = \"each\"\ntime_to_failure = \"7s\"\n\
           time_to_repair = \"100s\"\nflap = { down = \"5s\", up = \"5s\" }\n";
    expect(30, &parts, &[("fault.f/incidents", 2.0), ("service.s/availability_time", 17.0 / 30.0)]);
}

#[test]
fn a_second_poison_finds_an_instance_gone() {
    // Each request crashes the instance that was started for it, and is poisoned twice.
    let poison = |name: &str| {
        format!("[fault.{name}]\nkind = \"poison\"\nshare = \"100%\"\non = \"service.s.*\"\nlasts = \"1s\"\n")
    };
    let parts = one_service(EVERY_TEN, "function = {}\nstart = \"1s\"\ndemand = \"100ms\"")
        + &poison("f")
        + &poison("g");
    expect(100, &parts, &[("fault.f/incidents", 9.0), ("client.c/availability_request", 0.0)]);
}

#[test]
fn a_request_is_poisoned_or_not_however_often_it_is_tried() {
    let client = "arrival = { process = \"renewal\", between = \"1s\" }\n\
                  retry = { policy = \"fixed\", delay = \"10ms\", attempts = 3 }";
    let parts = one_service(client, "replicas = 2")
        + "[fault.f]\nkind = \"poison\"\nshare = \"30%\"\non = \"service.s\"\ntime_to_repair = \"1ms\"\n";
    let found = outcome(10_001, &parts);
    let failed = value(&found, "client.c/failures_reset");
    // Four standard deviations of 10,000 requests.
    assert!((failed / 10_000.0 - 0.3).abs() < 4.0 * (0.21_f64 / 10_000.0).sqrt(), "{failed}");
    let attempts = 1.0 + 2.0 * failed / 10_000.0;
    assert!((value(&found, "client.c/amplification") - attempts).abs() < 1e-12);
    assert!((value(&found, "fault.f/incidents") - 3.0 * failed).abs() < 1e-9);
}

#[test]
fn a_poisoned_message_crashes_its_consumer_until_it_is_put_aside() {
    // Taken at 100 s, 120 s and 140 s, put aside at 160 s.
    let parts = "[client.c]\narrival = { process = \"renewal\", between = \"100s\" }\ncalls = \"jobs\"\n\
                 [queue.jobs]\nvisibility = \"20s\"\nmax_receives = 3\ndead_letter = \"queue.dead\"\n[queue.dead]\n\
                 [service.w]\ndemand = \"1s\"\nconsumes = { from = \"queue.jobs\" }\n\
                 [fault.f]\nkind = \"poison\"\nshare = \"100%\"\non = \"service.w\"\ntime_to_repair = \"2s\"\n";
    let wanted = [
        ("fault.f/incidents", 3.0),
        ("queue.jobs/dead_lettered", 1.0),
        ("service.w/availability_time", 184.0 / 190.0),
    ];
    expect(190, parts, &wanted);
}

#[test]
fn wrong_answers_are_handed_on_and_nobody_notices() {
    let retry = "retry = { policy = \"fixed\", attempts = 3 }\nbreaker = { policy = \"polly\", minimum = 2 }";
    let client = |calls: &str| {
        format!(
            "[client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ngood_within = \"1s\"\ncalls = {calls}\n{retry}\n"
        )
    };
    let services = "[service.a]\ndemand = \"100ms\"\ncalls = [{ service = \"s\", retry = \"none\" }]\n\
                    [service.s]\ndemand = \"100ms\"\n";
    let fault = from_ten("kind = \"corrupt\"\nshare = \"100%\"");
    // Those of 10 s to 49 s, which are served a tenth of a second later.
    let wanted = [
        ("client.c/corrupt_ratio", 40.0 / 99.0),
        ("client.c/failures_corrupt", 40.0),
        ("client.c/availability_request", 59.0 / 99.0),
        ("client.c/amplification", 1.0),
        ("client.c/latency_mean", 0.2),
    ];
    let through = client("\"a\"") + services + &fault;
    expect(100, &through, &wanted);
    // The same where a request makes several calls, and where one service passes it on to the next.
    let both = client("[\"a\", \"b\"]") + services + "[service.b]\n" + &fault;
    expect(100, &both, &wanted);
    let next = client("\"a\"")
        + "[service.a]\ndemand = \"100ms\"\nnext = [{ service = \"b\" }]\n[service.b]\ndemand = \"100ms\"\n"
        + &fault.replace("service.s", "service.a");
    expect(100, &next, &[("client.c/corrupt_ratio", 40.0 / 99.0), ("client.c/latency_mean", 0.2)]);
    // An answer that comes too late is of no use anyway, and one that nobody waited for is no answer.
    let late = through.replace("good_within = \"1s\"", "good_within = \"150ms\"");
    expect(100, &late, &[("client.c/failures_too_slow", 99.0)]);
    let lines = logged(100, &through);
    let told = lines.iter().filter(|line| line.iter().any(|field| field == "corrupt")).count();
    assert_eq!(told, 40);
}

#[test]
fn a_share_of_the_answers_is_wrong() {
    let client = "arrival = { process = \"renewal\", between = \"10ms\" }";
    let parts = one_service(client, "")
        + "[fault.f]\nkind = \"corrupt\"\nshare = \"20%\"\non = \"service.s\"\nat = \"0s\"\n";
    let found = value(&outcome(100, &parts), "client.c/corrupt_ratio");
    assert!((found - 0.2).abs() < 4.0 * (0.16_f64 / 9_999.0).sqrt(), "{found}");
}

/// A request every tenth of a second.
const EVERY_TENTH: &str = "arrival = { process = \"renewal\", between = \"100ms\" }";

#[test]
fn a_throttled_service_takes_what_its_bucket_holds() {
    // Two tokens at 10 s and one more every 0.2 s: at 10.0, 10.1, 10.2, 10.4, ... 19.8 s, which are 51 of a hundred.
    let fault = "[fault.f]\nkind = \"throttle\"\nrate = \"5/s\"\nburst = 2\non = \"service.s\"\nat = \"10s\"\nlasts = \"10s\"\n";
    let wanted = [
        ("client.c/failures_throttled", 49.0),
        ("service.s/failures_throttled", 49.0),
        ("service.s/availability_time", 1.0),
    ];
    expect(30, &(one_service(EVERY_TENTH, "replicas = 2") + fault), &wanted);
    // A service with one queue, and a function, refuse as much: there is one bucket for all of it.
    expect(30, &(one_service(EVERY_TENTH, "queue = { at = \"service\" }\nreplicas = 3") + fault), &wanted);
    let function = one_service(EVERY_TENTH, "function = { keep_alive = \"1min\" }") + fault;
    expect(30, &function, &wanted[..2]);
    // Two faults at once: both buckets must have a token, and the smaller one decides.
    let two = fault.to_owned() + &fault.replace("fault.f", "fault.g").replace("burst = 2", "burst = 9");
    expect(30, &(one_service(EVERY_TENTH, "") + &two), &wanted);
}

#[test]
fn an_action_throttles_a_service_and_ends_that() {
    // Five tokens at 10 s: nine come through until 10.8 s, and then one every 0.2 s from 11 s on, 45 up to 19.8 s.
    let at = |name: &str, at: &str, rate: &str| {
        format!(
            "[monitor.{name}]\nkind = \"schedule\"\nat = \"{at}\"\ndoes = \"service.s.throttle({rate})\"\n"
        )
    };
    let parts = one_service(EVERY_TENTH, "") + &at("on", "10s", "5/s") + &at("off", "20s", "");
    expect(30, &parts, &[("client.c/failures_throttled", 46.0)]);
    // A new wish takes the place of the old one.
    let again = parts + &at("more", "10s", "1000/s");
    let found = value(&outcome(30, &again), "client.c/failures_throttled");
    assert!(found < 1.0 || (found - 46.0).abs() < 1e-9, "{found}");
}

/// Two clients that send a request every ten seconds to a service of a second, with a fault that one of them meets.
fn seen_by_one(kind: &str, client: &str) -> String {
    let of = |name: &str| format!("[client.{name}]\n{EVERY_TEN}\ncalls = \"s\"\n{client}\n");
    of("m")
        + &of("w")
        + "[service.s]\nconcurrency = 9\ndemand = \"1s\"\n"
        + &from_ten(&format!("{kind}\nseen_by = \"client.m\""))
}

#[test]
fn only_who_is_named_meets_a_gray_fault() {
    let well = [
        ("client.w/availability_request", 1.0),
        ("client.w/latency_mean", 1.0),
        ("service.s/availability_time", 1.0),
        ("fault.f/incidents", 1.0),
    ];
    let meets = |kind: &str, client: &str, wanted: &[(&str, f64)]| {
        let parts = seen_by_one(kind, client);
        expect(95, &parts, &well);
        expect(95, &parts, wanted);
    };
    // Of nine requests those at 10, 20, 30 and 40 s.
    meets("kind = \"crash\"", "", &[("client.m/failures_connect", 4.0)]);
    let timed = "timeout = \"3s\"";
    meets("kind = \"crash\"\narriving = \"ignored\"", timed, &[("client.m/failures_timeout", 4.0)]);
    meets("kind = \"hang\"", timed, &[("client.m/failures_timeout", 4.0)]);
    meets("kind = \"error\"\nshare = \"100%\"", "", &[("client.m/failures_error", 4.0)]);
    let slow = "kind = \"slow\"\nfactor = 2\nadded = \"500ms\"";
    meets(slow, "", &[("client.m/latency_mean", (5.0 + 4.0 * 2.5) / 9.0)]);
    meets("kind = \"corrupt\"\nshare = \"100%\"", "", &[("client.m/corrupt_ratio", 4.0 / 9.0)]);
    // One token, and no other within the hour.
    meets("kind = \"throttle\"\nrate = \"1/h\"\nburst = 1", "", &[("client.m/failures_throttled", 3.0)]);
    meets(
        "kind = \"crash\"\nflap = { down = \"5s\", up = \"15s\" }",
        "",
        &[("client.m/failures_connect", 2.0)],
    );
}

#[test]
fn a_gray_fault_may_be_met_in_a_place() {
    // Instances in two zones send in turn: those of 10 s and 30 s come from the first.
    let client = format!("{EVERY_TEN}\ninstances = 2");
    let parts = "[region.east]\nzones = 2\n".to_owned()
        + &one_service(&client, "replicas = 2")
        + &from_ten("kind = \"crash\"\nseen_by = [\"zone.east.1\"]");
    expect(95, &parts, &[("client.c/failures_connect", 2.0), ("service.s/replicas_mean", 2.0)]);
    // Calls of a service come from where its replica is.
    let called = "[client.c]\n".to_owned()
        + EVERY_TEN
        + "\ncalls = \"a\"\n[service.a]\ncalls = \"s\"\n[service.s]\n"
        + &from_ten("kind = \"error\"\nshare = \"100%\"\nseen_by = \"service.a\"");
    expect(95, &called, &[("client.c/failures_error", 4.0), ("service.s/failures_error", 4.0)]);
}

#[test]
fn a_check_meets_a_gray_fault_where_it_stands() {
    let check = "health_check = { interval = \"2s\", timeout = \"1s\", unhealthy_after = 2 }";
    let parts = |seen_by: &str| {
        "[region.east]\nzones = 2\n".to_owned()
            + &one_service(EVERY_TEN, check)
            + "[fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"10s\"\ndetected_by = \"health_check\"\n"
            + &format!("time_to_repair = \"1s\"\nseen_by = \"{seen_by}\"\n")
    };
    // The balancer is in the zone of its client: it finds the fault with its second check, at most 4 s later.
    let seen = outcome(95, &parts("zone.east.1"));
    let found = value(&seen, "fault.f/mttr");
    assert!(found > 3.0 && found <= 5.0, "{found}");
    assert!((value(&seen, "client.c/failures_connect") - 1.0).abs() < 1e-9);
    // It is no part of the client: the checks succeed, and every request from 10 s on fails.
    expect(
        95,
        &parts("client.c"),
        &[("client.c/failures_connect", 9.0), ("service.s/availability_time", 1.0)],
    );
}
