//! Spares that take over, in small scenarios without randomness, and beside fleets whose replicas all serve.

use crate::behaviour::{expect, outcome, value};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{at, scene, seen};

/// A replica and a spare with these keys, of which a crash takes the first down at 100 s until it is repaired, which takes
/// 50 s.
fn pair(standby: &str, service: &str, fault: &str) -> String {
    let service =
        format!("replicas = 2\nactive = 1\nstandby = {{ {standby} }}\ndemand = \"100ms\"\n{service}");
    format!(
        "{}[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"100s\"\ntime_to_repair = \"50s\"\n{fault}\n",
        scene(0.5, &service)
    )
}

/// When who got which role.
fn roles(lines: &[csv::StringRecord]) -> Vec<(f64, String, String)> {
    let found = lines.iter().filter(|line| &line[1] == "role_changed");
    found.map(|line| (line[0].parse().unwrap(), line[2].to_owned(), line[8].to_owned())).collect()
}

fn role(time: f64, replica: u32, role: &str) -> (f64, String, String) {
    (time, format!("service.s.{replica}"), role.to_owned())
}

#[test]
fn a_spare_takes_over_some_time_after_a_failure_is_found() {
    let parts = pair("switch = \"10s\"", "", "detected_by = \"5s\"");
    let lines = logged(300, &parts);
    assert_eq!(seen(&lines, "failover"), [at(105.0, 1)]);
    assert_eq!(roles(&lines), [role(115.0, 2, "active"), role(115.0, 1, "spare")]);
    // The repair begins with the end of the switch.
    assert_eq!(seen(&lines, "replica_up"), [at(165.0, 1)]);
    let by_second = seen(&lines, "service_began").into_iter().filter(|(_, by)| by == "service.s.2");
    assert!(by_second.clone().all(|(time, _)| time >= 115.0));
    assert_eq!(by_second.count(), 370);
    expect(
        300,
        &parts,
        &[
            ("service.s/availability_time", 285.0 / 300.0),
            ("service.s/replicas_mean", 285.0 / 300.0),
            ("service.s.1/availability_time", 235.0 / 300.0),
            ("service.s.2/availability_time", 1.0),
            ("service.s/failovers", 1.0),
            ("service.s/switch_mean", 10.0),
            ("client.c/failures_connect", 30.0),
            // Of 65 s the first five are until it is found; what it brought down is back with the switch.
            ("fault.f/time_to_mitigate", 10.0),
            ("fault.f/share_recovering", 50.0 / 65.0),
        ],
    );
    let parts = pair("switch = \"10s\", repair_after_switch = false", "", "detected_by = \"5s\"");
    assert_eq!(seen(&logged(300, &parts), "replica_up"), [at(155.0, 1)]);
}

#[test]
fn a_spare_takes_over_from_one_that_a_request_has_crashed() {
    let service = "replicas = 2\nactive = 1\nstandby = { switch = \"10s\" }\ndemand = \"100ms\"\n";
    let poisoner = "[client.bad]\narrival = { process = \"schedule\", at = [\"100.25s\"] }\ncalls = \"s\"\n\
        [fault.f]\nkind = \"poison\"\non = \"service.s.*\"\nfrom = \"client.bad\"\nshare = \"100%\"\n\
        time_to_repair = \"50s\"\n";
    let lines = logged(300, &(scene(0.5, service) + poisoner));
    let changes: Vec<f64> = roles(&lines).into_iter().map(|(time, ..)| time).collect();
    assert_eq!(changes, [110.25, 110.25]);
    assert_eq!(roles(&lines)[0], role(110.25, 2, "active"));
    assert_eq!(seen(&lines, "replica_up"), [at(160.25, 1)]);
}

#[test]
fn a_takeover_without_delay_is_no_outage() {
    let parts = pair("switch = \"0s\"", "", "");
    let lines = logged(300, &parts);
    assert_eq!(roles(&lines), [role(100.0, 2, "active"), role(100.0, 1, "spare")]);
    expect(
        300,
        &parts,
        &[
            ("service.s/availability_time", 1.0),
            ("service.s/incidents", 0.0),
            ("service.s/replicas_mean", 1.0),
            ("service.s.1/availability_time", 250.0 / 300.0),
            ("service.s/switch_mean", 0.0),
            ("client.c/availability_request", 1.0),
        ],
    );
}

