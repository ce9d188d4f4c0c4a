//! What is foreseen is said in time, comes true as often as it should, and is settled by the strike.

use crate::behaviour::one_service;
use crate::behaviour_resilience::logged;
use crate::monitor::{close, outcome, value};

/// A crash at 100 s and at 200 s that lasts 20 s, and who foresees it.
fn foreseen(monitor: &str) -> String {
    let client = "arrival = { process = \"renewal\", between = \"1s\" }\n";
    let parts = one_service(client, "replicas = 2\ndemand = \"100ms\"\n");
    format!(
        "{parts}[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = [\"100s\", \"200s\"]\ntime_to_repair = \"20s\"\n\
         detected_by = \"monitor.m\"\n[monitor.m]\nkind = \"forecast\"\nfault = \"f\"\n{monitor}\n"
    )
}

fn times(lines: &[csv::StringRecord], event: &str) -> Vec<f64> {
    let found = lines.iter().filter(|line| &line[1] == event);
    found.map(|line| line[0].parse().unwrap()).collect()
}

#[test]
fn a_strike_is_said_beforehand_and_known_at_once() {
    let lines = logged(300, &foreseen("ahead = \"30s\""));
    assert_eq!(times(&lines, "alarm_raised"), [70.0, 170.0]);
    assert_eq!(times(&lines, "alarm_ok"), [100.0, 200.0]);
    assert_eq!(times(&lines, "fault_detected"), [100.0, 200.0]);
    assert_eq!(times(&lines, "fault_ended"), [120.0, 220.0]);
    // The second is planned when the first is over: it cannot be said before.
    let lines = logged(300, &foreseen("ahead = \"90s\""));
    assert_eq!(times(&lines, "alarm_raised"), [10.0, 120.0]);
}

#[test]
fn who_is_foreseen_to_fail_is_the_one_that_goes() {
    let fleet = |keys: &str, does: &str| {
        format!(
            "[service.a]\nreplicas = 4\n{keys}\n[fault.c]\nkind = \"crash\"\non = \"service.a.3\"\n\
             at = \"200s\"\ntime_to_repair = \"50s\"\n\
             [monitor.f]\nkind = \"forecast\"\nfault = \"c\"\nahead = \"20s\"\ndoes = \"service.a.{does}\"\n"
        )
    };
    let changing = "start = \"5s\"\nautoscaling = { policy = \"scheduled\", min = 4, max = 6, plan = [{ at = \"900s\", replicas = 4 }] }";
    let lines = logged(300, &fleet(changing, "replace"));
    let gone: Vec<_> = lines.iter().filter(|line| &line[1] == "seat_gone").collect();
    assert_eq!(gone.len(), 1, "{lines:?}");
    assert_eq!(
        (&gone[0][0], gone[0].iter().any(|cell| cell == "service.a.3")),
        ("180.000000000", true),
        "{gone:?}"
    );
    // The third of those that serve, though the first would be as good.
    let spare = "active = 3\nstandby = { mode = \"hot\", switch = \"5s\" }";
    let lines = logged(300, &fleet(spare, "standby.failover"));
    let changed = lines.iter().filter(|line| &line[1] == "role_changed");
    let changed: Vec<_> =
        changed.map(|line| line.iter().find(|cell| cell.starts_with("service.a")).unwrap()).collect();
    assert!(changed.contains(&"service.a.3") && !changed.contains(&"service.a.1"), "{changed:?}");
}

/// Replicas that crash at random, of which a share is foreseen, for 3,000,000 s.
fn at_random(clock: &str, monitor: &str) -> ninefold::experiment::Outcome {
    outcome(&format!(
        "[run]\nhorizon = \"3000000s\"\nruns = 1\n[service.s]\nreplicas = 2\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ndetected_by = [\"monitor.m\", \"monitor.look\"]\n\
         time_to_failure = {{ distribution = \"exponential\", mean = \"1000s\" }}\ntime_to_repair = \"100s\"\n{clock}\n\
         [monitor.m]\nkind = \"forecast\"\nfault = \"f\"\nahead = \"1ms\"\n{monitor}\n\
         [monitor.look]\nkind = \"poll\"\non = \"service.s.*\"\ninterval = \"50s\"\n"
    ))
}

#[test]
fn forecasts_are_as_complete_and_as_right_as_they_should_be() {
    for clock in ["", "clock = \"up\""] {
        for (precision, recall) in [(1.0, 0.4), (0.25, 0.8), (0.5, 1.0)] {
            let found = at_random(clock, &format!("precision = {precision}\nrecall = {recall}"));
            let strikes = value(&found, "fault.f/incidents").unwrap();
            assert!(strikes > 5000.0, "{strikes}");
            let share = |p: f64| (p * (1.0 - p)).sqrt();
            close(value(&found, "monitor.m/recall").unwrap(), recall, share(recall), strikes);
            let alarms = value(&found, "monitor.m/alarms").unwrap();
            close(value(&found, "monitor.m/precision").unwrap(), precision, share(precision), alarms);
            // Who was told knows at once, all others after half an interval of looks.
            let missed = 1.0 - recall;
            let deviation = (missed * 50.0 * 50.0 / 3.0 - (missed * 25.0).powi(2)).sqrt();
            close(value(&found, "fault.f/mttd").unwrap(), missed * 25.0, deviation, strikes);
        }
    }
}

#[test]
fn a_replica_that_is_replaced_in_time_never_fails() {
    // Replicas last 1,000 s; each is replaced 50 s before that by one that starts in 10 s.
    let text = |does: &str| {
        format!(
            "[run]\nhorizon = \"10000s\"\nruns = 1\n[service.s]\nreplicas = 1\nstart = \"10s\"\n\
             autoscaling = {{ policy = \"scheduled\", plan = [{{ at = \"0s\", replicas = 1 }}], max = 2 }}\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"1000s\"\ntime_to_repair = \"500s\"\n\
             [monitor.m]\nkind = \"forecast\"\nfault = \"f\"\nahead = \"50s\"\ndoes = {does}\n"
        )
    };
    let found = outcome(&text("\"service.s.replace\""));
    assert_eq!(value(&found, "fault.f/incidents"), Some(0.0));
    assert_eq!(value(&found, "service.s/availability_time"), Some(1.0 - 100.0 / 10_000.0));
    // Each lives from its start: 950 s, and 10 s more until the next is up.
    assert_eq!(value(&found, "monitor.m/actions"), Some(10.0));
    let nothing = outcome(&text("\"notify\""));
    assert!(value(&nothing, "fault.f/incidents").unwrap() > 5.0);
}
