//! Starts of replicas in phases, in small scenarios without randomness but for tries that fail.

use crate::behaviour::expect;
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{at, scene, scheduled, seen};

#[test]
fn phases_follow_each_other() {
    let phases = "{ placement = \"1s\", download = \"10s\", runtime = \"2s\", init = \"5s\" }";
    let service = format!("demand = \"100ms\"\nstart = {phases}\n{}", scheduled(&[(100, 2)], ""));
    let lines = logged(200, &scene(1.0, &service));
    assert_eq!(seen(&lines, "seat_ready"), [at(118.0, 2)]);
    let measured = [("service.s/start_mean", 18.0), ("service.s/starts_failed", 0.0)];
    expect(200, &scene(1.0, &service), &measured);
    // A snapshot follows the download.
    let phases = "{ snapshot = \"300ms\", placement = \"1s\", download = \"10s\" }";
    let service = format!("demand = \"100ms\"\nstart = {phases}\n{}", scheduled(&[(100, 2)], ""));
    assert_eq!(seen(&logged(200, &scene(1.0, &service)), "seat_ready"), [at(111.3, 2)]);
}

#[test]
fn a_replica_is_slow_while_it_warms_up() {
    // From 110 to 130 s the second replica takes four times as long.
    let phases = "{ init = \"10s\", warmup = \"20s\", warmup_speed = 0.25 }";
    let service = format!("demand = \"100ms\"\nstart = {phases}\n{}", scheduled(&[(100, 2)], ""));
    let lines = logged(200, &scene(1.0, &service));
    let began: Vec<(f64, String)> =
        seen(&lines, "service_began").into_iter().filter(|(_, by)| by == "service.s.2").collect();
    let took = |(start, _): &(f64, String)| {
        let ends = lines.iter().filter(|line| &line[1] == "attempt_left");
        let next = ends.map(|line| line[0].parse::<f64>().unwrap()).find(|end| end > start).unwrap();
        ((next - start) * 1e3).round()
    };
    let (cold, warm): (Vec<_>, Vec<_>) = began.iter().partition(|(time, _)| *time < 130.0);
    assert!(cold.len() >= 9 && cold.iter().all(|one| (took(one) - 400.0).abs() < 0.5), "{cold:?}");
    assert!(warm.len() >= 30 && warm.iter().all(|one| (took(one) - 100.0).abs() < 0.5), "{warm:?}");
}

#[test]
fn what_runs_when_a_replica_is_warm_goes_on_at_full_speed() {
    // The request of 24 s has done half a second of work in the second until the replica is warm, and needs 9.5 s more.
    let phases = "{ init = \"0s\", warmup = \"5s\" }";
    let service = format!("demand = \"10s\"\nstart = {phases}\n{}", scheduled(&[(20, 2)], ""));
    let lines = logged(60, &scene(2.4, &service));
    let left: Vec<f64> = seen(&lines, "attempt_left").into_iter().map(|(time, _)| time).collect();
    assert!(seen(&lines, "service_began").contains(&at(24.0, 2)), "{:?}", seen(&lines, "service_began"));
    assert!(left.iter().any(|time| (time - 34.5).abs() < 1e-6), "{left:?}");
}

#[test]
fn a_start_that_fails_is_tried_again_after_longer_and_longer() {
    // Each try of 2 s succeeds with 30 %; between tries are 3, 6, 12 and then 15 s, so the time to ready tells the number.
    let phases = "{ init = \"2s\", success = \"30%\", again_after = \"3s\", again_max = \"15s\" }";
    let service = format!("demand = \"1ms\"\nstart = {phases}\n{}", scheduled(&[(0, 41)], ", min = 1"));
    let parts = scene(1.0, &service);
    let lines = logged(1_000, &parts);
    let ready: Vec<f64> = seen(&lines, "seat_ready").into_iter().map(|(time, _)| time).collect();
    assert_eq!(ready.len(), 40);
    let mut failures = 0;
    for time in &ready {
        let (mut at, mut pause, mut tries) = (2.0, 3.0, 0);
        while at + 1e-9 < *time {
            at += pause + 2.0;
            pause = f64::min(pause * 2.0, 15.0);
            tries += 1;
        }
        assert!((at - time).abs() < 1e-6, "{time} is no instant at which a try ends");
        failures += tries;
    }
    // 40 successes of 30 % each: 93 failures, with a standard deviation of 18.
    assert!((40..160).contains(&failures), "{failures}");
    expect(1_000, &parts, &[("service.s/starts_failed", f64::from(failures))]);
}

#[test]
fn an_init_that_takes_too_long_begins_once_more() {
    let starts = |init: &str, limit: &str| {
        let phases =
            format!("{{ placement = \"2s\", runtime = \"1s\", init = {init}, init_limit = \"{limit}\" }}");
        let service =
            format!("demand = \"1ms\"\nstart = {phases}\n{}", scheduled(&[(0, 2_001)], ", min = 1"));
        crate::behaviour::outcome(2_000, &scene(1.0, &service))
    };
    let mean = |outcome| crate::behaviour::value(&outcome, "service.s/start_mean");
    assert!((mean(starts("\"9s\"", "10s")) - 12.0).abs() < 1e-9);
    assert!((mean(starts("\"9s\"", "4s")) - (2.0 + 4.0 + 10.0)).abs() < 1e-9);
    // With what is left of 4 s exponential beside a constant second: E[min(X, 3)] = 4 (1 - e^-3/4), and with e^-3/4 the second
    // beyond it and both once more.
    let over = (-0.75_f64).exp();
    let wanted = 2.0 + 1.0 + 4.0 * (1.0 - over) + over * 5.0;
    let found = mean(starts("{ distribution = \"exponential\", mean = \"4s\" }", "4s"));
    // A start has a standard deviation of less than 6 s.
    assert!((found - wanted).abs() < 4.0 * 6.0 / 2_000_f64.sqrt(), "{found} {wanted}");
}

#[test]
fn recorded_components_of_cold_starts_are_phases() {
    // The columns of the cold starts that Huawei published in 2025 (EuroSys), in seconds.
    let law = |column: &str| {
        format!(
            "{{ distribution = \"empirical\", file = \"cold-starts.csv\", column = \"{column}\", unit = \"s\" }}"
        )
    };
    let phases = format!(
        "{{ placement = {}, download = {}, runtime = {}, init = {} }}",
        law("podAllocationCost"),
        law("deployCodeCost"),
        law("deployDependencyCost"),
        law("schedulingCost")
    );
    let service = format!("demand = \"1s\"\nstart = {phases}\nfunction = {{}}");
    expect(
        101,
        &scene(10.0, &service),
        &[("service.s/cold_starts", 1.0), ("service.s/cold_start_mean", 1.5)],
    );
}