#[test]
fn where_no_spare_takes_over_by_itself_somebody_must() {
    let parts = pair("coverage = \"0%\", switch = \"10s\", uncovered = \"60s\"", "", "");
    expect(
        300,
        &parts,
        &[
            ("service.s/availability_time", 240.0 / 300.0),
            ("service.s/failovers", 1.0),
            ("service.s/failovers_uncovered", 1.0),
            ("service.s/switch_mean", 60.0),
            ("service.s.1/availability_time", 190.0 / 300.0),
        ],
    );
    assert!(logged(300, &parts).iter().any(|line| &line[1] == "failover" && &line[8] == "uncovered"));
}

#[test]
fn without_a_spare_the_first_that_returns_serves() {
    let spare = |repair: u32| {
        format!(
            "[fault.g]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"50s\"\ntime_to_repair = \"{repair}s\"\n"
        )
    };
    // The one that served returns first, and nothing was switched: its repair waits for nobody.
    let parts = pair("switch = \"10s\"", "", &spare(200));
    let lines = logged(300, &parts);
    assert_eq!(roles(&lines), []);
    assert_eq!(seen(&lines, "replica_up"), [at(150.0, 1), at(250.0, 2)]);
    expect(300, &parts, &[("service.s/availability_time", 250.0 / 300.0)]);
    // The spare does.
    let parts = pair("switch = \"10s\"", "", &spare(70));
    assert_eq!(roles(&logged(300, &parts)), [role(130.0, 2, "active"), role(130.0, 1, "spare")]);
    expect(
        300,
        &parts,
        &[
            ("service.s/availability_time", 270.0 / 300.0),
            ("service.s/failovers", 1.0),
            ("service.s/switch_mean", 30.0),
        ],
    );
}

#[test]
fn a_spare_that_fails_while_it_is_switched_to_leaves_nothing_to_switch_to() {
    let fault =
        "[fault.g]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"110s\"\ntime_to_repair = \"500s\"\n";
    let lines = logged(300, &pair("switch = \"60s\"", "", fault));
    // So the repair of the first begins then.
    assert_eq!(seen(&lines, "replica_up"), [at(160.0, 1)]);
    assert_eq!(roles(&lines), []);
}

#[test]
fn spares_age_as_fast_as_their_hazard_says() {
    for (standby, second) in [
        ("mode = \"hot\"", 100.0),
        ("mode = \"warm\"", 170.0),
        ("mode = \"cold\"", 200.0),
        ("mode = \"cold\", hazard = 0.5", 150.0),
        ("hazard = 2", 50.0),
    ] {
        let service = format!("replicas = 2\nactive = 1\nstandby = {{ {standby} }}\ndemand = \"100ms\"\n");
        let fault = "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"100s\"\ntime_to_repair = \"1000s\"\n";
        let lines = logged(300, &(scene(0.5, &service) + fault));
        let mut down = seen(&lines, "replica_down");
        down.sort_by(|one, other| one.1.cmp(&other.1));
        assert_eq!(down, [at(100.0, 1), at(second, 2)], "{standby}");
    }
}

#[test]
fn a_spare_starts_what_does_not_run() {
    let start = "start = { download = \"20s\", init = \"10s\", warmup = \"15s\", warmup_speed = 0.5 }\n";
    for (mode, serves) in [("hot", 100.0), ("warm", 110.0), ("cold", 130.0)] {
        let parts = pair(&format!("mode = \"{mode}\""), start, "");
        let lines = logged(300, &parts);
        assert_eq!(roles(&lines), [role(serves, 2, "active"), role(serves, 1, "spare")], "{mode}");
        // It is slow for a while: 30 requests take twice as long.
        let slow = if mode == "hot" { 0.0 } else { 30.0 };
        let served = 599.0 - (serves - 100.0) * 2.0;
        let mean = (0.1 * (served - slow) + 0.2 * slow) / served;
        expect(300, &parts, &[("client.c/latency_mean", mean), ("service.s/switch_mean", serves - 100.0)]);
    }
}

#[test]
fn who_served_at_the_start_serves_again_when_it_is_mended() {
    for (failback, back) in [("at-repair", 160.0), ("30s", 190.0)] {
        let parts = pair(&format!("switch = \"10s\", failback = \"{failback}\""), "", "");
        let lines = logged(300, &parts);
        let first = [role(110.0, 2, "active"), role(110.0, 1, "spare")];
        let then = [role(back, 1, "active"), role(back, 2, "spare")];
        // Repaired at 160 s, the switch takes another 10 s.
        let then = then.map(|(time, who, what)| (time + 10.0, who, what));
        assert_eq!(roles(&lines), [first, then].concat(), "{failback}");
        expect(300, &parts, &[("service.s/availability_time", 290.0 / 300.0), ("service.s/failovers", 1.0)]);
    }
    assert_eq!(roles(&logged(300, &pair("failback = \"never\"", "", ""))).len(), 2);
}

#[test]
fn who_stands_by_again_finishes_what_it_has() {
    let service = "replicas = 2\nactive = 1\nstandby = { failback = \"at-repair\" }\nconcurrency = 10\ndemand = \"3s\"\n";
    let fault =
        "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"100.5s\"\ntime_to_repair = \"50s\"\n";
    let parts = scene(1.0, service) + fault;
    let lines = logged(300, &parts);
    // At 150.5 s the second has those of 148, 149 and 150 s.
    let last = [role(150.5, 1, "active"), role(150.5, 2, "leaving"), role(153.0, 2, "spare")];
    assert_eq!(roles(&lines)[2..], last);
    // Only what the crash met is lost: the requests of 98, 99 and 100 s.
    expect(300, &parts, &[("client.c/failures_reset", 3.0), ("service.s/availability_time", 1.0)]);
}

#[test]
fn several_serve_and_the_first_spare_takes_over() {
    let service =
        "replicas = 4\nactive = 2\nquorum = 2\nstandby = { switch = \"10s\" }\ndemand = \"100ms\"\n";
    let crash = |name: &str, replica: u32, at: u32| {
        format!(
            "[fault.{name}]\nkind = \"crash\"\non = \"service.s.{replica}\"\nat = \"{at}s\"\ntime_to_repair = \"1000s\"\n"
        )
    };
    let parts = scene(0.5, service) + &crash("f", 2, 100) + &crash("g", 3, 105) + &crash("h", 1, 200);
    let lines = logged(300, &parts);
    // The third fails while it is switched to the spares, and the first has nobody left.
    assert_eq!(roles(&lines), [role(110.0, 4, "active"), role(110.0, 2, "spare")]);
    expect(
        300,
        &parts,
        &[
            ("service.s/availability_time", 190.0 / 300.0),
            ("service.s/replicas_mean", (200.0 + 90.0 + 100.0 + 100.0) / 300.0),
            ("service.s/failovers", 1.0),
        ],
    );
}

#[test]
fn verbs_switch_and_switch_back() {
    let fault = "[monitor.over]\nkind = \"schedule\"\nat = \"20s\"\ndoes = \"service.s.standby.failover\"\n\
                 [monitor.back]\nkind = \"schedule\"\nat = \"60s\"\ndoes = \"service.s.standby.failback\"\n";
    let parts = pair("switch = \"5s\"", "", fault);
    let lines = logged(90, &parts);
    let over = [role(25.0, 2, "active"), role(25.0, 1, "spare")];
    let back = [role(65.0, 1, "active"), role(65.0, 2, "spare")];
    assert_eq!(roles(&lines), [over, back].concat());
    expect(90, &parts, &[("service.s/availability_time", 1.0), ("client.c/availability_request", 1.0)]);
    // Somebody switches by hand before the time is over that this would have taken.
    let fault = "[monitor.over]\nkind = \"schedule\"\nat = \"120s\"\ndoes = \"service.s.standby.failover\"\n";
    let parts = pair("coverage = \"0%\", switch = \"5s\", uncovered = \"1h\"", "", fault);
    assert_eq!(roles(&logged(300, &parts)), [role(125.0, 2, "active"), role(125.0, 1, "spare")]);
    expect(300, &parts, &[("service.s/availability_time", 275.0 / 300.0)]);
    // Without a spare nothing happens.
    let dead =
        "[fault.g]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"10s\"\ntime_to_repair = \"1000s\"\n";
    let parts = pair("switch = \"5s\"", "", &format!("{dead}{fault}"));
    assert_eq!(roles(&logged(300, &parts)), []);
}

#[test]
fn balancers_hear_late_who_serves() {
    let service = "balancing = { policy = \"round-robin\", discovery = \"5s\" }\n";
    // From 110 s on the second would serve, but until 115 s all is sent to the first.
    expect(
        300,
        &pair("switch = \"10s\"", service, ""),
        &[("client.c/failures_connect", 30.0), ("service.s/availability_time", 290.0 / 300.0)],
    );
}

#[test]
fn health_checks_look_at_spares_too() {
    let service =
        "health_check = { interval = \"1s\", timeout = \"500ms\", unhealthy_after = 2, healthy_after = 1 }\n";
    let fault = "detected_by = \"health_check\"\n[fault.g]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"20s\"\n\
                 time_to_repair = \"10s\"\ndetected_by = \"health_check\"\n";
    let lines = logged(300, &pair("switch = \"0s\"", service, fault));
    let found = seen(&lines, "fault_detected");
    let [(spare, _), (first, _)] = &found[..] else { panic!("{found:?}") };
    assert!((21.0..=22.0).contains(spare) && (101.0..=102.0).contains(first), "{found:?}");
    assert_eq!(roles(&lines)[0], role(*first, 2, "active"));
}

#[test]
fn a_service_without_its_power_fails_as_a_whole() {
    let power = "depends_on = \"service.p\"\n";
    let fault =
        "[service.p]\n[fault.p]\nkind = \"crash\"\non = \"service.p\"\nat = \"200s\"\nlasts = \"20s\"\n";
    let parts = pair("switch = \"10s\"", power, fault);
    let lines = logged(300, &parts);
    // Nobody takes over from anybody: whoever served does so again.
    assert_eq!(roles(&lines), [role(110.0, 2, "active"), role(110.0, 1, "spare")]);
    expect(300, &parts, &[("service.s/availability_time", 270.0 / 300.0)]);
}

#[test]
fn hot_spares_that_take_over_at_once_are_a_group_of_which_one_must_be_up() {
    for (seed, crew) in [(1, ""), (2, ""), (3, ", crew = \"k\"")] {
        let text = |service: &str| {
            format!(
                "[service.s]\nreplicas = 3\n{service}\n[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
                 time_to_failure = {{ distribution = \"exponential\", mean = \"100s\" }}\nrecovery = \"r\"\n\
                 [recovery.r]\npolicy = \"sequence\"\noperations = [{{ name = \"fix\", time = {{ distribution = \
                 \"exponential\", mean = \"60s\" }}{crew} }}]\n[crew.k]\nsize = 1\n"
            )
        };
        let run = |service: &str| {
            let text = format!("[run]\nhorizon = \"100000s\"\nruns = 1\nseed = {seed}\n{}", text(service));
            crate::behaviour::run_text(text)
        };
        let (group, spares) = (run("quorum = 1"), run("active = 1\nstandby = {}"));
        for metric in ["availability_time", "incidents", "mttf", "mttr"] {
            let of = |outcome| value(outcome, &format!("service.s/{metric}"));
            assert_eq!(of(&group).to_bits(), of(&spares).to_bits(), "{metric} of seed {seed}");
        }
        for replica in 1..=3 {
            let of = |outcome| value(outcome, &format!("service.s.{replica}/availability_time"));
            assert_eq!(of(&group).to_bits(), of(&spares).to_bits(), "replica {replica} of seed {seed}");
        }
        let outages = value(&group, "service.s/incidents");
        assert!(outages > 100.0, "{outages} outages show little");
    }
}

#[test]
fn what_a_zone_takes_down_is_not_switched_to() {
    // Both stand in the zone: at no instant of its outage does anybody serve.
    let service = "replicas = 2\nactive = 1\nstandby = { switch = \"0s\" }\ndemand = \"100ms\"\n";
    let fault =
        "[fault.z]\nkind = \"crash\"\non = \"zone.default.1\"\nat = \"100s\"\ntime_to_repair = \"50s\"\n";
    let parts = scene(0.5, service) + fault;
    assert_eq!(roles(&logged(300, &parts)), []);
    let found = outcome(300, &parts);
    assert!((value(&found, "service.s/availability_time") - 250.0 / 300.0).abs() < 1e-9);
}
